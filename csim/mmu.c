// SPDX-License-Identifier: Apache-2.0
// The whole MMU: one tick is one clock edge (docs/contract.md). This file connects the blocks. A
// tick first finds out what each block sees and decides in the cycle, from the registers and the
// pins alone; then the blocks write their registers, each its own. Invariant: nothing that is
// decided rests on a register that this tick has written.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mmu_internal.h"

static void reset(struct tw_mmu *m)
{
	tw_ctrl_reset(&m->ctrl, &m->cfg);
	for (unsigned int p = 0; p < TW_PORTS; p++)
		tw_port_reset(&m->port[p], m->cfg.l1_entries[p]);
	tw_miss_queue_reset(&m->miss, m->cfg.miss_entries);
	tw_l2_reset(&m->l2, &m->cfg);
	tw_pwc_reset(&m->pwc, m->cfg.pwc_entries);
	tw_walkers_reset(&m->walkers, m->cfg.walkers);
	m->load = (struct root_load){.state = ROOT_LOAD_IDLE};
	m->arb = (struct mem_arb){0};
	m->fence = (struct fence){0};
	m->counters = (struct counters){0};
	m->quiet = m->short_cut;
}

int tw_mmu_create(const struct tw_config *cfg, struct tw_mmu **mmu)
{
	struct tw_widths widths;
	struct tw_mmu *m;

	if (tw_config_check(cfg, NULL, 0))
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->cfg = *cfg;
	m->first_port = TW_PORTS - cfg->ports;
	tw_config_widths(cfg, &widths);
	m->vpn = ((UINT64_C(1) << widths.vpn) - 1) << 12;
	m->asid = (uint16_t)((1u << cfg->asid_bits) - 1);
	m->short_cut = true;
	if (tw_l2_init(&m->l2, cfg)) {
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
	tw_l2_free(&m->l2);
	free(m);
}

// What is decided in one cycle: the signals between the blocks.
struct cycle {
	const struct tw_mmu_in *in;
	uint32_t events;
	unsigned int free[TW_PORTS];	    // miss queue entries in FREE
	bool misses_free;		    // all of them
	const struct tw_req *req[TW_PORTS]; // with the address that is translated
	struct tw_req narrow[TW_PORTS];
	struct port_decision request[TW_PORTS];
	struct miss_view view;
	bool taken, swept, finish; // a fence: taken, has the port of the L2, in FINISH
	struct tlb_scope scope;	   // of the fence that is taken
	struct walk_answer answer;
	unsigned int answered; // the walker
	bool keep;	       // what it has found
	uint64_t pwc_plru;     // at the start of the cycle
	struct lookup lookup;
	struct completion done;
	struct tlb_entry page;		// the entry that a walk has found, or the page to kill
	bool kill;			// it
	const struct tlb_entry *insert; // into the L1 of done.port; NULL: nothing
	struct miss_push push[TW_PORTS];
	int request_of; // walker whose memory request is presented, the root loader, or -1
	struct root_loaded loaded;
	bool applies; // the pending control write
};

// --- What is decided -----------------------------------------------------------------------------

// Section 4.
static void decide_request(struct tw_mmu *m, struct cycle *c, unsigned int p)
{
	const struct tw_req *req = &c->in->port[p].req;

	c->request[p].outcome = PORT_NONE;
	c->request[p].event = 0;
	if (resp_fifo_valid(&m->port[p].fifo) && !c->in->port[p].resp_ready)
		c->events |= EVENT(TW_EV_RESP_STALL);
	if (!c->in->port[p].req_valid)
		return;
	if (!port_ready(m, p)) {
		c->events |= EVENT(TW_EV_REQ_STALL);
		return;
	}
	if (ctrl_va(&m->ctrl, req->va) != req->va) {
		c->narrow[p] = *req;
		c->narrow[p].va = ctrl_va(&m->ctrl, req->va);
		req = &c->narrow[p];
	}
	c->req[p] = req;
	port_decide(&m->port[p], p, &m->ctrl, req, &c->request[p]);
	c->events |= EVENT(c->request[p].event);
}

// Section 8.
static void decide_answer(const struct tw_mmu *m, struct cycle *c)
{
	int i = walkers_answered(&m->walkers, c->in);
	const struct walker *w;
	const struct tw_req *req;

	c->answer.act = ACT_NONE;
	if (i < 0)
		return;
	w = &m->walkers.w[i];
	req = &m->miss.port[w->port].e[w->entry].req;
	walker_answer(w, &m->ctrl, req, c->in->mem_resp_data, c->in->mem_resp_err,
		      c->view.kill >> i & 1, &c->answer);
	c->answered = (unsigned int)i;
	c->keep = mmu_keeps(m, c->answer.act) &&
		  (c->answer.act == ACT_FILL ? !c->taken : !w->tainted && !c->finish);
	if (c->answer.act != ACT_FILL || c->keep)
		c->events |= walk_events(c->answer.act);
	if (!walk_ends(c->answer.act))
		return;
	c->done.valid = true;
	c->done.port = w->port;
	c->done.entry = w->entry;
	c->done.walker = i;
	tw_walker_complete(w, &c->answer, &m->ctrl, req, &c->done.resp, &c->page);
	c->kill = c->answer.act == ACT_FAULT;
	if (c->answer.act == ACT_OK && c->keep)
		c->insert = &c->page;
}

// Section 7.
static void decide_lookup(struct tw_mmu *m, struct cycle *c)
{
	struct lookup *lk = &c->lookup;

	tw_miss_queue_lookup(&m->miss, &c->view, &m->ctrl, &m->l2, &m->pwc, &m->walkers, lk);
	c->events |= tw_lookup_events(lk);
	if (lk->outcome != LOOKUP_HIT && lk->outcome != LOOKUP_ROOTLESS)
		return;
	c->done.valid = true;
	c->done.port = lk->port;
	c->done.entry = lk->entry;
	c->done.walker = -1;
	if (lk->outcome == LOOKUP_HIT) {
		tlb_answer(lk->l2.e, lk->req, &c->done.resp);
		c->insert = lk->l2.e;
		return;
	}
	mmu_rootless(m, lk->req, &c->done.resp, &c->page);
	c->kill = true;
}

// The port of the L2: a walk's end, FINISH, a sweep, a lookup.
static void decide_l2_port(struct tw_mmu *m, struct cycle *c)
{
	bool pending = lookup_pending(&c->view);

	c->swept = m->fence.state == FENCE_SWEEP && !c->done.valid &&
		   !(pending && m->miss.last_was_sweep);
	c->lookup.outcome = LOOKUP_NONE;
	if (pending && !c->done.valid && !c->finish && !c->swept)
		decide_lookup(m, c);
}

static unsigned int request_event(const struct tw_mmu *m, unsigned int i)
{
	return i == m->walkers.n ? TW_EV_MEM_READ : walker_request_event(&m->walkers.w[i]);
}

static void decide(struct tw_mmu *m, struct cycle *c)
{
	c->events = 0;
	c->misses_free = miss_queue_free(&m->miss);
	miss_queue_view(&m->miss, c->in, &c->view);
	c->taken = fence_takes(&m->fence, c->in);
	if (c->taken)
		tw_fence_scope(c->in, &m->ctrl, m->vpn, m->asid, &c->scope);
	c->finish = m->fence.state == FENCE_FINISH;
	c->done.valid = false;
	c->insert = NULL;
	c->kill = false;
	c->pwc_plru = m->pwc.plru;
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		c->free[p] = m->miss.port[p].in[MISS_FREE];
		decide_request(m, c, p);
	}
	decide_answer(m, c);
	decide_l2_port(m, c);
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		c->push[p].resp = NULL;
		if (resp_fifo_space(&m->port[p].fifo) && (c->view.done[p] || c->done.valid))
			tw_miss_queue_push(&m->miss, &c->view, &c->done, p, &c->push[p]);
	}
	c->request_of = mem_arb_select(&m->arb, &m->walkers, &m->load);
	if (c->request_of >= 0 && c->in->mem_req_ready)
		c->events |= EVENT(request_event(m, (unsigned int)c->request_of));
	if (c->finish)
		c->events |= EVENT(TW_EV_FENCE);
	root_load_answer(&m->load, c->in, m->walkers.n, &c->loaded);
	c->applies = c->loaded.ends || ctrl_applies(&m->ctrl, c->misses_free);
	if (c->applies)
		c->events |= EVENT(TW_EV_CTRL);
}

// --- The clock edge ------------------------------------------------------------------------------

// Section 5: what leaves; then a completion, then the request stage's answer.
static void clock_responses(struct tw_mmu *m, const struct cycle *c)
{
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		const struct tw_mmu_in *in = c->in;
		struct resp_fifo *f = &m->port[p].fifo;

		if (f->count)
			tw_resp_fifo_clock(f, in->port[p].resp_ready, in->port[p].cancel_valid,
					   in->port[p].cancel_all, in->port[p].cancel_id);
		if (c->push[p].resp)
			*resp_fifo_push(f, c->push[p].id) = *c->push[p].resp;
		if (c->request[p].outcome != PORT_NONE)
			port_push(&m->port[p], in->port[p].req_id, c->req[p], &c->request[p]);
	}
}

// A walker takes over a walk-cache entry before the walk cache changes.
static void clock_lookup(struct tw_mmu *m, const struct lookup *lk)
{
	if (lk->outcome == LOOKUP_HIT) {
		tw_l2_touch(&m->l2, &lk->l2, m->cycle);
	} else if (lk->outcome == LOOKUP_START) {
		bool cached = lk->pwc >= 0;

		walker_start(&m->walkers.w[lk->walker], lk->port, lk->entry, lk->req->va,
			     cached ? &m->pwc.e[lk->pwc] : NULL, &m->ctrl);
		walkers_update(&m->walkers, lk->walker);
		if (cached)
			pwc_touch(&m->pwc, (unsigned int)lk->pwc);
	}
}

void tw_mmu_kill(struct tw_mmu *m, const struct tlb_entry *page)
{
	tw_tlb_fa_kill(&m->port[TW_PORT_FETCH].l1, page);
	tw_tlb_fa_kill(&m->port[TW_PORT_DATA].l1, page);
	tw_l2_kill(&m->l2, page, m->cycle);
	tw_pwc_kill(&m->pwc, page->va, page->asid);
}

void tw_mmu_learn(struct tw_mmu *m, const struct walker *w, const struct walk_answer *a,
		  const struct tlb_entry *page, bool keep, uint64_t pwc_plru)
{
	if (a->act == ACT_FILL && keep) {
		struct pwc_fill fill;

		tw_walker_fill(w, a, &m->ctrl, &fill);
		tw_pwc_fill(&m->pwc, &fill, pwc_plru, m->cycle);
	} else if (a->act == ACT_OK && keep) {
		tw_l2_insert(&m->l2, page, m->cycle);
	}
}

static void clock_answer(struct tw_mmu *m, const struct cycle *c)
{
	struct walker *w;

	// Without an answer there is no walker that got it.
	if (c->answer.act == ACT_NONE)
		return;
	w = &m->walkers.w[c->answered];
	tw_mmu_learn(m, w, &c->answer, &c->page, c->keep, c->pwc_plru);
	walker_act(w, &c->answer, &m->ctrl);
	walkers_update(&m->walkers, c->answered);
}

static void clock_fence(struct tw_mmu *m, const struct cycle *c)
{
	struct fence *f = &m->fence;

	if (f->state == FENCE_IDLE && !c->taken && !f->done)
		return;
	if (c->swept)
		tw_l2_sweep(&m->l2, f->set, &f->scope, m->cycle);
	if (c->finish) {
		tw_tlb_fa_invalidate(&m->port[TW_PORT_FETCH].l1, &f->scope);
		tw_tlb_fa_invalidate(&m->port[TW_PORT_DATA].l1, &f->scope);
		tw_l2_finish(&m->l2, &f->scope, m->cycle);
	}
	if (c->taken) {
		tw_pwc_clear(&m->pwc);
		tw_walkers_taint(&m->walkers);
	}
	tw_fence_clock(f, c->taken ? &c->scope : NULL, c->swept, m->l2.sa.sets);
}

// Section 3.
static void clock_ctrl(struct tw_mmu *m, const struct cycle *c)
{
	bool granted, clear;

	if (!m->ctrl.pending && !m->ctrl.refused && !c->in->ctrl_valid)
		return;
	granted = c->request_of >= 0 && (unsigned int)c->request_of == m->walkers.n &&
		  c->in->mem_req_ready;
	tw_root_load_clock(&m->load, &m->ctrl, &m->cfg, c->misses_free, granted, &c->loaded);
	clear = tw_ctrl_clock(&m->ctrl, &m->cfg, c->in, c->applies, &c->loaded);
	for (unsigned int p = 0; c->applies && p < TW_PORTS; p++)
		tw_port_forget(&m->port[p]);
	if (!clear)
		return;
	tw_tlb_fa_clear(&m->port[TW_PORT_FETCH].l1);
	tw_tlb_fa_clear(&m->port[TW_PORT_DATA].l1);
	tw_l2_clear(&m->l2, m->cycle);
	tw_pwc_clear(&m->pwc);
}

bool tw_mmu_is_quiet(const struct tw_mmu *m)
{
	return m->short_cut && miss_queue_free(&m->miss) && walkers_idle(&m->walkers) &&
	       !m->ctrl.pending && !m->ctrl.refused && m->fence.state == FENCE_IDLE &&
	       resp_fifo_drains(&m->port[0].fifo) && resp_fifo_drains(&m->port[1].fifo);
}

static void clock_edge(struct tw_mmu *m, const struct cycle *c)
{
	clock_responses(m, c);
	for (unsigned int p = 0; p < TW_PORTS; p++)
		port_clock(&m->port[p], &c->request[p],
			   c->insert && c->done.port == p ? c->insert : NULL, m->cycle);
	clock_lookup(m, &c->lookup);
	clock_answer(m, c);
	if (c->request_of >= 0) {
		unsigned int i = (unsigned int)c->request_of;

		mem_arb_clock(&m->arb, i, c->in->mem_req_ready);
		if (c->in->mem_req_ready && i < m->walkers.n) {
			walker_grant(&m->walkers.w[i]);
			walkers_update(&m->walkers, i);
		}
	}
	if (c->kill)
		tw_mmu_kill(m, &c->page);
	if (c->view.kill)
		tw_walkers_kill(&m->walkers, c->view.kill);
	tw_miss_queue_clock(&m->miss, &c->view, &c->lookup, c->swept, &c->done, c->push);
	for (unsigned int p = 0; p < TW_PORTS; p++)
		if (c->request[p].outcome == PORT_MISS)
			tw_miss_queue_allocate(&m->miss, p, (unsigned int)__builtin_ctz(c->free[p]),
					       c->in->port[p].req_id, c->req[p]);
	clock_fence(m, c);
	clock_ctrl(m, c);
	counters_clock(&m->counters, c->events, c->in->counter_sel);
}

void tw_mmu_tick(struct tw_mmu *m, const struct tw_mmu_in *in)
{
	struct tw_mmu_in one_port;
	struct cycle c;

	m->cycle++;
	if (in->rst) {
		reset(m);
		return;
	}
	c.in = in;
	if (m->cfg.ports == 1) {
		one_port = *in;
		memset(&one_port.port[TW_PORT_FETCH], 0, sizeof(one_port.port[TW_PORT_FETCH]));
		c.in = &one_port;
	}
	decide(m, &c);
	clock_edge(m, &c);
	m->quiet = tw_mmu_is_quiet(m);
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
	return ev < TW_EVENTS ? m->counters.count[ev] : 0;
}

void tw_mmu_counters(const struct tw_mmu *m, uint64_t counter[TW_EVENTS])
{
	memcpy(counter, m->counters.count, sizeof(m->counters.count));
}

void tw_mmu_preset_counters(struct tw_mmu *m, const uint64_t counter[TW_EVENTS])
{
	memcpy(m->counters.count, counter, sizeof(m->counters.count));
}

void tw_mmu_ctx(const struct tw_mmu *m, struct tw_ctx *ctx)
{
	*ctx = m->ctrl.ctx;
}
