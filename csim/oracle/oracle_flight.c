// SPDX-License-Identifier: Apache-2.0
// What is in flight: requests from their acceptance to their answer or cancel, by (port, id).
// Invariants: a request is in o->live from its acceptance until its group is answered or it is
// cancelled; the last TW_OR_PAST that left are remembered for texts and for late updates.
#include <errno.h>
#include <stdlib.h>

#include "oracle_internal.h"

// One call further. False: the cycle goes back.
bool tw_or_tick(struct tw_oracle *o, uint64_t cycle)
{
	if (cycle < o->cycle)
		return false;
	o->cycle = cycle;
	o->now++;
	return true;
}

bool tw_or_same_group(const struct tw_or_request *r, unsigned int port, uint32_t id)
{
	return r->port == port && r->id == id;
}

// Takes a request out of o->live and remembers it as past.
static void retire(struct tw_oracle *o, size_t i, enum tw_or_fate fate)
{
	struct tw_or_request *p = &o->past[o->pasts++ % TW_OR_PAST];

	*p = o->live[i];
	p->fate = fate;
	p->past_cycle = o->cycle;
	o->live[i] = o->live[--o->lives];
}

// Takes out the group if it is answered (or what is answered of it, with FORCE).
void tw_or_retire_answered(struct tw_oracle *o, unsigned int port, uint32_t id, bool force)
{
	for (size_t i = 0; i < o->lives; i++)
		if (tw_or_same_group(&o->live[i], port, id) && !o->live[i].answered && !force)
			return;
	for (size_t i = o->lives; i-- > 0;) {
		struct tw_or_request *r = &o->live[i];

		if (!tw_or_same_group(r, port, id))
			continue;
		r->fixed = true;
		if (r->answered)
			retire(o, i, TW_OR_ANSWERED);
	}
	tw_or_drain(o);
	if (!o->lives)
		o->errors = 0;
}

// The lowest bit that no request of the group has; TW_OR_SAME_ID if there is none.
static unsigned int free_order(const struct tw_oracle *o, unsigned int port, uint32_t id)
{
	uint64_t used = 0;
	unsigned int bit = 0;

	for (size_t i = 0; i < o->lives; i++)
		if (tw_or_same_group(&o->live[i], port, id))
			used |= UINT64_C(1) << o->live[i].order;
	while (bit < TW_OR_SAME_ID && (used >> bit & 1))
		bit++;
	return bit;
}

// A walk in flight for the same page may answer the new request too, where faults may be shared.
static uint64_t walk_begin(const struct tw_oracle *o, const struct tw_req *req)
{
	uint64_t begin = o->now;

	if (!o->opts.cached_faults)
		return begin;
	for (size_t i = 0; i < o->lives; i++) {
		const struct tw_or_request *r = &o->live[i];

		if (r->req.va >> TW_PAGE_SHIFT == req->va >> TW_PAGE_SHIFT &&
		    r->ctx.asid == o->ctx.asid && r->ctx.format == o->ctx.format &&
		    r->begin < begin)
			begin = r->begin;
	}
	return begin;
}

int tw_oracle_request(struct tw_oracle *o, uint64_t cycle, unsigned int port, uint32_t id,
		      const struct tw_req *req)
{
	unsigned int order;

	if (req->access > TW_RMW || !tw_or_tick(o, cycle))
		return -EINVAL;
	order = free_order(o, port, id);
	if (order == TW_OR_SAME_ID) {
		tw_or_retire_answered(o, port, id, true);
		order = free_order(o, port, id);
	}
	if (order == TW_OR_SAME_ID)
		return -ENOSPC;
	if (o->lives == o->live_cap) {
		size_t cap = o->live_cap ? o->live_cap * 2 : 16;
		struct tw_or_request *p = realloc(o->live, cap * sizeof(*p));

		if (!p)
			return -ENOMEM;
		o->live = p;
		o->live_cap = cap;
	}
	o->live[o->lives] = (struct tw_or_request){
		.req = *req,
		.ctx = o->ctx,
		.port = port,
		.id = id,
		.accept = o->now,
		.cycle = o->cycle,
		.excused = o->excused,
		.begin = walk_begin(o, req),
		.horizon = o->horizon,
		.order = (uint8_t)order,
	};
	o->live[o->lives].req.va = tw_arch_va(&o->ctx, req->va);
	o->lives++;
	o->stats.requests++;
	return 0;
}

int tw_oracle_cancel(struct tw_oracle *o, uint64_t cycle, unsigned int port, bool all, uint32_t id)
{
	if (!tw_or_tick(o, cycle))
		return -EINVAL;
	o->stats.cancels++;
	for (size_t i = o->lives; i-- > 0;)
		if (o->live[i].port == port && (all || o->live[i].id == id))
			retire(o, i, o->live[i].answered ? TW_OR_ANSWERED : TW_OR_CANCELLED);
	tw_or_drain(o);
	if (!o->lives)
		o->errors = 0;
	return 0;
}

uint64_t tw_or_waited(const struct tw_oracle *o, uint64_t cycle, uint64_t excused)
{
	uint64_t all = o->cycle - cycle, not_counted = o->excused - excused;

	// The cycle of the acceptance itself may have been excused.
	return all > not_counted ? all - not_counted : 0;
}

int tw_oracle_excuse(struct tw_oracle *o, uint64_t cycle, uint64_t cycles)
{
	if (!tw_or_tick(o, cycle))
		return -EINVAL;
	o->excused += cycles;
	return 0;
}

int tw_oracle_overdue(struct tw_oracle *o, uint64_t cycle, struct tw_oracle_verdict *v)
{
	struct tw_or_request *r = NULL;
	struct tw_or_fence *f = NULL;
	uint64_t bound = o->opts.max_wait ? o->opts.max_wait : UINT64_MAX, longest = bound;

	if (!tw_or_tick(o, cycle))
		return -EINVAL;
	for (size_t i = 0; i < o->lives; i++) {
		struct tw_or_request *it = &o->live[i];
		uint64_t wait = tw_or_waited(o, it->cycle, it->excused);

		if (it->answered || it->named)
			continue;
		if (wait > o->stats.longest_wait)
			o->stats.longest_wait = wait;
		if (wait > longest) {
			r = it;
			longest = wait;
		}
	}
	for (size_t i = o->fences, open = o->open_fences; open && i-- > 0;) {
		struct tw_or_fence *it = &o->fence[i];
		uint64_t wait = tw_or_waited(o, it->begin_cycle, it->excused);

		if (it->end != TW_OR_NEVER)
			continue;
		open--;
		if (!it->named && wait > longest) {
			f = it;
			longest = wait;
		}
	}
	if (!r && !f)
		return 0;
	if (f)
		f->named = true;
	else
		r->named = true;
	tw_or_blame_overdue(o, f ? NULL : r, f, longest, v);
	o->stats.forbidden++;
	return 1;
}

// Two cycles count for a memory transaction, that of its request and that of its answer. A walk
// reads one entry for each level and sets A in it; it may begin below the root, and begin again
// there, or to set A on the way, or after a lost race: four times. All other requests may walk
// before. A fence may step through all sets. Twice what that takes.
uint64_t tw_oracle_max_wait(const struct tw_config *c)
{
	uint64_t walk = 2 * 4 * TW_LEVELS_MAX, walks = 2 * (uint64_t)c->miss_entries + 1;

	return 2 * (walks * walk + c->l2_sets);
}

size_t tw_oracle_pending(const struct tw_oracle *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->lives; i++)
		n += !o->live[i].answered;
	return n;
}
