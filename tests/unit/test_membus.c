// SPDX-License-Identifier: Apache-2.0
// The memory bus: each request is answered exactly once, in its time, with what memory held at the
// handshake.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "twinwalk/membus.h"

#define BASE UINT64_C(0x1000)

struct fixture {
	struct tw_pmem *pmem;
	struct tw_membus *bus;
	struct tw_mmu_out out; // requests
	struct tw_mmu_in in;   // answers
};

static void open_bus(struct fixture *f, const struct tw_membus_opts *opts)
{
	memset(f, 0, sizeof(*f));
	assert_int_equal(tw_pmem_create(&f->pmem), 0);
	assert_int_equal(tw_pmem_add_ram(f->pmem, BASE, BASE + 0x1000), 0);
	assert_int_equal(tw_membus_create(f->pmem, opts, &f->bus), 0);
}

static void close_bus(struct fixture *f)
{
	tw_membus_destroy(f->bus);
	tw_pmem_destroy(f->pmem);
}

static void request(struct fixture *f, uint8_t id, uint64_t addr)
{
	f->out = (struct tw_mmu_out){
		.mem_req_valid = true, .mem_req_id = id, .mem_req_addr = addr, .mem_req_lanes = 3};
}

// One cycle: what is driven is left in f->in.
static void cycle(struct fixture *f)
{
	tw_membus_drive(f->bus, &f->in);
	tw_membus_tick(f->bus, &f->out, &f->in);
}

static void fixed_latency_answers_after_exactly_that_many_cycles(void **state)
{
	(void)state;
	for (uint32_t latency = 1; latency <= 20; latency++) {
		struct tw_membus_opts opts = {.latency_min = latency, .latency_max = latency};
		struct fixture f;

		open_bus(&f, &opts);
		tw_pmem_write64(f.pmem, BASE, 42);
		request(&f, 3, BASE);
		cycle(&f);
		assert_true(f.in.mem_req_ready);
		f.out.mem_req_valid = false;
		for (uint32_t n = 1; n < latency; n++) {
			cycle(&f);
			assert_false(f.in.mem_resp_valid);
		}
		cycle(&f);
		assert_true(f.in.mem_resp_valid);
		assert_int_equal(f.in.mem_resp_id, 3);
		assert_int_equal(f.in.mem_resp_data, 42);
		assert_false(f.in.mem_resp_err);
		cycle(&f);
		assert_false(f.in.mem_resp_valid);
		close_bus(&f);
	}
}

static void a_request_outside_memory_is_a_bus_error(void **state)
{
	struct tw_membus_opts opts = {.latency_min = 1, .latency_max = 1};
	struct fixture f;

	(void)state;
	open_bus(&f, &opts);
	request(&f, 0, BASE + 0x1000);
	cycle(&f);
	f.out.mem_req_valid = false;
	cycle(&f);
	assert_true(f.in.mem_resp_valid);
	assert_true(f.in.mem_resp_err);
	close_bus(&f);
}

static void compare_and_swap_writes_only_over_the_expected_value(void **state)
{
	struct tw_membus_opts opts = {.latency_min = 1, .latency_max = 1};
	struct fixture f;
	uint64_t word;

	(void)state;
	open_bus(&f, &opts);
	tw_pmem_write64(f.pmem, BASE, 7);
	for (uint64_t expected = 6; expected <= 7; expected++) {
		request(&f, 0, BASE);
		f.out.mem_req_cas = true;
		f.out.mem_req_expected = expected;
		f.out.mem_req_desired = 9;
		cycle(&f);
		f.out.mem_req_valid = false;
		cycle(&f);
		assert_int_equal(f.in.mem_resp_data, 7);
		assert_int_equal(tw_pmem_read64(f.pmem, BASE, &word), 0);
		assert_int_equal(word, expected == 7 ? 9 : 7);
	}
	close_bus(&f);
}

static void keep_event(void *user, const struct tw_mem_event *ev)
{
	*(struct tw_mem_event *)user = *ev;
}

static void compare_and_swap_of_one_lane_neither_compares_nor_writes_the_other(void **state)
{
	struct tw_membus_opts opts = {.latency_min = 1, .latency_max = 1};
	const uint64_t old = UINT64_C(0x1111111122222222);
	const struct {
		uint8_t lanes;
		uint64_t expected, desired, after;
	} op[] = {
		{1, 0x22222222, 0x33333333, UINT64_C(0x1111111133333333)},
		{2, UINT64_C(0x1111111100000000), UINT64_C(0x4444444400000000),
		 UINT64_C(0x4444444422222222)},
		{1, 0x22222223, 0x33333333, UINT64_C(0x1111111122222222)},
		{2, UINT64_C(0x1111111000000000), 0, UINT64_C(0x1111111122222222)},
	};
	struct tw_mem_event ev;
	struct fixture f;
	uint64_t word;

	(void)state;
	open_bus(&f, &opts);
	tw_membus_observe(f.bus, keep_event, &ev);
	for (size_t i = 0; i < sizeof(op) / sizeof(op[0]); i++) {
		unsigned int shift = op[i].lanes == 2 ? 32 : 0;

		tw_pmem_write64(f.pmem, BASE, old);
		request(&f, 0, BASE);
		f.out.mem_req_lanes = op[i].lanes;
		f.out.mem_req_cas = true;
		f.out.mem_req_expected = op[i].expected;
		f.out.mem_req_desired = op[i].desired;
		cycle(&f);
		f.out.mem_req_valid = false;
		cycle(&f);
		assert_true(f.in.mem_resp_data == old);
		assert_int_equal(tw_pmem_read64(f.pmem, BASE, &word), 0);
		assert_true(word == op[i].after);
		// The observer is told of the entry.
		assert_true(ev.addr == BASE + shift / 8 && ev.bytes == 4);
		assert_true(ev.data == (uint32_t)(old >> shift));
		assert_true(ev.expected == op[i].expected >> shift);
		assert_true(ev.desired == op[i].desired >> shift);
	}
	close_bus(&f);
}

static void the_value_is_that_of_the_handshake(void **state)
{
	struct tw_membus_opts opts = {.latency_min = 5, .latency_max = 5};
	struct fixture f;

	(void)state;
	open_bus(&f, &opts);
	tw_pmem_write64(f.pmem, BASE, 1);
	request(&f, 0, BASE);
	cycle(&f);
	f.out.mem_req_valid = false;
	tw_pmem_write64(f.pmem, BASE, 2);
	do
		cycle(&f);
	while (!f.in.mem_resp_valid);
	assert_int_equal(f.in.mem_resp_data, 1);
	close_bus(&f);
}

static void a_random_bus_answers_everything_once_and_out_of_order(void **state)
{
	struct tw_membus_opts opts = {
		.latency_min = 1, .latency_max = 30, .stall_permille = 300, .seed = 5};
	unsigned int asked[16] = {0}, answered[16] = {0}, stalls = 0, swaps = 0, last = 0;
	struct fixture f;

	(void)state;
	print_message("seed 5\n");
	open_bus(&f, &opts);
	for (unsigned int n = 0; n < 20000; n++) {
		uint8_t id = n % 16;

		request(&f, id, BASE + 8u * id);
		f.out.mem_req_valid = n < 19000 && asked[id] == answered[id];
		cycle(&f);
		if (f.out.mem_req_valid && f.in.mem_req_ready)
			asked[id]++;
		stalls += !f.in.mem_req_ready;
		if (f.in.mem_resp_valid) {
			answered[f.in.mem_resp_id]++;
			swaps += f.in.mem_resp_id < last;
			last = f.in.mem_resp_id;
		}
	}
	assert_int_equal(tw_membus_pending(f.bus), 0);
	assert_memory_equal(asked, answered, sizeof(asked));
	assert_true(asked[0] > 100 && stalls > 1000 && swaps > 500);
	close_bus(&f);
}

static void errors_come_as_often_as_asked_for(void **state)
{
	struct tw_membus_opts opts = {
		.latency_min = 1, .latency_max = 1, .error_permille = 250, .seed = 9};
	unsigned int errors = 0;
	struct fixture f;

	(void)state;
	print_message("seed 9\n");
	open_bus(&f, &opts);
	for (unsigned int n = 0; n < 10000; n++) {
		request(&f, 0, BASE);
		cycle(&f);
		errors += f.in.mem_resp_valid && f.in.mem_resp_err;
	}
	assert_in_range(errors, 2250, 2750);
	close_bus(&f);
}

static void skipping_is_the_same_as_idle_cycles(void **state)
{
	struct tw_membus_opts opts = {.latency_min = 10, .latency_max = 10};
	struct fixture f;

	(void)state;
	open_bus(&f, &opts);
	assert_int_equal(tw_membus_quiet(f.bus), UINT64_MAX);
	request(&f, 1, BASE);
	cycle(&f);
	f.out.mem_req_valid = false;
	assert_int_equal(tw_membus_quiet(f.bus), 9);
	tw_membus_skip(f.bus, 9);
	cycle(&f);
	assert_true(f.in.mem_resp_valid);
	close_bus(&f);
}

static void bad_options_are_refused(void **state)
{
	const struct tw_membus_opts bad[] = {
		{.latency_min = 0, .latency_max = 1},
		{.latency_min = 2, .latency_max = 1},
		{.latency_min = 1, .latency_max = 1, .stall_permille = 1000},
		{.latency_min = 1, .latency_max = 1, .error_permille = 1001},
	};
	struct tw_membus *bus;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(tw_membus_create(NULL, &bad[i], &bus), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_latency_answers_after_exactly_that_many_cycles),
		cmocka_unit_test(a_request_outside_memory_is_a_bus_error),
		cmocka_unit_test(compare_and_swap_writes_only_over_the_expected_value),
		cmocka_unit_test(
			compare_and_swap_of_one_lane_neither_compares_nor_writes_the_other),
		cmocka_unit_test(the_value_is_that_of_the_handshake),
		cmocka_unit_test(a_random_bus_answers_everything_once_and_out_of_order),
		cmocka_unit_test(errors_come_as_often_as_asked_for),
		cmocka_unit_test(skipping_is_the_same_as_idle_cycles),
		cmocka_unit_test(bad_options_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
