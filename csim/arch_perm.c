// SPDX-License-Identifier: Apache-2.0
// The permission check, and how a result is put into a response. The check is the same for the walk
// and for every TLB hit, and depends on the rights of the mapping and on the request alone.
// Sources: RISC-V privileged architecture, "Virtual Address Translation Process" and mstatus.SUM,
// MXR; Intel SDM volume 3, 4.6 (rights, protection keys) and 4.7 (error code).
#include "arch_internal.h"

static inline bool allowed_riscv(const struct tw_req *req, const struct tw_rights *rights)
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

static inline bool allowed_x86(const struct tw_ctx *ctx, const struct tw_req *req,
			       const struct tw_rights *rights, bool *pk)
{
	bool user = tw_is_user(req), write = tw_is_write(req), fetch = req->access == TW_FETCH;
	// Whether read-only holds for this access: always for user mode, with CR0.WP for all.
	bool ro_holds = user || (ctx->flags & TW_F_WP);
	bool denied;

	*pk = false;
	if ((ctx->flags & TW_F_PKE) && rights->u && !fetch) {
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

bool tw_arch_allowed(const struct tw_ctx *ctx, const struct tw_req *req,
		     const struct tw_rights *rights, bool *pk)
{
	bool key;

	if (!tw_formats[ctx->format].x86)
		return allowed_riscv(req, rights);
	return allowed_x86(ctx, req, rights, pk ? pk : &key);
}

uint8_t tw_arch_page_cause(const struct tw_ctx *ctx, const struct tw_req *req, uint8_t bits)
{
	static const uint8_t riscv[] = {
		[TW_FETCH] = 12, [TW_LOAD] = 13, [TW_STORE] = 15, [TW_RMW] = 15};

	if (!tw_formats[ctx->format].x86)
		return riscv[req->access];
	if (tw_is_write(req))
		bits |= TW_PF_W;
	if (tw_is_user(req))
		bits |= TW_PF_U;
	if (req->access == TW_FETCH && (ctx->flags & (TW_F_NXE | TW_F_SMEP)))
		bits |= TW_PF_I;
	return bits;
}

void tw_arch_resp_ok(const struct tw_req *req, uint64_t ppn, uint8_t size,
		     const struct tw_rights *rights, struct tw_resp *resp)
{
	uint64_t offset = tw_low_mask(TW_PAGE_SHIFT + tw_size_log2_pages(size));

	*resp = (struct tw_resp){
		.pa = (ppn << TW_PAGE_SHIFT & ~offset) | (req->va & offset),
		.size = size,
		.attr = rights->attr,
		.global = rights->g,
	};
}

void tw_arch_resp_fault(const struct tw_ctx *ctx, const struct tw_req *req, enum tw_fault fault,
			uint8_t cause, struct tw_resp *resp)
{
	static const uint8_t access_cause[] = {
		[TW_FETCH] = 1, [TW_LOAD] = 5, [TW_STORE] = 7, [TW_RMW] = 7};

	*resp = (struct tw_resp){.fault_va = req->va, .fault = (uint8_t)fault};
	if (fault == TW_FAULT_CANON)
		return;
	if (tw_formats[ctx->format].x86)
		resp->cause = fault == TW_FAULT_PAGE ? cause : tw_arch_page_cause(ctx, req, 0);
	else if (fault == TW_FAULT_PAGE)
		resp->cause = tw_arch_page_cause(ctx, req, 0);
	else
		resp->cause = access_cause[req->access];
}
