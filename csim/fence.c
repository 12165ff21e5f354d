// SPDX-License-Identifier: Apache-2.0
// The fence sequencer; see fence.h. Invariant: every fence goes through FINISH once, after the sets
// that its scope touches were swept.
#include "fence.h"

static void take(struct fence *f, const struct tw_mmu_in *in, unsigned int sets)
{
	unsigned int set = (unsigned int)(in->fence_va >> 12) & (sets - 1);

	f->scope = (struct tlb_scope){.va = in->fence_va,
				      .asid = in->fence_asid,
				      .by_addr = in->fence_by_addr,
				      .by_asid = in->fence_by_asid,
				      .global = in->fence_global};
	f->set = in->fence_by_addr ? set : 0;
	f->last_set = in->fence_by_addr ? set : sets - 1;
	f->state = in->fence_by_addr || in->fence_by_asid ? FENCE_SWEEP : FENCE_FINISH;
}

void tw_fence_clock(struct fence *f, const struct tw_mmu_in *in, bool swept, unsigned int sets)
{
	f->done = f->state == FENCE_FINISH;
	switch (f->state) {
	case FENCE_IDLE:
		if (fence_takes(f, in))
			take(f, in, sets);
		break;
	case FENCE_SWEEP:
		if (swept && f->set++ == f->last_set)
			f->state = FENCE_FINISH;
		break;
	case FENCE_FINISH:
		f->state = FENCE_IDLE;
		break;
	}
}
