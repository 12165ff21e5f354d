// SPDX-License-Identifier: Apache-2.0
// msync: writes the dirty pages of shared file mappings to their files. As in Linux it goes on over
// holes and reports ENOMEM at the end; MS_ASYNC does nothing, dirty pages are written in their own
// time.
#include <errno.h>

#include "cache/cache.h"
#include "kern.h"
#include "sys/sys.h"
#include "vm/vm.h"

static int write_back(struct tw_mm *mm, struct tw_vma *v, uint64_t start, uint64_t end, void *arg)
{
	const uint32_t *flags = arg;
	uint64_t first = v->index + ((start - v->start) >> TW_PAGE_SHIFT_4K);

	if (!(*flags & TW_MS_SYNC) || !v->object || !(v->flags & TW_VMA_SHARED))
		return 0;
	return tw_object_sync(mm->k, v->object, first, first + ((end - start) >> TW_PAGE_SHIFT_4K),
			      mm->k->opts.durable);
}

static int do_msync(struct tw_mm *mm, uint64_t addr, uint64_t len, uint32_t flags)
{
	uint64_t end;

	if (flags & ~(uint32_t)(TW_MS_ASYNC | TW_MS_INVALIDATE | TW_MS_SYNC))
		return -EINVAL;
	if (!tw_page_aligned(addr) || ((flags & TW_MS_ASYNC) && (flags & TW_MS_SYNC)))
		return -EINVAL;
	end = addr + tw_page_up(len);
	if (end < addr)
		return -ENOMEM;
	return tw_mm_for_each_region(mm, addr, end,
				     flags == TW_MS_ASYNC ? TW_HOLE_ENDS : TW_HOLE_COUNTS,
				     write_back, &flags);
}

int tw_sys_msync(struct tw_proc *p, uint64_t addr, uint64_t len, uint32_t flags)
{
	int err;

	tw_syscall_enter(p->k);
	err = do_msync(p->mm, addr, len, flags);
	tw_syscall_exit(p->k);
	return err;
}
