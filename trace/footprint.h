// SPDX-License-Identifier: Apache-2.0
//
// The footprint of a trace: the distinct pages below 2^38 that its accesses and the kernel's copies
// touch, and how. Two levels of bytes, one byte a page; invariant: a byte never loses a bit.
#ifndef TW_TRACE_FOOTPRINT_H
#define TW_TRACE_FOOTPRINT_H

#include <twinwalk/trace.h>

enum {
	TW_TRACE_TOUCH_FETCH = 1 << 0,
	TW_TRACE_TOUCH_DATA = 1 << 1,
	TW_TRACE_TOUCH_WRITE = 1 << 2, // also by the kernel
	TW_TRACE_TOUCH_ANY = 1 << 3,
};

struct tw_trace_footprint;

struct tw_trace_footprint *tw_trace_footprint_new(void); // NULL: no memory
void tw_trace_footprint_free(struct tw_trace_footprint *f);

// Notes what a checked event touches. 0 or -ENOMEM.
int tw_trace_footprint_add(struct tw_trace_footprint *f, const struct tw_trace_event *e);

// Adds bits to the bytes of the pages of a range, which must be below 2^38. 0 or -ENOMEM.
int tw_trace_footprint_touch(struct tw_trace_footprint *f, uint64_t addr, uint64_t len,
			     unsigned int bits);

// Fills in the four numbers of pages.
void tw_trace_footprint_count(const struct tw_trace_footprint *f, struct tw_trace_info *info);

// The TW_TRACE_TOUCH_ bits of the page with this number; the calls with ascending numbers visit
// every page.
unsigned int tw_trace_footprint_page(const struct tw_trace_footprint *f, uint64_t page);

// The first touched page >= page, or UINT64_MAX.
uint64_t tw_trace_footprint_next(const struct tw_trace_footprint *f, uint64_t page);

#endif
