// SPDX-License-Identifier: Apache-2.0
// The one generator of random numbers, of the memory bus, the stimulus and the tests: SplitMix64
// (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014). Invariant:
// the sequence depends on the seed and on the calls only, and never changes: results that are
// compared depend on it.
#ifndef TWINWALK_PRNG_H
#define TWINWALK_PRNG_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Any number becomes one of which every bit depends on all of its bits.
static inline uint64_t tw_mix64(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

// The N-th number from a seed, and the next one of a state, which begins as the seed.
#define TW_RANDOM_STEP UINT64_C(0x9e3779b97f4a7c15)
static inline uint64_t tw_random_at(uint64_t seed, uint64_t n)
{
	return tw_mix64(seed + n * TW_RANDOM_STEP);
}

static inline uint64_t tw_random(uint64_t *state)
{
	*state += TW_RANDOM_STEP;
	return tw_mix64(*state);
}

// The same, handed out a few bits at a time: a stimulus needs many small decisions per cycle.
struct tw_prng {
	uint64_t state, word;
	unsigned int left; // unused bits of word
};

static inline void tw_prng_seed(struct tw_prng *r, uint64_t seed)
{
	r->state = seed;
	r->word = 0;
	r->left = 0;
}

static inline uint64_t tw_prng_u64(struct tw_prng *r)
{
	return tw_random(&r->state);
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

#ifdef __cplusplus
}
#endif

#endif
