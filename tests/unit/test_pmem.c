// SPDX-License-Identifier: Apache-2.0
// Physical memory: which addresses answer, that sparse and flat ranges behave alike, and that a
// failing call changes nothing. The last test compares it with a plain array under random calls.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "twinwalk/pmem.h"
#include "twinwalk/prng.h"

static int setup(void **state)
{
	return tw_pmem_create((struct tw_pmem **)state);
}

static int teardown(void **state)
{
	tw_pmem_destroy(*state);
	return 0;
}

static uint64_t rd(struct tw_pmem *pm, uint64_t pa)
{
	uint64_t v = UINT64_MAX;

	assert_int_equal(tw_pmem_read64(pm, pa, &v), 0);
	return v;
}

static void nothing_answers_without_a_range(void **state)
{
	uint64_t v;

	assert_int_equal(tw_pmem_read64(*state, 0, &v), -EIO);
	assert_int_equal(tw_pmem_write64(*state, 0, 1), -EIO);
	assert_int_equal(tw_pmem_cas64(*state, 0, 0, 1, &v), -EIO);
	assert_null(tw_pmem_ptr(*state, 0, 8));
}

static void memory_reads_zero_until_written(void **state)
{
	assert_int_equal(tw_pmem_add_ram(*state, 0x1000, 0x3000), 0);
	assert_int_equal(rd(*state, 0x1ff8), 0);
	assert_int_equal(tw_pmem_write64(*state, 0x1ff8, 0x1122334455667788), 0);
	assert_int_equal(rd(*state, 0x1ff8), 0x1122334455667788);
	assert_int_equal(rd(*state, 0x2000), 0);
}

static void words_are_little_endian(void **state)
{
	uint8_t bytes[8];

	assert_int_equal(tw_pmem_add_ram(*state, 0, 0x1000), 0);
	assert_int_equal(tw_pmem_write64(*state, 8, 0x0807060504030201), 0);
	assert_int_equal(tw_pmem_read(*state, 8, bytes, 8), 0);
	for (uint8_t i = 0; i < 8; i++)
		assert_int_equal(bytes[i], i + 1);
}

static void a_word_answers_only_if_all_its_bytes_do(void **state)
{
	uint64_t v;

	assert_int_equal(tw_pmem_add_ram(*state, 0x1004, 0x1014), 0);
	assert_int_equal(tw_pmem_read64(*state, 0x1000, &v), -EIO);
	assert_int_equal(tw_pmem_read64(*state, 0x1008, &v), 0);
	assert_int_equal(tw_pmem_read64(*state, 0x1010, &v), -EIO);
}

static void a_word_across_two_touching_ranges_answers(void **state)
{
	uint64_t v;

	assert_int_equal(tw_pmem_add_ram(*state, 0x1000, 0x1004), 0);
	assert_int_equal(tw_pmem_add_ram(*state, 0x1004, 0x1008), 0);
	assert_int_equal(tw_pmem_read64(*state, 0x1000, &v), 0);
}

static void unaligned_words_are_refused(void **state)
{
	uint64_t v;

	assert_int_equal(tw_pmem_add_ram(*state, 0, 0x1000), 0);
	assert_int_equal(tw_pmem_read64(*state, 4, &v), -EINVAL);
	assert_int_equal(tw_pmem_write64(*state, 1, 0), -EINVAL);
}

static void the_last_word_of_the_address_space_exists(void **state)
{
	assert_int_equal(tw_pmem_add_ram(*state, TW_PMEM_END - 0x1000, TW_PMEM_END), 0);
	assert_int_equal(tw_pmem_write64(*state, TW_PMEM_END - 8, 5), 0);
	assert_int_equal(rd(*state, TW_PMEM_END - 8), 5);
	assert_int_equal(tw_pmem_write64(*state, TW_PMEM_END, 5), -EIO);
	assert_int_equal(tw_pmem_write64(*state, UINT64_MAX - 7, 5), -EIO);
}

static void bad_ranges_are_refused(void **state)
{
	assert_int_equal(tw_pmem_add_ram(*state, 5, 5), -EINVAL);
	assert_int_equal(tw_pmem_add_ram(*state, 6, 5), -EINVAL);
	assert_int_equal(tw_pmem_add_ram(*state, 0, TW_PMEM_END + 1), -EINVAL);
	assert_int_equal(tw_pmem_add_flat(*state, 0, 0x1001), -EINVAL);
	assert_int_equal(tw_pmem_add_flat(*state, 0x800, 0x1000), -EINVAL);
}

static void overlapping_ranges_are_a_union(void **state)
{
	assert_int_equal(tw_pmem_add_ram(*state, 0x2000, 0x3000), 0);
	assert_int_equal(tw_pmem_add_ram(*state, 0x4000, 0x5000), 0);
	assert_int_equal(tw_pmem_write64(*state, 0x2000, 7), 0);
	assert_int_equal(tw_pmem_add_ram(*state, 0x1000, 0x6000), 0);
	assert_int_equal(tw_pmem_answers(*state, 0x1000, 0x5000), 1);
	assert_int_equal(tw_pmem_answers(*state, 0x1000, 0x5001), 0);
	assert_int_equal(tw_pmem_answers(*state, 0xfff, 2), 0);
	assert_int_equal(rd(*state, 0x2000), 7);
}

static void one_range_can_be_flat(void **state)
{
	assert_int_equal(tw_pmem_add_ram(*state, 0x5000, 0x6000), 0);
	assert_int_equal(tw_pmem_add_flat(*state, 0x4000, 0x6000), -EEXIST);
	assert_int_equal(tw_pmem_add_flat(*state, 0x1000, 0x5000), 0);
	assert_int_equal(tw_pmem_add_flat(*state, 0x10000, 0x11000), -EBUSY);
}

static void cas_stores_only_on_a_match(void **state)
{
	uint64_t old;

	assert_int_equal(tw_pmem_add_ram(*state, 0, 0x1000), 0);
	assert_int_equal(tw_pmem_write64(*state, 8, 10), 0);
	assert_int_equal(tw_pmem_cas64(*state, 8, 11, 12, &old), 0);
	assert_int_equal(old, 10);
	assert_int_equal(rd(*state, 8), 10);
	assert_int_equal(tw_pmem_cas64(*state, 8, 10, 12, &old), 0);
	assert_int_equal(old, 10);
	assert_int_equal(rd(*state, 8), 12);
}

static void the_flat_range_has_one_pointer(void **state)
{
	uint8_t *p;

	assert_int_equal(tw_pmem_add_flat(*state, 0x10000, 0x20000), 0);
	p = tw_pmem_ptr(*state, 0x10000, 0x10000);
	assert_non_null(p);
	p[0x8008] = 9;
	assert_int_equal(rd(*state, 0x18008), 9);
	assert_null(tw_pmem_ptr(*state, 0x10000, 0x10001));
	assert_null(tw_pmem_ptr(*state, 0x1fff8, 16));
}

static void a_sparse_pointer_stays_in_its_page(void **state)
{
	uint8_t *p;

	assert_int_equal(tw_pmem_add_ram(*state, 0x1000, 0x3000), 0);
	p = tw_pmem_ptr(*state, 0x1008, 8);
	assert_non_null(p);
	*p = 3;
	assert_int_equal(rd(*state, 0x1008), 3);
	assert_null(tw_pmem_ptr(*state, 0x1ff8, 16));
	assert_null(tw_pmem_ptr(*state, 0x3000, 1));
}

static void a_failing_write_changes_nothing(void **state)
{
	uint8_t ones[0x1001];

	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(tw_pmem_add_ram(*state, 0x1000, 0x2000), 0);
	assert_int_equal(tw_pmem_write(*state, 0x1000, ones, sizeof(ones)), -EIO);
	assert_int_equal(rd(*state, 0x1000), 0);
	assert_int_equal(rd(*state, 0x1ff8), 0);
}

static void zero_keeps_the_ranges(void **state)
{
	assert_int_equal(tw_pmem_add_ram(*state, 0x1000, 0x2000), 0);
	assert_int_equal(tw_pmem_add_flat(*state, 0x2000, 0x3000), 0);
	assert_int_equal(tw_pmem_write64(*state, 0x1000, 1), 0);
	assert_int_equal(tw_pmem_write64(*state, 0x2000, 1), 0);
	tw_pmem_zero(*state);
	assert_int_equal(rd(*state, 0x1000), 0);
	assert_int_equal(rd(*state, 0x2000), 0);
}

static void reset_forgets_the_ranges(void **state)
{
	uint64_t v;

	assert_int_equal(tw_pmem_add_flat(*state, 0x2000, 0x3000), 0);
	assert_int_equal(tw_pmem_write64(*state, 0x2000, 1), 0);
	tw_pmem_reset(*state);
	assert_int_equal(tw_pmem_read64(*state, 0x2000, &v), -EIO);
	assert_int_equal(tw_pmem_add_ram(*state, 0x2000, 0x3000), 0);
	assert_int_equal(rd(*state, 0x2000), 0);
}

// 64 pages far apart so that the hash grows and collides; page 5 is flat, page 9 does not exist.
static void equals_a_plain_array_under_random_calls(void **state)
{
	enum { PAGES = 64, BYTES = PAGES * 4096, STEPS = 200000 };
	static uint8_t model[BYTES];
	uint64_t seed = getenv("TW_SEED") ? strtoull(getenv("TW_SEED"), NULL, 0) : 1, s = seed | 1;

	print_message("TW_SEED=%llu\n", (unsigned long long)seed);
	memset(model, 0, sizeof(model));
	for (uint64_t p = 0; p < PAGES; p++) {
		uint64_t lo = p * 4096;

		if (p == 5)
			assert_int_equal(tw_pmem_add_flat(*state, lo, lo + 4096), 0);
		else if (p != 9)
			assert_int_equal(tw_pmem_add_ram(*state, lo, lo + 4096), 0);
	}
	for (int i = 0; i < STEPS; i++) {
		uint64_t r = tw_random(&s), pa = r % BYTES, len = (r >> 32) % 5000,
			 v = tw_random(&s), old;
		uint8_t buf[5000];
		int outside, err;

		if (pa + len > BYTES)
			len = BYTES - pa;
		outside = len && pa < 10 * 4096 && pa + len > 9 * 4096;
		switch (r >> 60) {
		case 0:
			memset(buf, (int)v & 255, len);
			err = tw_pmem_write(*state, pa, buf, len);
			assert_int_equal(err, outside ? -EIO : 0);
			if (!err)
				memcpy(model + pa, buf, len);
			break;
		case 1:
			err = tw_pmem_read(*state, pa, buf, len);
			assert_int_equal(err, outside ? -EIO : 0);
			if (!err)
				assert_memory_equal(buf, model + pa, len);
			break;
		case 2:
			pa &= ~UINT64_C(7);
			memcpy(&old, model + pa, 8);
			err = tw_pmem_cas64(*state, pa, v & 1 ? old : v, v, &r);
			assert_int_equal(err, pa >> 12 == 9 ? -EIO : 0);
			if (!err)
				assert_int_equal(r, old);
			if (!err && ((v & 1) || v == old))
				memcpy(model + pa, &v, 8);
			break;
		default:
			pa &= ~UINT64_C(7);
			memcpy(&old, model + pa, 8);
			err = tw_pmem_read64(*state, pa, &r);
			assert_int_equal(err, pa >> 12 == 9 ? -EIO : 0);
			if (!err)
				assert_int_equal(r, old);
			break;
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_answers_without_a_range),
		TEST(memory_reads_zero_until_written),
		TEST(words_are_little_endian),
		TEST(a_word_answers_only_if_all_its_bytes_do),
		TEST(a_word_across_two_touching_ranges_answers),
		TEST(unaligned_words_are_refused),
		TEST(the_last_word_of_the_address_space_exists),
		TEST(bad_ranges_are_refused),
		TEST(overlapping_ranges_are_a_union),
		TEST(one_range_can_be_flat),
		TEST(cas_stores_only_on_a_match),
		TEST(the_flat_range_has_one_pointer),
		TEST(a_sparse_pointer_stays_in_its_page),
		TEST(a_failing_write_changes_nothing),
		TEST(zero_keeps_the_ranges),
		TEST(reset_forgets_the_ranges),
		TEST(equals_a_plain_array_under_random_calls),
	};

	return cmocka_run_group_tests_name("pmem", tests, NULL, NULL);
}
