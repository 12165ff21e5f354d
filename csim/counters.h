// SPDX-License-Identifier: Apache-2.0
// Events and their counters (docs/contract.md section 12). Invariant: counter i is the number of
// cycles in which bit i of events was high since reset.
#ifndef TW_CSIM_COUNTERS_H
#define TW_CSIM_COUNTERS_H

#include "twinwalk/mmu.h"

struct counters {
	uint64_t count[TW_EVENTS];
	uint32_t events;
	uint64_t selected;
};

#define EVENT(bit) (UINT32_C(1) << (bit))

// The event of a page size in a group "by size".
static inline unsigned int event_of_size(unsigned int first, uint8_t size)
{
	static const uint8_t offset[] = {0, 1, 2, 2, 3, 3, 3, 3};

	return first + offset[size & 7];
}

// The clock edge.
static inline void counters_clock(struct counters *c, uint32_t events, unsigned int sel)
{
	c->selected = c->count[sel % TW_EVENTS];
	c->events = events;
	for (; events; events &= events - 1)
		c->count[__builtin_ctz(events)]++;
}

// The same in two parts, for a run of cycles in which nobody looks and counter 0 does not count:
// one event; and the last cycle, with its events.
static inline void counters_add(struct counters *c, unsigned int event)
{
	c->count[event]++;
}

static inline void counters_show(struct counters *c, uint32_t events)
{
	c->selected = c->count[0];
	c->events = events;
}

#endif
