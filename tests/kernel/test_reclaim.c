// SPDX-License-Identifier: Apache-2.0
// Reclaim: policies, watermarks, the daemon, and reverse mappings, on which all of it rests.
#include "world.h"

#include <errno.h>
#include <string.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "reclaim/policy.h"
#include "reclaim/reclaim.h"
#include "sys/sys.h"
#include "vm/vm.h"

static uint64_t fill(struct world *w, struct tw_proc *p, unsigned int pages)
{
	uint64_t va = world_anon(p, pages);

	for (unsigned int i = 0; i < pages; i++)
		world_store(w, va + i * PAGE, (uint8_t)(i + 1));
	return va;
}

// True if the page is in memory.
static bool resident(struct tw_proc *p, uint64_t va)
{
	const struct tw_cell *ptep = tw_pt_find(&p->mm->as, va);

	return ptep && tw_pt_read(&p->mm->as, ptep).kind == TW_ENTRY_LEAF;
}

static void clock_gives_a_second_chance(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 64});
	p = world_proc(&w);
	va = fill(&w, p, 8);
	// The first round clears all A bits and takes page 0; then the odd pages are used.
	assert_int_equal(tw_reclaim_batch(w.k, 1, true), 1);
	assert_false(resident(p, va));
	for (unsigned int i = 1; i < 8; i += 2)
		assert_int_equal(world_load(&w, va + i * PAGE), i + 1);
	assert_int_equal(tw_reclaim_batch(w.k, 3, true), 3);
	for (unsigned int i = 1; i < 8; i++)
		assert_int_equal(resident(p, va + i * PAGE), i % 2);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void fifo_takes_the_oldest_used_or_not(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 64, .policy = "fifo"});
	p = world_proc(&w);
	va = fill(&w, p, 8);
	assert_int_equal(tw_reclaim_batch(w.k, 1, true), 1);
	assert_int_equal(world_load(&w, va + PAGE), 2);
	assert_int_equal(tw_reclaim_batch(w.k, 2, true), 2);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(resident(p, va + i * PAGE), i > 2);
	assert_int_equal(world_close(&w), 0);
}

static void unknown_policy_is_refused(void **state)
{
	struct world w;
	struct tw_kernel *k = NULL;
	char err[256] = "";

	(void)state;
	world_open(&w, NULL);
	w.opts.policy = "lottery";
	w.opts.swap_slots = 0;
	assert_int_equal(tw_kernel_create(&w.opts, &k, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "lottery"));
	assert_string_equal(tw_policy_name(0), "clock");
	assert_null(tw_policy_name(1000));
	assert_int_equal(world_close(&w), 0);
}

// The hardware sets A again only because the cleared A was fenced.
static void use_after_the_hands_visit_is_noticed(void **state)
{
	struct world w;
	struct tw_gather g;
	struct tw_proc *p;
	uint64_t va;
	uint32_t f;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = fill(&w, p, 1);
	f = tw_pfn_frame(w.k, tw_pt_read(&p->mm->as, tw_pt_find(&p->mm->as, va)).pfn);
	tw_gather_init(&g, w.k);
	assert_true(tw_rmap_referenced(w.k, f, &g));
	assert_int_equal(tw_gather_flush(&g), 0);
	assert_false(tw_rmap_referenced(w.k, f, &g));
	assert_int_equal(world_load(&w, va), 1);
	assert_true(tw_rmap_referenced(w.k, f, &g));
	assert_int_equal(tw_gather_flush(&g), 0);
	assert_int_equal(world_close(&w), 0);
}

static void every_mapping_is_found_from_the_frame(void **state)
{
	struct world w;
	struct tw_gather g;
	struct tw_proc *p, *c[3];
	uint64_t va, moved;
	uint32_t f;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 8});
	p = world_proc(&w);
	va = fill(&w, p, 1);
	f = tw_pfn_frame(w.k, tw_pt_read(&p->mm->as, tw_pt_find(&p->mm->as, va)).pfn);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(tw_proc_fork(p, &c[i]), 0);
	// One of them has it elsewhere.
	moved = (uint64_t)tw_sys_mremap(c[1], va, PAGE, PAGE, TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED,
					va - 64 * PAGE);
	assert_int_equal(moved, va - 64 * PAGE);
	assert_int_equal(w.k->frames[f].mapcount, 4);
	world_check(&w);
	tw_gather_init(&g, w.k);
	assert_int_equal(tw_reclaim_batch(w.k, 1, true), 1);
	assert_int_equal(p->mm->as.swapped + c[0]->mm->as.swapped + c[1]->mm->as.swapped +
				 c[2]->mm->as.swapped,
			 4);
	world_check(&w);
	assert_int_equal(tw_proc_switch(w.k, c[1]), 0);
	assert_int_equal(world_load(&w, moved), 1);
	assert_int_equal(world_close(&w), 0);
}

static void shared_pages_are_reclaimed_from_all_their_processes(void **state)
{
	struct world w;
	struct tw_proc *p, *c;
	uint64_t va;
	int64_t got;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 64});
	p = world_proc(&w);
	got = tw_sys_mmap(p, 0, 6 * PAGE, 3, TW_MAP_SHARED | TW_MAP_ANONYMOUS, NULL, 0);
	va = (uint64_t)got;
	for (unsigned int i = 0; i < 6; i++)
		world_store(&w, va + i * PAGE, (uint8_t)(i + 1));
	assert_int_equal(tw_proc_fork(p, &c), 0);
	assert_int_equal(tw_proc_switch(w.k, c), 0);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(world_load(&w, va + i * PAGE), i + 1);
	while (world_stats(&w).shmem > 0)
		assert_true(tw_reclaim_batch(w.k, 8, true) > 0);
	assert_int_equal(world_stats(&w).swap_used, 6);
	world_check(&w);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(world_load(&w, va + i * PAGE), i + 1);
	world_store(&w, va, 100);
	assert_int_equal(tw_proc_switch(w.k, p), 0);
	assert_int_equal(world_load(&w, va), 100);
	assert_int_equal(world_stats(&w).swap_used, 0);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void daemon_keeps_memory_free_between_the_watermarks(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_kernel_stats s;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 300, .swap_slots = 2000});
	p = world_proc(&w);
	fill(&w, p, 1000);
	s = world_stats(&w);
	assert_true(s.reclaim_background > 500);
	assert_true(s.free >= s.watermark[0]);
	assert_true(s.background_cycles > 0);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void daemon_takes_no_more_than_a_part_of_small_memory(void **state)
{
	static const uint32_t sizes[] = {TW_MIN_FRAMES, 64, 256, 1024, 4096};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t frames = sizes[i], unit = frames / 128 ? frames / 128 : 1;
		struct world w;
		struct tw_proc *p;
		uint64_t va;

		world_open(&w, &(struct world_opts){.frames = frames, .swap_slots = 4 * frames});
		p = world_proc(&w);
		va = fill(&w, p, frames);
		assert_true(world_stats(&w).reclaim_background > 0);
		for (unsigned int j = 0; j < 500; j++) {
			world_load(&w, va + j * 37 % frames * PAGE);
			assert_in_range(tw_zones_free(w.k), unit, 3 * unit);
		}
		assert_int_equal(world_close(&w), 0);
	}
}

static void direct_reclaim_takes_what_is_needed(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va;

	(void)state;
	world_open(&w,
		   &(struct world_opts){.frames = 128, .swap_slots = 500, .watermark = {2, 2, 2}});
	p = world_proc(&w);
	va = fill(&w, p, 150);
	for (unsigned int i = 0; i < 100; i++) {
		uint64_t before = world_stats(&w).reclaim_direct;
		bool here = resident(p, va + i * PAGE);

		assert_int_equal(world_load(&w, va + i * PAGE), i + 1);
		assert_int_equal(world_stats(&w).reclaim_direct - before, !here);
		assert_int_equal(world_stats(&w).free, 2);
	}
	assert_int_equal(world_stats(&w).reclaim_background, 0);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void direct_reclaim_when_the_daemon_is_late(void **state)
{
	struct world w;
	struct tw_proc *p;
	int64_t va;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 128, .swap_slots = 500});
	p = world_proc(&w);
	// All in one system call: the daemon runs only after it.
	va = tw_sys_mmap(p, 0, 300 * PAGE, 3, TW_MAP_PRIVATE | TW_MAP_ANONYMOUS | TW_MAP_POPULATE,
			 NULL, 0);
	assert_true(va > 0);
	assert_true(world_stats(&w).reclaim_direct > 150);
	assert_true(world_stats(&w).device_cycles > 0);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void clean_file_pages_are_dropped_and_dirty_ones_written(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	const char *path;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	path = world_file(&w, "f", 8 * PAGE);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &f), 0);
	va = (uint64_t)tw_sys_mmap(p, 0, 8 * PAGE, 3, TW_MAP_SHARED, f, 0);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(world_load(&w, va + i * PAGE), world_byte(i * PAGE));
	world_store(&w, va + 2 * PAGE, 250);
	world_store(&w, va + 3 * PAGE, 251);
	assert_int_equal(tw_reclaim_batch(w.k, 8, true), 8);
	assert_int_equal(world_stats(&w).file_writes, 2);
	assert_int_equal(world_stats(&w).file_write_requests, 1);
	assert_int_equal(world_file_byte(path, 2 * PAGE), 250);
	assert_int_equal(world_load(&w, va + 3 * PAGE), 251);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void anonymous_pages_stay_when_there_is_no_swap(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	uint64_t va, file;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 128});
	p = world_proc(&w);
	va = fill(&w, p, 60);
	assert_int_equal(tw_file_open(w.k, world_file(&w, "f", 200 * PAGE), TW_O_RDONLY, &f), 0);
	file = (uint64_t)tw_sys_mmap(p, 0, 200 * PAGE, 1, TW_MAP_SHARED, f, 0);
	for (unsigned int i = 0; i < 200; i++)
		assert_int_equal(world_load(&w, file + i * PAGE), world_byte(i * PAGE));
	for (unsigned int i = 0; i < 60; i++)
		assert_true(resident(p, va + i * PAGE));
	assert_true(world_stats(&w).reclaimed_file > 100);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_gives_a_second_chance),
		cmocka_unit_test(fifo_takes_the_oldest_used_or_not),
		cmocka_unit_test(unknown_policy_is_refused),
		cmocka_unit_test(use_after_the_hands_visit_is_noticed),
		cmocka_unit_test(every_mapping_is_found_from_the_frame),
		cmocka_unit_test(shared_pages_are_reclaimed_from_all_their_processes),
		cmocka_unit_test(daemon_keeps_memory_free_between_the_watermarks),
		cmocka_unit_test(daemon_takes_no_more_than_a_part_of_small_memory),
		cmocka_unit_test(direct_reclaim_takes_what_is_needed),
		cmocka_unit_test(direct_reclaim_when_the_daemon_is_late),
		cmocka_unit_test(clean_file_pages_are_dropped_and_dirty_ones_written),
		cmocka_unit_test(anonymous_pages_stay_when_there_is_no_swap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
