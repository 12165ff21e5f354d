// SPDX-License-Identifier: Apache-2.0
// Swap: one real file of 4 KB slots, slot 0 being its header. The map counts the references to each
// slot (swap entries of page tables, pages of shared anonymous objects, holds); beside it the swap
// cache says which frame has the same page in memory. Invariants (tw_check_swap):
// - a slot is free exactly if it has no reference and no frame; slot 0 is never handed out;
// - frame f is cached at slot s exactly if frames[f].slot == s; the cache holds one reference of
// the frame;
// - a cached frame that is not dirty, and whose mappings are not, equals its slot;
// - a page that has references to its slot is never written through a mapping, so all who share it
// see the same bytes.
#ifndef TW_SWAP_H
#define TW_SWAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tw_kernel;

// Slots without the header, how many of them are in use, and how many of these have a frame.
struct tw_swap_count {
	uint32_t slots, used, cached;
};

// Creates the file. The errno of the file, or -ENOMEM.
int tw_swap_create(struct tw_kernel *k, const char *path, uint32_t slots);
void tw_swap_destroy(struct tw_kernel *k);

struct tw_swap_count tw_swap_count(const struct tw_kernel *k);
// References of a slot, that of the cache apart; and whether it has any or a frame.
uint32_t tw_swap_refs(const struct tw_kernel *k, uint32_t slot);
bool tw_swap_in_use(const struct tw_kernel *k, uint32_t slot);

// How many slots tw_swap_alloc() can give: the free ones, and the spare ones.
uint32_t tw_swap_available(const struct tw_kernel *k);

// Allocates up to N slots, in one cluster if there is a hole for it, each with one reference.
// Returns how many.
uint32_t tw_swap_alloc(struct tw_kernel *k, uint32_t n, uint32_t *slot);
void tw_swap_dup(struct tw_kernel *k, uint32_t slot);
// The same for the slot of a cached frame, which may have no reference yet.
void tw_swap_hold(struct tw_kernel *k, uint32_t slot);
// Drops a reference. With the last one goes the slot, and a cached frame that nobody maps.
void tw_swap_put(struct tw_kernel *k, uint32_t slot);

// The frame cached at SLOT, or TW_NO_FRAME: to look at it, and as a look-up of the machine's, which
// takes its time.
uint32_t tw_swap_frame(const struct tw_kernel *k, uint32_t slot);
uint32_t tw_swap_cache_find(struct tw_kernel *k, uint32_t slot);
void tw_swap_cache_add(struct tw_kernel *k, uint32_t f, uint32_t slot);
// Ends the caching of F; its reference is dropped. The slot stays if it has references.
void tw_swap_cache_del(struct tw_kernel *k, uint32_t f);
// The same, but only if nobody else needs the slot: the frame is then the only copy, and dirty.
void tw_swap_cache_drop(struct tw_kernel *k, uint32_t f);

// True if more than half of the slots are in use: then a slot is freed as soon as its page is in
// memory.
bool tw_swap_tight(const struct tw_kernel *k);

// Reads a slot into a frame; the caller waits.
int tw_swap_read(struct tw_kernel *k, uint32_t slot, uint32_t f);
// Writes N frames to their slots, neighbouring slots in one request. err[i]: the result of each.
// Returns the first error.
int tw_swap_write(struct tw_kernel *k, const uint32_t *f, const uint32_t *slot, unsigned int n,
		  bool wait, int *err);
// Reads LEN bytes of a slot without any effect in the machine: no time passes. 0 or a negative
// errno.
int tw_swap_peek(struct tw_kernel *k, uint32_t slot, uint64_t in_page, void *buf, size_t len);

#endif
