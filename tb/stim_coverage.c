// SPDX-License-Identifier: Apache-2.0
// See stim_coverage.h. Arrays are looked at when something is written to them or looked up, the
// other registers in each cycle in which they are in use.
#include "stim_coverage_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tw_stim_coverage_create(const struct tw_config *config, struct tw_stim_coverage **out)
{
	struct tw_stim_coverage *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->config = *config;
	c->answered = -1;
	tw_cover_init(&c->cover);
	c->l2_valid = calloc(config->l2_sets + 1u, 1);
	tw_stim_coverage_add(c);
	if (c->cover.error || !c->l2_valid) {
		tw_stim_coverage_destroy(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

void tw_stim_coverage_destroy(struct tw_stim_coverage *c)
{
	if (!c)
		return;
	tw_cover_exit(&c->cover);
	free(c->l2_valid);
	free(c);
}

const struct tw_cover *tw_stim_coverage_points(const struct tw_stim_coverage *c)
{
	return &c->cover;
}

// --- What is seen -------------------------------------------------------------------------------

static void see(struct tw_stim_coverage *c, unsigned int group, unsigned int object,
		uint64_t points)
{
	tw_cover_see(&c->cover, group, object, points);
}

static void hold(struct tw_stim_coverage *c, struct reg r, unsigned int object, uint64_t value)
{
	see(c, r.one, object, value);
	see(c, r.zero, object, ~value);
}

static uint64_t vpn_of(const struct tw_stim_coverage *c, uint64_t va)
{
	return va >> 12 & c->bounds.vpn;
}

// The bit of DIFF if there is only one.
static uint64_t only(uint64_t diff)
{
	return diff & (diff - 1) ? 0 : diff;
}

static void compare(struct tw_stim_coverage *c, struct tag_compare t, uint64_t vpn_diff,
		    uint64_t asid_diff)
{
	if (!asid_diff)
		see(c, t.vpn, 0, only(vpn_diff));
	else if (!vpn_diff)
		see(c, t.asid, 0, only(asid_diff));
}

static void compare_entry(struct tw_stim_coverage *c, struct tag_compare t,
			  const struct tlb_entry *e, uint64_t va, uint16_t asid)
{
	compare(c, t, vpn_of(c, (e->va ^ va) & e->mask), e->rights.g ? 0 : e->asid ^ asid);
}

static void compare_fa(struct tw_stim_coverage *c, struct tag_compare t, const struct tlb_fa *fa,
		       uint64_t va, uint16_t asid)
{
	for (uint64_t v = fa->valid; v; v &= v - 1)
		compare_entry(c, t, &fa->e[__builtin_ctzll(v)], va, asid);
}

static void compare_set(struct tw_stim_coverage *c, struct tag_compare t, const struct tlb_sa *sa,
			uint64_t va, uint16_t asid)
{
	unsigned int set;

	if (!sa->sets)
		return;
	set = tlb_sa_set(sa, va);
	for (unsigned int v = sa->valid[set]; v; v &= v - 1)
		compare_entry(c, t, &sa->e[set * sa->ways + (unsigned int)__builtin_ctz(v)], va,
			      asid);
}

static void compare_pwc(struct tw_stim_coverage *c, struct tag_compare t, const struct pwc *pwc,
			uint64_t va, uint16_t asid)
{
	for (uint64_t v = pwc->valid; v; v &= v - 1) {
		const struct pwc_entry *e = &pwc->e[__builtin_ctzll(v)];

		compare(c, t, vpn_of(c, (e->va ^ va) & e->mask), e->asid ^ asid);
	}
}

// --- Writes to arrays ---------------------------------------------------------------------------

static void see_entry(struct tw_stim_coverage *c, enum array a, unsigned int object,
		      const struct tlb_entry *e)
{
	const struct array_points *p = &c->array[a];

	hold(c, p->vpn, object, vpn_of(c, e->va & e->mask));
	hold(c, p->asid, object, e->asid);
	hold(c, p->ppn, object, tlb_entry_ppn(e));
	see(c, p->use, object, 1u << USE_WRITTEN);
}

static void see_two(struct tw_stim_coverage *c, enum array a, const struct tlb_entry *new,
		    const struct tlb_entry *old)
{
	const struct array_points *p = &c->array[a];

	compare(c, p->insert, vpn_of(c, (new->va ^ old->va) & new->mask & old->mask),
		new->rights.g || old->rights.g ? 0 : new->asid ^ old->asid);
	see(c, p->ppn_alone, 0, only(tlb_entry_ppn(new) ^ tlb_entry_ppn(old)));
}

static void see_fa_write(struct tw_stim_coverage *c, enum array a, const struct tlb_fa *fa,
			 const struct tw_dbg_array *dbg)
{
	unsigned int i = dbg->index;
	const struct tlb_entry *new = &fa->e[i];

	if (dbg->write) {
		see_entry(c, a, i, new);
		// With an invalid entry or one that it overlaps, it would have taken that place.
		if (c->valid[a] == TW_BITS(fa->n) && !tlb_overlap(new, &c->held[a][i]))
			see(c, c->array[a].use, i, 1u << USE_EVICTED);
		for (uint64_t v = fa->valid & ~(UINT64_C(1) << i); v; v &= v - 1)
			see_two(c, a, new, &fa->e[__builtin_ctzll(v)]);
		c->held[a][i] = *new;
	}
	c->valid[a] = fa->valid;
}

static void see_pwc_write(struct tw_stim_coverage *c, const struct pwc *pwc,
			  const struct tw_dbg_array *dbg)
{
	const struct array_points *p = &c->array[PWC];
	unsigned int i = dbg->index;
	const struct pwc_entry *new = &pwc->e[i], *old = &c->held_pwc[i];

	if (dbg->write) {
		hold(c, p->vpn, i, vpn_of(c, new->va &new->mask));
		hold(c, p->asid, i, new->asid);
		hold(c, p->ppn, i, new->ppn);
		see(c, p->use, i, 1u << USE_WRITTEN);
		if (c->valid[PWC] == TW_BITS(pwc->n) &&
		    (new->ws.level != old->ws.level || new->asid != old->asid ||
		     (new->va ^ old->va) & new->mask))
			see(c, p->use, i, 1u << USE_EVICTED);
		for (uint64_t v = pwc->valid & ~(UINT64_C(1) << i); v; v &= v - 1) {
			old = &pwc->e[__builtin_ctzll(v)];
			if (old->ws.level == new->ws.level)
				compare(c, p->insert, vpn_of(c, (new->va ^ old->va) & new->mask),
					new->asid ^ old->asid);
			see(c, p->ppn_alone, 0, only(new->ppn ^ old->ppn));
		}
		c->held_pwc[i] = *new;
	}
	c->valid[PWC] = pwc->valid;
}

static void see_l2_write(struct tw_stim_coverage *c, const struct tw_mmu *m,
			 const struct tw_mmu_out *out)
{
	unsigned int set = out->dbg_l2.set, way = out->dbg_l2.way;
	const struct tlb_sa *t = &m->l2.sa;
	const struct tlb_entry *e = &t->e[set * t->ways];

	if (!t->sets)
		return;
	if (out->dbg_l2.write) {
		see_entry(c, L2, set * t->ways + way, &e[way]);
		if (c->l2_valid[set] == TW_BITS(t->ways) && !out->dbg_l2.inv)
			see(c, c->array[L2].use, set * t->ways + way, 1u << USE_EVICTED);
		for (unsigned int v = t->valid[set] & ~(1u << way); v; v &= v - 1)
			see_two(c, L2, &e[way], &e[__builtin_ctz(v)]);
		c->l2_valid[set] = t->valid[set];
	} else if (out->dbg_l2.inv) {
		c->l2_valid[out->dbg_l2.inv_set] = t->valid[out->dbg_l2.inv_set];
	}
	if (out->dbg_l2.clear)
		memcpy(c->l2_valid, t->valid, t->sets);
}

// --- Fences, faults -----------------------------------------------------------------------------

static void compare_scope(struct tw_stim_coverage *c, enum array a, const struct tlb_entry *e,
			  const struct tlb_scope *s)
{
	if (e->rights.g && !s->global)
		return;
	compare(c, c->array[a].fence, s->by_addr ? vpn_of(c, (e->va ^ s->va) & e->mask) : 0,
		s->by_asid && !e->rights.g ? e->asid ^ s->asid : 0);
}

static void see_fence(struct tw_stim_coverage *c, const struct tw_mmu *m)
{
	const struct tlb_fa *const fa[] = {&m->port[0].l1, &m->port[1].l1, &m->l2.sp};
	const struct fence *f = &m->fence;

	if (f->state == FENCE_IDLE)
		return;
	hold(c, c->fence_vpn, 0, vpn_of(c, f->scope.va));
	hold(c, c->fence_asid, 0, f->scope.asid);
	if (f->state == FENCE_SWEEP) {
		for (unsigned int v = m->l2.sa.valid[f->set]; v; v &= v - 1)
			compare_scope(c, L2,
				      &m->l2.sa.e[f->set * m->l2.sa.ways +
						  (unsigned int)__builtin_ctz(v)],
				      &f->scope);
		return;
	}
	for (enum array a = L1F; a <= SP; a++)
		for (uint64_t v = fa[a]->valid; v; v &= v - 1)
			compare_scope(c, a, &fa[a]->e[__builtin_ctzll(v)], &f->scope);
}

// The walk that memory answered in the previous cycle faulted: the page goes from all arrays.
static void see_kill(struct tw_stim_coverage *c, const struct tw_mmu *m)
{
	uint64_t va;
	uint16_t asid = m->ctrl.ctx.asid;

	if (!(m->counters.events >> TW_EV_WALK_FAULT & 1) || c->answered < 0)
		return;
	va = m->walkers.w[c->answered].va;
	compare_fa(c, c->array[L1F].kill, &m->port[0].l1, va, asid);
	compare_fa(c, c->array[L1D].kill, &m->port[1].l1, va, asid);
	compare_fa(c, c->array[SP].kill, &m->l2.sp, va, asid);
	compare_set(c, c->array[L2].kill, &m->l2.sa, va, asid);
	compare_pwc(c, c->array[PWC].kill, &m->pwc, va, asid);
}

// --- Requests -----------------------------------------------------------------------------------

// A miss that is about to be looked up.
static void see_lookup(struct tw_stim_coverage *c, const struct tw_mmu *m, uint64_t va)
{
	uint16_t asid = m->ctrl.ctx.asid;

	compare_fa(c, c->array[SP].lookup, &m->l2.sp, va, asid);
	compare_set(c, c->array[L2].lookup, &m->l2.sa, va, asid);
	compare_pwc(c, c->array[PWC].lookup, &m->pwc, va, asid);
	for (unsigned int i = 0; i < m->walkers.n; i++) {
		const struct walker *w = &m->walkers.w[i];

		if (w->state != WALKER_IDLE && !w->killed && !w->tainted)
			see(c, c->merge_alone, 0, only(vpn_of(c, w->va ^ va)));
	}
}

static unsigned int live_mask(const struct tw_mmu *m, unsigned int port)
{
	return ((1u << m->miss.n) - 1) & ~m->miss.port[port].in[MISS_FREE];
}

static void see_misses(struct tw_stim_coverage *c, const struct tw_mmu *m, unsigned int port)
{
	const struct port_points *p = &c->port[port];
	const struct miss_port *q = &m->miss.port[port];
	unsigned int live = live_mask(m, port);

	for (unsigned int v = q->in[MISS_LOOKUP] & ~c->lookup[port]; v; v &= v - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(v);

		hold(c, p->miss_va, i, q->e[i].req.va);
		hold(c, p->miss_id, i, q->e[i].id);
		see_lookup(c, m, q->e[i].req.va);
		for (unsigned int o = live & ~(1u << i); o; o &= o - 1)
			see(c, p->va_alone, 0,
			    only(q->e[i].req.va ^ q->e[__builtin_ctz(o)].req.va));
	}
	for (unsigned int v = q->in[MISS_DONE] & ~c->done[port]; v; v &= v - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(v);

		hold(c, p->done_addr, i, q->e[i].resp.pa | q->e[i].resp.fault_va);
	}
	c->lookup[port] = q->in[MISS_LOOKUP];
	c->done[port] = q->in[MISS_DONE];
}

static uint64_t addr_of(const struct resp_entry *e)
{
	return e->resp.pa | e->resp.fault_va;
}

static void see_responses(struct tw_stim_coverage *c, const struct tw_mmu *m, unsigned int port)
{
	const struct port_points *p = &c->port[port];
	const struct resp_fifo *f = &m->port[port].fifo;
	unsigned int tail = (f->head + f->count) % RESP_QUEUE;

	for (unsigned int i = c->tail[port]; i != tail; i = (i + 1) % RESP_QUEUE) {
		hold(c, p->fifo_addr, i, addr_of(&f->q[i]));
		hold(c, p->fifo_id, i, f->q[i].id);
		for (unsigned int k = 0; k < f->count; k++)
			see(c, p->fifo_alone, 0,
			    only(addr_of(&f->q[i]) ^ addr_of(&f->q[(f->head + k) % RESP_QUEUE])));
	}
	c->tail[port] = tail;
}

static void see_cancel(struct tw_stim_coverage *c, const struct tw_mmu *m, unsigned int port,
		       uint8_t id)
{
	const struct miss_port *q = &m->miss.port[port];
	const struct resp_fifo *f = &m->port[port].fifo;

	for (unsigned int v = live_mask(m, port); v; v &= v - 1)
		see(c, c->port[port].miss_id_alone, 0, only(q->e[__builtin_ctz(v)].id ^ id));
	for (unsigned int k = 0; k < f->count; k++)
		see(c, c->port[port].fifo_id_alone, 0,
		    only(f->q[(f->head + k) % RESP_QUEUE].id ^ id));
}

// Whether the L1 TLB looks for it.
static bool translated(const struct tw_mmu *m, const struct tw_req *req)
{
	struct tw_resp resp;

	return !tw_arch_direct(&m->ctrl.ctx, req, &resp) &&
	       tw_arch_canonical(&m->ctrl.ctx, req, &resp);
}

static void see_port(struct tw_stim_coverage *c, const struct tw_mmu *m, unsigned int port,
		     const struct tw_mmu_in *in)
{
	const struct tw_req *req = &in->port[port].req;

	see_misses(c, m, port);
	see_responses(c, m, port);
	if (in->port[port].cancel_valid && !in->port[port].cancel_all)
		see_cancel(c, m, port, in->port[port].cancel_id);
	if (in->port[port].req_valid && tw_mmu_pins(m)->port[port].req_ready && translated(m, req))
		compare_fa(c, c->array[L1F + port].lookup, &m->port[port].l1, req->va,
			   m->ctrl.ctx.asid);
}

// --- Walks, memory ------------------------------------------------------------------------------

static void see_walkers(struct tw_stim_coverage *c, const struct tw_mmu *m)
{
	for (unsigned int i = 0; i < m->walkers.n; i++) {
		const struct walker *w = &m->walkers.w[i];

		if (w->state == WALKER_IDLE)
			continue;
		hold(c, c->walk_vpn, i, vpn_of(c, w->va));
		hold(c, c->walk_addr, i, w->addr);
		if (w->state == WALKER_CAS_REQ) {
			hold(c, c->walk_expected, i, w->expected);
			hold(c, c->walk_desired, i, w->desired);
		}
		for (unsigned int k = 0; k < i; k++)
			if (m->walkers.w[k].state != WALKER_IDLE)
				see(c, c->addr_alone, 0, only(w->addr ^ m->walkers.w[k].addr));
	}
}

static void see_answer(struct tw_stim_coverage *c, const struct tw_mmu *m,
		       const struct tw_mmu_in *in)
{
	unsigned int id = in->mem_resp_id;
	const struct walker *w;

	c->answered = -1;
	if (!in->mem_resp_valid)
		return;
	for (unsigned int i = 0; i < m->walkers.n; i++) {
		const struct walker *w = &m->walkers.w[i];

		if (w->state == WALKER_WAIT || w->state == WALKER_CAS_WAIT)
			see(c, c->id_alone[w->state == WALKER_CAS_WAIT], i, only(id ^ i));
	}
	if (id >= m->walkers.n) {
		see(c, c->unallocated, 0, UINT64_C(1) << id);
		return;
	}
	see(c, c->unasked, id, UINT64_C(1) << m->walkers.w[id].state);
	w = &m->walkers.w[id];
	if (w->state == WALKER_CAS_WAIT && !in->mem_resp_err)
		see(c, c->word_alone, 0,
		    only(w->expected ^ tw_lanes_of(in->mem_resp_data, w->lanes)));
	c->answered = (int)id;
}

// An event adds one: the bits up to the lowest that is then set are inverted.
static void see_counters(struct tw_stim_coverage *c, const struct tw_mmu *m)
{
	for (uint32_t e = m->counters.events; e; e &= e - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(e);

		see(c, c->count, i, m->counters.count[i] ^ (m->counters.count[i] - 1));
	}
}

void tw_stim_coverage_cycle(struct tw_stim_coverage *c, const struct tw_mmu *m,
			    const struct tw_mmu_in *in)
{
	const struct tw_mmu_out *out = tw_mmu_pins(m);

	see_kill(c, m);
	see_fa_write(c, L1F, &m->port[0].l1, &out->dbg_l1[0]);
	see_fa_write(c, L1D, &m->port[1].l1, &out->dbg_l1[1]);
	see_fa_write(c, SP, &m->l2.sp, &out->dbg_sp);
	see_pwc_write(c, &m->pwc, &out->dbg_pwc);
	see_l2_write(c, m, out);
	see_counters(c, m);
	hold(c, c->root_ppn, 0, m->ctrl.ctx.root_ppn);
	hold(c, c->root_asid, 0, m->ctrl.ctx.asid);
	see(c, c->root_alone, 0, only(m->ctrl.ctx.root_ppn ^ c->root));
	c->root = m->ctrl.ctx.root_ppn;
	if (m->ctrl.pending)
		hold(c, c->ctrl_data, 0, m->ctrl.data);
	if (in->rst) {
		memset(c->lookup, 0, sizeof(c->lookup));
		memset(c->done, 0, sizeof(c->done));
		memset(c->tail, 0, sizeof(c->tail));
		memset(c->valid, 0, sizeof(c->valid));
		memset(c->l2_valid, 0, c->config.l2_sets);
		c->answered = -1;
		return;
	}
	see_fence(c, m);
	for (unsigned int p = TW_PORTS - c->config.ports; p < TW_PORTS; p++)
		see_port(c, m, p, in);
	see_walkers(c, m);
	see_answer(c, m, in);
}
