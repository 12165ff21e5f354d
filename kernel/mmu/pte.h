// SPDX-License-Identifier: Apache-2.0
// Page-table entries behind one small table of functions: what the kernel stores and reads back,
// for each format. Besides what the hardware knows (pointer, leaf) there are two kinds of entries
// that it takes for not present: a swap entry, and a frame whose region forbids every access. An
// entry is named by a pointer to struct tw_cell, its place in a table, whose width is the format's.
// Invariant: decode(encode(x, level), level) == x, for what the format can express. Sources: RISC-V
// privileged architecture, "Sv32" to "Sv57"; Intel SDM volume 3, 4.3 to 4.5.
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

enum { TW_PT_LEVELS_MAX = 5 };

struct tw_pte_format {
	enum tw_format format;
	uint8_t levels; // tables on the longest path; the four entries of PAE's root are one
	// Entries at levels 1 to dynamic point to tables that come and go; above, the tables are
	// made with the root (PAE, whose hardware reads the root only when it is loaded).
	uint8_t dynamic;
	uint8_t entry_bytes;
	uint8_t va_bits, asid_bits;		 // asid_bits 0: no ASIDs, a switch fences all
	uint8_t pfn_bits;			 // of an entry
	uint8_t vpn_shift[TW_PT_LEVELS_MAX + 1]; // VPN bit at which each level's index begins
	bool svade;				 // A and D may be left to the kernel
	uint32_t flags;				 // enum tw_flag, in force always
	uint64_t (*encode)(const struct tw_entry *e, unsigned int level);
	// level: 0 for the last table. The same bits mean different things in a pointer and in a
	// leaf.
	struct tw_entry (*decode)(uint64_t pte, unsigned int level);
	// What a region's protection means to the hardware: the format may not be able to forbid
	// reading, or execution.
	uint32_t (*effective_prot)(uint32_t prot);
	// The cause of a page fault of this access; present: x86's P bit, which is the hardware's
	// to tell.
	uint8_t (*page_cause)(const struct tw_req *req, bool present);
};

// A place in a table, in simulated memory.
struct tw_cell;

static inline unsigned int tw_pt_entries(const struct tw_pte_format *f, unsigned int level)
{
	return 1u << (f->vpn_shift[level + 1] - f->vpn_shift[level]);
}

// Swap slots and page frames that an entry can name: up to these numbers.
static inline uint64_t tw_pte_most(const struct tw_pte_format *f)
{
	return f->entry_bytes == 4 ? (UINT64_C(1) << 20) - 1 : UINT32_MAX;
}

// NULL for a format this kernel does not drive.
const struct tw_pte_format *tw_pte_format(enum tw_format format);

#endif
