// SPDX-License-Identifier: Apache-2.0
//
// What surrounds traces: the recorder turns the plugin's words into events, the LRU memory counts
// page faults.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../trace/lru.h"
#include "../../trace/recorder.h"
#include "../../trace/stream.h"
#include "trace_fixture.h"

#define HALF UINT64_C(0x2000000000) // 2^37

struct words {
	uint64_t w[512];
	size_t n;
};

static void add_word(struct words *s, uint64_t word)
{
	assert_true(s->n < sizeof(s->w) / sizeof(s->w[0]));
	s->w[s->n++] = word;
}

static void add_text(struct words *s, const char *text)
{
	size_t n = TW_STREAM_TEXT_WORDS(strlen(text));

	assert_true(s->n + n <= sizeof(s->w) / sizeof(s->w[0]));
	memset(&s->w[s->n], 0, n * 8);
	memcpy(&s->w[s->n], text, strlen(text));
	s->n += n;
}

static void add_event(struct words *s, unsigned int kind, struct tw_stream_event e)
{
	uint64_t w[TW_STREAM_EVENT_WORDS];

	memcpy(w, &e, sizeof(w));
	add_word(s, (uint64_t)TW_STREAM_EVENT << TW_STREAM_CODE_SHIFT | kind);
	for (size_t i = 0; i < TW_STREAM_EVENT_WORDS; i++)
		add_word(s, w[i]);
}

static void add_stream_access(struct words *s, uint64_t kind, uint64_t shift, uint64_t addr)
{
	add_word(s, (kind << 4 | shift) << TW_STREAM_CODE_SHIFT | addr);
}

// A file, a region at 2^38, the break.
static void add_start(struct words *s)
{
	add_word(s, (uint64_t)TW_STREAM_FILE << TW_STREAM_CODE_SHIFT | 9);
	add_word(s, 4096);
	add_text(s, "some file");
	add_event(s, TW_TRACE_MAP,
		  (struct tw_stream_event){
			  .addr = 2 * HALF, .len = 0x1000, .prot = 5, .flags = 2, .file = 0});
	add_event(s, TW_TRACE_BRK,
		  (struct tw_stream_event){.result = 2 * HALF + 0x1000, .file = -1});
}

static void add_mapping(struct words *s, uint64_t at)
{
	add_event(s, TW_TRACE_MMAP,
		  (struct tw_stream_event){.addr = at,
					   .len = 0x1000,
					   .prot = 3,
					   .flags = 0x32,
					   .result = (int64_t)at,
					   .file = -1});
}

struct recording {
	struct sample s; // for its temporary file
	struct tw_trace_writer *w;
	struct tw_recorder *r;
	struct tw_trace *t;
};

static void open_recording(struct recording *x)
{
	memset(x, 0, sizeof(*x));
	fill_sample(&x->s, 0);
	write_sample(&x->s, 1);
	assert_int_equal(tw_trace_create(x->s.path, "program", 1, &x->w), 0);
	x->r = tw_recorder_new(x->w);
	assert_non_null(x->r);
}

static void close_recording(struct recording *x)
{
	tw_trace_close(x->t);
	tw_recorder_free(x->r);
	tw_trace_writer_close(x->w);
	free_sample(&x->s);
}

static int feed(struct recording *x, const struct words *s)
{
	return tw_recorder_feed(x->r, s->w, s->n * 8);
}

static void end_and_open(struct recording *x, int status)
{
	if (tw_recorder_end(x->r, status))
		fail_msg("%s", tw_recorder_error(x->r));
	if (tw_trace_open(x->s.path, &x->t))
		fail_msg("%s", tw_trace_error(x->t));
}

static struct tw_trace_event next(struct recording *x)
{
	struct tw_trace_event e = {0};

	if (tw_trace_next(x->t, &e) != 1)
		fail_msg("%s", tw_trace_error(x->t));
	return e;
}

static void addresses_move_below_2_to_the_38(void **state)
{
	struct words s = {.n = 0};
	struct recording x;

	(void)state;
	open_recording(&x);
	add_start(&s);
	add_mapping(&s, HALF - 0x1000);
	add_mapping(&s, 3 * HALF - 0x1000);
	add_stream_access(&s, TW_TRACE_FETCH, 5, 2 * HALF + 0x20);
	add_stream_access(&s, TW_TRACE_STORE, 3, HALF - 8);
	add_stream_access(&s, TW_TRACE_LOAD, 0, 3 * HALF - 1);
	assert_int_equal(feed(&x, &s), 0);
	end_and_open(&x, 0);
	assert_string_equal(tw_trace_get_file(x.t, 0)->name, "some file");
	assert_int_equal(next(&x).addr, HALF);
	assert_int_equal(next(&x).result, HALF + 0x1000);
	assert_int_equal(next(&x).result, HALF - 0x1000);
	assert_int_equal(next(&x).result, 2 * HALF - 0x1000);
	assert_int_equal(next(&x).addr, HALF + 0x20);
	assert_int_equal(next(&x).addr, HALF - 8);
	assert_int_equal(next(&x).addr, 2 * HALF - 1);
	close_recording(&x);
}

static void an_address_that_does_not_fit_ends_the_recording(void **state)
{
	const uint64_t bad[] = {HALF, 2 * HALF - 1, 3 * HALF + 1, UINT64_C(0x7fffffffe000)};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct words s = {.n = 0};
		struct recording x;

		open_recording(&x);
		add_start(&s);
		add_stream_access(&s, TW_TRACE_LOAD, 0, bad[i]);
		assert_int_equal(feed(&x, &s), -EBADMSG);
		assert_non_null(strstr(tw_recorder_error(x.r), "the program uses address 0x"));
		assert_int_equal(tw_recorder_end(x.r, 0), -EBADMSG);
		close_recording(&x);
	}
}

static void hints_and_failed_calls_may_name_any_address(void **state)
{
	const uint64_t far = UINT64_C(0x7f0000000000);
	struct words s = {.n = 0};
	struct recording x;

	(void)state;
	open_recording(&x);
	add_start(&s);
	add_event(&s, TW_TRACE_MMAP,
		  (struct tw_stream_event){.addr = far,
					   .len = 1,
					   .flags = 0x22,
					   .result = 2 * HALF + 0x5000,
					   .file = -1});
	add_event(&s, TW_TRACE_MUNMAP,
		  (struct tw_stream_event){.addr = far, .len = 1, .result = -22, .file = -1});
	assert_int_equal(feed(&x, &s), 0);
	s.n = 0;
	add_event(&s, TW_TRACE_MUNMAP,
		  (struct tw_stream_event){.addr = far, .len = 1, .result = 0, .file = -1});
	assert_int_equal(feed(&x, &s), -EBADMSG);
	close_recording(&x);
}

static void the_stream_may_be_cut_anywhere(void **state)
{
	struct words s = {.n = 0};

	(void)state;
	add_start(&s);
	for (uint64_t i = 0; i < 20; i++)
		add_stream_access(&s, TW_TRACE_LOAD, 3, 2 * HALF + 8 * i);
	for (size_t cut = 1; cut < 200; cut++) {
		struct recording x;

		open_recording(&x);
		for (size_t at = 0; at < s.n * 8; at += cut)
			assert_int_equal(tw_recorder_feed(x.r, (const uint8_t *)s.w + at,
							  at + cut < s.n * 8 ? cut : s.n * 8 - at),
					 0);
		end_and_open(&x, 0);
		assert_int_equal(tw_trace_get_info(x.t)->events[TW_TRACE_LOAD], 20);
		next(&x), next(&x);
		for (uint64_t i = 0; i < 20; i++)
			assert_int_equal(next(&x).addr, HALF + 8 * i);
		close_recording(&x);
	}
}

static void what_nobody_could_replay_ends_the_recording(void **state)
{
	struct words s = {.n = 0};
	struct recording x;

	(void)state;
	open_recording(&x);
	add_start(&s);
	add_stream_access(&s, TW_TRACE_LOAD, 0, 2 * HALF);
	add_stream_access(&s, TW_TRACE_STORE, 0, 2 * HALF);
	assert_int_equal(feed(&x, &s), -EBADMSG);
	assert_non_null(strstr(tw_recorder_error(x.r), "event 3: store at 0x"));
	assert_non_null(strstr(tw_recorder_error(x.r), "the region's protection"));
	assert_int_equal(tw_recorder_end(x.r, 0), -EBADMSG);
	close_recording(&x);
}

static void an_end_without_exit_is_the_programs_status(void **state)
{
	struct words s = {.n = 0};
	struct tw_trace_event e = {0};
	struct recording x;

	(void)state;
	open_recording(&x);
	add_start(&s);
	assert_int_equal(feed(&x, &s), 0);
	end_and_open(&x, 139);
	while (e.kind != TW_TRACE_EXIT)
		e = next(&x);
	assert_int_equal(e.result, 139);
	close_recording(&x);
}

static void an_end_after_execve_says_so(void **state)
{
	struct words s = {.n = 0};
	struct tw_trace_event e = {0};
	struct recording x;

	(void)state;
	open_recording(&x);
	add_start(&s);
	add_word(&s, (uint64_t)TW_STREAM_EXEC << TW_STREAM_CODE_SHIFT);
	assert_int_equal(feed(&x, &s), 0);
	end_and_open(&x, 0);
	while (e.kind != TW_TRACE_EXIT)
		e = next(&x);
	assert_int_equal(e.result, TW_TRACE_EXIT_EXEC);
	close_recording(&x);
}

static void the_plugins_complaint_becomes_the_error(void **state)
{
	struct words s = {.n = 0};
	struct recording x;

	(void)state;
	open_recording(&x);
	add_word(&s, (uint64_t)TW_STREAM_ERROR << TW_STREAM_CODE_SHIFT | 13);
	add_text(&s, "it cannot be.");
	assert_int_equal(feed(&x, &s), -EBADMSG);
	assert_string_equal(tw_recorder_error(x.r), "it cannot be.");
	close_recording(&x);
}

static void an_unknown_record_is_an_error(void **state)
{
	const uint64_t bad[] = {0x40, 0x7f, 0x84, 0xff};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct words s = {.n = 0};
		struct recording x;

		open_recording(&x);
		add_word(&s, bad[i] << TW_STREAM_CODE_SHIFT);
		assert_int_equal(feed(&x, &s), -EBADMSG);
		close_recording(&x);
	}
}

static void an_empty_stream_is_no_trace(void **state)
{
	struct recording x;

	(void)state;
	open_recording(&x);
	assert_int_equal(tw_recorder_end(x.r, 1), -ENODATA);
	close_recording(&x);
}

// --- LRU -------------------------------------------------------------------------------

static void touch(struct tw_trace_lru *l, uint64_t addr, uint32_t size)
{
	struct tw_trace_event e = {.kind = TW_TRACE_LOAD, .addr = addr, .size = size};

	assert_int_equal(tw_trace_lru_add(l, &e), 0);
}

static void lru_evicts_the_page_that_was_used_longest_ago(void **state)
{
	struct tw_trace_lru *l = tw_trace_lru_new(2);

	(void)state;
	assert_non_null(l);
	touch(l, 0x1000, 8);
	touch(l, 0x2000, 8);
	touch(l, 0x1000, 8);
	touch(l, 0x3000, 8); // evicts 0x2000
	assert_int_equal(tw_trace_lru_faults(l), 3);
	touch(l, 0x1000, 8);
	assert_int_equal(tw_trace_lru_refaults(l), 0);
	touch(l, 0x2000, 8);
	assert_int_equal(tw_trace_lru_faults(l), 4);
	assert_int_equal(tw_trace_lru_refaults(l), 1);
	tw_trace_lru_free(l);
}

static void lru_counts_both_pages_of_an_access_that_crosses(void **state)
{
	struct tw_trace_lru *l = tw_trace_lru_new(4);

	(void)state;
	assert_non_null(l);
	touch(l, 0x1ffc, 8);
	assert_int_equal(tw_trace_lru_faults(l), 2);
	tw_trace_lru_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_move_below_2_to_the_38),
		cmocka_unit_test(an_address_that_does_not_fit_ends_the_recording),
		cmocka_unit_test(hints_and_failed_calls_may_name_any_address),
		cmocka_unit_test(the_stream_may_be_cut_anywhere),
		cmocka_unit_test(what_nobody_could_replay_ends_the_recording),
		cmocka_unit_test(an_end_without_exit_is_the_programs_status),
		cmocka_unit_test(an_end_after_execve_says_so),
		cmocka_unit_test(the_plugins_complaint_becomes_the_error),
		cmocka_unit_test(an_unknown_record_is_an_error),
		cmocka_unit_test(an_empty_stream_is_no_trace),
		cmocka_unit_test(lru_evicts_the_page_that_was_used_longest_ago),
		cmocka_unit_test(lru_counts_both_pages_of_an_access_that_crosses),
	};

	return cmocka_run_group_tests_name("trace_tools", tests, NULL, NULL);
}
