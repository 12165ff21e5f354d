// SPDX-License-Identifier: Apache-2.0
// The cost of finding nothing to reclaim, counted in frames that the policy looks at: it must not
// grow with memory. And what was passed over is found again as soon as it can go.
#include "world.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "kern.h"
#include "phys/lru.h"
#include "reclaim/reclaim.h"
#include "sys/sys.h"
#include "vm/vm.h"

enum { FRAMES = 4096, FAILURES = 500 };

static const char *const policies[] = {"clock", "fifo"};

struct scene {
	struct world w;
	struct tw_proc *p;
	uint64_t va;
	unsigned int stored;
	int err; // that ended the filling
};

// Stores to page after page until that fails.
static void fill(struct scene *s, const struct world_opts *o)
{
	uint8_t byte = 1;

	world_open(&s->w, o);
	s->p = world_proc(&s->w);
	s->va = world_anon(s->p, 2 * FRAMES);
	for (s->stored = 0, s->err = 0; !s->err; s->stored += !s->err)
		s->err = tw_user_store(s->w.k, s->va + (uint64_t)s->stored * PAGE, &byte, 1,
				       &s->w.sig);
}

static uint64_t scanned(const struct scene *s)
{
	return s->w.k->stats.scanned;
}

// Stores that fail with ERR. Returns how many frames were looked at for them.
static uint64_t fail_more(struct scene *s, int err)
{
	uint64_t before = scanned(s);
	uint8_t byte = 1;

	for (unsigned int i = 0; i < FAILURES; i++)
		assert_int_equal(tw_user_store(s->w.k, s->va + (uint64_t)(s->stored + i) * PAGE,
					       &byte, 1, &s->w.sig),
				 err);
	return scanned(s) - before;
}

static void end(struct scene *s)
{
	world_check(&s->w);
	assert_int_equal(world_close(&s->w), 0);
}

static void without_swap_each_page_is_looked_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene s;

		fill(&s, &(struct world_opts){.frames = FRAMES, .policy = policies[i]});
		assert_int_equal(s.err, -ENOMEM);
		assert_true(s.stored > FRAMES * 9 / 10);
		// Once to clear its A bit, once to pass it over.
		assert_in_range(scanned(&s), 0, 2 * s.stored);
		assert_int_equal(fail_more(&s, -ENOMEM), 0);
		end(&s);
	}
}

static void with_full_swap_each_page_is_looked_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene s;

		fill(&s, &(struct world_opts){
				 .frames = FRAMES, .swap_slots = 300, .policy = policies[i]});
		assert_int_equal(s.err, -ENOMEM);
		assert_int_equal(world_stats(&s.w).swap_used, 300);
		assert_in_range(scanned(&s), 0, 3 * s.stored);
		assert_int_equal(fail_more(&s, -ENOMEM), 0);
		end(&s);
	}
}

// Nearly all memory cannot go, a file passes through the rest.
static void little_to_reclaim_is_found_among_much_that_cannot_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene s;
		struct tw_file *f;
		uint64_t file, before;

		fill(&s, &(struct world_opts){.frames = FRAMES, .policy = policies[i]});
		assert_int_equal(tw_sys_munmap(s.p, s.va, 64 * PAGE), 0);
		assert_int_equal(
			tw_file_open(s.w.k, world_file(&s.w, "f", 512 * PAGE), TW_O_RDONLY, &f), 0);
		file = (uint64_t)tw_sys_mmap(s.p, 0, 512 * PAGE, 1, TW_MAP_SHARED, f, 0);
		before = scanned(&s);
		for (unsigned int j = 0; j < 2048; j++)
			assert_int_equal(world_load(&s.w, file + j % 512 * PAGE),
					 world_byte(j % 512 * PAGE));
		assert_in_range(world_stats(&s.w).reclaimed_file, 2048 - 64, 2048);
		assert_in_range(scanned(&s) - before, 2048 - 64, 3 * 2048);
		assert_int_equal(tw_file_close(f), 0);
		end(&s);
	}
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void full_disk_is_asked_again_with_one_batch(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene s;
		uint64_t errors;

		limit_file_size(100 * PAGE);
		fill(&s, &(struct world_opts){.frames = FRAMES,
					      .swap_slots = 2 * FRAMES,
					      .policy = policies[i]});
		assert_int_equal(s.err, -EFBIG);
		assert_in_range(scanned(&s), 0, 3 * s.stored);
		// Only the header is left of it: nothing at all can be written.
		limit_file_size(PAGE);
		errors = world_stats(&s.w).swap_errors;
		assert_in_range(fail_more(&s, -EFBIG), 0, FAILURES * 3 * TW_RECLAIM_BATCH);
		assert_in_range(world_stats(&s.w).swap_errors - errors, FAILURES,
				FAILURES * TW_RECLAIM_BATCH);
		limit_file_size(RLIM_INFINITY);
		// All come back as the writing goes on.
		for (unsigned int j = 0; j < FRAMES / TW_RECLAIM_BATCH; j++)
			world_store(&s.w, s.va + (uint64_t)(s.stored + j) * PAGE, 1);
		assert_int_equal(s.w.k->lru->failed.count, 0);
		end(&s);
	}
}

static void freed_slots_let_as_many_waiting_pages_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene s;
		uint64_t before;
		unsigned int n;
		uint8_t byte = 1;

		fill(&s, &(struct world_opts){.frames = FRAMES,
					      .swap_slots = 300,
					      .policy = policies[i],
					      .watermark = {8, 8, 8}});
		before = scanned(&s);
		// Of the oldest pages, which are in swap.
		assert_int_equal(tw_sys_munmap(s.p, s.va, 50 * PAGE), 0);
		assert_int_equal(world_stats(&s.w).swap_used, 250);
		n = s.stored;
		while (tw_user_store(s.w.k, s.va + (uint64_t)s.stored * PAGE, &byte, 1, &s.w.sig) ==
		       0)
			s.stored++;
		assert_int_equal(world_stats(&s.w).swap_used, 300);
		// One frame may have been left for a page and its table.
		assert_in_range(s.stored - n, 49, 51);
		// The waiting ones are not searched for them: as many come back as there are slots.
		assert_in_range(scanned(&s) - before, 50, 8 * 50);
		assert_int_equal(fail_more(&s, -ENOMEM), 0);
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_swap_each_page_is_looked_at_once),
		cmocka_unit_test(with_full_swap_each_page_is_looked_at_once),
		cmocka_unit_test(little_to_reclaim_is_found_among_much_that_cannot_go),
		cmocka_unit_test(full_disk_is_asked_again_with_one_batch),
		cmocka_unit_test(freed_slots_let_as_many_waiting_pages_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
