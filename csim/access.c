// SPDX-License-Identifier: Apache-2.0
// Runs the model until one access completes. When nothing is in flight and the L1 hits, or the
// request needs no table, the outcome of the tick is written directly; when all that happens is
// waiting for memory, the waiting is skipped. Invariant: every register, the bus and the cycle count
// end as by ticking (tests/unit/test_short_cut.c compares them).
#include <errno.h>
#include <string.h>

#include "membus_internal.h"
#include "step.h"

void tw_mmu_set_short_cut(struct tw_mmu *m, bool on)
{
	m->short_cut = on;
}

// The effect of a tick on everything that holds still for one cycle.
static inline void pass_cycle(struct tw_mmu *m, uint32_t events)
{
	if (m->dbg_dirty)
		tw_mmu_clear_strobes(m);
	m->counter_q = m->counter[0];
	m->events = events;
	m->cycle++;
	m->pins_fresh = false;
}

static inline void pop(struct resp_fifo *f)
{
	if (f->count) {
		f->head = (uint8_t)((f->head + 1) % RESP_QUEUE);
		f->count--;
	}
}

// One cycle in which a request is accepted and answered, if it can be: true if so.
static bool answer_at_once(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
			   const struct tw_req *req)
{
	struct port_decision d;

	port_decide(m, port, req, &d);
	if (d.outcome != PORT_ANSWER)
		return false;
	if (d.hit >= 0)
		tlb_fa_touch(&m->l1[port], (unsigned int)d.hit);
	pop(&m->fifo[0]);
	pop(&m->fifo[1]);
	resp_fifo_push(&m->fifo[port], 0, &d.resp);
	pass_cycle(m, UINT32_C(1) << d.event);
	m->counter[d.event]++;
	bus->cycle++;
	return true;
}

// Cycles in which nothing happens but waiting for memory: 0 if something else does.
static uint64_t waiting(const struct tw_mmu *m, const struct tw_membus *bus)
{
	uint64_t n = tw_membus_quiet(bus);
	bool walks = false;

	if (!n || n == UINT64_MAX || m->fifo[0].count || m->fifo[1].count || m->ctrl.pending ||
	    m->fence.state != FENCE_IDLE || m->fence.done)
		return 0;
	for (unsigned int i = 0; i < m->cfg.walkers; i++) {
		enum walker_state st = m->walker[i].state;

		if (st == WALK_REQ || st == WALK_CAS_REQ)
			return 0;
		walks |= st != WALK_IDLE;
	}
	for (unsigned int p = 0; p < TW_PORTS; p++)
		for (unsigned int i = 0; i < m->miss.n; i++)
			if (m->miss.port[p].e[i].state == MISS_LOOKUP ||
			    m->miss.port[p].e[i].state == MISS_DONE)
				return 0;
	return walks ? n : 0;
}

static void tick_with_bus(struct tw_mmu *m, struct tw_membus *bus, struct tw_mmu_in *in)
{
	tw_membus_drive(bus, in);
	tw_membus_tick(bus, tw_mmu_pins(m), in);
	tw_mmu_tick(m, in);
}

int tw_mmu_access(struct tw_mmu *m, struct tw_membus *bus, unsigned int port,
		  const struct tw_req *req, struct tw_resp *resp, uint64_t *cycles)
{
	const struct resp_fifo *f = &m->fifo[port];
	struct tw_mmu_in in;
	uint64_t start = m->cycle;
	bool presented = true;

	// At most the response of the access before this one is there, about to leave.
	if (!m->quiet && miss_mask(&m->miss, port, MISS_FREE) != (1u << m->miss.n) - 1)
		return -EBUSY;
	if (f->count > 1)
		return -EBUSY;
	if (m->short_cut && m->quiet && bus->fixed && !bus->count && m->fifo[!port].count <= 1 &&
	    !m->fifo[!port].q[m->fifo[!port].head].dead && !f->q[f->head].dead &&
	    answer_at_once(m, bus, port, req))
		goto answered;
	memset(&in, 0, sizeof(in));
	in.port[TW_PORT_FETCH].resp_ready = in.port[TW_PORT_DATA].resp_ready = true;
	in.port[port].req = *req;
	in.port[port].req_valid = true;
	do {
		bool taken = presented && port_ready(m, port);
		uint64_t n = presented || !m->short_cut ? 0 : waiting(m, bus);

		if (n) {
			m->cycle += n - 1;
			pass_cycle(m, 0);
			tw_membus_skip(bus, n);
		}
		tick_with_bus(m, bus, &in);
		if (taken)
			presented = in.port[port].req_valid = false;
		if (m->cycle - start > TW_ACCESS_LIMIT)
			return -ETIMEDOUT;
	} while (presented || !f->count);
answered:
	*resp = f->q[f->head].resp;
	if (cycles)
		*cycles = m->cycle - start;
	return 0;
}
