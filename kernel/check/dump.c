// SPDX-License-Identifier: Apache-2.0
// What can be seen from outside: statistics, regions, memory as a process would see it, and the
// digest of everything.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cache/cache.h"
#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "reclaim/reclaim.h"
#include "swap/swap.h"
#include "sys/sys.h"
#include "vm/vm.h"

void tw_kernel_get_stats(struct tw_kernel *k, struct tw_kernel_stats *out)
{
	struct tw_kernel_stats *s = &k->stats;
	struct tw_swap_count swap = tw_swap_count(k);
	uint32_t *const count[TW_FRAME_STATES] = {
		[TW_FRAME_FREE] = &s->free,    [TW_FRAME_ANON] = &s->anon,
		[TW_FRAME_SHMEM] = &s->shmem,  [TW_FRAME_FILE] = &s->file_clean,
		[TW_FRAME_TABLE] = &s->tables, [TW_FRAME_RESERVED] = &s->reserved,
	};

	tw_hw_sync_time(k);
	s->hw_cycles = k->hw_seen;
	s->frames = k->frames_total;
	s->file_dirty = 0;
	for (unsigned int i = 0; i < TW_FRAME_STATES; i++)
		*count[i] = 0;
	for (uint32_t f = 0; f < k->frames_total; f++) {
		const struct tw_frame *fr = &k->frames[f];

		if (fr->state == TW_FRAME_FILE &&
		    ((fr->flags & TW_FRAME_DIRTY) || tw_rmap_dirty(k, f)))
			s->file_dirty++;
		else
			++*count[fr->state];
	}
	s->swap_slots = swap.slots;
	s->swap_used = swap.used;
	s->asid_bits = k->opts.asid_bits;
	s->swap_cached = swap.cached;
	tw_reclaim_marks(k, s->watermark);
	s->frame_bytes = (uint64_t)k->frames_total * sizeof(struct tw_frame) + tw_rmap_bytes(k);
	*out = *s;
}

void tw_proc_get_stats(const struct tw_proc *p, struct tw_proc_stats *stats)
{
	const struct tw_mm *mm = p->mm;

	*stats = (struct tw_proc_stats){
		.minor = p->minor,
		.major = p->major,
		.rss_anon = mm->as.rss_anon,
		.rss_file = mm->as.rss_file,
		.rss_shmem = mm->as.rss_shmem,
		.swap = mm->as.swapped,
		.tables = mm->as.tables,
		.vmas = mm->vmas.count,
		.mapped = mm->vmas.pages,
	};
}

// --- Regions ---------------------------------------------------------------------------

int tw_proc_regions(const struct tw_proc *p, int (*fn)(void *user, const struct tw_region *region),
		    void *user)
{
	int result = 0;

	for (struct tw_vma *v = tw_vma_first(&p->mm->vmas); v && !result; v = tw_vma_next(v)) {
		bool file = v->object && v->object->file;
		struct tw_region r = {
			.start = v->start,
			.end = v->end,
			.prot = v->prot,
			.shared = v->flags & TW_VMA_SHARED,
			.path = file ? v->object->host.path : NULL,
			.offset = file ? v->index << TW_PAGE_SHIFT_4K : 0,
		};

		result = fn(user, &r);
	}
	return result;
}

struct text {
	char *buf;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void append(struct text *t, const char *format, ...)
{
	size_t left = t->len < t->size ? t->size - t->len : 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(left ? t->buf + t->len : NULL, left, format, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n;
}

size_t tw_proc_maps(const struct tw_proc *p, char *buf, size_t size)
{
	const struct tw_mm *mm = p->mm;
	struct text t = {.buf = buf, .size = size};

	if (size)
		buf[0] = '\0';
	for (struct tw_vma *v = tw_vma_first(&mm->vmas); v; v = tw_vma_next(v)) {
		const struct tw_object *o = v->object;
		const char *name = o ? o->host.path : NULL;
		size_t begin = t.len;

		if (o && !o->file)
			name = "/dev/zero (deleted)";
		else if (!o && v->start < mm->brk && v->end > mm->start_brk)
			name = "[heap]";
		append(&t, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu ",
		       (unsigned long long)v->start, (unsigned long long)v->end,
		       v->prot & TW_PROT_READ ? 'r' : '-', v->prot & TW_PROT_WRITE ? 'w' : '-',
		       v->prot & TW_PROT_EXEC ? 'x' : '-', v->flags & TW_VMA_SHARED ? 's' : 'p',
		       (unsigned long long)(o ? v->index << TW_PAGE_SHIFT_4K : 0),
		       o && o->file ? major(o->host.dev) : 0, o && o->file ? minor(o->host.dev) : 0,
		       (unsigned long long)(o && o->file ? o->host.ino : 0));
		// Linux pads to column 73.
		if (name)
			append(&t, "%*s%s", (int)(begin + 73 > t.len ? begin + 73 - t.len : 0), "",
			       name);
		append(&t, "\n");
	}
	return t.len;
}

// --- Memory ----------------------------------------------------------------------------

// No time passes: nobody in the machine does this.
static int read_file(struct tw_kernel *k, const struct tw_object *o, void *buf, size_t len,
		     uint64_t offset)
{
	ssize_t n = tw_blk_peek(k, &o->blk, buf, len, offset);

	if (n < 0)
		return (int)n;
	memset((uint8_t *)buf + n, 0, len - (size_t)n);
	return 0;
}

static int peek_object(struct tw_kernel *k, const struct tw_object *o, uint64_t index,
		       uint64_t in_page, void *buf, size_t len)
{
	uint64_t page = tw_object_lookup(o, index), at = (index << TW_PAGE_SHIFT_4K) + in_page;

	if (index >= tw_page_up(o->size) >> TW_PAGE_SHIFT_4K)
		return -EFAULT;
	if (tw_page_is_frame(page)) {
		memcpy(buf, tw_frame_host(k, tw_page_number(page)) + in_page, len);
		return 0;
	}
	if (page)
		return tw_swap_peek(k, tw_page_number(page), in_page, buf, len);
	if (!o->file) {
		memset(buf, 0, len);
		return 0;
	}
	return read_file(k, o, buf, len, at);
}

static int peek_page(const struct tw_proc *p, uint64_t va, void *buf, size_t len)
{
	struct tw_kernel *k = p->k;
	const struct tw_vma *v = tw_vma_find(&p->mm->vmas, va);
	const struct tw_cell *ptep;
	struct tw_entry e = {.kind = TW_ENTRY_EMPTY};
	uint64_t in_page = va & (TW_PAGE_BYTES - 1);
	uint32_t f;

	if (!v || v->start > va)
		return -EFAULT;
	ptep = tw_pt_find(&p->mm->as, va);
	if (ptep)
		e = tw_pt_read(&p->mm->as, ptep);
	if (e.kind == TW_ENTRY_EMPTY && v->object)
		return peek_object(k, v->object, v->index + ((va - v->start) >> TW_PAGE_SHIFT_4K),
				   in_page, buf, len);
	if (e.kind == TW_ENTRY_EMPTY) {
		memset(buf, 0, len);
		return 0;
	}
	f = e.kind == TW_ENTRY_SWAP ? tw_swap_frame(k, e.slot) : tw_pfn_frame(k, e.pfn);
	if (f == TW_NO_FRAME)
		return tw_swap_peek(k, e.slot, in_page, buf, len);
	memcpy(buf, tw_frame_host(k, f) + in_page, len);
	return 0;
}

int tw_proc_peek(struct tw_proc *p, uint64_t va, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len) {
		size_t n = TW_PAGE_BYTES - (va & (TW_PAGE_BYTES - 1));
		int err;

		n = n < len ? n : len;
		err = peek_page(p, va, to, n);
		if (err)
			return err;
		va += n;
		to += n;
		len -= n;
	}
	return 0;
}

// NUMBER keeps apart equal pages in
// different places, and the bits of frames and slots.
static uint64_t digest_page(uint64_t h, uint64_t number, const uint8_t *page)
{
	h ^= number;
	for (size_t i = 0; i < TW_PAGE_BYTES; i += 8) {
		uint64_t word;

		memcpy(&word, page + i, 8);
		h = tw_digest(h, word);
	}
	return h;
}

// Pages of zeros, which most of a large memory may be, are told by the others' numbers.
static bool is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, TW_PAGE_BYTES - 1) == 0;
}

int tw_kernel_digest(struct tw_kernel *k, uint64_t *digest)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	uint32_t slots = tw_swap_count(k).slots;
	uint8_t page[TW_PAGE_BYTES];

	for (uint32_t f = 0; f < k->frames_total; f++) {
		if (f % 1024 == 0 && tw_stopped(k))
			return -EINTR;
		if (!is_zero(tw_frame_host(k, f)))
			h = digest_page(h, (uint64_t)f << 1, tw_frame_host(k, f));
	}
	for (uint32_t slot = 1; slot <= slots; slot++) {
		int err;

		if (slot % 1024 == 0 && tw_stopped(k))
			return -EINTR;
		if (!tw_swap_in_use(k, slot))
			continue;
		err = tw_swap_peek(k, slot, 0, page, sizeof(page));
		if (err)
			return tw_fail(k, err, "swap: reading slot %u failed: %s", slot,
				       strerror(-err));
		h = digest_page(h, (uint64_t)slot << 1 | 1, page);
	}
	*digest = h;
	return 0;
}
