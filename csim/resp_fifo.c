// SPDX-License-Identifier: Apache-2.0
// The response queue; see resp_fifo.h. Invariant: never more than four entries, because two are
// pushed at most and only into a queue that held two at most.
#include "resp_fifo.h"

void tw_resp_fifo_clock(struct resp_fifo *f, bool ready, bool cancel, bool all, uint8_t id)
{
	if (ready || f->q[f->head].dead) {
		f->head = (f->head + 1) % RESP_QUEUE;
		f->count--;
	}
	for (unsigned int i = 0; cancel && i < f->count; i++) {
		struct resp_entry *e = &f->q[(f->head + i) % RESP_QUEUE];

		e->dead |= all || e->id == id;
	}
}
