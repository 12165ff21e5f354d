// SPDX-License-Identifier: Apache-2.0
// The phases of the random stimulus: what is frequent in which. A phase is chosen by weight; each
// aims at one part of the design. Probabilities are of 1024 per cycle unless stated otherwise.
#ifndef TW_TB_STIM_PHASE_H
#define TW_TB_STIM_PHASE_H

#include <stdbool.h>
#include <stdint.h>

struct tw_stim_phase {
	const char *name;
	uint16_t weight;
	uint16_t request[2]; // a request is presented
	uint16_t resp_ready[2];
	uint16_t cancel, fence, ctrl;
	uint16_t edit;	// a page-table entry is rewritten
	uint16_t race;	// an entry is edited while its compare-and-swap is presented
	uint16_t snipe; // per occasion: an interfering event is placed near it
	uint16_t edge;	// of requests: an edge address
	uint16_t loose; // of requests: any access, privilege and modifiers
	uint16_t mem_ready, mem_error;
	uint16_t hot; // addresses in use: sixteenths of the L1's entries; 0: one address
	uint8_t sets; // how many indices of the last level they share; 0: all
	uint8_t lat_min, lat_max;
	bool in_order;	// memory answers in order
	bool good;	// prefers addresses that translate
	uint16_t reset; // of 65536 per cycle
	bool probe;	// the pins but the memory's are driven by plans (stim_probe.h)
};

extern const struct tw_stim_phase tw_stim_phases[];
extern const unsigned int tw_stim_phase_count;

#endif
