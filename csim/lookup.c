// SPDX-License-Identifier: Apache-2.0
// The lookup stage: one miss in a cycle reads both parts of the L2 and the walk cache, and is
// answered, waits, walks or tries again (docs/contract.md section 7). Invariant: an entry merges at
// most once, so it cannot wait for the other port's walks for ever.
#include "step.h"

void tw_miss_wake(struct tw_mmu *m, unsigned int walker)
{
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		struct miss_port *mp = &m->miss.port[p];

		for (unsigned int v = mp->mask[MISS_WAIT]; v; v &= v - 1) {
			unsigned int i = (unsigned int)__builtin_ctz(v);

			if (mp->e[i].walker == walker && !mp->e[i].owner)
				miss_set(mp, i, MISS_LOOKUP);
		}
	}
}

// The lowest walker that walks this page and may be waited for; -1 if none.
static int same_page_walker(const struct tw_mmu *m, const struct step *s, uint64_t va)
{
	unsigned int busy = ~m->walkers.idle & ((1u << m->walkers.n) - 1);

	for (; busy; busy &= busy - 1) {
		int i = __builtin_ctz(busy);
		const struct walker *w = &m->walkers.w[i];

		if ((w->va ^ va) < 4096 && !w->killed && !w->tainted &&
		    !(s->cancelled[w->port] >> w->entry & 1))
			return i;
	}
	return -1;
}

// Row a: the L2 has the translation and it may be used. True if so.
static bool l2_answers(struct tw_mmu *m, struct step *s, unsigned int port,
		       const struct miss_entry *me)
{
	uint64_t va = me->req.va;
	int way = tw_tlb_sa_find(&m->l2, va, m->ctx.asid);
	int sp = way < 0 ? tlb_fa_find(&m->sp, va, m->ctx.asid) : -1;
	unsigned int set = tlb_sa_set(&m->l2, va);
	const struct tlb_entry *e;

	if (way < 0 && sp < 0)
		return false;
	e = way >= 0 ? &m->l2.e[set * m->l2.ways + (unsigned int)way] : &m->sp.e[sp];
	if (!tw_entry_usable(&m->ctx, &me->req, e))
		return false;
	if (way >= 0) {
		tw_tlb_sa_touch(&m->l2, set, (unsigned int)way);
		l2_touched(m, set);
	} else {
		tlb_fa_touch(&m->sp, (unsigned int)sp);
	}
	tlb_answer(e, &me->req, &s->resp);
	tw_l1_insert(m, s, port, e);
	event(s, TW_EV_L2_HIT + size_class(e->size));
	return true;
}

void tw_lookup_step(struct tw_mmu *m, struct step *s)
{
	struct miss_queue *q = &m->miss;
	unsigned int port = s->lookup[0] && s->lookup[1] ? !q->last_lookup : !s->lookup[0];
	struct miss_port *mp = &q->port[port];
	unsigned int i = round_robin(s->lookup[port], mp->lookup_ptr);
	struct miss_entry *me = &mp->e[i];
	int w;

	q->last_lookup = port;
	mp->lookup_ptr = (i + 1) % q->n;
	mp->want = false;
	if (l2_answers(m, s, port, me)) {
		s->completes = true;
		s->port = (uint8_t)port;
		s->entry = (uint8_t)i;
		return;
	}
	w = me->merged ? -1 : same_page_walker(m, s, me->req.va);
	if (w >= 0) {
		miss_set(mp, i, MISS_WAIT);
		me->walker = (uint8_t)w;
		me->merged = true;
		event(s, TW_EV_MERGE);
		return;
	}
	if (m->walkers.idle && !(q->port[!port].want && q->last_walk == port)) {
		int pwc = tw_pwc_find(&m->pwc, me->req.va, m->ctx.asid);

		w = __builtin_ctz(m->walkers.idle);
		tw_walker_start(m, (unsigned int)w, port, i, pwc);
		miss_set(mp, i, MISS_WAIT);
		me->owner = true;
		me->walker = (uint8_t)w;
		q->last_walk = port;
		event(s, TW_EV_WALK_START);
		if (pwc >= 0)
			event(s, TW_EV_PWC_START);
		return;
	}
	mp->lookup_ptr = i;
	mp->want = true;
	event(s, TW_EV_NO_WALKER);
}
