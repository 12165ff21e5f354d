// SPDX-License-Identifier: Apache-2.0
// What the registers of a configuration can hold, and what can happen in it, as the contract and
// the layouts of its formats (csim/arch/entry.h) have it: the stimulus has to reach all of that and
// nothing else. Invariant: a bit is in a mask if some legal input puts it there.
#ifndef TW_TB_STIM_BOUNDS_H
#define TW_TB_STIM_BOUNDS_H

#include <stdint.h>

#include "twinwalk/config.h"

struct tw_stim_bounds {
	uint64_t vpn, ppn, asid; // of the configuration
	uint64_t page_ppn;	 // page numbers of 4 KB pages
	// The superpage part and the walk cache compare what is above their smallest page, or the
	// lowest table.
	uint64_t sp_vpn, sp_ppn, pwc_vpn, pwc_ppn;
	uint64_t va;		// an address that is translated
	uint64_t va_alone;	// its bits that can differ alone in two legal ones
	uint64_t answer;	// of a miss: the physical address, or that of a fault
	uint64_t answer_alone;	// bits in which two answers can differ alone
	uint64_t walk;		// the address of an entry
	uint64_t updated;	// an entry that hardware changes
	uint64_t always_before; // bits that it always has, before and
	uint64_t always_after;	// after
	uint64_t word;		// an entry as memory has it
	uint32_t events; // numbers of enum tw_event that can happen, and not only by rare chance
};

void tw_stim_bounds(const struct tw_config *config, struct tw_stim_bounds *bounds);

#endif
