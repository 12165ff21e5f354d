// SPDX-License-Identifier: Apache-2.0
// The fence sequencer (docs/contract.md section 9).
#ifndef TW_CSIM_FENCE_H
#define TW_CSIM_FENCE_H

#include "ctrl.h"
#include "tlb.h"

enum fence_state { FENCE_IDLE = 0, FENCE_SWEEP = 1, FENCE_FINISH = 2 };

struct fence {
	enum fence_state state;
	struct tlb_scope scope;
	unsigned int set, last_set; // of the sweep
	bool done;
};

// A fence is taken in this cycle: the walk cache is emptied, walks under way are tainted.
static inline bool fence_takes(const struct fence *f, const struct tw_mmu_in *in)
{
	return in->fence_valid && f->state == FENCE_IDLE;
}

// The operands on the pins, as entries have them. Only the VPN counts, the address bits VPN; where
// it has a sign, those above follow from it. asid: the bits that an ASID has.
void tw_fence_scope(const struct tw_mmu_in *in, const struct ctrl *ctrl, uint64_t vpn,
		    uint16_t asid, struct tlb_scope *scope);

// The clock edge of a cycle in IDLE in which none is taken.
static inline void fence_pass(struct fence *f)
{
	f->done = false;
}

// The clock edge. taken: a fence of this scope is taken, or NULL; swept: the sweep had the port of
// the L2, which has this many sets.
void tw_fence_clock(struct fence *f, const struct tlb_scope *taken, bool swept, unsigned int sets);

#endif
