// SPDX-License-Identifier: Apache-2.0
// FIFO: the frame that has been in memory longest goes, accessed or not.
#include <stdlib.h>

#include "kern.h"
#include "phys/lru.h"
#include "phys/phys.h"
#include "reclaim/policy.h"

static uint32_t select_frame(void *state, struct tw_gather *g)
{
	struct tw_ring *r = state;

	(void)g;
	r->k->stats.scanned += r->count > 0;
	return r->hand;
}

const struct tw_policy tw_policy_fifo = {
	"fifo",		tw_ring_create, free,	       tw_ring_insert,
	tw_ring_remove, select_frame,	tw_ring_count, tw_ring_next,
};
