// SPDX-License-Identifier: Apache-2.0
// The fully associative TLB with mixed page sizes: L1 fetch, L1 data and the superpage part of the
// L2 (docs/contract.md section 6). Invariant: no two valid entries overlap; every valid entry is in
// the chain of its page.
#include <string.h>

#include "mmu_internal.h"

void tw_tlb_entry_make(struct tlb_entry *e, uint64_t va, uint16_t asid, uint64_t ppn, uint8_t size,
		       const struct tw_rights *rights)
{
	e->mask = ~UINT64_C(0) << (12 + tw_size_log2_pages(size));
	e->va = va & e->mask;
	e->ppn = ppn;
	e->granted = 0;
	e->rights = *rights;
	e->asid = asid;
	e->size = size;
}

void tw_tlb_entry_pack(const struct tlb_entry *e, uint64_t word[2])
{
	const struct tw_rights *r = &e->rights;

	word[0] = (uint64_t)r->pkey | (uint64_t)r->attr << 4 | (uint64_t)r->d << 7 |
		  (uint64_t)r->u << 8 | (uint64_t)r->x << 9 | (uint64_t)r->w << 10 |
		  (uint64_t)r->r << 11 | (uint64_t)r->g << 12 | (uint64_t)e->size << 13 |
		  e->ppn << 16 | (uint64_t)e->asid << 60;
	word[1] = e->asid >> 4 | (e->va & VPN_BITS);
}

void tw_tlb_fa_init(struct tlb_fa *t, unsigned int n)
{
	memset(t, 0, sizeof(*t));
	t->n = n;
	chain_clear(&t->by_page);
	tw_plru_paths(&t->path, n);
}

// The chain of the page of this size at this address.
static inline unsigned int hash_of(uint64_t va, unsigned int size)
{
	return chain_hash((va >> 12 >> tw_size_log2_pages((uint8_t)size)) + ((uint64_t)size << 52));
}

static void add(struct tlb_fa *t, unsigned int i)
{
	const struct tlb_entry *e = &t->e[i];

	t->valid |= UINT64_C(1) << i;
	t->of_size[e->size]++;
	t->sizes |= 1u << e->size;
	chain_add(&t->by_page, hash_of(e->va, e->size), i);
}

static void drop(struct tlb_fa *t, uint64_t mask)
{
	for (mask &= t->valid; mask; mask &= mask - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(mask);
		struct tlb_entry *e = &t->e[i];

		e->granted = 0;
		t->valid &= ~(UINT64_C(1) << i);
		if (!--t->of_size[e->size])
			t->sizes &= ~(1u << e->size);
		chain_remove(&t->by_page, hash_of(e->va, e->size), i);
	}
}

int tw_tlb_fa_search(struct tlb_fa *t, uint64_t va, uint16_t asid)
{
	for (uint32_t sizes = t->sizes; sizes; sizes &= sizes - 1) {
		unsigned int size = (unsigned int)__builtin_ctz(sizes);
		unsigned int i = t->by_page.head[hash_of(va, size)];

		for (; i != CHAIN_END; i = t->by_page.next[i]) {
			if (tlb_match(&t->e[i], va, asid)) {
				t->hint[tlb_hint(va)] = (uint8_t)i;
				return (int)i;
			}
		}
	}
	return -1;
}

static uint64_t overlapping(const struct tlb_fa *t, const struct tlb_entry *page)
{
	uint64_t mask = 0;

	if (t->sizes & ((1u << page->size) - 1)) { // pages inside this one: any address in it
		for (uint64_t v = t->valid; v; v &= v - 1) {
			unsigned int i = (unsigned int)__builtin_ctzll(v);

			mask |= (uint64_t)tlb_overlap(&t->e[i], page) << i;
		}
		return mask;
	}
	for (uint32_t sizes = t->sizes; sizes; sizes &= sizes - 1) {
		unsigned int size = (unsigned int)__builtin_ctz(sizes);
		unsigned int i = t->by_page.head[hash_of(page->va, size)];

		for (; i != CHAIN_END; i = t->by_page.next[i])
			mask |= (uint64_t)tlb_overlap(&t->e[i], page) << i;
	}
	return mask;
}

void tw_tlb_fa_insert(struct tlb_fa *t, const struct tlb_entry *new, uint64_t plru_start,
		      uint64_t at)
{
	uint64_t all = t->n == 64 ? UINT64_MAX : (UINT64_C(1) << t->n) - 1;
	uint64_t killed = overlapping(t, new);
	uint64_t room = killed ? killed : all & ~t->valid;
	unsigned int i =
		room ? (unsigned int)__builtin_ctzll(room) : tw_plru_victim(plru_start, t->n);

	drop(t, killed | UINT64_C(1) << i);
	t->e[i] = *new;
	t->e[i].granted = 0;
	add(t, i);
	tlb_fa_touch(t, i);
	t->hint[tlb_hint(new->va)] = (uint8_t)i;
	t->written.at = at;
	t->written.index = i;
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
