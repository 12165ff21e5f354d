// SPDX-License-Identifier: Apache-2.0
// Copying an address space. Private pages become shared copy-on-write: both entries lose W, the
// parent's translations are fenced before it runs again; swapped pages are shared by their slot.
// Pages of objects are left out: the child finds them by faulting.
#include "vm/vm.h"

#include <errno.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "reclaim/reclaim.h"
#include "swap/swap.h"

// Copies one entry of the parent. What the child's tables take is reserved.
static int copy_entry(struct tw_mm *parent, struct tw_mm *child, uint64_t va, struct tw_cell *ptep,
		      struct tw_gather *g)
{
	struct tw_kernel *k = parent->k;
	struct tw_entry e = tw_pt_read(&parent->as, ptep);
	uint32_t f = TW_NO_FRAME;
	struct tw_cell *to;

	if (e.kind != TW_ENTRY_SWAP) {
		f = tw_pfn_frame(k, e.pfn);
		if (f != k->zero_frame && k->frames[f].state != TW_FRAME_ANON)
			return 0;
	}
	to = tw_pt_make(&child->as, va);
	if (!to)
		return -ENOMEM;
	if (e.kind == TW_ENTRY_SWAP) {
		tw_swap_dup(k, e.slot);
		child->as.swapped++;
		tw_pt_write(&child->as, to, &e);
		return 0;
	}
	if (f != k->zero_frame) {
		if (e.dirty)
			k->frames[f].flags |= TW_FRAME_DIRTY;
		if (e.kind == TW_ENTRY_LEAF && (e.w || e.dirty)) {
			e.w = e.dirty = false;
			tw_pt_write(&parent->as, ptep, &e);
			tw_gather_page(g, &parent->as, va);
		}
		tw_rmap_add(k, f, to);
		tw_space_count(&child->as, TW_FRAME_ANON, 1);
	}
	e.accessed = k->opts.svade;
	tw_pt_write(&child->as, to, &e);
	return 0;
}

static int copy_region(struct tw_mm *parent, struct tw_mm *child, const struct tw_vma *v)
{
	struct tw_kernel *k = parent->k;
	struct tw_vma *copy;
	struct tw_gather g;
	uint64_t va = v->start;
	int err = 0, hw_err;

	copy = tw_mm_new_vma(v->start, v->end, v->prot, v->flags, v->object, v->index);
	if (!copy)
		return -ENOMEM;
	tw_charge(k, TW_COST_VMA, 1);
	tw_vma_insert(&child->vmas, copy);
	if (v->flags & TW_VMA_SHARED)
		return 0;
	tw_gather_init(&g, k);
	while (!err && tw_pt_next(&parent->as, &va, v->end)) {
		struct tw_cell *ptep;

		// This may reclaim the very page: the entry is read after it.
		err = tw_reclaim_reserve(k, tw_pt_missing(&child->as, va));
		if (!err)
			err = tw_rmap_reserve(k, 1);
		ptep = tw_pt_find(&parent->as, va);
		if (!err && ptep && tw_pt_raw(k, ptep))
			err = copy_entry(parent, child, va, ptep, &g);
		va += TW_PAGE_BYTES;
	}
	// Also on an error: the parent's entries have changed.
	hw_err = tw_gather_flush(&g);
	return err ? err : hw_err;
}

int tw_mm_fork(struct tw_mm *parent, struct tw_mm *child)
{
	child->brk = parent->brk;
	for (struct tw_vma *v = tw_vma_first(&parent->vmas); v; v = tw_vma_next(v)) {
		int err = copy_region(parent, child, v);

		if (err)
			return err;
	}
	return 0;
}
