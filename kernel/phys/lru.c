// SPDX-License-Identifier: Apache-2.0
// Which list a frame is on. See lru.h.
#include "phys/lru.h"

#include <errno.h>
#include <stdlib.h>

#include "kern.h"
#include "phys/phys.h"

int tw_lru_create(struct tw_kernel *k, const struct tw_policy *policy)
{
	struct tw_lru *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	k->lru = l;
	tw_ring_init(&l->waiting, k);
	tw_ring_init(&l->failed, k);
	l->policy = policy;
	l->state = policy->create(k);
	return l->state ? 0 : -ENOMEM;
}

void tw_lru_destroy(struct tw_kernel *k)
{
	if (k->lru && k->lru->state)
		k->lru->policy->destroy(k->lru->state);
	free(k->lru);
	k->lru = NULL;
}

bool tw_lru_needs_slot(const struct tw_frame *fr)
{
	return fr->state != TW_FRAME_FILE && !fr->slot;
}

void tw_lru_insert(struct tw_kernel *k, uint32_t f)
{
	struct tw_frame *fr = &k->frames[f];

	assert(!(fr->flags & TW_FRAME_LISTED));
	fr->flags |= TW_FRAME_LRU;
	k->lru->needy += tw_lru_needs_slot(fr);
	k->lru->policy->insert(k->lru->state, f);
}

void tw_lru_forget(struct tw_kernel *k, uint32_t f)
{
	struct tw_lru *l = k->lru;
	struct tw_frame *fr = &k->frames[f];

	if (fr->flags & TW_FRAME_LRU) {
		l->policy->remove(l->state, f);
		l->needy -= tw_lru_needs_slot(fr);
	} else if (fr->flags & TW_FRAME_WAITING) {
		tw_ring_remove(&l->waiting, f);
	} else if (fr->flags & TW_FRAME_FAILED) {
		tw_ring_remove(&l->failed, f);
	}
	fr->flags &= (uint8_t)~TW_FRAME_LISTED;
}

void tw_lru_slot_changed(struct tw_kernel *k, uint32_t f)
{
	const struct tw_frame *fr = &k->frames[f];

	if (!(fr->flags & TW_FRAME_LRU))
		return;
	if (tw_lru_needs_slot(fr))
		k->lru->needy++;
	else
		k->lru->needy--;
}

void tw_lru_park(struct tw_kernel *k, struct tw_ring *list, uint32_t f)
{
	k->frames[f].flags |= list == &k->lru->waiting ? TW_FRAME_WAITING : TW_FRAME_FAILED;
	tw_ring_insert(list, f);
}

void tw_lru_unpark(struct tw_kernel *k, const struct tw_ring *list, uint32_t n)
{
	while (n-- > 0 && list->count > 0) {
		uint32_t f = list->hand;

		tw_lru_forget(k, f);
		tw_lru_insert(k, f);
	}
}
