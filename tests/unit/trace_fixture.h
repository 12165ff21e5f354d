// SPDX-License-Identifier: Apache-2.0
//
// What the tests of traces share: a temporary file, a random sequence, and a small valid trace with
// every kind of event. Include after cmocka.h.
#ifndef TW_TEST_TRACE_FIXTURE_H
#define TW_TEST_TRACE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <twinwalk/prng.h>
#include <twinwalk/trace.h>
#include <unistd.h>

#define SAMPLE_RANDOM 2000 // random accesses of the sample

struct sample {
	char path[64];
	struct tw_trace_event *events;
	size_t n, room;
};

static inline uint64_t base_seed(void)
{
	const char *s = getenv("TW_SEED");

	return s && *s ? strtoull(s, NULL, 0) : 1;
}

static inline void add(struct sample *s, struct tw_trace_event e)
{
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->events = realloc(s->events, s->room * sizeof(e));
		assert_non_null(s->events);
	}
	s->events[s->n++] = e;
}

static inline void add_access(struct sample *s, unsigned int kind, uint64_t addr, uint32_t size)
{
	add(s, (struct tw_trace_event){.kind = (uint8_t)kind, .addr = addr, .size = size});
}

static inline void add_brk(struct sample *s, uint64_t addr, int64_t result)
{
	add(s, (struct tw_trace_event){
		       .kind = TW_TRACE_BRK, .addr = addr, .result = result, .file = -1});
}

static inline void add_exit(struct sample *s, int64_t status)
{
	add(s, (struct tw_trace_event){.kind = TW_TRACE_EXIT, .result = status, .file = -1});
}

static inline struct tw_trace_event map_event(uint64_t addr, uint64_t len, uint32_t prot)
{
	return (struct tw_trace_event){.kind = TW_TRACE_MAP,
				       .addr = addr,
				       .len = len,
				       .prot = prot,
				       .flags = TW_TRACE_MAP_PRIVATE | TW_TRACE_MAP_ANONYMOUS,
				       .file = -1};
}

// Every kind, extreme values, and accesses that are partly predictable and partly not.
static inline void fill_sample(struct sample *s, uint64_t seed)
{
	const uint64_t end = UINT64_C(1) << TW_TRACE_VA_BITS;
	struct tw_trace_event e = map_event(0x400000, 0x3000, 5);

	e.flags = TW_TRACE_MAP_PRIVATE;
	e.file = 1;
	e.offset = 0x1000;
	add(s, e);
	e = map_event(end - 0x10000, 0x10000, 3);
	e.flags |= TW_TRACE_MAP_GROWSDOWN;
	add(s, e);
	add_brk(s, 0, 0x500000);
	add_access(s, TW_TRACE_FETCH, 0, 32);
	add_access(s, TW_TRACE_FETCH, end - 32, 32);
	add_access(s, TW_TRACE_LOAD, end - 4096, 4096);
	add_access(s, TW_TRACE_STORE, 0, 1);
	add_access(s, TW_TRACE_RMW, end - 8, 8);
	for (uint32_t size = 1; size <= 130; size++)
		add_access(s, TW_TRACE_LOAD + size % 3, 0x400000 + size, size);
	add(s, (struct tw_trace_event){
		       .kind = TW_TRACE_COPY_IN, .addr = 0x400ff0, .len = 0x20, .file = -1});
	add(s, (struct tw_trace_event){.kind = TW_TRACE_COPY_OUT,
				       .addr = 0x401000,
				       .len = TW_TRACE_COPY_MAX,
				       .file = -1});
	e = (struct tw_trace_event){.kind = TW_TRACE_MMAP,
				    .addr = TW_TRACE_NO_ADDR,
				    .len = 0x1801,
				    .result = 0x7000000,
				    .prot = 3,
				    .flags = TW_TRACE_MAP_PRIVATE,
				    .file = 0,
				    .offset = UINT64_C(0xfffffffffffff000)};
	add(s, e);
	e.result = -12;
	e.file = -1;
	e.len = UINT64_MAX;
	e.flags = UINT32_MAX;
	add(s, e);
	e = (struct tw_trace_event){.addr = 0x7000000, .len = 0x1000, .file = -1};
	e.kind = TW_TRACE_MPROTECT;
	e.prot = 1;
	add(s, e);
	e.kind = TW_TRACE_MADVISE;
	e.prot = 0;
	e.advice = INT32_MIN;
	e.result = -22;
	add(s, e);
	e.kind = TW_TRACE_MREMAP;
	e.advice = 0;
	e.new_len = 0x2000;
	e.new_addr = 0x8000000;
	e.flags = TW_TRACE_MREMAP_MAYMOVE | TW_TRACE_MREMAP_FIXED;
	e.result = 0x8000000;
	add(s, e);
	e = (struct tw_trace_event){
		.kind = TW_TRACE_MUNMAP, .addr = 0x8000000, .len = 0x2000, .file = -1};
	add(s, e);
	add_brk(s, 0x501234, 0x501234);
	for (int i = 0; i < SAMPLE_RANDOM; i++) {
		uint64_t r = tw_random(&seed);
		uint64_t addr = r >> 40 & 3 ? 0x400000 + (r & 0xfff) : r & 0x3fffffff00;

		if (r >> 60 < 5)
			add_access(s, TW_TRACE_FETCH, addr & ~UINT64_C(31), 32);
		else
			add_access(s, TW_TRACE_LOAD + (unsigned int)(r >> 50) % 3, addr,
				   1u << (r >> 56 & 7));
	}
	add_exit(s, 255);
}

// Writes the events to the sample's file, a temporary one.
static inline void write_sample(struct sample *s, int level)
{
	struct tw_trace_writer *w;

	if (!s->path[0]) {
		int fd;

		snprintf(s->path, sizeof(s->path), "%s/twinwalk-trace-XXXXXX", P_tmpdir);
		fd = mkstemp(s->path);
		assert_true(fd >= 0);
		close(fd);
	}
	assert_int_equal(tw_trace_create(s->path, "sample", level, &w), 0);
	assert_int_equal(tw_trace_add_file(w, "data file", 12345), 0);
	assert_int_equal(tw_trace_add_file(w, "program", UINT64_MAX), 1);
	for (size_t i = 0; i < s->n; i++)
		if (tw_trace_put(w, &s->events[i]))
			fail_msg("event %zu: %s", i, tw_trace_writer_error(w));
	if (tw_trace_finish(w))
		fail_msg("%s", tw_trace_writer_error(w));
	tw_trace_writer_close(w);
}

static inline void free_sample(struct sample *s)
{
	if (s->path[0])
		unlink(s->path);
	free(s->events);
}

static inline uint8_t *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	long n;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	assert_true(n >= 0);
	rewind(f);
	*len = (size_t)n;
	bytes = malloc(*len + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *len, f), *len);
	fclose(f);
	return bytes;
}

// Over what is there: a file system may take its time to empty a file and fill it again.
static inline void write_file(const char *path, const uint8_t *bytes, size_t len)
{
	FILE *f = fopen(path, "r+b");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fflush(f), 0);
	assert_int_equal(ftruncate(fileno(f), (off_t)len), 0);
	assert_int_equal(fclose(f), 0);
}

#endif
