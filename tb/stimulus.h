// SPDX-License-Identifier: Apache-2.0
// Constrained-random stimulus for the raw pins: page tables, requests on both ports, cancels,
// fences, control writes, edits of page tables, resets, and a memory that answers late, out of
// order and with errors. It runs in phases of a few thousand cycles with different weights, and
// places events near each other on purpose: whenever something happens to a walk, an interfering
// event may be put into one of the following cycles. Invariant: the inputs depend on the seed and
// on the outputs seen only, so two devices that agree on their pins get the same inputs.
#ifndef TW_TB_STIMULUS_H
#define TW_TB_STIMULUS_H

#include <stdbool.h>
#include <stdint.h>

#include "stim_tables.h"
#include "twinwalk/config.h"
#include "twinwalk/mmu.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_stim;

// 0 or -ENOMEM.
int tw_stim_create(const struct tw_config *config, uint64_t seed, struct tw_stim **stim);
void tw_stim_destroy(struct tw_stim *stim);

// Chooses the inputs of the present cycle, whose outputs are OUT. Called once per cycle.
void tw_stim_drive(struct tw_stim *stim, const struct tw_mmu_out *out, struct tw_mmu_in *in);

// Values for the counters from which the next events carry into a high bit: in 65 calls each
// counter's next event carries into each of its bits, and once wraps.
void tw_stim_counters(struct tw_stim *stim, uint64_t counter[TW_EVENTS]);

// From now on: nothing new is asked, everything is taken and answered at once.
void tw_stim_quiesce(struct tw_stim *stim);

// From now on OBSERVER is told what happens to the page tables: all of it within tw_stim_drive().
// The memory they lie in belongs to the stimulus.
void tw_stim_observe(struct tw_stim *stim, const struct tw_stim_observer *observer);
struct tw_pmem *tw_stim_memory(const struct tw_stim *stim);

// How often each event of docs/contract.md section 12 was seen on events_o.
const uint64_t *tw_stim_events(const struct tw_stim *stim);

// How many combinations of fence, page and ASID there are (stim_probe.h), and how many of them were
// not tried.
unsigned int tw_stim_probes(const struct tw_stim *stim, unsigned int *untried);

#ifdef __cplusplus
}
#endif

#endif
