// SPDX-License-Identifier: Apache-2.0
// Page tables of any format, made entry by entry in a physical memory: for benches and tests, which
// need a page at an address and nothing else. Invariant: every table lies below 4 GB.
#ifndef TW_CSIM_TABLES_H
#define TW_CSIM_TABLES_H

#include "arch/entry.h"
#include "twinwalk/pmem.h"

struct tw_tables {
	struct tw_pmem *pmem;
	uint64_t root; // its first page
	uint64_t next; // the page that becomes the next table; all from there on are zero
};

// One entry, 4 or 8 bytes, 0 or a negative errno of the memory.
int tw_tables_get(const struct tw_tables *t, const struct tw_format_desc *f, uint64_t pa,
		  uint64_t *entry);
int tw_tables_set(const struct tw_tables *t, const struct tw_format_desc *f, uint64_t pa,
		  uint64_t entry);

// Maps VA to the page PPN by a leaf of this level with all rights of the supervisor, whose address
// goes to *leaf (may be NULL); tables above are made as they are needed, the entries of a root that
// is loaded among them. stale: A and D of the leaf are clear; those above have A. 0, or a negative
// errno of the memory.
int tw_tables_map(struct tw_tables *t, const struct tw_format_desc *f, uint64_t va,
		  unsigned int level, uint64_t ppn, bool stale, uint64_t *leaf);

#endif
