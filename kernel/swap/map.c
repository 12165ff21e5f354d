// SPDX-License-Identifier: Apache-2.0
// The swap map and the swap cache. See swap.h.
#include "swap/map.h"

#include "kern.h"
#include "phys/phys.h"
#include "swap/swap.h"

// A hole for a whole cluster is looked for in at most this many slots.
enum { CLUSTER_SEARCH = 8192 };

// --- The map ---------------------------------------------------------------------------

static bool is_free(const struct tw_swap *s, uint32_t slot)
{
	return s->refs[slot] == 0 && s->frame[slot] == TW_NO_FRAME;
}

uint32_t tw_swap_available(const struct tw_kernel *k)
{
	const struct tw_swap *s = k->swap;

	return s->slots ? s->slots - 1 - s->used + s->spare : 0;
}

// Gives up the slots of pages that are in memory and mapped: their frames hold the only copy then.
static void free_spare_slots(struct tw_kernel *k, uint32_t n)
{
	struct tw_swap *s = k->swap;

	while (n > 0 && s->spare > 0) {
		uint32_t slot = s->hand;

		s->hand = slot + 1 == s->slots ? 1 : slot + 1;
		if (s->frame[slot] == TW_NO_FRAME || s->refs[slot] > 0)
			continue;
		tw_swap_cache_drop(k, s->frame[slot]);
		n--;
	}
}

static uint32_t find_cluster(const struct tw_swap *s, uint32_t n)
{
	uint32_t run = 0, slot = s->cursor;

	for (uint32_t i = 0; i < s->slots && i < CLUSTER_SEARCH; i++, slot++) {
		if (slot == s->slots) {
			slot = 1;
			run = 0;
		}
		run = is_free(s, slot) ? run + 1 : 0;
		if (run == n)
			return slot - n + 1;
	}
	return 0;
}

uint32_t tw_swap_alloc(struct tw_kernel *k, uint32_t n, uint32_t *out)
{
	struct tw_swap *s = k->swap;
	uint32_t slot, got = 0;

	if (s->slots == 0)
		return 0;
	if (s->slots - 1 - s->used < n)
		free_spare_slots(k, n - (s->slots - 1 - s->used));
	if (s->slots - 1 - s->used < n)
		n = s->slots - 1 - s->used;
	if (n == 0)
		return 0;
	slot = find_cluster(s, n);
	for (slot = slot ? slot : s->cursor; got < n; slot++) {
		if (slot == s->slots)
			slot = 1;
		if (!is_free(s, slot))
			continue;
		s->refs[slot] = 1;
		s->used++;
		out[got++] = slot;
	}
	s->cursor = slot == s->slots ? 1 : slot;
	tw_charge(k, TW_COST_SLOT, n);
	return n;
}

void tw_swap_dup(struct tw_kernel *k, uint32_t slot)
{
	assert(slot > 0 && slot < k->swap->slots && k->swap->refs[slot] > 0);
	k->swap->refs[slot]++;
}

void tw_swap_hold(struct tw_kernel *k, uint32_t slot)
{
	assert(k->swap->frame[slot] != TW_NO_FRAME);
	if (k->swap->refs[slot]++ == 0)
		k->swap->spare--;
}

void tw_swap_put(struct tw_kernel *k, uint32_t slot)
{
	struct tw_swap *s = k->swap;
	uint32_t f;

	assert(slot > 0 && slot < s->slots && s->refs[slot] > 0);
	tw_charge(k, TW_COST_SLOT, 1);
	if (--s->refs[slot] > 0)
		return;
	f = s->frame[slot];
	if (f == TW_NO_FRAME) {
		s->used--;
		return;
	}
	s->spare++;
	if (k->frames[f].mapcount == 0)
		tw_swap_cache_drop(k, f);
}

uint32_t tw_swap_refs(const struct tw_kernel *k, uint32_t slot)
{
	return k->swap->refs[slot];
}

bool tw_swap_in_use(const struct tw_kernel *k, uint32_t slot)
{
	return !is_free(k->swap, slot);
}

struct tw_swap_count tw_swap_count(const struct tw_kernel *k)
{
	const struct tw_swap *s = k->swap;

	return (struct tw_swap_count){
		.slots = s->slots ? s->slots - 1 : 0, .used = s->used, .cached = s->cached};
}

bool tw_swap_tight(const struct tw_kernel *k)
{
	return 2 * (uint64_t)k->swap->used > k->swap->slots;
}

// --- The cache -------------------------------------------------------------------------

uint32_t tw_swap_frame(const struct tw_kernel *k, uint32_t slot)
{
	return k->swap->frame[slot];
}

uint32_t tw_swap_cache_find(struct tw_kernel *k, uint32_t slot)
{
	tw_charge(k, TW_COST_CACHE, 1);
	return k->swap->frame[slot];
}

void tw_swap_cache_add(struct tw_kernel *k, uint32_t f, uint32_t slot)
{
	assert(k->swap->refs[slot] > 0 && k->swap->frame[slot] == TW_NO_FRAME);
	assert(k->frames[f].slot == 0);
	k->swap->frame[slot] = f;
	k->swap->cached++;
	k->frames[f].slot = slot;
	tw_lru_slot_changed(k, f);
	tw_frame_get(k, f);
}

void tw_swap_cache_del(struct tw_kernel *k, uint32_t f)
{
	struct tw_swap *s = k->swap;
	uint32_t slot = k->frames[f].slot;

	assert(slot && s->frame[slot] == f);
	s->frame[slot] = TW_NO_FRAME;
	s->cached--;
	if (s->refs[slot] == 0) {
		s->used--;
		s->spare--;
	}
	k->frames[f].slot = 0;
	tw_lru_slot_changed(k, f);
	tw_frame_put(k, f);
}

void tw_swap_cache_drop(struct tw_kernel *k, uint32_t f)
{
	if (k->swap->refs[k->frames[f].slot] > 0)
		return;
	k->frames[f].flags |= TW_FRAME_DIRTY;
	tw_swap_cache_del(k, f);
}
