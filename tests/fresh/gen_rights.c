// SPDX-License-Identifier: Apache-2.0
// `rights`: a few pages under a warm TLB, and all that is checked at each hit: privilege, SUM, MXR,
// AC, WP, SMEP, SMAP, protection keys, and D, whose lack makes the next store walk. None of it
// needs a fence. Sources: RISC-V mstatus; Intel SDM volume 3, 4.6 and 4.10.4.
#include "gen.h"

// x86: pointers on VA's path that lack A. An access that faults leaves them so; the next good one
// sets them, whatever a walk cache has learnt meanwhile.
static void clear_a(struct fresh_case *c, uint64_t root, uint64_t va, unsigned int level)
{
	for (unsigned int at = level + 1; at < fresh_walked(c->shape); at++) {
		uint64_t table = fresh_path(c, root, va, at), index = fresh_index(c->shape, va, at);

		if (fresh_chance(c, 40))
			fresh_entry(c, table, index,
				    fresh_entry_at(c, table, index) & ~UINT64_C(0x20));
	}
}

void gen_rights(struct fresh_case *c)
{
	const uint32_t at_once = TW_F_WP | TW_F_SMEP | TW_F_SMAP | TW_F_PKE;
	const struct fresh_shape *sh = c->shape;
	uint64_t root = fresh_new_root(c), va[4];

	c->warm = true;
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int level = fresh_below(c, sh->levels);
		uint64_t table, low = fresh_random(c), bits;

		while (!(sh->large >> level & 1))
			level = fresh_below(c, sh->levels);
		va[i] = fresh_any_va(c);
		if (i && fresh_chance(c, 50))
			va[i] = fresh_with_index(sh, va[0], 0, fresh_random(c));
		// Where an earlier page already is, this one is the same.
		table = fresh_path(c, root, va[i], level);
		if (sh->x86)
			clear_a(c, root, va[i], level);
		bits = fresh_leaf_bits(c, low & 1) & ~(low >> 8 & (sh->x86 ? 0x66 : 0xca));
		if (!sh->x86 && !(bits & 2))
			bits &= ~UINT64_C(4);
		if (!sh->x86 && !(bits & 14))
			bits |= 8; // a leaf
		if (sh->x86 && sh->bytes == 8 && sh->format != TW_FMT_X86_PAE)
			bits |= low >> 32 << 59 & UINT64_C(0x7800000000000000);
		fresh_entry(c, table, fresh_index(sh, va[i], level),
			    fresh_leaf(c, level, fresh_page(c, level), bits));
	}
	fresh_flags(c, fresh_any_flags(c), (uint32_t)fresh_random(c), false);
	fresh_root(c, root, 1);
	for (unsigned int i = 0; i < 40; i++) {
		uint64_t r = fresh_random(c);

		if (sh->x86 && (r & 3) == 0)
			fresh_flags(c, c->flags ^ ((uint32_t)(r >> 32) & at_once),
				    (uint32_t)fresh_random(c), false);
		fresh_access(c, va[r >> 2 & 3], (enum tw_access)(r >> 4 & 3),
			     r >> 6 & 1 ? TW_PRIV_U : TW_PRIV_S, r >> 7 & 1, r >> 8 & 1);
	}
}
