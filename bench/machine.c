// SPDX-License-Identifier: Apache-2.0
// See machine.h.
#include "machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RAM_BASE UINT64_C(0x80000000)

void check(const char *what, int64_t err)
{
	if (err >= 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror((int)-err));
	exit(4);
}

static void make_memory(struct machine *m, const struct machine_opts *o)
{
	uint64_t bytes = (uint64_t)o->frames * TW_PAGE_BYTES;

	check("memory", tw_pmem_create(&m->pmem));
	check("memory", tw_pmem_add_flat(m->pmem, RAM_BASE, RAM_BASE + bytes));
	if (o->touched)
		memset(tw_pmem_ptr(m->pmem, RAM_BASE, bytes), 1, bytes);
}

static void make_kernel(struct machine *m, const struct machine_opts *o)
{
	const char *tmp = getenv("TMPDIR");
	struct tw_kernel_opts opts;
	char err[256] = "", swap[256];
	int fd;

	tw_kernel_opts_default(&opts);
	opts.hw = m->hw;
	if (o->format)
		opts.format = o->format;
	opts.ram_base = RAM_BASE;
	opts.frames = o->frames;
	if (o->swap_slots) {
		snprintf(swap, sizeof(swap), "%s/tw-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
		fd = mkstemp(swap);
		check(swap, fd < 0 ? -errno : 0);
		close(fd);
		opts.swap_path = swap;
		opts.swap_slots = o->swap_slots;
	}
	check(err, tw_kernel_create(&opts, &m->k, err, sizeof(err)));
	if (o->swap_slots)
		unlink(swap);
}

void machine_open(struct machine *m, const struct machine_opts *o)
{
	struct tw_hw_opts hw = {.config = tw_config_find(o->config),
				.mem = {.latency_min = o->latency, .latency_max = o->latency}};
	struct tw_layout layout;

	make_memory(m, o);
	hw.pmem = m->pmem;
	check("hardware", tw_hw_csim_create(&hw, &m->hw));
	make_kernel(m, o);
	tw_layout_default(m->k, &layout);
	check("process", tw_proc_create(m->k, &layout, &m->proc));
	check("switch", tw_proc_switch(m->k, m->proc));
}

void machine_close(struct machine *m)
{
	check("end of the kernel", tw_kernel_destroy(m->k));
	tw_hw_destroy(m->hw);
	tw_pmem_destroy(m->pmem);
}
