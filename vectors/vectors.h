// SPDX-License-Identifier: Apache-2.0
// Translation vectors (RVW1 and X86W1, docs/vectors.md): cases of page tables and accesses in text,
// run on one back end, one line of result for each access. The way in: vec_run() below. The files:
//   reader.c     lines and words of a plain or gzip file
//   words.c      numbers and keys of one line
//   parse.c, parse_acc.c   words -> one struct vec_dir for each line, all syntax errors
//   exec.c       cases, memory, results: what both families share
//   exec_riscv.c, exec_x86.c   control state and fences of each family
//   arch.c       back end: the architecture, no TLB
//   hw.c         back end: anything behind twinwalk/hw.h
// Invariants: bad input ends the run with FILE:LINE and what was expected, and never reaches a back
// end; a case does not depend on the cases before it.
#ifndef TW_VECTORS_H
#define TW_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../host/status.h"
#include "twinwalk/arch.h"
#include "twinwalk/hw.h"
#include "twinwalk/pmem.h"

// What one access did. Reads are distinct entries in the order of their first read, updates are
// distinct entries with the value before the first change and after the last.
enum { VEC_TOUCHED_MAX = 16 };
struct vec_result {
	struct tw_resp resp;
	unsigned int reads, updates;
	struct {
		uint64_t addr;
		bool failed;
	} read[VEC_TOUCHED_MAX];
	struct {
		uint64_t addr, old, desired;
	} update[VEC_TOUCHED_MAX];
};

// Adds to a result; more than VEC_TOUCHED_MAX are left out.
void vec_add_read(struct vec_result *res, uint64_t addr, bool failed);
void vec_add_update(struct vec_result *res, uint64_t addr, uint64_t old, uint64_t desired);

// A back end. Calls return 0 or a negative errno: -EIO for a difference, -ETIMEDOUT for no answer.
// All work on the struct tw_pmem that vec_run() is given.
struct vec_hw {
	void *self;
	const char *name; // as given to --hw
	bool (*has)(void *self, const struct tw_format_desc *format);
	int (*set_ctx)(void *self, const struct tw_ctx *ctx);
	int (*fence)(void *self, const struct tw_fence *fence);
	int (*access)(void *self, const struct tw_req *req, struct vec_result *res);
	const char *(*error)(void *self);
};

// The architecture. *state belongs to the caller and must outlive *vh.
struct vec_arch {
	struct tw_pmem *pm;
	struct tw_ctx ctx;
};
void vec_arch_init(struct vec_arch *state, struct tw_pmem *pm, struct vec_hw *vh);

// Hardware behind twinwalk/hw.h, created by the caller on the same memory, name as in --hw.
struct vec_machine {
	struct tw_hw *hw;
	struct vec_result *res;
};
void vec_machine_init(struct vec_machine *state, struct tw_hw *hw, struct vec_hw *vh);

struct vec_opts {
	bool no_rd; // leave the field rd out
};

// Runs a file and writes the results to OUT. TW_BAD_INPUT, TW_DIFFERENCE (the back end found one,
// or does not answer), TW_SYSTEM: a text is in err, one line without newline; the results of the
// accesses before are complete.
enum tw_status vec_run(const char *path, struct tw_pmem *pm, const struct vec_hw *vh,
		       const struct vec_opts *opts, FILE *out, char *err, size_t errlen);

#endif
