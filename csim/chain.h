// SPDX-License-Identifier: Apache-2.0
// A chained hash table of numbers of entries, for speed only: what an array of up to 64 entries
// finds by comparing all of them at once is found here by a few steps. Invariant: an entry that was
// added and not removed is in the chain of the hash that it was added with, once.
#ifndef TW_CSIM_CHAIN_H
#define TW_CSIM_CHAIN_H

#include <stdint.h>
#include <string.h>

enum { CHAIN_HEADS = 128, CHAIN_END = 255 };

struct chain {
	uint8_t head[CHAIN_HEADS], next[64];
};

static inline unsigned int chain_hash(uint64_t x)
{
	return (unsigned int)(x * UINT64_C(0x9e3779b97f4a7c15) >> 57);
}

static inline void chain_clear(struct chain *c)
{
	memset(c->head, CHAIN_END, sizeof(c->head));
}

static inline void chain_add(struct chain *c, unsigned int hash, unsigned int i)
{
	c->next[i] = c->head[hash];
	c->head[hash] = (uint8_t)i;
}

static inline void chain_remove(struct chain *c, unsigned int hash, unsigned int i)
{
	uint8_t *p = &c->head[hash];

	while (*p != i)
		p = &c->next[*p];
	*p = c->next[i];
}

#endif
