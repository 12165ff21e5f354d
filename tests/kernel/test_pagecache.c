// SPDX-License-Identifier: Apache-2.0
// The page cache over real files: sharing, write-back, errors.
#include "world.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kern.h"
#include "reclaim/reclaim.h"

static uint64_t map(struct tw_proc *p, struct tw_file *f, unsigned int pages, uint32_t prot,
		    uint32_t flags)
{
	int64_t va = tw_sys_mmap(p, 0, pages * PAGE, prot, flags, f, 0);

	assert_true(va > 0);
	return (uint64_t)va;
}

static void two_processes_see_one_page(void **state)
{
	struct world w;
	struct tw_proc *a, *b;
	struct tw_file *f, *g;
	const char *path;
	uint64_t va, vb;

	(void)state;
	world_open(&w, NULL);
	path = world_file(&w, "f", 2 * PAGE);
	// Opened twice: still one cache.
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &f), 0);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDONLY, &g), 0);
	a = world_proc(&w);
	va = map(a, f, 2, 3, TW_MAP_SHARED);
	world_store(&w, va + 100, 50);
	b = world_proc(&w);
	vb = map(b, g, 2, 1, TW_MAP_SHARED);
	assert_int_equal(world_load(&w, vb + 100), 50);
	assert_int_equal(world_stats(&w).cache_misses, 1);
	assert_int_equal(world_stats(&w).file_dirty, 1);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(tw_file_close(g), 0);
	assert_int_equal(world_close(&w), 0);
}

static void msync_writes_the_range_and_nothing_else(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	const char *path;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	path = world_file(&w, "f", 8 * PAGE);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &f), 0);
	p = world_proc(&w);
	va = map(p, f, 8, 3, TW_MAP_SHARED);
	for (unsigned int i = 0; i < 8; i++)
		world_store(&w, va + i * PAGE + 9, (uint8_t)(200 + i));
	assert_int_equal(tw_sys_msync(p, va + 2 * PAGE, 3 * PAGE, TW_MS_SYNC), 0);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(world_file_byte(path, i * PAGE + 9),
				 i >= 2 && i < 5 ? 200 + i : world_byte(i * PAGE + 9));
	assert_int_equal(world_stats(&w).file_writes, 3);
	assert_int_equal(world_stats(&w).file_dirty, 5);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

// D is cleared and fenced before the page is written; else the TLB would let this store pass
// without setting it again.
static void store_after_write_back_makes_the_page_dirty_again(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	const char *path;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	path = world_file(&w, "f", PAGE);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &f), 0);
	p = world_proc(&w);
	va = map(p, f, 1, 3, TW_MAP_SHARED);
	for (unsigned int i = 1; i < 20; i++) {
		world_store(&w, va, (uint8_t)i);
		assert_int_equal(tw_sys_msync(p, va, PAGE, TW_MS_SYNC), 0);
		assert_int_equal(world_file_byte(path, 0), i);
		world_check(&w);
	}
	assert_int_equal(world_stats(&w).file_writes, 19);
	assert_int_equal(tw_sys_msync(p, va, PAGE, TW_MS_SYNC), 0);
	assert_int_equal(world_stats(&w).file_writes, 19);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

// Dirty by a mapping that is gone and by one that is there: one write makes it clean.
static void page_that_is_dirty_twice_is_written_once(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	uint64_t a, b;

	(void)state;
	world_open(&w, NULL);
	assert_int_equal(tw_file_open(w.k, world_file(&w, "f", PAGE), TW_O_RDWR, &f), 0);
	p = world_proc(&w);
	a = map(p, f, 1, 3, TW_MAP_SHARED);
	b = map(p, f, 1, 3, TW_MAP_SHARED);
	world_store(&w, a, 1);
	world_store(&w, b, 2);
	assert_int_equal(tw_sys_munmap(p, a, PAGE), 0);
	assert_int_equal(tw_file_sync(f), 0);
	assert_int_equal(world_stats(&w).file_dirty, 0);
	assert_int_equal(tw_file_sync(f), 0);
	assert_int_equal(world_stats(&w).file_writes, 1);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void runs_of_dirty_pages_are_one_request(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	assert_int_equal(tw_file_open(w.k, world_file(&w, "f", 40 * PAGE), TW_O_RDWR, &f), 0);
	p = world_proc(&w);
	va = map(p, f, 40, 3, TW_MAP_SHARED);
	for (unsigned int i = 0; i < 40; i++)
		if (i != 10 && i != 20)
			world_store(&w, va + i * PAGE, 1);
	assert_int_equal(world_load(&w, va + 20 * PAGE), world_byte(20 * PAGE));
	assert_int_equal(tw_file_sync(f), 0);
	assert_int_equal(world_stats(&w).file_writes, 38);
	assert_int_equal(world_stats(&w).file_write_requests, 3);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void write_back_stops_at_the_end_of_the_file(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	const char *path;
	uint64_t va;
	FILE *h;

	(void)state;
	world_open(&w, NULL);
	path = world_file(&w, "f", PAGE + 100);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &f), 0);
	p = world_proc(&w);
	va = map(p, f, 2, 3, TW_MAP_SHARED);
	world_store(&w, va + PAGE + 99, 1);
	world_store(&w, va + PAGE + 200, 2);
	assert_int_equal(tw_file_sync(f), 0);
	h = fopen(path, "r");
	fseek(h, 0, SEEK_END);
	assert_int_equal(ftell(h), PAGE + 100);
	fclose(h);
	assert_int_equal(world_file_byte(path, PAGE + 99), 1);
	// What lay behind the end does not come up when the file grows.
	assert_int_equal(tw_file_grow(f, 2 * PAGE), 0);
	assert_int_equal(world_load(&w, va + PAGE + 200), 0);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void dirty_pages_survive_the_end_of_all_users(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	const char *path;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	path = world_file(&w, "f", 2 * PAGE);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &f), 0);
	p = world_proc(&w);
	va = map(p, f, 2, 3, TW_MAP_SHARED);
	world_store(&w, va + 1, 77);
	assert_int_equal(tw_file_close(f), 0); // mapped still
	world_store(&w, va + PAGE + 1, 78);
	tw_proc_exit(p);
	world_check(&w);
	assert_int_equal(tw_kernel_sync(w.k), 0);
	assert_int_equal(world_file_byte(path, 1), 77);
	assert_int_equal(world_file_byte(path, PAGE + 1), 78);
	// Opened again, it is found in the cache.
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDONLY, &f), 0);
	p = world_proc(&w);
	va = map(p, f, 2, 1, TW_MAP_PRIVATE);
	assert_int_equal(world_load(&w, va + 1), 77);
	assert_int_equal(world_stats(&w).faults[TW_FK_FILE_MINOR], 1);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void close_of_the_last_handle_writes_back(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	const char *path;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	path = world_file(&w, "f", PAGE);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &f), 0);
	p = world_proc(&w);
	va = map(p, f, 1, 3, TW_MAP_SHARED);
	world_store(&w, va, 5);
	assert_int_equal(tw_sys_munmap(p, va, PAGE), 0);
	assert_int_equal(world_file_byte(path, 0), world_byte(0));
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_file_byte(path, 0), 5);
	assert_int_equal(world_close(&w), 0);
}

static void failed_write_back_keeps_the_page_dirty(void **state)
{
	struct rlimit limit;
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	const char *path;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	path = world_file(&w, "f", 4 * PAGE);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &f), 0);
	p = world_proc(&w);
	va = map(p, f, 4, 3, TW_MAP_SHARED);
	world_store(&w, va + 3 * PAGE, 9);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = PAGE;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(tw_sys_msync(p, va, 4 * PAGE, TW_MS_SYNC), -EFBIG);
	assert_non_null(strstr(tw_kernel_error(w.k), "failed"));
	// Reclaim cannot get rid of it either.
	tw_reclaim_batch(w.k, 8, true);
	assert_int_equal(world_stats(&w).file_dirty, 1);
	world_check(&w);
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(world_load(&w, va + 3 * PAGE), 9);
	assert_int_equal(tw_sys_msync(p, va, 4 * PAGE, TW_MS_SYNC), 0);
	assert_int_equal(world_file_byte(path, 3 * PAGE), 9);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void file_that_cannot_be_opened_gives_its_errno(void **state)
{
	struct world w;
	struct tw_file *f = NULL;
	char path[128];

	(void)state;
	world_open(&w, NULL);
	snprintf(path, sizeof(path), "%s/none", w.dir);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &f), -ENOENT);
	assert_int_equal(tw_file_open(w.k, w.dir, TW_O_RDONLY, &f), -EISDIR);
	assert_int_equal(tw_file_open(w.k, "/dev/null", TW_O_RDONLY, &f), -EACCES);
	assert_int_equal(tw_file_open(w.k, path, 7, &f), -EINVAL);
	assert_null(f);
	assert_int_equal(world_close(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_processes_see_one_page),
		cmocka_unit_test(msync_writes_the_range_and_nothing_else),
		cmocka_unit_test(store_after_write_back_makes_the_page_dirty_again),
		cmocka_unit_test(page_that_is_dirty_twice_is_written_once),
		cmocka_unit_test(runs_of_dirty_pages_are_one_request),
		cmocka_unit_test(write_back_stops_at_the_end_of_the_file),
		cmocka_unit_test(dirty_pages_survive_the_end_of_all_users),
		cmocka_unit_test(close_of_the_last_handle_writes_back),
		cmocka_unit_test(failed_write_back_keeps_the_page_dirty),
		cmocka_unit_test(file_that_cannot_be_opened_gives_its_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
