// SPDX-License-Identifier: Apache-2.0
// The page-walk cache: pointers to tables, with the rights combined on the way to them
// (docs/contract.md section 8).
#ifndef TW_CSIM_PWC_H
#define TW_CSIM_PWC_H

#include "chain.h"
#include "plru.h"
#include "tlb.h"

struct pwc_entry {
	uint64_t va, mask; // address bits above the level that it leads to
	uint64_t ppn;	   // the table
	struct tw_walk_state ws;
	uint16_t asid;
};

enum { PWC_LEVELS = 8 };

struct pwc {
	unsigned int n;
	uint64_t valid, plru;
	struct pwc_entry e[TW_MAX_PWC];
	// Debug view.
	uint64_t write_at;
	unsigned int write_index;
	// For speed only: the entries by prefix; the levels there are, and the address bits that
	// entries of each level leave out.
	struct chain by_prefix;
	uint8_t of_level[PWC_LEVELS], shift[PWC_LEVELS];
	uint32_t levels;
	// For speed only: entries below absent_level do not exist for the address looked for last.
	struct tlb_absent absent;
	unsigned int absent_level;
	struct plru_paths path;
};

// A fill: ws and ppn are the level and table that the pointer leads to, shift is the number of
// address bits below its prefix.
struct pwc_fill {
	uint64_t va, ppn;
	struct tw_walk_state ws;
	uint16_t asid;
	unsigned int shift;
};

void tw_pwc_reset(struct pwc *p, unsigned int n);
// The match with the lowest level, or -1.
int tw_pwc_find(struct pwc *p, uint64_t va, uint16_t asid);
// plru_start: the replacement state at the start of the cycle; at: the cycle that sees the entry.
void tw_pwc_fill(struct pwc *p, const struct pwc_fill *f, uint64_t plru_start, uint64_t at);
static inline void pwc_touch(struct pwc *p, unsigned int i)
{
	p->plru = plru_touch(p->plru, &p->path, i);
}

// Every entry that matches goes.
void tw_pwc_kill(struct pwc *p, uint64_t va, uint16_t asid);
void tw_pwc_clear(struct pwc *p);
void tw_pwc_entry_pack(const struct pwc_entry *e, uint64_t vpn, uint64_t word[2]);
// NULL, or the invariant that is broken.
const char *tw_pwc_check(const struct pwc *p);
void tw_pwc_pins(const struct pwc *p, uint64_t cycle, uint64_t vpn, struct tw_dbg_array *pins);

#endif
