// SPDX-License-Identifier: Apache-2.0
//
// The recorder: turns the TCG plugin's words (stream.h) into events of a trace. It moves the
// program's addresses below 2^38: those below 2^37 stay (a program linked to a fixed address),
// those of [2^38, 2^38 + 2^37), where QEMU places all that is free to move, become 2^37 lower; any
// other address is an error. Distances within both halves, and every address's lower 37 bits, are
// kept.
#ifndef TW_TRACE_RECORDER_H
#define TW_TRACE_RECORDER_H

#include <stddef.h>
#include <twinwalk/trace.h>

struct tw_recorder;

// Records into w, which stays the caller's. NULL: no memory.
struct tw_recorder *tw_recorder_new(struct tw_trace_writer *w);
void tw_recorder_free(struct tw_recorder *r);

// Takes the next bytes of the stream, cut anywhere. 0, -EBADMSG if the stream says that the program
// cannot be recorded or makes no sense, or an error of the writer. After an error the text explains
// it.
int tw_recorder_feed(struct tw_recorder *r, const void *bytes, size_t n);

// The stream is over and the program ended with this status (128+n: by signal n): completes the
// trace. -ENODATA if nothing was recorded.
int tw_recorder_end(struct tw_recorder *r, int status);

const char *tw_recorder_error(const struct tw_recorder *r);

#endif
