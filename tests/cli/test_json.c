// SPDX-License-Identifier: Apache-2.0
// The JSON of `twinwalk run`: what is in it, for a program that reads it. Argument: the command.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "command.h"

#define SHUF "trace/bundled/shuf.twt"

static char text[1 << 18];

// The object that the command prints with these options; its exit status in *status.
static cJSON *json(const char *options, int *status)
{
	char args[700];
	cJSON *all;

	snprintf(args, sizeof(args), "run --json %s 2>/dev/null", options);
	*status = run(args, text, sizeof(text), NULL);
	all = cJSON_Parse(text);
	if (!all)
		fail_msg("no JSON: %s", text);
	return all;
}

static cJSON *first_run(const cJSON *all)
{
	cJSON *o = cJSON_GetArrayItem(cJSON_GetObjectItem(all, "runs"), 0);

	assert_non_null(o);
	return o;
}

static double number(const cJSON *o, const char *name)
{
	const cJSON *n = cJSON_GetObjectItem(o, name);

	if (!cJSON_IsNumber(n))
		fail_msg("no number %s", name);
	return n->valuedouble;
}

static const char *string(const cJSON *o, const char *name)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItem(o, name));

	if (!s)
		fail_msg("no string %s", name);
	return s;
}

static void all_that_decides_the_result_is_in_it(void **state)
{
	int status;
	cJSON *all = json("--limit 1000 --config compact --format long4 --asid-bits 5 "
			  "--mem-latency 3-7 "
			  "--cost zero=123 --frames 400 --swap 500 --seed 9 --quantum 77 "
			  "--policy fifo " SHUF,
			  &status),
	      *r = first_run(all);

	(void)state;
	assert_int_equal(status, 0);
	assert_true(strlen(string(all, "version")) >= 5);
	assert_string_equal(string(r, "hw"), "csim");
	assert_string_equal(string(r, "config"), "compact");
	assert_true(number(cJSON_GetObjectItem(r, "geometry"), "L2Sets") >= 2);
	assert_true(number(cJSON_GetObjectItem(r, "geometry"), "Walkers") >= 2);
	assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(r, "geometry"),
							   "Formats")) >= 1);
	assert_int_equal(number(cJSON_GetObjectItem(r, "mem_latency"), "min"), 3);
	assert_int_equal(number(cJSON_GetObjectItem(r, "mem_latency"), "max"), 7);
	assert_int_equal(number(r, "asid_bits"), 5);
	assert_int_equal(number(cJSON_GetObjectItem(r, "costs"), "zero"), 123);
	assert_true(number(cJSON_GetObjectItem(r, "costs"), "io") > 0);
	assert_int_equal(number(r, "frames"), 400);
	assert_int_equal(number(r, "swap_slots"), 500);
	assert_int_equal(number(r, "seed"), 9);
	assert_int_equal(number(r, "quantum"), 77);
	assert_string_equal(string(r, "policy"), "fifo");
	assert_null(cJSON_GetObjectItem(r, "difference"));
	cJSON_Delete(all);
}

static void asid_bits_are_those_in_use(void **state)
{
	int status;
	cJSON *all = json("--limit 100 --format long4 " SHUF, &status);

	(void)state;
	assert_int_equal(number(first_run(all), "asid_bits"), 12);
	cJSON_Delete(all);
}

static void numbers_keep_all_their_digits(void **state)
{
	int status;
	cJSON *all = json("--limit 100 --seed 18446744073709551615 " SHUF, &status);

	(void)state;
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "18446744073709551615"));
	cJSON_Delete(all);
}

static void accesses_are_the_sum_of_their_parts(void **state)
{
	static const char *const objects[] = {"accesses", "parts"};
	int status;
	cJSON *all = json("--limit 300000 " SHUF, &status);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const cJSON *a = cJSON_GetObjectItem(first_run(all), objects[i]);

		assert_true(number(a, "total") > 0);
		assert_true(number(a, "total") == number(a, "fetch") + number(a, "load") +
							  number(a, "store") + number(a, "rmw"));
	}
	cJSON_Delete(all);
}

static void assert_names_once(const cJSON *o)
{
	const cJSON *a, *b;

	cJSON_ArrayForEach(a, o)
	{
		for (b = a->next; b && cJSON_IsObject(o); b = b->next)
			if (strcmp(a->string, b->string) == 0)
				fail_msg("the name %s stands twice", a->string);
		assert_names_once(a);
	}
}

static void no_name_stands_twice_in_an_object(void **state)
{
	int status;
	cJSON *all = json("--limit 1000 --timing " SHUF, &status);

	(void)state;
	assert_names_once(all);
	cJSON_Delete(all);
}

static void frames_at_the_end_are_all_frames(void **state)
{
	static const char *const states[] = {"free",	   "anon",   "shmem",	"file_clean",
					     "file_dirty", "tables", "reserved"};
	int status;
	cJSON *all = json("--limit 300000 --frames 300 " SHUF, &status);
	const cJSON *f = cJSON_GetObjectItem(first_run(all), "frames_at_end");
	double sum = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		sum += number(f, states[i]);
	assert_true(sum == number(f, "total"));
	assert_int_equal(number(f, "total"), 300);
	cJSON_Delete(all);
}

static void an_error_is_in_it(void **state)
{
	int status;
	cJSON *all = json("CMakeLists.txt", &status);

	(void)state;
	assert_int_equal(status, 3);
	assert_int_equal(number(all, "status"), 3);
	assert_int_equal(number(first_run(all), "status"), 3);
	assert_non_null(strstr(string(first_run(all), "error"), "not a trace"));
	assert_null(cJSON_GetObjectItem(first_run(all), "difference"));
	cJSON_Delete(all);
}

static void a_name_may_be_any_bytes(void **state)
{
	static const char *const names[] = {"\xff\x80.twt", "caf\xc3\xa9.twt"};
	static const char *const in_json[] = {"\xef\xbf\xbd\xef\xbf\xbd.twt", "caf\xc3\xa9.twt"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char path[128], options[300];
		const cJSON *r;
		cJSON *all;
		int status;

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		assert_int_equal(symlink("/dev/null", path), 0);
		snprintf(options, sizeof(options), "'%s'", path);
		all = json(options, &status);
		r = first_run(all);
		assert_int_equal(status, 3);
		assert_null(strchr(text, '\xff'));
		assert_non_null(strstr(string(r, "error"), in_json[i]));
		assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetArrayItem(
					       cJSON_GetObjectItem(r, "traces"), 0)),
				       in_json[i]));
		cJSON_Delete(all);
		assert_int_equal(unlink(path), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(all_that_decides_the_result_is_in_it),
		TEST(asid_bits_are_those_in_use),
		TEST(numbers_keep_all_their_digits),
		TEST(no_name_stands_twice_in_an_object),
		TEST(frames_at_the_end_are_all_frames),
		TEST(accesses_are_the_sum_of_their_parts),
		TEST(an_error_is_in_it),
		TEST(a_name_may_be_any_bytes),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s TWINWALK\n", argv[0]);
		return 2;
	}
	command = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
