// SPDX-License-Identifier: Apache-2.0
//
// What the reader and the writer of a trace share: the layout of docs/trace-format.md, the address
// predictor and the rules an event must satisfy. Invariant: both sides run the same predictor over
// the same events, so it never needs to be stored.
#ifndef TW_TRACE_FORMAT_H
#define TW_TRACE_FORMAT_H

#include <stddef.h>
#include <string.h>
#include <twinwalk/trace.h>

#define TW_TRACE_VA_END (UINT64_C(1) << TW_TRACE_VA_BITS)

// --- File layout: offsets in bytes, little endian --------------------------------------

#define TW_TRACE_MAGIC	     "\x89TWT\r\n\x1a\n"
#define TW_TRACE_VERSION     1u
#define TW_TRACE_ARCH_SIZE   16u
#define TW_TRACE_HEADER_SIZE 512u
#define TW_TRACE_COMPLETE    1u // bit of the header's flags

enum {
	TW_TRACE_H_MAGIC = 0,
	TW_TRACE_H_VERSION = 8,
	TW_TRACE_H_PAGE_SIZE = 12,
	TW_TRACE_H_ARCH = 16,
	TW_TRACE_H_COUNTS = 32, // 16 of 8 bytes
	TW_TRACE_H_PAGES = 160, // 4 of 8 bytes
	TW_TRACE_H_BLOCKS = 192,
	TW_TRACE_H_TABLE = 200, // offset of the file table
	TW_TRACE_H_FILES = 208,
	TW_TRACE_H_FLAGS = 212,
	TW_TRACE_H_BYTES = 216,
	TW_TRACE_H_PROGRAM = 224, // 256 bytes
	TW_TRACE_H_ZERO = 480,
	TW_TRACE_H_CRC = 508,
};

#define TW_TRACE_BLOCK_MAGIC	   0x314b4c42u // "BLK1"
#define TW_TRACE_BLOCK_HEADER_SIZE 32u

enum {
	TW_TRACE_B_MAGIC = 0,
	TW_TRACE_B_NUMBER = 4,
	TW_TRACE_B_EVENTS = 8,
	TW_TRACE_B_FETCH = 12, // bytes of the fetch stream
	TW_TRACE_B_DATA = 16,  // bytes of the data stream
	TW_TRACE_B_OTHER = 20, // bytes of the stream of everything else
	TW_TRACE_B_PACKED = 24,
	TW_TRACE_B_CRC = 28,
};

// The file table: magic, bytes of the entries, entries {size 8, name length 1, name}, CRC.
#define TW_TRACE_TABLE_MAGIC	   0x31534c46u // "FLS1"
#define TW_TRACE_TABLE_HEADER_SIZE 8u
#define TW_TRACE_TABLE_MAX	   (TW_TRACE_FILES_MAX * (9u + TW_TRACE_NAME_MAX))

static inline uint64_t tw_trace_page_up(uint64_t v)
{
	return (v + (1u << TW_TRACE_PAGE_SHIFT) - 1) >> TW_TRACE_PAGE_SHIFT << TW_TRACE_PAGE_SHIFT;
}

static inline uint32_t tw_trace_get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t tw_trace_get64(const uint8_t *p)
{
	return (uint64_t)tw_trace_get32(p) | (uint64_t)tw_trace_get32(p + 4) << 32;
}

static inline void tw_trace_set32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline void tw_trace_set64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline uint64_t tw_trace_zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static inline int64_t tw_trace_unzigzag(uint64_t v)
{
	return (int64_t)((v >> 1) ^ (0 - (v & 1)));
}

// --- Tags: one byte per event ----------------------------------------------------------

// Bits 1:0 are the class, bits 4:2 log2 of the size (7: see TW_TRACE_TAG_SIZE), bits 7:5 the bytes
// of the address delta. In class OTHER these three bits are 0 to 5 for an RMW, and 6 or 7 for a
// kind from COPY_IN on, numbered by bits 5, 4:2.
enum { TW_TRACE_TAG_FETCH, TW_TRACE_TAG_LOAD, TW_TRACE_TAG_STORE, TW_TRACE_TAG_OTHER };
#define TW_TRACE_TAG_SIZE    7u // the size follows in the stream of everything else
#define TW_TRACE_DELTA_BYTES 5u // a zigzag delta of two addresses below 2^38 has 39 bits

// --- Address prediction ----------------------------------------------------------------

#define TW_TRACE_DATA_SLOTS 65536u

// A fetch is expected in the block after the last one. A data access is expected where the one at
// the same place of the program accessed last: the place is the fetch block and how many data
// accesses came since its fetch.
struct tw_trace_predictor {
	uint64_t fetch;	  // number of the last fetch block
	uint32_t ordinal; // data accesses since
	uint64_t data[TW_TRACE_DATA_SLOTS];
};

static inline void tw_trace_predictor_reset(struct tw_trace_predictor *p)
{
	memset(p, 0, sizeof(*p));
}

static inline void tw_trace_predictor_fetch(struct tw_trace_predictor *p, uint64_t block)
{
	p->fetch = block;
	p->ordinal = 0;
}

static inline uint64_t *tw_trace_data_slot(struct tw_trace_predictor *p)
{
	return &p->data[(p->fetch * 16 + (p->ordinal++ & 15)) % TW_TRACE_DATA_SLOTS];
}

// --- Events that are not accesses ------------------------------------------------------

// The fields that an event of each kind has, in the order in which they are stored, each as LEB128.
enum {
	TW_TRACE_F_ADDR = 1 << 0, // stored plus 1, so that TW_TRACE_NO_ADDR is 0
	TW_TRACE_F_LEN = 1 << 1,
	TW_TRACE_F_NEW_LEN = 1 << 2,
	TW_TRACE_F_NEW_ADDR = 1 << 3, // stored plus 1
	TW_TRACE_F_OFFSET = 1 << 4,
	TW_TRACE_F_RESULT = 1 << 5, // zigzag
	TW_TRACE_F_PROT = 1 << 6,
	TW_TRACE_F_FLAGS = 1 << 7,
	TW_TRACE_F_FILE = 1 << 8,   // zigzag
	TW_TRACE_F_ADVICE = 1 << 9, // zigzag
	TW_TRACE_FIELDS = 10,
};

#define TW_TRACE_LEB_MAX   10u
#define TW_TRACE_OTHER_MAX (TW_TRACE_FIELDS * TW_TRACE_LEB_MAX)

// The TW_TRACE_F_ bits of a kind; 0 for accesses.
unsigned int tw_trace_fields(unsigned int kind);

// Where in a trace an event stands; all zero before the first.
struct tw_trace_order {
	uint64_t map_end; // end of the last MAP
	bool maps_done;
	bool exited;
};

// NULL and an updated order if the event may come next, else the broken rule, as "expected ...".
const char *tw_trace_check(struct tw_trace_order *order, const struct tw_trace_event *e,
			   uint32_t n_files);

// A name must have 1 to 255 bytes and no control characters and slashes.
bool tw_trace_name_ok(const char *name, size_t len);

#endif
