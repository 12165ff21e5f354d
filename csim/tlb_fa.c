// SPDX-License-Identifier: Apache-2.0
// The fully associative TLB with mixed page sizes: L1 fetch, L1 data and the superpage part of the
// L2 (docs/contract.md section 6). Invariant: no two valid entries overlap.
#include <string.h>

#include "mmu_internal.h"

void tw_tlb_entry_make(struct tlb_entry *e, uint64_t vpn, uint16_t asid, uint64_t ppn, uint8_t size,
		       const struct tw_rights *rights)
{
	e->mask = ~((UINT64_C(1) << tw_size_log2_pages(size)) - 1);
	e->vpn = vpn & e->mask;
	e->ppn = ppn;
	e->rights = *rights;
	e->asid = asid;
	e->size = size;
	e->known = 0;
}

void tw_tlb_entry_pack(const struct tlb_entry *e, uint64_t word[2])
{
	const struct tw_rights *r = &e->rights;

	word[0] = (uint64_t)r->pkey | (uint64_t)r->attr << 4 | (uint64_t)r->d << 7 |
		  (uint64_t)r->u << 8 | (uint64_t)r->x << 9 | (uint64_t)r->w << 10 |
		  (uint64_t)r->r << 11 | (uint64_t)r->g << 12 | (uint64_t)e->size << 13 |
		  e->ppn << 16 | (uint64_t)e->asid << 60;
	word[1] = e->asid >> 4 | e->vpn << 12;
}

void tw_tlb_fa_init(struct tlb_fa *t, unsigned int n)
{
	memset(t, 0, sizeof(*t));
	t->n = n;
	for (unsigned int i = 0; i < n; i++)
		tw_plru_path(n, i, &t->path_mask[i], &t->path_value[i]);
}

static unsigned int hash_of(uint64_t vpn, unsigned int size)
{
	vpn >>= tw_size_log2_pages((uint8_t)size);
	return (unsigned int)(vpn ^ vpn >> 8 ^ size << 5) % TLB_HINTS;
}

// Whether any entry, of whatever ASID, can cover the page.
static bool may_cover(const struct tlb_fa *t, uint64_t vpn)
{
	for (unsigned int size = 0; size < TLB_SIZES; size++)
		if (t->of_size[size] && t->of_hash[hash_of(vpn, size)])
			return true;
	return false;
}

static void add(struct tlb_fa *t, unsigned int i)
{
	t->valid |= UINT64_C(1) << i;
	t->of_size[t->e[i].size]++;
	t->of_hash[hash_of(t->e[i].vpn, t->e[i].size)]++;
}

static void drop(struct tlb_fa *t, uint64_t mask)
{
	for (mask &= t->valid; mask; mask &= mask - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(mask);

		t->valid &= ~(UINT64_C(1) << i);
		t->of_size[t->e[i].size]--;
		t->of_hash[hash_of(t->e[i].vpn, t->e[i].size)]--;
	}
}

int tw_tlb_fa_search(struct tlb_fa *t, uint64_t vpn, uint16_t asid)
{
	if (!may_cover(t, vpn))
		return -1;
	for (uint64_t v = t->valid; v; v &= v - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(v);

		if (tlb_match(&t->e[i], vpn, asid)) {
			t->hint[vpn % TLB_HINTS] = (uint8_t)i;
			return (int)i;
		}
	}
	return -1;
}

static uint64_t overlapping(const struct tlb_fa *t, const struct tlb_entry *page)
{
	uint64_t mask = 0;

	if (page->size == TW_SIZE_4K && !may_cover(t, page->vpn))
		return 0;
	for (uint64_t v = t->valid; v; v &= v - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(v);

		mask |= (uint64_t)tlb_overlap(&t->e[i], page) << i;
	}
	return mask;
}

void tw_tlb_fa_insert(struct tlb_fa *t, const struct tlb_entry *new, uint64_t plru_start)
{
	uint64_t all = t->n == 64 ? UINT64_MAX : (UINT64_C(1) << t->n) - 1;
	uint64_t killed = overlapping(t, new);
	uint64_t room = killed ? killed : all & ~t->valid;
	unsigned int i =
		room ? (unsigned int)__builtin_ctzll(room) : tw_plru_victim(plru_start, t->n);

	drop(t, killed | UINT64_C(1) << i);
	t->e[i] = *new;
	add(t, i);
	tlb_fa_touch(t, i);
	t->hint[new->vpn % TLB_HINTS] = (uint8_t)i;
	t->dbg.write = true;
	t->dbg.index = (uint8_t)i;
	tw_tlb_entry_pack(new, t->dbg.entry);
}

void tw_tlb_fa_kill(struct tlb_fa *t, const struct tlb_entry *page)
{
	drop(t, overlapping(t, page));
}

void tw_tlb_fa_invalidate(struct tlb_fa *t, const struct tlb_scope *s)
{
	for (uint64_t v = t->valid; v; v &= v - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(v);

		if (tlb_in_scope(&t->e[i], s))
			drop(t, UINT64_C(1) << i);
	}
}

void tw_tlb_fa_empty(struct tlb_fa *t)
{
	drop(t, t->valid);
}
