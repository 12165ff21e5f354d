// SPDX-License-Identifier: Apache-2.0
// Decodes one page-table entry for one request: every check of one level, and for a leaf the
// permissions and A/D too. One function per family. Invariant: an entry that faults is left alone
// (update equals the entry). Sources: RISC-V privileged architecture, "Sv39", Svnapot, Svpbmt,
// Svrsw60t59b, Svade/Svadu; Intel SDM volume 3, tables 4-15 to 4-20 (entries), 4.7 and 4.8.
#include "arch_internal.h"

// An entry that faults: everything but kind and cause is zero, and nothing is to be written.
static void fault(const struct tw_ctx *ctx, const struct tw_req *req, uint64_t pte, uint8_t bits,
		  struct tw_pte *out)
{
	*out = (struct tw_pte){
		.kind = TW_PTE_FAULT,
		.cause = tw_arch_page_cause(ctx, req, bits),
		.update = pte,
	};
}

// By the bits V, R, W, X. Writable without readable is reserved.
static const uint8_t rv_kind[16] = {
	TW_PTE_FAULT, TW_PTE_POINTER, TW_PTE_FAULT, TW_PTE_LEAF, // X=0 W=0
	TW_PTE_FAULT, TW_PTE_FAULT,   TW_PTE_FAULT, TW_PTE_LEAF, // X=0 W=1
	TW_PTE_FAULT, TW_PTE_LEAF,    TW_PTE_FAULT, TW_PTE_LEAF, // X=1 W=0
	TW_PTE_FAULT, TW_PTE_FAULT,   TW_PTE_FAULT, TW_PTE_LEAF, // X=1 W=1
};

// Reserved bits, by the flags PBMTE, SVNAPOT, SVRSW (in this order from bit 0).
static const uint64_t rv_reserved[8] = {
	RV_HIGH | RV_RSW60 | RV_N | RV_PBMT,
	RV_HIGH | RV_RSW60 | RV_N,
	RV_HIGH | RV_RSW60 | RV_PBMT,
	RV_HIGH | RV_RSW60,
	RV_HIGH | RV_N | RV_PBMT,
	RV_HIGH | RV_N,
	RV_HIGH | RV_PBMT,
	RV_HIGH,
};

static void decode_riscv(const struct tw_ctx *ctx, const struct tw_req *req,
			 const struct tw_walk_state *ws, uint64_t pte, struct tw_pte *out)
{
	const struct tw_format_desc *f = &tw_formats[ctx->format];
	uint64_t ppn = pte >> RV_PPN_SHIFT & RV_PPN_MASK;
	uint64_t update = pte | RV_A;

	out->kind = rv_kind[pte & 15];
	if (out->kind == TW_PTE_FAULT || (pte & rv_reserved[ctx->flags >> 1 & 7]) ||
	    (pte & RV_PBMT) == RV_PBMT)
		goto bad;
	if (out->kind == TW_PTE_POINTER) {
		if (ws->level == 0 || (pte & (RV_U | RV_A | RV_D | RV_N | RV_PBMT)))
			goto bad;
		out->ppn = ppn;
		out->next = *ws;
		out->next.level--;
		out->next.g |= (pte & RV_G) != 0;
		return;
	}
	if (!(f->leaf_levels >> ws->level & 1) || (ppn & tw_low_mask(f->index_bits * ws->level)))
		goto bad;
	out->size = f->size_of_level[ws->level];
	if (pte & RV_N) { // 64 KB: 1000 in the low PPN bits, which are 0 above the last level
		if ((ppn & 15) != 8)
			goto bad;
		ppn &= ~UINT64_C(15);
		out->size = TW_SIZE_64K;
	}
	out->ppn = ppn;
	out->rights = (struct tw_rights){
		.r = (pte & RV_R) != 0,
		.w = (pte & RV_W) != 0,
		.x = (pte & RV_X) != 0,
		.u = (pte & RV_U) != 0,
		.g = ws->g || (pte & RV_G),
		.attr = (uint8_t)(pte >> RV_PBMT_SHIFT & 3),
	};
	if (!tw_arch_allowed(ctx, req, &out->rights, NULL))
		goto bad;
	if (tw_is_write(req))
		update |= RV_D;
	if (update != pte && !(ctx->flags & TW_F_ADUE))
		goto bad;
	out->update = update;
	out->rights.d = (update & RV_D) != 0;
	return;
bad:
	fault(ctx, req, pte, 0, out);
}

// What is reserved in an entry of this level, PS being as it is in the entry.
static uint64_t x86_reserved(const struct tw_ctx *ctx, uint8_t level, uint64_t pte)
{
	// Of a leaf of level 1 and 2: the address bits below the page, of which bit 12 is PAT.
	static const uint64_t low_of_leaf[] = {0, UINT64_C(0x1fe000), UINT64_C(0x3fffe000)};
	uint64_t mask = tw_low_mask(X86_PA_END) & ~tw_low_mask(ctx->maxphyaddr);

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

static void decode_x86(const struct tw_ctx *ctx, const struct tw_req *req,
		       const struct tw_walk_state *ws, uint64_t pte, struct tw_pte *out)
{
	bool w = ws->w && (pte & X86_RW), u = ws->u && (pte & X86_US), x = ws->x && !(pte & X86_XD);
	uint64_t ppn = pte >> TW_PAGE_SHIFT & X86_PPN_MASK;
	unsigned int pat, pages;
	bool pk;

	if (!(pte & X86_P)) {
		fault(ctx, req, pte, 0, out);
		return;
	}
	if (pte & x86_reserved(ctx, ws->level, pte)) {
		fault(ctx, req, pte, TW_PF_P | TW_PF_RSVD, out);
		return;
	}
	if (ws->level != 0 && !(pte & X86_PS)) {
		out->kind = TW_PTE_POINTER;
		out->ppn = ppn;
		out->next = (struct tw_walk_state){
			.level = (uint8_t)(ws->level - 1), .w = w, .u = u, .x = x};
		out->update = pte | X86_A;
		return;
	}
	out->kind = TW_PTE_LEAF;
	out->size = tw_formats[ctx->format].size_of_level[ws->level];
	pages = tw_size_log2_pages(out->size);
	out->ppn = ppn & ~tw_low_mask(pages);
	// PAT is bit 7 of a 4 KB leaf and bit 12 of a larger one, where bit 7 is PS.
	pat = (unsigned int)(pte >> (ws->level ? 12 : 7)) & 1;
	out->rights = (struct tw_rights){
		.r = true,
		.w = w,
		.x = x,
		.u = u,
		.g = (pte & X86_G) && (ctx->flags & TW_F_PGE),
		.attr = (uint8_t)(pat << 2 | (pte >> X86_PWT_SHIFT & 3)),
		.pkey = (uint8_t)(pte >> X86_PKEY_SHIFT & 15),
	};
	if (!tw_arch_allowed(ctx, req, &out->rights, &pk)) {
		fault(ctx, req, pte, (uint8_t)(TW_PF_P | (pk ? TW_PF_PK : 0)), out);
		return;
	}
	out->update = pte | X86_A | (tw_is_write(req) ? X86_D : 0);
	out->rights.d = (out->update & X86_D) != 0;
}

void tw_arch_decode(const struct tw_ctx *ctx, const struct tw_req *req,
		    const struct tw_walk_state *ws, uint64_t pte, struct tw_pte *out)
{
	*out = (struct tw_pte){.update = pte};
	if (tw_formats[ctx->format].x86)
		decode_x86(ctx, req, ws, pte, out);
	else
		decode_riscv(ctx, req, ws, pte, out);
}
