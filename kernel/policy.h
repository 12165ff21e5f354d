// SPDX-License-Identifier: Apache-2.0
// Replacement policies: which frame goes next. A policy keeps the reclaimable frames in an order of
// its own, on the links of the frame database, and answers one question. It learns of accesses from
// the A bits of the page tables, as the hardware set them.
#ifndef TW_POLICY_H
#define TW_POLICY_H

#include <stdint.h>

struct tw_kernel;
struct tw_gather;

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

extern const struct tw_policy tw_policy_clock, tw_policy_fifo;

// NULL if there is no policy of that name.
const struct tw_policy *tw_policy_find(const char *name);

#endif
