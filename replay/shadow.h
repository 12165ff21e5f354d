// SPDX-License-Identifier: Apache-2.0
// The shadow: what a process's memory must contain, kept outside the simulated machine and without
// any paging. It follows the same mappings as the kernel and receives every store, so any byte that
// the kernel or the MMU loses or mixes up shows as a difference. Invariants: a page of a shared
// mapping is the object's own page; a page of a private mapping is the object's until the first
// store, then the process's own.
#ifndef TW_CLI_SHADOW_H
#define TW_CLI_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SHADOW_SHIFT = 12,
	SHADOW_PAGE = 4096,
	SHADOW_LEAF = 512,
};

// Pages by number, as a table of two levels. A slot holds a pointer to 4096 bytes, and the bits
// below.
enum { SHADOW_OWNED = 1 /* by this table */, SHADOW_WRITABLE = 2 /* in place */, SHADOW_BITS = 3 };
struct shadow_table {
	uintptr_t **leaf; // as many as the highest page needs
	uint64_t leaves;
};

// What is mapped: a file, or shared anonymous memory. Contents appear as they are asked for.
struct shadow_object {
	struct shadow_table pages;
	uint64_t size;	  // bytes; beyond it the contents are zero
	uint64_t initial; // bytes that had contents from the beginning
	uint64_t seed;	  // of the initial contents; 0: zero
};

// One process's memory: the pages that were used so far.
struct shadow {
	struct shadow_table pages;
};

#define SHADOW_PAGES (UINT64_C(1) << (38 - SHADOW_SHIFT)) // addresses and files below 2^38

static inline uintptr_t shadow_get(const struct shadow_table *t, uint64_t page)
{
	const uintptr_t *leaf = page / SHADOW_LEAF < t->leaves ? t->leaf[page / SHADOW_LEAF] : NULL;

	return leaf ? leaf[page % SHADOW_LEAF] : 0;
}

static inline uint8_t *shadow_bytes(uintptr_t slot)
{
	return (uint8_t *)(slot & ~(uintptr_t)SHADOW_BITS); // NOLINT: the pointer it was made from
}

// 0 or -ENOMEM. page < SHADOW_PAGES.
int shadow_set(struct shadow_table *t, uint64_t page, uintptr_t slot);
// The first page >= *page with a slot, below END; 0 if none.
uintptr_t shadow_next(const struct shadow_table *t, uint64_t *page, uint64_t end);
// Empties [first, end) and frees owned pages.
void shadow_drop(struct shadow_table *t, uint64_t first, uint64_t end);
// Moves the slots of N pages; neither range may overlap the other, the target is empty. 0 or
// -ENOMEM.
int shadow_move(struct shadow_table *t, uint64_t from, uint64_t to, uint64_t n);
void shadow_free(struct shadow_table *t);

// The initial contents of a page of an object, up to `initial`.
void shadow_fill(const struct shadow_object *o, uint64_t index, uint8_t *bytes);
// The page of an object, made if need be; NULL: no memory.
uint8_t *shadow_object_page(struct shadow_object *o, uint64_t index);

// The page of a process's private or shared mapping. object NULL: anonymous. write: about to be
// stored to. NULL: no memory.
uint8_t *shadow_page(struct shadow *s, uint64_t page, struct shadow_object *object, uint64_t index,
		     bool shared, bool write);

#endif
