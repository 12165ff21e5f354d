// SPDX-License-Identifier: Apache-2.0
// The page-walk cache; see pwc.h. Invariants: no two valid entries have the same level, prefix and
// ASID; entries of one level compare the same address bits; every valid entry, and no other, is in
// the chain of its prefix.
#include "pwc.h"

#include <string.h>

void tw_pwc_reset(struct pwc *p, unsigned int n)
{
	memset(p, 0, sizeof(*p));
	p->n = n;
	p->absent.va = 1;
	chain_clear(&p->by_prefix);
	plru_paths(&p->path, n);
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

int tw_pwc_find(struct pwc *p, uint64_t va, uint16_t asid)
{
	int found = -1;

	for (uint32_t levels = p->levels; levels && found < 0; levels &= levels - 1)
		found = find_at(p, va, asid, (unsigned int)__builtin_ctz(levels));
	p->absent = (struct tlb_absent){va, asid};
	p->absent_level = found < 0 ? PWC_LEVELS : p->e[found].ws.level;
	return found;
}

void tw_pwc_fill(struct pwc *p, const struct pwc_fill *f, uint64_t plru_start, uint64_t at)
{
	unsigned int level = f->ws.level, i;
	struct pwc_entry *e;
	int same = -1;

	p->shift[level] = (uint8_t)f->shift;
	if (p->absent.va == f->va && p->absent.asid == f->asid && level < p->absent_level) {
		p->absent_level = level;
	} else {
		same = find_at(p, f->va, f->asid, level);
		p->absent.va = 1;
	}
	i = plru_place(same >= 0 ? UINT64_C(1) << same : 0, p->valid, plru_start, p->n);
	if (p->valid >> i & 1)
		drop(p, i);
	e = &p->e[i];
	e->mask = ~UINT64_C(0) << f->shift;
	e->va = f->va & e->mask;
	e->ppn = f->ppn;
	e->ws = f->ws;
	e->asid = f->asid;
	p->valid |= UINT64_C(1) << i;
	p->of_level[level]++;
	p->levels |= 1u << level;
	chain_add(&p->by_prefix, hash_of(p, e->va, level), i);
	pwc_touch(p, i);
	p->write_at = at;
	p->write_index = i;
}

void tw_pwc_kill(struct pwc *p, uint64_t va, uint16_t asid)
{
	for (uint32_t levels = p->levels; levels; levels &= levels - 1) {
		int i = find_at(p, va, asid, (unsigned int)__builtin_ctz(levels));

		if (i >= 0)
			drop(p, (unsigned int)i);
	}
}

void tw_pwc_clear(struct pwc *p)
{
	if (!p->valid)
		return;
	p->valid = 0;
	p->levels = 0;
	memset(p->of_level, 0, sizeof(p->of_level));
	chain_clear(&p->by_prefix);
}

void tw_pwc_entry_pack(const struct pwc_entry *e, uint64_t vpn, uint64_t word[2])
{
	word[0] = (uint64_t)e->ws.w | (uint64_t)e->ws.u << 1 | (uint64_t)e->ws.x << 2 |
		  (uint64_t)e->ws.g << 3 | (uint64_t)e->ws.level << 4 | e->ppn << 7 |
		  (uint64_t)e->asid << 51;
	word[1] = e->asid >> 13 | (e->va & vpn) >> 9;
}

void tw_pwc_pins(const struct pwc *p, uint64_t cycle, uint64_t vpn, struct tw_dbg_array *pins)
{
	*pins = (struct tw_dbg_array){.valid = p->valid, .plru = p->plru};
	if (strobe(p->write_at, cycle)) {
		pins->write = true;
		pins->index = (uint8_t)p->write_index;
		tw_pwc_entry_pack(&p->e[p->write_index], vpn, pins->entry);
	}
}

const char *tw_pwc_check(const struct pwc *p)
{
	for (unsigned int i = 0; i < p->n; i++) {
		const struct pwc_entry *e = &p->e[i];

		if (p->valid >> i & 1 && find_at(p, e->va, e->asid, e->ws.level) != (int)i)
			return "a walk cache entry is there twice, or not found by its prefix";
	}
	return NULL;
}
