// SPDX-License-Identifier: Apache-2.0
//
// Events that cannot be, one function for each rule of docs/trace-format.md, and how they find a
// place in the present state: for the files illegal*.c only, everybody else takes gen_illegal() of
// gen.h. Invariant: a function that says true has made an event of its rule, which is broken by
// that event in no other way than there must be.
#ifndef TW_TEST_ILLEGAL_H
#define TW_TEST_ILLEGAL_H

#include "gen.h"

// The rules: accesses and copies; mappings, protection and the break; moves.
#define ILLEGAL_KINDS(X)                       \
	X(access_to_a_hole)                    \
	X(access_into_a_hole)                  \
	X(access_outside_everything)           \
	X(fetch_without_right)                 \
	X(load_without_right)                  \
	X(store_without_right)                 \
	X(rmw_without_right)                   \
	X(access_beyond_shared_memory)         \
	X(copy_into_a_hole)                    \
	X(copy_in_without_right)               \
	X(copy_out_without_right)              \
	X(mmap_over_a_mapping)                 \
	X(mmap_that_ends_in_a_mapping)         \
	X(mmap_noreplace_over_a_mapping)       \
	X(mmap_fixed_elsewhere)                \
	X(mmap_of_no_type)                     \
	X(mmap_validated_without_file)         \
	X(mmap_anonymous_of_a_file)            \
	X(mmap_of_a_file_that_grows)           \
	X(mmap_shared_that_grows)              \
	X(mmap_of_a_part_of_a_page)            \
	X(mmap_beyond_a_file)                  \
	X(munmap_of_nothing)                   \
	X(mprotect_into_a_hole)                \
	X(mprotect_of_a_hole)                  \
	X(mprotect_with_unknown_bits)          \
	X(mprotect_that_grows_what_does_not)   \
	X(mprotect_that_grows_up)              \
	X(brk_that_nobody_asked_for)           \
	X(brk_below_its_beginning)             \
	X(brk_over_a_mapping)                  \
	X(brk_that_gives_back_nothing)         \
	X(mremap_with_unknown_flags)           \
	X(mremap_of_a_part_of_a_page)          \
	X(mremap_of_more_than_there_is)        \
	X(mremap_of_a_hole)                    \
	X(mremap_from_one_region_into_another) \
	X(mremap_from_a_region_into_a_hole)    \
	X(mremap_that_shrinks_across_regions)  \
	X(mremap_that_grows_inside)            \
	X(mremap_that_grows_over_a_mapping)    \
	X(mremap_that_moves_unasked)           \
	X(mremap_that_moves_for_nothing)       \
	X(mremap_fixed_without_maymove)        \
	X(mremap_fixed_elsewhere)              \
	X(mremap_over_a_mapping)               \
	X(mremap_onto_itself)                  \
	X(mremap_copies_private_memory)        \
	X(mremap_copies_over_its_source)

#define ILLEGAL_DECLARE(name) bool name(struct gen *g, struct tw_trace_event *e);
ILLEGAL_KINDS(ILLEGAL_DECLARE)
#undef ILLEGAL_DECLARE

// The first page from a random one on, in a circle, for which the test holds; PAGES if none.
uint64_t illegal_find(struct gen *g, bool (*test)(const struct gen *g, uint64_t page));
bool illegal_is_hole(const struct gen *g, uint64_t i);
bool illegal_is_mapped(const struct gen *g, uint64_t i);
// The last page before a hole.
bool illegal_before_hole(const struct gen *g, uint64_t i);

// Finds a page, or there is no room for the event.
#define FIND(test)                           \
	uint64_t at = illegal_find(g, test); \
                                             \
	if (at == PAGES)                     \
	return false

#endif
