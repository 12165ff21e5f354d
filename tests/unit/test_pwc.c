// SPDX-License-Identifier: Apache-2.0
// The walk cache: which table it gives, which entry it replaces, what it forgets (docs/contract.md
// section 6).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../csim/mmu_internal.h"

// A pointer to a table of level 0 or 1, as Sv39 has them.
static void fill(struct pwc *p, uint64_t va, uint16_t asid, uint64_t ppn, uint8_t level)
{
	struct pwc_fill f = {.va = va,
			     .ppn = ppn,
			     .ws = {.level = level},
			     .asid = asid,
			     .shift = 21 + 9u * level};

	tw_pwc_fill(p, &f, p->plru, 1);
}

static void walk_cache_gives_the_deepest_table(void **state)
{
	struct pwc p;

	(void)state;
	tw_pwc_reset(&p, 4);
	fill(&p, 0x40201000, 7, 100, 1);
	assert_int_equal(p.e[tw_pwc_find(&p, 0x40201000, 7)].ppn, 100);
	fill(&p, 0x40201000, 7, 200, 0);
	assert_int_equal(p.e[tw_pwc_find(&p, 0x40201000, 7)].ppn, 200);
	// The same gigabyte, another two megabytes: only the upper table is known.
	assert_int_equal(p.e[tw_pwc_find(&p, 0x40401000, 7)].ppn, 100);
	assert_int_equal(tw_pwc_find(&p, 0x80201000, 7), -1);
	assert_int_equal(tw_pwc_find(&p, 0x40201000, 8), -1);
}

static void walk_cache_replaces_its_own_entry_for_the_same_table(void **state)
{
	struct pwc p;

	(void)state;
	tw_pwc_reset(&p, 4);
	fill(&p, 0x1000000, 1, 5, 0);
	fill(&p, 0x11ff000, 1, 6, 0);
	assert_int_equal(p.valid, 1);
	assert_int_equal(p.e[tw_pwc_find(&p, 0x1000000, 1)].ppn, 6);
	fill(&p, 0x1000000, 2, 7, 0);
	assert_int_equal(p.valid, 3);
}

// A search that found nothing is remembered; what comes after it must not be.
static void what_was_looked_for_in_vain_is_inserted_once(void **state)
{
	struct pwc p;

	(void)state;
	tw_pwc_reset(&p, 4);
	assert_int_equal(tw_pwc_find(&p, 0x40201000, 7), -1);
	fill(&p, 0x40201000, 7, 100, 1);
	fill(&p, 0x40201000, 7, 200, 0);
	fill(&p, 0x40201000, 7, 300, 0);
	fill(&p, 0x40201000, 7, 400, 1);
	assert_int_equal(p.valid, 3);
	assert_int_equal(p.e[tw_pwc_find(&p, 0x40201000, 7)].ppn, 300);
	fill(&p, 0x40202000, 7, 500, 1);
	fill(&p, 0x40201000, 7, 600, 1);
	assert_int_equal(p.valid, 3);
}

static void walk_cache_forgets_the_way_to_a_page_and_nothing_else(void **state)
{
	struct pwc p;

	(void)state;
	tw_pwc_reset(&p, 4);
	fill(&p, 0x40201000, 7, 100, 1);
	fill(&p, 0x40201000, 7, 200, 0);
	fill(&p, 0x40401000, 7, 300, 0);
	fill(&p, 0x40201000, 8, 400, 0);
	tw_pwc_kill(&p, 0x40277000, 7);
	assert_int_equal(tw_pwc_find(&p, 0x40201000, 7), -1);
	assert_int_equal(p.e[tw_pwc_find(&p, 0x40401000, 7)].ppn, 300);
	assert_int_equal(p.e[tw_pwc_find(&p, 0x40201000, 8)].ppn, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk_cache_gives_the_deepest_table),
		cmocka_unit_test(walk_cache_replaces_its_own_entry_for_the_same_table),
		cmocka_unit_test(what_was_looked_for_in_vain_is_inserted_once),
		cmocka_unit_test(walk_cache_forgets_the_way_to_a_page_and_nothing_else),
	};

	return cmocka_run_group_tests_name("pwc", tests, NULL, NULL);
}
