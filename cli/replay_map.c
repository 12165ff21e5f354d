// SPDX-License-Identifier: Apache-2.0
// System calls of a replay: what the traced program asked for and got, asked of our kernel, which
// must give the same. The shadow follows. Files are synthetic: contents are a function of seed,
// trace and file, written before the kernel maps them.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay_internal.h"

static uint64_t page_up(uint64_t v)
{
	return (v + SHADOW_PAGE - 1) >> SHADOW_SHIFT << SHADOW_SHIFT;
}

// --- Objects ---------------------------------------------------------------------------

static struct replay_object *new_object(struct replay_proc *p, uint64_t size, uint64_t seed)
{
	struct replay_object **all, *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	all = realloc(p->objects, (p->n_objects + 1) * sizeof(struct replay_object *));
	if (!all) {
		free(o);
		return NULL;
	}
	p->objects = all;
	o->shadow.size = o->shadow.initial = size;
	o->shadow.seed = seed;
	o->fd = -1;
	p->objects[p->n_objects++] = o;
	return o;
}

void replay_free_objects(struct replay_proc *p)
{
	for (uint32_t i = 0; i < p->n_objects; i++) {
		struct replay_object *o = p->objects[i];

		shadow_free(&o->shadow.pages);
		if (o->fd >= 0)
			close(o->fd);
		if (o->path)
			unlink(o->path);
		free(o->path);
		free(o);
	}
	free(p->objects);
	p->objects = NULL;
	p->n_objects = 0;
}

static enum tw_status create_file(struct replay_proc *p, uint32_t i)
{
	const struct tw_trace_file *f = tw_trace_file(p->trace, i);
	struct replay *r = p->r;
	struct replay_object *o;
	char path[400];
	int err;

	if (page_up(f->size) >> SHADOW_SHIFT > SHADOW_PAGES)
		return replay_fail(p, TW_BAD_INPUT,
				   "file %s: %" PRIu64 " bytes, expected at most 2^38", f->name,
				   f->size);
	o = new_object(p, f->size, r->opts.seed * 1000003 + p->number * 4099 + i + 1);
	snprintf(path, sizeof(path), "%s/%u-%u", r->work, p->number, i);
	if (!o || !(o->path = strdup(path)))
		return replay_fail(p, TW_SYSTEM, "out of memory");
	o->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (o->fd < 0 || ftruncate(o->fd, (off_t)f->size) != 0)
		return replay_fail(p, TW_SYSTEM, "%s: %s", path, strerror(errno));
	err = tw_file_open(r->k, path, TW_O_RDWR, &o->file);
	return err ? replay_kernel_error(p, path, err) : TW_OK;
}

enum tw_status replay_files(struct replay_proc *p)
{
	enum tw_status status = TW_OK;

	p->n_files = tw_trace_info(p->trace)->n_files;
	for (uint32_t i = 0; i < p->n_files && status == TW_OK; i++)
		status = create_file(p, i);
	return status;
}

// Gives the pages of a file that are about to be mapped their contents, on the real file and in the
// shadow.
static enum tw_status write_contents(struct replay_proc *p, struct replay_object *o,
				     uint64_t offset, uint64_t len)
{
	uint64_t index = offset >> SHADOW_SHIFT, end = index + (page_up(len) >> SHADOW_SHIFT);

	if (end > SHADOW_PAGES)
		return replay_fail(p, TW_BAD_INPUT,
				   "offset %" PRIu64 ": expected a file below 2^38 bytes", offset);
	for (; index < end && index << SHADOW_SHIFT < o->shadow.initial; index++) {
		uint64_t at = index << SHADOW_SHIFT, n = o->shadow.initial - at;
		const uint8_t *bytes;

		if (shadow_get(&o->shadow.pages, index))
			continue;
		bytes = shadow_object_page(&o->shadow, index);
		if (!bytes)
			return replay_fail(p, TW_SYSTEM, "out of memory");
		if (n > SHADOW_PAGE)
			n = SHADOW_PAGE;
		errno = ENOSPC;
		if (pwrite(o->fd, bytes, n, (off_t)at) != (ssize_t)n)
			return replay_fail(p, TW_SYSTEM, "%s: %s", o->path, strerror(errno));
	}
	return TW_OK;
}

bool replay_lookup(struct replay_proc *p, uint64_t page, struct replay_object **object,
		   uint64_t *index, bool *shared)
{
	const struct tw_trace_region *r = tw_trace_regions_find(&p->regions, page << SHADOW_SHIFT);

	if (!r)
		return false;
	*object = r->file < 0 ? NULL : p->objects[r->file / 2];
	*shared = r->file >= 0 && r->file % 2;
	*index = (r->offset >> SHADOW_SHIFT) + page - (r->start >> SHADOW_SHIFT);
	return true;
}

// --- Calls -----------------------------------------------------------------------------

static enum tw_status other_result(struct replay_proc *p, int64_t got)
{
	if (got == -TW_EHARDWARE || got == -EIO || got == -ENOSPC || got == -EFBIG ||
	    got == -EDQUOT || (got == -ENOMEM && p->event.result != -ENOMEM))
		return replay_kernel_error(p, tw_trace_kind_name(p->event.kind), (int)got);
	return replay_fail(p, TW_DIFFERENCE,
			   "%s(0x%" PRIx64 ", 0x%" PRIx64 ") gave %" PRId64
			   ", recorded was %" PRId64,
			   tw_trace_kind_name(p->event.kind), p->event.addr, p->event.len, got,
			   p->event.result);
}

// The trace's regions take the event, with our number for what is mapped.
static enum tw_status apply(struct replay_proc *p, int32_t object)
{
	struct tw_trace_event e = p->event;

	e.file = object;
	if (tw_trace_regions_apply(&p->regions, &e) != 0)
		return replay_fail(p, TW_SYSTEM, "out of memory");
	return TW_OK;
}

static enum tw_status map(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	bool anon = e->file < 0, shared = (e->flags & TW_MAP_TYPE) != TW_MAP_PRIVATE;
	uint64_t at = e->kind == TW_TRACE_MAP ? e->addr : (uint64_t)e->result,
		 len = page_up(e->len);
	uint32_t flags = (e->flags & ~(uint32_t)TW_MAP_FIXED_NOREPLACE) | TW_MAP_FIXED;
	struct replay_object *o = anon ? NULL : p->objects[e->file];
	int32_t object = -1;
	enum tw_status status = TW_OK;
	int64_t got;

	// A stack is recorded with its whole extent, and a 32-bit limit means nothing here.
	flags &= TW_MAP_TYPE | TW_MAP_FIXED | TW_MAP_ANONYMOUS | TW_MAP_NORESERVE |
		 TW_MAP_POPULATE | TW_MAP_STACK;
	if (anon)
		flags |= TW_MAP_ANONYMOUS;
	if (shared && anon) {
		o = new_object(p, len, 0);
		if (!o)
			return replay_fail(p, TW_SYSTEM, "out of memory");
		object = (int32_t)(2 * (p->n_objects - 1) + 1);
	} else if (!anon) {
		object = 2 * e->file + shared;
		status = write_contents(p, o, e->offset, e->len);
		if (status != TW_OK)
			return status;
	}
	got = tw_sys_mmap(p->proc, at, e->len, e->prot, flags, anon ? NULL : o->file, e->offset);
	if (got != (int64_t)at)
		return other_result(p, got);
	shadow_drop(&p->shadow.pages, at >> SHADOW_SHIFT, (at + len) >> SHADOW_SHIFT);
	return apply(p, object);
}

static enum tw_status unmap(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	int got = tw_sys_munmap(p->proc, e->addr, e->len);

	if (got != e->result)
		return other_result(p, got);
	if (!got)
		shadow_drop(&p->shadow.pages, e->addr >> SHADOW_SHIFT,
			    (e->addr + page_up(e->len)) >> SHADOW_SHIFT);
	return apply(p, -1);
}

static enum tw_status protect(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	int got;

	// Refused for a reason that is not in the trace: how the file was opened.
	if (e->result < 0 && e->result != -ENOMEM)
		return TW_OK;
	// PROT_GROWSDOWN and PROT_GROWSUP concern stacks, which have their whole extent here.
	got = tw_sys_mprotect(p->proc, e->addr, e->len, e->prot & ~0x03000000u);
	if (got != e->result)
		return other_result(p, got);
	return apply(p, -1);
}

static enum tw_status set_break(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	uint64_t want = (uint64_t)e->result, before = p->regions.brk, got;
	int err;

	if (!p->heap) {
		p->heap = true;
		err = tw_proc_set_brk(p->proc, want);
		if (err)
			return other_result(p, err);
		return apply(p, -1);
	}
	// A request that was refused, or only asked, changes nothing.
	if (want == before)
		return TW_OK;
	got = tw_sys_brk(p->proc, want);
	if (got != want)
		return other_result(p, (int64_t)got);
	if (want < before)
		shadow_drop(&p->shadow.pages, page_up(want) >> SHADOW_SHIFT,
			    page_up(before) >> SHADOW_SHIFT);
	return apply(p, -1);
}

static enum tw_status remap(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	uint64_t to = (uint64_t)e->result, old = page_up(e->len), new = page_up(e->new_len);
	const struct tw_trace_region *region;
	int32_t object;
	int64_t got;

	if (e->result < 0)
		return TW_OK;
	region = tw_trace_regions_find(&p->regions, e->addr);
	if (!region)
		return replay_fail(p, TW_BAD_INPUT,
				   "mremap of 0x%" PRIx64 ", where nothing is mapped", e->addr);
	object = region->file;
	if (to == e->addr)
		got = tw_sys_mremap(p->proc, e->addr, e->len, e->new_len, 0, 0);
	else
		got = tw_sys_mremap(p->proc, e->addr, e->len, e->new_len,
				    TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, to);
	if (got != e->result)
		return other_result(p, got);
	if (old > new)
		shadow_drop(&p->shadow.pages, (e->addr + new) >> SHADOW_SHIFT,
			    (e->addr + old) >> SHADOW_SHIFT);
	if (to != e->addr) {
		uint64_t n = (old < new ? old : new) >> SHADOW_SHIFT;

		shadow_drop(&p->shadow.pages, to >> SHADOW_SHIFT, (to + new) >> SHADOW_SHIFT);
		if (shadow_move(&p->shadow.pages, e->addr >> SHADOW_SHIFT, to >> SHADOW_SHIFT, n) !=
		    0)
			return replay_fail(p, TW_SYSTEM, "out of memory");
	}
	if (object >= 0 && !p->objects[object / 2]->file)
		return apply(p, object);
	if (object >= 0) {
		struct replay_object *o = p->objects[object / 2];
		uint64_t offset = region->offset + (e->addr - region->start);
		enum tw_status status = write_contents(p, o, offset, e->new_len);

		if (status != TW_OK)
			return status;
	}
	return apply(p, object);
}

static enum tw_status advise(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	uint64_t page = e->addr >> SHADOW_SHIFT, end = (e->addr + page_up(e->len)) >> SHADOW_SHIFT;
	uintptr_t slot;
	int got;

	// Advice without a visible effect is not replayed; a failed call may have had a part of its
	// effect.
	if (e->advice != TW_MADV_DONTNEED || (e->result < 0 && e->result != -ENOMEM))
		return TW_OK;
	got = tw_sys_madvise(p->proc, e->addr, e->len, e->advice);
	if (got != e->result)
		return other_result(p, got);
	// What belongs to an object stays as it is.
	for (; (slot = shadow_next(&p->shadow.pages, &page, end)); page++)
		if (slot & SHADOW_OWNED)
			shadow_drop(&p->shadow.pages, page, page + 1);
	return TW_OK;
}

enum tw_status replay_map(struct replay_proc *p)
{
	switch (p->event.kind) {
	case TW_TRACE_MMAP:
		if (p->event.result < 0)
			return TW_OK;
		return map(p);
	case TW_TRACE_MAP:
		return map(p);
	case TW_TRACE_MUNMAP:
		return unmap(p);
	case TW_TRACE_MPROTECT:
		return protect(p);
	case TW_TRACE_BRK:
		return set_break(p);
	case TW_TRACE_MREMAP:
		return remap(p);
	case TW_TRACE_MADVISE:
		return advise(p);
	default:
		return replay_fail(p, TW_INTERNAL, "event of kind %u", p->event.kind);
	}
}
