// SPDX-License-Identifier: Apache-2.0
// The replacement policies that there are.
#ifndef TW_POLICY_H
#define TW_POLICY_H

#include "phys/lru.h"

extern const struct tw_policy tw_policy_clock, tw_policy_fifo;

// NULL if there is no policy of that name.
const struct tw_policy *tw_policy_find(const char *name);

#endif
