// SPDX-License-Identifier: Apache-2.0
// The Linux under this test, as a memory manager to compare with: a child process that makes the
// calls it is told to make and reports what came of them. It owns nothing but its code, its stack
// and one shared page, so whatever happens in the arena does not concern it.
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host;

struct host_region {
	uint64_t start, end, offset;
	uint32_t prot;
	bool shared, object; // object: of a file or of shared anonymous memory
};

// What a load or store met: signo 0 if nothing.
struct host_signal {
	int signo, code;
	uint64_t addr;
};

// Starts the child with BYTES of free address space at ADDR, and with an empty heap. NULL where the
// sandbox does not allow it: why, in *reason.
struct host *host_start(uint64_t addr, uint64_t bytes, const char **reason);
void host_stop(struct host *h);

// The system call NR: its result, or a negative errno.
int64_t host_call(struct host *h, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		  uint64_t e, uint64_t f);
// One byte; a store if VALUE is not negative. The byte loaded.
uint8_t host_access(struct host *h, uint64_t addr, int value, struct host_signal *sig);
// The regions in [start, end), cut there, up to MOST. Returns how many.
size_t host_regions(struct host *h, uint64_t start, uint64_t end, struct host_region *region,
		    size_t most);
uint64_t host_start_brk(const struct host *h);

#endif
