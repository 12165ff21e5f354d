// SPDX-License-Identifier: Apache-2.0
// The response queue of one port (docs/contract.md section 5). Invariant: never more than four
// entries, because two are pushed at most and only into a queue that held two at most.
#include "mmu_internal.h"

bool tw_resp_fifo_valid(const struct resp_fifo *f)
{
	return f->count && !f->q[f->head].dead;
}

void tw_resp_fifo_step(struct resp_fifo *f, bool ready, bool cancel, bool all, uint8_t id)
{
	if (f->count && (ready || f->q[f->head].dead)) {
		f->head = (uint8_t)((f->head + 1) % RESP_QUEUE);
		f->count--;
	}
	for (unsigned int i = 0; cancel && i < f->count; i++) {
		struct resp_entry *e = &f->q[(f->head + i) % RESP_QUEUE];

		e->dead |= all || e->id == id;
	}
}
