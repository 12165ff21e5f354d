// SPDX-License-Identifier: Apache-2.0
// Frames: allocation with a first reference, and their end. See phys.h.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kern.h"
#include "phys/phys.h"
#include "phys/zone.h"

int tw_phys_create(struct tw_kernel *k)
{
	k->frames = malloc((size_t)k->frames_total * sizeof(*k->frames));
	k->zones = calloc(TW_ZONES, sizeof(*k->zones));
	if (!k->frames || !k->zones)
		return -ENOMEM;
	tw_zones_init(k);
	if (k->opts.poison)
		memset(k->ram, TW_POISON, k->ram_bytes);
	return 0;
}

void tw_phys_destroy(struct tw_kernel *k)
{
	free(k->frames);
	free(k->zones);
	k->frames = NULL;
}

uint32_t tw_frame_alloc(struct tw_kernel *k, enum tw_frame_state state)
{
	uint32_t f = tw_buddy_alloc(k, TW_ZONE_NORMAL, 0);
	struct tw_frame *fr;

	tw_charge(k, TW_COST_FRAME, 1);
	if (f == TW_NO_FRAME)
		return f;
	fr = &k->frames[f];
	assert(fr->state == TW_FRAME_FREE && fr->refcount == 0 && fr->mapcount == 0);
	fr->state = (uint8_t)state;
	fr->refcount = 1;
	return f;
}

void tw_frame_get(struct tw_kernel *k, uint32_t f)
{
	assert(k->frames[f].refcount > 0);
	k->frames[f].refcount++;
}

void tw_frame_put(struct tw_kernel *k, uint32_t f)
{
	struct tw_frame *fr = &k->frames[f];

	assert(fr->refcount > 0);
	if (--fr->refcount > 0)
		return;
	assert(fr->state != TW_FRAME_FREE && fr->state != TW_FRAME_RESERVED);
	assert(fr->mapcount == 0 && fr->rmap == TW_NO_RMAP && fr->slot == 0 && !fr->object);
	tw_charge(k, TW_COST_FRAME, 1);
	tw_lru_forget(k, f);
	if (k->opts.poison)
		memset(tw_frame_host(k, f), TW_POISON, TW_PAGE_BYTES);
	*fr = (struct tw_frame){.state = TW_FRAME_FREE,
				.order = TW_ORDER_NONE,
				.zone = fr->zone,
				.rmap = TW_NO_RMAP,
				.prev = TW_NO_FRAME,
				.next = TW_NO_FRAME};
	tw_buddy_free(k, f, 0);
}

void tw_frame_zero(struct tw_kernel *k, uint32_t f)
{
	tw_charge(k, TW_COST_ZERO, 1);
	memset(tw_frame_host(k, f), 0, TW_PAGE_BYTES);
}

void tw_frame_copy(struct tw_kernel *k, uint32_t to, uint32_t from)
{
	tw_charge(k, TW_COST_COPY, 1);
	memcpy(tw_frame_host(k, to), tw_frame_host(k, from), TW_PAGE_BYTES);
}
