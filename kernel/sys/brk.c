// SPDX-License-Identifier: Apache-2.0
// brk. The heap is one private anonymous region from start_brk; as in Linux one page above the new
// end must be free, and a request that cannot be met leaves the break as it is, also one to shrink
// where nothing is mapped any more.
#include "kern.h"
#include "sys/sys.h"
#include "vm/vm.h"

static uint64_t do_brk(struct tw_proc *p, uint64_t brk)
{
	struct tw_mm *mm = p->mm;
	uint64_t old_end = tw_page_up(mm->brk), new_end = tw_page_up(brk);
	struct tw_vma *v;

	if (brk < mm->start_brk || brk > mm->vmas.hi)
		return mm->brk;
	if (new_end < old_end) {
		// Somebody has unmapped the heap: there is nothing to give back.
		if (!tw_vma_find_range(&mm->vmas, new_end, old_end) ||
		    tw_mm_unmap(mm, new_end, old_end) != 0)
			return mm->brk;
	} else if (new_end > old_end) {
		if (new_end > mm->vmas.hi || mm->vmas.count > TW_MAX_MAP_COUNT ||
		    tw_vma_find_range(&mm->vmas, old_end, new_end + TW_PAGE_BYTES))
			return mm->brk;
		v = tw_mm_new_vma(old_end, new_end, TW_PROT_READ | TW_PROT_WRITE,
				  TW_VMA_MAYREAD | TW_VMA_MAYWRITE | TW_VMA_MAYEXEC, NULL, 0);
		if (!v)
			return mm->brk;
		tw_mm_insert(mm, v);
	}
	mm->brk = brk;
	return brk;
}

uint64_t tw_sys_brk(struct tw_proc *p, uint64_t brk)
{
	uint64_t result;

	tw_syscall_enter(p->k);
	result = do_brk(p, brk);
	tw_syscall_exit(p->k);
	return result;
}
