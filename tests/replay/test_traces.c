// SPDX-License-Identifier: Apache-2.0
//
// Random traces through the commands: a possible one is accepted and replayed without a difference;
// one with an event that cannot be is refused with status 3 and that event's number, by each
// command; and no change of a field makes a replay end otherwise. The seed is TW_SEED; TW_ROUNDS
// multiplies the traces. Argument: the command.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen.h"

enum { EVENTS = 400 };

static const char *command;
static char path[] = "/tmp/tw-traces-XXXXXX";

static uint64_t env(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s && *s ? strtoull(s, NULL, 0) : otherwise;
}

// --- Traces ----------------------------------------------------------------------------

struct trace {
	uint64_t seed;
	struct tw_trace_event e[EVENTS + 8];
	unsigned int n;
};

static void add(struct trace *t, struct gen *g, const struct tw_trace_event *e)
{
	t->e[t->n++] = *e;
	gen_apply(g, e);
}

// A trace of possible events, without its end.
static void fill(struct trace *t, struct gen *g, uint64_t seed, unsigned int events)
{
	t->seed = seed;
	t->n = gen_begin(g, seed, t->e);
	while (t->n < events) {
		struct tw_trace_event e = gen_legal(g);

		add(t, g, &e);
	}
}

// False if the format's rules of single events refuse one.
static bool write_trace(const struct trace *t)
{
	const struct tw_trace_event end = {.kind = TW_TRACE_EXIT, .file = -1};
	const char *const names[FILES] = {"program", "short", "empty"};
	const uint64_t sizes[FILES] = {20 * PAGE + 100, 2 * PAGE, 0};
	struct tw_trace_writer *w;
	bool good = true;

	assert_int_equal(tw_trace_create(path, "generated", 1, &w), 0);
	for (unsigned int i = 0; i < FILES; i++)
		assert_int_equal(tw_trace_add_file(w, names[i], sizes[i]), i);
	for (unsigned int i = 0; i < t->n && good; i++)
		good = tw_trace_put(w, &t->e[i]) == 0;
	if (good) {
		assert_int_equal(tw_trace_put(w, &end), 0);
		assert_int_equal(tw_trace_finish(w), 0);
	}
	tw_trace_writer_close(w);
	return good;
}

// --- Commands --------------------------------------------------------------------------

struct outcome {
	int status; // 128 and more: the signal
	char line[512], text[4096];
};

static void shell(struct outcome *o)
{
	FILE *out = popen(o->line, "r"); // NOLINT: our own command
	size_t n;
	int status;

	assert_non_null(out);
	n = fread(o->text, 1, sizeof(o->text) - 1, out);
	o->text[n] = '\0';
	while (fgetc(out) != EOF)
		;
	status = pclose(out);
	o->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void inspect(struct outcome *o)
{
	snprintf(o->line, sizeof(o->line), "%s trace-info %s 2>&1", command, path);
	shell(o);
}

// With memory for a part of the pages, in one of the formats.
static void replay(struct outcome *o, uint64_t seed)
{
	snprintf(
		o->line, sizeof(o->line),
		"%s run --config compact --format %s --policy %s --frames %u --swap 500 --check 50 "
		"%s 2>&1",
		command, seed & 1 ? "sv39" : "long4", seed & 2 ? "clock" : "fifo",
		seed & 4 ? 64u : 200u, path);
	shell(o);
}

static void show(const struct trace *t, const struct outcome *o)
{
	char kept[64];

	snprintf(kept, sizeof(kept), "%s-%llu", path, (unsigned long long)t->seed);
	if (rename(path, kept) == 0)
		print_error("kept as %s\n", kept);
	print_error("trace of seed %llu: %s\nstatus %d: %s\n", (unsigned long long)t->seed, o->line,
		    o->status, o->text);
}

// The number in "event N:", or -1.
static long event_of(const struct outcome *o)
{
	const char *at = strstr(o->text, "event ");

	return at ? strtol(at + 6, NULL, 10) : -1;
}

// --- Tests -----------------------------------------------------------------------------

static void what_can_be_is_accepted_and_replays_without_a_difference(void **state)
{
	static struct trace t;
	struct outcome o;
	struct gen g;

	(void)state;
	for (uint64_t i = 0; i < 40 * env("TW_ROUNDS", 1); i++) {
		fill(&t, &g, env("TW_SEED", 1) * 1000003 + i, EVENTS);
		assert_true(write_trace(&t));
		inspect(&o);
		if (o.status == 0)
			replay(&o, i);
		if (o.status != 0) {
			show(&t, &o);
			fail_msg("a possible trace is refused");
		}
	}
}

static void expect_refused(const struct trace *t, const struct outcome *o, const char *what)
{
	if (o->status == 3 && event_of(o) == (long)t->n - 1)
		return;
	show(t, o);
	fail_msg("%s: expected status 3 and event %u", what, t->n - 1);
}

static void what_cannot_be_is_refused_with_its_number(void **state)
{
	static struct trace t;
	struct outcome o;

	(void)state;
	for (unsigned int kind = 0; kind < gen_illegal_kinds; kind++) {
		unsigned int made = 0;

		for (uint64_t i = 0; made < 2 * env("TW_ROUNDS", 1); i++) {
			uint64_t seed = env("TW_SEED", 1) * 1000003 + kind * 5003 + i;
			struct tw_trace_event e;
			struct gen g;

			if (i == 4000)
				fail_msg("%s: no room in %u traces", gen_illegal_name(kind), 4000);
			fill(&t, &g, seed, 5 + (unsigned int)(seed % (EVENTS - 5)));
			if (!gen_illegal(&g, kind, &e))
				continue;
			made++;
			t.e[t.n++] = e;
			if (!write_trace(&t))
				fail_msg("%s: seed %llu: refused as a single event",
					 gen_illegal_name(kind), (unsigned long long)seed);
			inspect(&o);
			expect_refused(&t, &o, gen_illegal_name(kind));
			replay(&o, i);
			expect_refused(&t, &o, gen_illegal_name(kind));
		}
	}
}

// Changes one field of one event a little, or to an extreme.
static void change(struct gen *g, struct tw_trace_event *e)
{
	uint64_t *const wide[] = {&e->addr,	&e->len,    &e->new_len,
				  &e->new_addr, &e->offset, (uint64_t *)&e->result};
	const uint64_t values[] = {0,
				   1,
				   PAGE,
				   UINT64_MAX,
				   g->base,
				   (uint64_t)-ENOMEM,
				   (uint64_t)-EINVAL,
				   (uint64_t)-EACCES,
				   3 * PAGE};
	uint64_t *field = wide[gen_random(g, 6)];

	switch (gen_random(g, 6)) {
	case 0:
		*field = values[gen_random(g, sizeof(values) / sizeof(values[0]))];
		break;
	case 1:
		*field += PAGE;
		break;
	case 2:
		*field -= PAGE;
		break;
	case 3:
		*field ^= UINT64_C(1) << gen_random(g, 39);
		break;
	case 4:
		e->flags ^= 1u << gen_random(g, 26);
		break;
	default:
		e->prot ^= 1u << gen_random(g, 26);
		break;
	}
}

static void a_changed_field_never_makes_a_difference(void **state)
{
	static struct trace t;
	unsigned int refused = 0, accepted = 0;

	(void)state;
	for (uint64_t i = 0; i < 150 * env("TW_ROUNDS", 1); i++) {
		struct outcome info, run;
		struct gen g;

		fill(&t, &g, env("TW_SEED", 1) * 1000003 + 77777 + i, EVENTS);
		// Calls are rarer than accesses, and more can be wrong with them.
		for (int tries = 0; tries < 20; tries++) {
			unsigned int at = 4 + (unsigned int)gen_random(&g, t.n - 4);

			if (t.e[at].kind > TW_TRACE_COPY_OUT || tries == 19) {
				change(&g, &t.e[at]);
				break;
			}
		}
		if (!write_trace(&t))
			continue;
		inspect(&info);
		replay(&run, i);
		if ((info.status != 0 && info.status != 3) || run.status != info.status ||
		    event_of(&run) != event_of(&info)) {
			show(&t, &info);
			show(&t, &run);
			fail_msg("expected both to end with 0, or both with 3 and the same event");
		}
		refused += info.status == 3;
		accepted += info.status == 0;
	}
	assert_true(refused > 10 && accepted > 10);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_is_accepted_and_replays_without_a_difference),
		cmocka_unit_test(what_cannot_be_is_refused_with_its_number),
		cmocka_unit_test(a_changed_field_never_makes_a_difference),
	};
	int failures, fd;

	if (argc != 2)
		return 2;
	command = argv[1];
	fd = mkstemp(path);
	if (fd < 0)
		return 4;
	close(fd);
	print_message("seed %llu (TW_SEED)\n", (unsigned long long)env("TW_SEED", 1));
	failures = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failures;
}
