// SPDX-License-Identifier: Apache-2.0
// Page-table formats as data, and the address arithmetic that follows from it: canonical check,
// address of an entry, page sizes. A format is one row; the rules that are not data (what the bits
// of an entry mean) are its scheme, riscv.c or x86.c. Sources: RISC-V privileged architecture,
// "Sv32" to "Sv57"; Intel SDM volume 3, 4.2 to 4.5.
#include <errno.h>
#include <string.h>

#include "internal.h"

#define NINES                        \
	{                            \
		0, 9, 18, 27, 36, 45 \
	}
#define RISCV_SIZES                                                            \
	{                                                                      \
		TW_SIZE_4K, TW_SIZE_2M, TW_SIZE_1G, TW_SIZE_512G, TW_SIZE_256T \
	}
#define X86_SIZES                                  \
	{                                          \
		TW_SIZE_4K, TW_SIZE_2M, TW_SIZE_1G \
	}

const struct tw_format_desc tw_formats[TW_FORMATS] = {
	[TW_FMT_SV32] = {.format = TW_FMT_SV32,
			 .name = "sv32",
			 .scheme = &tw_scheme_riscv,
			 .levels = 2,
			 .entry_bytes = 4,
			 .va_bits = 32,
			 .pa_bits = 34,
			 .vpn_shift = {0, 10, 20},
			 .leaf_levels = 0x03,
			 .size_of_level = {TW_SIZE_4K, TW_SIZE_4M}},
	[TW_FMT_SV39] = {.format = TW_FMT_SV39,
			 .name = "sv39",
			 .scheme = &tw_scheme_riscv,
			 .levels = 3,
			 .entry_bytes = 8,
			 .va_bits = 39,
			 .pa_bits = 56,
			 .vpn_shift = NINES,
			 .leaf_levels = 0x07,
			 .size_of_level = RISCV_SIZES},
	[TW_FMT_SV48] = {.format = TW_FMT_SV48,
			 .name = "sv48",
			 .scheme = &tw_scheme_riscv,
			 .levels = 4,
			 .entry_bytes = 8,
			 .va_bits = 48,
			 .pa_bits = 56,
			 .vpn_shift = NINES,
			 .leaf_levels = 0x0f,
			 .size_of_level = RISCV_SIZES},
	[TW_FMT_SV57] = {.format = TW_FMT_SV57,
			 .name = "sv57",
			 .scheme = &tw_scheme_riscv,
			 .levels = 5,
			 .entry_bytes = 8,
			 .va_bits = 57,
			 .pa_bits = 56,
			 .vpn_shift = NINES,
			 .leaf_levels = 0x1f,
			 .size_of_level = RISCV_SIZES},
	[TW_FMT_X86_LEGACY] = {.format = TW_FMT_X86_LEGACY,
			       .name = "legacy",
			       .scheme = &tw_scheme_x86,
			       .levels = 2,
			       .entry_bytes = 4,
			       .va_bits = 32,
			       .pa_bits = 40,
			       .vpn_shift = {0, 10, 20},
			       .leaf_levels = 0x03,
			       .size_of_level = {TW_SIZE_4K, TW_SIZE_4M},
			       .traits = TW_FT_PSE},
	// The four entries of the root are no level: they are read when it is loaded.
	[TW_FMT_X86_PAE] = {.format = TW_FMT_X86_PAE,
			    .name = "pae",
			    .scheme = &tw_scheme_x86,
			    .levels = 2,
			    .entry_bytes = 8,
			    .va_bits = 32,
			    .pa_bits = 52,
			    .vpn_shift = {0, 9, 18},
			    .leaf_levels = 0x03,
			    .size_of_level = X86_SIZES,
			    .traits = TW_FT_NX | TW_FT_PDPTE | TW_FT_HIGH_RES},
	[TW_FMT_X86_LONG4] = {.format = TW_FMT_X86_LONG4,
			      .name = "long4",
			      .scheme = &tw_scheme_x86,
			      .levels = 4,
			      .entry_bytes = 8,
			      .va_bits = 48,
			      .pa_bits = 52,
			      .vpn_shift = NINES,
			      .leaf_levels = 0x07,
			      .size_of_level = X86_SIZES,
			      .traits = TW_FT_NX | TW_FT_PKEY},
	[TW_FMT_X86_LONG5] = {.format = TW_FMT_X86_LONG5,
			      .name = "long5",
			      .scheme = &tw_scheme_x86,
			      .levels = 5,
			      .entry_bytes = 8,
			      .va_bits = 57,
			      .pa_bits = 52,
			      .vpn_shift = NINES,
			      .leaf_levels = 0x07,
			      .size_of_level = X86_SIZES,
			      .traits = TW_FT_NX | TW_FT_PKEY},
};

const struct tw_format_desc *tw_format_get(enum tw_format format)
{
	unsigned int i = (unsigned int)format;

	return i < TW_FORMATS && tw_formats[i].levels ? &tw_formats[i] : NULL;
}

const struct tw_format_desc *tw_format_find(const char *name)
{
	for (unsigned int i = 0; i < TW_FORMATS; i++)
		if (tw_formats[i].levels && strcmp(tw_formats[i].name, name) == 0)
			return &tw_formats[i];
	return NULL;
}

const char *tw_format_family(const struct tw_format_desc *format)
{
	return format->scheme->family;
}

unsigned int tw_format_attr_bits(const struct tw_format_desc *format)
{
	return format->scheme->attr_bits[format->entry_bytes == 8];
}

uint64_t tw_arch_va(const struct tw_ctx *ctx, uint64_t va)
{
	return tw_formats[ctx->format].va_bits == 32 ? (uint32_t)va : va;
}

bool tw_arch_direct(const struct tw_ctx *ctx, const struct tw_req *req, struct tw_resp *resp)
{
	static const struct tw_rights none = {0};
	struct tw_req direct = *req;

	if (ctx->format != TW_FMT_BARE && req->priv != TW_PRIV_M)
		return false;
	direct.va = tw_arch_va(ctx, req->va);
	if (direct.va >> 56)
		tw_arch_resp_fault(ctx, &direct, TW_FAULT_ACCESS, 0, resp);
	else
		tw_arch_resp_ok(&direct, direct.va >> TW_PAGE_SHIFT, TW_SIZE_4K, &none, resp);
	return true;
}

bool tw_arch_canonical(const struct tw_ctx *ctx, const struct tw_req *req, struct tw_resp *resp)
{
	const struct tw_format_desc *f = &tw_formats[ctx->format];
	// Adding half the space to a canonical address wraps it into [0, 2^va_bits).
	uint64_t half = UINT64_C(1) << (f->va_bits - 1);

	if (f->va_bits == 32 || (req->va + half) >> f->va_bits == 0)
		return true;
	tw_arch_resp_fault(ctx, req, f->scheme->non_canonical, 0, resp);
	return false;
}

void tw_arch_root(const struct tw_ctx *ctx, struct tw_walk_state *ws)
{
	*ws = (struct tw_walk_state){
		.level = (uint8_t)(tw_formats[ctx->format].levels - 1),
		.w = true,
		.u = true,
		.x = true,
	};
}

unsigned int tw_arch_root_entries(const struct tw_ctx *ctx)
{
	return tw_formats[ctx->format].traits & TW_FT_PDPTE ? 4 : 0;
}

uint64_t tw_arch_root_entry(const struct tw_ctx *ctx, unsigned int i)
{
	return (ctx->root_ppn << TW_PAGE_SHIFT) + ctx->root_low + 8 * (uint64_t)i;
}

bool tw_arch_root_good(const struct tw_ctx *ctx)
{
	bool good = true;

	for (unsigned int i = 0; i < tw_arch_root_entries(ctx); i++)
		good &= tw_formats[ctx->format].scheme->root_entry_good(ctx, ctx->pdpte[i]);
	return good;
}

int tw_arch_load_root(struct tw_ctx *ctx, const struct tw_mem *mem)
{
	struct tw_ctx next = *ctx;

	for (unsigned int i = 0; i < tw_arch_root_entries(ctx); i++) {
		int err = mem->read64(mem->user, tw_arch_root_entry(ctx, i), &next.pdpte[i]);

		if (err)
			return err;
	}
	if (!tw_arch_root_good(&next))
		return -EINVAL;
	*ctx = next;
	return 0;
}

bool tw_arch_begin(const struct tw_ctx *ctx, uint64_t va, struct tw_walk_state *ws,
		   uint64_t *table_ppn)
{
	const struct tw_scheme *s = tw_formats[ctx->format].scheme;

	tw_arch_root(ctx, ws);
	*table_ppn = ctx->root_ppn;
	return !s->begin || s->begin(ctx, va, table_ppn);
}

uint64_t tw_arch_pte_addr(const struct tw_ctx *ctx, uint64_t table_ppn, uint8_t level, uint64_t va)
{
	const struct tw_format_desc *f = &tw_formats[ctx->format];
	unsigned int low = f->vpn_shift[level], high = f->vpn_shift[level + 1];
	uint64_t index = va >> (TW_PAGE_SHIFT + low) & tw_low_mask(high - low);
	uint64_t bytes = (uint64_t)f->entry_bytes << (high - low);

	// A table of several pages lies at a multiple of its size, whatever the lowest bits say.
	return (table_ppn << TW_PAGE_SHIFT & ~(bytes - 1)) | index * f->entry_bytes;
}

uint64_t tw_arch_entry(const struct tw_ctx *ctx, uint64_t addr, uint64_t word)
{
	return tw_lanes_of(word, tw_lanes(&tw_formats[ctx->format], addr));
}
