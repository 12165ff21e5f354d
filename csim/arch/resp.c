// SPDX-License-Identifier: Apache-2.0
// What all schemes share: the calls that go to the scheme of the format, and how a result is put
// into a response. Source: RISC-V privileged architecture, "Virtual Address Translation Process";
// Intel SDM volume 3, 4.7.
#include "internal.h"

static const struct tw_scheme *scheme_of(const struct tw_ctx *ctx)
{
	// Without a format there are only bus errors to report: with RISC-V's causes.
	return tw_formats[ctx->format].scheme ? tw_formats[ctx->format].scheme : &tw_scheme_riscv;
}

void tw_pte_fault(const struct tw_ctx *ctx, const struct tw_req *req, uint64_t pte, uint8_t bits,
		  struct tw_pte *out)
{
	*out = (struct tw_pte){
		.kind = TW_PTE_FAULT,
		.cause = tw_arch_page_cause(ctx, req, bits),
		.update = pte,
	};
}

void tw_arch_decode(const struct tw_ctx *ctx, const struct tw_req *req,
		    const struct tw_walk_state *ws, uint64_t pte, struct tw_pte *out)
{
	*out = (struct tw_pte){.update = pte};
	scheme_of(ctx)->decode(ctx, req, ws, pte, out);
}

bool tw_arch_allowed(const struct tw_ctx *ctx, const struct tw_req *req,
		     const struct tw_rights *rights, bool *pk)
{
	bool key;

	return scheme_of(ctx)->allowed(ctx, req, rights, pk ? pk : &key);
}

uint8_t tw_arch_page_cause(const struct tw_ctx *ctx, const struct tw_req *req, uint8_t bits)
{
	return scheme_of(ctx)->page_cause(ctx, req, bits);
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
	const struct tw_scheme *s = scheme_of(ctx);

	*resp = (struct tw_resp){.fault_va = tw_arch_va(ctx, req->va), .fault = (uint8_t)fault};
	if (fault == TW_FAULT_ACCESS)
		resp->cause = s->access_cause(ctx, req);
	else if (fault == TW_FAULT_PAGE)
		resp->cause = cause ? cause : s->page_cause(ctx, req, 0);
}
