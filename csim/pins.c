// SPDX-License-Identifier: Apache-2.0
// The output pins and the whole contents as functions of the registers (docs/contract.md sections 2
// and 13), and the check of the model's own invariants. Invariant: nothing here changes a register.
#include <string.h>

#include "mmu_internal.h"

static void port_pins(const struct tw_mmu *m, unsigned int p, struct tw_mmu_out *o)
{
	const struct resp_fifo *f = &m->port[p].fifo;

	o->port[p].req_ready = port_ready(m, p);
	o->port[p].resp_valid = resp_fifo_valid(f);
	if (o->port[p].resp_valid) {
		o->port[p].resp_id = f->q[f->head].id;
		o->port[p].resp = f->q[f->head].resp;
	} else {
		o->port[p].resp_id = 0;
		o->port[p].resp = (struct tw_resp){0};
	}
	tw_tlb_fa_pins(&m->port[p].l1, m->cycle, m->vpn, &o->dbg_l1[p]);
}

static uint64_t walker_pins(const struct walkers *ws)
{
	unsigned int busy = ~ws->idle & ((1u << ws->n) - 1);
	uint64_t pins = 0;

	for (; busy; busy &= busy - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(busy);
		const struct walker *w = &ws->w[i];

		pins |= (uint64_t)(w->state | (unsigned int)w->killed << 3 |
				   (unsigned int)w->tainted << 4)
			<< 5 * i;
	}
	return pins;
}

static uint32_t miss_pins(const struct miss_queue *q)
{
	uint32_t pins = 0;

	for (unsigned int p = 0; p < TW_PORTS; p++) {
		unsigned int busy = ~q->port[p].in[MISS_FREE] & ((1u << q->n) - 1);

		for (; busy; busy &= busy - 1) {
			unsigned int i = (unsigned int)__builtin_ctz(busy);

			pins |= (uint32_t)q->port[p].e[i].state << 2 * (p * q->n + i);
		}
	}
	return pins;
}

const struct tw_mmu_out *tw_mmu_pins(const struct tw_mmu *mmu)
{
	// The copy of the pins is a cache; filling it changes no register.
	struct tw_mmu *m = (struct tw_mmu *)(uintptr_t)mmu;
	struct tw_mmu_out *o = &m->out;

	if (m->out_cycle == m->cycle + 1)
		return o;
	m->out_cycle = m->cycle + 1;
	for (unsigned int p = 0; p < TW_PORTS; p++)
		port_pins(m, p, o);
	tw_tlb_fa_pins(&m->l2.sp, m->cycle, m->vpn, &o->dbg_sp);
	tw_tlb_sa_pins(&m->l2.sa, m->cycle, m->vpn, o);
	tw_pwc_pins(&m->pwc, m->cycle, m->vpn, &o->dbg_pwc);
	tw_mem_arb_pins(&m->arb, &m->walkers, &m->load, o);
	o->fence_ready = m->fence.state == FENCE_IDLE;
	o->fence_done = m->fence.done;
	o->ctrl_ready = !m->ctrl.pending;
	o->ctrl_refused = m->ctrl.refused;
	o->events = m->counters.events;
	o->counter = m->counters.selected;
	o->dbg_fence = (uint8_t)m->fence.state;
	o->dbg_walker = walker_pins(&m->walkers);
	o->dbg_miss = miss_pins(&m->miss);
	o->idle = miss_queue_free(&m->miss) && walkers_idle(&m->walkers) &&
		  m->fence.state == FENCE_IDLE && !m->ctrl.pending && !m->port[0].fifo.count &&
		  !m->port[1].fifo.count;
	return o;
}

static void tlb_fa_array(const struct tlb_fa *t, uint64_t vpn, uint64_t (*out)[2])
{
	for (uint64_t v = t->valid; v; v &= v - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(v);

		tlb_entry_pack(&t->e[i], vpn, out[i]);
	}
}

void tw_mmu_get_arrays(const struct tw_mmu *m, struct tw_mmu_arrays *a)
{
	const struct tlb_sa *t = &m->l2.sa;

	memset(a, 0, sizeof(*a));
	for (unsigned int p = 0; p < TW_PORTS; p++)
		tlb_fa_array(&m->port[p].l1, m->vpn, a->l1[p]);
	tlb_fa_array(&m->l2.sp, m->vpn, a->sp);
	for (unsigned int i = 0; i < m->pwc.n; i++)
		if (m->pwc.valid >> i & 1)
			tw_pwc_entry_pack(&m->pwc.e[i], m->vpn, a->pwc[i]);
	for (unsigned int set = 0; set < t->sets; set++) {
		a->l2_valid[set] = t->valid[set];
		a->l2_plru[set] = t->plru[set];
		for (unsigned int w = 0; w < t->ways; w++)
			if (t->valid[set] >> w & 1)
				tlb_entry_pack(&t->e[set * t->ways + w], m->vpn, a->l2[set][w]);
	}
	memcpy(a->counter, m->counters.count, sizeof(a->counter));
}

// Each live walk has exactly one owner, and everybody who waits waits for a live walk of his page.
static const char *check_waiting(const struct tw_mmu *m)
{
	unsigned int owners[TW_MAX_WALKERS] = {0};

	for (unsigned int p = 0; p < TW_PORTS; p++) {
		for (unsigned int i = 0; i < m->miss.n; i++) {
			const struct miss_entry *e = &m->miss.port[p].e[i];
			const struct walker *w = &m->walkers.w[e->walker];

			if (e->state != MISS_WAIT)
				continue;
			if (w->state == WALKER_IDLE || w->killed)
				return "a miss waits for a walker that is not walking";
			if (!tlb_same_page(w->va, e->req.va))
				return "a miss waits for the walk of another page";
			if (e->owner && (w->port != p || w->entry != i))
				return "a walker has another owner than the miss that says so";
			owners[e->walker] += e->owner;
		}
	}
	for (unsigned int i = 0; i < m->walkers.n; i++) {
		const struct walker *w = &m->walkers.w[i];

		if (owners[i] != (w->state != WALKER_IDLE && !w->killed))
			return "a live walk does not have exactly one owner";
	}
	return NULL;
}

// Each mask has the entries or walkers of its states, and no others.
static const char *check_masks(const struct tw_mmu *m)
{
	for (unsigned int p = 0; p < TW_PORTS; p++)
		for (unsigned int i = 0; i < m->miss.n; i++)
			for (unsigned int state = MISS_FREE; state <= MISS_DONE; state++)
				if ((m->miss.port[p].e[i].state == state) !=
				    (m->miss.port[p].in[state] >> i & 1))
					return "a miss is in the mask of another state";
	for (unsigned int i = 0; i < m->walkers.n; i++) {
		enum walker_state state = m->walkers.w[i].state;
		bool asks = state == WALKER_REQ || state == WALKER_CAS_REQ;

		if ((m->walkers.idle >> i & 1) != (state == WALKER_IDLE) ||
		    (m->walkers.asking >> i & 1) != asks)
			return "a walker is in the mask of another state";
	}
	return NULL;
}

// The root loader works for a write that waits for it, with an entry to read.
static const char *check_root_load(const struct tw_mmu *m)
{
	if (m->load.state == ROOT_LOAD_IDLE)
		return NULL;
	if (!m->ctrl.pending || !m->ctrl.loads || !miss_queue_free(&m->miss))
		return "the root loader works though no write waits for it";
	return m->load.entry < tw_arch_root_entries(&m->load.next)
		       ? NULL
		       : "the root loader reads an entry that no root has";
}

const char *tw_mmu_check(const struct tw_mmu *m)
{
	const char *broken = NULL;

	for (unsigned int p = 0; !broken && p < TW_PORTS; p++)
		broken = tw_tlb_fa_check(&m->port[p].l1);
	if (!broken)
		broken = tw_tlb_fa_check(&m->l2.sp);
	if (!broken)
		broken = tw_tlb_sa_check(&m->l2.sa);
	if (!broken)
		broken = tw_pwc_check(&m->pwc);
	for (unsigned int p = 0; !broken && p < TW_PORTS; p++)
		if (m->port[p].fifo.count > RESP_QUEUE)
			broken = "a response queue overflowed";
	if (!broken)
		broken = check_waiting(m);
	if (!broken)
		broken = check_root_load(m);
	return broken ? broken : check_masks(m);
}
