// SPDX-License-Identifier: Apache-2.0
// The checker's own state: what it counts by walking all page tables and all page caches, to
// compare with what the kernel believes. For tests; nothing else uses it.
#ifndef TW_CHECK_H
#define TW_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tw_kernel;

struct tw_check {
	struct tw_kernel *k;
	bool deep;
	char *err;
	size_t errlen;
	uint32_t *mapped;    // by frame: entries that name it
	uint32_t *entries;   // by frame of a table: entries in use
	uint32_t last_level; // tables of that level
	uint8_t *cached;     // by frame: it is in a page cache
	uint32_t *refs;	     // by slot
};

// Writes the text and returns -EUCLEAN.
__attribute__((format(printf, 2, 3))) int tw_broken(struct tw_check *c, const char *format, ...);

// frames.c: frames, zones, policy list, swap; after the counting.
int tw_check_frames(struct tw_check *c);
int tw_check_zones(struct tw_check *c);
int tw_check_policy(struct tw_check *c);
int tw_check_swap(struct tw_check *c);

#endif
