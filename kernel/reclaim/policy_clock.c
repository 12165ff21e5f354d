// SPDX-License-Identifier: Apache-2.0
// Clock: the frames lie in a ring; the hand passes a frame that was accessed since its last visit,
// clearing its A bits, and stops at the first that was not. Source: F. Corbato, A paging experiment
// with the Multics system, 1968.
#include <stdlib.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "phys/lru.h"
#include "phys/phys.h"
#include "reclaim/policy.h"

static uint32_t select_frame(void *state, struct tw_gather *g)
{
	struct tw_ring *r = state;

	// One round clears every A bit, so the second finds a frame at once.
	for (uint64_t steps = 0; steps <= r->count && r->count > 0; steps++) {
		uint32_t f = r->hand;

		r->k->stats.scanned++;
		if (!tw_rmap_referenced(r->k, f, g))
			return f;
		r->hand = r->k->frames[f].next;
	}
	return r->hand;
}

const struct tw_policy tw_policy_clock = {
	"clock",	tw_ring_create, free,	       tw_ring_insert,
	tw_ring_remove, select_frame,	tw_ring_count, tw_ring_next,
};
