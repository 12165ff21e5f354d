// SPDX-License-Identifier: Apache-2.0
// Verifies every invariant that the headers state: here address spaces, page tables and page
// caches, counting as it goes; then frames.c compares the counts with the frame database.
#include "check/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/cache.h"
#include "kern.h"
#include "mmu/asid.h"
#include "mmu/mmu.h"
#include "mmu/rmap.h"
#include "phys/phys.h"
#include "swap/map.h"
#include "vm/vm.h"

int tw_broken(struct tw_check *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->err, c->errlen, format, args);
	va_end(args);
	return -EUCLEAN;
}

// --- Page tables -----------------------------------------------------------------------

struct mm_count {
	uint64_t tables, anon, shmem, file, swapped;
};

// A frame that belongs to an object is the one that the object has for this page; a private one
// belongs to none.
static int check_owner(struct tw_check *c, const struct tw_vma *v, uint64_t va, uint32_t f)
{
	const struct tw_frame *fr = &c->k->frames[f];

	if (fr->state == TW_FRAME_ANON)
		return v->flags & TW_VMA_SHARED
			       ? tw_broken(c, "%llx: private frame %u in a shared region",
					   (unsigned long long)va, f)
			       : 0;
	if ((fr->state != TW_FRAME_FILE && fr->state != TW_FRAME_SHMEM) ||
	    fr->object != v->object ||
	    fr->index != v->index + ((va - v->start) >> TW_PAGE_SHIFT_4K))
		return tw_broken(c, "%llx: frame %u (state %u) is not the page of its region",
				 (unsigned long long)va, f, fr->state);
	return 0;
}

static int check_leaf(struct tw_check *c, const struct tw_vma *v, uint64_t va, struct tw_entry e,
		      struct mm_count *n)
{
	struct tw_kernel *k = c->k;
	uint32_t f = tw_pfn_frame(k, e.pfn), prot = k->fmt->effective_prot(v->prot);
	const struct tw_frame *fr;

	if (f == TW_NO_FRAME)
		return tw_broken(c, "%llx: frame outside memory", (unsigned long long)va);
	if ((e.kind == TW_ENTRY_NONE) != (prot == 0))
		return tw_broken(c, "%llx: entry kind %d in a region with protection %u",
				 (unsigned long long)va, e.kind, prot);
	if ((e.r && !(prot & TW_PROT_READ)) || (e.w && !(prot & TW_PROT_WRITE)) ||
	    (e.x && !(prot & TW_PROT_EXEC)))
		return tw_broken(c, "%llx: entry allows more than its region",
				 (unsigned long long)va);
	if (f == k->zero_frame)
		return e.w || e.dirty || v->object
			       ? tw_broken(c, "%llx: the zero page, writable or in an object",
					   (unsigned long long)va)
			       : 0;
	fr = &k->frames[f];
	c->mapped[f]++;
	n->anon += fr->state == TW_FRAME_ANON;
	n->shmem += fr->state == TW_FRAME_SHMEM;
	n->file += fr->state == TW_FRAME_FILE;
	if (fr->state == TW_FRAME_ANON && e.w &&
	    (fr->mapcount != 1 || (fr->slot && k->swap->refs[fr->slot] > 0)))
		return tw_broken(c, "%llx: writable though frame %u is shared copy-on-write",
				 (unsigned long long)va, f);
	if (fr->state != TW_FRAME_ANON && e.w && !(v->flags & TW_VMA_SHARED))
		return tw_broken(c, "%llx: page of an object writable in a private region",
				 (unsigned long long)va);
	return check_owner(c, v, va, f);
}

static int check_entry(struct tw_check *c, const struct tw_mm *mm, uint64_t va, uint64_t pte,
		       struct mm_count *n)
{
	const struct tw_vma *v = tw_vma_find(&mm->vmas, va);
	struct tw_entry e = c->k->fmt->decode(pte, 0);

	if (!v || v->start > va)
		return tw_broken(c, "%llx: entry %llx outside every region", (unsigned long long)va,
				 (unsigned long long)pte);
	switch (e.kind) {
	case TW_ENTRY_LEAF:
	case TW_ENTRY_NONE:
		return check_leaf(c, v, va, e, n);
	case TW_ENTRY_SWAP:
		if (e.slot >= c->k->swap->slots || (v->flags & TW_VMA_SHARED))
			return tw_broken(c, "%llx: bad swap entry", (unsigned long long)va);
		c->refs[e.slot]++;
		n->swapped++;
		return 0;
	default:
		return tw_broken(c, "%llx: bad entry %llx", (unsigned long long)va,
				 (unsigned long long)pte);
	}
}

static int check_table(struct tw_check *c, const struct tw_mm *mm, uint32_t table,
		       unsigned int level, uint64_t va, struct mm_count *n)
{
	const struct tw_pte_format *fmt = c->k->fmt;

	if (c->k->frames[table].state != TW_FRAME_TABLE || c->entries[table])
		return tw_broken(c, "frame %u: not a table, or in two places", table);
	n->tables++;
	if (level == 0) {
		uint32_t number = c->k->frames[table].rmap;

		c->last_level++;
		if (number >= c->k->rmap->numbers || !c->k->rmap->table[number] ||
		    c->k->rmap->table[number]->as != &mm->as || c->k->rmap->table[number]->va != va)
			return tw_broken(c, "frame %u: table without its reverse mappings", table);
	}
	for (unsigned int i = 0; i < tw_pt_entries(fmt, level); i++) {
		uint64_t at = va + ((uint64_t)i << (TW_PAGE_SHIFT_4K + fmt->vpn_shift[level]));
		uint64_t entry = tw_pt_raw(c->k, tw_pt_cell(c->k, table, i));
		struct tw_entry e;
		int err;

		if (!entry)
			continue;
		c->entries[table]++;
		if (level == 0) {
			err = check_entry(c, mm, at, entry, n);
		} else {
			e = fmt->decode(entry, level);
			if (e.kind != TW_ENTRY_TABLE || tw_pfn_frame(c->k, e.pfn) == TW_NO_FRAME)
				return tw_broken(c, "%llx: bad pointer %llx at level %u",
						 (unsigned long long)at, (unsigned long long)entry,
						 level);
			err = check_table(c, mm, tw_pfn_frame(c->k, e.pfn), level - 1, at, n);
		}
		if (err)
			return err;
	}
	// A table that is made when it is needed goes with its last entry.
	if (c->entries[table] == 0 && level < fmt->dynamic)
		return tw_broken(c, "frame %u: empty table", table);
	return 0;
}

static int check_mm(struct tw_check *c, const struct tw_mm *mm)
{
	const char *broken = tw_vma_check(&mm->vmas);
	struct mm_count n = {0};
	int err;

	if (broken)
		return tw_broken(c, "%s", broken);
	err = check_table(c, mm, mm->as.root, c->k->fmt->levels - 1u, 0, &n);
	if (err)
		return err;
	if (n.tables != mm->as.tables || n.anon != mm->as.rss_anon || n.shmem != mm->as.rss_shmem ||
	    n.file != mm->as.rss_file || n.swapped != mm->as.swapped)
		return tw_broken(c, "address space %u: counts differ from its tables", mm->id);
	for (uint32_t i = 0; i < mm->id; i++)
		if (c->k->mms[i] && mm->as.asid_generation == c->k->asids->generation &&
		    c->k->mms[i]->as.asid_generation == mm->as.asid_generation &&
		    c->k->mms[i]->as.asid == mm->as.asid)
			return tw_broken(c, "ASID %u in use twice", mm->as.asid);
	return 0;
}

// --- Objects ---------------------------------------------------------------------------

static int compare_file(struct tw_check *c, const struct tw_object *o, uint64_t index, uint32_t f)
{
	uint8_t page[TW_PAGE_BYTES];
	uint64_t at = index << TW_PAGE_SHIFT_4K;
	size_t len = o->size - at < TW_PAGE_BYTES ? (size_t)(o->size - at) : TW_PAGE_BYTES;

	if ((c->k->frames[f].flags & TW_FRAME_DIRTY) || tw_rmap_dirty(c->k, f))
		return 0;
	if (tw_blk_peek(c->k, &o->blk, page, len, at) != (ssize_t)len ||
	    memcmp(page, tw_frame_host(c->k, f), len) != 0)
		return tw_broken(c, "%s: clean page %llu differs from the file", o->host.path,
				 (unsigned long long)index);
	return 0;
}

static int check_object(struct tw_check *c, const struct tw_object *o)
{
	uint64_t index = 0, page;
	const struct tw_mapping *m;
	uint32_t regions = 0;

	LIST_FOREACH (m, &o->mappings, link)
		regions++;
	if (regions > o->users)
		return tw_broken(c, "object: more regions than users");
	if (o->file && tw_object_find(c->k, o->host.dev, o->host.ino) != o)
		return tw_broken(c, "%s: cannot be found by its inode number", o->host.path);
	if (o->file && (o->host.fd >= 0) == (o->host.held != NULL))
		return tw_broken(c, "%s: must be either open or held", o->host.path);
	if (o->file && o->users == 0 && o->host.fd >= 0 &&
	    c->k->hostfiles->held < c->k->hostfiles->most_held)
		return tw_broken(c, "%s: has a descriptor and no user", o->host.path);
	for (; (page = tw_radix_next(&o->pages, &index)); index++) {
		uint32_t n = tw_page_number(page);

		if (!tw_page_is_frame(page)) {
			if (o->file || n >= c->k->swap->slots)
				return tw_broken(c, "object: bad swapped page");
			c->refs[n]++;
			continue;
		}
		if (n >= c->k->frames_total || c->k->frames[n].object != o ||
		    c->k->frames[n].index != index || c->cached[n])
			return tw_broken(c, "object: page %llu is not frame %u's",
					 (unsigned long long)index, n);
		c->cached[n] = 1;
		if (o->file && c->deep && compare_file(c, o, index, n))
			return -EUCLEAN;
	}
	if (o->file && o->users == 0)
		tw_hostfile_close(c->k->hostfiles, o->blk.file);
	return 0;
}

// --- All -------------------------------------------------------------------------------

static int check_all(struct tw_check *c)
{
	struct tw_kernel *k = c->k;
	const struct tw_object *o;
	int err = 0;

	for (uint32_t i = 0; i < k->mms_size && !err; i++)
		if (k->mms[i])
			err = check_mm(c, k->mms[i]);
	LIST_FOREACH (o, &k->cache->objects, link) {
		if (err)
			return err;
		err = check_object(c, o);
	}
	err = err ? err : tw_check_frames(c);
	err = err ? err : tw_check_zones(c);
	err = err ? err : tw_check_policy(c);
	return err ? err : tw_check_swap(c);
}

int tw_kernel_check(struct tw_kernel *k, bool deep, char *err, size_t errlen)
{
	struct tw_check c = {.k = k, .deep = deep, .err = err, .errlen = errlen};
	int result = -ENOMEM;

	c.mapped = calloc(k->frames_total, sizeof(*c.mapped));
	c.entries = calloc(k->frames_total, sizeof(*c.entries));
	c.cached = calloc(k->frames_total, sizeof(*c.cached));
	c.refs = calloc(k->swap->slots + 1u, sizeof(*c.refs));
	if (c.mapped && c.entries && c.cached && c.refs)
		result = check_all(&c);
	else
		snprintf(err, errlen, "out of host memory");
	free(c.mapped);
	free(c.entries);
	free(c.cached);
	free(c.refs);
	return result;
}
