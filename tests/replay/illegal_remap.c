// SPDX-License-Identifier: Apache-2.0
//
// Moves of mappings that cannot be; see illegal.h.
#include "illegal.h"

// An mremap to the place it asks for.
static struct tw_trace_event remapping(const struct gen *g, uint64_t from, uint64_t old,
				       uint64_t to, uint64_t new, uint32_t flags)
{
	return (struct tw_trace_event){
		.kind = TW_TRACE_MREMAP,
		.addr = gen_addr(g, from),
		.len = old * PAGE,
		.new_len = new *PAGE,
		.new_addr = flags &TW_TRACE_MREMAP_FIXED ? gen_addr(g, to) : 0,
		.flags = flags,
		.result = (int64_t)gen_addr(g, to),
		.file = -1,
	};
}

// The last page of a region, with another region behind it.
static bool before_border(const struct gen *g, uint64_t i)
{
	return i + 1 < PAGES && g->page[i].mapped && g->page[i + 1].mapped &&
	       gen_same(g, i, 2) == 1;
}

static bool inside(const struct gen *g, uint64_t i)
{
	return gen_same(g, i, 2) == 2;
}

static bool is_private(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && !g->page[i].shared;
}

static bool is_shared(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && g->page[i].shared;
}

bool mremap_with_unknown_flags(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_mapped);
	*e = remapping(g, at, 1, at, 1, 4u << gen_random(g, 20));
	return true;
}

bool mremap_of_a_part_of_a_page(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(is_private);
	*e = remapping(g, at, 1, to, 2, 3);
	e->addr += 1 + gen_random(g, PAGE - 1);
	return to != PAGES;
}

bool mremap_of_more_than_there_is(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_mapped);
	*e = remapping(g, at, 1, at, 1, 0);
	e->len = (UINT64_C(1) << TW_TRACE_VA_BITS) - e->addr + 1;
	return true;
}

bool mremap_of_a_hole(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 3), n = 1 + gen_random(g, 2);

	FIND(illegal_is_hole);
	if (to <= at && at < to + 3)
		return false;
	*e = gen_random(g, 2) ? remapping(g, at, 1, at, 1, 0) : remapping(g, at, 1, to, n, 3);
	return to != PAGES;
}

bool mremap_from_one_region_into_another(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 3);

	FIND(before_border);
	*e = remapping(g, at, 2, to, 3, gen_random(g, 2) ? 1 : 3);
	return to != PAGES;
}

bool mremap_from_a_region_into_a_hole(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 3);

	FIND(illegal_before_hole);
	if (to != PAGES && (to + 3 <= at || at + 2 <= to)) {
		*e = remapping(g, at, 2, to, 3, gen_random(g, 2) ? 1 : 3);
		return true;
	}
	return false;
}

bool mremap_that_shrinks_across_regions(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(before_border);
	if (at + 3 > PAGES)
		return false;
	*e = remapping(g, at, 3, to, 2, 3);
	return to != PAGES && (to + 2 <= at || at + 3 <= to);
}

bool mremap_that_grows_inside(struct gen *g, struct tw_trace_event *e)
{
	FIND(inside);
	*e = remapping(g, at, 1, at, 2, 1);
	return true;
}

bool mremap_that_grows_over_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	FIND(before_border);
	*e = remapping(g, at, 1, at, 2, 1);
	return true;
}

bool mremap_that_moves_unasked(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(illegal_is_mapped);
	*e = remapping(g, at, 1, to, 2, 0);
	return to != PAGES;
}

bool mremap_that_moves_for_nothing(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(illegal_is_mapped);
	*e = remapping(g, at, 1, to, 1, 1);
	return to != PAGES;
}

bool mremap_fixed_without_maymove(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(illegal_is_mapped);
	*e = remapping(g, at, 1, to, 2, 2);
	return to != PAGES;
}

bool mremap_fixed_elsewhere(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 3);

	FIND(illegal_is_mapped);
	*e = remapping(g, at, 1, to, 2, 3);
	e->new_addr += PAGE;
	return to != PAGES;
}

bool mremap_over_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_some(g);

	FIND(illegal_is_mapped);
	if (to + 2 > PAGES || (to <= at + 1 && at <= to + 2))
		return false;
	*e = remapping(g, at, 1, to, 2, 1);
	return true;
}

bool mremap_onto_itself(struct gen *g, struct tw_trace_event *e)
{
	FIND(inside);
	if (at + 3 > PAGES)
		return false;
	*e = remapping(g, at, 2, at + gen_random(g, 2), 2, 3);
	return true;
}

bool mremap_copies_private_memory(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(is_private);
	*e = remapping(g, at, 0, to, 1, gen_random(g, 2) ? 1 : 3);
	return to != PAGES;
}

bool mremap_copies_over_its_source(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_shared);
	*e = remapping(g, at, 0, at, 1, 3);
	return true;
}
