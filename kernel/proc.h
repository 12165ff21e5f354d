// SPDX-License-Identifier: Apache-2.0
// A process: an address space and its counts. Invariant: the running process has a live ASID and
// its root in the hardware.
#ifndef TW_PROC_H
#define TW_PROC_H

#include <bsd/sys/queue.h>

#include "mm.h"

struct tw_proc {
	LIST_ENTRY(tw_proc) link;
	struct tw_kernel *k;
	struct tw_mm *mm;
	uint32_t pid;
	uint64_t minor, major; // faults
};

// fork.c: copies regions and entries of PARENT into the empty CHILD. On an error the caller
// destroys CHILD.
int tw_mm_fork(struct tw_mm *parent, struct tw_mm *child);

// Begins a system call of a process; and its end, where the daemon gets its chance.
void tw_syscall_enter(struct tw_kernel *k);
void tw_syscall_exit(struct tw_kernel *k);

#endif
