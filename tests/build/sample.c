// SPDX-License-Identifier: Apache-2.0
//
// What tests/build/junit.sh lets fail in every way a cmocka program can; no test of anything
// itself. The argument chooses the test that spoils the run.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void passes(void **state)
{
	(void)state;
	assert_int_equal(1, 1);
}

static void fails_with_a_value(void **state)
{
	(void)state;
	assert_int_equal(7, 9);
}

static void fails_with_marks(void **state)
{
	(void)state;
	fail_msg("%s", "a<b & \"c\" > d");
}

static void is_skipped(void **state)
{
	(void)state;
	skip();
}

static void ends_the_program(void **state)
{
	(void)state;
	_exit(3);
}

static void hangs(void **state)
{
	(void)state;
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	const struct CMUnitTest fine[] = {
		cmocka_unit_test(passes),
		cmocka_unit_test(is_skipped),
	};
	const struct CMUnitTest failing[] = {
		cmocka_unit_test(passes),
		cmocka_unit_test(fails_with_a_value),
		cmocka_unit_test(fails_with_marks),
	};
	const struct CMUnitTest ending[] = {
		cmocka_unit_test(passes),
		cmocka_unit_test(ends_the_program),
		cmocka_unit_test(passes),
	};
	const struct CMUnitTest hanging[] = {
		cmocka_unit_test(hangs),
	};

	if (!strcmp(how, "failing"))
		return cmocka_run_group_tests(failing, NULL, NULL);
	if (!strcmp(how, "ending"))
		return cmocka_run_group_tests(ending, NULL, NULL);
	if (!strcmp(how, "hanging"))
		return cmocka_run_group_tests(hanging, NULL, NULL);
	if (!strcmp(how, "groups")) {
		printf("first\n");
		fflush(stdout);
		cmocka_run_group_tests(fine, NULL, NULL);
		printf("second\n");
		fflush(stdout);
		return cmocka_run_group_tests(failing, NULL, NULL);
	}
	cmocka_run_group_tests(fine, NULL, NULL);
	return strcmp(how, "status") ? 0 : 5;
}
