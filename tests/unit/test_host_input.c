// SPDX-License-Identifier: Apache-2.0
// Opening inputs: what is no file of bounded length is refused, and nothing waits.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "../../host/input.h"
#include "host_fixture.h"

static void expect_refused(const char *path, enum tw_input_kind kind, uint64_t max, int error,
			   const char *text)
{
	char err[128] = "";

	assert_int_equal(tw_input_open(path, kind, max, err, sizeof(err)), error);
	assert_string_equal(err, text);
}

static void a_regular_file_is_opened_and_waits_as_usual(void **state)
{
	char err[128], got[8] = "";
	int fd;

	(void)state;
	put_file("a", "text");
	fd = tw_input_open(in_folder("a"), TW_INPUT_FILE, 4, err, sizeof(err));
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_RDONLY);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(read(fd, got, sizeof(got)), 4);
	assert_string_equal(got, "text");
	close(fd);
}

static void a_file_that_is_too_long_is_refused(void **state)
{
	(void)state;
	put_file("a", "text");
	expect_refused(in_folder("a"), TW_INPUT_FILE, 3, -EINVAL,
		       "expected at most 3 bytes, found 4");
}

static void a_fifo_is_refused_at_once(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	expect_refused(in_folder("fifo"), TW_INPUT_FILE, 0, -EINVAL,
		       "expected a regular file, found a FIFO");
	expect_refused(in_folder("fifo"), TW_INPUT_STREAM, 0, -EINVAL,
		       "expected a regular file, found a FIFO");
}

static void a_device_is_refused(void **state)
{
	(void)state;
	expect_refused("/dev/zero", TW_INPUT_STREAM, 0, -EINVAL,
		       "expected a regular file, found a device");
}

static void a_folder_is_refused(void **state)
{
	(void)state;
	expect_refused(folder, TW_INPUT_STREAM, 0, -EISDIR,
		       "expected a regular file, found a directory");
}

static void a_missing_file_says_so(void **state)
{
	(void)state;
	expect_refused(in_folder("none"), TW_INPUT_FILE, 0, -ENOENT, "No such file or directory");
}

static void a_pipe_is_a_stream_but_no_file(void **state)
{
	char path[32], err[128], got[8] = "";
	int p[2], fd;

	(void)state;
	assert_int_equal(pipe(p), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", p[0]);
	expect_refused(path, TW_INPUT_FILE, 0, -EINVAL, "expected a regular file, found a FIFO");
	assert_int_equal(write(p[1], "abc", 3), 3);
	fd = tw_input_open(path, TW_INPUT_STREAM, 0, err, sizeof(err));
	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, sizeof(got)), 3);
	close(fd);
	close(p[0]);
	close(p[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_regular_file_is_opened_and_waits_as_usual),
		TEST(a_file_that_is_too_long_is_refused),
		TEST(a_fifo_is_refused_at_once),
		TEST(a_device_is_refused),
		TEST(a_folder_is_refused),
		TEST(a_missing_file_says_so),
		TEST(a_pipe_is_a_stream_but_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
