// SPDX-License-Identifier: Apache-2.0
// The oracle (docs/oracle.md) over the random stimulus: it judges every response and every update
// of an entry from the pins and the history of the page tables, without the cycle model. Invariant:
// the oracle is told every change of the stimulus's memory, in the order in which memory sees them.
#ifndef TW_TB_JUDGE_H
#define TW_TB_JUDGE_H

#include "stimulus.h"
#include "twinwalk/oracle.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_judge;

// Before the first cycle; the device must be in its state after reset. The stimulus is borrowed,
// and is observed from now on. Nothing may wait longer than max_wait, of oracle.h. 0 or -ENOMEM.
int tw_judge_create(struct tw_stim *stim, const struct tw_config *config, uint64_t max_wait,
		    struct tw_judge **judge);
void tw_judge_destroy(struct tw_judge *j);

// The pins of one cycle, after tw_stim_drive() chose its inputs. *broken: NULL, or a sentence that
// begins with the reason: the oracle forbids what it saw in this cycle. Valid until destroyed.
// 0, or a negative errno of the oracle.
int tw_judge_cycle(struct tw_judge *j, const struct tw_mmu_in *in, const struct tw_mmu_out *out,
		   const char **broken);

// After the last cycle, when nothing should be in flight: as above.
const char *tw_judge_end(struct tw_judge *j);

void tw_judge_stats(const struct tw_judge *j, struct tw_oracle_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
