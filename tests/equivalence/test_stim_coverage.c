// SPDX-License-Identifier: Apache-2.0
// The coverage of the random stimulus (tb/stim_coverage.h) names what a weaker stimulus leaves out:
// the same stimulus drives the cycle model with one thing taken away, and the report has to say
// which bits that cost. Without the change the same run covers them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../csim/hw_driver.h"
#include "../../tb/stim_coverage.h"
#include "../../tb/stimulus.h"

enum { CYCLES = 600000, PRESET_INTERVAL = 4096, LINES = 100000 };

#define BIT(n) (UINT64_C(1) << (n))

// Takes something away from the inputs of one cycle.
typedef void (*weaken_fn)(struct tw_mmu_in *in);

// What the run of CYCLES left out, one line for each object; the caller frees it.
static char *run(weaken_fn weaken, bool preset)
{
	const struct tw_config *config = tw_config_find("compact");
	struct tw_stim_coverage *coverage;
	struct tw_mmu_in in = {0};
	struct tw_stim *stim;
	struct tw_mmu *mmu;
	char *text;
	size_t size;
	FILE *f;

	assert_int_equal(tw_mmu_create(config, &mmu), 0);
	assert_int_equal(tw_stim_create(config, 1, &stim), 0);
	assert_int_equal(tw_stim_coverage_create(config, &coverage), 0);
	for (unsigned int t = 0; t < CYCLES; t++) {
		struct tw_mmu_in weaker;

		if (preset && t % PRESET_INTERVAL == 0) {
			uint64_t counter[TW_EVENTS];

			tw_stim_counters(stim, counter);
			tw_mmu_preset_counters(mmu, counter);
		}
		tw_stim_drive(stim, tw_mmu_pins(mmu), &in);
		weaker = in;
		if (weaken)
			weaken(&weaker);
		tw_stim_coverage_cycle(coverage, mmu, &weaker);
		tw_mmu_tick(mmu, &weaker);
	}
	f = open_memstream(&text, &size);
	assert_non_null(f);
	tw_cover_name_missing(tw_stim_coverage_points(coverage), f, "", LINES);
	assert_int_equal(fclose(f), 0);
	tw_stim_coverage_destroy(coverage);
	tw_stim_destroy(stim);
	tw_mmu_destroy(mmu);
	return text;
}

static int setup(void **state)
{
	*state = run(NULL, true);
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

// Each line is named with the change and not without.
static void expect(const char *full, weaken_fn weaken, bool preset, const char *const *lines)
{
	char *weak = run(weaken, preset);

	for (size_t i = 0; lines[i]; i++) {
		if (!strstr(weak, lines[i]))
			fail_msg("'%s' is not named in:\n%s", lines[i], weak);
		if (strstr(full, lines[i]))
			fail_msg("'%s' is named for the whole stimulus too", lines[i]);
	}
	free(weak);
}

static void roots_below_bit_52(struct tw_mmu_in *in)
{
	if (in->ctrl_addr == TW_CTRL_ROOT)
		in->ctrl_data &= ~(UINT64_C(15) << 40);
}

static void roots_that_stay_below_2_52_are_named(void **state)
{
	static const char *const lines[] = {"root: ppn[43:40] never 1", NULL};

	expect(*state, roots_below_bit_52, true, lines);
}

static void asid_without_bit_5(struct tw_mmu_in *in)
{
	in->fence_asid &= (uint16_t)~BIT(5);
	if (in->ctrl_addr == TW_CTRL_ROOT)
		in->ctrl_data &= ~BIT(44 + 5);
}

static void asid_bit_that_is_never_set_is_named_wherever_it_is_held_or_compared(void **state)
{
	static const char *const lines[] = {"root: asid[5] never 1",
					    "fence: asid[5] never 1",
					    "l1d entry 3: asid[5] never 1",
					    "l2 set 7 way 1: asid[5] never 1",
					    "l1f lookup: asid[5] never alone",
					    "l1f insert: asid[5] never alone",
					    "l1f fence: asid[5] never alone",
					    "pwc lookup: asid[5] never alone",
					    NULL};

	expect(*state, asid_without_bit_5, true, lines);
}

static void odd_pages_only(struct tw_mmu_in *in)
{
	for (unsigned int p = 0; p < TW_PORTS; p++)
		in->port[p].req.va |= BIT(12);
}

static void sets_that_are_never_used_are_named(void **state)
{
	static const char *const lines[] = {
		"l2 set 6 way 0: written, evicted[1:0] never", "l2 set 6 way 1: ppn[43:0] never 0",
		"f miss 0: va[12] never 0", "l1d lookup: vpn[0] never alone", NULL};

	expect(*state, odd_pages_only, true, lines);
}

static void small_answer_ids(struct tw_mmu_in *in)
{
	in->mem_resp_valid = in->mem_resp_valid && in->mem_resp_id < 2;
}

static void answers_to_walkers_only_are_named(void **state)
{
	static const char *const lines[] = {"answer while walker 0 waits: id[3:1] never alone",
					    "answer while walker 1 swaps: id[3:1] never alone",
					    "answer to no walker: id[15:2] never", NULL};

	expect(*state, small_answer_ids, true, lines);
}

static void small_cancel_ids(struct tw_mmu_in *in)
{
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		in->port[p].req_id &= 7;
		in->port[p].cancel_id &= 7;
	}
}

static void request_ids_of_too_few_bits_are_named(void **state)
{
	static const char *const lines[] = {"f cancel of a miss: id[3] never alone",
					    "d cancel of a response: id[3] never alone",
					    "d response 2: id[3] never 1", NULL};

	expect(*state, small_cancel_ids, true, lines);
}

static void counters_that_start_at_zero_are_named(void **state)
{
	static const char *const lines[] = {
		"counter 0: counted[63:", "counter 31: counted[63:", NULL};

	expect(*state, NULL, false, lines);
}

static void names_tell_object_bits_and_what_is_missing(void **state)
{
	struct tw_cover c;
	unsigned int one, alone;
	uint64_t wanted, seen;
	char *text;
	size_t size;
	FILE *f;

	(void)state;
	tw_cover_init(&c);
	one = tw_cover_add(&c, TW_COVER_ONE, "set # way #", 2, 3, "tag", 0xff);
	alone = tw_cover_add(&c, TW_COVER_ALONE, "lookup", 1, 1, "asid", 0xf);
	tw_cover_want(&c, one, 0, 0xf0);
	assert_int_equal(c.error, 0);
	tw_cover_see(&c, one, 0, 0xf0);
	for (unsigned int i = 1; i < 6; i++)
		tw_cover_see(&c, one, i, i == 5 ? 0xff00 | 0x2c : 0xff);
	tw_cover_see(&c, alone, 0, 0xe);
	assert_false(tw_cover_complete(&c));
	tw_cover_count(&c, TW_COVER_ONE, &wanted, &seen);
	assert_int_equal(wanted, 4 + 5 * 8);
	assert_int_equal(seen, wanted - 5);
	f = open_memstream(&text, &size);
	assert_int_equal(tw_cover_name_missing(&c, f, "> ", 2), 2);
	assert_int_equal(tw_cover_name_missing(&c, f, "", 1), 2);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, "> set 1 way 2: tag[7:6 4 1:0] never 1\n"
				  "> lookup: asid[0] never alone\n"
				  "set 1 way 2: tag[7:6 4 1:0] never 1\n");
	free(text);
	tw_cover_see(&c, one, 5, 0xff);
	tw_cover_see(&c, alone, 0, 1);
	assert_true(tw_cover_complete(&c));
	tw_cover_exit(&c);
}

// Which formats are in force, and how long, is random; what is tried does not hang on it.
static void each_plan_has_its_turn_whatever_the_seed(void **state)
{
	const struct tw_config *config = tw_config_find("large");

	(void)state;
	for (uint64_t seed = 2; seed <= 3; seed++) {
		unsigned int combinations, untried;
		struct tw_mmu_in in = {0};
		struct tw_stim *stim;
		struct tw_mmu *mmu;

		assert_int_equal(tw_mmu_create(config, &mmu), 0);
		assert_int_equal(tw_stim_create(config, seed, &stim), 0);
		combinations = tw_stim_probes(stim, &untried);
		assert_int_equal(untried, combinations);
		// As long as the random bench gives them.
		for (unsigned int t = 0; t < 4400 * combinations; t++) {
			tw_stim_drive(stim, tw_mmu_pins(mmu), &in);
			tw_mmu_tick(mmu, &in);
		}
		tw_stim_probes(stim, &untried);
		assert_int_equal(untried, 0);
		tw_stim_destroy(stim);
		tw_mmu_destroy(mmu);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_tell_object_bits_and_what_is_missing),
		cmocka_unit_test(roots_that_stay_below_2_52_are_named),
		cmocka_unit_test(
			asid_bit_that_is_never_set_is_named_wherever_it_is_held_or_compared),
		cmocka_unit_test(sets_that_are_never_used_are_named),
		cmocka_unit_test(answers_to_walkers_only_are_named),
		cmocka_unit_test(request_ids_of_too_few_bits_are_named),
		cmocka_unit_test(counters_that_start_at_zero_are_named),
		cmocka_unit_test(each_plan_has_its_turn_whatever_the_seed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
