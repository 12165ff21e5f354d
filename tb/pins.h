// SPDX-License-Identifier: Apache-2.0
// The output pins of twinwalk/pins.def as a table: name in the RTL, place in struct tw_mmu_out,
// width. Lockstep names the pin of a difference from it. Invariant: the pins of the debug view are
// the last, in the table as in the structure.
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

// Those without the debug view come first; they are the first TW_PIN_BYTES of the structure.
extern const struct tw_pin tw_pin_table[];
extern const size_t tw_pin_count, tw_pin_count_plain;
enum { TW_PIN_BYTES = offsetof(struct tw_mmu_out, dbg_l1) };

// Whether the pin differs between two sets of outputs.
bool tw_pin_differs(const struct tw_pin *pin, const struct tw_mmu_out *a,
		    const struct tw_mmu_out *b);

// The first pin of the table that differs, at or after index FROM, among the first N; N if none
// does.
size_t tw_pin_next_difference(const struct tw_mmu_out *a, const struct tw_mmu_out *b, size_t from,
			      size_t n);

// The pin's value as "0x..." in text, which has room for 40 bytes.
void tw_pin_text(const struct tw_pin *pin, const struct tw_mmu_out *out, char *text);

#ifdef __cplusplus
}
#endif

#endif
