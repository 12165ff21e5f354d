// SPDX-License-Identifier: Apache-2.0
// The random stimulus; see stimulus.h. The payload of an invalid group keeps its last value or is
// changed at random: the device must not care.
#include "stimulus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../csim/hw_driver.h"

#include "stim_ctrl.h"
#include "stim_mem.h"
#include "stim_phase.h"
#include "stim_probe.h"
#include "stim_tables.h"
#include "twinwalk/prng.h"

enum { HOT_MAX = 4096, AHEAD = 16 };

// Interfering events that are placed ahead of time: bits of ahead[].
enum snipe {
	SNIPE_FENCE_RECENT = 1 << 0,
	SNIPE_FENCE_ANY = 1 << 1,
	SNIPE_CANCEL_F = 1 << 2,
	SNIPE_CANCEL_D = 1 << 3,
	SNIPE_CANCEL_ID = 1 << 4,
	SNIPE_CTRL = 1 << 5,
	SNIPE_EDIT = 1 << 6,
	SNIPE_STALL = 1 << 7,
};

struct port {
	bool held; // the request on the pins was not taken yet
	uint8_t recent_id[4];
	unsigned int n_recent;
};

struct tw_stim {
	struct tw_prng rng;
	struct tw_stim_tables tables;
	struct tw_stim_mem mem;
	struct tw_stim_probe probe;
	struct tw_stim_ctrl ctrl;
	const struct tw_stim_phase *phase;
	uint32_t left; // cycles of this phase
	struct tw_config config;
	unsigned int l1_entries;
	bool quiet;
	uint8_t priv; // of this phase's ordinary requests
	struct port port[TW_PORTS];
	uint64_t recent_va[4]; // of accepted requests
	unsigned int n_recent_va;
	uint64_t hot[TW_STIM_SPACES][HOT_MAX];
	unsigned int n_hot;
	bool hot_due; // to be chosen when the forced control writes are made
	uint16_t ahead[AHEAD];
	unsigned int presets; // of the counters
	uint64_t now;
	uint64_t events[TW_EVENTS];
};

// A quiet end: everything is taken and answered, nothing is asked.
static const struct tw_stim_phase quiesced = {
	.name = "end",
	.resp_ready = {1024, 1024},
	.mem_ready = 1024,
	.lat_min = 1,
	.lat_max = 1,
};

// Tables that serve mostly one privilege: phases use mostly that one.
static void new_tables(struct tw_stim *s)
{
	unsigned int dirt = tw_prng_bits(&s->rng, 2) ? 16 + tw_prng_bits(&s->rng, 6)
						     : 128 + tw_prng_bits(&s->rng, 8);

	tw_stim_tables_fill(&s->tables, dirt, tw_prng_bits(&s->rng, 1) ? 950 : 80);
	tw_stim_ctrl_contexts(&s->ctrl);
}

static void new_phase(struct tw_stim *s)
{
	unsigned int total = 0, pick;

	for (unsigned int i = 0; i < tw_stim_phase_count; i++)
		total += tw_stim_phases[i].weight;
	pick = tw_prng_below(&s->rng, total);
	s->phase = tw_stim_phases;
	while (pick >= s->phase->weight) {
		pick -= s->phase->weight;
		s->phase++;
	}
	s->left = 256 + tw_prng_bits(&s->rng, 11);
	tw_stim_probe_restart(&s->probe);
	s->priv = s->tables.user > 512 ? TW_PRIV_U : TW_PRIV_S;
	if (!tw_prng_bits(&s->rng, 3))
		s->priv = (uint8_t)tw_prng_bits(&s->rng, 1);
	if (!tw_prng_bits(&s->rng, 3)) {
		new_tables(s);
		tw_stim_ctrl_force_all(&s->ctrl);
	} else if (!tw_prng_bits(&s->rng, 1)) {
		tw_stim_ctrl_force_all(&s->ctrl);
	}
	s->n_hot = s->phase->hot * s->l1_entries / 16;
	if (!s->n_hot)
		s->n_hot = 1;
	if (s->n_hot > HOT_MAX)
		s->n_hot = HOT_MAX;
	s->hot_due = true;
}

static bool translates(struct tw_stim *s, uint64_t va)
{
	const struct tw_mem mem = tw_stim_trial_mem(&s->tables);
	const struct tw_req req = {.va = va, .access = TW_LOAD, .priv = s->priv, .sum = true};
	struct tw_walk walk;

	return !tw_arch_walk(&s->ctrl.ctx, &mem, &req, &walk) && !walk.resp.fault;
}

// The I-th address of this phase, which may keep to the sets of the first few.
static uint64_t hot_candidate(struct tw_stim *s, unsigned int space, unsigned int i)
{
	const uint64_t index = UINT64_C(511) << 12;
	unsigned int sets = s->phase->sets;
	uint64_t va = tw_stim_tables_va(&s->tables, space);

	return sets && i >= sets ? (va & ~index) | (s->hot[space][i % sets] & index) : va;
}

// The addresses of this phase; if it prefers good ones, several are tried for each.
static void new_hot(struct tw_stim *s)
{
	bool judge = s->phase->good && tw_format_get(s->ctrl.ctx.format);

	for (unsigned int space = 0; space < TW_STIM_SPACES; space++) {
		for (unsigned int i = 0; i < s->n_hot; i++) {
			unsigned int tries = judge && space == s->ctrl.space ? 6 : 1;

			do {
				s->hot[space][i] = hot_candidate(s, space, i);
			} while (--tries && !translates(s, s->hot[space][i]));
		}
	}
	s->hot_due = false;
}

static uint64_t hot_va(struct tw_stim *s)
{
	return s->hot[s->ctrl.space][tw_prng_below(&s->rng, s->n_hot)];
}

// An offset in a page: any, or one of its edges.
static uint64_t any_offset(struct tw_prng *r)
{
	switch (tw_prng_bits(r, 3)) {
	case 0:
		return 0;
	case 1:
		return 0xfff;
	default:
		return tw_prng_bits(r, 12);
	}
}

static void new_request(struct tw_stim *s, unsigned int port, struct tw_mmu_in *in)
{
	const struct tw_stim_phase *ph = s->phase;
	struct tw_req *req = &in->port[port].req;
	struct tw_prng *r = &s->rng;

	in->port[port].req_id = (uint8_t)tw_prng_bits(r, 4);
	if (tw_prng_chance(r, ph->edge))
		req->va = tw_stim_tables_edge_va(&s->tables, s->ctrl.space);
	else if (tw_prng_chance(r, 30))
		req->va = tw_stim_tables_neighbour(&s->tables, s->ctrl.space, hot_va(s)) |
			  any_offset(r);
	else if (tw_prng_chance(r, 30))
		req->va = tw_stim_tables_sibling(&s->tables, s->ctrl.space,
						 s->recent_va[tw_prng_bits(r, 2)]);
	else
		req->va = hot_va(s) | any_offset(r);
	if (tw_prng_chance(r, ph->loose)) {
		req->access = (uint8_t)tw_prng_bits(r, 2);
		req->priv = (uint8_t)tw_prng_bits(r, 2);
		req->sum = tw_prng_bits(r, 1);
		req->mxr = tw_prng_bits(r, 1);
	} else {
		// The only port fetches too.
		bool fetch = port == TW_PORT_FETCH ||
			     (s->config.ports < TW_PORTS && tw_prng_chance(r, 300));

		req->access = fetch		       ? TW_FETCH
			      : tw_prng_chance(r, 600) ? TW_LOAD
			      : tw_prng_chance(r, 800) ? TW_STORE
						       : TW_RMW;
		req->priv = s->priv;
		req->sum = true;
		req->mxr = false;
	}
}

static void drive_port(struct tw_stim *s, unsigned int port, unsigned int snipes,
		       const struct tw_mmu_out *out, struct tw_mmu_in *in)
{
	const struct tw_stim_phase *ph = s->phase;
	struct port *p = &s->port[port];
	struct tw_prng *r = &s->rng;
	unsigned int cancel = port == TW_PORT_FETCH ? SNIPE_CANCEL_F : SNIPE_CANCEL_D;

	in->port[port].resp_ready =
		tw_prng_chance(r, ph->resp_ready[port]) && !(snipes & SNIPE_STALL);

	in->port[port].cancel_valid = false;
	if (snipes & (cancel | SNIPE_CANCEL_ID) || tw_prng_chance(r, ph->cancel)) {
		in->port[port].cancel_valid = true;
		in->port[port].cancel_all = snipes & cancel || !tw_prng_bits(r, 2);
		in->port[port].cancel_id = p->recent_id[tw_prng_bits(r, 2)];
		if (!tw_prng_bits(r, 3))
			in->port[port].cancel_id = (uint8_t)tw_prng_bits(r, 4);
	}

	// A request that is not taken may stay, change or vanish.
	if (!p->held || !tw_prng_bits(r, 4)) {
		in->port[port].req_valid = tw_prng_chance(r, ph->request[port]);
		if (in->port[port].req_valid)
			new_request(s, port, in);
	}
	p->held = in->port[port].req_valid;
	if (p->held && out->port[port].req_ready) {
		p->held = false;
		p->recent_id[p->n_recent++ % 4] = in->port[port].req_id;
		s->recent_va[s->n_recent_va++ % 4] = in->port[port].req.va;
	}
}

static void drive_fence(struct tw_stim *s, unsigned int snipes, const struct tw_mmu_out *out,
			struct tw_mmu_in *in)
{
	struct tw_prng *r = &s->rng;
	bool wanted = snipes & (SNIPE_FENCE_RECENT | SNIPE_FENCE_ANY) ||
		      tw_prng_chance(r, s->phase->fence);
	uint64_t va;

	// Operands change whether or not a fence is presented or was taken in the last cycle.
	in->fence_valid = wanted;
	if (!wanted && !out->fence_done && tw_prng_bits(r, 2))
		return;
	in->fence_by_addr = snipes & SNIPE_FENCE_RECENT || tw_prng_bits(r, 1);
	in->fence_by_asid = tw_prng_bits(r, 1);
	in->fence_global = tw_prng_bits(r, 1);
	in->fence_asid = tw_prng_bits(r, 2)   ? s->ctrl.ctx.asid
			 : tw_prng_bits(r, 1) ? tw_stim_near_asid(r, s->ctrl.ctx.asid)
					      : tw_stim_any_asid(r);
	va = tw_prng_bits(r, 1) ? s->recent_va[tw_prng_bits(r, 2)] : hot_va(s);
	switch (tw_prng_bits(r, 3)) {
	case 0:
		in->fence_va = tw_stim_tables_sibling(&s->tables, s->ctrl.space, va);
		break;
	case 1:
	case 2:
		in->fence_va = tw_stim_tables_neighbour(&s->tables, s->ctrl.space, va);
		break;
	default:
		in->fence_va = va | tw_prng_bits(r, 12);
		break;
	}
	if (wanted && tw_prng_chance(r, 20))
		in->fence_va = tw_stim_tables_edge_va(&s->tables, s->ctrl.space);
}

static void count_events(struct tw_stim *s, uint32_t events)
{
	while (events) {
		s->events[__builtin_ctz(events)]++;
		events &= events - 1;
	}
}

void tw_stim_drive(struct tw_stim *s, const struct tw_mmu_out *out, struct tw_mmu_in *in)
{
	uint16_t *here = &s->ahead[s->now % AHEAD];
	unsigned int occasions = 0, snipes;

	if (!s->quiet && !s->left--)
		new_phase(s);
	if (s->hot_due && !s->ctrl.n_forced)
		new_hot(s);
	count_events(s, out->events);
	occasions += tw_stim_mem_drive(&s->mem, &s->tables, s->phase, out, in);
	occasions += (out->events >> TW_EV_WALK_START & 1) + out->fence_done;
	while (occasions--)
		if (tw_prng_chance(&s->rng, s->phase->snipe))
			s->ahead[(s->now + tw_prng_bits(&s->rng, 3)) % AHEAD] |=
				(uint16_t)(1u << tw_prng_bits(&s->rng, 3));
	snipes = *here;
	*here = 0;
	s->now++;

	if (s->phase->probe) {
		tw_stim_probe_drive(&s->probe, out, in);
	} else {
		drive_port(s, TW_PORT_FETCH, snipes, out, in);
		drive_port(s, TW_PORT_DATA, snipes, out, in);
		drive_fence(s, snipes, out, in);
		tw_stim_ctrl_drive(&s->ctrl, snipes & SNIPE_CTRL, s->phase->ctrl, out, in);
	}
	tw_stim_ctrl_note(&s->ctrl, out, in);
	if (snipes & SNIPE_EDIT)
		tw_stim_tables_edit_at(&s->tables, tw_stim_mem_recent(&s->mem, &s->rng));
	if (tw_prng_chance(&s->rng, s->phase->edit))
		tw_stim_tables_edit(&s->tables);
	in->counter_sel = (uint8_t)tw_prng_bits(&s->rng, 5);

	// A reset of several cycles now and then; inputs are ignored in it. Afterwards the
	// registers hold their reset values: usually they are written again.
	if (in->rst)
		in->rst = !tw_prng_bits(&s->rng, 1);
	else if (s->phase->reset)
		in->rst = tw_prng_bits(&s->rng, 16) < s->phase->reset;
	if (in->rst) {
		tw_ctx_reset(&s->ctrl.ctx);
		tw_stim_mem_reset(&s->mem);
		s->port[0].held = s->port[1].held = false;
		if (tw_prng_bits(&s->rng, 3))
			tw_stim_ctrl_force_all(&s->ctrl);
	}
}

int tw_stim_create(const struct tw_config *config, uint64_t seed, struct tw_stim **stim)
{
	struct tw_stim *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	tw_prng_seed(&s->rng, seed);
	err = tw_stim_tables_init(&s->tables, config, &s->rng);
	if (err) {
		free(s);
		return err;
	}
	s->config = *config;
	s->ctrl.tables = &s->tables;
	s->ctrl.config = &s->config;
	s->ctrl.rng = &s->rng;
	err = tw_stim_probe_init(&s->probe, config, &s->tables);
	if (err) {
		tw_stim_tables_exit(&s->tables);
		free(s);
		return err;
	}
	s->l1_entries = config->l1_entries[TW_PORT_DATA];
	tw_ctx_reset(&s->ctrl.ctx);
	new_tables(s);
	new_phase(s);
	tw_stim_ctrl_force_all(&s->ctrl);
	new_hot(s);
	*stim = s;
	return 0;
}

void tw_stim_destroy(struct tw_stim *s)
{
	if (!s)
		return;
	tw_stim_probe_exit(&s->probe);
	tw_stim_tables_exit(&s->tables);
	free(s);
}

void tw_stim_counters(struct tw_stim *s, uint64_t counter[TW_EVENTS])
{
	for (unsigned int i = 0; i < TW_EVENTS; i++) {
		unsigned int bit = (s->presets + 2 * i) % 65; // 64: the next event wraps
		uint64_t ones = bit < 64 ? (UINT64_C(1) << bit) - 1 : UINT64_MAX;

		counter[i] = (tw_prng_u64(&s->rng) & ~(2 * ones + 1)) | ones;
	}
	s->presets++;
}

void tw_stim_quiesce(struct tw_stim *s)
{
	s->quiet = true;
	s->phase = &quiesced;
	s->ctrl.n_forced = 0;
	memset(s->ahead, 0, sizeof(s->ahead));
}

void tw_stim_observe(struct tw_stim *s, const struct tw_stim_observer *observer)
{
	s->tables.observer = *observer;
}

struct tw_pmem *tw_stim_memory(const struct tw_stim *s)
{
	return s->tables.pmem;
}

const uint64_t *tw_stim_events(const struct tw_stim *s)
{
	return s->events;
}

unsigned int tw_stim_probes(const struct tw_stim *s, unsigned int *untried)
{
	*untried = 0;
	for (unsigned int i = 0; i < s->probe.combinations; i++)
		*untried += !s->probe.done[i];
	return s->probe.combinations;
}
