// SPDX-License-Identifier: Apache-2.0
// The scheme of RISC-V: Sv32, Sv39, Sv48 and Sv57. Decodes one entry for one request - every check
// of one level, and for a leaf the permissions and A/D too - and makes the permission check of TLB
// hits. Invariant: an entry that faults is left alone (update equals the entry). An entry of Sv32
// is the low half of the others: what lies in bits 63:32 is zero. Source: RISC-V privileged
// architecture, "Sv32", "Virtual Address Translation Process", mstatus.SUM and MXR, Svnapot,
// Svpbmt, Svrsw60t59b, Svade/Svadu.
#include "entry.h"
#include "internal.h"

static inline bool riscv_allows(const struct tw_req *req, const struct tw_rights *rights)
{
	bool readable = rights->r || (req->mxr && rights->x);
	// What each access needs, in the order of enum tw_access.
	unsigned int can = (unsigned int)rights->x << TW_FETCH | (unsigned int)readable << TW_LOAD |
			   (unsigned int)rights->w << TW_STORE | (unsigned int)rights->w << TW_RMW;
	// SUM opens user pages to loads and stores of the supervisor, never to its fetches.
	bool domain =
		tw_is_user(req) ? rights->u : !rights->u || (req->sum && req->access != TW_FETCH);

	return domain && (can >> req->access & 1);
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

static void decode(const struct tw_ctx *ctx, const struct tw_req *req,
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
	if (!(f->leaf_levels >> ws->level & 1) || (ppn & tw_low_mask(f->vpn_shift[ws->level])))
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
	if (!riscv_allows(req, &out->rights))
		goto bad;
	if (tw_is_write(req))
		update |= RV_D;
	if (update != pte && !(ctx->flags & TW_F_ADUE))
		goto bad;
	out->update = update;
	out->rights.d = (update & RV_D) != 0;
	return;
bad:
	tw_pte_fault(ctx, req, pte, 0, out);
}

static bool allowed(const struct tw_ctx *ctx, const struct tw_req *req,
		    const struct tw_rights *rights, bool *pk)
{
	(void)ctx;
	*pk = false;
	return riscv_allows(req, rights);
}

static uint8_t page_cause(const struct tw_ctx *ctx, const struct tw_req *req, uint8_t bits)
{
	static const uint8_t cause[] = {
		[TW_FETCH] = 12, [TW_LOAD] = 13, [TW_STORE] = 15, [TW_RMW] = 15};

	(void)ctx;
	(void)bits;
	return cause[req->access];
}

static uint8_t access_cause(const struct tw_ctx *ctx, const struct tw_req *req)
{
	static const uint8_t cause[] = {
		[TW_FETCH] = 1, [TW_LOAD] = 5, [TW_STORE] = 7, [TW_RMW] = 7};

	(void)ctx;
	return cause[req->access];
}

static void layout(const struct tw_format_desc *format, unsigned int level, bool leaf,
		   struct tw_entry_layout *l)
{
	bool wide = format->entry_bytes == 8;

	l->present = l->fixed = RV_V;
	l->global = RV_G;
	l->plain = RV_RSW;
	l->address[0].ppn = leaf ? format->vpn_shift[level] : 0;
	l->address[0].at = (uint8_t)(RV_PPN_SHIFT + l->address[0].ppn);
	l->address[0].bits = (uint8_t)((wide ? 44 : 22) - l->address[0].ppn);
	l->extra = wide ? RV_RSW60 : 0;
	l->wrong = wide ? RV_HIGH : 0;
	if (!leaf) {
		l->wrong |= RV_W | RV_U | RV_A | RV_D | (wide ? RV_N | RV_PBMT : 0);
		return;
	}
	l->read = RV_R;
	l->write = RV_W;
	l->exec = RV_X;
	l->user = RV_U;
	l->accessed = RV_A;
	l->dirty = RV_D;
	l->extra |= wide ? RV_PBMT : 0;
	if (level) {
		l->wrong |= tw_low_mask(format->vpn_shift[level]) << RV_PPN_SHIFT;
		l->wrong |= wide ? RV_N : 0;
	} else if (wide) {
		l->extra |= RV_N;
		l->group = RV_N | UINT64_C(8) << RV_PPN_SHIFT;
		l->group_mask = RV_N | UINT64_C(15) << RV_PPN_SHIFT;
	}
}

const struct tw_scheme tw_scheme_riscv = {
	.family = "riscv",
	.non_canonical = TW_FAULT_PAGE,
	.attr_bits = {0, 2},
	.decode = decode,
	.allowed = allowed,
	.page_cause = page_cause,
	.access_cause = access_cause,
	.oracle = &tw_or_riscv,
	.layout = layout,
};
