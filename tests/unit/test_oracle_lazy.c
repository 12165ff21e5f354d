// SPDX-License-Identifier: Apache-2.0
// The oracle against a machine that caches all that it may (oracle_lazy.h). All of its answers must
// be allowed, and of its reads, where they are told. The same machine with one rule broken must be
// caught, at the rates stated in the table below. The seed is printed; TW_SEED replaces it.
#include "oracle_lazy.h"

enum { STEPS = 60000, NO_LIMIT = -1 };

// Runs the machine for STEPS steps, or until the oracle objects.
static bool run(struct lazy *m, enum tw_format format, enum rule broken, uint64_t seed, bool tells)
{
	lazy_create(m, format, broken, seed, tells);
	for (unsigned int i = 0; i < STEPS && !m->caught; i++)
		lazy_step(m);
	return m->caught;
}

static void lazy_machine_is_always_allowed(enum tw_format format, uint64_t first)
{
	struct lazy *m = malloc(sizeof(*m));
	struct tw_oracle_stats s;

	assert_non_null(m);
	for (uint64_t n = 0; n < 10; n++) {
		if (run(m, format, NO_RULE, seed_of(first + n), n % 2))
			fail_msg("step %llu: %s: %s", (unsigned long long)m->now,
				 tw_oracle_reason_name(m->f->v.reason), m->f->v.text);
		tw_oracle_get_stats(m->f->o, &s);
		print_message("%llu hits, %llu walks, %llu faults, %llu updates; allowed by the "
			      "newest entries %llu, by older ones %llu\n",
			      (unsigned long long)m->hits, (unsigned long long)m->walks,
			      (unsigned long long)m->faults, (unsigned long long)m->updates,
			      (unsigned long long)s.newest, (unsigned long long)s.stale);
		assert_int_equal(s.forbidden + s.undecided + s.untold, 0);
		assert_true(m->hits > 100 && m->walks > 100 && m->faults > 100);
		assert_true(m->updates > 20 && s.stale > 50);
		fx_done(m->f);
	}
	free(m);
}

static void lazy_sv39_machine_is_always_allowed(void **state)
{
	(void)state;
	lazy_machine_is_always_allowed(TW_FMT_SV39, 0);
}

static void lazy_x86_machine_is_always_allowed(void **state)
{
	(void)state;
	lazy_machine_is_always_allowed(TW_FMT_X86_LONG4, 100);
}

// Of RUNS runs of at most STEPS steps, with fixed seeds, how many must be caught at least: [0]
// Sv39, [1] x86; NO_LIMIT: the rule does not exist there.
enum { RUNS = 20 };
static const struct {
	const char *name;
	int caught[2];
} table_of_rules[RULES] = {
	[SUPERPAGE_BY_BASE] = {"superpage by base", {19, 19}},
	[GLOBAL_SURVIVES] = {"global survives", {19, 19}},
	[ASID_IGNORED] = {"ASID ignored", {19, 19}},
	[REFILL_SURVIVES] = {"refill survives", {16, 14}},
	[POINTERS_SURVIVE] = {"pointers survive", {19, 19}},
	[ADDRESS_IGNORED] = {"address ignored", {19, 19}},
	[DIRTY_IGNORED] = {"dirty ignored", {19, 19}},
	[FAULT_FROM_CACHE] = {"fault from cache", {19, 19}},
	[RIGHTS_FROM_LEAF] = {"rights from leaf", {NO_LIMIT, 19}},
	[FENCE_LATE] = {"fence late", {19, 19}},
};

static void machine_with_a_broken_rule_is_caught(void **state)
{
	struct lazy *m = malloc(sizeof(*m));
	bool weak = false;

	(void)state;
	assert_non_null(m);
	for (enum rule rule = NO_RULE + 1; rule < RULES; rule++)
		for (unsigned int x86 = 0; x86 < 2; x86++) {
			int caught = 0;

			if (table_of_rules[rule].caught[x86] == NO_LIMIT)
				continue;
			for (unsigned int n = 0; n < RUNS; n++) {
				uint64_t seed = 1000 + rule * 100 + x86 * 50 + n;

				caught += run(m, x86 ? TW_FMT_X86_LONG4 : TW_FMT_SV39, rule, seed,
					      false);
				if (m->caught)
					assert_int_equal(m->f->v.status, TW_ORACLE_FORBIDDEN);
				fx_done(m->f);
			}
			print_message("%s, %s: caught in %d of %d runs\n",
				      table_of_rules[rule].name, x86 ? "x86" : "Sv39", caught,
				      RUNS);
			weak |= caught < table_of_rules[rule].caught[x86];
		}
	free(m);
	assert_false(weak);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lazy_sv39_machine_is_always_allowed),
		cmocka_unit_test(lazy_x86_machine_is_always_allowed),
		cmocka_unit_test(machine_with_a_broken_rule_is_caught),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
