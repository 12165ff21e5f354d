// SPDX-License-Identifier: Apache-2.0
// Page-table formats as data, and the address arithmetic that follows from it: canonical check,
// address of an entry, page sizes. A format is one row; the rules that are not data (what the bits
// of an entry mean) are arch_decode.c. Sources: RISC-V privileged architecture, "Sv39" to "Sv57";
// Intel SDM volume 3, 4.2 to 4.5.
#include "arch_internal.h"

#define RISCV_SIZES                                                            \
	{                                                                      \
		TW_SIZE_4K, TW_SIZE_2M, TW_SIZE_1G, TW_SIZE_512G, TW_SIZE_256T \
	}
#define X86_SIZES                                  \
	{                                          \
		TW_SIZE_4K, TW_SIZE_2M, TW_SIZE_1G \
	}

const struct tw_format_desc tw_formats[TW_FORMATS] = {
	[TW_FMT_SV39] = {.format = TW_FMT_SV39,
			 .name = "sv39",
			 .hw = true,
			 .levels = 3,
			 .index_bits = 9,
			 .pte_bytes = 8,
			 .va_bits = 39,
			 .leaf_levels = 0x07,
			 .size_of_level = RISCV_SIZES},
	[TW_FMT_SV48] = {.format = TW_FMT_SV48,
			 .name = "sv48",
			 .levels = 4,
			 .index_bits = 9,
			 .pte_bytes = 8,
			 .va_bits = 48,
			 .leaf_levels = 0x0f,
			 .size_of_level = RISCV_SIZES},
	[TW_FMT_SV57] = {.format = TW_FMT_SV57,
			 .name = "sv57",
			 .levels = 5,
			 .index_bits = 9,
			 .pte_bytes = 8,
			 .va_bits = 57,
			 .leaf_levels = 0x1f,
			 .size_of_level = RISCV_SIZES},
	[TW_FMT_X86_LONG4] = {.format = TW_FMT_X86_LONG4,
			      .name = "long4",
			      .x86 = true,
			      .hw = true,
			      .levels = 4,
			      .index_bits = 9,
			      .pte_bytes = 8,
			      .va_bits = 48,
			      .leaf_levels = 0x07,
			      .size_of_level = X86_SIZES},
	[TW_FMT_X86_LONG5] = {.format = TW_FMT_X86_LONG5,
			      .name = "long5",
			      .x86 = true,
			      .levels = 5,
			      .index_bits = 9,
			      .pte_bytes = 8,
			      .va_bits = 57,
			      .leaf_levels = 0x07,
			      .size_of_level = X86_SIZES},
};

const struct tw_format_desc *tw_format_desc(enum tw_format format)
{
	unsigned int i = (unsigned int)format;

	return i < TW_FORMATS && tw_formats[i].levels ? &tw_formats[i] : NULL;
}

unsigned int tw_size_log2_pages(uint8_t size)
{
	static const uint8_t log2_pages[] = {
		[TW_SIZE_4K] = 0,  [TW_SIZE_64K] = 4,	[TW_SIZE_2M] = 9,    [TW_SIZE_4M] = 10,
		[TW_SIZE_1G] = 18, [TW_SIZE_512G] = 27, [TW_SIZE_256T] = 36,
	};

	return log2_pages[size];
}

bool tw_arch_direct(const struct tw_ctx *ctx, const struct tw_req *req, struct tw_resp *resp)
{
	static const struct tw_rights none = {0};

	if (ctx->format != TW_FMT_BARE && req->priv != TW_PRIV_M)
		return false;
	if (req->va >> 56)
		tw_arch_resp_fault(ctx, req, TW_FAULT_ACCESS, 0, resp);
	else
		tw_arch_resp_ok(req, req->va >> TW_PAGE_SHIFT, TW_SIZE_4K, &none, resp);
	return true;
}

bool tw_arch_canonical(const struct tw_ctx *ctx, const struct tw_req *req, struct tw_resp *resp)
{
	const struct tw_format_desc *f = &tw_formats[ctx->format];
	// Adding half the space to a canonical address wraps it into [0, 2^va_bits).
	uint64_t half = UINT64_C(1) << (f->va_bits - 1);

	if ((req->va + half) >> f->va_bits == 0)
		return true;
	if (f->x86)
		tw_arch_resp_fault(ctx, req, TW_FAULT_CANON, 0, resp);
	else
		tw_arch_resp_fault(ctx, req, TW_FAULT_PAGE, 0, resp);
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

uint64_t tw_arch_pte_addr(const struct tw_ctx *ctx, uint64_t table_ppn, uint8_t level, uint64_t va)
{
	const struct tw_format_desc *f = &tw_formats[ctx->format];
	unsigned int shift = TW_PAGE_SHIFT + (unsigned int)f->index_bits * level;
	uint64_t index = (va >> shift) & tw_low_mask(f->index_bits);

	return (table_ppn << TW_PAGE_SHIFT) + index * f->pte_bytes;
}
