// SPDX-License-Identifier: Apache-2.0
// Masks of bits.
#ifndef TW_CSIM_ARCH_BITS_H
#define TW_CSIM_ARCH_BITS_H

#include <stdint.h>

// The low N bits, of up to 63.
static inline uint64_t tw_low_mask(unsigned int n)
{
	return (UINT64_C(1) << n) - 1;
}

#endif
