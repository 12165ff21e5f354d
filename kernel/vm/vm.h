// SPDX-License-Identifier: Apache-2.0
// One address space: regions, page tables and their counts. Splitting, merging and unmapping of
// regions together with what is mapped in them. Invariants (tw_check_mm): every non-empty entry
// lies in a region and grants no right that the region does not; the counts equal what the tables
// hold.
#ifndef TW_VM_H
#define TW_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "mmu/mmu.h"
#include "twinwalk/kernel.h"
#include "vm/vma.h"

enum { TW_MAX_MAP_COUNT = 65530 }; // Linux's default of vm.max_map_count

struct tw_mm {
	struct tw_kernel *k;
	struct tw_space as; // what the hardware sees of it
	uint32_t id;
	struct tw_vma_tree vmas;
	uint64_t mmap_top, start_brk, brk;
};

int tw_mm_create(struct tw_kernel *k, const struct tw_layout *layout, struct tw_mm **mm);
// Unmaps everything, fences, frees.
void tw_mm_destroy(struct tw_mm *mm);

// Allocates a region for [start, end) with a reference of its object; not yet in the tree. NULL: no
// host memory.
struct tw_vma *tw_mm_new_vma(uint64_t start, uint64_t end, uint32_t prot, uint32_t flags,
			     struct tw_object *object, uint64_t index);
// A region that is not in the tree.
void tw_mm_free_vma(struct tw_kernel *k, struct tw_vma *v);

// Inserts V into a free range and merges it with its neighbours; V may be freed. Returns the region
// that covers it.
struct tw_vma *tw_mm_insert(struct tw_mm *mm, struct tw_vma *v);
// Merges V with its neighbours if they have become equal. Returns the region that covers it.
struct tw_vma *tw_mm_merge(struct tw_mm *mm, struct tw_vma *v);

// The place for a new region of LEN bytes, as Linux chooses it: the highest hole below mmap_top,
// else anywhere; UINT64_MAX if there is none.
uint64_t tw_mm_find_gap(const struct tw_mm *mm, uint64_t len);

// What a walk over a range does where nothing is mapped: ends there with -ENOMEM; goes on and is
// -ENOMEM in the end; goes on.
enum tw_hole { TW_HOLE_ENDS, TW_HOLE_COUNTS, TW_HOLE_PASSES };
// Calls FN for the part of each region that lies in [start, end), in ascending order. FN may change
// what lies below the part's end, and outside of the range. Its first error ends the walk and is
// the result.
typedef int (*tw_region_fn)(struct tw_mm *mm, struct tw_vma *v, uint64_t start, uint64_t end,
			    void *arg);
int tw_mm_for_each_region(struct tw_mm *mm, uint64_t start, uint64_t end, enum tw_hole hole,
			  tw_region_fn fn, void *arg);

// Makes ADDR a border between regions if it lies inside one. -ENOMEM.
int tw_mm_split(struct tw_mm *mm, uint64_t addr);

// Makes START and END borders, both or neither. -ENOMEM.
int tw_mm_isolate(struct tw_mm *mm, uint64_t start, uint64_t end);

// Empties all entries of [start, end): frames, swap slots, tables. Regions stay.
void tw_mm_zap(struct tw_mm *mm, uint64_t start, uint64_t end, struct tw_gather *g);

// Removes all regions of [start, end) and what is mapped in them. -ENOMEM before anything has
// happened, also for a hole in a region when there are TW_MAX_MAP_COUNT.
int tw_mm_unmap(struct tw_mm *mm, uint64_t start, uint64_t end);

// fork.c: copies regions and entries of PARENT into the empty CHILD. On an error the caller
// destroys CHILD.
int tw_mm_fork(struct tw_mm *parent, struct tw_mm *child);

// --- fault.c: each fault ends in exactly one of: the access can be retried, a signal, an error of
// the system (no memory, device, hardware) after which nothing has changed.

// Handles a fault of ACCESS at VA. 0: retry; -EFAULT: signal in *sig; other errors:
// tw_kernel_error(). *kind (may be NULL): what it was; counted in the kernel's statistics.
int tw_fault(struct tw_mm *mm, enum tw_access access, uint64_t va, struct tw_signal *sig,
	     enum tw_fault_kind *kind);

// True for the kinds that waited for a device.
bool tw_fault_major(enum tw_fault_kind kind);

#endif
