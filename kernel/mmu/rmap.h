// SPDX-License-Identifier: Apache-2.0
// Reverse mappings: from a frame to every page-table entry that names it. The entries themselves
// are the members of a frame's list: each last-level table has beside it, in host memory, two links
// for each of its entries, and a number; number and index are the entry's place, by which links
// name it. So a mapping is added and removed in constant time, however many share the frame, and
// visiting one needs no walk. Precise by construction, whatever fork, mremap and mprotect did.
// Costs 8 bytes of host memory for each entry of a last-level table, used or not: as much as the
// table itself. Invariant (tw_check_frames): the entry at a place is on the list of frame f exactly
// if it is a LEAF or NONE with f, not the zero frame.
#ifndef TW_RMAP_H
#define TW_RMAP_H

#include <stdint.h>

struct tw_cell;
struct tw_kernel;
struct tw_space;

// What stands beside a last-level table.
struct tw_rmap_table {
	union {
		struct tw_space *as;
		struct tw_rmap_table *spare; // not in use: the next one
	};
	uint64_t va;	// of entry 0
	uint32_t frame; // in which it lies
	struct {
		uint32_t prev, next; // places; TW_NO_RMAP: first, last
	} link[];
};

struct tw_rmap {
	struct tw_rmap_table **table; // by number; NULL: free
	uint32_t *free;		      // free numbers, FREES of them
	uint32_t numbers, frees;
	struct tw_rmap_table *spare; // reserved and not in use
	uint32_t spares;	     // not more than FREES
	uint32_t used;		     // entries on lists
};

// The table in frame TABLE begins to hold the entries of MM from VA on: one was reserved. Ceases
// to; it is empty.
void tw_rmap_table_new(struct tw_space *as, uint64_t va, uint32_t table);
void tw_rmap_table_free(struct tw_kernel *k, uint32_t table);

// The mappings of a frame: the first place, the next one, and where a place is.
uint32_t tw_rmap_next(const struct tw_kernel *k, uint32_t place);
struct tw_cell *tw_rmap_entry(const struct tw_kernel *k, uint32_t place, struct tw_space **as,
			      uint64_t *va);

void tw_rmap_destroy(struct tw_kernel *k);

#endif
