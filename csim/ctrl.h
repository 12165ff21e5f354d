// SPDX-License-Identifier: Apache-2.0
// The control registers and the one write that may wait for them (docs/contract.md section 3).
#ifndef TW_CSIM_CTRL_H
#define TW_CSIM_CTRL_H

#include "twinwalk/mmu.h"

struct ctrl {
	struct tw_ctx ctx;
	const struct tw_format_desc *format; // of ctx; NULL: bare
	bool pending;
	bool refused; // the write applied in the cycle before changed nothing
	bool loads;   // the pending write is applied by the root loader
	uint8_t addr;
	uint64_t data;
	unsigned int pa_bits; // of the configuration
	// For speed only: what the format says. rooted: every address has a root; half: see
	// ctrl_translates().
	uint64_t half, va_mask;
	unsigned int va_bits;
	bool rooted;
	struct tw_walk_state root; // where a walk begins
};

struct root_loaded;

void tw_ctrl_reset(struct ctrl *c, const struct tw_config *cfg);

// The address that is translated.
static inline uint64_t ctrl_va(const struct ctrl *c, uint64_t va)
{
	return va & c->va_mask;
}

// False: the request is a page fault without a read (PAE).
static inline bool ctrl_has_root(const struct ctrl *c, uint64_t va)
{
	struct tw_walk_state ws;
	uint64_t table;

	return c->rooted || tw_arch_begin(&c->ctx, va, &ws, &table);
}

// True if the request is known to be translated: the architecture's checks would let it pass.
static inline bool ctrl_translates(const struct ctrl *c, const struct tw_req *req)
{
	return c->format && req->priv != TW_PRIV_M && (req->va + c->half) >> c->va_bits == 0;
}

// A pending write that the root loader has no part in is applied at the end of a cycle in which all
// miss queue entries are free.
static inline bool ctrl_applies(const struct ctrl *c, bool misses_free)
{
	return c->pending && !c->loads && misses_free;
}

// The clock edge. applies: the pending write ends, as ctrl_applies() or the root loader says, what
// it has loaded being in *loaded. True if the format changes, which empties all TLBs and the walk
// cache.
bool tw_ctrl_clock(struct ctrl *c, const struct tw_config *cfg, const struct tw_mmu_in *in,
		   bool applies, const struct root_loaded *loaded);

#endif
