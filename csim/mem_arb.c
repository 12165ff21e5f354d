// SPDX-License-Identifier: Apache-2.0
// The memory arbiter's pins; see mem_arb.h.
#include "mem_arb.h"

void tw_mem_arb_pins(const struct mem_arb *a, const struct walkers *ws, struct tw_mmu_out *pins)
{
	int i = mem_arb_select(a, ws);
	const struct walker *w = &ws->w[i < 0 ? 0 : i];

	pins->mem_req_valid = i >= 0;
	pins->mem_req_id = i < 0 ? 0 : (uint8_t)i;
	pins->mem_req_addr = i < 0 ? 0 : w->addr;
	pins->mem_req_cas = i >= 0 && w->state == WALKER_CAS_REQ;
	pins->mem_req_expected = pins->mem_req_cas ? w->expected : 0;
	pins->mem_req_desired = pins->mem_req_cas ? w->desired : 0;
}
