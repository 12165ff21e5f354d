// SPDX-License-Identifier: Apache-2.0
// What the parts of one cycle tell each other while it is ticked: everything is decided on the
// state at the start of the cycle, then written. Invariant: at most one completion in a cycle.
#ifndef TW_CSIM_STEP_H
#define TW_CSIM_STEP_H

#include "mmu_internal.h"

struct step {
	const struct tw_mmu_in *in;
	uint32_t events;

	// State at the start of the cycle.
	unsigned int fifo_count[TW_PORTS];
	unsigned int miss_free[TW_PORTS]; // masks of miss queue entries
	unsigned int cancelled[TW_PORTS]; // not free, and matched by this cycle's cancel
	unsigned int lookup[TW_PORTS];	  // LOOKUP and not cancelled
	unsigned int done[TW_PORTS];	  // DONE and not cancelled
	uint64_t l1_plru[TW_PORTS], sp_plru, pwc_plru;

	// The completion of this cycle, if any.
	bool completes;
	uint8_t port, entry;
	struct tw_resp resp;

	// What the L2 port does.
	bool finish, sweep;
	bool fence_taken;
};

// The memory answer: tw_walker_plan() finds out what it means, tw_walker_apply() writes it.
struct walk_answer {
	int walker; // -1: none that matters
	enum { WALK_DIES, WALK_FAULTS, WALK_RESTARTS, WALK_DESCENDS, WALK_UPDATES, WALK_DONE } what;
	bool lost, pass2, fill_pwc, a_missing;
	struct tw_pte pte;
	uint64_t word;
};
void tw_walker_plan(const struct tw_mmu *m, struct step *s, struct walk_answer *a);
void tw_walker_apply(struct tw_mmu *m, struct step *s, const struct walk_answer *a);
void tw_walker_start(struct tw_mmu *m, unsigned int w, unsigned int port, unsigned int entry,
		     int pwc);
// The table walk's next entry, or its first.
void tw_walker_to_root(struct tw_mmu *m, unsigned int w, const struct tw_req *req);

void tw_miss_allocate(struct miss_port *mp, unsigned int i, uint8_t id, const struct tw_req *req);
void tw_lookup_step(struct tw_mmu *m, struct step *s);

// Everybody who waits for this walker, except the owner, looks up again.
void tw_miss_wake(struct tw_mmu *m, unsigned int walker);

static inline void event(struct step *s, unsigned int bit)
{
	s->events |= UINT32_C(1) << bit;
}

// The debug view of a touched L2 set.
static inline void l2_touched(struct tw_mmu *m, unsigned int set)
{
	m->dbg_l2.touch_at = m->cycle;
	m->dbg_l2.touch_set = set;
}

// That of invalidated ways.
static inline void l2_invalidated(struct tw_mmu *m, unsigned int set, unsigned int mask)
{
	if (!mask)
		return;
	m->dbg_l2.inv_at = m->cycle;
	m->dbg_l2.inv_set = set;
	m->dbg_l2.inv_mask = mask;
}

// A translation enters a port's L1.
void tw_l1_insert(struct tw_mmu *m, const struct step *s, unsigned int port,
		  const struct tlb_entry *e);

#endif
