// SPDX-License-Identifier: Apache-2.0
//
// Traces: what one single-threaded Linux program asked of the MMU and of the memory manager, in
// program order. This header is the reader and the writer of a trace file (.twt);
// docs/trace-format.md specifies its bytes. A reader treats the file as hostile: every defect ends
// in an error with a text, memory use is bounded by TW_TRACE_BLOCK_MAX and TW_TRACE_FILES_MAX.
//
// All addresses are virtual byte addresses of the traced program, below 2^38, so that every trace
// fits Sv39's lower half. File contents are not part of a trace. Functions return 0 (or as stated)
// or a negative errno:
//   -EBADMSG  the bytes are not a valid trace        -ENOTSUP  a valid trace of a version this
//   reader does not know -EINVAL   the caller broke a stated rule         -ENOMEM, -EIO, ... from
//   the system
#ifndef TWINWALK_TRACE_H
#define TWINWALK_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TW_TRACE_VA_BITS    38 // every recorded address and every end of range is at most 2^38
#define TW_TRACE_PAGE_SHIFT 12 // the recorded system's page size, and the unit of footprints
#define TW_TRACE_FETCH_SIZE 32 // bytes of a fetch block, aligned

#define TW_TRACE_BLOCK_EVENTS 1048576	  // events in a block, at most
#define TW_TRACE_BLOCK_MAX    (16u << 20) // bytes of a block before compression, at most
#define TW_TRACE_COPY_MAX     0x7ffff000u // bytes of one copy, at most: Linux's limit of read(2)
#define TW_TRACE_FILES_MAX    4096
#define TW_TRACE_NAME_MAX     255 // bytes of a program or file name, without the final zero

enum tw_trace_kind {
	// Accesses of the program. Only kind, size and addr are set. An access may cross a page:
	// the replayer splits it.
	TW_TRACE_FETCH, // an instruction lies in another 32-byte block than the last fetch; size
			// 32, addr aligned to 32
	TW_TRACE_LOAD,
	TW_TRACE_STORE,
	TW_TRACE_RMW, // one instruction loads and then stores the same bytes

	// Accesses of the kernel to the program's buffer during a system call: addr, len > 0. The
	// call itself is not recorded.
	TW_TRACE_COPY_IN,  // the kernel reads the program's memory, as in write(2)
	TW_TRACE_COPY_OUT, // the kernel writes it, as in read(2)

	// A region that exists when the program starts: addr, len, prot, flags, file, offset. These
	// precede all other events, in ascending order without overlap. A region of a file has
	// MAP_PRIVATE and file >= 0, any other MAP_PRIVATE | MAP_ANONYMOUS. The stack has
	// MAP_GROWSDOWN and is recorded with its whole extent.
	TW_TRACE_MAP,

	// System calls, recorded when they return. result is the value or a negative errno with
	// Linux's number; failed calls are recorded too. prot and flags are the caller's, with
	// Linux's asm-generic (= x86-64) numbers. An address argument outside the 38 bits is
	// recorded as TW_TRACE_NO_ADDR; this happens only with hints and with failed calls.
	// mmap: addr (hint), len, prot, flags, file (-1: none), offset; result: address
	TW_TRACE_MMAP,
	TW_TRACE_MUNMAP,   // addr, len
	TW_TRACE_MPROTECT, // addr, len, prot
	// brk: addr (0: ask); result: the break. The first event after the MAP events is one with
	// addr 0: the initial break.
	TW_TRACE_BRK,
	// mremap: addr, len (old), new_len, flags, new_addr (counts with MREMAP_FIXED only);
	// result: address
	TW_TRACE_MREMAP,
	TW_TRACE_MADVISE, // addr, len, advice

	TW_TRACE_EXIT, // the last event: result is the exit status, 128+n for signal n, or
		       // TW_TRACE_EXIT_EXEC
	TW_TRACE_KINDS
};

#define TW_TRACE_NO_ADDR UINT64_MAX
#define TW_TRACE_EXIT_EXEC \
	(-1) // the program replaced itself by execve(2); what follows is not recorded

// Bits of prot and of flags, Linux's numbers.
#define TW_TRACE_PROT_READ	     1u
#define TW_TRACE_PROT_WRITE	     2u
#define TW_TRACE_PROT_EXEC	     4u
#define TW_TRACE_PROT_SEM	     8u // without effect
#define TW_TRACE_PROT_GROWSDOWN	     0x01000000u
#define TW_TRACE_PROT_GROWSUP	     0x02000000u
#define TW_TRACE_MAP_TYPE	     0x0fu
#define TW_TRACE_MAP_SHARED	     0x01u
#define TW_TRACE_MAP_PRIVATE	     0x02u
#define TW_TRACE_MAP_SHARED_VALIDATE 0x03u
#define TW_TRACE_MAP_FIXED	     0x10u
#define TW_TRACE_MAP_ANONYMOUS	     0x20u
#define TW_TRACE_MAP_GROWSDOWN	     0x100u
#define TW_TRACE_MAP_FIXED_NOREPLACE 0x100000u
#define TW_TRACE_MREMAP_MAYMOVE	     1u
#define TW_TRACE_MREMAP_FIXED	     2u

struct tw_trace_event {
	uint8_t kind;  // enum tw_trace_kind
	uint32_t size; // of an access in bytes, 1..4096; 0 for the other kinds
	uint64_t addr;
	// Below: not written by tw_trace_next() for fetches, loads, stores and RMWs.
	uint64_t len;	   // bytes
	uint64_t new_len;  // MREMAP
	uint64_t new_addr; // MREMAP
	uint64_t offset;   // in the file, bytes
	int64_t result;
	uint32_t prot;
	uint32_t flags;
	int32_t file;	// index for tw_trace_get_file(), -1: anonymous
	int32_t advice; // MADVISE
};

struct tw_trace_file {
	const char *name; // last component of its path; valid until tw_trace_close()
	uint64_t size;	  // bytes, when the program mapped it first
};

struct tw_trace_info {
	const char *program; // name of the traced program; valid until tw_trace_close()
	const char *arch;    // "x86_64"
	uint32_t page_size;  // bytes
	uint32_t n_files;
	uint64_t events[TW_TRACE_KINDS]; // how many of each kind
	uint64_t n_events;		 // their sum
	uint64_t n_accesses;		 // fetches, loads, stores and RMWs
	// Footprint: distinct pages touched by those, and by the kernel's copies where it says so.
	uint64_t pages; // by anything, incl. copies
	uint64_t fetch_pages;
	uint64_t data_pages;	// by loads, stores, RMWs
	uint64_t written_pages; // by stores, RMWs, COPY_OUT
	uint64_t n_blocks;
	uint64_t bytes; // of the trace file
};

// --- Reading ---------------------------------------------------------------------------

struct tw_trace;

// Opens a trace, checks its header and its file table. On failure *t is either NULL or a handle
// that serves only tw_trace_error(); close it in any case. A recording that was cut short before
// its end is -EBADMSG.
int tw_trace_open(const char *path, struct tw_trace **t);

// Fetches the next event: 1, 0 at the end, or a negative errno. After an error every call returns
// the same error. At the end the counts of the header are compared with what was read: a difference
// is -EBADMSG.
int tw_trace_next(struct tw_trace *t, struct tw_trace_event *event);

// Starts again at the first event. An error that tw_trace_next() reported is forgotten.
int tw_trace_rewind(struct tw_trace *t);

// What the header says. Never fails on an open trace.
const struct tw_trace_info *tw_trace_get_info(const struct tw_trace *t);

// The file with this index, or NULL if index >= n_files.
const struct tw_trace_file *tw_trace_get_file(const struct tw_trace *t, uint32_t index);

// One line, without newline: file, block or byte offset, what was expected and what was found.
// Valid until the next call with t. NULL stands for a handle that could not be allocated. Without
// an error: "no error".
const char *tw_trace_error(const struct tw_trace *t);

// Gives everything back. NULL is allowed.
void tw_trace_close(struct tw_trace *t);

// The kind's name in lower case ("fetch", "mmap"), or "?".
const char *tw_trace_kind_name(unsigned int kind);

// --- Writing ---------------------------------------------------------------------------

struct tw_trace_writer;

// Begins a trace that appears as PATH when it is finished, and not before. It may replace a trace
// or an empty file; any other file that is there is -EEXIST. level is zstd's, 1..19. On failure *w
// is as for tw_trace_open().
int tw_trace_create(const char *path, const char *program, int level, struct tw_trace_writer **w);

// The same on an empty file that is open for writing; fd stays the caller's, NAME is for messages.
int tw_trace_create_fd(int fd, const char *name, const char *program, int level,
		       struct tw_trace_writer **w);

// Adds a file to the table and returns its index (>= 0), which may be used in events from then on.
int tw_trace_add_file(struct tw_trace_writer *w, const char *name, uint64_t size);

// Appends one event after checking every rule stated above: -EINVAL and nothing is appended if one
// is broken.
int tw_trace_put(struct tw_trace_writer *w, const struct tw_trace_event *event);

// Completes the file. Requires that the last event was TW_TRACE_EXIT, else -EINVAL. The same events
// give the same bytes. -EEXIST: a file that must stay has taken the path meanwhile.
int tw_trace_finish(struct tw_trace_writer *w);

const char *tw_trace_writer_error(const struct tw_trace_writer *w);

// Closes. What was not finished is gone; in a descriptor of the caller's it stays, and is refused
// by tw_trace_open().
void tw_trace_writer_close(struct tw_trace_writer *w);

#ifdef __cplusplus
}
#endif

#endif
