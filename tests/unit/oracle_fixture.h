// SPDX-License-Identifier: Apache-2.0
// What the oracle's tests share: a memory with page tables, an oracle on it, and short names for
// telling it what happens. Every call is one cycle later than the one before. Invariant: memory and
// what the oracle is told agree.
#ifndef TW_TEST_ORACLE_FIXTURE_H
#define TW_TEST_ORACLE_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "twinwalk/oracle.h"
#include "twinwalk/pmem.h"

// RISC-V PTE bits, x86 entry bits.
enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };
enum { XP = 1, XW = 2, XU = 4, XA = 32, XD = 64, XPS = 128, XG = 256 };
#define RWAD  (V | R | W | A | D)
#define XRWAD (XP | XW | XU | XA | XD)

#define RAM	UINT64_C(0x80000000)
#define RAM_END UINT64_C(0x80100000)

// Two address spaces' tables, and pages they map.
#define ROOT_A (RAM + 0x0000)
#define MID_A  (RAM + 0x1000)
#define LOW_A  (RAM + 0x2000)
#define MID_A2 (RAM + 0x3000)
#define LOW_A2 (RAM + 0x4000)
#define ROOT_B (RAM + 0x5000)
#define MID_B  (RAM + 0x6000)
#define LOW_B  (RAM + 0x7000)
#define TOP_A  (RAM + 0x8000) // x86: PML4
#define TOP_B  (RAM + 0x9000)

// Index 1 in every table; x86: index 0 in the PML4.
#define VA	UINT64_C(0x40201000)
#define VA_NEXT UINT64_C(0x40202000) // the next page in the same table
#define VA_2M	UINT64_C(0x40200000) // the 2 MB page around VA
#define SLOT	UINT64_C(8)	     // byte offset of index 1

#define PAGE_1 UINT64_C(0x90000000)
#define PAGE_2 UINT64_C(0xa0000000)
#define PAGE_3 UINT64_C(0xb0000000)

struct fx {
	struct tw_pmem *pm;
	struct tw_oracle *o;
	uint64_t cycle, fence;
	struct tw_ctx ctx;
	struct tw_oracle_verdict v;
};

static inline uint64_t rv_pte(uint64_t pa, uint64_t flags)
{
	return pa >> 12 << 10 | flags;
}

static inline uint64_t peek(struct fx *f, uint64_t addr)
{
	uint64_t value = 0;

	assert_int_equal(tw_pmem_read64(f->pm, addr, &value), 0);
	return value;
}

// Software writes an entry.
static inline void poke(struct fx *f, uint64_t addr, uint64_t value)
{
	uint64_t old = peek(f, addr);

	assert_int_equal(tw_pmem_write64(f->pm, addr, value), 0);
	assert_int_equal(tw_oracle_write(f->o, ++f->cycle, addr, old, value), 0);
}

// Hardware changes an entry; the verdict is in f->v.
static inline bool cas(struct fx *f, uint64_t addr, uint64_t value)
{
	uint64_t old = peek(f, addr);

	assert_int_equal(tw_pmem_write64(f->pm, addr, value), 0);
	assert_int_equal(tw_oracle_update(f->o, ++f->cycle, addr, old, value, &f->v), 0);
	return f->v.allowed;
}

static inline void set_ctx(struct fx *f)
{
	assert_int_equal(tw_oracle_ctx(f->o, ++f->cycle, &f->ctx), 0);
}

static inline void use_root(struct fx *f, uint64_t root, uint16_t asid)
{
	f->ctx.root_ppn = root >> 12;
	f->ctx.asid = asid;
	set_ctx(f);
}

static inline void fence_begin(struct fx *f, struct tw_fence fence)
{
	assert_int_equal(tw_oracle_fence_begin(f->o, ++f->cycle, &fence, &f->fence), 0);
}

static inline void fence_end(struct fx *f)
{
	assert_int_equal(tw_oracle_fence_end(f->o, ++f->cycle, f->fence), 0);
}

static inline void fence(struct fx *f, struct tw_fence scope)
{
	fence_begin(f, scope);
	fence_end(f);
}

#define FENCE_ALL     ((struct tw_fence){.global = true})
#define FENCE_VA(a)   ((struct tw_fence){.by_addr = true, .va = (a), .global = true})
#define FENCE_ASID(n) ((struct tw_fence){.by_asid = true, .asid = (n)})
#define FENCE_VA_ASID(a, n) \
	((struct tw_fence){.by_addr = true, .va = (a), .by_asid = true, .asid = (n)})
#define INVLPG(a, n)        \
	((struct tw_fence){ \
		.by_addr = true, .va = (a), .by_asid = true, .asid = (n), .global = true})

static inline void ask_as(struct fx *f, uint32_t id, struct tw_req req)
{
	assert_int_equal(tw_oracle_request(f->o, ++f->cycle, TW_PORT_DATA, id, &req), 0);
}

static inline void ask(struct fx *f, uint32_t id, uint64_t va, enum tw_access access)
{
	ask_as(f, id, (struct tw_req){.va = va, .access = (uint8_t)access, .priv = TW_PRIV_S});
}

static inline bool answer(struct fx *f, uint32_t id, struct tw_resp resp)
{
	// What a verdict leaves untouched must not be read.
	memset(&f->v, 0xa5, sizeof(f->v));
	assert_int_equal(tw_oracle_response(f->o, ++f->cycle, TW_PORT_DATA, id, &resp, &f->v), 0);
	assert_int_equal(f->v.allowed, f->v.status == TW_ORACLE_ALLOWED);
	return f->v.allowed;
}

static inline struct tw_resp ok(uint64_t pa, enum tw_size size)
{
	return (struct tw_resp){.pa = pa, .size = (uint8_t)size};
}

static inline struct tw_resp page_fault(uint64_t va, unsigned int cause)
{
	return (struct tw_resp){.fault = TW_FAULT_PAGE, .fault_va = va, .cause = (uint8_t)cause};
}

static inline struct tw_resp access_fault(uint64_t va, unsigned int cause)
{
	return (struct tw_resp){.fault = TW_FAULT_ACCESS, .fault_va = va, .cause = (uint8_t)cause};
}

// One whole access that ends as given.
static inline bool load(struct fx *f, uint64_t va, struct tw_resp resp)
{
	ask(f, 0, va, TW_LOAD);
	return answer(f, 0, resp);
}

static inline bool load_pa(struct fx *f, uint64_t va, uint64_t page)
{
	return load(f, va, ok(page | (va & 0xfff), TW_SIZE_4K));
}

#define assert_allowed(call)                                    \
	do {                                                    \
		if (!(call))                                    \
			fail_msg("not allowed: %s", f->v.text); \
	} while (0)

// The answer is forbidden for this reason, and the text holds this word.
#define assert_forbidden(call, why, word)                                              \
	do {                                                                           \
		if (call)                                                              \
			fail_msg("allowed, expected: %s", tw_oracle_reason_name(why)); \
		assert_int_equal(f->v.status, TW_ORACLE_FORBIDDEN);                    \
		if (f->v.reason != (why) || !strstr(f->v.text, (word)))                \
			fail_msg("expected %s with \"%s\", got %s: %s",                \
				 tw_oracle_reason_name(why), (word),                   \
				 tw_oracle_reason_name(f->v.reason), f->v.text);       \
	} while (0)

static inline struct fx *fx_create(struct tw_oracle_opts opts)
{
	struct fx *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(tw_pmem_create(&f->pm), 0);
	assert_int_equal(tw_pmem_add_ram(f->pm, RAM, RAM_END), 0);
	if (opts.mem.read64)
		opts.mem.user = f->pm;
	else
		opts.mem = tw_pmem_mem(f->pm);
	assert_int_equal(tw_oracle_create(&opts, &f->o), 0);
	return f;
}

// Sv39 with hardware A/D, ASID 1: VA maps to PAGE_1 by a 4 KB page, VA_NEXT to PAGE_3. The history
// begins after a fence of everything.
static inline struct fx *fx_sv39_opts(struct tw_oracle_opts opts)
{
	struct fx *f = fx_create(opts);

	f->ctx = (struct tw_ctx){
		.format = TW_FMT_SV39,
		.asid = 1,
		.root_ppn = ROOT_A >> 12,
		.flags = TW_F_ADUE | TW_F_SVNAPOT,
		.maxphyaddr = 52,
	};
	set_ctx(f);
	poke(f, ROOT_A + SLOT, rv_pte(MID_A, V));
	poke(f, MID_A + SLOT, rv_pte(LOW_A, V));
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, RWAD | X));
	poke(f, LOW_A + 2 * SLOT, rv_pte(PAGE_3, RWAD | X));
	fence(f, FENCE_ALL);
	return f;
}

static inline struct fx *fx_sv39(void)
{
	return fx_sv39_opts((struct tw_oracle_opts){0});
}

// The same on x86-64, PCID 1; every entry has A, the leaves D.
static inline struct fx *fx_x86_opts(struct tw_oracle_opts opts)
{
	struct fx *f = fx_create(opts);

	f->ctx = (struct tw_ctx){
		.format = TW_FMT_X86_LONG4,
		.asid = 1,
		.root_ppn = TOP_A >> 12,
		.flags = TW_F_WP | TW_F_NXE | TW_F_PGE | TW_F_GBPAGES,
		.maxphyaddr = 46,
	};
	set_ctx(f);
	poke(f, TOP_A, ROOT_A | XRWAD);
	poke(f, ROOT_A + SLOT, MID_A | XRWAD);
	poke(f, MID_A + SLOT, LOW_A | XRWAD);
	poke(f, LOW_A + SLOT, PAGE_1 | XRWAD);
	poke(f, LOW_A + 2 * SLOT, PAGE_3 | XRWAD);
	fence(f, FENCE_ALL);
	return f;
}

static inline struct fx *fx_x86(void)
{
	return fx_x86_opts((struct tw_oracle_opts){0});
}

static inline void fx_done(struct fx *f)
{
	tw_oracle_destroy(f->o);
	tw_pmem_destroy(f->pm);
	free(f);
}

#endif
