// SPDX-License-Identifier: Apache-2.0
// A hardware back end for testing the kernel: an MMU that never forgets. Its TLB and walk cache
// grow without bound and lose entries only by fences, and only by those that the architecture says
// cover them: a fence by address leaves cached pointers alone. So a fence that the kernel forgot is
// not hidden by an eviction. It also knows what it may still hold: strict_check() finds every
// cached translation that the page tables no longer justify, before any access meets it.
#ifndef STRICT_TLB_H
#define STRICT_TLB_H

#include "twinwalk/hw.h"

// 0 or -ENOMEM. pmem is borrowed.
int strict_create(struct tw_pmem *pmem, struct tw_hw **hw);

// NULL, or the text of a cached entry that is stale. Valid until the next call.
const char *strict_check(struct tw_hw *hw);

// Entries cached now.
size_t strict_entries(const struct tw_hw *hw);

// Test of the tests: from now on every fence is ignored (but counted as done).
void strict_ignore_fences(struct tw_hw *hw, bool on);

// From now on every access to the page of VA raises a page fault, whatever the tables say.
void strict_fault_forever(struct tw_hw *hw, uint64_t va);

// The next N accesses report the hardware's failure -EIO; from then on all is well again.
void strict_fail_accesses(struct tw_hw *hw, unsigned int n);

#endif
