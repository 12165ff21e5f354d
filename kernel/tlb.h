// SPDX-License-Identifier: Apache-2.0
// Shootdown: what must leave the TLBs before frames may be reused. A gather collects changed
// entries and the frames that lost a mapping; its flush issues the fences first and gives the
// frames back afterwards. Rule: an entry that loses rights, its A or D bit, or its frame is written
// first, then gathered, then flushed; only after that is the frame read as final, written to a
// device, or reused. Gaining rights needs no fence: at worst the access faults once more. Source:
// RISC-V privileged architecture, SFENCE.VMA: an address fences leaf entries only, so freeing a
// table fences its ASID.
#ifndef TW_TLB_H
#define TW_TLB_H

#include <stdint.h>

struct tw_kernel;
struct tw_mm;

enum { TW_GATHER_PAGES = 64, TW_GATHER_FRAMES = 256 };

struct tw_gather {
	struct tw_kernel *k;
	uint32_t pages, frames;
	struct {
		struct tw_mm *mm;
		uint64_t va; // TW_GATHER_ALL: the whole address space
	} page[TW_GATHER_PAGES];
	uint32_t frame[TW_GATHER_FRAMES];
	int err;
};
#define TW_GATHER_ALL UINT64_MAX

void tw_gather_init(struct tw_gather *g, struct tw_kernel *k);
// May flush what was gathered before: the entry has been written by now.
void tw_gather_page(struct tw_gather *g, struct tw_mm *mm, uint64_t va);
void tw_gather_all(struct tw_gather *g, struct tw_mm *mm);
// One reference of the frame is dropped after the fences.
void tw_gather_frame(struct tw_gather *g, uint32_t f);
// 0, or the error of the hardware (the frames are given back in any case: the run is over).
int tw_gather_flush(struct tw_gather *g);

// Everything, all address spaces.
int tw_fence_all(struct tw_kernel *k);
// One page of one address space at once.
int tw_fence_page(struct tw_kernel *k, struct tw_mm *mm, uint64_t va);

// Adds the cycles that passed in the hardware outside of accesses.
void tw_hw_sync_time(struct tw_kernel *k);

#endif
