// SPDX-License-Identifier: Apache-2.0
// Reverse mappings. See rmap.h.
#include "mmu/rmap.h"

#include <errno.h>
#include <stdlib.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "swap/swap.h"

enum { SPARES_KEPT = 16 };

// --- Tables ----------------------------------------------------------------------------

// Bits of a place that tell the entry within its table.
static unsigned int place_bits(const struct tw_kernel *k)
{
	return k->fmt->vpn_shift[1];
}

// Makes room for more numbers: all of them are in TABLE, the free ones in FREE.
static int grow(struct tw_rmap *r, unsigned int bits)
{
	uint32_t most = UINT32_MAX >> bits, n = r->numbers ? 2 * r->numbers : 64;
	struct tw_rmap_table **table;
	uint32_t *numbers;

	n = n < most ? n : most;
	if (n == r->numbers)
		return -ENOMEM;
	table = realloc(r->table, n * sizeof(struct tw_rmap_table *));
	if (!table)
		return -ENOMEM;
	r->table = table;
	numbers = realloc(r->free, n * sizeof(*numbers));
	if (!numbers)
		return -ENOMEM;
	r->free = numbers;
	for (uint32_t i = n; i-- > r->numbers;) {
		table[i] = NULL;
		numbers[r->frees++] = i;
	}
	r->numbers = n;
	return 0;
}

int tw_rmap_reserve(struct tw_kernel *k, uint32_t n)
{
	struct tw_rmap *r = k->rmap;

	while (r->frees < n) {
		int err = grow(r, place_bits(k));

		if (err)
			return err;
	}
	while (r->spares < n) {
		struct tw_rmap_table *t =
			malloc(sizeof(*t) + (sizeof(t->link[0]) << place_bits(k)));

		if (!t)
			return -ENOMEM;
		t->spare = r->spare;
		r->spare = t;
		r->spares++;
	}
	return 0;
}

void tw_rmap_destroy(struct tw_kernel *k)
{
	struct tw_rmap *r = k->rmap;

	if (!r)
		return;
	while (r->spare) {
		struct tw_rmap_table *t = r->spare;

		r->spare = t->spare;
		free(t);
	}
	free(r->table);
	free(r->free);
	free(r);
	k->rmap = NULL;
}

uint64_t tw_rmap_bytes(const struct tw_kernel *k)
{
	const struct tw_rmap *r = k->rmap;
	const struct tw_rmap_table *t = NULL;

	return (uint64_t)r->numbers * (sizeof(struct tw_rmap_table *) + sizeof(*r->free)) +
	       (uint64_t)(r->numbers - r->frees + r->spares) *
		       (sizeof(*t) + (sizeof(t->link[0]) << place_bits(k)));
}

void tw_rmap_table_new(struct tw_space *as, uint64_t va, uint32_t table)
{
	struct tw_kernel *k = as->k;
	struct tw_rmap *r = k->rmap;
	struct tw_rmap_table *t = r->spare;
	uint32_t number;

	assert(t && r->frees > 0);
	r->spare = t->spare;
	r->spares--;
	number = r->free[--r->frees];
	t->as = as;
	t->va = va;
	t->frame = table;
	r->table[number] = t;
	k->frames[table].rmap = number;
}

void tw_rmap_table_free(struct tw_kernel *k, uint32_t table)
{
	struct tw_rmap *r = k->rmap;
	uint32_t number = k->frames[table].rmap;
	struct tw_rmap_table *t = r->table[number];

	k->frames[table].rmap = TW_NO_RMAP;
	r->table[number] = NULL;
	r->free[r->frees++] = number;
	if (r->spares >= SPARES_KEPT) {
		free(t);
		return;
	}
	t->spare = r->spare;
	r->spare = t;
	r->spares++;
}

// --- Lists -----------------------------------------------------------------------------

static uint32_t place_of(const struct tw_kernel *k, const struct tw_cell *ptep)
{
	uint64_t offset = (uint64_t)((const uint8_t *)ptep - k->ram);
	uint32_t number = k->frames[offset >> TW_PAGE_SHIFT_4K].rmap;

	return number << place_bits(k) |
	       (uint32_t)(offset & (TW_PAGE_BYTES - 1)) / k->fmt->entry_bytes;
}

static struct tw_rmap_table *table_of(const struct tw_kernel *k, uint32_t place, uint32_t *i)
{
	*i = place & ((1u << place_bits(k)) - 1);
	return k->rmap->table[place >> place_bits(k)];
}

static uint32_t *next_of(const struct tw_kernel *k, uint32_t place)
{
	uint32_t i;
	struct tw_rmap_table *t = table_of(k, place, &i);

	return &t->link[i].next;
}

static uint32_t *prev_of(const struct tw_kernel *k, uint32_t place)
{
	uint32_t i;
	struct tw_rmap_table *t = table_of(k, place, &i);

	return &t->link[i].prev;
}

static void link_place(struct tw_kernel *k, uint32_t f, uint32_t place)
{
	uint32_t first = k->frames[f].rmap;

	*next_of(k, place) = first;
	*prev_of(k, place) = TW_NO_RMAP;
	if (first != TW_NO_RMAP)
		*prev_of(k, first) = place;
	k->frames[f].rmap = place;
	k->rmap->used++;
}

static void unlink_place(struct tw_kernel *k, uint32_t f, uint32_t place)
{
	uint32_t next = *next_of(k, place), prev = *prev_of(k, place);

	assert(prev == TW_NO_RMAP ? k->frames[f].rmap == place : *next_of(k, prev) == place);
	if (next != TW_NO_RMAP)
		*prev_of(k, next) = prev;
	if (prev != TW_NO_RMAP)
		*next_of(k, prev) = next;
	else
		k->frames[f].rmap = next;
	k->rmap->used--;
}

void tw_rmap_add(struct tw_kernel *k, uint32_t f, const struct tw_cell *ptep)
{
	tw_charge(k, TW_COST_RMAP, 1);
	link_place(k, f, place_of(k, ptep));
	k->frames[f].mapcount++;
	k->frames[f].refcount++;
}

void tw_rmap_del(struct tw_kernel *k, uint32_t f, const struct tw_cell *ptep)
{
	tw_charge(k, TW_COST_RMAP, 1);
	unlink_place(k, f, place_of(k, ptep));
	k->frames[f].mapcount--;
}

void tw_rmap_move(struct tw_kernel *k, uint32_t f, const struct tw_cell *from,
		  const struct tw_cell *to)
{
	tw_charge(k, TW_COST_RMAP, 1);
	unlink_place(k, f, place_of(k, from));
	link_place(k, f, place_of(k, to));
}

uint32_t tw_rmap_next(const struct tw_kernel *k, uint32_t place)
{
	return *next_of(k, place);
}

struct tw_cell *tw_rmap_entry(const struct tw_kernel *k, uint32_t place, struct tw_space **as,
			      uint64_t *va)
{
	uint32_t i;
	struct tw_rmap_table *t = table_of(k, place, &i);

	*as = t->as;
	*va = t->va + ((uint64_t)i << TW_PAGE_SHIFT_4K);
	return tw_pt_cell(k, t->frame, i);
}

// --- All mappings of a frame -----------------------------------------------------------

// Clears the A or the D bits.
static bool clear(struct tw_kernel *k, uint32_t f, bool accessed, bool dirty, struct tw_gather *g)
{
	bool found = false;

	for (uint32_t at = k->frames[f].rmap; at != TW_NO_RMAP; at = tw_rmap_next(k, at)) {
		struct tw_space *as;
		uint64_t va;
		struct tw_cell *ptep = tw_rmap_entry(k, at, &as, &va);
		struct tw_entry e = tw_pt_read(as, ptep);

		tw_charge(k, TW_COST_RMAP, 1);
		if (e.kind != TW_ENTRY_LEAF || !((accessed && e.accessed) || (dirty && e.dirty)))
			continue;
		e.accessed = e.accessed && !accessed;
		e.dirty = e.dirty && !dirty;
		tw_pt_write(as, ptep, &e);
		tw_gather_page(g, as, va);
		found = true;
	}
	return found;
}

bool tw_rmap_referenced(struct tw_kernel *k, uint32_t f, struct tw_gather *g)
{
	return clear(k, f, true, false, g);
}

bool tw_rmap_clean(struct tw_kernel *k, uint32_t f, struct tw_gather *g)
{
	return clear(k, f, false, true, g);
}

bool tw_rmap_dirty(const struct tw_kernel *k, uint32_t f)
{
	for (uint32_t at = k->frames[f].rmap; at != TW_NO_RMAP; at = tw_rmap_next(k, at)) {
		struct tw_space *as;
		uint64_t va;
		struct tw_cell *ptep = tw_rmap_entry(k, at, &as, &va);
		struct tw_entry e = tw_pt_read(as, ptep);

		if (e.kind == TW_ENTRY_LEAF && e.dirty)
			return true;
	}
	return false;
}

bool tw_rmap_unmap(struct tw_kernel *k, uint32_t f, uint32_t slot, struct tw_gather *g)
{
	struct tw_entry gone = {.kind = slot ? TW_ENTRY_SWAP : TW_ENTRY_EMPTY, .slot = slot};
	bool dirty = false;

	while (k->frames[f].rmap != TW_NO_RMAP) {
		struct tw_space *as;
		uint64_t va;
		struct tw_cell *ptep = tw_rmap_entry(k, k->frames[f].rmap, &as, &va);
		struct tw_entry e = tw_pt_read(as, ptep);

		dirty = dirty || (e.kind == TW_ENTRY_LEAF && e.dirty);
		tw_pt_write(as, ptep, &gone);
		tw_space_count(as, k->frames[f].state, -1);
		tw_rmap_del(k, f, ptep);
		tw_frame_put(k, f);
		if (slot) {
			tw_swap_dup(k, slot);
			as->swapped++;
		}
		if (e.kind == TW_ENTRY_LEAF)
			tw_gather_page(g, as, va);
		if (!slot)
			tw_pt_prune(as, va, g);
	}
	return dirty;
}
