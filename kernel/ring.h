// SPDX-License-Identifier: Apache-2.0
// A ring of frames on the links of the frame database, as Clock and FIFO use it. The hand points to
// the oldest frame; new ones go behind all others, right before the hand.
#ifndef TW_RING_H
#define TW_RING_H

#include "kern.h"

struct tw_ring {
	struct tw_kernel *k;
	uint32_t hand, count; // hand: TW_NO_FRAME when empty
};

static inline void tw_ring_insert(struct tw_ring *r, uint32_t f)
{
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

static inline void tw_ring_remove(struct tw_ring *r, uint32_t f)
{
	struct tw_frame *fr = r->k->frames;

	if (--r->count == 0)
		r->hand = TW_NO_FRAME;
	else if (r->hand == f)
		r->hand = fr[f].next;
	fr[fr[f].prev].next = fr[f].next;
	fr[fr[f].next].prev = fr[f].prev;
	fr[f].prev = fr[f].next = TW_NO_FRAME;
}

static inline uint32_t tw_ring_next(const struct tw_ring *r, uint32_t f)
{
	if (f == TW_NO_FRAME)
		return r->hand;
	f = r->k->frames[f].next;
	return f == r->hand ? TW_NO_FRAME : f;
}

#endif
