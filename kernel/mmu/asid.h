// SPDX-License-Identifier: Apache-2.0
// The allocator of ASIDs; see mmu.h for its rule.
#ifndef TW_ASID_H
#define TW_ASID_H

#include <stdint.h>

struct tw_asids {
	uint64_t generation; // 1 or more
	uint32_t next, last;
};

#endif
