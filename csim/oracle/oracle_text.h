// SPDX-License-Identifier: Apache-2.0
// Words for what the oracle speaks of: responses, entries, fences, requests. Fields that the
// hardware does not report are left out. Invariant: a line never overflows its buffer; what does
// not fit is cut off.
#ifndef TW_CSIM_ORACLE_TEXT_H
#define TW_CSIM_ORACLE_TEXT_H

#include "oracle_internal.h"

typedef unsigned long long tw_ull; // for printf()

struct tw_or_line {
	char *buf;
	size_t len, at;
};

__attribute__((format(printf, 2, 3))) void tw_or_put(struct tw_or_line *l, const char *fmt, ...);
void tw_or_put_resp(struct tw_or_line *l, const struct tw_oracle *o, const struct tw_resp *resp);
void tw_or_put_entry(struct tw_or_line *l, const struct tw_oracle_entry *e);
void tw_or_put_step(struct tw_or_line *l, const struct tw_or_step *s);
// The scope of a fence and when it came; and when it was done.
void tw_or_put_scope(struct tw_or_line *l, const struct tw_or_fence *f);
void tw_or_put_fence(struct tw_or_line *l, const struct tw_or_fence *f);
// A request; and with what it was answered, up to a colon.
void tw_or_put_asked(struct tw_or_line *l, const struct tw_or_request *r);
void tw_or_put_answered(struct tw_or_line *l, const struct tw_oracle *o,
			const struct tw_or_request *r, const struct tw_resp *resp);
// The last step of a walk, and which check its entry fails.
void tw_or_put_end(struct tw_or_line *l, const struct tw_or_newest *n, const struct tw_ctx *ctx,
		   const struct tw_req *req);

#endif
