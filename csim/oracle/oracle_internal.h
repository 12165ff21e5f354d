// SPDX-License-Identifier: Apache-2.0
// What the files of the oracle share. Time is a sequence number: every call of the public interface
// is one later than the call before, so that the order within a cycle is kept; cycles are carried
// along for the texts. Invariants: o->fences is sorted by begin; a word's versions are sorted by
// from and the last one is current; o->live holds every request that may still be answered.
#ifndef TW_CSIM_ORACLE_INTERNAL_H
#define TW_CSIM_ORACLE_INTERNAL_H

#include "twinwalk/oracle.h"

#include "../arch/internal.h"
#include "oracle_rules.h"

#define TW_OR_NEVER UINT64_MAX

// One value of a word: it could be read from `from` to `to`, both included.
struct tw_or_version {
	uint64_t value;
	uint64_t from, to;
	uint64_t from_cycle, to_cycle;
};

struct tw_or_word {
	uint64_t addr;
	struct tw_or_version *v; // NULL: free slot of the table
	uint32_t n, cap;
	uint64_t lost; // versions that ended before this were forgotten; 0: none
	// With reads_told: when it was read. Of reads between which nothing ended that could end
	// the use of what was read, the last.
	uint64_t *read;
	uint32_t reads, read_cap;
	uint64_t read_epoch; // o->epoch at the last
	uint64_t reads_lost; // reads up to then were forgotten; 0: none
};

struct tw_or_fence {
	struct tw_fence scope;
	uint64_t begin, end; // end: TW_OR_NEVER while it is open
	uint64_t drained;    // when the last request accepted before end was answered; or NEVER
	uint64_t begin_cycle, end_cycle;
	uint64_t excused; // o->excused at its begin
	bool named;	  // as overdue
};

// A root that was in force: from..to, and walks of requests accepted under it read until drained.
struct tw_or_root {
	struct tw_ctx
		ctx; // format, asid, root_ppn, and what else says where the tables are; rest 0
	uint64_t from, to, drained;
};

// Control flags that decide how an entry is read (not those that are applied to every hit).
#define TW_OR_MODE_FLAGS                                                                       \
	((uint32_t)(TW_F_ADUE | TW_F_PBMTE | TW_F_SVNAPOT | TW_F_SVRSW | TW_F_NXE | TW_F_PGE | \
		    TW_F_GBPAGES | TW_F_PSE))

struct tw_or_mode {
	uint32_t flags;
	uint8_t maxphyaddr;
	uint64_t from, to;
};

enum tw_or_fate { TW_OR_ANSWERED, TW_OR_CANCELLED };

struct tw_or_request {
	struct tw_req req;
	struct tw_ctx ctx;
	unsigned int port;
	uint32_t id;
	uint64_t accept, cycle;
	uint64_t excused; // o->excused at its acceptance
	bool named;	  // as overdue
	uint64_t begin; // reads of its walk lie at or after this: accept, or that of a joined walk
	uint64_t horizon; // versions that ended before this are outlawed for it in every way
	uint8_t order;	  // bit in the masks of its (port, id)
	bool fixed; // an answer of this (port, id) was assigned for good though it was unclear
	bool answered;
	uint64_t fits;	      // answered: the requests that this answer could also belong to
	enum tw_or_fate fate; // when past
	uint64_t past_cycle;
};

struct tw_or_error {
	uint64_t addr, at, cycle;
};

enum { TW_OR_READS = 1024 }; // of one word
// Requests that left. As long as memory takes nothing, hits may be answered, two in a cycle, and
// the walk of a cancelled request still read.
enum { TW_OR_PAST = 512 };
enum { TW_OR_MODES = 512, TW_OR_ERRORS = 4096, TW_OR_SAME_ID = 64 };

struct tw_oracle {
	struct tw_oracle_opts opts;
	struct tw_oracle_stats stats;
	struct tw_ctx ctx;
	uint64_t now, cycle;
	uint64_t excused;      // cycles that count for no bound
	uint64_t horizon;      // begin of the newest completed fence of everything
	uint64_t fences_lost;  // what ended before this may be outlawed by a forgotten fence
	uint64_t epoch;	       // counts what ended: fences and roots drained
	uint64_t reads_lost;   // reads of words that were forgotten, up to then
	uint64_t history_lost; // words may have had other values before this
	uint64_t roots_lost, modes_lost, errors_lost;
	struct tw_or_word *word; // open addressing, a power of two
	size_t words, word_cap;
	size_t versions;
	struct tw_or_fence *fence;
	size_t fences, fence_cap;
	uint64_t fence_base; // id of fence[0]
	size_t open_fences;
	size_t undrained_fences, undrained_roots; // ended and not drained
	struct tw_or_root *root;
	size_t roots, root_cap;
	struct tw_or_mode mode[TW_OR_MODES];
	size_t modes;
	struct tw_or_error *error;
	size_t errors;
	struct tw_or_error last_error; // at 0: there was none
	struct tw_or_request *live;
	size_t lives, live_cap;
	struct tw_or_request past[TW_OR_PAST]; // ring
	size_t pasts;			       // entries ever put in
};

// --- oracle_flight.c: time and requests

// The cycles since CYCLE that count for a bound, EXCUSED being those that did not count until then.
uint64_t tw_or_waited(const struct tw_oracle *o, uint64_t cycle, uint64_t excused);
// One call further. False: the cycle goes back.
bool tw_or_tick(struct tw_oracle *o, uint64_t cycle);
bool tw_or_same_group(const struct tw_or_request *r, unsigned int port, uint32_t id);
// Takes out the group if it is answered (or what is answered of it, with FORCE).
void tw_or_retire_answered(struct tw_oracle *o, unsigned int port, uint32_t id, bool force);

// --- oracle_history.c: words and versions

// Memory as it could be read at one address, a multiple of 8.
struct tw_or_view {
	const struct tw_or_version *v; // oldest first
	uint32_t n;		       // 0: a bus error
	uint64_t lost;
	const struct tw_or_word *word; // NULL: without history
	struct tw_or_version one;      // storage for a word without history
};

int tw_or_write(struct tw_oracle *o, uint64_t addr, uint64_t old, uint64_t value);
// The word was read now. With reads_told only.
int tw_or_note_read(struct tw_oracle *o, uint64_t addr);
// The last time from FROM to TO at which the word was read; 0: it was not. *lost is set if a read
// that was forgotten may have been later.
uint64_t tw_or_last_read(const struct tw_oracle *o, const struct tw_or_view *view, uint64_t from,
			 uint64_t to, bool *lost);
int tw_or_view(struct tw_oracle *o, uint64_t addr, struct tw_or_view *view);
// Nothing that ended before this is usable for any request, present or future.
uint64_t tw_or_dead_before(const struct tw_oracle *o);
uint64_t tw_or_oldest_accept(const struct tw_oracle *o);
void tw_or_history_clear(struct tw_oracle *o);

// --- oracle_scope.c: fences, roots, modes

int tw_or_fence_add(struct tw_oracle *o, const struct tw_fence *scope, uint64_t *id);
int tw_or_fence_close(struct tw_oracle *o, uint64_t id);
// Copies what says where the tables are.
void tw_or_take_root(struct tw_ctx *to, const struct tw_ctx *from);
int tw_or_ctx_set(struct tw_oracle *o, const struct tw_ctx *ctx);
// To be called when a request leaves o->live and when a fence or root ends.
void tw_or_drain(struct tw_oracle *o);
// The first fence that began after `at`, as an index; o->fences if there is none.
size_t tw_or_fence_after(const struct tw_oracle *o, uint64_t at);
// Whether a fence covers a cached leaf of this size that translates va under ctx.
bool tw_or_covers_leaf(const struct tw_or_fence *f, const struct tw_ctx *ctx, uint64_t va,
		       unsigned int log2_pages, bool global);

// --- oracle_search.c: is there a walk?

enum tw_or_goal {
	TW_OR_TRANSLATION,
	TW_OR_PAGE_FAULT,
	TW_OR_ACCESS_FAULT,
	TW_OR_UPDATE,
	TW_OR_READ
};

// What a search ignores, to find out what is wrong with an answer that is not allowed.
enum {
	TW_OR_ANY_FENCE = 1,
	TW_OR_ANY_ASID = 2,
	TW_OR_ANY_AD = 4,
	TW_OR_ANY_TIME = 8,   // of faults
	TW_OR_ANY_ORDER = 16, // of the reads of a walk that faults
	TW_OR_ANY_READ = 32   // also entries that were not read
};

struct tw_or_step {
	uint64_t addr, entry;
	struct tw_or_version version; // of the word in which the entry lies
	uint32_t back;		      // versions of the word that are newer
	uint64_t read;		      // the latest time at which it can have been read
	uint8_t level;
	bool global;
	bool bus_error;
};

struct tw_or_search {
	struct tw_oracle *o;
	const struct tw_or_request *r;
	enum tw_or_goal goal;
	const struct tw_resp *want;
	unsigned int relax;
	uint64_t addr; // TW_OR_UPDATE, TW_OR_READ: the word
	uint64_t old, value;
	uint32_t max_back; // entries that many versions old in all, and no older; 0: any
	// Result: found, by which walk; or not found, and whether something was left out.
	bool found, lost, exhausted;
	unsigned int depth;
	struct tw_or_step step[TW_ORACLE_ENTRIES];
	struct tw_ctx ctx; // the root walked, and flags as decoded
	// With TW_OR_ANY_FENCE: the fence that outlaws the walk found, and the step; NULL if none.
	const struct tw_or_fence *fence;
	unsigned int outlawed;
	// Private.
	bool walked;
	uint32_t back; // of the steps so far, together
	uint64_t steps;
	const struct tw_or_rules *rules; // of the root walked
	uint8_t ends;			 // levels at which the walk may end, bit by level
};

// Result and counters are set anew.
void tw_or_find(struct tw_or_search *s);

// The walk that the newest entries give now.
struct tw_or_newest {
	struct tw_resp resp;
	bool update;		   // A or D would have to be set first
	bool none;		   // there is no entry: the root itself faults
	unsigned int depth, stale; // stale: the first step whose A or D would be set, with update
	struct tw_or_step step[TW_ORACLE_ENTRIES];
	struct tw_walk_state ws; // at the last entry
};
// As if the bits of FLIP were inverted in the entry at AT.
void tw_or_walk_newest(struct tw_oracle *o, const struct tw_ctx *ctx, const struct tw_req *req,
		       uint64_t at, uint64_t flip, struct tw_or_newest *n);

// True if the request needs no table; *want is then the answer, of two that BEYOND_FREE allows the
// fault.
bool tw_or_direct(const struct tw_oracle *o, const struct tw_ctx *ctx, const struct tw_req *req,
		  struct tw_resp *want);
// Whether a response to such a request is right.
bool tw_or_direct_fits(const struct tw_oracle *o, const struct tw_ctx *ctx,
		       const struct tw_req *req, const struct tw_resp *resp);

// True if the response equals WANT in every field that is checked.
bool tw_or_same(const struct tw_oracle *o, const struct tw_resp *want, const struct tw_resp *resp);

// --- oracle_text.c: why not?

void tw_or_blame(struct tw_oracle *o, const struct tw_or_request *r, const struct tw_resp *resp,
		 struct tw_oracle_verdict *v);
void tw_or_blame_overdue(const struct tw_oracle *o, const struct tw_or_request *r,
			 const struct tw_or_fence *f, uint64_t wait, struct tw_oracle_verdict *v);
void tw_or_blame_unasked(struct tw_oracle *o, unsigned int port, uint32_t id,
			 const struct tw_resp *resp, struct tw_oracle_verdict *v);
void tw_or_blame_read(struct tw_oracle *o, uint64_t addr, uint64_t value,
		      struct tw_oracle_verdict *v);
void tw_or_blame_update(struct tw_oracle *o, uint64_t addr, uint64_t old, uint64_t value,
			struct tw_oracle_verdict *v);

#endif
