// SPDX-License-Identifier: Apache-2.0
// See oracle_text.h; and the names of reasons, and the line about a verdict.
#include "oracle_text.h"

#include <stdarg.h>
#include <stdio.h>

void tw_or_put(struct tw_or_line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->buf + l->at, l->len - l->at, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->at = l->at + (size_t)n < l->len ? l->at + (size_t)n : l->len - 1;
}

// A field that is reported.
static bool checked(const struct tw_oracle *o, enum tw_oracle_field field)
{
	return !(o->opts.unchecked & field);
}

static void put_fault(struct tw_or_line *l, const struct tw_oracle *o, const struct tw_resp *r)
{
	static const char *const kind[] = {
		[TW_FAULT_PAGE] = "a page fault",
		[TW_FAULT_ACCESS] = "an access fault",
		[TW_FAULT_CANON] = "a non-canonical fault",
	};

	if (r->fault > TW_FAULT_CANON) {
		tw_or_put(l, "fault code %u", r->fault);
		return;
	}
	tw_or_put(l, "%s", kind[r->fault]);
	if (checked(o, TW_ORACLE_CAUSE))
		tw_or_put(l, ", cause %u", r->cause);
	if (checked(o, TW_ORACLE_TVAL))
		tw_or_put(l, ", address 0x%llx", (tw_ull)r->fault_va);
}

void tw_or_put_resp(struct tw_or_line *l, const struct tw_oracle *o, const struct tw_resp *r)
{
	static const char *const size[] = {"4K", "64K", "2M", "4M", "1G", "512G", "256T"};

	if (r->fault) {
		put_fault(l, o, r);
		return;
	}
	tw_or_put(l, "PA 0x%llx", (tw_ull)r->pa);
	if (checked(o, TW_ORACLE_SIZE))
		tw_or_put(l, ", size %s",
			  r->size < sizeof(size) / sizeof(size[0]) ? size[r->size] : "?");
	if (checked(o, TW_ORACLE_GLOBAL) && r->global)
		tw_or_put(l, ", global");
	if (checked(o, TW_ORACLE_ATTR))
		tw_or_put(l, ", attr %u", r->attr);
}

void tw_or_put_entry(struct tw_or_line *l, const struct tw_oracle_entry *e)
{
	tw_or_put(l, "level-%u entry at 0x%llx", e->level, (tw_ull)e->addr);
	if (e->bus_error) {
		tw_or_put(l, " (bus error)");
		return;
	}
	tw_or_put(l, " = 0x%llx (", (tw_ull)e->value);
	if (e->from)
		tw_or_put(l, "written in cycle %llu", (tw_ull)e->from);
	else
		tw_or_put(l, "from the start");
	if (e->to != UINT64_MAX)
		tw_or_put(l, ", overwritten in cycle %llu", (tw_ull)e->to);
	tw_or_put(l, ")");
}

void tw_or_put_step(struct tw_or_line *l, const struct tw_or_step *s)
{
	struct tw_oracle_entry e = {
		.addr = s->addr,
		.value = s->entry,
		.from = s->version.from_cycle,
		.to = s->version.to_cycle,
		.level = s->level,
		.bus_error = s->bus_error,
	};

	tw_or_put_entry(l, &e);
}

// The scope of a fence, and when it came.
void tw_or_put_scope(struct tw_or_line *l, const struct tw_or_fence *f)
{
	tw_or_put(l, "the fence of ");
	if (f->scope.by_addr)
		tw_or_put(l, "VA 0x%llx", (tw_ull)f->scope.va);
	else
		tw_or_put(l, "all addresses");
	if (f->scope.by_asid)
		tw_or_put(l, ", ASID %u", f->scope.asid);
	else
		tw_or_put(l, ", all ASIDs");
	tw_or_put(l, "%s, accepted in cycle %llu", f->scope.global ? ", global" : "",
		  (tw_ull)f->begin_cycle);
}

void tw_or_put_fence(struct tw_or_line *l, const struct tw_or_fence *f)
{
	tw_or_put_scope(l, f);
	tw_or_put(l, " and done in cycle %llu", (tw_ull)f->end_cycle);
}

void tw_or_put_asked(struct tw_or_line *l, const struct tw_or_request *r)
{
	static const char *const access[] = {"fetch", "load", "store", "read-modify-write"};

	tw_or_put(l,
		  "port %u id %u: %s of VA 0x%llx (privilege %u, ASID %u), accepted in cycle %llu",
		  r->port, r->id, access[r->req.access], (tw_ull)r->req.va, r->req.priv,
		  r->ctx.asid, (tw_ull)r->cycle);
}

void tw_or_put_answered(struct tw_or_line *l, const struct tw_oracle *o,
			const struct tw_or_request *r, const struct tw_resp *resp)
{
	tw_or_put_asked(l, r);
	tw_or_put(l, ", was answered in cycle %llu with ", (tw_ull)o->cycle);
	tw_or_put_resp(l, o, resp);
	tw_or_put(l, ": ");
}

void tw_or_put_end(struct tw_or_line *l, const struct tw_or_newest *n, const struct tw_ctx *ctx,
		   const struct tw_req *req)
{
	const struct tw_or_step *last;
	char check[80] = "";

	if (n->none) {
		tw_or_put(l, "the root, which has no table for the address");
		return;
	}
	last = &n->step[n->depth - 1];
	tw_or_put(l, "the ");
	tw_or_put_step(l, last);
	if (last->bus_error)
		return;
	tw_or_rules(ctx->format)->check(ctx, req, &n->ws, last->entry, check, sizeof(check));
	if (*check)
		tw_or_put(l, ": %s", check);
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
		[TW_ORACLE_WRONG_PAGE] = "wrong page",
		[TW_ORACLE_WRONG_REQUEST] = "answer to another request",
		[TW_ORACLE_NOT_UPDATED] = "A or D not set",
		[TW_ORACLE_NOT_READ] = "entry not read",
		[TW_ORACLE_WRONG_PA] = "wrong physical address",
		[TW_ORACLE_WRONG_SIZE] = "wrong page size",
		[TW_ORACLE_WRONG_GLOBAL] = "wrong global",
		[TW_ORACLE_WRONG_ATTR] = "wrong attributes",
		[TW_ORACLE_UPDATE_BITS] = "update of other bits",
		[TW_ORACLE_UPDATE_UNASKED] = "update without a request",
		[TW_ORACLE_READ_UNASKED] = "read without a request",
		[TW_ORACLE_READ_VALUE] = "read of another value",
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
	struct tw_or_line l = {.buf = text, .len = sizeof(text)};

	if (!v->allowed)
		return snprintf(buf, len, "%s: %s", tw_oracle_reason_name(v->reason), v->text);
	tw_or_put(&l, "allowed");
	if (v->entries)
		tw_or_put(&l, " by the %s entries, root 0x%llx of ASID %u",
			  v->newest ? "newest" : "older", (tw_ull)v->root_ppn << TW_PAGE_SHIFT,
			  v->asid);
	for (unsigned int i = 0; i < v->entries; i++) {
		tw_or_put(&l, ", ");
		tw_or_put_entry(&l, &v->entry[i]);
	}
	return snprintf(buf, len, "%s", text);
}
