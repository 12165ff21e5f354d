// SPDX-License-Identifier: Apache-2.0
// A process: an address space and its counts. Invariant: the running process has a live ASID and
// its root in the hardware.
#ifndef TW_SYS_H
#define TW_SYS_H

#include <bsd/sys/queue.h>

#include "vm/vm.h"

struct tw_proc {
	LIST_ENTRY(tw_proc) link;
	struct tw_kernel *k;
	struct tw_mm *mm;
	uint32_t pid;
	uint64_t minor, major; // faults
};

// Begins a system call of a process; and its end, where the daemon gets its chance.
void tw_syscall_enter(struct tw_kernel *k);
void tw_syscall_exit(struct tw_kernel *k);

#endif
