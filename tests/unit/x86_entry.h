// SPDX-License-Identifier: Apache-2.0
// One x86 entry, decoded: what the tests of the scheme share. Names of bits are the manual's.
#ifndef X86_ENTRY_H
#define X86_ENTRY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "twinwalk/arch.h"

#define BIT(n) (UINT64_C(1) << (n))
#define XD     BIT(63)

enum { P = 1, RW = 2, US = 4, PWT = 8, PCD = 16, A = 32, D = 64, PS = 128, PAT4K = 128, G = 256 };
enum { PF_P = 1, PF_W = 2, PF_U = 4, PF_RSVD = 8, PF_I = 16, PF_PK = 32 };

struct given {
	uint32_t flags, pkru;
	uint8_t maxphyaddr, level;
	bool w, u, x; // above the entry
	struct tw_req req;
};

static inline struct tw_pte decode(const struct given *g, uint64_t pte)
{
	struct tw_ctx ctx = {.format = TW_FMT_X86_LONG4,
			     .flags = g->flags,
			     .pkru = g->pkru,
			     .maxphyaddr = g->maxphyaddr};
	struct tw_walk_state ws = {.level = g->level, .w = g->w, .u = g->u, .x = g->x};
	struct tw_pte out;

	tw_arch_decode(&ctx, &g->req, &ws, pte, &out);
	return out;
}

// A last-level entry, an access and the flags; all rights above.
static inline struct tw_pte decode_4k(uint32_t flags, unsigned int access, unsigned int priv,
				      uint64_t pte)
{
	struct given g = {.flags = flags,
			  .maxphyaddr = 46,
			  .w = true,
			  .u = true,
			  .x = true,
			  .req = {.access = (uint8_t)access, .priv = (uint8_t)priv}};

	return decode(&g, pte);
}

static inline struct tw_pte decode_at(uint32_t flags, unsigned int level, uint64_t pte)
{
	struct given g = {.flags = flags,
			  .maxphyaddr = 46,
			  .level = (uint8_t)level,
			  .w = true,
			  .u = true,
			  .x = true,
			  .req = {.access = TW_LOAD, .priv = TW_PRIV_S}};

	return decode(&g, pte);
}

#endif
