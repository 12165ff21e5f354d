// SPDX-License-Identifier: Apache-2.0
// `twinwalk run` from outside: its exit statuses, and that the same options give the same bytes.
// Arguments: the command.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cli/shell.h"

#define SHUF   "trace/bundled/shuf.twt"
#define SORT   "trace/bundled/sort.twt"
#define SQLITE "trace/bundled/sqlite3.twt"

static const char *command;

static int run(const char *args, char *text, size_t size)
{
	char line[1024];

	snprintf(line, sizeof(line), "%s run %s", command, args);
	return shell(line, text, size, NULL);
}

static void expect(const char *args, int status, const char *contains)
{
	static char text[1 << 16];
	int got = run(args, text, sizeof(text));

	if (got != status || !strstr(text, contains))
		fail_msg("twinwalk run %s\nexit status %d, expected %d and \"%s\" in:\n%s", args,
			 got, status, contains, text);
}

static void replays_with_half_the_memory_and_loses_nothing(void **state)
{
	(void)state;
	expect("--limit 1500000 --check 100000 " SHUF, 0, "equal the shadow copy");
	expect("--limit 1500000 --check 100000 --format long4 " SHUF, 0, "equal the shadow copy");
	expect("--limit 1500000 --check 100000 --svade --policy fifo --config compact " SHUF, 0,
	       "equal the shadow copy");
}

static void runs_several_traces_in_turn(void **state)
{
	(void)state;
	expect("--limit 1500000 --frames 200 --asid-bits 1 --quantum 2000 " SHUF " " SORT, 0,
	       "equal the shadow copy");
}

static void same_options_give_the_same_bytes(void **state)
{
	static char a[1 << 16], b[1 << 16];

	(void)state;
	assert_int_equal(run("--json --limit 600000 --frames 300 --mem-latency 3-40 --seed 5 " SHUF,
			     a, sizeof(a)),
			 0);
	assert_int_equal(run("--json --limit 600000 --frames 300 --mem-latency 3-40 --seed 5 " SHUF,
			     b, sizeof(b)),
			 0);
	assert_string_equal(a, b);
	// The seed reaches contents and latencies.
	assert_int_equal(run("--json --limit 600000 --frames 300 --mem-latency 3-40 --seed 6 " SHUF,
			     b, sizeof(b)),
			 0);
	assert_string_not_equal(strstr(a, "memory_image"), strstr(b, "memory_image"));
	assert_string_not_equal(strstr(a, "\"responses\""), strstr(b, "\"responses\""));
}

static void compares_back_ends(void **state)
{
	(void)state;
	expect("--compare csim,csim --limit 300000 " SHUF, 0, "equal on                 csim");
}

static void bad_options_are_status_2(void **state)
{
	(void)state;
	expect("", 2, "usage:");
	expect("--frames none " SHUF, 2, "expected");
	expect("--frames 10 " SHUF, 2, "32 or more");
	expect("--config small --format sv48 " SHUF, 2, "does not have the format sv48");
	expect("--format sv47 " SHUF, 2, "expected sv32, sv39");
	expect("--policy none " SHUF, 2, "clock or fifo");
	expect("--hw none " SHUF, 2, "none");
	expect("--config none " SHUF, 2, "none");
	expect("--cost none=3 " SHUF, 2, "--cost");
	expect("--svade --format long4 " SHUF, 2, "svade");
	expect("--mem-latency 0 " SHUF, 2, "--mem-latency");
}

static void bad_trace_is_status_3(void **state)
{
	(void)state;
	expect("CMakeLists.txt", 3, "CMakeLists.txt");
}

static void system_errors_are_status_4_and_lose_nothing(void **state)
{
	(void)state;
	expect("--limit 100000 /nonexistent.twt", 4, "/nonexistent.twt");
	expect("--swap-file /dev/full " SHUF, 4, "No space left on device");
}

static void too_little_memory_is_status_6_and_loses_nothing(void **state)
{
	static char text[1 << 16];
	const char *const args[] = {
		"--frames 200 --swap 100 " SHUF,
		"--policy fifo --frames 64 --swap 16 --limit 1300000 " SQLITE,
		"--policy fifo --frames 32 --swap 0 " SQLITE,
		"--policy clock --frames 33 --swap 0 --svade " SQLITE,
		"--policy fifo --frames 36 --swap 0 --format long4 " SQLITE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
		int got = run(args[i], text, sizeof(text));

		if (got != 6 || !strstr(text, ": out of memory: ") ||
		    !strstr(text, "nothing was lost") || strstr(text, "hardware:"))
			fail_msg("twinwalk run %s\nexit status %d, output:\n%s", args[i], got,
				 text);
	}
}

static void disk_that_fills_up_is_status_4_and_loses_nothing(void **state)
{
	static char text[4096];
	char line[512];
	int status;

	(void)state;
	// Files of at most 6 MB: the traced program's files fit, all of the swap file does not.
	snprintf(line, sizeof(line), "trap '' XFSZ; ulimit -f 12000; %s run --frames 200 " SHUF,
		 command);
	status = shell(line, text, sizeof(text), NULL);
	if (status != 4 || !strstr(text, "swap: writing") || !strstr(text, "nothing was lost"))
		fail_msg("exit status %d, output:\n%s", status, text);
}

static void leaves_no_files_behind(void **state)
{
	static char text[1 << 16];
	char dir[] = "/tmp/tw-run-XXXXXX", line[256];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(line, sizeof(line), "--limit 50000 --work %s/w " SHUF, dir);
	assert_int_equal(run(line, text, sizeof(text)), 0);
	// Removes an empty directory only.
	assert_int_equal(rmdir(dir), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replays_with_half_the_memory_and_loses_nothing),
		cmocka_unit_test(runs_several_traces_in_turn),
		cmocka_unit_test(same_options_give_the_same_bytes),
		cmocka_unit_test(compares_back_ends),
		cmocka_unit_test(bad_options_are_status_2),
		cmocka_unit_test(bad_trace_is_status_3),
		cmocka_unit_test(system_errors_are_status_4_and_lose_nothing),
		cmocka_unit_test(too_little_memory_is_status_6_and_loses_nothing),
		cmocka_unit_test(disk_that_fills_up_is_status_4_and_loses_nothing),
		cmocka_unit_test(leaves_no_files_behind),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s TWINWALK\n", argv[0]);
		return 2;
	}
	command = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
