// SPDX-License-Identifier: Apache-2.0
// The stimulus's control registers: the address spaces that it switches between, the writes that it
// makes, and the registers as these will leave them. Invariant: space names the tables that the
// last ROOT led to; ctx holds what the device holds once no write is pending.
#ifndef TW_TB_STIM_CTRL_H
#define TW_TB_STIM_CTRL_H

#include "stim_tables.h"
#include "twinwalk/arch.h"
#include "twinwalk/mmu.h"

enum { TW_STIM_CONTEXTS = 10, TW_STIM_FORCED = 4 };

struct tw_stim_ctrl {
	struct tw_stim_tables *tables; // borrowed, as the next two
	const struct tw_config *config;
	struct tw_prng *rng;
	uint64_t root[TW_STIM_CONTEXTS]; // values of the ROOT register
	unsigned int space;		 // of the last ROOT written
	struct tw_ctx before;		 // the control registers before the last ROOT was written
	struct tw_ctx ctx;		 // the control registers
	struct {
		uint8_t addr;
		uint64_t data;
	} forced[TW_STIM_FORCED]; // control writes to be made before others
	unsigned int n_forced;
};

uint16_t tw_stim_any_asid(struct tw_prng *r);
// One bit apart.
uint16_t tw_stim_near_asid(struct tw_prng *r, uint16_t asid);

// The memory of the tables for a trial: a compare-and-swap reports success and changes nothing.
struct tw_mem tw_stim_trial_mem(const struct tw_stim_tables *tables);

// Other address spaces: the tables changed.
void tw_stim_ctrl_contexts(struct tw_stim_ctrl *c);

// Every register is written anew, before any other write.
void tw_stim_ctrl_force_all(struct tw_stim_ctrl *c);

// Chooses the control write of the present cycle: one that is forced; else one at random, if NOW or
// with this chance of 1024.
void tw_stim_ctrl_drive(struct tw_stim_ctrl *c, bool now, unsigned int chance,
			const struct tw_mmu_out *out, struct tw_mmu_in *in);

// Follows the registers, whoever chose the write of the present cycle. What a root that is loaded
// holds may change until it is read, and whether it is taken shows later.
void tw_stim_ctrl_note(struct tw_stim_ctrl *c, const struct tw_mmu_out *out,
		       const struct tw_mmu_in *in);

#endif
