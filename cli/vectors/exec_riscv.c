// SPDX-License-Identifier: Apache-2.0
// The RISC-V side of the vectors: satp, menvcfg, extensions, SFENCE.VMA, accesses. A write of satp
// implies no fence. Source: RISC-V privileged architecture, "satp", "SFENCE.VMA".
#include "internal.h"

static enum tw_status set_flags(struct vec_exec *x)
{
	struct tw_ctx ctx = x->ctx;

	ctx.flags = x->flags & (TW_F_ADUE | TW_F_SVNAPOT | TW_F_SVRSW);
	// menvcfg.PBMTE is read-only zero without Svpbmt.
	if (x->flags & VEC_F_SVPBMT)
		ctx.flags |= x->flags & TW_F_PBMTE;
	return vec_set_ctx(x, &ctx);
}

static enum tw_status lacks(const struct vec_exec *x, const struct vec_dir *d, const char *what)
{
	char names[64];

	return vec_expected(x->in, d->line, "a format that --hw %s has (bare, %s), not %s",
			    x->vh->name, vec_formats(x, false, names, sizeof(names)), what);
}

static enum tw_status set_satp(struct vec_exec *x, const struct vec_dir *d)
{
	const struct tw_format_desc *f = tw_format_desc((enum tw_format)(d->a >> 60));
	struct tw_ctx ctx = x->ctx;
	char mode[16];

	snprintf(mode, sizeof(mode), "satp.MODE %u", (unsigned int)(d->a >> 60));
	if (d->a >> 60 != TW_FMT_BARE && (!f || f->x86 || !x->vh->has(f)))
		return lacks(x, d, mode);
	ctx.format = (enum tw_format)(d->a >> 60);
	ctx.asid = (uint16_t)(d->a >> 44);
	ctx.root_ppn = d->a & ((UINT64_C(1) << 44) - 1);
	return vec_set_ctx(x, &ctx);
}

static enum tw_status run_access(struct vec_exec *x, const struct vec_dir *d)
{
	struct vec_result res;
	struct tw_resp *resp = &res.resp, direct;
	enum tw_status status;

	if (!x->has_xlen)
		return vec_expected(x->in, d->line, "\"xlen 32|64\" before the first access");
	status = vec_access(x, &d->req, &res);
	if (status)
		return status;
	// Without translation the physical address is the virtual one, all 64 bits of it. Where it
	// does not fit the 56 address pins the MMU answers with an access fault; in the terms of
	// this file format that address is outside `ram`.
	if (resp->fault == TW_FAULT_ACCESS && d->req.va >> 56 &&
	    tw_arch_direct(&x->ctx, &d->req, &direct)) {
		resp->fault = TW_FAULT_NONE;
		resp->pa = d->req.va;
	}
	fprintf(x->out, "%s ", d->word);
	if (resp->fault)
		fprintf(x->out, "fault %u tval=%llx", resp->cause,
			(unsigned long long)resp->fault_va);
	else
		fprintf(x->out, "ok %llx%s", (unsigned long long)resp->pa,
			tw_pmem_answers(x->pm, resp->pa, 1) ? "" : " nomem");
	vec_print_touched(x, &res);
	return TW_OK;
}

enum tw_status vec_riscv(struct vec_exec *x, const struct vec_dir *d)
{
	struct tw_fence fence = {
		.by_addr = d->by_va,
		.by_asid = d->by_asid,
		.global = !d->by_asid,
		.va = d->a,
		.asid = (uint16_t)d->b,
	};

	switch (d->kind) {
	case VEC_XLEN:
		x->has_xlen = true;
		return d->a == 64 ? TW_OK : lacks(x, d, "those of xlen 32");
	case VEC_FLAGS:
		x->flags = (x->flags & ~d->mask) | d->value;
		return set_flags(x);
	case VEC_SATP:
		return set_satp(x, d);
	case VEC_SFENCE:
		return vec_fence(x, &fence);
	case VEC_ACC:
		return run_access(x, d);
	default: // the parser gives out directives of one family only
		return vec_expected(x->in, d->line, "a directive of RVW1");
	}
}
