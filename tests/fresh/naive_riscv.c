// SPDX-License-Identifier: Apache-2.0
// The naive walker, RISC-V: the manual's steps in the manual's order.
#include "naive.h"

static void page_fault(struct naive *n, const struct tw_req *req, enum naive_reason reason,
		       uint64_t va)
{
	uint8_t cause = req->access == TW_FETCH ? 12 : req->access == TW_LOAD ? 13 : 15;

	naive_fault(n, reason, TW_FAULT_PAGE, cause, va);
}

static void access_fault(struct naive *n, const struct tw_req *req, enum naive_reason reason,
			 uint64_t va)
{
	uint8_t cause = req->access == TW_FETCH ? 1 : req->access == TW_LOAD ? 5 : 7;

	naive_fault(n, reason, TW_FAULT_ACCESS, cause, va);
}

// What is wrong with an entry at any level; NAIVE_OK for nothing. WIDE: an entry of 64 bits.
static enum naive_reason entry_fault(const struct tw_ctx *ctx, uint64_t e, bool wide)
{
	if (!naive_bit(e, 0))
		return NAIVE_ABSENT;
	if (naive_bit(e, 2) && !naive_bit(e, 1))
		return NAIVE_WRITE_ONLY;
	if (!wide)
		return NAIVE_OK;
	if (naive_bits(e, 58, 54))
		return NAIVE_UPPER;
	if (naive_bits(e, 60, 59) && !(ctx->flags & TW_F_SVRSW))
		return NAIVE_RSW;
	if (naive_bit(e, 63) && !(ctx->flags & TW_F_SVNAPOT))
		return NAIVE_N_LACKS;
	if (naive_bits(e, 62, 61) == 3)
		return NAIVE_PBMT_3;
	if (naive_bits(e, 62, 61) && !(ctx->flags & TW_F_PBMTE))
		return NAIVE_PBMT_LACKS;
	return NAIVE_OK;
}

static enum naive_reason pointer_fault(uint64_t e, unsigned int level, bool wide)
{
	if (naive_bits(e, 7, 6) || naive_bit(e, 4) || (wide && naive_bits(e, 63, 61)))
		return NAIVE_POINTER_BITS;
	return level == 0 ? NAIVE_POINTER_LAST : NAIVE_OK;
}

static enum naive_reason leaf_fault(const struct tw_ctx *ctx, const struct tw_req *req, uint64_t e,
				    unsigned int level, bool wide)
{
	bool write = req->access == TW_STORE || req->access == TW_RMW;
	unsigned int index_bits = wide ? 9 : 10;

	if (naive_bit(e, 4) && req->priv == TW_PRIV_S) {
		if (req->access == TW_FETCH)
			return NAIVE_USER_FETCH;
		if (!req->sum)
			return NAIVE_USER_PAGE;
	}
	if (!naive_bit(e, 4) && req->priv == TW_PRIV_U)
		return NAIVE_SUPER_PAGE;
	if (req->access == TW_FETCH && !naive_bit(e, 3))
		return NAIVE_NO_FETCH;
	if (req->access == TW_LOAD && !naive_bit(e, 1) && !(req->mxr && naive_bit(e, 3)))
		return NAIVE_NO_READ;
	if (write && !naive_bit(e, 2))
		return NAIVE_NO_WRITE;
	if (level > 0 && naive_bits(e, 10 + index_bits * level - 1, 10))
		return NAIVE_ALIGN;
	if (wide && naive_bit(e, 63) && (level > 0 || naive_bits(e, 13, 10) != 8))
		return NAIVE_NAPOT;
	if (!(ctx->flags & TW_F_ADUE)) {
		if (!naive_bit(e, 6))
			return NAIVE_A_CLEAR;
		if (write && !naive_bit(e, 7))
			return NAIVE_D_CLEAR;
	}
	return NAIVE_OK;
}

// The answer of a good leaf, before A and D.
static void answer(struct naive *n, const struct tw_req *req, uint64_t va, uint64_t e,
		   unsigned int level, bool wide, bool global)
{
	static const uint8_t size64[] = {TW_SIZE_4K, TW_SIZE_2M, TW_SIZE_1G, TW_SIZE_512G,
					 TW_SIZE_256T};
	unsigned int page = 12 + (wide ? 9 : 10) * level; // address bits within the page
	bool napot = wide && naive_bit(e, 63);
	struct tw_resp *resp = &n->walk.resp;
	uint64_t ppn = wide ? naive_bits(e, 53, 10) : naive_bits(e, 31, 10);
	uint64_t pa = ppn * 4096;

	if (napot)
		page = 16;
	for (unsigned int i = 0; i < page; i++) {
		pa &= ~(UINT64_C(1) << i);
		pa |= va & (UINT64_C(1) << i);
	}
	resp->pa = pa;
	resp->size = wide ? size64[level] : level ? TW_SIZE_4M : TW_SIZE_4K;
	if (napot)
		resp->size = TW_SIZE_64K;
	resp->global = global;
	resp->attr = wide ? (uint8_t)naive_bits(e, 62, 61) : 0;
	n->walk.rights = (struct tw_rights){
		.r = naive_bit(e, 1),
		.w = naive_bit(e, 2),
		.x = naive_bit(e, 3),
		.u = naive_bit(e, 4),
		.g = global,
		.d = naive_bit(e, 7) || req->access == TW_STORE || req->access == TW_RMW,
		.attr = resp->attr,
	};
}

void naive_riscv(const struct tw_ctx *ctx, const struct tw_mem *mem, const struct tw_req *req,
		 struct naive *n)
{
	bool wide = ctx->format != TW_FMT_SV32, global = false;
	unsigned int levels = ctx->format == TW_FMT_SV32   ? 2
			      : ctx->format == TW_FMT_SV39 ? 3
			      : ctx->format == TW_FMT_SV48 ? 4
							   : 5;
	unsigned int index_bits = wide ? 9 : 10, bytes = wide ? 8 : 4;
	uint64_t va = wide ? req->va : naive_bits(req->va, 31, 0);
	uint64_t table = naive_bits(ctx->root_ppn, wide ? 43 : 21, 0) * 4096;

	if (wide) {
		unsigned int top = 12 + 9 * levels - 1;

		for (unsigned int i = top + 1; i < 64; i++) {
			if (naive_bit(va, i) != naive_bit(va, top)) {
				page_fault(n, req, NAIVE_CANONICAL, va);
				return;
			}
		}
	}
	for (unsigned int level = levels; level-- > 0;) {
		unsigned int low = 12 + index_bits * level;
		uint64_t addr = table + naive_bits(va, low + index_bits - 1, low) * bytes, e, set;
		enum naive_reason reason;

		if (!naive_read(n, mem, addr, bytes, &e)) {
			access_fault(n, req, NAIVE_BUS, va);
			return;
		}
		reason = entry_fault(ctx, e, wide);
		if (reason == NAIVE_OK && naive_bits(e, 3, 1) == 0) {
			reason = pointer_fault(e, level, wide);
			if (reason == NAIVE_OK) {
				global |= naive_bit(e, 5);
				table = naive_bits(e, wide ? 53 : 31, 10) * 4096;
				continue;
			}
		}
		if (reason == NAIVE_OK)
			reason = leaf_fault(ctx, req, e, level, wide);
		if (reason != NAIVE_OK) {
			page_fault(n, req, reason, va);
			return;
		}
		global |= naive_bit(e, 5);
		set = req->access == TW_STORE || req->access == TW_RMW ? 0xc0 : 0x40;
		if (!naive_set(n, mem, addr, bytes, set)) {
			access_fault(n, req, NAIVE_BUS_UPDATE, va);
			return;
		}
		answer(n, req, va, e, level, wide, global);
		return;
	}
}
