// SPDX-License-Identifier: Apache-2.0
// The walkers: their registers, what an answer of memory leads to, and the clock edge
// (docs/contract.md section 8). What one walker does is inline: it is the inner loop of a walk.
#ifndef TW_CSIM_WALKER_H
#define TW_CSIM_WALKER_H

#include "counters.h"
#include "ctrl.h"
#include "pwc.h"
#include "twinwalk/membus.h"

enum walker_state {
	WALKER_IDLE = 0,
	WALKER_REQ = 1,
	WALKER_WAIT = 2,
	WALKER_CAS_REQ = 3,
	WALKER_CAS_WAIT = 4
};

struct walker {
	enum walker_state state;
	bool from_root; // no walk-cache entry was used: a fault is final
	bool need_a;	// a pointer with A = 0 was passed: pass 2 sets it
	bool pass2;	// the leaf is known to be good: A bits of pointers are set
	bool tainted, killed;
	uint8_t port, entry; // owner
	struct tw_walk_state ws;
	uint64_t va;			  // of the owner's request
	uint64_t addr, expected, desired; // of the entry
	uint8_t lanes; // of its word; kept, for a killed walker asks on under another format
};

struct walkers {
	unsigned int n;
	unsigned int idle, asking; // masks: in IDLE; in REQ or CAS_REQ
	struct walker w[TW_MAX_WALKERS];
};

// What an answer leads to.
enum walk_act {
	ACT_NONE,    // nobody waits for it
	ACT_KILLED,  // the walk ends without an answer
	ACT_FAULT,   // it ends with a fault
	ACT_OK,	     // it ends with a translation
	ACT_NEXT,    // on to the next level
	ACT_FILL,    // the same, and the walk cache learns the pointer
	ACT_CAS,     // A or D must be set first
	ACT_RESTART, // again from the root
	ACT_LOST,    // the same, because the compare-and-swap was lost
	ACT_PASS2    // the same, to set the A bits of the pointers
};

struct walk_answer {
	enum walk_act act;
	bool stale; // A or D of the entry must be set
	bool err;   // the bus failed
	struct tw_pte pte;
	uint64_t entry; // as it is in memory
};

static inline bool walk_ends(enum walk_act act)
{
	return act == ACT_OK || act == ACT_FAULT;
}

static inline uint32_t walk_events(enum walk_act act)
{
	static const uint32_t events[] = {
		[ACT_KILLED] = EVENT(TW_EV_WALK_KILLED),
		[ACT_FAULT] = EVENT(TW_EV_WALK_FAULT),
		[ACT_OK] = EVENT(TW_EV_WALK_OK),
		[ACT_FILL] = EVENT(TW_EV_PWC_FILL),
		[ACT_RESTART] = EVENT(TW_EV_WALK_RESTART),
		[ACT_LOST] = EVENT(TW_EV_WALK_RESTART) | EVENT(TW_EV_CAS_LOST),
		[ACT_PASS2] = EVENT(TW_EV_WALK_RESTART),
	};

	return events[act];
}

// --- One walker ---------------------------------------------------------------------------------

// Field by field: a wide load of what was just written in bytes stalls the host.
static inline void walk_state_copy(struct tw_walk_state *to, const struct tw_walk_state *from)
{
	to->level = from->level;
	to->w = from->w;
	to->u = from->u;
	to->x = from->x;
	to->g = from->g;
}

// Rows c to f of the table.
static inline enum walk_act walker_judge(const struct walker *w, const struct walk_answer *a)
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

// What memory's answer leads to: req is the owner's, killed says that the owner is cancelled in
// this cycle.
static inline void walker_answer(const struct walker *w, const struct ctrl *ctrl,
				 const struct tw_req *req, uint64_t data, bool err, bool killed,
				 struct walk_answer *a)
{
	a->err = err;
	a->entry = tw_lanes_of(data, w->lanes);
	if (killed || w->killed) {
		a->act = ACT_KILLED;
		return;
	}
	if (err) {
		a->pte.cause = 0;
	} else {
		if (w->state == WALKER_CAS_WAIT) {
			if (a->entry != w->expected) {
				a->act = ACT_LOST;
				return;
			}
			// What was done has left the desired value in memory.
			a->entry = w->desired;
		}
		tw_arch_decode(&ctrl->ctx, req, &w->ws, a->entry, &a->pte);
		a->stale = a->pte.update != a->entry;
	}
	a->act = walker_judge(w, a);
}

// What the walk cache learns from ACT_FILL.
void tw_walker_fill(const struct walker *w, const struct walk_answer *a, const struct ctrl *ctrl,
		    struct pwc_fill *fill);
// What a walk's end gives: the response, and the entry that it found, or after a fault the page
// that leaves every TLB.
void tw_walker_complete(const struct walker *w, const struct walk_answer *a,
			const struct ctrl *ctrl, const struct tw_req *req, struct tw_resp *resp,
			struct tlb_entry *page);

// The entry that is read next: that of the walk's address in the table TABLE_PPN.
static inline void walker_aim(struct walker *w, const struct ctrl *ctrl, uint64_t table_ppn)
{
	w->addr = tw_arch_pte_addr(&ctrl->ctx, table_ppn, w->ws.level, w->va);
	w->lanes = tw_lanes(ctrl->format, w->addr);
}

// A walk starts only where there is a root.
static inline void walker_to_root(struct walker *w, const struct ctrl *ctrl)
{
	uint64_t table = ctrl->ctx.root_ppn;

	w->state = WALKER_REQ;
	if (ctrl->rooted)
		walk_state_copy(&w->ws, &ctrl->root);
	else
		tw_arch_begin(&ctrl->ctx, w->va, &w->ws, &table);
	walker_aim(w, ctrl, table);
	w->from_root = true;
	w->need_a = false;
}

// The clock edge: one of these at most. from: the walk cache's entry; NULL: the root.
static inline void walker_start(struct walker *w, unsigned int port, unsigned int entry,
				uint64_t va, const struct pwc_entry *from, const struct ctrl *ctrl)
{
	w->port = (uint8_t)port;
	w->entry = (uint8_t)entry;
	w->va = va;
	w->pass2 = false;
	if (!from) {
		walker_to_root(w, ctrl);
		return;
	}
	w->state = WALKER_REQ;
	w->ws = from->ws;
	walker_aim(w, ctrl, from->ppn);
	w->from_root = w->need_a = false;
}

static inline void walker_act(struct walker *w, const struct walk_answer *a,
			      const struct ctrl *ctrl)
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
		walk_state_copy(&w->ws, &a->pte.next);
		walker_aim(w, ctrl, a->pte.ppn);
		break;
	case ACT_CAS:
		w->state = WALKER_CAS_REQ;
		w->expected = a->entry;
		w->desired = a->pte.update;
		break;
	case ACT_RESTART:
	case ACT_LOST:
	case ACT_PASS2:
		w->pass2 = a->act == ACT_PASS2;
		walker_to_root(w, ctrl);
		break;
	}
}

static inline void walker_grant(struct walker *w)
{
	w->state = w->state == WALKER_REQ ? WALKER_WAIT : WALKER_CAS_WAIT;
}

// What a walker, the one of this number, asks memory for.
static inline void walker_request(const struct walker *w, unsigned int id, struct tw_mem_op *op)
{
	unsigned int shift = w->lanes == 2 ? 32 : 0;

	op->id = (uint8_t)id;
	op->addr = w->addr & ~UINT64_C(7);
	op->lanes = w->lanes;
	op->cas = w->state == WALKER_CAS_REQ;
	op->expected = op->cas ? w->expected << shift : 0;
	op->desired = op->cas ? w->desired << shift : 0;
}

static inline unsigned int walker_request_event(const struct walker *w)
{
	return w->state == WALKER_REQ ? TW_EV_MEM_READ : TW_EV_MEM_CAS;
}

// --- All of them --------------------------------------------------------------------------------

void tw_walkers_reset(struct walkers *ws, unsigned int n);

static inline bool walkers_idle(const struct walkers *ws)
{
	return ws->idle == (1u << ws->n) - 1;
}

// The walker that this answer is for, or -1.
static inline int walkers_answered(const struct walkers *ws, const struct tw_mmu_in *in)
{
	enum walker_state state;

	if (!in->mem_resp_valid || in->mem_resp_id >= ws->n)
		return -1;
	state = ws->w[in->mem_resp_id].state;
	return state == WALKER_WAIT || state == WALKER_CAS_WAIT ? in->mem_resp_id : -1;
}

// After every change of a walker's state.
static inline void walkers_update(struct walkers *ws, unsigned int i)
{
	enum walker_state state = ws->w[i].state;
	unsigned int bit = 1u << i;

	ws->idle = state == WALKER_IDLE ? ws->idle | bit : ws->idle & ~bit;
	ws->asking = state == WALKER_REQ || state == WALKER_CAS_REQ ? ws->asking | bit
								    : ws->asking & ~bit;
}

// The clock edge, after every walker's own.
void tw_walkers_kill(struct walkers *ws, unsigned int mask);
void tw_walkers_taint(struct walkers *ws);

#endif
