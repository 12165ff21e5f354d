// SPDX-License-Identifier: Apache-2.0
// The memory arbiter (docs/contract.md section 8). Invariant: a request that was presented and not
// taken stays: the pointer stands on it, and walkers do not withdraw.
#ifndef TW_CSIM_MEM_ARB_H
#define TW_CSIM_MEM_ARB_H

#include "pick.h"
#include "walker.h"

struct mem_arb {
	unsigned int ptr;
};

// The walker whose request is on the pins; -1 if none.
static inline int mem_arb_select(const struct mem_arb *a, const struct walkers *ws)
{
	return ws->asking ? (int)pick(ws->asking, a->ptr) : -1;
}

// The clock edge, with walker i of n on the pins.
static inline void mem_arb_clock(struct mem_arb *a, unsigned int i, unsigned int n, bool ready)
{
	a->ptr = ready ? (i + 1) & (n - 1) : i;
}

void tw_mem_arb_pins(const struct mem_arb *a, const struct walkers *ws, struct tw_mmu_out *pins);

#endif
