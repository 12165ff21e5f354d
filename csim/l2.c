// SPDX-License-Identifier: Apache-2.0
// The L2 TLB; see l2.h. Invariant: the set-associative part holds 4 KB pages only, the other part
// none; a part without entries is never asked for a set or a victim.
#include "l2.h"

int tw_l2_init(struct l2 *l2, const struct tw_config *cfg)
{
	return tw_tlb_sa_init(&l2->sa, cfg->l2_sets, cfg->l2_ways);
}

void tw_l2_free(struct l2 *l2)
{
	tw_tlb_sa_free(&l2->sa);
}

void tw_l2_reset(struct l2 *l2, const struct tw_config *cfg)
{
	tw_tlb_sa_reset(&l2->sa);
	tw_tlb_fa_reset(&l2->sp, cfg->l2_sp_entries);
}

// A 4 KB entry from before the page became part of a superpage answers first.
bool tw_l2_find(struct l2 *l2, uint64_t va, uint16_t asid, struct l2_hit *hit)
{
	int i = l2->sa.sets ? tw_tlb_sa_find(&l2->sa, va, asid) : -1;

	hit->sa = i >= 0;
	if (!hit->sa)
		i = tlb_fa_find(&l2->sp, va, asid);
	if (i < 0)
		return false;
	hit->at = (unsigned int)i;
	hit->e =
		hit->sa ? &l2->sa.e[tlb_sa_set(&l2->sa, va) * l2->sa.ways + hit->at] : &l2->sp.e[i];
	return true;
}

void tw_l2_touch(struct l2 *l2, const struct l2_hit *hit, uint64_t at)
{
	if (hit->sa)
		tw_tlb_sa_touch(&l2->sa, tlb_sa_set(&l2->sa, hit->e->va), hit->at, at);
	else
		tlb_fa_touch(&l2->sp, hit->at);
}

void tw_l2_insert(struct l2 *l2, const struct tlb_entry *new, uint64_t at)
{
	if (new->resp.size == TW_SIZE_4K) {
		if (l2->sa.sets)
			tw_tlb_sa_insert(&l2->sa, new, at);
	} else if (l2->sp.n) {
		tw_tlb_fa_insert(&l2->sp, new, l2->sp.plru, at);
	}
}

void tw_l2_kill(struct l2 *l2, const struct tlb_entry *page, uint64_t at)
{
	if (l2->sa.sets)
		tw_tlb_sa_kill(&l2->sa, page, at);
	tw_tlb_fa_kill(&l2->sp, page);
}

void tw_l2_sweep(struct l2 *l2, unsigned int set, const struct tlb_scope *s, uint64_t at)
{
	tw_tlb_sa_invalidate(&l2->sa, set, s, at);
}

void tw_l2_finish(struct l2 *l2, const struct tlb_scope *s, uint64_t at)
{
	tw_tlb_fa_invalidate(&l2->sp, s);
	if (!s->by_addr && !s->by_asid && l2->sa.sets)
		tw_tlb_sa_clear(&l2->sa, s->global, at);
}

void tw_l2_clear(struct l2 *l2, uint64_t at)
{
	if (l2->sa.sets)
		tw_tlb_sa_clear(&l2->sa, true, at);
	tw_tlb_fa_clear(&l2->sp);
}
