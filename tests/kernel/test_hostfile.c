// SPDX-License-Identifier: Apache-2.0
// Many files with few descriptors of the host's, and what happens to a file while it has none.
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/cache.h"
#include "dev/dev.h"
#include "kern.h"
#include "reclaim/reclaim.h"

enum { RW = TW_PROT_READ | TW_PROT_WRITE };

static struct rlimit limit;
static struct tw_file *others[16];

// Every test has 64 descriptors: 16 for the kernel.
static int setup(void **state)
{
	struct rlimit few;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = limit;
	few.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return 0;
}

static unsigned int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static struct tw_file *open_file(struct world *w, const char *path)
{
	struct tw_file *f;
	int err = tw_file_open(w->k, path, TW_O_RDWR, &f);

	if (err)
		fail_msg("%s: %s", path, strerror(-err));
	return f;
}

// A shared mapping of the first pages of a file, whose handle is closed.
static uint64_t map_file(struct world *w, struct tw_proc *p, const char *path, unsigned int pages)
{
	struct tw_file *f = open_file(w, path);
	int64_t va = tw_sys_mmap(p, 0, pages * PAGE, RW, TW_MAP_SHARED, f, 0);

	assert_true(va > 0);
	assert_int_equal(tw_file_close(f), 0);
	return (uint64_t)va;
}

static void path_of(const struct world *w, char *path, size_t size, unsigned int n)
{
	snprintf(path, size, "%s/%u", w->dir, n);
}

static void make_file(const char *path, uint8_t byte, unsigned int pages)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (unsigned int i = 0; i < pages * PAGE; i++)
		fputc(byte, f);
	assert_int_equal(fclose(f), 0);
}

// Takes the descriptors away from all files opened before.
static void use_other_files(struct world *w)
{
	for (unsigned int i = 0; i < w->k->hostfiles->most_open; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/other%u", w->dir, i);
		make_file(path, 1, 1);
		others[i] = open_file(w, path);
	}
}

static void close_other_files(struct world *w)
{
	for (unsigned int i = 0; i < w->k->hostfiles->most_open; i++)
		assert_int_equal(tw_file_close(others[i]), 0);
}

static void thousands_of_mapped_files_work_with_64_descriptors(void **state)
{
	enum { FILES = 3000 };
	static uint64_t va[FILES];
	unsigned int longest = 0;
	struct tw_proc *p;
	char path[128];
	struct world w;

	(void)state;
	// Half of the pages fit: the others are written to their files and read again.
	world_open(&w, &(struct world_opts){.frames = FILES / 2});
	p = world_proc(&w);
	for (unsigned int i = 0; i < FILES; i++) {
		path_of(&w, path, sizeof(path), i);
		make_file(path, (uint8_t)i, 1);
		va[i] = map_file(&w, p, path, 1);
		world_store(&w, va[i] + 7, (uint8_t)(i + 1));
	}
	world_check(&w);
	for (unsigned int i = 0; i < w.k->cache->files.size; i++) {
		struct tw_object *o;
		unsigned int n = 0;

		LIST_FOREACH (o, &w.k->cache->files.bucket[i], hash)
			n++;
		longest = n > longest ? n : longest;
	}
	assert_true(longest < 16);
	for (unsigned int i = 0; i < FILES; i++) {
		assert_int_equal(world_load(&w, va[i] + 7), (uint8_t)(i + 1));
		assert_int_equal(world_load(&w, va[i] + 6), (uint8_t)i);
		if (i & 1)
			assert_int_equal(tw_sys_munmap(p, va[i], PAGE), 0);
	}
	assert_int_equal(tw_kernel_sync(w.k), 0);
	for (unsigned int i = 0; i < FILES; i++) {
		path_of(&w, path, sizeof(path), i);
		assert_int_equal(world_file_byte(path, 7), (uint8_t)(i + 1));
	}
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void a_closed_file_keeps_its_pages_and_no_descriptor(void **state)
{
	unsigned int before;
	struct world w;
	struct tw_proc *p;
	uint64_t va;
	char path[128];

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	before = descriptors();
	path_of(&w, path, sizeof(path), 0);
	make_file(path, 3, 2);
	va = map_file(&w, p, path, 2);
	world_store(&w, va, 4);
	assert_int_equal(world_load(&w, va + PAGE), 3);
	assert_int_equal(tw_sys_munmap(p, va, 2 * PAGE), 0);
	assert_int_equal(descriptors(), before);
	world_check(&w);
	va = map_file(&w, p, path, 2);
	assert_int_equal(world_load(&w, va), 4);
	assert_int_equal(world_load(&w, va + PAGE), 3);
	assert_int_equal(world_stats(&w).file_reads, 2);
	assert_int_equal(world_close(&w), 0);
}

static void a_page_written_after_the_last_unmapping_takes_no_descriptor(void **state)
{
	unsigned int before;
	struct world w;
	struct tw_proc *p;
	char path[2][128];
	uint64_t va;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 64});
	p = world_proc(&w);
	before = descriptors();
	for (unsigned int i = 0; i < 2; i++) {
		path_of(&w, path[i], sizeof(path[i]), i);
		make_file(path[i], 3, 2);
		va = map_file(&w, p, path[i], 2);
		world_store(&w, va, 4);
		world_store(&w, va + PAGE, 4);
		assert_int_equal(tw_sys_munmap(p, va, 2 * PAGE), 0);
		// By a sync, and by reclaim, which leaves one of them.
		if (i == 0)
			assert_int_equal(tw_kernel_sync(w.k), 0);
		else
			assert_int_equal(tw_reclaim_batch(w.k, 3, true), 3);
		assert_int_equal(world_file_byte(path[i], 0), 4);
		assert_int_equal(descriptors(), before);
	}
	assert_int_equal(world_stats(&w).file_dirty, 1);
	assert_int_equal(world_close(&w), 0);
}

static void a_file_that_is_renamed_or_removed_loses_nothing(void **state)
{
	struct world w;
	struct tw_proc *p;
	char path[3][128];
	uint64_t va[2];

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 64});
	w.k->opts.durable = true;
	p = world_proc(&w);
	for (unsigned int i = 0; i < 3; i++)
		path_of(&w, path[i], sizeof(path[i]), i);
	for (unsigned int i = 0; i < 2; i++) {
		make_file(path[i], (uint8_t)(10 + i), 4);
		va[i] = map_file(&w, p, path[i], 4);
		world_store(&w, va[i] + PAGE, (uint8_t)(20 + i));
	}
	use_other_files(&w);
	assert_int_equal(rename(path[0], path[2]), 0);
	assert_int_equal(unlink(path[1]), 0);
	// Others by the old names: not theirs.
	make_file(path[0], 99, 4);
	make_file(path[1], 99, 4);
	// Read, written, written back and read again.
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(world_load(&w, va[i] + 3 * PAGE), 10 + i);
		world_store(&w, va[i] + 2 * PAGE, (uint8_t)(30 + i));
	}
	assert_int_equal(tw_kernel_sync(w.k), 0);
	world_check(&w);
	while (tw_reclaim_batch(w.k, 32, true))
		;
	assert_int_equal(world_stats(&w).file_clean, 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(world_load(&w, va[i]), 10 + i);
		assert_int_equal(world_load(&w, va[i] + PAGE), 20 + i);
		assert_int_equal(world_load(&w, va[i] + 2 * PAGE), 30 + i);
	}
	assert_int_equal(world_file_byte(path[2], PAGE), 20);
	assert_int_equal(world_file_byte(path[2], 2 * PAGE), 30);
	assert_int_equal(world_file_byte(path[0], PAGE), 99);
	assert_int_equal(world_file_byte(path[1], PAGE), 99);
	close_other_files(&w);
	assert_int_equal(world_close(&w), 0);
}

static void a_file_whose_name_is_gone_does_not_grow(void **state)
{
	struct world w;
	struct tw_file *f;
	char path[128];

	(void)state;
	world_open(&w, NULL);
	path_of(&w, path, sizeof(path), 0);
	make_file(path, 3, 1);
	f = open_file(&w, path);
	use_other_files(&w);
	assert_int_equal(tw_file_grow(f, 2 * PAGE), 0);
	close_other_files(&w);
	use_other_files(&w);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(tw_file_grow(f, 3 * PAGE), -ESTALE);
	assert_int_equal(tw_file_size(f), 2 * PAGE);
	assert_string_not_equal(tw_kernel_error(w.k), "");
	close_other_files(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

// A host that could give the number of a removed file to a new one would show the old pages.
static void a_new_file_never_shows_the_pages_of_a_removed_one(void **state)
{
	struct world w;
	struct tw_proc *p;
	char path[128];

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	path_of(&w, path, sizeof(path), 0);
	for (unsigned int i = 0; i < 50; i++) {
		uint64_t va;

		make_file(path, (uint8_t)i, 1);
		va = map_file(&w, p, path, 1);
		assert_int_equal(world_load(&w, va), i);
		assert_int_equal(tw_sys_munmap(p, va, PAGE), 0);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(world_close(&w), 0);
}

static void two_names_of_a_file_are_one_file(void **state)
{
	struct world w;
	struct tw_proc *p;
	char path[2][128];
	uint64_t va[2];

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	for (unsigned int i = 0; i < 2; i++)
		path_of(&w, path[i], sizeof(path[i]), i);
	make_file(path[0], 3, 1);
	assert_int_equal(link(path[0], path[1]), 0);
	for (unsigned int i = 0; i < 2; i++)
		va[i] = map_file(&w, p, path[i], 1);
	world_store(&w, va[0], 9);
	assert_int_equal(world_load(&w, va[1]), 9);
	// The name used last is the one it is found by.
	assert_int_equal(unlink(path[0]), 0);
	use_other_files(&w);
	assert_int_equal(tw_kernel_sync(w.k), 0);
	assert_int_equal(world_file_byte(path[1], 0), 9);
	close_other_files(&w);
	assert_int_equal(world_close(&w), 0);
}

static void a_file_that_cannot_be_held_gives_up_its_pages(void **state)
{
	struct world w;
	struct tw_proc *p;
	char path[128];

	(void)state;
	world_open(&w, NULL);
	w.k->hostfiles->most_held = 0;
	p = world_proc(&w);
	for (unsigned int i = 0; i < 100; i++) {
		uint64_t va;

		path_of(&w, path, sizeof(path), i);
		make_file(path, 3, 1);
		va = map_file(&w, p, path, 1);
		world_store(&w, va, 4);
		assert_int_equal(tw_sys_munmap(p, va, PAGE), 0);
		assert_int_equal(world_file_byte(path, 0), 4);
	}
	assert_int_equal(world_stats(&w).file_clean + world_stats(&w).file_dirty, 0);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void a_fifo_is_refused_and_not_waited_for(void **state)
{
	struct world w;
	struct tw_file *f;
	char path[128];

	(void)state;
	world_open(&w, NULL);
	path_of(&w, path, sizeof(path), 0);
	assert_int_equal(mkfifo(path, 0400), 0);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDONLY, &f), -EACCES);
	assert_int_equal(world_close(&w), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(thousands_of_mapped_files_work_with_64_descriptors),
		TEST(a_closed_file_keeps_its_pages_and_no_descriptor),
		TEST(a_page_written_after_the_last_unmapping_takes_no_descriptor),
		TEST(a_file_that_is_renamed_or_removed_loses_nothing),
		TEST(a_file_whose_name_is_gone_does_not_grow),
		TEST(a_new_file_never_shows_the_pages_of_a_removed_one),
		TEST(two_names_of_a_file_are_one_file),
		TEST(a_file_that_cannot_be_held_gives_up_its_pages),
		TEST(a_fifo_is_refused_and_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
