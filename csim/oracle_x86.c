// SPDX-License-Identifier: Apache-2.0
// The oracle's rules of the x86 formats; see oracle_rules.h. Source: Intel SDM volume 3, 4.8 (A and
// D), 4.10.2 (TLBs, global pages), 4.10.3 (paging-structure caches; no entries for P = 0, reserved
// bits or A = 0), 4.10.4.1 (INVLPG, INVPCID, MOV to CR3).
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
	return f->va >> shift == va >> shift;
}

const struct tw_or_rules tw_or_x86 = {
	.accessed = X86_A,
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
	.covers_pointer = covers_pointer,
};
