// SPDX-License-Identifier: Apache-2.0
// See stim_bounds.h.
#include "stim_bounds.h"

#include <string.h>

#include "../csim/arch/entry.h"
#include "twinwalk/mmu.h"

// The lowest N bits, 0..64.
static uint64_t low(unsigned int n)
{
	return n ? ~UINT64_C(0) >> (64 - n) : 0;
}

enum { PAGE_SHIFT = 12, FORMATS = 32, GROUP = 4 };

// What the formats have between them.
struct extent {
	unsigned int va, va_alone;     // address bits
	unsigned int ppn, page, table; // bits of page numbers: any, of 4 KB pages, of tables
	unsigned int align, entry; // log2 of the bytes of the smallest entry, bytes of the largest
	unsigned int superpage;	   // log2 of the pages in the smallest page above 4 KB
	unsigned int prefix;	   // where the lowest prefix of a walk-cache entry begins
	uint64_t superpages;	   // page number bits of larger pages
	uint32_t sizes;		   // page sizes, bits of enum tw_size
	bool narrow_only, asids;
};

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int most(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

// An entry of this kind takes part in updates.
static void add_updated(const struct tw_entry_layout *l, struct tw_stim_bounds *b)
{
	if (!l->accessed)
		return;
	b->updated |= l->fixed | l->read | l->write | l->exec | l->no_exec | l->user | l->global |
		      l->accessed | l->dirty | l->plain | l->extra | l->group |
		      tw_entry_address(l, UINT64_MAX);
	b->always_before &= l->present;
	b->always_after &= l->present | l->accessed;
}

static void add_leaf(const struct tw_format_desc *f, unsigned int level, struct extent *e,
		     struct tw_stim_bounds *b)
{
	struct tw_entry_layout l;
	unsigned int bits, pages = f->vpn_shift[level];

	tw_entry_layout(f, level, true, &l);
	add_updated(&l, b);
	bits = tw_entry_ppn_bits(&l);
	e->ppn = most(e->ppn, bits);
	e->sizes |= 1u << f->size_of_level[level];
	if (!level)
		e->page = most(e->page, bits);
	if (l.group) {
		pages = GROUP;
		e->sizes |= 1u << TW_SIZE_64K;
	}
	if (!pages)
		return;
	e->superpage = least(e->superpage, pages);
	e->superpages |= low(bits) & ~low(pages);
}

static void add_format(const struct tw_format_desc *f, struct extent *e, struct tw_stim_bounds *b)
{
	bool root = tw_entry_root_bits(f) != 0;
	struct tw_entry_layout l;

	e->va = most(e->va, f->va_bits);
	e->va_alone = most(e->va_alone, f->va_bits == 32 ? 32 : f->va_bits - 1u);
	e->narrow_only &= f->va_bits == 32;
	e->asids |= !root;
	e->align = least(e->align, f->entry_bytes == 8 ? 3 : 2);
	e->entry = most(e->entry, f->entry_bytes);
	if (f->levels > 1)
		e->prefix = least(e->prefix, f->vpn_shift[1]);
	for (unsigned int level = 0; level < f->levels; level++) {
		if (f->leaf_levels >> level & 1)
			add_leaf(f, level, e, b);
		if (!level)
			continue;
		tw_entry_layout(f, level, false, &l);
		add_updated(&l, b);
		e->table = most(e->table, tw_entry_ppn_bits(&l));
	}
}

static uint32_t sizes_to_events(uint32_t sizes, enum tw_event first)
{
	uint32_t events = 0;

	if (sizes & 1u << TW_SIZE_4K)
		events |= 1u << first;
	if (sizes & 1u << TW_SIZE_64K)
		events |= 2u << first;
	if (sizes & (1u << TW_SIZE_2M | 1u << TW_SIZE_4M))
		events |= 4u << first;
	if (sizes & (1u << TW_SIZE_1G | 1u << TW_SIZE_512G | 1u << TW_SIZE_256T))
		events |= 8u << first;
	return events;
}

static uint32_t possible_events(const struct tw_config *c, const struct extent *e)
{
	uint32_t events = ~(15u << TW_EV_L1F_HIT | 15u << TW_EV_L1D_HIT | 15u << TW_EV_L2_HIT);
	uint32_t l2 = 0;

	events |= sizes_to_events(e->sizes, TW_EV_L1D_HIT);
	if (c->ports == TW_PORTS)
		events |= sizes_to_events(e->sizes, TW_EV_L1F_HIT);
	else
		events &= ~(1u << TW_EV_L1F_MISS | 1u << TW_EV_DIRECT_F);
	// Each request finds a walker, unless many walks outlive theirs.
	if (c->walkers >= 2 * c->ports * c->miss_entries)
		events &= ~(1u << TW_EV_NO_WALKER);
	// A request waits for the walk of another.
	if (c->ports * c->miss_entries == 1)
		events &= ~(1u << TW_EV_MERGE);
	if (c->l2_sets)
		l2 |= 1u << TW_SIZE_4K;
	if (c->l2_sp_entries)
		l2 |= e->sizes & ~(1u << TW_SIZE_4K);
	events |= sizes_to_events(l2, TW_EV_L2_HIT);
	if (!c->pwc_entries)
		events &= ~(1u << TW_EV_PWC_START | 1u << TW_EV_PWC_FILL);
	return events;
}

void tw_stim_bounds(const struct tw_config *c, struct tw_stim_bounds *b)
{
	struct extent e = {.align = 3, .superpage = 64, .prefix = 64, .narrow_only = true};

	memset(b, 0, sizeof(*b));
	b->always_before = b->always_after = UINT64_MAX;
	for (unsigned int i = 0; i < FORMATS; i++)
		if (c->formats >> i & 1)
			add_format(tw_format_get((enum tw_format)i), &e, b);
	b->vpn = low(e.va - PAGE_SHIFT);
	b->ppn = low(e.ppn);
	b->asid = e.asids ? low(c->asid_bits) : 0;
	b->page_ppn = low(e.page);
	b->sp_vpn = b->vpn & ~low(e.superpage);
	b->sp_ppn = e.superpages;
	b->pwc_vpn = b->vpn & ~low(e.prefix);
	b->pwc_ppn = low(e.table);
	b->va = e.narrow_only ? low(32) : low(64);
	b->va_alone = low(e.va_alone);
	b->answer = b->va | low(e.ppn + PAGE_SHIFT);
	b->answer_alone = b->answer;
	// Roots lie anywhere.
	b->walk = low(e.ppn + PAGE_SHIFT) & ~low(e.align);
	b->word = low(e.entry * 8);
	b->events = possible_events(c, &e);
}
