// SPDX-License-Identifier: Apache-2.0
// The memory behind the walkers, as a user of the hardware sees it: how it answers, and what passes
// over its port. The bus itself is twinwalk/membus.h.
#ifndef TWINWALK_MEMPORT_H
#define TWINWALK_MEMPORT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tw_membus_opts {
	uint32_t latency_min;	 // cycles from handshake to answer, 1 or more
	uint32_t latency_max;	 // same as latency_min: fixed latency, in order
	uint32_t stall_permille; // cycles in which ready is low
	uint32_t error_permille; // requests answered with a bus error
	uint64_t seed;
};

// One memory transaction, at its handshake, as of the page-table entry that it concerns: BYTES
// bytes at ADDR, 4 or 8. cas: data is the old value; it took place if data == expected and !err.
struct tw_mem_event {
	uint64_t cycle, addr, data, expected, desired;
	uint8_t bytes, id; // id: of the walker, or of the root loader
	bool cas, err;
};
typedef void (*tw_mem_observer)(void *user, const struct tw_mem_event *ev);

#ifdef __cplusplus
}
#endif

#endif
