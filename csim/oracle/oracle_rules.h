// SPDX-License-Identifier: Apache-2.0
// What the oracle must know of a family of page-table formats beyond how one entry is decoded
// (arch.h): what its fences cover, what its caches may hold, which control flags count at once,
// which bits hardware sets, and what the checks of an entry are called. Each family is one constant
// of struct tw_or_rules in a file of its own; nothing else in the oracle asks which family a format
// belongs to. Invariant: the functions are pure.
#ifndef TW_CSIM_ORACLE_RULES_H
#define TW_CSIM_ORACLE_RULES_H

#include "twinwalk/hw.h"

#include "../arch/internal.h"

// Bits of tw_or_rules.sensitive() besides those of enum tw_flag.
#define TW_OR_PHYS (UINT32_C(1) << 31) // MAXPHYADDR

// What an entry may be, by its bits alone: of tw_or_rules.kind().
enum { TW_OR_MAY_POINT = 1, TW_OR_MAY_MAP = 2 };

// What a check of an entry is about: nothing fails; the entry is valid; it is well formed, which
// only a mistake of software breaks; the access has the right, and A and D are set.
enum tw_or_check { TW_OR_PASSES, TW_OR_CHECK_VALID, TW_OR_CHECK_FORM, TW_OR_CHECK_RIGHT };

struct tw_or_rules {
	// Bits of an entry that hardware sets.
	uint64_t accessed, dirty;
	bool pointer_accessed; // pointers have the first, too
	// Bits of a page fault's cause that follow from the entry; the others follow from the
	// request.
	uint8_t entry_cause;
	// A walk from the root uses the control flags of the request's acceptance; else also older
	// ones.
	bool flags_at_once;
	// Entries of one naturally aligned range in the last table of which the reading of one may
	// fill a cache for all addresses of the range, where it has all of these bits; 0: none.
	unsigned int range_entries;
	uint64_t range_bits;

	// Whether walks in format A can have left something for requests in format B without a
	// fence between them.
	bool (*mixes)(enum tw_format a, enum tw_format b);
	// A necessary condition: what the entry can be at this level under any control flags.
	unsigned int (*kind)(const struct tw_format_desc *d, uint8_t level, uint64_t pte);
	// A necessary condition: the entry as a leaf of this level may give PA.
	bool (*leads_to)(const struct tw_format_desc *d, uint8_t level, uint64_t pte, uint64_t pa);
	// The control flags on which decoding the entry for this access can depend: TW_F_ bits that
	// caches remember (TW_OR_MODE_FLAGS), and TW_OR_PHYS.
	uint32_t (*sensitive)(const struct tw_format_desc *d, uint8_t level, uint64_t pte,
			      bool write);
	// Whether a mapping, or a cached fault, that ends in the entry is shared by all address
	// spaces.
	bool (*global)(const struct tw_ctx *ctx, const struct tw_walk_state *ws, uint64_t pte);
	// Whether a cache may hold an entry that faults with these bits of entry_cause, and for how
	// many pages (log2) it speaks then.
	bool (*holds_fault)(uint64_t pte, uint8_t bits);
	unsigned int (*fault_pages)(const struct tw_format_desc *d, uint8_t level, uint64_t pte);
	// The first check that the entry fails for the request, and in words; "" if none. Agrees
	// with tw_arch_decode().
	enum tw_or_check (*check)(const struct tw_ctx *ctx, const struct tw_req *req,
				  const struct tw_walk_state *ws, uint64_t pte, char *buf,
				  size_t len);
	// Whether a fence covers a cached pointer of this level that translates va under ctx.
	bool (*covers_pointer)(const struct tw_fence *f, const struct tw_ctx *ctx, uint64_t va,
			       uint8_t level, bool global);
};

// The rules of a format. Without translation (bare) those of RISC-V, where bare is a satp.MODE.
static inline const struct tw_or_rules *tw_or_rules(enum tw_format format)
{
	const struct tw_scheme *s = tw_formats[format].scheme;

	return s ? s->oracle : tw_scheme_riscv.oracle;
}

// Whether the address space is in scope, for an item that is global or belongs to ctx's ASID.
static inline bool tw_or_in_scope(const struct tw_fence *f, const struct tw_ctx *ctx, bool global)
{
	return global ? f->global : !f->by_asid || f->asid == ctx->asid;
}

#endif
