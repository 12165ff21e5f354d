// SPDX-License-Identifier: Apache-2.0
// Encoding and decoding of page-table entries, whatever their format. See pte.h.
#include "mmu/pte.h"

#include <stddef.h>

#include "twinwalk/kernel.h"

// --- Formats ---------------------------------------------------------------------------

enum tw_format tw_kernel_format(size_t i)
{
	struct tw_pte_format f;

	for (unsigned int code = TW_FMT_BARE + 1; code < 32; code++)
		if (tw_pte_format((enum tw_format)code, &f) && i-- == 0)
			return f.format;
	return TW_FMT_BARE;
}

bool tw_pte_format(enum tw_format format, struct tw_pte_format *f)
{
	const uint32_t wanted = TW_F_WP | TW_F_NXE | TW_F_SMEP | TW_F_SMAP;
	const struct tw_format_desc *d = tw_format_get(format);
	unsigned int root, bits;

	if (!d)
		return false;
	root = tw_entry_root_bits(d);
	*f = (struct tw_pte_format){.format = format,
				    .name = d->name,
				    .levels = (uint8_t)(d->levels + (root > 0)),
				    .dynamic = (uint8_t)(d->levels - 1u),
				    .entry_bytes = d->entry_bytes,
				    .va_bits = d->va_bits,
				    .asid_bits = d->asid_bits,
				    .svade = tw_format_flags(d) & TW_F_ADUE,
				    .flags = tw_format_flags(d) & wanted};
	if (f->levels > TW_PT_LEVELS_MAX)
		return false;
	for (unsigned int i = 0; i <= d->levels; i++)
		f->vpn_shift[i] = d->vpn_shift[i];
	if (root)
		f->vpn_shift[f->levels] = (uint8_t)(f->vpn_shift[d->levels] + root);
	for (unsigned int i = 0; i < f->levels; i++) {
		tw_entry_layout_of(d, i, i == 0, &f->layout[i]);
		if (f->layout[i].address[1].bits)
			return false;
	}
	// What the kernel's own entries leave of a word is less than some formats have.
	bits = tw_entry_ppn_bits(&f->layout[0]);
	f->pfn_bits = (uint8_t)(f->entry_bytes == 4 ? 20 : 40);
	if (bits < f->pfn_bits)
		f->pfn_bits = (uint8_t)bits;
	return true;
}

uint32_t tw_pte_prot(const struct tw_pte_format *f, uint32_t prot)
{
	const struct tw_entry_layout *l = &f->layout[0];

	if (!prot)
		return 0;
	if (!l->read || (prot & TW_PROT_WRITE))
		prot |= TW_PROT_READ;
	if (!l->exec && !l->no_exec)
		prot |= TW_PROT_EXEC;
	return prot;
}

// --- Software entries, the same in all formats -----------------------------------------

// The hardware looks at no other bit where bit 0 is clear.
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

// --- Entries of the hardware -----------------------------------------------------------

uint64_t tw_pte_encode(const struct tw_pte_format *f, const struct tw_entry *e, unsigned int level)
{
	const struct tw_entry_layout *l = &f->layout[level];
	uint64_t pte = l->fixed | l->user | e->pfn << l->address[0].at;

	if (e->accessed)
		pte |= l->accessed;
	// Rights may be those of all levels together: pointers allow everything.
	if (e->kind == TW_ENTRY_TABLE)
		return pte | l->read | l->write | l->exec;
	if (e->kind != TW_ENTRY_LEAF)
		return encode_soft(e);
	return pte | (e->r ? l->read : 0) | (e->w ? l->write : 0) | (e->x ? l->exec : l->no_exec) |
	       (e->dirty ? l->dirty : 0);
}

struct tw_entry tw_pte_decode(const struct tw_pte_format *f, uint64_t pte, unsigned int level)
{
	const struct tw_entry_layout *l = &f->layout[level];
	struct tw_entry e;

	if (!(pte & l->present))
		return decode_soft(pte);
	e = (struct tw_entry){.kind = level ? TW_ENTRY_TABLE : TW_ENTRY_LEAF,
			      .pfn = pte >> l->address[0].at &
				     ((UINT64_C(1) << l->address[0].bits) - 1),
			      .accessed = pte & l->accessed};
	if (level == 0) {
		e.r = !l->read || (pte & l->read);
		e.w = pte & l->write;
		e.x = l->exec ? (pte & l->exec) != 0 : !(pte & l->no_exec);
		e.dirty = pte & l->dirty;
	}
	// Bits that we never set; rights that we never give.
	if (tw_pte_encode(f, &e, level) != pte || (level == 0 && !e.r && (e.w || !e.x)))
		return (struct tw_entry){.kind = TW_ENTRY_BAD};
	return e;
}
