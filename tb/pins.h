// SPDX-License-Identifier: Apache-2.0
// The output pins as a table: name in the RTL, place in struct tw_mmu_out, width. Lockstep names
// the pin of a difference from it. Invariant: the table lists every output of rtl/tw_mmu.sv once
// (tests/equivalence checks that).
#ifndef TW_TB_PINS_H
#define TW_TB_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include "twinwalk/mmu.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_pin {
	const char *name;
	unsigned int offset, size; // in struct tw_mmu_out, bytes: 1, 2, 4, 8 or 16
};

extern const struct tw_pin tw_pin_table[];
extern const size_t tw_pin_count;

// Whether the pin differs between two sets of outputs.
bool tw_pin_differs(const struct tw_pin *pin, const struct tw_mmu_out *a,
		    const struct tw_mmu_out *b);

// The first pin of the table that differs, at or after index FROM; tw_pin_count if none does.
size_t tw_pin_next_difference(const struct tw_mmu_out *a, const struct tw_mmu_out *b, size_t from);

// The pin's value as "0x..." in text, which has room for 40 bytes.
void tw_pin_text(const struct tw_pin *pin, const struct tw_mmu_out *out, char *text);

#ifdef __cplusplus
}
#endif

#endif
