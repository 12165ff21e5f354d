// SPDX-License-Identifier: Apache-2.0
// madvise. MADV_DONTNEED drops the pages: private memory reads as zero (or as its file) afterwards.
// The other accepted advice has no effect. Goes on over holes and reports ENOMEM at the end.
#include <errno.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "sys/sys.h"
#include "vm/vm.h"

static int drop_pages(struct tw_mm *mm, struct tw_vma *v, uint64_t start, uint64_t end, void *arg)
{
	(void)v;
	tw_mm_zap(mm, start, end, arg);
	return 0;
}

// The other advice changes nothing, but wants regions there.
static int ignore(struct tw_mm *mm, struct tw_vma *v, uint64_t start, uint64_t end, void *arg)
{
	(void)mm, (void)v, (void)start, (void)end, (void)arg;
	return 0;
}

static int do_madvise(struct tw_mm *mm, uint64_t addr, uint64_t len, int advice)
{
	struct tw_gather g;
	uint64_t end;
	int result, err;

	if (advice < TW_MADV_NORMAL || advice > TW_MADV_DONTNEED || !tw_page_aligned(addr))
		return -EINVAL;
	end = addr + tw_page_up(len);
	if (end < addr || (len && tw_page_up(len) == 0))
		return -EINVAL;
	tw_gather_init(&g, mm->k);
	result = tw_mm_for_each_region(mm, addr, end, TW_HOLE_COUNTS,
				       advice == TW_MADV_DONTNEED ? drop_pages : ignore, &g);
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
