// SPDX-License-Identifier: Apache-2.0
// Files that are written. A file appears under its name only when it is complete: until then it has
// no name at all (O_TMPFILE; where the file system has none, its name is removed at once and the
// contents are copied at the end), so that whatever ends the process leaves nothing behind.
// Invariants: no file is ever opened for writing under a name that somebody else may have given it;
// what is replaced is a regular file that begins as the new one will, or is empty, or was given up
// by the user; an input never is replaced; the replacement is one rename.
#ifndef TW_HOST_OUTPUT_H
#define TW_HOST_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct tw_output;

// What an output may replace. Borrowed for the call.
struct tw_output_rules {
	const char *kind; // what is written, as in "a waveform"
	const void *magic;
	size_t magic_len; // the bytes with which a file of this kind begins; at most 64
	bool force;	  // any regular file may be replaced
	bool no_option;	  // the user has no --force, so none is told of
	const char *const *inputs;
	size_t n_inputs; // names of files that must stay; one that does not exist is no matter
};

// Checks that PATH may be written, and opens the file to be. On failure a text is in err (with the
// path): -EEXIST when there is a file that must stay, whatever the reason; else a system error.
int tw_output_open(const char *path, const struct tw_output_rules *rules, struct tw_output **out,
		   char *err, size_t errlen);

// Where to write. Stays the output's.
int tw_output_fd(const struct tw_output *out);

// The file is complete: gives it its name, after the checks of tw_output_open() once more. Ends
// the handle in any case; on failure nothing has changed and a text is in err. -EINTR: a signal
// came while the contents were copied.
int tw_output_commit(struct tw_output *out, char *err, size_t errlen);

// Gives up. NULL is allowed.
void tw_output_discard(struct tw_output *out);

// A file in the folder DIR without a name, for reading and writing. A descriptor or a negative
// errno.
int tw_output_scratch(const char *dir);

#endif
