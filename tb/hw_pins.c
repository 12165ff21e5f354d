// SPDX-License-Identifier: Apache-2.0
// See hw_pins.h.
#include "hw_pins.h"

#include <errno.h>

static struct tw_hw_pins *pins_of(struct tw_hw *hw)
{
	return (struct tw_hw_pins *)hw;
}

int tw_hw_pins_init(struct tw_hw_pins *p, const struct tw_hw_ops *ops,
		    const struct tw_hw_opts *opts, const struct tw_pin_device *dev)
{
	int err = tw_membus_create(opts->pmem, &opts->mem, &p->bus);

	if (err)
		return err;
	tw_hw_driver_init(&p->driver, dev, p->bus);
	tw_hw_begin(&p->hw, ops, opts);
	return 0;
}

void tw_hw_pins_exit(struct tw_hw_pins *p)
{
	tw_membus_destroy(p->bus);
}

int tw_hw_pins_access(struct tw_hw *hw, unsigned int port, const struct tw_req *req,
		      struct tw_hw_result *res)
{
	struct tw_hw_pins *p = pins_of(hw);

	if (!p->err)
		p->err = tw_hw_driver_access(&p->driver, port, req, res);
	return p->err;
}

int tw_hw_pins_ctrl_write(struct tw_hw *hw, enum tw_ctrl_reg reg, uint64_t value)
{
	struct tw_hw_pins *p = pins_of(hw);

	int err = p->err;

	if (!err)
		err = tw_hw_driver_ctrl_write(&p->driver, reg, value);
	// One that is refused is over; after another error nothing goes on.
	if (err != -EINVAL)
		p->err = err;
	return err;
}

int tw_hw_pins_fence(struct tw_hw *hw, const struct tw_fence *fence)
{
	struct tw_hw_pins *p = pins_of(hw);

	if (!p->err)
		p->err = tw_hw_driver_fence(&p->driver, fence);
	return p->err;
}

int tw_hw_pins_idle(struct tw_hw *hw, uint64_t cycles)
{
	struct tw_hw_pins *p = pins_of(hw);

	if (!p->err)
		p->err = tw_hw_driver_idle(&p->driver, cycles);
	return p->err;
}

void tw_hw_pins_observe(struct tw_hw *hw, tw_mem_observer fn, void *user)
{
	tw_membus_observe(pins_of(hw)->bus, fn, user);
}
