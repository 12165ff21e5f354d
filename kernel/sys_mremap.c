// SPDX-License-Identifier: Apache-2.0
// mremap: shrinks, grows in place, or moves a part of one region together with its pages. Tables
// for the new place are reserved before anything changes. Order of the checks: Linux, mm/mremap.c.
#include <errno.h>

#include "kern.h"
#include "mm.h"
#include "pgtable.h"
#include "proc.h"
#include "tlb.h"

// The region at ADDR, if OLD_LEN bytes of it can be changed.
static int check_region(const struct tw_mm *mm, uint64_t addr, uint64_t old_len, struct tw_vma **v)
{
	*v = tw_vma_find(&mm->vmas, addr);
	if (!*v || (*v)->start > addr)
		return -EFAULT;
	if (old_len == 0 && !((*v)->flags & TW_VMA_SHARED))
		return -EINVAL;
	if (old_len > (*v)->end - addr)
		return -EFAULT;
	return 0;
}

static void move_entries(struct tw_mm *mm, uint64_t from, uint64_t to, uint64_t len,
			 struct tw_gather *g)
{
	struct tw_kernel *k = mm->k;
	uint64_t va = from, *ptep;

	for (; (ptep = tw_pt_next(mm, &va, from + len)); va += TW_PAGE_BYTES) {
		struct tw_entry e = tw_pt_read(mm, ptep);
		uint64_t new_va = va - from + to, *new_ptep = tw_pt_make(mm, new_va);

		assert(new_ptep && *new_ptep == 0);
		ptep = tw_pt_find(mm, va);
		tw_pt_write(mm, ptep, &(struct tw_entry){.kind = TW_ENTRY_EMPTY});
		tw_pt_write(mm, new_ptep, &e);
		if (e.kind != TW_ENTRY_SWAP && tw_pfn_frame(k, e.pfn) != k->zero_frame)
			tw_rmap_move(k, tw_pfn_frame(k, e.pfn), mm, va, new_va);
		if (e.kind == TW_ENTRY_LEAF)
			tw_gather_page(g, mm, va);
		tw_pt_prune(mm, va, g);
	}
}

static int64_t move(struct tw_mm *mm, uint64_t addr, uint64_t old_len, uint64_t new_len,
		    uint64_t to)
{
	struct tw_kernel *k = mm->k;
	struct tw_vma *v = tw_vma_find(&mm->vmas, addr), *moved;
	struct tw_gather g;
	int err;

	if (mm->vmas.count >= TW_MAX_MAP_COUNT - 3)
		return -ENOMEM;
	err = tw_reclaim_reserve(k, tw_pt_cost(mm, to, new_len));
	if (err)
		return err;
	moved = tw_mm_new_vma(to, to + new_len, v->prot, v->flags, v->object,
			      v->index + ((addr - v->start) >> TW_PAGE_SHIFT_4K));
	if (!moved)
		return -ENOMEM;
	if (tw_mm_isolate(mm, addr, addr + old_len)) {
		tw_mm_free_vma(k, moved);
		return -ENOMEM;
	}
	tw_gather_init(&g, k);
	if (old_len)
		move_entries(mm, addr, to, old_len < new_len ? old_len : new_len, &g);
	tw_mm_insert(mm, moved);
	err = tw_gather_flush(&g);
	if (old_len && !err)
		err = tw_mm_unmap(mm, addr, addr + old_len);
	return err ? err : (int64_t)to;
}

// Gives up what is beyond new_len. The old end may lie anywhere.
static int shrink(struct tw_mm *mm, uint64_t addr, uint64_t old_len, uint64_t new_len)
{
	if (old_len > mm->vmas.hi || addr > mm->vmas.hi - old_len)
		return -EINVAL;
	return tw_mm_unmap(mm, addr + new_len, addr + old_len);
}

static int64_t move_fixed(struct tw_mm *mm, uint64_t addr, uint64_t old_len, uint64_t new_len,
			  uint64_t to)
{
	struct tw_vma *v;
	int err;

	err = tw_mm_unmap(mm, to, to + new_len);
	if (!err && old_len > new_len) {
		err = shrink(mm, addr, old_len, new_len);
		old_len = new_len;
	}
	if (!err)
		err = check_region(mm, addr, old_len, &v);
	if (!err && to < mm->vmas.lo)
		err = -EPERM;
	return err ? err : move(mm, addr, old_len, new_len, to);
}

// Grows the region in place if it ends there and the space behind it is free.
static bool grow(struct tw_mm *mm, struct tw_vma *v, uint64_t addr, uint64_t old_len,
		 uint64_t new_len)
{
	uint64_t end = addr + new_len;

	if (addr + old_len != v->end || end < addr || end > mm->vmas.hi ||
	    tw_vma_find_range(&mm->vmas, v->end, end))
		return false;
	tw_vma_resize(&mm->vmas, v, v->start, end);
	tw_mm_merge(mm, v);
	return true;
}

static int check_arguments(const struct tw_mm *mm, uint64_t addr, uint64_t old_len,
			   uint64_t new_len, uint32_t flags, uint64_t to)
{
	if (flags & ~(uint32_t)(TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED))
		return -EINVAL;
	if (!tw_page_aligned(addr) || new_len == 0 || new_len > mm->vmas.hi)
		return -EINVAL;
	if (!(flags & TW_MREMAP_FIXED))
		return 0;
	if (to > mm->vmas.hi - new_len || !tw_page_aligned(to) || !(flags & TW_MREMAP_MAYMOVE))
		return -EINVAL;
	if (addr + old_len > to && to + new_len > addr)
		return -EINVAL;
	return mm->vmas.count + 2 >= TW_MAX_MAP_COUNT - 3 ? -ENOMEM : 0;
}

static int64_t do_mremap(struct tw_mm *mm, uint64_t addr, uint64_t old_len, uint64_t new_len,
			 uint32_t flags, uint64_t new_addr)
{
	struct tw_vma *v;
	uint64_t to;
	int err;

	old_len = tw_page_up(old_len);
	new_len = tw_page_up(new_len);
	err = check_arguments(mm, addr, old_len, new_len, flags, new_addr);
	if (err)
		return err;
	v = tw_vma_find(&mm->vmas, addr);
	if (!v || v->start > addr)
		return -EFAULT;
	if (flags & TW_MREMAP_FIXED)
		return move_fixed(mm, addr, old_len, new_len, new_addr);
	if (old_len >= new_len) {
		err = old_len > new_len ? shrink(mm, addr, old_len, new_len) : 0;
		return err ? err : (int64_t)addr;
	}
	err = check_region(mm, addr, old_len, &v);
	if (err)
		return err;
	if (grow(mm, v, addr, old_len, new_len))
		return (int64_t)addr;
	if (!(flags & TW_MREMAP_MAYMOVE))
		return -ENOMEM;
	to = tw_vma_find_gap(&mm->vmas, new_len, mm->mmap_top);
	return to == UINT64_MAX ? -ENOMEM : move(mm, addr, old_len, new_len, to);
}

int64_t tw_sys_mremap(struct tw_proc *p, uint64_t addr, uint64_t old_len, uint64_t new_len,
		      uint32_t flags, uint64_t new_addr)
{
	int64_t result;

	tw_syscall_enter(p->k);
	result = do_mremap(p->mm, addr, old_len, new_len, flags, new_addr);
	tw_syscall_exit(p->k);
	return result;
}
