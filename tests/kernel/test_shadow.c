// SPDX-License-Identifier: Apache-2.0
// The shadow of a replay: what memory must contain, worked out without paging.
#include "world.h"

#include <string.h>

#include "../../replay/shadow.h"

static void anonymous_page_starts_as_zero_and_keeps_what_is_written(void **state)
{
	static struct shadow s;
	uint8_t *page = shadow_page(&s, 5, NULL, 0, false, false);

	(void)state;
	assert_non_null(page);
	for (unsigned int i = 0; i < SHADOW_PAGE; i++)
		assert_int_equal(page[i], 0);
	page[7] = 9;
	assert_int_equal(shadow_page(&s, 5, NULL, 0, false, true)[7], 9);
	shadow_drop(&s.pages, 5, 6);
	assert_int_equal(shadow_page(&s, 5, NULL, 0, false, false)[7], 0);
	shadow_free(&s.pages);
}

static void shared_page_is_the_objects_own(void **state)
{
	static struct shadow s, t;
	static struct shadow_object o = {
		.size = 3 * SHADOW_PAGE, .initial = 3 * SHADOW_PAGE, .seed = 5};
	uint8_t *a = shadow_page(&s, 100, &o, 2, true, true),
		*b = shadow_page(&t, 200, &o, 2, true, false);

	(void)state;
	assert_ptr_equal(a, b);
	assert_true(shadow_get(&s.pages, 100) & SHADOW_WRITABLE);
	shadow_free(&s.pages);
	shadow_free(&t.pages);
	shadow_free(&o.pages);
}

static void private_page_follows_the_object_until_it_is_written(void **state)
{
	static struct shadow s;
	static struct shadow_object o = {.size = SHADOW_PAGE, .initial = SHADOW_PAGE, .seed = 5};
	uint8_t *file = shadow_object_page(&o, 0), *page = shadow_page(&s, 1, &o, 0, false, false);

	(void)state;
	assert_ptr_equal(page, file);
	assert_false(shadow_get(&s.pages, 1) & SHADOW_WRITABLE);
	file[3] = 77;
	page = shadow_page(&s, 1, &o, 0, false, true);
	assert_ptr_not_equal(page, file);
	assert_int_equal(page[3], 77);
	page[4] = (uint8_t)(file[4] + 1);
	assert_int_not_equal(file[4], page[4]);
	shadow_free(&s.pages);
	shadow_free(&o.pages);
}

static void contents_of_a_file_end_with_the_file(void **state)
{
	static struct shadow_object o = {
		.size = SHADOW_PAGE + 10, .initial = SHADOW_PAGE + 10, .seed = 5};
	uint8_t *first = shadow_object_page(&o, 0), *last = shadow_object_page(&o, 1),
		*beyond = shadow_object_page(&o, 2);
	static const uint8_t zero[SHADOW_PAGE];

	(void)state;
	assert_memory_not_equal(first, last, 10);
	assert_memory_not_equal(last, zero, 10);
	assert_memory_equal(last + 10, zero, SHADOW_PAGE - 10);
	assert_memory_equal(beyond, zero, SHADOW_PAGE);
	shadow_free(&o.pages);
}

static void moved_pages_keep_their_contents(void **state)
{
	static struct shadow s;

	(void)state;
	shadow_page(&s, 10, NULL, 0, false, true)[0] = 1;
	shadow_page(&s, 12, NULL, 0, false, true)[0] = 3;
	assert_int_equal(shadow_move(&s.pages, 10, 9000, 3), 0);
	assert_int_equal(shadow_get(&s.pages, 10), 0);
	assert_int_equal(shadow_bytes(shadow_get(&s.pages, 9000))[0], 1);
	assert_int_equal(shadow_get(&s.pages, 9001), 0);
	assert_int_equal(shadow_bytes(shadow_get(&s.pages, 9002))[0], 3);
	shadow_free(&s.pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anonymous_page_starts_as_zero_and_keeps_what_is_written),
		cmocka_unit_test(shared_page_is_the_objects_own),
		cmocka_unit_test(private_page_follows_the_object_until_it_is_written),
		cmocka_unit_test(contents_of_a_file_end_with_the_file),
		cmocka_unit_test(moved_pages_keep_their_contents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
