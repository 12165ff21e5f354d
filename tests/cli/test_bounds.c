// SPDX-License-Identifier: Apache-2.0
// What a small trace may ask for: files that are large, or many, or mapped at once. Argument: the
// command.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <zlib.h>

#include "command.h"

#define FILE_SIZE (UINT64_C(1) << 30)
#define FILE_AT	  UINT64_C(0x100000000)

static char text[1 << 16];

static int run_trace(const char *options, struct rusage *usage)
{
	char args[512];

	snprintf(args, sizeof(args), "run %s --work %s %s", options, folder, trace);
	return run(args, text, sizeof(text), usage);
}

// Maps a file of FILE_SIZE whole, and touches its first page, its last one and one between.
static void make_large_file_trace(uint32_t more_flags)
{
	struct tw_trace_writer *w = begin_trace();

	assert_int_equal(tw_trace_add_file(w, "large", FILE_SIZE - 100), 0);
	put_start(w);
	put(w, (struct tw_trace_event){.kind = TW_TRACE_MMAP,
				       .len = FILE_SIZE,
				       .prot = 3,
				       .flags = TW_TRACE_MAP_SHARED | more_flags,
				       .file = 0,
				       .result = (int64_t)FILE_AT});
	put_access(w, TW_TRACE_FETCH, 0x400000);
	put_access(w, TW_TRACE_LOAD, FILE_AT);
	put_access(w, TW_TRACE_STORE, FILE_AT + FILE_SIZE / 2);
	put_access(w, TW_TRACE_LOAD, FILE_AT + FILE_SIZE - 112);
	end_trace(w);
}

static void contents_of_a_mapped_file_are_made_when_touched(void **state)
{
	struct rusage usage;

	(void)state;
	make_large_file_trace(0);
	if (run_trace("--frames 200", &usage) != 0)
		fail_msg("%s", text);
	assert_non_null(strstr(text, "pages of memory and 3 of files equal the shadow copy"));
	// In KB: the file as a whole would be four times as much.
	assert_true(usage.ru_maxrss < 256 * 1024);
}

static void populating_more_than_memory_is_bounded_by_memory(void **state)
{
	struct rusage usage;

	(void)state;
	make_large_file_trace(0x8000);
	if (run_trace("--frames 200", &usage) != 0)
		fail_msg("%s", text);
	assert_true(usage.ru_maxrss < 256 * 1024);
}

// The same file again and again, elsewhere each time.
static void populating_much_of_files_is_bounded_by_itself(void **state)
{
	struct tw_trace_writer *w = begin_trace();

	(void)state;
	assert_int_equal(tw_trace_add_file(w, "large", FILE_SIZE), 0);
	put_start(w);
	for (uint64_t i = 0; i < 16; i++) {
		put(w, (struct tw_trace_event){.kind = TW_TRACE_MMAP,
					       .len = FILE_SIZE / 16,
					       .prot = 1,
					       .flags = TW_TRACE_MAP_SHARED | 0x8000,
					       .file = 0,
					       .offset = i * FILE_SIZE / 16,
					       .result = (int64_t)FILE_AT});
		put_access(w, TW_TRACE_LOAD, FILE_AT);
		put(w, (struct tw_trace_event){
			       .kind = TW_TRACE_MUNMAP, .addr = FILE_AT, .len = FILE_SIZE / 16});
	}
	end_trace(w);
	if (run_trace("--frames 20000", NULL) != 0)
		fail_msg("%s", text);
	// Once 16384 pages are populated; after that the one that is touched.
	assert_non_null(strstr(text, "and 16399 of files equal the shadow copy"));
}

static void populated_pages_have_their_contents(void **state)
{
	struct tw_trace_writer *w = begin_trace();

	(void)state;
	assert_int_equal(tw_trace_add_file(w, "small", 0x8000), 0);
	put_start(w);
	put(w, (struct tw_trace_event){.kind = TW_TRACE_MMAP,
				       .len = 0x8000,
				       .prot = 1,
				       .flags = TW_TRACE_MAP_PRIVATE | 0x8000,
				       .file = 0,
				       .result = (int64_t)FILE_AT});
	for (unsigned int i = 0; i < 8; i++)
		put_access(w, TW_TRACE_LOAD, FILE_AT + 0x1000 * i);
	end_trace(w);
	if (run_trace("", NULL) != 0)
		fail_msg("%s", text);
	assert_non_null(strstr(text, "and 8 of files equal the shadow copy"));
}

static void what_a_trace_says_of_its_size_takes_little_memory(void **state)
{
	struct tw_trace_writer *w = begin_trace();
	uint8_t header[512];
	struct rusage usage;
	uint32_t crc;
	int fd;

	(void)state;
	put_start(w);
	put_access(w, TW_TRACE_FETCH, 0x400000);
	end_trace(w);
	// docs/trace-format.md: 2^26 pages, the most there may be, and the header's checksum.
	fd = open(trace, O_RDWR);
	assert_int_equal(pread(fd, header, sizeof(header), 0), sizeof(header));
	memset(header + 160, 0, 8);
	header[163] = 4;
	crc = (uint32_t)crc32(0, header, 508);
	memcpy(header + 508, &crc, 4);
	assert_int_equal(pwrite(fd, header, sizeof(header), 0), sizeof(header));
	close(fd);
	if (run_trace("", &usage) != 0)
		fail_msg("%s", text);
	assert_true(usage.ru_maxrss < 1024 * 1024);
}

// More than the usual limit of descriptors; the limit may be raised.
static void a_trace_may_have_many_files(void **state)
{
	struct tw_trace_writer *w = begin_trace();
	struct rlimit limit, few;
	char name[16];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < 4096)
		skip();
	few = limit;
	for (int i = 0; i < 1500; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		assert_int_equal(tw_trace_add_file(w, name, 0x1000), i);
	}
	put_start(w);
	for (int i = 0; i < 1500; i++)
		put(w, (struct tw_trace_event){.kind = TW_TRACE_MMAP,
					       .len = 0x1000,
					       .prot = 3,
					       .flags = TW_TRACE_MAP_SHARED,
					       .file = i,
					       .result = (int64_t)FILE_AT + 0x1000 * i});
	for (unsigned int i = 0; i < 1500; i++)
		put_access(w, i % 2 ? TW_TRACE_LOAD : TW_TRACE_STORE, FILE_AT + 0x1000 * i);
	end_trace(w);
	few.rlim_cur = 256;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	if (run_trace("--frames 300", NULL) != 0)
		fail_msg("%s", text);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_non_null(strstr(text, "and 1500 of files equal the shadow copy"));
}

// On a disk of 32 KB a file of one page is made 16 pages long, by stores: only root can make such a
// disk.
static void a_file_that_cannot_be_written_back_is_named_as_in_the_trace(void **state)
{
	struct tw_trace_writer *w;
	char disk[80], args[256];
	int status;

	(void)state;
	snprintf(disk, sizeof(disk), "%s/disk", folder);
	assert_int_equal(mkdir(disk, 0700), 0);
	if (mount("tmpfs", disk, "tmpfs", 0, "size=32k") != 0) {
		rmdir(disk);
		skip();
	}
	w = begin_trace();
	assert_int_equal(tw_trace_add_file(w, "growing", 0x1000), 0);
	put_start(w);
	put(w, (struct tw_trace_event){.kind = TW_TRACE_MMAP,
				       .len = 0x10000,
				       .prot = 3,
				       .flags = TW_TRACE_MAP_SHARED,
				       .file = 0,
				       .result = (int64_t)FILE_AT});
	for (unsigned int i = 0; i < 16; i++)
		put_access(w, TW_TRACE_STORE, FILE_AT + 0x1000 * i);
	end_trace(w);
	snprintf(args, sizeof(args), "run --swap 0 --work %s %s", disk, trace);
	status = run(args, text, sizeof(text), NULL);
	umount(disk);
	rmdir(disk);
	assert_int_equal(status, 4);
	assert_non_null(strstr(text, "growing: "));
	assert_non_null(strstr(text, "No space left on device"));
	assert_null(strstr(text, "/proc/"));
}

static void a_file_that_cannot_be_written_is_named_as_in_the_trace(void **state)
{
	char args[512];

	(void)state;
	make_large_file_trace(0);
	// Files of at most 512 KB: the large one cannot be.
	snprintf(args, sizeof(args), "run --swap 0 --work %s %s", folder, trace);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 19, RLIM_INFINITY}), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(run(args, text, sizeof(text), NULL), 4);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	assert_non_null(strstr(text, "large: File too large"));
	assert_null(strstr(text, "/proc/"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(contents_of_a_mapped_file_are_made_when_touched),
		TEST(populating_more_than_memory_is_bounded_by_memory),
		TEST(populating_much_of_files_is_bounded_by_itself),
		TEST(populated_pages_have_their_contents),
		TEST(what_a_trace_says_of_its_size_takes_little_memory),
		TEST(a_trace_may_have_many_files),
		TEST(a_file_that_cannot_be_written_is_named_as_in_the_trace),
		TEST(a_file_that_cannot_be_written_back_is_named_as_in_the_trace),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s TWINWALK\n", argv[0]);
		return 2;
	}
	command = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
