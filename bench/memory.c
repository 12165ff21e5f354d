// SPDX-License-Identifier: Apache-2.0
// Measures what memory that is full costs, from 4 MB to 1 GB: a page while it is being filled, and
// each store that fails afterwards because nothing can be reclaimed. The figures should stay flat
// down their columns. On the C model, configuration large; processor time of the program and of the
// host's system for it. Beside the time stand the frames that the policy looked at, which depend on
// no machine: exit status 1 if they grow with memory.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "machine.h"

enum { FAILURES = 20000, PAGES_PER_MB = 256 };

struct costs {
	double fill, fail;	       // us: of a page, of a failing store
	double fill_looks, fail_looks; // frames looked at for it
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static uint64_t looks(const struct machine *m)
{
	struct tw_kernel_stats s;

	tw_kernel_get_stats(m->k, &s);
	return s.scanned;
}

static int store(struct machine *m, uint64_t va)
{
	struct tw_signal sig;
	uint8_t *host;

	return tw_user_ptr(m->k, TW_STORE, va, 1, &host, &sig);
}

static void measure(uint32_t frames, uint32_t swap_slots, struct costs *c)
{
	uint64_t pages = 0, bytes = UINT64_C(2) * frames * TW_PAGE_BYTES, before;
	struct machine m;
	double start;
	int64_t va;
	int err;

	machine_open(&m, &(struct machine_opts){.config = "large",
						.latency = 20,
						.frames = frames,
						.swap_slots = swap_slots,
						.touched = true});
	va = tw_sys_mmap(m.proc, 0, bytes, TW_PROT_READ | TW_PROT_WRITE,
			 TW_MAP_PRIVATE | TW_MAP_ANONYMOUS, NULL, 0);
	check("mmap", va);
	start = now();
	while ((err = store(&m, (uint64_t)va + pages * TW_PAGE_BYTES)) == 0)
		pages++;
	c->fill = (now() - start) / (double)pages;
	check("store", err == -ENOMEM ? 0 : err);
	before = looks(&m);
	c->fill_looks = (double)before / (double)pages;
	start = now();
	for (unsigned int i = 0; i < FAILURES && err == -ENOMEM; i++)
		err = store(&m, (uint64_t)va + pages * TW_PAGE_BYTES);
	c->fail = (now() - start) / FAILURES;
	check("failing store", err == -ENOMEM ? 0 : -EINVAL);
	c->fail_looks = (double)(looks(&m) - before) / FAILURES;
	machine_close(&m);
}

static int row(unsigned int mb, unsigned int swap_part)
{
	uint32_t frames = mb * PAGES_PER_MB;
	struct costs c;
	int bad;

	measure(frames, swap_part ? frames / swap_part : 0, &c);
	// Every page once or twice, and the clock's rounds; then nothing any more.
	bad = c.fill_looks > 4 || c.fail_looks > 1;
	printf("  %5u MB, swap %3u MB   fill %7.3f us a page, %5.2f looked at   failing store "
	       "%7.3f us, %5.2f looked at%s\n",
	       mb, swap_part ? mb / swap_part : 0, c.fill, c.fill_looks, c.fail, c.fail_looks,
	       bad ? "   TOO MANY" : "");
	return bad;
}

int main(void)
{
	static const unsigned int sizes[] = {4, 16, 64, 256, 1024};
	int bad = 0;

	for (unsigned int swap_part = 0; swap_part <= 4; swap_part += 4)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			bad |= row(sizes[i], swap_part);
	return bad;
}
