// SPDX-License-Identifier: Apache-2.0
//
// What the TCG plugin tells the recorder through a pipe: 8-byte words in the machine's order, as
// both run on one machine. The plugin stays small this way and needs no library; the recorder
// compresses on another core. Invariant: every record starts with a word whose top byte is its
// code; addresses are those of the traced program, not yet rebased.
#ifndef TW_TRACE_STREAM_H
#define TW_TRACE_STREAM_H

#include <stdint.h>

#define TW_STREAM_CODE_SHIFT 56
#define TW_STREAM_LOW	     ((UINT64_C(1) << TW_STREAM_CODE_SHIFT) - 1)

// Codes 0x00 to 0x3f: kind (enum tw_trace_kind, FETCH to RMW) << 4 | log2 of the size; the low bits
// are the address.
enum {
	TW_STREAM_EVENT = 0x80, // low bits: kind; then the words of struct tw_stream_event
	TW_STREAM_FILE = 0x81,	// low bits: bytes of the name; then the file's size, then the name
	TW_STREAM_ERROR = 0x82, // low bits: bytes of the text; then the text
	TW_STREAM_EXEC = 0x83,	// an execve starts: if nothing follows, it succeeded
	TW_STREAM_TEXT_MAX = 255,
};

// Texts are padded with zero bytes to whole words. Files are numbered in the order of their
// records.
#define TW_STREAM_TEXT_WORDS(len) (((len) + 7) / 8)

struct tw_stream_event {
	uint64_t addr, len, new_len, new_addr, offset;
	int64_t result;
	uint64_t prot, flags;
	int64_t file, advice;
};

#define TW_STREAM_EVENT_WORDS (sizeof(struct tw_stream_event) / 8)

// Where QEMU puts the traced program's address 0 (its option -B), far from its own memory.
#define TW_STREAM_GUEST_BASE UINT64_C(0x100000000000)

#endif
