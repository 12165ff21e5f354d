// SPDX-License-Identifier: Apache-2.0
// Waveforms of lockstep and of the RTL alone: which cycles they hold, and that a full disk is an
// error which changes no result and no report.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lockstep_bench.h"

// An unnamed file of at most LIMIT bytes.
static int wave_file(long limit)
{
	char path[] = "/tmp/lockstep_wave_XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	if (limit) {
		signal(SIGXFSZ, SIG_IGN);
		assert_int_equal(
			setrlimit(RLIMIT_FSIZE, &(struct rlimit){(rlim_t)limit, RLIM_INFINITY}), 0);
	}
	return fd;
}

static void waveform_of_the_last_cycles_is_written(void **state)
{
	const struct tw_lockstep_opts opts = {.config = lockstep_config()};
	struct lockstep_change c = {5000, lockstep_flip_va};
	char start[TW_FST_MAGIC_LEN];
	struct tw_lockstep *ls;
	struct stat st;
	int fd = wave_file(0);

	(void)state;
	assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
	assert_int_equal(tw_lockstep_wave(ls, fd), -ENODATA);
	lockstep_run_direct(ls, &c, 5002);
	assert_int_equal(tw_lockstep_wave(ls, fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size > 1000);
	assert_int_equal(pread(fd, start, sizeof(start), 0), sizeof(start));
	assert_memory_equal(start, TW_FST_MAGIC, TW_FST_MAGIC_LEN);
	tw_lockstep_destroy(ls);
	close(fd);
}

// Wherever the disk is full: after the header, in the values, shortly before the end.
static void waveform_on_a_full_disk_is_an_error_and_the_report_stays(void **state)
{
	const struct tw_lockstep_opts opts = {.config = lockstep_config()};
	const long limits[] = {1, 300, 1000, 4096, 8192, 12288};
	struct lockstep_change c = {300, lockstep_flip_va};
	struct tw_lockstep *ls;

	(void)state;
	assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
	lockstep_run_direct(ls, &c, 302);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int fd = wave_file(limits[i]), err = tw_lockstep_wave(ls, fd);

		setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
		assert_int_equal(err, -EFBIG);
		assert_non_null(strstr(tw_lockstep_report(ls), "cycle 301"));
		close(fd);
	}
	tw_lockstep_destroy(ls);
}

static void waveform_of_the_rtl_alone_holds_the_cycles_asked_for(void **state)
{
	struct tw_hw_opts opts = {.config = lockstep_config(),
				  .mem = {.latency_min = 1, .latency_max = 1},
				  .wave_fd = wave_file(0),
				  .wave_from = 10,
				  .wave_to = 50};
	struct tw_hw *hw;
	struct stat st;

	(void)state;
	assert_int_equal(tw_pmem_create(&opts.pmem), 0);
	assert_int_equal(tw_hw_rtl_create(&opts, &hw), 0);
	assert_int_equal(tw_hw_idle(hw, 5), 0);
	assert_int_equal(tw_hw_wave(hw), 0);
	assert_int_equal(tw_hw_idle(hw, 60), 0);
	assert_int_equal(tw_hw_wave(hw), 1);
	assert_int_equal(fstat(opts.wave_fd, &st), 0);
	assert_true(st.st_size > 1000);
	tw_hw_destroy(hw);
	tw_pmem_destroy(opts.pmem);
	close(opts.wave_fd);
}

static void waveform_of_the_rtl_on_a_full_disk_changes_no_result(void **state)
{
	const struct tw_req req = {.va = 0x1000, .access = TW_LOAD, .priv = TW_PRIV_S};
	struct tw_hw_opts opts = {.config = lockstep_config(),
				  .mem = {.latency_min = 1, .latency_max = 1},
				  .wave_fd = wave_file(1000),
				  .wave_to = 50};
	struct tw_hw_result res;
	struct tw_hw *hw;

	(void)state;
	assert_int_equal(tw_pmem_create(&opts.pmem), 0);
	assert_int_equal(tw_hw_rtl_create(&opts, &hw), 0);
	assert_int_equal(tw_hw_idle(hw, 60), 0);
	assert_int_equal(tw_hw_access(hw, D, &req, &res), 0);
	assert_int_equal(tw_hw_finish(hw), 0);
	assert_int_equal(tw_hw_wave(hw), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	tw_hw_destroy(hw);
	tw_pmem_destroy(opts.pmem);
	close(opts.wave_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waveform_of_the_last_cycles_is_written),
		cmocka_unit_test(waveform_on_a_full_disk_is_an_error_and_the_report_stays),
		cmocka_unit_test(waveform_of_the_rtl_alone_holds_the_cycles_asked_for),
		cmocka_unit_test(waveform_of_the_rtl_on_a_full_disk_changes_no_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
