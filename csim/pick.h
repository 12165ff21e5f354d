// SPDX-License-Identifier: Apache-2.0
// The first set bit of a mask at or after a pointer, wrapping. The mask is not 0.
#ifndef TW_CSIM_PICK_H
#define TW_CSIM_PICK_H

static inline unsigned int pick(unsigned int mask, unsigned int ptr)
{
	unsigned int high = mask & ~((1u << ptr) - 1);

	return (unsigned int)__builtin_ctz(high ? high : mask);
}

#endif
