// SPDX-License-Identifier: Apache-2.0
// mprotect. As in Linux it works region by region from the start, stops at the first hole (ENOMEM)
// or region that may not have the right (EACCES), and what was done until then stays done. Rights
// that are gained come with the next fault; rights that are lost go at once, with a fence.
#include <errno.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "sys/sys.h"
#include "vm/vm.h"

// Brings the entries of [start, end) to the protection.
static void change_entries(struct tw_mm *mm, uint64_t start, uint64_t end, uint32_t prot,
			   struct tw_gather *g)
{
	struct tw_kernel *k = mm->k;
	uint64_t va = start;
	struct tw_cell *ptep;

	prot = k->fmt->effective_prot(prot);
	for (; (ptep = tw_pt_next(&mm->as, &va, end)); va += TW_PAGE_BYTES) {
		struct tw_entry old = tw_pt_read(&mm->as, ptep), e = old;

		if (e.kind == TW_ENTRY_SWAP)
			continue;
		e.kind = prot ? TW_ENTRY_LEAF : TW_ENTRY_NONE;
		e.r = prot & TW_PROT_READ;
		e.w = old.w && (prot & TW_PROT_WRITE);
		e.x = prot & TW_PROT_EXEC;
		if (old.kind == TW_ENTRY_NONE) {
			e.accessed = k->opts.svade;
			e.dirty = false;
		} else if (!prot && old.dirty) {
			// The entry has no room for it.
			k->frames[tw_pfn_frame(k, e.pfn)].flags |= TW_FRAME_DIRTY;
		}
		tw_pt_write(&mm->as, ptep, &e);
		if (old.kind == TW_ENTRY_LEAF)
			tw_gather_page(g, &mm->as, va);
	}
}

// True if [start, end) of V, given the protection, becomes part of a neighbour.
static bool joins_neighbour(struct tw_vma *v, uint64_t start, uint64_t end, uint32_t prot)
{
	const struct tw_vma *prev = tw_vma_prev(v), *next = tw_vma_next(v);
	struct tw_vma part = *v;

	part.start = start;
	part.end = end;
	part.index += (start - v->start) >> TW_PAGE_SHIFT_4K;
	part.prot = prot;
	return (prev && tw_vma_mergeable(prev, &part)) || (next && tw_vma_mergeable(&part, next));
}

struct change {
	uint32_t prot;
	struct tw_gather g;
};

static int change_region(struct tw_mm *mm, struct tw_vma *v, uint64_t start, uint64_t end,
			 void *arg)
{
	struct change *c = arg;
	uint32_t splits = (v->start < start ? 1u : 0u) + (v->end > end ? 1u : 0u), prot = c->prot;

	if ((prot << 1) & ~v->flags & (TW_VMA_MAYREAD | TW_VMA_MAYWRITE | TW_VMA_MAYEXEC))
		return -EACCES;
	if (v->prot == prot)
		return 0;
	if (splits && mm->vmas.count + splits > TW_MAX_MAP_COUNT &&
	    !joins_neighbour(v, start, end, prot))
		return -ENOMEM;
	if (tw_mm_isolate(mm, start, end))
		return -ENOMEM;
	v = tw_vma_find(&mm->vmas, start);
	v->prot = prot;
	change_entries(mm, start, end, prot, &c->g);
	tw_mm_merge(mm, v);
	return 0;
}

// Where the change begins if GROWS asks for a region's whole growing side.
static int find_start(const struct tw_mm *mm, uint64_t *addr, uint64_t end, uint32_t grows)
{
	const struct tw_vma *v = tw_vma_find(&mm->vmas, *addr);

	if (!grows)
		return 0;
	if (!v || (grows == TW_PROT_GROWSDOWN ? v->start >= end : v->start > *addr))
		return -ENOMEM;
	if (grows != TW_PROT_GROWSDOWN || !(v->flags & TW_VMA_GROWSDOWN))
		return -EINVAL;
	*addr = v->start;
	return 0;
}

static int do_mprotect(struct tw_mm *mm, uint64_t addr, uint64_t len, uint32_t prot)
{
	const uint32_t both = TW_PROT_GROWSDOWN | TW_PROT_GROWSUP;
	uint32_t grows = prot & both;
	struct change c;
	uint64_t end;
	int err, hw_err;

	prot &= ~both;
	if (grows == both || !tw_page_aligned(addr))
		return -EINVAL;
	if (len == 0)
		return 0;
	end = addr + tw_page_up(len);
	if (end <= addr)
		return -ENOMEM;
	if (prot & ~(uint32_t)(TW_PROT_READ | TW_PROT_WRITE | TW_PROT_EXEC | TW_PROT_SEM))
		return -EINVAL;
	prot &= ~(uint32_t)TW_PROT_SEM;
	err = find_start(mm, &addr, end, grows);
	if (err)
		return err;
	c.prot = prot;
	tw_gather_init(&c.g, mm->k);
	err = tw_mm_for_each_region(mm, addr, end, TW_HOLE_ENDS, change_region, &c);
	hw_err = tw_gather_flush(&c.g);
	return hw_err ? hw_err : err;
}

int tw_sys_mprotect(struct tw_proc *p, uint64_t addr, uint64_t len, uint32_t prot)
{
	int err;

	tw_syscall_enter(p->k);
	err = do_mprotect(p->mm, addr, len, prot);
	tw_syscall_exit(p->k);
	return err;
}
