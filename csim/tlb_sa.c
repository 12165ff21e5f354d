// SPDX-License-Identifier: Apache-2.0
// The set-associative TLB; see tlb_sa.h. Invariants: no two valid entries of a set overlap; page[]
// is what the entries hold.
#include "tlb_sa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tw_tlb_sa_init(struct tlb_sa *t, unsigned int sets, unsigned int ways)
{
	memset(t, 0, sizeof(*t));
	t->sets = sets;
	t->ways = ways;
	if (!sets)
		return 0;
	t->e = calloc((size_t)sets * ways, sizeof(*t->e));
	t->page = calloc((size_t)sets * ways, sizeof(*t->page));
	t->valid = calloc(sets, 1);
	t->plru = calloc(sets, 1);
	plru_paths(&t->path, ways);
	return t->e && t->page && t->valid && t->plru ? 0 : -ENOMEM;
}

void tw_tlb_sa_free(struct tlb_sa *t)
{
	free(t->e);
	free(t->page);
	free(t->valid);
	free(t->plru);
}

void tw_tlb_sa_reset(struct tlb_sa *t)
{
	if (t->sets) {
		memset(t->valid, 0, t->sets);
		memset(t->plru, 0, t->sets);
	}
	t->absent.va = 1;
	t->write_at = t->inv_at = t->clear_at = t->touch_at = 0;
}

// The valid ways that hold this page, of whatever ASID.
static inline unsigned int ways_of(const struct tlb_sa *t, unsigned int set, uint64_t va)
{
	const uint64_t *page = &t->page[set * t->ways];
	unsigned int mask = 0;

	for (unsigned int w = 0; w < t->ways; w++)
		mask |= (unsigned int)tlb_same_page(va, page[w]) << w;
	return mask & t->valid[set];
}

int tw_tlb_sa_find(struct tlb_sa *t, uint64_t va, uint16_t asid)
{
	unsigned int set = tlb_sa_set(t, va);

	for (unsigned int v = ways_of(t, set, va); v; v &= v - 1) {
		unsigned int w = (unsigned int)__builtin_ctz(v);

		if (tlb_match(&t->e[set * t->ways + w], va, asid))
			return (int)w;
	}
	t->absent = (struct tlb_absent){va & ~UINT64_C(4095), asid};
	return -1;
}

void tw_tlb_sa_touch(struct tlb_sa *t, unsigned int set, unsigned int way, uint64_t at)
{
	t->plru[set] = (uint8_t)plru_touch(t->plru[set], &t->path, way);
	t->touch_at = at;
	t->touch_set = set;
}

static unsigned int overlapping(const struct tlb_sa *t, unsigned int set,
				const struct tlb_entry *page)
{
	unsigned int mask = 0;

	if (tlb_is_absent(&t->absent, page))
		return 0;
	for (unsigned int v = ways_of(t, set, page->va); v; v &= v - 1) {
		unsigned int w = (unsigned int)__builtin_ctz(v);

		mask |= (unsigned int)tlb_overlap(&t->e[set * t->ways + w], page) << w;
	}
	return mask;
}

static void drop(struct tlb_sa *t, unsigned int set, unsigned int mask, uint64_t at)
{
	if (!mask)
		return;
	t->valid[set] = (uint8_t)(t->valid[set] & ~mask);
	t->inv_at = at;
	t->inv_set = set;
	t->inv_mask = mask;
}

void tw_tlb_sa_insert(struct tlb_sa *t, const struct tlb_entry *new, uint64_t at)
{
	unsigned int set = tlb_sa_set(t, new->va);
	unsigned int killed = overlapping(t, set, new);
	unsigned int way = plru_place(killed, t->valid[set], t->plru[set], t->ways);

	drop(t, set, killed, at);
	t->valid[set] = (uint8_t)(t->valid[set] | 1u << way);
	t->e[set * t->ways + way] = *new;
	t->page[set * t->ways + way] = new->va;
	t->absent.va = 1;
	tw_tlb_sa_touch(t, set, way, at);
	t->write_at = at;
	t->write_set = set;
	t->write_way = way;
}

void tw_tlb_sa_kill(struct tlb_sa *t, const struct tlb_entry *page, uint64_t at)
{
	unsigned int set = tlb_sa_set(t, page->va);

	drop(t, set, overlapping(t, set, page), at);
}

void tw_tlb_sa_invalidate(struct tlb_sa *t, unsigned int set, const struct tlb_scope *s,
			  uint64_t at)
{
	unsigned int mask = 0;

	for (unsigned int v = t->valid[set]; v; v &= v - 1) {
		unsigned int w = (unsigned int)__builtin_ctz(v);

		mask |= (unsigned int)tlb_in_scope(&t->e[set * t->ways + w], s) << w;
	}
	drop(t, set, mask, at);
}

void tw_tlb_sa_clear(struct tlb_sa *t, bool global, uint64_t at)
{
	t->clear_at = at;
	if (global) {
		memset(t->valid, 0, t->sets);
		return;
	}
	for (unsigned int i = 0; i < t->sets * t->ways; i++)
		if (!t->e[i].rights.g)
			t->valid[i / t->ways] &= (uint8_t) ~(1u << i % t->ways);
}

void tw_tlb_sa_pins(const struct tlb_sa *t, uint64_t cycle, uint64_t vpn, struct tw_mmu_out *pins)
{
	memset(&pins->dbg_l2, 0, sizeof(pins->dbg_l2));
	if (strobe(t->write_at, cycle)) {
		pins->dbg_l2.write = true;
		pins->dbg_l2.set = (uint16_t)t->write_set;
		pins->dbg_l2.way = (uint8_t)t->write_way;
		tlb_entry_pack(&t->e[t->write_set * t->ways + t->write_way], vpn,
			       pins->dbg_l2.entry);
	}
	if (strobe(t->inv_at, cycle)) {
		pins->dbg_l2.inv = true;
		pins->dbg_l2.inv_set = (uint16_t)t->inv_set;
		pins->dbg_l2.inv_mask = (uint8_t)t->inv_mask;
	}
	pins->dbg_l2.clear = strobe(t->clear_at, cycle);
	if (strobe(t->touch_at, cycle)) {
		pins->dbg_l2.touch = true;
		pins->dbg_l2.touch_set = (uint16_t)t->touch_set;
		pins->dbg_l2.plru = t->plru[t->touch_set];
	}
}

const char *tw_tlb_sa_check(const struct tlb_sa *t)
{
	for (unsigned int set = 0; set < t->sets; set++) {
		const struct tlb_entry *e = &t->e[set * t->ways];

		for (unsigned int v = t->valid[set]; v; v &= v - 1) {
			unsigned int w = (unsigned int)__builtin_ctz(v);

			if (tlb_sa_set(t, e[w].va) != set)
				return "an entry of the L2 is in the wrong set";
			if (t->page[set * t->ways + w] != e[w].va)
				return "an entry of the L2 is not found by its page";
			for (unsigned int o = v & (v - 1); o; o &= o - 1)
				if (tlb_overlap(&e[w], &e[__builtin_ctz(o)]))
					return "two entries of an L2 set overlap";
		}
	}
	return NULL;
}
