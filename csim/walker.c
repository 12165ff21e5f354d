// SPDX-License-Identifier: Apache-2.0
// The walkers; see walker.h. Invariants: only a walk from the root reports a fault; a faulting walk
// has changed no entry; a killed walk changes nothing but its own state; tainted and killed are
// clear in IDLE.
#include "walker.h"

// Field by field: a wide load of what was just written in bytes stalls the host.
static inline void copy_state(struct tw_walk_state *to, const struct tw_walk_state *from)
{
	to->level = from->level;
	to->w = from->w;
	to->u = from->u;
	to->x = from->x;
	to->g = from->g;
}

// Rows c to f of the table.
static inline enum walk_act judge(const struct walker *w, const struct walk_answer *a)
{
	if (a->err || a->pte.kind == TW_PTE_FAULT)
		return w->from_root ? ACT_FAULT : ACT_RESTART;
	if (a->pte.kind == TW_PTE_POINTER) {
		if (a->stale && w->pass2)
			return ACT_CAS;
		// What is cached speaks for its whole path, so all of it must have A.
		return a->stale || w->need_a || w->tainted ? ACT_NEXT : ACT_FILL;
	}
	if (w->need_a)
		return ACT_PASS2;
	return a->stale ? ACT_CAS : ACT_OK;
}

void tw_walker_answer(const struct walker *w, const struct ctrl *ctrl, const struct tw_req *req,
		      uint64_t data, bool err, bool killed, struct walk_answer *a)
{
	a->err = err;
	a->word = data;
	if (killed || w->killed) {
		a->act = ACT_KILLED;
		return;
	}
	if (err) {
		a->pte.cause = 0;
	} else {
		if (w->state == WALKER_CAS_WAIT) {
			if (data != w->expected) {
				a->act = ACT_LOST;
				return;
			}
			// What was done has left the desired value in memory.
			a->word = w->desired;
		}
		tw_arch_decode(&ctrl->ctx, req, &w->ws, a->word, &a->pte);
		a->stale = a->pte.update != a->word;
	}
	a->act = judge(w, a);
}

void tw_walker_fill(const struct walker *w, const struct walk_answer *a, const struct ctrl *ctrl,
		    struct pwc_fill *fill)
{
	fill->va = w->va;
	fill->ppn = a->pte.ppn;
	copy_state(&fill->ws, &a->pte.next);
	fill->asid = ctrl->ctx.asid;
	fill->shift = 12u + ctrl->format->vpn_shift[fill->ws.level + 1];
}

// A page fault invalidates what is cached for its address (Intel SDM volume 3, 4.10.4.1).
void tw_walker_complete(const struct walker *w, const struct walk_answer *a,
			const struct ctrl *ctrl, const struct tw_req *req, struct tw_resp *resp,
			struct tlb_entry *page)
{
	static const struct tw_rights none;

	if (a->act == ACT_OK) {
		tlb_entry_make(page, w->va, ctrl->ctx.asid, a->pte.ppn, a->pte.size,
			       &a->pte.rights);
		tlb_answer(page, req, resp);
		return;
	}
	tlb_entry_make(page, w->va, ctrl->ctx.asid, 0, TW_SIZE_4K, &none);
	tw_arch_resp_fault(&ctrl->ctx, req, a->err ? TW_FAULT_ACCESS : TW_FAULT_PAGE, a->pte.cause,
			   resp);
}

static void to_root(struct walker *w, const struct tw_ctx *ctx)
{
	w->state = WALKER_REQ;
	tw_arch_root(ctx, &w->ws);
	w->addr = tw_arch_pte_addr(ctx, ctx->root_ppn, w->ws.level, w->va);
	w->from_root = true;
	w->need_a = false;
}

void tw_walker_start(struct walker *w, unsigned int port, unsigned int entry, uint64_t va,
		     const struct pwc_entry *from, const struct ctrl *ctrl)
{
	w->port = (uint8_t)port;
	w->entry = (uint8_t)entry;
	w->va = va;
	w->pass2 = false;
	if (!from) {
		to_root(w, &ctrl->ctx);
		return;
	}
	w->state = WALKER_REQ;
	w->ws = from->ws;
	w->addr = tw_arch_pte_addr(&ctrl->ctx, from->ppn, w->ws.level, va);
	w->from_root = w->need_a = false;
}

void tw_walker_act(struct walker *w, const struct walk_answer *a, const struct ctrl *ctrl)
{
	switch (a->act) {
	case ACT_NONE:
		break;
	case ACT_KILLED:
	case ACT_FAULT:
	case ACT_OK:
		w->state = WALKER_IDLE;
		w->tainted = w->killed = false;
		break;
	case ACT_NEXT:
	case ACT_FILL:
		w->state = WALKER_REQ;
		w->need_a |= a->stale;
		copy_state(&w->ws, &a->pte.next);
		w->addr = tw_arch_pte_addr(&ctrl->ctx, a->pte.ppn, w->ws.level, w->va);
		break;
	case ACT_CAS:
		w->state = WALKER_CAS_REQ;
		w->expected = a->word;
		w->desired = a->pte.update;
		break;
	case ACT_RESTART:
	case ACT_LOST:
	case ACT_PASS2:
		w->pass2 = a->act == ACT_PASS2;
		to_root(w, &ctrl->ctx);
		break;
	}
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
