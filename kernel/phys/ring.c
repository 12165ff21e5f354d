// SPDX-License-Identifier: Apache-2.0
// The ring of frames. See lru.h.
#include "phys/lru.h"

#include <stdlib.h>

#include "kern.h"
#include "phys/phys.h"

void tw_ring_init(struct tw_ring *r, struct tw_kernel *k)
{
	*r = (struct tw_ring){.k = k, .hand = TW_NO_FRAME};
}

void *tw_ring_create(struct tw_kernel *k)
{
	struct tw_ring *r = malloc(sizeof(*r));

	if (r)
		tw_ring_init(r, k);
	return r;
}

void tw_ring_insert(void *state, uint32_t f)
{
	struct tw_ring *r = state;
	struct tw_frame *fr = r->k->frames;

	if (r->count++ == 0) {
		fr[f].prev = fr[f].next = r->hand = f;
		return;
	}
	fr[f].next = r->hand;
	fr[f].prev = fr[r->hand].prev;
	fr[fr[f].prev].next = f;
	fr[r->hand].prev = f;
}

void tw_ring_remove(void *state, uint32_t f)
{
	struct tw_ring *r = state;
	struct tw_frame *fr = r->k->frames;

	if (--r->count == 0)
		r->hand = TW_NO_FRAME;
	else if (r->hand == f)
		r->hand = fr[f].next;
	fr[fr[f].prev].next = fr[f].next;
	fr[fr[f].next].prev = fr[f].prev;
	fr[f].prev = fr[f].next = TW_NO_FRAME;
}

uint32_t tw_ring_count(const void *state)
{
	return ((const struct tw_ring *)state)->count;
}

uint32_t tw_ring_next(const void *state, uint32_t f)
{
	const struct tw_ring *r = state;

	if (f == TW_NO_FRAME)
		return r->hand;
	f = r->k->frames[f].next;
	return f == r->hand ? TW_NO_FRAME : f;
}
