// SPDX-License-Identifier: Apache-2.0
// madvise. MADV_DONTNEED drops the pages: private memory reads as zero (or as its file) afterwards.
// The other accepted advice has no effect. Goes on over holes and reports ENOMEM at the end.
#include <errno.h>

#include "kern.h"
#include "mm.h"
#include "proc.h"
#include "tlb.h"

static int do_madvise(struct tw_mm *mm, uint64_t addr, uint64_t len, int advice)
{
	struct tw_gather g;
	uint64_t end;
	int result = 0, err;

	if (advice < TW_MADV_NORMAL || advice > TW_MADV_DONTNEED || !tw_page_aligned(addr))
		return -EINVAL;
	end = addr + tw_page_up(len);
	if (end < addr || (len && tw_page_up(len) == 0))
		return -EINVAL;
	tw_gather_init(&g, mm->k);
	while (addr < end) {
		const struct tw_vma *v = tw_vma_find(&mm->vmas, addr);
		uint64_t stop;

		if (!v || v->start >= end) {
			result = -ENOMEM;
			break;
		}
		if (v->start > addr) {
			result = -ENOMEM;
			addr = v->start;
		}
		stop = v->end < end ? v->end : end;
		if (advice == TW_MADV_DONTNEED)
			tw_mm_zap(mm, addr, stop, &g);
		addr = stop;
	}
	err = tw_gather_flush(&g);
	return err ? err : result;
}

int tw_sys_madvise(struct tw_proc *p, uint64_t addr, uint64_t len, int advice)
{
	int err;

	tw_syscall_enter(p->k);
	err = do_madvise(p->mm, addr, len, advice);
	tw_syscall_exit(p->k);
	return err;
}
