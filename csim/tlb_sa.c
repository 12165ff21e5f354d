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
	t->valid = calloc(sets, 1);
	t->plru = calloc(sets, 1);
	return t->e && t->valid && t->plru ? 0 : -ENOMEM;
}

void tw_tlb_sa_free(struct tlb_sa *t)
{
	free(t->e);
	free(t->valid);
	free(t->plru);
}

// The way that matches, or -1.
int tw_tlb_sa_find(const struct tlb_sa *t, uint64_t vpn, uint16_t asid)
{
	unsigned int set = tlb_sa_set(t, vpn);
	const struct tlb_entry *e = &t->e[set * t->ways];

	for (unsigned int w = 0; w < t->ways; w++)
		if (t->valid[set] >> w & 1 && tlb_match(&e[w], vpn, asid))
			return (int)w;
	return -1;
}

void tw_tlb_sa_touch(struct tlb_sa *t, unsigned int set, unsigned int way)
{
	t->plru[set] = (uint8_t)tw_plru_touch(t->plru[set], t->ways, way);
}

static unsigned int overlapping(const struct tlb_sa *t, unsigned int set,
				const struct tlb_entry *page)
{
	const struct tlb_entry *e = &t->e[set * t->ways];
	unsigned int mask = 0;

	for (unsigned int w = 0; w < t->ways; w++)
		if (t->valid[set] >> w & 1 && tlb_overlap(&e[w], page))
			mask |= 1u << w;
	return mask;
}

unsigned int tw_tlb_sa_insert(struct tlb_sa *t, const struct tlb_entry *new, unsigned int *way)
{
	unsigned int set = tlb_sa_set(t, new->vpn);
	unsigned int killed = overlapping(t, set, new);
	unsigned int room = killed ? killed : ~t->valid[set] & ((1u << t->ways) - 1);

	*way = room ? (unsigned int)__builtin_ctz(room) : tw_plru_victim(t->plru[set], t->ways);
	t->valid[set] = (uint8_t)((t->valid[set] & ~killed) | 1u << *way);
	t->e[set * t->ways + *way] = *new;
	tw_tlb_sa_touch(t, set, *way);
	return killed;
}

unsigned int tw_tlb_sa_kill(struct tlb_sa *t, const struct tlb_entry *page)
{
	unsigned int set = tlb_sa_set(t, page->vpn);
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
