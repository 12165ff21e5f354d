// SPDX-License-Identifier: Apache-2.0
// Page-table entries behind one small table of functions: what the kernel stores and reads back,
// for each format. Besides what the hardware knows (pointer, leaf) there are two kinds of entries
// that it takes for not present: a swap entry, and a frame whose region forbids every access.
// Invariant: decode(encode(x)) == x. Sources: RISC-V privileged architecture, "Sv39"; Intel SDM
// volume 3, 4.5.
#ifndef TW_PTE_H
#define TW_PTE_H

#include <stdbool.h>
#include <stdint.h>

#include "twinwalk/arch.h"

enum tw_entry_kind {
	TW_ENTRY_EMPTY, // 0
	TW_ENTRY_TABLE,
	TW_ENTRY_LEAF,
	TW_ENTRY_NONE, // a frame, no access (PROT_NONE); invalid for the hardware
	TW_ENTRY_SWAP, // a swap slot; invalid for the hardware
	TW_ENTRY_BAD,  // nothing this kernel writes
};

struct tw_entry {
	enum tw_entry_kind kind;
	uint64_t pfn;	      // TABLE, LEAF, NONE
	uint32_t slot;	      // SWAP
	bool r, w, x;	      // LEAF
	bool accessed, dirty; // LEAF
};

struct tw_pte_format {
	enum tw_format format;
	const char *name;
	uint8_t levels, index_bits, va_bits, asid_bits;
	uint64_t (*encode)(const struct tw_entry *e);
	// level: 0 for the last table. The same bits mean different things in a pointer and in a
	// leaf.
	struct tw_entry (*decode)(uint64_t pte, unsigned int level);
	// What a region's protection means to the hardware: the format may not be able to forbid
	// reading.
	uint32_t (*effective_prot)(uint32_t prot);
};

// NULL for a format this kernel does not drive.
const struct tw_pte_format *tw_pte_format(enum tw_format format);

#endif
