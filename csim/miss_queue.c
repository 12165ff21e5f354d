// SPDX-License-Identifier: Apache-2.0
// The miss queue and the lookup stage; see miss_queue.h. Invariants: an entry is in exactly one
// state; one that waits, waits for a walker that is neither idle nor killed; an entry merges at
// most once, so that it cannot wait for the other port's walks for ever.
#include "miss_queue.h"

#include <string.h>

#include "counters.h"

void tw_miss_queue_reset(struct miss_queue *q, unsigned int n)
{
	memset(q, 0, sizeof(*q));
	q->n = n;
	for (unsigned int p = 0; p < TW_PORTS; p++)
		q->port[p].in[MISS_FREE] = (1u << n) - 1;
	q->last_lookup = TW_PORT_DATA;
	q->last_walk = TW_PORT_DATA;
}

static void set_state(struct miss_port *mp, unsigned int i, enum miss_state state)
{
	mp->in[mp->e[i].state] &= ~(1u << i);
	mp->in[state] |= 1u << i;
	mp->e[i].state = state;
}

// --- The view -----------------------------------------------------------------------------------

unsigned int tw_miss_queue_cancelled(const struct miss_queue *q, unsigned int port, bool all,
				     uint8_t id, unsigned int *kill)
{
	const struct miss_port *mp = &q->port[port];
	unsigned int mask = 0;

	for (unsigned int i = 0; i < q->n; i++) {
		const struct miss_entry *e = &mp->e[i];

		if (e->state == MISS_FREE || !(all || e->id == id))
			continue;
		mask |= 1u << i;
		if (e->state == MISS_WAIT && e->owner)
			*kill |= 1u << e->walker;
	}
	return mask;
}

// --- The lookup ---------------------------------------------------------------------------------

// The lowest walker that walks this page and may be waited for; -1 if none.
static int same_page_walker(const struct walkers *ws, unsigned int kill, uint64_t va)
{
	unsigned int busy = ~ws->idle & ((1u << ws->n) - 1) & ~kill;

	for (; busy; busy &= busy - 1) {
		int i = __builtin_ctz(busy);
		const struct walker *w = &ws->w[i];

		if (tlb_same_page(w->va, va) && !w->killed && !w->tainted)
			return i;
	}
	return -1;
}

void tw_miss_queue_lookup(const struct miss_queue *q, const struct miss_view *v,
			  const struct ctrl *ctrl, struct l2 *l2, struct pwc *pwc,
			  const struct walkers *ws, struct lookup *lk)
{
	bool both = v->lookup[0] && v->lookup[1];
	unsigned int port = both ? !q->last_lookup : !v->lookup[0];
	const struct miss_port *mp = &q->port[port];
	const struct miss_entry *e;
	int walker;

	lk->port = port;
	lk->entry = pick(v->lookup[port], mp->lookup_ptr);
	e = &mp->e[lk->entry];
	lk->req = &e->req;
	if (tw_l2_find(l2, e->req.va, ctrl->ctx.asid, &lk->l2) &&
	    tlb_usable(lk->l2.e, &ctrl->ctx, &e->req)) {
		lk->outcome = LOOKUP_HIT;
		return;
	}
	walker = e->merged ? -1 : same_page_walker(ws, v->kill, e->req.va);
	if (walker >= 0) {
		lk->outcome = LOOKUP_MERGE;
		lk->walker = (unsigned int)walker;
	} else if (!ctrl_has_root(ctrl, e->req.va)) {
		lk->outcome = LOOKUP_ROOTLESS;
	} else if (ws->idle && !(q->port[!port].want && q->last_walk == port)) {
		lk->outcome = LOOKUP_START;
		lk->walker = (unsigned int)__builtin_ctz(ws->idle);
		lk->pwc = tw_pwc_find(pwc, e->req.va, ctrl->ctx.asid);
	} else {
		lk->outcome = LOOKUP_STUCK;
	}
}

uint32_t tw_lookup_events(const struct lookup *lk)
{
	switch (lk->outcome) {
	case LOOKUP_HIT:
		return EVENT(event_of_size(TW_EV_L2_HIT, lk->l2.e->resp.size));
	case LOOKUP_MERGE:
		return EVENT(TW_EV_MERGE);
	case LOOKUP_START:
		return EVENT(TW_EV_WALK_START) | (lk->pwc >= 0 ? EVENT(TW_EV_PWC_START) : 0);
	case LOOKUP_STUCK:
		return EVENT(TW_EV_NO_WALKER);
	default:
		return 0;
	}
}

static void lookup_clock(struct miss_queue *q, const struct lookup *lk)
{
	struct miss_port *mp = &q->port[lk->port];
	struct miss_entry *e = &mp->e[lk->entry];

	q->last_lookup = lk->port;
	q->last_was_sweep = false;
	mp->want = lk->outcome == LOOKUP_STUCK;
	mp->lookup_ptr = mp->want ? lk->entry : (lk->entry + 1) & (q->n - 1);
	if (lk->outcome == LOOKUP_MERGE) {
		e->merged = true;
		e->walker = (uint8_t)lk->walker;
		set_state(mp, lk->entry, MISS_WAIT);
	} else if (lk->outcome == LOOKUP_START) {
		e->owner = true;
		e->walker = (uint8_t)lk->walker;
		set_state(mp, lk->entry, MISS_WAIT);
		q->last_walk = lk->port;
	}
}

// --- Completion, cancel, allocation -------------------------------------------------------------

void tw_miss_queue_push(const struct miss_queue *q, const struct miss_view *v,
			const struct completion *c, unsigned int port, struct miss_push *push)
{
	const struct miss_port *mp = &q->port[port];

	if (v->done[port]) {
		const struct miss_entry *e = &mp->e[pick(v->done[port], mp->done_ptr)];

		push->resp = &e->resp;
		push->id = e->id;
	} else if (c->valid && c->port == port) {
		push->resp = &c->resp;
		push->id = mp->e[c->entry].id;
	}
}

// Everybody who waits for one of these walkers, except its owner, looks up again.
static void wake(struct miss_queue *q, unsigned int walkers)
{
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		struct miss_port *mp = &q->port[p];

		for (unsigned int v = mp->in[MISS_WAIT]; v; v &= v - 1) {
			unsigned int i = (unsigned int)__builtin_ctz(v);

			if (walkers >> mp->e[i].walker & 1 && !mp->e[i].owner)
				set_state(mp, i, MISS_LOOKUP);
		}
	}
}

static void port_clock(struct miss_queue *q, unsigned int port, const struct miss_view *v,
		       const struct completion *c, bool pushed)
{
	struct miss_port *mp = &q->port[port];
	bool done = v->done[port] != 0;

	if (!v->lookup[port])
		mp->want = false;
	if (done && pushed) {
		unsigned int i = pick(v->done[port], mp->done_ptr);

		set_state(mp, i, MISS_FREE);
		mp->done_ptr = (i + 1) & (q->n - 1);
	}
	if (c->valid && c->port == port) {
		if (!done && pushed) {
			set_state(mp, c->entry, MISS_FREE);
		} else {
			mp->e[c->entry].resp = c->resp;
			set_state(mp, c->entry, MISS_DONE);
		}
	}
	for (unsigned int m = v->cancelled[port]; m; m &= m - 1)
		set_state(mp, (unsigned int)__builtin_ctz(m), MISS_FREE);
}

void tw_miss_queue_clock(struct miss_queue *q, const struct miss_view *v, const struct lookup *lk,
			 bool swept, const struct completion *c, const struct miss_push push[])
{
	if (swept)
		q->last_was_sweep = true;
	if (lk->outcome != LOOKUP_NONE)
		lookup_clock(q, lk);
	for (unsigned int p = 0; p < TW_PORTS; p++)
		if (v->done[p] | v->cancelled[p] || (c->valid && c->port == p) || q->port[p].want)
			port_clock(q, p, v, c, push[p].resp != NULL);
	if (v->kill || (c->valid && c->walker >= 0))
		wake(q, v->kill | (c->valid && c->walker >= 0 ? 1u << c->walker : 0));
}

void tw_miss_queue_allocate(struct miss_queue *q, unsigned int port, unsigned int entry, uint8_t id,
			    const struct tw_req *req)
{
	struct miss_entry *e = &q->port[port].e[entry];

	e->id = id;
	e->req = *req;
	e->merged = e->owner = false;
	set_state(&q->port[port], entry, MISS_LOOKUP);
}
