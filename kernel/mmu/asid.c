// SPDX-License-Identifier: Apache-2.0
// ASID allocation with roll-over. See mmu.h.
#include "mmu/asid.h"

#include <errno.h>
#include <stdlib.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "mmu/rmap.h"

int tw_paging_create(struct tw_kernel *k, unsigned int bits)
{
	k->asids = malloc(sizeof(*k->asids));
	k->rmap = calloc(1, sizeof(*k->rmap));
	if (!k->asids || !k->rmap)
		return -ENOMEM;
	*k->asids =
		(struct tw_asids){.generation = 1, .next = bits ? 1 : 0, .last = (1u << bits) - 1};
	return 0;
}

void tw_paging_destroy(struct tw_kernel *k)
{
	tw_rmap_destroy(k);
	free(k->asids);
	k->asids = NULL;
}

int tw_asid_live(const struct tw_kernel *k, const struct tw_space *as)
{
	return as->asid_generation == k->asids->generation;
}

int tw_asid_assign(struct tw_kernel *k, struct tw_space *as)
{
	int err = 0;

	if (tw_asid_live(k, as))
		return 0;
	if (k->asids->next > k->asids->last) {
		k->asids->generation++;
		k->asids->next = k->asids->last ? 1 : 0;
		k->stats.asid_rollovers++;
		err = tw_fence_all(k);
	}
	as->asid = (uint16_t)k->asids->next++;
	as->asid_generation = k->asids->generation;
	return err;
}
