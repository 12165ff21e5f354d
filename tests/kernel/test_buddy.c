// SPDX-License-Identifier: Apache-2.0
// The buddy allocator and its zones.
#include "world.h"

#include <stdlib.h>

#include "kern.h"
#include "phys/phys.h"
#include "phys/zone.h"
#include "twinwalk/prng.h"

// A kernel's memory without the kernel: frames and zones only.
static struct tw_kernel *bare(uint64_t base, uint32_t frames)
{
	struct tw_kernel *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	k->base_pfn = base >> 12;
	k->frames_total = frames;
	assert_int_equal(tw_phys_create(k), 0);
	return k;
}

static void done(struct tw_kernel *k)
{
	tw_phys_destroy(k);
	free(k);
}

// As tw_frame_alloc() does.
static uint32_t take(struct tw_kernel *k, unsigned int limit, unsigned int order)
{
	uint32_t f = tw_buddy_alloc(k, limit, order);

	for (uint32_t i = 0; f != TW_NO_FRAME && i < 1u << order; i++)
		k->frames[f + i].state = TW_FRAME_TABLE;
	return f;
}

static void give(struct tw_kernel *k, uint32_t f, unsigned int order)
{
	for (uint32_t i = 0; i < 1u << order; i++)
		k->frames[f + i].state = TW_FRAME_FREE;
	tw_buddy_free(k, f, order);
}

static void hands_out_every_frame_exactly_once(void **state)
{
	struct tw_kernel *k = bare(0x80000000, 777);
	uint8_t seen[777] = {0};

	(void)state;
	for (uint32_t i = 0; i < 777; i++) {
		uint32_t f = take(k, TW_ZONE_NORMAL, 0);

		if (f >= 777)
			fail_msg("frame %u of 777", f);
		assert_int_equal(seen[f]++, 0);
	}
	assert_int_equal(take(k, TW_ZONE_NORMAL, 0), TW_NO_FRAME);
	assert_int_equal(tw_zones_free(k), 0);
	done(k);
}

static void blocks_are_aligned_to_their_size_by_physical_address(void **state)
{
	struct tw_kernel *k = bare(0x80003000, 600);

	(void)state;
	for (unsigned int order = 0; order < 9; order++) {
		uint32_t f = take(k, TW_ZONE_NORMAL, order);

		assert_true(f != TW_NO_FRAME);
		assert_int_equal(tw_frame_pfn(k, f) & ((1u << order) - 1), 0);
	}
	done(k);
}

static void freed_buddies_become_one_block_again(void **state)
{
	struct tw_kernel *k = bare(0x80000000, 1024);
	uint32_t f[1024];

	(void)state;
	assert_int_equal(k->zones[TW_ZONE_DMA32].blocks[10], 1);
	for (uint32_t i = 0; i < 1024; i++)
		f[i] = take(k, TW_ZONE_NORMAL, 0);
	// Every second one first: nothing can join until the others come.
	for (uint32_t i = 0; i < 1024; i += 2)
		give(k, f[i], 0);
	assert_int_equal(k->zones[TW_ZONE_DMA32].blocks[0], 512);
	assert_int_equal(tw_zones_fragmentation(k, 1), 1000);
	for (uint32_t i = 1; i < 1024; i += 2)
		give(k, f[i], 0);
	assert_int_equal(k->zones[TW_ZONE_DMA32].blocks[10], 1);
	assert_int_equal(tw_zones_fragmentation(k, 10), 0);
	done(k);
}

static void large_request_fails_when_memory_is_in_small_pieces(void **state)
{
	struct tw_kernel *k = bare(0x80000000, 64);
	uint32_t f[64];

	(void)state;
	for (uint32_t i = 0; i < 64; i++)
		f[i] = take(k, TW_ZONE_NORMAL, 0);
	for (uint32_t i = 0; i < 64; i++)
		if (f[i] % 2)
			give(k, f[i], 0);
	assert_int_equal(tw_zones_free(k), 32);
	assert_int_equal(take(k, TW_ZONE_NORMAL, 1), TW_NO_FRAME);
	assert_true(take(k, TW_ZONE_NORMAL, 0) != TW_NO_FRAME);
	done(k);
}

// 8 MB of DMA, then DMA32.
static void falls_back_to_lower_zones_only(void **state)
{
	struct tw_kernel *k = bare(0x800000, 4096);

	(void)state;
	assert_int_equal(k->zones[TW_ZONE_DMA].frames, 2048);
	assert_int_equal(k->zones[TW_ZONE_DMA32].frames, 2048);
	assert_int_equal(k->zones[TW_ZONE_NORMAL].frames, 0);
	for (uint32_t i = 0; i < 2048; i++)
		assert_true(take(k, TW_ZONE_NORMAL, 0) >= 2048);
	assert_true(take(k, TW_ZONE_NORMAL, 0) < 2048);
	while (take(k, TW_ZONE_DMA, 0) != TW_NO_FRAME)
		;
	assert_int_equal(tw_zones_free(k), 0);
	done(k);
}

static void request_for_a_low_zone_never_takes_a_high_frame(void **state)
{
	struct tw_kernel *k = bare(0xfff00000, 512);

	(void)state;
	assert_int_equal(k->zones[TW_ZONE_DMA32].frames, 256);
	assert_int_equal(k->zones[TW_ZONE_NORMAL].frames, 256);
	for (uint32_t i = 0; i < 256; i++)
		assert_true(take(k, TW_ZONE_DMA32, 0) < 256);
	assert_int_equal(take(k, TW_ZONE_DMA32, 0), TW_NO_FRAME);
	done(k);
}

static void random_use_keeps_all_invariants(void **state)
{
	struct tw_kernel *k = bare(0x80005000, 900);
	uint64_t rng = world_seed(11);
	struct {
		uint32_t f;
		unsigned int order;
	} held[300];
	unsigned int n = 0;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t r = tw_random(&rng) >> 20;

		if (r % 2 && n < 300) {
			unsigned int order = (unsigned int)(r >> 8) % 6;
			uint32_t f = take(k, TW_ZONE_NORMAL, order);

			if (f == TW_NO_FRAME)
				continue;
			held[n].f = f;
			held[n++].order = order;
		} else if (n) {
			unsigned int j = (unsigned int)(r >> 8) % n;

			give(k, held[j].f, held[j].order);
			held[j] = held[--n];
		}
	}
	while (n--)
		give(k, held[n].f, held[n].order);
	assert_int_equal(tw_zones_free(k), 900);
	for (uint32_t f = 0; f < 900; f++)
		assert_int_equal(k->frames[f].state, TW_FRAME_FREE);
	// All joined: the fewest blocks that 900 frames from 0x80005 on can make.
	{
		struct tw_kernel *fresh = bare(0x80005000, 900);

		for (unsigned int o = 0; o < TW_ORDERS; o++)
			assert_int_equal(k->zones[TW_ZONE_DMA32].blocks[o],
					 fresh->zones[TW_ZONE_DMA32].blocks[o]);
		done(fresh);
	}
	done(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_out_every_frame_exactly_once),
		cmocka_unit_test(blocks_are_aligned_to_their_size_by_physical_address),
		cmocka_unit_test(freed_buddies_become_one_block_again),
		cmocka_unit_test(large_request_fails_when_memory_is_in_small_pieces),
		cmocka_unit_test(falls_back_to_lower_zones_only),
		cmocka_unit_test(request_for_a_low_zone_never_takes_a_high_frame),
		cmocka_unit_test(random_use_keeps_all_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
