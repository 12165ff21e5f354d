// SPDX-License-Identifier: Apache-2.0
// Which walks give the answer, and when what is cached may be used. docs/oracle.md derives the
// rules; in short, with time as the order of events:
//   a pointer read at time t may be used for reading the next level until the requests that were in
//   flight at the end of the first covering fence that began after t are answered;
//   a translation may answer a request if its leaf was read no earlier than the begin of every
//   covering fence that was done before the request was accepted, and so were its pointers as far
//   as the fence covers them too.
#include "oracle_search.h"

static bool covers_pointer(const struct tw_or_search *s, const struct tw_or_fence *f,
			   const struct tw_or_step *step)
{
	return s->rules->covers_pointer(&f->scope, &s->ctx, s->r->req.va, step->level,
					step->global);
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

		if (!tw_or_step_counts(s))
			break;
		if (f->end < before && covers_pointer(s, f, step))
			return f;
	}
	return NULL;
}

uint64_t tw_or_held_until(const struct tw_or_search *s, uint64_t end, uint64_t drained)
{
	return s->goal >= TW_OR_UPDATE && end > s->r->accept ? TW_OR_NEVER : drained;
}

uint64_t tw_or_usable_until(struct tw_or_search *s, const struct tw_or_step *step)
{
	const struct tw_or_fence *f;

	if (s->relax & TW_OR_ANY_FENCE)
		return TW_OR_NEVER;
	f = pointer_fence(s, step, TW_OR_NEVER);
	return f ? tw_or_held_until(s, f->end, f->drained) : TW_OR_NEVER;
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

		if (f->begin > s->r->accept || !tw_or_step_counts(s))
			break;
		if (f->end == TW_OR_NEVER || f->end > s->r->accept)
			continue;
		if (log2_pages == NO_LEAF ? !covers_pointer(s, f, last)
					  : !tw_or_covers_leaf(f, &s->ctx, va, log2_pages, global))
			continue;
		for (unsigned int k = 0; k < steps; k++) {
			const struct tw_or_step *step = &s->step[k];

			if (step->read < f->begin &&
			    (k == steps - 1 || covers_pointer(s, f, step))) {
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

bool tw_or_in_space(const struct tw_or_search *s, bool global)
{
	return s->ctx.asid == s->r->ctx.asid || global || (s->relax & TW_OR_ANY_ASID);
}

// The entry faults. With faults from walks only, the times are right already.
bool tw_or_fault_fits(struct tw_or_search *s, const struct tw_ctx *ctx,
		      const struct tw_walk_state *ws, const struct tw_or_step *step,
		      const struct tw_pte *pte)
{
	const struct tw_or_request *r = s->r;
	const struct tw_or_rules *rules = s->rules;
	uint8_t bits = pte->cause & rules->entry_cause;
	bool g = rules->global(ctx, ws, step->entry);

	if (!(s->o->opts.unchecked & TW_ORACLE_CAUSE) &&
	    tw_arch_page_cause(&r->ctx, &r->req, bits) != s->want->cause)
		return false;
	if (s->walked)
		return true;
	if (!tw_or_in_space(s, g))
		return false;
	if (step->version.to < r->begin && !(s->relax & TW_OR_ANY_TIME) &&
	    !rules->holds_fault(step->entry, bits))
		return false;
	return may_answer(s, rules->fault_pages(&tw_formats[ctx->format], ws->level, step->entry),
			  g);
}

bool tw_or_leaf_fits(struct tw_or_search *s, uint64_t value, const struct tw_pte *pte)
{
	struct tw_resp resp;

	if (pte->update != value && !(s->relax & TW_OR_ANY_AD))
		return false;
	if (!tw_or_in_space(s, pte->rights.g))
		return false;
	tw_arch_resp_ok(&s->r->req, pte->ppn, pte->size, &pte->rights, &resp);
	return tw_or_same(s->o, &resp, s->want) &&
	       may_answer(s, tw_size_log2_pages(pte->size), pte->rights.g);
}

bool tw_or_is_target(const struct tw_or_search *s, const struct tw_or_step *step)
{
	return (step->addr & ~UINT64_C(7)) == s->addr && step->version.to == s->o->now &&
	       (step->read == s->o->now || s->o->opts.reads_told) && step->version.value == s->old;
}

// The change that hardware made to this entry is one that the request's walk makes now. An entry
// that faults is left alone (its update is its value).
bool tw_or_update_fits(struct tw_or_search *s, const struct tw_or_step *step,
		       const struct tw_pte *pte)
{
	return tw_or_is_target(s, step) && pte->kind != TW_PTE_FAULT &&
	       (s->value ^ s->old) == (pte->update ^ step->entry) << (step->addr & 4) * 8 &&
	       s->ctx.asid == s->r->ctx.asid && may_answer(s, NO_LEAF, false);
}
