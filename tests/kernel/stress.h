// SPDX-License-Identifier: Apache-2.0
// Random calls of several processes in little memory: the state of a run, and the calls, each of
// which compares its result and what it leaves behind with the reference (linux_mm.h). What differs
// ends the test with the call's number and arguments.
#ifndef STRESS_H
#define STRESS_H

#include "world.h"

#include "linux_mm.h"

enum { PROCS = 4, FILES = 3, FILE_PAGES = 24, FILE_MOST = 32, MODES = 3 };

// User space is 128 pages, under two entries of every level.
#define LO ((UINT64_C(1) << 30) - 64 * PAGE)
#define HI (LO + LM_PAGES * PAGE)

struct proc {
	struct tw_proc *p;
	struct lm_mm mm;
};

struct file {
	char path[128];
	struct lm_object *object;
	struct tw_file *open[MODES]; // by TW_O_*
};

// What there is to call, for counting what came of it.
enum call {
	CALL_MMAP,
	CALL_MUNMAP,
	CALL_MPROTECT,
	CALL_MREMAP,
	CALL_MADVISE,
	CALL_BRK,
	CALL_FORK,
	CALL_EXIT,
	CALL_MSYNC,
	CALL_SYNC,
	CALL_OPEN,
	CALL_GROW,
	CALL_ACCESS,
	CALL_CROSS,
	CALL_SWITCH,
	CALLS
};
enum result { DONE, REFUSED, SHORT, RESULTS };

struct stress {
	struct world w;
	struct proc proc[PROCS];
	struct file file[FILES];
	struct lm_object *objects;
	uint64_t rng;
	struct lm_rights implied;
	bool fail_host_memory, failed;
	unsigned int op;
	char call[160]; // the last one, for a report
	uint64_t count[CALLS][RESULTS];
};

#define CALL(s, ...) snprintf((s)->call, sizeof((s)->call), __VA_ARGS__)

unsigned int pick(struct stress *s, unsigned int n);
// Ends the test.
__attribute__((noreturn, format(printf, 2, 3))) void broken(struct stress *s, const char *format,
							    ...);

// Arguments: now and then such as no sane program gives.
uint64_t wild(struct stress *s);
uint64_t address(struct stress *s);
uint64_t length(struct stress *s, unsigned int most);
// The page of an access: every other time one of those that are in fashion, so that processes meet;
// mostly a mapped one.
unsigned int page_of(struct stress *s, const struct proc *h);

// Stand around a call in which an allocation of host memory may fail; s->failed says whether it
// did.
void before(struct stress *s);
void after(struct stress *s);

// Takes over what the reference expects, if that is what happened; a shortage of memory may happen
// instead and has changed nothing.
bool settle(struct stress *s, struct proc *h, enum call call, int64_t got, int64_t want,
	    const struct lm_mm *after, bool may_be_short);
void compare_regions(struct stress *s, struct proc *h);
// A private page of a file may become a copy before it is stored to: by MAP_POPULATE, or by a store
// that fails in its other part. From then on it does not show the file.
void take_copies(struct proc *h);

// Where the cells of a page lie in it.
enum { HEAD = 0, MID = 16, TAIL = PAGE - 4 };
struct lm_cells cells_of(const uint8_t *page);
bool same_cells(struct lm_cells a, struct lm_cells b);
// What was written back is in the real file: pages [first, end).
void compare_file(struct stress *s, const struct file *f, uint64_t first, uint64_t end);

// The calls.
void op_mmap(struct stress *s, struct proc *h);
void op_munmap(struct stress *s, struct proc *h);
void op_mprotect(struct stress *s, struct proc *h);
void op_mremap(struct stress *s, struct proc *h);
void op_madvise(struct stress *s, struct proc *h);
void op_brk(struct stress *s, struct proc *h);
void op_msync(struct stress *s, struct proc *h);
void op_fork(struct stress *s, struct proc *h);
void op_exit(struct stress *s, struct proc *h);
void new_proc(struct stress *s, struct proc *h);
void op_sync(struct stress *s);
void op_open_or_close(struct stress *s);
void op_grow(struct stress *s);
void op_access(struct stress *s, struct proc *h);
void op_cross(struct stress *s, struct proc *h);
void op_switch(struct stress *s, struct proc *h);

#endif
