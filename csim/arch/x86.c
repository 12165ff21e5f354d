// SPDX-License-Identifier: Apache-2.0
// The scheme of x86: two-level paging with PSE, PAE, four-level and five-level. Decodes one entry
// for one request, makes the permission check of TLB hits, and keeps PAE's four directory-pointer
// entries. Invariant: an entry that faults is left alone (update equals the entry). Source: Intel
// SDM volume 3, tables 4-4 to 4-20 (entries), 4.4.1 (PDPTE registers), 4.6 (rights, protection
// keys), 4.7 (error code), 4.8 (A and D).
#include "entry.h"
#include "internal.h"

static inline bool has(const struct tw_ctx *ctx, enum tw_format_trait trait)
{
	return tw_formats[ctx->format].traits & trait;
}

static uint8_t page_cause(const struct tw_ctx *ctx, const struct tw_req *req, uint8_t bits)
{
	bool nx = has(ctx, TW_FT_NX) && (ctx->flags & TW_F_NXE);

	if (tw_is_write(req))
		bits |= TW_PF_W;
	if (tw_is_user(req))
		bits |= TW_PF_U;
	if (req->access == TW_FETCH && (nx || (ctx->flags & TW_F_SMEP)))
		bits |= TW_PF_I;
	return bits;
}

static uint8_t access_cause(const struct tw_ctx *ctx, const struct tw_req *req)
{
	return page_cause(ctx, req, 0);
}

static bool allowed(const struct tw_ctx *ctx, const struct tw_req *req,
		    const struct tw_rights *rights, bool *pk)
{
	bool user = tw_is_user(req), write = tw_is_write(req), fetch = req->access == TW_FETCH;
	// Whether read-only holds for this access: always for user mode, with CR0.WP for all.
	bool ro_holds = user || (ctx->flags & TW_F_WP);
	bool denied;

	*pk = false;
	if ((ctx->flags & TW_F_PKE) && has(ctx, TW_FT_PKEY) && rights->u && !fetch) {
		uint32_t key = ctx->pkru >> (2 * rights->pkey); // bit 0 AD, bit 1 WD

		*pk = (key & 1) || ((key & 2) && write && ro_holds);
	}
	denied = write && !rights->w && ro_holds;
	denied |= fetch && !rights->x;
	if (user)
		denied |= !rights->u;
	else if (rights->u)
		denied |= fetch ? (ctx->flags & TW_F_SMEP) != 0
				: (ctx->flags & TW_F_SMAP) && !req->sum;
	return !denied && !*pk;
}

// Whether PS means a large page; two-level paging has them only with CR4.PSE.
static inline bool large(const struct tw_ctx *ctx, uint8_t level, uint64_t pte)
{
	return level != 0 && (pte & X86_PS) && (!has(ctx, TW_FT_PSE) || (ctx->flags & TW_F_PSE));
}

// PSE-36: bits 20:13 of a 4 MB entry are address bits 39:32, as far as MAXPHYADDR goes.
static inline unsigned int pse36_width(const struct tw_ctx *ctx)
{
	return ctx->maxphyaddr < 40 ? ctx->maxphyaddr : 40;
}

// What is reserved in an entry of this level, PS being as it is in the entry.
static uint64_t reserved(const struct tw_ctx *ctx, uint8_t level, uint64_t pte)
{
	// Of a leaf of level 1 and 2: the address bits below the page, of which bit 12 is PAT.
	static const uint64_t low_of_leaf[] = {0, UINT64_C(0x1fe000), UINT64_C(0x3fffe000)};
	uint64_t mask;

	if (has(ctx, TW_FT_PSE))
		return large(ctx, level, pte)
			       ? tw_low_mask(22) & ~tw_low_mask(pse36_width(ctx) - 19)
			       : 0;
	mask = tw_low_mask(X86_PA_END) & ~tw_low_mask(ctx->maxphyaddr);
	if (has(ctx, TW_FT_HIGH_RES))
		mask |= X86_HIGH;
	if (!(ctx->flags & TW_F_NXE))
		mask |= X86_XD;
	if (pte & X86_PS) {
		if (level > 2 || (level == 2 && !(ctx->flags & TW_F_GBPAGES)))
			mask |= X86_PS;
		else
			mask |= low_of_leaf[level];
	}
	return mask;
}

static uint64_t leaf_ppn(const struct tw_ctx *ctx, uint8_t level, uint64_t pte, unsigned int pages)
{
	uint64_t ppn = pte >> TW_PAGE_SHIFT & X86_PPN_MASK & ~tw_low_mask(pages);

	if (level != 0 && has(ctx, TW_FT_PSE))
		ppn |= (pte >> 13 & 0xff) << (32 - TW_PAGE_SHIFT);
	return ppn;
}

static void decode(const struct tw_ctx *ctx, const struct tw_req *req,
		   const struct tw_walk_state *ws, uint64_t pte, struct tw_pte *out)
{
	bool w = ws->w && (pte & X86_RW), u = ws->u && (pte & X86_US), x = ws->x && !(pte & X86_XD);
	unsigned int pat;
	bool pk;

	if (!(pte & X86_P)) {
		tw_pte_fault(ctx, req, pte, 0, out);
		return;
	}
	if (pte & reserved(ctx, ws->level, pte)) {
		tw_pte_fault(ctx, req, pte, TW_PF_P | TW_PF_RSVD, out);
		return;
	}
	if (ws->level != 0 && !large(ctx, ws->level, pte)) {
		out->kind = TW_PTE_POINTER;
		out->ppn = pte >> TW_PAGE_SHIFT & X86_PPN_MASK;
		out->next = (struct tw_walk_state){
			.level = (uint8_t)(ws->level - 1), .w = w, .u = u, .x = x};
		out->update = pte | X86_A;
		return;
	}
	out->kind = TW_PTE_LEAF;
	out->size = tw_formats[ctx->format].size_of_level[ws->level];
	out->ppn = leaf_ppn(ctx, ws->level, pte, tw_size_log2_pages(out->size));
	// PAT is bit 7 of a 4 KB leaf and bit 12 of a larger one, where bit 7 is PS.
	pat = (unsigned int)(pte >> (ws->level ? 12 : 7)) & 1;
	out->rights = (struct tw_rights){
		.r = true,
		.w = w,
		.x = x,
		.u = u,
		.g = (pte & X86_G) && (ctx->flags & TW_F_PGE),
		.attr = (uint8_t)(pat << 2 | (pte >> X86_PWT_SHIFT & 3)),
		.pkey = has(ctx, TW_FT_PKEY) ? (uint8_t)(pte >> X86_PKEY_SHIFT & 15) : 0,
	};
	if (!allowed(ctx, req, &out->rights, &pk)) {
		tw_pte_fault(ctx, req, pte, (uint8_t)(TW_PF_P | (pk ? TW_PF_PK : 0)), out);
		return;
	}
	out->update = pte | X86_A | (tw_is_write(req) ? X86_D : 0);
	out->rights.d = (out->update & X86_D) != 0;
}

// --- PAE: the page-directory-pointer entries -----------------------------------------------------

static bool root_entry_good(const struct tw_ctx *ctx, uint64_t entry)
{
	return !(entry & X86_P) || !(entry & (X86_PDPTE_RES | ~tw_low_mask(ctx->maxphyaddr)));
}

static bool begin(const struct tw_ctx *ctx, uint64_t va, uint64_t *table_ppn)
{
	uint64_t entry;

	if (!has(ctx, TW_FT_PDPTE))
		return true;
	entry = ctx->pdpte[va >> 30 & 3];
	*table_ppn = entry >> TW_PAGE_SHIFT & X86_PPN_MASK;
	return entry & X86_P;
}

// --- Layouts -------------------------------------------------------------------------------------

static void pdpte_layout(struct tw_entry_layout *l)
{
	l->present = l->fixed = X86_P;
	l->plain = X86_CACHE | X86_AVAILABLE;
	l->wrong = X86_PDPTE_RES | ~tw_low_mask(X86_PA_END);
	l->address[0].at = TW_PAGE_SHIFT;
	l->address[0].bits = X86_PA_END - TW_PAGE_SHIFT;
}

static void layout(const struct tw_format_desc *format, unsigned int level, bool leaf,
		   struct tw_entry_layout *l)
{
	bool narrow = format->entry_bytes == 4;

	if (level == format->levels) {
		pdpte_layout(l);
		return;
	}
	l->present = l->fixed = X86_P;
	l->write = X86_RW;
	l->user = X86_US;
	l->accessed = X86_A;
	l->no_exec = format->traits & TW_FT_NX ? X86_XD : 0;
	l->plain = X86_CACHE | X86_AVAILABLE;
	l->address[0].at = TW_PAGE_SHIFT;
	l->address[0].bits = narrow ? 20 : X86_PA_END - TW_PAGE_SHIFT;
	if (format->traits & TW_FT_HIGH_RES)
		l->wrong |= X86_HIGH;
	else if (!narrow)
		l->plain |= X86_HIGH;
	if (!leaf) {
		l->plain |= X86_D | X86_G;
		if (!(format->leaf_levels >> level & 1))
			l->wrong |= X86_PS;
		return;
	}
	l->dirty = X86_D;
	l->global = X86_G;
	l->plain |= level ? X86_PAT_LARGE : X86_PS;
	if (!level)
		return;
	l->fixed |= X86_PS;
	l->address[0].ppn = format->vpn_shift[level];
	l->address[0].at = (uint8_t)(TW_PAGE_SHIFT + l->address[0].ppn);
	l->address[0].bits = (uint8_t)(l->address[0].bits - l->address[0].ppn);
	l->wrong |= tw_low_mask(l->address[0].at) & ~tw_low_mask(13);
	if (format->traits & TW_FT_PSE) {
		l->address[1].at = 13;
		l->address[1].ppn = 20;
		l->address[1].bits = 8;
		l->wrong &= ~(tw_low_mask(8) << 13);
	}
}

const struct tw_scheme tw_scheme_x86 = {
	.family = "x86",
	.non_canonical = TW_FAULT_CANON,
	.attr_bits = {3, 3},
	.decode = decode,
	.allowed = allowed,
	.page_cause = page_cause,
	.access_cause = access_cause,
	.oracle = &tw_or_x86,
	.root_entry_good = root_entry_good,
	.begin = begin,
	.layout = layout,
};
