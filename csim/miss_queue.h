// SPDX-License-Identifier: Apache-2.0
// The miss queue of both ports and the lookup stage behind it (docs/contract.md section 7). In a
// cycle, miss_queue_view() says who takes part; the lookup is decided on that; at the clock edge
// tw_miss_queue_clock() writes everything.
#ifndef TW_CSIM_MISS_QUEUE_H
#define TW_CSIM_MISS_QUEUE_H

#include "l2.h"
#include "pick.h"
#include "walker.h"

enum miss_state { MISS_FREE = 0, MISS_LOOKUP = 1, MISS_WAIT = 2, MISS_DONE = 3 };

struct miss_entry {
	enum miss_state state;
	uint8_t id;
	bool merged; // has waited for another's walk
	bool owner;  // in WAIT: owns the walk
	uint8_t walker;
	struct tw_req req;
	struct tw_resp resp; // in DONE
};

struct miss_port {
	struct miss_entry e[TW_MAX_MISS];
	unsigned int in[4]; // the entries in each state
	unsigned int lookup_ptr, done_ptr;
	bool want; // found no walker
};

struct miss_queue {
	unsigned int n; // entries of a port
	struct miss_port port[TW_PORTS];
	unsigned int last_lookup; // port served last
	unsigned int last_walk;	  // port that started the last walk
	bool last_was_sweep;	  // the last use of the L2's port by sweep or lookup
};

// Masks of entries, as they are at the start of the cycle.
struct miss_view {
	unsigned int cancelled[TW_PORTS]; // not free, and matched by this cycle's cancel
	unsigned int lookup[TW_PORTS];	  // in LOOKUP and not cancelled
	unsigned int done[TW_PORTS];	  // in DONE and not cancelled
	unsigned int kill;		  // walkers whose owner is cancelled
};

enum lookup_outcome {
	LOOKUP_NONE,
	LOOKUP_HIT,
	LOOKUP_MERGE,
	LOOKUP_ROOTLESS, // there is no root for the address: a page fault
	LOOKUP_START,
	LOOKUP_STUCK
};

// The lookup of this cycle.
struct lookup {
	enum lookup_outcome outcome;
	unsigned int port, entry;
	const struct tw_req *req;
	struct l2_hit l2;    // LOOKUP_HIT
	unsigned int walker; // LOOKUP_MERGE: joined; LOOKUP_START: started
	int pwc;	     // LOOKUP_START: the walk cache's entry, or -1
};

// The completion of this cycle, of a lookup or a walk.
struct completion {
	bool valid;
	unsigned int port, entry;
	int walker; // whose walk has ended, or -1
	struct tw_resp resp;
};

// What goes to a response queue.
struct miss_push {
	const struct tw_resp *resp; // NULL: nothing
	uint8_t id;
};

void tw_miss_queue_reset(struct miss_queue *q, unsigned int n);

static inline bool miss_port_free(const struct miss_queue *q, unsigned int port)
{
	return q->port[port].in[MISS_FREE] == (1u << q->n) - 1;
}

static inline bool miss_queue_free(const struct miss_queue *q)
{
	return miss_port_free(q, 0) && miss_port_free(q, 1);
}

// The entries that a cancel of this cycle matches, and the walkers that they own.
unsigned int tw_miss_queue_cancelled(const struct miss_queue *q, unsigned int port, bool all,
				     uint8_t id, unsigned int *kill);

static inline void miss_queue_view(const struct miss_queue *q, const struct tw_mmu_in *in,
				   struct miss_view *v)
{
	v->kill = 0;
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		v->cancelled[p] = 0;
		if (in->port[p].cancel_valid)
			v->cancelled[p] = tw_miss_queue_cancelled(q, p, in->port[p].cancel_all,
								  in->port[p].cancel_id, &v->kill);
		v->lookup[p] = q->port[p].in[MISS_LOOKUP] & ~v->cancelled[p];
		v->done[p] = q->port[p].in[MISS_DONE] & ~v->cancelled[p];
	}
}

static inline bool lookup_pending(const struct miss_view *v)
{
	return v->lookup[0] | v->lookup[1];
}

// The lookup itself, if the L2's port is free for it.
void tw_miss_queue_lookup(const struct miss_queue *q, const struct miss_view *v,
			  const struct ctrl *ctrl, struct l2 *l2, struct pwc *pwc,
			  const struct walkers *ws, struct lookup *lk);
uint32_t tw_lookup_events(const struct lookup *lk);

// The answer of one port's entries that enters its response queue in this cycle, which has room; if
// there is one, else *push is left as it is.
void tw_miss_queue_push(const struct miss_queue *q, const struct miss_view *v,
			const struct completion *c, unsigned int port, struct miss_push *push);

// The clock edge. swept: the sweep had the port of the L2. pushed: by port.
void tw_miss_queue_clock(struct miss_queue *q, const struct miss_view *v, const struct lookup *lk,
			 bool swept, const struct completion *c, const struct miss_push push[]);
// What a miss that is alone leaves behind, from its allocation to its answer.
static inline void miss_queue_pass(struct miss_queue *q, unsigned int port, bool walked)
{
	q->port[port].lookup_ptr = 1 & (q->n - 1);
	q->last_lookup = port;
	q->last_was_sweep = false;
	if (walked)
		q->last_walk = port;
}
// A miss of the request stage: into the lowest entry that was free at the start of the cycle.
void tw_miss_queue_allocate(struct miss_queue *q, unsigned int port, unsigned int entry, uint8_t id,
			    const struct tw_req *req);

#endif
