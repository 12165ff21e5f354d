// SPDX-License-Identifier: Apache-2.0
// The hardware interface on its three back ends: the same random calls give the same results, cycle
// counts, counters and memory on csim (with its short cut), rtl and lockstep, whatever the memory's
// latency, order and errors.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tb/stim_tables.h"
#include "twinwalk/prng.h"
#include "twinwalk/tb.h"

enum { BACK_ENDS = 3, CALLS = 8000, PAGES = 12 };

static int (*const create[BACK_ENDS])(const struct tw_hw_opts *opts, struct tw_hw **hw) = {
	tw_hw_csim_create,
	tw_hw_rtl_create,
	tw_hw_lockstep_create,
};

// One back end with its own memory, filled alike.
struct machine {
	struct tw_hw *hw;
	struct tw_stim_tables tables;
	struct tw_prng rng; // of the tables
	uint64_t observed;  // a hash of all memory transactions
};

static void observe(void *user, const struct tw_mem_event *ev)
{
	struct machine *m = user;

	m->observed = m->observed * UINT64_C(0x100000001b3) ^ ev->cycle ^ ev->addr ^ ev->data << 1 ^
		      ev->expected << 2 ^ ev->desired << 3 ^ ev->cas ^ (uint64_t)ev->err << 1;
}

static void same_result(const struct tw_hw_result *a, const struct tw_hw_result *b)
{
	assert_int_equal(a->cycles, b->cycles);
	assert_int_equal(a->resp.pa, b->resp.pa);
	assert_int_equal(a->resp.fault_va, b->resp.fault_va);
	assert_int_equal(a->resp.size, b->resp.size);
	assert_int_equal(a->resp.fault, b->resp.fault);
	assert_int_equal(a->resp.cause, b->resp.cause);
	assert_int_equal(a->resp.attr, b->resp.attr);
	assert_int_equal(a->resp.global, b->resp.global);
}

static void any_ctx(struct tw_prng *r, struct machine *m, struct tw_ctx *ctx)
{
	const struct tw_stim_space *space = &m->tables.space[tw_prng_bits(r, 1)];
	uint64_t root = m->tables.table[space->first[space->levels - 1]].pa;

	*ctx = (struct tw_ctx){
		.format = tw_prng_chance(r, 50) ? TW_FMT_BARE : space->format->format,
		.asid = (uint16_t)tw_prng_bits(r, 2),
		.root_ppn = root >> 12,
		.root_low = (uint16_t)(root & 0xfff),
		.flags = tw_prng_bits(r, 12) | TW_F_ADUE | TW_F_SVNAPOT | TW_F_PSE,
		.pkru = tw_prng_sparse(r),
		.maxphyaddr = 52,
	};
}

// Makes one random call on all back ends and compares what comes back.
static void call(struct tw_prng *r, struct machine *m, const uint64_t (*page)[PAGES])
{
	struct tw_hw_result res[BACK_ENDS];
	struct tw_ctx ctx;
	struct tw_fence fence;
	struct tw_req req;
	int refused[BACK_ENDS];
	unsigned int port = tw_prng_bits(r, 1), what = tw_prng_bits(r, 8);
	int space = tw_stim_tables_space(&m[0].tables, m[0].hw->ctx.format, m[0].hw->ctx.root_ppn);
	uint64_t va = page[space < 0 ? 0 : space][tw_prng_below(r, PAGES)] | tw_prng_bits(r, 12);

	if (what < 2) {
		any_ctx(r, m, &ctx);
		// A root that is loaded may be refused, then by all.
		for (unsigned int i = 0; i < BACK_ENDS; i++)
			refused[i] = tw_hw_set_ctx(m[i].hw, &ctx);
		for (unsigned int i = 1; i < BACK_ENDS; i++)
			assert_int_equal(refused[i], refused[0]);
	} else if (what < 6) {
		fence = (struct tw_fence){tw_prng_bits(r, 1), tw_prng_bits(r, 1),
					  tw_prng_bits(r, 1), (uint16_t)tw_prng_bits(r, 2), va};
		for (unsigned int i = 0; i < BACK_ENDS; i++)
			assert_int_equal(tw_hw_fence(m[i].hw, &fence), 0);
	} else if (what < 8) {
		unsigned int n = tw_prng_bits(r, 5);

		for (unsigned int i = 0; i < BACK_ENDS; i++)
			assert_int_equal(tw_hw_idle(m[i].hw, n), 0);
	} else if (what < 12) {
		for (unsigned int i = 0; i < BACK_ENDS; i++)
			tw_stim_tables_edit(&m[i].tables);
	} else {
		req = (struct tw_req){.va = va,
				      .access = port ? (uint8_t)(1 + tw_prng_below(r, 3)) : 0,
				      .priv = (uint8_t)tw_prng_bits(r, 1),
				      .sum = tw_prng_bits(r, 1),
				      .mxr = tw_prng_bits(r, 1)};
		for (unsigned int i = 0; i < BACK_ENDS; i++) {
			assert_int_equal(tw_hw_access(m[i].hw, port, &req, &res[i]), 0);
			same_result(&res[0], &res[i]);
		}
	}
}

static void same_memory(struct machine *a, struct machine *b)
{
	for (unsigned int t = 0; t < a->tables.n; t++) {
		static uint8_t page_a[4096], page_b[4096];
		uint64_t pa = a->tables.table[t].pa & ~UINT64_C(0xfff);

		assert_int_equal(tw_pmem_read(a->tables.pmem, pa, page_a, sizeof(page_a)), 0);
		assert_int_equal(tw_pmem_read(b->tables.pmem, pa, page_b, sizeof(page_b)), 0);
		assert_memory_equal(page_a, page_b, sizeof(page_a));
	}
}

static void run(const struct tw_config *config, const struct tw_membus_opts *mem, uint64_t seed)
{
	struct tw_hw_opts opts = {.config = config, .mem = *mem, .seed = seed};
	struct machine m[BACK_ENDS];
	uint64_t page[TW_STIM_SPACES][PAGES];
	struct tw_hw_counters counters[BACK_ENDS];
	struct tw_prng r;

	memset(m, 0, sizeof(m));
	tw_prng_seed(&r, seed);
	for (unsigned int i = 0; i < BACK_ENDS; i++) {
		tw_prng_seed(&m[i].rng, seed);
		assert_int_equal(tw_stim_tables_init(&m[i].tables, config, &m[i].rng), 0);
		tw_stim_tables_fill(&m[i].tables, 30, 512);
		opts.pmem = m[i].tables.pmem;
		assert_int_equal(create[i](&opts, &m[i].hw), 0);
		tw_hw_observe(m[i].hw, observe, &m[i]);
	}
	print_message("%s, %s and %s, latency %u..%u, seed %u\n", config->name,
		      m[0].tables.space[0].format->name, m[0].tables.space[1].format->name,
		      mem->latency_min, mem->latency_max, (unsigned int)seed);
	for (unsigned int f = 0; f < TW_STIM_SPACES; f++)
		for (unsigned int i = 0; i < PAGES; i++)
			page[f][i] = tw_stim_tables_va(&m[0].tables, f);
	// The addresses above were drawn from the first machine's numbers.
	for (unsigned int i = 1; i < BACK_ENDS; i++)
		m[i].rng = m[0].rng;
	for (unsigned int n = 0; n < CALLS; n++)
		call(&r, m, (const uint64_t(*)[PAGES])page);
	for (unsigned int i = 0; i < BACK_ENDS; i++) {
		assert_int_equal(tw_hw_finish(m[i].hw), 0);
		assert_int_equal(tw_hw_get_counters(m[i].hw, &counters[i]), 0);
		assert_int_equal(counters[0].cycle, counters[i].cycle);
		assert_memory_equal(counters[0].event, counters[i].event,
				    sizeof(counters[0].event));
		assert_int_equal(m[0].observed, m[i].observed);
		same_memory(&m[0], &m[i]);
	}
	// The calls have to have reached hits, walks and faults.
	assert_true(counters[0].event[TW_EV_L1D_HIT] > 100);
	assert_true(counters[0].event[TW_EV_WALK_OK] > 100);
	assert_true(counters[0].event[TW_EV_WALK_FAULT] > 100);
	for (unsigned int i = 0; i < BACK_ENDS; i++) {
		tw_hw_destroy(m[i].hw);
		tw_stim_tables_exit(&m[i].tables);
	}
}

static void all_back_ends_agree(void **state)
{
	static const struct tw_membus_opts mem[] = {
		{.latency_min = 1, .latency_max = 1},
		{.latency_min = 20, .latency_max = 20},
		{.latency_min = 1, .latency_max = 30, .stall_permille = 300, .seed = 5},
		{.latency_min = 2,
		 .latency_max = 9,
		 .stall_permille = 100,
		 .error_permille = 50,
		 .seed = 6},
	};
	unsigned int ran = 0;

	(void)state;
	for (size_t c = 0; c < tw_config_count(); c++) {
		if (!tw_rtl_built(tw_config_named(c)))
			continue;
		ran++;
		// Two formats in each run.
		for (size_t i = 0; i < 2 * sizeof(mem) / sizeof(mem[0]); i++)
			run(tw_config_named(c), &mem[i / 2], 100 + i);
	}
	assert_int_not_equal(ran, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_back_ends_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
