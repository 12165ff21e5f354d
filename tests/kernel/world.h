// SPDX-License-Identifier: Apache-2.0
// What every test of the kernel starts from: physical memory, the strict MMU or other hardware, a
// temporary directory, a kernel in it.
#ifndef WORLD_H
#define WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "strict_tlb.h"
#include "twinwalk/kernel.h"

#define WORLD_BASE UINT64_C(0x80000000)
#define PAGE	   4096u

struct world {
	struct tw_pmem *pm;
	struct tw_hw *hw;
	struct tw_kernel *k;
	struct tw_signal sig;
	struct tw_kernel_opts opts;
	bool strict;
	char dir[64], swap[96];
};

// All formats that the kernel drives.
enum { WORLD_FORMATS = 8 };
extern const enum tw_format world_formats[WORLD_FORMATS];

// Options of a test's kernel; everything zero or NULL is the default: Sv39, 256 frames, no swap.
struct world_opts {
	enum tw_format format;
	uint32_t frames, swap_slots;
	const char *swap_path, *policy;
	unsigned int asid_bits;
	bool svade;
	uint32_t watermark[3];
	// Creates the hardware; NULL: the strict MMU.
	struct tw_hw *(*hw)(struct tw_pmem *pm);
};

void world_open(struct world *w, const struct world_opts *opts);
// Ends the kernel (its result is returned) and removes all files.
int world_close(struct world *w);

// Fails the test if any invariant of the kernel is broken, or the strict MMU holds anything stale.
void world_check(struct world *w);

// A process of the default layout, running.
struct tw_proc *world_proc(struct world *w);

// mmap of private anonymous memory, read-write; the result must be an address.
uint64_t world_anon(struct tw_proc *p, uint64_t pages);

// A byte stored or loaded by the running process; both must succeed.
void world_store(struct world *w, uint64_t va, uint8_t value);
uint8_t world_load(struct world *w, uint64_t va);

// A file of SIZE bytes in the temporary directory; byte i is world_byte(i).
const char *world_file(struct world *w, const char *name, uint64_t size);
uint8_t world_byte(uint64_t offset);
// A byte of a file as the host sees it.
uint8_t world_file_byte(const char *path, uint64_t offset);

// The seed of a random test: TW_SEED or DEFAULT; printed.
uint64_t world_seed(uint64_t fallback);
// The same, another one in each run unless TW_SEED is given.
uint64_t world_fresh_seed(void);
struct tw_kernel_stats world_stats(struct world *w);

#endif
