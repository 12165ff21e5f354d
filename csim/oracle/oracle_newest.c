// SPDX-License-Identifier: Apache-2.0
// What the newest entries give, whether two responses are the same as far as the hardware reports
// them, and in which entry a page stands. Invariant: nothing here depends on time.
#include "oracle_cause.h"

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

static unsigned int pa_bits(const struct tw_oracle *o)
{
	return o->opts.pa_bits ? o->opts.pa_bits : 56;
}

// The upper bits of an untranslated address dropped.
static void cut(const struct tw_oracle *o, const struct tw_ctx *ctx, const struct tw_req *req,
		struct tw_resp *want)
{
	struct tw_req low = *req;

	low.va = tw_arch_va(ctx, req->va) & tw_low_mask(pa_bits(o));
	tw_arch_direct(ctx, &low, want);
}

bool tw_or_direct(const struct tw_oracle *o, const struct tw_ctx *ctx, const struct tw_req *req,
		  struct tw_resp *want)
{
	if (!tw_arch_direct(ctx, req, want))
		return false;
	if (tw_arch_va(ctx, req->va) >> pa_bits(o) == 0)
		return true;
	if (o->opts.beyond == TW_ORACLE_BEYOND_CUT)
		cut(o, ctx, req, want);
	else
		tw_arch_resp_fault(ctx, req, TW_FAULT_ACCESS, 0, want);
	return true;
}

bool tw_or_direct_fits(const struct tw_oracle *o, const struct tw_ctx *ctx,
		       const struct tw_req *req, const struct tw_resp *resp)
{
	struct tw_resp want;

	if (!tw_or_direct(o, ctx, req, &want))
		return false;
	if (tw_or_same(o, &want, resp))
		return true;
	if (!want.fault || o->opts.beyond != TW_ORACLE_BEYOND_FREE)
		return false;
	cut(o, ctx, req, &want);
	return tw_or_same(o, &want, resp);
}

void tw_or_walk_newest(struct tw_oracle *o, const struct tw_ctx *ctx, const struct tw_req *req,
		       uint64_t at, uint64_t flip, struct tw_or_newest *n)
{
	struct tw_pte pte;

	*n = (struct tw_or_newest){0};
	if (!tw_arch_begin(ctx, req->va, &pte.next, &pte.ppn)) {
		n->none = true;
		tw_arch_resp_fault(ctx, req, TW_FAULT_PAGE, tw_arch_page_cause(ctx, req, 0),
				   &n->resp);
		return;
	}
	do {
		struct tw_or_step *step = &n->step[n->depth++];
		struct tw_or_view view;

		n->ws = pte.next;
		step->addr = tw_arch_pte_addr(ctx, pte.ppn, n->ws.level, req->va);
		step->level = n->ws.level;
		step->read = TW_OR_NEVER;
		if (tw_or_view(o, step->addr & ~UINT64_C(7), &view) != 0 || view.n == 0) {
			step->bus_error = true;
			tw_arch_resp_fault(ctx, req, TW_FAULT_ACCESS, 0, &n->resp);
			return;
		}
		step->version = view.v[view.n - 1];
		step->entry = tw_arch_entry(ctx, step->addr, step->version.value);
		if (step->addr == at)
			step->entry ^= flip;
		tw_arch_decode(ctx, req, &n->ws, step->entry, &pte);
		if (pte.update != step->entry && !n->update) {
			n->update = true;
			n->stale = n->depth - 1;
		}
	} while (pte.kind == TW_PTE_POINTER);
	if (pte.kind == TW_PTE_FAULT)
		tw_arch_resp_fault(ctx, req, TW_FAULT_PAGE, pte.cause, &n->resp);
	else
		tw_arch_resp_ok(req, pte.ppn, pte.size, &pte.rights, &n->resp);
}

// Whether the entry, as a leaf of this level, maps the answered page.
static bool maps(const struct tw_or_answer *a, uint8_t level, uint64_t entry)
{
	const struct tw_ctx *ctx = &a->r->ctx;
	const struct tw_format_desc *d = &tw_formats[ctx->format];
	const struct tw_or_rules *rules = tw_or_rules(ctx->format);

	if (!(rules->kind(d, level, entry) & TW_OR_MAY_MAP))
		return false;
	if (!(a->o->opts.unchecked & TW_ORACLE_SIZE) && d->size_of_level[level] != a->resp->size &&
	    (level || a->resp->size != TW_SIZE_64K))
		return false;
	return rules->leads_to(d, level, entry, a->resp->pa);
}

// In the tables that the walk reads, beside its entries.
static bool find_beside(const struct tw_or_answer *a, struct tw_or_step *found)
{
	const struct tw_ctx *ctx = &a->r->ctx;
	unsigned int bytes = tw_formats[ctx->format].entry_bytes;

	for (unsigned int i = 0; i < a->now.depth; i++) {
		const struct tw_or_step *step = &a->now.step[i];
		uint64_t table = step->addr & ~tw_low_mask(TW_PAGE_SHIFT);

		for (uint64_t at = table; at < table + (1 << TW_PAGE_SHIFT); at += bytes) {
			struct tw_or_view view;

			if (tw_or_view(a->o, at & ~UINT64_C(7), &view) != 0 || !view.n)
				continue;
			*found = (struct tw_or_step){.addr = at, .level = step->level};
			found->version = view.v[view.n - 1];
			found->entry = tw_arch_entry(ctx, at, found->version.value);
			if (maps(a, step->level, found->entry))
				return true;
		}
	}
	return false;
}

// In any word that was ever written, as it is or as it was.
static bool find_ever(const struct tw_or_answer *a, struct tw_or_step *found)
{
	const struct tw_ctx *ctx = &a->r->ctx;
	const struct tw_format_desc *d = &tw_formats[ctx->format];

	for (size_t i = 0; i < a->o->word_cap; i++) {
		const struct tw_or_word *w = &a->o->word[i];

		for (uint32_t k = w->v ? w->n : 0; k-- > 0;)
			for (uint64_t at = w->addr; at < w->addr + 8; at += d->entry_bytes)
				for (uint8_t level = 0; level < d->levels; level++) {
					*found = (struct tw_or_step){.addr = at, .level = level};
					found->version = w->v[k];
					found->entry = tw_arch_entry(ctx, at, w->v[k].value);
					if (maps(a, level, found->entry))
						return true;
				}
	}
	return false;
}

bool tw_or_find_page(const struct tw_or_answer *a, struct tw_or_step *found)
{
	return find_beside(a, found) || find_ever(a, found);
}
