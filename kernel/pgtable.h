// SPDX-License-Identifier: Apache-2.0
// Page tables in simulated memory: built level by level where needed, freed when their last entry
// goes. All changes of entries go through tw_pt_write(). Invariants (tw_check_tables):
// - a table's frame counts its non-empty entries; no table but the root is empty;
// - an address space owns its tables; their number is mm->tables.
// A pointer to an entry is valid until the next tw_pt_make() or tw_pt_prune() of that address
// space.
#ifndef TW_PGTABLE_H
#define TW_PGTABLE_H

#include <stdint.h>

#include "pte.h"

struct tw_kernel;
struct tw_mm;
struct tw_gather;

// The root table, and what the format wants made with it: tw_pt_root_cost() frames, which the
// caller has reserved. -ENOMEM.
uint32_t tw_pt_root_cost(const struct tw_kernel *k);
int tw_pt_create(struct tw_mm *mm);
// Frees the root; everything else has been unmapped and pruned, and the fences are done.
void tw_pt_destroy(struct tw_mm *mm);

// The last-level entry of VA, or NULL if its table does not exist.
struct tw_cell *tw_pt_find(const struct tw_mm *mm, uint64_t va);

// The same, made if need be: takes at most levels-1 frames and a last-level table, which the caller
// has reserved (tw_reclaim_reserve, tw_rmap_reserve). NULL: there is none.
struct tw_cell *tw_pt_make(struct tw_mm *mm, uint64_t va);

// The first address >= *va and < end with a non-empty last-level entry, and the entry; NULL if
// there is none.
struct tw_cell *tw_pt_next(const struct tw_mm *mm, uint64_t *va, uint64_t end);

// The entry as it lies in memory: 0 if it is empty.
uint64_t tw_pt_raw(const struct tw_kernel *k, const struct tw_cell *ptep);
// The next entry of the same table, and the N-th of the table in frame F.
struct tw_cell *tw_pt_after(const struct tw_kernel *k, struct tw_cell *ptep);
struct tw_cell *tw_pt_cell(const struct tw_kernel *k, uint32_t f, unsigned int n);

struct tw_entry tw_pt_read(const struct tw_mm *mm, const struct tw_cell *ptep);
void tw_pt_write(struct tw_mm *mm, struct tw_cell *ptep, const struct tw_entry *e);

// Frees the tables on the way to VA that are empty, after the gathered fences.
void tw_pt_prune(struct tw_mm *mm, uint64_t va, struct tw_gather *g);

// Tables that tw_pt_make() would have to make for VA.
uint32_t tw_pt_missing(const struct tw_mm *mm, uint64_t va);

// Tables that the entries of [from, from + len) need when they move to TO, if it has none yet.
uint32_t tw_pt_move_cost(const struct tw_mm *mm, uint64_t from, uint64_t to, uint64_t len);

#endif
