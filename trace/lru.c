// SPDX-License-Identifier: Apache-2.0
//
// Exact LRU over a trace: see lru.h.
#include <errno.h>
#include <stdlib.h>

#include "format.h"
#include "lru.h"

#define LEAF_BITS  13
#define LEAF_PAGES (UINT64_C(1) << LEAF_BITS)
#define LEAVES	   (UINT64_C(1) << (TW_TRACE_VA_BITS - TW_TRACE_PAGE_SHIFT - LEAF_BITS))

#define NEVER	0u // values of a leaf: never in memory, was in memory, or the number of its node
#define EVICTED UINT32_MAX

struct node {
	uint32_t prev, next; // towards the head, towards the tail
	uint32_t page;
};

struct tw_trace_lru {
	uint32_t *leaf[LEAVES];
	uint32_t frames, used;
	uint64_t faults, refaults;
	struct node node[]; // 0 is the head of the ring
};

struct tw_trace_lru *tw_trace_lru_new(uint32_t frames)
{
	struct tw_trace_lru *l =
		calloc(1, sizeof(*l) + (frames + UINT64_C(1)) * sizeof(struct node));

	if (l)
		l->frames = frames;
	return l;
}

void tw_trace_lru_free(struct tw_trace_lru *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < LEAVES; i++)
		free(l->leaf[i]);
	free(l);
}

static void take_out(struct tw_trace_lru *l, uint32_t i)
{
	l->node[l->node[i].prev].next = l->node[i].next;
	l->node[l->node[i].next].prev = l->node[i].prev;
}

static void put_first(struct tw_trace_lru *l, uint32_t i)
{
	l->node[i].prev = 0;
	l->node[i].next = l->node[0].next;
	l->node[l->node[0].next].prev = i;
	l->node[0].next = i;
}

static uint32_t *slot(struct tw_trace_lru *l, uint64_t page)
{
	uint32_t **leaf = &l->leaf[page >> LEAF_BITS];

	if (!*leaf)
		*leaf = calloc(LEAF_PAGES, sizeof(**leaf));
	return *leaf ? &(*leaf)[page % LEAF_PAGES] : NULL;
}

static int touch(struct tw_trace_lru *l, uint32_t page)
{
	uint32_t *s, i;

	if (l->used && l->node[l->node[0].next].page == page)
		return 0;
	s = slot(l, page);
	if (!s)
		return -ENOMEM;
	if (*s != NEVER && *s != EVICTED) {
		take_out(l, *s);
		put_first(l, *s);
		return 0;
	}
	l->faults++;
	l->refaults += *s == EVICTED;
	if (l->used < l->frames) {
		i = ++l->used;
	} else {
		i = l->node[0].prev;
		take_out(l, i);
		*slot(l, l->node[i].page) = EVICTED;
	}
	l->node[i].page = page;
	*s = i;
	put_first(l, i);
	return 0;
}

int tw_trace_lru_add(struct tw_trace_lru *l, const struct tw_trace_event *e)
{
	uint64_t len = e->kind <= TW_TRACE_RMW ? e->size : e->len;
	uint64_t last;
	int error = 0;

	if (e->kind > TW_TRACE_COPY_OUT)
		return 0;
	last = (e->addr + len - 1) >> TW_TRACE_PAGE_SHIFT;
	for (uint64_t page = e->addr >> TW_TRACE_PAGE_SHIFT; page <= last && !error; page++)
		error = touch(l, (uint32_t)page);
	return error;
}

uint64_t tw_trace_lru_faults(const struct tw_trace_lru *l)
{
	return l->faults;
}

uint64_t tw_trace_lru_refaults(const struct tw_trace_lru *l)
{
	return l->refaults;
}
