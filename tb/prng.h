// SPDX-License-Identifier: Apache-2.0
// The bench's random numbers: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
// generators", OOPSLA 2014), handed out a few bits at a time because a stimulus needs many small
// decisions per cycle. Invariant: the sequence depends on the seed and on the calls only.
#ifndef TW_TB_PRNG_H
#define TW_TB_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct tw_prng {
	uint64_t state, word;
	unsigned int left; // unused bits of word
};

static inline void tw_prng_seed(struct tw_prng *r, uint64_t seed)
{
	*r = (struct tw_prng){.state = seed};
}

static inline uint64_t tw_prng_u64(struct tw_prng *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

// N random bits, 1..32.
static inline uint32_t tw_prng_bits(struct tw_prng *r, unsigned int n)
{
	uint64_t v;

	if (r->left < n) {
		r->word = tw_prng_u64(r);
		r->left = 64;
	}
	v = r->word & ((UINT64_C(1) << n) - 1);
	r->word >>= n;
	r->left -= n;
	return (uint32_t)v;
}

// 32 bits, each set in one of 4 cases.
static inline uint32_t tw_prng_sparse(struct tw_prng *r)
{
	uint32_t v = tw_prng_bits(r, 32);

	return v & tw_prng_bits(r, 32);
}

// True in PER1024 of 1024 cases; never for 0, always for 1024.
static inline bool tw_prng_chance(struct tw_prng *r, unsigned int per1024)
{
	return per1024 && (per1024 >= 1024 || tw_prng_bits(r, 10) < per1024);
}

// 0..n-1; n is 1..65536.
static inline uint32_t tw_prng_below(struct tw_prng *r, uint32_t n)
{
	return (uint32_t)((uint64_t)tw_prng_bits(r, 16) * n >> 16);
}

#endif
