// SPDX-License-Identifier: Apache-2.0
// The root loader: reads the entries of the root that a format keeps inside the MMU
// (docs/contract.md section 8), while the write of ROOT is pending. Invariant: outside IDLE such a
// write is pending.
#ifndef TW_CSIM_ROOT_LOAD_H
#define TW_CSIM_ROOT_LOAD_H

#include "ctrl.h"
#include "twinwalk/membus.h"

enum root_load_state { ROOT_LOAD_IDLE = 0, ROOT_LOAD_REQ = 1, ROOT_LOAD_WAIT = 2 };

struct root_load {
	enum root_load_state state;
	unsigned int entry; // that is read
	struct tw_ctx next; // the control registers, with the entries read so far
};

// What an answer leads to in its cycle.
struct root_loaded {
	bool answered;
	bool ends;	   // the write is applied
	bool good;	   // and takes effect: ctx is the new state
	struct tw_ctx ctx; // next, with this answer
};

static inline bool root_load_asks(const struct root_load *r)
{
	return r->state == ROOT_LOAD_REQ;
}

// What it asks memory for; ID is its number.
void tw_root_load_request(const struct root_load *r, unsigned int id, struct tw_mem_op *op);

// The answer of this cycle, if it is the loader's.
void tw_root_load_answer(const struct root_load *r, const struct tw_mmu_in *in,
			 struct root_loaded *loaded);

static inline void root_load_answer(const struct root_load *r, const struct tw_mmu_in *in,
				    unsigned int id, struct root_loaded *loaded)
{
	loaded->answered = loaded->ends = false;
	if (r->state == ROOT_LOAD_WAIT && in->mem_resp_valid && in->mem_resp_id == id)
		tw_root_load_answer(r, in, loaded);
}

// The clock edge. starts: all misses are free; granted: its request is taken.
void tw_root_load_clock(struct root_load *r, const struct ctrl *ctrl, const struct tw_config *cfg,
			bool starts, bool granted, const struct root_loaded *loaded);

#endif
