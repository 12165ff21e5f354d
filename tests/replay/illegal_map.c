// SPDX-License-Identifier: Apache-2.0
//
// Mappings, unmappings, protections and breaks that cannot be; see illegal.h.
#include "illegal.h"

// A mapping of n pages as Linux makes them: private, anonymous, at a place of its choice.
static struct tw_trace_event mapping(const struct gen *g, uint64_t at, uint64_t n)
{
	return (struct tw_trace_event){.kind = TW_TRACE_MMAP,
				       .addr = gen_addr(g, at),
				       .len = n * PAGE,
				       .prot = 3,
				       .flags = 0x22,
				       .result = (int64_t)gen_addr(g, at),
				       .file = -1};
}

static struct tw_trace_event protection(const struct gen *g, uint64_t at, uint64_t n, uint32_t prot)
{
	return (struct tw_trace_event){.kind = TW_TRACE_MPROTECT,
				       .addr = gen_addr(g, at),
				       .len = n * PAGE,
				       .prot = prot,
				       .file = -1};
}

static struct tw_trace_event brk_to(uint64_t addr, uint64_t result)
{
	return (struct tw_trace_event){
		.kind = TW_TRACE_BRK, .addr = addr, .result = (int64_t)result, .file = -1};
}

static bool grows_not(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && !g->page[i].grows;
}

bool mmap_over_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_mapped);
	*e = mapping(g, at, 1);
	return true;
}

bool mmap_that_ends_in_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_hole);
	while (at < PAGES && !g->page[at].mapped)
		at++;
	*e = mapping(g, at - 1, 2);
	return at < PAGES;
}

bool mmap_noreplace_over_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_mapped);
	*e = mapping(g, at, 1);
	e->flags |= TW_TRACE_MAP_FIXED_NOREPLACE | (gen_random(g, 2) ? TW_TRACE_MAP_FIXED : 0);
	return true;
}

bool mmap_fixed_elsewhere(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_hole);
	*e = mapping(g, at, 1);
	e->flags |= gen_random(g, 2) ? TW_TRACE_MAP_FIXED : TW_TRACE_MAP_FIXED_NOREPLACE;
	e->addr += PAGE;
	return true;
}

bool mmap_of_no_type(struct gen *g, struct tw_trace_event *e)
{
	const uint32_t types[] = {0, 4, 8, 15};

	FIND(illegal_is_hole);
	*e = mapping(g, at, 1);
	e->flags = TW_TRACE_MAP_ANONYMOUS | types[gen_random(g, 4)];
	return true;
}

bool mmap_validated_without_file(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_hole);
	*e = mapping(g, at, 1);
	e->flags = TW_TRACE_MAP_ANONYMOUS | TW_TRACE_MAP_SHARED_VALIDATE;
	return true;
}

bool mmap_anonymous_of_a_file(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_hole);
	*e = mapping(g, at, 1);
	e->file = 0;
	return true;
}

bool mmap_of_a_file_that_grows(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_hole);
	*e = mapping(g, at, 1);
	e->file = 0;
	e->flags = TW_TRACE_MAP_PRIVATE | TW_TRACE_MAP_GROWSDOWN;
	return true;
}

bool mmap_shared_that_grows(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_hole);
	*e = mapping(g, at, 1);
	e->flags = TW_TRACE_MAP_SHARED | TW_TRACE_MAP_ANONYMOUS | TW_TRACE_MAP_GROWSDOWN;
	return true;
}

bool mmap_of_a_part_of_a_page(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_hole);
	*e = mapping(g, at, 1);
	e->file = 1;
	e->flags = TW_TRACE_MAP_PRIVATE;
	e->offset = 1 + gen_random(g, PAGE - 1);
	return true;
}

bool mmap_beyond_a_file(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_hole);
	*e = mapping(g, at, 1);
	e->file = 1;
	e->flags = TW_TRACE_MAP_PRIVATE;
	e->offset = gen_random(g, 2) ? UINT64_C(1) << TW_TRACE_VA_BITS : UINT64_MAX - PAGE + 1;
	return true;
}

bool munmap_of_nothing(struct gen *g, struct tw_trace_event *e)
{
	*e = (struct tw_trace_event){
		.kind = TW_TRACE_MUNMAP, .addr = gen_addr(g, gen_random(g, PAGES)), .file = -1};
	return true;
}

bool mprotect_into_a_hole(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_before_hole);
	*e = protection(g, at, 2, 1);
	return true;
}

bool mprotect_of_a_hole(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_hole);
	*e = protection(g, at, 1, 1);
	return true;
}

bool mprotect_with_unknown_bits(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_mapped);
	*e = protection(g, at, 1, 1 | 0x10u << gen_random(g, 20));
	return true;
}

bool mprotect_that_grows_what_does_not(struct gen *g, struct tw_trace_event *e)
{
	FIND(grows_not);
	*e = protection(g, at, 1, 1 | TW_TRACE_PROT_GROWSDOWN);
	return true;
}

bool mprotect_that_grows_up(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_mapped);
	*e = protection(g, at, 1,
			1 | TW_TRACE_PROT_GROWSUP |
				(gen_random(g, 2) ? TW_TRACE_PROT_GROWSDOWN : 0));
	return true;
}

bool brk_that_nobody_asked_for(struct gen *g, struct tw_trace_event *e)
{
	*e = brk_to(g->brk + PAGE, g->brk + 2 * PAGE);
	return true;
}

bool brk_below_its_beginning(struct gen *g, struct tw_trace_event *e)
{
	*e = brk_to(g->brk_start - 1, g->brk_start - 1);
	return true;
}

bool brk_over_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	uint64_t old = (g->brk - g->base + PAGE - 1) / PAGE, i = old;

	while (i < PAGES && !g->page[i].mapped)
		i++;
	// One page too far, or as far as the mapping: one page must stay free.
	*e = brk_to(gen_addr(g, i + 1), gen_addr(g, i + 1));
	if (i > old && gen_random(g, 2))
		*e = brk_to(gen_addr(g, i), gen_addr(g, i));
	return i + 1 < PAGES;
}

bool brk_that_gives_back_nothing(struct gen *g, struct tw_trace_event *e)
{
	uint64_t old = (g->brk - g->base + PAGE - 1) / PAGE;

	*e = brk_to(gen_addr(g, old - 1), gen_addr(g, old - 1));
	return gen_addr(g, old - 1) >= g->brk_start && !g->page[old - 1].mapped;
}
