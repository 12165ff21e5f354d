// SPDX-License-Identifier: Apache-2.0
// The radix tree of the page caches.
#include "world.h"

#include "cache/radix.h"

static void holds_what_was_stored(void **state)
{
	struct tw_radix r = {0};
	const uint64_t index[] = {0, 1, 63, 64, 4095, 4096, UINT64_C(1) << 40, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(tw_radix_set(&r, index[i], i + 100), 0);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(tw_radix_get(&r, index[i]), i + 100);
	assert_int_equal(tw_radix_get(&r, 2), 0);
	assert_int_equal(tw_radix_get(&r, 65 * 64), 0);
	assert_int_equal(r.count, 8);
	tw_radix_clear(&r);
}

static void is_walked_in_ascending_order(void **state)
{
	struct tw_radix r = {0};
	const uint64_t index[] = {5, 64, 100000, 100001, UINT64_C(1) << 33};
	uint64_t at = 0;

	(void)state;
	for (size_t i = 5; i-- > 0;)
		tw_radix_set(&r, index[i], index[i] + 1);
	for (size_t i = 0; i < 5; i++, at++) {
		assert_int_equal(tw_radix_next(&r, &at), index[i] + 1);
		assert_int_equal(at, index[i]);
	}
	assert_int_equal(tw_radix_next(&r, &at), 0);
	tw_radix_clear(&r);
}

static void frees_its_nodes_with_the_last_value(void **state)
{
	struct tw_radix r = {0};

	(void)state;
	for (uint64_t i = 0; i < 5000; i += 7)
		tw_radix_set(&r, i, 1);
	for (uint64_t i = 0; i < 5000; i += 7)
		tw_radix_set(&r, i, 0);
	assert_int_equal(r.count, 0);
	assert_null(r.root);
}

static void removing_what_is_not_there_changes_nothing(void **state)
{
	struct tw_radix r = {0};

	(void)state;
	assert_int_equal(tw_radix_set(&r, 1234, 0), 0);
	assert_null(r.root);
	tw_radix_set(&r, 3, 9);
	assert_int_equal(tw_radix_set(&r, 1234567, 0), 0);
	assert_int_equal(r.count, 1);
	assert_int_equal(tw_radix_get(&r, 3), 9);
	tw_radix_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_what_was_stored),
		cmocka_unit_test(is_walked_in_ascending_order),
		cmocka_unit_test(frees_its_nodes_with_the_last_value),
		cmocka_unit_test(removing_what_is_not_there_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
