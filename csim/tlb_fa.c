// SPDX-License-Identifier: Apache-2.0
// The fully associative TLB; see tlb_fa.h. Invariants: no two valid entries overlap; every valid
// entry, and no other, is in the chain of its page.
#include "tlb_fa.h"

#include <string.h>

void tw_tlb_fa_reset(struct tlb_fa *t, unsigned int n)
{
	memset(t, 0, sizeof(*t));
	t->n = n;
	t->absent.va = 1;
	chain_clear(&t->by_page);
	plru_paths(&t->path, n);
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
	t->of_size[e->resp.size]++;
	t->sizes |= 1u << e->resp.size;
	t->absent.va = 1;
	chain_add(&t->by_page, hash_of(e->va, e->resp.size), i);
}

static void drop(struct tlb_fa *t, uint64_t mask)
{
	for (mask &= t->valid; mask; mask &= mask - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(mask);
		struct tlb_entry *e = &t->e[i];

		e->granted = 0;
		t->valid &= ~(UINT64_C(1) << i);
		if (!--t->of_size[e->resp.size])
			t->sizes &= ~(1u << e->resp.size);
		chain_remove(&t->by_page, hash_of(e->va, e->resp.size), i);
	}
}

int tw_tlb_fa_search(struct tlb_fa *t, uint64_t va, uint16_t asid)
{
	for (uint32_t sizes = t->sizes; sizes; sizes &= sizes - 1) {
		unsigned int size = (unsigned int)__builtin_ctz(sizes);
		unsigned int i = t->by_page.head[hash_of(va, size)];

		for (; i != CHAIN_END; i = t->by_page.next[i])
			if (tlb_match(&t->e[i], va, asid))
				return (int)i;
	}
	t->absent = (struct tlb_absent){va & ~UINT64_C(4095), asid};
	return -1;
}

static uint64_t overlapping(const struct tlb_fa *t, const struct tlb_entry *page)
{
	uint64_t mask = 0;

	if (tlb_is_absent(&t->absent, page))
		return 0;
	if (t->sizes &
	    ((1u << page->resp.size) - 1)) { // pages inside this one: at any address of it
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

unsigned int tw_tlb_fa_insert(struct tlb_fa *t, const struct tlb_entry *new, uint64_t plru_start,
			      uint64_t at)
{
	uint64_t killed = overlapping(t, new);
	unsigned int i = plru_place(killed, t->valid, plru_start, t->n);

	drop(t, killed | UINT64_C(1) << i);
	t->e[i] = *new;
	t->e[i].granted = 0;
	add(t, i);
	tlb_fa_touch(t, i);
	t->write_at = at;
	t->write_index = i;
	return i;
}

void tw_tlb_fa_kill(struct tlb_fa *t, const struct tlb_entry *page)
{
	drop(t, overlapping(t, page));
}

// Those that the address of the scope may concern, and a few others.
static uint64_t chained(const struct tlb_fa *t, uint64_t va)
{
	uint64_t mask = 0;

	for (uint32_t sizes = t->sizes; sizes; sizes &= sizes - 1) {
		unsigned int size = (unsigned int)__builtin_ctz(sizes);
		unsigned int i = t->by_page.head[hash_of(va, size)];

		for (; i != CHAIN_END; i = t->by_page.next[i])
			mask |= UINT64_C(1) << i;
	}
	return mask;
}

void tw_tlb_fa_invalidate(struct tlb_fa *t, const struct tlb_scope *s)
{
	uint64_t concerned = s->by_addr ? chained(t, s->va) : t->valid;

	for (uint64_t v = concerned; v; v &= v - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(v);

		if (tlb_in_scope(&t->e[i], s))
			drop(t, UINT64_C(1) << i);
	}
}

void tw_tlb_fa_clear(struct tlb_fa *t)
{
	drop(t, t->valid);
}

void tw_tlb_fa_pins(const struct tlb_fa *t, uint64_t cycle, uint64_t vpn, struct tw_dbg_array *pins)
{
	*pins = (struct tw_dbg_array){.valid = t->valid, .plru = t->plru};
	if (strobe(t->write_at, cycle)) {
		pins->write = true;
		pins->index = (uint8_t)t->write_index;
		tlb_entry_pack(&t->e[t->write_index], vpn, pins->entry);
	}
}

static bool in_chain(const struct tlb_fa *t, unsigned int i)
{
	const struct tlb_entry *e = &t->e[i];
	unsigned int k = t->by_page.head[hash_of(e->va, e->resp.size)];

	while (k != CHAIN_END && k != i)
		k = t->by_page.next[k];
	return k == i && t->sizes >> e->resp.size & 1;
}

const char *tw_tlb_fa_check(const struct tlb_fa *t)
{
	for (unsigned int i = 0; i < t->n; i++) {
		if (!(t->valid >> i & 1)) {
			if (t->e[i].granted)
				return "an invalid entry of a fully associative TLB grants access";
			continue;
		}
		if (!in_chain(t, i))
			return "an entry of a fully associative TLB is not found by its page";
		for (unsigned int j = 0; j < i; j++)
			if (t->valid >> j & 1 && tlb_overlap(&t->e[i], &t->e[j]))
				return "two entries of a fully associative TLB overlap";
	}
	return NULL;
}
