// SPDX-License-Identifier: Apache-2.0
// The cause of a response that is not allowed: found by oracle_cause.c, put into words by
// oracle_blame.c.
#ifndef TW_CSIM_ORACLE_CAUSE_H
#define TW_CSIM_ORACLE_CAUSE_H

#include "oracle_internal.h"

enum { TW_OR_FLAGS = 12 }; // of enum tw_flag

enum tw_or_because {
	TW_OR_BY_NOTHING, // no change that was tried explains it
	TW_OR_BY_UPDATE,  // A or D is not set
	TW_OR_BY_READ,	  // an entry was not read
	// The newest entries would give it ...
	TW_OR_BY_FLAG,	  // with this control flag inverted
	TW_OR_BY_PHYS,	  // with this MAXPHYADDR
	TW_OR_BY_SUM,	  // with this SUM
	TW_OR_BY_MXR,	  // with this MXR
	TW_OR_BY_ACCESS,  // for this access
	TW_OR_BY_PRIV,	  // in this mode
	TW_OR_BY_CHECK,	  // without the check that the last entry fails
	TW_OR_BY_SPACE,	  // in this ASID
	TW_OR_BY_ADDRESS, // for the VA with this bit inverted
	TW_OR_BY_REQUEST, // for another request
	// Older entries would give it ...
	TW_OR_BY_AGE,	     // as they were
	TW_OR_BY_ORDER,	     // one after the other while the request is in flight, in any order
	TW_OR_BY_OLD_UPDATE, // if A and D were set
	TW_OR_BY_OLD_SPACE,  // in another ASID
};

// What was answered to what.
struct tw_or_answer {
	struct tw_oracle *o;
	const struct tw_or_request *r;
	const struct tw_resp *resp;
	// Set by tw_or_find_cause(): what the newest entries give, and how it differs.
	struct tw_or_newest now;
	enum tw_oracle_reason reason;
};

struct tw_or_cause {
	int price;
	enum tw_or_because because;
	enum tw_oracle_reason reason;
	uint64_t what;
	// The walk of newest entries that explains it, and its circumstances.
	struct tw_or_newest n;
	struct tw_ctx ctx;
	struct tw_req req;
	struct tw_or_request other; // TW_OR_BY_REQUEST
	struct tw_or_search s;	    // older entries
};

// The request is translated, and its address is canonical.
void tw_or_find_cause(struct tw_or_answer *a, struct tw_or_cause *best);

// Looks for an entry that maps the answered page: first in the tables of the walk, then in all that
// was ever written. Its level is that of a leaf of the answered size.
bool tw_or_find_page(const struct tw_or_answer *a, struct tw_or_step *found);

// The first checked field that differs.
enum tw_oracle_reason tw_or_difference(const struct tw_oracle *o, const struct tw_resp *want,
				       const struct tw_resp *resp);

#endif
