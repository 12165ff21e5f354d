// SPDX-License-Identifier: Apache-2.0
// The memory arbiter (docs/contract.md section 8). Invariant: a request that was presented and not
// taken stays: the pointer stands on it, and walkers do not withdraw.
#ifndef TW_CSIM_MEM_ARB_H
#define TW_CSIM_MEM_ARB_H

#include "pick.h"
#include "root_load.h"
#include "walker.h"

struct mem_arb {
	unsigned int ptr;
};

// The number of the walker whose request is on the pins, or of the root loader; -1 if none.
static inline int mem_arb_select(const struct mem_arb *a, const struct walkers *ws,
				 const struct root_load *load)
{
	unsigned int asking = ws->asking | (unsigned int)root_load_asks(load) << ws->n;

	return asking ? (int)pick(asking, a->ptr) : -1;
}

// The clock edge, with requester i on the pins. A pointer beyond all of them is as good as one to
// the first.
static inline void mem_arb_clock(struct mem_arb *a, unsigned int i, bool ready)
{
	a->ptr = ready ? i + 1 : i;
}

void tw_mem_arb_pins(const struct mem_arb *a, const struct walkers *ws,
		     const struct root_load *load, struct tw_mmu_out *pins);

#endif
