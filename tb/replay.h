// SPDX-License-Identifier: Apache-2.0
// The last cycles of one RTL instance, so that they can be run again when something was found:
// images of its state at intervals and the inputs since. Transactions and waveform cost nothing
// until they are asked for. Invariant: the inputs since the older image are remembered.
#ifndef TW_TB_REPLAY_H
#define TW_TB_REPLAY_H

#include <stdint.h>
#include <stdio.h>

#include "rtl.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_replay;

enum {
	// Cycles between two images: at least so many can be run again.
	TW_REPLAY_STRETCH = 4096,
	TW_REPLAY_WINDOW = 200, // cycles of a waveform
};

// For an RTL instance (borrowed) of this configuration and seed, which has not been ticked.
// -ENOMEM.
int tw_replay_create(struct tw_rtl *rtl, const struct tw_config *config, uint64_t seed,
		     struct tw_replay **replay);
void tw_replay_destroy(struct tw_replay *r);

// One clock edge of the instance; edges so far. -ENOMEM, then there was none.
int tw_replay_tick(struct tw_replay *r, const struct tw_mmu_in *in);
uint64_t tw_replay_cycle(const struct tw_replay *r);

// Gives the counters of the instance other values, between two edges. Once in TW_REPLAY_STRETCH
// cycles, counted from cycle 0: -EBUSY. Errors of tw_rtl_preset_counters().
int tw_replay_preset_counters(struct tw_replay *r, const uint64_t counter[TW_EVENTS]);

// Both take IN, the inputs of the present cycle if they are chosen, else NULL. Prints the last
// transactions, and a line if the run could not be repeated. Writes the waveform (FST) of the last
// TW_REPLAY_WINDOW cycles to an empty file that is open for reading and writing: 0; -ENODATA if
// there was no cycle; -ENOMEM; the first error of writing.
void tw_replay_print(const struct tw_replay *r, const struct tw_mmu_in *in, FILE *f);
int tw_replay_wave(const struct tw_replay *r, const struct tw_mmu_in *in, int fd);

#ifdef __cplusplus
}
#endif

#endif
