// SPDX-License-Identifier: Apache-2.0
// The table of output pins; see pins.h.
#include "pins.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PIN(name, field)                                                      \
	{                                                                     \
		name, (unsigned int)offsetof(struct tw_mmu_out, field),       \
			(unsigned int)sizeof(((struct tw_mmu_out *)0)->field) \
	}

#define PORT_PINS(p, i)                                                                           \
	PIN("req_" p "_ready_o", port[i].req_ready),                                              \
		PIN("resp_" p "_valid_o", port[i].resp_valid),                                    \
		PIN("resp_" p "_id_o", port[i].resp_id), PIN("resp_" p "_pa_o", port[i].resp.pa), \
		PIN("resp_" p "_size_o", port[i].resp.size),                                      \
		PIN("resp_" p "_global_o", port[i].resp.global),                                  \
		PIN("resp_" p "_attr_o", port[i].resp.attr),                                      \
		PIN("resp_" p "_fault_o", port[i].resp.fault),                                    \
		PIN("resp_" p "_cause_o", port[i].resp.cause),                                    \
		PIN("resp_" p "_tval_o", port[i].resp.fault_va)

#define ARRAY_PINS(x, field)                                                                  \
	PIN("dbg_" x "_write_o", field.write), PIN("dbg_" x "_index_o", field.index),         \
		PIN("dbg_" x "_entry_o", field.entry), PIN("dbg_" x "_valid_o", field.valid), \
		PIN("dbg_" x "_plru_o", field.plru)

const struct tw_pin tw_pin_table[] = {
	PORT_PINS("f", 0),
	PORT_PINS("d", 1),
	PIN("fence_ready_o", fence_ready),
	PIN("fence_done_o", fence_done),
	PIN("ctrl_ready_o", ctrl_ready),
	PIN("mem_req_valid_o", mem_req_valid),
	PIN("mem_req_id_o", mem_req_id),
	PIN("mem_req_addr_o", mem_req_addr),
	PIN("mem_req_cas_o", mem_req_cas),
	PIN("mem_req_expected_o", mem_req_expected),
	PIN("mem_req_desired_o", mem_req_desired),
	PIN("events_o", events),
	PIN("counter_o", counter),
	PIN("idle_o", idle),
	ARRAY_PINS("l1f", dbg_l1[0]),
	ARRAY_PINS("l1d", dbg_l1[1]),
	ARRAY_PINS("sp", dbg_sp),
	ARRAY_PINS("pwc", dbg_pwc),
	PIN("dbg_l2_write_o", dbg_l2.write),
	PIN("dbg_l2_set_o", dbg_l2.set),
	PIN("dbg_l2_way_o", dbg_l2.way),
	PIN("dbg_l2_entry_o", dbg_l2.entry),
	PIN("dbg_l2_inv_o", dbg_l2.inv),
	PIN("dbg_l2_inv_set_o", dbg_l2.inv_set),
	PIN("dbg_l2_inv_mask_o", dbg_l2.inv_mask),
	PIN("dbg_l2_clear_o", dbg_l2.clear),
	PIN("dbg_l2_touch_o", dbg_l2.touch),
	PIN("dbg_l2_touch_set_o", dbg_l2.touch_set),
	PIN("dbg_l2_plru_o", dbg_l2.plru),
	PIN("dbg_walker_o", dbg_walker),
	PIN("dbg_miss_o", dbg_miss),
	PIN("dbg_fence_o", dbg_fence),
};

const size_t tw_pin_count = sizeof(tw_pin_table) / sizeof(tw_pin_table[0]);

static const unsigned char *place(const struct tw_pin *pin, const struct tw_mmu_out *out)
{
	return (const unsigned char *)out + pin->offset;
}

bool tw_pin_differs(const struct tw_pin *pin, const struct tw_mmu_out *a,
		    const struct tw_mmu_out *b)
{
	return memcmp(place(pin, a), place(pin, b), pin->size) != 0;
}

size_t tw_pin_next_difference(const struct tw_mmu_out *a, const struct tw_mmu_out *b, size_t from)
{
	while (from < tw_pin_count && !tw_pin_differs(&tw_pin_table[from], a, b))
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
