// SPDX-License-Identifier: Apache-2.0
// PAE's root, whose four entries are read when the root register is written (docs/contract.md
// sections 3 and 8), on the pins.
#include "subjects.h"

static const unsigned int latencies[] = {1, 5, 20};
#define N_LATENCIES (sizeof(latencies) / sizeof(latencies[0]))

static bool has_pae(void *const *state)
{
	return subject_format(state, TW_FMT_X86_PAE);
}

static const uint64_t pae_va = UINT64_C(0x80601000);

// Opens, maps one page below entry 2 of the root, and presents a write of the root at LOW bytes
// into its page in the present cycle.
static void open_pae(struct bench *b, void *const *state, unsigned int latency, unsigned int low)
{
	const struct tw_format_desc *f = tw_format_get(TW_FMT_X86_PAE);
	uint64_t entry;

	subject_open(b, state, latency);
	bench_map_format(b, f, pae_va, 0, 0x10, false);
	for (unsigned int i = 0; i < 4; i++) {
		entry = bench_entry(b, f, BENCH_ROOT + 8 * i);
		bench_set_entry(b, f, BENCH_ROOT + low + 8 * i, entry);
	}
	b->in.ctrl_valid = true;
	b->in.ctrl_addr = TW_CTRL_ROOT;
	b->in.ctrl_data = (uint64_t)f->format << 60 | (uint64_t)(low >> 5) << 44 | BENCH_ROOT >> 12;
}

static void root_is_loaded_by_four_reads_one_after_the_other(void **state)
{
	const struct subject *s = *state;

	for (unsigned int i = 0; has_pae(state) && i < N_LATENCIES; i++) {
		unsigned int latency = latencies[i], low = 0xfe0;
		struct bench b;

		open_pae(&b, state, latency, low);
		for (unsigned int t = 0; t < 2 + 4 * (latency + 1); t++) {
			unsigned int since = t - 2, k = since / (latency + 1);
			bool asks = t >= 2 && since % (latency + 1) == 0;

			assert_int_equal(bench_out(&b)->ctrl_ready, t == 0);
			assert_int_equal(bench_out(&b)->mem_req_valid, asks);
			if (asks) {
				assert_int_equal(bench_out(&b)->mem_req_id, s->config->walkers);
				assert_int_equal(bench_out(&b)->mem_req_addr,
						 BENCH_ROOT + low + 8 * k);
				assert_int_equal(bench_out(&b)->mem_req_lanes, 3);
				assert_false(bench_out(&b)->mem_req_cas);
			}
			if (t)
				assert_false(bench_out(&b)->port[D].req_ready);
			bench_cycle(&b);
		}
		assert_true(bench_out(&b)->ctrl_ready && bench_out(&b)->port[D].req_ready);
		assert_false(bench_out(&b)->ctrl_refused);
		assert_int_equal(b.count[TW_EV_CTRL], 2);
		bench_access(&b, D, pae_va, TW_LOAD);
		assert_int_equal(bench_out(&b)->port[D].resp.pa, 0x10000);
		bench_close(&b);
	}
}

static unsigned int until_ready(struct bench *b)
{
	unsigned int n = 0;

	do
		bench_cycle(b);
	while (++n < 1000 && !bench_out(b)->ctrl_ready);
	return n;
}

static void root_with_a_reserved_bit_is_refused_at_its_end(void **state)
{
	const struct tw_format_desc *f = tw_format_get(TW_FMT_X86_PAE);
	const uint64_t bad[] = {
		2, 4, 0x20, 0x40, 0x80, 0x100, UINT64_C(1) << 52, UINT64_C(1) << 63};

	for (unsigned int i = 0; has_pae(state) && i < 8 * 4; i++) {
		uint64_t pa = BENCH_ROOT + 8 * (i % 4), entry;
		struct bench b;

		open_pae(&b, state, 5, 0);
		entry = bench_entry(&b, f, pa);
		bench_set_entry(&b, f, pa, entry | 1 | bad[i / 4]);
		assert_int_equal(until_ready(&b), 2 + 4 * 6);
		assert_true(bench_out(&b)->ctrl_refused);
		bench_cycle(&b);
		assert_false(bench_out(&b)->ctrl_refused);
		// Nothing has changed: no translation.
		assert_int_equal(bench_access(&b, D, pae_va, TW_LOAD), 1);
		assert_int_equal(bench_out(&b)->port[D].resp.pa, pae_va);
		// Not present, the same bits mean nothing.
		bench_set_entry(&b, f, pa, bad[i / 4]);
		b.in.ctrl_valid = true;
		until_ready(&b);
		assert_false(bench_out(&b)->ctrl_refused);
		bench_close(&b);
	}
}

static void root_out_of_memory_is_refused_at_once(void **state)
{
	struct bench b;

	if (!has_pae(state))
		return;
	open_pae(&b, state, 5, 0);
	b.in.ctrl_data = (uint64_t)TW_FMT_X86_PAE << 60 | 0x12;
	assert_int_equal(until_ready(&b), 2 + 6);
	assert_true(bench_out(&b)->ctrl_refused);
	assert_int_equal(b.count[TW_EV_MEM_READ], 1);
	assert_int_equal(bench_access(&b, D, pae_va, TW_LOAD), 1);
	bench_close(&b);
}

static void entries_of_the_root_are_those_of_its_write(void **state)
{
	const struct tw_format_desc *f = tw_format_get(TW_FMT_X86_PAE);
	struct bench b;

	if (!has_pae(state))
		return;
	open_pae(&b, state, 5, 0);
	until_ready(&b);
	bench_set_entry(&b, f, BENCH_ROOT + 16, 0);
	bench_access(&b, D, pae_va, TW_LOAD);
	assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_NONE);
	bench_drain(&b);
	bench_ctrl(&b, TW_CTRL_ROOT, (uint64_t)f->format << 60 | BENCH_ROOT >> 12);
	// The same format: what the TLBs hold stays.
	assert_int_equal(bench_access(&b, D, pae_va, TW_LOAD), 1);
	bench_drain(&b);
	bench_fence(&b, false, false, true, 0, 0);
	assert_int_equal(bench_access(&b, D, pae_va, TW_LOAD), 2);
	assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_PAGE);
	assert_int_equal(bench_out(&b)->port[D].resp.cause, 0);
	bench_close(&b);
}

static void address_without_a_root_faults_in_two_cycles_and_kills(void **state)
{
	const struct tw_format_desc *f = tw_format_get(TW_FMT_X86_PAE);
	struct bench b;
	uint64_t reads;

	if (!has_pae(state))
		return;
	open_pae(&b, state, 5, 0);
	bench_map_format(&b, f, pae_va, 0, 0x10, true);
	until_ready(&b);
	// The page is in the L1 with D = 0, and its table in the walk cache.
	bench_access(&b, D, pae_va, TW_LOAD);
	bench_drain(&b);
	bench_set_entry(&b, f, BENCH_ROOT + 16, 0);
	bench_ctrl(&b, TW_CTRL_ROOT, (uint64_t)f->format << 60 | BENCH_ROOT >> 12);
	reads = b.count[TW_EV_MEM_READ];
	assert_int_equal(bench_access(&b, D, pae_va, TW_LOAD), 1);
	bench_drain(&b);
	// A store misses, finds no root, and kills.
	assert_int_equal(bench_access(&b, D, pae_va, TW_STORE), 2);
	assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_PAGE);
	assert_int_equal(bench_out(&b)->port[D].resp.cause, TW_PF_W);
	assert_int_equal(bench_out(&b)->dbg_l1[D].valid, 0);
	assert_int_equal(bench_out(&b)->dbg_pwc.valid, 0);
	bench_drain(&b);
	assert_int_equal(bench_access(&b, D, pae_va, TW_LOAD), 2);
	assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_PAGE);
	bench_drain(&b);
	assert_int_equal(b.count[TW_EV_MEM_READ], reads);
	assert_int_equal(b.count[TW_EV_WALK_FAULT], 0);
	bench_close(&b);
}

int main(void)
{
	struct CMUnitTest tests[] = {
		SUBJECT_TEST(root_is_loaded_by_four_reads_one_after_the_other),
		SUBJECT_TEST(root_with_a_reserved_bit_is_refused_at_its_end),
		SUBJECT_TEST(root_out_of_memory_is_refused_at_once),
		SUBJECT_TEST(entries_of_the_root_are_those_of_its_write),
		SUBJECT_TEST(address_without_a_root_faults_in_two_cycles_and_kills),
	};

	return subjects_run(tests, sizeof(tests) / sizeof(tests[0]));
}
