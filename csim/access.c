// SPDX-License-Identifier: Apache-2.0
// Runs the model until one access completes. When nothing is in flight and the L1 hits, or the
// request needs no table, the outcome of the tick is written directly; when all that happens is
// waiting for memory, the waiting is skipped. Invariant: every register, the bus and the cycle
// count end as by ticking (tests/unit/test_short_cut.c compares them).
#include <errno.h>
#include <string.h>

#include "membus_internal.h"
#include "step.h"

void tw_mmu_set_short_cut(struct tw_mmu *m, bool on)
{
	m->short_cut = on;
}

// One cycle passes: what each tick changes.
static inline void begin_cycle(struct tw_mmu *m, struct tw_membus *bus)
{
	m->cycle++;
	m->pins_fresh = false;
	bus->cycle++;
}

// All that leaves and comes in a cycle with at most one response in each queue.
static inline void drain(struct tw_mmu *m)
{
	resp_fifo_drain(&m->fifo[0]);
	resp_fifo_drain(&m->fifo[1]);
}

// A queue from which one response at most leaves with the next tick.
static inline bool drains(const struct resp_fifo *f)
{
	return !f->count || (f->count == 1 && !f->q[f->head].dead);
}

// A request that needs no walk.
static inline void answer(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
			  const struct port_decision *d)
{
	begin_cycle(m, bus);
	if (d->hit >= 0)
		tlb_fa_touch(&m->l1[port], (unsigned int)d->hit);
	drain(m);
	resp_fifo_push(&m->fifo[port], 0, &d->resp);
	count_events(m, UINT32_C(1) << d->event, 0);
}

static void memory_answer(struct tw_mmu *m, struct tw_membus *bus, struct tw_mmu_in *in)
{
	const struct walker *w = &m->walkers.w[0];
	bool cas = w->state == WALK_CAS_REQ;
	uint64_t wait = bus->opts.latency_min - 1u;

	in->mem_resp_data = tw_membus_transact(bus, bus->cycle, w->addr, cas, w->expected,
					       w->desired, &in->mem_resp_err);
	begin_cycle(m, bus);
	walker_set(&m->walkers, 0, cas ? WALK_CAS_WAIT : WALK_WAIT);
	count_events(m, UINT32_C(1) << (cas ? TW_EV_MEM_CAS : TW_EV_MEM_READ), 0);
	m->cycle += wait;
	bus->cycle += wait;
}

// A miss with nothing else in flight: the lookup and the walk, stepped by the same functions as in
// a tick, but only in the cycles and the blocks in which something happens. It has the first entry
// of the miss queue and the first walker to itself.
static void miss_alone(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
		       const struct tw_req *req, unsigned int event_bit)
{
	struct miss_port *mp = &m->miss.port[port];
	struct tw_mmu_in in = {.mem_resp_valid = true};
	struct step s = {.in = &in};
	struct walk_answer a;

	begin_cycle(m, bus);
	drain(m);
	tw_miss_allocate(mp, 0, 0, req);
	count_events(m, UINT32_C(1) << event_bit, 0);

	begin_cycle(m, bus);
	s.lookup[port] = 1;
	s.l1_plru[port] = m->l1[port].plru;
	m->fence.last_was_sweep = false;
	s.sp_plru = m->sp.plru;
	tw_lookup_step(m, &s);
	count_events(m, s.events, 0);
	if (!s.completes) {
		m->arb.ptr = 1;
		m->arb.locked_id = 0;
	}
	while (!s.completes) {
		memory_answer(m, bus, &in);
		begin_cycle(m, bus);
		s.events = 0;
		s.sp_plru = m->sp.plru;
		s.pwc_plru = m->pwc.plru;
		tw_walker_plan(m, &s, &a);
		tw_walker_apply(m, &s, &a);
		count_events(m, s.events, 0);
	}
	miss_set(mp, 0, MISS_FREE);
	resp_fifo_push(&m->fifo[port], 0, &s.resp);
}

// The whole access at once, if nothing else is in flight: true if so.
static bool access_alone(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
			 const struct tw_req *req)
{
	struct port_decision d;

	if (!m->quiet || !bus->fixed || bus->count || !drains(&m->fifo[0]) || !drains(&m->fifo[1]))
		return false;
	port_decide(m, port, req, &d);
	if (d.outcome == PORT_ANSWER)
		answer(m, bus, port, &d);
	else
		miss_alone(m, bus, port, req, d.event);
	return true;
}

// Cycles in which nothing happens but waiting for memory: 0 if something else does.
static uint64_t waiting(const struct tw_mmu *m, const struct tw_membus *bus)
{
	uint64_t n = tw_membus_quiet(bus);

	if (!n || n == UINT64_MAX || m->fifo[0].count || m->fifo[1].count || m->ctrl.pending ||
	    m->fence.state != FENCE_IDLE || m->fence.done || m->walkers.asking)
		return 0;
	for (unsigned int p = 0; p < TW_PORTS; p++)
		if (m->miss.port[p].mask[MISS_LOOKUP] || m->miss.port[p].mask[MISS_DONE] ||
		    m->miss.port[p].want)
			return 0;
	return n;
}

static void tick_with_bus(struct tw_mmu *m, struct tw_membus *bus, struct tw_mmu_in *in)
{
	struct tw_mmu_out out;

	tw_mmu_mem_pins(m, &out);
	tw_membus_drive(bus, in);
	tw_membus_tick(bus, &out, in);
	tw_mmu_tick(m, in);
}

// Cycle by cycle.
static int access_ticking(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
			  const struct tw_req *req)
{
	const struct resp_fifo *f = &m->fifo[port];
	struct tw_mmu_in in = {0};
	uint64_t start = m->cycle;
	bool presented = true;

	in.port[TW_PORT_FETCH].resp_ready = in.port[TW_PORT_DATA].resp_ready = true;
	in.port[port].req = *req;
	in.port[port].req_valid = true;
	do {
		bool taken = presented && tw_port_ready(m, port);
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
	return 0;
}

int tw_mmu_access(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
		  const struct tw_req *req, struct tw_resp *resp, uint64_t *cycles)
{
	const struct resp_fifo *f = &m->fifo[port];
	uint64_t start = m->cycle;

	if (!m->short_cut || !access_alone(m, bus, port, req)) {
		int err;

		// At most the response of the access before this one is there, about to leave.
		if (miss_busy(&m->miss, port) || !drains(f))
			return -EBUSY;
		err = access_ticking(m, bus, port, req);
		if (err)
			return err;
	}
	*resp = f->q[f->head].resp;
	if (cycles)
		*cycles = m->cycle - start;
	return 0;
}
