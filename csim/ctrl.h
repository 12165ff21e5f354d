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
	uint8_t addr;
	uint64_t data;
	// For speed only: of the format, see ctrl_translates().
	uint64_t half;
	unsigned int va_bits;
};

void tw_ctrl_reset(struct ctrl *c);

// True if the request is known to be translated: the architecture's checks would let it pass.
static inline bool ctrl_translates(const struct ctrl *c, const struct tw_req *req)
{
	return c->format && req->priv != TW_PRIV_M && (req->va + c->half) >> c->va_bits == 0;
}

// The pending write is applied at the end of a cycle in which all miss queue entries are free.
static inline bool ctrl_applies(const struct ctrl *c, bool misses_free)
{
	return c->pending && misses_free;
}

// The clock edge. True if the format changes, which empties all TLBs and the walk cache.
bool tw_ctrl_clock(struct ctrl *c, const struct tw_config *cfg, const struct tw_mmu_in *in,
		   bool misses_free);

#endif
