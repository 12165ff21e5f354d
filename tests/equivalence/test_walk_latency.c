// SPDX-License-Identifier: Apache-2.0
// The latency table of docs/contract.md, section 8, for every format that the subject has: walks of
// each depth from the root, below an entry of the walk cache, with a fault, a bus error or an
// update; each for short and long memory latencies. L is the memory latency, n the levels read.
#include "subjects.h"

static const unsigned int latencies[] = {1, 5, 20};
#define N_LATENCIES (sizeof(latencies) / sizeof(latencies[0]))

// One row of the table: a format of the subject and a latency.
struct row {
	void *const *state;
	const struct tw_config *config;
	const struct tw_format_desc *f;
	unsigned int latency;
};

static void for_each_row(void *const *state, void (*measure)(const struct row *r))
{
	const struct subject *s = *state;

	for (unsigned int i = 0; i < FORMATS; i++) {
		struct row r = {state, s->config, subject_format(state, i), 0};

		for (unsigned int k = 0; r.f && k < N_LATENCIES; k++) {
			r.latency = latencies[k];
			measure(&r);
		}
	}
}

static unsigned int cycles_of(const struct row *r, unsigned int n)
{
	return n * (r->latency + 1) + 2;
}

static void cold_walk(const struct row *r, unsigned int level, unsigned int port)
{
	const struct tw_format_desc *f = r->f;
	unsigned int pages = tw_size_log2_pages(f->size_of_level[level]), n = f->levels - level;
	uint64_t ppn = UINT64_C(1) << pages, va = subject_va(f);
	uint64_t below = va & ((UINT64_C(1) << (12 + pages)) - 1);
	uint8_t access = port == F ? TW_FETCH : TW_STORE;
	uint64_t root_reads;
	struct bench b;

	subject_open(&b, r->state, r->latency);
	bench_map_format(&b, f, va, level, ppn, false);
	bench_format(&b, f->format, 0);
	root_reads = b.count[TW_EV_MEM_READ];
	assert_int_equal(root_reads, 1u << tw_entry_root_bits(f) & ~1u);
	assert_int_equal(bench_access(&b, port, va | 0x123, access), cycles_of(r, n));
	assert_int_equal(bench_out(&b)->port[port].resp.fault, TW_FAULT_NONE);
	assert_true(bench_out(&b)->port[port].resp.pa == ((ppn << 12) | below | 0x123));
	assert_int_equal(bench_out(&b)->port[port].resp.size, f->size_of_level[level]);
	assert_int_equal(b.count[TW_EV_MEM_READ] - root_reads, n);
	bench_cycle(&b);
	assert_int_equal(bench_access(&b, port, va | 0x456, access), 1);
	bench_close(&b);
}

static void cold_walks(const struct row *r)
{
	for (unsigned int level = 0; level < r->f->levels; level++)
		for (unsigned int port = TW_PORTS - r->config->ports; port < TW_PORTS; port++)
			if (r->f->leaf_levels >> level & 1)
				cold_walk(r, level, port);
}

static void cold_walk_takes_one_memory_access_per_level_and_two_cycles(void **state)
{
	for_each_row(state, cold_walks);
}

// Another page beside one that was walked to, below the pointer at LEVEL + 1.
static void walks_below(const struct row *r)
{
	const struct tw_format_desc *f = r->f;

	for (unsigned int level = 0; level + 1u < f->levels; level++) {
		uint64_t va = subject_va(f), step = UINT64_C(1) << (12 + f->vpn_shift[level]);
		unsigned int n = r->config->pwc_entries ? level + 1u : f->levels;
		struct bench b;

		subject_open(&b, r->state, r->latency);
		bench_map_format(&b, f, va, 0, 0x10, false);
		bench_map_format(&b, f, va + step, 0, 0x20, false);
		bench_format(&b, f->format, 0);
		bench_access(&b, D, va, TW_LOAD);
		bench_drain(&b);
		assert_int_equal(bench_access(&b, D, va + step, TW_LOAD), cycles_of(r, n));
		assert_int_equal(bench_out(&b)->port[D].resp.pa >> 12, 0x20);
		assert_int_equal(b.count[TW_EV_PWC_START], r->config->pwc_entries != 0);
		bench_close(&b);
	}
}

static void walk_after_a_walk_cache_hit_reads_only_what_is_below(void **state)
{
	for_each_row(state, walks_below);
}

static void absent_leaf(const struct row *r)
{
	uint64_t leaf, va = subject_va(r->f);
	struct bench b;

	subject_open(&b, r->state, r->latency);
	leaf = bench_map_format(&b, r->f, va, 0, 0x10, false);
	bench_set_entry(&b, r->f, leaf, 0);
	bench_format(&b, r->f->format, 0);
	assert_int_equal(bench_access(&b, D, va, TW_LOAD), cycles_of(r, r->f->levels));
	assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_PAGE);
	assert_true(bench_out(&b)->port[D].resp.fault_va == va);
	assert_int_equal(b.count[TW_EV_WALK_RESTART], 0);
	bench_close(&b);
}

static void page_fault_from_the_root_takes_the_levels_read(void **state)
{
	for_each_row(state, absent_leaf);
}

// One read in the cached table, then all from the root.
static void fault_below(const struct row *r)
{
	unsigned int more = r->config->pwc_entries ? 1 : 0;
	uint64_t va = subject_va(r->f);
	struct bench b;

	subject_open(&b, r->state, r->latency);
	bench_map_format(&b, r->f, va, 0, 0x10, false);
	bench_format(&b, r->f->format, 0);
	bench_access(&b, D, va, TW_LOAD);
	bench_drain(&b);
	assert_int_equal(bench_access(&b, D, va + 0x1000, TW_LOAD),
			 cycles_of(r, r->f->levels + more));
	assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_PAGE);
	assert_true(bench_out(&b)->port[D].resp.fault_va == va + 0x1000);
	assert_int_equal(b.count[TW_EV_WALK_RESTART], more);
	bench_close(&b);
}

static void fault_after_a_walk_cache_hit_is_walked_again_from_the_root(void **state)
{
	for_each_row(state, fault_below);
}

// The table in which walks to VA begin.
static uint64_t root_table(struct bench *b, const struct tw_format_desc *f, uint64_t va)
{
	if (!tw_entry_root_bits(f))
		return BENCH_ROOT >> 12;
	return bench_entry(b, f, BENCH_ROOT + 8 * (va >> 30)) >> 12;
}

// The first table leads to one that is not in memory.
static void lost_table(const struct row *r)
{
	const struct tw_ctx ctx = {.format = r->f->format};
	const uint64_t beyond = UINT64_C(1) << (r->f->entry_bytes == 4 ? 30 : 38);
	uint64_t va = subject_va(r->f), first;
	struct bench b;

	subject_open(&b, r->state, r->latency);
	bench_map_format(&b, r->f, va, 0, 0x10, false);
	first = tw_arch_pte_addr(&ctx, root_table(&b, r->f, va), (uint8_t)(r->f->levels - 1), va);
	bench_set_entry(&b, r->f, first, bench_entry(&b, r->f, first) ^ beyond);
	bench_format(&b, r->f->format, 0);
	assert_int_equal(bench_access(&b, D, va, TW_LOAD), cycles_of(r, 2));
	assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_ACCESS);
	assert_true(bench_out(&b)->port[D].resp.fault_va == va);
	bench_close(&b);
}

static void bus_error_takes_the_levels_read(void **state)
{
	for_each_row(state, lost_table);
}

static void update_of_leaf(const struct row *r)
{
	uint64_t leaf, stale, va = subject_va(r->f);
	struct bench b;

	subject_open(&b, r->state, r->latency);
	leaf = bench_map_format(&b, r->f, va, 0, 0x10, true);
	stale = bench_entry(&b, r->f, leaf);
	bench_format(&b, r->f->format, 0);
	assert_int_equal(bench_access(&b, D, va, TW_STORE), cycles_of(r, r->f->levels + 1u));
	assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_NONE);
	assert_int_equal(__builtin_popcountll(bench_entry(&b, r->f, leaf) ^ stale), 2);
	assert_int_equal(b.count[TW_EV_MEM_CAS], 1);
	bench_close(&b);
}

static void setting_a_and_d_takes_one_memory_access_more(void **state)
{
	for_each_row(state, update_of_leaf);
}

int main(void)
{
	struct CMUnitTest tests[] = {
		SUBJECT_TEST(cold_walk_takes_one_memory_access_per_level_and_two_cycles),
		SUBJECT_TEST(walk_after_a_walk_cache_hit_reads_only_what_is_below),
		SUBJECT_TEST(page_fault_from_the_root_takes_the_levels_read),
		SUBJECT_TEST(fault_after_a_walk_cache_hit_is_walked_again_from_the_root),
		SUBJECT_TEST(bus_error_takes_the_levels_read),
		SUBJECT_TEST(setting_a_and_d_takes_one_memory_access_more),
	};

	return subjects_run(tests, sizeof(tests) / sizeof(tests[0]));
}
