// SPDX-License-Identifier: Apache-2.0
// See stim_mem.h.
#include "stim_mem.h"

enum { UNASKED = 24 }; // of 1024: cycles without an answer, in which nobody asked for one

static void answer(struct tw_stim_mem *m, unsigned int id, struct tw_mmu_in *in)
{
	in->mem_resp_valid = true;
	in->mem_resp_id = (uint8_t)id;
	in->mem_resp_data = m->slot[id].data;
	in->mem_resp_err = m->slot[id].err;
	m->slot[id].busy = false;
	m->busy--;
}

// Picks a slot whose time has come: the oldest, or any; TW_STIM_SLOTS if there is none.
static unsigned int choose(struct tw_stim_mem *m, struct tw_prng *rng, bool in_order)
{
	unsigned int best = TW_STIM_SLOTS, oldest = TW_STIM_SLOTS, ready = 0;

	for (unsigned int i = 0; i < TW_STIM_SLOTS; i++) {
		if (!m->slot[i].busy)
			continue;
		if (m->slot[i].wait)
			m->slot[i].wait--;
		if (oldest == TW_STIM_SLOTS || m->slot[i].order < m->slot[oldest].order)
			oldest = i;
		if (!m->slot[i].wait && !tw_prng_below(rng, ++ready))
			best = i;
	}
	if (in_order)
		return oldest < TW_STIM_SLOTS && !m->slot[oldest].wait ? oldest : TW_STIM_SLOTS;
	return best;
}

static void accept(struct tw_stim_mem *m, struct tw_stim_tables *t,
		   const struct tw_stim_phase *phase, const struct tw_mmu_out *out)
{
	unsigned int id = out->mem_req_id % TW_STIM_SLOTS;
	struct tw_mem_op op;
	uint64_t data = 0;
	bool err = tw_prng_chance(t->rng, phase->mem_error);

	m->recent[m->n_recent++ % TW_STIM_RECENT] = out->mem_req_addr;
	tw_mem_op_of(out, &op);
	err = err || tw_mem_serve(t->pmem, &op, &data) != 0;
	if (t->observer.transaction) {
		struct tw_mem_event ev;

		tw_mem_event_of(&op, data, err, &ev);
		t->observer.transaction(t->observer.user, &ev);
	}
	if (err)
		data = tw_prng_u64(t->rng);
	if (!m->slot[id].busy)
		m->busy++;
	m->slot[id].busy = true;
	m->slot[id].err = err;
	m->slot[id].data = data;
	m->slot[id].order = m->order++;
	m->slot[id].wait = phase->lat_min;
	if (phase->lat_max > phase->lat_min)
		m->slot[id].wait += tw_prng_below(t->rng, phase->lat_max - phase->lat_min + 1u);
}

// An answer that nobody asked for: to any number, or to one that differs from that of a walker
// which waits in a single bit.
static void answer_unasked(struct tw_stim_mem *m, struct tw_prng *rng, struct tw_mmu_in *in)
{
	unsigned int id = tw_prng_bits(rng, 4);

	if (m->slot[id].busy)
		id ^= 1u << tw_prng_bits(rng, 2);
	if (m->slot[id].busy)
		return;
	in->mem_resp_valid = true;
	in->mem_resp_id = (uint8_t)id;
	in->mem_resp_data = tw_prng_u64(rng);
	in->mem_resp_err = tw_prng_bits(rng, 1);
}

bool tw_stim_mem_drive(struct tw_stim_mem *m, struct tw_stim_tables *t,
		       const struct tw_stim_phase *phase, const struct tw_mmu_out *out,
		       struct tw_mmu_in *in)
{
	bool event = false;
	unsigned int id;

	in->mem_resp_valid = false;
	if (m->busy) {
		id = choose(m, t->rng, phase->in_order);
		if (id < TW_STIM_SLOTS) {
			answer(m, id, in);
			event = true;
		}
	}
	if (!in->mem_resp_valid && tw_prng_chance(t->rng, UNASKED))
		answer_unasked(m, t->rng, in);
	in->mem_req_ready = tw_prng_chance(t->rng, phase->mem_ready);
	if (out->mem_req_valid) {
		if (out->mem_req_cas && tw_prng_chance(t->rng, phase->race)) {
			if (tw_prng_bits(t->rng, 1))
				tw_stim_tables_flip(t, out->mem_req_addr);
			else
				tw_stim_tables_edit_at(t, out->mem_req_addr);
		}
		if (in->mem_req_ready) {
			accept(m, t, phase, out);
			event = true;
		}
	}
	return event;
}

void tw_stim_mem_reset(struct tw_stim_mem *m)
{
	for (unsigned int i = 0; i < TW_STIM_SLOTS; i++)
		m->slot[i].busy = false;
	m->busy = 0;
}

uint64_t tw_stim_mem_recent(struct tw_stim_mem *m, struct tw_prng *rng)
{
	return m->recent[tw_prng_bits(rng, 3) % TW_STIM_RECENT];
}
