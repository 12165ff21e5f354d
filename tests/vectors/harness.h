// SPDX-License-Identifier: Apache-2.0
// What the tests of the vectors share: running a text, on the architecture or on a given back end,
// and comparing results or the message. Brings cmocka.h along.
#ifndef TW_TESTS_VECTORS_HARNESS_H
#define TW_TESTS_VECTORS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>

#include "../../vectors/vectors.h"

// The file of the last run (removed), its message, its results.
extern char vt_path[64], vt_err[512], *vt_out;

int vt_teardown(void **state);

// Makes the file.
void vt_write_file(const char *text, size_t len);

// Runs a text on a back end; or LEN bytes on the architecture.
enum tw_status vt_run_on(struct tw_pmem *pm, const struct vec_hw *vh, const char *text,
			 size_t text_len, bool no_rd);
enum tw_status vt_run_bytes(const char *text, size_t len);

// Runs a text that must succeed with RESULTS; or fail with "FILE" followed by MESSAGE.
void vt_expect(const char *text, const char *results);
void vt_expect_bad(const char *text, const char *message);
void vt_expect_bad_bytes(const char *text, size_t len, const char *message);

// Sv39: a 1 GB page at 0x40000000 for VA 0, table at 80000000.
#define RV  "case a\nxlen 64\nram 80000000 80001000\n"
#define GB  "mem 80000000 100000cf\nsatp 8000000000080000\n"
#define X86 "case a\nmode long4\nmaxphyaddr 46\n"
#define MAP "mem 1000 2027\nmem 2000 3027\nmem 3000 4027\nmem 4000 5067\ncr3 1000\n"

#endif
