// SPDX-License-Identifier: Apache-2.0
// See subjects.h.
#include "subjects.h"

#include <stdio.h>

const struct tw_format_desc *subject_format(void *const *state, unsigned int format)
{
	const struct subject *s = *state;

	return s->config->formats >> format & 1 ? tw_format_get((enum tw_format)format) : NULL;
}

uint64_t subject_va(const struct tw_format_desc *f)
{
	uint64_t va = tw_entry_root_bits(f) ? UINT64_C(2) << 30 : 0;

	for (unsigned int i = 0; i < f->levels; i++)
		va |= (uint64_t)(i + 1) << (12 + f->vpn_shift[i]);
	return va;
}

void subject_open(struct bench *b, void *const *state, unsigned int latency)
{
	const struct subject *s = *state;

	bench_open(b, s->mode, s->config, latency);
	bench_ctrl(b, TW_CTRL_FLAGS, TW_F_ADUE | TW_F_PSE | TW_F_GBPAGES);
}

static int run(enum tw_device_mode mode, const struct tw_config *config, struct CMUnitTest *tests,
	       size_t n)
{
	static const char *const names[] = {
		[TW_DEVICE_CSIM] = "csim",
		[TW_DEVICE_RTL] = "rtl",
		[TW_DEVICE_LOCKSTEP] = "lockstep",
	};
	struct subject s = {mode, config};

	for (size_t i = 0; i < n; i++)
		tests[i].initial_state = &s;
	printf("%s %s\n", names[mode], config->name);
	return _cmocka_run_group_tests(names[mode], tests, n, NULL, NULL);
}

int subjects_run(struct CMUnitTest *tests, size_t n)
{
	struct tw_config every = *tw_config_find("compact"), narrow = every;
	struct tw_config least = {.name = "no parts",
				  .l1_entries = {0, 2},
				  .walkers = 1,
				  .miss_entries = 1,
				  .ports = 1,
				  .asid_bits = 9};
	int failed;

	snprintf(every.name, sizeof(every.name), "every format");
	for (unsigned int i = 0; i < FORMATS; i++)
		if (tw_format_get((enum tw_format)i))
			every.formats |= 1u << i;
	least.formats = every.formats;
	snprintf(narrow.name, sizeof(narrow.name), "narrow");
	narrow.formats = 1u << TW_FMT_SV32 | 1u << TW_FMT_X86_LEGACY;
	failed = run(TW_DEVICE_CSIM, &every, tests, n);
	failed += run(TW_DEVICE_CSIM, &least, tests, n);
	failed += run(TW_DEVICE_CSIM, &narrow, tests, n);
	for (size_t c = 0; c < tw_config_count(); c++) {
		const struct tw_config *config = tw_config_named(c);

		if (!tw_rtl_built(config)) {
			printf("%s: no RTL built, skipped\n", config->name);
			continue;
		}
		failed += run(TW_DEVICE_CSIM, config, tests, n);
		failed += run(TW_DEVICE_RTL, config, tests, n);
		failed += run(TW_DEVICE_LOCKSTEP, config, tests, n);
	}
	return failed;
}
