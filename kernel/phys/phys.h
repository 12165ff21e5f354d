// SPDX-License-Identifier: Apache-2.0
// Physical memory: the frame database (one record for each 4 KB), its zones, and the lists of the
// frames that may leave memory. A frame is named by its index, 0 for the one at ram_base.
// Invariants (tw_check_frames):
// - refcount = mapcount + 1 if in a page cache + 1 if in the swap cache + pins; a FREE frame has
// none of these.
// - mapcount = length of the list of reverse mappings = page-table entries that name the frame.
// - an ANON frame without a slot, and every SHMEM frame, is dirty;
// - an ANON, SHMEM or FILE frame that is not isolated is on exactly one list of lru.h.
#ifndef TW_PHYS_H
#define TW_PHYS_H

#include <stdbool.h>
#include <stdint.h>

#include "kern.h"

struct tw_object;

// The end of a list of reverse mappings.
#define TW_NO_RMAP UINT32_MAX

enum tw_frame_state {
	TW_FRAME_FREE,
	TW_FRAME_ANON,	   // private memory of processes
	TW_FRAME_SHMEM,	   // page of a shared anonymous object
	TW_FRAME_FILE,	   // page of a file
	TW_FRAME_TABLE,	   // page table; kernel memory
	TW_FRAME_RESERVED, // the zero page
	TW_FRAME_STATES
};

enum {
	TW_FRAME_DIRTY =
		1, // differs from its slot or file (the D bits of its mappings may say so too)
	// On a list of lru.h:
	TW_FRAME_LRU = 2,     // the policy's
	TW_FRAME_WAITING = 4, // of those that wait for a swap slot
	TW_FRAME_FAILED = 8,  // of those that could not be written
	TW_FRAME_LISTED = TW_FRAME_LRU | TW_FRAME_WAITING | TW_FRAME_FAILED,
};

enum { TW_POISON = 0xdb }; // what free frames hold if that is asked for

struct tw_frame {
	uint8_t state;
	uint8_t flags;
	uint8_t order; // head of a free block: its order; else TW_ORDER_NONE
	uint8_t zone;
	uint32_t refcount;
	uint32_t mapcount;	  // table: entries in use
	uint32_t rmap;		  // first reverse mapping, TW_NO_RMAP; last-level table: number
	uint32_t prev, next;	  // links of the free list or of those of lru.h
	uint32_t slot;		  // swap cache: the slot, 0 = none
	uint32_t policy;	  // for the policy's use
	struct tw_object *object; // SHMEM, FILE
	uint64_t index;		  // SHMEM, FILE: page in the object
};

// Takes all memory, every frame free. -ENOMEM.
int tw_phys_create(struct tw_kernel *k);
void tw_phys_destroy(struct tw_kernel *k);

// Allocates one frame in state STATE with one reference, contents undefined. TW_NO_FRAME if there
// is none: callers have reserved it with tw_reclaim_reserve().
uint32_t tw_frame_alloc(struct tw_kernel *k, enum tw_frame_state state);

void tw_frame_get(struct tw_kernel *k, uint32_t f);
// Drops a reference; the last one frees the frame. By then no translation of it may be left in any
// TLB.
void tw_frame_put(struct tw_kernel *k, uint32_t f);

void tw_frame_zero(struct tw_kernel *k, uint32_t f);
void tw_frame_copy(struct tw_kernel *k, uint32_t to, uint32_t from);

// Frames free in all zones.
uint32_t tw_zones_free(const struct tw_kernel *k);

// Free memory that cannot serve a request of this order, in permille of all free memory (external
// fragmentation).
uint32_t tw_zones_fragmentation(const struct tw_kernel *k, unsigned int order);

// A frame may be reclaimed from now on; may not any more.
void tw_lru_insert(struct tw_kernel *k, uint32_t f);
void tw_lru_forget(struct tw_kernel *k, uint32_t f);
// The frame has got or lost its swap slot.
void tw_lru_slot_changed(struct tw_kernel *k, uint32_t f);

#endif
