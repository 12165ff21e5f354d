// SPDX-License-Identifier: Apache-2.0
//
// A user of the libraries: a process stores and loads one byte of new memory, on model and RTL in
// lockstep.
#include <stdio.h>

#include "twinwalk/kernel.h"
#include "twinwalk/tb.h"

enum { FRAMES = 256 };

static const uint64_t ram = 0x80000000;

int main(void)
{
	struct tw_hw_opts ho = {.config = tw_config_find("compact"),
				.mem = {.latency_min = 4, .latency_max = 4}};
	struct tw_kernel_opts ko;
	struct tw_proc *proc;
	struct tw_kernel *k;
	struct tw_layout lay;
	struct tw_signal sig;
	char err[256] = "";
	char in = 7, out = 0;
	int64_t va;

	if (tw_pmem_create(&ho.pmem) || tw_pmem_add_flat(ho.pmem, ram, ram + FRAMES * 4096ULL))
		return 1;
	tw_kernel_opts_default(&ko);
	ko.ram_base = ram;
	ko.frames = FRAMES;
	if (tw_hw_lockstep_create(&ho, &ko.hw) || tw_kernel_create(&ko, &k, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	tw_layout_default(k, &lay);
	if (tw_proc_create(k, &lay, &proc) || tw_proc_switch(k, proc))
		return 1;
	va = tw_sys_mmap(proc, 0, 4096, TW_PROT_READ | TW_PROT_WRITE,
			 TW_MAP_PRIVATE | TW_MAP_ANONYMOUS, NULL, 0);
	if (va < 0 || tw_user_store(k, (uint64_t)va, &in, 1, &sig) ||
	    tw_user_load(k, (uint64_t)va, &out, 1, &sig))
		return 1;
	printf("loaded %d\n", out);
	tw_proc_exit(proc);
	if (tw_hw_finish(ko.hw) || tw_kernel_destroy(k))
		return 1;
	tw_hw_destroy(ko.hw);
	tw_pmem_destroy(ho.pmem);
	return 0;
}
