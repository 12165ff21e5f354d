// SPDX-License-Identifier: Apache-2.0
// The fence sequencer (docs/contract.md section 9).
#ifndef TW_CSIM_FENCE_H
#define TW_CSIM_FENCE_H

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

// The clock edge of a cycle in IDLE in which none is taken.
static inline void fence_pass(struct fence *f)
{
	f->done = false;
}

// The clock edge. swept: the sweep had the port of the L2, which has this many sets.
void tw_fence_clock(struct fence *f, const struct tw_mmu_in *in, bool swept, unsigned int sets);

#endif
