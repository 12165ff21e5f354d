// SPDX-License-Identifier: Apache-2.0
// Numbers that a user wrote: options and their parts.
#ifndef TW_HOST_NUMBER_H
#define TW_HOST_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The N characters at TEXT as a number from MIN to MAX: digits, decimal also after a leading zero,
// or hexadecimal after 0x; no sign, no blank. False, and *value untouched, for anything else.
bool tw_number(const char *text, size_t n, uint64_t min, uint64_t max, uint64_t *value);

// "N", or "N-M" with N <= M, each from MIN to MAX. Of a single number, *hi is *lo.
bool tw_number_range(const char *text, uint64_t min, uint64_t max, uint64_t *lo, uint64_t *hi);

#endif
