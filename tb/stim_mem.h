// SPDX-License-Identifier: Apache-2.0
// The stimulus's memory: one slot per walker, because a walker has at most one request in flight.
// Requests take effect at their handshake and are answered later, in order or in any order, with
// errors. Between them, whatever is in flight, it answers numbers that did not ask, also those of
// no walker, which the MMU has to ignore. Invariant: each request is answered exactly once, at
// least one cycle after its handshake, unless a reset comes first.
#ifndef TW_TB_STIM_MEM_H
#define TW_TB_STIM_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include "stim_phase.h"
#include "stim_tables.h"
#include "twinwalk/mmu.h"

enum { TW_STIM_SLOTS = 16, TW_STIM_RECENT = 8 };

struct tw_stim_mem {
	struct {
		bool busy, err;
		uint32_t wait; // cycles until it may be answered
		uint64_t data, order;
	} slot[TW_STIM_SLOTS];
	unsigned int busy;
	uint64_t order;
	uint64_t recent[TW_STIM_RECENT]; // addresses of the last requests
	unsigned int n_recent;
};

// Writes the mem_* inputs of this cycle, and takes the request that is presented, if any. Returns
// whether something happened to a walk: a handshake or an answer.
bool tw_stim_mem_drive(struct tw_stim_mem *m, struct tw_stim_tables *t,
		       const struct tw_stim_phase *phase, const struct tw_mmu_out *out,
		       struct tw_mmu_in *in);

// A reset: nothing is in flight any more.
void tw_stim_mem_reset(struct tw_stim_mem *m);

// One of the last addresses asked for, or 0.
uint64_t tw_stim_mem_recent(struct tw_stim_mem *m, struct tw_prng *rng);

#endif
