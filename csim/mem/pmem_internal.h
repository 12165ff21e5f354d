// SPDX-License-Identifier: Apache-2.0
// The flat range of a physical memory, for the inner loop of the cycle model.
#ifndef TW_CSIM_PMEM_INTERNAL_H
#define TW_CSIM_PMEM_INTERNAL_H

#include <stdbool.h>
#include <string.h>

#include "twinwalk/pmem.h"

// The head of struct tw_pmem.
struct pmem_flat {
	uint8_t *host;
	uint64_t lo, size; // size 0: there is none
};

static inline bool pmem_in_flat(const struct pmem_flat *f, uint64_t pa, uint64_t len)
{
	return pa - f->lo < f->size && len <= f->size - (pa - f->lo);
}

// A word of the flat range: false if PA is not the address of one.
static inline bool pmem_flat_read64(const struct tw_pmem *pm, uint64_t pa, uint64_t *value)
{
	const struct pmem_flat *f = (const struct pmem_flat *)pm;

	if (pa & 7 || !pmem_in_flat(f, pa, 8))
		return false;
	memcpy(value, f->host + (pa - f->lo), 8);
	return true;
}

#endif
