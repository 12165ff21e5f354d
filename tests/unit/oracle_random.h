// SPDX-License-Identifier: Apache-2.0
// Random page tables and addresses for the oracle's tests: a few tables at each level, all
// reachable from each other, and addresses that select a few entries of each, so that every entry
// is edited, walked and fenced often. Invariant: the sequence depends on the seed and the calls
// only.
#ifndef TW_TEST_ORACLE_RANDOM_H
#define TW_TEST_ORACLE_RANDOM_H

#include "oracle_fixture.h"
#include "twinwalk/prng.h"

enum { TABLES = 5, INDEXES = 3, LOWS = 6 };

struct gen {
	uint64_t rng, hot[6];
	enum tw_format format;
};

static inline uint64_t draw(struct gen *g)
{
	return tw_random(&g->rng);
}

static inline uint32_t below(struct gen *g, uint32_t n)
{
	return (uint32_t)((draw(g) >> 32) * n >> 32);
}

static inline bool chance(struct gen *g, uint32_t permille)
{
	return below(g, 1000) < permille;
}

// A word with few bits set.
static inline uint64_t sparse(struct gen *g)
{
	uint64_t word = draw(g);

	word &= draw(g);
	return word & draw(g);
}

// TABLES tables of each level, in the first pages of RAM. Level 3 is x86's PML4.
static inline uint64_t table(unsigned int level, unsigned int i)
{
	return RAM + (level * TABLES + i) * UINT64_C(0x1000);
}

static const unsigned int index_of[INDEXES] = {0, 1, 511};

static inline uint64_t random_va(struct gen *g)
{
	bool x86 = g->format == TW_FMT_X86_LONG4;
	unsigned int bits = x86 ? 48 : 39;
	uint64_t va = below(g, 4096);

	va |= (uint64_t)index_of[below(g, INDEXES)] << 30;
	va |= (uint64_t)index_of[below(g, INDEXES)] << 21;
	va |= (uint64_t)below(g, LOWS) << 12;
	if (x86)
		va |= (uint64_t)(chance(g, 200) ? 511 : 0) << 39;
	if (chance(g, 10)) // anything, canonical or not
		return va ^ UINT64_C(1) << below(g, 64);
	return (uint64_t)((int64_t)(va << (64 - bits)) >> (64 - bits));
}

// Most traffic goes to a few addresses, which change now and then.
static inline uint64_t some_va(struct gen *g)
{
	uint64_t *hot = &g->hot[below(g, 6)];

	if (chance(g, 10))
		*hot = random_va(g);
	return chance(g, 750) ? *hot : random_va(g);
}

static inline uint64_t random_page(struct gen *g, unsigned int level)
{
	// Above RAM; sometimes misaligned for a superpage.
	uint64_t pa = (UINT64_C(1) + below(g, 8)) << (12 + 9 * level) | UINT64_C(1) << 40;

	return level && chance(g, 50) ? pa | 0x1000 : pa;
}

static inline uint64_t random_riscv(struct gen *g, unsigned int level)
{
	uint64_t flags = V | (draw(g) & (R | W | X | U | A | D)), next = RAM_END;

	if (chance(g, 30))
		return sparse(g);
	if (level && chance(g, 850)) {
		if (!chance(g, 20))
			next = table(level - 1, below(g, TABLES));
		return rv_pte(next, V | (chance(g, 30) ? G : 0));
	}
	if (chance(g, 100))
		flags |= G;
	if (chance(g, 900))
		flags |= R | W | X | A;
	if (chance(g, 500))
		flags &= ~(uint64_t)U;
	if (chance(g, 50))
		flags |= UINT64_C(1) << 61; // PBMT
	if (level == 0 && chance(g, 100))
		return rv_pte(random_page(g, 4) | 0x8000, flags) | UINT64_C(1) << 63; // NAPOT
	return rv_pte(random_page(g, level), flags);
}

static inline uint64_t random_x86(struct gen *g, unsigned int level)
{
	uint64_t flags = XP | (draw(g) & (XW | XU | XA));

	if (chance(g, 800))
		flags |= XW | XU | XA;
	if (chance(g, 20))
		return sparse(g);
	if (chance(g, 40))
		return 0;
	if (chance(g, 50))
		flags |= UINT64_C(1) << 63; // XD
	if (level && (level == 3 || chance(g, 850)))
		return table(level - 1, below(g, TABLES)) | flags;
	flags |= draw(g) & XD;
	if (chance(g, 150))
		flags |= XG;
	if (level)
		flags |= XPS;
	return random_page(g, level) | flags;
}

// The seed of run N, printed. TW_SEED replaces the first.
static inline uint64_t seed_of(uint64_t n)
{
	const char *env = getenv("TW_SEED");
	uint64_t seed = (env ? strtoull(env, NULL, 0) : 1) + n * 1000003;

	print_message("seed %llu (TW_SEED=%s)\n", (unsigned long long)seed, env ? env : "1");
	return seed;
}

// The address of a random entry, and a value for it, OLD being the present one.
static inline uint64_t random_entry(struct gen *g, unsigned int *level)
{
	bool x86 = g->format == TW_FMT_X86_LONG4;

	unsigned int index = below(g, LOWS);

	*level = 0;
	if (chance(g, 300)) {
		*level = 1 + below(g, x86 ? 3 : 2);
		index = index_of[below(g, INDEXES)];
	}
	return table(*level, below(g, TABLES)) + index * UINT64_C(8);
}

static inline uint64_t random_value(struct gen *g, unsigned int level, uint64_t old)
{
	bool x86 = g->format == TW_FMT_X86_LONG4;

	if (chance(g, 300)) // as software does most: rights, A and D
		return old ^ (draw(g) & (x86 ? XW | XA | XD : W | A | D));
	return x86 ? random_x86(g, level) : random_riscv(g, level);
}

static inline struct tw_fence random_scope(struct gen *g)
{
	struct tw_fence f = {.by_addr = chance(g, 600)};

	f.by_asid = chance(g, 600);
	f.global = chance(g, 600);
	f.asid = (uint16_t)below(g, 3);
	f.va = some_va(g);
	return f;
}

static inline struct tw_req random_request(struct gen *g, enum tw_access access)
{
	struct tw_req req = {.va = some_va(g), .access = (uint8_t)access};

	req.priv = chance(g, 700) ? TW_PRIV_S : TW_PRIV_U;
	req.sum = chance(g, 900);
	req.mxr = chance(g, 500);
	return req;
}

#endif
