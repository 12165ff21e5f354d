// SPDX-License-Identifier: Apache-2.0
// The digest of all memory, which must tell apart what differs in any byte or place; and that what
// takes long ends early when its user wants that.
#include "world.h"

#include <errno.h>
#include <string.h>

#include "kern.h"

static uint64_t digest(struct world *w)
{
	uint64_t d = 0;

	assert_int_equal(tw_kernel_digest(w->k, &d), 0);
	return d;
}

static void each_byte_of_memory_counts(void **state)
{
	struct world w;
	uint64_t before;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 64});
	before = digest(&w);
	assert_true(digest(&w) == before);
	for (uint32_t f = 0; f < 64; f += 21) {
		const uint32_t at[] = {0, 1, 2047, PAGE - 1};

		for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
			tw_frame_host(w.k, f)[at[i]] ^= 0x10;
			assert_true(digest(&w) != before);
			tw_frame_host(w.k, f)[at[i]] ^= 0x10;
		}
	}
	assert_true(digest(&w) == before);
	assert_int_equal(world_close(&w), 0);
}

// Also among pages of zeros, which are passed over.
static void the_same_page_elsewhere_is_another_memory(void **state)
{
	struct world w;
	uint64_t seen[64];

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 64});
	memset(w.k->ram, 0, w.k->ram_bytes);
	for (uint32_t f = 0; f < 64; f++) {
		memset(tw_frame_host(w.k, f), 0x5a, PAGE);
		seen[f] = digest(&w);
		memset(tw_frame_host(w.k, f), 0, PAGE);
		for (uint32_t other = 0; other < f; other++)
			assert_true(seen[other] != seen[f]);
	}
	assert_int_equal(world_close(&w), 0);
}

static bool stop_now(void *user)
{
	(void)user;
	return true;
}

static void digest_and_check_end_when_they_are_stopped(void **state)
{
	struct world w;
	char err[200];
	uint64_t d;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 64, .swap_slots = 64});
	w.k->opts.stop = stop_now;
	assert_int_equal(tw_kernel_digest(w.k, &d), -EINTR);
	assert_int_equal(tw_kernel_check(w.k, true, err, sizeof(err)), -EINTR);
	w.k->opts.stop = NULL;
	assert_int_equal(world_close(&w), 0);
}

static void populate_ends_when_it_is_stopped(void **state)
{
	struct world w;
	struct tw_proc *p;
	int64_t at;

	(void)state;
	world_open(&w, &(struct world_opts){.frames = 64});
	p = world_proc(&w);
	w.k->opts.stop = stop_now;
	at = tw_sys_mmap(p, 0, 8 * PAGE, TW_PROT_READ | TW_PROT_WRITE,
			 TW_MAP_PRIVATE | TW_MAP_ANONYMOUS | TW_MAP_POPULATE, NULL, 0);
	assert_true(at > 0);
	w.k->opts.stop = NULL;
	assert_int_equal(world_stats(&w).anon, 0);
	world_store(&w, (uint64_t)at, 1);
	assert_int_equal(world_close(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_of_memory_counts),
		cmocka_unit_test(the_same_page_elsewhere_is_another_memory),
		cmocka_unit_test(digest_and_check_end_when_they_are_stopped),
		cmocka_unit_test(populate_ends_when_it_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
