// SPDX-License-Identifier: Apache-2.0
// What the tests of system calls start from: one process, and a file of 16 pages opened in three
// ways.
#ifndef CALLS_H
#define CALLS_H

#include "world.h"

#include "kern.h"
#include "sys/sys.h"
#include "vm/vm.h"

#define A UINT64_C(0x40000000)

enum { ANON = TW_MAP_PRIVATE | TW_MAP_ANONYMOUS, FIXED = ANON | TW_MAP_FIXED };

extern struct world w;
extern struct tw_proc *p;
extern struct tw_file *rdwr, *rdonly, *wronly;

int calls_setup(void **state);
// Verifies all invariants.
int calls_teardown(void **state);

#define TEST(f) cmocka_unit_test_setup_teardown(f, calls_setup, calls_teardown)

// mmap of anonymous memory.
int64_t map(uint64_t addr, uint64_t len, uint32_t prot, uint32_t flags);

// "start+pages:prot ..." relative to A, in pages.
const char *regions(void);

#endif
