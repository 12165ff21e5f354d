// SPDX-License-Identifier: Apache-2.0
// Why is a response not allowed? Every cause that would explain it is tried, each with a price: the
// smaller the change that turns what is right into what was answered, the lower. The cheapest is
// named; docs/oracle.md has the list. In short: one rule ignored by hardware that looks at the
// newest entries is cheap, old entries cost more the older they are, and what says little (any page
// faults in the wrong mode) is dear. Invariant: a verdict's status does not depend on it.
#include "oracle_cause.h"

// Prices. A cause that costs as much as one tried before it does not replace it.
enum {
	UPDATE = 2,	// A or D not set first
	SPACE = 2,	// another address space's newest entries, its ASID one bit apart
	SPACE_FAR = 4,	// its ASID further apart
	FORM = 2,	// an entry's form is not checked, which software does not break by habit
	ONE_RULE = 4,	// one control flag, one field of the request, or one other check
	ONE_FIELD = 4,	// one field of the answer but the PA
	TWO_CHECKS = 5, // two bits of the faulting entry
	FIELDS = 6,	// more than one field
	OTHER_PAGE = 4, // a VA that differs in one bit, or another request in flight
	STALE = 1,	// and AGE for each version that is newer
	AGE = 2,
	STALE_MOST = 10, // of a translation, which can hardly fit by chance
	TWO_RULES = 4,	 // in addition, for a second rule
	PA_BIT = 12,	 // one bit of the PA
	PA = 16,
	OTHER_FAULT = 5, // another fault than the entries give
	MISSED = 16,	 // a translation out of nothing
	// A fault says little: nearly every page faults for another access or in another mode.
	FAULT_SPACE = 6,
	FAULT_ACCESS = 7,
	FAULT_PRIV = 8,
	FAULT = 9,
	TOO_DEAR = 100,
};

enum tw_oracle_reason tw_or_difference(const struct tw_oracle *o, const struct tw_resp *want,
				       const struct tw_resp *resp)
{
	uint32_t un = o->opts.unchecked;

	if (want->fault != resp->fault)
		return !want->fault   ? TW_ORACLE_SPURIOUS
		       : !resp->fault ? TW_ORACLE_MISSED_FAULT
				      : TW_ORACLE_WRONG_FAULT;
	if (want->fault)
		return want->fault_va != resp->fault_va && !(un & TW_ORACLE_TVAL)
			       ? TW_ORACLE_WRONG_TVAL
			       : TW_ORACLE_WRONG_CAUSE;
	if (want->pa != resp->pa)
		return TW_ORACLE_WRONG_PA;
	if (want->size != resp->size && !(un & TW_ORACLE_SIZE))
		return TW_ORACLE_WRONG_SIZE;
	return want->global != resp->global && !(un & TW_ORACLE_GLOBAL) ? TW_ORACLE_WRONG_GLOBAL
									: TW_ORACLE_WRONG_ATTR;
}

static unsigned int bits_of(uint64_t word)
{
	return (unsigned int)__builtin_popcountll(word);
}

// Keeps what the newest entries gave under other circumstances, if that is cheaper.
static void offer(struct tw_or_cause *best, int price, enum tw_or_because because,
		  enum tw_oracle_reason reason, uint64_t what, const struct tw_or_newest *n,
		  const struct tw_ctx *ctx, const struct tw_req *req)
{
	if (price >= best->price)
		return;
	best->price = price;
	best->because = because;
	best->reason = reason;
	best->what = what;
	best->n = *n;
	best->ctx = *ctx;
	best->req = *req;
}

static void offer_search(struct tw_or_cause *best, int price, enum tw_or_because because,
			 enum tw_oracle_reason reason, const struct tw_or_search *s)
{
	if (price >= best->price)
		return;
	best->price = price;
	best->because = because;
	best->reason = reason;
	best->s = *s;
}

// Whether the newest entries give the answer under other circumstances. The cause of a fault may
// still speak of the access as it was.
static bool gives(const struct tw_or_answer *a, const struct tw_ctx *ctx, const struct tw_req *req,
		  uint64_t at, uint64_t flip, struct tw_or_newest *n)
{
	const struct tw_or_request *r = a->r;
	struct tw_resp resp;

	if (tw_arch_direct(ctx, req, &resp) || !tw_arch_canonical(ctx, req, &resp))
		return false;
	tw_or_walk_newest(a->o, ctx, req, at, flip, n);
	if (n->resp.fault != a->resp->fault)
		return false;
	if (!n->resp.fault)
		return !n->update && tw_or_same(a->o, &n->resp, a->resp);
	resp = n->resp;
	if (tw_or_same(a->o, &resp, a->resp))
		return true;
	if (n->resp.fault == TW_FAULT_PAGE)
		resp.cause = tw_arch_page_cause(
			&r->ctx, &r->req, n->resp.cause & tw_or_rules(r->ctx.format)->entry_cause);
	return tw_or_same(a->o, &resp, a->resp);
}

// --- The newest entries, one thing otherwise -----------------------------------------------------

static void try_flags(const struct tw_or_answer *a, struct tw_or_cause *best)
{
	struct tw_ctx ctx = a->r->ctx;
	struct tw_or_newest n;

	for (unsigned int f = 0; f < TW_OR_FLAGS; f++) {
		ctx.flags = a->r->ctx.flags ^ 1u << f;
		if (gives(a, &ctx, &a->r->req, 0, 0, &n))
			offer(best, ONE_RULE, TW_OR_BY_FLAG, a->reason, f, &n, &ctx, &a->r->req);
	}
	ctx.flags = a->r->ctx.flags;
	for (uint8_t m = 36; m <= 52; m++) {
		ctx.maxphyaddr = m;
		if (m != a->r->ctx.maxphyaddr && gives(a, &ctx, &a->r->req, 0, 0, &n))
			offer(best, ONE_RULE, TW_OR_BY_PHYS, a->reason, m, &n, &ctx, &a->r->req);
	}
}

static void try_request(const struct tw_or_answer *a, struct tw_or_cause *best)
{
	const struct tw_ctx *ctx = &a->r->ctx;
	struct tw_req req = a->r->req;
	struct tw_or_newest n;

	req.sum = !req.sum;
	if (gives(a, ctx, &req, 0, 0, &n))
		offer(best, ONE_RULE, TW_OR_BY_SUM, a->reason, req.sum, &n, ctx, &req);
	req = a->r->req;
	req.mxr = !req.mxr;
	if (gives(a, ctx, &req, 0, 0, &n))
		offer(best, ONE_RULE, TW_OR_BY_MXR, a->reason, req.mxr, &n, ctx, &req);
	req = a->r->req;
	for (unsigned int access = TW_FETCH; access <= TW_RMW; access++) {
		req.access = (uint8_t)access;
		if (access != a->r->req.access && gives(a, ctx, &req, 0, 0, &n))
			offer(best, a->resp->fault ? FAULT_ACCESS : ONE_RULE, TW_OR_BY_ACCESS,
			      a->reason, access, &n, ctx, &req);
	}
	req = a->r->req;
	req.priv = tw_is_user(&req) ? TW_PRIV_S : TW_PRIV_U;
	if (gives(a, ctx, &req, 0, 0, &n))
		offer(best, a->resp->fault ? FAULT_PRIV : ONE_RULE, TW_OR_BY_PRIV, a->reason,
		      req.priv, &n, ctx, &req);
}

// The entry that faults, with one bit or two otherwise, gives the translation: its check is not
// made.
static void try_checks(const struct tw_or_answer *a, struct tw_or_cause *best)
{
	const struct tw_or_newest *now = &a->now;
	const struct tw_or_request *r = a->r;
	unsigned int bits = 8u * tw_formats[r->ctx.format].entry_bytes;
	const struct tw_or_step *last;
	struct tw_or_newest n;
	char text[80];
	int price;

	// A root that does not exist faults without an entry.
	if (a->resp->fault || now->resp.fault != TW_FAULT_PAGE || now->none || now->depth == 0)
		return;
	last = &now->step[now->depth - 1];
	price = tw_or_rules(r->ctx.format)
					->check(&r->ctx, &r->req, &now->ws, last->entry, text,
						sizeof(text)) == TW_OR_CHECK_FORM
			? FORM
			: ONE_RULE;
	for (unsigned int i = 0; i < bits; i++)
		for (unsigned int k = 0; k <= i; k++) {
			uint64_t flip = UINT64_C(1) << i | UINT64_C(1) << k;

			if (gives(a, &r->ctx, &r->req, last->addr, flip, &n))
				offer(best, i == k ? price : price + 1, TW_OR_BY_CHECK,
				      TW_ORACLE_MISSED_FAULT, flip, now, &r->ctx, &r->req);
		}
}

// The walk of another address space.
static void try_spaces(const struct tw_or_answer *a, struct tw_or_cause *best)
{
	const struct tw_or_request *r = a->r;
	struct tw_or_newest n;

	for (size_t i = a->o->roots; i-- > 0;) {
		const struct tw_or_root *root = &a->o->root[i];
		unsigned int apart = bits_of((uint64_t)(root->ctx.asid ^ r->ctx.asid));
		struct tw_ctx ctx = r->ctx;

		tw_or_take_root(&ctx, &root->ctx);
		if (!apart || !tw_or_rules(ctx.format)->mixes(ctx.format, r->ctx.format))
			continue;
		if ((a->resp->fault && apart > 1) || !gives(a, &ctx, &r->req, 0, 0, &n))
			continue;
		offer(best,
		      a->resp->fault ? FAULT_SPACE
		      : apart == 1   ? SPACE
				     : SPACE_FAR,
		      TW_OR_BY_SPACE, TW_ORACLE_WRONG_ASID, ctx.asid, &n, &ctx, &r->req);
	}
}

// The page of an address that differs in one bit.
static void try_addresses(const struct tw_or_answer *a, struct tw_or_cause *best)
{
	const struct tw_or_request *r = a->r;
	struct tw_req req = r->req;
	struct tw_or_newest n;

	if (a->resp->fault)
		return;
	for (unsigned int bit = TW_PAGE_SHIFT; bit < 64; bit++) {
		req.va = r->req.va ^ UINT64_C(1) << bit;
		// In the same page it would be a bit of the offset.
		if (gives(a, &r->ctx, &req, 0, 0, &n) &&
		    bit >= TW_PAGE_SHIFT + tw_size_log2_pages(n.resp.size))
			offer(best, OTHER_PAGE, TW_OR_BY_ADDRESS, TW_ORACLE_WRONG_PAGE, bit, &n,
			      &r->ctx, &req);
	}
}

// The answer to another request in flight.
static void try_requests(const struct tw_or_answer *a, struct tw_or_cause *best)
{
	struct tw_or_newest n;

	for (size_t i = 0; i < a->o->lives; i++) {
		const struct tw_or_request *q = &a->o->live[i];

		if (q->answered || q->req.va >> TW_PAGE_SHIFT == a->r->req.va >> TW_PAGE_SHIFT ||
		    !gives(a, &q->ctx, &q->req, 0, 0, &n))
			continue;
		if (best->price > OTHER_PAGE) {
			offer(best, OTHER_PAGE, TW_OR_BY_REQUEST, TW_ORACLE_WRONG_REQUEST, 0, &n,
			      &q->ctx, &q->req);
			best->other = *q;
		}
	}
}

// --- Older entries -------------------------------------------------------------------------------

// Searches with some rules ignored, for the walk with the fewest newer versions. Returns their
// number, an old root counting as one; or -1.
static int age_of(const struct tw_or_answer *a, unsigned int relax, struct tw_or_search *s)
{
	static const uint32_t backs[] = {1, 2, 3, 4, 6, 8, 16, 64, 0};

	for (size_t i = 0; i < sizeof(backs) / sizeof(backs[0]); i++) {
		*s = (struct tw_or_search){.o = a->o,
					   .r = a->r,
					   .want = a->resp,
					   .relax = relax,
					   .max_back = backs[i]};
		s->goal = a->resp->fault == TW_FAULT_NONE   ? TW_OR_TRANSLATION
			  : a->resp->fault == TW_FAULT_PAGE ? TW_OR_PAGE_FAULT
							    : TW_OR_ACCESS_FAULT;
		tw_or_find(s);
		if (s->found)
			return (int)(s->back < 1000 ? s->back : 1000) +
			       (s->ctx.root_ppn != a->r->ctx.root_ppn);
	}
	return -1;
}

static void try_old(const struct tw_or_answer *a, unsigned int relax, int price,
		    enum tw_or_because because, enum tw_oracle_reason reason,
		    struct tw_or_cause *best)
{
	struct tw_or_search s;
	int age = age_of(a, relax, &s), old;

	if (age < 0)
		return;
	old = STALE + AGE * age;
	if (!a->resp->fault && old > STALE_MOST)
		old = STALE_MOST;
	offer_search(best, price + old, because, reason, &s);
}

static void try_old_translations(const struct tw_or_answer *a, struct tw_or_cause *best)
{
	try_old(a, TW_OR_ANY_FENCE, 0, TW_OR_BY_AGE, TW_ORACLE_STALE, best);
	try_old(a, TW_OR_ANY_AD, UPDATE, TW_OR_BY_OLD_UPDATE, TW_ORACLE_NOT_UPDATED, best);
	try_old(a, TW_OR_ANY_ASID, SPACE, TW_OR_BY_OLD_SPACE, TW_ORACLE_WRONG_ASID, best);
	try_old(a, TW_OR_ANY_FENCE | TW_OR_ANY_AD, TWO_RULES, TW_OR_BY_AGE, TW_ORACLE_STALE, best);
	try_old(a, TW_OR_ANY_FENCE | TW_OR_ANY_ASID, TWO_RULES, TW_OR_BY_OLD_SPACE,
		TW_ORACLE_WRONG_ASID, best);
}

static void try_old_faults(const struct tw_or_answer *a, struct tw_or_cause *best)
{
	bool cached = a->o->opts.cached_faults;
	struct tw_or_search s;

	if (a->resp->fault == TW_FAULT_CANON)
		return;
	if (!cached && age_of(a, TW_OR_ANY_ORDER, &s) >= 0)
		offer_search(best, STALE + AGE, TW_OR_BY_ORDER, TW_ORACLE_STALE_FAULT, &s);
	try_old(a, TW_OR_ANY_TIME, 0, TW_OR_BY_AGE, TW_ORACLE_STALE_FAULT, best);
	// Where caches may hold entries that fault, only the fence is ignored. Else two rules are,
	// and every page was invalid once: that is never the first to be named.
	try_old(a, TW_OR_ANY_TIME | TW_OR_ANY_FENCE, cached ? 0 : FAULT, TW_OR_BY_AGE,
		TW_ORACLE_STALE_FAULT, best);
}

// --- What there is to say if nothing explains it -------------------------------------------------

static int price_of_difference(const struct tw_or_answer *a)
{
	const struct tw_resp *want = &a->now.resp, *resp = a->resp;
	uint32_t un = a->o->opts.unchecked;
	int fields;

	switch (a->reason) {
	case TW_ORACLE_SPURIOUS:
		return FAULT;
	case TW_ORACLE_MISSED_FAULT:
		return MISSED;
	case TW_ORACLE_WRONG_FAULT:
	case TW_ORACLE_WRONG_TVAL:
	case TW_ORACLE_WRONG_CAUSE:
		return OTHER_FAULT;
	case TW_ORACLE_WRONG_PA:
		return bits_of(want->pa ^ resp->pa) == 1 ? PA_BIT : PA;
	default:
		break;
	}
	fields = (want->size != resp->size && !(un & TW_ORACLE_SIZE)) +
		 (want->global != resp->global && !(un & TW_ORACLE_GLOBAL)) +
		 (want->attr != resp->attr && !(un & TW_ORACLE_ATTR));
	return fields == 1 ? ONE_FIELD : FIELDS;
}

void tw_or_find_cause(struct tw_or_answer *a, struct tw_or_cause *best)
{
	const struct tw_or_request *r = a->r;
	struct tw_or_search s;

	*best = (struct tw_or_cause){.price = TOO_DEAR};
	tw_or_walk_newest(a->o, &r->ctx, &r->req, 0, 0, &a->now);
	a->reason = tw_or_difference(a->o, &a->now.resp, a->resp);
	// Right, had the entries been read.
	if (a->o->opts.reads_told && age_of(a, TW_OR_ANY_READ, &s) >= 0) {
		offer_search(best, 0, TW_OR_BY_READ, TW_ORACLE_NOT_READ, &s);
		return;
	}
	if (!a->resp->fault && a->now.update && tw_or_same(a->o, &a->now.resp, a->resp)) {
		offer(best, UPDATE, TW_OR_BY_UPDATE, TW_ORACLE_NOT_UPDATED, 0, &a->now, &r->ctx,
		      &r->req);
		return;
	}
	try_spaces(a, best);
	try_flags(a, best);
	try_request(a, best);
	try_checks(a, best);
	try_addresses(a, best);
	try_requests(a, best);
	if (a->resp->fault)
		try_old_faults(a, best);
	else
		try_old_translations(a, best);
	offer(best, price_of_difference(a), TW_OR_BY_NOTHING, a->reason, 0, &a->now, &r->ctx,
	      &r->req);
}
