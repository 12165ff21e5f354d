// SPDX-License-Identifier: Apache-2.0
// The cost model: what the kernel's work costs in cycles of a 1 GHz core, and how long devices
// take. Round figures of the right size, meant to be replaced by the user's own; what matters is
// that they are stated, fixed and the same on every back end.
#include <stddef.h>

#include "twinwalk/kernel.h"

static const struct {
	const char *name;
	uint32_t cycles;
} table[TW_COSTS] = {
	// Entry and exit of a null system call and of an exception, registers saved: lmbench on
	// in-order RISC-V cores.
	[TW_COST_SYSCALL] = {"syscall", 200},
	[TW_COST_FAULT] = {"fault", 400},
	// A handful of dependent loads each.
	[TW_COST_VMA] = {"vma", 100},
	[TW_COST_FRAME] = {"frame", 80},
	// 4 KB at 16 and at 8 bytes a cycle, and the misses.
	[TW_COST_ZERO] = {"zero", 400},
	[TW_COST_COPY] = {"copy", 800},
	[TW_COST_PTE] = {"pte", 20},
	[TW_COST_RMAP] = {"rmap", 40},
	[TW_COST_CACHE] = {"cache", 60},
	[TW_COST_SLOT] = {"slot", 40},
	[TW_COST_FENCE] = {"fence", 20},
	[TW_COST_SWITCH] = {"switch", 1000},
	// Request set up, doorbell, interrupt and completion.
	[TW_COST_IO] = {"io", 3000},
};

void tw_costs_default(struct tw_costs *costs)
{
	for (size_t i = 0; i < TW_COSTS; i++)
		costs->cycles[i] = table[i].cycles;
}

const char *tw_cost_name(unsigned int cost)
{
	return cost < TW_COSTS ? table[cost].name : NULL;
}

void tw_dev_ssd(struct tw_dev_model *model)
{
	*model = (struct tw_dev_model){
		.read_latency = 80000, .write_latency = 20000, .per_page = 2000};
}
