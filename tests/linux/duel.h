// SPDX-License-Identifier: Apache-2.0
// The kernel and the Linux at hand side by side, and the comparison of what they show of the arena
// and of the heap.
#ifndef DUEL_H
#define DUEL_H

#include "world.h"

#include "host.h"

// What begins in the arena or in the heap is at most LONGEST pages long, and seen to its end.
enum { LONGEST = 12, PAGES = 64, HEAP = 36, SPACE = PAGES + HEAP };
enum { FILE_PAGES = 12, MODES = 3, CALLS = 5000 };
// Where nothing of a program lies, with a sanitizer neither.
#define ARENA UINT64_C(0x200000000000)
#define HI    ((UINT64_C(1) << 47) - PAGE)

// What one side shows of a page.
struct shown {
	bool mapped, shared, object, more; // more: the next page is of the same region
	uint32_t prot;
	uint64_t offset;
};

struct duel {
	struct world w;
	struct tw_proc *p;
	struct host *host;
	uint64_t rng, brk;
	struct tw_file *file[MODES]; // by TW_O_*
	int fd[MODES];
	uint32_t prots;	 // what a file may be mapped for
	bool stores;	 // pages are touched
	bool is_current; // the host's mremap is that of 6.17
	unsigned int op;
	char call[160];
	struct shown ours[SPACE], theirs[SPACE];
	uint64_t done, refused, signals;
};

#define CALL(d, ...) snprintf((d)->call, sizeof((d)->call), __VA_ARGS__)

unsigned int pick(struct duel *d, unsigned int n);
// Ends the test.
__attribute__((noreturn, format(printf, 2, 3))) void differ(struct duel *d, const char *format,
							    ...);

// The address of page I: first those of the arena, then those of the heap.
uint64_t page_address(const struct duel *d, unsigned int i);
void compare_regions(struct duel *d);

#endif
