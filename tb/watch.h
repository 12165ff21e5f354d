// SPDX-License-Identifier: Apache-2.0
// The rules of docs/contract.md that can be judged from the pins alone, whatever the device: each
// request answered once and no other, valid held until the handshake, zero payloads, one done for
// each fence. It finds what a comparison cannot: an error that model and RTL share. Invariant: it
// never changes what it watches.
#ifndef TW_TB_WATCH_H
#define TW_TB_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "twinwalk/mmu.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_watch {
	struct tw_mmu_out last;		    // the pins of the previous cycle, if something is held
	bool hold_resp[TW_PORTS], hold_mem; // what they held has to be held in this cycle
	uint32_t waiting[TW_PORTS][16];	    // requests without an answer, per id
	uint32_t n_waiting, fences;
	uint32_t mem_waiting; // bit: a walker's request was not answered yet
	uint64_t accepted, answered, cancelled;
};

void tw_watch_init(struct tw_watch *w);

// Judges one cycle: OUT and IN are its pins. NULL, or a text that names the broken rule.
const char *tw_watch_cycle(struct tw_watch *w, const struct tw_mmu_out *out,
			   const struct tw_mmu_in *in);

#ifdef __cplusplus
}
#endif

#endif
