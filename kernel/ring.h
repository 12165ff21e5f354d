// SPDX-License-Identifier: Apache-2.0
// A ring of frames on the links of the frame database: the order that Clock and FIFO keep, so that
// such a policy adds only its choice of a frame; and a queue for whoever needs one. The hand points
// to the oldest frame; new ones go behind all others, right before the hand. Invariant: every frame
// of the ring is in it once.
#ifndef TW_RING_H
#define TW_RING_H

#include <stdint.h>

struct tw_kernel;

struct tw_ring {
	struct tw_kernel *k;
	uint32_t hand, count; // hand: TW_NO_FRAME when empty
};

// An empty ring.
void tw_ring_init(struct tw_ring *r, struct tw_kernel *k);

// Members of struct tw_policy; `state` is a struct tw_ring, ended with free().
void *tw_ring_create(struct tw_kernel *k);
void tw_ring_insert(void *state, uint32_t f);
void tw_ring_remove(void *state, uint32_t f);
uint32_t tw_ring_count(const void *state);
uint32_t tw_ring_next(const void *state, uint32_t f);

#endif
