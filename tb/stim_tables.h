// SPDX-License-Identifier: Apache-2.0
// Random page tables for the stimulus: a pool of tables per level, of which every entry that the
// generated addresses use holds something: mostly good pointers and leaves, so that walks get
// somewhere, and a share of everything that a format can get wrong. Pointers lead to any table of
// the next level, so tables are shared and the same page is reached under several addresses. There
// are two spaces of tables at a time, each of a format of the configuration; each new content
// chooses their formats, moves the tables and changes the addresses in use, so that in time every
// format, every bit of every page number and address, and every set of a TLB, takes part. What the
// bits of an entry are, csim/arch/entry.h says: nothing here knows a format. Invariant: the content
// depends on the configuration, the seed and the calls only.
#ifndef TW_TB_STIM_TABLES_H
#define TW_TB_STIM_TABLES_H

#include <stdint.h>

#include "../csim/arch/entry.h"
#include "twinwalk/config.h"
#include "twinwalk/membus.h"
#include "twinwalk/pmem.h"
#include "twinwalk/prng.h"

enum {
	TW_STIM_SPACES = 2,
	TW_STIM_TABLES = 80,
	TW_STIM_LEVELS = TW_LEVELS_MAX + 1, // a root that is loaded is one level more
};

// Told of each change that software makes to a word, and of each transaction of a walker, in the
// order in which memory sees them. NULL: not told.
struct tw_stim_observer {
	void (*write)(void *user, uint64_t pa, uint64_t old, uint64_t value);
	tw_mem_observer transaction;
	void *user;
};

// The tables of one format.
struct tw_stim_space {
	const struct tw_format_desc *format;
	unsigned int levels;		    // a loaded root included
	uint8_t first[TW_STIM_LEVELS];	    // tables of one level stand together
	uint8_t count[TW_STIM_LEVELS];	    // how many
	uint8_t index_bits[TW_STIM_LEVELS]; // of the addresses, at each level
	uint8_t ppn_bits[TW_STIM_LEVELS];   // of the places of tables
	uint16_t twist[TW_STIM_LEVELS];	    // inverts bits of the indices in use
	struct tw_entry_layout pointer[TW_STIM_LEVELS], leaf[TW_STIM_LEVELS];
	// Leaves: the page number that many of them have, or differ from in one bit; its bits.
	uint64_t leaf_base;
	uint8_t leaf_bits;
};

struct tw_stim_tables {
	struct tw_pmem *pmem; // owned
	struct tw_prng *rng;  // borrowed
	uint32_t formats;     // of the configuration
	unsigned int dirt;    // of 1024: entries with a flaw
	unsigned int user;    // of 1024: leaves that belong to U mode
	unsigned int
		group; // of 1024: leaves of the last level that stand for 64 KB, if there are such
	struct tw_stim_observer observer;
	unsigned int n;
	struct {
		uint64_t pa; // of a table: page-aligned, but for a loaded root
		uint8_t space, level;
	} table[TW_STIM_TABLES];
	struct tw_stim_space space[TW_STIM_SPACES];
};

// 0 or -ENOMEM.
int tw_stim_tables_init(struct tw_stim_tables *t, const struct tw_config *config,
			struct tw_prng *rng);
void tw_stim_tables_exit(struct tw_stim_tables *t);

// Chooses formats, moves the tables and writes every used entry anew; dirt and user as above.
void tw_stim_tables_fill(struct tw_stim_tables *t, unsigned int dirt, unsigned int user);

// The address of any table of a level, that of a root, and what the ROOT register takes to use a
// root with an ASID, which formats whose root is loaded have no place for.
uint64_t tw_stim_tables_any(struct tw_stim_tables *t, unsigned int space, unsigned int level);
uint64_t tw_stim_tables_root(struct tw_stim_tables *t, unsigned int space);
uint64_t tw_stim_tables_root_reg(const struct tw_format_desc *format, uint64_t root, uint16_t asid);

// The space of the root that a value of the ROOT register names; -1 if there is none.
int tw_stim_tables_space(const struct tw_stim_tables *t, unsigned int format, uint64_t root_ppn);

// A random legal address whose entries are all used, the same with something wrong or at an edge,
// and VA with one bit of its page number inverted; or one of any of its 64 bits.
uint64_t tw_stim_tables_va(struct tw_stim_tables *t, unsigned int space);
uint64_t tw_stim_tables_edge_va(struct tw_stim_tables *t, unsigned int space);
uint64_t tw_stim_tables_neighbour(struct tw_stim_tables *t, unsigned int space, uint64_t va);
uint64_t tw_stim_tables_sibling(struct tw_stim_tables *t, unsigned int space, uint64_t va);

// The address of the entry that VA selects in the table at PA; LEVEL may be that of a loaded root.
uint64_t tw_stim_tables_entry(const struct tw_format_desc *format, uint64_t pa, unsigned int level,
			      uint64_t va);

// Software writes an entry of 4 or 8 bytes at a multiple of that. Outside memory nothing happens.
void tw_stim_tables_write(struct tw_stim_tables *t, uint64_t pa, unsigned int bytes,
			  uint64_t value);

// Another processor writes to the tables: any used entry, or one in the word at PA: a new entry, a
// flipped bit, or A and D taken away; a flipped bit only.
void tw_stim_tables_edit(struct tw_stim_tables *t);
void tw_stim_tables_edit_at(struct tw_stim_tables *t, uint64_t pa);
void tw_stim_tables_flip(struct tw_stim_tables *t, uint64_t pa);

#endif
