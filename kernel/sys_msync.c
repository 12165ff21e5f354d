// SPDX-License-Identifier: Apache-2.0
// msync: writes the dirty pages of shared file mappings to their files. As in Linux it goes on over
// holes and reports ENOMEM at the end; MS_ASYNC does nothing, dirty pages are written in their own
// time.
#include <errno.h>

#include "kern.h"
#include "mm.h"
#include "proc.h"

static int do_msync(struct tw_mm *mm, uint64_t addr, uint64_t len, uint32_t flags)
{
	struct tw_kernel *k = mm->k;
	uint64_t end;
	int result = 0;

	if (flags & ~(uint32_t)(TW_MS_ASYNC | TW_MS_INVALIDATE | TW_MS_SYNC))
		return -EINVAL;
	if (!tw_page_aligned(addr) || ((flags & TW_MS_ASYNC) && (flags & TW_MS_SYNC)))
		return -EINVAL;
	end = addr + tw_page_up(len);
	if (end < addr)
		return -ENOMEM;
	while (addr < end) {
		const struct tw_vma *v = tw_vma_find(&mm->vmas, addr);
		uint64_t stop, first;
		int err;

		if (!v || v->start >= end)
			return -ENOMEM;
		if (v->start > addr) {
			if (flags == TW_MS_ASYNC)
				return -ENOMEM;
			result = -ENOMEM;
			addr = v->start;
		}
		stop = v->end < end ? v->end : end;
		if ((flags & TW_MS_SYNC) && v->object && (v->flags & TW_VMA_SHARED)) {
			first = v->index + ((addr - v->start) >> TW_PAGE_SHIFT_4K);
			err = tw_object_sync(k, v->object, first,
					     first + ((stop - addr) >> TW_PAGE_SHIFT_4K),
					     k->opts.durable);
			if (err)
				return err;
		}
		addr = stop;
	}
	return result;
}

int tw_sys_msync(struct tw_proc *p, uint64_t addr, uint64_t len, uint32_t flags)
{
	int err;

	tw_syscall_enter(p->k);
	err = do_msync(p->mm, addr, len, flags);
	tw_syscall_exit(p->k);
	return err;
}
