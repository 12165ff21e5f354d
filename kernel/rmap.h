// SPDX-License-Identifier: Apache-2.0
// Reverse mappings: from a frame to every page-table entry that names it, as one short record per
// mapping in a list that hangs on the frame. Precise by construction, whatever fork, mremap and
// mprotect did; costs 16 bytes of host memory per mapping. Invariant: a record (mm, va) is on the
// list of frame f exactly if the entry of va in mm is a LEAF or NONE with f.
#ifndef TW_RMAP_H
#define TW_RMAP_H

#include <stdbool.h>
#include <stdint.h>

struct tw_kernel;
struct tw_mm;
struct tw_gather;

#define TW_NO_RMAP UINT32_MAX

struct tw_rmap {
	uint64_t va;
	uint32_t mm; // id
	uint32_t next;
};

struct tw_rmap_pool {
	struct tw_rmap *rec;
	uint32_t size, used; // used: records on frames' lists
	uint32_t free;	     // list of free records
};

// Makes sure that N records can be added without failing. 0 or -ENOMEM (host memory).
int tw_rmap_reserve(struct tw_kernel *k, uint32_t n);
void tw_rmap_destroy(struct tw_kernel *k);

// Both keep mapcount and refcount: adding takes a reference, removing leaves it to the caller, who
// drops it after the fence.
void tw_rmap_add(struct tw_kernel *k, uint32_t f, struct tw_mm *mm, uint64_t va);
void tw_rmap_del(struct tw_kernel *k, uint32_t f, struct tw_mm *mm, uint64_t va);
// The mapping moved within its process.
void tw_rmap_move(struct tw_kernel *k, uint32_t f, struct tw_mm *mm, uint64_t from, uint64_t to);

// Reads and clears the A bits of all mappings; true if one was set. The fences that make it
// effective are gathered.
bool tw_rmap_referenced(struct tw_kernel *k, uint32_t f, struct tw_gather *g);

// Clears the D bits of all mappings; true if one was set. Fences gathered: only after them no write
// goes unnoticed.
bool tw_rmap_clean(struct tw_kernel *k, uint32_t f, struct tw_gather *g);

// True if some mapping has D set.
bool tw_rmap_dirty(const struct tw_kernel *k, uint32_t f);

// Removes all mappings. Each entry becomes a swap entry for SLOT (counted), or empty if slot is 0.
// True if one had D set. The references are dropped, except that the caller must hold one; the
// frame may be reused only after the gathered fences.
bool tw_rmap_unmap(struct tw_kernel *k, uint32_t f, uint32_t slot, struct tw_gather *g);

#endif
