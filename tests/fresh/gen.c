// SPDX-License-Identifier: Apache-2.0
// The kinds of cases.
#include "gen.h"

const struct fresh_kind fresh_kinds[FRESH_KINDS] = {
	{"tree", NULL, NULL, gen_tree},
	{"low", gen_low_cases, gen_low_strata, gen_low},
	{"ones", gen_ones_cases, gen_ones_strata, gen_ones},
	{"alias", NULL, NULL, gen_alias},
	{"edge", NULL, NULL, gen_edge},
	{"fence", NULL, NULL, gen_fence},
	{"weak", NULL, NULL, gen_weak},
	{"rights", NULL, NULL, gen_rights},
};
