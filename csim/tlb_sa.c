// SPDX-License-Identifier: Apache-2.0
// The set-associative TLB: the L2's part for 4 KB pages (docs/contract.md section 6). Invariant: no
// two valid entries of a set overlap.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mmu_internal.h"

int tw_tlb_sa_init(struct tlb_sa *t, unsigned int sets, unsigned int ways)
{
	t->sets = sets;
	t->ways = ways;
	t->e = calloc((size_t)sets * ways, sizeof(*t->e));
	t->page = calloc((size_t)sets * ways, sizeof(*t->page));
	t->valid = calloc(sets, 1);
	t->plru = calloc(sets, 1);
	tw_plru_paths(&t->path, ways);
	return t->e && t->page && t->valid && t->plru ? 0 : -ENOMEM;
}

void tw_tlb_sa_reset(struct tlb_sa *t)
{
	memset(t->valid, 0, t->sets);
	memset(t->plru, 0, t->sets);
}

void tw_tlb_sa_free(struct tlb_sa *t)
{
	free(t->e);
	free(t->page);
	free(t->valid);
	free(t->plru);
}

// The valid ways that hold this page, of whatever ASID.
static inline unsigned int ways_of(const struct tlb_sa *t, unsigned int set, uint64_t va)
{
	const uint64_t *page = &t->page[set * t->ways];
	unsigned int mask = 0;

	for (unsigned int w = 0; w < t->ways; w++)
		mask |= (unsigned int)((va ^ page[w]) < 4096) << w;
	return mask & t->valid[set];
}

// The way that matches, or -1.
int tw_tlb_sa_find(const struct tlb_sa *t, uint64_t va, uint16_t asid)
{
	unsigned int set = tlb_sa_set(t, va);

	for (unsigned int v = ways_of(t, set, va); v; v &= v - 1) {
		int w = __builtin_ctz(v);

		if (tlb_match(&t->e[set * t->ways + (unsigned int)w], va, asid))
			return w;
	}
	return -1;
}

void tw_tlb_sa_touch(struct tlb_sa *t, unsigned int set, unsigned int way)
{
	t->plru[set] = (uint8_t)tw_plru_touch(t->plru[set], &t->path, way);
}

static unsigned int overlapping(const struct tlb_sa *t, unsigned int set,
				const struct tlb_entry *page)
{
	unsigned int mask = 0;

	for (unsigned int v = ways_of(t, set, page->va); v; v &= v - 1) {
		unsigned int w = (unsigned int)__builtin_ctz(v);

		mask |= (unsigned int)tlb_overlap(&t->e[set * t->ways + w], page) << w;
	}
	return mask;
}

unsigned int tw_tlb_sa_insert(struct tlb_sa *t, const struct tlb_entry *new, unsigned int *way)
{
	unsigned int set = tlb_sa_set(t, new->va);
	unsigned int killed = overlapping(t, set, new);
	unsigned int room = killed ? killed : ~t->valid[set] & ((1u << t->ways) - 1);

	*way = room ? (unsigned int)__builtin_ctz(room) : tw_plru_victim(t->plru[set], t->ways);
	t->valid[set] = (uint8_t)((t->valid[set] & ~killed) | 1u << *way);
	t->e[set * t->ways + *way] = *new;
	t->page[set * t->ways + *way] = new->va;
	tw_tlb_sa_touch(t, set, *way);
	return killed;
}

unsigned int tw_tlb_sa_kill(struct tlb_sa *t, const struct tlb_entry *page)
{
	unsigned int set = tlb_sa_set(t, page->va);
	unsigned int killed = overlapping(t, set, page);

	t->valid[set] = (uint8_t)(t->valid[set] & ~killed);
	return killed;
}

unsigned int tw_tlb_sa_invalidate(struct tlb_sa *t, unsigned int set, const struct tlb_scope *s)
{
	const struct tlb_entry *e = &t->e[set * t->ways];
	unsigned int mask = 0;

	for (unsigned int w = 0; w < t->ways; w++)
		if (t->valid[set] >> w & 1 && tlb_in_scope(&e[w], s))
			mask |= 1u << w;
	t->valid[set] = (uint8_t)(t->valid[set] & ~mask);
	return mask;
}

void tw_tlb_sa_clear(struct tlb_sa *t, bool global)
{
	if (global) {
		memset(t->valid, 0, t->sets);
		return;
	}
	for (unsigned int i = 0; i < t->sets * t->ways; i++)
		if (!t->e[i].rights.g)
			t->valid[i / t->ways] &= (uint8_t) ~(1u << i % t->ways);
}
