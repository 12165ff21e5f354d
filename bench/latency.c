// SPDX-License-Identifier: Apache-2.0
// The timing table of docs/contract.md, measured: for each configuration, back end and format the
// cycles from request to response, beside what the contract says. A walk that reads n tables takes
// n(L+1)+2, L being the cycles from a memory request's handshake to its data, one below an entry of
// the walk cache L+3. Exit status 1 when a measured figure is another.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../csim/tables.h"
#include "twinwalk/hw.h"
#ifdef TW_RTL
#include "twinwalk/tb.h"
#endif

enum { FORMATS = 16, LATENCIES = 3 };

#define BASE UINT64_C(0x80000000)
#define RAM  (UINT64_C(1) << 20)

static const uint32_t latencies[LATENCIES] = {1, 5, 20};

struct machine {
	struct tw_pmem *pmem;
	struct tw_hw *hw;
	struct tw_tables tables;
};

static int differ; // figures that are not the contract's

static void check(const char *what, int err)
{
	if (!err)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(-err));
	exit(4);
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

static void open_machine(struct machine *m, const char *backend, const struct tw_config *config,
			 uint32_t latency)
{
	struct tw_hw_opts opts = {.config = config,
				  .mem = {.latency_min = latency, .latency_max = latency}};

	check("memory", tw_pmem_create(&m->pmem));
	check("memory", tw_pmem_add_flat(m->pmem, BASE, BASE + RAM));
	opts.pmem = m->pmem;
	check(backend, create(backend, &opts, &m->hw));
	m->tables = (struct tw_tables){.pmem = m->pmem, .root = BASE, .next = BASE + 4096};
}

static void close_machine(struct machine *m)
{
	tw_hw_destroy(m->hw);
	tw_pmem_destroy(m->pmem);
}

static void map(struct machine *m, const struct tw_format_desc *f, uint64_t va, unsigned int level)
{
	uint64_t ppn = UINT64_C(1) << tw_size_log2_pages(f->size_of_level[level]);

	check("page tables", tw_tables_map(&m->tables, f, va, level, ppn, false, NULL));
}

static void use(struct machine *m, const struct tw_format_desc *f)
{
	struct tw_ctx ctx = {.format = f->format,
			     .root_ppn = BASE >> 12,
			     .flags = TW_F_GBPAGES | TW_F_PSE,
			     .maxphyaddr = 52};

	check("control registers", tw_hw_set_ctx(m->hw, &ctx));
}

static uint64_t access_cycles(struct machine *m, unsigned int port, uint64_t va)
{
	struct tw_req req = {.va = va, .access = TW_LOAD, .priv = TW_PRIV_S};
	struct tw_hw_result res;

	check(tw_hw_error(m->hw), tw_hw_access(m->hw, port, &req, &res));
	if (res.resp.fault)
		check("a fault", -14);
	return res.cycles;
}

static void print(const char *name, uint64_t want, uint64_t got)
{
	printf("  %s %3llu %3llu%s", name, (unsigned long long)want, (unsigned long long)got,
	       want == got ? "" : " DIFFERS");
	differ += want != got;
}

// One row: a leaf of this level.
static void measure(const char *backend, const struct tw_config *config,
		    const struct tw_format_desc *f, unsigned int level)
{
	static const char *const sizes[] = {"4K", "64K", "2M", "4M", "1G", "512G", "256T"};
	uint64_t next = UINT64_C(1) << (12 + f->vpn_shift[level]);
	unsigned int n = f->levels - level;

	printf("%-8s %-5s %-6s %-4s %u", config->name, backend, f->name,
	       sizes[f->size_of_level[level]], n);
	for (unsigned int i = 0; i < LATENCIES; i++) {
		uint32_t l = latencies[i];
		struct machine m;

		open_machine(&m, backend, config, l);
		map(&m, f, 0, level);
		if (n > 1)
			map(&m, f, next, level);
		use(&m, f);
		printf("  |");
		print("cold", n * (l + 1) + 2, access_cycles(&m, TW_PORT_DATA, 0));
		if (n > 1 && config->pwc_entries)
			print("cached", l + 3, access_cycles(&m, TW_PORT_DATA, next));
		close_machine(&m);
	}
	printf("\n");
}

static void measure_hits(const char *backend, const struct tw_config *config)
{
	const struct tw_format_desc *f = NULL;
	struct machine m;

	for (unsigned int i = 0; i < FORMATS && !f; i++)
		if (config->formats >> i & 1)
			f = tw_format_get((enum tw_format)i);
	open_machine(&m, backend, config, 1);
	map(&m, f, 0, 0);
	use(&m, f);
	access_cycles(&m, TW_PORT_DATA, 0);
	printf("%-8s %-5s", config->name, backend);
	print("L1 hit", 1, access_cycles(&m, TW_PORT_DATA, 0));
	if (config->l2_sets && config->ports == 2)
		print("L2 hit", 2, access_cycles(&m, TW_PORT_FETCH, 0));
	printf("\n");
	close_machine(&m);
}

static void table(const char *backend, const struct tw_config *config)
{
	measure_hits(backend, config);
	for (unsigned int i = 0; i < FORMATS; i++) {
		const struct tw_format_desc *f = tw_format_get((enum tw_format)i);

		for (unsigned int k = 0; f && config->formats >> i & 1 && k < f->levels; k++)
			if (f->leaf_levels >> k & 1)
				measure(backend, config, f, k);
	}
}

int main(void)
{
	printf("configuration, back end, format, page, levels n | for L = 1, 5, 20: contract, "
	       "measured: cold n(L+1)+2, after a walk cache hit L+3\n");
	for (size_t i = 0; i < tw_config_count(); i++) {
		table("csim", tw_config_named(i));
#ifdef TW_RTL
		table("rtl", tw_config_named(i));
#endif
	}
	return differ != 0;
}
