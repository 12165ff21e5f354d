// SPDX-License-Identifier: Apache-2.0
// The x86 side of the vectors: MOV CR3, the control bits of `env`, INVLPG, INVPCID, accesses, and
// which of them flush what. Source: Intel SDM volume 3, 4.10.4.1 (operations that invalidate) and
// 4.5.2 (CR3).
#include <errno.h>
#include <string.h>

#include "internal.h"

// CR3 bits 11:5 are address bits with PAE, whose root is 32-byte aligned.
enum { ROOT_LOW = 0xfe0 };

// PCIDs exist in IA-32e mode only. Before a mode is named, CR3 is taken as of that one.
static bool has_pcids(const struct vec_exec *x)
{
	const struct tw_format_desc *f = tw_format_get(x->ctx.format);

	return (x->flags & VEC_F_PCIDE) && (!f || f->va_bits > 32);
}

static uint16_t pcid(const struct vec_exec *x)
{
	return has_pcids(x) ? (uint16_t)(x->cr3 & 0xfff) : 0;
}

// Brings the back end up to CR3 and the flags.
static enum tw_status set_state(struct vec_exec *x)
{
	struct tw_ctx ctx = x->ctx;

	ctx.flags = x->flags & (TW_F_WP | TW_F_NXE | TW_F_SMEP | TW_F_SMAP | TW_F_PGE |
				TW_F_GBPAGES | TW_F_PKE | TW_F_PSE);
	ctx.root_ppn = x->cr3 >> 12;
	ctx.root_low = x->cr3 & ROOT_LOW;
	ctx.asid = pcid(x);
	return vec_set_ctx(x, &ctx);
}

// A mode that is switched to takes CR3 as it stands; PAE reads its four entries.
static enum tw_status set_mode(struct vec_exec *x, const struct vec_dir *d)
{
	const struct tw_format_desc *f = tw_format_get(d->mode);
	struct tw_mem mem = tw_pmem_mem(x->pm);
	struct tw_ctx ctx = x->ctx;
	char have[64];

	if (!x->vh->has(x->vh->self, f))
		return vec_expected(x->in, d->line, "a mode that --hw %s has (%s), not %s",
				    x->vh->name, vec_formats(x, "x86", have, sizeof(have)),
				    f->name);
	if (d->mode == x->ctx.format)
		return TW_OK;
	if (f->va_bits == 32) // outside IA-32e mode CR3 has 32 bits
		x->cr3 = (uint32_t)x->cr3;
	ctx.format = d->mode;
	ctx.root_ppn = x->cr3 >> 12;
	ctx.root_low = x->cr3 & ROOT_LOW;
	if (tw_arch_load_root(&ctx, &mem) == -EINVAL)
		return vec_expected(x->in, d->line,
				    "PDPTEs without a reserved bit where CR3 points, or the mode "
				    "before \"cr3\"");
	x->ctx = ctx;
	return set_state(x);
}

static enum tw_status mov_cr3(struct vec_exec *x, uint64_t value)
{
	const struct tw_format_desc *f = tw_format_get(x->ctx.format);
	struct tw_mem mem = tw_pmem_mem(x->pm);
	struct tw_fence fence = {0}; // without PCIDs: everything that is not global
	bool keep = false;
	enum tw_status status;
	struct tw_ctx ctx;

	if (f && f->va_bits == 32) // outside IA-32e mode CR3 has 32 bits
		value = (uint32_t)value;
	else if (has_pcids(x)) {
		keep = value >> 63;
		value &= ~(UINT64_C(1) << 63);
		fence.by_asid = true;
		fence.asid = (uint16_t)(value & 0xfff);
	}
	// Address bits beyond MAXPHYADDR raise #GP, and CR3 stays as it was.
	x->cr3_bad = value >> x->ctx.maxphyaddr != 0;
	if (x->cr3_bad)
		return TW_OK;
	ctx = x->ctx;
	ctx.root_ppn = value >> 12;
	ctx.root_low = value & ROOT_LOW;
	x->cr3_bad = tw_arch_load_root(&ctx, &mem) == -EINVAL;
	if (x->cr3_bad)
		return TW_OK;
	x->cr3 = value;
	memcpy(x->ctx.pdpte, ctx.pdpte, sizeof(ctx.pdpte));
	status = set_state(x);
	return status || keep ? status : vec_fence(x, &fence);
}

static enum tw_status set_env(struct vec_exec *x, const struct vec_dir *d)
{
	uint32_t old = x->flags, changed;
	struct tw_ctx ctx;
	enum tw_status status;

	x->flags = (old & ~d->mask) | d->value;
	changed = x->flags ^ old;
	status = set_state(x);
	if (!status && (d->mask & VEC_F_PKRU)) {
		ctx = x->ctx;
		ctx.pkru = d->pkru;
		status = vec_set_ctx(x, &ctx);
	}
	if (status)
		return status;
	if ((changed & TW_F_PGE) || (changed & old & VEC_F_PCIDE))
		return vec_fence(x, &(struct tw_fence){.global = true});
	if (changed & x->flags & TW_F_SMEP)
		return vec_fence(x, &(struct tw_fence){.by_asid = true, .asid = pcid(x)});
	return TW_OK;
}

static bool canonical(const struct vec_exec *x, uint64_t va)
{
	struct tw_req req = {.va = va};
	struct tw_resp resp;

	return tw_arch_canonical(&x->ctx, &req, &resp);
}

static enum tw_status invlpg(struct vec_exec *x, uint64_t va)
{
	struct tw_fence fence = {
		.by_addr = true, .by_asid = true, .global = true, .va = va, .asid = pcid(x)};

	return canonical(x, va) ? vec_fence(x, &fence) : TW_OK;
}

// An operand that raises #GP leaves everything as it is.
static enum tw_status invpcid(struct vec_exec *x, const struct vec_dir *d)
{
	struct tw_fence fence = {
		.by_addr = d->a == 0,
		.by_asid = d->a <= 1,
		.global = d->a == 2,
		.asid = (uint16_t)d->b,
		.va = d->c,
	};

	if (d->a <= 1 && d->b != 0 && !has_pcids(x))
		return TW_OK;
	if (d->a == 0 && !canonical(x, d->c))
		return TW_OK;
	return vec_fence(x, &fence);
}

static enum tw_status run_access(struct vec_exec *x, const struct vec_dir *d)
{
	const struct tw_resp *resp;
	struct vec_result res;
	enum tw_status status;

	if (!x->has_maxphyaddr)
		return vec_expected(x->in, d->line, "\"maxphyaddr\" before the first access");
	if (x->cr3_bad) {
		fprintf(x->out, "%s gp_cr3\n", d->word);
		return TW_OK;
	}
	status = vec_access(x, &d->req, &res);
	if (status)
		return status;
	resp = &res.resp;
	switch ((enum tw_fault)resp->fault) {
	case TW_FAULT_NONE:
		fprintf(x->out, "%s ok %llx g=%d size=%llx", d->word, (unsigned long long)resp->pa,
			resp->global, 4096ULL << tw_size_log2_pages(resp->size));
		break;
	case TW_FAULT_PAGE:
		fprintf(x->out, "%s pf %x cr2=%llx", d->word, resp->cause,
			(unsigned long long)resp->fault_va);
		break;
	case TW_FAULT_CANON:
		fprintf(x->out, "%s gp\n", d->word);
		return TW_OK;
	case TW_FAULT_ACCESS: // all of memory answers: only a broken back end can say this
		fprintf(x->out, "%s bus cr2=%llx", d->word, (unsigned long long)resp->fault_va);
		break;
	}
	vec_print_touched(x, &res);
	return TW_OK;
}

enum tw_status vec_x86(struct vec_exec *x, const struct vec_dir *d)
{
	struct tw_ctx ctx = x->ctx;

	switch (d->kind) {
	case VEC_MODE:
		return set_mode(x, d);
	case VEC_MAXPHYADDR:
		x->has_maxphyaddr = true;
		ctx.maxphyaddr = (uint8_t)d->a;
		return vec_set_ctx(x, &ctx);
	case VEC_FLAGS:
		return set_env(x, d);
	case VEC_CR3:
		return mov_cr3(x, d->a);
	default:
		break;
	}
	if (x->ctx.format == TW_FMT_BARE)
		return vec_expected(x->in, d->line, "\"mode\" before this line");
	switch (d->kind) {
	case VEC_INVLPG:
		return invlpg(x, d->a);
	case VEC_INVPCID:
		return invpcid(x, d);
	case VEC_ACC:
		return run_access(x, d);
	default: // the parser gives out directives of one family only
		return vec_expected(x->in, d->line, "a directive of X86W1");
	}
}
