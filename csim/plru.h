// SPDX-License-Identifier: Apache-2.0
// Tree-PLRU over n entries, n a power of two up to 64: n-1 bits, node 0 the root, the children of
// node i are 2i+1 (lower half) and 2i+2 (upper half); a 0 points to the lower half. The victim is
// where the bits point; a touch makes every node on the entry's path point away from it
// (docs/contract.md section 6).
#ifndef TW_CSIM_PLRU_H
#define TW_CSIM_PLRU_H

#include <stdint.h>

static inline unsigned int tw_plru_victim(uint64_t bits, unsigned int n)
{
	unsigned int node = 0;

	while (node < n - 1)
		node = 2 * node + 1 + (bits >> node & 1);
	return node - (n - 1);
}

// The bits on entry i's path, and their values after a touch.
static inline void tw_plru_path(unsigned int n, unsigned int i, uint64_t *mask, uint64_t *value)
{
	unsigned int node = i + n - 1;

	*mask = *value = 0;
	while (node) {
		unsigned int parent = (node - 1) / 2;

		*mask |= UINT64_C(1) << parent;
		if (node & 1) // lower child: point to the upper half
			*value |= UINT64_C(1) << parent;
		node = parent;
	}
}

static inline uint64_t tw_plru_touch(uint64_t bits, unsigned int n, unsigned int i)
{
	uint64_t mask, value;

	tw_plru_path(n, i, &mask, &value);
	return (bits & ~mask) | value;
}

#endif
