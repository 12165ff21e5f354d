// SPDX-License-Identifier: Apache-2.0
// The page-walk cache: pointers to tables, with the rights combined on the way to them
// (docs/contract.md section 8). Invariants: no two valid entries have the same level, prefix and
// ASID; entries of one level compare the same address bits; every valid entry is in the chain of
// its prefix.
#include <string.h>

#include "mmu_internal.h"

void tw_pwc_init(struct pwc *p, unsigned int n)
{
	memset(p, 0, sizeof(*p));
	p->n = n;
	chain_clear(&p->by_prefix);
	tw_plru_paths(&p->path, n);
}

static inline unsigned int hash_of(const struct pwc *p, uint64_t va, unsigned int level)
{
	return chain_hash((va >> p->shift[level]) + ((uint64_t)level << 52));
}

// The entry of this level for this address, or -1.
static inline int find_at(const struct pwc *p, uint64_t va, uint16_t asid, unsigned int level)
{
	unsigned int i = p->by_prefix.head[hash_of(p, va, level)];

	for (; i != CHAIN_END; i = p->by_prefix.next[i]) {
		const struct pwc_entry *e = &p->e[i];

		if (!((e->va ^ va) & e->mask) && e->asid == asid && e->ws.level == level)
			return (int)i;
	}
	return -1;
}

static void drop(struct pwc *p, unsigned int i)
{
	const struct pwc_entry *e = &p->e[i];

	p->valid &= ~(UINT64_C(1) << i);
	if (!--p->of_level[e->ws.level])
		p->levels &= ~(1u << e->ws.level);
	chain_remove(&p->by_prefix, hash_of(p, e->va, e->ws.level), i);
}

int tw_pwc_find(const struct pwc *p, uint64_t va, uint16_t asid)
{
	int found = -1;

	for (uint32_t levels = p->levels; levels && found < 0; levels &= levels - 1)
		found = find_at(p, va, asid, (unsigned int)__builtin_ctz(levels));
	return found;
}

void tw_pwc_kill(struct pwc *p, uint64_t va, uint16_t asid)
{
	for (uint32_t levels = p->levels; levels; levels &= levels - 1) {
		int i = find_at(p, va, asid, (unsigned int)__builtin_ctz(levels));

		if (i >= 0)
			drop(p, (unsigned int)i);
	}
}

void tw_pwc_empty(struct pwc *p)
{
	while (p->valid)
		drop(p, (unsigned int)__builtin_ctzll(p->valid));
}

void tw_pwc_fill(struct pwc *p, uint64_t va, uint16_t asid, uint64_t ppn,
		 const struct tw_walk_state *ws, unsigned int shift, uint64_t plru_start,
		 uint64_t at)
{
	uint64_t all = p->n == 64 ? UINT64_MAX : (UINT64_C(1) << p->n) - 1;
	bool first = !(p->levels >> ws->level & 1);
	int i = first ? -1 : find_at(p, va, asid, ws->level);
	unsigned int way = (unsigned int)i;
	struct pwc_entry *e;

	if (i < 0)
		way = p->valid != all ? (unsigned int)__builtin_ctzll(~p->valid)
				      : tw_plru_victim(plru_start, p->n);
	if (p->valid >> way & 1)
		drop(p, way);
	p->shift[ws->level] = (uint8_t)shift;
	e = &p->e[way];
	e->mask = ~UINT64_C(0) << shift;
	e->va = va & e->mask;
	e->ppn = ppn;
	e->ws = *ws;
	e->asid = asid;
	p->valid |= UINT64_C(1) << way;
	p->of_level[ws->level]++;
	p->levels |= 1u << ws->level;
	chain_add(&p->by_prefix, hash_of(p, va, ws->level), way);
	p->plru = tw_plru_touch(p->plru, &p->path, way);
	p->written.at = at;
	p->written.index = way;
}

void tw_pwc_entry_pack(const struct pwc_entry *e, uint64_t word[2])
{
	word[0] = (uint64_t)e->ws.w | (uint64_t)e->ws.u << 1 | (uint64_t)e->ws.x << 2 |
		  (uint64_t)e->ws.g << 3 | (uint64_t)e->ws.level << 4 | e->ppn << 7 |
		  (uint64_t)e->asid << 51;
	word[1] = e->asid >> 13 | (e->va & VPN_BITS) >> 9;
}
