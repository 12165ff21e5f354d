// SPDX-License-Identifier: Apache-2.0
// Runs the model until one access completes. When nothing else is in flight, only the blocks in
// which something happens take part in a cycle, and cycles in which all wait for memory are
// skipped; each block does what it does in a tick. Invariant: every register, the bus and the cycle
// count end as by ticking (tests/unit/test_short_cut.c compares them).
#include <errno.h>

#include "mem/membus_internal.h"
#include "mmu_internal.h"

void tw_mmu_set_short_cut(struct tw_mmu *m, bool on)
{
	m->short_cut = on;
	m->quiet = tw_mmu_is_quiet(m);
}

// --- Nothing else in flight ----------------------------------------------------------------------

static inline void next_cycle(struct tw_mmu *m, struct tw_membus *bus)
{
	m->cycle++;
	fence_pass(&m->fence);
	bus->cycle++;
}

// Takes the response of the access before.
static inline void drain(struct tw_mmu *m)
{
	resp_fifo_drain(&m->port[0].fifo);
	resp_fifo_drain(&m->port[1].fifo);
}

// The walk of a miss, by the first walker; from the cycle of the lookup to that of the completion.
static void walk_alone(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
		       const struct tw_req *req, struct tlb_entry *page, struct walk_answer *a,
		       struct tw_resp *resp)
{
	uint64_t wait = bus->opts.latency_min - 1u;
	int from = tw_pwc_find(&m->pwc, req->va, m->ctrl.ctx.asid);
	struct walker *w = &m->walkers.w[0];
	bool ends, keep;

	walker_start(w, port, 0, req->va, from < 0 ? NULL : &m->pwc.e[from], &m->ctrl);
	counters_add(&m->counters, TW_EV_WALK_START);
	if (from >= 0) {
		counters_add(&m->counters, TW_EV_PWC_START);
		pwc_touch(&m->pwc, (unsigned int)from);
	}
	do {
		bool err = false;
		uint64_t data;

		if (w->state != WALKER_REQ || !membus_read(bus, w->addr & ~UINT64_C(7), &data)) {
			struct tw_mem_op op;

			walker_request(w, 0, &op);
			data = tw_membus_transact(bus, &op, &err);
		}
		counters_add(&m->counters, walker_request_event(w));
		walker_grant(w);
		m->cycle += wait + 2;
		bus->cycle += wait + 2;

		walker_answer(w, &m->ctrl, req, data, err, false, a);
		keep = mmu_keeps(m, a->act);
		for (uint32_t e = keep ? walk_events(a->act) : 0; e; e &= e - 1)
			counters_add(&m->counters, (unsigned int)__builtin_ctz(e));
		ends = walk_ends(a->act);
		if (ends)
			tw_walker_complete(w, a, &m->ctrl, req, resp, page);
		tw_mmu_learn(m, w, a, page, keep, m->pwc.plru);
		walker_act(w, a, &m->ctrl);
	} while (!ends);
	mem_arb_clock(&m->arb, 0, true);
	if (a->act == ACT_FAULT)
		tw_mmu_kill(m, page);
}

// A miss: it has the first entry of the miss queue to itself.
static void miss_alone(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
		       const struct tw_req *req, struct tw_resp *resp)
{
	struct port *p = &m->port[port];
	const struct tlb_entry *e = NULL;
	struct tlb_entry page;
	struct l2_hit l2;
	uint32_t events;
	bool hit, walked;

	next_cycle(m, bus);
	hit = tw_l2_find(&m->l2, req->va, m->ctrl.ctx.asid, &l2) &&
	      tlb_usable(l2.e, &m->ctrl.ctx, req);
	walked = !hit;
	if (hit) {
		unsigned int event = event_of_size(TW_EV_L2_HIT, l2.e->resp.size);

		e = l2.e;
		tlb_answer(e, req, resp);
		tw_l2_touch(&m->l2, &l2, m->cycle);
		counters_add(&m->counters, event);
		events = EVENT(event);
	} else if (!ctrl_has_root(&m->ctrl, req->va)) {
		mmu_rootless(m, req, resp, &page);
		tw_mmu_kill(m, &page);
		events = 0;
		walked = false;
	} else {
		struct walk_answer a;

		walk_alone(m, bus, port, req, &page, &a, resp);
		if (a.act == ACT_OK)
			e = &page;
		events = walk_events(a.act);
	}
	counters_show(&m->counters, events);
	miss_queue_pass(&m->miss, port, walked);
	if (e)
		port_insert(p, e, p->l1.plru, m->cycle);
	*resp_fifo_push(&p->fifo, 0) = *resp;
}

// A request that is not known to hit.
static void request_alone(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
			  const struct tw_req *request, struct tw_resp *resp)
{
	struct port *p = &m->port[port];
	struct tw_req req = *request;
	struct port_decision d;

	req.va = ctrl_va(&m->ctrl, req.va);
	tw_port_decide(p, port, &m->ctrl, &req, &d);
	next_cycle(m, bus);
	drain(m);
	counters_show(&m->counters, EVENT(d.event));
	counters_add(&m->counters, d.event);
	if (d.outcome == PORT_MISS) {
		miss_alone(m, bus, port, &req, resp);
		return;
	}
	port_push(p, 0, &req, &d);
	port_clock(p, &d, NULL, m->cycle);
	*resp = p->fifo.q[p->fifo.head].resp;
}

// --- Cycle by cycle ------------------------------------------------------------------------------

// Cycles in which nothing happens but waiting for memory: 0 if something else does.
static uint64_t waiting(const struct tw_mmu *m, const struct tw_membus *bus)
{
	uint64_t n = tw_membus_quiet(bus);

	if (!n || n == UINT64_MAX || m->port[0].fifo.count || m->port[1].fifo.count ||
	    m->ctrl.pending || m->fence.state != FENCE_IDLE || m->fence.done || m->walkers.asking)
		return 0;
	for (unsigned int p = 0; p < TW_PORTS; p++)
		if (m->miss.port[p].in[MISS_LOOKUP] || m->miss.port[p].in[MISS_DONE] ||
		    m->miss.port[p].want)
			return 0;
	return n;
}

static void tick_with_bus(struct tw_mmu *m, struct tw_membus *bus, struct tw_mmu_in *in)
{
	struct tw_mmu_out out;

	tw_mem_arb_pins(&m->arb, &m->walkers, &m->load, &out);
	tw_membus_drive(bus, in);
	tw_membus_tick(bus, &out, in);
	tw_mmu_tick(m, in);
}

static int access_ticking(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
			  const struct tw_req *req, struct tw_resp *resp)
{
	const struct resp_fifo *f = &m->port[port].fifo;
	struct tw_mmu_in in = {0};
	uint64_t start = m->cycle;
	bool presented = true;

	// At most the response of the access before this one is there, about to leave.
	if (!miss_port_free(&m->miss, port) || !resp_fifo_drains(f))
		return -EBUSY;
	in.port[TW_PORT_FETCH].resp_ready = in.port[TW_PORT_DATA].resp_ready = true;
	in.port[port].req = *req;
	in.port[port].req_valid = true;
	do {
		bool taken = presented && port_ready(m, port);
		uint64_t n = presented || !m->short_cut ? 0 : waiting(m, bus);

		if (n) {
			tw_membus_skip(bus, n);
			m->cycle += n;
		}
		tick_with_bus(m, bus, &in);
		if (taken)
			presented = in.port[port].req_valid = false;
		if (m->cycle - start > TW_ACCESS_LIMIT)
			return -ETIMEDOUT;
	} while (presented || !f->count);
	*resp = f->q[f->head].resp;
	return 0;
}

static __attribute__((noinline)) int access_slow(struct tw_mmu *m, struct tw_membus *bus,
						 unsigned int port, const struct tw_req *req,
						 struct tw_resp *resp, uint64_t *cycles)
{
	uint64_t start = m->cycle;
	int err = 0;

	if (port < m->first_port)
		return -EINVAL;
	if (m->quiet && bus->fixed && !bus->count)
		request_alone(m, bus, port, req, resp);
	else
		err = access_ticking(m, bus, port, req, resp);
	if (!err && cycles)
		*cycles = m->cycle - start;
	return err;
}

bool tw_mmu_command(struct tw_mmu *m, struct tw_membus *bus, const struct tw_mmu_in *command)
{
	static const struct tw_mmu_in idle = {.port = {{.resp_ready = true}, {.resp_ready = true}},
					      .mem_req_ready = true};
	struct tw_mmu_in in = *command;

	if (!m->quiet || !bus->fixed || bus->count)
		return false;
	do {
		if (m->load.state != ROOT_LOAD_IDLE) {
			tick_with_bus(m, bus, &in);
		} else {
			bus->cycle++;
			tw_mmu_tick(m, &in);
		}
		in = idle;
	} while (m->ctrl.pending || m->fence.state != FENCE_IDLE);
	return true;
}

// Nearly all accesses are known hits: everything about them is here, and nothing else.
int tw_mmu_access(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
		  const struct tw_req *req, struct tw_resp *resp, uint64_t *cycles)
{
	struct port *p = &m->port[port];
	unsigned int i = p->hint[port_hint(req->va)];
	const struct tlb_entry *e = &p->l1.e[i];
	unsigned int event;

	if (__builtin_expect(!port_grants(e, req) || !m->quiet || !bus->fixed || bus->count, 0))
		return access_slow(m, bus, port, req, resp, cycles);
	next_cycle(m, bus);
	drain(m);
	event = port_hit_event(port, e);
	counters_show(&m->counters, EVENT(event));
	counters_add(&m->counters, event);
	tlb_answer(e, req, resp_fifo_push(&p->fifo, 0));
	tlb_answer(e, req, resp); // again: to read what was just written is slower
	tlb_fa_touch(&p->l1, i);
	if (cycles)
		*cycles = 1;
	return 0;
}
