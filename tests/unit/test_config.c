// SPDX-License-Identifier: Apache-2.0
// Hardware configurations: the named ones, the ranges, and what a configuration file may and may
// not contain, message by message.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "twinwalk/arch.h"
#include "twinwalk/config.h"

static const char good[] = "# a comment\n"
			   "L1FetchEntries = 8\n"
			   "\n"
			   "L1DataEntries=16\n"
			   "  L2Sets = 64  \n"
			   "L2Ways = 2\n"
			   "L2SpEntries = 4\n"
			   "PwcEntries = 8\n"
			   "Walkers = 2\n"
			   "MissEntries = 8\n"
			   "AsidBits = 9\n"
			   "Formats = sv32+sv39";

#define FORMATS "one or more of sv32, legacy, pae, long4, long5, sv39, sv48, sv57"

static char path[64], err[256];

// Reads LEN bytes of TEXT as a file; the message then begins with "PATH:".
static int load(const char *text, size_t len, struct tw_config *cfg)
{
	FILE *f = tmpfile();
	int status;

	assert_non_null(f);
	strcpy(path, "folder/test_config");
	assert_int_equal(fwrite(text, 1, len, f), len);
	rewind(f);
	err[0] = '\0';
	status = tw_config_read(f, path, cfg, err, sizeof(err));
	fclose(f);
	return status;
}

static void expect_error(const char *text, const char *message)
{
	struct tw_config cfg, before;
	size_t n;

	memset(&cfg, 0x5a, sizeof(cfg));
	before = cfg;
	assert_int_equal(load(text, strlen(text), &cfg), -EINVAL);
	n = strlen(path);
	assert_memory_equal(err, path, n);
	assert_string_equal(err + n, message);
	assert_memory_equal(&cfg, &before, sizeof(cfg));
}

// The good text with one line replaced: FROM stands in it.
static const char *with(const char *from, const char *to)
{
	static char text[512];
	const char *at = strstr(good, from);

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	return text;
}

static void every_named_configuration_passes_the_check(void **state)
{
	(void)state;
	assert_true(tw_config_count() >= 2);
	for (size_t i = 0; i < tw_config_count(); i++) {
		const struct tw_config *c = tw_config_named(i);

		assert_int_equal(tw_config_check(c, err, sizeof(err)), 0);
		assert_ptr_equal(tw_config_find(c->name), c);
	}
	assert_null(tw_config_named(tw_config_count()));
}

static void tiny_has_the_values_of_the_table(void **state)
{
	const struct tw_config *c = tw_config_find("tiny");

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->l1_entries[0], 4);
	assert_int_equal(c->l1_entries[1], 4);
	assert_int_equal(c->l2_sets, 8);
	assert_int_equal(c->l2_ways, 2);
	assert_int_equal(c->l2_sp_entries, 4);
	assert_int_equal(c->pwc_entries, 4);
	assert_int_equal(c->walkers, 2);
	assert_int_equal(c->miss_entries, 2);
	assert_int_equal(c->asid_bits, 16);
	assert_int_equal(c->formats, 1 << TW_FMT_SV39 | 1 << TW_FMT_X86_LONG4);
}

static void an_unknown_name_finds_nothing(void **state)
{
	(void)state;
	assert_null(tw_config_find("Tiny"));
	assert_null(tw_config_find(""));
}

static void the_check_names_the_field_and_the_range(void **state)
{
	struct tw_config c = *tw_config_find("tiny");

	(void)state;
	c.l2_sets = 8192;
	assert_int_equal(tw_config_check(&c, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "L2Sets is 8192: expected a power of two from 2 to 4096");
	c.l2_sets = 8;
	c.walkers = 1;
	assert_int_equal(tw_config_check(&c, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "Walkers is 1: expected a power of two from 2 to 8");
	c.walkers = 2;
	c.l1_entries[1] = 12;
	assert_int_equal(tw_config_check(&c, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "L1DataEntries is 12: expected a power of two from 2 to 64");
	c.l1_entries[1] = 16;
	c.asid_bits = 17;
	assert_int_equal(tw_config_check(&c, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "AsidBits is 17: expected a number from 1 to 16");
	c.asid_bits = 9;
	c.formats = 1 << 3;
	assert_int_equal(tw_config_check(&c, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "Formats is 8: expected " FORMATS);
	c.formats = 0;
	assert_int_equal(tw_config_check(&c, err, sizeof(err)), -EINVAL);
}

static void a_good_file_is_read(void **state)
{
	struct tw_config c;

	(void)state;
	assert_int_equal(load(good, strlen(good), &c), 0);
	assert_int_equal(c.l1_entries[0], 8);
	assert_int_equal(c.l1_entries[1], 16);
	assert_int_equal(c.l2_sets, 64);
	assert_int_equal(c.miss_entries, 8);
	assert_int_equal(c.asid_bits, 9);
	assert_int_equal(c.formats, 1 << TW_FMT_SV32 | 1 << TW_FMT_SV39);
	assert_string_equal(c.name, "test_config");
	assert_int_equal(tw_config_check(&c, err, sizeof(err)), 0);
}

static void a_read_error_is_a_system_error(void **state)
{
	struct tw_config c;
	FILE *f = fopen("/tmp", "r");

	(void)state;
	assert_non_null(f);
	assert_int_equal(tw_config_read(f, "a/folder", &c, err, sizeof(err)), -EISDIR);
	assert_string_equal(err, "a/folder: Is a directory");
	fclose(f);
}

static void an_endless_line_is_refused_at_its_256th_character(void **state)
{
	struct tw_config c;
	FILE *f = fopen("/dev/zero", "r");
	char text[300];

	(void)state;
	memset(text, '#', sizeof(text));
	assert_int_equal(load(text, 255, &c), -EINVAL);
	assert_non_null(strstr(err, ":2: expected a line for"));
	assert_int_equal(load(text, 256, &c), -EINVAL);
	assert_string_equal(err + strlen(path), ":1: expected at most 255 characters");
	assert_non_null(f);
	assert_int_equal(tw_config_read(f, path, &c, err, sizeof(err)), -EINVAL);
	assert_string_equal(err + strlen(path), ":1: expected text, there is a NUL byte");
	fclose(f);
}

static void an_endless_file_is_refused_after_64_kilobytes(void **state)
{
	static char text[65537];
	struct tw_config c;

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text + 65536 - strlen(good), good, strlen(good));
	assert_int_equal(load(text, 65536, &c), 0);
	assert_int_equal(load(text, 65537, &c), -EINVAL);
	assert_non_null(
		strstr(err, "expected the end of the file, there are more than 65536 bytes"));
}

static void each_name_must_be_there(void **state)
{
	(void)state;
	expect_error(with("L2Ways = 2\n", ""), ":12: expected a line for L2Ways before the end");
	expect_error("", ":1: expected a line for L1FetchEntries before the end");
}

static void each_name_may_be_there_once(void **state)
{
	(void)state;
	expect_error(with("Walkers = 2", "L2Ways = 2"),
		     ":9: expected each name once, L2Ways stands above");
}

static void unknown_names_are_refused(void **state)
{
	(void)state;
	expect_error(with("Walkers", "walkers"),
		     ":9: expected one of L1FetchEntries, L1DataEntries, L2Sets, L2Ways, "
		     "L2SpEntries, PwcEntries, Walkers, MissEntries, AsidBits, Formats");
}

static void values_out_of_range_are_refused(void **state)
{
	static const char *const bad[] = {
		"Walkers = 0",	 "Walkers = 3", "Walkers = 16",		"Walkers = 4x",
		"Walkers = 0x4", "Walkers =",	"Walkers = 4294967298", "Walkers = two"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_error(with("Walkers = 2", bad[i]),
			     ":9: expected Walkers = a power of two from 2 to 8");
}

static void formats_are_names_joined_by_plus(void **state)
{
	static const char *const bad[] = {
		"Formats = sv33",      "Formats = ",	"Formats = sv32+", "Formats = +sv32",
		"Formats = sv39+sv39", "Formats = 320", "Formats = SV39"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_error(with("Formats = sv32+sv39", bad[i]),
			     ":12: expected Formats = " FORMATS ", joined by +, each once");
}

static void lines_of_another_form_are_refused(void **state)
{
	(void)state;
	expect_error(with("Walkers = 2", "Walkers 2"), ":9: expected Name = value");
	expect_error(with("Walkers = 2", "= 2"), ":9: expected Name = value");
	expect_error(with("Walkers = 2", "Walkers = -2"),
		     ":9: expected Name = value and nothing after it");
	expect_error(with("Walkers = 2", "Walkers = 2 # two"),
		     ":9: expected Name = value and nothing after it");
}

static void a_nul_byte_is_refused(void **state)
{
	struct tw_config c;

	(void)state;
	assert_int_equal(load("L2Sets = 4\0\n", 12, &c), -EINVAL);
	assert_string_equal(err + strlen(path), ":1: expected text, there is a NUL byte");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_named_configuration_passes_the_check),
		cmocka_unit_test(tiny_has_the_values_of_the_table),
		cmocka_unit_test(an_unknown_name_finds_nothing),
		cmocka_unit_test(the_check_names_the_field_and_the_range),
		cmocka_unit_test(a_good_file_is_read),
		cmocka_unit_test(a_read_error_is_a_system_error),
		cmocka_unit_test(an_endless_line_is_refused_at_its_256th_character),
		cmocka_unit_test(an_endless_file_is_refused_after_64_kilobytes),
		cmocka_unit_test(each_name_must_be_there),
		cmocka_unit_test(each_name_may_be_there_once),
		cmocka_unit_test(unknown_names_are_refused),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(formats_are_names_joined_by_plus),
		cmocka_unit_test(lines_of_another_form_are_refused),
		cmocka_unit_test(a_nul_byte_is_refused),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
