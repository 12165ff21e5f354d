// SPDX-License-Identifier: Apache-2.0
// Address spaces. See vm.h.
#include "vm/vm.h"

#include <errno.h>
#include <stdlib.h>

#include "cache/cache.h"
#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "reclaim/reclaim.h"
#include "swap/swap.h"

// --- Life ------------------------------------------------------------------------------

static int new_id(struct tw_kernel *k, struct tw_mm *mm)
{
	uint32_t id = k->mms_low;

	while (id < k->mms_size && k->mms[id])
		id++;
	if (id == k->mms_size) {
		uint32_t size = k->mms_size ? 2 * k->mms_size : 8;
		struct tw_mm **mms = realloc(k->mms, size * sizeof(struct tw_mm *));

		if (!mms)
			return -ENOMEM;
		for (uint32_t i = k->mms_size; i < size; i++)
			mms[i] = NULL;
		k->mms = mms;
		k->mms_size = size;
	}
	k->mms[id] = mm;
	k->mms_low = id + 1;
	mm->id = id;
	return 0;
}

static void free_id(struct tw_kernel *k, uint32_t id)
{
	k->mms[id] = NULL;
	if (id < k->mms_low)
		k->mms_low = id;
}

int tw_mm_create(struct tw_kernel *k, const struct tw_layout *layout, struct tw_mm **out)
{
	struct tw_mm *mm;
	int err = tw_reclaim_reserve(k, tw_pt_root_cost(k));

	if (err)
		return err;
	mm = calloc(1, sizeof(*mm));
	if (!mm)
		return -ENOMEM;
	mm->k = mm->as.k = k;
	tw_vma_tree_init(&mm->vmas, layout->lo, layout->hi);
	mm->mmap_top = layout->mmap_top;
	mm->start_brk = mm->brk = layout->start_brk;
	err = new_id(k, mm);
	if (!err) {
		err = tw_pt_create(&mm->as);
		if (err)
			free_id(k, mm->id);
	}
	if (err) {
		free(mm);
		return err;
	}
	*out = mm;
	return 0;
}

void tw_mm_destroy(struct tw_mm *mm)
{
	struct tw_kernel *k = mm->k;
	struct tw_gather g;
	struct tw_vma *v;

	tw_gather_init(&g, k);
	// One fence for the whole address space instead of one for each page.
	tw_gather_all(&g, &mm->as);
	while ((v = tw_vma_first(&mm->vmas))) {
		tw_mm_zap(mm, v->start, v->end, &g);
		tw_vma_remove(&mm->vmas, v);
		tw_mm_free_vma(k, v);
	}
	tw_gather_all(&g, &mm->as);
	tw_gather_flush(&g);
	assert(mm->as.rss_anon + mm->as.rss_file + mm->as.rss_shmem + mm->as.swapped == 0);
	tw_pt_destroy(&mm->as);
	free_id(k, mm->id);
	free(mm);
}

// --- Regions ---------------------------------------------------------------------------

struct tw_vma *tw_mm_new_vma(uint64_t start, uint64_t end, uint32_t prot, uint32_t flags,
			     struct tw_object *object, uint64_t index)
{
	struct tw_vma *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->start = start;
	v->end = end;
	v->prot = prot;
	v->flags = flags;
	v->object = object;
	v->index = index;
	if (object)
		tw_object_attach(object, &v->mapping);
	return v;
}

void tw_mm_free_vma(struct tw_kernel *k, struct tw_vma *v)
{
	if (v->object)
		tw_object_detach(k, v->object, &v->mapping);
	free(v);
}

// Joins B to A, which ends where B starts.
static void join(struct tw_mm *mm, struct tw_vma *a, struct tw_vma *b)
{
	uint64_t end = b->end;

	tw_vma_remove(&mm->vmas, b);
	tw_mm_free_vma(mm->k, b);
	tw_vma_resize(&mm->vmas, a, a->start, end);
}

struct tw_vma *tw_mm_merge(struct tw_mm *mm, struct tw_vma *v)
{
	struct tw_vma *next = tw_vma_next(v), *prev = tw_vma_prev(v);

	tw_charge(mm->k, TW_COST_VMA, 1);
	if (next && tw_vma_mergeable(v, next))
		join(mm, v, next);
	if (prev && tw_vma_mergeable(prev, v)) {
		join(mm, prev, v);
		v = prev;
	}
	return v;
}

struct tw_vma *tw_mm_insert(struct tw_mm *mm, struct tw_vma *v)
{
	tw_vma_insert(&mm->vmas, v);
	return tw_mm_merge(mm, v);
}

uint64_t tw_mm_find_gap(const struct tw_mm *mm, uint64_t len)
{
	uint64_t addr = tw_vma_find_gap(&mm->vmas, len, mm->mmap_top);

	return addr == UINT64_MAX ? tw_vma_find_gap(&mm->vmas, len, mm->vmas.hi) : addr;
}

int tw_mm_split(struct tw_mm *mm, uint64_t addr)
{
	struct tw_vma *v = tw_vma_find(&mm->vmas, addr), *upper;

	tw_charge(mm->k, TW_COST_VMA, 1);
	if (!v || v->start >= addr)
		return 0;
	upper = tw_mm_new_vma(addr, v->end, v->prot, v->flags, v->object,
			      v->index + ((addr - v->start) >> TW_PAGE_SHIFT_4K));
	if (!upper)
		return -ENOMEM;
	tw_vma_resize(&mm->vmas, v, v->start, addr);
	tw_vma_insert(&mm->vmas, upper);
	return 0;
}

int tw_mm_for_each_region(struct tw_mm *mm, uint64_t start, uint64_t end, enum tw_hole hole,
			  tw_region_fn fn, void *arg)
{
	bool holes = false;

	while (start < end) {
		struct tw_vma *v = tw_vma_find_range(&mm->vmas, start, end);
		uint64_t stop;
		int err;

		if (!v || v->start > start) {
			holes = true;
			if (!v || hole == TW_HOLE_ENDS)
				break;
			start = v->start;
		}
		stop = v->end < end ? v->end : end;
		err = fn(mm, v, start, stop, arg);
		if (err)
			return err;
		start = stop;
	}
	return holes && hole != TW_HOLE_PASSES ? -ENOMEM : 0;
}

// --- Unmapping -------------------------------------------------------------------------

static void zap_entry(struct tw_mm *mm, uint64_t va, struct tw_cell *ptep, struct tw_gather *g)
{
	struct tw_kernel *k = mm->k;
	struct tw_entry e = tw_pt_read(&mm->as, ptep);
	uint32_t f;

	tw_pt_write(&mm->as, ptep, &(struct tw_entry){.kind = TW_ENTRY_EMPTY});
	if (e.kind == TW_ENTRY_SWAP) {
		mm->as.swapped--;
		tw_swap_put(k, e.slot);
		return;
	}
	f = tw_pfn_frame(k, e.pfn);
	if (e.kind == TW_ENTRY_LEAF)
		tw_gather_page(g, &mm->as, va);
	if (f == k->zero_frame)
		return;
	if (e.dirty)
		k->frames[f].flags |= TW_FRAME_DIRTY;
	tw_space_count(&mm->as, k->frames[f].state, -1);
	tw_rmap_del(k, f, ptep);
	if (k->frames[f].mapcount == 0 && k->frames[f].slot && k->frames[f].state == TW_FRAME_ANON)
		tw_swap_cache_drop(k, f);
	tw_gather_frame(g, f);
}

void tw_mm_zap(struct tw_mm *mm, uint64_t start, uint64_t end, struct tw_gather *g)
{
	uint64_t table_span = (uint64_t)TW_PAGE_BYTES << mm->k->fmt->vpn_shift[1];
	uint64_t va = start;
	struct tw_cell *ptep;

	while ((ptep = tw_pt_next(&mm->as, &va, end))) {
		uint64_t stop = (va & ~(table_span - 1)) + table_span, at = va;

		if (stop > end)
			stop = end;
		// All entries of one table, then the table itself if nothing is left.
		for (; va < stop; va += TW_PAGE_BYTES, ptep = tw_pt_after(mm->k, ptep))
			if (tw_pt_raw(mm->k, ptep))
				zap_entry(mm, va, ptep, g);
		tw_pt_prune(&mm->as, at, g);
	}
}

int tw_mm_isolate(struct tw_mm *mm, uint64_t start, uint64_t end)
{
	struct tw_vma *v;

	// The end first: should the second split fail, merging undoes the first.
	if (tw_mm_split(mm, end))
		return -ENOMEM;
	if (!tw_mm_split(mm, start))
		return 0;
	v = tw_vma_find(&mm->vmas, end);
	if (v && v->start == end)
		tw_mm_merge(mm, v);
	return -ENOMEM;
}

int tw_mm_unmap(struct tw_mm *mm, uint64_t start, uint64_t end)
{
	struct tw_kernel *k = mm->k;
	struct tw_gather g;
	struct tw_vma *v = tw_vma_find_range(&mm->vmas, start, end);

	if (!v)
		return 0;
	// A hole in the middle of a region makes two of one.
	if (v->start < start && v->end > end && mm->vmas.count >= TW_MAX_MAP_COUNT)
		return -ENOMEM;
	if (tw_mm_isolate(mm, start, end))
		return -ENOMEM;
	tw_gather_init(&g, k);
	tw_mm_zap(mm, start, end, &g);
	while ((v = tw_vma_find_range(&mm->vmas, start, end))) {
		tw_charge(k, TW_COST_VMA, 1);
		tw_vma_remove(&mm->vmas, v);
		tw_mm_free_vma(k, v);
	}
	return tw_gather_flush(&g);
}
