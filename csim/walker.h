// SPDX-License-Identifier: Apache-2.0
// The walkers: their registers, what an answer of memory leads to, and the clock edge
// (docs/contract.md section 8).
#ifndef TW_CSIM_WALKER_H
#define TW_CSIM_WALKER_H

#include "counters.h"
#include "ctrl.h"
#include "pwc.h"

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
	uint64_t va; // of the owner's request
	uint64_t addr, expected, desired;
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
	uint64_t word; // the entry as it is in memory
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

// What memory's answer leads to: req is the owner's, killed says that the owner is cancelled in
// this cycle.
void tw_walker_answer(const struct walker *w, const struct ctrl *ctrl, const struct tw_req *req,
		      uint64_t data, bool err, bool killed, struct walk_answer *a);
// What the walk cache learns from ACT_FILL.
void tw_walker_fill(const struct walker *w, const struct walk_answer *a, const struct ctrl *ctrl,
		    struct pwc_fill *fill);
// What a walk's end gives: the response, and the entry that it found, or after a fault the page
// that leaves every TLB.
void tw_walker_complete(const struct walker *w, const struct walk_answer *a,
			const struct ctrl *ctrl, const struct tw_req *req, struct tw_resp *resp,
			struct tlb_entry *page);

// The clock edge: one of these at most. from: the walk cache's entry; NULL: the root.
void tw_walker_start(struct walker *w, unsigned int port, unsigned int entry, uint64_t va,
		     const struct pwc_entry *from, const struct ctrl *ctrl);
void tw_walker_act(struct walker *w, const struct walk_answer *a, const struct ctrl *ctrl);
static inline void walker_grant(struct walker *w)
{
	w->state = w->state == WALKER_REQ ? WALKER_WAIT : WALKER_CAS_WAIT;
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
