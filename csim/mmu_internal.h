// SPDX-License-Identifier: Apache-2.0
// The registers of the cycle model: one structure for each block of docs/contract.md section 11,
// each with a header and a source file of the block's name. Invariant: a block's functions are
// given that block's registers to write, and everything else to read only.
#ifndef TW_CSIM_MMU_INTERNAL_H
#define TW_CSIM_MMU_INTERNAL_H

#include "counters.h"
#include "ctrl.h"
#include "fence.h"
#include "l2.h"
#include "mem_arb.h"
#include "miss_queue.h"
#include "port.h"
#include "pwc.h"
#include "root_load.h"
#include "walker.h"

struct tw_mmu {
	struct ctrl ctrl;
	struct port port[TW_PORTS];
	struct miss_queue miss;
	struct l2 l2;
	struct pwc pwc;
	struct walkers walkers;
	struct root_load load;
	struct mem_arb arb;
	struct fence fence;
	struct counters counters;

	struct tw_config cfg;
	// Of the configuration: address bits that make the VPN, ASID bits.
	uint64_t vpn;
	uint16_t asid;
	unsigned int first_port; // that is there
	uint64_t cycle;
	// For speed only. quiet: the short cut is allowed, and nothing is in flight but a response
	// in each queue that leaves with the next cycle.
	bool quiet, short_cut;
	uint64_t out_cycle; // in which out was made, plus one
	struct tw_mmu_out out;
};

// What the TLBs and the walk cache learn at the clock edge from a walk's answer: PAGE is what the
// walk's end gave; keep: it may be kept. pwc_plru: the walk cache's replacement state at the start
// of the cycle.
void tw_mmu_learn(struct tw_mmu *m, const struct walker *w, const struct walk_answer *a,
		  const struct tlb_entry *page, bool keep, uint64_t pwc_plru);

// A lookup that finds no root: the response, and the page that is killed.
static inline void mmu_rootless(const struct tw_mmu *m, const struct tw_req *req,
				struct tw_resp *resp, struct tlb_entry *page)
{
	tw_arch_resp_fault(&m->ctrl.ctx, req, TW_FAULT_PAGE, 0, resp);
	tlb_page_make(page, req->va, m->ctrl.ctx.asid);
}

// The page leaves every TLB, and what leads to it the walk cache.
void tw_mmu_kill(struct tw_mmu *m, const struct tlb_entry *page);

// Whether a walk that nothing disturbs may leave behind what its answer gives.
static inline bool mmu_keeps(const struct tw_mmu *m, enum walk_act act)
{
	return act != ACT_FILL || m->pwc.n;
}

bool tw_mmu_is_quiet(const struct tw_mmu *m);

static inline bool port_ready(const struct tw_mmu *m, unsigned int port)
{
	return resp_fifo_space(&m->port[port].fifo) && m->miss.port[port].in[MISS_FREE] &&
	       !m->ctrl.pending && port >= m->first_port;
}

#endif
