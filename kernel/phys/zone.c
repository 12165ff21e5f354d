// SPDX-License-Identifier: Apache-2.0
// The buddy allocator. See zone.h.
#include "phys/zone.h"

#include "kern.h"
#include "phys/phys.h"

static const uint64_t zone_end_pfn[TW_ZONES] = {
	[TW_ZONE_DMA] = UINT64_C(1) << (24 - TW_PAGE_SHIFT_4K),
	[TW_ZONE_DMA32] = UINT64_C(1) << (32 - TW_PAGE_SHIFT_4K),
	[TW_ZONE_NORMAL] = UINT64_MAX,
};

static void list_add(struct tw_kernel *k, struct tw_zone *z, uint32_t f, unsigned int order)
{
	struct tw_frame *fr = &k->frames[f];

	fr->order = (uint8_t)order;
	fr->prev = TW_NO_FRAME;
	fr->next = z->head[order];
	if (fr->next != TW_NO_FRAME)
		k->frames[fr->next].prev = f;
	z->head[order] = f;
	z->blocks[order]++;
}

static void list_del(struct tw_kernel *k, struct tw_zone *z, uint32_t f)
{
	struct tw_frame *fr = &k->frames[f];
	unsigned int order = fr->order;

	if (fr->prev == TW_NO_FRAME)
		z->head[order] = fr->next;
	else
		k->frames[fr->prev].next = fr->next;
	if (fr->next != TW_NO_FRAME)
		k->frames[fr->next].prev = fr->prev;
	fr->order = TW_ORDER_NONE;
	fr->prev = fr->next = TW_NO_FRAME;
	z->blocks[order]--;
}

uint32_t tw_buddy_alloc(struct tw_kernel *k, unsigned int limit, unsigned int order)
{
	for (unsigned int i = limit + 1; i-- > 0;) {
		struct tw_zone *z = &k->zones[i];
		unsigned int o = order;
		uint32_t f;

		while (o < TW_ORDERS && z->head[o] == TW_NO_FRAME)
			o++;
		if (z->frames == 0 || o == TW_ORDERS)
			continue;
		f = z->head[o];
		list_del(k, z, f);
		while (o > order) {
			o--;
			list_add(k, z, f + (1u << o), o);
		}
		z->free -= 1u << order;
		return f;
	}
	return TW_NO_FRAME;
}

void tw_buddy_free(struct tw_kernel *k, uint32_t f, unsigned int order)
{
	struct tw_zone *z = &k->zones[k->frames[f].zone];

	z->free += 1u << order;
	while (order + 1 < TW_ORDERS) {
		uint64_t pfn = tw_frame_pfn(k, f) ^ (UINT64_C(1) << order);
		uint64_t buddy = pfn - k->base_pfn;

		if (buddy - z->first >= z->frames || k->frames[buddy].state != TW_FRAME_FREE ||
		    k->frames[buddy].order != order)
			break;
		list_del(k, z, (uint32_t)buddy);
		f = (uint32_t)buddy < f ? (uint32_t)buddy : f;
		order++;
	}
	list_add(k, z, f, order);
}

static void add_block(struct tw_kernel *k, uint32_t f, uint32_t end)
{
	while (f < end) {
		unsigned int order = TW_ORDERS - 1;

		while (order &&
		       ((tw_frame_pfn(k, f) & ((1u << order) - 1)) || (1u << order) > end - f))
			order--;
		tw_buddy_free(k, f, order);
		f += 1u << order;
	}
}

void tw_zones_init(struct tw_kernel *k)
{
	uint32_t f = 0;

	for (unsigned int i = 0; i < TW_ZONES; i++) {
		struct tw_zone *z = &k->zones[i];
		uint64_t end = zone_end_pfn[i] > k->base_pfn ? zone_end_pfn[i] - k->base_pfn : 0;

		if (end > k->frames_total)
			end = k->frames_total;
		*z = (struct tw_zone){.first = f};
		for (unsigned int o = 0; o < TW_ORDERS; o++)
			z->head[o] = TW_NO_FRAME;
		if (end <= f)
			continue;
		z->frames = (uint32_t)end - f;
		for (; f < end; f++)
			k->frames[f] = (struct tw_frame){.state = TW_FRAME_FREE,
							 .order = TW_ORDER_NONE,
							 .zone = (uint8_t)i,
							 .rmap = TW_NO_RMAP,
							 .prev = TW_NO_FRAME,
							 .next = TW_NO_FRAME};
		add_block(k, z->first, f);
	}
}

uint32_t tw_zones_free(const struct tw_kernel *k)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < TW_ZONES; i++)
		n += k->zones[i].free;
	return n;
}

uint32_t tw_zones_fragmentation(const struct tw_kernel *k, unsigned int order)
{
	uint64_t free = 0, useless = 0;

	for (unsigned int i = 0; i < TW_ZONES; i++) {
		free += k->zones[i].free;
		for (unsigned int o = 0; o < order && o < TW_ORDERS; o++)
			useless += (uint64_t)k->zones[i].blocks[o] << o;
	}
	return free ? (uint32_t)(1000 * useless / free) : 0;
}
