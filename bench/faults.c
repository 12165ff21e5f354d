// SPDX-License-Identifier: Apache-2.0
// Measures minor faults a second of the whole: hardware model, fault handler and retried access, on
// the C model, one kind of fault at a time. Best of a few rounds, processor time of the program and
// of the host's system for it: compare the figures of one run with each other. Each round checks
// that it made exactly the faults it counts. Exit status 1 if not, 4 for a system error.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "machine.h"

enum { FRAMES = 16384, PAGES = 12288, ROUNDS = 5 };

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void open_machine(struct machine *m, enum tw_format format)
{
	machine_open(m,
		     &(struct machine_opts){
			     .config = "large", .format = format, .latency = 20, .frames = FRAMES});
}

static uint64_t map(struct machine *m, uint32_t flags)
{
	int64_t va = tw_sys_mmap(m->proc, 0, UINT64_C(4096) * PAGES, TW_PROT_READ | TW_PROT_WRITE,
				 TW_MAP_ANONYMOUS | flags, NULL, 0);

	check("mmap", va);
	return (uint64_t)va;
}

static void touch(struct machine *m, enum tw_access access, uint64_t va)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		struct tw_signal sig;
		uint8_t *host;
		int err = tw_user_ptr(m->k, access, va + UINT64_C(4096) * i, 1, &host, &sig);

		check("access", err);
		if (access == TW_STORE)
			*host = 1;
	}
}

struct kind {
	const char *name;
	enum tw_fault_kind kind;
	enum tw_access access;
	uint32_t flags;
	bool read_first; // the measured access is the page's second
};

// Faults a second: on memory that the host has just handed out, and on memory that was used
// before.
struct rates {
	double fresh, used;
};

// One fault of this kind for each of PAGES pages.
static double round_of(struct machine *m, const struct kind *kind)
{
	struct tw_kernel_stats before, after;
	uint64_t va = map(m, kind->flags);
	double seconds;

	if (kind->read_first)
		touch(m, TW_LOAD, va);
	tw_kernel_get_stats(m->k, &before);
	seconds = cpu_seconds();
	touch(m, kind->access, va);
	seconds = cpu_seconds() - seconds;
	tw_kernel_get_stats(m->k, &after);
	if (after.faults[kind->kind] - before.faults[kind->kind] != PAGES ||
	    after.attempts - before.attempts != UINT64_C(2) * PAGES) {
		fprintf(stderr, "bench: %s: not one fault a page\n", kind->name);
		exit(1);
	}
	check("munmap", tw_sys_munmap(m->proc, va, UINT64_C(4096) * PAGES));
	return PAGES / seconds;
}

static void measure(enum tw_format format, const struct kind *kind, unsigned int rounds,
		    struct rates *best)
{
	*best = (struct rates){0};
	for (unsigned int i = 0; i < rounds; i++) {
		struct machine m;
		double rate;

		open_machine(&m, format);
		rate = round_of(&m, kind);
		best->fresh = rate > best->fresh ? rate : best->fresh;
		for (unsigned int j = 0; j < rounds; j++) {
			rate = round_of(&m, kind);
			best->used = rate > best->used ? rate : best->used;
		}
		machine_close(&m);
	}
}

int main(int argc, char **argv)
{
	static const struct kind kinds[] = {
		{"first store, private", TW_FK_ZERO, TW_STORE, TW_MAP_PRIVATE, false},
		{"first load, private", TW_FK_ZERO_READ, TW_LOAD, TW_MAP_PRIVATE, false},
		{"store after a load, private", TW_FK_ZERO, TW_STORE, TW_MAP_PRIVATE, true},
		{"first store, shared", TW_FK_SHMEM, TW_STORE, TW_MAP_SHARED, false},
	};
	static const struct {
		const char *name;
		enum tw_format format;
	} formats[] = {{"sv39", TW_FMT_SV39}, {"long4", TW_FMT_X86_LONG4}};
	unsigned int rounds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 4;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
			struct rates r;

			measure(formats[f].format, &kinds[i], rounds, &r);
			printf("%-28s %-6s %.2f M faults/s, in fresh memory of the host %.2f\n",
			       kinds[i].name, formats[f].name, r.used / 1e6, r.fresh / 1e6);
		}
	}
	return 0;
}
