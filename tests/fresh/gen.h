// SPDX-License-Identifier: Apache-2.0
// The kinds of cases, for the table in gen.c. The number of a case selects among its parameters.
#ifndef TW_TESTS_FRESH_GEN_H
#define TW_TESTS_FRESH_GEN_H

#include "fresh.h"

unsigned long gen_low_strata(const struct fresh_shape *s);
unsigned long gen_low_cases(const struct fresh_shape *s);
unsigned long gen_ones_strata(const struct fresh_shape *s);
unsigned long gen_ones_cases(const struct fresh_shape *s);

void gen_tree(struct fresh_case *c);
void gen_low(struct fresh_case *c);
void gen_ones(struct fresh_case *c);
void gen_alias(struct fresh_case *c);
void gen_edge(struct fresh_case *c);
void gen_fence(struct fresh_case *c);
void gen_weak(struct fresh_case *c);
void gen_rights(struct fresh_case *c);

#endif
