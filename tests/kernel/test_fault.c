// SPDX-License-Identifier: Apache-2.0
// The fault handler: each outcome, its counters, its signals; and hardware that misbehaves.
#include "world.h"

#include <errno.h>
#include <string.h>

#include "kern.h"

static void expect_signal(struct world *w, int err, int signo, int code, uint64_t addr)
{
	assert_int_equal(err, -EFAULT);
	assert_int_equal(w->sig.signo, signo);
	assert_int_equal(w->sig.code, code);
	assert_int_equal(w->sig.addr, addr);
}

static void first_read_maps_the_shared_zero_page(void **state)
{
	struct world w;
	uint64_t va;
	uint32_t free_before;

	(void)state;
	world_open(&w, NULL);
	va = world_anon(world_proc(&w), 2);
	assert_int_equal(world_load(&w, va), 0);
	free_before = world_stats(&w).free;
	assert_int_equal(world_load(&w, va + PAGE), 0);
	// A second page costs no frame.
	assert_int_equal(world_stats(&w).free, free_before);
	assert_int_equal(world_stats(&w).faults[TW_FK_ZERO_READ], 2);
	assert_int_equal(world_stats(&w).anon, 0);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void first_write_gets_a_zeroed_frame(void **state)
{
	struct world w;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	va = world_anon(world_proc(&w), 2);
	world_store(&w, va + 5, 9);
	assert_int_equal(world_load(&w, va + 5), 9);
	assert_int_equal(world_load(&w, va + 6), 0);
	assert_int_equal(world_stats(&w).faults[TW_FK_ZERO], 1);
	assert_int_equal(world_stats(&w).anon, 1);
	// A page that was read first leaves the zero page when it is written.
	assert_int_equal(world_load(&w, va + PAGE), 0);
	world_store(&w, va + PAGE, 8);
	assert_int_equal(world_load(&w, va + PAGE), 8);
	assert_int_equal(world_stats(&w).faults[TW_FK_ZERO], 2);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void unmapped_address_is_maperr(void **state)
{
	struct world w;
	uint64_t va;
	uint8_t byte = 1;

	(void)state;
	world_open(&w, NULL);
	va = world_anon(world_proc(&w), 1);
	expect_signal(&w, tw_user_load(w.k, va + PAGE + 3, &byte, 1, &w.sig), TW_SIGSEGV,
		      TW_SEGV_MAPERR, va + PAGE + 3);
	expect_signal(&w, tw_user_store(w.k, va - 1, &byte, 1, &w.sig), TW_SIGSEGV, TW_SEGV_MAPERR,
		      va - 1);
	expect_signal(&w, tw_user_fetch(w.k, 0, &byte, 1, &w.sig), TW_SIGSEGV, TW_SEGV_MAPERR, 0);
	assert_int_equal(world_stats(&w).faults[TW_FK_MAPERR], 3);
	assert_int_equal(world_stats(&w).minor, 0);
	assert_int_equal(world_close(&w), 0);
}

static void kernel_and_noncanonical_addresses_are_maperr(void **state)
{
	const uint64_t va[] = {UINT64_MAX - 8, UINT64_C(1) << 47, UINT64_C(1) << 50,
			       UINT64_C(0xffff800000000000)};
	uint8_t byte;

	(void)state;
	for (size_t i = 0; i < WORLD_FORMATS; i++) {
		struct world w;

		world_open(&w, &(struct world_opts){.format = world_formats[i]});
		world_proc(&w);
		for (size_t j = 0; j < 4; j++)
			expect_signal(&w, tw_user_load(w.k, va[j], &byte, 1, &w.sig), TW_SIGSEGV,
				      TW_SEGV_MAPERR, va[j]);
		assert_int_equal(world_close(&w), 0);
	}
}

static void forbidden_access_is_accerr(void **state)
{
	struct world w;
	struct tw_proc *p;
	uint8_t byte = 1;
	int64_t va;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	va = tw_sys_mmap(p, 0, PAGE, TW_PROT_READ, TW_MAP_PRIVATE | TW_MAP_ANONYMOUS, NULL, 0);
	assert_true(va > 0);
	expect_signal(&w, tw_user_store(w.k, (uint64_t)va, &byte, 1, &w.sig), TW_SIGSEGV,
		      TW_SEGV_ACCERR, (uint64_t)va);
	expect_signal(&w, tw_user_fetch(w.k, (uint64_t)va, &byte, 1, &w.sig), TW_SIGSEGV,
		      TW_SEGV_ACCERR, (uint64_t)va);
	// Also when the page is there.
	assert_int_equal(world_load(&w, (uint64_t)va), 0);
	expect_signal(&w, tw_user_store(w.k, (uint64_t)va, &byte, 1, &w.sig), TW_SIGSEGV,
		      TW_SEGV_ACCERR, (uint64_t)va);
	assert_int_equal(tw_sys_mprotect(p, (uint64_t)va, PAGE, TW_PROT_NONE), 0);
	expect_signal(&w, tw_user_load(w.k, (uint64_t)va, &byte, 1, &w.sig), TW_SIGSEGV,
		      TW_SEGV_ACCERR, (uint64_t)va);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void file_pages_are_major_once_and_minor_when_cached(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	uint64_t a, b;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	assert_int_equal(tw_file_open(w.k, world_file(&w, "f", 2 * PAGE), TW_O_RDONLY, &f), 0);
	a = (uint64_t)tw_sys_mmap(p, 0, 2 * PAGE, TW_PROT_READ, TW_MAP_PRIVATE, f, 0);
	b = (uint64_t)tw_sys_mmap(p, 0, 2 * PAGE, TW_PROT_READ, TW_MAP_SHARED, f, 0);
	assert_int_equal(world_load(&w, a + 77), world_byte(77));
	assert_int_equal(world_load(&w, b + 78), world_byte(78));
	assert_int_equal(world_stats(&w).faults[TW_FK_FILE_MAJOR], 1);
	assert_int_equal(world_stats(&w).faults[TW_FK_FILE_MINOR], 1);
	assert_int_equal(world_stats(&w).major, 1);
	assert_int_equal(world_stats(&w).minor, 1);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void beyond_the_end_of_a_file_is_sigbus(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	uint8_t byte;
	uint64_t a;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	assert_int_equal(tw_file_open(w.k, world_file(&w, "f", PAGE + 10), TW_O_RDWR, &f), 0);
	a = (uint64_t)tw_sys_mmap(p, 0, 4 * PAGE, TW_PROT_READ, TW_MAP_PRIVATE, f, 0);
	// The rest of the last page reads as zero.
	assert_int_equal(world_load(&w, a + PAGE + 9), world_byte(PAGE + 9));
	assert_int_equal(world_load(&w, a + PAGE + 10), 0);
	expect_signal(&w, tw_user_load(w.k, a + 2 * PAGE + 1, &byte, 1, &w.sig), TW_SIGBUS,
		      TW_BUS_ADRERR, a + 2 * PAGE + 1);
	// Not allowed comes before beyond the end.
	expect_signal(&w, tw_user_store(w.k, a + 2 * PAGE, &byte, 1, &w.sig), TW_SIGSEGV,
		      TW_SEGV_ACCERR, a + 2 * PAGE);
	assert_int_equal(tw_file_grow(f, 3 * PAGE), 0);
	assert_int_equal(world_load(&w, a + 2 * PAGE + 1), 0);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void private_write_copies_and_leaves_the_file(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	uint64_t a, b;
	const char *path;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	path = world_file(&w, "f", 2 * PAGE);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &f), 0);
	a = (uint64_t)tw_sys_mmap(p, 0, 2 * PAGE, 3, TW_MAP_PRIVATE, f, 0);
	b = (uint64_t)tw_sys_mmap(p, 0, 2 * PAGE, 3, TW_MAP_SHARED, f, 0);
	assert_int_equal(world_load(&w, a), world_byte(0));
	world_store(&w, a, 200);
	world_store(&w, a + PAGE, 201); // never read before
	assert_int_equal(world_load(&w, a), 200);
	assert_int_equal(world_load(&w, a + 1), world_byte(1));
	assert_int_equal(world_load(&w, b), world_byte(0));
	assert_int_equal(world_load(&w, b + PAGE), world_byte(PAGE));
	assert_int_equal(tw_file_sync(f), 0);
	assert_int_equal(world_file_byte(path, 0), world_byte(0));
	assert_int_equal(world_stats(&w).faults[TW_FK_COW_COPY], 1);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void private_page_follows_the_file_until_written(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	uint64_t a, b;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	assert_int_equal(tw_file_open(w.k, world_file(&w, "f", PAGE), TW_O_RDWR, &f), 0);
	a = (uint64_t)tw_sys_mmap(p, 0, PAGE, 3, TW_MAP_PRIVATE, f, 0);
	b = (uint64_t)tw_sys_mmap(p, 0, PAGE, 3, TW_MAP_SHARED, f, 0);
	assert_int_equal(world_load(&w, a + 4), world_byte(4));
	world_store(&w, b + 4, 99);
	assert_int_equal(world_load(&w, a + 4), 99);
	world_store(&w, a + 5, 1);
	world_store(&w, b + 4, 98);
	assert_int_equal(world_load(&w, a + 4), 99);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void right_that_was_gained_needs_no_fence(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	uint64_t a, fences;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	assert_int_equal(tw_file_open(w.k, world_file(&w, "f", PAGE), TW_O_RDWR, &f), 0);
	a = (uint64_t)tw_sys_mmap(p, 0, PAGE, TW_PROT_READ, TW_MAP_SHARED, f, 0);
	assert_int_equal(world_load(&w, a), world_byte(0));
	assert_int_equal(tw_sys_mprotect(p, a, PAGE, 3), 0);
	fences = world_stats(&w).fences_page;
	world_store(&w, a, 5);
	assert_int_equal(world_stats(&w).faults[TW_FK_RIGHTS], 1);
	assert_int_equal(world_stats(&w).fences_page, fences);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void software_sets_accessed_and_dirty_with_svade(void **state)
{
	struct world w;
	struct tw_proc *p;
	struct tw_file *f;
	uint64_t a;

	(void)state;
	world_open(&w, &(struct world_opts){.svade = true});
	p = world_proc(&w);
	assert_int_equal(tw_file_open(w.k, world_file(&w, "f", PAGE), TW_O_RDWR, &f), 0);
	a = (uint64_t)tw_sys_mmap(p, 0, PAGE, 3, TW_MAP_SHARED, f, 0);
	assert_int_equal(world_load(&w, a), world_byte(0));
	assert_int_equal(world_stats(&w).file_dirty, 0);
	world_store(&w, a, 5);
	assert_int_equal(world_stats(&w).faults[TW_FK_ACCESSED], 1);
	assert_int_equal(world_stats(&w).file_dirty, 1);
	world_check(&w);
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void hardware_sets_dirty_by_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLD_FORMATS; i++) {
		struct world w;
		struct tw_proc *p;
		struct tw_file *f;
		uint64_t a, faults;

		world_open(&w, &(struct world_opts){.format = world_formats[i]});
		p = world_proc(&w);
		assert_int_equal(tw_file_open(w.k, world_file(&w, "f", PAGE), TW_O_RDWR, &f), 0);
		a = (uint64_t)tw_sys_mmap(p, 0, PAGE, 3, TW_MAP_SHARED, f, 0);
		assert_int_equal(world_load(&w, a), world_byte(0));
		faults = world_stats(&w).minor + world_stats(&w).major;
		world_store(&w, a, 5);
		assert_int_equal(world_stats(&w).minor + world_stats(&w).major, faults);
		assert_int_equal(world_stats(&w).file_dirty, 1);
		assert_int_equal(tw_file_close(f), 0);
		assert_int_equal(world_close(&w), 0);
	}
}

static void access_across_a_page_border_is_split(void **state)
{
	struct world w;
	uint64_t va, word = UINT64_C(0x1122334455667788), got = 0;

	(void)state;
	world_open(&w, NULL);
	va = world_anon(world_proc(&w), 2);
	assert_int_equal(tw_user_store(w.k, va + PAGE - 3, &word, 8, &w.sig), 0);
	assert_int_equal(tw_user_load(w.k, va + PAGE - 3, &got, 8, &w.sig), 0);
	assert_int_equal(got, word);
	assert_int_equal(world_load(&w, va + PAGE), 0x55);
	assert_int_equal(world_close(&w), 0);
}

static void store_that_faults_in_its_second_half_stores_nothing(void **state)
{
	struct world w;
	uint64_t va, word = UINT64_MAX;

	(void)state;
	world_open(&w, NULL);
	va = world_anon(world_proc(&w), 1);
	world_store(&w, va + PAGE - 1, 42);
	expect_signal(&w, tw_user_store(w.k, va + PAGE - 4, &word, 8, &w.sig), TW_SIGSEGV,
		      TW_SEGV_MAPERR, va + PAGE);
	assert_int_equal(world_load(&w, va + PAGE - 1), 42);
	assert_int_equal(world_load(&w, va + PAGE - 4), 0);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void kernel_copies_to_user_memory_fault_like_the_user(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLD_FORMATS; i++) {
		struct world w;
		uint64_t va;
		uint8_t *host;

		world_open(&w, &(struct world_opts){.format = world_formats[i]});
		va = world_anon(world_proc(&w), 1);
		assert_int_equal(tw_copy_ptr(w.k, TW_STORE, va + 3, 4, &host, &w.sig), 0);
		memcpy(host, "abcd", 4);
		assert_int_equal(world_load(&w, va + 4), 'b');
		assert_int_equal(tw_copy_ptr(w.k, TW_FETCH, va, 1, &host, &w.sig), -EINVAL);
		expect_signal(&w, tw_copy_ptr(w.k, TW_LOAD, va + PAGE, 1, &host, &w.sig),
			      TW_SIGSEGV, TW_SEGV_MAPERR, va + PAGE);
		assert_int_equal(world_close(&w), 0);
	}
}

static void failing_hardware_is_an_error_with_a_text(void **state)
{
	struct world w;
	uint64_t va;
	uint8_t byte;

	(void)state;
	world_open(&w, NULL);
	va = world_anon(world_proc(&w), 1);
	world_store(&w, va, 3);
	strict_fail_accesses(w.hw, 1);
	assert_int_equal(tw_user_load(w.k, va, &byte, 1, &w.sig), -TW_EHARDWARE);
	assert_non_null(strstr(tw_kernel_error(w.k), "made to fail"));
	assert_int_equal(world_load(&w, va), 3);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

// The entry is good, nothing else needs the memory: what faults on is the hardware.
static void fault_that_never_ends_is_the_hardwares(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLD_FORMATS; i++) {
		struct world w;
		uint64_t va;
		uint8_t byte;

		world_open(&w, &(struct world_opts){.format = world_formats[i]});
		va = world_anon(world_proc(&w), 2);
		strict_fault_forever(w.hw, va);
		assert_int_equal(tw_user_store(w.k, va, &byte, 1, &w.sig), -TW_EHARDWARE);
		assert_non_null(strstr(tw_kernel_error(w.k), "still faults"));
		assert_int_equal(tw_user_load(w.k, va, &byte, 1, &w.sig), -TW_EHARDWARE);
		assert_false(tw_kernel_shortage(w.k));
		world_store(&w, va + PAGE, 5);
		world_check(&w);
		assert_int_equal(world_close(&w), 0);
	}
}

static void access_without_a_process_is_refused(void **state)
{
	struct world w;
	uint8_t byte;

	(void)state;
	world_open(&w, NULL);
	assert_int_equal(tw_user_load(w.k, 0x1000, &byte, 1, &w.sig), -EINVAL);
	assert_int_equal(world_close(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_read_maps_the_shared_zero_page),
		cmocka_unit_test(first_write_gets_a_zeroed_frame),
		cmocka_unit_test(unmapped_address_is_maperr),
		cmocka_unit_test(kernel_and_noncanonical_addresses_are_maperr),
		cmocka_unit_test(forbidden_access_is_accerr),
		cmocka_unit_test(file_pages_are_major_once_and_minor_when_cached),
		cmocka_unit_test(beyond_the_end_of_a_file_is_sigbus),
		cmocka_unit_test(private_write_copies_and_leaves_the_file),
		cmocka_unit_test(private_page_follows_the_file_until_written),
		cmocka_unit_test(right_that_was_gained_needs_no_fence),
		cmocka_unit_test(software_sets_accessed_and_dirty_with_svade),
		cmocka_unit_test(hardware_sets_dirty_by_itself),
		cmocka_unit_test(access_across_a_page_border_is_split),
		cmocka_unit_test(store_that_faults_in_its_second_half_stores_nothing),
		cmocka_unit_test(kernel_copies_to_user_memory_fault_like_the_user),
		cmocka_unit_test(failing_hardware_is_an_error_with_a_text),
		cmocka_unit_test(fault_that_never_ends_is_the_hardwares),
		cmocka_unit_test(access_without_a_process_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
