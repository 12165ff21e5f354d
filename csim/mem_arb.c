// SPDX-License-Identifier: Apache-2.0
// Which walker's memory request is on the pins (docs/contract.md section 8). Invariant: a request
// that was presented and not taken stays.
#include "mmu_internal.h"

int mem_arb_select(const struct mem_arb *a, const struct walker *w, unsigned int n)
{
	unsigned int mask = 0;

	if (a->locked)
		return (int)a->locked_id;
	for (unsigned int i = 0; i < n; i++)
		mask |= (unsigned int)(w[i].state == WALK_REQ || w[i].state == WALK_CAS_REQ) << i;
	return mask ? (int)round_robin(mask, a->ptr) : -1;
}
