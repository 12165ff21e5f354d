// SPDX-License-Identifier: Apache-2.0
// mremap: results as Linux's, errno for errno, what moves, and what stays.
#include "calls.h"

#include <errno.h>
#include <stdio.h>

static void mremap_checks_its_arguments(void **state)
{
	(void)state;
	map(A, 4 * PAGE, 3, FIXED);
	assert_int_equal(tw_sys_mremap(p, A, PAGE, PAGE, 16, 0), -EINVAL);
	assert_int_equal(tw_sys_mremap(p, A, PAGE, PAGE, TW_MREMAP_FIXED, A + 8 * PAGE), -EINVAL);
	assert_int_equal(tw_sys_mremap(p, A + 1, PAGE, PAGE, 0, 0), -EINVAL);
	assert_int_equal(tw_sys_mremap(p, A, PAGE, 0, 0, 0), -EINVAL);
	assert_int_equal(
		tw_sys_mremap(p, A, PAGE, (UINT64_C(1) << 38) + PAGE, TW_MREMAP_MAYMOVE, 0),
		-EINVAL);
	assert_int_equal(tw_sys_mremap(p, A + 8 * PAGE, PAGE, PAGE, 0, 0), -EFAULT);
	assert_int_equal(tw_sys_mremap(p, A, 5 * PAGE, 6 * PAGE, TW_MREMAP_MAYMOVE, 0), -EFAULT);
	// An old end beyond the address space, moving and in place.
	assert_int_equal(tw_sys_mremap(p, A, -UINT64_C(0x1000), PAGE,
				       TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, A + 32 * PAGE),
			 -EINVAL);
	assert_int_equal(tw_sys_mremap(p, A, -UINT64_C(0x1000), PAGE, 0, 0), -EINVAL);
	assert_int_equal(tw_sys_mremap(p, A, 0, PAGE, TW_MREMAP_MAYMOVE, 0), -EINVAL);
	assert_int_equal(tw_sys_mremap(p, A, 2 * PAGE, 2 * PAGE,
				       TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, A + PAGE),
			 -EINVAL);
	assert_int_equal(tw_sys_mremap(p, A, PAGE, PAGE, TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED,
				       A + 8 * PAGE + 1),
			 -EINVAL);
	assert_string_equal(regions(), "0+4:rw-p");
}

static void mremap_shrinks_and_grows_in_place(void **state)
{
	(void)state;
	map(A, 4 * PAGE, 3, FIXED);
	for (unsigned int i = 0; i < 4; i++)
		world_store(&w, A + i * PAGE, (uint8_t)(i + 1));
	assert_int_equal(tw_sys_mremap(p, A, 4 * PAGE, 2 * PAGE, 0, 0), A);
	assert_string_equal(regions(), "0+2:rw-p");
	assert_int_equal(tw_sys_mremap(p, A, 2 * PAGE, 5 * PAGE, 0, 0), A);
	assert_int_equal(world_load(&w, A + PAGE), 2);
	assert_int_equal(world_load(&w, A + 2 * PAGE), 0);
	map(A + 6 * PAGE, PAGE, 1, FIXED);
	assert_int_equal(tw_sys_mremap(p, A, 5 * PAGE, 8 * PAGE, 0, 0), -ENOMEM);
	// Up to its like, of which it becomes a part.
	map(A + 6 * PAGE, PAGE, 3, FIXED);
	assert_int_equal(tw_sys_mremap(p, A, 5 * PAGE, 6 * PAGE, 0, 0), A);
	assert_string_equal(regions(), "0+7:rw-p");
}

static void mremap_moves_pages_with_their_contents(void **state)
{
	int64_t to;

	(void)state;
	map(A, 4 * PAGE, 3, FIXED);
	map(A + 4 * PAGE, PAGE, 1, FIXED);
	for (unsigned int i = 0; i < 4; i++)
		world_store(&w, A + i * PAGE, (uint8_t)(i + 1));
	assert_int_equal(world_load(&w, A + 4 * PAGE), 0);
	to = tw_sys_mremap(p, A + PAGE, 3 * PAGE, 6 * PAGE, TW_MREMAP_MAYMOVE, 0);
	assert_int_equal(to, p->mm->mmap_top - 6 * PAGE);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(world_load(&w, (uint64_t)to + i * PAGE), i + 2);
	assert_int_equal(world_load(&w, (uint64_t)to + 3 * PAGE), 0);
	assert_int_equal(world_load(&w, A), 1);
	assert_int_equal(p->mm->as.rss_anon, 4);
	world_check(&w);
	// Over something that is there.
	map(A + 16 * PAGE, 8 * PAGE, 3, FIXED);
	world_store(&w, A + 17 * PAGE, 50);
	assert_int_equal(tw_sys_mremap(p, (uint64_t)to, 6 * PAGE, 2 * PAGE,
				       TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, A + 17 * PAGE),
			 A + 17 * PAGE);
	assert_int_equal(world_load(&w, A + 17 * PAGE), 2);
	assert_int_equal(world_load(&w, A + 18 * PAGE), 3);
	assert_string_equal(regions(), "0+1:rw-p 4+1:r--p 16+8:rw-p");
}

static void mremap_keeps_the_offset_of_a_file(void **state)
{
	uint64_t va =
		(uint64_t)tw_sys_mmap(p, A, 6 * PAGE, 3, TW_MAP_SHARED | TW_MAP_FIXED, rdwr, PAGE);
	int64_t to;

	(void)state;
	world_store(&w, va + 2 * PAGE, 123);
	to = tw_sys_mremap(p, va + 2 * PAGE, 2 * PAGE, 4 * PAGE, TW_MREMAP_MAYMOVE, 0);
	assert_true(to > 0);
	assert_int_equal(world_load(&w, (uint64_t)to), 123);
	assert_int_equal(world_load(&w, (uint64_t)to + 3 * PAGE), world_byte(6 * PAGE));
}

static void growing_takes_no_memory_for_what_is_not_there(void **state)
{
	const uint64_t gigabyte = UINT64_C(1) << 30;
	int64_t to;

	(void)state;
	map(A, PAGE, 3, FIXED);
	map(A + PAGE, PAGE, 1, FIXED); // in the way
	world_store(&w, A, 7);
	to = tw_sys_mremap(p, A, PAGE, gigabyte, TW_MREMAP_MAYMOVE, 0);
	assert_true(to > 0);
	assert_int_equal(world_load(&w, (uint64_t)to), 7);
	assert_true(p->mm->as.tables <= 7);
	world_store(&w, (uint64_t)to + gigabyte - 1, 8);
	// The same to a fixed place.
	assert_int_equal(tw_sys_mremap(p, (uint64_t)to, gigabyte, 2 * gigabyte,
				       TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, 4 * gigabyte),
			 4 * gigabyte);
	assert_int_equal(world_load(&w, 4 * gigabyte), 7);
	assert_int_equal(world_load(&w, 5 * gigabyte - 1), 8);
}

static void a_move_without_memory_for_tables_changes_nothing(void **state)
{
	const uint64_t span = UINT64_C(2) << 20, len = 8 * span, far = UINT64_C(0x1000000000);
	uint64_t filler = world_anon(p, 512);
	char before[512];

	(void)state;
	// One page under each of eight tables; then memory is filled until a fault finds too
	// little.
	map(A, len, 3, FIXED);
	map(far, PAGE, 1, FIXED);
	for (uint64_t i = 0; i < 8; i++)
		world_store(&w, A + i * span, (uint8_t)(i + 1));
	for (uint64_t i = 0; i < 512; i++)
		if (tw_user_store(w.k, filler + i * PAGE, "x", 1, &w.sig) == -ENOMEM)
			break;
	snprintf(before, sizeof(before), "%s", regions());
	assert_int_equal(tw_sys_mremap(p, A, len, len, TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, far),
			 -ENOMEM);
	assert_string_equal(regions(), before);
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(world_load(&w, A + i * span), i + 1);
}

static void old_len_0_maps_shared_memory_once_more(void **state)
{
	(void)state;
	map(A, 4 * PAGE, 3, TW_MAP_SHARED | TW_MAP_ANONYMOUS | TW_MAP_FIXED);
	world_store(&w, A + PAGE, 5);
	assert_int_equal(tw_sys_mremap(p, A + PAGE, 0, 2 * PAGE,
				       TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, A + 8 * PAGE),
			 A + 8 * PAGE);
	assert_string_equal(regions(), "0+4:rw-s 8+2:rw-s");
	world_check(&w);
	assert_int_equal(world_load(&w, A + 8 * PAGE), 5);
	world_store(&w, A + 9 * PAGE, 6);
	assert_int_equal(world_load(&w, A + 2 * PAGE), 6);
	// What goes on in the object is one region with what is before it.
	assert_int_equal(tw_sys_mremap(p, A + 3 * PAGE, 0, PAGE,
				       TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, A + 10 * PAGE),
			 A + 10 * PAGE);
	assert_string_equal(regions(), "0+4:rw-s 8+3:rw-s");
	world_check(&w);
	// Over the middle of itself; never in place.
	assert_int_equal(
		tw_sys_mremap(p, A, 0, PAGE, TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, A + 2 * PAGE),
		A + 2 * PAGE);
	assert_string_equal(regions(), "0+2:rw-s 2+1:rw-s 3+1:rw-s 8+3:rw-s");
	assert_int_equal(tw_sys_mremap(p, A, 0, PAGE, 0, 0), -ENOMEM);
	assert_true(tw_sys_mremap(p, A, 0, PAGE, TW_MREMAP_MAYMOVE, 0) > 0);
	// Over its own beginning nothing is left to map.
	assert_int_equal(tw_sys_mremap(p, A, 0, PAGE, TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, A),
			 -EFAULT);
}

static void a_refused_source_leaves_the_fixed_target(void **state)
{
	const uint32_t to = TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED;

	(void)state;
	map(A, 2 * PAGE, 3, FIXED);
	map(A + 2 * PAGE, 2 * PAGE, 1, FIXED);
	map(A + 8 * PAGE, 8 * PAGE, 3, FIXED);
	world_store(&w, A + 8 * PAGE, 9);
	// Not mapped; into another region, growing and shrinking; private memory once more.
	assert_int_equal(tw_sys_mremap(p, A + 5 * PAGE, PAGE, 2 * PAGE, to, A + 8 * PAGE), -EFAULT);
	assert_int_equal(tw_sys_mremap(p, A, 4 * PAGE, 5 * PAGE, to, A + 8 * PAGE), -EFAULT);
	assert_int_equal(tw_sys_mremap(p, A, 4 * PAGE, 3 * PAGE, to, A + 8 * PAGE), -EFAULT);
	assert_int_equal(tw_sys_mremap(p, A, 0, PAGE, to, A + 8 * PAGE), -EINVAL);
	assert_string_equal(regions(), "0+2:rw-p 2+2:r--p 8+8:rw-p");
	assert_int_equal(world_load(&w, A + 8 * PAGE), 9);
	// What only the part given up reaches may be anything.
	assert_int_equal(tw_sys_mremap(p, A, 4 * PAGE, PAGE, to, A + 8 * PAGE), A + 8 * PAGE);
	assert_string_equal(regions(), "8+8:rw-p");
}

static void several_regions_move_together_if_the_length_stays(void **state)
{
	const uint32_t to = TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED;

	(void)state;
	map(A, 2 * PAGE, 3, FIXED);
	map(A + 4 * PAGE, 2 * PAGE, 1, FIXED);
	map(A + 16 * PAGE, 16 * PAGE, 5, FIXED);
	world_store(&w, A + PAGE, 1);
	assert_int_equal(tw_sys_mremap(p, A + 2 * PAGE, 4 * PAGE, 4 * PAGE, to, A + 16 * PAGE),
			 -EFAULT);
	assert_int_equal(tw_sys_mremap(p, A + PAGE, 4 * PAGE, 4 * PAGE, to, A + 16 * PAGE),
			 A + 16 * PAGE);
	assert_string_equal(regions(),
			    "0+1:rw-p 5+1:r--p 16+1:rw-p 17+2:r-xp 19+1:r--p 20+12:r-xp");
	assert_int_equal(world_load(&w, A + 16 * PAGE), 1);
}

static void a_moved_part_joins_the_rest_of_its_region(void **state)
{
	(void)state;
	map(A, 4 * PAGE, 3, FIXED);
	for (unsigned int i = 0; i < 4; i++)
		world_store(&w, A + i * PAGE, (uint8_t)(i + 1));
	assert_int_equal(tw_sys_mremap(p, A, 2 * PAGE, 2 * PAGE,
				       TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, A + 4 * PAGE),
			 A + 4 * PAGE);
	assert_string_equal(regions(), "2+4:rw-p");
	assert_int_equal(tw_sys_mremap(p, A + 4 * PAGE, 2 * PAGE, 3 * PAGE,
				       TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, A + 6 * PAGE),
			 A + 6 * PAGE);
	assert_string_equal(regions(), "2+2:rw-p 6+3:rw-p");
	assert_int_equal(world_load(&w, A + 6 * PAGE), 1);
	assert_int_equal(world_load(&w, A + 3 * PAGE), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mremap_checks_its_arguments),
		TEST(mremap_shrinks_and_grows_in_place),
		TEST(mremap_moves_pages_with_their_contents),
		TEST(mremap_keeps_the_offset_of_a_file),
		TEST(growing_takes_no_memory_for_what_is_not_there),
		TEST(a_move_without_memory_for_tables_changes_nothing),
		TEST(old_len_0_maps_shared_memory_once_more),
		TEST(a_refused_source_leaves_the_fixed_target),
		TEST(several_regions_move_together_if_the_length_stays),
		TEST(a_moved_part_joins_the_rest_of_its_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
