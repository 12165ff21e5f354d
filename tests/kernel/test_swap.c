// SPDX-License-Identifier: Apache-2.0
// The swap map and cache, and a swap device that fills up or fails.
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern.h"
#include "reclaim/reclaim.h"
#include "swap/swap.h"
#include "sys/sys.h"
#include "vm/vm.h"

static void slots_come_in_clusters(void **state)
{
	struct world w;
	uint32_t slot[16];

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 64});
	assert_int_equal(tw_swap_alloc(w.k, 16, slot), 16);
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(slot[i], slot[0] + i);
	assert_true(slot[0] > 0);
	for (unsigned int i = 0; i < 16; i++)
		tw_swap_put(w.k, slot[i]);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void scattered_slots_are_used_when_there_is_no_cluster(void **state)
{
	struct world w;
	uint32_t slot[64], more[32];

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 64});
	assert_int_equal(tw_swap_alloc(w.k, 64, slot), 64);
	assert_int_equal(tw_swap_alloc(w.k, 1, more), 0);
	for (unsigned int i = 0; i < 64; i += 2)
		tw_swap_put(w.k, slot[i]);
	assert_int_equal(tw_swap_alloc(w.k, 40, more), 32);
	for (unsigned int i = 0; i < 32; i++)
		tw_swap_put(w.k, more[i]);
	for (unsigned int i = 1; i < 64; i += 2)
		tw_swap_put(w.k, slot[i]);
	assert_int_equal(tw_swap_count(w.k).used, 0);
	assert_int_equal(world_close(&w), 0);
}

static void header_slot_is_never_handed_out(void **state)
{
	struct world w;
	uint32_t slot[8];
	char head[16] = "";
	int fd;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 8});
	assert_int_equal(tw_swap_alloc(w.k, 8, slot), 8);
	for (unsigned int i = 0; i < 8; i++) {
		assert_in_range(slot[i], 1, 8);
		tw_swap_put(w.k, slot[i]);
	}
	fd = open(w.swap, O_RDONLY);
	assert_int_equal(read(fd, head, 8), 8);
	assert_memory_equal(head, "TWSWAP 1", 8);
	close(fd);
	assert_int_equal(world_close(&w), 0);
}

// Fills PAGES pages; page i holds i + 1.
static uint64_t fill(struct world *w, struct tw_proc *p, unsigned int pages)
{
	uint64_t va = world_anon(p, pages);

	for (unsigned int i = 0; i < pages; i++)
		world_store(w, va + i * PAGE, (uint8_t)(i + 1));
	return va;
}

static void evict_all(struct world *w, struct tw_proc *p)
{
	while (p->mm->as.rss_anon > 0)
		assert_true(tw_reclaim_batch(w->k, 32, true) > 0);
}

static void page_read_back_and_not_written_goes_again_without_writing(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va, out;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 64});
	p = world_proc(&w);
	va = fill(&w, p, 10);
	evict_all(&w, p);
	out = world_stats(&w).swap_out;
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(world_load(&w, va + i * PAGE), i + 1);
	assert_int_equal(world_stats(&w).swap_cached, 10);
	world_check(&w);
	evict_all(&w, p);
	assert_int_equal(world_stats(&w).swap_out, out);
	// Written by the hardware alone, through a mapping that was writable: must be noticed.
	assert_int_equal(world_load(&w, va), 1);
	world_store(&w, va, 200);
	evict_all(&w, p);
	assert_int_equal(world_stats(&w).swap_out, out + 1);
	assert_int_equal(world_load(&w, va), 200);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void neighbouring_slots_are_written_in_one_request(void **state)
{
	struct world w;
	struct tw_proc *p;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 64});
	p = world_proc(&w);
	fill(&w, p, 32);
	evict_all(&w, p);
	assert_int_equal(world_stats(&w).swap_out, 32);
	assert_in_range(world_stats(&w).swap_write_requests, 1, 3);
	assert_int_equal(world_close(&w), 0);
}

static void full_swap_gives_up_slots_of_pages_in_memory(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va, other;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 256, .swap_slots = 20});
	p = world_proc(&w);
	va = fill(&w, p, 20);
	evict_all(&w, p);
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(world_load(&w, va + i * PAGE), i + 1);
	other = fill(&w, p, 10);
	// All slots are taken, but they only mirror what is in memory.
	while (p->mm->as.swapped < 15)
		assert_true(tw_reclaim_batch(w.k, 8, true) > 0);
	world_check(&w);
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(world_load(&w, va + i * PAGE), i + 1);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(world_load(&w, other + i * PAGE), i + 1);
	assert_int_equal(world_close(&w), 0);
}

static void out_of_memory_is_an_error_that_loses_nothing(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va;
	unsigned int n = 0;
	uint8_t byte = 1;
	int err = 0;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 64, .swap_slots = 30});
	p = world_proc(&w);
	va = world_anon(p, 200);
	for (; n < 200 && !err; n++) {
		byte = (uint8_t)(n + 1);
		err = tw_user_store(w.k, va + n * PAGE, &byte, 1, &w.sig);
	}
	assert_int_equal(err, -ENOMEM);
	assert_true(n > 64);
	assert_non_null(strstr(tw_kernel_error(w.k), "out of memory"));
	world_check(&w);
	for (unsigned int i = 0; i + 1 < n; i++) {
		assert_int_equal(tw_proc_peek(p, va + i * PAGE, &byte, 1), 0);
		assert_int_equal(byte, i + 1);
	}
	// Memory that is given back is enough to go on.
	assert_int_equal(tw_sys_munmap(p, va, 20 * PAGE), 0);
	for (unsigned int i = 20; i + 1 < n; i++)
		assert_int_equal(world_load(&w, va + i * PAGE), i + 1);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void disk_that_is_full_from_the_start_is_refused(void **state)
{
	struct tw_kernel *k = NULL;
	struct world w;
	char err[256] = "";

	(void)state;
	world_open(&w, NULL);
	w.opts.swap_path = "/dev/full";
	w.opts.swap_slots = 10;
	assert_int_equal(tw_kernel_create(&w.opts, &k, err, sizeof(err)), -ENOSPC);
	assert_non_null(strstr(err, "/dev/full"));
	assert_null(k);
	assert_int_equal(world_close(&w), 0);
}

static void swap_file_in_use_is_refused(void **state)
{
	struct tw_kernel *k = NULL;
	struct world w;
	char err[256] = "";

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 16});
	assert_int_equal(tw_kernel_create(&w.opts, &k, err, sizeof(err)), -EBUSY);
	assert_non_null(strstr(err, "another kernel uses it"));
	// Its end gives the file free.
	assert_int_equal(tw_kernel_destroy(w.k), 0);
	assert_int_equal(tw_kernel_create(&w.opts, &w.k, err, sizeof(err)), 0);
	assert_int_equal(world_close(&w), 0);
}

static void file_that_was_not_swap_is_left_alone(void **state)
{
	struct tw_kernel *k = NULL;
	struct world w;
	char err[256] = "";

	(void)state;
	world_open(&w, NULL);
	w.opts.swap_path = world_file(&w, "other", 10000);
	w.opts.swap_slots = 16;
	assert_int_equal(tw_kernel_create(&w.opts, &k, err, sizeof(err)), -EEXIST);
	assert_non_null(strstr(err, "expected an empty file, or one that was swap before"));
	assert_int_equal(world_file_byte(w.opts.swap_path, 9999), world_byte(9999));
	assert_int_equal(world_close(&w), 0);
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void disk_that_fills_up_is_an_error_that_loses_nothing(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va;
	unsigned int n = 0;
	uint8_t byte;
	int err = 0;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 64, .swap_slots = 500});
	p = world_proc(&w);
	va = world_anon(p, 300);
	limit_file_size(24 * PAGE);
	for (; n < 300 && !err; n++) {
		byte = (uint8_t)(n + 1);
		err = tw_user_store(w.k, va + n * PAGE, &byte, 1, &w.sig);
	}
	assert_int_equal(err, -EFBIG);
	assert_non_null(strstr(tw_kernel_error(w.k), "swap: writing"));
	assert_true(world_stats(&w).swap_errors > 0);
	world_check(&w);
	for (unsigned int i = 0; i + 1 < n; i++) {
		assert_int_equal(tw_proc_peek(p, va + i * PAGE, &byte, 1), 0);
		assert_int_equal(byte, (uint8_t)(i + 1));
	}
	// The disk has space again: the run goes on as if nothing had been.
	limit_file_size(RLIM_INFINITY);
	for (; n < 300; n++)
		world_store(&w, va + n * PAGE, (uint8_t)(n + 1));
	for (unsigned int i = 0; i < 300; i++)
		if (i != n - 1)
			assert_int_equal(tw_proc_peek(p, va + i * PAGE, &byte, 1), 0);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void slot_that_can_be_read_in_part_is_an_error(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va;
	uint8_t byte;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 64});
	p = world_proc(&w);
	va = fill(&w, p, 1);
	evict_all(&w, p);
	assert_int_equal(truncate(w.swap, PAGE + PAGE / 2), 0);
	assert_int_equal(tw_user_load(w.k, va, &byte, 1, &w.sig), -EIO);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void slot_that_cannot_be_read_is_an_error(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va;
	uint8_t byte;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 64});
	p = world_proc(&w);
	va = fill(&w, p, 4);
	evict_all(&w, p);
	assert_int_equal(truncate(w.swap, PAGE), 0);
	assert_int_equal(tw_user_load(w.k, va, &byte, 1, &w.sig), -EIO);
	assert_non_null(strstr(tw_kernel_error(w.k), "swap: reading slot"));
	// Nothing has changed: the page is still in swap, no frame is lost.
	assert_int_equal(p->mm->as.swapped, 4);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_come_in_clusters),
		cmocka_unit_test(scattered_slots_are_used_when_there_is_no_cluster),
		cmocka_unit_test(header_slot_is_never_handed_out),
		cmocka_unit_test(page_read_back_and_not_written_goes_again_without_writing),
		cmocka_unit_test(neighbouring_slots_are_written_in_one_request),
		cmocka_unit_test(full_swap_gives_up_slots_of_pages_in_memory),
		cmocka_unit_test(out_of_memory_is_an_error_that_loses_nothing),
		cmocka_unit_test(disk_that_is_full_from_the_start_is_refused),
		cmocka_unit_test(swap_file_in_use_is_refused),
		cmocka_unit_test(file_that_was_not_swap_is_left_alone),
		cmocka_unit_test(disk_that_fills_up_is_an_error_that_loses_nothing),
		cmocka_unit_test(slot_that_cannot_be_read_is_an_error),
		cmocka_unit_test(slot_that_can_be_read_in_part_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
