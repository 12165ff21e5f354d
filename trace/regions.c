// SPDX-License-Identifier: Apache-2.0
//
// The address space that a trace describes: see regions.h.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "regions.h"

static uint64_t page_up(uint64_t v)
{
	return (v + 4095) & ~UINT64_C(4095);
}

void tw_trace_regions_free(struct tw_trace_regions *s)
{
	free(s->r);
	memset(s, 0, sizeof(*s));
}

// The first region that ends above addr.
static size_t lower(const struct tw_trace_regions *s, uint64_t addr)
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
	if (s->last >= s->n || addr < s->r[s->last].start || addr >= s->r[s->last].end)
		s->last = lower(s, addr);
	return s->last < s->n && s->r[s->last].start <= addr ? &s->r[s->last] : NULL;
}

// Makes room for two more regions, all that one operation can add.
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

// Makes addr a border between regions, if it is within one.
static int split(struct tw_trace_regions *s, uint64_t addr)
{
	size_t i = lower(s, addr);
	struct tw_trace_region high;
	int error = reserve(s);

	if (error || i == s->n || s->r[i].start >= addr)
		return error;
	high = s->r[i];
	high.offset += addr - high.start;
	high.start = addr;
	s->r[i].end = addr;
	insert(s, i + 1, &high);
	return 0;
}

static int unmap(struct tw_trace_regions *s, uint64_t start, uint64_t end)
{
	size_t first, last;
	int error = split(s, start);

	if (!error)
		error = split(s, end);
	if (error)
		return error;
	first = lower(s, start);
	for (last = first; last < s->n && s->r[last].start < end; last++)
		s->mapped -= s->r[last].end - s->r[last].start;
	memmove(&s->r[first], &s->r[last], (s->n - last) * sizeof(*s->r));
	s->n -= last - first;
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
	insert(s, lower(s, r->start), r);
	s->mapped += r->end - r->start;
	if (s->mapped > s->mapped_max)
		s->mapped_max = s->mapped;
	return 0;
}

static int protect(struct tw_trace_regions *s, uint64_t start, uint64_t end, uint32_t prot)
{
	int error = split(s, start);

	if (!error)
		error = split(s, end);
	if (error)
		return error;
	for (size_t i = lower(s, start); i < s->n && s->r[i].start < end; i++)
		s->r[i].prot = prot;
	return 0;
}

static int move_brk(struct tw_trace_regions *s, uint64_t brk)
{
	struct tw_trace_region r = {.file = -1,
				    .prot = TW_TRACE_PROT_READ | TW_TRACE_PROT_WRITE,
				    .start = page_up(s->brk),
				    .end = page_up(brk)};
	int error;

	if (!s->brk_start) {
		s->brk_start = s->brk = brk;
		return 0;
	}
	error = brk >= s->brk ? map(s, &r) : unmap(s, r.end, r.start);
	if (!error)
		s->brk = brk;
	return error;
}

static int remap(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	const struct tw_trace_region *old = tw_trace_regions_find(s, e->addr);
	struct tw_trace_region r = {.file = -1, .prot = TW_TRACE_PROT_READ};
	int error;

	if (old) {
		r = *old;
		r.offset += e->addr - old->start;
	}
	r.start = (uint64_t)e->result;
	r.end = r.start + page_up(e->new_len);
	// An old length of 0 duplicates a shared mapping.
	error = e->len && e->len <= TW_TRACE_VA_END ? unmap(s, e->addr, e->addr + page_up(e->len))
						    : 0;
	return error ? error : map(s, &r);
}

int tw_trace_regions_apply(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	struct tw_trace_region r = {
		.start = e->addr, .offset = e->offset, .file = e->file, .prot = e->prot};

	if (e->kind <= TW_TRACE_COPY_OUT || e->result < 0)
		return 0;
	switch (e->kind) {
	case TW_TRACE_MMAP:
		r.start = (uint64_t)e->result;
		// fallthrough
	case TW_TRACE_MAP:
		r.end = r.start + page_up(e->len);
		return map(s, &r);
	case TW_TRACE_MUNMAP:
		return unmap(s, e->addr, e->addr + page_up(e->len));
	case TW_TRACE_MPROTECT:
		return protect(s, e->addr, e->addr + page_up(e->len), e->prot);
	case TW_TRACE_BRK:
		return move_brk(s, (uint64_t)e->result);
	case TW_TRACE_MREMAP:
		return remap(s, e);
	default:
		return 0;
	}
}
