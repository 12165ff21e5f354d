// SPDX-License-Identifier: Apache-2.0
// The cycle counts that docs/contract.md states of hits, of what goes on beside a walk, of fences
// and of control writes, measured on the cycle model and on the RTL separately, each against the
// contract's numbers. The format plays no part in them; those of walks: test_walk_latency.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "pin_bench.h"

struct subject {
	enum tw_device_mode mode;
	const struct tw_config *config;
};

static const unsigned int latencies[] = {1, 5, 20};
#define N_LATENCIES (sizeof(latencies) / sizeof(latencies[0]))

static void open(struct bench *b, void **state, unsigned int latency)
{
	const struct subject *s = *state;

	bench_open(b, s->mode, s->config, latency);
}

static void open_sv39(struct bench *b, void **state, unsigned int latency)
{
	open(b, state, latency);
	bench_format(b, TW_FMT_SV39, 1);
}

static void direct_request_answers_in_the_next_cycle(void **state)
{
	struct bench b;

	open(&b, state, 5);
	assert_int_equal(bench_access(&b, D, 0x123456789a, TW_LOAD), 1);
	assert_int_equal(bench_out(&b)->port[D].resp.pa, 0x123456789a);
	bench_close(&b);
}

static void non_canonical_address_answers_in_the_next_cycle(void **state)
{
	struct bench b;

	open_sv39(&b, state, 5);
	assert_int_equal(bench_access(&b, D, UINT64_C(1) << 38, TW_STORE), 1);
	assert_int_equal(bench_out(&b)->port[D].resp.cause, 15);
	assert_int_equal(b.count[TW_EV_MEM_READ], 0);
	bench_close(&b);
}

static void l1_hit_answers_in_the_next_cycle(void **state)
{
	for (unsigned int port = 0; port < TW_PORTS; port++) {
		struct bench b;

		open_sv39(&b, state, 5);
		bench_map_sv39(&b, 0x4000, 0, 0x777);
		bench_access(&b, port, 0x4000, port == F ? TW_FETCH : TW_LOAD);
		assert_int_equal(bench_access(&b, port, 0x4abc, port == F ? TW_FETCH : TW_LOAD), 1);
		assert_int_equal(bench_out(&b)->port[port].resp.pa, 0x777abc);
		bench_close(&b);
	}
}

static void l1_hits_go_one_per_cycle_on_both_ports(void **state)
{
	struct bench b;

	open_sv39(&b, state, 5);
	bench_map_sv39(&b, 0x4000, 0, 0x777);
	bench_access(&b, F, 0x4000, TW_FETCH);
	bench_access(&b, D, 0x4000, TW_LOAD);
	bench_drain(&b);
	for (unsigned int i = 0; i < 20; i++) {
		bench_request(&b, F, (uint8_t)(i & 15), 0x4000 + 8 * i, TW_FETCH);
		bench_request(&b, D, (uint8_t)(i & 15), 0x4800 + 8 * i, TW_LOAD);
		bench_cycle(&b);
		for (unsigned int port = 0; port < TW_PORTS; port++) {
			assert_true(bench_out(&b)->port[port].resp_valid);
			assert_int_equal(bench_out(&b)->port[port].resp_id, i & 15);
			assert_int_equal(bench_out(&b)->port[port].resp.pa,
					 0x777000 + 0x800 * port + 8 * i);
		}
	}
	bench_close(&b);
}

static void l2_hit_answers_in_two_cycles(void **state)
{
	for (unsigned int level = 0; level < 3; level++) {
		struct bench b;

		open_sv39(&b, state, 5);
		bench_map_sv39(&b, 0x40000000, level, 0x40000);
		bench_access(&b, D, 0x40000000, TW_LOAD);
		bench_drain(&b);
		assert_int_equal(bench_access(&b, F, 0x40000000, TW_FETCH), 2);
		assert_int_equal(bench_access(&b, F, 0x40000000, TW_FETCH), 1);
		bench_close(&b);
	}
}

static void hits_go_on_under_a_miss(void **state)
{
	struct bench b;
	unsigned int latency = 20, hits = 0;

	open_sv39(&b, state, latency);
	bench_map_sv39(&b, 0x1000, 0, 0x10);
	bench_map_sv39(&b, 0x40000000, 0, 0x20);
	bench_access(&b, D, 0x1000, TW_LOAD);
	bench_drain(&b);
	bench_request(&b, D, 9, 0x40000000, TW_LOAD);
	bench_cycle(&b);
	// Hits in every cycle until the miss answers; its answer comes before that of the hit
	// that was accepted in the same cycle.
	for (unsigned int t = 1; t < 3 * latency + 4; t++) {
		bench_request(&b, D, 1, 0x1000, TW_LOAD);
		bench_cycle(&b);
		assert_true(bench_out(&b)->port[D].resp_valid);
		assert_int_equal(bench_out(&b)->port[D].resp_id, 1);
		hits++;
	}
	bench_request(&b, D, 2, 0x1000, TW_LOAD);
	bench_cycle(&b);
	assert_int_equal(bench_out(&b)->port[D].resp_id, 9);
	bench_cycle(&b);
	assert_int_equal(bench_out(&b)->port[D].resp_id, 2);
	assert_int_equal(hits, 3 * latency + 3);
	bench_close(&b);
}

static void two_walks_overlap(void **state)
{
	for (unsigned int i = 0; i < N_LATENCIES; i++) {
		unsigned int latency = latencies[i], t = 0, f = 0, d = 0;
		struct bench b;

		open_sv39(&b, state, latency);
		bench_map_sv39(&b, 0x1000, 0, 0x10);
		bench_map_sv39(&b, 0x40000000, 0, 0x20);
		bench_request(&b, F, 0, 0x1000, TW_FETCH);
		bench_request(&b, D, 0, 0x40000000, TW_LOAD);
		while (!d) {
			bench_cycle(&b);
			t++;
			if (bench_out(&b)->port[F].resp_valid)
				f = t;
			if (bench_out(&b)->port[D].resp_valid)
				d = t;
		}
		// The second walk starts one lookup later and never waits for the first.
		assert_int_equal(f, 3 * latency + 5);
		assert_int_equal(d, 3 * latency + 6);
		bench_close(&b);
	}
}

static void same_page_miss_of_both_ports_is_walked_once(void **state)
{
	for (unsigned int i = 0; i < N_LATENCIES; i++) {
		unsigned int latency = latencies[i], t = 0, f = 0, d = 0;
		struct bench b;

		open_sv39(&b, state, latency);
		bench_map_sv39(&b, 0x1000, 0, 0x10);
		bench_request(&b, F, 0, 0x1000, TW_FETCH);
		bench_request(&b, D, 0, 0x1008, TW_LOAD);
		while (!d) {
			bench_cycle(&b);
			t++;
			if (bench_out(&b)->port[F].resp_valid)
				f = t;
			if (bench_out(&b)->port[D].resp_valid)
				d = t;
		}
		assert_int_equal(f, 3 * latency + 5);
		assert_int_equal(d, 3 * latency + 6);
		bench_drain(&b);
		assert_int_equal(b.count[TW_EV_WALK_START], 1);
		assert_int_equal(b.count[TW_EV_MERGE], 1);
		assert_int_equal(b.count[TW_EV_MEM_READ], 3);
		bench_close(&b);
	}
}

static void fence_durations(void **state)
{
	const struct subject *s = *state;
	struct bench b;

	open_sv39(&b, state, 5);
	bench_map_sv39(&b, 0x1000, 0, 0x10);
	bench_access(&b, D, 0x1000, TW_LOAD);
	bench_drain(&b);
	assert_int_equal(bench_fence(&b, false, false, true, 0, 0), 2);
	assert_int_equal(bench_fence(&b, true, false, true, 0x1000, 0), 3);
	assert_int_equal(bench_fence(&b, true, true, false, 0x1000, 1), 3);
	assert_int_equal(bench_fence(&b, false, true, false, 0, 1), s->config->l2_sets + 2);
	assert_int_equal(bench_access(&b, D, 0x1000, TW_LOAD), 3 * 5 + 5);
	bench_close(&b);
}

static void hits_go_on_under_a_fence(void **state)
{
	struct bench b;

	open_sv39(&b, state, 5);
	bench_map_sv39(&b, 0x1000, 0, 0x10);
	bench_access(&b, D, 0x1000, TW_LOAD);
	bench_drain(&b);
	b.in.fence_valid = true;
	b.in.fence_by_asid = true;
	b.in.fence_asid = 2; // not ours
	do {
		bench_request(&b, D, 0, 0x1000, TW_LOAD);
		bench_cycle(&b);
		assert_true(bench_out(&b)->port[D].resp_valid);
	} while (!bench_out(&b)->fence_done);
	bench_close(&b);
}

static void lookups_wait_at_most_every_other_cycle_for_a_sweep(void **state)
{
	const struct subject *s = *state;
	struct bench b;

	open_sv39(&b, state, 5);
	bench_map_sv39(&b, 0x1000, 0, 0x10);
	bench_access(&b, F, 0x1000, TW_FETCH);
	bench_drain(&b);
	b.in.fence_valid = true;
	b.in.fence_by_asid = true;
	b.in.fence_asid = 2;
	bench_cycle(&b); // the fence is taken; the next cycle sweeps
	bench_request(&b, D, 0, 0x1000, TW_LOAD);
	bench_cycle(&b);
	// Pending behind a sweep step: the lookup goes first now.
	assert_int_equal(1 + bench_wait(&b, D, 10), 2);
	// The sweep lost one cycle to it.
	for (unsigned int n = 3; !bench_out(&b)->fence_done; n++) {
		assert_true(n < s->config->l2_sets + 3);
		bench_cycle(&b);
	}
	bench_close(&b);
}

static void control_write_stops_requests_for_one_cycle(void **state)
{
	struct bench b;

	open_sv39(&b, state, 5);
	assert_true(bench_out(&b)->ctrl_ready);
	b.in.ctrl_valid = true;
	b.in.ctrl_addr = TW_CTRL_PKRU;
	b.in.ctrl_data = 5;
	assert_true(bench_out(&b)->port[D].req_ready);
	bench_cycle(&b);
	assert_false(bench_out(&b)->ctrl_ready);
	assert_false(bench_out(&b)->port[F].req_ready);
	assert_false(bench_out(&b)->port[D].req_ready);
	bench_cycle(&b);
	assert_true(bench_out(&b)->ctrl_ready);
	assert_true(bench_out(&b)->port[F].req_ready);
	assert_true(bench_out(&b)->port[D].req_ready);
	bench_close(&b);
}

static void control_write_of_a_bad_value_is_refused_when_it_is_applied(void **state)
{
	static const struct {
		enum tw_ctrl_reg reg;
		uint64_t value;
		bool refused;
	} write[] = {
		{TW_CTRL_ROOT, UINT64_C(15) << 60, true},
		{TW_CTRL_PHYS, 35, true},
		{TW_CTRL_PHYS, 53, true},
		{TW_CTRL_PHYS, 36, false},
		{TW_CTRL_ROOT, 0, false},
		{TW_CTRL_FLAGS, UINT64_MAX, false},
		{TW_CTRL_PKRU, UINT64_MAX, false},
	};

	for (size_t i = 0; i < sizeof(write) / sizeof(write[0]); i++) {
		struct bench b;

		open(&b, state, 5);
		b.in.ctrl_valid = true;
		b.in.ctrl_addr = (uint8_t)write[i].reg;
		b.in.ctrl_data = write[i].value;
		for (unsigned int t = 0; t < 5; t++) {
			assert_int_equal(bench_out(&b)->ctrl_refused, t == 2 && write[i].refused);
			bench_cycle(&b);
		}
		bench_close(&b);
	}
}

static void control_write_waits_for_misses_in_flight(void **state)
{
	struct bench b;
	unsigned int latency = 5, t;

	open_sv39(&b, state, latency);
	bench_map_sv39(&b, 0x1000, 0, 0x10);
	bench_request(&b, D, 0, 0x1000, TW_LOAD);
	b.in.ctrl_valid = true;
	b.in.ctrl_addr = TW_CTRL_ROOT;
	b.in.ctrl_data = 0; // bare
	for (t = 0; t < 3 * latency + 5; t++) {
		assert_true(t == 0 || !bench_out(&b)->ctrl_ready);
		bench_cycle(&b);
	}
	// The entry is free in the cycle in which its answer shows; the write is applied at its
	// end.
	assert_true(bench_out(&b)->port[D].resp_valid);
	assert_int_equal(bench_out(&b)->port[D].resp.pa, 0x10000);
	assert_false(bench_out(&b)->ctrl_ready);
	bench_cycle(&b);
	assert_true(bench_out(&b)->ctrl_ready);
	assert_int_equal(bench_access(&b, D, 0x1000, TW_LOAD), 1);
	assert_int_equal(bench_out(&b)->port[D].resp.pa, 0x1000);
	bench_close(&b);
}

static void cancelled_request_is_never_answered(void **state)
{
	for (unsigned int when = 1; when < 30; when++) {
		struct bench b;

		open_sv39(&b, state, 5);
		bench_map_sv39(&b, 0x1000, 0, 0x10);
		bench_request(&b, D, 3, 0x1000, TW_LOAD);
		for (unsigned int t = 0; t < 60; t++) {
			if (t == when) {
				b.in.port[D].cancel_valid = true;
				b.in.port[D].cancel_id = 3;
			}
			if (t > when)
				assert_false(bench_out(&b)->port[D].resp_valid);
			if (t == 3 * 5 + 5 && t <= when)
				assert_true(bench_out(&b)->port[D].resp_valid);
			bench_cycle(&b);
		}
		assert_true(bench_out(&b)->idle);
		bench_close(&b);
	}
}

static void no_port_waits_for_more_than_one_walk_of_the_other(void **state)
{
	const struct subject *s = *state;
	unsigned int latency = 5;
	struct bench b;
	unsigned int answered_d = 0, t_d = 0;

	// The data port misses all the time and owns all walkers; then the fetch port misses.
	open_sv39(&b, state, latency);
	for (unsigned int i = 0; i < 64; i++)
		bench_map_sv39(&b, UINT64_C(0x200000) * i, 0, 0x1000 + i);
	bench_map_sv39(&b, 0x40000000, 0, 0x20);
	for (unsigned int t = 0, next = 0; t < 400; t++) {
		if (bench_out(&b)->port[D].req_ready)
			bench_request(&b, D, 0, UINT64_C(0x200000) * (next++ % 64), TW_LOAD);
		if (t == 100)
			bench_request(&b, F, 0, 0x40000000, TW_FETCH);
		answered_d += bench_out(&b)->port[D].resp_valid;
		if (t > 100 && !t_d && bench_out(&b)->port[F].resp_valid)
			t_d = t;
		bench_cycle(&b);
	}
	assert_true(answered_d > 20);
	assert_int_not_equal(t_d, 0);
	// A walk of the other port under way, one more, its own, and the queueing for memory: four
	// walks' time is far above; a starved port would wait for all 300 cycles.
	assert_true(t_d - 100 < 4 * (3 * latency + 5) + s->config->walkers);
	bench_close(&b);
}

#define TEST(f) cmocka_unit_test_prestate(f, NULL)

int main(void)
{
	static const enum tw_device_mode modes[] = {TW_DEVICE_CSIM, TW_DEVICE_RTL,
						    TW_DEVICE_LOCKSTEP};
	static const char *const names[] = {"csim", "rtl", "lockstep"};
	int failed = 0, ran = 0;

	for (size_t c = 0; c < tw_config_count(); c++) {
		for (unsigned int m = 0; m < 3; m++) {
			struct subject s = {modes[m], tw_config_named(c)};
			struct CMUnitTest tests[] = {
				TEST(direct_request_answers_in_the_next_cycle),
				TEST(non_canonical_address_answers_in_the_next_cycle),
				TEST(l1_hit_answers_in_the_next_cycle),
				TEST(l1_hits_go_one_per_cycle_on_both_ports),
				TEST(l2_hit_answers_in_two_cycles),
				TEST(hits_go_on_under_a_miss),
				TEST(two_walks_overlap),
				TEST(same_page_miss_of_both_ports_is_walked_once),
				TEST(fence_durations),
				TEST(hits_go_on_under_a_fence),
				TEST(lookups_wait_at_most_every_other_cycle_for_a_sweep),
				TEST(control_write_stops_requests_for_one_cycle),
				TEST(control_write_of_a_bad_value_is_refused_when_it_is_applied),
				TEST(control_write_waits_for_misses_in_flight),
				TEST(cancelled_request_is_never_answered),
				TEST(no_port_waits_for_more_than_one_walk_of_the_other),
			};

			// The tables of these tests.
			if (!(s.config->formats >> TW_FMT_SV39 & 1))
				continue;
			if (!tw_rtl_built(s.config)) {
				printf("%s: no RTL built, skipped\n", s.config->name);
				continue;
			}
			for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
				tests[i].initial_state = &s;
			printf("%s %s\n", names[m], s.config->name);
			ran++;
			failed += cmocka_run_group_tests_name(names[m], tests, NULL, NULL);
		}
	}
	// A run of nothing is no success.
	return failed || !ran;
}
