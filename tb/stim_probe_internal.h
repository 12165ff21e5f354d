// SPDX-License-Identifier: Apache-2.0
// What the two halves of the probe share: the kinds of operations, which one half plans and the
// other carries out.
#ifndef TW_TB_STIM_PROBE_INTERNAL_H
#define TW_TB_STIM_PROBE_INTERNAL_H

#include "stim_probe.h"

enum op_kind {
	OP_CTRL,    // write control register addr with data
	OP_EDIT,    // write the entry at addr; takes no cycle
	OP_FENCE,   // present it until it is taken
	OP_DONE,    // wait for its end
	OP_REQUEST, // present it until it is taken
	OP_READ,    // wait until a walker reads addr, at most so many cycles
	OP_DELAY,
	OP_IDLE, // wait until nothing is in flight
};

// Makes the operations of the plan for combination p->next, or the next one that is possible.
void tw_stim_probe_plan(struct tw_stim_probe *p);

#endif
