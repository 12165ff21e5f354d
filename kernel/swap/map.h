// SPDX-License-Identifier: Apache-2.0
// The swap map: for each slot its references and the frame that has the same page in memory. Only
// this folder touches it. Invariants: those of swap.h.
#ifndef TW_SWAP_MAP_H
#define TW_SWAP_MAP_H

#include <stdint.h>

#include "dev/dev.h"

struct tw_swap {
	struct tw_blk blk;
	uint32_t slots;	 // with the header; 0: no swap
	uint32_t used;	 // without the header
	uint32_t cached; // slots with a frame
	uint32_t spare;	 // of these without a reference: only the cache keeps them
	uint32_t cursor; // where the next cluster is looked for
	uint32_t hand;	 // where the next spare slot is looked for
	uint32_t *refs;
	uint32_t *frame; // TW_NO_FRAME: not cached
};

#endif
