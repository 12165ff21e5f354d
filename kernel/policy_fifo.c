// SPDX-License-Identifier: Apache-2.0
// FIFO: the frame that has been in memory longest goes, accessed or not.
#include <stdlib.h>

#include "policy.h"
#include "ring.h"

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

	(void)g;
	r->k->stats.scanned += r->count > 0;
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

const struct tw_policy tw_policy_fifo = {
	"fifo", create, free, insert, remove_frame, select_frame, count, next,
};
