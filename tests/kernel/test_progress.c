// SPDX-License-Identifier: Apache-2.0
// Forward progress: with however little memory an access gets what it needs, uses it and ends; or
// there is too little, and the error says so and is true.
#include "world.h"

#include <errno.h>
#include <string.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "sys/sys.h"
#include "vm/vm.h"

// Everything lies in one table: no access needs memory for tables after the first.
#define ARENA	   UINT64_C(0x10000000)
#define FILE_AT	   (ARENA + 128 * PAGE)
#define FILE_PAGES 64u

// The machines on which a property must hold.
static const struct world_opts machines[] = {
	{.frames = 64, .policy = "clock"},
	{.frames = 64, .policy = "fifo"},
	{.frames = 64, .policy = "clock", .svade = true},
	{.frames = 64, .policy = "clock", .format = TW_FMT_X86_LONG4},
	// The daemon wants more than there ever is.
	{.frames = 64, .policy = "clock", .watermark = {4, 30, 32}},
	{.frames = 64, .policy = "fifo", .watermark = {4, 30, 32}},
	{.frames = 64, .policy = "clock", .svade = true, .watermark = {4, 30, 32}},
};
enum { MACHINES = sizeof(machines) / sizeof(machines[0]) };

struct scene {
	struct world w;
	struct tw_proc *p;
	struct tw_file *file;
};

static uint64_t map(struct tw_proc *p, uint64_t at, unsigned int pages, uint32_t flags,
		    struct tw_file *file)
{
	assert_int_equal(tw_sys_mmap(p, at, pages * PAGE, 7, flags | TW_MAP_FIXED, file, 0), at);
	return at;
}

// Memory full of private pages that cannot go, but ROOM frames; a shared file mapped beside them.
static void full_but(struct scene *s, const struct world_opts *o, unsigned int room)
{
	unsigned int n = 0;
	uint8_t byte = 1;
	int err = 0;

	world_open(&s->w, o);
	s->p = world_proc(&s->w);
	assert_int_equal(tw_file_open(s->w.k, world_file(&s->w, "f", FILE_PAGES * PAGE), TW_O_RDWR,
				      &s->file),
			 0);
	map(s->p, FILE_AT, FILE_PAGES, TW_MAP_SHARED, s->file);
	map(s->p, ARENA, 128, TW_MAP_PRIVATE | TW_MAP_ANONYMOUS, NULL);
	for (; n < 128 && !err; n++)
		err = tw_user_store(s->w.k, ARENA + n * PAGE, &byte, 1, &s->w.sig);
	assert_int_equal(err, -ENOMEM);
	assert_true(n > room);
	if (room)
		assert_int_equal(tw_sys_munmap(s->p, ARENA, room * PAGE), 0);
}

static void end(struct scene *s)
{
	world_check(&s->w);
	assert_int_equal(tw_file_close(s->file), 0);
	assert_int_equal(world_close(&s->w), 0);
}

// One byte of page I of the file, by the program or by the kernel for it.
static void use_file_page(struct scene *s, unsigned int i, bool copy)
{
	uint64_t attempts = world_stats(&s->w).attempts;
	uint8_t *host;
	int err;

	if (copy)
		err = tw_copy_ptr(s->w.k, TW_LOAD, FILE_AT + i * PAGE, 1, &host, &s->w.sig);
	else
		err = tw_user_ptr(s->w.k, TW_LOAD, FILE_AT + i * PAGE, 1, &host, &s->w.sig);
	if (err)
		fail_msg("page %u: %d, %s", i, err, tw_kernel_error(s->w.k));
	assert_int_equal(*host, world_byte(i * PAGE));
	// As it faulted, and as it ran.
	assert_in_range(world_stats(&s->w).attempts - attempts, 1, 2);
}

static void page_is_used_before_the_daemon_can_take_it(void **state)
{
	(void)state;
	for (size_t m = 0; m < MACHINES; m++)
		for (unsigned int room = 1; room < 4; room++) {
			struct scene s;

			full_but(&s, &machines[m], room);
			for (unsigned int i = 0; i < 2 * FILE_PAGES; i++) {
				use_file_page(&s, i % FILE_PAGES, i % 3 == 0);
				world_check(&s.w);
			}
			end(&s);
		}
}

static bool resident(struct tw_proc *p, uint64_t va)
{
	const struct tw_cell *ptep = tw_pt_find(&p->mm->as, va);

	return ptep && tw_pt_read(&p->mm->as, ptep).kind == TW_ENTRY_LEAF;
}

static void both_pages_of_an_access_stay_until_it_is_done(void **state)
{
	(void)state;
	for (size_t m = 0; m < MACHINES; m++) {
		struct scene s;

		full_but(&s, &machines[m], 2);
		for (unsigned int i = 0; i + 1 < FILE_PAGES; i++) {
			enum tw_access access = (enum tw_access)(i % 4);
			uint64_t va = FILE_AT + (i + 1) * PAGE - 3;
			struct tw_span span;
			int err = tw_user_span(s.w.k, access, va, 8, &span, &s.w.sig);

			if (err)
				fail_msg("pages %u and %u: %d, %s", i, i + 1, err,
					 tw_kernel_error(s.w.k));
			assert_int_equal(span.len[0], 3);
			assert_int_equal(span.len[1], 5);
			assert_true(resident(s.p, va) && resident(s.p, va + 3));
			for (unsigned int j = 0; j < 8; j++)
				assert_int_equal(j < 3 ? span.host[0][j] : span.host[1][j - 3],
						 world_byte((i + 1) * PAGE - 3 + j));
		}
		end(&s);
	}
}

// The hand stands at the page that the access is about; the other one was used since its last
// visit.
static void page_that_can_go_is_found_beside_one_that_is_held(void **state)
{
	static const char *const policies[] = {"clock", "fifo"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene s;

		full_but(&s,
			 &(struct world_opts){
				 .frames = 64, .policy = policies[i], .watermark = {1, 1, 1}},
			 2);
		use_file_page(&s, 0, false);
		use_file_page(&s, 1, false);
		assert_int_equal(tw_sys_munmap(s.p, FILE_AT, PAGE), 0);
		// A private copy of page 0, which is in the cache: page 1 must go for it.
		map(s.p, ARENA, 1, TW_MAP_PRIVATE, s.file);
		world_store(&s.w, ARENA, 9);
		assert_true(resident(s.p, ARENA));
		assert_false(resident(s.p, FILE_AT + PAGE));
		end(&s);
	}
}

static void access_that_needs_two_pages_in_one_frame_is_out_of_memory(void **state)
{
	(void)state;
	for (size_t m = 0; m < MACHINES; m++) {
		struct tw_span span;
		struct scene s;

		full_but(&s, &machines[m], 1);
		assert_int_equal(
			tw_user_span(s.w.k, TW_LOAD, FILE_AT + PAGE - 3, 8, &span, &s.w.sig),
			-ENOMEM);
		assert_true(tw_kernel_shortage(s.w.k));
		use_file_page(&s, 0, false);
		assert_false(tw_kernel_shortage(s.w.k));
		end(&s);
	}
}

static void shortage_is_called_shortage(void **state)
{
	(void)state;
	for (size_t m = 0; m < MACHINES; m++) {
		struct scene s;
		uint8_t byte = 1;

		full_but(&s, &machines[m], 0);
		assert_int_equal(tw_user_store(s.w.k, ARENA + 127 * PAGE, &byte, 1, &s.w.sig),
				 -ENOMEM);
		assert_true(tw_kernel_shortage(s.w.k));
		assert_non_null(strstr(tw_kernel_error(s.w.k), "out of memory: 1 frame needed"));
		assert_null(strstr(tw_kernel_error(s.w.k), "hardware"));
		// No address space is another matter.
		assert_int_equal(tw_sys_mmap(s.p, 0, UINT64_C(1) << 50, 3,
					     TW_MAP_PRIVATE | TW_MAP_ANONYMOUS, NULL, 0),
				 -ENOMEM);
		assert_false(tw_kernel_shortage(s.w.k));
		end(&s);
	}
}

static void memory_is_used_down_to_the_reserve(void **state)
{
	// A private page of a file takes the file's page and a copy, at once.
	const struct {
		uint32_t flags, frames;
	} kind[] = {{TW_MAP_PRIVATE | TW_MAP_ANONYMOUS, 1},
		    {TW_MAP_SHARED | TW_MAP_ANONYMOUS, 1},
		    {TW_MAP_PRIVATE, 2}};

	(void)state;
	for (size_t m = 0; m < MACHINES; m++)
		for (size_t i = 0; i < 3; i++) {
			struct scene s;
			uint8_t byte = 1;
			int err = 0;

			full_but(&s, &machines[m], 10);
			map(s.p, ARENA, 64, kind[i].flags,
			    kind[i].flags & TW_MAP_ANONYMOUS ? NULL : s.file);
			for (unsigned int j = 0; j < 64 && !err; j++)
				err = tw_user_store(s.w.k, ARENA + j * PAGE, &byte, 1, &s.w.sig);
			assert_int_equal(err, -ENOMEM);
			assert_int_equal(world_stats(&s.w).free,
					 world_stats(&s.w).watermark[0] + kind[i].frames - 1);
			end(&s);
		}
}

// A, D and rights are set in the entry: that takes no frame.
static void page_in_memory_needs_no_memory(void **state)
{
	(void)state;
	for (size_t m = 0; m < MACHINES; m++) {
		struct scene s;
		unsigned int n = 0;
		uint8_t byte = 0;

		full_but(&s, &machines[m], 10);
		map(s.p, ARENA, 64, TW_MAP_SHARED | TW_MAP_ANONYMOUS, NULL);
		while (tw_user_load(s.w.k, ARENA + n * PAGE, &byte, 1, &s.w.sig) == 0)
			n++;
		assert_true(n >= 10);
		assert_int_equal(tw_sys_mprotect(s.p, ARENA, 64 * PAGE, 1), 0);
		assert_int_equal(tw_sys_mprotect(s.p, ARENA, 64 * PAGE, 7), 0);
		for (unsigned int i = 0; i < n; i++) {
			world_store(&s.w, ARENA + i * PAGE, 7);
			assert_int_equal(tw_user_fetch(s.w.k, ARENA + i * PAGE, &byte, 1, &s.w.sig),
					 0);
		}
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_is_used_before_the_daemon_can_take_it),
		cmocka_unit_test(both_pages_of_an_access_stay_until_it_is_done),
		cmocka_unit_test(page_that_can_go_is_found_beside_one_that_is_held),
		cmocka_unit_test(access_that_needs_two_pages_in_one_frame_is_out_of_memory),
		cmocka_unit_test(shortage_is_called_shortage),
		cmocka_unit_test(memory_is_used_down_to_the_reserve),
		cmocka_unit_test(page_in_memory_needs_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
