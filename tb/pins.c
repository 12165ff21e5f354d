// SPDX-License-Identifier: Apache-2.0
// The table of output pins; see pins.h.
#include "pins.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PIN(name, bits, field)                                                \
	{                                                                     \
		name, (unsigned int)offsetof(struct tw_mmu_out, field),       \
			(unsigned int)sizeof(((struct tw_mmu_out *)0)->field) \
	}

const struct tw_pin tw_pin_table[] = {
#define TW_PORT_OUT(group, name, bits, type, member) \
	PIN(#group "_f_" #name "_o", bits, port[TW_PORT_FETCH].member),
#define TW_PORT_RESP(group, name, bits, member) TW_PORT_OUT(group, name, bits, , resp.member)
#include "twinwalk/pins.def"
#define TW_PORT_OUT(group, name, bits, type, member) \
	PIN(#group "_d_" #name "_o", bits, port[TW_PORT_DATA].member),
#define TW_PORT_RESP(group, name, bits, member) TW_PORT_OUT(group, name, bits, , resp.member)
#include "twinwalk/pins.def"
#define TW_OUT(name, bits, type)    PIN(#name "_o", bits, name),
#define TW_VIEW(name, bits, member) PIN(#name "_o", bits, member),
#include "twinwalk/pins.def"
};

// Every member holds its pin, and the debug view lies behind the pins.
#define HOLDS(structure, field, bits)                                               \
	_Static_assert(sizeof(((structure *)0)->field) * 8 >= (bits), #field);      \
	_Static_assert(sizeof(((structure *)0)->field) * 8 < 2 * (bits) ||          \
			       sizeof(((structure *)0)->field) == 1 || (bits) > 64, \
		       #field " is wider than it need be");
#define TW_PORT_IN(group, name, bits, type, member)  HOLDS(struct tw_mmu_in, port[0].member, bits)
#define TW_PORT_REQ(group, name, bits, member)	     TW_PORT_IN(group, name, bits, , req.member)
#define TW_PORT_OUT(group, name, bits, type, member) HOLDS(struct tw_mmu_out, port[0].member, bits)
#define TW_PORT_RESP(group, name, bits, member)	     TW_PORT_OUT(group, name, bits, , resp.member)
#define TW_IN(name, bits, type)			     HOLDS(struct tw_mmu_in, name, bits)
#define TW_OUT(name, bits, type)             \
	HOLDS(struct tw_mmu_out, name, bits) \
	_Static_assert(offsetof(struct tw_mmu_out, name) < TW_PIN_BYTES, #name);
#define TW_VIEW(name, bits, member)            \
	HOLDS(struct tw_mmu_out, member, bits) \
	_Static_assert(offsetof(struct tw_mmu_out, member) >= TW_PIN_BYTES, #name);
#include "twinwalk/pins.def"

const size_t tw_pin_count = sizeof(tw_pin_table) / sizeof(tw_pin_table[0]);

const size_t tw_pin_count_plain = 0
#define TW_PORT_OUT(group, name, bits, type, member) +TW_PORTS
#define TW_PORT_RESP(group, name, bits, member)	     +TW_PORTS
#define TW_OUT(name, bits, type)		     +1
#include "twinwalk/pins.def"
	;

static const unsigned char *place(const struct tw_pin *pin, const struct tw_mmu_out *out)
{
	return (const unsigned char *)out + pin->offset;
}

bool tw_pin_differs(const struct tw_pin *pin, const struct tw_mmu_out *a,
		    const struct tw_mmu_out *b)
{
	return memcmp(place(pin, a), place(pin, b), pin->size) != 0;
}

size_t tw_pin_next_difference(const struct tw_mmu_out *a, const struct tw_mmu_out *b, size_t from,
			      size_t n)
{
	while (from < n && !tw_pin_differs(&tw_pin_table[from], a, b))
		from++;
	return from;
}

void tw_pin_text(const struct tw_pin *pin, const struct tw_mmu_out *out, char *text)
{
	uint64_t word[2] = {0, 0};
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;

	switch (pin->size) {
	case 1:
		memcpy(&u8, place(pin, out), sizeof(u8));
		word[0] = u8;
		break;
	case 2:
		memcpy(&u16, place(pin, out), sizeof(u16));
		word[0] = u16;
		break;
	case 4:
		memcpy(&u32, place(pin, out), sizeof(u32));
		word[0] = u32;
		break;
	default:
		memcpy(word, place(pin, out), pin->size);
		break;
	}
	if (pin->size == sizeof(word))
		snprintf(text, 40, "0x%012" PRIx64 "_%016" PRIx64, word[1], word[0]);
	else
		snprintf(text, 40, "0x%" PRIx64, word[0]);
}
