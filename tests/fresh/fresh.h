// SPDX-License-Identifier: Apache-2.0
// Fresh translation vectors: a case is memory, control state and a list of operations, made from
// (format, kind, seed, number) and from nothing else, so that those four words repeat it. A case
// can be run in the process (run.c: naive walker against tw_arch_walk()) and written as RVW1 or
// X86W1 with the results the naive walker gives (emit.c). The generators know the formats from the
// manuals, as the naive walker does, and take nothing from csim/arch.
#ifndef TW_TESTS_FRESH_H
#define TW_TESTS_FRESH_H

#include <stdio.h>

#include "naive.h"
#include "twinwalk/prng.h"

// --- Formats -------------------------------------------------------------------------------------

struct fresh_shape {
	enum tw_format format;
	const char *name;
	bool x86;
	unsigned int levels; // tables on the longest walk; PAE: its four PDPTEs are the third
	unsigned int index_bits, bytes, va_bits;
	unsigned int large; // bit i: a leaf may stand at level i
	unsigned int pa_bits;
};

extern const struct fresh_shape fresh_shapes[];
enum { FRESH_SHAPES = 8, FRESH_LEVELS = 5 };
const struct fresh_shape *fresh_shape(const char *name); // NULL: none of that name

// Address bits within a page at LEVEL.
static inline unsigned int fresh_page_bits(const struct fresh_shape *s, unsigned int level)
{
	return 12 + s->index_bits * level;
}

// --- Memory (mem.c) ------------------------------------------------------------------------------

// Sparse 8-byte words, all zero but those that were written. Only what lies in a range answers.
enum { FRESH_WORDS = 8192 };
struct fresh_mem {
	struct {
		uint64_t addr, value;
		bool used;
	} word[FRESH_WORDS];
	unsigned int order[FRESH_WORDS / 2]; // slots, as they were first written
	unsigned int words;
	struct {
		uint64_t lo, hi;
	} ram[4];
	unsigned int rams;
};

void fresh_mem_clear(struct fresh_mem *m);
void fresh_mem_copy(struct fresh_mem *to, const struct fresh_mem *from);
bool fresh_mem_answers(const struct fresh_mem *m, uint64_t addr);
uint64_t fresh_mem_get(const struct fresh_mem *m, uint64_t addr);
void fresh_mem_put(struct fresh_mem *m, uint64_t addr, unsigned int bytes, uint64_t value);
struct tw_mem fresh_mem_bus(struct fresh_mem *m);

// --- Cases (case.c) ------------------------------------------------------------------------------

enum fresh_op_kind {
	FRESH_FLAGS,   // flags, pkru, pcide
	FRESH_ROOT,    // satp or cr3: value
	FRESH_POKE,    // addr, value: an entry
	FRESH_SFENCE,  // by_va, by_asid, va, asid
	FRESH_INVLPG,  // va
	FRESH_INVPCID, // type, asid, va
	FRESH_ACC,     // req
	FRESH_WEAK,    // until FRESH_STRONG the state here may answer too: the fence is too weak
	FRESH_STRONG,
};

struct fresh_op {
	enum fresh_op_kind kind;
	uint64_t addr, value, va;
	uint32_t flags, pkru;
	uint16_t asid;
	uint8_t type;
	bool by_va, by_asid, pcide;
	struct tw_req req;
};

enum { FRESH_OPS = 2048, FRESH_TABLES = 640 };
struct fresh_case {
	const struct fresh_shape *shape;
	const struct fresh_kind *kind;
	uint64_t seed;
	unsigned long number;
	struct tw_prng rng;
	uint8_t maxphyaddr;
	struct fresh_mem mem;
	struct fresh_op op[FRESH_OPS];
	unsigned int ops;
	uint64_t table[FRESH_TABLES]; // those that fresh_table() gave
	unsigned int tables;
	uint32_t flags, pkru;
	bool pcide;
	bool warm; // the generator knows what a NAPOT page's TLB entry covers
};

struct fresh_kind {
	const char *name;
	// Cases that there are; NULL: any number. The first STRATA of them differ in all that
	// matters most, and so do the next.
	unsigned long (*cases)(const struct fresh_shape *s);
	unsigned long (*strata)(const struct fresh_shape *s);
	void (*make)(struct fresh_case *c);
};

extern const struct fresh_kind fresh_kinds[];
enum { FRESH_KINDS = 8 };
const struct fresh_kind *fresh_kind(const char *name); // NULL: none of that name

void fresh_make(struct fresh_case *c, const struct fresh_shape *s, const struct fresh_kind *k,
		uint64_t seed, unsigned long number);

// The number of the I-th case of a selection: of a kind with a bounded number of cases each stratum
// in turn, from anywhere within.
unsigned long fresh_pick(const struct fresh_shape *s, const struct fresh_kind *k, uint64_t seed,
			 unsigned long i);

// For the generators. A word of memory before the first operation; an entry of a table.
void fresh_word(struct fresh_case *c, uint64_t addr, uint64_t value);
void fresh_entry(struct fresh_case *c, uint64_t table, uint64_t index, uint64_t entry);
uint64_t fresh_entry_at(const struct fresh_case *c, uint64_t table, uint64_t index);

// A page for a table that nothing uses; the entry that points to it; the leaf of a page at LEVEL.
// Neither has rights or other low bits but those given; PS is set where a leaf needs it.
uint64_t fresh_table(struct fresh_case *c);
uint64_t fresh_pointer(const struct fresh_case *c, uint64_t table, uint64_t bits);
uint64_t fresh_leaf(const struct fresh_case *c, unsigned int level, uint64_t pa, uint64_t bits);

// Low bits of entries with every right, A and D set; USER: for user mode.
uint64_t fresh_leaf_bits(const struct fresh_case *c, bool user);
uint64_t fresh_pointer_bits(const struct fresh_case *c, unsigned int level);

// What an entry points to, if it does.
uint64_t fresh_target(const struct fresh_shape *s, uint64_t entry);

// A root, and the table at LEVEL that VA leads to from it; what lacks on the way is made.
uint64_t fresh_new_root(struct fresh_case *c);
uint64_t fresh_path(struct fresh_case *c, uint64_t root, uint64_t va, unsigned int level);

// Levels whose entries are read on a walk: PAE's root is not.
static inline unsigned int fresh_walked(const struct fresh_shape *s)
{
	return s->format == TW_FMT_X86_PAE ? 2 : s->levels;
}

// Random control flags of the family; a random address that is canonical.
uint32_t fresh_any_flags(struct fresh_case *c);
uint64_t fresh_any_va(struct fresh_case *c);

// A random page of memory for a leaf at LEVEL, aligned.
uint64_t fresh_page(struct fresh_case *c, unsigned int level);

// INDEX of each level from the root down into an address; canonical where the format demands it.
uint64_t fresh_index(const struct fresh_shape *s, uint64_t va, unsigned int level);
uint64_t fresh_with_index(const struct fresh_shape *s, uint64_t va, unsigned int level,
			  uint64_t index);
uint64_t fresh_canonical(const struct fresh_shape *s, uint64_t va);

// Writes CR3 or satp.
void fresh_root(struct fresh_case *c, uint64_t root, uint16_t asid);

struct fresh_op *fresh_op(struct fresh_case *c, enum fresh_op_kind kind);
void fresh_flags(struct fresh_case *c, uint32_t flags, uint32_t pkru, bool pcide);
void fresh_poke(struct fresh_case *c, uint64_t table, uint64_t index, uint64_t entry);
void fresh_access(struct fresh_case *c, uint64_t va, enum tw_access access, enum tw_priv priv,
		  bool sum, bool mxr);

static inline uint64_t fresh_random(struct fresh_case *c)
{
	return tw_prng_u64(&c->rng);
}

static inline unsigned int fresh_below(struct fresh_case *c, unsigned int n)
{
	return tw_prng_below(&c->rng, n);
}

static inline bool fresh_chance(struct fresh_case *c, unsigned int percent)
{
	return fresh_below(c, 100) < percent;
}

// The seed of a run: TW_SEED if it is set (*given), else one that no run before had.
uint64_t fresh_seed(bool *given);

// Which of the case's accesses operation AT is, from 0.
unsigned int fresh_access_number(const struct fresh_case *c, unsigned int at);

// --- Running (run.c) -----------------------------------------------------------------------------

// How often each thing happened.
struct fresh_count {
	uint64_t cases, accesses, allowed_twice;
	uint64_t reason[FRESH_SHAPES][NAIVE_REASON_COUNT];
	uint64_t size[FRESH_SHAPES][8];
	uint64_t bad_root[FRESH_SHAPES];
	uint64_t kind[FRESH_SHAPES][FRESH_KINDS][2]; // ok, fault
};

// What an access gives: one answer, or one of two while a fence is too weak.
struct fresh_answer {
	bool bad_root; // x86: gp_cr3
	struct naive now, before;
	bool two;
};

// Memory and control state as the operations made them.
struct fresh_run {
	const struct fresh_case *c;
	struct tw_ctx ctx, before_ctx;
	struct fresh_mem mem, before;
	uint64_t cr3;
	bool pcide, bad_root, weak;
	bool load; // the last MOV CR3 came to load PDPTEs, into this:
	struct tw_ctx loaded;
};

void fresh_run_start(struct fresh_run *r, const struct fresh_case *c);
// Does one operation; an access's answer is the naive walker's.
void fresh_run_op(struct fresh_run *r, const struct fresh_op *op, struct fresh_answer *a);

void fresh_count(struct fresh_count *n, const struct fresh_case *c, const struct fresh_answer *a);
// Names what never happened in a format, one line each; true if nothing is missing.
bool fresh_complete(const struct fresh_count *n, const struct fresh_shape *s, FILE *out);
void fresh_print_count(const struct fresh_count *n, const struct fresh_shape *s, FILE *out);

// Runs the case in tw_arch_walk() and the naive walker. False if they differ: a text in why, and
// the number of the operation in *at. *r is room to work in.
bool fresh_compare(const struct fresh_case *c, struct fresh_run *r, struct fresh_count *n,
		   unsigned int *at, char *why, size_t len);

// --- Text (emit.c) -------------------------------------------------------------------------------

// Writes the case as RVW1 or X86W1, and its results; a result of two is "LINE | LINE". *r is room
// to work in.
void fresh_emit(const struct fresh_case *c, struct fresh_run *r, FILE *cases, FILE *results,
		struct fresh_count *n);

// Compares results with those expected, line by line, both open for reading. Without rd, the field
// is left out on both sides. False: why says where.
bool fresh_match(FILE *expected, FILE *got, bool rd, char *why, size_t len);

#endif
