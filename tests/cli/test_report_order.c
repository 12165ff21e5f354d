// SPDX-License-Identifier: Apache-2.0
// What a signal leaves time for comes in this order: the report first, then the end of the machine,
// which for large memory takes longer. The kernel's first and last call are wrapped.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "../../cli/cli.h"
#include "twinwalk/kernel.h"

static bool interrupt;
static int destroyed;
static off_t reported; // bytes on standard output when the kernel was destroyed

int __real_tw_kernel_create(const struct tw_kernel_opts *opts, struct tw_kernel **k, char *err,
			    size_t errlen);
int __wrap_tw_kernel_create(const struct tw_kernel_opts *opts, struct tw_kernel **k, char *err,
			    size_t errlen);
int __real_tw_kernel_destroy(struct tw_kernel *k);
int __wrap_tw_kernel_destroy(struct tw_kernel *k);

// The signal comes as soon as there is a kernel. The test itself is given all the time it needs.
int __wrap_tw_kernel_create(const struct tw_kernel_opts *opts, struct tw_kernel **k, char *err,
			    size_t errlen)
{
	int e = __real_tw_kernel_create(opts, k, err, errlen);

	if (interrupt) {
		raise(SIGTERM);
		setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	}
	return e;
}

int __wrap_tw_kernel_destroy(struct tw_kernel *k)
{
	struct stat st;

	if (k && fstat(STDOUT_FILENO, &st) == 0) {
		destroyed++;
		reported = st.st_size;
	}
	return __real_tw_kernel_destroy(k);
}

// main.c's, which has a main() of its own.
bool tw_inputs_ok(const char *command, const char *const *paths, size_t n)
{
	(void)command;
	(void)paths;
	(void)n;
	return true;
}

// Runs with standard output in a file.
static int run_to_file(void)
{
	char *argv[] = {"run", "--json", "--limit", "1000", "trace/bundled/shuf.twt", NULL};
	FILE *f = tmpfile();
	int saved, status;

	assert_non_null(f);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	assert_true(saved >= 0 && dup2(fileno(f), STDOUT_FILENO) >= 0);
	destroyed = 0;
	reported = 0;
	optind = 1; // getopt starts anew
	status = tw_cmd_run("the command", 5, argv);
	fflush(stdout);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	fclose(f);
	return status;
}

static void without_a_signal_a_machine_ends_with_its_run(void **state)
{
	(void)state;
	assert_int_equal(run_to_file(), TW_OK);
	assert_int_equal(destroyed, 1);
	assert_int_equal(reported, 0);
}

// The last test: the signal stays.
static void after_a_signal_the_report_comes_before_the_machine_ends(void **state)
{
	(void)state;
	interrupt = true;
	assert_int_equal(run_to_file(), TW_SYSTEM);
	assert_int_equal(destroyed, 1);
	assert_true(reported > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_signal_a_machine_ends_with_its_run),
		cmocka_unit_test(after_a_signal_the_report_comes_before_the_machine_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
