// SPDX-License-Identifier: Apache-2.0
// The output pins and the whole contents as functions of the registers (docs/contract.md sections 2
// and 13), and the check of the model's own invariants. Invariant: nothing here changes a register.
#include <string.h>

#include "step.h"

static void port_pins(const struct tw_mmu *m, unsigned int p, struct tw_mmu_out *o)
{
	const struct resp_fifo *f = &m->fifo[p];

	o->port[p].req_ready = tw_port_ready(m, p);
	o->port[p].resp_valid = tw_resp_fifo_valid(f);
	if (o->port[p].resp_valid) {
		o->port[p].resp_id = f->q[f->head].id;
		o->port[p].resp = f->q[f->head].resp;
	} else {
		o->port[p].resp_id = 0;
		o->port[p].resp = (struct tw_resp){0};
	}
}

void tw_mmu_mem_pins(const struct tw_mmu *m, struct tw_mmu_out *o)
{
	int i = mem_arb_select(&m->arb, &m->walkers);
	const struct walker *w = &m->walkers.w[i < 0 ? 0 : i];

	o->mem_req_valid = i >= 0;
	o->mem_req_id = i < 0 ? 0 : (uint8_t)i;
	o->mem_req_addr = i < 0 ? 0 : w->addr;
	o->mem_req_cas = i >= 0 && w->state == WALK_CAS_REQ;
	o->mem_req_expected = o->mem_req_cas ? w->expected : 0;
	o->mem_req_desired = o->mem_req_cas ? w->desired : 0;
}

static void tlb_fa_pins(const struct tlb_fa *t, uint64_t cycle, struct tw_dbg_array *o)
{
	*o = (struct tw_dbg_array){.valid = t->valid, .plru = t->plru};
	if (strobe(t->written.at, cycle)) {
		o->write = true;
		o->index = (uint8_t)t->written.index;
		tw_tlb_entry_pack(&t->e[t->written.index], o->entry);
	}
}

static void pwc_pins(const struct pwc *p, uint64_t cycle, struct tw_dbg_array *o)
{
	*o = (struct tw_dbg_array){.valid = p->valid, .plru = p->plru};
	if (strobe(p->written.at, cycle)) {
		o->write = true;
		o->index = (uint8_t)p->written.index;
		tw_pwc_entry_pack(&p->e[p->written.index], o->entry);
	}
}

static void l2_pins(const struct tw_mmu *m, struct tw_mmu_out *o)
{
	const struct tlb_sa *t = &m->l2;

	memset(&o->dbg_l2, 0, sizeof(o->dbg_l2));
	if (strobe(m->dbg_l2.write_at, m->cycle)) {
		o->dbg_l2.write = true;
		o->dbg_l2.set = (uint16_t)m->dbg_l2.set;
		o->dbg_l2.way = (uint8_t)m->dbg_l2.way;
		tw_tlb_entry_pack(&t->e[m->dbg_l2.set * t->ways + m->dbg_l2.way], o->dbg_l2.entry);
	}
	if (strobe(m->dbg_l2.inv_at, m->cycle)) {
		o->dbg_l2.inv = true;
		o->dbg_l2.inv_set = (uint16_t)m->dbg_l2.inv_set;
		o->dbg_l2.inv_mask = (uint8_t)m->dbg_l2.inv_mask;
	}
	o->dbg_l2.clear = strobe(m->dbg_l2.clear_at, m->cycle);
	if (strobe(m->dbg_l2.touch_at, m->cycle)) {
		o->dbg_l2.touch = true;
		o->dbg_l2.touch_set = (uint16_t)m->dbg_l2.touch_set;
		o->dbg_l2.plru = t->plru[m->dbg_l2.touch_set];
	}
}

static bool fifos_empty(const struct tw_mmu *m)
{
	return !m->fifo[0].count && !m->fifo[1].count;
}

const struct tw_mmu_out *tw_mmu_pins(const struct tw_mmu *mmu)
{
	// The copy of the pins is a cache; filling it changes no register.
	struct tw_mmu *m = (struct tw_mmu *)(uintptr_t)mmu;
	struct tw_mmu_out *o = &m->out;

	if (m->pins_fresh)
		return o;
	m->pins_fresh = true;
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		port_pins(m, p, o);
		tlb_fa_pins(&m->l1[p], m->cycle, &o->dbg_l1[p]);
	}
	tlb_fa_pins(&m->sp, m->cycle, &o->dbg_sp);
	pwc_pins(&m->pwc, m->cycle, &o->dbg_pwc);
	l2_pins(m, o);
	tw_mmu_mem_pins(m, o);
	o->fence_ready = m->fence.state == FENCE_IDLE;
	o->fence_done = m->fence.done;
	o->ctrl_ready = !m->ctrl.pending;
	o->events = m->events;
	o->counter = m->counter_q;
	o->dbg_fence = (uint8_t)m->fence.state;
	o->dbg_walker = 0;
	o->dbg_miss = 0;
	o->idle = fifos_empty(m) && !m->ctrl.pending && m->fence.state == FENCE_IDLE;
	for (unsigned int i = 0; i < m->walkers.n; i++) {
		const struct walker *w = &m->walkers.w[i];
		unsigned int bits = w->state;

		if (w->state != WALK_IDLE) {
			bits |= (unsigned int)w->killed << 3 | (unsigned int)w->tainted << 4;
			o->idle = false;
		}
		o->dbg_walker |= (uint64_t)bits << 5 * i;
	}
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		for (unsigned int i = 0; i < m->miss.n; i++) {
			enum miss_state state = m->miss.port[p].e[i].state;

			o->dbg_miss |= (uint32_t)state << 2 * (p * m->miss.n + i);
			o->idle &= state == MISS_FREE;
		}
	}
	return o;
}

void tw_mmu_arrays(const struct tw_mmu *m, struct tw_mmu_arrays *a)
{
	memset(a, 0, sizeof(*a));
	for (unsigned int p = 0; p < TW_PORTS; p++)
		for (unsigned int i = 0; i < m->l1[p].n; i++)
			if (m->l1[p].valid >> i & 1)
				tw_tlb_entry_pack(&m->l1[p].e[i], a->l1[p][i]);
	for (unsigned int i = 0; i < m->sp.n; i++)
		if (m->sp.valid >> i & 1)
			tw_tlb_entry_pack(&m->sp.e[i], a->sp[i]);
	for (unsigned int i = 0; i < m->pwc.n; i++)
		if (m->pwc.valid >> i & 1)
			tw_pwc_entry_pack(&m->pwc.e[i], a->pwc[i]);
	for (unsigned int set = 0; set < m->l2.sets; set++) {
		a->l2_valid[set] = m->l2.valid[set];
		a->l2_plru[set] = m->l2.plru[set];
		for (unsigned int w = 0; w < m->l2.ways; w++)
			if (m->l2.valid[set] >> w & 1)
				tw_tlb_entry_pack(&m->l2.e[set * m->l2.ways + w], a->l2[set][w]);
	}
	memcpy(a->counter, m->counter, sizeof(a->counter));
}

static bool fa_disjoint(const struct tlb_fa *t)
{
	for (unsigned int i = 0; i < t->n; i++)
		for (unsigned int j = 0; j < i; j++)
			if (t->valid >> i & t->valid >> j & 1 && tlb_overlap(&t->e[i], &t->e[j]))
				return false;
	return true;
}

static bool sa_disjoint(const struct tlb_sa *t)
{
	for (unsigned int set = 0; set < t->sets; set++) {
		const struct tlb_entry *e = &t->e[set * t->ways];
		unsigned int v = t->valid[set];

		for (unsigned int i = 0; i < t->ways; i++) {
			if (v >> i & 1 && tlb_sa_set(t, e[i].va) != set)
				return false;
			for (unsigned int j = 0; j < i; j++)
				if (v >> i & v >> j & 1 && tlb_overlap(&e[i], &e[j]))
					return false;
		}
	}
	return true;
}

static bool pwc_disjoint(const struct pwc *p)
{
	for (unsigned int i = 0; i < p->n; i++) {
		const struct pwc_entry *a = &p->e[i];

		for (unsigned int j = 0; j < i; j++) {
			const struct pwc_entry *b = &p->e[j];

			if (p->valid >> i & p->valid >> j & 1 && a->ws.level == b->ws.level &&
			    a->asid == b->asid && a->va == b->va)
				return false;
		}
	}
	return true;
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
			if (w->state == WALK_IDLE || w->killed)
				return "a miss waits for a walker that is not walking";
			if ((w->va ^ e->req.va) >> 12)
				return "a miss waits for the walk of another page";
			if (e->owner && (w->port != p || w->entry != i))
				return "a walker has another owner than the miss that says so";
			owners[e->walker] += e->owner;
		}
	}
	for (unsigned int i = 0; i < m->walkers.n; i++) {
		const struct walker *w = &m->walkers.w[i];

		if (owners[i] != (w->state != WALK_IDLE && !w->killed))
			return "a live walk does not have exactly one owner";
	}
	return NULL;
}

const char *tw_mmu_check(const struct tw_mmu *m)
{
	if (!fa_disjoint(&m->l1[TW_PORT_FETCH]))
		return "two entries of the L1 fetch TLB overlap";
	if (!fa_disjoint(&m->l1[TW_PORT_DATA]))
		return "two entries of the L1 data TLB overlap";
	if (!fa_disjoint(&m->sp))
		return "two entries of the L2's superpage part overlap";
	if (!sa_disjoint(&m->l2))
		return "two entries of an L2 set overlap, or one is in the wrong set";
	if (!pwc_disjoint(&m->pwc))
		return "two walk cache entries are the same";
	for (unsigned int p = 0; p < TW_PORTS; p++)
		if (m->fifo[p].count > RESP_QUEUE)
			return "a response queue overflowed";
	return check_waiting(m);
}
