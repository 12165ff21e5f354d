// SPDX-License-Identifier: Apache-2.0
// The last transactions on the pins of docs/contract.md, a line each: requests, responses, cancels,
// fences, control writes, memory. For reports. Invariant: it keeps the newest TW_TRANSACTIONS.
#ifndef TW_TB_TRANSACTIONS_H
#define TW_TB_TRANSACTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "twinwalk/mmu.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TW_TRANSACTIONS = 32 };

struct tw_transactions {
	char line[TW_TRANSACTIONS][160];
	unsigned int n; // lines ever noted
};

// Everything that happens in one cycle: OUT and IN are its pins.
void tw_transactions_note(struct tw_transactions *t, uint64_t cycle, const struct tw_mmu_out *out,
			  const struct tw_mmu_in *in);

// Prints a heading and the lines, oldest first.
void tw_transactions_print(const struct tw_transactions *t, FILE *f);

#ifdef __cplusplus
}
#endif

#endif
