// SPDX-License-Identifier: Apache-2.0
// The random stimulus; see stimulus.h. The payload of an invalid group keeps its last value or is
// changed at random: the device must not care.
#include "stimulus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../csim/hw_driver.h"

#include "stim_mem.h"
#include "stim_phase.h"
#include "stim_probe.h"
#include "stim_tables.h"
#include "twinwalk/prng.h"

enum { CONTEXTS = 10, HOT_MAX = 4096, AHEAD = 16, FORCED = 4 };

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
	bool hot_due;		 // to be chosen when the forced control writes are made
	uint64_t root[CONTEXTS]; // values of the ROOT register
	unsigned int space;	 // of the last ROOT written
	struct tw_ctx before;	 // the control registers before the last ROOT was written
	struct tw_ctx ctx;	 // the control registers
	struct {
		uint8_t addr;
		uint64_t data;
	} forced[FORCED]; // control writes to be made before others
	unsigned int n_forced;
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

static uint16_t any_asid(struct tw_prng *r)
{
	switch (tw_prng_bits(r, 3)) {
	case 0:
		return 0xffff;
	case 1:
		return (uint16_t)(1u << tw_prng_bits(r, 4));
	case 2:
	case 3:
		return (uint16_t)tw_prng_bits(r, 2);
	default:
		return (uint16_t)tw_prng_bits(r, 16);
	}
}

// One bit apart.
static uint16_t near_asid(struct tw_prng *r, uint16_t asid)
{
	return (uint16_t)(asid ^ 1u << tw_prng_bits(r, 4));
}

static void new_contexts(struct tw_stim *s)
{
	uint16_t common = any_asid(&s->rng);

	for (unsigned int i = 0; i < CONTEXTS; i++) {
		unsigned int space = tw_prng_bits(&s->rng, 1);
		uint64_t root = tw_stim_tables_root(&s->tables, space);
		// Some share an ASID or differ in one bit of it.
		uint16_t asid = any_asid(&s->rng);

		if (i < CONTEXTS / 2)
			asid = i & 1 ? near_asid(&s->rng, common) : common;
		s->root[i] = tw_stim_tables_root_reg(s->tables.space[space].format, root, asid);
	}
	s->root[CONTEXTS - 1] &= ~UINT64_C(0) >> 4; // bare
}

static uint64_t any_root(struct tw_stim *s)
{
	// The bare context is rare: it translates nothing. So is another format: it empties all
	// TLBs.
	unsigned int n = tw_prng_chance(&s->rng, 60) ? CONTEXTS : CONTEXTS - 1;
	unsigned int tries = 1 + tw_prng_bits(&s->rng, 2);
	uint64_t root;

	do {
		root = s->root[tw_prng_below(&s->rng, n)];
	} while (--tries && root >> 60 != s->ctx.format);
	return root;
}

// Flags with which most things are allowed.
static uint64_t any_flags(struct tw_stim *s)
{
	static const uint16_t chance[12] = {640, 700, 820, 500, 600, 820,
					    400, 400, 700, 820, 400, 512};
	uint64_t flags = 0;

	for (unsigned int i = 0; i < 12; i++)
		flags |= (uint64_t)tw_prng_chance(&s->rng, chance[i]) << i;
	return flags;
}

static uint64_t any_pkru(struct tw_stim *s)
{
	return tw_prng_sparse(&s->rng);
}

static uint64_t any_phys(struct tw_stim *s)
{
	// One beyond the range on each side is refused.
	return tw_prng_bits(&s->rng, 2) ? 52 : 35 + tw_prng_below(&s->rng, 19);
}

static void force(struct tw_stim *s, enum tw_ctrl_reg reg, uint64_t data)
{
	if (s->n_forced == FORCED)
		return;
	s->forced[s->n_forced].addr = (uint8_t)reg;
	s->forced[s->n_forced].data = data;
	s->n_forced++;
}

static void force_all(struct tw_stim *s)
{
	s->n_forced = 0;
	force(s, TW_CTRL_FLAGS, any_flags(s));
	force(s, TW_CTRL_PKRU, any_pkru(s));
	force(s, TW_CTRL_PHYS, any_phys(s));
	force(s, TW_CTRL_ROOT, any_root(s));
}

// Tables that serve mostly one privilege: phases use mostly that one.
static void new_tables(struct tw_stim *s)
{
	unsigned int dirt = tw_prng_bits(&s->rng, 2) ? 16 + tw_prng_bits(&s->rng, 6)
						     : 128 + tw_prng_bits(&s->rng, 8);

	tw_stim_tables_fill(&s->tables, dirt, tw_prng_bits(&s->rng, 1) ? 950 : 80);
	new_contexts(s);
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
		force_all(s);
	} else if (!tw_prng_bits(&s->rng, 1)) {
		force_all(s);
	}
	s->n_hot = s->phase->hot * s->l1_entries / 16;
	if (!s->n_hot)
		s->n_hot = 1;
	if (s->n_hot > HOT_MAX)
		s->n_hot = HOT_MAX;
	s->hot_due = true;
}

static int mem_read64(void *user, uint64_t pa, uint64_t *value)
{
	return tw_pmem_read64(user, pa, value);
}

// Reports success and changes nothing: the walk is only a trial.
static int mem_cas(void *user, uint64_t pa, unsigned int bytes, uint64_t expected, uint64_t desired,
		   uint64_t *old)
{
	(void)user;
	(void)pa;
	(void)bytes;
	(void)desired;
	*old = expected;
	return 0;
}

static bool translates(struct tw_stim *s, uint64_t va)
{
	const struct tw_mem mem = {s->tables.pmem, mem_read64, mem_cas};
	const struct tw_req req = {.va = va, .access = TW_LOAD, .priv = s->priv, .sum = true};
	struct tw_walk walk;

	return !tw_arch_walk(&s->ctx, &mem, &req, &walk) && !walk.resp.fault;
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
	bool judge = s->phase->good && tw_format_get(s->ctx.format);

	for (unsigned int space = 0; space < TW_STIM_SPACES; space++) {
		for (unsigned int i = 0; i < s->n_hot; i++) {
			unsigned int tries = judge && space == s->space ? 6 : 1;

			do {
				s->hot[space][i] = hot_candidate(s, space, i);
			} while (--tries && !translates(s, s->hot[space][i]));
		}
	}
	s->hot_due = false;
}

static uint64_t hot_va(struct tw_stim *s)
{
	return s->hot[s->space][tw_prng_below(&s->rng, s->n_hot)];
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
		req->va = tw_stim_tables_edge_va(&s->tables, s->space);
	else if (tw_prng_chance(r, 30))
		req->va = tw_stim_tables_neighbour(&s->tables, s->space, hot_va(s)) | any_offset(r);
	else if (tw_prng_chance(r, 30))
		req->va = tw_stim_tables_sibling(&s->tables, s->space,
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
	in->fence_asid = tw_prng_bits(r, 2)   ? s->ctx.asid
			 : tw_prng_bits(r, 1) ? near_asid(r, s->ctx.asid)
					      : any_asid(r);
	va = tw_prng_bits(r, 1) ? s->recent_va[tw_prng_bits(r, 2)] : hot_va(s);
	switch (tw_prng_bits(r, 3)) {
	case 0:
		in->fence_va = tw_stim_tables_sibling(&s->tables, s->space, va);
		break;
	case 1:
	case 2:
		in->fence_va = tw_stim_tables_neighbour(&s->tables, s->space, va);
		break;
	default:
		in->fence_va = va | tw_prng_bits(r, 12);
		break;
	}
	if (wanted && tw_prng_chance(r, 20))
		in->fence_va = tw_stim_tables_edge_va(&s->tables, s->space);
}

static void any_ctrl(struct tw_stim *s, struct tw_mmu_in *in)
{
	struct tw_prng *r = &s->rng;

	in->ctrl_addr = TW_CTRL_ROOT;
	switch (tw_prng_bits(r, 4)) {
	case 0:
		in->ctrl_addr = TW_CTRL_PHYS;
		in->ctrl_data = tw_prng_bits(r, 1) ? any_phys(s) : tw_prng_u64(r);
		break;
	case 1:
		in->ctrl_addr = TW_CTRL_PKRU;
		in->ctrl_data = tw_prng_bits(r, 1) ? any_pkru(s) : tw_prng_u64(r);
		break;
	case 2:
	case 3:
		in->ctrl_addr = TW_CTRL_FLAGS;
		in->ctrl_data = any_flags(s) | tw_prng_u64(r) << 12;
		break;
	case 4:
		in->ctrl_data = tw_prng_u64(r); // any format
		break;
	case 5:
	case 6:
		in->ctrl_data = any_root(s);
		in->ctrl_data ^= (uint64_t)(1u << tw_prng_bits(r, 4)) << 44; // near ASID
		break;
	default:
		in->ctrl_data = any_root(s);
		break;
	}
}

// The control registers as they will be: what a root that is loaded holds may change until it is
// read, and whether it is taken shows later.
static void note_ctrl(struct tw_stim *s, const struct tw_mmu_out *out, const struct tw_mmu_in *in)
{
	const struct tw_mem mem = {s->tables.pmem, mem_read64, mem_cas};
	int space;

	if (out->ctrl_refused)
		s->ctx = s->before;
	if (!in->ctrl_valid || !out->ctrl_ready)
		return;
	s->before = s->ctx;
	tw_ctx_write(&s->ctx, &s->config, in->ctrl_addr, in->ctrl_data);
	if (tw_arch_load_root(&s->ctx, &mem))
		s->ctx = s->before;
	space = tw_stim_tables_space(&s->tables, s->ctx.format, s->ctx.root_ppn);
	if (space >= 0)
		s->space = (unsigned int)space;
}

static void drive_ctrl(struct tw_stim *s, unsigned int snipes, const struct tw_mmu_out *out,
		       struct tw_mmu_in *in)
{
	in->ctrl_valid = false;
	if (s->n_forced) {
		in->ctrl_valid = true;
		in->ctrl_addr = s->forced[0].addr;
		in->ctrl_data = s->forced[0].data;
	} else if (snipes & SNIPE_CTRL || tw_prng_chance(&s->rng, s->phase->ctrl)) {
		in->ctrl_valid = true;
		any_ctrl(s, in);
	}
	if (s->n_forced && out->ctrl_ready) {
		s->n_forced--;
		memmove(s->forced, s->forced + 1, s->n_forced * sizeof(s->forced[0]));
	}
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
	if (s->hot_due && !s->n_forced)
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
		drive_ctrl(s, snipes, out, in);
	}
	note_ctrl(s, out, in);
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
		tw_ctx_reset(&s->ctx);
		tw_stim_mem_reset(&s->mem);
		s->port[0].held = s->port[1].held = false;
		if (tw_prng_bits(&s->rng, 3))
			force_all(s);
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
	err = tw_stim_probe_init(&s->probe, config, &s->tables);
	if (err) {
		tw_stim_tables_exit(&s->tables);
		free(s);
		return err;
	}
	s->l1_entries = config->l1_entries[TW_PORT_DATA];
	tw_ctx_reset(&s->ctx);
	new_tables(s);
	new_phase(s);
	force_all(s);
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
	s->n_forced = 0;
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
