// SPDX-License-Identifier: Apache-2.0
//
// Traces: what is written is what is read, and nothing is written that breaks the format's rules.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trace_fixture.h"
#include "twinwalk/prng.h"

static void assert_same_event(const struct tw_trace_event *got, const struct tw_trace_event *want)
{
	assert_int_equal(got->kind, want->kind);
	assert_int_equal(got->addr, want->addr);
	if (want->kind <= TW_TRACE_RMW) {
		assert_int_equal(got->size, want->size);
		return;
	}
	assert_int_equal(got->size, 0);
	assert_int_equal(got->len, want->len);
	assert_int_equal(got->new_len, want->new_len);
	assert_int_equal(got->new_addr, want->new_addr);
	assert_int_equal(got->offset, want->offset);
	assert_int_equal(got->result, want->result);
	assert_int_equal(got->prot, want->prot);
	assert_int_equal(got->flags, want->flags);
	assert_int_equal(got->file, want->file);
	assert_int_equal(got->advice, want->advice);
}

static struct tw_trace *open_trace(const struct sample *s)
{
	struct tw_trace *t;

	if (tw_trace_open(s->path, &t))
		fail_msg("%s", tw_trace_error(t));
	return t;
}

static void assert_reads_back(struct tw_trace *t, const struct sample *s)
{
	struct tw_trace_event e = {0};

	for (size_t i = 0; i < s->n; i++) {
		if (tw_trace_next(t, &e) != 1)
			fail_msg("%s", tw_trace_error(t));
		assert_same_event(&e, &s->events[i]);
	}
	assert_int_equal(tw_trace_next(t, &e), 0);
	assert_int_equal(tw_trace_next(t, &e), 0);
	assert_string_equal(tw_trace_error(t), "no error");
}

static void every_kind_of_event_reads_back_as_written(void **state)
{
	struct sample s = {0};
	struct tw_trace *t;

	(void)state;
	fill_sample(&s, base_seed());
	write_sample(&s, 1);
	t = open_trace(&s);
	assert_reads_back(t, &s);
	tw_trace_close(t);
	free_sample(&s);
}

static void rewind_starts_at_the_first_event_from_anywhere(void **state)
{
	struct sample s = {0};
	struct tw_trace_event e;
	struct tw_trace *t;

	(void)state;
	fill_sample(&s, base_seed());
	write_sample(&s, 1);
	t = open_trace(&s);
	for (int i = 0; i < 500; i++)
		assert_int_equal(tw_trace_next(t, &e), 1);
	assert_int_equal(tw_trace_rewind(t), 0);
	assert_reads_back(t, &s);
	assert_int_equal(tw_trace_rewind(t), 0);
	assert_reads_back(t, &s);
	tw_trace_close(t);
	free_sample(&s);
}

// Event i of a trace too large to keep: accesses fill two blocks and a bit, then other events fill
// one before its number of events does.
#define LARGE_ACCESSES (2 * TW_TRACE_BLOCK_EVENTS + 10)
#define LARGE	       (LARGE_ACCESSES + 700000)

static struct tw_trace_event large_event(uint32_t i)
{
	uint64_t seed = base_seed() + i;

	if (i == 0)
		return (struct tw_trace_event){.kind = TW_TRACE_BRK, .result = 0x1000, .file = -1};
	if (i == LARGE - 1)
		return (struct tw_trace_event){.kind = TW_TRACE_EXIT, .file = -1};
	if (i < LARGE_ACCESSES)
		return (struct tw_trace_event){.kind = i % 3 ? TW_TRACE_LOAD : TW_TRACE_FETCH,
					       .addr = tw_random(&seed) & 0x3fffffffe0,
					       .size = 32};
	return (struct tw_trace_event){.kind = TW_TRACE_MMAP,
				       .addr = TW_TRACE_NO_ADDR,
				       .len = UINT64_MAX,
				       .offset = tw_random(&seed) | UINT64_C(1) << 63,
				       .result = -4095,
				       .prot = UINT32_MAX,
				       .flags = UINT32_MAX,
				       .file = 1};
}

static void a_trace_of_several_blocks_reads_back(void **state)
{
	struct tw_trace_event e = {0}, want;
	struct tw_trace_writer *w;
	struct sample s = {0};
	struct tw_trace *t;

	(void)state;
	fill_sample(&s, 0);
	write_sample(&s, 1); // for its temporary file
	assert_int_equal(tw_trace_create(s.path, "large", 1, &w), 0);
	assert_int_equal(tw_trace_add_file(w, "a", 0), 0);
	assert_int_equal(tw_trace_add_file(w, "b", 0), 1);
	for (uint32_t i = 0; i < LARGE; i++) {
		e = large_event(i);
		if (tw_trace_put(w, &e))
			fail_msg("event %u: %s", i, tw_trace_writer_error(w));
	}
	assert_int_equal(tw_trace_finish(w), 0);
	tw_trace_writer_close(w);

	t = open_trace(&s);
	// Two of accesses; the mmaps have 34 bytes each, in blocks of 10485660.
	assert_int_equal(tw_trace_get_info(t)->n_blocks, 5);
	for (uint32_t i = 0; i < LARGE; i++) {
		if (tw_trace_next(t, &e) != 1)
			fail_msg("%s", tw_trace_error(t));
		want = large_event(i);
		assert_same_event(&e, &want);
		if (e.kind > TW_TRACE_RMW)
			e = (struct tw_trace_event){0};
	}
	assert_int_equal(tw_trace_next(t, &e), 0);
	tw_trace_close(t);
	free_sample(&s);
}

static void the_header_tells_counts_and_footprint(void **state)
{
	struct sample s = {0};
	const struct tw_trace_info *i;
	struct tw_trace *t;

	(void)state;
	add(&s, map_event(0x10000, 0x10000, 7));
	add_brk(&s, 0, 0x30000);
	add_access(&s, TW_TRACE_FETCH, 0x10000, 32);
	add_access(&s, TW_TRACE_FETCH, 0x10020, 32);
	add_access(&s, TW_TRACE_LOAD, 0x10ffc, 8); // two pages
	add_access(&s, TW_TRACE_STORE, 0x12000, 1);
	add_access(&s, TW_TRACE_RMW, 0x13000, 4);
	add(&s, (struct tw_trace_event){
			.kind = TW_TRACE_COPY_IN, .addr = 0x14000, .len = 0x1001, .file = -1});
	add(&s, (struct tw_trace_event){
			.kind = TW_TRACE_COPY_OUT, .addr = 0x16fff, .len = 1, .file = -1});
	add_exit(&s, 3);
	write_sample(&s, 19);
	t = open_trace(&s);
	i = tw_trace_get_info(t);
	assert_string_equal(i->program, "sample");
	assert_string_equal(i->arch, "x86_64");
	assert_int_equal(i->page_size, 4096);
	assert_int_equal(i->n_events, 10);
	assert_int_equal(i->n_accesses, 5);
	assert_int_equal(i->events[TW_TRACE_FETCH], 2);
	assert_int_equal(i->events[TW_TRACE_COPY_OUT], 1);
	assert_int_equal(i->pages, 7);
	assert_int_equal(i->fetch_pages, 1);
	assert_int_equal(i->data_pages, 4);
	assert_int_equal(i->written_pages, 3);
	tw_trace_close(t);
	free_sample(&s);
}

static void the_file_table_reads_back(void **state)
{
	struct sample s = {0};
	struct tw_trace *t;

	(void)state;
	fill_sample(&s, base_seed());
	write_sample(&s, 1);
	t = open_trace(&s);
	assert_int_equal(tw_trace_get_info(t)->n_files, 2);
	assert_string_equal(tw_trace_get_file(t, 0)->name, "data file");
	assert_int_equal(tw_trace_get_file(t, 0)->size, 12345);
	assert_string_equal(tw_trace_get_file(t, 1)->name, "program");
	assert_true(tw_trace_get_file(t, 1)->size == UINT64_MAX);
	assert_null(tw_trace_get_file(t, 2));
	tw_trace_close(t);
	free_sample(&s);
}

static void the_same_events_give_the_same_bytes(void **state)
{
	struct sample s = {0};
	uint8_t *first, *second;
	size_t n_first, n_second;

	(void)state;
	fill_sample(&s, base_seed());
	write_sample(&s, 3);
	first = read_file(s.path, &n_first);
	write_sample(&s, 3);
	second = read_file(s.path, &n_second);
	assert_int_equal(n_first, n_second);
	assert_memory_equal(first, second, n_first);
	free(first);
	free(second);
	free_sample(&s);
}

// A writer after one map of [0x1000, 0x2000) and the initial break.
static struct tw_trace_writer *started_writer(struct sample *s)
{
	struct tw_trace_writer *w;

	fill_sample(s, 0);
	write_sample(s, 1);
	assert_int_equal(tw_trace_create(s->path, "sample", 1, &w), 0);
	assert_int_equal(tw_trace_add_file(w, "f", 1), 0);
	return w;
}

static void start(struct tw_trace_writer *w)
{
	struct tw_trace_event e = map_event(0x1000, 0x1000, 3);

	assert_int_equal(tw_trace_put(w, &e), 0);
	e = (struct tw_trace_event){.kind = TW_TRACE_BRK, .result = 0x5000, .file = -1};
	assert_int_equal(tw_trace_put(w, &e), 0);
}

static void the_writer_refuses_events_that_break_a_rule(void **state)
{
	const uint64_t end = UINT64_C(1) << TW_TRACE_VA_BITS;
	const struct tw_trace_event bad[] = {
		{.kind = TW_TRACE_FETCH, .addr = 16, .size = 32},
		{.kind = TW_TRACE_FETCH, .addr = 32, .size = 4},
		{.kind = TW_TRACE_LOAD, .addr = 0, .size = 0},
		{.kind = TW_TRACE_LOAD, .addr = 0, .size = 4097},
		{.kind = TW_TRACE_STORE, .addr = end - 1, .size = 2},
		{.kind = TW_TRACE_RMW, .addr = UINT64_MAX, .size = 8},
		{.kind = TW_TRACE_COPY_IN, .addr = 0, .len = 0},
		{.kind = TW_TRACE_COPY_IN, .addr = 0, .len = TW_TRACE_COPY_MAX + UINT64_C(1)},
		{.kind = TW_TRACE_COPY_OUT, .addr = end, .len = 1},
		{.kind = TW_TRACE_MAP, .addr = 0x2000, .len = 0x1000, .flags = 0x22, .file = -1},
		{.kind = TW_TRACE_MMAP, .len = 1, .result = 0x2000, .file = 1},
		{.kind = TW_TRACE_MMAP, .len = 1, .result = 0x2000, .file = -2},
		{.kind = TW_TRACE_MMAP, .len = 0, .result = 0x2000, .file = -1},
		{.kind = TW_TRACE_MMAP, .len = 1, .result = 0x2001, .file = -1},
		{.kind = TW_TRACE_MMAP, .len = 1, .result = (int64_t)end, .file = -1},
		{.kind = TW_TRACE_MMAP, .len = 1, .result = -4096, .file = -1},
		{.kind = TW_TRACE_MMAP, .addr = end + 1, .len = 1, .result = -1, .file = -1},
		{.kind = TW_TRACE_MUNMAP, .addr = 1, .len = 1},
		{.kind = TW_TRACE_MUNMAP, .addr = 0x1000, .len = end},
		{.kind = TW_TRACE_MPROTECT, .addr = 0x1000, .len = 1, .result = 1},
		{.kind = TW_TRACE_MADVISE, .addr = TW_TRACE_NO_ADDR, .len = 1},
		{.kind = TW_TRACE_BRK, .result = (int64_t)end + 1},
		{.kind = TW_TRACE_BRK, .result = -12},
		{.kind = TW_TRACE_MREMAP, .new_addr = end + 1, .new_len = 1, .result = -1},
		{.kind = TW_TRACE_MREMAP, .new_len = 0, .result = 0x1000},
		{.kind = TW_TRACE_EXIT, .result = 256},
		{.kind = TW_TRACE_EXIT, .result = -2},
		{.kind = TW_TRACE_KINDS},
	};
	const struct tw_trace_event good = {.kind = TW_TRACE_LOAD, .addr = 0x1000, .size = 8};
	struct sample s = {0};
	struct tw_trace_writer *w = started_writer(&s);

	(void)state;
	start(w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (tw_trace_put(w, &bad[i]) != -EINVAL)
			fail_msg("bad event %zu was accepted", i);
		assert_non_null(strstr(tw_trace_writer_error(w), "expected"));
	}
	// None of them left anything behind.
	assert_int_equal(tw_trace_put(w, &good), 0);
	assert_int_equal(
		tw_trace_put(w, &(struct tw_trace_event){.kind = TW_TRACE_EXIT, .file = -1}), 0);
	assert_int_equal(tw_trace_finish(w), 0);
	tw_trace_writer_close(w);
	free(s.events);
	s.events = NULL;
	s.n = s.room = 0;
	add(&s, map_event(0x1000, 0x1000, 3));
	add_brk(&s, 0, 0x5000);
	add(&s, good);
	add_exit(&s, 0);
	{
		struct tw_trace *t = open_trace(&s);

		assert_reads_back(t, &s);
		tw_trace_close(t);
	}
	free_sample(&s);
}

static void maps_ascend_and_come_first(void **state)
{
	struct sample s = {0};
	struct tw_trace_writer *w = started_writer(&s);
	struct tw_trace_event first = map_event(0x1000, 0x2000, 3);
	struct tw_trace_event bad[] = {map_event(0x2000, 0x1000, 3),
				       map_event(0x1000, 0, 3),
				       map_event(0x5001, 0x1000, 3),
				       map_event(0x5000, 0x800, 3),
				       map_event(0x5000, 0x1000, 8),
				       map_event(0x5000, UINT64_C(1) << 38, 3),
				       map_event(0x5000, 0x1000, 3),
				       map_event(0x5000, 0x1000, 3),
				       map_event(0x5000, 0x1000, 3),
				       {.kind = TW_TRACE_LOAD, .addr = 0x1000, .size = 1},
				       {.kind = TW_TRACE_BRK, .addr = 1, .file = -1}};

	(void)state;
	bad[6].file = 0; // anonymous and of a file
	bad[7].offset = 0x1000;
	bad[8].flags = TW_TRACE_MAP_PRIVATE;
	bad[8].file = 1; // not in the table
	assert_int_equal(tw_trace_put(w, &first), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (tw_trace_put(w, &bad[i]) != -EINVAL)
			fail_msg("bad event %zu was accepted", i);
	tw_trace_writer_close(w);
	free_sample(&s);
}

static void exit_comes_last_and_once(void **state)
{
	struct tw_trace_event e = {.kind = TW_TRACE_EXIT, .result = TW_TRACE_EXIT_EXEC, .file = -1};
	struct sample s = {0};
	struct tw_trace_writer *w = started_writer(&s);

	(void)state;
	start(w);
	assert_int_equal(tw_trace_finish(w), -EINVAL);
	assert_int_equal(tw_trace_put(w, &e), 0);
	assert_int_equal(tw_trace_put(w, &e), -EINVAL);
	assert_int_equal(tw_trace_finish(w), 0);
	assert_int_equal(tw_trace_finish(w), -EINVAL);
	tw_trace_writer_close(w);
	free_sample(&s);
}

static void the_writer_refuses_bad_names_levels_and_places(void **state)
{
	char long_name[TW_TRACE_NAME_MAX + 2];
	struct sample s = {0};
	struct tw_trace_writer *w = started_writer(&s);

	(void)state;
	memset(long_name, 'x', sizeof(long_name));
	long_name[TW_TRACE_NAME_MAX + 1] = '\0';
	assert_int_equal(tw_trace_add_file(w, "", 0), -EINVAL);
	assert_int_equal(tw_trace_add_file(w, "a/b", 0), -EINVAL);
	assert_int_equal(tw_trace_add_file(w, "a\nb", 0), -EINVAL);
	assert_int_equal(tw_trace_add_file(w, long_name, 0), -EINVAL);
	long_name[TW_TRACE_NAME_MAX] = '\0';
	for (int i = 1; i < TW_TRACE_FILES_MAX; i++)
		assert_int_equal(tw_trace_add_file(w, long_name, 0), i);
	assert_int_equal(tw_trace_add_file(w, "one more", 0), -EINVAL);
	tw_trace_writer_close(w);

	assert_int_equal(tw_trace_create(s.path, "", 1, &w), -EINVAL);
	tw_trace_writer_close(w);
	assert_int_equal(tw_trace_create(s.path, "p", 0, &w), -EINVAL);
	tw_trace_writer_close(w);
	assert_int_equal(tw_trace_create(s.path, "p", 20, &w), -EINVAL);
	tw_trace_writer_close(w);
	assert_int_equal(tw_trace_create("/nowhere/at/all", "p", 1, &w), -ENOENT);
	assert_non_null(strstr(tw_trace_writer_error(w), "/nowhere/at/all"));
	tw_trace_writer_close(w);
	free_sample(&s);
}

// The sample's bytes.
static void expect_bytes(const struct sample *s, const uint8_t *want, size_t want_len)
{
	size_t len;
	uint8_t *got = read_file(s->path, &len);

	assert_int_equal(len, want_len);
	assert_memory_equal(got, want, len);
	free(got);
}

static void a_trace_is_replaced_when_the_new_one_is_complete(void **state)
{
	struct sample s = {0};
	struct tw_trace_writer *w = started_writer(&s);
	struct tw_trace_event e = {.kind = TW_TRACE_EXIT, .file = -1};
	size_t len;
	uint8_t *before = read_file(s.path, &len);
	struct tw_trace *t;

	(void)state;
	start(w);
	expect_bytes(&s, before, len);
	assert_int_equal(tw_trace_put(w, &e), 0);
	assert_int_equal(tw_trace_finish(w), 0);
	tw_trace_writer_close(w);
	assert_int_equal(tw_trace_open(s.path, &t), 0);
	assert_int_equal(tw_trace_get_info(t)->n_events, 3);
	tw_trace_close(t);
	// One that is given up replaces nothing.
	free(before);
	before = read_file(s.path, &len);
	assert_int_equal(tw_trace_create(s.path, "sample", 1, &w), 0);
	start(w);
	tw_trace_writer_close(w);
	expect_bytes(&s, before, len);
	free(before);
	free_sample(&s);
}

static void a_file_that_is_no_trace_stays(void **state)
{
	static const uint8_t letter[] = "a letter";
	struct tw_trace_writer *w;
	struct sample s = {0};

	(void)state;
	fill_sample(&s, 0);
	write_sample(&s, 1); // for its temporary file
	write_file(s.path, letter, sizeof(letter));
	assert_int_equal(tw_trace_create(s.path, "sample", 1, &w), -EEXIST);
	assert_non_null(strstr(tw_trace_writer_error(w), "exists and is not a trace"));
	assert_null(strstr(tw_trace_writer_error(w), "--force"));
	tw_trace_writer_close(w);
	expect_bytes(&s, letter, sizeof(letter));
	free_sample(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_event_reads_back_as_written),
		cmocka_unit_test(rewind_starts_at_the_first_event_from_anywhere),
		cmocka_unit_test(a_trace_of_several_blocks_reads_back),
		cmocka_unit_test(the_header_tells_counts_and_footprint),
		cmocka_unit_test(the_file_table_reads_back),
		cmocka_unit_test(the_same_events_give_the_same_bytes),
		cmocka_unit_test(the_writer_refuses_events_that_break_a_rule),
		cmocka_unit_test(maps_ascend_and_come_first),
		cmocka_unit_test(exit_comes_last_and_once),
		cmocka_unit_test(the_writer_refuses_bad_names_levels_and_places),
		cmocka_unit_test(a_trace_is_replaced_when_the_new_one_is_complete),
		cmocka_unit_test(a_file_that_is_no_trace_stays),
	};

	printf("seed %llu (TW_SEED)\n", (unsigned long long)base_seed());
	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
