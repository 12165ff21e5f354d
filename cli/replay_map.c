// SPDX-License-Identifier: Apache-2.0
// System calls of a replay: what the traced program asked for and got, asked of our kernel, which
// must give the same. The shadow follows.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "replay_internal.h"

static uint64_t page_up(uint64_t v)
{
	return (v + SHADOW_PAGE - 1) >> SHADOW_SHIFT << SHADOW_SHIFT;
}

// --- Calls -----------------------------------------------------------------------------

static enum tw_status other_result(struct replay_proc *p, int64_t got)
{
	struct replay_difference d = {
		.kind = "result", .has_address = true, .address = p->event.addr};

	if (got == -TW_EHARDWARE || got == -EIO || got == -ENOSPC || got == -EFBIG ||
	    got == -EDQUOT || (got == -ENOMEM && p->event.result != -ENOMEM))
		return replay_kernel_error(p, tw_trace_kind_name(p->event.kind), (int)got);
	snprintf(d.expected, sizeof(d.expected), "%" PRId64, p->event.result);
	snprintf(d.found, sizeof(d.found), "%" PRId64, got);
	return replay_differs(
		p, &d, "%s(0x%" PRIx64 ", 0x%" PRIx64 ") gave %" PRId64 ", recorded was %" PRId64,
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
	// More than memory holds would only push itself out again.
	if (len >> SHADOW_SHIFT > p->r->opts.frames)
		flags &= ~(uint32_t)TW_MAP_POPULATE;
	if (shared && anon) {
		o = replay_new_shmem(p, len);
		if (!o)
			return replay_fail(p, TW_SYSTEM, "out of memory");
		object = (int32_t)(2 * (p->n_objects - 1) + 1);
	} else if (!anon) {
		object = 2 * e->file + shared;
		if (flags & TW_MAP_POPULATE)
			status = replay_touch_file(p, o, e->offset, len);
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
