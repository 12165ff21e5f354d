// SPDX-License-Identifier: Apache-2.0
// Replay in every page-table format, on the strict MMU: recorded programs fault, swap and are
// compared byte by byte; where a format's addresses end before theirs, all they map is moved
// together.
#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <twinwalk/trace.h>
#include <unistd.h>

#include "../../replay/replay.h"

static char said[1024]; // by the last run that failed

static enum tw_status create(void *arg, const struct replay_opts *opts, struct tw_hw_opts *hw_opts,
			     struct tw_config *config, struct tw_hw **hw, char *err, size_t errlen)
{
	(void)arg;
	(void)opts;
	(void)config;
	if (errlen)
		*err = 0;
	return strict_create(hw_opts->pmem, hw) ? TW_SYSTEM : TW_OK;
}

static const char *stopped(void *arg)
{
	(void)arg;
	return NULL;
}

static void complain(void *arg, const struct replay_opts *opts, enum tw_status status,
		     const char *error)
{
	(void)arg;
	(void)opts;
	(void)status;
	snprintf(said, sizeof(said), "%s", error);
}

static void ended(void *arg, struct tw_hw *hw)
{
	const char *stale = strict_check(hw);

	(void)arg;
	if (stale)
		fail_msg("%s", stale);
}

static const struct replay_user user = {
	.create = create, .stopped = stopped, .complain = complain, .ended = ended};

static enum tw_status run(enum tw_format format, const char *const *traces, unsigned int n,
			  uint64_t limit, struct replay_result *r)
{
	struct replay_opts o = {.hw = "strict",
				.format = format,
				.seed = 1,
				.latency_min = 1,
				.latency_max = 1,
				.frames = n > 1 ? 400 : 0,
				.quantum = 5000,
				.check = 20000,
				.limit = limit,
				.repeat = "",
				.user = &user,
				.traces = traces,
				.n_traces = n};
	enum tw_status status;

	tw_costs_default(&o.costs);
	said[0] = '\0';
	status = replay_run(&o, r);
	replay_result_free(r);
	return status;
}

static void recorded_programs_run_in_every_format(void **state)
{
	static const char *const traces[] = {"trace/bundled/sort.twt", "trace/bundled/perl.twt",
					     "trace/bundled/sqlite3.twt", "trace/bundled/shuf.twt"};

	(void)state;
	for (unsigned int i = 0; i < WORLD_FORMATS; i++) {
		const char *name = tw_format_get(world_formats[i])->name;
		struct replay_result r;

		if (run(world_formats[i], traces, 4, 120000, &r) != TW_OK)
			fail_msg("%s: %s", name, said);
		assert_int_equal(r.events, 120000);
		assert_true(r.kernel.swap_out > 0 && r.kernel.major > 0);
		assert_true(r.pages_verified > 0);
		// Programs of 64 bits have addresses that one of 32 bits has not.
		assert_int_equal(r.ranges_moved > 0,
				 tw_format_get(world_formats[i])->va_bits == 32);
	}
}

// --- Traces made for it ----------------------------------------------------------------

struct made {
	char path[64];
	struct tw_trace_writer *w;
};

static void put(struct made *m, struct tw_trace_event e)
{
	if (tw_trace_put(m->w, &e))
		fail_msg("%s", tw_trace_writer_error(m->w));
}

enum { RW = TW_TRACE_PROT_READ | TW_TRACE_PROT_WRITE };
enum { ANON = TW_TRACE_MAP_PRIVATE | TW_TRACE_MAP_ANONYMOUS };

// A program with a stack right below 2^38 and a heap at BRK.
static void begin(struct made *m, uint64_t brk)
{
	int fd;

	strcpy(m->path, "/tmp/twinwalk-formats-XXXXXX");
	fd = mkstemp(m->path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(tw_trace_create(m->path, "made", 1, &m->w), 0);
	put(m, (struct tw_trace_event){.kind = TW_TRACE_MAP,
				       .addr = (UINT64_C(1) << 38) - 16 * PAGE,
				       .len = 16 * PAGE,
				       .prot = RW,
				       .flags = ANON | TW_TRACE_MAP_GROWSDOWN,
				       .file = -1});
	put(m, (struct tw_trace_event){.kind = TW_TRACE_BRK, .file = -1, .result = (int64_t)brk});
}

static void map(struct made *m, uint64_t addr, uint64_t pages)
{
	put(m, (struct tw_trace_event){.kind = TW_TRACE_MMAP,
				       .len = pages * PAGE,
				       .prot = RW,
				       .flags = ANON,
				       .file = -1,
				       .result = (int64_t)addr});
}

static void store(struct made *m, uint64_t addr, uint32_t size)
{
	put(m, (struct tw_trace_event){.kind = TW_TRACE_STORE, .addr = addr, .size = size});
	put(m, (struct tw_trace_event){.kind = TW_TRACE_LOAD, .addr = addr, .size = size});
}

static enum tw_status end(struct made *m, enum tw_format format, struct replay_result *r)
{
	const char *const traces[] = {m->path};
	enum tw_status status;

	put(m, (struct tw_trace_event){.kind = TW_TRACE_EXIT, .file = -1});
	assert_int_equal(tw_trace_finish(m->w), 0);
	tw_trace_writer_close(m->w);
	status = run(format, traces, 1, 0, r);
	assert_int_equal(unlink(m->path), 0);
	return status;
}

static const uint64_t high = UINT64_C(0x3000000000), brk_at = UINT64_C(0x1555556000);

static void what_touches_stays_together(void **state)
{
	struct replay_result r;
	struct made m;

	(void)state;
	begin(&m, brk_at);
	// Two mappings side by side, the later one below; an access in both.
	map(&m, high + 4 * PAGE, 4);
	map(&m, high, 4);
	store(&m, high + 4 * PAGE - 8, 16);
	// A call on both and the hole behind them, into which a third is mapped afterwards.
	put(&m, (struct tw_trace_event){.kind = TW_TRACE_MUNMAP,
					.addr = high + 2 * PAGE,
					.len = 20 * PAGE,
					.file = -1});
	map(&m, high + 10 * PAGE, 2);
	store(&m, high + 11 * PAGE, 8);
	// The heap grows and is used up to its end.
	put(&m, (struct tw_trace_event){.kind = TW_TRACE_BRK,
					.addr = brk_at + 5 * PAGE + 100,
					.file = -1,
					.result = (int64_t)(brk_at + 5 * PAGE + 100)});
	store(&m, brk_at + 5 * PAGE + 90, 8);
	// It moves, and takes its contents along.
	put(&m, (struct tw_trace_event){.kind = TW_TRACE_MREMAP,
					.addr = high + 10 * PAGE,
					.len = 2 * PAGE,
					.new_len = 6 * PAGE,
					.flags = TW_TRACE_MREMAP_MAYMOVE,
					.file = -1,
					.result = (int64_t)(high + 100 * PAGE)});
	put(&m,
	    (struct tw_trace_event){.kind = TW_TRACE_LOAD, .addr = high + 101 * PAGE, .size = 8});
	if (end(&m, TW_FMT_SV32, &r) != TW_OK)
		fail_msg("%s", said);
	// The heap, what the calls name, what moved, the stack.
	assert_int_equal(r.ranges_moved, 4);
}

static void a_mapping_between_two_joins_them(void **state)
{
	struct replay_result r;
	struct made m;

	(void)state;
	begin(&m, brk_at);
	map(&m, high, 2);
	map(&m, high + 4 * PAGE, 2);
	map(&m, high + 2 * PAGE, 2);
	store(&m, high + 4 * PAGE - 8, 16);
	store(&m, high + 2 * PAGE - 8, 16);
	if (end(&m, TW_FMT_X86_LEGACY, &r) != TW_OK)
		fail_msg("%s", said);
	assert_int_equal(r.ranges_moved, 3);
}

static void an_empty_heap_has_its_place(void **state)
{
	struct replay_result r;
	struct made m;

	(void)state;
	begin(&m, brk_at);
	if (end(&m, TW_FMT_SV32, &r) != TW_OK)
		fail_msg("%s", said);
	assert_int_equal(r.ranges_moved, 2);
}

static void what_fits_stays_where_it_is(void **state)
{
	const char *const traces[] = {"trace/bundled/shuf.twt"};
	struct replay_result r;

	(void)state;
	assert_int_equal(run(TW_FMT_SV39, traces, 1, 1000, &r), TW_OK);
	assert_int_equal(r.ranges_moved, 0);
}

static void a_program_that_maps_too_much_is_refused(void **state)
{
	struct replay_result r;
	struct made m;

	(void)state;
	begin(&m, brk_at);
	map(&m, high, (UINT64_C(1) << 31) / PAGE - 100);
	map(&m, high + (UINT64_C(1) << 32), 200);
	assert_int_equal(end(&m, TW_FMT_X86_PAE, &r), TW_USAGE);
	assert_non_null(strstr(said, "does not fit into pae, whose programs end at 0x80000000"));
	assert_non_null(strstr(said, "the range from 0x3100000000 to 0x31000c8000 finds no room"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_programs_run_in_every_format),
		cmocka_unit_test(what_touches_stays_together),
		cmocka_unit_test(a_mapping_between_two_joins_them),
		cmocka_unit_test(an_empty_heap_has_its_place),
		cmocka_unit_test(what_fits_stays_where_it_is),
		cmocka_unit_test(a_program_that_maps_too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
