// SPDX-License-Identifier: Apache-2.0
// The lists of the frames that may leave memory, as reclaim sees them. A frame is on one of three:
// the policy's; `waiting`, if it was passed over because no swap slot could be had; `failed`, if it
// could not be written. The last two keep the search short when little or nothing can go: a frame
// comes back to the policy when reclaim says so. All lie on the links of the frame database.
// Invariants (tw_check_policy): a frame of a list bears its flag and no other's; a waiting frame
// has no slot; every frame of a ring is in it once.
#ifndef TW_LRU_H
#define TW_LRU_H

#include <stdbool.h>
#include <stdint.h>

struct tw_frame;
struct tw_gather;
struct tw_kernel;

// A ring of frames: the order that Clock and FIFO keep, so that such a policy adds only its choice
// of a frame; and a queue for whoever needs one. The hand points to the oldest frame; new ones go
// behind all others, right before the hand.
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

// A replacement policy: which frame goes next. It keeps the reclaimable frames in an order of its
// own, on the links of the frame database, and answers one question. It learns of accesses from the
// A bits of the page tables, as the hardware set them.
struct tw_policy {
	const char *name;
	// One policy's state; NULL if host memory has run out.
	void *(*create)(struct tw_kernel *k);
	void (*destroy)(void *state);
	// A frame has become reclaimable; leaves (chosen, or freed).
	void (*insert)(void *state, uint32_t f);
	void (*remove)(void *state, uint32_t f);
	// The frame to go next, still on the list; TW_NO_FRAME if there is none. A bits that it
	// clears are gathered in g.
	uint32_t (*select)(void *state, struct tw_gather *g);
	// Frames on the list; and its walk in the policy's order for the checker: the first for
	// TW_NO_FRAME, TW_NO_FRAME at the end.
	uint32_t (*count)(const void *state);
	uint32_t (*next)(const void *state, uint32_t f);
};

struct tw_lru {
	const struct tw_policy *policy;
	void *state; // the policy's
	struct tw_ring waiting, failed;
	uint32_t needy; // frames on the policy's list that cannot go without a new slot
};

// -ENOMEM.
int tw_lru_create(struct tw_kernel *k, const struct tw_policy *policy);
void tw_lru_destroy(struct tw_kernel *k);

// Whether the frame's contents can go nowhere but to a slot that it does not have.
bool tw_lru_needs_slot(const struct tw_frame *fr);

// Puts a frame that is on no list on LIST, `waiting` or `failed`, where it is not looked at.
void tw_lru_park(struct tw_kernel *k, struct tw_ring *list, uint32_t f);
// Gives up to N frames of LIST, the oldest first, back to the policy.
void tw_lru_unpark(struct tw_kernel *k, const struct tw_ring *list, uint32_t n);

#endif
