// SPDX-License-Identifier: Apache-2.0
// Clock: the frames lie in a ring; the hand passes a frame that was accessed since its last visit,
// clearing its A bits, and stops at the first that was not. Source: F. Corbato, A paging experiment
// with the Multics system, 1968.
#include <stdlib.h>

#include "policy.h"
#include "ring.h"
#include "tlb.h"

static void *create(struct tw_kernel *k)
{
	struct tw_ring *r = malloc(sizeof(*r));

	if (r)
		*r = (struct tw_ring){.k = k, .hand = TW_NO_FRAME};
	return r;
}

static void insert(void *state, uint32_t f)
{
	tw_ring_insert(state, f);
}

static void remove_frame(void *state, uint32_t f)
{
	tw_ring_remove(state, f);
}

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

static uint32_t count(const void *state)
{
	return ((const struct tw_ring *)state)->count;
}

static uint32_t next(const void *state, uint32_t f)
{
	return tw_ring_next(state, f);
}

const struct tw_policy tw_policy_clock = {
	"clock", create, free, insert, remove_frame, select_frame, count, next,
};
