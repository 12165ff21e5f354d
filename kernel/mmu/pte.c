// SPDX-License-Identifier: Apache-2.0
// Encoding and decoding of page-table entries. See pte.h.
#include "mmu/pte.h"

#include <stddef.h>

#include "twinwalk/kernel.h"

// Software entries, the same in all formats: bit 0 (V, P) is clear.
enum { SOFT_SWAP = 1 << 1, SOFT_NONE = 1 << 2, SOFT_SHIFT = 12 };

static uint64_t encode_soft(const struct tw_entry *e)
{
	if (e->kind == TW_ENTRY_SWAP)
		return (uint64_t)e->slot << SOFT_SHIFT | SOFT_SWAP;
	if (e->kind == TW_ENTRY_NONE)
		return e->pfn << SOFT_SHIFT | SOFT_NONE;
	return 0;
}

static struct tw_entry decode_soft(uint64_t pte)
{
	uint64_t low = pte & ((1u << SOFT_SHIFT) - 1), high = pte >> SOFT_SHIFT;

	if (pte == 0)
		return (struct tw_entry){.kind = TW_ENTRY_EMPTY};
	if (low == SOFT_SWAP && high && high <= UINT32_MAX)
		return (struct tw_entry){.kind = TW_ENTRY_SWAP, .slot = (uint32_t)high};
	if (low == SOFT_NONE)
		return (struct tw_entry){.kind = TW_ENTRY_NONE, .pfn = high};
	return (struct tw_entry){.kind = TW_ENTRY_BAD};
}

// --- RISC-V --------------------------------------------------------------------------------------

enum {
	RV_V = 1 << 0,
	RV_R = 1 << 1,
	RV_W = 1 << 2,
	RV_X = 1 << 3,
	RV_U = 1 << 4,
	RV_G = 1 << 5,
	RV_A = 1 << 6,
	RV_D = 1 << 7,
	RV_PPN_SHIFT = 10,
	RV_PPN_BITS = 44,
};

static uint64_t rv_encode(const struct tw_entry *e, unsigned int level)
{
	uint64_t pte = e->pfn << RV_PPN_SHIFT | RV_V;

	(void)level;
	if (e->kind == TW_ENTRY_TABLE)
		return pte;
	if (e->kind != TW_ENTRY_LEAF)
		return encode_soft(e);
	return pte | RV_U | (e->r ? RV_R : 0u) | (e->w ? RV_W : 0u) | (e->x ? RV_X : 0u) |
	       (e->accessed ? RV_A : 0u) | (e->dirty ? RV_D : 0u);
}

static struct tw_entry rv_decode(uint64_t pte, unsigned int level)
{
	struct tw_entry e = {.kind = TW_ENTRY_BAD};

	(void)level;
	if (!(pte & RV_V))
		return decode_soft(pte);
	if (pte >> (RV_PPN_SHIFT + RV_PPN_BITS) || (pte & RV_G))
		return e;
	e.pfn = pte >> RV_PPN_SHIFT;
	e.r = pte & RV_R;
	e.w = pte & RV_W;
	e.x = pte & RV_X;
	e.accessed = pte & RV_A;
	e.dirty = pte & RV_D;
	if (!e.r && !e.w && !e.x) {
		if (!e.accessed && !e.dirty && !(pte & RV_U))
			e.kind = TW_ENTRY_TABLE;
	} else if ((pte & RV_U) && (e.r || !e.w)) {
		e.kind = TW_ENTRY_LEAF;
	}
	return e;
}

// W without R is reserved.
static uint32_t rv_prot(uint32_t prot)
{
	return prot & TW_PROT_WRITE ? prot | TW_PROT_READ : prot;
}

static uint8_t rv_page_cause(const struct tw_req *req, bool present)
{
	static const uint8_t cause[] = {
		[TW_FETCH] = 12, [TW_LOAD] = 13, [TW_STORE] = 15, [TW_RMW] = 15};

	(void)present;
	return cause[req->access];
}

// --- x86 -----------------------------------------------------------------------------------------

enum {
	X86_P = 1 << 0,
	X86_W = 1 << 1,
	X86_U = 1 << 2,
	X86_A = 1 << 5,
	X86_D = 1 << 6,
	X86_PS = 1 << 7,
};
#define X86_NX	(UINT64_C(1) << 63)
#define X86_PFN UINT64_C(0x000ffffffffff000)

// Without NX: what can be read can be executed.
static uint64_t x86_encode(const struct tw_entry *e, unsigned int level)
{
	uint64_t pte = e->pfn << TW_PAGE_SHIFT_4K | X86_P | X86_U;

	(void)level;
	// Rights are those of all levels together: tables allow everything.
	if (e->kind == TW_ENTRY_TABLE)
		return pte | X86_W | (e->accessed ? X86_A : 0u);
	if (e->kind != TW_ENTRY_LEAF)
		return encode_soft(e);
	return pte | (e->w ? X86_W : 0u) | (e->accessed ? X86_A : 0u) | (e->dirty ? X86_D : 0u);
}

static uint64_t nx_encode(const struct tw_entry *e, unsigned int level)
{
	return x86_encode(e, level) | (e->kind == TW_ENTRY_LEAF && !e->x ? X86_NX : 0u);
}

// The root of PAE: P alone, the other low bits are reserved.
static uint64_t pae_encode(const struct tw_entry *e, unsigned int level)
{
	if (level == 2 && e->kind == TW_ENTRY_TABLE)
		return e->pfn << TW_PAGE_SHIFT_4K | X86_P;
	return nx_encode(e, level);
}

static struct tw_entry x86_decode(uint64_t pte, unsigned int level)
{
	struct tw_entry e = {.kind = TW_ENTRY_BAD};

	if (!(pte & X86_P))
		return decode_soft(pte);
	if (!(pte & X86_U) || (pte & ~(X86_PFN | X86_NX | X86_P | X86_W | X86_U | X86_A | X86_D)))
		return e;
	e.pfn = (pte & X86_PFN) >> TW_PAGE_SHIFT_4K;
	e.accessed = pte & X86_A;
	if (level > 0) {
		if ((pte & X86_W) && !(pte & (X86_NX | X86_D)))
			e.kind = TW_ENTRY_TABLE;
		return e;
	}
	e.r = true;
	e.w = pte & X86_W;
	e.x = !(pte & X86_NX);
	e.dirty = pte & X86_D;
	e.kind = TW_ENTRY_LEAF;
	return e;
}

static struct tw_entry pae_decode(uint64_t pte, unsigned int level)
{
	if (level == 2 && (pte & ~X86_PFN) == X86_P)
		return (struct tw_entry){.kind = TW_ENTRY_TABLE,
					 .pfn = (pte & X86_PFN) >> TW_PAGE_SHIFT_4K};
	return x86_decode(pte, level);
}

// A present page can be read.
static uint32_t nx_prot(uint32_t prot)
{
	return prot ? prot | TW_PROT_READ : prot;
}

static uint32_t x86_prot(uint32_t prot)
{
	return prot ? prot | TW_PROT_READ | TW_PROT_EXEC : prot;
}

// SMEP is on: the error code tells fetches.
static uint8_t x86_page_cause(const struct tw_req *req, bool present)
{
	bool write = req->access == TW_STORE || req->access == TW_RMW;

	return (uint8_t)((present ? TW_PF_P : 0u) | (write ? TW_PF_W : 0u) |
			 (req->priv == TW_PRIV_U ? TW_PF_U : 0u) |
			 (req->access == TW_FETCH ? TW_PF_I : 0u));
}

// --- The table -----------------------------------------------------------------------------------

#define NINES(n)                                                           \
	.levels = (n), .dynamic = (n)-1, .entry_bytes = 8, .pfn_bits = 40, \
	.vpn_shift = {0, 9, 18, 27, 36, 45}
#define TENS                                                                        \
	.levels = 2, .dynamic = 1, .entry_bytes = 4, .va_bits = 32, .pfn_bits = 20, \
	.vpn_shift = {0, 10, 20}
#define RISCV                                                                               \
	.svade = true, .encode = rv_encode, .decode = rv_decode, .effective_prot = rv_prot, \
	.page_cause = rv_page_cause
#define X86 .flags = TW_F_WP | TW_F_SMEP | TW_F_SMAP, .page_cause = x86_page_cause
#define X86_LONG                                                                           \
	.flags = TW_F_WP | TW_F_NXE | TW_F_SMEP | TW_F_SMAP, .page_cause = x86_page_cause, \
	.encode = nx_encode, .decode = x86_decode, .effective_prot = nx_prot

static const struct tw_pte_format formats[] = {
	{.format = TW_FMT_SV32, .asid_bits = 9, TENS, RISCV},
	{.format = TW_FMT_SV39, .va_bits = 39, .asid_bits = 16, NINES(3), RISCV},
	{.format = TW_FMT_SV48, .va_bits = 48, .asid_bits = 16, NINES(4), RISCV},
	{.format = TW_FMT_SV57, .va_bits = 57, .asid_bits = 16, NINES(5), RISCV},
	{.format = TW_FMT_X86_LEGACY,
	 TENS,
	 X86,
	 .encode = x86_encode,
	 .decode = x86_decode,
	 .effective_prot = x86_prot},
	{.format = TW_FMT_X86_PAE,
	 .levels = 3,
	 .dynamic = 1,
	 .entry_bytes = 8,
	 .va_bits = 32,
	 .pfn_bits = 40,
	 .vpn_shift = {0, 9, 18, 20},
	 .flags = TW_F_WP | TW_F_NXE | TW_F_SMEP | TW_F_SMAP,
	 .encode = pae_encode,
	 .decode = pae_decode,
	 .effective_prot = nx_prot,
	 .page_cause = x86_page_cause},
	{.format = TW_FMT_X86_LONG4, .va_bits = 48, .asid_bits = 12, NINES(4), X86_LONG},
	{.format = TW_FMT_X86_LONG5, .va_bits = 57, .asid_bits = 12, NINES(5), X86_LONG},
};

enum tw_format tw_kernel_format(size_t i)
{
	return i < sizeof(formats) / sizeof(formats[0]) ? formats[i].format : TW_FMT_BARE;
}

const struct tw_pte_format *tw_pte_format(enum tw_format format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].format == format)
			return &formats[i];
	return NULL;
}
