// SPDX-License-Identifier: Apache-2.0
// How an entry is made, for those who write page tables of any format without knowing its scheme:
// which bits say what. The hardware only reads entries, so no rule of a walk is here. Invariant: an
// entry of the bits `fixed`, any of `plain`, and an address that is aligned to its page is good
// with any flags, in a leaf together with rights; one with a bit of `wrong` is good with none.
// Sources: as riscv.c and x86.c.
#ifndef TW_CSIM_ARCH_ENTRY_H
#define TW_CSIM_ARCH_ENTRY_H

#include "twinwalk/arch.h"

// The bits of a leaf or of a pointer at one level; 0 where there are none.
struct tw_entry_layout {
	uint64_t present;	    // without it nothing else counts
	uint64_t fixed;		    // set in every one, present included
	uint64_t read, write, exec; // rights that are given; read is 0 where it cannot be denied
	uint64_t no_exec;	    // right that is taken, if the flags have it
	uint64_t user, global, accessed, dirty;
	uint64_t plain; // mean nothing to the walk, or a memory type or key that is always good
	uint64_t extra; // good or not by the flags, or by one another
	uint64_t wrong; // never good
	// A leaf of the last level that stands for 16 pages: these bits in place of those.
	uint64_t group, group_mask;
	// The page number: BITS of it, from its bit PPN on, lie at bit AT; in one piece or two.
	struct {
		uint8_t at, ppn, bits;
	} address[2];
};

// Of an entry at LEVEL: a leaf where leaf_levels has one, or a pointer at a level above 0. The
// entries of a root that are loaded (below) are pointers one level above the highest.
void tw_entry_layout(const struct tw_format_desc *format, unsigned int level, bool leaf,
		     struct tw_entry_layout *layout);

// The page number in its place; bits for which there is none are lost, as those below a large page.
uint64_t tw_entry_address(const struct tw_entry_layout *layout, uint64_t ppn);

// One past the highest bit of a page number that fits.
unsigned int tw_entry_ppn_bits(const struct tw_entry_layout *layout);

// Entries of 8 bytes that are read when the root is loaded (tw_arch_load_root()), at a multiple of
// their size: log2 of their number; 0: there are none, the root is a table as any other.
unsigned int tw_entry_root_bits(const struct tw_format_desc *format);

#endif
