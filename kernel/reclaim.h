// SPDX-License-Identifier: Apache-2.0
// Reclaim: keeps frames free between the watermarks. An operation reserves what it needs before it
// changes anything, so nothing in the middle of an operation ever reclaims: pages move only in
// tw_reclaim_reserve() and in the daemon, which runs before an access or after a system call, never
// between a fault and its retry. Below `min` the caller reclaims by itself, no more than it needs
// (direct); below `low` the daemon is woken and works, beside the processes in virtual time, until
// `high`.
// A frame that may leave memory is on one of three lists: the policy's; `waiting`, if it was passed
// over because no swap slot could be had; `failed`, if it could not be written. The last two keep
// the search short when little or nothing can go: a frame comes back to the policy when there is a
// slot for it; of the failed ones, a batch when a page could be written, or when a reservation
// finds nothing else, because what the host's disks have room for cannot be seen from here.
// Invariants: a page leaves memory only after its contents are in the swap file or in its file, or
// equal what is there; a waiting frame has no slot (tw_check_policy).
#ifndef TW_RECLAIM_H
#define TW_RECLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring.h"

struct tw_kernel;
struct tw_policy;

enum { TW_RECLAIM_BATCH = 32 };

struct tw_reclaim {
	const struct tw_policy *policy;
	void *state;
	uint32_t min, low, high;
	bool awake;	    // the daemon has work
	uint64_t daemon_at; // virtual time at which it has finished its last batch
	struct tw_ring waiting, failed;
	uint32_t needy;	  // frames on the policy's list that cannot go without a new slot
	uint64_t batches; // so far
	// Of the last batch: frames that were tried, and the error of a device.
	uint32_t chosen;
	int io_err;
};

// -EINVAL with a text in err for an unknown policy or bad watermarks, -ENOMEM.
int tw_reclaim_create(struct tw_kernel *k, char *err, size_t errlen);
void tw_reclaim_destroy(struct tw_kernel *k);

// Makes sure that N frames can be allocated right now with `min` to spare; 0 always succeeds.
// -ENOMEM: nothing can be reclaimed (k->shortage tells it from a lack of host memory); or the
// device's error that kept pages in memory.
int tw_reclaim_reserve(struct tw_kernel *k, uint32_t n);

// A frame may be reclaimed from now on; may not any more (freed).
void tw_reclaim_insert(struct tw_kernel *k, uint32_t f);
void tw_reclaim_forget(struct tw_kernel *k, uint32_t f);
// The frame has got or lost its swap slot.
void tw_reclaim_slot_changed(struct tw_kernel *k, uint32_t f);

// Lets the daemon run if it has work and its time has come.
void tw_reclaim_daemon(struct tw_kernel *k);

// Tries to free up to N (at most TW_RECLAIM_BATCH) frames in one batch. Returns how many.
uint32_t tw_reclaim_batch(struct tw_kernel *k, uint32_t n, bool wait);

#endif
