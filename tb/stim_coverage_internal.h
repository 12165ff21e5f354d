// SPDX-License-Identifier: Apache-2.0
// The points of the stimulus's coverage, shared by stim_coverage_points.c, which makes them, and
// stim_coverage.c, which sees them. Invariant: a group number that is not made is 0 and not used.
#ifndef TW_TB_STIM_COVERAGE_INTERNAL_H
#define TW_TB_STIM_COVERAGE_INTERNAL_H

#include "../csim/mmu_internal.h"

#include "stim_bounds.h"
#include "stim_coverage.h"

// The lowest N bits, 1..64.
#define TW_BITS(n) (~UINT64_C(0) >> (64 - (n)))

enum { ID_W = 4 };

// A register: two groups of points, ones and zeros.
struct reg {
	unsigned int one, zero;
};

// A comparison of tags: of the VPN and of the ASID.
struct tag_compare {
	unsigned int vpn, asid;
};

enum array { L1F, L1D, SP, PWC, L2, ARRAYS };

struct array_points {
	struct reg vpn, asid, ppn;
	struct tag_compare lookup, insert, kill, fence;
	unsigned int ppn_alone, use;
};

enum { USE_WRITTEN, USE_EVICTED };

struct port_points {
	struct reg miss_va, miss_id, done_addr, fifo_addr, fifo_id;
	unsigned int va_alone, fifo_alone, miss_id_alone, fifo_id_alone;
};

struct tw_stim_coverage {
	struct tw_cover cover;
	struct tw_config config;
	struct tw_stim_bounds bounds;
	struct array_points array[ARRAYS];
	struct port_points port[TW_PORTS];
	struct reg root_ppn, root_asid, ctrl_data, fence_vpn, fence_asid;
	struct reg walk_vpn, walk_addr, walk_expected, walk_desired;
	unsigned int root_alone, merge_alone, addr_alone, word_alone, id_alone[2];
	unsigned int unasked, unallocated, count;

	// Of the previous cycle.
	uint64_t root;
	unsigned int lookup[TW_PORTS], done[TW_PORTS]; // masks of miss queue entries
	unsigned int tail[TW_PORTS];		       // of the response queues
	int answered;				       // the walker that memory answered, or -1
	uint64_t valid[PWC + 1];
	uint8_t *l2_valid;
	// What the arrays hold, as far as it was written.
	struct tlb_entry held[SP + 1][TW_MAX_L1];
	struct pwc_entry held_pwc[TW_MAX_PWC];
};

// Adds all points; c->config is set. c->cover.error says whether there was memory.
void tw_stim_coverage_add(struct tw_stim_coverage *c);

#endif
