// SPDX-License-Identifier: Apache-2.0
// One address space: regions, page tables and their counts. Splitting, merging and unmapping of
// regions together with what is mapped in them. Invariants (tw_check_mm): every non-empty entry
// lies in a region and grants no right that the region does not; the counts equal what the tables
// hold.
#ifndef TW_MM_H
#define TW_MM_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "vma.h"

struct tw_kernel;
struct tw_gather;
struct tw_layout;

enum { TW_MAX_MAP_COUNT = 65530 }; // Linux's default of vm.max_map_count

struct tw_mm {
	struct tw_kernel *k;
	uint32_t id;
	uint32_t root; // frame of the root table
	uint64_t asid_generation;
	uint16_t asid;
	struct tw_vma_tree vmas;
	uint64_t mmap_top, start_brk, brk;
	// In pages: frames mapped by kind, swap entries, tables.
	uint64_t rss_anon, rss_file, rss_shmem, swapped, tables;
};

int tw_mm_create(struct tw_kernel *k, const struct tw_layout *layout, struct tw_mm **mm);
// Unmaps everything, fences, frees.
void tw_mm_destroy(struct tw_mm *mm);

// The count that a frame in this state belongs to.
void tw_mm_count(struct tw_mm *mm, unsigned int frame_state, int by);

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

// Makes ADDR a border between regions if it lies inside one. -ENOMEM.
int tw_mm_split(struct tw_mm *mm, uint64_t addr);

// Makes START and END borders, both or neither. -ENOMEM.
int tw_mm_isolate(struct tw_mm *mm, uint64_t start, uint64_t end);

// Empties all entries of [start, end): frames, swap slots, tables. Regions stay.
void tw_mm_zap(struct tw_mm *mm, uint64_t start, uint64_t end, struct tw_gather *g);

// Removes all regions of [start, end) and what is mapped in them. -ENOMEM before anything has
// happened, also for a hole in a region when there are TW_MAX_MAP_COUNT.
int tw_mm_unmap(struct tw_mm *mm, uint64_t start, uint64_t end);

#endif
