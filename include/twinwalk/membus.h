// SPDX-License-Identifier: Apache-2.0
// The other side of the MMU's memory port: takes read and compare-and-swap requests, applies them
// to physical memory in the cycle of the handshake, and answers after a latency. Fixed latency and
// order, or (seeded) random latency, reordering, back-pressure and bus errors. Deterministic: the
// answers depend on seed, configuration and requests only. Invariant: each accepted request is
// answered exactly once, at least one cycle after its handshake.
#ifndef TWINWALK_MEMBUS_H
#define TWINWALK_MEMBUS_H

#include <stdbool.h>
#include <stdint.h>

#include "twinwalk/memport.h"
#include "twinwalk/mmu.h"
#include "twinwalk/pmem.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_membus;

// A request as on the pins: of the 8-byte word at ADDR, a multiple of 8, the 4-byte halves LANES.
struct tw_mem_op {
	uint64_t addr, expected, desired;
	uint8_t lanes; // bit 0 the low half, bit 1 the high one
	uint8_t id;    // of the walker, or of the root loader
	bool cas;
};

// The request on the pins.
void tw_mem_op_of(const struct tw_mmu_out *out, struct tw_mem_op *op);

// What a memory does with a request: *word is the word as it was before. 0, -EIO, -ENOMEM.
int tw_mem_serve(struct tw_pmem *pmem, const struct tw_mem_op *op, uint64_t *word);

// What an observer is told of it, the cycle apart.
void tw_mem_event_of(const struct tw_mem_op *op, uint64_t word, bool err, struct tw_mem_event *ev);

// pmem is borrowed and must outlive the bus. -EINVAL for bad options (latency 0, max < min,
// permille > 1000), -ENOMEM.
int tw_membus_create(struct tw_pmem *pmem, const struct tw_membus_opts *opts,
		     struct tw_membus **bus);
void tw_membus_destroy(struct tw_membus *bus);

// Called for every transaction; NULL switches it off.
void tw_membus_observe(struct tw_membus *bus, tw_mem_observer fn, void *user);

// Writes the mem_* fields of IN for the present cycle. They do not depend on the MMU's outputs of
// this cycle.
void tw_membus_drive(struct tw_membus *bus, struct tw_mmu_in *in);

// One clock edge: OUT and IN are the pins of the present cycle (IN as tw_membus_drive() wrote it).
void tw_membus_tick(struct tw_membus *bus, const struct tw_mmu_out *out,
		    const struct tw_mmu_in *in);

// N cycles in which the MMU presents no request. Requests in flight age.
void tw_membus_skip(struct tw_membus *bus, uint64_t n);

// Requests that wait for their answer, and how many cycles may be skipped before the next thing
// happens on this bus if the MMU presents no request (UINT64_MAX when nothing is in flight; 0 if a
// random decision may be due).
unsigned int tw_membus_pending(const struct tw_membus *bus);
uint64_t tw_membus_quiet(const struct tw_membus *bus);

#ifdef __cplusplus
}
#endif

#endif
