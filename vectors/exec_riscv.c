// SPDX-License-Identifier: Apache-2.0
// The RISC-V side of the vectors: satp, menvcfg, extensions, SFENCE.VMA, accesses. A write of satp
// implies no fence. Source: RISC-V privileged architecture, "satp", "SFENCE.VMA".
#include <string.h>

#include "internal.h"

enum { RV32_ASID = 0x1ff };

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
			    x->vh->name, vec_formats(x, "riscv", names, sizeof(names)), what);
}

// RV32: mode 31, ASID 30:22, PPN 21:0. RV64: mode 63:60, ASID 59:44, PPN 43:0.
static enum tw_status set_satp(struct vec_exec *x, const struct vec_dir *d)
{
	bool rv32 = x->xlen == 32;
	unsigned int mode = (unsigned int)(rv32 ? d->a >> 31 : d->a >> 60);
	const struct tw_format_desc *f = tw_format_get((enum tw_format)mode);
	struct tw_ctx ctx = x->ctx;
	char what[24];

	if (!x->xlen)
		return vec_expected(x->in, d->line, "\"xlen 32|64\" before satp");
	if (rv32 && d->a > UINT32_MAX)
		return vec_expected(x->in, d->line, "a value of 32 bits with xlen 32");
	snprintf(what, sizeof(what), "satp.MODE %u", mode);
	// The formats of RV64 have 8-byte entries; MODE 1 of RV64 is reserved.
	if (mode != TW_FMT_BARE && (!f || strcmp(tw_format_family(f), "riscv") != 0 ||
				    (f->entry_bytes == 4) != rv32 || !x->vh->has(x->vh->self, f)))
		return lacks(x, d, what);
	ctx.format = (enum tw_format)mode;
	ctx.asid = (uint16_t)(rv32 ? d->a >> 22 & RV32_ASID : d->a >> 44);
	ctx.root_ppn = d->a & ((UINT64_C(1) << (rv32 ? 22 : 44)) - 1);
	return vec_set_ctx(x, &ctx);
}

static enum tw_status run_access(struct vec_exec *x, const struct vec_dir *d)
{
	struct vec_result res;
	struct tw_resp *resp = &res.resp, direct;
	enum tw_status status;

	if (!x->xlen)
		return vec_expected(x->in, d->line, "\"xlen 32|64\" before the first access");
	if (x->xlen == 32 && d->req.va > UINT32_MAX)
		return vec_expected(x->in, d->line, "an address of 32 bits with xlen 32");
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
		// Bits of rs2 above the ASIDs are ignored.
		.asid = (uint16_t)(x->xlen == 32 ? d->b & RV32_ASID : d->b),
	};

	switch (d->kind) {
	case VEC_XLEN:
		x->xlen = (unsigned int)d->a;
		return TW_OK;
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
