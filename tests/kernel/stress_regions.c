// SPDX-License-Identifier: Apache-2.0
// Random calls on regions. See stress.h.
#include "stress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "kern.h"

struct mmap_args {
	uint64_t addr, len, offset;
	uint32_t prot, flags;
	struct file *file;
	int mode;
};

// One that ought to succeed.
static struct mmap_args plain_mmap(struct stress *s)
{
	struct mmap_args a = {.addr = address(s),
			      .len = length(s, 24),
			      .prot = pick(s, 3) ? 3 : pick(s, 8),
			      .flags = TW_MAP_FIXED | (pick(s, 2) ? TW_MAP_PRIVATE : TW_MAP_SHARED),
			      .file = &s->file[pick(s, FILES)],
			      .mode = TW_O_RDWR};

	if (pick(s, 2) || !a.file->open[a.mode])
		a.flags |= TW_MAP_ANONYMOUS;
	// Neighbours that merge.
	a.offset = a.addr / PAGE % FILE_PAGES * PAGE;
	return a;
}

static struct mmap_args strange_mmap(struct stress *s)
{
	static const uint32_t extra[] = {TW_MAP_GROWSDOWN, TW_MAP_LOCKED,	   TW_MAP_NORESERVE,
					 TW_MAP_POPULATE,  TW_MAP_NONBLOCK,	   TW_MAP_STACK,
					 TW_MAP_FIXED,	   TW_MAP_FIXED_NOREPLACE, 0x4000000,
					 0x2000000};
	static const uint32_t types[] = {TW_MAP_PRIVATE, TW_MAP_SHARED, TW_MAP_SHARED_VALIDATE, 0};
	struct mmap_args a = {.addr = pick(s, 3) ? address(s) : 0,
			      .len = length(s, 24),
			      .offset =
				      pick(s, 10) ? (uint64_t)pick(s, FILE_PAGES) * PAGE : wild(s),
			      .prot = pick(s, 8),
			      .flags = types[pick(s, 12) ? pick(s, 3) : 3],
			      .file = &s->file[pick(s, FILES)],
			      .mode = (int)pick(s, 3)};

	if (pick(s, 2))
		a.flags |= TW_MAP_ANONYMOUS;
	while (pick(s, 3))
		a.flags |= extra[pick(s, sizeof(extra) / sizeof(extra[0]))];
	return a;
}

void op_mmap(struct stress *s, struct proc *h)
{
	struct mmap_args a = pick(s, 3) ? plain_mmap(s) : strange_mmap(s);
	struct lm_file file = {.object = a.file->object, .mode = a.mode};
	struct tw_file *open = a.file->open[a.mode];
	struct lm_mm next = h->mm;
	int64_t got, want;

	CALL(s, "mmap(%#" PRIx64 ", %#" PRIx64 ", %u, %#x, %s mode %d, %#" PRIx64 ")", a.addr,
	     a.len, a.prot, a.flags, open ? "open" : "closed", a.mode, a.offset);
	want = lm_mmap(&next, &s->objects, a.addr, a.len, a.prot, a.flags, open ? &file : NULL,
		       a.offset);
	before(s);
	got = tw_sys_mmap(h->p, a.addr, a.len, a.prot, a.flags, open, a.offset);
	after(s);
	settle(s, h, CALL_MMAP, got, want, &next, false);
	take_copies(h);
}

void op_munmap(struct stress *s, struct proc *h)
{
	uint64_t addr = address(s), len = length(s, 10);
	struct lm_mm next = h->mm;
	int64_t got, want = lm_munmap(&next, addr, len);

	CALL(s, "munmap(%#" PRIx64 ", %#" PRIx64 ")", addr, len);
	before(s);
	got = tw_sys_munmap(h->p, addr, len);
	after(s);
	settle(s, h, CALL_MUNMAP, got, want, &next, false);
}

// What mprotect did before it ran out of host memory stays done.
static int take_prot(void *user, const struct tw_region *r)
{
	for (uint64_t at = r->start; at < r->end; at += PAGE)
		lm_page(user, at)->prot = r->prot;
	return 0;
}

void op_mprotect(struct stress *s, struct proc *h)
{
	uint64_t addr = address(s), len = length(s, 10);
	uint32_t prot = pick(s, 2) ? 3 : pick(s, 20) ? pick(s, 8) : 8u << pick(s, 4);
	struct lm_mm next = h->mm;
	int64_t got, want = lm_mprotect(&next, addr, len, prot);

	CALL(s, "mprotect(%#" PRIx64 ", %#" PRIx64 ", %u)", addr, len, prot);
	before(s);
	got = tw_sys_mprotect(h->p, addr, len, prot);
	after(s);
	if (s->failed && got == -ENOMEM) {
		tw_proc_regions(h->p, take_prot, &h->mm);
		return;
	}
	// What it did before it was refused stays done.
	settle(s, h, CALL_MPROTECT, got, want, &next, false);
}

void op_mremap(struct stress *s, struct proc *h)
{
	uint64_t addr = address(s), old_len = length(s, 8), new_len = length(s, 12),
		 to = address(s);
	uint32_t flags = pick(s, 20) ? pick(s, 4) : 1u << pick(s, 6);
	struct lm_mm next = h->mm;
	int64_t got, want;

	if (pick(s, 2)) {
		// A part of a region, or all that follows in it.
		unsigned int i = page_of(s, h), end = i;

		while (lm_one_region(&h->mm, end) && pick(s, 8))
			end++;
		addr = LO + (uint64_t)i * PAGE;
		old_len = (uint64_t)(end + 1 - i) * PAGE;
		// As far as there is room, up to what comes next.
		while (end + 1 < LM_PAGES && h->mm.page[end + 1].kind == LM_NONE)
			end++;
		if (pick(s, 2))
			new_len = (uint64_t)(end + 1 - i) * PAGE;
	}
	if (pick(s, 8) == 0)
		old_len = 0;
	// Where it may merge with what is mapped as op_mmap() does.
	if (pick(s, 4) == 0)
		to = LO + (addr - LO + (uint64_t)pick(s, LM_PAGES) * FILE_PAGES * PAGE) %
				  (LM_PAGES * PAGE);
	if (pick(s, 3) == 0)
		new_len = old_len;
	want = lm_mremap(&next, addr, old_len, new_len, flags, to);
	CALL(s, "mremap(%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ", %u, %#" PRIx64 ")", addr, old_len,
	     new_len, flags, to);
	before(s);
	got = tw_sys_mremap(h->p, addr, old_len, new_len, flags, to);
	after(s);
	if (got == -ENOMEM && want != got && (flags & TW_MREMAP_FIXED) &&
	    (s->failed || old_len == new_len)) {
		// The target may be gone; of several regions the first may have moved.
		s->count[CALL_MREMAP][SHORT]++;
		tw_proc_exit(h->p);
		h->p = NULL;
		return;
	}
	settle(s, h, CALL_MREMAP, got, want, &next, true);
}

void op_madvise(struct stress *s, struct proc *h)
{
	uint64_t addr = address(s), len = length(s, 6);
	int advice = (int)pick(s, 7) - 1;
	struct lm_mm next = h->mm;
	int64_t want;

	advice = pick(s, 2) ? TW_MADV_DONTNEED : advice;
	want = lm_madvise(&next, addr, len, advice);
	CALL(s, "madvise(%#" PRIx64 ", %#" PRIx64 ", %d)", addr, len, advice);
	settle(s, h, CALL_MADVISE, tw_sys_madvise(h->p, addr, len, advice), want, &next, false);
}

void op_brk(struct stress *s, struct proc *h)
{
	uint64_t brk = pick(s, 20) ? h->mm.start_brk + (uint64_t)pick(s, 20) * PAGE -
					     pick(s, 2) * pick(s, PAGE)
				   : wild(s);
	struct lm_mm next = h->mm;
	int64_t got, want = lm_brk(&next, brk);

	CALL(s, "brk(%#" PRIx64 ")", brk);
	before(s);
	got = (int64_t)tw_sys_brk(h->p, brk);
	after(s);
	if (got == (int64_t)h->mm.brk && want != got && s->failed)
		next = h->mm, want = got;
	settle(s, h, CALL_BRK, got, want, &next, false);
}

void op_msync(struct stress *s, struct proc *h)
{
	uint64_t addr = address(s), len = length(s, 10), end = addr + tw_page_up(len);
	uint32_t flags = pick(s, 3) ? TW_MS_SYNC : pick(s, 9);
	struct lm_mm next = h->mm;
	int64_t want = lm_msync(&next, addr, len, flags);

	CALL(s, "msync(%#" PRIx64 ", %#" PRIx64 ", %u)", addr, len, flags);
	settle(s, h, CALL_MSYNC, tw_sys_msync(h->p, addr, len, flags), want, &next, false);
	for (uint64_t at = addr; want == 0 && (flags & TW_MS_SYNC) && at < end; at += PAGE) {
		const struct lm_page *g = lm_page(&h->mm, at);

		for (unsigned int i = 0; i < FILES; i++)
			if (g->kind == LM_FILE_SHARED && g->object == s->file[i].object)
				compare_file(s, &s->file[i], g->index, g->index + 1);
	}
}
