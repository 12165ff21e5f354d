// SPDX-License-Identifier: Apache-2.0
// ASID allocation with roll-over. See asid.h.
#include "kern.h"
#include "mm.h"
#include "tlb.h"

void tw_asid_init(struct tw_kernel *k, unsigned int bits)
{
	k->asid = (struct tw_asid_space){
		.generation = 1, .next = bits ? 1 : 0, .last = (1u << bits) - 1};
}

int tw_asid_live(const struct tw_kernel *k, const struct tw_mm *mm)
{
	return mm->asid_generation == k->asid.generation;
}

int tw_asid_assign(struct tw_kernel *k, struct tw_mm *mm)
{
	int err = 0;

	if (tw_asid_live(k, mm))
		return 0;
	if (k->asid.next > k->asid.last) {
		k->asid.generation++;
		k->asid.next = k->asid.last ? 1 : 0;
		k->stats.asid_rollovers++;
		err = tw_fence_all(k);
	}
	mm->asid = (uint16_t)k->asid.next++;
	mm->asid_generation = k->asid.generation;
	return err;
}
