// SPDX-License-Identifier: Apache-2.0
// Measures the C model: hits and walks a second, every cycle counted. Speed is wall time on the
// machine at hand: compare the figures of one run with each other, not with those of another.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "twinwalk/hw.h"
#include "twinwalk/prng.h"

#define BASE	  UINT64_C(0x80000000)
#define RAM	  (UINT64_C(8) << 20)
#define PTE_PTR	  UINT64_C(0x01)
#define PTE_LEAF  UINT64_C(0xdf)	 // D A U X W R V, not global
#define VA_SMALL  UINT64_C(0x0000000000) // 4 KB pages: 512 tables of 512
#define SMALL_VPN 0x3ffff

struct machine {
	struct tw_pmem *pmem;
	struct tw_hw *hw;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(-err));
	exit(4);
}

static void poke(struct tw_pmem *pm, uint64_t pa, uint64_t target, uint64_t bits)
{
	int err = tw_pmem_write64(pm, pa, target >> 12 << 10 | bits);

	if (err)
		die("page tables", err);
}

// A gigabyte of 4 KB pages.
static void make_tables(struct tw_pmem *pm)
{
	const uint64_t root = BASE, mid = BASE + 0x1000, last = BASE + 0x2000;

	poke(pm, root, mid, PTE_PTR);
	for (uint64_t i = 0; i < 512; i++) {
		poke(pm, mid + 8 * i, last + 0x1000 * i, PTE_PTR);
		for (uint64_t j = 0; j < 512; j++)
			poke(pm, last + 0x1000 * i + 8 * j,
			     UINT64_C(0x100000000) + (i << 21) + (j << 12), PTE_LEAF);
	}
}

static void open_machine(struct machine *m, const char *config, uint32_t latency)
{
	struct tw_hw_opts opts = {.config = tw_config_find(config),
				  .mem = {.latency_min = latency, .latency_max = latency}};
	struct tw_ctx ctx = {
		.format = TW_FMT_SV39, .asid = 1, .root_ppn = BASE >> 12, .maxphyaddr = 52};
	int err = tw_pmem_create(&m->pmem);

	if (!err)
		err = tw_pmem_add_flat(m->pmem, BASE, BASE + RAM);
	if (err)
		die("memory", err);
	make_tables(m->pmem);
	opts.pmem = m->pmem;
	err = tw_hw_csim_create(&opts, &m->hw);
	if (!err)
		err = tw_hw_set_ctx(m->hw, &ctx);
	if (err)
		die("hardware", err);
}

static void close_machine(struct machine *m)
{
	tw_hw_destroy(m->hw);
	tw_pmem_destroy(m->pmem);
}

static uint64_t access_cycles(struct machine *m, unsigned int port, uint64_t va)
{
	struct tw_req req = {.va = va, .access = TW_LOAD, .priv = TW_PRIV_U};
	struct tw_hw_result res;
	int err = tw_hw_access(m->hw, port, &req, &res);

	if (err || res.resp.fault)
		die(tw_hw_error(m->hw), err ? err : -14);
	return res.cycles;
}

// The best of a few rounds: the others were disturbed.
static double best_rate(struct machine *m, unsigned int n, uint64_t (*va)(uint64_t *),
			uint64_t *state)
{
	double best = 0;

	for (unsigned int round = 0; round < 5; round++) {
		double start = now(), rate;

		for (unsigned int i = 0; i < n; i++)
			access_cycles(m, TW_PORT_DATA, va(state));
		rate = n / (now() - start);
		if (rate > best)
			best = rate;
	}
	return best;
}

static uint64_t resident_va(uint64_t *state)
{
	*state += 7;
	return VA_SMALL | (*state & 15) << 12 | (*state & 0x1ff) << 3;
}

static uint64_t random_va(uint64_t *state)
{
	return VA_SMALL | (tw_random(state) & SMALL_VPN) << 12;
}

static void bench_model(const char *config)
{
	struct tw_hw_counters before, after;
	struct machine m;
	uint64_t state = 1;
	double hits, accesses, share;

	open_machine(&m, config, 1);
	hits = best_rate(&m, 10000000, resident_va, &state);
	tw_hw_get_counters(m.hw, &before);
	accesses = best_rate(&m, 500000, random_va, &state);
	tw_hw_get_counters(m.hw, &after);
	share = (double)(after.event[TW_EV_WALK_OK] - before.event[TW_EV_WALK_OK]) / 2500000;
	printf("model %-6s %6.1f M hits/s   %5.2f M walks/s (L=1, %.1f cycles each)\n", config,
	       hits / 1e6, accesses * share / 1e6, (double)(after.cycle - before.cycle) / 2500000);
	close_machine(&m);
}

int main(void)
{
	bench_model("large");
	return 0;
}
