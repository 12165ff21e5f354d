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

// The beginning and the end of a cycle, for everything that each tick changes.
static inline void begin_cycle(struct tw_mmu *m)
{
	if (m->dbg_dirty)
		tw_mmu_clear_strobes(m);
}

static inline void end_cycle(struct tw_mmu *m, struct tw_membus *bus, uint32_t events)
{
	m->counter_q = m->counter[0];
	m->events = events;
	for (; events; events &= events - 1)
		m->counter[__builtin_ctz(events)]++;
	m->cycle++;
	m->pins_fresh = false;
	bus->cycle++;
}

static inline void pop(struct resp_fifo *f)
{
	if (f->count) {
		f->head = (uint8_t)((f->head + 1) % RESP_QUEUE);
		f->count--;
	}
}

// A queue from which one response at most leaves with the next tick.
static inline bool drains(const struct resp_fifo *f)
{
	return !f->count || (f->count == 1 && !f->q[f->head].dead);
}

// The most common case of all, an L1 hit that was checked before, without a call: true if it is
// one.
static inline bool hit_at_once(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
			       const struct tw_req *req)
{
	struct tlb_fa *l1 = &m->l1[port];
	uint64_t vpn = vpn_of(req->va), low;
	unsigned int i = l1->hint[vpn % TLB_HINTS];
	const struct tlb_entry *e = &l1->e[i];
	unsigned int kind = access_kind(req), ev;
	struct resp_fifo *f = &m->fifo[port];
	struct resp_entry *out;

	if (!(l1->valid >> i & 1) || !tlb_match(e, vpn, m->ctx.asid) ||
	    !(e->known & e->allowed & 1u << kind) || req->priv == TW_PRIV_M || !m->va_shift ||
	    (uint64_t)((int64_t)(req->va << m->va_shift) >> m->va_shift) != req->va)
		return false;
	tlb_fa_touch(l1, i);
	pop(&m->fifo[0]);
	pop(&m->fifo[1]);
	out = &f->q[(f->head + f->count++) % RESP_QUEUE];
	out->id = 0;
	out->dead = false;
	low = ~(e->mask << 12);
	out->resp.pa = (e->ppn << 12 & ~low) | (req->va & low);
	out->resp.fault_va = 0;
	out->resp.size = e->size;
	out->resp.fault = 0;
	out->resp.cause = 0;
	out->resp.attr = e->rights.attr;
	out->resp.global = e->rights.g;
	ev = TW_EV_L1F_HIT + 4 * port + size_class(e->size);
	begin_cycle(m);
	end_cycle(m, bus, UINT32_C(1) << ev);
	return true;
}

static void memory_answer(struct tw_mmu *m, struct tw_membus *bus, struct tw_mmu_in *in)
{
	const struct walker *w = &m->walkers.w[0];
	bool cas = w->state == WALK_CAS_REQ;
	uint64_t wait = bus->opts.latency_min - 1u;

	begin_cycle(m);
	in->mem_resp_data = tw_membus_transact(bus, bus->cycle, w->addr, cas, w->expected,
					       w->desired, &in->mem_resp_err);
	walker_set(&m->walkers, 0, cas ? WALK_CAS_WAIT : WALK_WAIT);
	end_cycle(m, bus, UINT32_C(1) << (cas ? TW_EV_MEM_CAS : TW_EV_MEM_READ));
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

	begin_cycle(m);
	pop(&m->fifo[0]);
	pop(&m->fifo[1]);
	tw_miss_allocate(mp, 0, 0, req);
	end_cycle(m, bus, UINT32_C(1) << event_bit);

	s.lookup[port] = 1;
	s.l1_plru[port] = m->l1[port].plru;
	m->fence.last_was_sweep = false;
	s.sp_plru = m->sp.plru;
	tw_lookup_step(m, &s);
	end_cycle(m, bus, s.events);
	if (!s.completes) {
		m->arb.ptr = 1;
		m->arb.locked_id = 0;
	}
	while (!s.completes) {
		memory_answer(m, bus, &in);
		s.events = 0;
		s.sp_plru = m->sp.plru;
		s.pwc_plru = m->pwc.plru;
		tw_walker_plan(m, &s, &a);
		tw_walker_apply(m, &s, &a);
		end_cycle(m, bus, s.events);
	}
	miss_set(mp, 0, MISS_FREE);
	resp_fifo_push(&m->fifo[port], 0, &s.resp);
}

// The whole access at once, if nothing else is in flight: true if so.
static bool access_alone(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
			 const struct tw_req *req)
{
	struct port_decision d;

	if (!m->quiet || !bus->fixed || bus->count || !drains(&m->fifo[0]) ||
	    !drains(&m->fifo[1]) || m->arb.locked)
		return false;
	if (hit_at_once(m, bus, port, req))
		return true;
	tw_port_decide(m, port, req, &d);
	if (d.outcome != PORT_ANSWER) {
		miss_alone(m, bus, port, req, d.event);
		return true;
	}
	if (d.hit >= 0)
		tlb_fa_touch(&m->l1[port], (unsigned int)d.hit);
	pop(&m->fifo[0]);
	pop(&m->fifo[1]);
	resp_fifo_push(&m->fifo[port], 0, &d.resp);
	begin_cycle(m);
	end_cycle(m, bus, UINT32_C(1) << d.event);
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
