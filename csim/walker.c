// SPDX-License-Identifier: Apache-2.0
// The walkers: what a memory answer does to a walk (docs/contract.md section 8). Invariants: only a
// walk from the root reports a fault; a faulting walk has changed no entry; a killed walk changes
// nothing but its own state.
#include "step.h"

static const struct tw_req *owner_req(const struct tw_mmu *m, const struct walker *w)
{
	return &m->miss.port[w->port].e[w->entry].req;
}

void tw_walker_to_root(struct tw_mmu *m, unsigned int i, const struct tw_req *req)
{
	struct walker *w = &m->walkers.w[i];

	tw_arch_root(&m->ctx, &w->ws);
	w->addr = tw_arch_pte_addr(&m->ctx, m->ctx.root_ppn, w->ws.level, req->va);
	w->from_root = true;
	w->need_a = false;
	walker_set(&m->walkers, i, WALK_REQ);
}

void tw_walker_start(struct tw_mmu *m, unsigned int i, unsigned int port, unsigned int entry,
		     int pwc)
{
	struct walker *w = &m->walkers.w[i];
	const struct tw_req *req = &m->miss.port[port].e[entry].req;

	w->port = (uint8_t)port;
	w->entry = (uint8_t)entry;
	w->va = req->va;
	w->pass2 = w->tainted = w->killed = false;
	tw_walker_to_root(m, i, req);
	if (pwc >= 0) {
		const struct pwc_entry *e = &m->pwc.e[pwc];

		w->ws = e->ws;
		w->addr = tw_arch_pte_addr(&m->ctx, e->ppn, e->ws.level, req->va);
		w->from_root = false;
		m->pwc.plru = tw_plru_touch(m->pwc.plru, &m->pwc.path, (unsigned int)pwc);
	}
}

// Rows b to e of the table in section 8: a good walk's next step, or its fault.
static void plan_entry(const struct tw_mmu *m, const struct walker *w, const struct tw_mmu_in *in,
		       struct walk_answer *a)
{
	const struct tw_req *req = owner_req(m, w);
	uint64_t word = in->mem_resp_data;

	a->pte.kind = TW_PTE_FAULT;
	if (in->mem_resp_err) {
		a->what = WALK_FAULTS;
		return;
	}
	if (w->state == WALK_CAS_WAIT) {
		if (word != w->expected) {
			a->what = WALK_RESTARTS;
			a->lost = true;
			return;
		}
		word = w->desired;
	}
	a->word = word;
	tw_arch_decode(&m->ctx, req, &w->ws, word, &a->pte);
	a->a_missing = a->pte.update != word;
	switch (a->pte.kind) {
	case TW_PTE_FAULT:
		a->what = WALK_FAULTS;
		break;
	case TW_PTE_POINTER:
		a->what = a->a_missing && w->pass2 ? WALK_UPDATES : WALK_DESCENDS;
		// What is cached speaks for its whole path, so all of it must have A.
		a->fill_pwc = !a->a_missing && !w->need_a && !w->tainted;
		break;
	case TW_PTE_LEAF:
		if (w->need_a) {
			a->what = WALK_RESTARTS;
			a->pass2 = true;
		} else {
			a->what = a->a_missing ? WALK_UPDATES : WALK_DONE;
		}
		break;
	}
}

void tw_walker_plan(const struct tw_mmu *m, struct step *s, struct walk_answer *a)
{
	const struct tw_mmu_in *in = s->in;
	const struct walker *w;

	a->walker = -1;
	if (!in->mem_resp_valid || in->mem_resp_id >= m->walkers.n)
		return;
	w = &m->walkers.w[in->mem_resp_id];
	if (w->state != WALK_WAIT && w->state != WALK_CAS_WAIT)
		return;
	a->walker = in->mem_resp_id;
	a->lost = a->pass2 = a->fill_pwc = a->a_missing = false;
	if (w->killed || s->cancelled[w->port] >> w->entry & 1) {
		a->what = WALK_DIES;
		return;
	}
	plan_entry(m, w, in, a);
	if (a->what == WALK_FAULTS && !w->from_root)
		a->what = WALK_RESTARTS;
	if (a->what == WALK_FAULTS || a->what == WALK_DONE) {
		const struct tw_req *req = owner_req(m, w);

		s->completes = true;
		s->port = w->port;
		s->entry = w->entry;
		if (a->what == WALK_DONE)
			tw_arch_resp_ok(req, a->pte.ppn, a->pte.size, &a->pte.rights, &s->resp);
		else
			tw_arch_resp_fault(&m->ctx, req,
					   in->mem_resp_err ? TW_FAULT_ACCESS : TW_FAULT_PAGE,
					   a->pte.cause, &s->resp);
	}
}

// The refill: the port's L1, and the L2 part for the page's size.
static void refill(struct tw_mmu *m, struct step *s, const struct walker *w,
		   const struct tw_pte *pte)
{
	struct tlb_entry e;

	if (w->tainted || s->finish)
		return;
	tw_tlb_entry_make(&e, w->va, m->ctx.asid, pte->ppn, pte->size, &pte->rights);
	tw_l1_insert(m, s, w->port, &e);
	if (pte->size != TW_SIZE_4K) {
		tw_tlb_fa_insert(&m->sp, &e, s->sp_plru, m->cycle);
	} else {
		unsigned int way, mask = tw_tlb_sa_insert(&m->l2, &e, &way);

		m->dbg_l2.write_at = m->cycle;
		m->dbg_l2.set = tlb_sa_set(&m->l2, w->va);
		m->dbg_l2.way = way;
		l2_invalidated(m, m->dbg_l2.set, mask);
		l2_touched(m, m->dbg_l2.set);
	}
}

// A faulting page leaves every TLB, and the tables on its way the walk cache (Intel SDM volume 3,
// 4.10.4.1: a page fault invalidates what is cached for its address).
static void kill_page(struct tw_mmu *m, const struct walker *w)
{
	static const struct tw_rights none;
	struct tlb_entry page;

	tw_tlb_entry_make(&page, w->va, m->ctx.asid, 0, TW_SIZE_4K, &none);
	tw_tlb_fa_kill(&m->l1[TW_PORT_FETCH], &page);
	tw_tlb_fa_kill(&m->l1[TW_PORT_DATA], &page);
	tw_tlb_fa_kill(&m->sp, &page);
	tw_pwc_kill(&m->pwc, w->va, m->ctx.asid);
	l2_invalidated(m, tlb_sa_set(&m->l2, w->va), tw_tlb_sa_kill(&m->l2, &page));
}

void tw_walker_apply(struct tw_mmu *m, struct step *s, const struct walk_answer *a)
{
	unsigned int i = (unsigned int)a->walker;
	struct walker *w;

	if (a->walker < 0)
		return;
	w = &m->walkers.w[i];
	switch (a->what) {
	case WALK_DIES:
		walker_set(&m->walkers, i, WALK_IDLE);
		event(s, TW_EV_WALK_KILLED);
		return;
	case WALK_RESTARTS:
		w->pass2 = a->pass2;
		tw_walker_to_root(m, i, owner_req(m, w));
		event(s, TW_EV_WALK_RESTART);
		if (a->lost)
			event(s, TW_EV_CAS_LOST);
		return;
	case WALK_UPDATES:
		w->expected = a->word;
		w->desired = a->pte.update;
		walker_set(&m->walkers, i, WALK_CAS_REQ);
		return;
	case WALK_DESCENDS:
		w->need_a |= a->a_missing;
		w->ws = a->pte.next;
		w->addr = tw_arch_pte_addr(&m->ctx, a->pte.ppn, w->ws.level, owner_req(m, w)->va);
		walker_set(&m->walkers, i, WALK_REQ);
		// A fence that is taken in this cycle empties the walk cache; the fill is lost.
		if (a->fill_pwc && !s->fence_taken) {
			tw_pwc_fill(&m->pwc, w->va, m->ctx.asid, a->pte.ppn, &w->ws,
				    12 + m->index_bits * (w->ws.level + 1u), s->pwc_plru, m->cycle);
			event(s, TW_EV_PWC_FILL);
		}
		return;
	case WALK_FAULTS:
		kill_page(m, w);
		event(s, TW_EV_WALK_FAULT);
		break;
	case WALK_DONE:
		refill(m, s, w, &a->pte);
		event(s, TW_EV_WALK_OK);
		break;
	}
	walker_set(&m->walkers, i, WALK_IDLE);
	tw_miss_wake(m, i);
}
