// SPDX-License-Identifier: Apache-2.0
//
// A generator of traces from a model of an address space that is as simple as can be: one record
// for each page. It is written from docs/trace-format.md and Linux's manual alone, so that it is a
// second opinion on the rules that trace/ checks. Include after cmocka.h.
#ifndef TW_TEST_GEN_H
#define TW_TEST_GEN_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <twinwalk/prng.h>
#include <twinwalk/trace.h>

enum { PAGES = 128, PAGE = 4096, FILES = 3, MEMORIES = 64 };

struct page {
	bool mapped, shared, grows;
	uint8_t prot;
	int file;	 // -1: anonymous
	unsigned memory; // shared anonymous memory, from 1; 0: none
	uint64_t index;	 // page in that file or memory
};

struct gen {
	uint64_t rng;
	uint64_t base; // of the model's pages; nothing is ever mapped elsewhere
	struct page page[PAGES];
	uint64_t memory_pages[MEMORIES + 1];
	unsigned memories;
	uint64_t brk_start, brk;
};

static inline uint64_t gen_random(struct gen *g, uint64_t n)
{
	return tw_random(&g->rng) % n;
}

static inline uint64_t gen_addr(const struct gen *g, uint64_t page)
{
	return g->base + page * PAGE;
}

// The pages up to the next border, at most n, whose mapping continues that of the first.
uint64_t gen_same(const struct gen *g, uint64_t first, uint64_t n);
bool gen_is_free(const struct gen *g, uint64_t first, uint64_t n);
// The number of pages before the first hole, at most n.
uint64_t gen_mapped(const struct gen *g, uint64_t first, uint64_t n);
bool gen_readable(const struct gen *g, uint64_t page);
bool gen_writable(const struct gen *g, uint64_t page);
bool gen_executable(const struct gen *g, uint64_t page);
// Free pages, at random; PAGES if there are none.
uint64_t gen_place(struct gen *g, uint64_t n);
// A random page that is mapped, PAGES if none is found.
uint64_t gen_some(struct gen *g);

// Applies an event that succeeded, or failed after a part of its effect.
void gen_apply(struct gen *g, const struct tw_trace_event *e);

// The events that begin every trace; returns how many.
unsigned int gen_begin(struct gen *g, uint64_t seed, struct tw_trace_event *events);
// One possible event. Not applied.
struct tw_trace_event gen_legal(struct gen *g);

// Events that cannot be: one for each rule. False if the present state has no room for that one.
extern const unsigned int gen_illegal_kinds;
const char *gen_illegal_name(unsigned int kind);
bool gen_illegal(struct gen *g, unsigned int kind, struct tw_trace_event *e);

#endif
