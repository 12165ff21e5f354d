// SPDX-License-Identifier: Apache-2.0
// The response queue of one port (docs/contract.md section 5).
#ifndef TW_CSIM_RESP_FIFO_H
#define TW_CSIM_RESP_FIFO_H

#include "twinwalk/mmu.h"

enum { RESP_QUEUE = 4, RESP_ROOM = 2 };

struct resp_entry {
	struct tw_resp resp;
	uint8_t id;
	bool dead;
};

struct resp_fifo {
	struct resp_entry q[RESP_QUEUE];
	unsigned int head, count;
};

// At most two entries: whatever this cycle brings has room.
static inline bool resp_fifo_space(const struct resp_fifo *f)
{
	return f->count <= RESP_ROOM;
}

static inline bool resp_fifo_valid(const struct resp_fifo *f)
{
	return f->count && !f->q[f->head].dead;
}

static inline struct tw_resp *resp_fifo_push(struct resp_fifo *f, uint8_t id)
{
	struct resp_entry *e = &f->q[(f->head + f->count++) % RESP_QUEUE];

	e->id = id;
	e->dead = false;
	return &e->resp;
}

// The clock edge of a queue that is not empty, before the pushes: what was taken or is dead leaves,
// then the cancel.
void tw_resp_fifo_clock(struct resp_fifo *f, bool ready, bool cancel, bool all, uint8_t id);

// The same when responses are taken as they come, nothing is cancelled, and there is at most one.
static inline void resp_fifo_drain(struct resp_fifo *f)
{
	f->head = (f->head + f->count) % RESP_QUEUE;
	f->count = 0;
}

static inline bool resp_fifo_drains(const struct resp_fifo *f)
{
	return !f->count || (f->count == 1 && !f->q[f->head].dead);
}

#endif
