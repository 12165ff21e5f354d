// SPDX-License-Identifier: Apache-2.0
//
// The inside of a reader: reader.c opens a trace and knows its header and its file table, decode.c
// reads its blocks. Invariants: no byte of the file is used before the checksum and the length that
// cover it are checked; the buffers are allocated once, at sizes the format bounds; once an error
// is found every call repeats it.
#ifndef TW_TRACE_READER_H
#define TW_TRACE_READER_H

#include <stdio.h>
#include <zstd.h>

#include "format.h"

#define TW_TRACE_SPARE 8u
#define TW_TRACE_PACKED_MAX \
	(TW_TRACE_BLOCK_MAX + (TW_TRACE_BLOCK_MAX >> 8) + 512) // >= ZSTD_compressBound

struct tw_trace_stream {
	const uint8_t *p, *end;
};

struct tw_trace {
	// What tw_trace_next() needs for each event comes first.
	const uint8_t *tag, *tag_end;
	struct tw_trace_stream fetch, data, other;
	int error;
	uint64_t counts[TW_TRACE_KINDS]; // read up to here
	struct tw_trace_order order;
	struct tw_trace_predictor predictor;

	FILE *f;
	char *path;
	char text[512];
	struct tw_trace_info info;
	struct tw_trace_file *files;
	char *names;
	char program[TW_TRACE_NAME_MAX + 1];
	char arch[TW_TRACE_ARCH_SIZE + 1];

	uint64_t table;	     // offset of the file table = end of the blocks
	uint64_t offset;     // of the next block
	uint64_t block;	     // its number
	const uint8_t *tags; // the open block's
	ZSTD_DCtx *zstd;
	// Grown to what the blocks need.
	uint8_t *raw;	 // at most TW_TRACE_BLOCK_MAX + TW_TRACE_SPARE
	uint8_t *packed; // at most TW_TRACE_PACKED_MAX
	size_t raw_room, packed_room;
};

// Notes the error and its text, which begins with the file's name.
__attribute__((format(printf, 3, 4))) int tw_trace_fail(struct tw_trace *t, int error,
							const char *format, ...);

// Reads exactly len bytes, or fails.
int tw_trace_get_bytes(struct tw_trace *t, void *p, size_t len, const char *what);

#endif
