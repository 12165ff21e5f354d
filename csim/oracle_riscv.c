// SPDX-License-Identifier: Apache-2.0
// The oracle's rules of the RISC-V formats; see oracle_rules.h. Sources: RISC-V privileged
// architecture, SFENCE.VMA (scope, leaf entries only with an address, satp), Svnapot (cache entries
// for the whole range), Svadu, "Sv39" (reserved bits, G of a pointer).
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
	.covers_pointer = covers_pointer,
};
