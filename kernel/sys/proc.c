// SPDX-License-Identifier: Apache-2.0
// Processes: beginning, copy, switch, end. See sys.h.
#include "sys/sys.h"

#include <errno.h>
#include <stdlib.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "reclaim/reclaim.h"
#include "vm/vm.h"

void tw_layout_default(const struct tw_kernel *k, struct tw_layout *layout)
{
	uint64_t end = UINT64_C(1) << (k->fmt->va_bits - 1);

	*layout = (struct tw_layout){
		.lo = 0x10000,
		.hi = end,
		.mmap_top = end - TW_PAGE_BYTES,
		.start_brk = end / 4,
	};
}

static bool layout_ok(const struct tw_kernel *k, const struct tw_layout *l)
{
	return tw_page_aligned(l->lo | l->hi | l->mmap_top) && l->lo < l->hi &&
	       l->hi <= UINT64_C(1) << (k->fmt->va_bits - 1) && l->mmap_top >= l->lo &&
	       l->mmap_top <= l->hi && l->start_brk >= l->lo && l->start_brk <= l->hi;
}

int tw_proc_create(struct tw_kernel *k, const struct tw_layout *layout, struct tw_proc **out)
{
	struct tw_proc *p;
	int err;

	k->shortage = false;
	if (!layout_ok(k, layout))
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	err = tw_mm_create(k, layout, &p->mm);
	if (err) {
		free(p);
		return err;
	}
	p->k = k;
	p->pid = k->next_pid++;
	LIST_INSERT_HEAD(&k->procs, p, link);
	*out = p;
	return 0;
}

int tw_proc_fork(struct tw_proc *parent, struct tw_proc **child)
{
	struct tw_kernel *k = parent->k;
	const struct tw_mm *mm = parent->mm;
	struct tw_layout layout = {.lo = mm->vmas.lo,
				   .hi = mm->vmas.hi,
				   .mmap_top = mm->mmap_top,
				   .start_brk = mm->start_brk};
	int err;

	tw_syscall_enter(k);
	err = tw_proc_create(k, &layout, child);
	if (!err) {
		err = tw_mm_fork(parent->mm, (*child)->mm);
		if (err) {
			tw_mm_destroy((*child)->mm);
			LIST_REMOVE(*child, link);
			free(*child);
			*child = NULL;
		} else {
			k->stats.forks++;
		}
	}
	tw_syscall_exit(k);
	return err;
}

void tw_proc_exit(struct tw_proc *p)
{
	struct tw_kernel *k = p->k;

	tw_syscall_enter(k);
	tw_mm_destroy(p->mm);
	// The hardware keeps pointing to the freed root until the next switch; nothing runs until
	// then.
	if (k->current == p)
		k->current = NULL;
	LIST_REMOVE(p, link);
	free(p);
	k->stats.exits++;
	tw_syscall_exit(k);
}

int tw_proc_switch(struct tw_kernel *k, struct tw_proc *p)
{
	struct tw_ctx ctx = k->hw->ctx;
	int err;

	if (k->current == p)
		return 0;
	k->current = p;
	if (!p)
		return 0;
	tw_charge(k, TW_COST_SWITCH, 1);
	k->stats.switches++;
	err = tw_asid_assign(k, &p->mm->as);
	if (err)
		return err;
	ctx.asid = p->mm->as.asid;
	// Hardware that keeps entries of the root reads them only when another root is written: a
	// frame that is a root again is written twice.
	if (k->fmt->dynamic < k->fmt->levels - 1u) {
		ctx.root_ppn = tw_frame_pfn(k, k->zero_frame);
		err = tw_hw_set_ctx(k->hw, &ctx);
	}
	ctx.root_ppn = tw_frame_pfn(k, p->mm->as.root);
	if (!err)
		err = tw_hw_set_ctx(k->hw, &ctx);
	tw_hw_sync_time(k);
	if (err)
		return tw_fail(k, -TW_EHARDWARE, "hardware: a control register write failed: %s",
			       tw_hw_error(k->hw));
	return 0;
}

uint32_t tw_proc_pid(const struct tw_proc *p)
{
	return p->pid;
}

int tw_proc_set_brk(struct tw_proc *p, uint64_t start_brk)
{
	struct tw_mm *mm = p->mm;

	if (start_brk < mm->vmas.lo || start_brk > mm->vmas.hi)
		return -EINVAL;
	if (mm->brk != mm->start_brk)
		return -EBUSY;
	mm->start_brk = mm->brk = start_brk;
	return 0;
}

void tw_syscall_enter(struct tw_kernel *k)
{
	tw_charge(k, TW_COST_SYSCALL, 1);
	k->stats.syscalls++;
	k->shortage = false;
}

void tw_syscall_exit(struct tw_kernel *k)
{
	tw_reclaim_daemon(k);
}
