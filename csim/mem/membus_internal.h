// SPDX-License-Identifier: Apache-2.0
// The memory bus's state, for the cycle model's short cut: with a fixed bus and nothing pending, a
// cycle in which no request is made changes nothing but the cycle number.
#ifndef TW_CSIM_MEMBUS_INTERNAL_H
#define TW_CSIM_MEMBUS_INTERNAL_H

#include "pmem_internal.h"
#include "twinwalk/membus.h"

enum { TW_MEMBUS_PENDING = 64 };

struct tw_membus_request {
	uint64_t due, data;
	uint8_t id;
	bool err;
};

struct tw_membus {
	struct tw_pmem *pmem;
	struct tw_membus_opts opts;
	uint64_t rng, cycle;
	bool fixed; // no random decision about time
	bool ready;
	int answer;
	unsigned int count;
	struct tw_membus_request pending[TW_MEMBUS_PENDING];
	tw_mem_observer observer;
	void *observer_user;
};

// One transaction as at its handshake in the present cycle; returns the data.
uint64_t tw_membus_transact(struct tw_membus *bus, const struct tw_mem_op *op, bool *err);

// A read that nobody watches and that cannot fail: false if this is none, and nothing has happened.
static inline bool membus_read(struct tw_membus *bus, uint64_t addr, uint64_t *word)
{
	return !bus->observer && !bus->opts.error_permille &&
	       pmem_flat_read64(bus->pmem, addr, word);
}

#endif
