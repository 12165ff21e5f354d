// SPDX-License-Identifier: Apache-2.0
//
// The address space that a trace describes: see regions.h.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "regions.h"

#define RIGHTS (TW_TRACE_PROT_READ | TW_TRACE_PROT_WRITE | TW_TRACE_PROT_EXEC)

void tw_trace_regions_free(struct tw_trace_regions *s)
{
	free(s->r);
	memset(s, 0, sizeof(*s));
}

// --- Search ----------------------------------------------------------------------------

size_t tw_trace_regions_above(const struct tw_trace_regions *s, uint64_t addr)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->r[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct tw_trace_region *tw_trace_regions_find(struct tw_trace_regions *s, uint64_t addr)
{
	size_t i = tw_trace_regions_above(s, addr);

	return i < s->n && s->r[i].start <= addr ? &s->r[i] : NULL;
}

uint64_t tw_trace_regions_hole(const struct tw_trace_regions *s, uint64_t start, uint64_t end)
{
	size_t i = tw_trace_regions_above(s, start);

	for (; start < end && i < s->n && s->r[i].start <= start; i++)
		start = s->r[i].end;
	return start < end ? start : end;
}

// --- Change ----------------------------------------------------------------------------

// Makes room for three more regions: one operation splits twice and inserts one.
static int reserve(struct tw_trace_regions *s)
{
	struct tw_trace_region *r;
	size_t room = s->room ? 2 * s->room : 64;

	if (s->n + 3 <= s->room)
		return 0;
	r = realloc(s->r, room * sizeof(*r));
	if (!r)
		return -ENOMEM;
	s->r = r;
	s->room = room;
	return 0;
}

static void insert(struct tw_trace_regions *s, size_t at, const struct tw_trace_region *r)
{
	memmove(&s->r[at + 1], &s->r[at], (s->n - at) * sizeof(*r));
	s->r[at] = *r;
	s->n++;
}

static void cut(struct tw_trace_regions *s, size_t first, size_t last)
{
	memmove(&s->r[first], &s->r[last], (s->n - last) * sizeof(*s->r));
	s->n -= last - first;
}

// Makes addr a border between regions, if it is within one. There is room.
static void split(struct tw_trace_regions *s, uint64_t addr)
{
	size_t i = tw_trace_regions_above(s, addr);
	struct tw_trace_region high;

	if (i == s->n || s->r[i].start >= addr)
		return;
	high = s->r[i];
	high.offset += addr - high.start;
	high.start = addr;
	s->r[i].end = addr;
	insert(s, i + 1, &high);
}

static bool mergeable(const struct tw_trace_region *a, const struct tw_trace_region *b)
{
	bool object = a->file >= 0 || a->memory;

	return a->end == b->start && a->prot == b->prot && a->file == b->file &&
	       a->memory == b->memory && a->shared == b->shared && a->grows == b->grows &&
	       (!object || a->offset + (a->end - a->start) == b->offset);
}

// Merges what can be merged at the borders from start to end.
static void merge(struct tw_trace_regions *s, uint64_t start, uint64_t end)
{
	size_t i = tw_trace_regions_above(s, start);

	i -= i > 0;
	while (i + 1 < s->n && s->r[i].end <= end) {
		if (!mergeable(&s->r[i], &s->r[i + 1])) {
			i++;
			continue;
		}
		s->r[i].end = s->r[i + 1].end;
		cut(s, i + 1, i + 2);
	}
}

static int unmap(struct tw_trace_regions *s, uint64_t start, uint64_t end)
{
	size_t first, last;
	int error = reserve(s);

	if (error || start >= end)
		return error;
	split(s, start);
	split(s, end);
	first = tw_trace_regions_above(s, start);
	for (last = first; last < s->n && s->r[last].start < end; last++)
		s->mapped -= s->r[last].end - s->r[last].start;
	cut(s, first, last);
	return 0;
}

static int map(struct tw_trace_regions *s, const struct tw_trace_region *r)
{
	int error;

	if (r->start >= r->end)
		return 0;
	error = unmap(s, r->start, r->end);
	if (!error)
		error = reserve(s);
	if (error)
		return error;
	insert(s, tw_trace_regions_above(s, r->start), r);
	s->mapped += r->end - r->start;
	if (s->mapped > s->mapped_max)
		s->mapped_max = s->mapped;
	merge(s, r->start, r->end);
	return 0;
}

// --- Events ----------------------------------------------------------------------------

static int apply_map(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	uint64_t start = e->kind == TW_TRACE_MAP ? e->addr : (uint64_t)e->result;
	struct tw_trace_region r = {
		.start = start,
		.end = start + tw_trace_page_up(e->len),
		.offset = e->file < 0 ? 0 : e->offset,
		.size = UINT64_MAX,
		.file = e->file,
		.prot = e->prot & RIGHTS,
		.shared = e->flags & TW_TRACE_MAP_SHARED,
		.grows = e->flags & TW_TRACE_MAP_GROWSDOWN,
	};

	if (r.shared && e->file < 0) {
		r.memory = ++s->memories;
		r.size = r.end - r.start;
	}
	return map(s, &r);
}

// The first mapping of a file in the range whose rights may be less than asked for: one that is
// shared, for it may have been opened for reading alone, or any, on a medium without execution.
static uint64_t first_doubtful(const struct tw_trace_regions *s, struct tw_trace_range range,
			       uint32_t prot)
{
	size_t i = tw_trace_regions_above(s, range.start);

	for (; i < s->n && s->r[i].start < range.end; i++)
		if (s->r[i].file >= 0 && !s->r[i].memory &&
		    (prot & TW_TRACE_PROT_EXEC || s->r[i].shared))
			return s->r[i].start > range.start ? s->r[i].start : range.start;
	return range.start;
}

struct tw_trace_range tw_trace_regions_protected(const struct tw_trace_regions *s,
						 const struct tw_trace_event *e)
{
	struct tw_trace_range range = {0, 0}, none = {0, 0};
	size_t i;

	if (e->addr >= TW_TRACE_VA_END || e->addr & 4095 || !e->len ||
	    e->len > UINT64_MAX - TW_TRACE_VA_END ||
	    e->prot & ~(RIGHTS | TW_TRACE_PROT_SEM | TW_TRACE_PROT_GROWSDOWN))
		return none;
	range.start = e->addr;
	range.end = tw_trace_page_up(e->addr + e->len);
	if (range.end > TW_TRACE_VA_END)
		range.end = TW_TRACE_VA_END;
	if (e->prot & TW_TRACE_PROT_GROWSDOWN) {
		i = tw_trace_regions_above(s, e->addr);
		if (i == s->n || s->r[i].start > e->addr || !s->r[i].grows)
			return none;
		range.start = s->r[i].start;
	}
	if (e->result == 0)
		return range;
	if (e->result == -ENOMEM) {
		uint64_t hole = tw_trace_regions_hole(s, range.start, range.end);

		// Without a hole the reason is a limit, which the trace does not have.
		range.end =
			hole < range.end || e->addr + e->len > TW_TRACE_VA_END ? hole : range.start;
		return range;
	}
	if (e->result != -EACCES)
		return none;
	range.end = first_doubtful(s, range, e->prot);
	return tw_trace_regions_hole(s, range.start, range.end) < range.end ? none : range;
}

static int apply_protect(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	struct tw_trace_range range = tw_trace_regions_protected(s, e);
	int error = reserve(s);

	if (error || range.start >= range.end)
		return error;
	split(s, range.start);
	split(s, range.end);
	for (size_t i = tw_trace_regions_above(s, range.start);
	     i < s->n && s->r[i].start < range.end; i++)
		s->r[i].prot = e->prot & RIGHTS;
	merge(s, range.start, range.end);
	return 0;
}

struct tw_trace_range tw_trace_regions_advised(const struct tw_trace_event *e)
{
	struct tw_trace_range range = {0, 0};

	if ((e->result && e->result != -ENOMEM) || e->addr >= TW_TRACE_VA_END || e->addr & 4095 ||
	    e->len > UINT64_MAX - TW_TRACE_VA_END)
		return range;
	range.start = e->addr;
	range.end = tw_trace_page_up(e->addr + e->len);
	if (range.end > TW_TRACE_VA_END)
		range.end = TW_TRACE_VA_END;
	return range;
}

static int apply_brk(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	uint64_t brk = (uint64_t)e->result;
	struct tw_trace_region r = {.file = -1,
				    .size = UINT64_MAX,
				    .prot = TW_TRACE_PROT_READ | TW_TRACE_PROT_WRITE,
				    .start = tw_trace_page_up(s->brk),
				    .end = tw_trace_page_up(brk)};
	int error = 0;

	if (!s->has_brk)
		s->brk_start = brk;
	else
		error = brk >= s->brk ? map(s, &r) : unmap(s, r.end, r.start);
	if (error)
		return error;
	s->has_brk = true;
	s->brk = brk;
	return 0;
}

// Moves `kept` bytes of the region at addr to a free place, where the region gets `len` bytes.
static int move(struct tw_trace_regions *s, uint64_t addr, uint64_t kept, uint64_t to, uint64_t len)
{
	struct tw_trace_region r = *tw_trace_regions_find(s, addr);
	int error = unmap(s, addr, addr + kept);

	r.offset += addr - r.start;
	r.start = to;
	r.end = to + len;
	return error ? error : map(s, &r);
}

// Moves every region of [addr, addr + len), and leaves the target alone where that has holes.
static int move_all(struct tw_trace_regions *s, uint64_t addr, uint64_t len, uint64_t to)
{
	uint64_t end = addr + len;
	int error = 0;

	while (addr < end && !error) {
		size_t i = tw_trace_regions_above(s, addr);
		uint64_t start, stop;

		if (i == s->n || s->r[i].start >= end)
			break;
		start = s->r[i].start > addr ? s->r[i].start : addr;
		stop = s->r[i].end < end ? s->r[i].end : end;
		error = move(s, start, stop - start, to + (start - addr), stop - start);
		to += stop - addr;
		addr = stop;
	}
	return error;
}

static int apply_remap(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	uint64_t old = tw_trace_page_up(e->len), new = tw_trace_page_up(e->new_len),
		 to = (uint64_t)e->result;
	uint64_t kept = old < new ? old : new;
	struct tw_trace_region more;
	int error;

	if (to == e->addr && new <= old)
		return unmap(s, e->addr + new, e->addr + old);
	if (to == e->addr) {
		more = *tw_trace_regions_find(s, e->addr);
		more.offset += e->addr + old - more.start;
		more.start = e->addr + old;
		more.end = e->addr + new;
		return map(s, &more);
	}
	if (old == new)
		return move_all(s, e->addr, old, to);
	error = unmap(s, e->addr + kept, e->addr + old);
	return error ? error : move(s, e->addr, kept, to, new);
}

int tw_trace_regions_apply(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	if (e->kind <= TW_TRACE_COPY_OUT)
		return 0;
	memset(s->near, 0, sizeof(s->near));
	if (e->kind == TW_TRACE_MPROTECT)
		return apply_protect(s, e);
	if (e->result < 0)
		return 0;
	switch (e->kind) {
	case TW_TRACE_MMAP:
	case TW_TRACE_MAP:
		return apply_map(s, e);
	case TW_TRACE_MUNMAP:
		return unmap(s, e->addr, e->addr + tw_trace_page_up(e->len));
	case TW_TRACE_BRK:
		return apply_brk(s, e);
	case TW_TRACE_MREMAP:
		return apply_remap(s, e);
	default:
		return 0;
	}
}
