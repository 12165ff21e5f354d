// SPDX-License-Identifier: Apache-2.0
// Outputs: complete or not there, and nothing replaced that must stay. Built twice, the second time
// on a system without O_TMPFILE (-DNO_TMPFILE): the same must hold there.
#define _GNU_SOURCE // O_TMPFILE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "../../host/output.h"
#include "host_fixture.h"

// A signal that comes at the worst moment: when a file has a name that is not the final one.
static int comes;

// A file that somebody else completes after the check, just before this one gets its name.
static const char *overtakes;

int __real_linkat(int from, const char *path, int to, const char *name, int flags);
int __wrap_linkat(int from, const char *path, int to, const char *name, int flags);

int __wrap_linkat(int from, const char *path, int to, const char *name, int flags)
{
	if (overtakes) {
		put_file("a", overtakes);
		overtakes = NULL;
	}
	return __real_linkat(from, path, to, name, flags);
}

#ifdef NO_TMPFILE
int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);

int __wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode = 0;
	int fd;

	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t); // NOLINT(clang-analyzer-valist.Uninitialized)
		va_end(args);
	}
	fd = __real_openat(dir, path, flags, mode);
	if (comes && flags & O_CREAT)
		raise(comes);
	return fd;
}
#endif

static char err[512];

static struct tw_output_rules rules(void)
{
	return (struct tw_output_rules){.kind = "a poem", .magic = "POEM", .magic_len = 4};
}

static struct tw_output *begin(const char *name, const char *text)
{
	struct tw_output_rules r = rules();
	struct tw_output *o = NULL;

	if (tw_output_open(in_folder(name), &r, &o, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	assert_int_equal(write(tw_output_fd(o), text, strlen(text)), strlen(text));
	return o;
}

static void complete(struct tw_output *o)
{
	if (tw_output_commit(o, err, sizeof(err)) != 0)
		fail_msg("%s", err);
}

static void expect_refused(const char *name, const struct tw_output_rules *r, const char *why)
{
	struct tw_output *o = NULL;
	char want[600];

	assert_int_equal(tw_output_open(in_folder(name), r, &o, err, sizeof(err)), -EEXIST);
	assert_null(o);
	snprintf(want, sizeof(want), "%s: %s", in_folder(name), why);
	assert_string_equal(err, want);
}

static void a_file_has_no_name_before_it_is_complete(void **state)
{
	struct tw_output *o = begin("a", "POEM 1");

	(void)state;
	assert_int_equal(files(), 0);
	complete(o);
	assert_int_equal(files(), 1);
	expect_file("a", "POEM 1");
}

static void what_is_given_up_leaves_nothing(void **state)
{
	(void)state;
	put_file("old", "POEM 0");
	tw_output_discard(begin("new", "POEM 1"));
	tw_output_discard(begin("old", "POEM 1"));
	assert_int_equal(files(), 1);
	expect_file("old", "POEM 0");
}

static void a_killed_process_leaves_nothing(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		begin("a", "POEM 1");
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(files(), 0);
}

static void a_file_of_its_kind_is_replaced(void **state)
{
	(void)state;
	put_file("a", "POEM 0, which is longer");
	complete(begin("a", "POEM 1"));
	assert_int_equal(files(), 1);
	expect_file("a", "POEM 1");
}

static void an_empty_file_is_replaced(void **state)
{
	(void)state;
	put_file("a", "");
	complete(begin("a", "POEM 1"));
	expect_file("a", "POEM 1");
}

static void the_mode_of_the_replaced_file_stays(void **state)
{
	struct stat st;

	(void)state;
	put_file("a", "POEM 0");
	assert_int_equal(chmod(in_folder("a"), 0640), 0);
	complete(begin("a", "POEM 1"));
	assert_int_equal(stat(in_folder("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_new_file_has_the_usual_mode(void **state)
{
	mode_t old = umask(027);
	struct stat st;

	(void)state;
	complete(begin("a", "POEM 1"));
	umask(old);
	assert_int_equal(stat(in_folder("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_file_of_another_kind_stays(void **state)
{
	struct tw_output_rules r = rules();

	(void)state;
	put_file("a", "PROSE");
	put_file("short", "PO");
	expect_refused("a", &r, "exists and is not a poem; --force replaces it");
	expect_refused("short", &r, "exists and is not a poem; --force replaces it");
	expect_file("a", "PROSE");
}

static void force_replaces_a_file_of_another_kind(void **state)
{
	struct tw_output_rules r = rules();
	struct tw_output *o;

	(void)state;
	put_file("a", "PROSE");
	r.force = true;
	assert_int_equal(tw_output_open(in_folder("a"), &r, &o, err, sizeof(err)), 0);
	complete(o);
	expect_file("a", "");
}

static void an_input_is_never_replaced_whatever_its_name(void **state)
{
	struct tw_output_rules r = rules();
	char path[512];
	const char *const inputs[] = {"/nonexistent", path};

	(void)state;
	put_file("in", "POEM 0");
	assert_int_equal(link(in_folder("in"), in_folder("alias")), 0);
	snprintf(path, sizeof(path), "%s", in_folder("in"));
	r.inputs = inputs;
	r.n_inputs = 2;
	r.force = true;
	expect_refused("in", &r, "is an input of this command");
	expect_refused("alias", &r, "is an input of this command");
	expect_file("in", "POEM 0");
}

static void only_regular_files_are_replaced(void **state)
{
	struct tw_output_rules r = rules();

	(void)state;
	r.force = true;
	put_file("target", "POEM 0");
	assert_int_equal(symlink("target", in_folder("symlink")), 0);
	assert_int_equal(symlink("nothing", in_folder("dangling")), 0);
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	assert_int_equal(mkdir(in_folder("folder"), 0700), 0);
	expect_refused("symlink", &r, "expected a regular file or a new name");
	expect_refused("dangling", &r, "expected a regular file or a new name");
	expect_refused("fifo", &r, "expected a regular file or a new name");
	expect_refused("folder", &r, "expected a regular file or a new name");
	expect_file("target", "POEM 0");
	assert_int_equal(files(), 5);
}

static void what_appears_meanwhile_is_not_replaced(void **state)
{
	struct tw_output *o = begin("a", "POEM 1");

	(void)state;
	put_file("a", "PROSE");
	assert_int_equal(tw_output_commit(o, err, sizeof(err)), -EEXIST);
	assert_non_null(strstr(err, "exists and is not a poem"));
	expect_file("a", "PROSE");
	assert_int_equal(files(), 1);
}

static void a_symlink_that_appears_meanwhile_is_not_followed(void **state)
{
	struct tw_output *o = begin("a", "POEM 1");

	(void)state;
	put_file("target", "PROSE");
	assert_int_equal(symlink("target", in_folder("a")), 0);
	assert_int_equal(tw_output_commit(o, err, sizeof(err)), -EEXIST);
	expect_file("target", "PROSE");
}

static void of_two_outputs_each_is_whole(void **state)
{
	struct tw_output *first = begin("a", "POEM 1, the longer one"),
			 *second = begin("a", "POEM 2");

	(void)state;
	complete(first);
	expect_file("a", "POEM 1, the longer one");
	complete(second);
	expect_file("a", "POEM 2");
	assert_int_equal(files(), 1);
}

static void of_two_that_end_at_once_each_is_whole(void **state)
{
	struct tw_output *o = begin("a", "POEM 1");

	(void)state;
	overtakes = "POEM 2";
	complete(o);
	assert_null(overtakes);
	expect_file("a", "POEM 1");
	assert_int_equal(files(), 1);
}

static void what_appears_after_the_check_is_not_replaced(void **state)
{
	struct tw_output *o = begin("a", "POEM 1");

	(void)state;
	overtakes = "PROSE";
	assert_int_equal(tw_output_commit(o, err, sizeof(err)), -EEXIST);
	assert_non_null(strstr(err, "exists and is not a poem"));
	expect_file("a", "PROSE");
	assert_int_equal(files(), 1);
}

// Without O_TMPFILE contents are copied to a file with a name; with it nothing has one.
static void a_signal_during_the_copy_leaves_nothing(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM};

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		int status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			struct tw_output *o = begin("a", "POEM 1");

			signal(signals[i], SIG_DFL);
			comes = signals[i];
			tw_output_commit(o, err, sizeof(err));
			raise(comes);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		if (files() > 0)
			expect_file("a", "POEM 1"); // complete
		unlink(in_folder("a"));
		assert_int_equal(files(), 0);
	}
}

static void a_folder_that_is_not_there_is_said_at_once(void **state)
{
	struct tw_output_rules r = rules();
	struct tw_output *o;

	(void)state;
	assert_int_equal(tw_output_open(in_folder("no/a"), &r, &o, err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "no/a: No such file or directory"));
}

static void scratch_has_no_name(void **state)
{
	int fd = tw_output_scratch(folder);
	char got[8] = "";

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "abc", 3, 0), 3);
	assert_int_equal(pread(fd, got, sizeof(got), 0), 3);
	assert_int_equal(files(), 0);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_has_no_name_before_it_is_complete),
		TEST(what_is_given_up_leaves_nothing),
		TEST(a_killed_process_leaves_nothing),
		TEST(a_file_of_its_kind_is_replaced),
		TEST(an_empty_file_is_replaced),
		TEST(the_mode_of_the_replaced_file_stays),
		TEST(a_new_file_has_the_usual_mode),
		TEST(a_file_of_another_kind_stays),
		TEST(force_replaces_a_file_of_another_kind),
		TEST(an_input_is_never_replaced_whatever_its_name),
		TEST(only_regular_files_are_replaced),
		TEST(what_appears_meanwhile_is_not_replaced),
		TEST(a_symlink_that_appears_meanwhile_is_not_followed),
		TEST(of_two_outputs_each_is_whole),
		TEST(of_two_that_end_at_once_each_is_whole),
		TEST(what_appears_after_the_check_is_not_replaced),
		TEST(a_signal_during_the_copy_leaves_nothing),
		TEST(a_folder_that_is_not_there_is_said_at_once),
		TEST(scratch_has_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
