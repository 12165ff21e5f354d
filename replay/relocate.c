// SPDX-License-Identifier: Apache-2.0
// Traces come from programs of 64 bits, with addresses below 2^38. Where an address space ends
// before that (formats of 32 bits), all that a program ever maps is moved together: in the same
// order, what touches stays together, and what does not is kept apart by a page. Everything else of
// the replay sees the new addresses only. Invariant: the places of a process are sorted, do not
// touch, are whole pages, and their new addresses ascend as the old ones do.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static uint64_t page_up(uint64_t v)
{
	return (v + SHADOW_PAGE - 1) >> SHADOW_SHIFT << SHADOW_SHIFT;
}

// --- What the trace maps ---------------------------------------------------------------

// Joins [start, end) to the places that it touches, or makes a new one. 0 or -ENOMEM.
static int add(struct replay_places *s, uint64_t start, uint64_t end)
{
	size_t i = 0, last;

	start &= ~(uint64_t)(SHADOW_PAGE - 1);
	end = page_up(end);
	while (i < s->n && s->place[i].end < start)
		i++;
	if (i == s->n || s->place[i].start > end) {
		if (s->n == s->room) {
			size_t room = s->room ? 2 * s->room : 64;
			struct replay_place *place = realloc(s->place, room * sizeof(*place));

			if (!place)
				return -ENOMEM;
			s->place = place;
			s->room = room;
		}
		memmove(&s->place[i + 1], &s->place[i], (s->n - i) * sizeof(*s->place));
		s->place[i] = (struct replay_place){.start = start, .end = end};
		s->n++;
		return 0;
	}
	for (last = i; last + 1 < s->n && s->place[last + 1].start <= end; last++)
		;
	if (start < s->place[i].start)
		s->place[i].start = start;
	s->place[i].end = end > s->place[last].end ? end : s->place[last].end;
	memmove(&s->place[i + 1], &s->place[last + 1], (s->n - last - 1) * sizeof(*s->place));
	s->n -= last - i;
	return 0;
}

// A range that a call names is one place, though parts of it may never be mapped: whatever happens
// in it must not meet another place.
static int add_range(struct replay_places *s, uint64_t addr, uint64_t len)
{
	const uint64_t most = UINT64_C(1) << TW_TRACE_VA_BITS;

	if (addr >= most || len == 0)
		return 0;
	return add(s, addr, len < most - addr ? addr + len : most);
}

static int add_event(struct replay_places *s, const struct tw_trace_event *e)
{
	int err = 0;

	switch (e->kind) {
	case TW_TRACE_MAP:
	case TW_TRACE_MUNMAP:
	case TW_TRACE_MPROTECT:
	case TW_TRACE_MADVISE:
		return add_range(s, e->addr, e->len);
	case TW_TRACE_MMAP:
		return e->result < 0 ? 0 : add_range(s, (uint64_t)e->result, e->len);
	case TW_TRACE_BRK:
		if (!s->brk)
			s->brk = (uint64_t)e->result;
		// Also an empty heap has its place.
		return add_range(s, s->brk, (uint64_t)e->result - s->brk + 1);
	case TW_TRACE_MREMAP:
		err = add_range(s, e->addr, e->len);
		return err || e->result < 0 ? err : add_range(s, (uint64_t)e->result, e->new_len);
	default:
		return 0;
	}
}

static enum tw_status collect(struct replay_proc *p)
{
	struct tw_trace_event e;
	uint64_t n = 0;
	int more;

	while ((more = tw_trace_next(p->trace, &e)) > 0) {
		if (n++ % 4096 == 0 && replay_stopped(p->r))
			return replay_interrupted(p->r);
		if (add_event(&p->places, &e))
			return replay_stop(p->r, TW_SYSTEM, "out of memory");
	}
	if (!more)
		more = tw_trace_rewind(p->trace);
	return more ? replay_stop(p->r, tw_status_of(more), "%s", tw_trace_error(p->trace)) : TW_OK;
}

// --- Where it goes ---------------------------------------------------------------------

enum tw_status replay_place_all(struct replay_proc *p, uint64_t start, uint64_t end)
{
	struct replay_places *s = &p->places;
	uint64_t at = start;
	enum tw_status status;

	if (end >= UINT64_C(1) << TW_TRACE_VA_BITS)
		return TW_OK;
	status = collect(p);
	if (status != TW_OK)
		return status;
	if (s->n == 0 || s->place[s->n - 1].end < end) {
		// Everything fits as it is.
		s->n = 0;
		return TW_OK;
	}
	for (size_t i = 0; i < s->n; i++) {
		uint64_t len = s->place[i].end - s->place[i].start;

		if (at >= end || len > end - at)
			return replay_stop(
				p->r, TW_USAGE,
				"%s: does not fit into %s, whose programs end at 0x%" PRIx64
				": of what it maps, moved together, the range from "
				"0x%" PRIx64 " to 0x%" PRIx64 " finds no room",
				p->path, tw_format_get(p->r->opts.format)->name, end,
				s->place[i].start, s->place[i].end);
		s->place[i].to = at;
		at += len + SHADOW_PAGE;
	}
	p->r->result->ranges_moved += s->n;
	return TW_OK;
}

static uint64_t moved(struct replay_places *s, uint64_t addr)
{
	size_t lo = 0, hi = s->n;

	if (addr == TW_TRACE_NO_ADDR || !addr)
		return addr;
	if (addr < s->near.start || addr > s->near.end) {
		// The first that ends at ADDR or above: the end of a heap is a break.
		while (lo < hi) {
			size_t mid = (lo + hi) / 2;

			if (s->place[mid].end < addr)
				lo = mid + 1;
			else
				hi = mid;
		}
		// What is in no place is the argument of a call without effect.
		if (lo == s->n || s->place[lo].start > addr)
			return addr;
		s->near = s->place[lo];
	}
	return addr - s->near.start + s->near.to;
}

void replay_relocate(struct replay_proc *p, struct tw_trace_event *e)
{
	struct replay_places *s = &p->places;

	e->addr = moved(s, e->addr);
	if (e->kind == TW_TRACE_MREMAP && e->flags & TW_TRACE_MREMAP_FIXED)
		e->new_addr = moved(s, e->new_addr);
	if ((e->kind == TW_TRACE_MMAP || e->kind == TW_TRACE_BRK || e->kind == TW_TRACE_MREMAP) &&
	    e->result > 0)
		e->result = (int64_t)moved(s, (uint64_t)e->result);
}

void replay_free_places(struct replay_places *s)
{
	free(s->place);
	*s = (struct replay_places){0};
}
