// SPDX-License-Identifier: Apache-2.0
//
// The address space that a trace describes: which ranges are mapped at a point of the trace, and
// from what. It follows the recorded results and decides nothing itself. Invariant: regions are
// sorted, do not overlap and are whole pages.
#ifndef TW_TRACE_REGIONS_H
#define TW_TRACE_REGIONS_H

#include <stddef.h>
#include <twinwalk/trace.h>

struct tw_trace_region {
	uint64_t start, end;
	uint64_t offset; // in the file, of start
	int32_t file;	 // -1: anonymous
	uint32_t prot;
};

struct tw_trace_regions {
	struct tw_trace_region *r;
	size_t n, room;
	size_t last; // found last
	uint64_t brk_start, brk;
	uint64_t mapped, mapped_max; // bytes
};

void tw_trace_regions_free(struct tw_trace_regions *s);

// Applies a checked event; accesses and failed calls change nothing. 0 or -ENOMEM.
int tw_trace_regions_apply(struct tw_trace_regions *s, const struct tw_trace_event *e);

// The region that holds addr, or NULL.
const struct tw_trace_region *tw_trace_regions_find(struct tw_trace_regions *s, uint64_t addr);

#endif
