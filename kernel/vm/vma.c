// SPDX-License-Identifier: Apache-2.0
// The tree of regions. See vma.h.
#include "vm/vma.h"

#include "twinwalk/kernel.h"

static int compare(struct tw_vma *a, struct tw_vma *b)
{
	return a->start < b->start ? -1 : a->start > b->start;
}

// clang-format off
RB_PROTOTYPE(tw_vma_rb, tw_vma, node, compare)
RB_GENERATE(tw_vma_rb, tw_vma, node, compare)
// clang-format on

void tw_vma_augment(struct tw_vma *v)
{
	struct tw_vma *l = RB_LEFT(v, node), *r = RB_RIGHT(v, node);

	v->gap_max = v->gap;
	if (l && l->gap_max > v->gap_max)
		v->gap_max = l->gap_max;
	if (r && r->gap_max > v->gap_max)
		v->gap_max = r->gap_max;
}

// Brings gap_max up to date from V to the root.
static void propagate(struct tw_vma *v)
{
	for (; v; v = RB_PARENT(v, node))
		tw_vma_augment(v);
}

void tw_vma_tree_init(struct tw_vma_tree *t, uint64_t lo, uint64_t hi)
{
	*t = (struct tw_vma_tree){.lo = lo, .hi = hi};
	RB_INIT(&t->rb);
}

struct tw_vma *tw_vma_find(const struct tw_vma_tree *t, uint64_t addr)
{
	struct tw_vma *v = RB_ROOT(&t->rb), *best = NULL;

	while (v) {
		if (v->end > addr) {
			best = v;
			if (v->start <= addr)
				break;
			v = RB_LEFT(v, node);
		} else {
			v = RB_RIGHT(v, node);
		}
	}
	return best;
}

struct tw_vma *tw_vma_find_range(const struct tw_vma_tree *t, uint64_t start, uint64_t end)
{
	struct tw_vma *v = tw_vma_find(t, start);

	return v && v->start < end ? v : NULL;
}

struct tw_vma *tw_vma_next(struct tw_vma *v)
{
	return RB_NEXT(tw_vma_rb, NULL, v);
}

struct tw_vma *tw_vma_prev(struct tw_vma *v)
{
	return RB_PREV(tw_vma_rb, NULL, v);
}

struct tw_vma *tw_vma_first(const struct tw_vma_tree *t)
{
	struct tw_vma *v = RB_ROOT(&t->rb);

	while (v && RB_LEFT(v, node))
		v = RB_LEFT(v, node);
	return v;
}

struct tw_vma *tw_vma_last(const struct tw_vma_tree *t)
{
	struct tw_vma *v = RB_ROOT(&t->rb);

	while (v && RB_RIGHT(v, node))
		v = RB_RIGHT(v, node);
	return v;
}

// The highest usable hole below TOP among the gaps of V's subtree.
static uint64_t search(const struct tw_vma *v, uint64_t len, uint64_t top)
{
	uint64_t found, hole_end;

	if (!v || v->gap_max < len)
		return UINT64_MAX;
	if (v->start < top) {
		found = search(RB_RIGHT(v, node), len, top);
		if (found != UINT64_MAX)
			return found;
	}
	hole_end = v->start < top ? v->start : top;
	if (v->gap >= len && hole_end >= len && hole_end - len >= v->start - v->gap)
		return hole_end - len;
	return search(RB_LEFT(v, node), len, top);
}

uint64_t tw_vma_find_gap(const struct tw_vma_tree *t, uint64_t len, uint64_t top)
{
	const struct tw_vma *last = tw_vma_last(t);
	uint64_t floor = last ? last->end : t->lo;

	if (top > t->hi)
		top = t->hi;
	if (top < t->lo || len > top - t->lo)
		return UINT64_MAX;
	if (top >= floor && top - floor >= len)
		return top - len;
	return search(RB_ROOT(&t->rb), len, top);
}

static void set_gap(struct tw_vma_tree *t, struct tw_vma *v)
{
	struct tw_vma *prev;

	if (!v)
		return;
	prev = tw_vma_prev(v);
	v->gap = v->start - (prev ? prev->end : t->lo);
	propagate(v);
}

void tw_vma_insert(struct tw_vma_tree *t, struct tw_vma *v)
{
	v->gap = v->gap_max = 0;
	RB_INSERT(tw_vma_rb, &t->rb, v);
	t->count++;
	t->pages += (v->end - v->start) >> TW_PAGE_SHIFT_4K;
	set_gap(t, v);
	set_gap(t, tw_vma_next(v));
}

void tw_vma_remove(struct tw_vma_tree *t, struct tw_vma *v)
{
	struct tw_vma *prev = tw_vma_prev(v), *next = tw_vma_next(v);

	RB_REMOVE(tw_vma_rb, &t->rb, v);
	t->count--;
	t->pages -= (v->end - v->start) >> TW_PAGE_SHIFT_4K;
	// The place that became empty is next to one of the neighbours: both paths are renewed.
	set_gap(t, next);
	if (prev)
		propagate(prev);
}

void tw_vma_resize(struct tw_vma_tree *t, struct tw_vma *v, uint64_t start, uint64_t end)
{
	t->pages -= (v->end - v->start) >> TW_PAGE_SHIFT_4K;
	t->pages += (end - start) >> TW_PAGE_SHIFT_4K;
	v->start = start;
	v->end = end;
	set_gap(t, v);
	set_gap(t, tw_vma_next(v));
}

bool tw_vma_mergeable(const struct tw_vma *a, const struct tw_vma *b)
{
	return a->end == b->start && a->prot == b->prot && a->flags == b->flags &&
	       a->object == b->object &&
	       (!a->object || a->index + ((a->end - a->start) >> TW_PAGE_SHIFT_4K) == b->index);
}

const char *tw_vma_check(const struct tw_vma_tree *t)
{
	const struct tw_vma *prev = NULL;
	uint64_t pages = 0;
	uint32_t count = 0;

	for (struct tw_vma *v = tw_vma_first(t); v; prev = v, v = tw_vma_next(v)) {
		const struct tw_vma *l = RB_LEFT(v, node), *r = RB_RIGHT(v, node);
		uint64_t max = v->gap;

		if (((v->start | v->end) & (TW_PAGE_BYTES - 1)) || v->start >= v->end)
			return "region: bad ends";
		if (v->start < t->lo || v->end > t->hi)
			return "region: outside user space";
		if (prev && prev->end > v->start)
			return "region: overlap or wrong order";
		if (prev && tw_vma_mergeable(prev, v))
			return "region: neighbours not merged";
		if (v->gap != v->start - (prev ? prev->end : t->lo))
			return "region: wrong gap";
		if (l && l->gap_max > max)
			max = l->gap_max;
		if (r && r->gap_max > max)
			max = r->gap_max;
		if (v->gap_max != max)
			return "region: wrong largest gap of a subtree";
		pages += (v->end - v->start) >> TW_PAGE_SHIFT_4K;
		count++;
	}
	if (pages != t->pages)
		return "region: wrong number of pages";
	return count == t->count ? NULL : "region: wrong count";
}
