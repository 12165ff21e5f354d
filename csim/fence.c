// SPDX-License-Identifier: Apache-2.0
// The fence sequencer; see fence.h. Invariant: every fence goes through FINISH once, after the sets
// that its scope touches were swept.
#include "fence.h"

void tw_fence_scope(const struct tw_mmu_in *in, const struct ctrl *ctrl, uint64_t vpn,
		    uint16_t asid, struct tlb_scope *scope)
{
	uint64_t va = ctrl_va(ctrl, in->fence_va) & vpn;
	uint64_t sign = (vpn >> 1) + 0x800; // the highest bit of the VPN

	// Addresses of 32 bits have none.
	if (vpn > UINT32_MAX)
		va = (va ^ sign) - sign;
	*scope = (struct tlb_scope){
		.va = va,
		.asid = in->fence_asid & asid,
		.by_addr = in->fence_by_addr,
		.by_asid = in->fence_by_asid,
		.global = in->fence_global,
	};
}

static void take(struct fence *f, const struct tlb_scope *scope, unsigned int sets)
{
	unsigned int set = (unsigned int)(scope->va >> 12) & (sets - 1);
	bool sweeps = sets && (scope->by_addr || scope->by_asid);

	f->scope = *scope;
	f->set = scope->by_addr ? set : 0;
	f->last_set = scope->by_addr ? set : sets - 1;
	f->state = sweeps ? FENCE_SWEEP : FENCE_FINISH;
}

void tw_fence_clock(struct fence *f, const struct tlb_scope *taken, bool swept, unsigned int sets)
{
	f->done = f->state == FENCE_FINISH;
	switch (f->state) {
	case FENCE_IDLE:
		if (taken)
			take(f, taken, sets);
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
