// SPDX-License-Identifier: Apache-2.0
// The kernel on real hardware, in every page-table format that it has: processes are isolated,
// fault, fork, swap, lose rights, and are more than there are ASIDs.
// Usage: test_kernel_formats HW CONFIG, as for the command's --hw and --config.
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/backend.h"
#include "mmu/pte.h"
#include "twinwalk/prng.h"

static const char *hw_name, *config_name;
static uint32_t present;       // formats of the hardware
static unsigned int asid_bits; // that the hardware is to have; 0: as many as its configuration says

static struct tw_hw *create(struct tw_pmem *pm)
{
	struct tw_config config;
	struct tw_hw_opts opts = {.config = &config,
				  .pmem = pm,
				  .mem = {.latency_min = 1, .latency_max = 7, .seed = 1},
				  .seed = 1};
	char err[512] = "";
	struct tw_hw *hw = NULL;

	if (tw_backend_config(config_name, &config, err, sizeof(err)) != TW_OK)
		fail_msg("%s", err);
	if (asid_bits)
		config.asid_bits = asid_bits;
	if (tw_backend_create(hw_name, &opts, &hw, err, sizeof(err)) != TW_OK)
		fail_msg("%s", err);
	return hw;
}

// Calls FN for a machine of each format that the hardware has.
static void each(const struct world_opts *opts, void (*fn)(struct world *w))
{
	unsigned int n = 0;

	for (size_t i = 0; tw_kernel_format(i) != TW_FMT_BARE; i++) {
		struct world_opts o = *opts;
		struct world w;

		o.format = tw_kernel_format(i);
		if (!(present >> o.format & 1))
			continue;
		o.hw = create;
		if (tw_pte_format(o.format)->asid_bits < o.asid_bits)
			o.asid_bits = tw_pte_format(o.format)->asid_bits;
		print_message("%s ", tw_format_get(o.format)->name);
		world_open(&w, &o);
		fn(&w);
		world_check(&w);
		if (tw_hw_finish(w.hw) != 0)
			fail_msg("%s", tw_hw_error(w.hw));
		assert_int_equal(world_close(&w), 0);
		n++;
	}
	print_message("\n");
	assert_true(n > 0);
}

static void switch_to(struct world *w, struct tw_proc *p)
{
	assert_int_equal(tw_proc_switch(w->k, p), 0);
}

// Memory at the same address in several processes.
static uint64_t place(const struct world *w)
{
	struct tw_layout layout;

	tw_layout_default(w->k, &layout);
	return layout.hi / 2;
}

static void map_at(struct tw_proc *p, uint64_t va, uint64_t pages)
{
	assert_int_equal(tw_sys_mmap(p, va, pages * PAGE, TW_PROT_READ | TW_PROT_WRITE,
				     TW_MAP_PRIVATE | TW_MAP_ANONYMOUS | TW_MAP_FIXED, NULL, 0),
			 va);
}

// --- Isolation -------------------------------------------------------------------------

enum { PROCS = 9, PAGES = 6 };

static uint8_t value_of(unsigned int proc, unsigned int page, unsigned int round)
{
	return (uint8_t)(31 * proc + 7 * page + 101 * round + 1);
}

static void many_processes(struct world *w)
{
	struct tw_proc *p[PROCS];
	uint64_t va = place(w);

	for (unsigned int i = 0; i < PROCS; i++) {
		p[i] = world_proc(w);
		map_at(p[i], va, PAGES);
	}
	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int i = 0; i < PROCS; i++) {
			switch_to(w, p[i]);
			for (unsigned int j = 0; j < PAGES; j++) {
				uint64_t at = va + j * PAGE + round;

				if (round > 0)
					assert_int_equal(world_load(w, at - 1),
							 value_of(i, j, round - 1));
				world_store(w, at, value_of(i, j, round));
			}
		}
	if (world_stats(w).asid_bits)
		assert_true(world_stats(w).asid_rollovers > 0);
	else
		assert_true(world_stats(w).fences_all >= 3 * PROCS);
}

static void processes_at_the_same_addresses_do_not_see_each_other(void **state)
{
	(void)state;
	// Three ASIDs for nine processes.
	each(&(struct world_opts){.asid_bits = 2}, many_processes);
}

static void no_more_asids_are_used_than_the_hardware_tells_apart(void **state)
{
	(void)state;
	// Of the RTL there is what its configuration says.
	if (strcmp(hw_name, "csim") != 0)
		skip();
	asid_bits = 2;
	each(&(struct world_opts){0}, many_processes);
	asid_bits = 0;
}

// Processes come and go, so that frames of roots and tables are used again in any order.
static void come_and_go(struct world *w)
{
	struct tw_proc *p[4] = {0};
	uint64_t va = place(w), at[4], random = 1;
	uint8_t value[4];

	for (unsigned int step = 0; step < 400; step++) {
		unsigned int i = tw_random(&random) % 4;

		if (p[i]) {
			switch_to(w, p[i]);
			assert_int_equal(world_load(w, at[i]), value[i]);
			tw_proc_exit(p[i]);
			p[i] = NULL;
		} else {
			p[i] = world_proc(w);
			at[i] = va >> (tw_random(&random) % 3);
			value[i] = (uint8_t)step;
			map_at(p[i], at[i], 1 + tw_random(&random) % 4);
			world_store(w, at[i], value[i]);
		}
	}
}

static void a_process_gets_nothing_of_one_that_had_its_frames(void **state)
{
	(void)state;
	each(&(struct world_opts){.frames = 64}, come_and_go);
}

// --- Swap ------------------------------------------------------------------------------

static void more_than_memory(struct world *w)
{
	enum { MANY = 100 };
	struct tw_proc *p = world_proc(w);
	uint64_t va = place(w) - MANY / 2 * PAGE;

	map_at(p, va, MANY);
	for (unsigned int round = 0; round < 3; round++)
		for (uint64_t i = 0; i < MANY; i++) {
			uint64_t at = va + i * PAGE + 8 * round;

			if (round > 0)
				assert_int_equal(world_load(w, at - 8), (uint8_t)(i + round - 1));
			world_store(w, at, (uint8_t)(i + round));
		}
	assert_true(world_stats(w).swap_out > MANY && world_stats(w).swap_in > MANY);
	assert_true(world_stats(w).faults[TW_FK_SWAP_MAJOR] > 0);
}

static void pages_go_to_swap_and_come_back(void **state)
{
	(void)state;
	each(&(struct world_opts){.frames = 64, .swap_slots = 256}, more_than_memory);
}

// --- Fork ------------------------------------------------------------------------------

static void fork_and_write(struct world *w)
{
	struct tw_proc *p = world_proc(w), *child;
	uint64_t va = place(w);

	map_at(p, va, 2);
	world_store(w, va, 1);
	world_store(w, va + PAGE, 2);
	assert_int_equal(tw_proc_fork(p, &child), 0);
	world_store(w, va, 3);
	switch_to(w, child);
	assert_int_equal(world_load(w, va), 1);
	assert_int_equal(world_load(w, va + PAGE), 2);
	world_store(w, va, 4);
	switch_to(w, p);
	assert_int_equal(world_load(w, va), 3);
	assert_true(world_stats(w).faults[TW_FK_COW_COPY] +
			    world_stats(w).faults[TW_FK_COW_REUSE] >=
		    2);
}

static void a_child_has_its_own_copy(void **state)
{
	(void)state;
	each(&(struct world_opts){0}, fork_and_write);
}

// --- Rights ----------------------------------------------------------------------------

static void lose_and_gain(struct world *w)
{
	struct tw_proc *p = world_proc(w);
	uint64_t va = place(w);
	uint8_t byte = 5;

	map_at(p, va, 1);
	world_store(w, va, 1);
	assert_int_equal(world_load(w, va), 1);
	// A right that is lost is lost at once, however warm the TLBs are.
	assert_int_equal(tw_sys_mprotect(p, va, PAGE, TW_PROT_READ), 0);
	assert_int_equal(tw_user_store(w->k, va, &byte, 1, &w->sig), -EFAULT);
	assert_int_equal(w->sig.code, TW_SEGV_ACCERR);
	assert_int_equal(world_load(w, va), 1);
	assert_int_equal(tw_sys_mprotect(p, va, PAGE, TW_PROT_NONE), 0);
	assert_int_equal(tw_user_load(w->k, va, &byte, 1, &w->sig), -EFAULT);
	assert_int_equal(w->sig.code, TW_SEGV_ACCERR);
	assert_int_equal(tw_sys_mprotect(p, va, PAGE, TW_PROT_READ | TW_PROT_WRITE), 0);
	world_store(w, va, 2);
	assert_int_equal(tw_sys_mprotect(p, va, PAGE, TW_PROT_READ | TW_PROT_EXEC), 0);
	assert_int_equal(tw_user_fetch(w->k, va, &byte, 1, &w->sig), 0);
	assert_int_equal(byte, 2);
	assert_int_equal(tw_sys_munmap(p, va, PAGE), 0);
	assert_int_equal(tw_user_load(w->k, va, &byte, 1, &w->sig), -EFAULT);
	assert_int_equal(w->sig.code, TW_SEGV_MAPERR);
}

static void rights_count_from_the_call_on(void **state)
{
	(void)state;
	each(&(struct world_opts){0}, lose_and_gain);
}

// --- Files -----------------------------------------------------------------------------

static void store_to_file(struct world *w)
{
	struct tw_proc *a = world_proc(w), *b;
	const char *path = world_file(w, "f", 3 * PAGE);
	uint64_t va = place(w);
	struct tw_file *f;

	assert_int_equal(tw_file_open(w->k, path, TW_O_RDWR, &f), 0);
	b = world_proc(w);
	for (unsigned int i = 0; i < 2; i++) {
		switch_to(w, i ? b : a);
		assert_int_equal(tw_sys_mmap(i ? b : a, va, 3 * PAGE, TW_PROT_READ | TW_PROT_WRITE,
					     TW_MAP_SHARED | TW_MAP_FIXED, f, 0),
				 va);
		assert_int_equal(world_load(w, va + PAGE), world_byte(PAGE));
	}
	world_store(w, va + 2 * PAGE, 77);
	switch_to(w, a);
	assert_int_equal(world_load(w, va + 2 * PAGE), 77);
	assert_int_equal(tw_sys_msync(a, va, 3 * PAGE, TW_MS_SYNC), 0);
	assert_int_equal(world_file_byte(path, 2 * PAGE), 77);
	assert_int_equal(tw_file_close(f), 0);
}

static void a_store_to_a_shared_file_reaches_it(void **state)
{
	(void)state;
	each(&(struct world_opts){0}, store_to_file);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_at_the_same_addresses_do_not_see_each_other),
		cmocka_unit_test(no_more_asids_are_used_than_the_hardware_tells_apart),
		cmocka_unit_test(a_process_gets_nothing_of_one_that_had_its_frames),
		cmocka_unit_test(pages_go_to_swap_and_come_back),
		cmocka_unit_test(a_child_has_its_own_copy),
		cmocka_unit_test(rights_count_from_the_call_on),
		cmocka_unit_test(a_store_to_a_shared_file_reaches_it),
	};
	struct tw_config config;
	char err[512] = "";

	if (argc != 3) {
		fputs("usage: test_kernel_formats HW CONFIG\n", stderr);
		return 2;
	}
	hw_name = argv[1];
	config_name = argv[2];
	if (tw_backend_config(config_name, &config, err, sizeof(err)) != TW_OK) {
		fprintf(stderr, "%s\n", err);
		return 2;
	}
	present = config.formats;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
