// SPDX-License-Identifier: Apache-2.0
// Entries bit by bit: `low`, every value of the low bits at each level, for each access and
// privilege; and `ones`, one bit of a good entry turned over, each of them, in leaves and pointers.
// One table holds all the entries of a case, each under its own address, so nothing needs a fence.
#include "gen.h"

#define BIT(n) (UINT64_C(1) << (n))

// The next digit, 0..BASE-1, of a case's number.
static unsigned int digit(unsigned long *number, unsigned int base)
{
	unsigned int d = (unsigned int)(*number % base);

	*number /= base;
	return d;
}

// A place for a table whose address is aligned as a page at LEVEL is, so that an entry that points
// to it is a good leaf too.
static uint64_t aligned_table(struct fresh_case *c, unsigned int level)
{
	const struct fresh_shape *s = c->shape;
	unsigned int bits, top = s->pa_bits;
	uint64_t pa;

	if (s->x86)
		top = s->format == TW_FMT_X86_LEGACY ? 32 : c->maxphyaddr;
	if (s->x86 && level > 2)
		level = 2; // no leaf stands above
	bits = fresh_page_bits(s, level);
	pa = (1 + fresh_random(c) % (BIT(top - bits) - 1)) << bits;
	c->mem.ram[c->mem.rams].lo = pa;
	c->mem.ram[c->mem.rams++].hi = pa + 4096;
	return pa;
}

// Below an entry at LEVEL that points to TABLE: a path for VA down to a good page.
static void good_below(struct fresh_case *c, uint64_t table, uint64_t va, unsigned int level)
{
	unsigned int at = level;

	while (--at > 0) {
		uint64_t next = fresh_table(c);

		fresh_entry(c, table, fresh_index(c->shape, va, at),
			    fresh_pointer(c, next, fresh_pointer_bits(c, at)));
		table = next;
	}
	fresh_entry(c, table, fresh_index(c->shape, va, 0),
		    fresh_leaf(c, 0, fresh_page(c, 0), fresh_leaf_bits(c, fresh_chance(c, 50))));
}

// --- low -----------------------------------------------------------------------------------------

static unsigned int accesses(const struct fresh_shape *s)
{
	return s->x86 ? 3 : 4;
}

unsigned long gen_low_strata(const struct fresh_shape *s)
{
	return 2ul * fresh_walked(s) * accesses(s);
}

// x86: AC, WP, NXE, SMEP, SMAP, XD, and four kinds of rights above. RISC-V: SUM, MXR, ADUE, G
// above, six kinds of upper bits.
unsigned long gen_low_cases(const struct fresh_shape *s)
{
	return gen_low_strata(s) * (s->x86 ? 64 * 4 : 16 * 6);
}

// Turns a bit of one of the pointers on VA's path, above LEVEL.
static void change_above(struct fresh_case *c, uint64_t root, uint64_t va, unsigned int level,
			 uint64_t bits)
{
	unsigned int top = fresh_walked(c->shape) - 1, at;
	uint64_t table;

	if (level == top)
		return;
	at = level + 1 + fresh_below(c, top - level);
	table = fresh_path(c, root, va, at);
	fresh_entry(c, table, fresh_index(c->shape, va, at),
		    fresh_entry_at(c, table, fresh_index(c->shape, va, at)) ^ bits);
}

void gen_low(struct fresh_case *c)
{
	static const enum tw_access order[] = {TW_FETCH, TW_LOAD, TW_STORE, TW_RMW};
	static const uint64_t upper[] = {0, BIT(63), BIT(61), BIT(62), BIT(61) | BIT(62), BIT(59)};
	static const uint64_t above[] = {0, BIT(1), BIT(2), BIT(63)};
	const struct fresh_shape *s = c->shape;
	unsigned long n = c->number;
	unsigned int level = digit(&n, fresh_walked(s));
	enum tw_access access = order[digit(&n, accesses(s))];
	enum tw_priv priv = digit(&n, 2) ? TW_PRIV_S : TW_PRIV_U;
	bool sum = digit(&n, 2), mxr = false;
	uint64_t va = fresh_any_va(c), root = fresh_new_root(c), table, below, high = 0;
	uint32_t flags = fresh_any_flags(c);

	table = fresh_path(c, root, va, level);
	below = aligned_table(c, level);
	if (level)
		good_below(c, below, va, level);
	if (s->x86) {
		uint32_t chosen = TW_F_WP | TW_F_NXE | TW_F_SMEP | TW_F_SMAP;

		flags &= ~chosen;
		flags |= digit(&n, 2) ? TW_F_WP : 0;
		flags |= digit(&n, 2) ? TW_F_NXE : 0;
		flags |= digit(&n, 2) ? TW_F_SMEP : 0;
		flags |= digit(&n, 2) ? TW_F_SMAP : 0;
		high = digit(&n, 2) ? BIT(63) : 0;
		change_above(c, root, va, level, above[digit(&n, 4)]);
		if (s->format != TW_FMT_X86_PAE)
			high |= (uint64_t)fresh_below(c, 16) << 59;
	} else {
		mxr = digit(&n, 2);
		flags &= ~(uint32_t)TW_F_ADUE;
		flags |= digit(&n, 2) ? TW_F_ADUE : 0;
		change_above(c, root, va, level, digit(&n, 2) ? BIT(5) : 0);
		high = upper[digit(&n, 6)];
		if (high == BIT(63) && fresh_chance(c, 70))
			high |= BIT(13); // the one legal pattern of NAPOT, if the rest is 0
	}
	fresh_flags(c, flags, (uint32_t)fresh_random(c), false);
	for (unsigned int i = 0; i < (s->x86 ? 512 : 256); i++) {
		uint64_t entry = s->x86 ? below | i : below >> 12 << 10 | i;

		if (s->bytes == 8)
			entry |= high;
		if (!s->x86)
			entry |= (uint64_t)fresh_below(c, 4) << 8;
		fresh_entry(c, table, i, entry);
	}
	fresh_root(c, root, 1);
	for (unsigned int i = 0; i < (s->x86 ? 512 : 256); i++)
		fresh_access(c, fresh_with_index(s, va, level, i), access, priv, sum, mxr);
}

// --- ones ----------------------------------------------------------------------------------------

unsigned long gen_ones_strata(const struct fresh_shape *s)
{
	return 2ul * 3 * s->levels;
}

unsigned long gen_ones_cases(const struct fresh_shape *s)
{
	return gen_ones_strata(s) * 16;
}

// PAE's root: each bit of an entry of it, by loading the root again.
static void pdpte_ones(struct fresh_case *c, enum tw_access access)
{
	const struct fresh_shape *s = c->shape;
	uint64_t va = fresh_any_va(c), root = fresh_new_root(c);
	uint64_t index = fresh_index(s, va, 2), entry;

	good_below(c, fresh_path(c, root, va, 1), va, 2);
	entry = fresh_entry_at(c, root, index);
	fresh_flags(c, fresh_any_flags(c) | TW_F_NXE, 0, false);
	fresh_root(c, root, 0);
	for (unsigned int i = 0; i < 64; i++) {
		fresh_poke(c, root, index, entry ^ BIT(i));
		fresh_root(c, root, 0);
		fresh_access(c, va, access, TW_PRIV_S, true, false);
		// Not present, the other bits do not count.
		fresh_poke(c, root, index, (entry ^ BIT(i)) & ~UINT64_C(1));
		fresh_root(c, root, 0);
		fresh_access(c, va, access, TW_PRIV_S, true, false);
	}
}

// Whether bit I of an entry is one of the address of what it points to.
static bool address_bit(const struct fresh_shape *s, unsigned int i)
{
	if (s->bytes == 4)
		return s->x86 ? i >= 12 : i >= 10;
	return s->x86 ? i >= 12 && i < 52 : i >= 10 && i < 54;
}

void gen_ones(struct fresh_case *c)
{
	static const enum tw_access order[] = {TW_FETCH, TW_LOAD, TW_STORE};
	const struct fresh_shape *s = c->shape;
	unsigned int bits = s->bytes * 8;
	unsigned long n = c->number;
	unsigned int level = digit(&n, s->levels);
	enum tw_access access = order[digit(&n, 3)];
	bool pointer = digit(&n, 2), everything = digit(&n, 2);
	uint64_t va = fresh_any_va(c), root = fresh_new_root(c), table, below, entry;
	uint32_t flags = fresh_any_flags(c);

	if (level >= fresh_walked(s)) {
		pdpte_ones(c, access);
		return;
	}
	table = fresh_path(c, root, va, level);
	below = aligned_table(c, level);
	if (level && pointer)
		good_below(c, below, va, level);
	if (everything) {
		c->mem.ram[0].lo = 0;
		c->mem.ram[0].hi = BIT(56);
		c->mem.rams = 1;
	}
	entry = level && pointer ? fresh_pointer(c, below, fresh_pointer_bits(c, level))
				 : fresh_leaf(c, level, below, fresh_leaf_bits(c, true));
	for (unsigned int i = 0; i < bits; i++) {
		uint64_t next;

		fresh_entry(c, table, i, entry ^ BIT(i));
		if (!pointer || !level || !address_bit(s, i))
			continue;
		// Another table: give it another page.
		next = s->x86 ? below ^ BIT(i) : below ^ BIT(i + 2);
		if (level > 1)
			fresh_entry(c, next, fresh_index(s, va, level - 1),
				    fresh_entry_at(c, below, fresh_index(s, va, level - 1)));
		else
			fresh_entry(c, next, fresh_index(s, va, 0),
				    fresh_leaf(c, 0, fresh_page(c, 0), fresh_leaf_bits(c, true)));
	}
	fresh_flags(c, flags, 0, false);
	fresh_root(c, root, 0);
	for (unsigned int i = 0; i < bits; i++)
		fresh_access(c, fresh_with_index(s, va, level, i), access,
			     fresh_chance(c, 50) ? TW_PRIV_U : TW_PRIV_S, true, false);
}
