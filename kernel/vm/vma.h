// SPDX-License-Identifier: Apache-2.0
// Regions (VMAs) of one address space: a red-black tree by start address in which every node knows
// the largest gap in its subtree, so that finding, inserting and searching for a hole from the top
// are all logarithmic. Invariants (tw_vma_check): regions are page aligned, inside [lo, hi),
// ascending and disjoint; two neighbours that could be one are one; gap = start - end of the region
// before (or lo); gap_max is the largest gap of the subtree. This file knows nothing of page
// tables. Tree: libbsd's sys/tree.h.
#ifndef TW_VMA_H
#define TW_VMA_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>
#define RB_AUGMENT(x) tw_vma_augment(x)
#include <bsd/sys/tree.h>

#include "cache/cache.h"

enum {
	TW_VMA_SHARED = 1,  // writes go to the object
	TW_VMA_MAYREAD = 2, // mprotect may allow it
	TW_VMA_MAYWRITE = 4,
	TW_VMA_MAYEXEC = 8,
	TW_VMA_GROWSDOWN = 16,
};

struct tw_vma {
	RB_ENTRY(tw_vma) node;
	struct tw_mapping mapping; // of the object
	uint64_t start, end;
	uint64_t gap, gap_max;
	uint64_t index;		  // object: page at start
	struct tw_object *object; // file, shared anonymous memory; NULL: private anonymous
	uint32_t prot;
	uint32_t flags;
};

RB_HEAD(tw_vma_rb, tw_vma);

struct tw_vma_tree {
	struct tw_vma_rb rb;
	uint64_t lo, hi;
	uint32_t count;
	uint64_t pages; // mapped in all regions
};

void tw_vma_augment(struct tw_vma *v);

void tw_vma_tree_init(struct tw_vma_tree *t, uint64_t lo, uint64_t hi);

// The first region that ends above ADDR, or NULL.
struct tw_vma *tw_vma_find(const struct tw_vma_tree *t, uint64_t addr);
// The first region that meets [start, end), or NULL.
struct tw_vma *tw_vma_find_range(const struct tw_vma_tree *t, uint64_t start, uint64_t end);
struct tw_vma *tw_vma_next(struct tw_vma *v);
struct tw_vma *tw_vma_prev(struct tw_vma *v);
struct tw_vma *tw_vma_first(const struct tw_vma_tree *t);
struct tw_vma *tw_vma_last(const struct tw_vma_tree *t);

// The highest hole of LEN bytes below TOP, flush with its upper end: its start, or UINT64_MAX.
uint64_t tw_vma_find_gap(const struct tw_vma_tree *t, uint64_t len, uint64_t top);

// Inserts V, whose range is free. The tree does not own the memory of its nodes.
void tw_vma_insert(struct tw_vma_tree *t, struct tw_vma *v);
void tw_vma_remove(struct tw_vma_tree *t, struct tw_vma *v);
// Moves the ends of a region in place; the new range may not meet a neighbour.
void tw_vma_resize(struct tw_vma_tree *t, struct tw_vma *v, uint64_t start, uint64_t end);

// True if B could be the continuation of A: adjacent, same protection, flags and object, offsets
// that go on.
bool tw_vma_mergeable(const struct tw_vma *a, const struct tw_vma *b);

// NULL, or the text of a broken invariant.
const char *tw_vma_check(const struct tw_vma_tree *t);

#endif
