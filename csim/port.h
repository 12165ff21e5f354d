// SPDX-License-Identifier: Apache-2.0
// The front end of one port: the request stage (docs/contract.md section 4) with its L1 TLB and its
// response queue. For speed only, hint[] says where a page was last found, and `granted` of an L1
// entry has a bit for each kind of access that was found to hit it: such a request need not be
// checked again until the entry goes or a control register is written.
#ifndef TW_CSIM_PORT_H
#define TW_CSIM_PORT_H

#include "counters.h"
#include "ctrl.h"
#include "resp_fifo.h"
#include "tlb_fa.h"

enum { PORT_HINTS = 256 };

struct port {
	struct resp_fifo fifo;
	uint8_t hint[PORT_HINTS];
	struct tlb_fa l1;
};

// What becomes of a request in the cycle in which it is accepted.
enum port_outcome { PORT_NONE, PORT_DIRECT, PORT_HIT, PORT_MISS };

struct port_decision {
	enum port_outcome outcome;
	unsigned int hit;    // the L1's entry
	unsigned int event;  // every request that is accepted is one
	struct tw_resp resp; // PORT_DIRECT only
};

void tw_port_reset(struct port *p, unsigned int entries);

static inline unsigned int port_hint(uint64_t va)
{
	return va >> 12 & (PORT_HINTS - 1);
}

// A number for everything about a request that the permission check looks at.
static inline unsigned int access_kind(const struct tw_req *req)
{
	return (req->access + 4u * req->priv + 16u * (req->sum + 2u * req->mxr)) & 63;
}

// For requests that are not known to hit, with ctrl_va() of their address. number: of the port, for
// the events.
void tw_port_decide(struct port *p, unsigned int number, const struct ctrl *ctrl,
		    const struct tw_req *req, struct port_decision *d);

// True if the request is known to hit this entry of the L1.
static inline bool port_grants(const struct tlb_entry *e, const struct tw_req *req)
{
	return !((req->va ^ e->va) & e->mask) && e->granted >> access_kind(req) & 1;
}

static inline unsigned int port_hit_event(unsigned int number, const struct tlb_entry *e)
{
	return event_of_size(TW_EV_L1F_HIT + 4 * number, e->resp.size);
}

static inline void port_decide(struct port *p, unsigned int number, const struct ctrl *ctrl,
			       const struct tw_req *req, struct port_decision *d)
{
	unsigned int i = p->hint[port_hint(req->va)];

	if (!port_grants(&p->l1.e[i], req)) {
		tw_port_decide(p, number, ctrl, req, d);
		return;
	}
	d->outcome = PORT_HIT;
	d->hit = i;
	d->event = port_hit_event(number, &p->l1.e[i]);
}

// The answer of this cycle's request, if it has one: after everything else has left or entered the
// response queue.
static inline void port_push(struct port *p, uint8_t id, const struct tw_req *req,
			     const struct port_decision *d)
{
	if (d->outcome == PORT_HIT)
		tlb_answer(&p->l1.e[d->hit], req, resp_fifo_push(&p->fifo, id));
	else if (d->outcome == PORT_DIRECT)
		*resp_fifo_push(&p->fifo, id) = d->resp;
}

static inline void port_insert(struct port *p, const struct tlb_entry *new, uint64_t plru_start,
			       uint64_t at)
{
	p->hint[port_hint(new->va)] = (uint8_t)tw_tlb_fa_insert(&p->l1, new, plru_start, at);
}

// The clock edge of the L1: this cycle's hit is touched, then an entry may be inserted, its victim
// chosen by the state before the touch; at: the cycle that begins there.
static inline void port_clock(struct port *p, const struct port_decision *d,
			      const struct tlb_entry *insert, uint64_t at)
{
	uint64_t plru_start = p->l1.plru;

	if (d->outcome == PORT_HIT)
		tlb_fa_touch(&p->l1, d->hit);
	if (insert)
		port_insert(p, insert, plru_start, at);
}

// A control register was written.
void tw_port_forget(struct port *p);

#endif
