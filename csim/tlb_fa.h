// SPDX-License-Identifier: Apache-2.0
// The fully associative TLB with mixed page sizes: L1 fetch, L1 data and the superpage part of the
// L2 (docs/contract.md section 6).
#ifndef TW_CSIM_TLB_FA_H
#define TW_CSIM_TLB_FA_H

#include "chain.h"
#include "plru.h"
#include "tlb.h"

struct tlb_fa {
	unsigned int n;
	uint64_t valid, plru;
	struct tlb_entry e[TW_MAX_L1];
	// Debug view.
	uint64_t write_at;
	unsigned int write_index;
	// For speed only: the entries by page, and the sizes there are; the page that was looked
	// for last and is not there.
	struct chain by_page;
	uint8_t of_size[TW_SIZE_256T + 1];
	uint32_t sizes;
	struct tlb_absent absent;
	struct plru_paths path;
};

void tw_tlb_fa_reset(struct tlb_fa *t, unsigned int n);
// The index of the entry that matches, or -1.
int tw_tlb_fa_search(struct tlb_fa *t, uint64_t va, uint16_t asid);
static inline int tlb_fa_find(struct tlb_fa *t, uint64_t va, uint16_t asid)
{
	return t->sizes ? tw_tlb_fa_search(t, va, asid) : -1;
}
// Gives the index of the new entry. plru_start: the replacement state at the start of the cycle;
// at: the number of the cycle that sees the entry.
unsigned int tw_tlb_fa_insert(struct tlb_fa *t, const struct tlb_entry *new, uint64_t plru_start,
			      uint64_t at);
void tw_tlb_fa_kill(struct tlb_fa *t, const struct tlb_entry *page);
void tw_tlb_fa_invalidate(struct tlb_fa *t, const struct tlb_scope *s);
void tw_tlb_fa_clear(struct tlb_fa *t);
// NULL, or the invariant that is broken.
const char *tw_tlb_fa_check(const struct tlb_fa *t);
void tw_tlb_fa_pins(const struct tlb_fa *t, uint64_t cycle, uint64_t vpn,
		    struct tw_dbg_array *pins);

static inline void tlb_fa_touch(struct tlb_fa *t, unsigned int i)
{
	t->plru = plru_touch(t->plru, &t->path, i);
}

#endif
