// SPDX-License-Identifier: Apache-2.0
// System calls: results as Linux's, errno for errno, and the regions they leave behind.
#include "calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// --- mmap ------------------------------------------------------------------------------

static void mmap_checks_its_arguments_in_linux_order(void **state)
{
	(void)state;
	assert_int_equal(map(A, 0, 3, FIXED), -EINVAL);
	assert_int_equal(map(A, UINT64_MAX, 3, FIXED), -ENOMEM);
	assert_int_equal(map(A + 1, PAGE, 3, FIXED), -EINVAL);
	assert_int_equal(map(UINT64_C(1) << 38, PAGE, 3, FIXED), -ENOMEM);
	assert_int_equal(map((UINT64_C(1) << 38) + 1, PAGE, 3, FIXED), -ENOMEM);
	assert_int_equal(map(0, PAGE, 3, TW_MAP_ANONYMOUS), -EINVAL);
	assert_int_equal(map(0, PAGE, 3, TW_MAP_ANONYMOUS | TW_MAP_SHARED_VALIDATE), -EINVAL);
	assert_int_equal(map(0, PAGE, 3, TW_MAP_PRIVATE), -EBADF);
	assert_int_equal(map(0, PAGE, 3, TW_MAP_SHARED | TW_MAP_ANONYMOUS | TW_MAP_GROWSDOWN),
			 -EINVAL);
	assert_int_equal(map(0, (UINT64_C(1) << 38) + PAGE, 3, ANON), -ENOMEM);
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 3, TW_MAP_PRIVATE, rdwr, 100), -EINVAL);
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 1, TW_MAP_PRIVATE | TW_MAP_GROWSDOWN, rdwr, 0),
			 -EINVAL);
	assert_string_equal(regions(), "");
}

static void mmap_refuses_an_end_beyond_the_largest_file(void **state)
{
	const uint64_t end = UINT64_C(1) << 63;

	(void)state;
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 1, TW_MAP_PRIVATE, rdwr, -(uint64_t)PAGE),
			 -EOVERFLOW);
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 1, TW_MAP_PRIVATE, rdwr, end), -EOVERFLOW);
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 1, TW_MAP_PRIVATE, rdwr, end - PAGE), -EOVERFLOW);
	assert_true(tw_sys_mmap(p, A, PAGE, 1, TW_MAP_PRIVATE, rdwr, end - 2 * PAGE) > 0);
	assert_int_equal(tw_sys_mmap(p, 0, 2 * PAGE, 1, TW_MAP_PRIVATE, rdwr, end - 2 * PAGE),
			 -EOVERFLOW);
	// After the address, before the type and the rights; not for anonymous memory.
	assert_int_equal(tw_sys_mmap(p, A + 1, PAGE, 1, TW_MAP_PRIVATE | TW_MAP_FIXED, rdwr, end),
			 -EINVAL);
	assert_int_equal(
		tw_sys_mmap(p, A, PAGE, 1, TW_MAP_PRIVATE | TW_MAP_FIXED_NOREPLACE, rdwr, end),
		-EEXIST);
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 1, 0, rdwr, end), -EOVERFLOW);
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 1, TW_MAP_PRIVATE, wronly, end), -EOVERFLOW);
	assert_true(tw_sys_mmap(p, 0, PAGE, 1, ANON, NULL, -(uint64_t)PAGE) > 0);
}

static void mmap_respects_how_the_file_was_opened(void **state)
{
	(void)state;
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 3, TW_MAP_SHARED, rdonly, 0), -EACCES);
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 1, TW_MAP_SHARED, wronly, 0), -EACCES);
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 1, TW_MAP_PRIVATE, wronly, 0), -EACCES);
	assert_true(tw_sys_mmap(p, 0, PAGE, 3, TW_MAP_PRIVATE, rdonly, 0) > 0);
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 1, TW_MAP_SHARED_VALIDATE | 0x200, rdwr, 0),
			 -EOPNOTSUPP);
	assert_int_equal(tw_sys_mmap(p, A, PAGE, 1, TW_MAP_SHARED_VALIDATE | TW_MAP_FIXED_NOREPLACE,
				     rdwr, 0),
			 -EOPNOTSUPP);
	assert_true(tw_sys_mmap(p, 0, PAGE, 3, TW_MAP_SHARED_VALIDATE | 0x4000000, rdwr, 0) > 0);
}

static void mmap_chooses_top_down_and_takes_a_free_hint(void **state)
{
	uint64_t top = p->mm->mmap_top;

	(void)state;
	assert_int_equal(map(0, PAGE, 3, ANON), top - PAGE);
	assert_int_equal(map(0, 2 * PAGE, 1, ANON), top - 3 * PAGE);
	assert_int_equal(map(A + 5, PAGE, 3, ANON), A);
	assert_int_equal(map(A, PAGE, 1, ANON), top - 4 * PAGE);
	assert_int_equal(tw_sys_munmap(p, top - PAGE, PAGE), 0);
	assert_int_equal(map(0, PAGE, 3, ANON), top - PAGE);
}

static void mmap_fixed_replaces_and_noreplace_does_not(void **state)
{
	(void)state;
	assert_int_equal(map(A, 4 * PAGE, 3, FIXED), A);
	world_store(&w, A + PAGE, 9);
	assert_int_equal(map(A + 3 * PAGE, 2 * PAGE, 3, ANON | TW_MAP_FIXED_NOREPLACE), -EEXIST);
	assert_int_equal(map(A + 4 * PAGE, PAGE, 3, ANON | TW_MAP_FIXED_NOREPLACE), A + 4 * PAGE);
	assert_int_equal(map(A + PAGE, PAGE, 3, FIXED), A + PAGE);
	assert_int_equal(world_load(&w, A + PAGE), 0);
	assert_string_equal(regions(), "0+5:rw-p");
}

static void regions_split_and_merge(void **state)
{
	(void)state;
	map(A, 2 * PAGE, 3, FIXED);
	map(A + 2 * PAGE, 2 * PAGE, 3, FIXED);
	map(A + 4 * PAGE, 2 * PAGE, 1, FIXED);
	assert_string_equal(regions(), "0+4:rw-p 4+2:r--p");
	assert_int_equal(tw_sys_mprotect(p, A + PAGE, 2 * PAGE, 1), 0);
	assert_string_equal(regions(), "0+1:rw-p 1+2:r--p 3+1:rw-p 4+2:r--p");
	assert_int_equal(tw_sys_mprotect(p, A + PAGE, 2 * PAGE, 3), 0);
	assert_int_equal(tw_sys_mprotect(p, A + 4 * PAGE, 2 * PAGE, 3), 0);
	assert_string_equal(regions(), "0+6:rw-p");
	// Two shared objects do not merge, nor do file pages out of order.
	map(A + 8 * PAGE, PAGE, 3, TW_MAP_SHARED | TW_MAP_ANONYMOUS | TW_MAP_FIXED);
	map(A + 9 * PAGE, PAGE, 3, TW_MAP_SHARED | TW_MAP_ANONYMOUS | TW_MAP_FIXED);
	tw_sys_mmap(p, A + 10 * PAGE, 2 * PAGE, 1, TW_MAP_PRIVATE | TW_MAP_FIXED, rdwr, 0);
	tw_sys_mmap(p, A + 12 * PAGE, 2 * PAGE, 1, TW_MAP_PRIVATE | TW_MAP_FIXED, rdwr, 2 * PAGE);
	tw_sys_mmap(p, A + 14 * PAGE, 2 * PAGE, 1, TW_MAP_PRIVATE | TW_MAP_FIXED, rdwr, 2 * PAGE);
	assert_string_equal(regions(), "0+6:rw-p 8+1:rw-s 9+1:rw-s 10+4:r--p 14+2:r--p");
}

static void populate_brings_pages_in(void **state)
{
	(void)state;
	assert_int_equal(map(A, 8 * PAGE, 3, FIXED | TW_MAP_POPULATE), A);
	assert_int_equal(p->mm->as.rss_anon, 8);
	// Not with MAP_NONBLOCK.
	map(A + 8 * PAGE, 8 * PAGE, 3, FIXED | TW_MAP_POPULATE | TW_MAP_NONBLOCK);
	assert_int_equal(p->mm->as.rss_anon, 8);
	// What may only be executed is brought in too.
	tw_sys_mmap(p, A + 32 * PAGE, 2 * PAGE, TW_PROT_EXEC,
		    TW_MAP_PRIVATE | TW_MAP_FIXED | TW_MAP_POPULATE, rdwr, 0);
	assert_int_equal(p->mm->as.rss_file, 2);
}

// Regions that do not merge, until there are N.
static void fill_with_regions(uint32_t n)
{
	for (uint64_t i = 0; p->mm->vmas.count < n; i++)
		assert_true(map(4 * A + i * PAGE, PAGE, i & 1 ? 1 : 3, FIXED) > 0);
}

static void the_number_of_regions_is_limited_as_in_linux(void **state)
{
	(void)state;
	map(A, 8 * PAGE, 3, FIXED);
	map(A + 8 * PAGE, 8 * PAGE, 1, FIXED);
	fill_with_regions(TW_MAX_MAP_COUNT - 1);
	// A hole is one more; so is the last of mmap, which looks only at what there is.
	assert_int_equal(tw_sys_mprotect(p, A + 2 * PAGE, PAGE, 1), -ENOMEM);
	assert_int_equal(tw_sys_munmap(p, A + 2 * PAGE, PAGE), 0);
	assert_int_equal(tw_sys_munmap(p, A + 5 * PAGE, PAGE), -ENOMEM);
	assert_int_equal(tw_sys_mremap(p, A + 3 * PAGE, 2 * PAGE, 1 * PAGE, 0, 0), -ENOMEM);
	assert_int_equal(map(A + 5 * PAGE, PAGE, 5, FIXED), -ENOMEM);
	assert_int_equal(tw_sys_mprotect(p, A + 7 * PAGE, PAGE, 4), -ENOMEM);
	// Borders may move.
	assert_int_equal(tw_sys_mprotect(p, A + 7 * PAGE, PAGE, 1), 0);
	assert_int_equal(tw_sys_munmap(p, A + 3 * PAGE, PAGE), 0);
	assert_int_equal(map(A + 32 * PAGE, PAGE, 3, FIXED), A + 32 * PAGE);
	assert_int_equal(map(A + 40 * PAGE, PAGE, 3, FIXED), -ENOMEM);
	assert_int_equal(p->mm->vmas.count, TW_MAX_MAP_COUNT + 1);
}

// --- munmap ----------------------------------------------------------------------------

static void munmap_checks_its_arguments(void **state)
{
	(void)state;
	assert_int_equal(tw_sys_munmap(p, A + 1, PAGE), -EINVAL);
	assert_int_equal(tw_sys_munmap(p, A, 0), -EINVAL);
	assert_int_equal(tw_sys_munmap(p, (UINT64_C(1) << 38) + PAGE, PAGE), -EINVAL);
	assert_int_equal(tw_sys_munmap(p, A, UINT64_MAX), -EINVAL);
	assert_int_equal(tw_sys_munmap(p, A, PAGE), 0); // nothing there
}

static void munmap_cuts_holes_and_spans_several_regions(void **state)
{
	(void)state;
	map(A, 6 * PAGE, 3, FIXED);
	map(A + 8 * PAGE, 2 * PAGE, 1, FIXED);
	for (unsigned int i = 0; i < 6; i++)
		world_store(&w, A + i * PAGE, (uint8_t)(i + 1));
	assert_int_equal(tw_sys_munmap(p, A + 2 * PAGE, 1), 0); // length rounded up
	assert_string_equal(regions(), "0+2:rw-p 3+3:rw-p 8+2:r--p");
	assert_int_equal(tw_sys_munmap(p, A + 5 * PAGE, 4 * PAGE), 0);
	assert_string_equal(regions(), "0+2:rw-p 3+2:rw-p 9+1:r--p");
	assert_int_equal(world_load(&w, A + 4 * PAGE), 5);
	assert_int_equal(p->mm->as.rss_anon, 4);
}

// --- mprotect --------------------------------------------------------------------------

static void mprotect_checks_its_arguments(void **state)
{
	(void)state;
	map(A, 2 * PAGE, 3, FIXED);
	assert_int_equal(tw_sys_mprotect(p, A + 1, PAGE, 1), -EINVAL);
	assert_int_equal(tw_sys_mprotect(p, A, PAGE, 16), -EINVAL);
	assert_int_equal(tw_sys_mprotect(p, A, PAGE, 8 | 3), 0); // PROT_SEM
	assert_int_equal(tw_sys_mprotect(p, A, 0, 16), 0);
	assert_int_equal(tw_sys_mprotect(p, A, UINT64_MAX - PAGE, 1), -ENOMEM);
	assert_int_equal(tw_sys_mprotect(p, A + 4 * PAGE, PAGE, 1), -ENOMEM);
}

static void mprotect_stops_at_a_hole_and_keeps_what_it_did(void **state)
{
	(void)state;
	map(A, 2 * PAGE, 3, FIXED);
	map(A + 3 * PAGE, PAGE, 3, FIXED);
	assert_int_equal(tw_sys_mprotect(p, A, 4 * PAGE, 1), -ENOMEM);
	assert_string_equal(regions(), "0+2:r--p 3+1:rw-p");
}

static void mprotect_of_what_grows_begins_where_it_has_grown_to(void **state)
{
	(void)state;
	map(A, 4 * PAGE, 3, FIXED | TW_MAP_GROWSDOWN);
	map(A + 4 * PAGE, 2 * PAGE, 3, FIXED);
	assert_int_equal(tw_sys_mprotect(p, A + 2 * PAGE, PAGE, TW_PROT_GROWSDOWN | 1), 0);
	assert_string_equal(regions(), "0+3:r--p 3+1:rw-p 4+2:rw-p");
	assert_int_equal(tw_sys_mprotect(p, A + 4 * PAGE, PAGE, TW_PROT_GROWSDOWN | 1), -EINVAL);
	assert_int_equal(tw_sys_mprotect(p, A + 4 * PAGE, PAGE, TW_PROT_GROWSUP | 1), -EINVAL);
	assert_int_equal(tw_sys_mprotect(p, A + 8 * PAGE, PAGE, TW_PROT_GROWSDOWN | 1), -ENOMEM);
	assert_int_equal(tw_sys_mprotect(p, A + 8 * PAGE, PAGE, TW_PROT_GROWSUP | 1), -ENOMEM);
	assert_int_equal(
		tw_sys_mprotect(p, A + 8 * PAGE, 0, TW_PROT_GROWSDOWN | TW_PROT_GROWSUP | 1),
		-EINVAL);
	assert_int_equal(tw_sys_mprotect(p, A + 1, PAGE, TW_PROT_GROWSUP | 1), -EINVAL);
}

static void mprotect_cannot_exceed_the_file(void **state)
{
	(void)state;
	map(A, PAGE, 1, FIXED);
	tw_sys_mmap(p, A + PAGE, PAGE, 1, TW_MAP_SHARED | TW_MAP_FIXED, rdonly, 0);
	assert_int_equal(tw_sys_mprotect(p, A, 2 * PAGE, 3), -EACCES);
	assert_string_equal(regions(), "0+1:rw-p 1+1:r--s");
	// A private mapping of it may be written.
	tw_sys_mmap(p, A + PAGE, PAGE, 1, TW_MAP_PRIVATE | TW_MAP_FIXED, rdonly, 0);
	assert_int_equal(tw_sys_mprotect(p, A + PAGE, PAGE, 3), 0);
}

static void contents_survive_a_time_without_access(void **state)
{
	uint8_t byte;

	(void)state;
	map(A, 3 * PAGE, 3, FIXED);
	world_store(&w, A + PAGE, 0x22);
	assert_int_equal(tw_sys_mprotect(p, A + PAGE, PAGE, 0), 0);
	assert_int_equal(tw_user_load(w.k, A + PAGE, &byte, 1, &w.sig), -EFAULT);
	world_check(&w);
	assert_int_equal(tw_sys_mprotect(p, A + PAGE, PAGE, 3), 0);
	assert_int_equal(world_load(&w, A + PAGE), 0x22);
	world_store(&w, A + PAGE, 0x23);
	assert_int_equal(world_load(&w, A + PAGE), 0x23);
}

// --- brk -------------------------------------------------------------------------------

static void brk_moves_and_refuses(void **state)
{
	uint64_t start = tw_sys_brk(p, 0);

	(void)state;
	assert_int_equal(tw_sys_brk(p, start - 1), start);
	assert_int_equal(tw_sys_brk(p, start + 100), start + 100);
	assert_int_equal(tw_sys_brk(p, start + 3 * PAGE), start + 3 * PAGE);
	world_store(&w, start + 2 * PAGE, 1);
	assert_int_equal(tw_sys_brk(p, start + PAGE), start + PAGE);
	assert_int_equal(p->mm->as.rss_anon, 0);
	assert_int_equal(tw_sys_brk(p, UINT64_MAX), start + PAGE);
}

static void brk_keeps_one_page_free_above_itself(void **state)
{
	uint64_t start = tw_sys_brk(p, 0);

	(void)state;
	map(start + 4 * PAGE, PAGE, 3, FIXED);
	assert_int_equal(tw_sys_brk(p, start + 4 * PAGE), start);
	assert_int_equal(tw_sys_brk(p, start + 3 * PAGE), start + 3 * PAGE);
	assert_int_equal(tw_sys_brk(p, start + 3 * PAGE + 1), start + 3 * PAGE);
}

static void brk_gives_nothing_back_where_nothing_is_mapped(void **state)
{
	uint64_t start = tw_sys_brk(p, 0);

	(void)state;
	assert_int_equal(tw_sys_brk(p, start + 4 * PAGE), start + 4 * PAGE);
	assert_int_equal(tw_sys_munmap(p, start + 2 * PAGE, 2 * PAGE), 0);
	assert_int_equal(tw_sys_brk(p, start + 2 * PAGE), start + 4 * PAGE);
	assert_int_equal(tw_sys_brk(p, start + 4 * PAGE - 1), start + 4 * PAGE - 1);
	assert_int_equal(tw_sys_brk(p, start + PAGE), start + PAGE);
	assert_int_equal(tw_sys_brk(p, start), start);
}

// --- msync, madvise --------------------------------------------------------------------

static void msync_checks_its_arguments_and_goes_on_over_holes(void **state)
{
	uint64_t va;

	(void)state;
	map(A, PAGE, 3, FIXED);
	assert_int_equal(tw_sys_msync(p, A, PAGE, 8), -EINVAL);
	assert_int_equal(tw_sys_msync(p, A, PAGE, TW_MS_ASYNC | TW_MS_SYNC), -EINVAL);
	assert_int_equal(tw_sys_msync(p, A + 1, PAGE, TW_MS_SYNC), -EINVAL);
	assert_int_equal(tw_sys_msync(p, A, 0, TW_MS_SYNC), 0);
	assert_int_equal(tw_sys_msync(p, A, PAGE, TW_MS_ASYNC), 0);
	assert_int_equal(tw_sys_msync(p, A - PAGE, PAGE, TW_MS_SYNC), -ENOMEM);
	va = (uint64_t)tw_sys_mmap(p, A + 2 * PAGE, PAGE, 3, TW_MAP_SHARED | TW_MAP_FIXED, rdwr, 0);
	world_store(&w, va, 1);
	assert_int_equal(tw_sys_msync(p, A, 3 * PAGE, TW_MS_SYNC), -ENOMEM);
	assert_int_equal(world_stats(&w).file_writes, 1);
}

static void madvise_dontneed_drops_private_contents(void **state)
{
	(void)state;
	map(A, 2 * PAGE, 3, FIXED);
	map(A + 4 * PAGE, PAGE, 3, FIXED);
	tw_sys_mmap(p, A + 5 * PAGE, PAGE, 3, TW_MAP_PRIVATE | TW_MAP_FIXED, rdwr, 0);
	tw_sys_mmap(p, A + 6 * PAGE, PAGE, 3, TW_MAP_SHARED | TW_MAP_FIXED, rdwr, PAGE);
	for (unsigned int i = 0; i < 7; i++)
		if (i != 2 && i != 3)
			world_store(&w, A + i * PAGE, 99);
	assert_int_equal(tw_sys_madvise(p, A + PAGE, 6 * PAGE, TW_MADV_DONTNEED), -ENOMEM);
	assert_int_equal(world_load(&w, A), 99);
	assert_int_equal(world_load(&w, A + PAGE), 0);
	assert_int_equal(world_load(&w, A + 4 * PAGE), 0);
	assert_int_equal(world_load(&w, A + 5 * PAGE), world_byte(0));
	assert_int_equal(world_load(&w, A + 6 * PAGE), 99);
	assert_int_equal(tw_sys_madvise(p, A, PAGE, 77), -EINVAL);
	assert_int_equal(tw_sys_madvise(p, A + 1, PAGE, TW_MADV_DONTNEED), -EINVAL);
	assert_int_equal(tw_sys_madvise(p, A, 0, TW_MADV_DONTNEED), 0);
}

// --- maps ------------------------------------------------------------------------------

static void maps_are_printed_as_in_proc(void **state)
{
	char text[1024], want[1024];
	uint64_t brk = tw_sys_brk(p, 0);

	(void)state;
	map(A, PAGE, 5, FIXED);
	map(A + 2 * PAGE, PAGE, 3, TW_MAP_SHARED | TW_MAP_ANONYMOUS | TW_MAP_FIXED);
	tw_sys_mmap(p, A + 4 * PAGE, PAGE, 1, TW_MAP_PRIVATE | TW_MAP_FIXED, rdwr, 2 * PAGE);
	tw_sys_brk(p, brk + PAGE);
	tw_proc_maps(p, text, sizeof(text));
	snprintf(want, sizeof(want),
		 "40000000-40001000 r-xp 00000000 00:00 0 \n40002000-40003000 rw-s 00000000 00:00 "
		 "0 ");
	assert_memory_equal(text, want, strlen(want));
	assert_non_null(strstr(text, "/dev/zero (deleted)\n"));
	assert_non_null(strstr(text, "40004000-40005000 r--p 00002000 "));
	assert_non_null(strstr(text, "/f\n"));
	assert_non_null(strstr(text, "[heap]\n"));
	// The name begins in column 74.
	assert_int_equal(strstr(text, "[heap]") - (strrchr(text, '-')
							   ? strstr(text, "1000000000-1000001000")
							   : text),
			 73);
	// Too small a buffer: cut, terminated, full length returned.
	assert_int_equal(tw_proc_maps(p, want, 10), strlen(text));
	assert_int_equal(strlen(want), 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mmap_checks_its_arguments_in_linux_order),
		TEST(mmap_refuses_an_end_beyond_the_largest_file),
		TEST(mmap_respects_how_the_file_was_opened),
		TEST(mmap_chooses_top_down_and_takes_a_free_hint),
		TEST(mmap_fixed_replaces_and_noreplace_does_not),
		TEST(regions_split_and_merge),
		TEST(populate_brings_pages_in),
		TEST(the_number_of_regions_is_limited_as_in_linux),
		TEST(munmap_checks_its_arguments),
		TEST(munmap_cuts_holes_and_spans_several_regions),
		TEST(mprotect_checks_its_arguments),
		TEST(mprotect_stops_at_a_hole_and_keeps_what_it_did),
		TEST(mprotect_of_what_grows_begins_where_it_has_grown_to),
		TEST(mprotect_cannot_exceed_the_file),
		TEST(contents_survive_a_time_without_access),
		TEST(brk_moves_and_refuses),
		TEST(brk_keeps_one_page_free_above_itself),
		TEST(brk_gives_nothing_back_where_nothing_is_mapped),
		TEST(msync_checks_its_arguments_and_goes_on_over_holes),
		TEST(madvise_dontneed_drops_private_contents),
		TEST(maps_are_printed_as_in_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
