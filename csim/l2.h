// SPDX-License-Identifier: Apache-2.0
// The L2 TLB: the set-associative part for 4 KB pages, the fully associative one for all others,
// and the choice between them (docs/contract.md sections 6 and 7).
#ifndef TW_CSIM_L2_H
#define TW_CSIM_L2_H

#include "tlb_fa.h"
#include "tlb_sa.h"

struct l2 {
	struct tlb_sa sa;
	struct tlb_fa sp;
};

// The entry that answers and where it is.
struct l2_hit {
	const struct tlb_entry *e;
	bool sa;	 // in the set-associative part
	unsigned int at; // way there, else index
};

int tw_l2_init(struct l2 *l2, const struct tw_config *cfg);
void tw_l2_free(struct l2 *l2);
void tw_l2_reset(struct l2 *l2, const struct tw_config *cfg);

bool tw_l2_find(struct l2 *l2, uint64_t va, uint16_t asid, struct l2_hit *hit);
// All at a clock edge; at: the number of the cycle that begins there.
void tw_l2_touch(struct l2 *l2, const struct l2_hit *hit, uint64_t at);
void tw_l2_insert(struct l2 *l2, const struct tlb_entry *new, uint64_t at);
void tw_l2_kill(struct l2 *l2, const struct tlb_entry *page, uint64_t at);
void tw_l2_sweep(struct l2 *l2, unsigned int set, const struct tlb_scope *s, uint64_t at);
void tw_l2_finish(struct l2 *l2, const struct tlb_scope *s, uint64_t at);
void tw_l2_clear(struct l2 *l2, uint64_t at);

#endif
