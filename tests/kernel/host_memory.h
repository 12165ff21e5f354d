// SPDX-License-Identifier: Apache-2.0
// Makes allocations of host memory fail, for tests linked with host_memory.c and the linker's
// --wrap (CMakeLists.txt). What libc allocates by itself is not concerned.
#ifndef HOST_MEMORY_H
#define HOST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

// Lets N more allocations succeed, then fails one; UINT64_MAX: none.
void host_memory_fail_after(uint64_t n);
// True if the one that was to fail has been asked for. Nothing fails from now on.
bool host_memory_failed(void);

#endif
