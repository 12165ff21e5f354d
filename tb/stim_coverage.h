// SPDX-License-Identifier: Apache-2.0
// What a stimulus made of the cycle model's registers: every bit of an address, tag, ASID and page
// number held as 0 and as 1 by every register that holds it, and as the only one that differed
// where two are compared; entries written and evicted; counters' bits counted; answers that nobody
// asked for. docs/lockstep.md lists it. Invariant: it changes nothing of what it observes; a point
// is wanted unless the contract rules it out.
#ifndef TW_TB_STIM_COVERAGE_H
#define TW_TB_STIM_COVERAGE_H

#include "cover.h"
#include "twinwalk/mmu.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_stim_coverage;

// 0 or -ENOMEM. The model is observed, not kept: any of this configuration will do.
int tw_stim_coverage_create(const struct tw_config *config, struct tw_stim_coverage **coverage);
void tw_stim_coverage_destroy(struct tw_stim_coverage *coverage);

// One cycle, before its clock edge: the registers at its start, and its inputs.
void tw_stim_coverage_cycle(struct tw_stim_coverage *coverage, const struct tw_mmu *mmu,
			    const struct tw_mmu_in *in);

// What was seen so far.
const struct tw_cover *tw_stim_coverage_points(const struct tw_stim_coverage *coverage);

#ifdef __cplusplus
}
#endif

#endif
