// SPDX-License-Identifier: Apache-2.0
// The oracle: architecture plus history. It is told what happens around an MMU (control state,
// writes to page tables, fences, requests, cancels) and says of each response whether the
// architecture allows it. A translation cache may answer from any version of an entry that no
// completed fence has outlawed, so more than one answer can be right: the oracle accepts exactly
// those, rejects every other, and names the entries and versions that justify or forbid it.
// docs/oracle.md states the rules and their sources.
//
// Invariants: no TLB is modelled and no timing of any hardware is assumed, except that a request
// accepted after a fence's done must not use what that fence outlaws. An answer is never accepted
// because something was forgotten or the search was cut short: that is TW_ORACLE_UNDECIDED, and
// counted. Single-threaded; several oracles may live in one process.
//
// Order: calls are made in the order in which things happen. `cycle` must not go back from call to
// call (-EINVAL); of things in one cycle, the order of the calls counts. Within a cycle, the order
// that is exact for docs/contract.md: software writes, control state that is in force, fence done,
// responses, cancels, requests, fence accepted, the walkers' memory transactions.
//
// Functions return 0, or a negative errno and then nothing has happened: -EINVAL, -ENOMEM, and as
// stated.
#ifndef TWINWALK_ORACLE_H
#define TWINWALK_ORACLE_H

#include "twinwalk/arch.h"
#include "twinwalk/hw.h"
#include "twinwalk/membus.h"
#include "twinwalk/mmu.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_oracle;

// Response fields that the hardware does not report: they are not compared.
enum tw_oracle_field {
	TW_ORACLE_SIZE = 1u << 0,
	TW_ORACLE_GLOBAL = 1u << 1,
	TW_ORACLE_ATTR = 1u << 2,
	TW_ORACLE_TVAL = 1u << 3,
	TW_ORACLE_CAUSE = 1u << 4,
};

// What becomes of an untranslated address (bare, machine mode) that is wider than pa_bits.
enum tw_oracle_beyond {
	TW_ORACLE_BEYOND_FAULT, // an access fault
	TW_ORACLE_BEYOND_CUT,	// the upper bits are dropped
	TW_ORACLE_BEYOND_FREE,	// either
};

struct tw_oracle_opts {
	// Memory as it is now: read64 only, required. It is what walkers see: where there is no
	// memory, -EIO if they get a bus error each time, or else the value that they get.
	struct tw_mem mem;
	uint32_t unchecked; // of enum tw_oracle_field

	// false: a fault must follow from a walk from the root whose reads, in order, lie between
	// the request's acceptance and its response. true: also from entries that a cache may
	// still hold, where the architecture lets it (RISC-V: any entry, invalid ones too; x86:
	// rights of present entries only), and from reads of a walk that the request joined.
	bool cached_faults;

	// true: A may be set without a request (speculation; both architectures allow it). D never.
	bool speculative_a;

	// true: tw_oracle_read() is called for every word that a walker reads. An entry then counts
	// only as it was read, and a read for which no request in flight has a use is forbidden.
	bool reads_told;

	// Untranslated addresses: bits of a physical address, up to 56 [56], and what is wider.
	uint8_t pa_bits;
	enum tw_oracle_beyond beyond;

	// Bounds; 0 stands for the default in brackets. What no longer fits is forgotten, oldest
	// first, and what then cannot be decided is undecided.
	size_t max_versions; // remembered versions of all entries together [1 << 18]; 64 or more
	size_t max_fences;   // remembered fences [1 << 16]; 64 or more
	size_t max_roots;    // remembered (format, ASID, root) triples [4096]; 4 or more
	uint64_t max_steps;  // decoded entries and inspected fences per search [1 << 20]

	// Cycles in which a request must be answered and a fence done, those that
	// tw_oracle_excuse() takes out not counted; 0: no bound. See tw_oracle_max_wait().
	uint64_t max_wait;
};

enum tw_oracle_status { TW_ORACLE_ALLOWED, TW_ORACLE_FORBIDDEN, TW_ORACLE_UNDECIDED };

// Why a verdict is not TW_ORACLE_ALLOWED.
enum tw_oracle_reason {
	TW_ORACLE_OK,
	TW_ORACLE_NOT_ASKED,	 // no request with this id was ever accepted on this port
	TW_ORACLE_ANSWERED,	 // the request has its answer
	TW_ORACLE_CANCELLED,	 // the request was cancelled
	TW_ORACLE_PAYLOAD,	 // a field that must be zero is not, or a code has no meaning
	TW_ORACLE_WRONG_TVAL,	 // the fault address is not the request's
	TW_ORACLE_WRONG_CAUSE,	 // a fault of the right kind with another cause or error code
	TW_ORACLE_WRONG_FAULT,	 // a fault of another kind than the entries give
	TW_ORACLE_SPURIOUS,	 // a fault where the entries give a translation
	TW_ORACLE_STALE_FAULT,	 // a fault that only earlier entries give
	TW_ORACLE_MISSED_FAULT,	 // a translation where the entries give a fault
	TW_ORACLE_STALE,	 // only versions that a fence has outlawed give this translation
	TW_ORACLE_WRONG_ASID,	 // it is that of another address space
	TW_ORACLE_WRONG_PAGE,	 // it is the translation of a VA that differs in one bit
	TW_ORACLE_WRONG_REQUEST, // it is the answer to another request in flight
	TW_ORACLE_NOT_UPDATED,	 // A or D should have been set first
	TW_ORACLE_NOT_READ,	 // (reads_told) no walker read an entry that it rests on
	TW_ORACLE_WRONG_PA,	 // other fields of a translation that no versions give
	TW_ORACLE_WRONG_SIZE,
	TW_ORACLE_WRONG_GLOBAL,
	TW_ORACLE_WRONG_ATTR,
	TW_ORACLE_UPDATE_BITS,	  // hardware changed other bits than A and D, or cleared one
	TW_ORACLE_UPDATE_UNASKED, // hardware set A or D for which no request in flight has a use
	TW_ORACLE_READ_UNASKED,	  // hardware read an entry that no request in flight passes
	TW_ORACLE_READ_VALUE,	  // hardware got another value than memory holds
	TW_ORACLE_OVERDUE,	  // no answer, or no end of a fence, within max_wait
	TW_ORACLE_PROTOCOL,	  // (watch) e.g. a fence's done without a fence
	TW_ORACLE_LOST,		  // undecided: history was forgotten
	TW_ORACLE_STEPS,	  // undecided: max_steps was reached
};

enum { TW_ORACLE_ENTRIES = 5, TW_ORACLE_TEXT = 1024 };

// One version of one page-table entry. It was written in cycle `from` (0: before the first that was
// told) and overwritten in cycle `to` (UINT64_MAX: it is the newest).
struct tw_oracle_entry {
	uint64_t addr, value, from, to;
	uint8_t level;
	bool bus_error;
};

struct tw_oracle_verdict {
	bool allowed; // status == TW_ORACLE_ALLOWED
	bool newest;  // allowed, and by the newest versions
	enum tw_oracle_status status;
	enum tw_oracle_reason reason;
	// Allowed: the table walked, and the entries from the root down. None when the answer
	// needs no table.
	uint16_t asid;
	uint64_t root_ppn;
	unsigned int entries;
	struct tw_oracle_entry entry[TW_ORACLE_ENTRIES];
	// Not allowed: one sentence that names the entry, the version, the write or fence, and what
	// the newest versions give. Empty when allowed; see tw_oracle_explain().
	char text[TW_ORACLE_TEXT];
};

struct tw_oracle_stats {
	uint64_t responses, updates, reads; // verdicts of each kind
	uint64_t newest, stale;		    // allowed by the newest versions; only by older ones
	uint64_t forbidden, undecided;
	uint64_t writes, fences, requests, cancels;
	uint64_t versions, roots;			 // remembered now
	uint64_t versions_lost, fences_lost, roots_lost; // forgotten though they might count
	uint64_t untold;		   // memory was found changed though no write was told
	uint64_t longest_wait;		   // of a request that has its answer, in cycles that count
	uint64_t searches, steps, longest; // walks searched for, their steps, and those of one
};

// -EINVAL: no read64, a bound below its minimum, or pa_bits out of range. mem.user must outlive the
// oracle. The state is that after reset: format bare, all else 0.
int tw_oracle_create(const struct tw_oracle_opts *opts, struct tw_oracle **oracle);
void tw_oracle_destroy(struct tw_oracle *o);

// Reset of the hardware: nothing is in flight, nothing is cached, control state as after creation.
// The memory keeps its contents.
int tw_oracle_reset(struct tw_oracle *o, uint64_t cycle);

// Control state from here on: requests accepted later use it. Flushes nothing. -EINVAL for a format
// that arch.h does not translate.
int tw_oracle_ctx(struct tw_oracle *o, uint64_t cycle, const struct tw_ctx *ctx);

// Software changed the 8-byte word at ADDR (a multiple of 8) from OLD to VALUE. To be told of every
// word that is or may become a page-table entry; telling of others does no harm.
int tw_oracle_write(struct tw_oracle *o, uint64_t cycle, uint64_t addr, uint64_t old,
		    uint64_t value);

// The hardware changed an entry (a compare-and-swap that took place). *v: whether it was entitled
// to. The change is recorded in any case.
int tw_oracle_update(struct tw_oracle *o, uint64_t cycle, uint64_t addr, uint64_t old,
		     uint64_t value, struct tw_oracle_verdict *v);

// A walker read the word at ADDR, a multiple of 8, and got VALUE; not for a bus error. Optional:
// says what the walker did, where the calls above leave open when it read. *v: whether a request in
// flight, or one that was cancelled, has a use for it. To be called at the moment at which memory
// served the read; what tw_oracle_update() tells is read too. See reads_told.
int tw_oracle_read(struct tw_oracle *o, uint64_t cycle, uint64_t addr, uint64_t value,
		   struct tw_oracle_verdict *v);

// A read or update of the entry at ADDR was answered with a bus error: it justifies an access fault
// of the requests in flight.
int tw_oracle_bus_error(struct tw_oracle *o, uint64_t cycle, uint64_t addr);

// A fence was accepted; *id names it for the end. Scope as docs/contract.md section 9. Fences may
// overlap.
int tw_oracle_fence_begin(struct tw_oracle *o, uint64_t cycle, const struct tw_fence *fence,
			  uint64_t *id);

// It is done: requests accepted from here on must not use what was read before its begin. -ENOENT:
// no such fence is open.
int tw_oracle_fence_end(struct tw_oracle *o, uint64_t cycle, uint64_t id);

// A request was accepted. Ports and ids are any numbers; up to 64 requests of one (port, id) may be
// in flight (-ENOSPC), their answers come in any order.
int tw_oracle_request(struct tw_oracle *o, uint64_t cycle, unsigned int port, uint32_t id,
		      const struct tw_req *req);

// All requests of the port, or those with this id, will not be answered. None: nothing happens.
int tw_oracle_cancel(struct tw_oracle *o, uint64_t cycle, unsigned int port, bool all, uint32_t id);

// The hardware answers. *v is the verdict; the request is answered whatever it says.
int tw_oracle_response(struct tw_oracle *o, uint64_t cycle, unsigned int port, uint32_t id,
		       const struct tw_resp *resp, struct tw_oracle_verdict *v);

// In so many cycles, up to the present one, the hardware could do nothing but wait for others: for
// memory, or for its answer to be taken. They count for no bound.
int tw_oracle_excuse(struct tw_oracle *o, uint64_t cycle, uint64_t cycles);

// Looks for what waits longer than max_wait. 1: *v names the request or fence that waits longest;
// each is named once. 0: nothing does.
int tw_oracle_overdue(struct tw_oracle *o, uint64_t cycle, struct tw_oracle_verdict *v);

// A bound for hardware of this configuration, wide enough for any traffic: max_wait for the pins of
// docs/contract.md.
uint64_t tw_oracle_max_wait(const struct tw_config *config);

// Requests in flight, and counters.
size_t tw_oracle_pending(const struct tw_oracle *o);
void tw_oracle_get_stats(const struct tw_oracle *o, struct tw_oracle_stats *stats);

// One line about a verdict, allowed ones too. Returns what snprintf() does.
int tw_oracle_explain(const struct tw_oracle_verdict *v, char *buf, size_t len);
const char *tw_oracle_reason_name(enum tw_oracle_reason reason);

// --- Pins ---------------------------------------------------------------------------------------
// Translates the pins of docs/contract.md into the calls above, for the cycle model, the RTL or any
// hardware with these pins.
struct tw_oracle_watch;

// The oracle is borrowed and must be new; the MMU must be in its state after reset. cfg (copied)
// says which control writes it takes. A root whose entries the hardware reads is in force with the
// values that memory gave. *w is destroyed first.
int tw_oracle_watch_create(struct tw_oracle *o, const struct tw_config *cfg,
			   struct tw_oracle_watch **w);
void tw_oracle_watch_destroy(struct tw_oracle_watch *w);

// The pins of one cycle, to be called in every cycle before the memory sees its edge (before
// tw_membus_tick()). A cycle counts for max_wait unless a response or a memory request stands
// untaken, or memory owes an answer and gives none. The first is cycle 0. Returns a bit mask of the
// ports whose response was judged, their verdicts in v[port] (v may be NULL), or a negative errno.
int tw_oracle_watch_cycle(struct tw_oracle_watch *w, const struct tw_mmu_in *in,
			  const struct tw_mmu_out *out, struct tw_oracle_verdict v[TW_PORTS]);

// The walkers' memory transactions: a tw_mem_observer whose user is the watch. Where the memory
// acts before the pins of its cycle are told, this is called then too: of writes and transactions,
// the order in which memory sees them counts.
void tw_oracle_watch_mem(void *watch, const struct tw_mem_event *ev);

// Software changed a word, before the cycle whose pins are told next.
int tw_oracle_watch_write(struct tw_oracle_watch *w, uint64_t addr, uint64_t old, uint64_t value);

// The first forbidden verdict, of responses, updates or the protocol; if there is none, the first
// undecided one; NULL if none. Valid until the watch is destroyed. *error (may be NULL): the first
// negative errno of the oracle, or 0.
const struct tw_oracle_verdict *tw_oracle_watch_bad(const struct tw_oracle_watch *w, int *error);

#ifdef __cplusplus
}
#endif

#endif
