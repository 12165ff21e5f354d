// SPDX-License-Identifier: Apache-2.0
// The walkers; see walker.h. Invariants: only a walk from the root reports a fault; a faulting walk
// has changed no entry; a killed walk changes nothing but its own state; tainted and killed are
// clear in IDLE.
#include "walker.h"

void tw_walker_fill(const struct walker *w, const struct walk_answer *a, const struct ctrl *ctrl,
		    struct pwc_fill *fill)
{
	fill->va = w->va;
	fill->ppn = a->pte.ppn;
	walk_state_copy(&fill->ws, &a->pte.next);
	fill->asid = ctrl->ctx.asid;
	fill->shift = 12u + ctrl->format->vpn_shift[fill->ws.level + 1];
}

// A page fault invalidates what is cached for its address (Intel SDM volume 3, 4.10.4.1).
void tw_walker_complete(const struct walker *w, const struct walk_answer *a,
			const struct ctrl *ctrl, const struct tw_req *req, struct tw_resp *resp,
			struct tlb_entry *page)
{
	if (a->act == ACT_OK) {
		tlb_entry_make(page, w->va, ctrl->ctx.asid, a->pte.ppn, a->pte.size,
			       &a->pte.rights);
		tlb_answer(page, req, resp);
		return;
	}
	tlb_page_make(page, w->va, ctrl->ctx.asid);
	tw_arch_resp_fault(&ctrl->ctx, req, a->err ? TW_FAULT_ACCESS : TW_FAULT_PAGE, a->pte.cause,
			   resp);
}

void tw_walkers_reset(struct walkers *ws, unsigned int n)
{
	*ws = (struct walkers){.n = n, .idle = (1u << n) - 1};
}

// An answer in the same cycle has ended the walk already.
void tw_walkers_kill(struct walkers *ws, unsigned int mask)
{
	for (mask &= ~ws->idle; mask; mask &= mask - 1)
		ws->w[__builtin_ctz(mask)].killed = true;
}

void tw_walkers_taint(struct walkers *ws)
{
	unsigned int busy = ~ws->idle & ((1u << ws->n) - 1);

	for (; busy; busy &= busy - 1)
		ws->w[__builtin_ctz(busy)].tainted = true;
}
