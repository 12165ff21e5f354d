// SPDX-License-Identifier: Apache-2.0
// The vectors: what bad input is answered, message by message.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "harness.h"

static void unknown_directives_are_refused(void **state)
{
	(void)state;
	vt_expect_bad("foo 1\n", ":1: expected a directive of RVW1 or X86W1, not \"foo\"");
	vt_expect_bad("xlen 64\nfoo\n", ":2: expected a directive of RVW1, not \"foo\"");
}

static void the_two_families_do_not_mix(void **state)
{
	(void)state;
	vt_expect_bad("xlen 64\ncr3 0\n", ":2: expected a directive of RVW1, not \"cr3\"");
	vt_expect_bad("# X86W1\nsatp 0\n", ":2: expected a directive of X86W1, not \"satp\"");
	vt_expect_bad("mode long4\nenv adue=1\n",
		      ":2: expected wp=, nxe=, pse=, pge=, smep=, smap=, pke=, gbpages=, pcide= or "
		      "pkru=, each once, not \"adue=1\"");
}

static void another_format_in_the_first_line_is_refused(void **state)
{
	(void)state;
	vt_expect_bad("# RVW2\n", ":1: expected a file of the format RVW1 or X86W1, not RVW2");
	vt_expect_bad("# SCN1\n", ":1: expected a file of the format RVW1 or X86W1, not SCN1");
	vt_expect("# RVW1 and a remark\n# RVW2\ncase a\nend\n", "case a\nend\n");
}

static void numbers_are_hexadecimal_without_prefix(void **state)
{
	static const char *const bad[] = {"0x1000", "1000h", "-8", "+8", "g", "1_0"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[64], message[160];

		snprintf(text, sizeof(text), "mem %s 0\n", bad[i]);
		snprintf(message, sizeof(message),
			 ":1: expected a physical address, hexadecimal without 0x, below 2^56, a "
			 "multiple of 8, not \"%s\"",
			 bad[i]);
		vt_expect_bad(text, message);
	}
}

static void numbers_out_of_range_are_refused(void **state)
{
	static const char *const bad[] = {"mem 100000000000000 0\n",
					  "mem 4 0\n",
					  "mem 0 10000000000000000\n",
					  "case a\npoke32 2 0\n",
					  "case a\npoke32 0 100000000\n",
					  "ram 1000 1000\n",
					  "ram 0 100000000000001\n",
					  "maxphyaddr 35\n",
					  "maxphyaddr 53\n",
					  "maxphyaddr 2e\n",
					  "xlen 40\n",
					  "case a\nsfence asid=10000\n",
					  "case a\ninvpcid 4 0 0\n",
					  "case a\ninvpcid 0 1000 0\n",
					  "env adue=2\n",
					  "env pkru=100000000\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(vt_run_bytes(bad[i], strlen(bad[i])), TW_BAD_INPUT);
		assert_non_null(strstr(vt_err, ": expected "));
	}
}

static void missing_and_extra_words_are_refused(void **state)
{
	(void)state;
	vt_expect_bad("mem 8\n",
		      ":1: expected a value, hexadecimal without 0x, at most 64 bits at the "
		      "end of the line");
	vt_expect_bad("mem 8 0 1\n", ":1: expected the end of the line, not \"1\"");
	vt_expect_bad("case\n", ":1: expected an id of the case at the end of the line");
	vt_expect_bad("case a b\n", ":1: expected the end of the line, not \"b\"");
	vt_expect_bad("env\n", ":1: expected wp=, nxe=, pse=, pge=, smep=, smap=, pke=, gbpages=, "
			       "pcide= or pkru=, each once at the end of the line");
}

static void an_option_may_stand_once(void **state)
{
	(void)state;
	vt_expect_bad("xlen 64\nenv adue=1 adue=0\n",
		      ":2: expected adue= or pbmte=, each once, not \"adue=0\"");
	vt_expect_bad(RV "sfence va=0 va=0\n",
		      ":4: expected va=, asid= (each once) or the end of the line, not \"va=0\"");
}

static void bad_accesses_are_refused(void **state)
{
	(void)state;
	vt_expect_bad(RV "acc 0 read 0 S\n", ":4: expected load, store or fetch, not \"read\"");
	vt_expect_bad(RV "acc 0 load 0 H\n", ":4: expected U, S or M, not \"H\"");
	vt_expect_bad(RV "acc 0 load 0\n", ":4: expected U, S or M at the end of the line");
	vt_expect_bad(RV "acc 0 load 0 M mprv=1\n",
		      ":4: expected mpp=U or mpp=S with mprv=1 at the end of the line");
	vt_expect_bad(RV "acc z load 0 M\n", ":4: expected a number of the access, not \"z\"");
	vt_expect_bad(X86 "acc 0 load 0 user=1\n",
		      ":4: expected read, write or fetch, not \"load\"");
	vt_expect_bad(X86 "acc 0 read 0\n", ":4: expected user=0 or user=1 at the end of the line");
	vt_expect_bad(X86 "acc 0 read 0 user=2\n", ":4: expected user=0 or user=1, not \"user=2\"");
	vt_expect_bad(X86 "acc 0 read 0 user=1 sum=1\n",
		      ":4: expected ac=1 or the end of the line, not \"sum=1\"");
}

static void what_an_access_needs_must_be_there(void **state)
{
	(void)state;
	vt_expect_bad("case a\nacc 0 load 0 M\n",
		      ":2: expected \"xlen 32|64\" before the first access");
	vt_expect_bad("case a\nacc 0 read 0 user=0\n", ":2: expected \"mode\" before this line");
	vt_expect_bad("case a\nmode long4\nacc 0 read 0 user=0\n",
		      ":3: expected \"maxphyaddr\" before the first access");
}

static void cases_do_not_nest_and_must_end(void **state)
{
	(void)state;
	vt_expect_bad("case a\ncase b\n", ":2: expected \"end\" of the case of line 1");
	vt_expect_bad("end\n", ":1: expected \"case ID\" before this line");
	vt_expect_bad("xlen 64\nacc 0 load 0 M\n", ":2: expected \"case ID\" before this line");
	vt_expect_bad("case a\nxlen 64\n", ":3: expected \"end\" of the case of line 1");
}

static void results_before_an_error_are_complete(void **state)
{
	(void)state;
	vt_expect_bad(RV "acc 0 load 0 M\nfoo\n", ":5: expected a directive of RVW1, not \"foo\"");
	assert_string_equal(vt_out, "case a\n0 ok 0 nomem rd=\n");
}

static void rv32_has_its_own_satp(void **state)
{
	(void)state;
	vt_expect_bad("case a\nsatp 80000000\n", ":2: expected \"xlen 32|64\" before satp");
	vt_expect_bad("case a\nxlen 32\nsatp 180000000\n",
		      ":3: expected a value of 32 bits with xlen 32");
	vt_expect_bad("case a\nxlen 32\nsatp 80000000\nacc 0 load 100000000 S\n",
		      ":4: expected an address of 32 bits with xlen 32");
	vt_expect_bad("case a\nxlen 64\nsatp 1000000000080000\n",
		      ":3: expected a format that --hw arch has (bare, sv32, sv39, sv48, sv57), "
		      "not satp.MODE 1");
}

static void formats_this_version_lacks_are_named(void **state)
{
	(void)state;
	vt_expect_bad(RV "satp f000000000080000\n",
		      ":4: expected a format that --hw arch has (bare, "
		      "sv32, sv39, sv48, sv57), not satp.MODE 15");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	(void)state;
	vt_expect_bad_bytes("mem\0 0\n", 7, ":1: expected text, not a byte 00");
	vt_expect_bad("mem \xff\n", ":1: expected text, not a byte ff");
	vt_expect("# \xff\x01 in a comment\n  # indented\r\n\r\ncase a\nend\n", "case a\nend\n");
}

static void long_lines_and_many_words_are_refused(void **state)
{
	char text[6000];

	(void)state;
	memset(text, 'a', sizeof(text));
	vt_expect_bad_bytes(text, sizeof(text), ":1: expected at most 4096 characters");
	for (size_t i = 1; i < sizeof(text); i += 2)
		text[i] = ' ';
	vt_expect_bad_bytes(text, 200, ":1: expected at most 32 words");
	text[0] = '#';
	memcpy(text + sizeof(text) - 12, "\ncase a\nend\n", 12);
	assert_int_equal(vt_run_bytes(text, sizeof(text)), TW_OK);
}

static void a_last_line_without_newline_counts(void **state)
{
	(void)state;
	vt_expect(RV "acc 0 load 0 M\nend", "case a\n0 ok 0 nomem rd=\nend\n");
}

// Compresses a text and runs the first LEN bytes of what comes vt_out; 0: all.
static enum tw_status run_gzip(const char *text, size_t len, char flip)
{
	char packed[4096];
	size_t n;
	gzFile gz;
	FILE *f;

	vt_write_file("", 0);
	gz = gzopen(vt_path, "wb");
	assert_non_null(gz);
	assert_true(gzputs(gz, text) > 0);
	assert_int_equal(gzclose(gz), Z_OK);
	f = fopen(vt_path, "r");
	assert_non_null(f);
	n = fread(packed, 1, sizeof(packed), f);
	fclose(f);
	unlink(vt_path);
	assert_true(n > len);
	packed[n / 2] = (char)(packed[n / 2] ^ flip);
	return vt_run_bytes(packed, len ? len : n);
}

static void gzip_files_are_read(void **state)
{
	(void)state;
	assert_int_equal(run_gzip(RV GB "acc 0 load 123 S\nend\n", 0, 0), TW_OK);
	assert_string_equal(vt_out, "case a\n0 ok 40000123 nomem rd=80000000\nend\n");
}

static void damaged_gzip_files_are_refused(void **state)
{
	(void)state;
	assert_int_equal(run_gzip("xlen 64\ncase a\nend\n", 20, 0), TW_BAD_INPUT);
	assert_non_null(strstr(vt_err, ": expected intact gzip data ("));
	assert_int_equal(run_gzip("xlen 64\ncase a\nend\n", 0, 1), TW_BAD_INPUT);
	assert_non_null(strstr(vt_err, ": expected intact gzip data ("));
}

static void a_file_without_a_case_is_refused(void **state)
{
	(void)state;
	vt_expect_bad("", ":1: expected a case before the end");
	vt_expect_bad("# RVW1\nxlen 64\n", ":3: expected a case before the end");
}

// N lines of the form that FORMAT gives to the numbers from 0, then the rest.
static void expect_bad_lines(const char *before, const char *format, unsigned int n,
			     const char *message)
{
	size_t room = strlen(before) + (size_t)n * 64, len;
	char *text = malloc(room), *end;

	assert_non_null(text);
	strcpy(text, before);
	end = text + strlen(text);
	for (unsigned int i = 0; i < n; i++) {
		// The format is one of the test's own.
		len = (size_t)snprintf(end, 64, format, i, i + 1);
		assert_true(len < 64);
		end += len;
	}
	vt_expect_bad_bytes(text, (size_t)(end - text), message);
	free(text);
}

static void a_case_takes_a_bounded_part_of_memory(void **state)
{
	(void)state;
	expect_bad_lines("case a\nram 0 100000000000000\n", "mem %x000 1\n", 16385,
			 ":16387: expected a case that writes to at most 16384 pages");
	expect_bad_lines("case a\n", "mem %x000 1\n", 65537,
			 ":65538: expected at most 65536 writes to memory that does not answer");
	expect_bad_lines("case a\n", "ram %x001 %x000\n", 1025,
			 ":1026: expected at most 1024 ram lines in a case");
	expect_bad_lines("", "mem %x000 1\n", 65537,
			 ":65537: expected at most 65536 lines outside cases");
}

static void results_that_cannot_be_written_end_the_run_at_once(void **state)
{
	struct vec_opts opts = {0};
	FILE *full = fopen("/dev/full", "w");
	struct vec_arch arch;
	struct tw_pmem *pm;
	struct vec_hw vh;

	(void)state;
	assert_non_null(full);
	assert_int_equal(setvbuf(full, NULL, _IONBF, 0), 0);
	assert_int_equal(tw_pmem_create(&pm), 0);
	vec_arch_init(&arch, pm, &vh);
	// The second line would be an error, too: the first one is what is said.
	vt_write_file("case a\nfoo\n", 11);
	assert_int_equal(vec_run(vt_path, pm, &vh, &opts, full, vt_err, sizeof(vt_err)), TW_SYSTEM);
	assert_string_equal(vt_err, "results: No space left on device");
	unlink(vt_path);
	fclose(full);
	tw_pmem_destroy(pm);
}

static void a_missing_file_is_a_system_error(void **state)
{
	struct vec_opts opts = {0};
	struct vec_arch arch;
	struct tw_pmem *pm;
	struct vec_hw vh;

	(void)state;
	assert_int_equal(tw_pmem_create(&pm), 0);
	vec_arch_init(&arch, pm, &vh);
	assert_int_equal(vec_run("/nonexistent/x", pm, &vh, &opts, stdout, vt_err, sizeof(vt_err)),
			 TW_SYSTEM);
	assert_string_equal(vt_err, "/nonexistent/x: No such file or directory");
	assert_int_equal(vec_run("/tmp", pm, &vh, &opts, stdout, vt_err, sizeof(vt_err)),
			 TW_BAD_INPUT);
	assert_string_equal(vt_err, "/tmp: expected a regular file, found a directory");
	tw_pmem_destroy(pm);
}

#define TEST(f) cmocka_unit_test_teardown(f, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unknown_directives_are_refused),
		TEST(the_two_families_do_not_mix),
		TEST(another_format_in_the_first_line_is_refused),
		TEST(numbers_are_hexadecimal_without_prefix),
		TEST(numbers_out_of_range_are_refused),
		TEST(missing_and_extra_words_are_refused),
		TEST(an_option_may_stand_once),
		TEST(bad_accesses_are_refused),
		TEST(what_an_access_needs_must_be_there),
		TEST(cases_do_not_nest_and_must_end),
		TEST(results_before_an_error_are_complete),
		TEST(rv32_has_its_own_satp),
		TEST(formats_this_version_lacks_are_named),
		TEST(bytes_that_are_no_text_are_refused),
		TEST(long_lines_and_many_words_are_refused),
		TEST(a_last_line_without_newline_counts),
		TEST(gzip_files_are_read),
		TEST(damaged_gzip_files_are_refused),
		TEST(a_file_without_a_case_is_refused),
		TEST(a_case_takes_a_bounded_part_of_memory),
		TEST(results_that_cannot_be_written_end_the_run_at_once),
		TEST(a_missing_file_is_a_system_error),
	};

	return cmocka_run_group_tests_name("vectors_input", tests, NULL, NULL);
}
