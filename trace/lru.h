// SPDX-License-Identifier: Apache-2.0
//
// How often a memory of a fixed number of frames with exact LRU replacement would fault on a trace:
// tells whether a trace makes a memory manager swap, before one runs it. Invariant: at most
// `frames` pages are in the list, most recent first.
#ifndef TW_TRACE_LRU_H
#define TW_TRACE_LRU_H

#include <twinwalk/trace.h>

struct tw_trace_lru;

// frames: 2..2^26. NULL: no memory.
struct tw_trace_lru *tw_trace_lru_new(uint32_t frames);
void tw_trace_lru_free(struct tw_trace_lru *l);

// Touches the pages of an access or a copy; other events do nothing. 0 or -ENOMEM.
int tw_trace_lru_add(struct tw_trace_lru *l, const struct tw_trace_event *e);

uint64_t tw_trace_lru_faults(const struct tw_trace_lru *l);   // all, incl. first touches
uint64_t tw_trace_lru_refaults(const struct tw_trace_lru *l); // of pages that had been in memory

#endif
