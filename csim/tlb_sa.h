// SPDX-License-Identifier: Apache-2.0
// The set-associative TLB: the L2's part for 4 KB pages (docs/contract.md section 6).
#ifndef TW_CSIM_TLB_SA_H
#define TW_CSIM_TLB_SA_H

#include "plru.h"
#include "tlb.h"

struct tlb_sa {
	unsigned int sets, ways;
	struct tlb_entry *e; // [set * ways + way]
	uint8_t *valid;	     // [set], a bit for each way
	uint8_t *plru;	     // [set]
	// Debug view.
	uint64_t write_at, inv_at, clear_at, touch_at;
	unsigned int write_set, write_way, inv_set, inv_mask, touch_set;
	// For speed only: the pages of all ways, close together; the page that was looked for last
	// and is not there.
	uint64_t *page;
	struct tlb_absent absent;
	struct plru_paths path;
};

// -ENOMEM; tw_tlb_sa_free() in any case.
int tw_tlb_sa_init(struct tlb_sa *t, unsigned int sets, unsigned int ways);
void tw_tlb_sa_free(struct tlb_sa *t);
void tw_tlb_sa_reset(struct tlb_sa *t);

static inline unsigned int tlb_sa_set(const struct tlb_sa *t, uint64_t va)
{
	return (unsigned int)(va >> 12) & (t->sets - 1);
}

// The way that matches, or -1.
int tw_tlb_sa_find(struct tlb_sa *t, uint64_t va, uint16_t asid);
// at: the number of the cycle that sees the change.
void tw_tlb_sa_touch(struct tlb_sa *t, unsigned int set, unsigned int way, uint64_t at);
void tw_tlb_sa_insert(struct tlb_sa *t, const struct tlb_entry *new, uint64_t at);
void tw_tlb_sa_kill(struct tlb_sa *t, const struct tlb_entry *page, uint64_t at);
void tw_tlb_sa_invalidate(struct tlb_sa *t, unsigned int set, const struct tlb_scope *s,
			  uint64_t at);
// The whole array: everything, or all but global entries.
void tw_tlb_sa_clear(struct tlb_sa *t, bool global, uint64_t at);
// NULL, or the invariant that is broken.
const char *tw_tlb_sa_check(const struct tlb_sa *t);
void tw_tlb_sa_pins(const struct tlb_sa *t, uint64_t cycle, uint64_t vpn, struct tw_mmu_out *pins);

#endif
