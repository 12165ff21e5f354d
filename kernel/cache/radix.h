// SPDX-License-Identifier: Apache-2.0
// A radix tree from page indices to 64-bit values, 0 meaning absent; ordered, so that ranges can be
// walked. Nodes of 64 slots, freed when empty; the height follows the largest index. Used by page
// caches.
#ifndef TW_RADIX_H
#define TW_RADIX_H

#include <stdint.h>

struct tw_radix_node;

struct tw_radix {
	struct tw_radix_node *root;
	unsigned int height; // levels below and including the root
	uint64_t count;	     // values stored
};

uint64_t tw_radix_get(const struct tw_radix *r, uint64_t index);
// Stores VALUE; 0 removes. -ENOMEM only when a new value needs nodes: replacing and removing never
// fail.
int tw_radix_set(struct tw_radix *r, uint64_t index, uint64_t value);
// The first stored index >= *index, and its value; 0 if there is none.
uint64_t tw_radix_next(const struct tw_radix *r, uint64_t *index);
void tw_radix_clear(struct tw_radix *r);

#endif
