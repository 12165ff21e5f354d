// SPDX-License-Identifier: Apache-2.0
//
// The footprint of a trace: see footprint.h.
#include <errno.h>
#include <stdlib.h>

#include "footprint.h"
#include "format.h"

#define LEAF_BITS  13
#define LEAF_PAGES (UINT64_C(1) << LEAF_BITS)
#define LEAVES	   (UINT64_C(1) << (TW_TRACE_VA_BITS - TW_TRACE_PAGE_SHIFT - LEAF_BITS))

struct tw_trace_footprint {
	uint8_t *leaf[LEAVES];
};

struct tw_trace_footprint *tw_trace_footprint_new(void)
{
	return calloc(1, sizeof(struct tw_trace_footprint));
}

void tw_trace_footprint_free(struct tw_trace_footprint *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < LEAVES; i++)
		free(f->leaf[i]);
	free(f);
}

int tw_trace_footprint_touch(struct tw_trace_footprint *f, uint64_t addr, uint64_t len,
			     unsigned int bits)
{
	uint64_t last = (addr + len - 1) >> TW_TRACE_PAGE_SHIFT;

	for (uint64_t page = addr >> TW_TRACE_PAGE_SHIFT; page <= last; page++) {
		uint8_t **leaf = &f->leaf[page >> LEAF_BITS];

		if (!*leaf) {
			*leaf = calloc(LEAF_PAGES, 1);
			if (!*leaf)
				return -ENOMEM;
		}
		(*leaf)[page % LEAF_PAGES] |= (uint8_t)bits;
	}
	return 0;
}

int tw_trace_footprint_add(struct tw_trace_footprint *f, const struct tw_trace_event *e)
{
	switch (e->kind) {
	case TW_TRACE_FETCH:
		return tw_trace_footprint_touch(f, e->addr, e->size,
						TW_TRACE_TOUCH_ANY | TW_TRACE_TOUCH_FETCH);
	case TW_TRACE_LOAD:
		return tw_trace_footprint_touch(f, e->addr, e->size,
						TW_TRACE_TOUCH_ANY | TW_TRACE_TOUCH_DATA);
	case TW_TRACE_STORE:
	case TW_TRACE_RMW:
		return tw_trace_footprint_touch(f, e->addr, e->size,
						TW_TRACE_TOUCH_ANY | TW_TRACE_TOUCH_DATA |
							TW_TRACE_TOUCH_WRITE);
	case TW_TRACE_COPY_IN:
		return tw_trace_footprint_touch(f, e->addr, e->len, TW_TRACE_TOUCH_ANY);
	case TW_TRACE_COPY_OUT:
		return tw_trace_footprint_touch(f, e->addr, e->len,
						TW_TRACE_TOUCH_ANY | TW_TRACE_TOUCH_WRITE);
	default:
		return 0;
	}
}

unsigned int tw_trace_footprint_page(const struct tw_trace_footprint *f, uint64_t page)
{
	const uint8_t *leaf = page >> LEAF_BITS < LEAVES ? f->leaf[page >> LEAF_BITS] : NULL;

	return leaf ? leaf[page % LEAF_PAGES] : 0;
}

uint64_t tw_trace_footprint_next(const struct tw_trace_footprint *f, uint64_t page)
{
	while (page < LEAVES * LEAF_PAGES) {
		if (!f->leaf[page >> LEAF_BITS])
			page = (page | (LEAF_PAGES - 1)) + 1;
		else if (tw_trace_footprint_page(f, page))
			return page;
		else
			page++;
	}
	return UINT64_MAX;
}

void tw_trace_footprint_count(const struct tw_trace_footprint *f, struct tw_trace_info *info)
{
	uint64_t page = tw_trace_footprint_next(f, 0);

	info->pages = info->fetch_pages = info->data_pages = info->written_pages = 0;
	for (; page != UINT64_MAX; page = tw_trace_footprint_next(f, page + 1)) {
		unsigned int how = tw_trace_footprint_page(f, page);

		info->pages++;
		info->fetch_pages += !!(how & TW_TRACE_TOUCH_FETCH);
		info->data_pages += !!(how & TW_TRACE_TOUCH_DATA);
		info->written_pages += !!(how & TW_TRACE_TOUCH_WRITE);
	}
}
