// SPDX-License-Identifier: Apache-2.0
// Reclaim: keeps frames free between the watermarks. An operation reserves what it needs before it
// changes anything, so nothing in the middle of an operation ever reclaims: pages move only in
// tw_reclaim_reserve() and in the daemon, which runs before an access or after a system call, never
// between a fault and its retry. Below `min` the caller reclaims by itself, no more than it needs
// (direct); below `low` the daemon is woken and works, beside the processes in virtual time, until
// `high`.
// A waiting frame comes back to the policy when there is a slot for it; of the failed ones, a batch
// when a page could be written, or when a reservation finds nothing else, because what the host's
// disks have room for cannot be seen from here.
// Invariants: a page leaves memory only after its contents are in the swap file or in its file, or
// equal what is there.
#ifndef TW_RECLAIM_H
#define TW_RECLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tw_kernel;

enum { TW_RECLAIM_BATCH = 32 };

// -EINVAL with a text in err for an unknown policy or bad watermarks, -ENOMEM.
int tw_reclaim_create(struct tw_kernel *k, char *err, size_t errlen);
void tw_reclaim_destroy(struct tw_kernel *k);

// Makes sure that N frames can be allocated right now with `min` to spare; 0 always succeeds.
// -ENOMEM: nothing can be reclaimed (k->shortage tells it from a lack of host memory); or the
// device's error that kept pages in memory.
int tw_reclaim_reserve(struct tw_kernel *k, uint32_t n);

// Batches so far: if it has not changed, no page has left memory meanwhile.
uint64_t tw_reclaim_batches(const struct tw_kernel *k);

// The watermarks in use: min, low, high.
void tw_reclaim_marks(const struct tw_kernel *k, uint32_t mark[3]);

// Lets the daemon run if it has work and its time has come.
void tw_reclaim_daemon(struct tw_kernel *k);

// Tries to free up to N (at most TW_RECLAIM_BATCH) frames in one batch. Returns how many.
uint32_t tw_reclaim_batch(struct tw_kernel *k, uint32_t n, bool wait);

#endif
