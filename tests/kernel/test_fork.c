// SPDX-License-Identifier: Apache-2.0
// fork, copy-on-write, exit.
#include "world.h"

#include <errno.h>

#include "kern.h"
#include "reclaim/reclaim.h"
#include "sys/sys.h"
#include "vm/vm.h"

static void run(struct world *w, struct tw_proc *p)
{
	assert_int_equal(tw_proc_switch(w->k, p), 0);
}

static void parent_and_child_share_frames_until_one_writes(void **state)
{
	struct world w;
	struct tw_proc *p, *c;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = world_anon(p, 3);
	for (unsigned int i = 0; i < 3; i++)
		world_store(&w, va + i * PAGE, (uint8_t)(10 + i));
	assert_int_equal(tw_proc_fork(p, &c), 0);
	assert_int_equal(world_stats(&w).anon, 3);
	world_check(&w);
	run(&w, c);
	world_store(&w, va, 77);
	assert_int_equal(world_stats(&w).anon, 4);
	assert_int_equal(world_stats(&w).faults[TW_FK_COW_COPY], 1);
	run(&w, p);
	assert_int_equal(world_load(&w, va), 10);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void last_owner_reuses_the_page_without_copying(void **state)
{
	struct world w;
	struct tw_proc *p, *c;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = world_anon(p, 1);
	world_store(&w, va, 1);
	assert_int_equal(tw_proc_fork(p, &c), 0);
	tw_proc_exit(c);
	world_store(&w, va, 2);
	assert_int_equal(world_stats(&w).faults[TW_FK_COW_REUSE], 1);
	assert_int_equal(world_stats(&w).faults[TW_FK_COW_COPY], 0);
	assert_int_equal(world_stats(&w).anon, 1);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

// The parent's TLB holds a writable translation: without the fence of fork its store would reach
// the child.
static void store_of_the_parent_after_fork_is_not_seen_by_the_child(void **state)
{
	struct world w;
	struct tw_proc *p, *c;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = world_anon(p, 1);
	world_store(&w, va, 1);
	assert_int_equal(tw_proc_fork(p, &c), 0);
	world_store(&w, va, 2);
	run(&w, c);
	assert_int_equal(world_load(&w, va), 1);
	assert_int_equal(world_close(&w), 0);
}

static void swapped_pages_are_shared_by_their_slot(void **state)
{
	struct world w;
	struct tw_proc *p, *c;
	uint64_t va;
	uint32_t used;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 64});
	p = world_proc(&w);
	va = world_anon(p, 8);
	for (unsigned int i = 0; i < 8; i++)
		world_store(&w, va + i * PAGE, (uint8_t)(10 + i));
	while (p->mm->as.swapped < 8)
		assert_true(tw_reclaim_batch(w.k, 8, true) > 0);
	used = world_stats(&w).swap_used;
	assert_int_equal(used, 8);
	assert_int_equal(tw_proc_fork(p, &c), 0);
	assert_int_equal(world_stats(&w).swap_used, 8);
	assert_int_equal(c->mm->as.swapped, 8);
	world_check(&w);
	run(&w, c);
	world_store(&w, va, 99); // swapped in, then copied: the parent still needs the slot
	assert_int_equal(world_load(&w, va + PAGE), 11);
	run(&w, p);
	assert_int_equal(world_load(&w, va), 10);
	// The child's read has put the page into the swap cache.
	assert_int_equal(world_load(&w, va + PAGE), 11);
	assert_true(world_stats(&w).faults[TW_FK_SWAP_MINOR] >= 1);
	world_check(&w);
	tw_proc_exit(p);
	run(&w, c);
	for (unsigned int i = 2; i < 8; i++)
		assert_int_equal(world_load(&w, va + i * PAGE), 10 + i);
	world_check(&w);
	tw_proc_exit(c);
	assert_int_equal(world_stats(&w).swap_used, 0);
	assert_int_equal(world_close(&w), 0);
}

static void shared_memory_stays_shared(void **state)
{
	struct world w;
	struct tw_proc *p, *c;
	int64_t va;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = tw_sys_mmap(p, 0, 2 * PAGE, 3, TW_MAP_SHARED | TW_MAP_ANONYMOUS, NULL, 0);
	assert_true(va > 0);
	world_store(&w, (uint64_t)va, 5);
	assert_int_equal(tw_proc_fork(p, &c), 0);
	run(&w, c);
	assert_int_equal(world_load(&w, (uint64_t)va), 5);
	world_store(&w, (uint64_t)va, 6);
	world_store(&w, (uint64_t)va + PAGE, 7);
	run(&w, p);
	assert_int_equal(world_load(&w, (uint64_t)va), 6);
	assert_int_equal(world_load(&w, (uint64_t)va + PAGE), 7);
	assert_int_equal(world_stats(&w).shmem, 2);
	world_check(&w);
	tw_proc_exit(p);
	run(&w, c);
	assert_int_equal(world_load(&w, (uint64_t)va), 6);
	tw_proc_exit(c);
	assert_int_equal(world_stats(&w).shmem, 0);
	assert_int_equal(world_close(&w), 0);
}

static void protections_and_the_break_are_per_process(void **state)
{
	struct world w;
	struct tw_proc *p, *c;
	uint64_t va, brk;
	uint8_t byte = 1;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = world_anon(p, 2);
	world_store(&w, va, 1);
	brk = tw_sys_brk(p, 0);
	assert_int_equal(tw_sys_brk(p, brk + PAGE), brk + PAGE);
	assert_int_equal(tw_proc_fork(p, &c), 0);
	assert_int_equal(tw_sys_brk(c, 0), brk + PAGE);
	assert_int_equal(tw_sys_mprotect(p, va, 2 * PAGE, TW_PROT_READ), 0);
	assert_int_equal(tw_user_store(w.k, va, &byte, 1, &w.sig), -EFAULT);
	run(&w, c);
	world_store(&w, va, 3);
	assert_int_equal(tw_sys_brk(c, brk), brk);
	assert_int_equal(tw_sys_brk(p, 0), brk + PAGE);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void exit_gives_everything_back(void **state)
{
	struct world w;
	struct tw_kernel_stats before, after;
	struct tw_file *f;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 200});
	before = world_stats(&w);
	assert_int_equal(tw_file_open(w.k, world_file(&w, "f", 40 * PAGE), TW_O_RDWR, &f), 0);
	for (unsigned int round = 0; round < 5; round++) {
		struct tw_proc *p = world_proc(&w), *c;
		uint64_t va = world_anon(p, 100);
		int64_t file = tw_sys_mmap(p, 0, 40 * PAGE, 3, TW_MAP_SHARED, f, 0);
		int64_t shm =
			tw_sys_mmap(p, 0, 40 * PAGE, 3, TW_MAP_SHARED | TW_MAP_ANONYMOUS, NULL, 0);

		for (unsigned int i = 0; i < 100; i++)
			world_store(&w, va + i * PAGE, (uint8_t)i);
		for (unsigned int i = 0; i < 40; i++) {
			world_store(&w, (uint64_t)file + i * PAGE, (uint8_t)i);
			world_store(&w, (uint64_t)shm + i * PAGE, (uint8_t)i);
		}
		assert_int_equal(tw_proc_fork(p, &c), 0);
		run(&w, c);
		for (unsigned int i = 0; i < 100; i += 2)
			world_store(&w, va + i * PAGE, 1);
		world_check(&w);
		tw_proc_exit(round % 2 ? p : c);
		world_check(&w);
		tw_proc_exit(round % 2 ? c : p);
		world_check(&w);
	}
	after = world_stats(&w);
	assert_int_equal(after.anon + after.shmem + after.tables + after.swap_used, 0);
	assert_int_equal(after.free + after.file_clean + after.file_dirty, before.free);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void fork_that_finds_no_memory_changes_nothing(void **state)
{
	struct world w;
	struct tw_proc *p, *c = NULL;
	uint64_t va[40];
	unsigned int n = 0;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 64});
	p = world_proc(&w);
	// Each region in a table of its own: the child needs as many tables.
	for (; n < 20; n++) {
		va[n] = 0x40000000 + n * UINT64_C(0x200000);
		assert_true(tw_sys_mmap(p, va[n], PAGE, 3,
					TW_MAP_PRIVATE | TW_MAP_ANONYMOUS | TW_MAP_FIXED, NULL,
					0) > 0);
		world_store(&w, va[n], (uint8_t)(n + 1));
	}
	assert_int_equal(tw_proc_fork(p, &c), -ENOMEM);
	assert_null(c);
	world_check(&w);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(world_load(&w, va[i]), i + 1);
		world_store(&w, va[i], (uint8_t)i);
	}
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void page_without_access_is_copied_too(void **state)
{
	struct world w;
	struct tw_proc *p, *c;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = world_anon(p, 1);
	world_store(&w, va, 6);
	assert_int_equal(tw_sys_mprotect(p, va, PAGE, TW_PROT_NONE), 0);
	assert_int_equal(tw_proc_fork(p, &c), 0);
	assert_int_equal(tw_sys_mprotect(p, va, PAGE, 3), 0);
	assert_int_equal(tw_sys_mprotect(c, va, PAGE, 3), 0);
	world_store(&w, va, 7);
	run(&w, c);
	assert_int_equal(world_load(&w, va), 6);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

// What visits of reverse mappings cost one of N children that share 16 pages, and its parent: of a
// store to one, of unmapping two, of the end.
struct visits {
	uint64_t store, unmap, exit;
};

static struct visits count_visits(unsigned int n)
{
	struct tw_proc *p, *c, *middle = NULL;
	struct visits v;
	struct world w;
	uint64_t va, before;

	world_open(&w, &(struct world_opts){.frames = 64 + 4 * n});
	w.k->opts.costs = (struct tw_costs){.cycles = {[TW_COST_RMAP] = 1}};
	p = world_proc(&w);
	va = world_anon(p, 16);
	for (uint64_t i = 0; i < 16; i++)
		world_store(&w, va + i * PAGE, 1);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(tw_proc_fork(p, &c), 0);
		middle = i == n / 2 ? c : middle;
	}
	run(&w, middle);
	before = w.k->stats.kernel_cycles;
	world_store(&w, va, 2);
	v.store = w.k->stats.kernel_cycles - before;
	before = w.k->stats.kernel_cycles;
	assert_int_equal(tw_sys_munmap(middle, va + PAGE, 2 * PAGE), 0);
	v.unmap = w.k->stats.kernel_cycles - before;
	before = w.k->stats.kernel_cycles;
	tw_proc_exit(middle);
	v.exit = w.k->stats.kernel_cycles - before;
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
	return v;
}

static void removing_a_mapping_costs_the_same_however_many_share(void **state)
{
	struct visits two = count_visits(2), many = count_visits(300);

	(void)state;
	assert_int_equal(two.store, 2); // one removed, one made
	assert_int_equal(two.unmap, 2);
	assert_int_equal(two.exit, 14);
	assert_memory_equal(&two, &many, sizeof(two));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parent_and_child_share_frames_until_one_writes),
		cmocka_unit_test(last_owner_reuses_the_page_without_copying),
		cmocka_unit_test(store_of_the_parent_after_fork_is_not_seen_by_the_child),
		cmocka_unit_test(swapped_pages_are_shared_by_their_slot),
		cmocka_unit_test(shared_memory_stays_shared),
		cmocka_unit_test(protections_and_the_break_are_per_process),
		cmocka_unit_test(exit_gives_everything_back),
		cmocka_unit_test(fork_that_finds_no_memory_changes_nothing),
		cmocka_unit_test(page_without_access_is_copied_too),
		cmocka_unit_test(removing_a_mapping_costs_the_same_however_many_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
