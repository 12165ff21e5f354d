// SPDX-License-Identifier: Apache-2.0
// Turns the hardware interface's calls (access, control write, fence, idle) into pins, for anything
// that has pins: the cycle model, the Verilated RTL, or both in lockstep. One driver for all of
// them, so that their cycle counts mean the same. Invariant: between calls no request, fence or
// control write is presented; responses are always accepted in the cycle in which they appear.
#ifndef TW_CSIM_HW_DRIVER_H
#define TW_CSIM_HW_DRIVER_H

#include "twinwalk/hw.h"
#include "twinwalk/membus.h"
#include "twinwalk/mmu.h"

#ifdef __cplusplus
extern "C" {
#endif

// What is driven. tick() returns 0 or a negative errno, which ends the call (lockstep: -EIO).
struct tw_pin_device {
	void *user;
	const struct tw_mmu_out *(*pins)(void *user);
	int (*tick)(void *user, const struct tw_mmu_in *in);
};

// The cycle model as such a device.
struct tw_pin_device tw_mmu_device(struct tw_mmu *mmu);

struct tw_hw_driver {
	struct tw_pin_device dev;
	struct tw_membus *bus; // borrowed
	struct tw_mmu_in in;
	uint64_t cycle;
};

void tw_hw_driver_init(struct tw_hw_driver *d, const struct tw_pin_device *dev,
		       struct tw_membus *bus);

// Each returns 0, -ETIMEDOUT after TW_ACCESS_LIMIT cycles without an answer, or tick()'s error; a
// control write that is refused -EINVAL.
int tw_hw_driver_tick(struct tw_hw_driver *d);
int tw_hw_driver_access(struct tw_hw_driver *d, unsigned int port, const struct tw_req *req,
			struct tw_hw_result *res);
int tw_hw_driver_ctrl_write(struct tw_hw_driver *d, enum tw_ctrl_reg reg, uint64_t value);
int tw_hw_driver_fence(struct tw_hw_driver *d, const struct tw_fence *fence);
int tw_hw_driver_idle(struct tw_hw_driver *d, uint64_t cycles);

// What every back end says of itself: formats, ASIDs, ports; its memory; the registers after reset.
void tw_hw_begin(struct tw_hw *hw, const struct tw_hw_ops *ops, const struct tw_hw_opts *opts);

// Control state after reset, and the effect of one register write on it (docs/contract.md section
// 3): false if the write changes nothing because its value is not supported.
void tw_ctx_reset(struct tw_ctx *ctx);
bool tw_ctx_write(struct tw_ctx *ctx, const struct tw_config *cfg, unsigned int reg,
		  uint64_t value);
uint64_t tw_ctx_root_word(const struct tw_ctx *ctx);

// Gives the model's counters other values, for benches: a carry into a high bit is years away.
void tw_mmu_preset_counters(struct tw_mmu *mmu, const uint64_t counter[TW_EVENTS]);

#ifdef __cplusplus
}
#endif

#endif
