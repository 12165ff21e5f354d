// SPDX-License-Identifier: Apache-2.0
//
// What can happen in an address space: the rules of docs/trace-format.md that need the regions, in
// that page's order. A rule is what Linux does, so that whoever replays a trace that passes gets
// the recorded results, from any memory manager that does the same. What a failed call says is
// believed: most reasons to fail are not in a trace.
#include "format.h"
#include "regions.h"

// Whether all of [start, end) is one region's.
static const struct tw_trace_region *one_region(struct tw_trace_regions *s, uint64_t start,
						uint64_t end)
{
	const struct tw_trace_region *r = tw_trace_regions_find(s, start);

	return r && end <= r->end ? r : NULL;
}

static bool is_free(const struct tw_trace_regions *s, uint64_t start, uint64_t end)
{
	size_t i = tw_trace_regions_above(s, start);

	return start >= end || i == s->n || s->r[i].start >= end;
}

static bool aligned(uint64_t v)
{
	return v == tw_trace_page_up(v);
}

// --- Accesses --------------------------------------------------------------------------

static const char *check_access(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	uint64_t end = e->addr + (e->kind <= TW_TRACE_RMW ? e->size : e->len);
	bool data = e->kind != TW_TRACE_FETCH;
	uint64_t addr = e->addr;

	while (addr < end) {
		const struct tw_trace_region *r = tw_trace_regions_find(s, addr);
		uint64_t stop;

		if (!r)
			return "expected an access to a mapped region";
		if (!(r->prot & tw_trace_right[e->kind]))
			return "expected an access that the region's protection allows";
		stop = r->end;
		if (r->memory && r->offset + (r->end - r->start) > r->size)
			stop = r->size > r->offset ? r->start + (r->size - r->offset) : r->start;
		if (stop <= addr || (stop < end && stop < r->end))
			return "expected an access below the end of the shared memory";
		s->near[data].start = r->start;
		s->near[data].end = stop;
		s->near[data].prot = r->prot;
		addr = stop;
	}
	return NULL;
}

// --- mmap ------------------------------------------------------------------------------

static const char *check_map(const struct tw_trace_event *e)
{
	if (e->file >= 0 &&
	    (e->offset > TW_TRACE_VA_END || tw_trace_page_up(e->len) > TW_TRACE_VA_END - e->offset))
		return "expected a mapping below byte 2^38 of its file";
	return NULL;
}

static const char *check_mmap(const struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	uint32_t type = e->flags & TW_TRACE_MAP_TYPE;
	uint64_t at = (uint64_t)e->result, end = at + tw_trace_page_up(e->len);
	bool fixed = e->flags & (TW_TRACE_MAP_FIXED | TW_TRACE_MAP_FIXED_NOREPLACE);

	if (e->flags & TW_TRACE_MAP_ANONYMOUS && e->file >= 0)
		return "expected an anonymous mapping to have file -1";
	if (type != TW_TRACE_MAP_SHARED && type != TW_TRACE_MAP_PRIVATE &&
	    (type != TW_TRACE_MAP_SHARED_VALIDATE || e->flags & TW_TRACE_MAP_ANONYMOUS))
		return "expected a mapping that is shared or private";
	if (e->flags & TW_TRACE_MAP_GROWSDOWN &&
	    (type != TW_TRACE_MAP_PRIVATE || !(e->flags & TW_TRACE_MAP_ANONYMOUS)))
		return "expected only private anonymous memory to grow down";
	if (!aligned(e->offset))
		return "expected an offset in whole pages";
	if (fixed && at != e->addr)
		return "expected a fixed mapping at the address it asked for";
	if ((!(e->flags & TW_TRACE_MAP_FIXED) || e->flags & TW_TRACE_MAP_FIXED_NOREPLACE) &&
	    !is_free(s, at, end))
		return "expected a mapping where nothing is mapped";
	return check_map(e);
}

// --- munmap, mprotect, brk -------------------------------------------------------------

static const char *check_munmap(const struct tw_trace_event *e)
{
	return e->len ? NULL : "expected a munmap of nothing to fail";
}

static const char *check_mprotect(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	const uint32_t grows = TW_TRACE_PROT_GROWSDOWN | TW_TRACE_PROT_GROWSUP;
	const struct tw_trace_region *r;
	uint64_t end = e->addr + tw_trace_page_up(e->len);

	if ((e->prot & grows) == grows)
		return "expected a protection that grows in one direction";
	if (!e->len)
		return NULL;
	if (e->prot & ~(7u | TW_TRACE_PROT_SEM | grows))
		return "expected protection bits that Linux knows";
	r = tw_trace_regions_find(s, e->addr);
	if (e->prot & grows && (!r || !r->grows || e->prot & TW_TRACE_PROT_GROWSUP))
		return "expected a protection that grows on memory that does";
	if (tw_trace_regions_hole(s, e->addr, end) < end)
		return "expected an mprotect of mapped pages";
	return NULL;
}

static const char *check_brk(const struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	uint64_t brk = (uint64_t)e->result;
	uint64_t end = tw_trace_page_up(brk), old = tw_trace_page_up(s->brk);

	if (!s->has_brk || brk == s->brk)
		return NULL;
	if (brk != e->addr)
		return "expected the break that was asked for, or the one before";
	if (brk < s->brk_start)
		return "expected a break at or above the first one";
	if (end > old && !is_free(s, old, end + (1u << TW_TRACE_PAGE_SHIFT)))
		return "expected a break to grow where nothing is mapped, with a free page above";
	if (end < old && is_free(s, end, old))
		return "expected a break to shrink where something is mapped";
	return NULL;
}

// --- mremap ----------------------------------------------------------------------------

static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a + a_len > b && b + b_len > a;
}

// In place: shrunk, grown or as it was.
static const char *check_resize(struct tw_trace_regions *s, const struct tw_trace_event *e,
				uint64_t old, uint64_t new)
{
	const struct tw_trace_region *r = tw_trace_regions_find(s, e->addr);

	if (!r)
		return "expected an mremap of mapped pages";
	if (new <= old)
		return NULL;
	if (e->addr + old != r->end)
		return "expected an mremap to grow a region at its end";
	if (!is_free(s, r->end, e->addr + new))
		return "expected an mremap to grow where nothing is mapped";
	return NULL;
}

// To another place, of which FIXED clears what is there.
static const char *check_move(struct tw_trace_regions *s, const struct tw_trace_event *e,
			      uint64_t old, uint64_t new)
{
	bool fixed = e->flags & TW_TRACE_MREMAP_FIXED;
	uint64_t to = (uint64_t)e->result;
	const struct tw_trace_region *r;

	if (!(e->flags & TW_TRACE_MREMAP_MAYMOVE))
		return "expected only an mremap with MREMAP_MAYMOVE to move";
	if (!fixed && new <= old)
		return "expected only an mremap that grows, or with MREMAP_FIXED, to move";
	if (!fixed && !is_free(s, to, to + new))
		return "expected an mremap to move where nothing is mapped";
	if (overlap(e->addr, old, to, new))
		return "expected an mremap to move to other pages";
	if (fixed && old == new)
		return tw_trace_regions_find(s, e->addr) ? NULL
							 : "expected an mremap of mapped pages";
	r = one_region(s, e->addr, e->addr + (old < new ? old : new));
	if (!r)
		return "expected an mremap of pages of one region";
	if (!old && !r->shared)
		return "expected an mremap from length 0 of a shared mapping";
	if (!old && overlap(e->addr, 1, to, new))
		return "expected an mremap to move to other pages";
	return NULL;
}

static const char *check_mremap(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	uint64_t old = tw_trace_page_up(e->len), new = tw_trace_page_up(e->new_len);
	const struct tw_trace_region *r;
	const char *broken;

	if (e->flags & ~(TW_TRACE_MREMAP_MAYMOVE | TW_TRACE_MREMAP_FIXED))
		return "expected an mremap with MREMAP_MAYMOVE and MREMAP_FIXED at most";
	if (e->addr >= TW_TRACE_VA_END || !aligned(e->addr) || e->len > TW_TRACE_VA_END - e->addr)
		return "expected an mremap of whole pages below 2^38";
	if (e->flags & TW_TRACE_MREMAP_FIXED && (uint64_t)e->result != e->new_addr)
		return "expected an mremap with MREMAP_FIXED to move where it was told";
	if (e->flags & TW_TRACE_MREMAP_FIXED || (uint64_t)e->result != e->addr)
		broken = check_move(s, e, old, new);
	else
		broken = check_resize(s, e, old, new);
	if (broken)
		return broken;
	r = tw_trace_regions_find(s, e->addr);
	if (new > old && r->file >= 0 && !r->memory &&
	    r->offset + (e->addr - r->start) + new > TW_TRACE_VA_END)
		return "expected a mapping below byte 2^38 of its file";
	return NULL;
}

const char *tw_trace_regions_rule(struct tw_trace_regions *s, const struct tw_trace_event *e)
{
	if (e->kind <= TW_TRACE_COPY_OUT)
		return check_access(s, e);
	if (e->result < 0)
		return NULL;
	switch (e->kind) {
	case TW_TRACE_MAP:
		return check_map(e);
	case TW_TRACE_MMAP:
		return check_mmap(s, e);
	case TW_TRACE_MUNMAP:
		return check_munmap(e);
	case TW_TRACE_MPROTECT:
		return check_mprotect(s, e);
	case TW_TRACE_BRK:
		return check_brk(s, e);
	case TW_TRACE_MREMAP:
		return check_mremap(s, e);
	default:
		return NULL;
	}
}
