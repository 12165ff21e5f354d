// SPDX-License-Identifier: Apache-2.0
// The fault handler. Each fault ends in exactly one of: the access can be retried, a signal, an
// error of the system (no memory, device, hardware) after which nothing has changed.
#ifndef TW_FAULT_H
#define TW_FAULT_H

#include <stdint.h>

#include "kernel.h"

struct tw_mm;

// Handles a fault of ACCESS at VA. 0: retry; -EFAULT: signal in *sig; other errors:
// tw_kernel_error(). *kind (may be NULL): what it was; counted in the kernel's statistics.
int tw_fault(struct tw_mm *mm, enum tw_access access, uint64_t va, struct tw_signal *sig,
	     enum tw_fault_kind *kind);

// True for the kinds that waited for a device.
bool tw_fault_major(enum tw_fault_kind kind);

#endif
