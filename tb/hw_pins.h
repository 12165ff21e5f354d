// SPDX-License-Identifier: Apache-2.0
// The part that the rtl and the lockstep back end of the hardware interface have in common: a pin
// driver and a memory bus. Invariant: once a call has failed, every later call fails with the same
// error.
#ifndef TW_TB_HW_PINS_H
#define TW_TB_HW_PINS_H

#include "../csim/hw_driver.h"

#include "twinwalk/hw.h"

struct tw_hw_pins {
	struct tw_hw hw;
	struct tw_hw_driver driver;
	struct tw_membus *bus;
	int err; // the first error
};

// -EINVAL, -ENOMEM. The device is borrowed.
int tw_hw_pins_init(struct tw_hw_pins *p, const struct tw_hw_ops *ops,
		    const struct tw_hw_opts *opts, const struct tw_pin_device *dev);
void tw_hw_pins_exit(struct tw_hw_pins *p);

// Members of struct tw_hw_ops.
int tw_hw_pins_access(struct tw_hw *hw, unsigned int port, const struct tw_req *req,
		      struct tw_hw_result *res);
int tw_hw_pins_ctrl_write(struct tw_hw *hw, enum tw_ctrl_reg reg, uint64_t value);
int tw_hw_pins_fence(struct tw_hw *hw, const struct tw_fence *fence);
int tw_hw_pins_idle(struct tw_hw *hw, uint64_t cycles);
void tw_hw_pins_observe(struct tw_hw *hw, tw_mem_observer fn, void *user);

#endif
