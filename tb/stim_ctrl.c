// SPDX-License-Identifier: Apache-2.0
// See stim_ctrl.h.
#include "stim_ctrl.h"

#include <string.h>

#include "../csim/hw_driver.h"

uint16_t tw_stim_any_asid(struct tw_prng *r)
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

uint16_t tw_stim_near_asid(struct tw_prng *r, uint16_t asid)
{
	return (uint16_t)(asid ^ 1u << tw_prng_bits(r, 4));
}

static int cas(void *user, uint64_t pa, unsigned int bytes, uint64_t expected, uint64_t desired,
	       uint64_t *old)
{
	(void)user;
	(void)pa;
	(void)bytes;
	(void)desired;
	*old = expected;
	return 0;
}

struct tw_mem tw_stim_trial_mem(const struct tw_stim_tables *tables)
{
	struct tw_mem mem = tw_pmem_mem(tables->pmem);

	mem.cas = cas;
	return mem;
}

void tw_stim_ctrl_contexts(struct tw_stim_ctrl *c)
{
	uint16_t common = tw_stim_any_asid(c->rng);

	for (unsigned int i = 0; i < TW_STIM_CONTEXTS; i++) {
		unsigned int space = tw_prng_bits(c->rng, 1);
		uint64_t root = tw_stim_tables_root(c->tables, space);
		// Some share an ASID or differ in one bit of it.
		uint16_t asid = tw_stim_any_asid(c->rng);

		if (i < TW_STIM_CONTEXTS / 2)
			asid = i & 1 ? tw_stim_near_asid(c->rng, common) : common;
		c->root[i] = tw_stim_tables_root_reg(c->tables->space[space].format, root, asid);
	}
	c->root[TW_STIM_CONTEXTS - 1] &= ~UINT64_C(0) >> 4; // bare
}

static uint64_t any_root(struct tw_stim_ctrl *c)
{
	// The bare context is rare: it translates nothing. So is another format: it empties all
	// TLBs.
	unsigned int n = tw_prng_chance(c->rng, 60) ? TW_STIM_CONTEXTS : TW_STIM_CONTEXTS - 1;
	unsigned int tries = 1 + tw_prng_bits(c->rng, 2);
	uint64_t root;

	do {
		root = c->root[tw_prng_below(c->rng, n)];
	} while (--tries && root >> 60 != c->ctx.format);
	return root;
}

// Flags with which most things are allowed.
static uint64_t any_flags(struct tw_stim_ctrl *c)
{
	static const uint16_t chance[12] = {640, 700, 820, 500, 600, 820,
					    400, 400, 700, 820, 400, 512};
	uint64_t flags = 0;

	for (unsigned int i = 0; i < 12; i++)
		flags |= (uint64_t)tw_prng_chance(c->rng, chance[i]) << i;
	return flags;
}

static uint64_t any_pkru(struct tw_stim_ctrl *c)
{
	return tw_prng_sparse(c->rng);
}

static uint64_t any_phys(struct tw_stim_ctrl *c)
{
	// One beyond the range on each side is refused.
	return tw_prng_bits(c->rng, 2) ? 52 : 35 + tw_prng_below(c->rng, 19);
}

static void force(struct tw_stim_ctrl *c, enum tw_ctrl_reg reg, uint64_t data)
{
	if (c->n_forced == TW_STIM_FORCED)
		return;
	c->forced[c->n_forced].addr = (uint8_t)reg;
	c->forced[c->n_forced].data = data;
	c->n_forced++;
}

void tw_stim_ctrl_force_all(struct tw_stim_ctrl *c)
{
	c->n_forced = 0;
	force(c, TW_CTRL_FLAGS, any_flags(c));
	force(c, TW_CTRL_PKRU, any_pkru(c));
	force(c, TW_CTRL_PHYS, any_phys(c));
	force(c, TW_CTRL_ROOT, any_root(c));
}

static void any_ctrl(struct tw_stim_ctrl *c, struct tw_mmu_in *in)
{
	struct tw_prng *r = c->rng;

	in->ctrl_addr = TW_CTRL_ROOT;
	switch (tw_prng_bits(r, 4)) {
	case 0:
		in->ctrl_addr = TW_CTRL_PHYS;
		in->ctrl_data = tw_prng_bits(r, 1) ? any_phys(c) : tw_prng_u64(r);
		break;
	case 1:
		in->ctrl_addr = TW_CTRL_PKRU;
		in->ctrl_data = tw_prng_bits(r, 1) ? any_pkru(c) : tw_prng_u64(r);
		break;
	case 2:
	case 3:
		in->ctrl_addr = TW_CTRL_FLAGS;
		in->ctrl_data = any_flags(c) | tw_prng_u64(r) << 12;
		break;
	case 4:
		in->ctrl_data = tw_prng_u64(r); // any format
		break;
	case 5:
	case 6:
		in->ctrl_data = any_root(c);
		in->ctrl_data ^= (uint64_t)(1u << tw_prng_bits(r, 4)) << 44; // near ASID
		break;
	default:
		in->ctrl_data = any_root(c);
		break;
	}
}

void tw_stim_ctrl_note(struct tw_stim_ctrl *c, const struct tw_mmu_out *out,
		       const struct tw_mmu_in *in)
{
	const struct tw_mem mem = tw_stim_trial_mem(c->tables);
	int space;

	if (out->ctrl_refused)
		c->ctx = c->before;
	if (!in->ctrl_valid || !out->ctrl_ready)
		return;
	c->before = c->ctx;
	tw_ctx_write(&c->ctx, c->config, in->ctrl_addr, in->ctrl_data);
	if (tw_arch_load_root(&c->ctx, &mem))
		c->ctx = c->before;
	space = tw_stim_tables_space(c->tables, c->ctx.format, c->ctx.root_ppn);
	if (space >= 0)
		c->space = (unsigned int)space;
}

void tw_stim_ctrl_drive(struct tw_stim_ctrl *c, bool now, unsigned int chance,
			const struct tw_mmu_out *out, struct tw_mmu_in *in)
{
	in->ctrl_valid = false;
	if (c->n_forced) {
		in->ctrl_valid = true;
		in->ctrl_addr = c->forced[0].addr;
		in->ctrl_data = c->forced[0].data;
	} else if (now || tw_prng_chance(c->rng, chance)) {
		in->ctrl_valid = true;
		any_ctrl(c, in);
	}
	if (c->n_forced && out->ctrl_ready) {
		c->n_forced--;
		memmove(c->forced, c->forced + 1, c->n_forced * sizeof(c->forced[0]));
	}
}
