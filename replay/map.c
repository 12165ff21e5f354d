// SPDX-License-Identifier: Apache-2.0
// System calls of a replay: what the traced program asked for and got, asked of our kernel, which
// must give the same. The shadow follows.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "internal.h"

enum { POPULATE_MOST = 16384 }; // 64 MB

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

static void drop(struct replay_proc *p, uint64_t start, uint64_t end)
{
	shadow_drop(&p->shadow.pages, start >> SHADOW_SHIFT, end >> SHADOW_SHIFT);
}

// Whether MAP_POPULATE of these pages is followed. More than memory holds would only push itself
// out again; and contents of files, which nobody may ever read, are made for so many pages of a
// trace.
static bool populates(struct replay_proc *p, uint64_t pages, bool of_file)
{
	if (pages > p->r->opts.frames)
		return false;
	if (!of_file)
		return true;
	if (pages > POPULATE_MOST - p->populated)
		return false;
	p->populated += (uint32_t)pages;
	return true;
}

static enum tw_status map(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	bool anon = e->file < 0, shared = (e->flags & TW_MAP_TYPE) != TW_MAP_PRIVATE;
	uint64_t at = e->kind == TW_TRACE_MAP ? e->addr : (uint64_t)e->result,
		 len = page_up(e->len);
	uint32_t flags = (e->flags & ~(uint32_t)TW_MAP_FIXED_NOREPLACE) | TW_MAP_FIXED;
	struct replay_object *o = anon ? NULL : p->objects[e->file];
	enum tw_status status = TW_OK;
	int64_t got;

	// A stack is recorded with its whole extent, and a 32-bit limit means nothing here.
	flags &= TW_MAP_TYPE | TW_MAP_FIXED | TW_MAP_ANONYMOUS | TW_MAP_NORESERVE |
		 TW_MAP_POPULATE | TW_MAP_STACK;
	if (anon)
		flags = (flags & ~(uint32_t)TW_MAP_TYPE) | TW_MAP_ANONYMOUS |
			(shared ? TW_MAP_SHARED : TW_MAP_PRIVATE);
	if (flags & TW_MAP_POPULATE && !populates(p, len >> SHADOW_SHIFT, !anon))
		flags &= ~(uint32_t)TW_MAP_POPULATE;
	if (shared && anon) {
		o = replay_new_shmem(p, len);
		if (!o)
			return replay_fail(p, TW_SYSTEM, "out of memory");
	} else if (!anon) {
		if (flags & TW_MAP_POPULATE)
			status = replay_touch_file(p, o, e->offset, len);
		if (status != TW_OK)
			return status;
	}
	got = tw_sys_mmap(p->proc, at, e->len, e->prot, flags, anon ? NULL : o->file, e->offset);
	if (got != (int64_t)at)
		return other_result(p, got);
	drop(p, at, at + len);
	return TW_OK;
}

static enum tw_status unmap(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	// The failures that the arguments alone explain.
	bool fails = e->result == -EINVAL && (e->addr & (SHADOW_PAGE - 1) || !e->len);
	int got;

	if (e->result < 0 && !fails)
		return TW_OK;
	got = tw_sys_munmap(p->proc, e->addr, e->len);
	if (got != e->result)
		return other_result(p, got);
	if (!got)
		drop(p, e->addr, e->addr + page_up(e->len));
	return TW_OK;
}

static enum tw_status protect(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	struct tw_trace_range range = tw_trace_regions_protected(&p->regions, e);
	uint32_t prot = e->prot & (TW_PROT_READ | TW_PROT_WRITE | TW_PROT_EXEC);
	int got;

	if (range.start < range.end) {
		got = tw_sys_mprotect(p->proc, range.start, range.end - range.start, prot);
		if (got)
			return other_result(p, got);
	}
	// A hole is an error; what is before it has its new protection by now.
	if (e->result != -ENOMEM || range.end == range.start)
		return TW_OK;
	got = tw_sys_mprotect(p->proc, range.start, e->addr + e->len - range.start, prot);
	return got == -ENOMEM ? TW_OK : other_result(p, got);
}

static enum tw_status set_break(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	uint64_t want = (uint64_t)e->result, before = p->regions.brk, got;
	int err;

	if (!p->regions.has_brk) {
		err = tw_proc_set_brk(p->proc, want);
		return err ? other_result(p, err) : TW_OK;
	}
	// A request that was refused, or only asked, changes nothing.
	if (want == before)
		return TW_OK;
	got = tw_sys_brk(p->proc, want);
	if (got != want)
		return other_result(p, (int64_t)got);
	if (want < before)
		drop(p, page_up(want), page_up(before));
	return TW_OK;
}

// The shadow of what moved: of each region that is in the old range.
static enum tw_status move_shadow(struct replay_proc *p, uint64_t from, uint64_t len, uint64_t to)
{
	const struct tw_trace_regions *s = &p->regions;

	for (size_t i = tw_trace_regions_above(s, from); i < s->n && s->r[i].start < from + len;
	     i++) {
		uint64_t start = s->r[i].start > from ? s->r[i].start : from;
		uint64_t end = s->r[i].end < from + len ? s->r[i].end : from + len;
		uint64_t at = to + (start - from);

		drop(p, at, at + (end - start));
		if (shadow_move(&p->shadow.pages, start >> SHADOW_SHIFT, at >> SHADOW_SHIFT,
				(end - start) >> SHADOW_SHIFT) != 0)
			return replay_fail(p, TW_SYSTEM, "out of memory");
	}
	return TW_OK;
}

static enum tw_status remap(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	uint64_t to = (uint64_t)e->result, old = page_up(e->len), new = page_up(e->new_len);
	int64_t got;

	if (e->result < 0)
		return TW_OK;
	if (to == e->addr)
		got = tw_sys_mremap(p->proc, e->addr, e->len, e->new_len, 0, 0);
	else
		got = tw_sys_mremap(p->proc, e->addr, e->len, e->new_len,
				    TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED, to);
	if (got != e->result)
		return other_result(p, got);
	if (old > new)
		drop(p, e->addr + new, e->addr + old);
	if (to == e->addr)
		return TW_OK;
	if (old != new)
		drop(p, to, to + new);
	return move_shadow(p, e->addr, old < new ? old : new, to);
}

static enum tw_status advise(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	struct tw_trace_range range = tw_trace_regions_advised(e);
	uint64_t page = range.start >> SHADOW_SHIFT, end = range.end >> SHADOW_SHIFT;
	bool hole = tw_trace_regions_hole(&p->regions, range.start, range.end) < range.end;
	uintptr_t slot;
	int got;

	// Advice without a visible effect is not replayed.
	if (e->advice != TW_MADV_DONTNEED || page == end)
		return TW_OK;
	// Holes are an error, but not for QEMU.
	got = tw_sys_madvise(p->proc, range.start, range.end - range.start, e->advice);
	if (got != (hole ? -ENOMEM : 0))
		return other_result(p, got);
	// What belongs to an object stays as it is.
	for (; (slot = shadow_next(&p->shadow.pages, &page, end)); page++)
		if (slot & SHADOW_OWNED)
			shadow_drop(&p->shadow.pages, page, page + 1);
	return TW_OK;
}

static enum tw_status call(struct replay_proc *p)
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

enum tw_status replay_map(struct replay_proc *p)
{
	const char *broken = tw_trace_regions_check(&p->regions, &p->event);
	enum tw_status status;

	if (broken)
		return replay_broken(p, broken);
	status = call(p);
	if (status == TW_OK && tw_trace_regions_apply(&p->regions, &p->event) != 0)
		status = replay_fail(p, TW_SYSTEM, "out of memory");
	return status;
}
