// SPDX-License-Identifier: Apache-2.0
// Fresh vectors of every kind on hardware: test_fresh_hw HW CONFIG CASES, that many of each kind in
// each format that the hardware has, with a fixed seed and with a fresh one, which is printed;
// TW_SEED=n gives one seed. They go through the command's own reader and executor (vectors/),
// and the results must be the naive walker's; while a fence is too weak, either of the two.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cli/backend.h"
#include "../../vectors/vectors.h"
#include "fresh.h"

static struct {
	const char *hw, *config;
	unsigned long cases;
	unsigned int formats; // that were tested
} given;

static struct fresh_case c;
static struct fresh_run run;
static struct fresh_count count;

static void write_vectors(const struct fresh_shape *s, uint64_t seed, FILE *cases, FILE *expected)
{
	fprintf(cases, "# %s\n", s->x86 ? "X86W1" : "RVW1");
	for (unsigned int k = 0; k < FRESH_KINDS; k++) {
		for (unsigned long i = 0; i < given.cases; i++) {
			fresh_make(&c, s, &fresh_kinds[k], seed,
				   fresh_pick(s, &fresh_kinds[k], seed, i));
			fresh_emit(&c, &run, cases, expected, &count);
		}
	}
}

// Runs a file of vectors; the results are in GOT.
static void translate(const struct vec_hw *vh, struct tw_pmem *pm, const char *path, FILE *got)
{
	struct vec_opts opts = {.no_rd = true};
	char err[4096] = "";

	if (vec_run(path, pm, vh, &opts, got, err, sizeof(err)) != TW_OK)
		fail_msg("--hw %s --config %s: %s", given.hw, given.config, err);
}

static void check(const struct fresh_shape *s, const struct vec_hw *vh, struct tw_pmem *pm,
		  uint64_t seed)
{
	char path[] = "/tmp/fresh.XXXXXX", why[1024];
	int fd = mkstemp(path);
	FILE *cases = fdopen(fd, "w"), *expected = tmpfile(), *got = tmpfile();

	assert_true(cases && expected && got);
	write_vectors(s, seed, cases, expected);
	assert_int_equal(fclose(cases), 0);
	translate(vh, pm, path, got);
	unlink(path);
	rewind(expected);
	rewind(got);
	if (!fresh_match(expected, got, false, why, sizeof(why)))
		fail_msg("--hw %s --config %s: %s\nthe ID is FORMAT-KIND-SEED-NUMBER: tw_fresh "
			 "--format FORMAT --kind KIND --seed SEED --number NUMBER CASES RESULTS; "
			 "twinwalk vectors --hw %s --config %s CASES",
			 given.hw, given.config, why, given.hw, given.config);
	fclose(expected);
	fclose(got);
}

static void gives_the_naive_walkers_results(void **state)
{
	const struct fresh_shape *s = fresh_shape(*state);
	struct tw_config config;
	struct tw_hw_opts opts = {
		.config = &config,
		.mem = {.latency_min = 1, .latency_max = 9},
		.seed = 1,
	};
	struct vec_machine machine;
	struct vec_hw vh;
	struct tw_hw *hw = NULL;
	char err[256] = "";
	bool one;
	uint64_t seed = fresh_seed(&one);

	assert_int_equal(tw_pmem_create(&opts.pmem), 0);
	if (tw_backend_config(given.config, &config, err, sizeof(err)) != TW_OK ||
	    tw_backend_create(given.hw, &opts, &hw, err, sizeof(err)) != TW_OK)
		fail_msg("%s", err);
	vec_machine_init(&machine, hw, &vh);
	if (!vh.has(vh.self, tw_format_find(s->name))) {
		tw_hw_destroy(hw);
		tw_pmem_destroy(opts.pmem);
		skip();
	}
	memset(&count, 0, sizeof(count));
	if (!one)
		check(s, &vh, opts.pmem, 1);
	print_message("seed %llu: repeat with TW_SEED=%llu\n", (unsigned long long)seed,
		      (unsigned long long)seed);
	check(s, &vh, opts.pmem, seed);
	assert_int_equal(tw_hw_finish(hw), 0);
	print_message("%llu accesses in %llu cases, of %llu two answers were right\n",
		      (unsigned long long)count.accesses, (unsigned long long)count.cases,
		      (unsigned long long)count.allowed_twice);
	given.formats++;
	if (!one && !fresh_complete(&count, s, stderr))
		fail_msg("%s: something never happened", s->name);
	tw_hw_destroy(hw);
	tw_pmem_destroy(opts.pmem);
}

static void has_a_format(void **state)
{
	(void)state;
	assert_true(given.formats > 0);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[FRESH_SHAPES + 1];

	if (argc != 4) {
		fputs("usage: test_fresh_hw HW CONFIG CASES\n", stderr);
		return 2;
	}
	given.hw = argv[1];
	given.config = argv[2];
	given.cases = strtoul(argv[3], NULL, 10);
	for (unsigned int i = 0; i < FRESH_SHAPES; i++)
		tests[i] = (struct CMUnitTest){
			.name = fresh_shapes[i].name,
			.test_func = gives_the_naive_walkers_results,
			.initial_state = (void *)fresh_shapes[i].name,
		};
	tests[FRESH_SHAPES] = (struct CMUnitTest)cmocka_unit_test(has_a_format);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
