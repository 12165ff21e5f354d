// SPDX-License-Identifier: Apache-2.0
//
// The address space that a trace describes: which ranges are mapped at a point of the trace, and
// from what. It follows the recorded results; tw_trace_regions_check() tells whether Linux could
// have given them there (docs/trace-format.md, "Rules of the address space"). Invariant: regions
// are sorted, do not overlap, are whole pages below 2^38, and neighbours that could be one region
// are.
#ifndef TW_TRACE_REGIONS_H
#define TW_TRACE_REGIONS_H

#include <stddef.h>
#include <twinwalk/trace.h>

struct tw_trace_region {
	uint64_t start, end;
	uint64_t offset; // in the file or the shared memory, of start
	uint64_t size;	 // of shared anonymous memory, bytes; else UINT64_MAX
	uint32_t memory; // number of the shared anonymous memory, from 1; else 0
	int32_t file;	 // of the event that mapped it; -1: anonymous
	uint32_t prot;	 // 0 to 7
	bool shared;
	bool grows; // MAP_GROWSDOWN
};

struct tw_trace_regions {
	struct tw_trace_region *r;
	size_t n, room;
	// Where fetches, and the other accesses, were last: a part of a region that may be touched.
	struct {
		uint64_t start, end;
		uint32_t prot;
	} near[2];
	bool has_brk;
	uint64_t brk_start, brk;
	uint32_t memories;	     // shared anonymous memory mapped so far
	uint64_t mapped, mapped_max; // bytes
};

void tw_trace_regions_free(struct tw_trace_regions *s);

// Rights of which an access or a copy needs one: x86 and RISC-V read what they may write.
static const uint8_t tw_trace_right[] = {
	[TW_TRACE_FETCH] = TW_TRACE_PROT_EXEC,
	[TW_TRACE_LOAD] = TW_TRACE_PROT_READ | TW_TRACE_PROT_WRITE,
	[TW_TRACE_STORE] = TW_TRACE_PROT_WRITE,
	[TW_TRACE_RMW] = TW_TRACE_PROT_WRITE,
	[TW_TRACE_COPY_IN] = TW_TRACE_PROT_READ | TW_TRACE_PROT_WRITE,
	[TW_TRACE_COPY_OUT] = TW_TRACE_PROT_WRITE,
};

// The whole of the check below.
const char *tw_trace_regions_rule(struct tw_trace_regions *s, const struct tw_trace_event *e);

// NULL if the checked event can happen here, else what was expected. Changes nothing that shows.
// Short for what is usual: an access to the region that was touched last.
static inline const char *tw_trace_regions_check(struct tw_trace_regions *s,
						 const struct tw_trace_event *e)
{
	const bool data = e->kind != TW_TRACE_FETCH;

	if (e->kind <= TW_TRACE_RMW && e->addr >= s->near[data].start &&
	    e->addr + e->size <= s->near[data].end && s->near[data].prot & tw_trace_right[e->kind])
		return NULL;
	return tw_trace_regions_rule(s, e);
}

// Applies an event that passed that check; accesses change nothing. 0 or -ENOMEM.
int tw_trace_regions_apply(struct tw_trace_regions *s, const struct tw_trace_event *e);

// The region that holds addr, or NULL.
const struct tw_trace_region *tw_trace_regions_find(struct tw_trace_regions *s, uint64_t addr);
// The first region that ends above addr: its index, or n.
size_t tw_trace_regions_above(const struct tw_trace_regions *s, uint64_t addr);
// The first address of [start, end) that is not mapped, or end.
uint64_t tw_trace_regions_hole(const struct tw_trace_regions *s, uint64_t start, uint64_t end);

// The range whose protection an mprotect event changed, all of it mapped: also one that failed in
// the middle. Empty if it changed nothing.
struct tw_trace_range {
	uint64_t start, end;
};
struct tw_trace_range tw_trace_regions_protected(const struct tw_trace_regions *s,
						 const struct tw_trace_event *e);
// The range that a madvise event told Linux about, holes included; empty if it failed before it
// did anything.
struct tw_trace_range tw_trace_regions_advised(const struct tw_trace_event *e);

#endif
