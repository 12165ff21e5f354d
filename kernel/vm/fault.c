// SPDX-License-Identifier: Apache-2.0
// The fault handler. See vm.h. One structure holds the state of a fault, one function does each
// step: find the region, check the access, read the entry, reserve what it calls for, do that.
// Order of the checks as in Linux: not mapped, not allowed, beyond the end of the file. A
// reservation takes exactly the frames that the fault uses, none for a page that is in memory, and
// never the page that the fault is about.
#include "vm/vm.h"

#include <errno.h>

#include "cache/cache.h"
#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "reclaim/reclaim.h"
#include "swap/swap.h"

struct fault {
	struct tw_kernel *k;
	struct tw_mm *mm;
	struct tw_vma *vma;
	uint64_t addr, va; // as accessed; its page
	uint32_t need;	   // protection bits
	uint32_t prot;	   // of the region, as the format can express it
	bool write;
	struct tw_cell *ptep;
	struct tw_entry e;
	enum tw_fault_kind kind;
	struct tw_signal *sig;
};

static const char *const kind_names[TW_FAULT_KINDS] = {
	[TW_FK_ZERO] = "demand_zero",
	[TW_FK_ZERO_READ] = "zero_page",
	[TW_FK_FILE_MINOR] = "file_minor",
	[TW_FK_FILE_MAJOR] = "file_major",
	[TW_FK_SHMEM] = "shared_anon",
	[TW_FK_COW_COPY] = "cow_copy",
	[TW_FK_COW_REUSE] = "cow_reuse",
	[TW_FK_SWAP_MAJOR] = "swap_major",
	[TW_FK_SWAP_MINOR] = "swap_minor",
	[TW_FK_ACCESSED] = "accessed_dirty",
	[TW_FK_RIGHTS] = "rights",
	[TW_FK_SPURIOUS] = "spurious",
	[TW_FK_MAPERR] = "segv_maperr",
	[TW_FK_ACCERR] = "segv_accerr",
	[TW_FK_BUS] = "bus",
};

const char *tw_fault_kind_name(unsigned int kind)
{
	return kind < TW_FAULT_KINDS ? kind_names[kind] : "?";
}

bool tw_fault_major(enum tw_fault_kind kind)
{
	return kind == TW_FK_FILE_MAJOR || kind == TW_FK_SWAP_MAJOR;
}

static int raise_signal(struct fault *f, enum tw_fault_kind kind)
{
	f->kind = kind;
	f->sig->signo = kind == TW_FK_BUS ? TW_SIGBUS : TW_SIGSEGV;
	f->sig->code = kind == TW_FK_BUS      ? TW_BUS_ADRERR
		       : kind == TW_FK_MAPERR ? TW_SEGV_MAPERR
					      : TW_SEGV_ACCERR;
	f->sig->addr = f->addr;
	return -EFAULT;
}

// --- Entries ---------------------------------------------------------------------------

static int need_entry(struct fault *f)
{
	if (!f->ptep)
		f->ptep = tw_pt_make(&f->mm->as, f->va);
	return f->ptep ? 0 : -ENOMEM;
}

// Points the entry at a frame. The caller has checked that W may be set.
static void set_leaf(struct fault *f, uint32_t frame, bool w, bool dirty)
{
	f->e = (struct tw_entry){.kind = TW_ENTRY_LEAF,
				 .pfn = tw_frame_pfn(f->k, frame),
				 .r = f->prot & TW_PROT_READ,
				 .w = w,
				 .x = f->prot & TW_PROT_EXEC,
				 .accessed = true,
				 .dirty = dirty};
	tw_pt_write(&f->mm->as, f->ptep, &f->e);
}

// Points an empty entry at a frame, for the first time.
static void map_frame(struct fault *f, uint32_t frame, bool w, bool dirty)
{
	tw_rmap_add(f->k, frame, f->ptep);
	tw_space_count(&f->mm->as, f->k->frames[frame].state, 1);
	set_leaf(f, frame, w, dirty);
}

// A new private page. The allocation's reference becomes the mapping's.
static int new_anon(struct fault *f, uint32_t *frame)
{
	*frame = tw_frame_alloc(f->k, TW_FRAME_ANON);
	if (*frame == TW_NO_FRAME)
		return -ENOMEM;
	f->k->frames[*frame].flags |= TW_FRAME_DIRTY;
	tw_lru_insert(f->k, *frame);
	return 0;
}

static void map_new_anon(struct fault *f, uint32_t frame)
{
	map_frame(f, frame, true, true);
	tw_frame_put(f->k, frame);
}

// --- Private anonymous memory ----------------------------------------------------------

static int anon_zero(struct fault *f)
{
	uint32_t frame;
	int err = need_entry(f);

	if (err)
		return err;
	if (!f->write) {
		f->kind = TW_FK_ZERO_READ;
		set_leaf(f, f->k->zero_frame, false, false);
		return 0;
	}
	err = new_anon(f, &frame);
	if (err)
		return err;
	tw_frame_zero(f->k, frame);
	map_new_anon(f, frame);
	f->kind = TW_FK_ZERO;
	return 0;
}

// Gives up the old page of an entry for a private copy of it.
static int copy_page(struct fault *f, uint32_t old)
{
	struct tw_kernel *k = f->k;
	struct tw_gather g;
	uint32_t frame;
	int err = new_anon(f, &frame);

	if (err)
		return err;
	tw_gather_init(&g, k);
	if (old == k->zero_frame) {
		tw_frame_zero(k, frame);
		f->kind = TW_FK_ZERO;
		map_new_anon(f, frame);
		tw_gather_page(&g, &f->mm->as, f->va);
		return tw_gather_flush(&g);
	}
	tw_frame_copy(k, frame, old);
	f->kind = TW_FK_COW_COPY;
	tw_space_count(&f->mm->as, k->frames[old].state, -1);
	tw_rmap_del(k, old, f->ptep);
	map_new_anon(f, frame);
	if (k->frames[old].mapcount == 0 && k->frames[old].slot)
		tw_swap_cache_drop(k, old);
	tw_gather_page(&g, &f->mm->as, f->va);
	tw_gather_frame(&g, old);
	return tw_gather_flush(&g);
}

// True if nobody else can see this private page.
static bool exclusive(const struct tw_kernel *k, uint32_t frame)
{
	const struct tw_frame *fr = &k->frames[frame];

	return fr->state == TW_FRAME_ANON && fr->mapcount == 1 &&
	       (fr->slot == 0 || tw_swap_refs(k, fr->slot) == 0);
}

// A store to a page that is mapped without W, though its region allows stores.
static int write_protected(struct fault *f)
{
	struct tw_kernel *k = f->k;
	uint32_t frame = tw_pfn_frame(k, f->e.pfn);

	if (f->vma->flags & TW_VMA_SHARED) {
		f->kind = TW_FK_RIGHTS;
		set_leaf(f, frame, true, true);
		return 0;
	}
	if (!exclusive(k, frame))
		return copy_page(f, frame);
	if (k->frames[frame].slot)
		tw_swap_cache_drop(k, frame);
	f->kind = TW_FK_COW_REUSE;
	set_leaf(f, frame, true, true);
	return 0;
}

static int swap_in(struct fault *f)
{
	struct tw_kernel *k = f->k;
	uint32_t slot = f->e.slot, frame = tw_swap_cache_find(k, slot);
	bool w;
	int err;

	f->kind = TW_FK_SWAP_MINOR;
	if (frame == TW_NO_FRAME) {
		f->kind = TW_FK_SWAP_MAJOR;
		frame = tw_frame_alloc(k, TW_FRAME_ANON);
		if (frame == TW_NO_FRAME)
			return -ENOMEM;
		err = tw_swap_read(k, slot, frame);
		if (err) {
			tw_frame_put(k, frame);
			return err;
		}
		tw_swap_cache_add(k, frame, slot);
		tw_lru_insert(k, frame);
		tw_frame_put(k, frame);
	}
	map_frame(f, frame, false, false);
	f->mm->as.swapped--;
	tw_swap_put(k, slot);
	w = (f->prot & TW_PROT_WRITE) && exclusive(k, frame);
	if (f->write && !w) {
		enum tw_fault_kind kind = f->kind;

		err = copy_page(f, frame);
		f->kind = kind;
		return err;
	}
	if (f->write || tw_swap_tight(k))
		tw_swap_cache_drop(k, frame);
	if (w)
		set_leaf(f, frame, true, f->write);
	return 0;
}

// --- Objects ---------------------------------------------------------------------------

static uint64_t object_index(const struct fault *f)
{
	return f->vma->index + ((f->va - f->vma->start) >> TW_PAGE_SHIFT_4K);
}

static bool beyond_end(const struct fault *f)
{
	return object_index(f) >= tw_page_up(f->vma->object->size) >> TW_PAGE_SHIFT_4K;
}

static int object_page(struct fault *f)
{
	struct tw_kernel *k = f->k;
	struct tw_object *o = f->vma->object;
	bool shared = f->vma->flags & TW_VMA_SHARED;
	enum tw_page_source source;
	uint32_t frame, copy;
	int err;

	if (beyond_end(f))
		return raise_signal(f, TW_FK_BUS);
	err = need_entry(f);
	if (!err)
		err = tw_object_page(k, o, object_index(f), &frame, &source);
	if (err) {
		struct tw_gather g;

		// A table made for nothing goes.
		tw_gather_init(&g, k);
		tw_pt_prune(&f->mm->as, f->va, &g);
		tw_gather_flush(&g);
		return err;
	}
	f->kind = source == TW_PAGE_READ      ? TW_FK_FILE_MAJOR
		  : source == TW_PAGE_SWAPPED ? TW_FK_SWAP_MAJOR
		  : o->file		      ? TW_FK_FILE_MINOR
					      : TW_FK_SHMEM;
	if (shared || !f->write) {
		bool w = shared && (f->prot & TW_PROT_WRITE);

		map_frame(f, frame, w, w && f->write);
		return 0;
	}
	err = new_anon(f, &copy);
	if (err)
		return err;
	tw_frame_copy(k, copy, frame);
	map_new_anon(f, copy);
	if (source == TW_PAGE_CACHED)
		f->kind = TW_FK_COW_COPY;
	return 0;
}

// --- A present page --------------------------------------------------------------------

static int present(struct fault *f)
{
	bool allowed =
		!((f->need & TW_PROT_READ) && !f->e.r) && !((f->need & TW_PROT_EXEC) && !f->e.x);

	if (f->write && !f->e.w)
		return write_protected(f);
	if (!allowed) {
		f->kind = TW_FK_RIGHTS;
		set_leaf(f, tw_pfn_frame(f->k, f->e.pfn), f->e.w, f->e.dirty);
		return 0;
	}
	if (!f->e.accessed || (f->write && !f->e.dirty)) {
		f->kind = TW_FK_ACCESSED;
		set_leaf(f, tw_pfn_frame(f->k, f->e.pfn), f->e.w, f->e.dirty || f->write);
		return 0;
	}
	f->kind = TW_FK_SPURIOUS;
	return tw_fence_page(f->k, &f->mm->as, f->va);
}

// --- The steps -------------------------------------------------------------------------

static int find_region(struct fault *f)
{
	f->vma = tw_vma_find(&f->mm->vmas, f->addr);
	tw_charge(f->k, TW_COST_VMA, 1);
	if (!f->vma || f->vma->start > f->addr)
		return raise_signal(f, TW_FK_MAPERR);
	return 0;
}

static int check_access(struct fault *f)
{
	f->prot = f->k->fmt->effective_prot(f->vma->prot);
	if (f->need & ~f->prot)
		return raise_signal(f, TW_FK_ACCERR);
	return 0;
}

static void read_entry(struct fault *f)
{
	f->ptep = tw_pt_find(&f->mm->as, f->va);
	f->e = (struct tw_entry){.kind = TW_ENTRY_EMPTY};
	if (f->ptep)
		f->e = tw_pt_read(&f->mm->as, f->ptep);
}

// The frame that holds the page already, mapped here or not; TW_NO_FRAME if none does.
static uint32_t present_frame(const struct fault *f)
{
	const struct tw_kernel *k = f->k;
	const struct tw_object *o = f->vma->object;
	uint64_t page;

	switch (f->e.kind) {
	case TW_ENTRY_LEAF:
		return tw_pfn_frame(k, f->e.pfn);
	case TW_ENTRY_SWAP:
		return tw_swap_frame(k, f->e.slot);
	default:
		page = o ? tw_object_lookup(o, object_index(f)) : 0;
		return tw_page_is_frame(page) ? tw_page_number(page) : TW_NO_FRAME;
	}
}

// Frames that the entry calls for: tables, the page, a private copy of it.
static uint32_t frames_needed(const struct fault *f, uint32_t frame)
{
	const struct tw_kernel *k = f->k;
	uint32_t tables = f->ptep ? 0 : tw_pt_missing(&f->mm->as, f->va),
		 page = frame == TW_NO_FRAME, copy = f->write && !(f->vma->flags & TW_VMA_SHARED);

	switch (f->e.kind) {
	case TW_ENTRY_LEAF:
		return copy && !f->e.w && !exclusive(k, frame);
	case TW_ENTRY_SWAP:
		if (tw_swap_refs(k, f->e.slot) == 1 && (page || k->frames[frame].mapcount == 0))
			copy = 0;
		return page + copy;
	case TW_ENTRY_EMPTY:
		if (!f->vma->object)
			return tables + f->write;
		return beyond_end(f) ? 0 : tables + page + copy;
	default:
		return 0;
	}
}

// Reads the entry with what it calls for reserved. The page itself is held meanwhile; all else may
// go, even the entry's table, so that after reclaim another look may need more: at most all the
// tables, the page and a copy.
static int reserve(struct fault *f)
{
	struct tw_kernel *k = f->k;
	uint64_t batches;
	int err;

	do {
		uint32_t frame;

		batches = tw_reclaim_batches(k);
		read_entry(f);
		frame = present_frame(f);
		if (frame != TW_NO_FRAME)
			tw_frame_get(k, frame);
		err = tw_reclaim_reserve(k, frames_needed(f, frame));
		if (frame != TW_NO_FRAME)
			tw_frame_put(k, frame);
		if (err)
			return err;
	} while (tw_reclaim_batches(k) != batches);
	err = tw_rmap_reserve(k, 1);
	return err ? tw_fail(k, err, "out of host memory") : 0;
}

static int resolve(struct fault *f)
{
	switch (f->e.kind) {
	case TW_ENTRY_LEAF:
		return present(f);
	case TW_ENTRY_SWAP:
		return swap_in(f);
	case TW_ENTRY_EMPTY:
		return f->vma->object ? object_page(f) : anon_zero(f);
	default:
		return tw_fail(f->k, -TW_EHARDWARE,
			       "page table of %llx: entry %llx is none of ours",
			       (unsigned long long)f->va,
			       (unsigned long long)(f->ptep ? tw_pt_raw(f->k, f->ptep) : 0));
	}
}

int tw_fault(struct tw_mm *mm, enum tw_access access, uint64_t va, struct tw_signal *sig,
	     enum tw_fault_kind *kind)
{
	struct fault f = {
		.k = mm->k,
		.mm = mm,
		.addr = va,
		.va = va & ~(uint64_t)(TW_PAGE_BYTES - 1),
		.need = access == TW_FETCH  ? TW_PROT_EXEC
			: access == TW_LOAD ? TW_PROT_READ
					    : TW_PROT_READ | TW_PROT_WRITE,
		.write = access == TW_STORE || access == TW_RMW,
		.kind = TW_FK_SPURIOUS,
		.sig = sig,
	};
	int err;

	tw_charge(f.k, TW_COST_FAULT, 1);
	err = find_region(&f);
	if (!err)
		err = check_access(&f);
	if (!err)
		err = reserve(&f);
	if (!err)
		err = resolve(&f);
	if (err && err != -EFAULT)
		return err;
	f.k->stats.faults[f.kind]++;
	if (!err && tw_fault_major(f.kind))
		f.k->stats.major++;
	else if (!err)
		f.k->stats.minor++;
	if (kind)
		*kind = f.kind;
	return err;
}
