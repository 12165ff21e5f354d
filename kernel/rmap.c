// SPDX-License-Identifier: Apache-2.0
// Reverse mappings. See rmap.h.
#include <errno.h>
#include <stdlib.h>

#include "kern.h"
#include "mm.h"
#include "pgtable.h"
#include "tlb.h"

enum { POOL_MIN = 256 };

int tw_rmap_reserve(struct tw_kernel *k, uint32_t n)
{
	struct tw_rmap_pool *p = &k->rmap;
	uint32_t size = p->size ? p->size : POOL_MIN;
	struct tw_rmap *rec;

	if (p->size - p->used >= n)
		return 0;
	while (size - p->used < n) {
		if (size > UINT32_MAX / 2)
			return -ENOMEM;
		size += size / 2;
	}
	rec = realloc(p->rec, size * sizeof(*rec));
	if (!rec)
		return -ENOMEM;
	p->rec = rec;
	for (uint32_t i = size; i-- > p->size;) {
		rec[i].next = i + 1 == size ? (p->size ? p->free : TW_NO_RMAP) : i + 1;
		rec[i].mm = UINT32_MAX;
	}
	p->free = p->size;
	p->size = size;
	return 0;
}

void tw_rmap_destroy(struct tw_kernel *k)
{
	free(k->rmap.rec);
	k->rmap = (struct tw_rmap_pool){.free = TW_NO_RMAP};
}

void tw_rmap_add(struct tw_kernel *k, uint32_t f, struct tw_mm *mm, uint64_t va)
{
	struct tw_rmap_pool *p = &k->rmap;
	uint32_t i = p->free;

	assert(p->used < p->size && i != TW_NO_RMAP);
	tw_charge(k, TW_COST_RMAP, 1);
	p->free = p->rec[i].next;
	p->used++;
	p->rec[i] = (struct tw_rmap){.va = va, .mm = mm->id, .next = k->frames[f].rmap};
	k->frames[f].rmap = i;
	k->frames[f].mapcount++;
	k->frames[f].refcount++;
}

static uint32_t *find(struct tw_kernel *k, uint32_t f, const struct tw_mm *mm, uint64_t va)
{
	uint32_t *link = &k->frames[f].rmap;

	for (;;) {
		struct tw_rmap *r = &k->rmap.rec[*link];

		assert(*link != TW_NO_RMAP);
		tw_charge(k, TW_COST_RMAP, 1);
		if (r->mm == mm->id && r->va == va)
			return link;
		link = &r->next;
	}
}

static void unlink_record(struct tw_kernel *k, uint32_t f, uint32_t *link)
{
	uint32_t i = *link;

	*link = k->rmap.rec[i].next;
	k->rmap.rec[i].next = k->rmap.free;
	k->rmap.rec[i].mm = UINT32_MAX;
	k->rmap.free = i;
	k->rmap.used--;
	k->frames[f].mapcount--;
}

void tw_rmap_del(struct tw_kernel *k, uint32_t f, struct tw_mm *mm, uint64_t va)
{
	unlink_record(k, f, find(k, f, mm, va));
}

void tw_rmap_move(struct tw_kernel *k, uint32_t f, struct tw_mm *mm, uint64_t from, uint64_t to)
{
	k->rmap.rec[*find(k, f, mm, from)].va = to;
}

// The entry of a mapping, which exists.
static uint64_t *entry_of(struct tw_kernel *k, const struct tw_rmap *r, struct tw_mm **mm)
{
	uint64_t *ptep;

	*mm = k->mms[r->mm];
	ptep = tw_pt_find(*mm, r->va);
	assert(ptep);
	tw_charge(k, TW_COST_RMAP, 1);
	return ptep;
}

bool tw_rmap_referenced(struct tw_kernel *k, uint32_t f, struct tw_gather *g)
{
	bool found = false;

	for (uint32_t i = k->frames[f].rmap; i != TW_NO_RMAP; i = k->rmap.rec[i].next) {
		struct tw_mm *mm;
		uint64_t *ptep = entry_of(k, &k->rmap.rec[i], &mm);
		struct tw_entry e = tw_pt_read(mm, ptep);

		if (e.kind != TW_ENTRY_LEAF || !e.accessed)
			continue;
		e.accessed = false;
		tw_pt_write(mm, ptep, &e);
		tw_gather_page(g, mm, k->rmap.rec[i].va);
		found = true;
	}
	return found;
}

bool tw_rmap_clean(struct tw_kernel *k, uint32_t f, struct tw_gather *g)
{
	bool found = false;

	for (uint32_t i = k->frames[f].rmap; i != TW_NO_RMAP; i = k->rmap.rec[i].next) {
		struct tw_mm *mm;
		uint64_t *ptep = entry_of(k, &k->rmap.rec[i], &mm);
		struct tw_entry e = tw_pt_read(mm, ptep);

		if (e.kind != TW_ENTRY_LEAF || !e.dirty)
			continue;
		e.dirty = false;
		tw_pt_write(mm, ptep, &e);
		tw_gather_page(g, mm, k->rmap.rec[i].va);
		found = true;
	}
	return found;
}

bool tw_rmap_dirty(const struct tw_kernel *k, uint32_t f)
{
	for (uint32_t i = k->frames[f].rmap; i != TW_NO_RMAP; i = k->rmap.rec[i].next) {
		const struct tw_mm *mm = k->mms[k->rmap.rec[i].mm];
		struct tw_entry e = tw_pt_read(mm, tw_pt_find(mm, k->rmap.rec[i].va));

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
		struct tw_rmap r = k->rmap.rec[k->frames[f].rmap];
		struct tw_mm *mm;
		uint64_t *ptep = entry_of(k, &r, &mm);
		struct tw_entry e = tw_pt_read(mm, ptep);

		dirty = dirty || (e.kind == TW_ENTRY_LEAF && e.dirty);
		tw_pt_write(mm, ptep, &gone);
		tw_mm_count(mm, k->frames[f].state, -1);
		unlink_record(k, f, &k->frames[f].rmap);
		tw_frame_put(k, f);
		if (slot) {
			tw_swap_dup(k, slot);
			mm->swapped++;
		}
		if (e.kind == TW_ENTRY_LEAF)
			tw_gather_page(g, mm, r.va);
		if (!slot)
			tw_pt_prune(mm, r.va, g);
	}
	return dirty;
}
