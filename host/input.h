// SPDX-License-Identifier: Apache-2.0
// Opening what a user named as input. Invariants: opening never waits; what may have no end (a
// device) or no beginning (a FIFO that nobody writes to) is refused; a file that is given out is
// not longer than the caller can bear.
#ifndef TW_HOST_INPUT_H
#define TW_HOST_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tw_input_kind {
	TW_INPUT_FILE,	 // a regular file: it has a size and can be read from anywhere
	TW_INPUT_STREAM, // or a pipe, as /dev/stdin may be
};

// Opens PATH for reading. max: bytes of a regular file, at most; 0: any number. Returns a
// descriptor, or a negative errno with a text in err (without the path): that of open(2), -EISDIR,
// or -EINVAL for a file of another kind or that is too long.
int tw_input_open(const char *path, enum tw_input_kind kind, uint64_t max, char *err,
		  size_t errlen);

// Whether the file that is open as FD, for writing, is the regular file at PATH: what is read would
// be what was written.
bool tw_input_is_output(const char *path, int fd);

#endif
