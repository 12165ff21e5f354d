// SPDX-License-Identifier: Apache-2.0
// Why a response is not allowed: a reason and one sentence that names the entry, its version, the
// write or fence that outlaws it, and what the newest entries give. The cause is found by searching
// again with one rule ignored at a time: the rule without which the answer would be right is the
// one that it breaks. Invariant: nothing here changes a verdict's status.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "oracle_internal.h"

typedef unsigned long long ull; // for printf()

struct line {
	char *buf;
	size_t len, at;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->buf + l->at, l->len - l->at, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->at = l->at + (size_t)n < l->len ? l->at + (size_t)n : l->len - 1;
}

static void put_resp(struct line *l, const struct tw_resp *r)
{
	static const char *const size[] = {"4K", "64K", "2M", "4M", "1G", "512G", "256T"};

	switch (r->fault) {
	case TW_FAULT_NONE:
		put(l, "PA 0x%llx, size %s%s, attr %u", (ull)r->pa,
		    r->size < sizeof(size) / sizeof(size[0]) ? size[r->size] : "?",
		    r->global ? ", global" : "", r->attr);
		break;
	case TW_FAULT_PAGE:
		put(l, "a page fault, cause %u, address 0x%llx", r->cause, (ull)r->fault_va);
		break;
	case TW_FAULT_ACCESS:
		put(l, "an access fault, cause %u, address 0x%llx", r->cause, (ull)r->fault_va);
		break;
	case TW_FAULT_CANON:
		put(l, "a non-canonical fault, cause %u, address 0x%llx", r->cause,
		    (ull)r->fault_va);
		break;
	default:
		put(l, "fault code %u", r->fault);
	}
}

static void put_entry(struct line *l, const struct tw_oracle_entry *e)
{
	put(l, "level-%u entry at 0x%llx", e->level, (ull)e->addr);
	if (e->bus_error) {
		put(l, " (bus error)");
		return;
	}
	put(l, " = 0x%llx (", (ull)e->value);
	if (e->from)
		put(l, "written in cycle %llu", (ull)e->from);
	else
		put(l, "from the start");
	if (e->to != UINT64_MAX)
		put(l, ", overwritten in cycle %llu", (ull)e->to);
	put(l, ")");
}

static void put_step(struct line *l, const struct tw_or_step *s)
{
	struct tw_oracle_entry e = {
		.addr = s->addr,
		.value = s->entry,
		.from = s->version.from_cycle,
		.to = s->version.to_cycle,
		.level = s->level,
		.bus_error = s->bus_error,
	};

	put_entry(l, &e);
}

// The scope of a fence, and when it came.
static void put_scope(struct line *l, const struct tw_or_fence *f)
{
	put(l, "the fence of ");
	if (f->scope.by_addr)
		put(l, "VA 0x%llx", (ull)f->scope.va);
	else
		put(l, "all addresses");
	if (f->scope.by_asid)
		put(l, ", ASID %u", f->scope.asid);
	else
		put(l, ", all ASIDs");
	put(l, "%s, accepted in cycle %llu", f->scope.global ? ", global" : "",
	    (ull)f->begin_cycle);
}

static void put_fence(struct line *l, const struct tw_or_fence *f)
{
	put_scope(l, f);
	put(l, " and done in cycle %llu", (ull)f->end_cycle);
}

static void put_asked(struct line *l, const struct tw_or_request *r)
{
	static const char *const access[] = {"fetch", "load", "store", "read-modify-write"};

	put(l, "port %u id %u: %s of VA 0x%llx (privilege %u, ASID %u), accepted in cycle %llu",
	    r->port, r->id, access[r->req.access], (ull)r->req.va, r->req.priv, r->ctx.asid,
	    (ull)r->cycle);
}

static void put_request(struct line *l, const struct tw_oracle *o, const struct tw_or_request *r,
			const struct tw_resp *resp)
{
	put_asked(l, r);
	put(l, ", was answered in cycle %llu with ", (ull)o->cycle);
	put_resp(l, resp);
	put(l, ": ");
}

// The first field that differs.
static enum tw_oracle_reason difference(const struct tw_resp *want, const struct tw_resp *resp)
{
	if (want->fault != resp->fault)
		return !want->fault   ? TW_ORACLE_SPURIOUS
		       : !resp->fault ? TW_ORACLE_MISSED_FAULT
				      : TW_ORACLE_WRONG_FAULT;
	if (want->fault && want->fault_va != resp->fault_va)
		return TW_ORACLE_WRONG_TVAL;
	if (want->fault)
		return TW_ORACLE_WRONG_CAUSE;
	if (want->pa != resp->pa)
		return TW_ORACLE_WRONG_PA;
	if (want->size != resp->size)
		return TW_ORACLE_WRONG_SIZE;
	return want->global != resp->global ? TW_ORACLE_WRONG_GLOBAL : TW_ORACLE_WRONG_ATTR;
}

static bool payload_bad(const struct tw_resp *r)
{
	if (r->fault > TW_FAULT_CANON)
		return true;
	if (r->fault)
		return r->pa || r->size || r->global || r->attr;
	return r->cause || r->fault_va || r->size > TW_SIZE_256T;
}

// The last entry of the walk that is not the newest; NULL if all are.
static const struct tw_or_step *old_step(const struct tw_or_search *s)
{
	for (unsigned int i = s->depth; i-- > 0;)
		if (!s->step[i].bus_error && s->step[i].version.to != TW_OR_NEVER)
			return &s->step[i];
	return NULL;
}

static void put_stale(struct line *l, const struct tw_or_search *s)
{
	const struct tw_or_step *step = s->fence ? &s->step[s->outlawed] : old_step(s);

	put(l, "it rests on the ");
	put_step(l, step ? step : &s->step[s->depth - 1]);
	if (s->fence) {
		put(l, ", which is outlawed by ");
		put_fence(l, s->fence);
	} else {
		put(l, ", which no cache can hold any more: its root or a pointer above it went "
		       "out of use before");
	}
}

static bool search(struct tw_or_search *s, struct tw_oracle *o, const struct tw_or_request *r,
		   const struct tw_resp *resp, unsigned int relax)
{
	*s = (struct tw_or_search){.o = o, .r = r, .want = resp, .relax = relax};
	s->goal = resp->fault == TW_FAULT_NONE	 ? TW_OR_TRANSLATION
		  : resp->fault == TW_FAULT_PAGE ? TW_OR_PAGE_FAULT
						 : TW_OR_ACCESS_FAULT;
	tw_or_find(s);
	return s->found;
}

// A translation that no rule allows.
static enum tw_oracle_reason blame_translation(struct line *l, struct tw_oracle *o,
					       const struct tw_or_request *r,
					       const struct tw_resp *resp,
					       const struct tw_or_newest *n)
{
	// Right but for the update, by the newest entries: more likely than a stale answer.
	bool update = n->update && tw_or_same(o, &n->resp, resp);
	struct tw_or_search s;

	if (!update && search(&s, o, r, resp, TW_OR_ANY_FENCE)) {
		put_stale(l, &s);
		return TW_ORACLE_STALE;
	}
	if (search(&s, o, r, resp, TW_OR_ANY_AD)) {
		put(l, "no walk may end so before A%s set; the walk uses the ",
		    r->req.access >= TW_STORE ? " and D are" : " is");
		put_step(l, &s.step[s.depth - 1]);
		return TW_ORACLE_NOT_UPDATED;
	}
	if (search(&s, o, r, resp, TW_OR_ANY_ASID)) {
		put(l, "it is the translation of ASID %u (root 0x%llx), by the ", s.ctx.asid,
		    (ull)s.ctx.root_ppn << TW_PAGE_SHIFT);
		put_step(l, &s.step[s.depth - 1]);
		return TW_ORACLE_WRONG_ASID;
	}
	return difference(&n->resp, resp);
}

// A fault that no rule allows.
static enum tw_oracle_reason blame_fault(struct line *l, struct tw_oracle *o,
					 const struct tw_or_request *r, const struct tw_resp *resp,
					 const struct tw_or_newest *n)
{
	struct tw_or_search s;

	// Where caches may hold faulting entries, only a fence can have outlawed this one.
	unsigned int relax =
		o->opts.cached_faults ? TW_OR_ANY_TIME | TW_OR_ANY_FENCE : TW_OR_ANY_TIME;

	if (resp->fault != TW_FAULT_CANON && search(&s, o, r, resp, relax)) {
		const struct tw_or_step *step = old_step(&s);

		if (s.fence) {
			put_stale(l, &s);
			return TW_ORACLE_STALE_FAULT;
		}

		put(l, "a fault must follow from entries as they were while the request was in "
		       "flight; only earlier ones give it, by the ");
		put_step(l, step ? step : &s.step[s.depth - 1]);
		return TW_ORACLE_STALE_FAULT;
	}
	return difference(&n->resp, resp);
}

void tw_or_blame(struct tw_oracle *o, const struct tw_or_request *r, const struct tw_resp *resp,
		 struct tw_oracle_verdict *v)
{
	struct line l = {.buf = v->text, .len = sizeof(v->text)};
	struct tw_resp direct;
	struct tw_or_newest n;

	v->status = TW_ORACLE_FORBIDDEN;
	put_request(&l, o, r, resp);
	if (payload_bad(resp)) {
		v->reason = TW_ORACLE_PAYLOAD;
		put(&l, "a field that must be zero is not, or a code has no meaning");
		return;
	}
	if (resp->fault && resp->fault_va != r->req.va && !(o->opts.unchecked & TW_ORACLE_TVAL)) {
		v->reason = TW_ORACLE_WRONG_TVAL;
		put(&l, "the fault address must be the request's VA");
		return;
	}
	if (tw_arch_direct(&r->ctx, &r->req, &direct)) {
		v->reason = difference(&direct, resp);
		put(&l, "without translation the answer is ");
		put_resp(&l, &direct);
		return;
	}
	if (!tw_arch_canonical(&r->ctx, &r->req, &direct)) {
		v->reason = difference(&direct, resp);
		put(&l, "the address is not canonical, the answer is ");
		put_resp(&l, &direct);
		return;
	}
	tw_or_walk_newest(o, &r->ctx, &r->req, 0, 0, &n);
	v->reason = resp->fault ? blame_fault(&l, o, r, resp, &n)
				: blame_translation(&l, o, r, resp, &n);
	put(&l, "%sthe newest entries give ", l.buf[l.at - 2] == ':' ? "" : "; ");
	put_resp(&l, &n.resp);
	if (n.none) {
		put(&l, ": the root has no table for the address");
		return;
	}
	put(&l, " by the ");
	put_step(&l, &n.step[n.depth - 1]);
}

void tw_or_blame_overdue(const struct tw_oracle *o, const struct tw_or_request *r,
			 const struct tw_or_fence *f, uint64_t wait, struct tw_oracle_verdict *v)
{
	struct line l = {.buf = v->text, .len = sizeof(v->text)};

	v->status = TW_ORACLE_FORBIDDEN;
	v->allowed = v->newest = false;
	v->entries = 0;
	v->reason = TW_ORACLE_OVERDUE;
	if (f)
		put_scope(&l, f);
	else
		put_asked(&l, r);
	put(&l,
	    ", %s after %llu cycles in which the hardware had not to wait for others (bound %llu)",
	    f ? "is not done" : "has no answer", (ull)wait, (ull)o->opts.max_wait);
}

void tw_or_blame_unasked(struct tw_oracle *o, unsigned int port, uint32_t id,
			 const struct tw_resp *resp, struct tw_oracle_verdict *v)
{
	struct line l = {.buf = v->text, .len = sizeof(v->text)};
	const struct tw_or_request *last = NULL;

	for (size_t i = o->pasts, n = 0; i-- > 0 && n < TW_OR_PAST && !last; n++)
		if (o->past[i % TW_OR_PAST].port == port && o->past[i % TW_OR_PAST].id == id)
			last = &o->past[i % TW_OR_PAST];
	v->status = TW_ORACLE_FORBIDDEN;
	if (!last) {
		v->reason = TW_ORACLE_NOT_ASKED;
		put(&l, "port %u id %u: answered in cycle %llu with ", port, id, (ull)o->cycle);
		put_resp(&l, resp);
		put(&l, ": no request with this id is in flight");
		return;
	}
	put_request(&l, o, last, resp);
	if (last->fate == TW_OR_CANCELLED) {
		v->reason = TW_ORACLE_CANCELLED;
		put(&l, "the request was cancelled in cycle %llu", (ull)last->past_cycle);
	} else {
		v->reason = TW_ORACLE_ANSWERED;
		put(&l, "the request has had its answer in cycle %llu", (ull)last->past_cycle);
	}
}

void tw_or_blame_update(struct tw_oracle *o, uint64_t addr, uint64_t old, uint64_t value,
			struct tw_oracle_verdict *v)
{
	struct line l = {.buf = v->text, .len = sizeof(v->text)};
	uint64_t a = tw_or_rules(o->ctx.format)->accessed, d = tw_or_rules(o->ctx.format)->dirty;

	if (tw_formats[o->ctx.format].entry_bytes == 4) { // two in a word
		a |= a << 32;
		d |= d << 32;
	}

	v->status = TW_ORACLE_FORBIDDEN;
	put(&l,
	    "hardware changed the entry at 0x%llx from 0x%llx to 0x%llx in cycle %llu: ", (ull)addr,
	    (ull)old, (ull)value, (ull)o->cycle);
	if ((old & ~value) || ((old ^ value) & ~(a | d))) {
		v->reason = TW_ORACLE_UPDATE_BITS;
		put(&l, "it may only set A and D");
		return;
	}
	v->reason = TW_ORACLE_UPDATE_UNASKED;
	put(&l, "no %s in flight sets %s in this entry (requests in flight: %zu)",
	    (old ^ value) & d ? "permitted store" : "permitted access",
	    (old ^ value) & d ? "D" : "A", tw_oracle_pending(o));
}

const char *tw_oracle_reason_name(enum tw_oracle_reason reason)
{
	static const char *const name[] = {
		[TW_ORACLE_OK] = "ok",
		[TW_ORACLE_NOT_ASKED] = "answer never asked",
		[TW_ORACLE_ANSWERED] = "answered twice",
		[TW_ORACLE_CANCELLED] = "answer after cancel",
		[TW_ORACLE_PAYLOAD] = "bad payload",
		[TW_ORACLE_WRONG_TVAL] = "wrong fault address",
		[TW_ORACLE_WRONG_CAUSE] = "wrong cause",
		[TW_ORACLE_WRONG_FAULT] = "wrong kind of fault",
		[TW_ORACLE_SPURIOUS] = "spurious fault",
		[TW_ORACLE_STALE_FAULT] = "stale fault",
		[TW_ORACLE_MISSED_FAULT] = "missed fault",
		[TW_ORACLE_STALE] = "stale after fence",
		[TW_ORACLE_WRONG_ASID] = "wrong address space",
		[TW_ORACLE_NOT_UPDATED] = "A or D not set",
		[TW_ORACLE_WRONG_PA] = "wrong physical address",
		[TW_ORACLE_WRONG_SIZE] = "wrong page size",
		[TW_ORACLE_WRONG_GLOBAL] = "wrong global",
		[TW_ORACLE_WRONG_ATTR] = "wrong attributes",
		[TW_ORACLE_UPDATE_BITS] = "update of other bits",
		[TW_ORACLE_UPDATE_UNASKED] = "update without a request",
		[TW_ORACLE_OVERDUE] = "overdue",
		[TW_ORACLE_PROTOCOL] = "protocol",
		[TW_ORACLE_LOST] = "undecided: history forgotten",
		[TW_ORACLE_STEPS] = "undecided: search too long",
	};

	return (size_t)reason < sizeof(name) / sizeof(name[0]) ? name[reason] : "?";
}

int tw_oracle_explain(const struct tw_oracle_verdict *v, char *buf, size_t len)
{
	char text[TW_ORACLE_TEXT] = "";
	struct line l = {.buf = text, .len = sizeof(text)};

	if (!v->allowed)
		return snprintf(buf, len, "%s: %s", tw_oracle_reason_name(v->reason), v->text);
	put(&l, "allowed");
	if (v->entries)
		put(&l, " by the %s entries, root 0x%llx of ASID %u",
		    v->newest ? "newest" : "older", (ull)v->root_ppn << TW_PAGE_SHIFT, v->asid);
	for (unsigned int i = 0; i < v->entries; i++) {
		put(&l, ", ");
		put_entry(&l, &v->entry[i]);
	}
	return snprintf(buf, len, "%s", text);
}
