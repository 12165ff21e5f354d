// SPDX-License-Identifier: Apache-2.0
// mremap: shrinks, grows in place, or moves parts of regions together with their pages. Order of
// the checks and what they spare: Linux from 6.17 on, which looks at the source before it unmaps a
// fixed target, and moves several regions at once if the length stays. Tables for the new place are
// reserved, for what is there to move, before anything changes.
#include <errno.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "reclaim/reclaim.h"
#include "sys/sys.h"
#include "vm/vm.h"

// The region at ADDR, if OLD_LEN bytes of it can go elsewhere or grow.
static int check_source(const struct tw_mm *mm, uint64_t addr, uint64_t old_len, struct tw_vma **v)
{
	*v = tw_vma_find(&mm->vmas, addr);
	if (!*v || (*v)->start > addr)
		return -EFAULT;
	// A copy of a private mapping would not be one.
	if (old_len == 0 && !((*v)->flags & TW_VMA_SHARED))
		return -EINVAL;
	return old_len > (*v)->end - addr ? -EFAULT : 0;
}

static void move_entries(struct tw_mm *mm, uint64_t from, uint64_t to, uint64_t len,
			 struct tw_gather *g)
{
	struct tw_kernel *k = mm->k;
	uint64_t va = from;
	struct tw_cell *ptep;

	for (; (ptep = tw_pt_next(&mm->as, &va, from + len)); va += TW_PAGE_BYTES) {
		struct tw_entry e = tw_pt_read(&mm->as, ptep);
		uint64_t new_va = va - from + to;
		struct tw_cell *new_ptep = tw_pt_make(&mm->as, new_va);

		assert(new_ptep && tw_pt_raw(k, new_ptep) == 0);
		ptep = tw_pt_find(&mm->as, va);
		tw_pt_write(&mm->as, ptep, &(struct tw_entry){.kind = TW_ENTRY_EMPTY});
		tw_pt_write(&mm->as, new_ptep, &e);
		if (e.kind != TW_ENTRY_SWAP && tw_pfn_frame(k, e.pfn) != k->zero_frame)
			tw_rmap_move(k, tw_pfn_frame(k, e.pfn), ptep, new_ptep);
		if (e.kind == TW_ENTRY_LEAF)
			tw_gather_page(g, &mm->as, va);
		tw_pt_prune(&mm->as, va, g);
	}
}

// A region for [to, to + len) with what V has at ADDR, and the frames that moving OLD_LEN bytes
// there takes. Nothing has happened if it fails.
static int prepare(struct tw_mm *mm, const struct tw_vma *v, uint64_t addr, uint64_t old_len,
		   uint64_t to, uint64_t len, struct tw_vma **moved)
{
	uint32_t tables = tw_pt_move_cost(&mm->as, addr, to, old_len);
	int err;

	if (mm->vmas.count >= TW_MAX_MAP_COUNT - 3)
		return -ENOMEM;
	err = tables ? tw_reclaim_reserve(mm->k, tables) : 0;
	if (!err)
		err = tw_rmap_reserve(mm->k, tables);
	if (err)
		return err;
	*moved = tw_mm_new_vma(to, to + len, v->prot, v->flags, v->object,
			       v->index + ((addr - v->start) >> TW_PAGE_SHIFT_4K));
	return *moved ? 0 : -ENOMEM;
}

// Moves OLD_LEN bytes of the region at ADDR into MOVED, whose range is free. OLD_LEN 0 only maps
// the object once more.
static int64_t move(struct tw_mm *mm, uint64_t addr, uint64_t old_len, struct tw_vma *moved)
{
	struct tw_gather g;
	struct tw_vma *old;
	uint64_t to = moved->start;
	int err;

	if (old_len == 0) {
		tw_mm_insert(mm, moved);
		return (int64_t)to;
	}
	if (tw_mm_isolate(mm, addr, addr + old_len)) {
		tw_mm_free_vma(mm->k, moved);
		return -ENOMEM;
	}
	tw_gather_init(&g, mm->k);
	move_entries(mm, addr, to, old_len, &g);
	old = tw_vma_find(&mm->vmas, addr);
	tw_vma_remove(&mm->vmas, old);
	tw_mm_free_vma(mm->k, old);
	tw_mm_insert(mm, moved);
	err = tw_gather_flush(&g);
	return err ? err : (int64_t)to;
}

// Gives up what is beyond new_len. The old end may lie anywhere.
static int shrink(struct tw_mm *mm, uint64_t addr, uint64_t old_len, uint64_t new_len)
{
	if (old_len > mm->vmas.hi || addr > mm->vmas.hi - old_len)
		return -EINVAL;
	return tw_mm_unmap(mm, addr + new_len, addr + old_len);
}

// To a place that is given: what was there goes.
static int64_t move_fixed(struct tw_mm *mm, uint64_t addr, uint64_t old_len, uint64_t new_len,
			  uint64_t to)
{
	uint64_t kept = old_len < new_len ? old_len : new_len;
	struct tw_vma *v, *moved;
	int err = check_source(mm, addr, kept, &v);

	if (!err)
		err = prepare(mm, v, addr, kept, to, new_len, &moved);
	if (err)
		return err;
	err = tw_mm_unmap(mm, to, to + new_len);
	if (!err && !tw_vma_find_range(&mm->vmas, addr, addr + 1))
		err = -EFAULT; // with old_len 0 the target may contain the source
	if (!err && old_len > new_len)
		err = shrink(mm, addr, old_len, new_len);
	if (!err && to < mm->vmas.lo)
		err = -EPERM;
	if (err) {
		tw_mm_free_vma(mm->k, moved);
		return err;
	}
	return move(mm, addr, kept, moved);
}

static int move_region(struct tw_mm *mm, struct tw_vma *v, uint64_t start, uint64_t end, void *arg)
{
	const uint64_t *distance = arg;
	int64_t at = move_fixed(mm, start, end - start, end - start, start + *distance);

	(void)v;
	return at < 0 ? (int)at : 0;
}

// Moves every region of [addr, addr + len), which may have holes, though not at its beginning. What
// the target holds stays where the source has a hole. A failure leaves the regions before it moved.
static int64_t move_all(struct tw_mm *mm, uint64_t addr, uint64_t len, uint64_t to)
{
	uint64_t distance = to - addr;
	int err;

	if (!tw_vma_find_range(&mm->vmas, addr, addr + 1))
		return -EFAULT;
	err = tw_mm_for_each_region(mm, addr, addr + len, TW_HOLE_PASSES, move_region, &distance);
	return err ? err : (int64_t)to;
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
	struct tw_vma *v, *moved;
	uint64_t to;
	int err;

	old_len = tw_page_up(old_len);
	new_len = tw_page_up(new_len);
	err = check_arguments(mm, addr, old_len, new_len, flags, new_addr);
	if (err)
		return err;
	if ((flags & TW_MREMAP_FIXED) && old_len == new_len)
		return move_all(mm, addr, old_len, new_addr);
	if (flags & TW_MREMAP_FIXED)
		return move_fixed(mm, addr, old_len, new_len, new_addr);
	if (old_len >= new_len) {
		if (!tw_vma_find_range(&mm->vmas, addr, addr + 1))
			return -EFAULT;
		err = old_len > new_len ? shrink(mm, addr, old_len, new_len) : 0;
		return err ? err : (int64_t)addr;
	}
	err = check_source(mm, addr, old_len, &v);
	if (err)
		return err;
	if (grow(mm, v, addr, old_len, new_len))
		return (int64_t)addr;
	if (!(flags & TW_MREMAP_MAYMOVE))
		return -ENOMEM;
	to = tw_mm_find_gap(mm, new_len);
	if (to == UINT64_MAX)
		return -ENOMEM;
	err = prepare(mm, v, addr, old_len, to, new_len, &moved);
	return err ? err : move(mm, addr, old_len, moved);
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
