// SPDX-License-Identifier: Apache-2.0
// The oracle's rules of the RISC-V formats; see oracle_rules.h. Sources: RISC-V privileged
// architecture, SFENCE.VMA (scope, leaf entries only with an address, satp), Svnapot (cache entries
// for the whole range), Svadu, "Sv39" (reserved bits, G of a pointer).
#include <stdio.h>

#include "oracle_rules.h"

static bool mixes(enum tw_format a, enum tw_format b)
{
	// satp.MODE may change without a fence.
	return tw_formats[a].scheme == tw_formats[b].scheme;
}

static unsigned int kind(const struct tw_format_desc *d, uint8_t level, uint64_t pte)
{
	(void)d;
	if (!(pte & RV_V))
		return 0;
	if (pte & (RV_R | RV_W | RV_X))
		return TW_OR_MAY_MAP;
	return level ? TW_OR_MAY_POINT : 0;
}

static bool leads_to(const struct tw_format_desc *d, uint8_t level, uint64_t pte, uint64_t pa)
{
	// The low bits of a 64 KB page say its size.
	unsigned int low = pte & RV_N ? 4 : d->vpn_shift[level];
	uint64_t ppn = pte >> RV_PPN_SHIFT & RV_PPN_MASK;

	return (ppn ^ pa >> TW_PAGE_SHIFT) >> low == 0;
}

static uint32_t sensitive(const struct tw_format_desc *d, uint8_t level, uint64_t pte, bool write)
{
	uint32_t flags = 0;

	(void)d;
	(void)level;
	if (pte & RV_PBMT)
		flags |= TW_F_PBMTE;
	if (pte & RV_N)
		flags |= TW_F_SVNAPOT;
	if (pte & RV_RSW60)
		flags |= TW_F_SVRSW;
	if (!(pte & RV_A) || (write && !(pte & RV_D)))
		flags |= pte & (RV_R | RV_X) ? (uint32_t)TW_F_ADUE : 0;
	return flags;
}

static bool global(const struct tw_ctx *ctx, const struct tw_walk_state *ws, uint64_t pte)
{
	(void)ctx;
	return ws->g || ((pte & RV_V) && (pte & RV_G));
}

static bool holds_fault(uint64_t pte, uint8_t bits)
{
	(void)pte;
	(void)bits;
	return true; // invalid entries too
}

static unsigned int fault_pages(const struct tw_format_desc *d, uint8_t level, uint64_t pte)
{
	return level == 0 && (pte & RV_N) ? 4 : d->vpn_shift[level];
}

static bool covers_pointer(const struct tw_fence *f, const struct tw_ctx *ctx, uint64_t va,
			   uint8_t level, bool is_global)
{
	(void)va;
	(void)level;
	// SFENCE.VMA with an address orders and invalidates leaf entries only.
	return !f->by_addr && tw_or_in_scope(f, ctx, is_global);
}

static unsigned int lowest_bit(uint64_t bits)
{
	return (unsigned int)__builtin_ctzll(bits);
}

// Bits that are reserved, or belong to an extension that is off.
static bool check_reserved(const struct tw_ctx *ctx, uint64_t pte, char *buf, size_t len)
{
	unsigned int pbmt = (unsigned int)((pte & RV_PBMT) >> RV_PBMT_SHIFT);

	if ((pte & RV_W) && !(pte & RV_R))
		snprintf(buf, len, "W = 1 with R = 0");
	else if (pte & RV_HIGH)
		snprintf(buf, len, "bit %u is reserved", lowest_bit(pte & RV_HIGH));
	else if ((pte & RV_RSW60) && !(ctx->flags & TW_F_SVRSW))
		snprintf(buf, len, "bit %u is reserved without Svrsw60t59b",
			 lowest_bit(pte & RV_RSW60));
	else if ((pte & RV_N) && !(ctx->flags & TW_F_SVNAPOT))
		snprintf(buf, len, "N = 1 without Svnapot");
	else if (pbmt && !(ctx->flags & TW_F_PBMTE))
		snprintf(buf, len, "PBMT = %u with PBMTE = 0", pbmt);
	else if (pbmt == 3)
		snprintf(buf, len, "PBMT = 3");
	else
		return false;
	return true;
}

static bool check_pointer(uint8_t level, uint64_t pte, char *buf, size_t len)
{
	if (level == 0)
		snprintf(buf, len, "a pointer at the last level");
	else if (pte & (RV_U | RV_A | RV_D | RV_N))
		snprintf(buf, len, "%s = 1 in a pointer",
			 pte & RV_U   ? "U"
			 : pte & RV_A ? "A"
			 : pte & RV_D ? "D"
				      : "N");
	else if (pte & RV_PBMT)
		snprintf(buf, len, "PBMT in a pointer");
	else
		return false;
	return true;
}

// Alignment and size.
static bool check_page(const struct tw_format_desc *d, uint8_t level, uint64_t pte, char *buf,
		       size_t len)
{
	uint64_t ppn = pte >> RV_PPN_SHIFT & RV_PPN_MASK;
	uint64_t low = ppn & tw_low_mask(d->vpn_shift[level]);

	if (!(d->leaf_levels >> level & 1))
		snprintf(buf, len, "a leaf at level %u", level);
	else if (low)
		snprintf(buf, len, "misaligned, bit %u of the PPN is 1", lowest_bit(low));
	else if ((pte & RV_N) && (ppn & 15) != 8)
		snprintf(buf, len, "N = 1 with PPN bits 3:0 = %u, not 8", (unsigned int)(ppn & 15));
	else
		return false;
	return true;
}

static bool check_rights(const struct tw_ctx *ctx, const struct tw_req *req, uint64_t pte,
			 char *buf, size_t len)
{
	bool write = tw_is_write(req), fetch = req->access == TW_FETCH;

	if (tw_is_user(req) && !(pte & RV_U))
		snprintf(buf, len, "U = 0 in user mode");
	else if (!tw_is_user(req) && (pte & RV_U) && fetch)
		snprintf(buf, len, "U = 1 for a fetch of the supervisor");
	else if (!tw_is_user(req) && (pte & RV_U) && !req->sum)
		snprintf(buf, len, "U = 1 with SUM = 0");
	else if (fetch && !(pte & RV_X))
		snprintf(buf, len, "X = 0");
	else if (write && !(pte & RV_W))
		snprintf(buf, len, "W = 0");
	else if (!fetch && !write && !(pte & RV_R) && !(req->mxr && (pte & RV_X)))
		snprintf(buf, len, "R = 0%s", pte & RV_X ? " with MXR = 0" : "");
	else if (!(ctx->flags & TW_F_ADUE) && !(pte & RV_A))
		snprintf(buf, len, "A = 0 with ADUE = 0");
	else if (!(ctx->flags & TW_F_ADUE) && write && !(pte & RV_D))
		snprintf(buf, len, "D = 0 with ADUE = 0");
	else
		return false;
	return true;
}

static enum tw_or_check check(const struct tw_ctx *ctx, const struct tw_req *req,
			      const struct tw_walk_state *ws, uint64_t pte, char *buf, size_t len)
{
	*buf = '\0';
	if (!(pte & RV_V)) {
		snprintf(buf, len, "V = 0");
		return TW_OR_CHECK_VALID;
	}
	if (check_reserved(ctx, pte, buf, len))
		return TW_OR_CHECK_FORM;
	if (!(pte & (RV_R | RV_X)))
		return check_pointer(ws->level, pte, buf, len) ? TW_OR_CHECK_FORM : TW_OR_PASSES;
	if (check_page(&tw_formats[ctx->format], ws->level, pte, buf, len))
		return TW_OR_CHECK_FORM;
	return check_rights(ctx, req, pte, buf, len) ? TW_OR_CHECK_RIGHT : TW_OR_PASSES;
}

const struct tw_or_rules tw_or_riscv = {
	.accessed = RV_A,
	.dirty = RV_D,
	.range_entries = 16,
	.range_bits = RV_V | RV_N,
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
