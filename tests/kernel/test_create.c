// SPDX-License-Identifier: Apache-2.0
// Beginnings, of a kernel and of a file: what is refused, and with which words.
#include "world.h"

#include <errno.h>

#include "cache/cache.h"
#include "dev/dev.h"
#include "host_memory.h"
#include "kern.h"

static void every_failed_allocation_is_said(void **state)
{
	struct world w;
	uint64_t n = 0;
	bool failed;

	(void)state;
	world_open(&w, &(struct world_opts){.swap_slots = 16});
	assert_int_equal(tw_kernel_destroy(w.k), 0);
	w.k = NULL;
	do {
		char err[128] = "";
		int e;

		host_memory_fail_after(n++);
		e = tw_kernel_create(&w.opts, &w.k, err, sizeof(err));
		failed = host_memory_failed();
		assert_int_equal(e, failed ? -ENOMEM : 0);
		if (failed)
			assert_string_not_equal(err, "");
	} while (failed);
	assert_true(n > 4);
	assert_int_equal(world_close(&w), 0);
}

static void a_file_is_opened_wholly_or_not_at_all(void **state)
{
	struct tw_file *f = NULL;
	const char *path;
	struct world w;
	bool failed;

	(void)state;
	world_open(&w, NULL);
	path = world_file(&w, "f", PAGE);
	for (uint64_t n = 0;; n++) {
		int err;

		host_memory_fail_after(n);
		err = tw_file_open(w.k, path, TW_O_RDWR, &f);
		failed = host_memory_failed();
		assert_int_equal(err, failed ? -ENOMEM : 0);
		world_check(&w);
		assert_int_equal(w.k->cache->files.count, failed ? 0 : 1);
		assert_int_equal(w.k->hostfiles->opened, failed ? 0 : 1);
		if (!failed)
			break;
	}
	assert_int_equal(tw_file_close(f), 0);
	assert_int_equal(world_close(&w), 0);
}

static void options_that_cannot_be_are_named(void **state)
{
	struct world w;
	struct tw_kernel_opts o;
	struct tw_kernel *k = NULL;
	char err[128];

	(void)state;
	world_open(&w, NULL);
#define REFUSED(change, text)                                                          \
	do {                                                                           \
		o = w.opts;                                                            \
		change;                                                                \
		err[0] = '\0';                                                         \
		assert_int_equal(tw_kernel_create(&o, &k, err, sizeof(err)), -EINVAL); \
		assert_string_equal(err, text);                                        \
	} while (0)
	REFUSED(o.hw = NULL, "no hardware given");
	REFUSED(o.frames = TW_MIN_FRAMES - 1, "31 frames: expected 32 or more");
	REFUSED(o.frames = 257, "257 frames at 80000000: expected flat, page-aligned memory");
	REFUSED(o.ram_base += 8, "256 frames at 80000008: expected flat, page-aligned memory");
	REFUSED(o.asid_bits = 17, "17 ASID bits: the hardware has 16 for sv39");
	REFUSED((o.format = TW_FMT_X86_LONG4, o.svade = true),
		"svade: long4 sets A and D in hardware always");
	REFUSED(o.format = 3, "no page-table format has the number 3");
	w.hw->formats = 1u << TW_FMT_SV39;
	REFUSED(o.format = TW_FMT_SV57, "the hardware does not have the format sv57");
	w.hw->asid_bits = 4;
	REFUSED(o.asid_bits = 5, "5 ASID bits: the hardware has 4 for sv39");
	w.hw->formats = UINT32_MAX;
	w.hw->asid_bits = 16;
	REFUSED((o.swap_slots = 1, o.swap_path = NULL), "swap slots without a swap file");
	REFUSED(o.policy = "best", "no replacement policy is called \"best\"");
#undef REFUSED
	assert_int_equal(world_close(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failed_allocation_is_said),
		cmocka_unit_test(a_file_is_opened_wholly_or_not_at_all),
		cmocka_unit_test(options_that_cannot_be_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
