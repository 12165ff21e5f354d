// SPDX-License-Identifier: Apache-2.0
// The whole MMU: one tick is one clock edge (docs/contract.md). A cycle is ticked in a fixed order:
// what the request stage sees, what the memory answer means, who has the L2 port, then the writes.
// Invariant: every decision rests on the state at the start of the cycle; struct step carries what
// later parts need of it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hw_driver.h"
#include "step.h"

static void reset(struct tw_mmu *m)
{
	struct tw_config cfg = m->cfg;
	struct tlb_sa l2 = m->l2;
	uint64_t cycle = m->cycle;
	bool short_cut = m->short_cut;

	memset(m, 0, sizeof(*m));
	m->cfg = cfg;
	m->l2 = l2;
	m->cycle = cycle;
	m->short_cut = short_cut;
	m->quiet = true;
	tw_ctx_reset(&m->ctx);
	for (unsigned int p = 0; p < TW_PORTS; p++)
		tw_tlb_fa_init(&m->l1[p], cfg.l1_entries[p]);
	tw_tlb_fa_init(&m->sp, cfg.l2_sp_entries);
	tw_tlb_sa_reset(&m->l2);
	tw_pwc_init(&m->pwc, cfg.pwc_entries);
	m->miss.n = cfg.miss_entries;
	for (unsigned int p = 0; p < TW_PORTS; p++)
		m->miss.port[p].mask[MISS_FREE] = (1u << cfg.miss_entries) - 1;
	m->walkers.n = cfg.walkers;
	m->walkers.idle = (1u << cfg.walkers) - 1;
	m->miss.last_lookup = TW_PORT_DATA;
	m->miss.last_walk = TW_PORT_DATA;
}

int tw_mmu_create(const struct tw_config *cfg, struct tw_mmu **mmu)
{
	struct tw_mmu *m;

	if (tw_config_check(cfg, NULL, 0))
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->cfg = *cfg;
	m->short_cut = true;
	if (tw_tlb_sa_init(&m->l2, cfg->l2_sets, cfg->l2_ways)) {
		tw_mmu_destroy(m);
		return -ENOMEM;
	}
	reset(m);
	*mmu = m;
	return 0;
}

void tw_mmu_destroy(struct tw_mmu *m)
{
	if (!m)
		return;
	tw_tlb_sa_free(&m->l2);
	free(m);
}

void tw_l1_insert(struct tw_mmu *m, const struct step *s, unsigned int port,
		  const struct tlb_entry *e)
{
	tw_tlb_fa_insert(&m->l1[port], e, s->l1_plru[port], m->cycle);
}

static unsigned int cancel_mask(const struct tw_mmu *m, unsigned int p, const struct tw_mmu_in *in)
{
	unsigned int mask = 0;

	if (!in->port[p].cancel_valid)
		return 0;
	for (unsigned int i = 0; i < m->miss.n; i++) {
		const struct miss_entry *e = &m->miss.port[p].e[i];

		if (in->port[p].cancel_all || e->id == in->port[p].cancel_id)
			mask |= 1u << i;
	}
	return mask & ~m->miss.port[p].mask[MISS_FREE];
}

static void observe(const struct tw_mmu *m, struct step *s)
{
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		s->cancelled[p] = cancel_mask(m, p, s->in);
		s->fifo_count[p] = m->fifo[p].count;
		s->miss_free[p] = m->miss.port[p].mask[MISS_FREE];
		s->lookup[p] = m->miss.port[p].mask[MISS_LOOKUP] & ~s->cancelled[p];
		s->done[p] = m->miss.port[p].mask[MISS_DONE] & ~s->cancelled[p];
		s->l1_plru[p] = m->l1[p].plru;
	}
	s->events = 0;
	s->completes = false;
	s->entry = 0;
	s->sp_plru = m->sp.plru;
	s->pwc_plru = m->pwc.plru;
	s->fence_taken = s->in->fence_valid && m->fence.state == FENCE_IDLE;
	s->finish = m->fence.state == FENCE_FINISH;
}

// Section 4, and the events of both handshakes. Touches the L1 that hit.
static void request_stage(struct tw_mmu *m, struct step *s, struct port_decision d[TW_PORTS])
{
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		bool ready = tw_port_ready(m, p);

		d[p].outcome = PORT_NONE;
		if (s->in->port[p].req_valid && !ready)
			event(s, TW_EV_REQ_STALL);
		if (tw_resp_fifo_valid(&m->fifo[p]) && !s->in->port[p].resp_ready)
			event(s, TW_EV_RESP_STALL);
		if (!s->in->port[p].req_valid || !ready)
			continue;
		port_decide(m, p, &s->in->port[p].req, &d[p]);
		event(s, d[p].event);
		if (d[p].hit >= 0)
			tlb_fa_touch(&m->l1[p], (unsigned int)d[p].hit);
	}
}

// Section 7: the owner of the L2 port.
static void l2_port(struct tw_mmu *m, struct step *s)
{
	struct fence *f = &m->fence;
	bool pending = s->lookup[0] || s->lookup[1];

	s->sweep = f->state == FENCE_SWEEP && !s->completes && !(pending && f->last_was_sweep);
	if (s->sweep)
		f->last_was_sweep = true;
	if (!pending || s->completes || s->finish || s->sweep)
		return;
	f->last_was_sweep = false;
	tw_lookup_step(m, s);
}

// want is held only while a port has something to look up.
static void drop_want(struct tw_mmu *m, const struct step *s)
{
	for (unsigned int p = 0; p < TW_PORTS; p++)
		if (!s->lookup[p])
			m->miss.port[p].want = false;
}

static void arbiter(struct tw_mmu *m, struct step *s)
{
	struct mem_arb *a = &m->arb;
	int i = mem_arb_select(a, &m->walkers);
	bool read;

	if (i < 0)
		return;
	a->locked = !s->in->mem_req_ready;
	a->locked_id = (unsigned int)i;
	if (a->locked)
		return;
	a->ptr = ((unsigned int)i + 1) & (m->walkers.n - 1);
	read = m->walkers.w[i].state == WALK_REQ;
	event(s, read ? TW_EV_MEM_READ : TW_EV_MEM_CAS);
	walker_set(&m->walkers, (unsigned int)i, read ? WALK_WAIT : WALK_CAS_WAIT);
}

static void fence_step(struct tw_mmu *m, struct step *s)
{
	struct fence *f = &m->fence;

	f->done = s->finish;
	if (s->finish) {
		tw_tlb_fa_invalidate(&m->l1[TW_PORT_FETCH], &f->scope);
		tw_tlb_fa_invalidate(&m->l1[TW_PORT_DATA], &f->scope);
		tw_tlb_fa_invalidate(&m->sp, &f->scope);
		if (!f->scope.by_addr && !f->scope.by_asid) {
			tw_tlb_sa_clear(&m->l2, f->scope.global);
			m->dbg_l2.clear_at = m->cycle;
		}
		f->state = FENCE_IDLE;
		event(s, TW_EV_FENCE);
	} else if (s->sweep) {
		unsigned int mask = tw_tlb_sa_invalidate(&m->l2, f->set, &f->scope);

		l2_invalidated(m, f->set, mask);
		if (f->set++ == f->last_set)
			f->state = FENCE_FINISH;
	} else if (s->fence_taken) {
		const struct tw_mmu_in *in = s->in;

		f->scope = (struct tlb_scope){.va = in->fence_va,
					      .asid = in->fence_asid,
					      .by_addr = in->fence_by_addr,
					      .by_asid = in->fence_by_asid,
					      .global = in->fence_global};
		f->set = in->fence_by_addr ? tlb_sa_set(&m->l2, f->scope.va) : 0;
		f->last_set = in->fence_by_addr ? f->set : m->l2.sets - 1;
		f->state = in->fence_by_addr || in->fence_by_asid ? FENCE_SWEEP : FENCE_FINISH;
		tw_pwc_empty(&m->pwc);
		for (unsigned int i = 0; i < m->walkers.n; i++)
			m->walkers.w[i].tainted |= m->walkers.w[i].state != WALK_IDLE;
	}
}

// Section 7, completion; section 5, the order of pushes; section 4, allocation.
static void pushes(struct tw_mmu *m, struct step *s, const struct port_decision d[TW_PORTS])
{
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		struct miss_port *mp = &m->miss.port[p];
		struct miss_entry *me = &mp->e[s->entry];
		bool room = s->fifo_count[p] <= RESP_ROOM;
		bool here = s->completes && s->port == p;

		if (s->done[p] && room) {
			unsigned int i = round_robin(s->done[p], mp->done_ptr);

			resp_fifo_push(&m->fifo[p], mp->e[i].id, &mp->e[i].resp);
			miss_set(mp, i, MISS_FREE);
			mp->done_ptr = (i + 1) & (m->miss.n - 1);
		}
		if (here && !s->done[p] && room) {
			resp_fifo_push(&m->fifo[p], me->id, &s->resp);
			miss_set(mp, s->entry, MISS_FREE);
		} else if (here) {
			me->resp = s->resp;
			miss_set(mp, s->entry, MISS_DONE);
		}
		if (d[p].outcome == PORT_ANSWER)
			resp_fifo_push(&m->fifo[p], s->in->port[p].req_id, &d[p].resp);
	}
}

static void cancels(struct tw_mmu *m, const struct step *s)
{
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		struct miss_port *mp = &m->miss.port[p];

		for (unsigned int c = s->cancelled[p]; c; c &= c - 1) {
			unsigned int i = (unsigned int)__builtin_ctz(c);
			const struct miss_entry *e = &mp->e[i];

			if (e->state == MISS_WAIT && e->owner) {
				m->walkers.w[e->walker].killed = true;
				tw_miss_wake(m, e->walker);
			}
			miss_set(mp, i, MISS_FREE);
		}
	}
}

void tw_miss_allocate(struct miss_port *mp, unsigned int i, uint8_t id, const struct tw_req *req)
{
	struct miss_entry *e = &mp->e[i];

	e->id = id;
	e->req = *req;
	e->merged = e->owner = false;
	miss_set(mp, i, MISS_LOOKUP);
}

static void allocate(struct tw_mmu *m, const struct step *s, const struct port_decision d[TW_PORTS])
{
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		if (d[p].outcome == PORT_MISS)
			tw_miss_allocate(&m->miss.port[p],
					 (unsigned int)__builtin_ctz(s->miss_free[p]),
					 s->in->port[p].req_id, &s->in->port[p].req);
	}
}

// Section 3. BUSY: some miss queue entry was not free at the start of the cycle.
static void ctrl_step(struct tw_mmu *m, struct step *s, bool busy)
{
	enum tw_format format = m->ctx.format;

	if (!m->ctrl.pending) {
		if (s->in->ctrl_valid) {
			m->ctrl.pending = true;
			m->ctrl.addr = s->in->ctrl_addr & 3;
			m->ctrl.data = s->in->ctrl_data;
		}
		return;
	}
	if (busy)
		return;
	m->ctrl.pending = false;
	event(s, TW_EV_CTRL);
	tw_ctx_write(&m->ctx, m->ctrl.addr, m->ctrl.data);
	for (unsigned int p = 0; p < TW_PORTS; p++)
		for (unsigned int i = 0; i < m->l1[p].n; i++)
			m->l1[p].e[i].granted = 0;
	if (m->ctx.format != format) {
		const struct tw_format_desc *f = tw_format_desc(m->ctx.format);

		m->index_bits = f ? f->vpn_shift[1] : 0;
		tw_tlb_fa_empty(&m->l1[TW_PORT_FETCH]);
		tw_tlb_fa_empty(&m->l1[TW_PORT_DATA]);
		tw_tlb_fa_empty(&m->sp);
		tw_pwc_empty(&m->pwc);
		tw_tlb_sa_clear(&m->l2, true);
		m->dbg_l2.clear_at = m->cycle;
	}
}

static bool is_quiet(const struct tw_mmu *m)
{
	if (m->ctrl.pending || m->fence.state != FENCE_IDLE || m->fence.done)
		return false;
	return !miss_busy(&m->miss, 0) && !miss_busy(&m->miss, 1) &&
	       m->walkers.idle == (1u << m->walkers.n) - 1;
}

void tw_mmu_tick(struct tw_mmu *m, const struct tw_mmu_in *in)
{
	bool busy = miss_busy(&m->miss, 0) || miss_busy(&m->miss, 1);
	struct step s;
	struct port_decision d[TW_PORTS];
	struct walk_answer answer;

	m->cycle++;
	m->pins_fresh = false;
	if (in->rst) {
		reset(m);
		return;
	}
	s.in = in;
	observe(m, &s);
	request_stage(m, &s, d);
	tw_walker_plan(m, &s, &answer);
	arbiter(m, &s);
	l2_port(m, &s);
	tw_walker_apply(m, &s, &answer);
	drop_want(m, &s);
	fence_step(m, &s);
	for (unsigned int p = 0; p < TW_PORTS; p++)
		tw_resp_fifo_step(&m->fifo[p], in->port[p].resp_ready, in->port[p].cancel_valid,
				  in->port[p].cancel_all, in->port[p].cancel_id);
	pushes(m, &s, d);
	cancels(m, &s);
	allocate(m, &s, d);
	ctrl_step(m, &s, busy);
	count_events(m, s.events, in->counter_sel);
	m->quiet = is_quiet(m);
}

const struct tw_config *tw_mmu_config(const struct tw_mmu *m)
{
	return &m->cfg;
}

uint64_t tw_mmu_cycle(const struct tw_mmu *m)
{
	return m->cycle;
}

uint64_t tw_mmu_counter(const struct tw_mmu *m, unsigned int ev)
{
	return ev < TW_EVENTS ? m->counter[ev] : 0;
}

void tw_mmu_counters(const struct tw_mmu *m, uint64_t counter[TW_EVENTS])
{
	memcpy(counter, m->counter, sizeof(m->counter));
}

void tw_mmu_preset_counters(struct tw_mmu *m, const uint64_t counter[TW_EVENTS])
{
	memcpy(m->counter, counter, sizeof(m->counter));
}

void tw_mmu_ctx(const struct tw_mmu *m, struct tw_ctx *ctx)
{
	*ctx = m->ctx;
}
