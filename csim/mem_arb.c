// SPDX-License-Identifier: Apache-2.0
// The memory arbiter's pins; see mem_arb.h.
#include "mem_arb.h"

void tw_mem_arb_pins(const struct mem_arb *a, const struct walkers *ws,
		     const struct root_load *load, struct tw_mmu_out *pins)
{
	int i = mem_arb_select(a, ws, load);
	struct tw_mem_op op;

	pins->mem_req_valid = i >= 0;
	if (i < 0) {
		pins->mem_req_id = pins->mem_req_lanes = 0;
		pins->mem_req_addr = pins->mem_req_expected = pins->mem_req_desired = 0;
		pins->mem_req_cas = false;
		return;
	}
	if (i == (int)ws->n)
		tw_root_load_request(load, ws->n, &op);
	else
		walker_request(&ws->w[i], (unsigned int)i, &op);
	pins->mem_req_id = op.id;
	pins->mem_req_addr = op.addr;
	pins->mem_req_lanes = op.lanes;
	pins->mem_req_cas = op.cas;
	pins->mem_req_expected = op.expected;
	pins->mem_req_desired = op.desired;
}
