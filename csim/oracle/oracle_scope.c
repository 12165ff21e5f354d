// SPDX-License-Identifier: Apache-2.0
// What a cached item depends on besides the entries: fences and what they cover, roots that were in
// force, and control flags that decide how an entry is read. Invariants: fences are sorted by
// begin; at most one root and one mode are current (to == NEVER). What a fence covers of cached
// pointers differs between families and stands in oracle_rules.h.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oracle_internal.h"

static bool everything(const struct tw_fence *f)
{
	return !f->by_addr && !f->by_asid && f->global;
}

// Drops the fences that add nothing, or the older half when all may count.
static void fences_shrink(struct tw_oracle *o)
{
	uint64_t dead = tw_or_dead_before(o);
	size_t drop = 0;

	while (drop < o->fences && o->fence[drop].begin < dead)
		drop++;
	if (drop < o->fences / 4) {
		drop = o->fences / 2;
		// An open fence cannot be forgotten: its end will be told.
		for (size_t i = 0; i < drop; i++)
			if (o->fence[i].end == TW_OR_NEVER)
				drop = i;
		if (!drop)
			return;
		o->fences_lost = o->fence[drop - 1].begin;
		o->stats.fences_lost += drop;
	}
	memmove(o->fence, o->fence + drop, (o->fences - drop) * sizeof(*o->fence));
	o->fences -= drop;
	o->fence_base += drop;
	o->undrained_fences = 0;
	for (size_t i = 0; i < o->fences; i++)
		o->undrained_fences +=
			o->fence[i].end != TW_OR_NEVER && o->fence[i].drained == TW_OR_NEVER;
}

int tw_or_fence_add(struct tw_oracle *o, const struct tw_fence *scope, uint64_t *id)
{
	if (o->fences >= o->opts.max_fences)
		fences_shrink(o);
	if (o->fences == o->fence_cap) {
		size_t cap = o->fence_cap ? o->fence_cap * 2 : 64;
		struct tw_or_fence *p = realloc(o->fence, cap * sizeof(*p));

		if (!p)
			return -ENOMEM;
		o->fence = p;
		o->fence_cap = cap;
	}
	*id = o->fence_base + o->fences;
	o->fence[o->fences++] = (struct tw_or_fence){
		.scope = *scope,
		.begin = o->now,
		.begin_cycle = o->cycle,
		.excused = o->excused,
		.end = TW_OR_NEVER,
		.drained = TW_OR_NEVER,
	};
	o->open_fences++;
	return 0;
}

int tw_or_fence_close(struct tw_oracle *o, uint64_t id)
{
	struct tw_or_fence *f;

	if (id < o->fence_base || id - o->fence_base >= o->fences)
		return -ENOENT;
	f = &o->fence[id - o->fence_base];
	if (f->end != TW_OR_NEVER)
		return -ENOENT;
	f->end = o->now;
	o->open_fences--;
	o->undrained_fences++;
	f->end_cycle = o->cycle;
	if (everything(&f->scope) && f->begin > o->horizon)
		o->horizon = f->begin;
	tw_or_drain(o);
	return 0;
}

size_t tw_or_fence_after(const struct tw_oracle *o, uint64_t at)
{
	size_t lo = 0, hi = o->fences;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->fence[mid].begin > at)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

// A root that no request can use any more, or else the oldest one that is not in use.
static size_t root_to_drop(struct tw_oracle *o)
{
	uint64_t dead = tw_or_dead_before(o);
	size_t oldest = SIZE_MAX;

	for (size_t i = 0; i < o->roots; i++)
		if (o->root[i].drained != TW_OR_NEVER &&
		    (oldest == SIZE_MAX || o->root[i].drained < o->root[oldest].drained))
			oldest = i;
	if (oldest != SIZE_MAX && o->root[oldest].drained >= dead) {
		if (o->root[oldest].drained + 1 > o->roots_lost)
			o->roots_lost = o->root[oldest].drained + 1;
		o->stats.roots_lost++;
	}
	return oldest;
}

static int root_reserve(struct tw_oracle *o)
{
	size_t cap = o->root_cap ? o->root_cap * 2 : 16;
	struct tw_or_root *p;

	if (o->roots < o->root_cap)
		return 0;
	p = realloc(o->root, cap * sizeof(*p));
	if (!p)
		return -ENOMEM;
	o->root = p;
	o->root_cap = cap;
	return 0;
}

void tw_or_take_root(struct tw_ctx *to, const struct tw_ctx *from)
{
	to->format = from->format;
	to->asid = from->asid;
	to->root_ppn = from->root_ppn;
	to->root_low = from->root_low;
	memcpy(to->pdpte, from->pdpte, sizeof(to->pdpte));
}

static bool same_root(const struct tw_ctx *a, const struct tw_ctx *b)
{
	return a->format == b->format && a->asid == b->asid && a->root_ppn == b->root_ppn &&
	       a->root_low == b->root_low && !memcmp(a->pdpte, b->pdpte, sizeof(a->pdpte));
}

static void root_add(struct tw_oracle *o, const struct tw_ctx *ctx)
{
	for (size_t i = 0; i < o->roots; i++) {
		struct tw_or_root *r = &o->root[i];

		if (!same_root(&r->ctx, ctx))
			continue;
		// Again in force: the time between counts too, which only accepts more.
		o->undrained_roots -= r->drained == TW_OR_NEVER;
		r->to = r->drained = TW_OR_NEVER;
		return;
	}
	if (o->roots >= o->opts.max_roots) {
		size_t drop = root_to_drop(o);

		if (drop != SIZE_MAX)
			o->root[drop] = o->root[--o->roots];
	}
	o->root[o->roots] = (struct tw_or_root){
		.from = o->now,
		.to = TW_OR_NEVER,
		.drained = TW_OR_NEVER,
	};
	tw_or_take_root(&o->root[o->roots++].ctx, ctx);
}

static void mode_add(struct tw_oracle *o, const struct tw_ctx *ctx)
{
	uint32_t flags = ctx->flags & TW_OR_MODE_FLAGS;
	uint64_t dead = tw_or_dead_before(o);
	size_t i = 0;

	while (i < o->modes &&
	       (o->mode[i].flags != flags || o->mode[i].maxphyaddr != ctx->maxphyaddr))
		i++;
	if (i < o->modes) {
		o->mode[i].to = TW_OR_NEVER;
		return;
	}
	if (o->modes == TW_OR_MODES) {
		i = 0;
		for (size_t k = 1; k < o->modes; k++)
			if (o->mode[k].to < o->mode[i].to)
				i = k;
		if (o->mode[i].to >= dead)
			o->modes_lost = o->mode[i].to + 1;
	} else {
		o->modes++;
	}
	o->mode[i] = (struct tw_or_mode){
		.flags = flags, .maxphyaddr = ctx->maxphyaddr, .from = o->now, .to = TW_OR_NEVER};
}

int tw_or_ctx_set(struct tw_oracle *o, const struct tw_ctx *ctx)
{
	if (root_reserve(o) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < o->roots; i++) {
		struct tw_or_root *r = &o->root[i];

		if (r->to != TW_OR_NEVER)
			continue;
		r->to = o->now;
		o->undrained_roots++;
	}
	for (size_t i = 0; i < o->modes; i++)
		if (o->mode[i].to == TW_OR_NEVER)
			o->mode[i].to = o->now;
	// Without translation nothing is read.
	if (ctx->format != TW_FMT_BARE) {
		root_add(o, ctx);
		mode_add(o, ctx);
	}
	tw_or_drain(o);
	o->ctx = *ctx;
	return 0;
}

void tw_or_drain(struct tw_oracle *o)
{
	uint64_t oldest;

	if (!o->undrained_fences && !o->undrained_roots)
		return;
	oldest = tw_or_oldest_accept(o);
	for (size_t i = o->fences, left = o->undrained_fences; left; left--) {
		struct tw_or_fence *f;

		do
			f = &o->fence[--i];
		while (f->end == TW_OR_NEVER || f->drained != TW_OR_NEVER);
		if (f->end < oldest) {
			f->drained = o->now;
			o->epoch++;
			o->undrained_fences--;
		}
	}
	for (size_t i = 0; i < o->roots && o->undrained_roots; i++) {
		struct tw_or_root *r = &o->root[i];

		if (r->to != TW_OR_NEVER && r->drained == TW_OR_NEVER && r->to < oldest) {
			r->drained = o->now;
			o->epoch++;
			o->undrained_roots--;
		}
	}
}

bool tw_or_covers_leaf(const struct tw_or_fence *f, const struct tw_ctx *ctx, uint64_t va,
		       unsigned int log2_pages, bool global)
{
	unsigned int shift = TW_PAGE_SHIFT + log2_pages;

	// va is canonical, so a fence address that is not can never equal it here.
	return tw_or_in_scope(&f->scope, ctx, global) &&
	       (!f->scope.by_addr || tw_arch_va(ctx, f->scope.va) >> shift == va >> shift);
}
