// SPDX-License-Identifier: Apache-2.0
// The page-walk cache: pointers to tables, with the rights combined on the way to them
// (docs/contract.md section 8). Invariant: no two valid entries have the same level, prefix and
// ASID.
#include <string.h>

#include "mmu_internal.h"

void tw_pwc_init(struct pwc *p, unsigned int n)
{
	memset(p, 0, sizeof(*p));
	p->n = n;
}

int tw_pwc_find(const struct pwc *p, uint64_t vpn, uint16_t asid)
{
	int found = -1;

	for (uint64_t v = p->valid; v; v &= v - 1) {
		int i = __builtin_ctzll(v);
		const struct pwc_entry *e = &p->e[i];

		if (!((e->vpn ^ vpn) & e->mask) && e->asid == asid &&
		    (found < 0 || e->ws.level < p->e[found].ws.level))
			found = i;
	}
	return found;
}

void tw_pwc_kill(struct pwc *p, uint64_t vpn, uint16_t asid)
{
	for (uint64_t v = p->valid; v; v &= v - 1) {
		int i = __builtin_ctzll(v);

		if (!((p->e[i].vpn ^ vpn) & p->e[i].mask) && p->e[i].asid == asid)
			p->valid &= ~(UINT64_C(1) << i);
	}
}

void tw_pwc_fill(struct pwc *p, uint64_t vpn, uint16_t asid, uint64_t ppn,
		 const struct tw_walk_state *ws, unsigned int index_bits, uint64_t plru_start)
{
	uint64_t all = p->n == 64 ? UINT64_MAX : (UINT64_C(1) << p->n) - 1;
	struct pwc_entry new = {.ppn = ppn, .ws = *ws, .asid = asid};
	int at = -1;

	new.mask = ~((UINT64_C(1) << index_bits * (ws->level + 1u)) - 1);
	new.vpn = vpn &new.mask;
	for (uint64_t v = p->valid; v && at < 0; v &= v - 1) {
		int i = __builtin_ctzll(v);
		const struct pwc_entry *e = &p->e[i];

		if (e->ws.level == ws->level && e->asid == asid && e->vpn == new.vpn)
			at = i;
	}
	if (at < 0)
		at = p->valid != all ? __builtin_ctzll(~p->valid)
				     : (int)tw_plru_victim(plru_start, p->n);
	p->e[at] = new;
	p->valid |= UINT64_C(1) << at;
	p->plru = tw_plru_touch(p->plru, p->n, (unsigned int)at);
	p->dbg.write = true;
	p->dbg.index = (uint8_t)at;
	tw_pwc_entry_pack(&new, p->dbg.entry);
}

void tw_pwc_entry_pack(const struct pwc_entry *e, uint64_t word[2])
{
	word[0] = (uint64_t)e->ws.w | (uint64_t)e->ws.u << 1 | (uint64_t)e->ws.x << 2 |
		  (uint64_t)e->ws.g << 3 | (uint64_t)e->ws.level << 4 | e->ppn << 7 |
		  (uint64_t)e->asid << 51;
	word[1] = e->asid >> 13 | e->vpn << 3;
}
