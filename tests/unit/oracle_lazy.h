// SPDX-License-Identifier: Apache-2.0
// A machine that is as lazy as the architecture lets it be: it caches every pointer and every
// translation it reads, drops them at random and when a fence demands it, walks from any cached
// pointer, answers from any cached translation, and takes its time between two reads. It knows
// nothing of versions: it holds what it read. Invariant: unless a rule is broken, it does what the
// manuals allow.
#ifndef TW_TEST_ORACLE_LAZY_H
#define TW_TEST_ORACLE_LAZY_H

#include "oracle_random.h"

enum { ITEMS = 128, REQUESTS = 8, FENCES = 512 };

enum rule {
	NO_RULE,
	SUPERPAGE_BY_BASE, // a fence by address finds a superpage only by its first 4 KB (P09)
	GLOBAL_SURVIVES,   // no fence drops global translations (P08)
	ASID_IGNORED,	   // hits under any ASID (P05, P17)
	REFILL_SURVIVES,   // what a walk in flight fills is not touched by the fence (P07)
	POINTERS_SURVIVE,  // no fence drops cached pointers
	ADDRESS_IGNORED,   // fences by address drop nothing
	DIRTY_IGNORED,	   // stores hit translations without D
	FAULT_FROM_CACHE,  // a cached translation without the right faults
	RIGHTS_FROM_LEAF,  // x86: cached pointers forget the rights above
	FENCE_LATE,	   // a fence acts on requests accepted some time after its done
	RULES
};

// A pointer or a translation that was read. time: of the oldest read in it that counts; limit: the
// requests accepted before it may use it.
struct item {
	bool valid, global;
	uint16_t asid;
	uint64_t va, time, leaf_time, limit;
	uint64_t ppn;
	uint8_t size;		   // translation
	struct tw_rights rights;   // translation
	struct tw_walk_state next; // pointer
};

struct pending {
	bool valid, walking, from_root;
	uint32_t id;
	struct tw_req req;
	struct tw_ctx ctx;
	uint64_t accept, time;
	uint64_t table;
	struct tw_walk_state ws;
};

struct past_fence {
	struct tw_fence scope;
	uint64_t begin, end;
};

struct lazy {
	struct fx *f;
	struct gen g;
	enum rule broken;
	bool x86, fencing;
	bool tells; // the oracle is told of its reads
	uint64_t now;
	struct item tlb[ITEMS], pointer[ITEMS];
	struct pending pending[REQUESTS];
	struct past_fence fence[FENCES];
	unsigned int fences;
	struct tw_fence open;
	uint64_t begin;
	// What happened.
	uint64_t hits, walks, faults, updates;
	bool caught;
};

// A new machine, with an oracle and random tables. To be ended with fx_done(m->f).
void lazy_create(struct lazy *m, enum tw_format format, enum rule broken, uint64_t seed,
		 bool tells);

// One thing happens. m->caught: the oracle objects to it.
void lazy_step(struct lazy *m);

#endif
