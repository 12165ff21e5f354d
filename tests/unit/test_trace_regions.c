// SPDX-License-Identifier: Apache-2.0
//
// The regions follow the recorded calls, and the rules tell what those calls cannot have done. That
// each rule holds for whole traces is shown by tests/replay.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../trace/regions.h"
#include "trace_fixture.h"

static void apply(struct tw_trace_regions *s, struct tw_trace_event e)
{
	assert_int_equal(tw_trace_regions_apply(s, &e), 0);
}

static struct tw_trace_event call(unsigned int kind, uint64_t addr, uint64_t len, int64_t result)
{
	return (struct tw_trace_event){
		.kind = (uint8_t)kind, .addr = addr, .len = len, .result = result, .file = -1};
}

static void unmapping_the_middle_leaves_both_ends(void **state)
{
	struct tw_trace_regions s = {0};
	struct tw_trace_event e = map_event(0x10000, 0x5000, 3);

	(void)state;
	e.file = 7;
	e.offset = 0x2000;
	apply(&s, e);
	apply(&s, call(TW_TRACE_MUNMAP, 0x12000, 0xfff, 0));
	assert_non_null(tw_trace_regions_find(&s, 0x11fff));
	assert_null(tw_trace_regions_find(&s, 0x12000));
	assert_null(tw_trace_regions_find(&s, 0x12fff));
	assert_int_equal(tw_trace_regions_find(&s, 0x13000)->offset, 0x5000);
	assert_int_equal(tw_trace_regions_find(&s, 0x14fff)->file, 7);
	assert_null(tw_trace_regions_find(&s, 0x15000));
	assert_int_equal(s.mapped, 0x4000);
	assert_int_equal(s.mapped_max, 0x5000);
	tw_trace_regions_free(&s);
}

static void a_new_mapping_replaces_what_it_covers(void **state)
{
	struct tw_trace_regions s = {0};
	struct tw_trace_event e = call(TW_TRACE_MMAP, 0, 0x2000, 0x11000);

	(void)state;
	apply(&s, map_event(0x10000, 0x4000, 3));
	e.prot = 1;
	e.file = 2;
	apply(&s, e);
	assert_int_equal(tw_trace_regions_find(&s, 0x10fff)->prot, 3);
	assert_int_equal(tw_trace_regions_find(&s, 0x11000)->file, 2);
	assert_int_equal(tw_trace_regions_find(&s, 0x12fff)->prot, 1);
	assert_int_equal(tw_trace_regions_find(&s, 0x13000)->file, -1);
	assert_int_equal(s.mapped, 0x4000);
	tw_trace_regions_free(&s);
}

static void protection_changes_only_its_range(void **state)
{
	struct tw_trace_regions s = {0};
	struct tw_trace_event e = call(TW_TRACE_MPROTECT, 0x11000, 0x1000, 0);

	(void)state;
	apply(&s, map_event(0x10000, 0x3000, 3));
	apply(&s, e);
	assert_int_equal(tw_trace_regions_find(&s, 0x10000)->prot, 3);
	assert_int_equal(tw_trace_regions_find(&s, 0x11000)->prot, 0);
	assert_int_equal(tw_trace_regions_find(&s, 0x12000)->prot, 3);
	tw_trace_regions_free(&s);
}

static void the_break_grows_and_shrinks(void **state)
{
	struct tw_trace_regions s = {0};

	(void)state;
	apply(&s, call(TW_TRACE_BRK, 0, 0, 0x10800));
	assert_null(tw_trace_regions_find(&s, 0x10800));
	apply(&s, call(TW_TRACE_BRK, 0, 0, 0x12001));
	assert_null(tw_trace_regions_find(&s, 0x10fff)); // a page of the program's image
	assert_non_null(tw_trace_regions_find(&s, 0x12fff));
	apply(&s, call(TW_TRACE_BRK, 0, 0, 0x11800));
	assert_non_null(tw_trace_regions_find(&s, 0x11fff));
	assert_null(tw_trace_regions_find(&s, 0x12000));
	tw_trace_regions_free(&s);
}

static void mremap_moves_what_it_names(void **state)
{
	struct tw_trace_regions s = {0};
	struct tw_trace_event e = call(TW_TRACE_MREMAP, 0x10000, 0x2000, 0x40000);

	(void)state;
	apply(&s, map_event(0x10000, 0x2000, 3));
	e.new_len = 0x3000;
	apply(&s, e);
	assert_null(tw_trace_regions_find(&s, 0x10000));
	assert_int_equal(tw_trace_regions_find(&s, 0x42fff)->prot, 3);
	assert_int_equal(s.mapped, 0x3000);
	tw_trace_regions_free(&s);
}

static void failed_calls_change_nothing(void **state)
{
	struct tw_trace_regions s = {0};

	(void)state;
	apply(&s, map_event(0x10000, 0x2000, 3));
	apply(&s, call(TW_TRACE_MUNMAP, 0x10000, 0x1000, -22));
	apply(&s, call(TW_TRACE_MMAP, 0x10000, 0x1000, -12));
	assert_int_equal(tw_trace_regions_find(&s, 0x10000)->prot, 3);
	assert_int_equal(s.mapped, 0x2000);
	tw_trace_regions_free(&s);
}

static struct tw_trace_event protect(uint64_t addr, uint64_t len, uint32_t prot, int64_t result)
{
	struct tw_trace_event e = call(TW_TRACE_MPROTECT, addr, len, result);

	e.prot = prot;
	return e;
}

static void neighbours_that_continue_are_one_region(void **state)
{
	struct tw_trace_regions s = {0};
	struct tw_trace_event e = call(TW_TRACE_MMAP, 0, 0x1000, 0x11000);

	(void)state;
	apply(&s, map_event(0x10000, 0x1000, 3));
	apply(&s, map_event(0x12000, 0x1000, 3));
	e.prot = 3;
	e.flags = 0x22;
	apply(&s, e);
	assert_int_equal(s.n, 1);
	apply(&s, protect(0x11000, 0x1000, 1, 0));
	assert_int_equal(s.n, 3);
	apply(&s, protect(0x11000, 0x1000, 3, 0));
	assert_int_equal(s.n, 1);
	tw_trace_regions_free(&s);
}

static void shared_memory_continues_itself_only(void **state)
{
	struct tw_trace_regions s = {0};
	struct tw_trace_event e = call(TW_TRACE_MMAP, 0, 0x2000, 0x10000);

	(void)state;
	e.prot = 3;
	e.flags = 0x21;
	apply(&s, e);
	e.result = 0x12000;
	apply(&s, e);
	assert_int_equal(s.n, 2);
	assert_int_equal(tw_trace_regions_find(&s, 0x12000)->memory, 2);
	apply(&s, protect(0x11000, 0x1000, 0, 0));
	apply(&s, protect(0x11000, 0x1000, 3, 0));
	assert_int_equal(s.n, 2);
	tw_trace_regions_free(&s);
}

static void a_shrinking_mremap_leaves_what_it_keeps_as_it_was(void **state)
{
	struct tw_trace_regions s = {0};
	struct tw_trace_event e = call(TW_TRACE_MREMAP, 0x10000, 0x4000, 0x10000);

	(void)state;
	apply(&s, map_event(0x10000, 0x1000, 3));
	apply(&s, map_event(0x11000, 0x3000, 1));
	e.new_len = 0x2000;
	assert_null(tw_trace_regions_check(&s, &e));
	apply(&s, e);
	assert_int_equal(tw_trace_regions_find(&s, 0x10000)->prot, 3);
	assert_int_equal(tw_trace_regions_find(&s, 0x11000)->prot, 1);
	assert_null(tw_trace_regions_find(&s, 0x12000));
	assert_int_equal(s.mapped, 0x2000);
	tw_trace_regions_free(&s);
}

static void an_mremap_of_several_regions_moves_each_and_no_hole(void **state)
{
	struct tw_trace_regions s = {0};
	struct tw_trace_event e = call(TW_TRACE_MREMAP, 0x10000, 0x3000, 0x20000);

	(void)state;
	apply(&s, map_event(0x10000, 0x1000, 3));
	apply(&s, map_event(0x12000, 0x1000, 1));
	apply(&s, map_event(0x20000, 0x3000, 5));
	e.new_len = 0x3000;
	e.new_addr = 0x20000;
	e.flags = TW_TRACE_MREMAP_MAYMOVE | TW_TRACE_MREMAP_FIXED;
	assert_null(tw_trace_regions_check(&s, &e));
	apply(&s, e);
	assert_int_equal(tw_trace_regions_find(&s, 0x20000)->prot, 3);
	assert_int_equal(tw_trace_regions_find(&s, 0x21000)->prot, 5);
	assert_int_equal(tw_trace_regions_find(&s, 0x22000)->prot, 1);
	assert_int_equal(s.n, 3);
	tw_trace_regions_free(&s);
}

static void an_mprotect_that_met_a_hole_has_changed_what_is_before_it(void **state)
{
	struct tw_trace_regions s = {0};

	(void)state;
	apply(&s, map_event(0x10000, 0x2000, 3));
	apply(&s, map_event(0x13000, 0x1000, 3));
	apply(&s, protect(0x11000, 0x3000, 1, -ENOMEM));
	assert_int_equal(tw_trace_regions_find(&s, 0x10000)->prot, 3);
	assert_int_equal(tw_trace_regions_find(&s, 0x11000)->prot, 1);
	assert_int_equal(tw_trace_regions_find(&s, 0x13000)->prot, 3);
	// Without a hole the reason is not in the trace, and nothing is believed to have changed.
	apply(&s, protect(0x10000, 0x2000, 0, -ENOMEM));
	assert_int_equal(tw_trace_regions_find(&s, 0x10000)->prot, 3);
	tw_trace_regions_free(&s);
}

static void an_mprotect_that_a_file_refused_has_changed_what_is_before_it(void **state)
{
	struct tw_trace_regions s = {0};
	struct tw_trace_event e = call(TW_TRACE_MMAP, 0, 0x1000, 0x11000);

	(void)state;
	apply(&s, map_event(0x10000, 0x1000, 1));
	e.prot = 1;
	e.file = 0;
	e.flags = TW_TRACE_MAP_SHARED;
	apply(&s, e);
	apply(&s, protect(0x10000, 0x2000, 3, -EACCES));
	assert_int_equal(tw_trace_regions_find(&s, 0x10000)->prot, 3);
	assert_int_equal(tw_trace_regions_find(&s, 0x11000)->prot, 1);
	tw_trace_regions_free(&s);
}

static void a_protection_that_grows_down_reaches_the_regions_beginning(void **state)
{
	struct tw_trace_regions s = {0};
	struct tw_trace_event e = map_event(0x10000, 0x4000, 3);

	(void)state;
	e.flags |= TW_TRACE_MAP_GROWSDOWN;
	apply(&s, e);
	apply(&s, protect(0x12000, 0x1000, 7 | TW_TRACE_PROT_GROWSDOWN, 0));
	assert_int_equal(tw_trace_regions_find(&s, 0x10000)->prot, 7);
	assert_int_equal(tw_trace_regions_find(&s, 0x12fff)->prot, 7);
	assert_int_equal(tw_trace_regions_find(&s, 0x13000)->prot, 3);
	tw_trace_regions_free(&s);
}

static void expect(struct tw_trace_regions *s, struct tw_trace_event e, const char *text)
{
	const char *got = tw_trace_regions_check(s, &e);

	if (text ? !got || !strstr(got, text) : got != NULL)
		fail_msg("expected '%s', got '%s'", text ? text : "nothing", got ? got : "nothing");
}

static void the_rule_that_is_broken_is_named(void **state)
{
	const struct tw_trace_event load = {.kind = TW_TRACE_LOAD, .addr = 0x10ffc, .size = 8};
	struct tw_trace_event e;
	struct tw_trace_regions s = {0};

	(void)state;
	apply(&s, map_event(0x10000, 0x1000, 1));
	expect(&s, load, "a mapped region");
	apply(&s, map_event(0x11000, 0x1000, 0));
	expect(&s, load, "the region's protection allows");
	apply(&s, protect(0x11000, 0x1000, 2, 0));
	expect(&s, load, NULL);
	e = call(TW_TRACE_MMAP, 0, 0x1000, 0x11000);
	e.flags = 0x22;
	expect(&s, e, "where nothing is mapped");
	e.flags |= TW_TRACE_MAP_FIXED;
	expect(&s, e, "at the address it asked for");
	e.addr = 0x11000;
	expect(&s, e, NULL);
	e = call(TW_TRACE_MREMAP, 0x10000, 0x2000, 0x20000);
	e.new_len = 0x3000;
	e.flags = TW_TRACE_MREMAP_MAYMOVE;
	expect(&s, e, "pages of one region");
	e.len = 0x1000;
	expect(&s, e, NULL);
	e.result = -ENOMEM;
	e.len = 0x5000;
	expect(&s, e, NULL);
	tw_trace_regions_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unmapping_the_middle_leaves_both_ends),
		cmocka_unit_test(a_new_mapping_replaces_what_it_covers),
		cmocka_unit_test(protection_changes_only_its_range),
		cmocka_unit_test(the_break_grows_and_shrinks),
		cmocka_unit_test(mremap_moves_what_it_names),
		cmocka_unit_test(failed_calls_change_nothing),
		cmocka_unit_test(neighbours_that_continue_are_one_region),
		cmocka_unit_test(shared_memory_continues_itself_only),
		cmocka_unit_test(a_shrinking_mremap_leaves_what_it_keeps_as_it_was),
		cmocka_unit_test(an_mremap_of_several_regions_moves_each_and_no_hole),
		cmocka_unit_test(an_mprotect_that_met_a_hole_has_changed_what_is_before_it),
		cmocka_unit_test(an_mprotect_that_a_file_refused_has_changed_what_is_before_it),
		cmocka_unit_test(a_protection_that_grows_down_reaches_the_regions_beginning),
		cmocka_unit_test(the_rule_that_is_broken_is_named),
	};

	return cmocka_run_group_tests_name("trace_regions", tests, NULL, NULL);
}
