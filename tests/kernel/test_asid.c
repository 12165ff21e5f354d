// SPDX-License-Identifier: Apache-2.0
// ASIDs and shootdown: fences that are necessary happen, and the tests would notice if they did
// not.
#include "world.h"

#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "sys/sys.h"
#include "vm/vm.h"

static void processes_have_different_asids(void **state)
{
	struct world w;
	struct tw_proc *a, *b;

	(void)state;
	world_open(&w, NULL);
	a = world_proc(&w);
	b = world_proc(&w);
	assert_true(a->mm->as.asid != b->mm->as.asid);
	assert_true(a->mm->as.asid != 0 && b->mm->as.asid != 0);
	assert_int_equal(w.hw->ctx.asid, b->mm->as.asid);
	assert_int_equal(w.hw->ctx.root_ppn, tw_frame_pfn(w.k, b->mm->as.root));
	assert_int_equal(world_close(&w), 0);
}

static void switch_between_processes_fences_nothing(void **state)
{
	struct world w;
	struct tw_proc *a, *b;
	uint64_t va, vb;
	struct tw_kernel_stats before, after;

	(void)state;
	world_open(&w, NULL);
	a = world_proc(&w);
	va = world_anon(a, 1);
	world_store(&w, va, 1);
	b = world_proc(&w);
	vb = world_anon(b, 1);
	assert_int_equal(va, vb);
	world_store(&w, vb, 2);
	before = world_stats(&w);
	for (unsigned int i = 0; i < 10; i++) {
		assert_int_equal(tw_proc_switch(w.k, i % 2 ? b : a), 0);
		assert_int_equal(world_load(&w, va), i % 2 ? 2 : 1);
	}
	after = world_stats(&w);
	assert_int_equal(after.fences_page + after.fences_asid + after.fences_all,
			 before.fences_page + before.fences_asid + before.fences_all);
	assert_int_equal(after.switches, before.switches + 10);
	assert_int_equal(world_close(&w), 0);
}

static void roll_over_fences_everything_and_starts_again(void **state)
{
	enum { PROCS = 10 };
	struct world w;
	struct tw_proc *p[PROCS];
	uint64_t va = 0;

	(void)state;
	world_open(&w, &(struct world_opts){.asid_bits = 2}); // three ASIDs
	for (unsigned int i = 0; i < PROCS; i++) {
		p[i] = world_proc(&w);
		va = world_anon(p[i], 1);
		world_store(&w, va, (uint8_t)(i + 1));
		world_check(&w);
	}
	assert_int_equal(world_stats(&w).asid_rollovers, 3);
	assert_int_equal(world_stats(&w).fences_all, 1 + 3);
	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int i = 0; i < PROCS; i++) {
			assert_int_equal(tw_proc_switch(w.k, p[i]), 0);
			assert_int_equal(world_load(&w, va), i + 1);
			world_check(&w);
		}
	assert_int_equal(world_close(&w), 0);
}

static void process_that_never_ran_needs_no_fence(void **state)
{
	struct world w;
	struct tw_proc *p, *c;
	uint64_t va;
	struct tw_kernel_stats before, after;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = world_anon(p, 4);
	world_store(&w, va, 1);
	assert_int_equal(tw_proc_fork(p, &c), 0);
	before = world_stats(&w);
	tw_proc_exit(c);
	after = world_stats(&w);
	assert_int_equal(after.fences_page + after.fences_asid,
			 before.fences_page + before.fences_asid);
	assert_int_equal(world_close(&w), 0);
}

static void many_pages_are_fenced_by_asid_few_by_address(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va;
	struct tw_kernel_stats before, after;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = world_anon(p, 100);
	for (unsigned int i = 0; i < 100; i++)
		world_store(&w, va + i * PAGE, 1);
	before = world_stats(&w);
	assert_int_equal(tw_sys_mprotect(p, va, 5 * PAGE, TW_PROT_READ), 0);
	after = world_stats(&w);
	assert_int_equal(after.fences_page - before.fences_page, 5);
	assert_int_equal(after.fences_asid, before.fences_asid);
	before = after;
	assert_int_equal(tw_sys_mprotect(p, va + 10 * PAGE, 60 * PAGE, TW_PROT_READ), 0);
	after = world_stats(&w);
	assert_int_equal(after.fences_page, before.fences_page);
	assert_int_equal(after.fences_asid - before.fences_asid, 1);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void frame_is_not_reused_before_its_fence(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_gather g;
	uint64_t va;
	uint32_t f;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = world_anon(p, 1);
	world_store(&w, va, 1);
	f = tw_pfn_frame(w.k, tw_pt_read(&p->mm->as, tw_pt_find(&p->mm->as, va)).pfn);
	tw_gather_init(&g, w.k);
	tw_mm_zap(p->mm, va, va + PAGE, &g);
	assert_int_equal(w.k->frames[f].mapcount, 0);
	assert_int_equal(w.k->frames[f].refcount, 1);
	assert_non_null(strict_check(w.hw)); // the TLB still has it
	assert_int_equal(tw_gather_flush(&g), 0);
	assert_int_equal(w.k->frames[f].state, TW_FRAME_FREE);
	assert_null(strict_check(w.hw));
	assert_int_equal(world_close(&w), 0);
}

// A test of the tests: on hardware that ignores fences the check reports what is stale.
static void forgotten_fence_is_noticed(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = world_anon(p, 1);
	world_store(&w, va, 1);
	assert_null(strict_check(w.hw));
	strict_ignore_fences(w.hw, true);
	assert_int_equal(tw_sys_mprotect(p, va, PAGE, TW_PROT_READ), 0);
	assert_non_null(strict_check(w.hw));
	strict_ignore_fences(w.hw, false);
	assert_int_equal(tw_sys_munmap(p, va, PAGE), 0);
	assert_int_equal(world_close(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_have_different_asids),
		cmocka_unit_test(switch_between_processes_fences_nothing),
		cmocka_unit_test(roll_over_fences_everything_and_starts_again),
		cmocka_unit_test(process_that_never_ran_needs_no_fence),
		cmocka_unit_test(many_pages_are_fenced_by_asid_few_by_address),
		cmocka_unit_test(frame_is_not_reused_before_its_fence),
		cmocka_unit_test(forgotten_fence_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
