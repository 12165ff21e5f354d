// SPDX-License-Identifier: Apache-2.0
// ASIDs: numbers 1..last are handed out in order; when none is left a new generation begins with a
// fence of everything, and every address space gets a number of the new generation when it runs
// next. A number is never used twice in one generation. Without ASIDs (0 bits) there is one number,
// 0, and each switch begins a generation. Invariant: two address spaces of the current generation
// have different ASIDs; ASID 0 belongs to none where there are others. Source: the scheme of Linux
// (arch/arm64/mm/context.c, arch/riscv/mm/context.c), for one CPU.
#ifndef TW_ASID_H
#define TW_ASID_H

#include <stdint.h>

struct tw_kernel;
struct tw_mm;

struct tw_asid_space {
	uint64_t generation; // 1 or more
	uint32_t next, last;
};

void tw_asid_init(struct tw_kernel *k, unsigned int bits);

// Gives the address space an ASID of the current generation if it has none. 0, or the hardware's
// error.
int tw_asid_assign(struct tw_kernel *k, struct tw_mm *mm);

// Nonzero if translations of this address space may be in the TLBs.
int tw_asid_live(const struct tw_kernel *k, const struct tw_mm *mm);

#endif
