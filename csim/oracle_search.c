// SPDX-License-Identifier: Apache-2.0
// Is there a walk that gives this answer? Enumerates, level by level, the versions of the entries
// on the path from each root that may still be cached, and stops at the first walk that the rules
// allow. docs/oracle.md derives the rules; in short, with time as the order of events:
//   a pointer read at time t may be used for reading the next level until the requests that were in
//   flight at the end of the first covering fence that began after t are answered;
//   a translation may answer a request if its leaf was read no earlier than the begin of every
//   covering fence that was done before the request was accepted, and so were its pointers as far
//   as the fence covers them too.
// For each entry the latest possible time of reading is taken, which is the best for both rules.
// Invariant: a search that found nothing and left nothing out is a proof that no such walk exists.
#include "oracle_internal.h"

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

bool tw_or_same(const struct tw_oracle *o, const struct tw_resp *want, const struct tw_resp *resp)
{
	uint32_t un = o->opts.unchecked;

	return want->pa == resp->pa && want->fault == resp->fault &&
	       (want->cause == resp->cause || (un & TW_ORACLE_CAUSE)) &&
	       (want->fault_va == resp->fault_va || (un & TW_ORACLE_TVAL)) &&
	       (want->size == resp->size || (un & TW_ORACLE_SIZE)) &&
	       (want->attr == resp->attr || (un & TW_ORACLE_ATTR)) &&
	       (want->global == resp->global || (un & TW_ORACLE_GLOBAL));
}

static bool step_counts(struct tw_or_search *s)
{
	if (s->steps++ >= s->o->opts.max_steps)
		s->exhausted = true;
	return !s->exhausted;
}

// The first fence that ends the use of a pointer, done before BEFORE; NULL if there is none.
static const struct tw_or_fence *pointer_fence(struct tw_or_search *s,
					       const struct tw_or_step *step, uint64_t before)
{
	const struct tw_oracle *o = s->o;

	if (step->read == TW_OR_NEVER)
		return NULL;
	for (size_t i = tw_or_fence_after(o, step->read); i < o->fences; i++) {
		const struct tw_or_fence *f = &o->fence[i];

		if (!step_counts(s))
			break;
		if (f->end < before &&
		    tw_or_covers_pointer(f, &s->ctx, s->r->req.va, step->level, step->global))
			return f;
	}
	return NULL;
}

// Until when something that ended at END may be used for walking on: until it is drained, but a
// walk of the request itself holds what it has, also after its cancel, when only its update can
// follow.
static uint64_t held_until(const struct tw_or_search *s, uint64_t end, uint64_t drained)
{
	return s->goal == TW_OR_UPDATE && end > s->r->accept ? TW_OR_NEVER : drained;
}

// Until when a pointer may be used for walking on.
static uint64_t usable_until(struct tw_or_search *s, const struct tw_or_step *step)
{
	const struct tw_or_fence *f;

	if (s->relax & TW_OR_ANY_FENCE)
		return TW_OR_NEVER;
	f = pointer_fence(s, step, TW_OR_NEVER);
	return f ? held_until(s, f->end, f->drained) : TW_OR_NEVER;
}

// The first fence, done before the request was accepted, that outlaws the walk in s->step: it
// covers the last entry as a leaf of this size, and began after that entry or a pointer that it
// covers was read. With NO_LEAF the last entry is being read now, and the pointer to its table
// takes its place. NULL: the walk may answer the request.
enum { NO_LEAF = 255 };
static const struct tw_or_fence *outlawed(struct tw_or_search *s, unsigned int log2_pages,
					  bool global)
{
	const struct tw_oracle *o = s->o;
	uint64_t va = s->r->req.va, first = TW_OR_NEVER;
	unsigned int steps = log2_pages == NO_LEAF ? s->depth - 1 : s->depth;

	for (unsigned int k = 0; k < steps; k++)
		first = min64(first, s->step[k].read);
	if (first == TW_OR_NEVER)
		return NULL;
	for (size_t i = tw_or_fence_after(o, first); i < o->fences; i++) {
		const struct tw_or_fence *f = &o->fence[i];
		const struct tw_or_step *last = &s->step[steps - 1];

		if (f->begin > s->r->accept || !step_counts(s))
			break;
		if (f->end == TW_OR_NEVER || f->end > s->r->accept)
			continue;
		if (log2_pages == NO_LEAF
			    ? !tw_or_covers_pointer(f, &s->ctx, va, last->level, last->global)
			    : !tw_or_covers_leaf(f, &s->ctx, va, log2_pages, global))
			continue;
		for (unsigned int k = 0; k < steps; k++) {
			const struct tw_or_step *step = &s->step[k];

			if (step->read < f->begin &&
			    (k == steps - 1 ||
			     tw_or_covers_pointer(f, &s->ctx, va, step->level, step->global))) {
				s->outlawed = k;
				return f;
			}
		}
	}
	return NULL;
}

// As outlawed(), and remembers the fence for the text when fences are ignored.
static bool may_answer(struct tw_or_search *s, unsigned int log2_pages, bool global)
{
	s->fence = outlawed(s, log2_pages, global);
	if (s->exhausted)
		return false;
	if (!(s->relax & TW_OR_ANY_FENCE))
		return !s->fence;
	for (unsigned int k = 0; !s->fence && k + 1 < s->depth; k++) {
		s->fence = pointer_fence(s, &s->step[k], s->r->accept);
		s->outlawed = k;
	}
	return true;
}

// Another address space's walk counts only when it ends in a global mapping.
static bool in_space(const struct tw_or_search *s, bool global)
{
	return s->ctx.asid == s->r->ctx.asid || global || (s->relax & TW_OR_ANY_ASID);
}

static bool entry_global(const struct tw_ctx *ctx, const struct tw_walk_state *ws, uint64_t pte)
{
	if (!tw_formats[ctx->format].x86)
		return ws->g || ((pte & RV_V) && (pte & RV_G));
	return (pte & X86_P) && (pte & X86_G) && (ctx->flags & TW_F_PGE);
}

// The entry faults. With faults from walks only, the times are right already.
static bool fault_fits(struct tw_or_search *s, const struct tw_ctx *ctx,
		       const struct tw_walk_state *ws, const struct tw_or_version *v,
		       const struct tw_pte *pte)
{
	const struct tw_or_request *r = s->r;
	uint8_t bits = pte->cause & (TW_PF_P | TW_PF_RSVD | TW_PF_PK);
	const struct tw_format_desc *d = &tw_formats[ctx->format];
	unsigned int log2_pages = d->vpn_shift[ws->level];
	bool g = entry_global(ctx, ws, v->value);

	if (!d->x86 && ws->level == 0 && (v->value & RV_N))
		log2_pages = tw_size_log2_pages(TW_SIZE_64K);
	if (!(s->o->opts.unchecked & TW_ORACLE_CAUSE) &&
	    tw_arch_page_cause(&r->ctx, &r->req, d->x86 ? bits : 0) != s->want->cause)
		return false;
	if (s->walked)
		return true;
	if (!in_space(s, g))
		return false;
	// x86 caches neither entries that are not present or reserved nor such with A = 0.
	if (d->x86 && v->to < r->begin && !(s->relax & TW_OR_ANY_TIME) &&
	    (!(bits & TW_PF_P) || (bits & TW_PF_RSVD) || !(v->value & X86_A)))
		return false;
	return may_answer(s, log2_pages, g);
}

static bool leaf_fits(struct tw_or_search *s, uint64_t value, const struct tw_pte *pte)
{
	struct tw_resp resp;

	if (pte->update != value && !(s->relax & TW_OR_ANY_AD))
		return false;
	if (!in_space(s, pte->rights.g))
		return false;
	tw_arch_resp_ok(&s->r->req, pte->ppn, pte->size, &pte->rights, &resp);
	return tw_or_same(s->o, &resp, s->want) &&
	       may_answer(s, tw_size_log2_pages(pte->size), pte->rights.g);
}

// The change that hardware made to this entry (its old version ended at this moment) is one that
// the request's walk makes now. An entry that faults is left alone (its update is its value).
static bool update_fits(struct tw_or_search *s, const struct tw_or_step *step,
			const struct tw_pte *pte)
{
	return step->addr == s->addr && step->read == s->o->now && step->version.value == s->old &&
	       pte->kind != TW_PTE_FAULT && pte->update == s->value &&
	       s->ctx.asid == s->r->ctx.asid && may_answer(s, NO_LEAF, false);
}

static bool failed_read(const struct tw_or_search *s, uint64_t addr, uint64_t from)
{
	for (size_t i = s->o->errors; i-- > 0;)
		if (s->o->error[i].addr == addr && s->o->error[i].at >= from)
			return true;
	return false;
}

static bool descend(struct tw_or_search *s, uint64_t table, const struct tw_walk_state *ws,
		    uint64_t lo, uint64_t hi);

// One version of one entry, decoded under one mode.
static bool try_entry(struct tw_or_search *s, const struct tw_ctx *ctx,
		      const struct tw_walk_state *ws, uint64_t lo)
{
	struct tw_or_step *step = &s->step[s->depth - 1];
	struct tw_pte pte;

	if (!step_counts(s))
		return false;
	tw_arch_decode(ctx, &s->r->req, ws, step->version.value, &pte);
	if (s->goal == TW_OR_UPDATE && update_fits(s, step, &pte))
		return true;
	switch (pte.kind) {
	case TW_PTE_FAULT:
		return s->goal == TW_OR_PAGE_FAULT && fault_fits(s, ctx, ws, &step->version, &pte);
	case TW_PTE_LEAF:
		return s->goal == TW_OR_TRANSLATION && leaf_fits(s, step->version.value, &pte);
	case TW_PTE_POINTER:
		break;
	}
	if (s->goal == TW_OR_TRANSLATION && pte.update != step->version.value &&
	    !(s->relax & TW_OR_ANY_AD))
		return false;
	step->global = pte.next.g;
	// A walk from the root holds its pointer itself; only the order of its reads counts.
	return descend(s, pte.ppn, &pte.next, lo, s->walked ? TW_OR_NEVER : usable_until(s, step));
}

static bool try_modes(struct tw_or_search *s, const struct tw_walk_state *ws, uint64_t lo)
{
	const struct tw_oracle *o = s->o;
	const struct tw_or_request *r = s->r;
	struct tw_ctx ctx = s->ctx;

	if (s->walked && tw_formats[ctx.format].x86)
		return try_entry(s, &ctx, ws, lo);
	for (size_t i = o->modes; i-- > 0;) {
		const struct tw_or_mode *m = &o->mode[i];

		if (m->to < r->horizon)
			continue;
		ctx.flags = (r->ctx.flags & ~TW_OR_MODE_FLAGS) | m->flags;
		ctx.maxphyaddr = m->maxphyaddr;
		if (try_entry(s, &ctx, ws, lo))
			return true;
	}
	return false;
}

// Tries the versions of one word, newest first; with ONLY, those that have all of its bits.
static bool try_word(struct tw_or_search *s, const struct tw_or_view *view,
		     const struct tw_walk_state *ws, uint64_t lo, uint64_t hi, uint64_t only)
{
	const struct tw_or_request *r = s->r;
	struct tw_or_step *step = &s->step[s->depth - 1];
	bool ignore = s->relax & TW_OR_ANY_FENCE;

	for (uint32_t i = view->n; i-- > 0 && !s->exhausted;) {
		const struct tw_or_version *v = &view->v[i];
		uint64_t from = max64(v->from, lo), to = min64(v->to, hi);

		if (from > to || (v->to < r->horizon && !ignore) || (v->value & only) != only)
			continue;
		if (v->to < s->o->fences_lost && !s->walked && !ignore) {
			s->lost = true;
			continue;
		}
		step->version = *v;
		step->read = to;
		if (try_modes(s, ws, from))
			return true;
	}
	if (view->lost > (s->walked ? r->begin : r->horizon))
		s->lost = true;
	return false;
}

// A cached 64 KB entry may have been read from any of the 16 entries of its range (Svnapot: reading
// one may create cache entries for all). Tries the other 15.
static bool try_napot(struct tw_or_search *s, const struct tw_walk_state *ws, uint64_t addr,
		      uint64_t lo, uint64_t hi)
{
	struct tw_or_step *step = &s->step[s->depth - 1];
	struct tw_or_view view;

	for (unsigned int i = 0; i < 16; i++) {
		step->addr = (addr & ~UINT64_C(127)) + i * 8;
		if (step->addr == addr)
			continue;
		if (tw_or_view(s->o, step->addr, &view) != 0)
			s->lost = true;
		else if (try_word(s, &view, ws, lo, hi, RV_V | RV_N))
			return true;
	}
	return false;
}

// Tries all versions of the entry that VA selects in a table whose address was known from lo to hi.
// True: found, and s->step[0..depth) is the walk. False: s->depth is as before.
static bool descend(struct tw_or_search *s, uint64_t table, const struct tw_walk_state *ws,
		    uint64_t lo, uint64_t hi)
{
	const struct tw_or_request *r = s->r;
	uint64_t addr = tw_arch_pte_addr(&s->ctx, table, ws->level, r->req.va);
	struct tw_or_step *step = &s->step[s->depth++];
	struct tw_or_view view;

	*step = (struct tw_or_step){.addr = addr, .level = ws->level};
	if (tw_or_view(s->o, addr, &view) != 0) {
		s->lost = true;
		goto out;
	}
	if (s->goal == TW_OR_ACCESS_FAULT) {
		step->bus_error = view.n == 0 || failed_read(s, addr, max64(lo, r->begin));
		if (step->bus_error && (s->walked || in_space(s, ws->g)))
			return true;
	}
	if (try_word(s, &view, ws, lo, hi, 0))
		return true;
	if (ws->level == 0 && !tw_formats[s->ctx.format].x86 && !s->walked &&
	    (s->goal == TW_OR_TRANSLATION || s->goal == TW_OR_PAGE_FAULT) &&
	    try_napot(s, ws, addr, lo, hi))
		return true;
out:
	s->depth--;
	return false;
}

static bool try_root(struct tw_or_search *s, const struct tw_or_root *root)
{
	const struct tw_or_request *r = s->r;
	struct tw_walk_state ws;
	struct tw_resp resp;

	s->ctx = r->ctx;
	s->ctx.format = root->format;
	s->ctx.asid = root->asid;
	s->ctx.root_ppn = root->ppn;
	if (!tw_arch_canonical(&s->ctx, &r->req, &resp))
		return false;
	s->depth = 0;
	tw_arch_root(&s->ctx, &ws);
	if (s->walked)
		return descend(s, root->ppn, &ws, r->begin, TW_OR_NEVER);
	return descend(s, root->ppn, &ws, root->from, held_until(s, root->to, root->drained));
}

// Whether walks of this format can have left something for the request. RISC-V formats may follow
// each other without a fence; x86 cannot change its format without one.
static bool formats_mix(enum tw_format a, enum tw_format b)
{
	return a == b || (!tw_formats[a].x86 && !tw_formats[b].x86);
}

void tw_or_find(struct tw_or_search *s)
{
	const struct tw_oracle *o = s->o;
	const struct tw_or_request *r = s->r;
	const struct tw_or_root own = {
		.format = r->ctx.format,
		.asid = r->ctx.asid,
		.ppn = r->ctx.root_ppn,
	};
	bool fault = s->goal == TW_OR_PAGE_FAULT || s->goal == TW_OR_ACCESS_FAULT;

	s->walked = fault && !o->opts.cached_faults && !(s->relax & TW_OR_ANY_TIME);
	if (s->walked) {
		s->found = try_root(s, &own);
		s->lost |= s->goal == TW_OR_ACCESS_FAULT && o->errors_lost > r->begin;
		return;
	}
	// The own address space first: it nearly always decides. Newer roots stand behind.
	for (unsigned int other = 0; other < 2 && !s->found; other++)
		for (size_t i = o->roots; i-- > 0 && !s->found && !s->exhausted;) {
			const struct tw_or_root *root = &o->root[i];

			if ((root->asid != own.asid) == (other != 0) &&
			    formats_mix(root->format, own.format))
				s->found = try_root(s, root);
		}
	s->lost |= o->roots_lost > r->horizon || o->modes_lost > r->horizon;
}

void tw_or_walk_newest(struct tw_oracle *o, const struct tw_or_request *r, struct tw_or_newest *n)
{
	struct tw_walk_state ws;
	struct tw_pte pte = {.ppn = r->ctx.root_ppn};

	*n = (struct tw_or_newest){0};
	tw_arch_root(&r->ctx, &ws);
	do {
		struct tw_or_step *step = &n->step[n->depth++];
		struct tw_or_view view;

		step->addr = tw_arch_pte_addr(&r->ctx, pte.ppn, ws.level, r->req.va);
		step->level = ws.level;
		step->read = TW_OR_NEVER;
		if (tw_or_view(o, step->addr, &view) != 0 || view.n == 0) {
			step->bus_error = true;
			tw_arch_resp_fault(&r->ctx, &r->req, TW_FAULT_ACCESS, 0, &n->resp);
			return;
		}
		step->version = view.v[view.n - 1];
		tw_arch_decode(&r->ctx, &r->req, &ws, step->version.value, &pte);
		n->update |= pte.update != step->version.value;
		ws = pte.next;
	} while (pte.kind == TW_PTE_POINTER);
	if (pte.kind == TW_PTE_FAULT)
		tw_arch_resp_fault(&r->ctx, &r->req, TW_FAULT_PAGE, pte.cause, &n->resp);
	else
		tw_arch_resp_ok(&r->req, pte.ppn, pte.size, &pte.rights, &n->resp);
}
