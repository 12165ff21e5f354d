// SPDX-License-Identifier: Apache-2.0
// The pin driver behind the hardware interface; see hw_driver.h.
#include "hw_driver.h"

#include <errno.h>
#include <string.h>

void tw_hw_driver_init(struct tw_hw_driver *d, const struct tw_pin_device *dev,
		       struct tw_membus *bus)
{
	memset(d, 0, sizeof(*d));
	d->dev = *dev;
	d->bus = bus;
	d->in.port[TW_PORT_FETCH].resp_ready = true;
	d->in.port[TW_PORT_DATA].resp_ready = true;
}

int tw_hw_driver_tick(struct tw_hw_driver *d)
{
	tw_membus_drive(d->bus, &d->in);
	tw_membus_tick(d->bus, d->dev.pins(d->dev.user), &d->in);
	d->cycle++;
	return d->dev.tick(d->dev.user, &d->in);
}

static const struct tw_mmu_out *mmu_pins(void *user)
{
	return tw_mmu_pins(user);
}

static int mmu_tick(void *user, const struct tw_mmu_in *in)
{
	tw_mmu_tick(user, in);
	return 0;
}

struct tw_pin_device tw_mmu_device(struct tw_mmu *mmu)
{
	return (struct tw_pin_device){.user = mmu, .pins = mmu_pins, .tick = mmu_tick};
}

void tw_hw_begin(struct tw_hw *hw, const struct tw_hw_ops *ops, const struct tw_hw_opts *opts)
{
	*hw = (struct tw_hw){.ops = ops,
			     .pmem = opts->pmem,
			     .formats = opts->config->formats,
			     .asid_bits = opts->config->asid_bits,
			     .one_port = opts->config->ports == 1};
	tw_ctx_reset(&hw->ctx);
}

// Ticks until *ready has been seen high in a presented cycle.
static int present(struct tw_hw_driver *d, const bool *ready, bool *valid)
{
	int err = 0;

	*valid = true;
	for (unsigned int n = 0; n < TW_ACCESS_LIMIT; n++) {
		bool taken = *ready;

		err = tw_hw_driver_tick(d);
		if (err || taken) {
			*valid = false;
			return err;
		}
		d->dev.pins(d->dev.user);
	}
	*valid = false;
	return -ETIMEDOUT;
}

int tw_hw_driver_access(struct tw_hw_driver *d, unsigned int port, const struct tw_req *req,
			struct tw_hw_result *res)
{
	const struct tw_mmu_out *out = d->dev.pins(d->dev.user);
	uint64_t start = d->cycle;
	int err;

	d->in.port[port].req = *req;
	d->in.port[port].req_id = 0;
	err = present(d, &out->port[port].req_ready, &d->in.port[port].req_valid);
	if (err)
		return err;
	for (unsigned int n = 0; n < TW_ACCESS_LIMIT; n++) {
		out = d->dev.pins(d->dev.user);
		if (out->port[port].resp_valid) {
			res->resp = out->port[port].resp;
			res->cycles = d->cycle - start;
			return 0;
		}
		err = tw_hw_driver_tick(d);
		if (err)
			return err;
	}
	return -ETIMEDOUT;
}

int tw_hw_driver_ctrl_write(struct tw_hw_driver *d, enum tw_ctrl_reg reg, uint64_t value)
{
	const struct tw_mmu_out *out = d->dev.pins(d->dev.user);
	int err;

	d->in.ctrl_addr = (uint8_t)reg;
	d->in.ctrl_data = value;
	err = present(d, &out->ctrl_ready, &d->in.ctrl_valid);
	for (unsigned int n = 0; !err && n < TW_ACCESS_LIMIT; n++) {
		out = d->dev.pins(d->dev.user);
		if (out->ctrl_ready)
			return out->ctrl_refused ? -EINVAL : 0;
		err = tw_hw_driver_tick(d);
	}
	return err ? err : -ETIMEDOUT;
}

int tw_hw_driver_fence(struct tw_hw_driver *d, const struct tw_fence *fence)
{
	const struct tw_mmu_out *out = d->dev.pins(d->dev.user);
	int err;

	d->in.fence_by_addr = fence->by_addr;
	d->in.fence_by_asid = fence->by_asid;
	d->in.fence_global = fence->global;
	d->in.fence_asid = fence->asid;
	d->in.fence_va = fence->va;
	err = present(d, &out->fence_ready, &d->in.fence_valid);
	for (unsigned int n = 0; !err && n < TW_ACCESS_LIMIT; n++) {
		if (d->dev.pins(d->dev.user)->fence_done)
			return 0;
		err = tw_hw_driver_tick(d);
	}
	return err ? err : -ETIMEDOUT;
}

int tw_hw_driver_idle(struct tw_hw_driver *d, uint64_t cycles)
{
	int err = 0;

	while (!err && cycles--)
		err = tw_hw_driver_tick(d);
	return err;
}
