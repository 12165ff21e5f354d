// SPDX-License-Identifier: Apache-2.0
// Is there a walk that gives this answer? Enumerates, level by level, the versions of the entries
// on the path from each root that may still be cached, and stops at the first walk that the rules
// (oracle_fits.c) allow. For each entry the latest possible time of reading is taken, which is the
// best for all of them.
// Invariant: a search that found nothing and left nothing out is a proof that no such walk exists.
#include "oracle_search.h"

static bool failed_read(const struct tw_or_search *s, uint64_t addr, uint64_t from)
{
	for (size_t i = s->o->errors; i-- > 0;)
		if (s->o->error[i].addr == (addr & ~UINT64_C(7)) && s->o->error[i].at >= from)
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

	if (!tw_or_step_counts(s))
		return false;
	tw_arch_decode(ctx, &s->r->req, ws, step->entry, &pte);
	if (s->goal == TW_OR_UPDATE && tw_or_update_fits(s, step, &pte))
		return true;
	switch (pte.kind) {
	case TW_PTE_FAULT:
		return s->goal == TW_OR_PAGE_FAULT && tw_or_fault_fits(s, ctx, ws, step, &pte);
	case TW_PTE_LEAF:
		return s->goal == TW_OR_TRANSLATION && tw_or_leaf_fits(s, step->entry, &pte);
	case TW_PTE_POINTER:
		break;
	}
	if (s->goal == TW_OR_TRANSLATION && pte.update != step->entry && !(s->relax & TW_OR_ANY_AD))
		return false;
	step->global = pte.next.g;
	// A walk from the root holds its pointer itself; only the order of its reads counts.
	return descend(s, pte.ppn, &pte.next, lo,
		       s->walked ? TW_OR_NEVER : tw_or_usable_until(s, step));
}

// Whether the walk may end at a level below this one.
static bool ends_below(const struct tw_or_search *s, uint8_t level)
{
	return s->ends & tw_low_mask(level);
}

// A necessary condition, by the bits of the entry alone: it leads to an end or is one. Saves most
// of the work.
static bool promising(const struct tw_or_search *s, const struct tw_or_step *step)
{
	const struct tw_format_desc *d = &tw_formats[s->ctx.format];
	unsigned int kind;

	if (s->goal == TW_OR_PAGE_FAULT)
		return true;
	kind = s->rules->kind(d, step->level, step->entry);
	if ((kind & TW_OR_MAY_POINT) && ends_below(s, step->level))
		return true;
	if (s->goal == TW_OR_TRANSLATION)
		return (kind & TW_OR_MAY_MAP) && (s->ends >> step->level & 1) &&
		       s->rules->leads_to(d, step->level, step->entry, s->want->pa);
	return s->goal == TW_OR_UPDATE && tw_or_is_target(s, step);
}

// Decodes one version under each set of control flags that was in force, as far as it matters to
// this entry: most are read the same way under all.
static bool try_modes(struct tw_or_search *s, const struct tw_walk_state *ws, uint64_t lo)
{
	enum { SEEN = 64 }; // beyond it, what was tried may be tried again
	const struct tw_oracle *o = s->o;
	const struct tw_or_request *r = s->r;
	const struct tw_or_step *step = &s->step[s->depth - 1];
	struct tw_or_mode seen[SEEN];
	struct tw_ctx ctx = s->ctx;
	uint32_t matters;
	size_t n = 0;

	if (!promising(s, step))
		return false;
	matters = s->rules->sensitive(&tw_formats[s->ctx.format], step->level, step->entry,
				      tw_is_write(&r->req));
	// The flags of the request itself are in force at least at its acceptance.
	if (!matters || (s->walked && s->rules->flags_at_once))
		return try_entry(s, &ctx, ws, lo);
	for (size_t i = o->modes; i-- > 0;) {
		const struct tw_or_mode *m = &o->mode[i];
		struct tw_or_mode now = {.flags = m->flags & matters,
					 .maxphyaddr = matters & TW_OR_PHYS ? m->maxphyaddr : 0};
		size_t k = 0;

		if (m->to < r->horizon)
			continue;
		while (k < n &&
		       (seen[k].flags != now.flags || seen[k].maxphyaddr != now.maxphyaddr))
			k++;
		if (k < n)
			continue;
		if (n < SEEN)
			seen[n++] = now;
		ctx.flags = (r->ctx.flags & ~TW_OR_MODE_FLAGS) | m->flags;
		ctx.maxphyaddr = m->maxphyaddr;
		if (try_entry(s, &ctx, ws, lo))
			return true;
	}
	return false;
}

// Tries the versions of one word, newest first; with ONLY, those whose entry has all of its bits.
static bool try_word(struct tw_or_search *s, const struct tw_or_view *view,
		     const struct tw_walk_state *ws, uint64_t lo, uint64_t hi, uint64_t only)
{
	const struct tw_or_request *r = s->r;
	struct tw_or_step *step = &s->step[s->depth - 1];
	bool ignore = s->relax & TW_OR_ANY_FENCE;
	uint64_t floor = ignore ? lo : max64(lo, r->horizon);
	uint32_t back = s->back;

	for (uint32_t i = view->n; i-- > 0 && view->v[i].to >= floor && !s->exhausted;) {
		const struct tw_or_version *v = &view->v[i];
		uint64_t from = max64(v->from, lo), to = min64(v->to, hi);

		step->back = view->n - 1 - i;
		s->back = back + step->back;
		if (s->max_back && s->back > s->max_back)
			break;
		step->entry = tw_arch_entry(&s->ctx, step->addr, v->value);
		if (from > to || (step->entry & only) != only)
			continue;
		if (v->to < s->o->fences_lost && !s->walked && !ignore) {
			s->lost = true;
			continue;
		}
		step->version = *v;
		step->read = to;
		if (s->o->opts.reads_told && !(s->relax & TW_OR_ANY_READ)) {
			step->read = tw_or_last_read(s->o, view, from, to, &s->lost);
			if (!step->read)
				continue;
		}
		if (try_modes(s, ws, s->relax & TW_OR_ANY_ORDER ? lo : from))
			return true;
	}
	s->back = back;
	if (view->lost > (s->walked ? r->begin : r->horizon))
		s->lost = true;
	return false;
}

// What a cache holds for a range of entries may have been read from any of them. Tries the others.
static bool try_range(struct tw_or_search *s, const struct tw_walk_state *ws, uint64_t addr,
		      uint64_t lo, uint64_t hi)
{
	struct tw_or_step *step = &s->step[s->depth - 1];
	unsigned int bytes = tw_formats[s->ctx.format].entry_bytes, n = s->rules->range_entries;
	struct tw_or_view view;

	for (unsigned int i = 0; i < n; i++) {
		step->addr = (addr & ~((uint64_t)n * bytes - 1)) + (uint64_t)i * bytes;
		if (step->addr == addr)
			continue;
		if (tw_or_view(s->o, step->addr & ~UINT64_C(7), &view) != 0)
			s->lost = true;
		else if (try_word(s, &view, ws, lo, hi, s->rules->range_bits))
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
	struct tw_or_step *step = &s->step[s->depth];
	struct tw_or_view view;

	if (s->goal >= TW_OR_UPDATE && (addr & ~UINT64_C(7)) != s->addr &&
	    !ends_below(s, ws->level))
		return false;
	s->depth++;
	*step = (struct tw_or_step){.addr = addr, .level = ws->level};
	if (s->goal == TW_OR_READ && (addr & ~UINT64_C(7)) == s->addr && hi >= s->o->now)
		return true;
	if (tw_or_view(s->o, addr & ~UINT64_C(7), &view) != 0) {
		s->lost = true;
		goto out;
	}
	if (s->goal == TW_OR_ACCESS_FAULT) {
		step->bus_error = view.n == 0 || failed_read(s, addr, max64(lo, r->begin));
		if (step->bus_error && (s->walked || tw_or_in_space(s, ws->g)))
			return true;
	}
	if (try_word(s, &view, ws, lo, hi, 0))
		return true;
	if (ws->level == 0 && s->rules->range_entries && !s->walked &&
	    (s->goal == TW_OR_TRANSLATION || s->goal == TW_OR_PAGE_FAULT) &&
	    try_range(s, ws, addr, lo, hi))
		return true;
out:
	s->depth--;
	return false;
}

// The levels at which a walk in the present format may end.
static uint8_t end_levels(const struct tw_or_search *s)
{
	const struct tw_format_desc *d = &tw_formats[s->ctx.format];
	uint8_t size = s->want ? s->want->size : 0, ends = 0;

	for (uint8_t level = 0; level < d->levels; level++) {
		bool end = true;

		if (s->goal >= TW_OR_UPDATE)
			end = ((tw_arch_pte_addr(&s->ctx, 0, level, s->r->req.va) ^ s->addr) &
			       tw_low_mask(TW_PAGE_SHIFT) & ~UINT64_C(7)) == 0;
		else if (s->goal == TW_OR_TRANSLATION && !(s->o->opts.unchecked & TW_ORACLE_SIZE))
			end = d->size_of_level[level] == size ||
			      (level == 0 && size == TW_SIZE_64K);
		ends |= (uint8_t)(end << level);
	}
	return ends;
}

// The root itself has no table for the address.
static bool root_faults(const struct tw_or_search *s)
{
	const struct tw_or_request *r = s->r;

	return s->goal == TW_OR_PAGE_FAULT && s->ctx.asid == r->ctx.asid &&
	       ((s->o->opts.unchecked & TW_ORACLE_CAUSE) ||
		tw_arch_page_cause(&r->ctx, &r->req, 0) == s->want->cause);
}

static bool try_root(struct tw_or_search *s, const struct tw_or_root *root)
{
	const struct tw_or_request *r = s->r;
	struct tw_walk_state ws;
	struct tw_resp resp;
	uint64_t table;

	s->ctx = r->ctx;
	tw_or_take_root(&s->ctx, &root->ctx);
	if (!tw_arch_canonical(&s->ctx, &r->req, &resp))
		return false;
	s->depth = 0;
	s->back = 0;
	s->rules = tw_or_rules(s->ctx.format);
	s->ends = end_levels(s);
	if (!s->ends)
		return false;
	if (!tw_arch_begin(&s->ctx, r->req.va, &ws, &table))
		return root_faults(s);
	if (s->walked)
		return descend(s, table, &ws, r->begin, TW_OR_NEVER);
	return descend(s, table, &ws, root->from, tw_or_held_until(s, root->to, root->drained));
}

// Whether a walk in another address space can be the one: it ends in a global mapping.
static bool others_count(const struct tw_or_search *s)
{
	if (s->goal >= TW_OR_UPDATE)
		return false;
	return s->goal != TW_OR_TRANSLATION || s->want->global ||
	       (s->o->opts.unchecked & TW_ORACLE_GLOBAL) || (s->relax & TW_OR_ANY_ASID);
}

// A walk from a root that was in force.
static bool try_roots(struct tw_or_search *s, bool own)
{
	const struct tw_oracle *o = s->o;
	const struct tw_ctx *ctx = &s->r->ctx;

	for (size_t i = o->roots; i-- > 0 && !s->exhausted;) {
		const struct tw_or_root *root = &o->root[i];

		if ((root->ctx.asid == ctx->asid) == own &&
		    tw_or_rules(ctx->format)->mixes(root->ctx.format, ctx->format) &&
		    try_root(s, root))
			return true;
	}
	return false;
}

static void search(struct tw_or_search *s)
{
	const struct tw_oracle *o = s->o;
	const struct tw_or_request *r = s->r;
	const struct tw_or_root own = {.ctx = r->ctx};
	bool fault = s->goal == TW_OR_PAGE_FAULT || s->goal == TW_OR_ACCESS_FAULT;

	// A page keeps the offset.
	if (s->goal == TW_OR_TRANSLATION &&
	    ((s->want->pa ^ r->req.va) & tw_low_mask(TW_PAGE_SHIFT)))
		return;
	s->walked = fault && !o->opts.cached_faults && !(s->relax & TW_OR_ANY_TIME);
	if (s->walked) {
		s->found = try_root(s, &own);
		s->lost |= s->goal == TW_OR_ACCESS_FAULT && o->errors_lost > r->begin;
		return;
	}
	// The own address space first: it nearly always decides.
	s->found = try_roots(s, true) || (others_count(s) && try_roots(s, false));
	s->lost |= o->roots_lost > r->horizon || o->modes_lost > r->horizon;
}

void tw_or_find(struct tw_or_search *s)
{
	struct tw_oracle_stats *stats = &s->o->stats;

	s->found = s->lost = s->exhausted = false;
	s->steps = 0;
	search(s);
	stats->searches++;
	stats->steps += s->steps;
	if (s->steps > stats->longest)
		stats->longest = s->steps;
}
