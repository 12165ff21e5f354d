// SPDX-License-Identifier: Apache-2.0
// Entries of the stimulus's tables: any, mostly good; or good ones on purpose. Made from the
// layouts of csim/arch/entry.h alone.
#ifndef TW_TB_STIM_ENTRY_H
#define TW_TB_STIM_ENTRY_H

#include "stim_tables.h"

// A random entry for a table of a level: a pointer to any table of the next, or a leaf where there
// are such; with a flaw in so many of 1024 as t->dirt says.
uint64_t tw_stim_entry_any(struct tw_stim_tables *t, unsigned int space, unsigned int level);

// A pointer with all rights to the table at PA.
uint64_t tw_stim_entry_pointer(const struct tw_stim_space *s, unsigned int level, uint64_t pa);

// A supervisor's leaf with all rights and A; of a group of pages if GROUP.
uint64_t tw_stim_entry_leaf(const struct tw_stim_space *s, unsigned int level, uint64_t ppn,
			    bool global, bool dirty, bool group);

#endif
