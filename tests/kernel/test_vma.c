// SPDX-License-Identifier: Apache-2.0
// The tree of regions, without page tables.
#include "world.h"

#include <stdlib.h>

#include "twinwalk/prng.h"
#include "vm/vma.h"

#define LO UINT64_C(0x10000)
#define HI UINT64_C(0x1000000)

static struct tw_vma *add(struct tw_vma_tree *t, uint64_t start, uint64_t end)
{
	struct tw_vma *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	v->start = start;
	v->end = end;
	// Different from all neighbours, so that the checker does not ask for a merge.
	v->prot = (uint32_t)(start >> 12) + 8;
	tw_vma_insert(t, v);
	return v;
}

static void clear(struct tw_vma_tree *t)
{
	struct tw_vma *v;

	while ((v = tw_vma_first(t))) {
		tw_vma_remove(t, v);
		free(v);
	}
}

static void finds_the_region_at_or_above_an_address(void **state)
{
	struct tw_vma_tree t;
	struct tw_vma *a, *b;

	(void)state;
	tw_vma_tree_init(&t, LO, HI);
	assert_null(tw_vma_find(&t, LO));
	a = add(&t, 0x20000, 0x22000);
	b = add(&t, 0x30000, 0x31000);
	assert_ptr_equal(tw_vma_find(&t, 0x10000), a);
	assert_ptr_equal(tw_vma_find(&t, 0x21fff), a);
	assert_ptr_equal(tw_vma_find(&t, 0x22000), b);
	assert_null(tw_vma_find(&t, 0x31000));
	assert_null(tw_vma_find_range(&t, 0x22000, 0x30000));
	assert_ptr_equal(tw_vma_find_range(&t, 0x22000, 0x30001), b);
	clear(&t);
}

static void chooses_the_highest_hole_flush_with_its_upper_end(void **state)
{
	struct tw_vma_tree t;

	(void)state;
	tw_vma_tree_init(&t, LO, HI);
	assert_int_equal(tw_vma_find_gap(&t, 0x1000, HI), HI - 0x1000);
	add(&t, HI - 0x3000, HI - 0x2000);
	assert_int_equal(tw_vma_find_gap(&t, 0x2000, HI), HI - 0x2000);
	assert_int_equal(tw_vma_find_gap(&t, 0x3000, HI), HI - 0x6000);
	// Below a top inside a region, and inside a hole.
	assert_int_equal(tw_vma_find_gap(&t, 0x1000, HI - 0x2800), HI - 0x4000);
	assert_int_equal(tw_vma_find_gap(&t, 0x1000, HI - 0x8000), HI - 0x9000);
	clear(&t);
}

static void reports_that_nothing_fits(void **state)
{
	struct tw_vma_tree t;

	(void)state;
	tw_vma_tree_init(&t, LO, HI);
	assert_int_equal(tw_vma_find_gap(&t, HI - LO, HI), LO);
	assert_int_equal(tw_vma_find_gap(&t, HI - LO + 0x1000, HI), UINT64_MAX);
	add(&t, 0x800000, 0x801000);
	assert_int_equal(tw_vma_find_gap(&t, HI - LO, HI), UINT64_MAX);
	assert_int_equal(tw_vma_find_gap(&t, 0x7ff000, HI), 0x801000);
	assert_int_equal(tw_vma_find_gap(&t, 0x1000, LO), UINT64_MAX);
	clear(&t);
}

static void regions_merge_only_when_everything_continues(void **state)
{
	struct tw_object *object = (struct tw_object *)0x1000, *other = (struct tw_object *)0x2000;
	struct tw_vma a = {
		.start = 0x10000, .end = 0x12000, .prot = 3, .object = object, .index = 5};
	struct tw_vma b = {
		.start = 0x12000, .end = 0x13000, .prot = 3, .object = object, .index = 7};

	(void)state;
	assert_true(tw_vma_mergeable(&a, &b));
	b.index = 8;
	assert_false(tw_vma_mergeable(&a, &b));
	b.index = 7;
	b.object = other;
	assert_false(tw_vma_mergeable(&a, &b));
	b.object = object;
	b.prot = 1;
	assert_false(tw_vma_mergeable(&a, &b));
	b.prot = 3;
	b.flags = TW_VMA_SHARED;
	assert_false(tw_vma_mergeable(&a, &b));
	b.flags = 0;
	b.start = 0x12800;
	assert_false(tw_vma_mergeable(&a, &b));
	// Private anonymous memory has no offset.
	a = (struct tw_vma){.start = 0x10000, .end = 0x12000};
	b = (struct tw_vma){.start = 0x12000, .end = 0x13000, .index = 99};
	assert_true(tw_vma_mergeable(&a, &b));
}

// The slow and sure answer: page by page from the top.
static uint64_t gap_by_hand(const uint8_t *used, uint64_t pages, uint64_t n, uint64_t top)
{
	for (uint64_t start = top >= n ? top - n + 1 : 0; start-- > 0;) {
		uint64_t i = 0;

		while (i < n && !used[start + i])
			i++;
		if (i == n && start + n <= pages)
			return LO + start * PAGE;
	}
	return UINT64_MAX;
}

static void thousands_of_regions_behave_like_a_bitmap(void **state)
{
	enum { PAGES = 6000, STEPS = 20000 };
	uint64_t rng = world_seed(21);
	uint8_t *used = calloc(PAGES, 1);
	struct tw_vma_tree t;
	uint32_t most = 0;

	(void)state;
	assert_non_null(used);
	tw_vma_tree_init(&t, LO, LO + (uint64_t)PAGES * PAGE);
	for (unsigned int step = 0; step < STEPS; step++) {
		uint64_t r = tw_random(&rng) >> 16, at = r % PAGES, n = 1 + (r >> 20) % 3;
		uint64_t va = LO + at * PAGE;
		struct tw_vma *v = tw_vma_find_range(&t, va, va + n * PAGE);

		if (v && r >> 40 & 1) {
			for (uint64_t a = v->start; a < v->end; a += PAGE)
				used[(a - LO) / PAGE] = 0;
			tw_vma_remove(&t, v);
			free(v);
		} else if (!v && at + n <= PAGES) {
			add(&t, va, va + n * PAGE);
			for (uint64_t i = 0; i < n; i++)
				used[at + i] = 1;
		} else if (v && v->end - v->start > PAGE) {
			used[(v->start - LO) / PAGE] = 0;
			tw_vma_resize(&t, v, v->start + PAGE, v->end);
			v->prot++;
		}
		if (step % 16 == 0) {
			uint64_t len = 1 + (r >> 24) % 8, top = r % (PAGES + 1);
			const char *broken = tw_vma_check(&t);

			if (broken)
				fail_msg("step %u: %s", step, broken);
			assert_int_equal(tw_vma_find_gap(&t, len * PAGE, LO + top * PAGE),
					 gap_by_hand(used, PAGES, len, top));
		}
		most = t.count > most ? t.count : most;
	}
	assert_true(most > 1000);
	clear(&t);
	assert_int_equal(t.count, 0);
	assert_int_equal(t.pages, 0);
	free(used);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_region_at_or_above_an_address),
		cmocka_unit_test(chooses_the_highest_hole_flush_with_its_upper_end),
		cmocka_unit_test(reports_that_nothing_fits),
		cmocka_unit_test(regions_merge_only_when_everything_continues),
		cmocka_unit_test(thousands_of_regions_behave_like_a_bitmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
