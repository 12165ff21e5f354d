// SPDX-License-Identifier: Apache-2.0
// Helpers of the miss queue (docs/contract.md section 7); the lookup stage that works on it is in
// lookup.c.
#include "mmu_internal.h"

unsigned int miss_mask(const struct miss_queue *q, unsigned int port, enum miss_state state)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < q->n; i++)
		mask |= (unsigned int)(q->port[port].e[i].state == state) << i;
	return mask;
}

unsigned int round_robin(unsigned int mask, unsigned int ptr)
{
	unsigned int high = mask & ~((1u << ptr) - 1);

	return (unsigned int)__builtin_ctz(high ? high : mask);
}
