// SPDX-License-Identifier: Apache-2.0
// What of an MMU has a number besides its pins: ports, control registers, events. The section
// numbers are those of docs/contract.md.
#ifndef TWINWALK_REGS_H
#define TWINWALK_REGS_H

#ifdef __cplusplus
extern "C" {
#endif

// Ports, section 1: fetches go to one, loads and stores to the other.
enum { TW_PORT_FETCH = 0, TW_PORT_DATA = 1 };

// Control register addresses, section 3.
enum tw_ctrl_reg { TW_CTRL_ROOT = 0, TW_CTRL_FLAGS = 1, TW_CTRL_PKRU = 2, TW_CTRL_PHYS = 3 };

// Bits of events_o and numbers of the counters, section 12. An event counted by page size has four:
// TW_EV_L1F_HIT is that of 4 KB, the three that follow 64 KB, 2 and 4 MB, larger.
enum tw_event {
#define TW_EVENT(NAME, name) TW_EV_##NAME,
#include "twinwalk/events.def"
	TW_EVENTS
};

// The event's name, for reports; NULL for numbers of TW_EVENTS and above.
const char *tw_event_name(unsigned int event);

#ifdef __cplusplus
}
#endif

#endif
