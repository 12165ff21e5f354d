// SPDX-License-Identifier: Apache-2.0
// See number.h.
#include "number.h"

#include <string.h>

static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 16;
}

bool tw_number(const char *text, size_t n, uint64_t min, uint64_t max, uint64_t *value)
{
	bool hex = n > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	unsigned int base = hex ? 16 : 10;
	uint64_t v = 0;

	if (n == 0)
		return false;
	for (size_t i = hex ? 2 : 0; i < n; i++) {
		unsigned int d = digit(text[i]);

		if (d >= base || v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	if (v < min || v > max)
		return false;
	*value = v;
	return true;
}

bool tw_number_range(const char *text, uint64_t min, uint64_t max, uint64_t *lo, uint64_t *hi)
{
	const char *dash = strchr(text, '-');
	uint64_t first, last;

	if (!tw_number(text, dash ? (size_t)(dash - text) : strlen(text), min, max, &first))
		return false;
	last = first;
	if (dash && !tw_number(dash + 1, strlen(dash + 1), first, max, &last))
		return false;
	*lo = first;
	*hi = last;
	return true;
}
