// SPDX-License-Identifier: Apache-2.0
// What docs/contract.md says of each format and geometry, on the pins: entries of 4 bytes;
// addresses of 32 bits; parts that are missing. The cycles of walks: test_walk_latency.c.
#include "subjects.h"

static void use(struct bench *b, const struct tw_format_desc *f)
{
	bench_format(b, f->format, 0);
}

// --- Entries of 4 and of 8 bytes ----------------------------------------------------------------

// The request on the pins, as soon as there is one: a read or a compare-and-swap.
static void wait_for_request(struct bench *b, bool cas)
{
	for (unsigned int n = 0; !bench_out(b)->mem_req_valid || bench_out(b)->mem_req_cas != cas;
	     n++) {
		assert_true(n < 200);
		bench_cycle(b);
	}
}

static void lanes_are_those_of_the_entry(void **state)
{
	for (unsigned int i = 0; i < FORMATS; i++) {
		const struct tw_format_desc *f = subject_format(state, i);

		// Two entries side by side, the second in the upper half of its word.
		for (unsigned int odd = 0; f && odd < 2; odd++) {
			uint64_t va = subject_va(f) + 0x1000 * (1 + odd), pa, stale;
			unsigned int shift = odd && f->entry_bytes == 4 ? 32 : 0;
			uint8_t lanes = (uint8_t)(f->entry_bytes == 8 ? 3 : 1 << odd);
			const struct tw_mmu_out *out;
			struct bench b;

			subject_open(&b, state, 5);
			pa = bench_map_format(&b, f, va, 0, 0x10, true);
			stale = bench_entry(&b, f, pa);
			use(&b, f);
			bench_request(&b, D, 0, va, TW_STORE);
			bench_cycle(&b);
			wait_for_request(&b, true);
			out = bench_out(&b);
			assert_int_equal(out->mem_req_addr, pa & ~UINT64_C(7));
			assert_int_equal(out->mem_req_lanes, lanes);
			assert_true(out->mem_req_expected == stale << shift);
			bench_wait(&b, D, 100);
			assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_NONE);
			// A and D, and the neighbour as it was.
			assert_int_not_equal(bench_entry(&b, f, pa), stale);
			assert_int_equal(__builtin_popcountll(bench_entry(&b, f, pa) ^ stale), 2);
			assert_int_equal(bench_entry(&b, f, pa ^ f->entry_bytes), 0);
			bench_close(&b);
		}
	}
}

static void edit_of_the_neighbour_loses_no_compare_and_swap(void **state)
{
	for (unsigned int i = 0; i < FORMATS; i++) {
		const struct tw_format_desc *f = subject_format(state, i);
		uint64_t pa;
		struct bench b;

		if (!f || f->entry_bytes == 8)
			continue;
		subject_open(&b, state, 5);
		pa = bench_map_format(&b, f, subject_va(f), 0, 0x10, true);
		use(&b, f);
		bench_request(&b, D, 0, subject_va(f), TW_STORE);
		bench_cycle(&b);
		wait_for_request(&b, true);
		bench_set_entry(&b, f, pa ^ 4, 0x5a5a5a5a);
		bench_wait(&b, D, 100);
		bench_cycle(&b);
		assert_int_equal(b.count[TW_EV_CAS_LOST], 0);
		assert_int_equal(bench_entry(&b, f, pa ^ 4), 0x5a5a5a5a);
		bench_close(&b);
	}
}

static void killed_walk_keeps_its_request_under_another_format(void **state)
{
	for (unsigned int i = 0; i < FORMATS; i++) {
		const struct tw_format_desc *f = subject_format(state, i);
		struct tw_mmu_out shown;
		uint64_t pa;
		struct bench b;

		if (!f)
			continue;
		subject_open(&b, state, 5);
		pa = bench_map_format(&b, f, subject_va(f), 0, 0x10, true);
		use(&b, f);
		bench_request(&b, D, 3, subject_va(f), TW_STORE);
		bench_cycle(&b);
		wait_for_request(&b, true);
		shown = *bench_out(&b);
		b.in.port[D].cancel_valid = b.in.port[D].cancel_all = true;
		// Memory takes nothing meanwhile.
		for (unsigned int t = 0; t < 8; t++) {
			b.in.ctrl_valid = t == 1;
			b.in.ctrl_addr = TW_CTRL_ROOT;
			b.in.ctrl_data = 0;
			b.in.mem_req_ready = false;
			assert_int_equal(b.dev.pin.tick(b.dev.pin.user, &b.in), 0);
			b.in.port[D].cancel_valid = false;
			assert_true(bench_out(&b)->mem_req_valid && bench_out(&b)->mem_req_cas);
			assert_int_equal(bench_out(&b)->mem_req_lanes, shown.mem_req_lanes);
			assert_true(bench_out(&b)->mem_req_addr == shown.mem_req_addr);
			assert_true(bench_out(&b)->mem_req_expected == shown.mem_req_expected);
			assert_true(bench_out(&b)->mem_req_desired == shown.mem_req_desired);
		}
		b.in.ctrl_valid = false;
		bench_drain(&b);
		(void)pa;
		bench_close(&b);
	}
}

// --- Addresses ----------------------------------------------------------------------------------

static void upper_half_of_a_32_bit_address_does_not_exist(void **state)
{
	const uint64_t upper = UINT64_C(0xdeadbeef) << 32;

	for (unsigned int i = 0; i < FORMATS; i++) {
		const struct tw_format_desc *f = subject_format(state, i);
		uint64_t va;
		struct bench b;

		if (!f || f->va_bits != 32)
			continue;
		va = subject_va(f);
		subject_open(&b, state, 5);
		bench_map_format(&b, f, va, 0, 0x10, false);
		use(&b, f);
		bench_access(&b, D, va | upper, TW_LOAD);
		assert_int_equal(bench_out(&b)->port[D].resp.pa, 0x10000);
		bench_cycle(&b);
		assert_int_equal(bench_access(&b, D, va, TW_LOAD), 1);
		bench_cycle(&b);
		bench_access(&b, D, (va + 0x5000) | upper, TW_LOAD);
		assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_PAGE);
		assert_true(bench_out(&b)->port[D].resp.fault_va == va + 0x5000);
		bench_drain(&b);
		// A fence too.
		bench_fence(&b, true, false, true, va | UINT64_C(1) << 40, 0);
		assert_true(bench_access(&b, D, va, TW_LOAD) > 2);
		bench_close(&b);
	}
}

static void untranslated_address_beyond_the_widest_format_is_an_access_fault(void **state)
{
	const struct subject *s = *state;
	struct tw_widths w;
	struct bench b;

	tw_config_widths(s->config, &w);
	subject_open(&b, state, 5);
	bench_access(&b, D, (UINT64_C(1) << w.pa) - 1, TW_LOAD);
	assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_NONE);
	bench_cycle(&b);
	assert_int_equal(bench_access(&b, D, UINT64_C(1) << w.pa, TW_LOAD), 1);
	assert_int_equal(bench_out(&b)->port[D].resp.fault, TW_FAULT_ACCESS);
	assert_int_equal(bench_out(&b)->port[D].resp.cause, 5);
	assert_true(bench_out(&b)->port[D].resp.fault_va == UINT64_C(1) << w.pa);
	bench_close(&b);
}

// --- Geometry -----------------------------------------------------------------------------------

static void fence_sweeps_the_sets_that_there_are(void **state)
{
	const struct subject *s = *state;
	unsigned int sets = s->config->l2_sets;
	struct bench b;

	subject_open(&b, state, 5);
	assert_int_equal(bench_fence(&b, false, false, true, 0, 0), 2);
	assert_int_equal(bench_fence(&b, true, false, true, 0x1000, 0), sets ? 3 : 2);
	assert_int_equal(bench_fence(&b, false, true, false, 0, 1), sets + 2);
	assert_int_equal(bench_fence(&b, true, true, false, 0x1000, 1), sets ? 3 : 2);
	bench_close(&b);
}

static void page_that_left_the_l1_is_found_in_the_part_for_its_size(void **state)
{
	const struct subject *s = *state;

	for (unsigned int i = 0; i < FORMATS; i++) {
		const struct tw_format_desc *f = subject_format(state, i);

		for (unsigned int level = 0; f && level < 2; level++) {
			unsigned int entries = s->config->l1_entries[D];
			uint64_t step = UINT64_C(1) << (12 + f->vpn_shift[level]);
			uint64_t pages = UINT64_C(1) << tw_size_log2_pages(f->size_of_level[level]);
			bool part = level ? s->config->l2_sp_entries > entries
					  : s->config->l2_sets * s->config->l2_ways > entries;
			unsigned int cycles;
			struct bench b;

			subject_open(&b, state, 5);
			for (unsigned int k = 0; k <= entries; k++)
				bench_map_format(&b, f, k * step, level, pages * (k + 1), false);
			use(&b, f);
			for (unsigned int k = 0; k <= entries; k++) {
				bench_access(&b, D, k * step, TW_LOAD);
				bench_drain(&b);
			}
			// One of them had to leave.
			cycles = 1;
			for (unsigned int k = 0; cycles == 1 && k <= entries; k++) {
				cycles = bench_access(&b, D, k * step, TW_LOAD);
				bench_drain(&b);
			}
			if (part)
				assert_int_equal(cycles, 2);
			if (level ? !s->config->l2_sp_entries : !s->config->l2_sets)
				assert_true(cycles > 2);
			assert_int_equal(b.count[TW_EV_L2_HIT] + b.count[TW_EV_L2_HIT_2M],
					 cycles == 2);
			bench_close(&b);
		}
	}
}

static void port_that_is_not_there_shows_nothing(void **state)
{
	const struct subject *s = *state;
	struct bench b;

	if (s->config->ports == 2)
		return;
	subject_open(&b, state, 5);
	for (unsigned int t = 0; t < 10; t++) {
		assert_false(bench_out(&b)->port[F].req_ready);
		assert_false(bench_out(&b)->port[F].resp_valid);
		b.in.port[F].req_valid = true;
		bench_cycle(&b);
	}
	assert_int_equal(b.count[TW_EV_REQ_STALL], 0);
	assert_int_equal(b.count[TW_EV_DIRECT_F], 0);
	assert_int_equal(bench_access(&b, D, 0x1000, TW_FETCH), 1);
	bench_close(&b);
}

int main(void)
{
	struct CMUnitTest tests[] = {
		SUBJECT_TEST(lanes_are_those_of_the_entry),
		SUBJECT_TEST(edit_of_the_neighbour_loses_no_compare_and_swap),
		SUBJECT_TEST(killed_walk_keeps_its_request_under_another_format),
		SUBJECT_TEST(upper_half_of_a_32_bit_address_does_not_exist),
		SUBJECT_TEST(untranslated_address_beyond_the_widest_format_is_an_access_fault),
		SUBJECT_TEST(fence_sweeps_the_sets_that_there_are),
		SUBJECT_TEST(page_that_left_the_l1_is_found_in_the_part_for_its_size),
		SUBJECT_TEST(port_that_is_not_there_shows_nothing),
	};

	return subjects_run(tests, sizeof(tests) / sizeof(tests[0]));
}
