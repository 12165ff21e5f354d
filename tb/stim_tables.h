// SPDX-License-Identifier: Apache-2.0
// Random page tables for the stimulus: a pool of tables per format and level, of which every entry
// that the generated addresses use holds something: mostly good pointers and leaves, so that walks
// get somewhere, and a share of everything that a format can get wrong. Pointers lead to any table
// of the next level, so tables are shared and the same page is reached under several addresses.
// Each new content moves the tables and changes the addresses in use, so that in time every bit of
// every page number and address, and every set of a TLB, takes part. Invariant: the content depends
// on the seed and on the calls only.
#ifndef TW_TB_STIM_TABLES_H
#define TW_TB_STIM_TABLES_H

#include <stdint.h>

#include "prng.h"
#include "twinwalk/membus.h"
#include "twinwalk/pmem.h"

enum tw_stim_format { TW_STIM_SV39, TW_STIM_LONG4, TW_STIM_FORMATS };

enum { TW_STIM_TABLES = 80 };

// Told of each change that software makes to a word, and of each transaction of a walker, in the
// order in which memory sees them. NULL: not told.
struct tw_stim_observer {
	void (*write)(void *user, uint64_t pa, uint64_t old, uint64_t value);
	tw_mem_observer transaction;
	void *user;
};

struct tw_stim_tables {
	struct tw_pmem *pmem; // owned
	struct tw_prng *rng;  // borrowed
	unsigned int dirt;    // of 1024: entries with a flaw
	unsigned int user;    // of 1024: leaves that belong to U mode
	unsigned int napot;   // of 1024: leaves of the last level that are 64 KB pages (RISC-V)
	struct tw_stim_observer observer;
	unsigned int n;
	struct {
		uint64_t ppn;
		uint8_t format, level;
	} table[TW_STIM_TABLES];
	// Tables of one format and level stand together.
	uint8_t first[TW_STIM_FORMATS][4], count[TW_STIM_FORMATS][4];
	uint16_t twist[TW_STIM_FORMATS][4]; // inverts bits of the indices in use
	// Leaves: the page number that many of them have, or differ from in one bit; its bits.
	uint64_t leaf_base[TW_STIM_FORMATS];
	uint8_t leaf_bits[TW_STIM_FORMATS];
};

// 0 or -ENOMEM.
int tw_stim_tables_init(struct tw_stim_tables *t, struct tw_prng *rng);
void tw_stim_tables_exit(struct tw_stim_tables *t);

// Moves the tables and writes every used entry anew; dirt and user as above.
void tw_stim_tables_fill(struct tw_stim_tables *t, unsigned int dirt, unsigned int user);

// The PPN of a random root table, a random canonical address whose entries are all used, the same
// with something wrong or at an edge, and VA with one bit of its page number inverted; or one of
// any of its 64 bits.
uint64_t tw_stim_tables_root(struct tw_stim_tables *t, unsigned int format);
uint64_t tw_stim_tables_va(struct tw_stim_tables *t, unsigned int format);
uint64_t tw_stim_tables_edge_va(struct tw_stim_tables *t, unsigned int format);
uint64_t tw_stim_tables_neighbour(struct tw_stim_tables *t, unsigned int format, uint64_t va);
uint64_t tw_stim_tables_sibling(struct tw_stim_tables *t, unsigned int format, uint64_t va);

// Software writes an entry. Outside memory nothing happens.
void tw_stim_tables_write(struct tw_stim_tables *t, uint64_t pa, uint64_t pte);

// Another processor writes to the tables: any used entry, or the one at PA: a new entry, a flipped
// bit, or A and D taken away; a flipped bit only.
void tw_stim_tables_edit(struct tw_stim_tables *t);
void tw_stim_tables_edit_at(struct tw_stim_tables *t, uint64_t pa);
void tw_stim_tables_flip(struct tw_stim_tables *t, uint64_t pa);

#endif
