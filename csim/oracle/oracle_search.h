// SPDX-License-Identifier: Apache-2.0
// Between the search for a walk (oracle_search.c) and what the rules say of one (oracle_fits.c).
// s->step[0..depth) is the walk so far.
#ifndef TW_CSIM_ORACLE_SEARCH_H
#define TW_CSIM_ORACLE_SEARCH_H

#include "oracle_internal.h"

static inline uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

// False: the search has taken as many steps as it may.
static inline bool tw_or_step_counts(struct tw_or_search *s)
{
	if (s->steps++ >= s->o->opts.max_steps)
		s->exhausted = true;
	return !s->exhausted;
}

// Until when something that ended at END may be used for walking on: until it is drained, but a
// walk of the request itself holds what it has, also after its cancel, when only its update can
// follow.
uint64_t tw_or_held_until(const struct tw_or_search *s, uint64_t end, uint64_t drained);
// Until when a pointer may be used for walking on.
uint64_t tw_or_usable_until(struct tw_or_search *s, const struct tw_or_step *step);

// Another address space's walk counts only when it ends in a global mapping.
bool tw_or_in_space(const struct tw_or_search *s, bool global);

// The walk ends in this entry, decoded under CTX, with a fault; in a leaf; or its change is the one
// that hardware made: whether that is the answer, and the rules allow it.
bool tw_or_fault_fits(struct tw_or_search *s, const struct tw_ctx *ctx,
		      const struct tw_walk_state *ws, const struct tw_or_step *step,
		      const struct tw_pte *pte);
bool tw_or_leaf_fits(struct tw_or_search *s, uint64_t value, const struct tw_pte *pte);
bool tw_or_update_fits(struct tw_or_search *s, const struct tw_or_step *step,
		       const struct tw_pte *pte);
// The entry is the one that hardware changed: its old version ended at this moment.
bool tw_or_is_target(const struct tw_or_search *s, const struct tw_or_step *step);

#endif
