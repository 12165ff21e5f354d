// SPDX-License-Identifier: Apache-2.0
// A phase of the stimulus that drives the pins by short plans: map a page, let the hardware cache
// it, edit an entry on its path, fence, and access that very page. Every combination of fence
// scope, page size of each format, global bit and ASID (the fence's is the page's, or differs in
// one bit) has its turn; random are what is cached before, which entry is edited and how, whether
// another address space is in force meanwhile, and the time between the edit, the fence and the
// accesses around it: often so that a walk or a lookup meets the fence. Invariant: as stimulus.h.
#ifndef TW_TB_STIM_PROBE_H
#define TW_TB_STIM_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "stim_tables.h"
#include "twinwalk/hw.h"
#include "twinwalk/mmu.h"

// The combinations of one kind of page: 8 scopes, 2 global bits, 2 ASIDs.
enum { TW_STIM_PROBES_OF_PAGE = 8 * 2 * 2, TW_STIM_PROBE_OPS = 96, TW_STIM_PROBE_PAGES = 64 };

struct tw_stim_probe_op {
	uint8_t kind, port, access, bytes;
	bool join; // begins in the cycle in which the one before ends
	uint32_t cycles;
	uint64_t addr, data;
	struct tw_fence fence;
};

struct tw_stim_probe {
	struct tw_stim_tables *tables; // borrowed
	struct tw_config config;
	// Kinds of pages: each size that each format of the configuration has.
	struct {
		const struct tw_format_desc *format;
		uint8_t level;
		bool group; // 64 KB, of 16 entries of the last level
	} page[TW_STIM_PROBE_PAGES];
	unsigned int pages, combinations, stride;
	struct tw_prng *rng; // borrowed
	struct tw_stim_probe_op op[TW_STIM_PROBE_OPS];
	unsigned int ops, at;
	unsigned int next;	     // combination of the next plan
	bool fence_open;	     // taken and not done
	uint32_t since, duration[4]; // of the open fence; of the last one by (address, ASID)
	unsigned int measured;
	uint64_t *done; // plans carried out, by combination
};

// 0 or -ENOMEM.
int tw_stim_probe_init(struct tw_stim_probe *p, const struct tw_config *config,
		       struct tw_stim_tables *tables);
void tw_stim_probe_exit(struct tw_stim_probe *p);

// The tables changed, or other inputs were driven: begins a new plan.
void tw_stim_probe_restart(struct tw_stim_probe *p);

// Chooses requests, cancels, fence and control write of the present cycle, whose outputs are OUT
// and whose memory inputs are in *IN already.
void tw_stim_probe_drive(struct tw_stim_probe *p, const struct tw_mmu_out *out,
			 struct tw_mmu_in *in);

#endif
