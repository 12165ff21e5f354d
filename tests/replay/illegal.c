// SPDX-License-Identifier: Apache-2.0
//
// Events that cannot be, one for each rule of docs/trace-format.md, each as near to a possible one
// as can be: see gen.h. A function that finds no room for its event in the present state says so.
#include "gen.h"

static struct tw_trace_event access(unsigned int kind, uint64_t addr, uint32_t size)
{
	return (struct tw_trace_event){
		.kind = (uint8_t)kind, .addr = addr, .size = size, .file = -1};
}

static struct tw_trace_event copy(unsigned int kind, uint64_t addr, uint64_t len)
{
	return (struct tw_trace_event){.kind = (uint8_t)kind, .addr = addr, .len = len, .file = -1};
}

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

// The first page from a random one on, in a circle, for which the test holds; PAGES if none.
static uint64_t find(struct gen *g, bool (*test)(const struct gen *g, uint64_t page))
{
	uint64_t start = gen_random(g, PAGES);

	for (uint64_t i = 0; i < PAGES; i++)
		if (test(g, (start + i) % PAGES))
			return (start + i) % PAGES;
	return PAGES;
}

static bool is_hole(const struct gen *g, uint64_t i)
{
	return !g->page[i].mapped;
}

static bool is_mapped(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped;
}

static bool before_hole(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && i + 1 < PAGES && !g->page[i + 1].mapped;
}

static bool readable_before_hole(const struct gen *g, uint64_t i)
{
	return gen_readable(g, i) && before_hole(g, i);
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

static bool not_readable(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && !(g->page[i].prot & 3);
}

static bool not_writable(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && !(g->page[i].prot & 2);
}

static bool not_executable(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && !(g->page[i].prot & 4);
}

static bool beyond_memory(const struct gen *g, uint64_t i)
{
	const struct page *p = &g->page[i];

	return p->mapped && p->memory && p->index >= g->memory_pages[p->memory] && p->prot & 3;
}

static bool grows_not(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && !g->page[i].grows;
}

static bool is_private(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && !g->page[i].shared;
}

static bool is_shared(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && g->page[i].shared;
}

// --- One function for each -------------------------------------------------------------

#define FIND(test)                   \
	uint64_t at = find(g, test); \
                                     \
	if (at == PAGES)             \
	return false

static bool access_to_a_hole(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_hole);
	*e = access(TW_TRACE_LOAD + (unsigned int)gen_random(g, 3), gen_addr(g, at), 4);
	return true;
}

static bool access_into_a_hole(struct gen *g, struct tw_trace_event *e)
{
	FIND(readable_before_hole);
	*e = access(TW_TRACE_LOAD, gen_addr(g, at) + PAGE - 3, 4);
	return true;
}

static bool access_outside_everything(struct gen *g, struct tw_trace_event *e)
{
	*e = access(TW_TRACE_STORE, g->base - PAGE + gen_random(g, PAGE - 8), 8);
	return true;
}

static bool fetch_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_executable);
	*e = access(TW_TRACE_FETCH, gen_addr(g, at), 32);
	return true;
}

static bool load_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_readable);
	*e = access(TW_TRACE_LOAD, gen_addr(g, at), 1);
	return true;
}

static bool store_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_writable);
	*e = access(TW_TRACE_STORE, gen_addr(g, at) + PAGE - 1, 1);
	return true;
}

static bool rmw_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_writable);
	*e = access(TW_TRACE_RMW, gen_addr(g, at), 8);
	return true;
}

static bool access_beyond_shared_memory(struct gen *g, struct tw_trace_event *e)
{
	FIND(beyond_memory);
	*e = access(TW_TRACE_LOAD, gen_addr(g, at), 8);
	return true;
}

static bool copy_into_a_hole(struct gen *g, struct tw_trace_event *e)
{
	FIND(readable_before_hole);
	*e = copy(TW_TRACE_COPY_IN, gen_addr(g, at), PAGE + 1);
	return true;
}

static bool copy_in_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_readable);
	*e = copy(TW_TRACE_COPY_IN, gen_addr(g, at), 1);
	return true;
}

static bool copy_out_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_writable);
	*e = copy(TW_TRACE_COPY_OUT, gen_addr(g, at), 1);
	return true;
}

static bool mmap_over_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_mapped);
	*e = mapping(g, at, 1);
	return true;
}

static bool mmap_that_ends_in_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_hole);
	while (at < PAGES && !g->page[at].mapped)
		at++;
	*e = mapping(g, at - 1, 2);
	return at < PAGES;
}

static bool mmap_noreplace_over_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_mapped);
	*e = mapping(g, at, 1);
	e->flags |= TW_TRACE_MAP_FIXED_NOREPLACE | (gen_random(g, 2) ? TW_TRACE_MAP_FIXED : 0);
	return true;
}

static bool mmap_fixed_elsewhere(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_hole);
	*e = mapping(g, at, 1);
	e->flags |= gen_random(g, 2) ? TW_TRACE_MAP_FIXED : TW_TRACE_MAP_FIXED_NOREPLACE;
	e->addr += PAGE;
	return true;
}

static bool mmap_of_no_type(struct gen *g, struct tw_trace_event *e)
{
	const uint32_t types[] = {0, 4, 8, 15};

	FIND(is_hole);
	*e = mapping(g, at, 1);
	e->flags = TW_TRACE_MAP_ANONYMOUS | types[gen_random(g, 4)];
	return true;
}

static bool mmap_validated_without_file(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_hole);
	*e = mapping(g, at, 1);
	e->flags = TW_TRACE_MAP_ANONYMOUS | TW_TRACE_MAP_SHARED_VALIDATE;
	return true;
}

static bool mmap_anonymous_of_a_file(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_hole);
	*e = mapping(g, at, 1);
	e->file = 0;
	return true;
}

static bool mmap_of_a_file_that_grows(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_hole);
	*e = mapping(g, at, 1);
	e->file = 0;
	e->flags = TW_TRACE_MAP_PRIVATE | TW_TRACE_MAP_GROWSDOWN;
	return true;
}

static bool mmap_shared_that_grows(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_hole);
	*e = mapping(g, at, 1);
	e->flags = TW_TRACE_MAP_SHARED | TW_TRACE_MAP_ANONYMOUS | TW_TRACE_MAP_GROWSDOWN;
	return true;
}

static bool mmap_of_a_part_of_a_page(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_hole);
	*e = mapping(g, at, 1);
	e->file = 1;
	e->flags = TW_TRACE_MAP_PRIVATE;
	e->offset = 1 + gen_random(g, PAGE - 1);
	return true;
}

static bool mmap_beyond_a_file(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_hole);
	*e = mapping(g, at, 1);
	e->file = 1;
	e->flags = TW_TRACE_MAP_PRIVATE;
	e->offset = gen_random(g, 2) ? UINT64_C(1) << TW_TRACE_VA_BITS : UINT64_MAX - PAGE + 1;
	return true;
}

static bool munmap_of_nothing(struct gen *g, struct tw_trace_event *e)
{
	*e = (struct tw_trace_event){
		.kind = TW_TRACE_MUNMAP, .addr = gen_addr(g, gen_random(g, PAGES)), .file = -1};
	return true;
}

static bool mprotect_into_a_hole(struct gen *g, struct tw_trace_event *e)
{
	FIND(before_hole);
	*e = protection(g, at, 2, 1);
	return true;
}

static bool mprotect_of_a_hole(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_hole);
	*e = protection(g, at, 1, 1);
	return true;
}

static bool mprotect_with_unknown_bits(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_mapped);
	*e = protection(g, at, 1, 1 | 0x10u << gen_random(g, 20));
	return true;
}

static bool mprotect_that_grows_what_does_not(struct gen *g, struct tw_trace_event *e)
{
	FIND(grows_not);
	*e = protection(g, at, 1, 1 | TW_TRACE_PROT_GROWSDOWN);
	return true;
}

static bool mprotect_that_grows_up(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_mapped);
	*e = protection(g, at, 1,
			1 | TW_TRACE_PROT_GROWSUP |
				(gen_random(g, 2) ? TW_TRACE_PROT_GROWSDOWN : 0));
	return true;
}

static bool brk_that_nobody_asked_for(struct gen *g, struct tw_trace_event *e)
{
	*e = brk_to(g->brk + PAGE, g->brk + 2 * PAGE);
	return true;
}

static bool brk_below_its_beginning(struct gen *g, struct tw_trace_event *e)
{
	*e = brk_to(g->brk_start - 1, g->brk_start - 1);
	return true;
}

static bool brk_over_a_mapping(struct gen *g, struct tw_trace_event *e)
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

static bool brk_that_gives_back_nothing(struct gen *g, struct tw_trace_event *e)
{
	uint64_t old = (g->brk - g->base + PAGE - 1) / PAGE;

	*e = brk_to(gen_addr(g, old - 1), gen_addr(g, old - 1));
	return gen_addr(g, old - 1) >= g->brk_start && !g->page[old - 1].mapped;
}

static bool mremap_with_unknown_flags(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_mapped);
	*e = remapping(g, at, 1, at, 1, 4u << gen_random(g, 20));
	return true;
}

static bool mremap_of_a_part_of_a_page(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(is_private);
	*e = remapping(g, at, 1, to, 2, 3);
	e->addr += 1 + gen_random(g, PAGE - 1);
	return to != PAGES;
}

static bool mremap_of_more_than_there_is(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_mapped);
	*e = remapping(g, at, 1, at, 1, 0);
	e->len = (UINT64_C(1) << TW_TRACE_VA_BITS) - e->addr + 1;
	return true;
}

static bool mremap_of_a_hole(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 3), n = 1 + gen_random(g, 2);

	FIND(is_hole);
	if (to <= at && at < to + 3)
		return false;
	*e = gen_random(g, 2) ? remapping(g, at, 1, at, 1, 0) : remapping(g, at, 1, to, n, 3);
	return to != PAGES;
}

static bool mremap_from_one_region_into_another(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 3);

	FIND(before_border);
	*e = remapping(g, at, 2, to, 3, gen_random(g, 2) ? 1 : 3);
	return to != PAGES;
}

static bool mremap_from_a_region_into_a_hole(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 3);

	FIND(before_hole);
	if (to != PAGES && (to + 3 <= at || at + 2 <= to)) {
		*e = remapping(g, at, 2, to, 3, gen_random(g, 2) ? 1 : 3);
		return true;
	}
	return false;
}

static bool mremap_that_shrinks_across_regions(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(before_border);
	if (at + 3 > PAGES)
		return false;
	*e = remapping(g, at, 3, to, 2, 3);
	return to != PAGES && (to + 2 <= at || at + 3 <= to);
}

static bool mremap_that_grows_inside(struct gen *g, struct tw_trace_event *e)
{
	FIND(inside);
	*e = remapping(g, at, 1, at, 2, 1);
	return true;
}

static bool mremap_that_grows_over_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	FIND(before_border);
	*e = remapping(g, at, 1, at, 2, 1);
	return true;
}

static bool mremap_that_moves_unasked(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(is_mapped);
	*e = remapping(g, at, 1, to, 2, 0);
	return to != PAGES;
}

static bool mremap_that_moves_for_nothing(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(is_mapped);
	*e = remapping(g, at, 1, to, 1, 1);
	return to != PAGES;
}

static bool mremap_fixed_without_maymove(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(is_mapped);
	*e = remapping(g, at, 1, to, 2, 2);
	return to != PAGES;
}

static bool mremap_fixed_elsewhere(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 3);

	FIND(is_mapped);
	*e = remapping(g, at, 1, to, 2, 3);
	e->new_addr += PAGE;
	return to != PAGES;
}

static bool mremap_over_a_mapping(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_some(g);

	FIND(is_mapped);
	if (to + 2 > PAGES || (to <= at + 1 && at <= to + 2))
		return false;
	*e = remapping(g, at, 1, to, 2, 1);
	return true;
}

static bool mremap_onto_itself(struct gen *g, struct tw_trace_event *e)
{
	FIND(inside);
	if (at + 3 > PAGES)
		return false;
	*e = remapping(g, at, 2, at + gen_random(g, 2), 2, 3);
	return true;
}

static bool mremap_copies_private_memory(struct gen *g, struct tw_trace_event *e)
{
	uint64_t to = gen_place(g, 2);

	FIND(is_private);
	*e = remapping(g, at, 0, to, 1, gen_random(g, 2) ? 1 : 3);
	return to != PAGES;
}

static bool mremap_copies_over_its_source(struct gen *g, struct tw_trace_event *e)
{
	FIND(is_shared);
	*e = remapping(g, at, 0, at, 1, 3);
	return true;
}

#define KIND(name)          \
	{                   \
#name, name \
	}

static const struct {
	const char *name;
	bool (*make)(struct gen *g, struct tw_trace_event *e);
} kinds[] = {
	KIND(access_to_a_hole),
	KIND(access_into_a_hole),
	KIND(access_outside_everything),
	KIND(fetch_without_right),
	KIND(load_without_right),
	KIND(store_without_right),
	KIND(rmw_without_right),
	KIND(access_beyond_shared_memory),
	KIND(copy_into_a_hole),
	KIND(copy_in_without_right),
	KIND(copy_out_without_right),
	KIND(mmap_over_a_mapping),
	KIND(mmap_that_ends_in_a_mapping),
	KIND(mmap_noreplace_over_a_mapping),
	KIND(mmap_fixed_elsewhere),
	KIND(mmap_of_no_type),
	KIND(mmap_validated_without_file),
	KIND(mmap_anonymous_of_a_file),
	KIND(mmap_of_a_file_that_grows),
	KIND(mmap_shared_that_grows),
	KIND(mmap_of_a_part_of_a_page),
	KIND(mmap_beyond_a_file),
	KIND(munmap_of_nothing),
	KIND(mprotect_into_a_hole),
	KIND(mprotect_of_a_hole),
	KIND(mprotect_with_unknown_bits),
	KIND(mprotect_that_grows_what_does_not),
	KIND(mprotect_that_grows_up),
	KIND(brk_that_nobody_asked_for),
	KIND(brk_below_its_beginning),
	KIND(brk_over_a_mapping),
	KIND(brk_that_gives_back_nothing),
	KIND(mremap_with_unknown_flags),
	KIND(mremap_of_a_part_of_a_page),
	KIND(mremap_of_more_than_there_is),
	KIND(mremap_of_a_hole),
	KIND(mremap_from_one_region_into_another),
	KIND(mremap_from_a_region_into_a_hole),
	KIND(mremap_that_shrinks_across_regions),
	KIND(mremap_that_grows_inside),
	KIND(mremap_that_grows_over_a_mapping),
	KIND(mremap_that_moves_unasked),
	KIND(mremap_that_moves_for_nothing),
	KIND(mremap_fixed_without_maymove),
	KIND(mremap_fixed_elsewhere),
	KIND(mremap_over_a_mapping),
	KIND(mremap_onto_itself),
	KIND(mremap_copies_private_memory),
	KIND(mremap_copies_over_its_source),
};

const unsigned int gen_illegal_kinds = sizeof(kinds) / sizeof(kinds[0]);

const char *gen_illegal_name(unsigned int kind)
{
	return kinds[kind].name;
}

bool gen_illegal(struct gen *g, unsigned int kind, struct tw_trace_event *e)
{
	return kinds[kind].make(g, e);
}
