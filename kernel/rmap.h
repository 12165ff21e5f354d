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

#include <stdbool.h>
#include <stdint.h>

struct tw_kernel;
struct tw_cell;
struct tw_mm;
struct tw_gather;

#define TW_NO_RMAP UINT32_MAX

// What stands beside a last-level table.
struct tw_rmap_table {
	union {
		struct tw_mm *mm;
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

// Makes sure that N last-level tables can be made without failing. 0 or -ENOMEM (host memory, or
// more tables than places can name: 8 million with 512 entries).
int tw_rmap_reserve(struct tw_kernel *k, uint32_t n);
void tw_rmap_destroy(struct tw_kernel *k);
uint64_t tw_rmap_bytes(const struct tw_kernel *k);

// The table in frame TABLE begins to hold the entries of MM from VA on: one was reserved. Ceases
// to; it is empty.
void tw_rmap_table_new(struct tw_mm *mm, uint64_t va, uint32_t table);
void tw_rmap_table_free(struct tw_kernel *k, uint32_t table);

// The entry at PTEP names frame F from now on, or no more. Both keep mapcount and refcount: adding
// takes a reference, removing leaves it to the caller, who drops it after the fence.
void tw_rmap_add(struct tw_kernel *k, uint32_t f, const struct tw_cell *ptep);
void tw_rmap_del(struct tw_kernel *k, uint32_t f, const struct tw_cell *ptep);
// The mapping moved from one entry to another.
void tw_rmap_move(struct tw_kernel *k, uint32_t f, const struct tw_cell *from,
		  const struct tw_cell *to);

// The mappings of a frame: the first place, the next one, and where a place is.
uint32_t tw_rmap_next(const struct tw_kernel *k, uint32_t place);
struct tw_cell *tw_rmap_entry(const struct tw_kernel *k, uint32_t place, struct tw_mm **mm,
			      uint64_t *va);

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
