// SPDX-License-Identifier: Apache-2.0
// Measures the C model (hits and walks a second, every cycle counted) and the latencies of model
// and RTL beside the contract's bounds. Speed is wall time on the machine at hand: compare the
// figures of one run with each other, not with those of another. Exit status 1 when a latency
// exceeds its bound.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "twinwalk/hw.h"
#ifdef TW_RTL
#include "twinwalk/tb.h"
#endif

#define BASE	   UINT64_C(0x80000000)
#define LONG4_ROOT (BASE + RAM - 0x2000)
#define RAM	   (UINT64_C(8) << 20)
#define PTE_PTR	   UINT64_C(0x01)
#define PTE_LEAF   UINT64_C(0xdf)	  // D A U X W R V, not global
#define VA_SMALL   UINT64_C(0x0000000000) // 4 KB pages: 512 tables of 512
#define VA_MEGA	   UINT64_C(0x0040000000) // 2 MB pages
#define VA_GIGA	   UINT64_C(0x0080000000) // a 1 GB page
#define SMALL_VPN  0x3ffff

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

// Root entries 0: a gigabyte of 4 KB pages; 1: a gigabyte of 2 MB pages; 2: a 1 GB page.
static void make_tables(struct tw_pmem *pm)
{
	const uint64_t root = BASE, mid = BASE + 0x1000, mega = BASE + 0x2000, last = BASE + 0x3000;

	poke(pm, root, mid, PTE_PTR);
	poke(pm, root + 8, mega, PTE_PTR);
	poke(pm, root + 16, UINT64_C(0x140000000), PTE_LEAF);
	for (uint64_t i = 0; i < 512; i++) {
		poke(pm, mid + 8 * i, last + 0x1000 * i, PTE_PTR);
		poke(pm, mega + 8 * i, UINT64_C(0x200000000) + (i << 21), PTE_LEAF);
		for (uint64_t j = 0; j < 512; j++)
			poke(pm, last + 0x1000 * i + 8 * j,
			     UINT64_C(0x100000000) + (i << 21) + (j << 12), PTE_LEAF);
	}
}

// x86-64: two 1 GB pages behind one entry of the root, which the walk cache can hold; that of an
// Sv39 gigabyte is in the root itself.
static void make_long4_tables(struct tw_pmem *pm)
{
	const uint64_t entry[][2] = {
		{LONG4_ROOT, (LONG4_ROOT + 0x1000) | 0x27},	    // A U W P
		{LONG4_ROOT + 0x1000, UINT64_C(0x40000000) | 0xe7}, // PS D A U W P
		{LONG4_ROOT + 0x1008, UINT64_C(0x80000000) | 0xe7},
	};

	for (size_t i = 0; i < sizeof(entry) / sizeof(entry[0]); i++) {
		int err = tw_pmem_write64(pm, entry[i][0], entry[i][1]);

		if (err)
			die("page tables", err);
	}
}

static int create(const char *backend, const struct tw_hw_opts *opts, struct tw_hw **hw)
{
#ifdef TW_RTL
	if (!strcmp(backend, "rtl"))
		return tw_hw_rtl_create(opts, hw);
#endif
	(void)backend;
	return tw_hw_csim_create(opts, hw);
}

static void open_machine(struct machine *m, const char *backend, const char *config,
			 uint32_t latency)
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
	make_long4_tables(m->pmem);
	opts.pmem = m->pmem;
	err = create(backend, &opts, &m->hw);
	if (!err)
		err = tw_hw_set_ctx(m->hw, &ctx);
	if (err)
		die(backend, err);
}

static void use_long4(struct machine *m)
{
	struct tw_ctx ctx = {.format = TW_FMT_X86_LONG4,
			     .root_ppn = LONG4_ROOT >> 12,
			     .flags = TW_F_GBPAGES,
			     .maxphyaddr = 52};
	int err = tw_hw_set_ctx(m->hw, &ctx);

	if (err)
		die("control registers", err);
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

static void fence_all(struct machine *m)
{
	struct tw_fence all = {.global = true};
	int err = tw_hw_fence(m->hw, &all);

	if (err)
		die("fence", err);
}

struct latencies {
	uint64_t l1, l2, cold4k, cold2m, cold1g, pwc4k, pwc2m, pwc1g;
};

static void measure_latencies(const char *backend, const char *config, uint32_t l,
			      struct latencies *out)
{
	struct machine m;

	open_machine(&m, backend, config, l);
	out->cold4k = access_cycles(&m, TW_PORT_DATA, VA_SMALL);
	out->l1 = access_cycles(&m, TW_PORT_DATA, VA_SMALL);
	out->l2 = access_cycles(&m, TW_PORT_FETCH, VA_SMALL);
	out->pwc4k = access_cycles(&m, TW_PORT_DATA, VA_SMALL + 0x1000);
	fence_all(&m);
	out->cold2m = access_cycles(&m, TW_PORT_DATA, VA_MEGA);
	out->pwc2m = access_cycles(&m, TW_PORT_DATA, VA_MEGA + (UINT64_C(1) << 21));
	fence_all(&m);
	out->cold1g = access_cycles(&m, TW_PORT_DATA, VA_GIGA);
	use_long4(&m);
	access_cycles(&m, TW_PORT_DATA, 0);
	out->pwc1g = access_cycles(&m, TW_PORT_DATA, UINT64_C(1) << 30);
	close_machine(&m);
}

static int print_latency(const char *name, uint64_t bound, uint64_t value)
{
	printf(" %s %3llu (<= %llu)%s", name, (unsigned long long)value, (unsigned long long)bound,
	       value > bound ? " EXCEEDED" : "");
	return value > bound;
}

static int bench_latency(const char *backend, const char *config)
{
	static const uint32_t ls[] = {1, 5, 20};
	int bad = 0;

	for (size_t i = 0; i < sizeof(ls) / sizeof(ls[0]); i++) {
		uint64_t l = ls[i];
		struct latencies t;

		measure_latencies(backend, config, ls[i], &t);
		printf("%-5s %-6s L=%-2u cycles:", backend, config, ls[i]);
		bad |= print_latency("hit", 1, t.l1);
		bad |= print_latency("L2 hit", 3, t.l2);
		bad |= print_latency("cold 4K", 3 * l + 5, t.cold4k);
		bad |= print_latency("2M", 2 * l + 4, t.cold2m);
		bad |= print_latency("1G", l + 3, t.cold1g);
		bad |= print_latency("walk-cached 4K", l + 4, t.pwc4k);
		bad |= print_latency("2M", l + 4, t.pwc2m);
		bad |= print_latency("1G (x86)", l + 4, t.pwc1g);
		printf("\n");
	}
	return bad;
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
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return VA_SMALL | (*state >> 40 & SMALL_VPN) << 12;
}

static void bench_model(const char *config)
{
	struct tw_hw_counters before, after;
	struct machine m;
	uint64_t state = 1;
	double hits, accesses, share;

	open_machine(&m, "csim", config, 1);
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
	int bad = 0;

	for (size_t i = 0; i < tw_config_count(); i++) {
		const char *config = tw_config_named(i)->name;

		bad |= bench_latency("csim", config);
#ifdef TW_RTL
		bad |= bench_latency("rtl", config);
#endif
	}
	bench_model("large");
	return bad;
}
