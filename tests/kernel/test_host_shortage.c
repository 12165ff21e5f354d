// SPDX-License-Identifier: Apache-2.0
// A lack of the host's memory is not taken for a lack of simulated memory, whatever came before.
#include "world.h"

#include <errno.h>
#include <string.h>

#include "host_memory.h"

// Leaves a shortage of simulated memory behind.
static void run_short(struct world *w, uint64_t va)
{
	uint8_t byte = 1;
	int err = 0;

	for (unsigned int i = 0; i < 100 && !err; i++)
		err = tw_user_store(w->k, va + i * PAGE, &byte, 1, &w->sig);
	assert_int_equal(err, -ENOMEM);
	assert_true(tw_kernel_shortage(w->k));
}

static void call_that_lacks_host_memory_is_no_shortage(void **state)
{
	struct tw_proc *p, *other, *child;
	struct tw_layout layout;
	struct world w;
	uint64_t va;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 64});
	p = world_proc(&w);
	va = world_anon(p, 100);
	tw_layout_default(w.k, &layout);
	run_short(&w, va);
	host_memory_fail_after(0);
	assert_int_equal(tw_proc_create(w.k, &layout, &other), -ENOMEM);
	assert_true(host_memory_failed());
	assert_false(tw_kernel_shortage(w.k));
	run_short(&w, va);
	host_memory_fail_after(0);
	assert_int_equal(tw_proc_fork(p, &child), -ENOMEM);
	assert_true(host_memory_failed());
	assert_false(tw_kernel_shortage(w.k));
	run_short(&w, va);
	host_memory_fail_after(0);
	assert_int_equal(tw_sys_mmap(p, 0, PAGE, 3, TW_MAP_PRIVATE | TW_MAP_ANONYMOUS, NULL, 0),
			 -ENOMEM);
	assert_true(host_memory_failed());
	assert_false(tw_kernel_shortage(w.k));
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

static void access_that_lacks_host_memory_says_so(void **state)
{
	struct world w;
	uint8_t byte = 1;
	uint64_t va;

	(void)state;
	world_open(&w, NULL);
	va = world_anon(world_proc(&w), 1);
	// The first reverse mapping.
	host_memory_fail_after(0);
	assert_int_equal(tw_user_store(w.k, va, &byte, 1, &w.sig), -ENOMEM);
	assert_true(host_memory_failed());
	assert_false(tw_kernel_shortage(w.k));
	assert_string_equal(tw_kernel_error(w.k), "out of host memory");
	world_store(&w, va, 1);
	world_check(&w);
	assert_int_equal(world_close(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_that_lacks_host_memory_is_no_shortage),
		cmocka_unit_test(access_that_lacks_host_memory_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
