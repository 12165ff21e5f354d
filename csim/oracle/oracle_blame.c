// SPDX-License-Identifier: Apache-2.0
// Why something is not allowed: a reason and one sentence that names the entry, its version, the
// check that it fails, the write or fence that outlaws it, and what the newest entries give.
// Invariant: nothing here changes a verdict's status.
#include <string.h>

#include "oracle_cause.h"
#include "oracle_text.h"

static const char *const flag_names[TW_OR_FLAGS] = {
	"ADUE",	    "PBMTE",	"Svnapot", "Svrsw60t59b", "CR0.WP",  "EFER.NXE",
	"CR4.SMEP", "CR4.SMAP", "CR4.PGE", "1 GB pages",  "CR4.PKE", "CR4.PSE",
};

// The last entry of the walk that is not the newest; NULL if all are.
static const struct tw_or_step *old_step(const struct tw_or_search *s)
{
	for (unsigned int i = s->depth; i-- > 0;)
		if (!s->step[i].bus_error && s->step[i].version.to != TW_OR_NEVER)
			return &s->step[i];
	return NULL;
}

static const struct tw_or_step *last_step(const struct tw_or_search *s)
{
	return &s->step[s->depth - 1];
}

// A walk of old entries that only a rule about time forbids.
static void put_age(struct tw_or_line *l, const struct tw_or_search *s, bool fault)
{
	const struct tw_or_step *old = old_step(s);

	if (s->fence) {
		tw_or_put(l, "it rests on the ");
		tw_or_put_step(l, &s->step[s->outlawed]);
		tw_or_put(l, ", which is outlawed by ");
		tw_or_put_fence(l, s->fence);
	} else if (fault) {
		tw_or_put(l, "a fault must follow from entries as they were while the request was "
			     "in flight; only earlier ones give it, by the ");
		tw_or_put_step(l, old ? old : last_step(s));
	} else {
		tw_or_put(l, "it rests on the ");
		tw_or_put_step(l, old ? old : last_step(s));
		tw_or_put(l, ", which no cache can hold any more: its root or a pointer above it "
			     "went out of use before");
	}
}

// The bits that hardware has to set in an entry first.
static void put_unset(struct tw_or_line *l, const struct tw_or_request *r,
		      const struct tw_or_step *step, bool last)
{
	const struct tw_or_rules *rules = tw_or_rules(r->ctx.format);
	bool a = !(step->entry & rules->accessed);
	bool d = last && tw_is_write(&r->req) && !(step->entry & rules->dirty);

	tw_or_put(l, "no walk may end so before %s set in the ",
		  a && d ? "A and D are"
		  : d	 ? "D is"
			 : "A is");
	tw_or_put_step(l, step);
}

static void put_old_update(struct tw_or_line *l, const struct tw_or_request *r,
			   const struct tw_or_search *s)
{
	const struct tw_or_rules *rules = tw_or_rules(s->ctx.format);
	unsigned int i = 0;

	if (rules->pointer_accessed)
		while (i + 1 < s->depth && (s->step[i].entry & rules->accessed))
			i++;
	else
		i = s->depth - 1;
	put_unset(l, r, &s->step[i], i == s->depth - 1);
}

static void put_space(struct tw_or_line *l, const struct tw_or_request *r, const struct tw_ctx *ctx,
		      const struct tw_or_step *step)
{
	unsigned int apart = (unsigned int)(ctx->asid ^ r->ctx.asid);

	tw_or_put(l, "it is that of ASID %u (root 0x%llx), ", ctx->asid,
		  (tw_ull)ctx->root_ppn << TW_PAGE_SHIFT);
	if (apart & (apart - 1))
		tw_or_put(l, "by the ");
	else
		tw_or_put(l, "which differs in bit %u, by the ",
			  (unsigned int)__builtin_ctz(apart));
	tw_or_put_step(l, step);
}

static void put_end(struct tw_or_line *l, const struct tw_or_cause *c)
{
	tw_or_put(l, " would give it, by ");
	tw_or_put_end(l, &c->n, &c->ctx, &c->req);
}

// An access fault without a bus error.
static void put_error(struct tw_or_line *l, const struct tw_oracle *o)
{
	tw_or_put(l, "no bus error was on its way");
	if (o->last_error.at)
		tw_or_put(l, ", the last one at 0x%llx in cycle %llu", (tw_ull)o->last_error.addr,
			  (tw_ull)o->last_error.cycle);
	tw_or_put(l, "; ");
}

// The entry that no walker read in time.
static void put_unread(struct tw_or_line *l, struct tw_oracle *o, const struct tw_or_search *s)
{
	const struct tw_or_step *step = last_step(s);
	struct tw_or_view view;
	bool lost;

	for (unsigned int i = 0; i < s->depth; i++) {
		uint64_t from = s->step[i].version.from;

		if (s->walked && from < s->r->begin)
			from = s->r->begin;
		if (tw_or_view(o, s->step[i].addr & ~UINT64_C(7), &view) != 0 ||
		    tw_or_last_read(o, &view, from, s->step[i].read, &lost))
			continue;
		step = &s->step[i];
		break;
	}
	tw_or_put(l, "no walker has read the ");
	tw_or_put_step(l, step);
	tw_or_put(l, " in time");
}

static void put_cause(struct tw_or_line *l, const struct tw_or_answer *a,
		      const struct tw_or_cause *c)
{
	static const char *const access[] = {"fetch", "load", "store", "read-modify-write"};
	// Without a walk there is nothing to blame.
	const struct tw_or_step *last = c->n.depth ? &c->n.step[c->n.depth - 1] : NULL;

	switch (c->because) {
	case TW_OR_BY_NOTHING:
		if (a->resp->fault == TW_FAULT_ACCESS)
			put_error(l, a->o);
		return;
	case TW_OR_BY_UPDATE:
		put_unset(l, a->r, &c->n.step[c->n.stale], c->n.stale == c->n.depth - 1);
		break;
	case TW_OR_BY_READ:
		put_unread(l, a->o, &c->s);
		break;
	case TW_OR_BY_FLAG:
		tw_or_put(l, "%s = %u", flag_names[c->what],
			  (unsigned int)(c->ctx.flags >> c->what & 1));
		put_end(l, c);
		break;
	case TW_OR_BY_PHYS:
		tw_or_put(l, "MAXPHYADDR %u", c->ctx.maxphyaddr);
		put_end(l, c);
		break;
	case TW_OR_BY_SUM:
	case TW_OR_BY_MXR:
		tw_or_put(l, "%s = %u", c->because == TW_OR_BY_SUM ? "SUM" : "MXR",
			  (unsigned int)c->what);
		put_end(l, c);
		break;
	case TW_OR_BY_ACCESS:
		tw_or_put(l, "a %s", access[c->what]);
		put_end(l, c);
		break;
	case TW_OR_BY_PRIV:
		tw_or_put(l, "%s mode", c->what == TW_PRIV_U ? "user" : "supervisor");
		put_end(l, c);
		break;
	case TW_OR_BY_CHECK:
		tw_or_put(l, "a check is not made");
		break;
	case TW_OR_BY_SPACE:
		put_space(l, a->r, &c->ctx, last);
		break;
	case TW_OR_BY_ADDRESS:
		tw_or_put(l, "it is the page of VA 0x%llx, which differs in bit %u, by the ",
			  (tw_ull)c->req.va, (unsigned int)c->what);
		tw_or_put_step(l, last);
		break;
	case TW_OR_BY_REQUEST:
		tw_or_put(l, "it answers ");
		tw_or_put_asked(l, &c->other);
		break;
	case TW_OR_BY_AGE:
		put_age(l, &c->s, a->resp->fault);
		break;
	case TW_OR_BY_ORDER:
		tw_or_put(l, "the entries give it only if read in another order, by the ");
		tw_or_put_step(l, old_step(&c->s) ? old_step(&c->s) : last_step(&c->s));
		break;
	case TW_OR_BY_OLD_UPDATE:
		put_old_update(l, a->r, &c->s);
		break;
	case TW_OR_BY_OLD_SPACE:
		put_space(l, a->r, &c->s.ctx, last_step(&c->s));
		break;
	}
	tw_or_put(l, "; ");
}

// Which bits of a wrong PA differ, and where its page stands.
static void put_page(struct tw_or_line *l, const struct tw_or_answer *a)
{
	uint64_t bits = a->resp->pa ^ a->now.resp.pa;
	unsigned int low = (unsigned int)__builtin_ctzll(bits);
	unsigned int high = 63 - (unsigned int)__builtin_clzll(bits);
	unsigned int shift = TW_PAGE_SHIFT + tw_size_log2_pages(a->now.resp.size);
	struct tw_or_step found;

	if (low == high)
		tw_or_put(l, "bit %u of the PA is wrong", low);
	else
		tw_or_put(l, "bits between %u and %u of the PA are wrong", high, low);
	if (high < shift) {
		tw_or_put(l, ", which belong%s to the offset; ", low == high ? "s" : "");
		return;
	}
	if (tw_or_find_page(a, &found)) {
		tw_or_put(l, ", its page stands in the ");
		tw_or_put_step(l, &found);
	}
	tw_or_put(l, "; ");
}

static bool payload_bad(const struct tw_resp *r)
{
	if (r->fault > TW_FAULT_CANON)
		return true;
	if (r->fault)
		return r->pa || r->size || r->global || r->attr;
	return r->cause || r->fault_va || r->size > TW_SIZE_256T;
}

void tw_or_blame(struct tw_oracle *o, const struct tw_or_request *r, const struct tw_resp *resp,
		 struct tw_oracle_verdict *v)
{
	struct tw_or_line l = {.buf = v->text, .len = sizeof(v->text)};
	struct tw_or_answer a = {.o = o, .r = r, .resp = resp};
	struct tw_or_cause c;
	struct tw_resp direct;

	v->status = TW_ORACLE_FORBIDDEN;
	tw_or_put_answered(&l, o, r, resp);
	if (payload_bad(resp)) {
		v->reason = TW_ORACLE_PAYLOAD;
		tw_or_put(&l, "a field that must be zero is not, or a code has no meaning");
		return;
	}
	if (resp->fault && resp->fault_va != r->req.va && !(o->opts.unchecked & TW_ORACLE_TVAL)) {
		v->reason = TW_ORACLE_WRONG_TVAL;
		tw_or_put(&l, "the fault address must be the request's VA");
		return;
	}
	if (tw_or_direct(o, &r->ctx, &r->req, &direct)) {
		v->reason = tw_or_difference(o, &direct, resp);
		tw_or_put(&l, "without translation the answer is ");
		tw_or_put_resp(&l, o, &direct);
		return;
	}
	if (!tw_arch_canonical(&r->ctx, &r->req, &direct)) {
		v->reason = tw_or_difference(o, &direct, resp);
		tw_or_put(&l, "the address is not canonical, the answer is ");
		tw_or_put_resp(&l, o, &direct);
		return;
	}
	tw_or_find_cause(&a, &c);
	v->reason = c.reason;
	put_cause(&l, &a, &c);
	if (c.reason == TW_ORACLE_WRONG_PA)
		put_page(&l, &a);
	tw_or_put(&l, "the newest entries give ");
	tw_or_put_resp(&l, o, &a.now.resp);
	tw_or_put(&l, " by ");
	tw_or_put_end(&l, &a.now, &r->ctx, &r->req);
}

void tw_or_blame_overdue(const struct tw_oracle *o, const struct tw_or_request *r,
			 const struct tw_or_fence *f, uint64_t wait, struct tw_oracle_verdict *v)
{
	struct tw_or_line l = {.buf = v->text, .len = sizeof(v->text)};

	v->status = TW_ORACLE_FORBIDDEN;
	v->allowed = v->newest = false;
	v->entries = 0;
	v->reason = TW_ORACLE_OVERDUE;
	if (f)
		tw_or_put_scope(&l, f);
	else
		tw_or_put_asked(&l, r);
	tw_or_put(&l,
		  ", %s after %llu cycles in which the hardware had not to wait for others (bound "
		  "%llu)",
		  f ? "is not done" : "has no answer", (tw_ull)wait, (tw_ull)o->opts.max_wait);
}

// A request in flight that the answer would fit.
static const struct tw_or_request *fitting(struct tw_oracle *o, const struct tw_resp *resp)
{
	for (size_t i = 0; i < o->lives; i++) {
		const struct tw_or_request *r = &o->live[i];
		struct tw_or_newest n = {.update = false};
		bool fits;

		if (tw_arch_direct(&r->ctx, &r->req, &n.resp)) {
			fits = tw_or_direct_fits(o, &r->ctx, &r->req, resp);
		} else {
			if (tw_arch_canonical(&r->ctx, &r->req, &n.resp))
				tw_or_walk_newest(o, &r->ctx, &r->req, 0, 0, &n);
			fits = !n.update && tw_or_same(o, &n.resp, resp);
		}
		if (!r->answered && fits)
			return r;
	}
	return NULL;
}

static void put_fitting(struct tw_or_line *l, struct tw_oracle *o, const struct tw_resp *resp)
{
	const struct tw_or_request *r = fitting(o, resp);

	if (!r)
		return;
	tw_or_put(l, "; it would fit ");
	tw_or_put_asked(l, r);
}

void tw_or_blame_unasked(struct tw_oracle *o, unsigned int port, uint32_t id,
			 const struct tw_resp *resp, struct tw_oracle_verdict *v)
{
	struct tw_or_line l = {.buf = v->text, .len = sizeof(v->text)};
	const struct tw_or_request *last = NULL;

	for (size_t i = o->pasts, n = 0; i-- > 0 && n < TW_OR_PAST && !last; n++)
		if (o->past[i % TW_OR_PAST].port == port && o->past[i % TW_OR_PAST].id == id)
			last = &o->past[i % TW_OR_PAST];
	v->status = TW_ORACLE_FORBIDDEN;
	if (!last) {
		v->reason = TW_ORACLE_NOT_ASKED;
		tw_or_put(&l, "port %u id %u: answered in cycle %llu with ", port, id,
			  (tw_ull)o->cycle);
		tw_or_put_resp(&l, o, resp);
		tw_or_put(&l, ": no request with this id is in flight");
		put_fitting(&l, o, resp);
		return;
	}
	tw_or_put_answered(&l, o, last, resp);
	if (last->fate == TW_OR_CANCELLED) {
		v->reason = TW_ORACLE_CANCELLED;
		tw_or_put(&l, "the request was cancelled in cycle %llu", (tw_ull)last->past_cycle);
	} else {
		v->reason = TW_ORACLE_ANSWERED;
		tw_or_put(&l, "the request has had its answer in cycle %llu",
			  (tw_ull)last->past_cycle);
	}
	put_fitting(&l, o, resp);
}

// Who passes the entry, and why it has no such use for it. CHANGED are the bits of the word.
static void put_passer(struct tw_or_line *l, struct tw_oracle *o, uint64_t addr, uint64_t changed)
{
	for (size_t i = 0; i < o->lives; i++) {
		const struct tw_or_request *r = &o->live[i];
		struct tw_or_newest n;
		struct tw_resp direct;

		if (r->answered || tw_arch_direct(&r->ctx, &r->req, &direct) ||
		    !tw_arch_canonical(&r->ctx, &r->req, &direct))
			continue;
		for (uint64_t at = addr; at < addr + 8;
		     at += tw_formats[r->ctx.format].entry_bytes) {
			tw_or_walk_newest(o, &r->ctx, &r->req, at, changed >> (at & 4) * 8, &n);
			for (unsigned int k = 0; k < n.depth; k++) {
				if (n.step[k].addr != at)
					continue;
				tw_or_put(l, "; ");
				tw_or_put_asked(l, r);
				tw_or_put(l, ", reads it and ends with ");
				tw_or_put_resp(l, o, &n.resp);
				if (n.resp.fault) {
					tw_or_put(l, " by ");
					tw_or_put_end(l, &n, &r->ctx, &r->req);
				}
				return;
			}
		}
	}
}

void tw_or_blame_read(struct tw_oracle *o, uint64_t addr, uint64_t value,
		      struct tw_oracle_verdict *v)
{
	struct tw_or_line l = {.buf = v->text, .len = sizeof(v->text)};
	uint64_t now;

	v->status = TW_ORACLE_FORBIDDEN;
	tw_or_put(&l, "hardware read 0x%llx at 0x%llx in cycle %llu: ", (tw_ull)value, (tw_ull)addr,
		  (tw_ull)o->cycle);
	if (o->opts.mem.read64(o->opts.mem.user, addr, &now) != 0) {
		v->reason = TW_ORACLE_READ_VALUE;
		tw_or_put(&l, "there is no memory");
	} else if (now != value) {
		v->reason = TW_ORACLE_READ_VALUE;
		tw_or_put(&l, "memory holds 0x%llx", (tw_ull)now);
	} else {
		v->reason = TW_ORACLE_READ_UNASKED;
		tw_or_put(&l, "no request in flight passes this entry (requests in flight: %zu)",
			  tw_oracle_pending(o));
	}
}

void tw_or_blame_update(struct tw_oracle *o, uint64_t addr, uint64_t old, uint64_t value,
			struct tw_oracle_verdict *v)
{
	struct tw_or_line l = {.buf = v->text, .len = sizeof(v->text)};
	uint64_t a = tw_or_rules(o->ctx.format)->accessed, d = tw_or_rules(o->ctx.format)->dirty;

	if (tw_formats[o->ctx.format].entry_bytes == 4) { // two in a word
		a |= a << 32;
		d |= d << 32;
	}

	v->status = TW_ORACLE_FORBIDDEN;
	tw_or_put(&l, "hardware changed the entry at 0x%llx from 0x%llx to 0x%llx in cycle %llu: ",
		  (tw_ull)addr, (tw_ull)old, (tw_ull)value, (tw_ull)o->cycle);
	if ((old & ~value) || ((old ^ value) & ~(a | d))) {
		v->reason = TW_ORACLE_UPDATE_BITS;
		tw_or_put(&l, "it may only set A and D");
		return;
	}
	v->reason = TW_ORACLE_UPDATE_UNASKED;
	tw_or_put(&l, "no %s in flight sets %s in this entry (requests in flight: %zu)",
		  (old ^ value) & d ? "permitted store" : "permitted access",
		  (old ^ value) & d ? "D" : "A", tw_oracle_pending(o));
	put_passer(&l, o, addr, old ^ value);
}
