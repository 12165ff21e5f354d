// SPDX-License-Identifier: Apache-2.0
// The architecture against the naive walker, in the process: all the cases of the exhaustive kinds,
// and many random ones, in every format. Each test says what must have happened in it. The random
// kinds run with a fixed seed and with a fresh one, which is printed; TW_SEED=n gives one seed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fresh.h"

static struct fresh_case c;
static struct fresh_run run;
static struct fresh_count count;

static void check(const struct fresh_shape *s, const struct fresh_kind *k, uint64_t seed,
		  unsigned long number)
{
	unsigned int at;
	char why[160];

	fresh_make(&c, s, k, seed, number);
	if (fresh_compare(&c, &run, &count, &at, why, sizeof(why)))
		return;
	fail_msg("%s, access %u, va %llx\nthe case as vectors: tw_fresh --format %s --kind %s "
		 "--seed %llu --number %lu CASES RESULTS",
		 why, fresh_access_number(&c, at), (unsigned long long)c.op[at].req.va, s->name,
		 k->name, (unsigned long long)seed, number);
}

static void all(const struct fresh_shape *s, uint64_t seed, unsigned long random)
{
	for (unsigned int i = 0; i < FRESH_KINDS; i++) {
		const struct fresh_kind *k = &fresh_kinds[i];
		unsigned long n = k->cases ? k->cases(s) : random;

		for (unsigned long number = 0; number < n; number++)
			check(s, k, seed, number);
	}
}

// The format's name is the test's state.
static void agrees_with_the_naive_walker(void **state)
{
	const struct fresh_shape *s = fresh_shape(*state);
	bool given;
	uint64_t seed = fresh_seed(&given);

	memset(&count, 0, sizeof(count));
	if (!given)
		all(s, 1, 2000);
	print_message("seed %llu: repeat with TW_SEED=%llu\n", (unsigned long long)seed,
		      (unsigned long long)seed);
	all(s, seed, 2000);
	print_message("%llu accesses in %llu cases\n", (unsigned long long)count.accesses,
		      (unsigned long long)count.cases);
	if (!fresh_complete(&count, s, stderr))
		fail_msg("%s: something never happened", s->name);
}

// --- Memory that can be read and not written -----------------------------------------------------

static int refuse(void *user, uint64_t pa, unsigned int bytes, uint64_t expected, uint64_t desired,
		  uint64_t *old)
{
	(void)user, (void)pa, (void)bytes, (void)desired;
	*old = expected;
	return -EIO;
}

static void an_update_that_the_bus_refuses_is_an_access_fault(void **state)
{
	const struct fresh_kind *k = fresh_kind("tree");
	uint64_t refused = 0;

	(void)state;
	for (unsigned int i = 0; i < FRESH_SHAPES; i++) {
		if (fresh_shapes[i].x86)
			continue;
		for (unsigned long number = 0; number < 200; number++) {
			struct fresh_answer a;
			struct tw_walk w;

			fresh_make(&c, &fresh_shapes[i], k, 1, number);
			fresh_run_start(&run, &c);
			for (unsigned int at = 0; at < c.ops; at++) {
				struct tw_mem mem = fresh_mem_bus(&run.mem);
				struct naive n;

				if (c.op[at].kind != FRESH_ACC) {
					fresh_run_op(&run, &c.op[at], &a);
					continue;
				}
				mem.cas = refuse;
				naive_walk(&run.ctx, &mem, &c.op[at].req, &n);
				assert_int_equal(tw_arch_walk(&run.ctx, &mem, &c.op[at].req, &w),
						 0);
				assert_int_equal(w.updates, 0);
				assert_int_equal(w.resp.fault, n.walk.resp.fault);
				assert_int_equal(w.resp.cause, n.walk.resp.cause);
				refused += n.reason == NAIVE_BUS_UPDATE;
			}
		}
	}
	assert_true(refused > 100);
}

// --- The checks themselves -----------------------------------------------------------------------

static void what_never_happened_is_named(void **state)
{
	const struct fresh_shape *s = fresh_shape("sv39");
	const struct fresh_kind *k = fresh_kind("tree");
	char *text = NULL, why[160];
	unsigned int at;
	size_t len;
	FILE *f;

	(void)state;
	memset(&count, 0, sizeof(count));
	for (unsigned long number = 0; number < 100; number++) {
		fresh_make(&c, s, k, 1, number);
		assert_true(fresh_compare(&c, &run, &count, &at, why, sizeof(why)));
	}
	f = open_memstream(&text, &len);
	assert_non_null(f);
	assert_false(fresh_complete(&count, s, f));
	fclose(f);
	assert_non_null(strstr(text, "sv39: never: ok in fence\n"));
	assert_null(strstr(text, "ok in tree"));
	free(text);
}

static bool match(const char *expected, const char *got, bool rd)
{
	FILE *e = fmemopen((char *)expected, strlen(expected), "r");
	FILE *g = fmemopen((char *)got, strlen(got), "r");
	char why[200];
	bool same;

	assert_true(e && g);
	same = fresh_match(e, g, rd, why, sizeof(why));
	fclose(e);
	fclose(g);
	return same;
}

static void results_match_line_by_line(void **state)
{
	const char *one = "case a\n0 ok 1000 rd=8,10 upd=8:1:21\nend\n";

	(void)state;
	assert_true(match(one, one, true));
	assert_false(match(one, "case a\n0 ok 1000 rd=8 upd=8:1:21\nend\n", true));
	assert_true(match(one, "case a\n0 ok 1000 rd=8 upd=8:1:21\nend\n", false));
	assert_true(match(one, "case a\n0 ok 1000 upd=8:1:21\nend\n", false));
	assert_false(match(one, "case a\n0 ok 1000 rd=8,10\nend\n", false));
	assert_false(match(one, "case a\n0 ok 1008 rd=8,10 upd=8:1:21\nend\n", false));
	assert_false(match(one, "case a\n", false));
	assert_false(match("case a\n", one, false));
}

static void of_two_results_each_matches_and_nothing_else(void **state)
{
	const char *two = "0 ok 1000 rd=8 | 0 fault 13 tval=5 rd=8\n";

	(void)state;
	assert_true(match(two, "0 ok 1000 rd=\n", false));
	assert_true(match(two, "0 fault 13 tval=5 rd=8\n", false));
	assert_true(match(two, "0 fault 13 tval=5 rd=8\n", true));
	assert_false(match(two, "0 fault 13 tval=5 rd=\n", true));
	assert_false(match(two, "0 ok 2000 rd=8\n", false));
	assert_false(match(two, "0 ok 1000 rd=8 | 0 fault 13 tval=5 rd=8\n", false));
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(an_update_that_the_bus_refuses_is_an_access_fault),
		cmocka_unit_test(what_never_happened_is_named),
		cmocka_unit_test(results_match_line_by_line),
		cmocka_unit_test(of_two_results_each_matches_and_nothing_else),
	};
	enum { OTHERS = sizeof(others) / sizeof(*others) };
	struct CMUnitTest tests[FRESH_SHAPES + OTHERS];

	for (unsigned int i = 0; i < FRESH_SHAPES; i++)
		tests[i] = (struct CMUnitTest){
			.name = fresh_shapes[i].name,
			.test_func = agrees_with_the_naive_walker,
			.initial_state = (void *)fresh_shapes[i].name,
		};
	memcpy(&tests[FRESH_SHAPES], others, sizeof(others));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
