// SPDX-License-Identifier: Apache-2.0
// What the tests of lockstep itself share: the configuration, and a difference made by changing the
// inputs of the RTL alone in one cycle. Include after cmocka.h.
#ifndef TW_TESTS_LOCKSTEP_BENCH_H
#define TW_TESTS_LOCKSTEP_BENCH_H

#include "pin_bench.h"

// Changes of the RTL's inputs in one cycle.
struct lockstep_change {
	uint64_t cycle;
	void (*apply)(struct tw_mmu_in *in);
};

// The first with Sv39, which some tables are of.
const struct tw_config *lockstep_config(void);

// For tw_lockstep_sabotage(): USER is a struct lockstep_change.
void lockstep_saboteur(void *user, uint64_t cycle, struct tw_mmu_in *in);
void lockstep_flip_va(struct tw_mmu_in *in);

// A run of direct loads, one per cycle, with the change; the report is checked by the caller.
void lockstep_run_direct(struct tw_lockstep *ls, struct lockstep_change *c, unsigned int cycles);

#endif
