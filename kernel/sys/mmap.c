// SPDX-License-Identifier: Apache-2.0
// mmap and munmap. The order of the checks is Linux's (mm/mmap.c, do_mmap): length, count of
// regions, address, end of the offset, then what the file allows. There is no overcommit limit: as
// with vm.overcommit_memory = 1, memory is promised without counting.
#include <errno.h>

#include "cache/cache.h"
#include "kern.h"
#include "sys/sys.h"
#include "vm/vm.h"

// Flags that MAP_SHARED_VALIDATE knows (Linux's LEGACY_MAP_MASK).
enum {
	LEGACY_FLAGS = TW_MAP_SHARED | TW_MAP_PRIVATE | TW_MAP_FIXED | TW_MAP_ANONYMOUS |
		       TW_MAP_GROWSDOWN | 0x800 /* DENYWRITE */ | 0x1000 /* EXECUTABLE */ |
		       TW_MAP_LOCKED | TW_MAP_NORESERVE | TW_MAP_POPULATE | TW_MAP_NONBLOCK |
		       TW_MAP_STACK | 0x40000 /* HUGETLB */ |
		       0x7c000000 /* UNINITIALIZED, HUGE_2MB, HUGE_1GB */,
};

static bool hint_is_free(const struct tw_mm *mm, uint64_t addr, uint64_t len)
{
	return addr >= mm->vmas.lo && addr <= mm->vmas.hi && len <= mm->vmas.hi - addr &&
	       !tw_vma_find_range(&mm->vmas, addr, addr + len);
}

static int64_t choose_address(const struct tw_mm *mm, uint64_t addr, uint64_t len, uint32_t flags)
{
	uint64_t size = mm->vmas.hi;

	if (len > size)
		return -ENOMEM;
	if (flags & (TW_MAP_FIXED | TW_MAP_FIXED_NOREPLACE)) {
		if (addr > size - len)
			return -ENOMEM;
		if (!tw_page_aligned(addr))
			return -EINVAL;
		if (addr < mm->vmas.lo)
			return -EPERM;
		return (int64_t)addr;
	}
	addr &= ~(uint64_t)(TW_PAGE_BYTES - 1);
	if (addr && addr < mm->vmas.lo)
		addr = mm->vmas.lo;
	if (addr && hint_is_free(mm, addr, len))
		return (int64_t)addr;
	addr = tw_mm_find_gap(mm, len);
	return addr == UINT64_MAX ? -ENOMEM : (int64_t)addr;
}

static int file_flags(const struct tw_file *file, uint32_t prot, uint32_t flags,
		      uint32_t *vma_flags)
{
	*vma_flags = TW_VMA_MAYREAD | TW_VMA_MAYWRITE | TW_VMA_MAYEXEC;
	switch (flags & TW_MAP_TYPE) {
	case TW_MAP_SHARED_VALIDATE:
		if (flags & ~(uint32_t)LEGACY_FLAGS)
			return -EOPNOTSUPP;
		// fall through
	case TW_MAP_SHARED:
		if ((prot & TW_PROT_WRITE) && file->mode == TW_O_RDONLY)
			return -EACCES;
		*vma_flags |= TW_VMA_SHARED;
		if (file->mode == TW_O_RDONLY)
			*vma_flags &= ~(uint32_t)TW_VMA_MAYWRITE;
		// fall through
	case TW_MAP_PRIVATE:
		if (file->mode == TW_O_WRONLY)
			return -EACCES;
		return flags & TW_MAP_GROWSDOWN ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static int anon_flags(uint32_t flags, uint32_t *vma_flags)
{
	*vma_flags = TW_VMA_MAYREAD | TW_VMA_MAYWRITE | TW_VMA_MAYEXEC;
	switch (flags & TW_MAP_TYPE) {
	case TW_MAP_SHARED:
		*vma_flags |= TW_VMA_SHARED;
		return flags & TW_MAP_GROWSDOWN ? -EINVAL : 0;
	case TW_MAP_PRIVATE:
		if (flags & TW_MAP_GROWSDOWN)
			*vma_flags |= TW_VMA_GROWSDOWN;
		return 0;
	default:
		return -EINVAL;
	}
}

// Brings all pages in, as far as that goes: MAP_POPULATE reports no failure.
static void populate(struct tw_proc *p, uint64_t addr, uint64_t len, uint32_t prot, bool shared)
{
	enum tw_access access = (prot & TW_PROT_WRITE) && !shared	? TW_STORE
				: prot & (TW_PROT_READ | TW_PROT_WRITE) ? TW_LOAD
									: TW_FETCH;
	struct tw_signal sig;

	for (uint64_t va = addr; va < addr + len; va += TW_PAGE_BYTES)
		if (tw_stopped(p->k) || tw_fault(p->mm, access, va, &sig, NULL) != 0)
			return;
}

static int64_t map_region(struct tw_proc *p, uint64_t addr, uint64_t len, uint32_t prot,
			  uint32_t vma_flags, struct tw_file *file, uint64_t index)
{
	struct tw_kernel *k = p->k;
	struct tw_mm *mm = p->mm;
	struct tw_object *o = file ? file->object : NULL;
	struct tw_vma *v;
	int err;

	if (!file && (vma_flags & TW_VMA_SHARED)) {
		err = tw_object_new_shmem(k, len, &o);
		if (err)
			return err;
	}
	v = tw_mm_new_vma(addr, addr + len, prot, vma_flags, o, index);
	if (!v) {
		if (o)
			tw_object_reap(k, o);
		return -ENOMEM;
	}
	err = tw_mm_unmap(mm, addr, addr + len);
	if (err) {
		tw_mm_free_vma(k, v);
		return err;
	}
	tw_mm_insert(mm, v);
	return (int64_t)addr;
}

static int64_t do_mmap(struct tw_proc *p, uint64_t addr, uint64_t len, uint32_t prot,
		       uint32_t flags, struct tw_file *file, uint64_t offset)
{
	struct tw_mm *mm = p->mm;
	uint64_t index = offset >> TW_PAGE_SHIFT_4K;
	uint32_t vma_flags;
	int64_t at;
	int err;

	if (!tw_page_aligned(offset))
		return -EINVAL;
	if (flags & TW_MAP_ANONYMOUS)
		file = NULL;
	else if (!file)
		return -EBADF;
	if (len == 0)
		return -EINVAL;
	len = tw_page_up(len);
	if (len == 0)
		return -ENOMEM;
	if (mm->vmas.count > TW_MAX_MAP_COUNT)
		return -ENOMEM;
	at = choose_address(mm, addr, len, flags);
	if (at < 0)
		return at;
	if ((flags & TW_MAP_FIXED_NOREPLACE) &&
	    tw_vma_find_range(&mm->vmas, (uint64_t)at, (uint64_t)at + len))
		return -EEXIST;
	if (file && index > ((uint64_t)INT64_MAX - len) >> TW_PAGE_SHIFT_4K)
		return -EOVERFLOW;
	err = file ? file_flags(file, prot, flags, &vma_flags) : anon_flags(flags, &vma_flags);
	if (err)
		return err;
	prot &= TW_PROT_READ | TW_PROT_WRITE | TW_PROT_EXEC;
	at = map_region(p, (uint64_t)at, len, prot, vma_flags, file, file ? index : 0);
	if (flags & TW_MAP_NONBLOCK)
		flags &= ~(uint32_t)TW_MAP_POPULATE;
	if (at >= 0 && (flags & (TW_MAP_POPULATE | TW_MAP_LOCKED)) && prot)
		populate(p, (uint64_t)at, len, prot, vma_flags & TW_VMA_SHARED);
	return at;
}

int64_t tw_sys_mmap(struct tw_proc *p, uint64_t addr, uint64_t len, uint32_t prot, uint32_t flags,
		    struct tw_file *file, uint64_t offset)
{
	int64_t result;

	tw_syscall_enter(p->k);
	result = do_mmap(p, addr, len, prot, flags, file, offset);
	tw_syscall_exit(p->k);
	return result;
}

static int do_munmap(struct tw_mm *mm, uint64_t addr, uint64_t len)
{
	uint64_t size = mm->vmas.hi;

	if (!tw_page_aligned(addr) || addr > size || len > size - addr)
		return -EINVAL;
	len = tw_page_up(len);
	if (len == 0)
		return -EINVAL;
	return tw_mm_unmap(mm, addr, addr + len);
}

int tw_sys_munmap(struct tw_proc *p, uint64_t addr, uint64_t len)
{
	int err;

	tw_syscall_enter(p->k);
	err = do_munmap(p->mm, addr, len);
	tw_syscall_exit(p->k);
	return err;
}
