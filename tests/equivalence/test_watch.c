// SPDX-License-Identifier: Apache-2.0
// The rules that the random bench checks without a model (tb/watch.h): each is broken once, with
// pins made by hand, and has to be named; the same pins without the fault have to pass.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "../../tb/watch.h"

struct bench {
	struct tw_watch watch;
	struct tw_mmu_out out;
	struct tw_mmu_in in;
};

enum { D = TW_PORT_DATA };

static int setup(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	tw_watch_init(&b.watch);
	b.out.port[D].req_ready = b.out.fence_ready = true;
	*state = &b;
	return 0;
}

// Judges one cycle and forgets the valids of the inputs.
static const char *cycle(struct bench *b)
{
	const char *broken = tw_watch_cycle(&b->watch, &b->out, &b->in);

	b->in.port[D].req_valid = b->in.port[D].cancel_valid = b->in.port[D].resp_ready = false;
	b->in.fence_valid = b->in.mem_resp_valid = b->in.mem_req_ready = b->in.rst = false;
	return broken;
}

static void request(struct bench *b, uint8_t id)
{
	b->in.port[D].req_valid = true;
	b->in.port[D].req_id = id;
	assert_null(cycle(b));
}

static void show_response(struct bench *b, uint8_t id)
{
	b->out.port[D].resp_valid = true;
	b->out.port[D].resp_id = id;
	b->out.port[D].resp.pa = 0x1000;
}

static void hide_response(struct bench *b)
{
	b->out.port[D].resp_valid = false;
	b->out.port[D].resp_id = 0;
	memset(&b->out.port[D].resp, 0, sizeof(b->out.port[D].resp));
}

static void cancel(struct bench *b, uint8_t id)
{
	b->in.port[D].cancel_valid = true;
	b->in.port[D].cancel_id = id;
}

static void expect(const char *broken, const char *text)
{
	assert_non_null(broken);
	if (!strstr(broken, text))
		fail_msg("'%s' instead of '%s'", broken, text);
}

static void answered_request_passes(void **state)
{
	struct bench *b = *state;

	request(b, 3);
	show_response(b, 3);
	assert_null(cycle(b));
	b->in.port[D].resp_ready = true;
	assert_null(cycle(b));
	hide_response(b);
	b->out.idle = true;
	assert_null(cycle(b));
	assert_int_equal(b->watch.answered, 1);
}

static void second_answer_is_found(void **state)
{
	struct bench *b = *state;

	request(b, 3);
	show_response(b, 3);
	b->in.port[D].resp_ready = true;
	assert_null(cycle(b));
	expect(cycle(b), "without a request");
}

static void answer_of_another_id_is_found(void **state)
{
	struct bench *b = *state;

	request(b, 3);
	show_response(b, 2);
	expect(cycle(b), "without a request");
}

static void answer_after_a_cancel_is_found(void **state)
{
	struct bench *b = *state;

	request(b, 3);
	cancel(b, 3);
	assert_null(cycle(b));
	show_response(b, 3);
	expect(cycle(b), "without a request");
}

static void cancel_does_not_touch_a_request_of_its_own_cycle(void **state)
{
	struct bench *b = *state;

	cancel(b, 3);
	request(b, 3);
	show_response(b, 3);
	assert_null(cycle(b));
}

static void changed_response_is_found(void **state)
{
	struct bench *b = *state;

	request(b, 3);
	show_response(b, 3);
	assert_null(cycle(b));
	b->out.port[D].resp.attr = 1;
	expect(cycle(b), "changed");
}

static void vanished_response_is_found_unless_it_was_cancelled(void **state)
{
	struct bench *b = *state;

	request(b, 3);
	show_response(b, 3);
	cancel(b, 3);
	assert_null(cycle(b));
	hide_response(b);
	assert_null(cycle(b));
	request(b, 4);
	show_response(b, 4);
	cancel(b, 3);
	assert_null(cycle(b));
	hide_response(b);
	expect(cycle(b), "changed");
}

static void payload_without_valid_is_found(void **state)
{
	struct bench *b = *state;

	b->out.port[D].resp.size = 1;
	expect(cycle(b), "payload without valid");
	b->out.port[D].resp.size = 0;
	b->out.mem_req_addr = 8;
	expect(cycle(b), "payload without valid");
}

static void fault_with_a_translation_is_found(void **state)
{
	struct bench *b = *state;

	request(b, 3);
	show_response(b, 3);
	b->out.port[D].resp.fault = TW_FAULT_PAGE;
	expect(cycle(b), "fault's and a translation's");
}

static void changed_memory_request_is_found(void **state)
{
	struct bench *b = *state;

	b->out.mem_req_valid = true;
	b->out.mem_req_lanes = 3;
	b->out.mem_req_addr = 0x1000;
	assert_null(cycle(b));
	b->out.mem_req_addr = 0x2000;
	expect(cycle(b), "changed");
}

static void second_request_of_a_walker_is_found(void **state)
{
	struct bench *b = *state;

	b->out.mem_req_valid = b->in.mem_req_ready = true;
	b->out.mem_req_lanes = 3;
	assert_null(cycle(b));
	b->out.mem_req_valid = false;
	b->out.mem_req_lanes = 0;
	b->in.mem_resp_valid = true;
	assert_null(cycle(b));
	b->out.mem_req_valid = b->in.mem_req_ready = true;
	b->out.mem_req_lanes = 3;
	assert_null(cycle(b));
	expect(cycle(b), "before its answer");
}

static void misaligned_memory_request_is_found(void **state)
{
	struct bench *b = *state;

	b->out.mem_req_valid = true;
	b->out.mem_req_lanes = 3;
	b->out.mem_req_addr = 0x1004;
	expect(cycle(b), "multiple of 8");
}

static void changed_lanes_are_found(void **state)
{
	struct bench *b = *state;

	b->out.mem_req_valid = true;
	b->out.mem_req_lanes = 1;
	assert_null(cycle(b));
	b->out.mem_req_lanes = 2;
	expect(cycle(b), "changed");
}

static void memory_request_without_a_lane_is_found(void **state)
{
	struct bench *b = *state;

	b->out.mem_req_valid = true;
	expect(cycle(b), "without a lane");
}

static void operands_outside_their_lanes_are_found(void **state)
{
	struct bench *b = *state;

	b->out.mem_req_valid = b->out.mem_req_cas = true;
	b->out.mem_req_lanes = 2;
	b->out.mem_req_expected = UINT64_C(0x100000000);
	b->in.mem_req_ready = true;
	assert_null(cycle(b));
	b->out.mem_req_expected = 1;
	expect(cycle(b), "outside their lanes");
}

static void operands_without_a_compare_and_swap_are_found(void **state)
{
	struct bench *b = *state;

	b->out.mem_req_valid = true;
	b->out.mem_req_lanes = 3;
	b->out.mem_req_desired = 1;
	expect(cycle(b), "operands");
}

static void done_without_a_fence_is_found(void **state)
{
	struct bench *b = *state;

	b->in.fence_valid = true;
	assert_null(cycle(b));
	b->out.fence_done = true;
	assert_null(cycle(b));
	expect(cycle(b), "without a fence");
}

static void second_fence_before_done_is_found(void **state)
{
	struct bench *b = *state;

	b->in.fence_valid = true;
	assert_null(cycle(b));
	b->in.fence_valid = true;
	expect(cycle(b), "two fences");
}

static void idle_with_something_in_flight_is_found(void **state)
{
	struct bench *b = *state;

	request(b, 3);
	b->out.idle = true;
	expect(cycle(b), "idle_o");
}

static void reset_ends_everything(void **state)
{
	struct bench *b = *state;

	request(b, 3);
	b->in.rst = true;
	assert_null(cycle(b));
	b->out.idle = true;
	assert_null(cycle(b));
	show_response(b, 3);
	b->out.idle = false;
	expect(cycle(b), "without a request");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(answered_request_passes, setup),
		cmocka_unit_test_setup(second_answer_is_found, setup),
		cmocka_unit_test_setup(answer_of_another_id_is_found, setup),
		cmocka_unit_test_setup(answer_after_a_cancel_is_found, setup),
		cmocka_unit_test_setup(cancel_does_not_touch_a_request_of_its_own_cycle, setup),
		cmocka_unit_test_setup(changed_response_is_found, setup),
		cmocka_unit_test_setup(vanished_response_is_found_unless_it_was_cancelled, setup),
		cmocka_unit_test_setup(payload_without_valid_is_found, setup),
		cmocka_unit_test_setup(fault_with_a_translation_is_found, setup),
		cmocka_unit_test_setup(changed_memory_request_is_found, setup),
		cmocka_unit_test_setup(second_request_of_a_walker_is_found, setup),
		cmocka_unit_test_setup(misaligned_memory_request_is_found, setup),
		cmocka_unit_test_setup(changed_lanes_are_found, setup),
		cmocka_unit_test_setup(memory_request_without_a_lane_is_found, setup),
		cmocka_unit_test_setup(operands_outside_their_lanes_are_found, setup),
		cmocka_unit_test_setup(operands_without_a_compare_and_swap_are_found, setup),
		cmocka_unit_test_setup(done_without_a_fence_is_found, setup),
		cmocka_unit_test_setup(second_fence_before_done_is_found, setup),
		cmocka_unit_test_setup(idle_with_something_in_flight_is_found, setup),
		cmocka_unit_test_setup(reset_ends_everything, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
