// SPDX-License-Identifier: Apache-2.0
// The oracle's rules of the x86 formats; see oracle_rules.h. Source: Intel SDM volume 3, 4.8 (A and
// D), 4.10.2 (TLBs, global pages), 4.10.3 (paging-structure caches; no entries for P = 0, reserved
// bits or A = 0), 4.10.4.1 (INVLPG, INVPCID, MOV to CR3).
#include <stdio.h>

#include "oracle_rules.h"

static bool mixes(enum tw_format a, enum tw_format b)
{
	return a == b; // a change of the format flushes everything
}

static unsigned int kind(const struct tw_format_desc *d, uint8_t level, uint64_t pte)
{
	if (!(pte & X86_P))
		return 0;
	// Two-level paging has large pages only with CR4.PSE.
	if (level && (pte & X86_PS) && (d->traits & TW_FT_PSE))
		return TW_OR_MAY_POINT | TW_OR_MAY_MAP;
	return level && !(pte & X86_PS) ? TW_OR_MAY_POINT : TW_OR_MAY_MAP;
}

static bool leads_to(const struct tw_format_desc *d, uint8_t level, uint64_t pte, uint64_t pa)
{
	uint64_t ppn = pte >> TW_PAGE_SHIFT & X86_PPN_MASK;

	if (level && (d->traits & TW_FT_PSE)) // PSE-36
		ppn |= (pte >> 13 & 0xff) << (32 - TW_PAGE_SHIFT);
	return (ppn ^ pa >> TW_PAGE_SHIFT) >> d->vpn_shift[level] == 0;
}

static uint32_t sensitive(const struct tw_format_desc *d, uint8_t level, uint64_t pte, bool write)
{
	// Address bits from 36, the smallest MAXPHYADDR, on; with PSE-36 they lie in 21:17.
	uint64_t high = tw_low_mask(X86_PA_END) & ~tw_low_mask(36);
	uint32_t flags = 0;

	(void)write;
	if (level && (d->traits & TW_FT_PSE))
		high = tw_low_mask(22) & ~tw_low_mask(36 - 19);
	if (pte & X86_XD)
		flags |= TW_F_NXE;
	if (pte & X86_G)
		flags |= TW_F_PGE;
	if (level && (pte & X86_PS))
		flags |= TW_F_GBPAGES | TW_F_PSE;
	if (pte & high)
		flags |= TW_OR_PHYS;
	return flags;
}

static bool global(const struct tw_ctx *ctx, const struct tw_walk_state *ws, uint64_t pte)
{
	(void)ws;
	return (pte & X86_P) && (pte & X86_G) && (ctx->flags & TW_F_PGE);
}

static bool holds_fault(uint64_t pte, uint8_t bits)
{
	return (bits & TW_PF_P) && !(bits & TW_PF_RSVD) && (pte & X86_A);
}

static unsigned int fault_pages(const struct tw_format_desc *d, uint8_t level, uint64_t pte)
{
	(void)pte;
	return d->vpn_shift[level];
}

static bool covers_pointer(const struct tw_fence *f, const struct tw_ctx *ctx, uint64_t va,
			   uint8_t level, bool is_global)
{
	struct tw_req req = {.va = f->va};
	struct tw_resp resp;
	unsigned int shift = TW_PAGE_SHIFT + tw_formats[ctx->format].vpn_shift[level];

	(void)is_global; // paging-structure caches hold no global items
	if (f->by_asid && f->asid != ctx->asid)
		return false;
	if (!f->by_addr)
		return true;
	// INVLPG drops all of the PCID's, INVPCID type 0 those that translate the address.
	if (f->by_asid && f->global)
		return tw_arch_canonical(ctx, &req, &resp);
	return tw_arch_va(ctx, f->va) >> shift == va >> shift;
}

static unsigned int lowest_bit(uint64_t bits)
{
	return (unsigned int)__builtin_ctzll(bits);
}

// Whether PS makes a page of it; two levels have large pages only with CR4.PSE.
static bool large(const struct tw_ctx *ctx, uint8_t level, uint64_t pte)
{
	return level && (pte & X86_PS) &&
	       (!(tw_formats[ctx->format].traits & TW_FT_PSE) || (ctx->flags & TW_F_PSE));
}

// Reserved bits, of which the address bits depend on the kind of entry.
static bool check_reserved(const struct tw_ctx *ctx, uint8_t level, uint64_t pte, char *buf,
			   size_t len)
{
	const struct tw_format_desc *d = &tw_formats[ctx->format];
	uint64_t address = tw_low_mask(X86_PA_END) & ~tw_low_mask(ctx->maxphyaddr), low = 0;
	bool page = large(ctx, level, pte);

	if (d->traits & TW_FT_PSE) { // two levels: only 4 MB pages have any
		unsigned int width = ctx->maxphyaddr < 40 ? ctx->maxphyaddr : 40;

		address = page ? tw_low_mask(22) & ~tw_low_mask(width - 19) : 0;
	} else if (page && (d->leaf_levels >> level & 1)) {
		low = tw_low_mask(TW_PAGE_SHIFT + d->vpn_shift[level]) & ~tw_low_mask(13);
	}
	if (pte & address)
		snprintf(buf, len, "bit %u is reserved with MAXPHYADDR %u",
			 lowest_bit(pte & address), ctx->maxphyaddr);
	else if ((d->traits & TW_FT_HIGH_RES) && (pte & X86_HIGH))
		snprintf(buf, len, "bit %u is reserved", lowest_bit(pte & X86_HIGH));
	else if ((d->traits & TW_FT_NX) && (pte & X86_XD) && !(ctx->flags & TW_F_NXE))
		snprintf(buf, len, "XD = 1 with EFER.NXE = 0");
	else if (page && !(d->leaf_levels >> level & 1))
		snprintf(buf, len, "PS = 1 at level %u", level);
	else if (page && level == 2 && !(ctx->flags & TW_F_GBPAGES))
		snprintf(buf, len, "PS = 1 without 1 GB pages");
	else if (pte & low)
		snprintf(buf, len, "misaligned, bit %u of a large page is reserved",
			 lowest_bit(pte & low));
	else
		return false;
	return true;
}

// A right is denied by this entry or by one above.
static const char *where(uint64_t pte, uint64_t bit)
{
	return pte & bit ? " above" : "";
}

static bool check_rights(const struct tw_ctx *ctx, const struct tw_req *req,
			 const struct tw_walk_state *ws, uint64_t pte, char *buf, size_t len)
{
	bool user = tw_is_user(req), write = tw_is_write(req), fetch = req->access == TW_FETCH;
	bool u = ws->u && (pte & X86_US), w = ws->w && (pte & X86_RW);
	bool x = ws->x && !(pte & X86_XD), ro_holds = user || (ctx->flags & TW_F_WP);
	unsigned int key = tw_formats[ctx->format].traits & TW_FT_PKEY
				   ? (unsigned int)(pte >> X86_PKEY_SHIFT & 15)
				   : 16;
	unsigned int denied = key < 16 ? ctx->pkru >> 2 * key & 3 : 0;

	if (user && !u)
		snprintf(buf, len, "U/S = 0%s in user mode", where(pte, X86_US));
	else if (fetch && !user && u && (ctx->flags & TW_F_SMEP))
		snprintf(buf, len, "U/S = 1 with SMEP = 1");
	else if (!fetch && !user && u && (ctx->flags & TW_F_SMAP) && !req->sum)
		snprintf(buf, len, "U/S = 1 with SMAP = 1 and AC = 0");
	else if (fetch && !x)
		snprintf(buf, len, "XD = 1%s", pte & X86_XD ? "" : " above");
	else if (write && !w && ro_holds)
		snprintf(buf, len, "R/W = 0%s%s", where(pte, X86_RW), user ? "" : " with WP = 1");
	else if (!fetch && u && (ctx->flags & TW_F_PKE) && (denied & 1))
		snprintf(buf, len, "protection key %u with AD = 1", key);
	else if (write && u && (ctx->flags & TW_F_PKE) && (denied & 2) && ro_holds)
		snprintf(buf, len, "protection key %u with WD = 1", key);
	else
		return false;
	return true;
}

static enum tw_or_check check(const struct tw_ctx *ctx, const struct tw_req *req,
			      const struct tw_walk_state *ws, uint64_t pte, char *buf, size_t len)
{
	*buf = '\0';
	if (!(pte & X86_P)) {
		snprintf(buf, len, "P = 0");
		return TW_OR_CHECK_VALID;
	}
	if (check_reserved(ctx, ws->level, pte, buf, len))
		return TW_OR_CHECK_FORM;
	if (ws->level && !large(ctx, ws->level, pte))
		return TW_OR_PASSES; // a pointer
	return check_rights(ctx, req, ws, pte, buf, len) ? TW_OR_CHECK_RIGHT : TW_OR_PASSES;
}

const struct tw_or_rules tw_or_x86 = {
	.accessed = X86_A,
	.pointer_accessed = true,
	.dirty = X86_D,
	.entry_cause = TW_PF_P | TW_PF_RSVD | TW_PF_PK,
	.flags_at_once = true,
	.mixes = mixes,
	.kind = kind,
	.leads_to = leads_to,
	.sensitive = sensitive,
	.global = global,
	.holds_fault = holds_fault,
	.fault_pages = fault_pages,
	.check = check,
	.covers_pointer = covers_pointer,
};
