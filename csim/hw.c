// SPDX-License-Identifier: Apache-2.0
// The csim back end of the hardware interface, and what all back ends share: writing the control
// registers that changed. Invariant: hw->ctx is what the registers hold.
#include "twinwalk/hw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hw_driver.h"

struct csim_hw {
	struct tw_hw hw;
	struct tw_mmu *mmu;
	struct tw_membus *bus;
	struct tw_hw_driver driver;
};

static struct csim_hw *csim_of(struct tw_hw *hw)
{
	return (struct csim_hw *)hw;
}

// What the root register holds from now on, with the entries that the hardware has read.
static int keep_root(struct tw_hw *hw, const struct tw_ctx *ctx)
{
	struct tw_mem mem = tw_pmem_mem(hw->pmem);

	hw->ctx.format = ctx->format;
	hw->ctx.asid = ctx->asid;
	hw->ctx.root_ppn = ctx->root_ppn;
	hw->ctx.root_low = ctx->root_low;
	return tw_arch_load_root(&hw->ctx, &mem);
}

int tw_hw_set_ctx(struct tw_hw *hw, const struct tw_ctx *ctx)
{
	bool other_entries = tw_arch_root_entries(ctx) &&
			     memcmp(ctx->pdpte, hw->ctx.pdpte, sizeof(ctx->pdpte)) != 0;
	const struct {
		enum tw_ctrl_reg reg;
		uint64_t want, have;
	} write[] = {
		{TW_CTRL_FLAGS, ctx->flags, hw->ctx.flags},
		{TW_CTRL_PKRU, ctx->pkru, hw->ctx.pkru},
		{TW_CTRL_PHYS, ctx->maxphyaddr, hw->ctx.maxphyaddr},
	};
	int err;

	if (ctx->format != TW_FMT_BARE && !(hw->formats >> ctx->format & 1))
		return -EINVAL;
	if (ctx->maxphyaddr < TW_MIN_MAXPHYADDR || ctx->maxphyaddr > TW_MAX_MAXPHYADDR)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(write) / sizeof(write[0]); i++) {
		if (write[i].want == write[i].have)
			continue;
		err = hw->ops->ctrl_write(hw, write[i].reg, write[i].want);
		if (err)
			return err;
	}
	hw->ctx.flags = ctx->flags;
	hw->ctx.pkru = ctx->pkru;
	hw->ctx.maxphyaddr = ctx->maxphyaddr;
	if (tw_ctx_root_word(ctx) == tw_ctx_root_word(&hw->ctx) && !other_entries)
		return 0;
	err = hw->ops->ctrl_write(hw, TW_CTRL_ROOT, tw_ctx_root_word(ctx));
	return err ? err : keep_root(hw, ctx);
}

static int csim_access(struct tw_hw *hw, unsigned int port, const struct tw_req *req,
		       struct tw_hw_result *res)
{
	struct csim_hw *c = csim_of(hw);

	return tw_mmu_access(c->mmu, c->bus, port, req, &res->resp, &res->cycles);
}

static int csim_ctrl_write(struct tw_hw *hw, enum tw_ctrl_reg reg, uint64_t value)
{
	struct csim_hw *c = csim_of(hw);
	struct tw_mmu_in in = c->driver.in;

	in.mem_req_ready = in.ctrl_valid = true;
	in.ctrl_addr = (uint8_t)reg;
	in.ctrl_data = value;
	if (!tw_mmu_command(c->mmu, c->bus, &in))
		return tw_hw_driver_ctrl_write(&c->driver, reg, value);
	return tw_mmu_pins(c->mmu)->ctrl_refused ? -EINVAL : 0;
}

static int csim_fence(struct tw_hw *hw, const struct tw_fence *fence)
{
	struct csim_hw *c = csim_of(hw);
	struct tw_mmu_in in = c->driver.in;

	in.mem_req_ready = in.fence_valid = true;
	in.fence_by_addr = fence->by_addr;
	in.fence_by_asid = fence->by_asid;
	in.fence_global = fence->global;
	in.fence_asid = fence->asid;
	in.fence_va = fence->va;
	return tw_mmu_command(c->mmu, c->bus, &in) ? 0 : tw_hw_driver_fence(&c->driver, fence);
}

static int csim_idle(struct tw_hw *hw, uint64_t cycles)
{
	return tw_hw_driver_idle(&csim_of(hw)->driver, cycles);
}

static int csim_counters(struct tw_hw *hw, struct tw_hw_counters *c)
{
	const struct tw_mmu *mmu = csim_of(hw)->mmu;

	c->cycle = tw_mmu_cycle(mmu);
	tw_mmu_counters(mmu, c->event);
	return 0;
}

static int csim_finish(struct tw_hw *hw)
{
	return tw_mmu_check(csim_of(hw)->mmu) ? -EIO : 0;
}

static void csim_observe(struct tw_hw *hw, tw_mem_observer fn, void *user)
{
	tw_membus_observe(csim_of(hw)->bus, fn, user);
}

static const char *csim_error(const struct tw_hw *hw)
{
	const char *broken = tw_mmu_check(((const struct csim_hw *)hw)->mmu);

	return broken ? broken : "";
}

static void csim_destroy(struct tw_hw *hw)
{
	struct csim_hw *c = csim_of(hw);

	tw_mmu_destroy(c->mmu);
	tw_membus_destroy(c->bus);
	free(c);
}

static const struct tw_hw_ops csim_ops = {
	.name = "csim",
	.access = csim_access,
	.ctrl_write = csim_ctrl_write,
	.fence = csim_fence,
	.idle = csim_idle,
	.counters = csim_counters,
	.finish = csim_finish,
	.observe = csim_observe,
	.error = csim_error,
	.destroy = csim_destroy,
};

int tw_hw_csim_create(const struct tw_hw_opts *opts, struct tw_hw **hw)
{
	struct tw_pin_device dev;
	struct csim_hw *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	err = tw_mmu_create(opts->config, &c->mmu);
	if (!err)
		err = tw_membus_create(opts->pmem, &opts->mem, &c->bus);
	if (err) {
		tw_mmu_destroy(c->mmu);
		free(c);
		return err;
	}
	dev = tw_mmu_device(c->mmu);
	tw_hw_driver_init(&c->driver, &dev, c->bus);
	tw_hw_begin(&c->hw, &csim_ops, opts);
	*hw = &c->hw;
	return 0;
}
