// SPDX-License-Identifier: Apache-2.0
// What the kernel's benches start from: memory, the C model, a kernel, a running process. An error
// ends the bench with status 4.
#ifndef TW_BENCH_MACHINE_H
#define TW_BENCH_MACHINE_H

#include "twinwalk/kernel.h"

struct machine {
	struct tw_pmem *pmem;
	struct tw_hw *hw;
	struct tw_kernel *k;
	struct tw_proc *proc;
};

struct machine_opts {
	const char *config;    // of the hardware
	enum tw_format format; // 0: Sv39
	uint32_t latency;      // of the walkers' memory, cycles
	uint32_t frames, swap_slots;
	bool touched; // the host has given out all memory before the bench begins
};

// Ends the bench if err is a negative errno.
void check(const char *what, int64_t err);

void machine_open(struct machine *m, const struct machine_opts *o);
void machine_close(struct machine *m);

#endif
