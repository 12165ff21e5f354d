// SPDX-License-Identifier: Apache-2.0
// What the hardware walks and caches: the page tables of an address space, the reverse mappings of
// its entries, its ASID, and the fences. Page tables lie in simulated memory, are built level by
// level where needed and freed when their last entry goes; all changes of entries go through
// tw_pt_write(). This folder knows nothing of regions. Invariants (tw_check_mm):
// - a table's frame counts its non-empty entries; no table but those made with the root is empty;
// - an address space owns its tables; their number, and those of the pages mapped, are in
// struct tw_space;
// - two address spaces of the current generation have different ASIDs; ASID 0 belongs to none where
// there are others.
// A pointer to an entry is valid until the next tw_pt_make() or tw_pt_prune() of that address
// space.
#ifndef TW_KERNEL_MMU_H
#define TW_KERNEL_MMU_H

#include <stdbool.h>
#include <stdint.h>

#include "mmu/pte.h"

struct tw_gather;
struct tw_kernel;

// An address space as the hardware sees it.
struct tw_space {
	struct tw_kernel *k;
	uint32_t root; // frame of the root table
	uint64_t asid_generation;
	uint16_t asid;
	// In pages: frames mapped by kind, swap entries, tables.
	uint64_t rss_anon, rss_file, rss_shmem, swapped, tables;
};

// Begins and ends what this folder keeps. bits: of ASIDs. -ENOMEM.
int tw_paging_create(struct tw_kernel *k, unsigned int bits);
void tw_paging_destroy(struct tw_kernel *k);

// The count that a frame in this state belongs to.
void tw_space_count(struct tw_space *as, unsigned int frame_state, int by);

// --- pgtable.c -------------------------------------------------------------------------

// The root table, and what the format wants made with it: tw_pt_root_cost() frames, which the
// caller has reserved. -ENOMEM.
uint32_t tw_pt_root_cost(const struct tw_kernel *k);
int tw_pt_create(struct tw_space *as);
// Frees the root; everything else has been unmapped and pruned, and the fences are done.
void tw_pt_destroy(struct tw_space *as);

// The last-level entry of VA, or NULL if its table does not exist.
struct tw_cell *tw_pt_find(const struct tw_space *as, uint64_t va);

// The same, made if need be: takes at most levels-1 frames and a last-level table, which the caller
// has reserved (tw_reclaim_reserve, tw_rmap_reserve). NULL: there is none.
struct tw_cell *tw_pt_make(struct tw_space *as, uint64_t va);

// The first address >= *va and < end with a non-empty last-level entry, and the entry; NULL if
// there is none.
struct tw_cell *tw_pt_next(const struct tw_space *as, uint64_t *va, uint64_t end);

// The entry as it lies in memory: 0 if it is empty.
uint64_t tw_pt_raw(const struct tw_kernel *k, const struct tw_cell *ptep);
// The next entry of the same table, and the N-th of the table in frame F.
struct tw_cell *tw_pt_after(const struct tw_kernel *k, struct tw_cell *ptep);
struct tw_cell *tw_pt_cell(const struct tw_kernel *k, uint32_t f, unsigned int n);

struct tw_entry tw_pt_read(const struct tw_space *as, const struct tw_cell *ptep);
void tw_pt_write(struct tw_space *as, struct tw_cell *ptep, const struct tw_entry *e);

// Frees the tables on the way to VA that are empty, after the gathered fences.
void tw_pt_prune(struct tw_space *as, uint64_t va, struct tw_gather *g);

// Tables that tw_pt_make() would have to make for VA.
uint32_t tw_pt_missing(const struct tw_space *as, uint64_t va);

// Tables that the entries of [from, from + len) need when they move to TO, if it has none yet.
uint32_t tw_pt_move_cost(const struct tw_space *as, uint64_t from, uint64_t to, uint64_t len);

// --- asid.c: numbers 1..last are handed out in order; when none is left a new generation begins
// with a fence of everything, and every address space gets a number of the new generation when it
// runs next. A number is never used twice in one generation. Without ASIDs (0 bits) there is one
// number, 0, and each switch begins a generation. Source: the scheme of Linux
// (arch/arm64/mm/context.c, arch/riscv/mm/context.c), for one CPU.

// Gives the address space an ASID of the current generation if it has none. 0, or the hardware's
// error.
int tw_asid_assign(struct tw_kernel *k, struct tw_space *as);

// Nonzero if translations of this address space may be in the TLBs.
int tw_asid_live(const struct tw_kernel *k, const struct tw_space *as);

// --- tlb.c: shootdown, what must leave the TLBs before frames may be reused. A gather collects
// changed entries and the frames that lost a mapping; its flush issues the fences first and gives
// the frames back afterwards. Rule: an entry that loses rights, its A or D bit, or its frame is
// written first, then gathered, then flushed; only after that is the frame read as final, written
// to a device, or reused. Gaining rights needs no fence: at worst the access faults once more.
// Source: RISC-V privileged architecture, SFENCE.VMA: an address fences leaf entries only, so
// freeing a table fences its ASID.

enum { TW_GATHER_PAGES = 64, TW_GATHER_FRAMES = 256 };

struct tw_gather {
	struct tw_kernel *k;
	uint32_t pages, frames;
	struct {
		struct tw_space *as;
		uint64_t va; // TW_GATHER_ALL: the whole address space
	} page[TW_GATHER_PAGES];
	uint32_t frame[TW_GATHER_FRAMES];
	int err;
};
#define TW_GATHER_ALL UINT64_MAX

void tw_gather_init(struct tw_gather *g, struct tw_kernel *k);
// May flush what was gathered before: the entry has been written by now.
void tw_gather_page(struct tw_gather *g, struct tw_space *as, uint64_t va);
void tw_gather_all(struct tw_gather *g, struct tw_space *as);
// One reference of the frame is dropped after the fences.
void tw_gather_frame(struct tw_gather *g, uint32_t f);
// 0, or the error of the hardware (the frames are given back in any case: the run is over).
int tw_gather_flush(struct tw_gather *g);

// Everything, all address spaces.
int tw_fence_all(struct tw_kernel *k);
// One page of one address space at once.
int tw_fence_page(struct tw_kernel *k, struct tw_space *as, uint64_t va);

// Adds the cycles that passed in the hardware outside of accesses.
void tw_hw_sync_time(struct tw_kernel *k);

// --- rmap.c: reverse mappings, from a frame to every page-table entry that names it; see rmap.h

// Makes sure that N last-level tables can be made without failing. 0 or -ENOMEM (host memory, or
// more tables than places can name: 8 million with 512 entries).
int tw_rmap_reserve(struct tw_kernel *k, uint32_t n);
uint64_t tw_rmap_bytes(const struct tw_kernel *k);

// The entry at PTEP names frame F from now on, or no more. Both keep mapcount and refcount: adding
// takes a reference, removing leaves it to the caller, who drops it after the fence.
void tw_rmap_add(struct tw_kernel *k, uint32_t f, const struct tw_cell *ptep);
void tw_rmap_del(struct tw_kernel *k, uint32_t f, const struct tw_cell *ptep);
// The mapping moved from one entry to another.
void tw_rmap_move(struct tw_kernel *k, uint32_t f, const struct tw_cell *from,
		  const struct tw_cell *to);

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
