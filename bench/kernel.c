// SPDX-License-Identifier: Apache-2.0
// Measures what the kernel's operations cost on this machine as processes, regions and files become
// many: each figure should stay flat along its row, or grow with the logarithm for what searches a
// tree. Best of three rounds. On the C model, configuration compact.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

#define ARENA  UINT64_C(0x10000000)
#define FRAMES (UINT32_C(1) << 15)

enum { PAGES = 256, ROUNDS = 3, RW = TW_PROT_READ | TW_PROT_WRITE };
enum { ANON = TW_MAP_PRIVATE | TW_MAP_ANONYMOUS, FIXED = ANON | TW_MAP_FIXED };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static void open_machine(struct machine *m)
{
	machine_open(m,
		     &(struct machine_opts){.config = "compact", .latency = 1, .frames = FRAMES});
}

static void map(struct tw_proc *p, uint64_t addr, uint64_t pages, uint32_t prot, uint32_t flags)
{
	check("mmap", tw_sys_mmap(p, addr, pages * TW_PAGE_BYTES, prot, flags, NULL, 0));
}

static void keep_least(double *best, double value)
{
	if (*best == 0 || value < *best)
		*best = value;
}

struct process_costs {
	double fork, exit, exit_reverse, store;
};

// N children share PAGES pages with their parent.
static void measure_processes(struct machine *m, unsigned int n, struct process_costs *best)
{
	struct tw_proc **child = calloc(n, sizeof(struct tw_proc *));
	struct tw_signal sig;
	double start;

	if (!child) {
		check("children", -12);
		return;
	}
	for (unsigned int reverse = 0; reverse < 2; reverse++) {
		start = now();
		for (unsigned int i = 0; i < n; i++)
			check("fork", tw_proc_fork(m->proc, &child[i]));
		keep_least(&best->fork, (now() - start) / n / PAGES);
		check("switch", tw_proc_switch(m->k, child[n / 2]));
		start = now();
		for (unsigned int i = 0; i < PAGES; i++)
			check("store", tw_user_store(m->k, ARENA + i * (uint64_t)TW_PAGE_BYTES, "x",
						     1, &sig));
		keep_least(&best->store, (now() - start) / PAGES);
		check("switch", tw_proc_switch(m->k, m->proc));
		start = now();
		for (unsigned int i = 0; i < n; i++)
			tw_proc_exit(child[reverse ? n - 1 - i : i]);
		keep_least(reverse ? &best->exit_reverse : &best->exit,
			   (now() - start) / n / PAGES);
	}
	free(child);
}

static void bench_processes(void)
{
	static const unsigned int ns[] = {1, 10, 100, 1000};

	printf("%u pages shared copy-on-write, us a page:\n", PAGES);
	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		struct process_costs best = {0};
		struct machine m;

		open_machine(&m);
		map(m.proc, ARENA, PAGES, RW, FIXED | TW_MAP_POPULATE);
		for (unsigned int round = 0; round < ROUNDS; round++)
			measure_processes(&m, ns[i], &best);
		printf("  %5u processes  fork %.3f  exit %.3f, last first %.3f  copying store "
		       "%.3f\n",
		       ns[i], best.fork, best.exit, best.exit_reverse, best.store);
		machine_close(&m);
	}
}

struct region_costs {
	double map, chosen, protect, move, unmap, fork, exit;
};

// N regions of one page, no two alike side by side.
static void measure_regions(struct machine *m, unsigned int n, struct region_costs *best)
{
	const uint64_t end = ARENA + (uint64_t)n * TW_PAGE_BYTES, hole = 2 * end;
	const unsigned int ops = n < 1000 ? n : 1000;
	struct tw_proc *child;
	double start = now();

	for (unsigned int i = 0; i < n; i++)
		map(m->proc, ARENA + (uint64_t)i * TW_PAGE_BYTES, 1, i & 1 ? RW : TW_PROT_READ,
		    FIXED);
	keep_least(&best->map, (now() - start) / n);
	start = now();
	for (unsigned int i = 0; i < ops; i++) {
		int64_t va = tw_sys_mmap(m->proc, 0, TW_PAGE_BYTES, RW, ANON, NULL, 0);

		check("mmap", va);
		check("munmap", tw_sys_munmap(m->proc, (uint64_t)va, TW_PAGE_BYTES));
	}
	keep_least(&best->chosen, (now() - start) / ops);
	start = now();
	for (unsigned int i = 0; i < ops; i++) {
		uint64_t va = ARENA + (uint64_t)(i * (n / ops)) * TW_PAGE_BYTES;

		check("mprotect", tw_sys_mprotect(m->proc, va, TW_PAGE_BYTES, TW_PROT_NONE));
		check("mprotect", tw_sys_mprotect(m->proc, va, TW_PAGE_BYTES,
						  i * (n / ops) & 1 ? RW : TW_PROT_READ));
	}
	keep_least(&best->protect, (now() - start) / ops / 2);
	start = now();
	for (unsigned int i = 0; i < ops; i++) {
		uint64_t va = ARENA + (uint64_t)(i * (n / ops)) * TW_PAGE_BYTES;
		const uint32_t fixed = TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED;

		check("mremap",
		      tw_sys_mremap(m->proc, va, TW_PAGE_BYTES, TW_PAGE_BYTES, fixed, hole));
		check("mremap",
		      tw_sys_mremap(m->proc, hole, TW_PAGE_BYTES, TW_PAGE_BYTES, fixed, va));
	}
	keep_least(&best->move, (now() - start) / ops / 2);
	start = now();
	check("fork", tw_proc_fork(m->proc, &child));
	keep_least(&best->fork, (now() - start) / n);
	start = now();
	tw_proc_exit(child);
	keep_least(&best->exit, (now() - start) / n);
	start = now();
	for (unsigned int i = 0; i < n; i++)
		check("munmap",
		      tw_sys_munmap(m->proc, ARENA + (uint64_t)i * TW_PAGE_BYTES, TW_PAGE_BYTES));
	keep_least(&best->unmap, (now() - start) / n);
}

static void bench_regions(void)
{
	static const unsigned int ns[] = {10, 1000, 60000};

	printf("regions of one page that is not touched, us each:\n");
	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		struct region_costs best = {0};
		struct machine m;

		open_machine(&m);
		for (unsigned int round = 0; round < ROUNDS; round++)
			measure_regions(&m, ns[i], &best);
		printf("  %5u regions  mmap %.3f  munmap %.3f  mmap anywhere and munmap %.3f  "
		       "mprotect %.3f  mremap %.3f  fork %.3f  exit %.3f\n",
		       ns[i], best.map, best.unmap, best.chosen, best.protect, best.move, best.fork,
		       best.exit);
		machine_close(&m);
	}
}

static void make_file(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fputc('x', f) == EOF || fclose(f))
		check(path, -errno);
}

// Opens each of N files, reads its page and closes it: the page stays.
static double measure_files(struct machine *m, const char *dir, unsigned int n)
{
	double start = now();

	for (unsigned int i = 0; i < n; i++) {
		struct tw_signal sig;
		struct tw_file *f;
		char path[128], c;
		int64_t va;

		snprintf(path, sizeof(path), "%s/%u", dir, i);
		check(path, tw_file_open(m->k, path, TW_O_RDONLY, &f));
		va = tw_sys_mmap(m->proc, 0, 1, TW_PROT_READ, TW_MAP_SHARED, f, 0);
		check("mmap", va);
		check("load", tw_user_load(m->k, (uint64_t)va, &c, 1, &sig));
		check("munmap", tw_sys_munmap(m->proc, (uint64_t)va, 1));
		check("close", tw_file_close(f));
	}
	return (now() - start) / n;
}

static void bench_files(void)
{
	static const unsigned int ns[] = {10, 1000, 10000};
	const char *tmp = getenv("TMPDIR");
	char dir[100], path[128];

	snprintf(dir, sizeof(dir), "%s/tw-bench-XXXXXX",
		 tmp && strlen(tmp) < sizeof(dir) / 2 ? tmp : "/tmp");
	if (!mkdtemp(dir))
		check(dir, -errno);
	printf("files with a page in memory, us to open, map, read, unmap and close each:\n");
	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		double first, again = 0;
		struct machine m;

		for (unsigned int f = 0; f < ns[i]; f++) {
			snprintf(path, sizeof(path), "%s/%u", dir, f);
			make_file(path);
		}
		open_machine(&m);
		first = measure_files(&m, dir, ns[i]);
		for (unsigned int round = 0; round < ROUNDS; round++)
			keep_least(&again, measure_files(&m, dir, ns[i]));
		printf("  %5u files      first %.3f  again %.3f\n", ns[i], first, again);
		machine_close(&m);
		for (unsigned int f = 0; f < ns[i]; f++) {
			snprintf(path, sizeof(path), "%s/%u", dir, f);
			unlink(path);
		}
	}
	rmdir(dir);
}

int main(void)
{
	bench_processes();
	bench_regions();
	bench_files();
	return 0;
}
