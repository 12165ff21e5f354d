// SPDX-License-Identifier: Apache-2.0
// Tree-PLRU over n entries, n a power of two up to 64: n-1 bits, node 0 the root, the children of
// node i are 2i+1 (lower half) and 2i+2 (upper half); a 0 points to the lower half. The victim is
// where the bits point; a touch makes every node on the entry's path point away from it
// (docs/contract.md section 6). And the place of a new entry, which all arrays choose alike.
#ifndef TW_CSIM_PLRU_H
#define TW_CSIM_PLRU_H

#include <stdint.h>

static inline unsigned int plru_victim(uint64_t bits, unsigned int n)
{
	unsigned int node = 1; // counted from 1: its children are 2 node and 2 node + 1

	for (bits <<= 1; node < n;)
		node = 2 * node + (unsigned int)(bits >> node & 1);
	return node - n;
}

// The bits on the path of each of up to 64 entries, and their values after a touch.
struct plru_paths {
	uint64_t mask[64], value[64];
};

static inline void plru_paths(struct plru_paths *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		unsigned int node = i + n - 1;

		p->mask[i] = p->value[i] = 0;
		while (node) {
			unsigned int parent = (node - 1) / 2;

			p->mask[i] |= UINT64_C(1) << parent;
			if (node & 1) // lower child: point to the upper half
				p->value[i] |= UINT64_C(1) << parent;
			node = parent;
		}
	}
}

static inline uint64_t plru_touch(uint64_t bits, const struct plru_paths *p, unsigned int i)
{
	return (bits & ~p->mask[i]) | p->value[i];
}

// Where a new entry goes: over the lowest of those that it replaces, else the lowest invalid, else
// the victim.
static inline unsigned int plru_place(uint64_t replaced, uint64_t valid, uint64_t bits,
				      unsigned int n)
{
	uint64_t all = UINT64_MAX >> (64 - n);
	uint64_t room = replaced ? replaced : all & ~valid;

	return room ? (unsigned int)__builtin_ctzll(room) : plru_victim(bits, n);
}

#endif
