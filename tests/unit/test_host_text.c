// SPDX-License-Identifier: Apache-2.0
// Numbers that a user writes, commands that a shell runs as printed, and names as UTF-8.
#define _GNU_SOURCE // asprintf
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../host/command.h"
#include "../../host/number.h"
#include "../../host/utf8.h"

static bool number(const char *text, uint64_t *value)
{
	return tw_number(text, strlen(text), 0, UINT64_MAX, value);
}

static void numbers_are_decimal_or_hexadecimal(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {{"0", 0},
		    {"7", 7},
		    {"4096", 4096},
		    {"0x1000", 4096},
		    {"0XfF", 255},
		    {"18446744073709551615", UINT64_MAX},
		    {"0xffffffffffffffff", UINT64_MAX}};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t value = 1;

		assert_true(number(good[i].text, &value));
		assert_int_equal(value, good[i].value);
	}
}

static void a_leading_zero_is_not_octal(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_true(number("010", &value));
	assert_int_equal(value, 10);
	assert_true(number("0089", &value));
	assert_int_equal(value, 89);
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "-1",
					  "+1",
					  " 1",
					  "1 ",
					  "0x",
					  "x1",
					  "1k",
					  "1.5",
					  "0x1g",
					  "1e3",
					  "a",
					  "--",
					  "18446744073709551616",
					  "0x10000000000000000",
					  "0b11"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t value = 77;

		if (number(bad[i], &value) || value != 77)
			fail_msg("\"%s\" was taken for %llu", bad[i], (unsigned long long)value);
	}
}

static void bounds_are_inclusive(void **state)
{
	uint64_t value;

	(void)state;
	assert_true(tw_number("3", 1, 3, 9, &value));
	assert_true(tw_number("9", 1, 3, 9, &value));
	assert_false(tw_number("2", 1, 3, 9, &value));
	assert_false(tw_number("10", 2, 3, 9, &value));
}

static void a_range_is_one_number_or_two_in_order(void **state)
{
	uint64_t lo, hi;

	(void)state;
	assert_true(tw_number_range("5", 1, 100, &lo, &hi));
	assert_int_equal(lo, 5);
	assert_int_equal(hi, 5);
	assert_true(tw_number_range("010-0x20", 1, 100, &lo, &hi));
	assert_int_equal(lo, 10);
	assert_int_equal(hi, 32);
	assert_false(tw_number_range("6-5", 1, 100, &lo, &hi));
	assert_false(tw_number_range("5-", 1, 100, &lo, &hi));
	assert_false(tw_number_range("-5", 1, 100, &lo, &hi));
	assert_false(tw_number_range("5-101", 1, 100, &lo, &hi));
	assert_false(tw_number_range("1-2-3", 1, 100, &lo, &hi));
}

// What printf prints for each word of the command that a shell was given.
static void shell_words(const char *text, char *out, size_t size)
{
	char *line = NULL;
	size_t n;
	FILE *f;

	assert_true(asprintf(&line, "printf '<%%s>' %s", text) > 0);
	f = popen(line, "r"); // NOLINT(cert-env33-c): a shell is what this is about
	assert_non_null(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	assert_int_equal(pclose(f), 0);
	free(line);
}

static void a_shell_reads_back_each_argument(void **state)
{
	static const char *const args[] = {
		"plain",       "two words",  "",  "it's",	 "$HOME `x` \"y\"",
		"a\nb",	       "*?[a]",	     "~", "#no comment", "--opt=a,b:c",
		"back\\slash", "caf\xc3\xa9"};
	struct tw_command c = {0};
	char out[512], want[512] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
		tw_command_add(&c, args[i]);
		assert_non_null(c.text);
		snprintf(want + strlen(want), sizeof(want) - strlen(want), "<%s>", args[i]);
	}
	shell_words(c.text, out, sizeof(out));
	assert_string_equal(out, want);
	free(c.text);
}

static void plain_arguments_stay_as_they_are(void **state)
{
	struct tw_command c = {0};

	(void)state;
	tw_command_add(&c, "build/cli/twinwalk");
	tw_command_add(&c, "--mem-latency");
	tw_command_add(&c, "2-20");
	assert_string_equal(c.text, "build/cli/twinwalk --mem-latency 2-20");
	free(c.text);
}

static void expect_utf8(const char *text, const char *want)
{
	char *got = tw_utf8(text);

	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void characters_stay_as_they_are(void **state)
{
	static const char *const good[] = {"",
					   "plain",
					   "\x01\x7f",
					   "\xc2\x80\xdf\xbf",
					   "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
					   "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		expect_utf8(good[i], good[i]);
}

#define U_FFFD "\xef\xbf\xbd"

static void bytes_that_are_no_character_are_replaced(void **state)
{
	(void)state;
	expect_utf8("a\xff"
		    "b",
		    "a" U_FFFD "b");
	expect_utf8("\x80", U_FFFD);
	// Cut short, by the end or by another character.
	expect_utf8("\xc3", U_FFFD);
	expect_utf8("\xe2\x82", U_FFFD U_FFFD);
	expect_utf8("\xf0\x9f\x98z", U_FFFD U_FFFD U_FFFD "z");
	// Longer than need be, a half of a pair, beyond the last.
	expect_utf8("\xc0\xaf", U_FFFD U_FFFD);
	expect_utf8("\xe0\x9f\xbf", U_FFFD U_FFFD U_FFFD);
	expect_utf8("\xed\xa0\x80", U_FFFD U_FFFD U_FFFD);
	expect_utf8("\xf4\x90\x80\x80", U_FFFD U_FFFD U_FFFD U_FFFD);
	expect_utf8("\xf5\x80\x80\x80", U_FFFD U_FFFD U_FFFD U_FFFD);
}

static void a_string_of_json_holds_any_text(void **state)
{
	char *got = NULL;
	size_t size;
	FILE *f = open_memstream(&got, &size);

	(void)state;
	assert_non_null(f);
	assert_int_equal(tw_json_string(f, "a \"b\" \\ c\n\x1f \xc3\xa9\xff"), 0);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(got, "\"a \\\"b\\\" \\\\ c\\u000a\\u001f \xc3\xa9" U_FFFD "\"");
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_decimal_or_hexadecimal),
		cmocka_unit_test(a_leading_zero_is_not_octal),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(bounds_are_inclusive),
		cmocka_unit_test(a_range_is_one_number_or_two_in_order),
		cmocka_unit_test(a_shell_reads_back_each_argument),
		cmocka_unit_test(plain_arguments_stay_as_they_are),
		cmocka_unit_test(characters_stay_as_they_are),
		cmocka_unit_test(bytes_that_are_no_character_are_replaced),
		cmocka_unit_test(a_string_of_json_holds_any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
