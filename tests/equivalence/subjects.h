// SPDX-License-Identifier: Apache-2.0
// Who is tested format by format: the cycle model with every format, with and without the parts
// that may be missing, and with narrow addresses; and every device of every named configuration
// whose RTL is built, with the formats that it has.
#ifndef TW_TESTS_SUBJECTS_H
#define TW_TESTS_SUBJECTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pin_bench.h"

enum { FORMATS = 16 };

// The state of a test is one of these.
struct subject {
	enum tw_device_mode mode;
	const struct tw_config *config;
};

// The format of this code, if the subject has it; else NULL.
const struct tw_format_desc *subject_format(void *const *state, unsigned int format);

// An address with another index at each level; the entries of a root that is loaded have bits
// 31:30.
uint64_t subject_va(const struct tw_format_desc *f);

// A bench on the subject whose large pages and updates of A and D are on.
void subject_open(struct bench *b, void *const *state, unsigned int latency);

// Runs the tests on all of them; the number of those that failed.
int subjects_run(struct CMUnitTest *tests, size_t n);

#define SUBJECT_TEST(f) cmocka_unit_test_prestate(f, NULL)

#endif
