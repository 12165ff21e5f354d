// SPDX-License-Identifier: Apache-2.0
// How a difference looks in the JSON of `twinwalk run`, for the kinds that sound hardware and a
// sound kernel do not show.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

#include "../../cli/report.h"

static const char *const traces[] = {"a.twt"};

static struct replay_result result(enum tw_status status)
{
	return (struct replay_result){
		.status = status,
		.error = "what was said",
		.used = {.hw = "lockstep",
			 .config = "compact",
			 .format = TW_FMT_SV39,
			 .repeat = "the command again",
			 .traces = traces,
			 .n_traces = 1},
	};
}

static cJSON *print(const struct replay_result *r, unsigned int n, enum tw_status status)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	cJSON *all;

	assert_non_null(f);
	assert_int_equal(report_print_json(f, r, n, status, NULL, false), 0);
	assert_int_equal(fclose(f), 0);
	all = cJSON_Parse(text);
	assert_non_null(all);
	free(text);
	return all;
}

static const char *string(const cJSON *o, const char *name)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItem(o, name));

	if (!s)
		fail_msg("no string %s", name);
	return s;
}

static void a_difference_of_the_hardware_has_its_cycle_and_pins(void **state)
{
	static struct tw_hw_difference pins = {
		.cycle = 5001,
		.culprit = "counter_o",
		.pins = 2,
		.pin = {{"counter_o", "0x1b", "0x0"}, {"idle_o", "0x1", "0x0"}}};
	struct replay_result r = result(TW_DIFFERENCE);
	const cJSON *d, *list;
	cJSON *all;

	(void)state;
	r.difference.kind = "hardware";
	r.pins = &pins;
	all = print(&r, 1, TW_DIFFERENCE);
	d = cJSON_GetArrayItem(cJSON_GetObjectItem(all, "runs"), 0);
	assert_string_equal(string(d, "error"), "what was said");
	d = cJSON_GetObjectItem(d, "difference");
	assert_string_equal(string(d, "kind"), "hardware");
	assert_int_equal(cJSON_GetObjectItem(d, "cycle")->valueint, 5001);
	assert_string_equal(string(d, "culprit"), "counter_o");
	assert_string_equal(string(d, "repeat"), "the command again");
	list = cJSON_GetObjectItem(d, "pins");
	assert_int_equal(cJSON_GetArraySize(list), 2);
	assert_string_equal(string(cJSON_GetArrayItem(list, 1), "name"), "idle_o");
	assert_string_equal(string(cJSON_GetArrayItem(list, 1), "model"), "0x1");
	assert_string_equal(string(cJSON_GetArrayItem(list, 1), "rtl"), "0x0");
	cJSON_Delete(all);
}

static void a_call_with_another_result_has_both(void **state)
{
	struct replay_result r = result(TW_DIFFERENCE);
	const cJSON *d;
	cJSON *all;

	(void)state;
	r.difference = (struct replay_difference){.kind = "result",
						  .trace = "a.twt",
						  .event = 12,
						  .call = "munmap",
						  .has_address = true,
						  .address = 0x700000,
						  .expected = "-12",
						  .found = "0"};
	all = print(&r, 1, TW_DIFFERENCE);
	d = cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(all, "runs"), 0),
				"difference");
	assert_string_equal(string(d, "trace"), "a.twt");
	assert_int_equal(cJSON_GetObjectItem(d, "event")->valueint, 12);
	assert_string_equal(string(d, "call"), "munmap");
	assert_string_equal(string(d, "address"), "0x700000");
	assert_string_equal(string(d, "expected"), "-12");
	assert_string_equal(string(d, "found"), "0");
	assert_null(cJSON_GetObjectItem(d, "pins"));
	cJSON_Delete(all);
}

static void what_differs_between_back_ends_is_listed_by_name(void **state)
{
	struct replay_result r[] = {result(TW_OK), result(TW_OK)};
	const cJSON *list;
	cJSON *all;

	(void)state;
	r[0].used.hw = "csim";
	r[1].used.hw = "rtl";
	r[0].kernel.minor = 7;
	r[1].kernel.minor = UINT64_MAX;
	all = print(r, 2, TW_DIFFERENCE);
	list = cJSON_GetObjectItem(all, "differences");
	assert_int_equal(cJSON_GetArraySize(list), 1);
	assert_string_equal(string(cJSON_GetArrayItem(list, 0), "what"), "minor faults");
	assert_int_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(list, 0), "csim")->valueint, 7);
	assert_string_equal(string(all, "repeat"), "the command again");
	cJSON_Delete(all);
	r[1].kernel.minor = 7;
	all = print(r, 2, TW_OK);
	assert_null(cJSON_GetObjectItem(all, "differences"));
	cJSON_Delete(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_difference_of_the_hardware_has_its_cycle_and_pins),
		cmocka_unit_test(a_call_with_another_result_has_both),
		cmocka_unit_test(what_differs_between_back_ends_is_listed_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
