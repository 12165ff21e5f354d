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
			   "Ports = 2\n"
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

static void compact_has_the_values_of_the_table(void **state)
{
	const struct tw_config *c = tw_config_find("compact");

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
	assert_int_equal(c->ports, 2);
	assert_int_equal(c->formats, 0x7f2); // all eight
}

// Which configurations the size classes of docs/contract.md hold: the small ones, the others.
static void every_format_is_in_each_class_of_sizes(void **state)
{
	uint32_t small = 0, large = 0;

	(void)state;
	for (size_t i = 0; i < tw_config_count(); i++) {
		const struct tw_config *c = tw_config_named(i);

		if (c->l1_entries[TW_PORTS - 1] < 16)
			small |= c->formats;
		else
			large |= c->formats;
	}
	assert_int_equal(small, 0x7f2);
	assert_int_equal(large, 0x7f2);
}

static void an_unknown_name_finds_nothing(void **state)
{
	(void)state;
	assert_null(tw_config_find("Tiny"));
	assert_null(tw_config_find(""));
}

static void the_check_names_the_field_and_the_range(void **state)
{
	struct tw_config c = *tw_config_find("compact");

	(void)state;
	c.l2_sets = 8192;
	assert_int_equal(tw_config_check(&c, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "L2Sets is 8192: expected 0 or a power of two from 2 to 4096");
	c.l2_sets = 8;
	c.walkers = 0;
	assert_int_equal(tw_config_check(&c, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "Walkers is 0: expected a power of two from 1 to 8");
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
	expect_error(with("L2Ways = 2\n", ""), ":13: expected a line for L2Ways before the end");
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
		     "L2SpEntries, PwcEntries, Walkers, MissEntries, Ports, AsidBits, Formats");
}

static void values_out_of_range_are_refused(void **state)
{
	static const char *const bad[] = {
		"Walkers = 0",	 "Walkers = 3", "Walkers = 16",		"Walkers = 4x",
		"Walkers = 0x4", "Walkers =",	"Walkers = 4294967298", "Walkers = two"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_error(with("Walkers = 2", bad[i]),
			     ":9: expected Walkers = a power of two from 1 to 8");
}

static void parts_may_be_missing(void **state)
{
	static const struct {
		unsigned int l1f, sets, ways, sp, pwc, walkers, miss, ports;
		const char *wrong; // NULL: nothing
	} c[] = {
		{2, 0, 0, 0, 0, 1, 1, 2, NULL},
		{0, 8, 2, 4, 4, 2, 2, 1, NULL},
		{0, 0, 0, 0, 0, 1, 1, 1, NULL},
		{2, 0, 2, 4, 4, 2, 2, 2, "expected L2Sets and L2Ways = 0 together"},
		{2, 8, 0, 4, 4, 2, 2, 2, "expected L2Sets and L2Ways = 0 together"},
		{0, 8, 2, 4, 4, 2, 2, 2,
		 "expected L1FetchEntries = 0 with Ports = 1, and only then"},
		{2, 8, 2, 4, 4, 2, 2, 1,
		 "expected L1FetchEntries = 0 with Ports = 1, and only then"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		char text[400], message[100];
		struct tw_config cfg;
		int n = snprintf(
			text, sizeof(text),
			"L1FetchEntries = %u\nL1DataEntries = 2\nL2Sets = %u\nL2Ways = %u\n"
			"L2SpEntries = %u\nPwcEntries = %u\nWalkers = %u\n"
			"MissEntries = %u\nPorts = %u\nAsidBits = 9\nFormats = sv32\n",
			c[i].l1f, c[i].sets, c[i].ways, c[i].sp, c[i].pwc, c[i].walkers, c[i].miss,
			c[i].ports);

		snprintf(message, sizeof(message), "folder/test_config: %s", c[i].wrong);
		assert_int_equal(load(text, (size_t)n, &cfg), c[i].wrong ? -EINVAL : 0);
		assert_string_equal(err, c[i].wrong ? message : "");
		if (c[i].wrong)
			continue;
		assert_int_equal(tw_config_check(&cfg, err, sizeof(err)), 0);
		cfg.l2_ways ^= 2;
		assert_int_equal(tw_config_check(&cfg, err, sizeof(err)), -EINVAL);
	}
}

static void widths_are_those_of_the_widest_format(void **state)
{
	static const struct {
		const char *formats;
		unsigned int vpn, pa;
	} c[] = {
		{"sv32", 20, 34},	{"legacy", 20, 40},
		{"legacy+pae", 20, 52}, {"sv39", 27, 56},
		{"long4", 36, 52},	{"sv39+long4", 36, 56},
		{"sv48", 36, 56},	{"long5", 45, 52},
		{"sv57", 45, 56},	{"sv32+long5+sv39", 45, 56},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		char formats[64];
		struct tw_config cfg;
		struct tw_widths w;
		const char *text;

		snprintf(formats, sizeof(formats), "Formats = %s", c[i].formats);
		text = with("Formats = sv32+sv39", formats);
		assert_int_equal(load(text, strlen(text), &cfg), 0);
		tw_config_widths(&cfg, &w);
		assert_int_equal(w.vpn, c[i].vpn);
		assert_int_equal(w.pa, c[i].pa);
		assert_int_equal(w.ppn, c[i].pa - 12);
	}
}

static void formats_are_names_joined_by_plus(void **state)
{
	static const char *const bad[] = {
		"Formats = sv33",      "Formats = ",	"Formats = sv32+", "Formats = +sv32",
		"Formats = sv39+sv39", "Formats = 320", "Formats = SV39"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_error(with("Formats = sv32+sv39", bad[i]),
			     ":13: expected Formats = " FORMATS ", joined by +, each once");
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
		cmocka_unit_test(compact_has_the_values_of_the_table),
		cmocka_unit_test(every_format_is_in_each_class_of_sizes),
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
		cmocka_unit_test(parts_may_be_missing),
		cmocka_unit_test(widths_are_those_of_the_widest_format),
		cmocka_unit_test(formats_are_names_joined_by_plus),
		cmocka_unit_test(lines_of_another_form_are_refused),
		cmocka_unit_test(a_nul_byte_is_refused),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
