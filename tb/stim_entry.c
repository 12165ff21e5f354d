// SPDX-License-Identifier: Apache-2.0
// See stim_entry.h.
#include "stim_entry.h"

#define BIT(n) (UINT64_C(1) << (n))

enum { PAGE_SHIFT = 12 };

// One bit of a mask; the ends more often, because that is where a mask is wrong. 0 of an empty one.
static uint64_t one_of(struct tw_prng *r, uint64_t mask)
{
	unsigned int n = (unsigned int)__builtin_popcountll(mask), k = tw_prng_bits(r, 2);

	if (!mask)
		return 0;
	k = k > 1 ? tw_prng_below(r, n) : k ? n - 1 : 0;
	while (k--)
		mask &= mask - 1;
	return mask & -mask;
}

// The bits of MASK in PER1024 of 1024 cases.
static uint64_t maybe(struct tw_prng *r, uint64_t mask, unsigned int per1024)
{
	return mask && tw_prng_chance(r, per1024) ? mask : 0;
}

// A page number: small, any, or close to all ones.
static uint64_t any_ppn(struct tw_prng *r, unsigned int bits)
{
	switch (tw_prng_bits(r, 3)) {
	case 0:
		return BIT(bits) - 1 - tw_prng_bits(r, 3);
	case 1:
		return tw_prng_bits(r, 24);
	default:
		return tw_prng_u64(r) & (BIT(bits) - 1);
	}
}

// That of a leaf: any, or that of many leaves, or one that differs from it in one bit.
static uint64_t leaf_ppn(struct tw_stim_tables *t, const struct tw_stim_space *s,
			 unsigned int level)
{
	unsigned int low = s->format->vpn_shift[level];
	unsigned int bits = tw_entry_ppn_bits(&s->leaf[level]);
	uint64_t ppn = s->leaf_base;

	if (bits > s->leaf_bits)
		bits = s->leaf_bits;
	if (tw_prng_bits(t->rng, 1))
		ppn = any_ppn(t->rng, bits);
	else if (tw_prng_bits(t->rng, 1) && low < bits)
		ppn ^= BIT(low + tw_prng_below(t->rng, bits - low));
	return ppn & (BIT(bits) - 1);
}

static uint64_t spoil_pointer(struct tw_prng *r, const struct tw_entry_layout *l, uint64_t pte)
{
	uint64_t address = tw_entry_address(l, UINT64_MAX);

	switch (tw_prng_bits(r, 3)) {
	case 0:
		return pte | one_of(r, l->wrong);
	case 1:
		return pte | one_of(r, l->wrong | l->extra);
	case 2:
		return pte | one_of(r, l->wrong) | one_of(r, l->wrong | l->global);
	case 3:
		return pte & ~l->present;
	case 4:
		// Most of it is no memory, or beyond MAXPHYADDR.
		return (pte & ~address) | tw_entry_address(l, any_ppn(r, tw_entry_ppn_bits(l)));
	case 5:
		return tw_prng_u64(r);
	case 6:
		return (pte & ~one_of(r, l->write | l->user)) | l->no_exec;
	default:
		return pte & ~l->accessed;
	}
}

static uint64_t any_pointer(struct tw_stim_tables *t, unsigned int space, unsigned int level,
			    bool flaw)
{
	const struct tw_entry_layout *l = &t->space[space].pointer[level];
	struct tw_prng *r = t->rng;
	uint64_t pte = l->fixed | (tw_prng_u64(r) & l->plain);

	pte |= tw_entry_address(l, tw_stim_tables_any(t, space, level - 1) >> PAGE_SHIFT);
	pte |= maybe(r, l->write, 980) | maybe(r, l->user, 980) | maybe(r, l->accessed, 850) |
	       maybe(r, l->global, 60) | maybe(r, l->no_exec, 10);
	return flaw ? spoil_pointer(r, l, pte) : pte;
}

// Rights that may stand together: what cannot be read cannot be written either.
static uint64_t any_rights(struct tw_prng *r, const struct tw_entry_layout *l)
{
	uint64_t pte;

	if (!l->read)
		return maybe(r, l->write, 900);
	if (tw_prng_chance(r, 850))
		return l->read | l->write | l->exec;
	pte = tw_prng_u64(r) & (l->read | l->write | l->exec);
	return pte & l->write || !pte ? pte | l->read : pte;
}

static uint64_t spoil_leaf(struct tw_prng *r, const struct tw_entry_layout *l, uint64_t pte)
{
	uint64_t rights = l->read | l->write | l->exec, bits;

	switch (tw_prng_bits(r, 3)) {
	case 0:
		// Reserved, misaligned, or another group size.
		bits = one_of(r, pte & l->group && tw_prng_bits(r, 1) ? l->group_mask : l->wrong);
		return pte ^ bits;
	case 1:
		return pte | one_of(r, l->wrong | l->extra);
	case 2:
		return pte | l->extra;
	case 3:
		return pte | (l->group ? one_of(r, l->group) : l->no_exec);
	case 4:
		return pte & ~l->present;
	case 5:
		return tw_prng_u64(r);
	case 6:
		// Write without read; or without either, and for nobody.
		if (l->read)
			return (pte & ~rights) | l->write | (tw_prng_bits(r, 1) ? l->exec : 0);
		return pte & ~(l->write | l->user);
	default:
		if (tw_prng_bits(r, 1))
			return pte & ~(l->accessed | l->dirty);
		// Beyond a MAXPHYADDR.
		bits = tw_entry_ppn_bits(l);
		return pte | tw_entry_address(l, BIT(24 + tw_prng_below(r, 40)) & (BIT(bits) - 1));
	}
}

static uint64_t any_leaf(struct tw_stim_tables *t, unsigned int space, unsigned int level,
			 bool flaw)
{
	const struct tw_stim_space *s = &t->space[space];
	const struct tw_entry_layout *l = &s->leaf[level];
	struct tw_prng *r = t->rng;
	uint64_t pte = l->fixed | (tw_prng_u64(r) & l->plain) | any_rights(r, l);

	pte |= tw_entry_address(l, leaf_ppn(t, s, level));
	pte |= maybe(r, l->user, t->user) | maybe(r, l->global, 150) | maybe(r, l->accessed, 900) |
	       maybe(r, l->dirty, 730) | maybe(r, l->no_exec, 80);
	if (tw_prng_chance(r, 200))
		pte |= one_of(r, l->extra & ~l->group);
	if (l->group && tw_prng_chance(r, t->group))
		pte = (pte & ~l->group_mask) | l->group;
	return flaw ? spoil_leaf(r, l, pte) : pte;
}

uint64_t tw_stim_entry_any(struct tw_stim_tables *t, unsigned int space, unsigned int level)
{
	const struct tw_format_desc *f = t->space[space].format;
	bool flaw = tw_prng_chance(t->rng, t->dirt);
	bool leaf = !level || (level < f->levels && f->leaf_levels >> level & 1 &&
			       tw_prng_chance(t->rng, 250));

	if (flaw && tw_prng_chance(t->rng, 100))
		return 0;
	// A root with a flaw is refused: few have one.
	if (level == f->levels)
		flaw = flaw && tw_prng_chance(t->rng, 300);
	return leaf ? any_leaf(t, space, level, flaw) : any_pointer(t, space, level, flaw);
}

uint64_t tw_stim_entry_pointer(const struct tw_stim_space *s, unsigned int level, uint64_t pa)
{
	const struct tw_entry_layout *l = &s->pointer[level];

	return l->fixed | l->write | l->user | l->accessed | tw_entry_address(l, pa >> PAGE_SHIFT);
}

uint64_t tw_stim_entry_leaf(const struct tw_stim_space *s, unsigned int level, uint64_t ppn,
			    bool global, bool dirty, bool group)
{
	const struct tw_entry_layout *l = &s->leaf[level];
	uint64_t pte = l->fixed | l->read | l->write | l->exec | l->accessed |
		       tw_entry_address(l, ppn) | (global ? l->global : 0) | (dirty ? l->dirty : 0);

	return group ? (pte & ~l->group_mask) | l->group : pte;
}
