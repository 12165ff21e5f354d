// SPDX-License-Identifier: Apache-2.0
// The hardware interface: what an operating system's memory manager (kernel/), the test vectors and
// the replay see of a machine. Three back ends stand behind it: csim (the C model), rtl (the
// Verilated RTL) and lockstep (both, compared on every pin in every cycle). Same calls, same
// results, same cycle counts on all three. Invariant: between calls nothing is in flight, except
// killed walks. A user of this header does not see the pins (twinwalk/mmu.h).
#ifndef TWINWALK_HW_H
#define TWINWALK_HW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twinwalk/arch.h"
#include "twinwalk/config.h"
#include "twinwalk/memport.h"
#include "twinwalk/pmem.h"
#include "twinwalk/regs.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_hw;

// A fence, docs/contract.md section 9.
struct tw_fence {
	bool by_addr, by_asid, global;
	uint16_t asid;
	uint64_t va;
};

// One access. port: TW_PORT_FETCH or TW_PORT_DATA. cycles: from request to response, 1 for an L1
// hit.
struct tw_hw_result {
	struct tw_resp resp;
	uint64_t cycles;
};

struct tw_hw_counters {
	uint64_t cycle;		   // clock edges since creation
	uint64_t event[TW_EVENTS]; // by enum tw_event: docs/contract.md section 12
};

// A difference that lockstep found: the state after this many clock edges, the first pin or array
// that differs ("model": a broken invariant), and all pins that do, with their names in
// rtl/tw_mmu.sv.
enum { TW_HW_PINS_MAX = 128 };
struct tw_hw_difference {
	uint64_t cycle;
	char culprit[64];
	unsigned int pins;
	struct {
		char name[32], model[40], rtl[40];
	} pin[TW_HW_PINS_MAX];
};

// What a back end implements; users call the functions below, which say what each means. A call
// returns 0 or a negative errno.
struct tw_hw_ops {
	const char *name; // "csim", "rtl", "lockstep"; constant
	// One request, from its presentation to its response, which is accepted at once. RES is
	// written on success only. -EIO: differs, or broken; -ETIMEDOUT.
	int (*access)(struct tw_hw *hw, unsigned int port, const struct tw_req *req,
		      struct tw_hw_result *res);
	// One register write, until it is in force: a value that the hardware refuses changes
	// nothing and is no error.
	int (*ctrl_write)(struct tw_hw *hw, enum tw_ctrl_reg reg, uint64_t value);
	// One fence, until it is done.
	int (*fence)(struct tw_hw *hw, const struct tw_fence *fence);
	// CYCLES clock edges without a request of ours.
	int (*idle)(struct tw_hw *hw, uint64_t cycles);
	// The counters as they are in the present cycle.
	int (*counters)(struct tw_hw *hw, struct tw_hw_counters *c);
	// The last check; the hardware stays usable. -EIO: something was wrong.
	int (*finish)(struct tw_hw *hw);
	// FN, if not NULL, is called for each transaction of the walkers from here on, in the cycle
	// of its handshake; it may not call the hardware.
	void (*observe)(struct tw_hw *hw, tw_mem_observer fn, void *user);
	// The text of the last failure, "" if there was none; the back end's, until the next call.
	const char *(*error)(const struct tw_hw *hw);
	// Frees the back end; not pmem.
	void (*destroy)(struct tw_hw *hw);
	// Completes the waveform: 1, 0 if there is none, a negative errno. NULL: writes none.
	int (*wave)(struct tw_hw *hw);
	// The difference that made a call fail. NULL: finds none.
	bool (*difference)(const struct tw_hw *hw, struct tw_hw_difference *d);
};

// The common head of every back end's own structure. pmem is borrowed.
struct tw_hw {
	const struct tw_hw_ops *ops;
	struct tw_pmem *pmem;
	uint32_t formats;	// that it translates: a mask, bit numbers of enum tw_format
	unsigned int asid_bits; // of an ASID that it tells apart
	bool one_port;		// it has TW_PORT_DATA only, which then takes fetches too
	struct tw_ctx ctx;	// control state as last written through this interface
};

// The bytes with which a waveform (FST) begins.
#define TW_FST_MAGIC	 "\0\0\0\0\0\0\0\1\111"
#define TW_FST_MAGIC_LEN 9

struct tw_hw_opts {
	const struct tw_config *config; // copied
	struct tw_pmem *pmem;		// physical memory; borrowed, must outlive the hardware
	struct tw_membus_opts mem;
	// Lockstep and rtl only:
	uint64_t seed; // for the random values of registers before reset
	// Lockstep: an empty file for the waveform of a difference (FST). Rtl: for that of the
	// cycles from wave_from up to wave_to. Open for reading and writing, borrowed. 0: none.
	int wave_fd;
	uint64_t wave_from, wave_to;
	const char *repeat_command; // printed with a difference; may be NULL
	uint64_t compare_interval;  // cycles between comparisons of whole contents; 0: the default
};

// The C model. 0, -EINVAL, -ENOMEM. The rtl and lockstep back ends are in twinwalk/tb.h.
int tw_hw_csim_create(const struct tw_hw_opts *opts, struct tw_hw **hw);

// Runs one access to its response. Faults are results, not errors. Errors: -EIO when the back ends
// differ (lockstep; see tw_hw_error), -ETIMEDOUT when the hardware does not answer.
static inline int tw_hw_access(struct tw_hw *hw, unsigned int port, const struct tw_req *req,
			       struct tw_hw_result *res)
{
	return hw->ops->access(hw, hw->one_port ? (unsigned int)TW_PORT_DATA : port, req, res);
}

// Writes the control registers that differ from CTX, the root last, and returns when they are in
// force. Flushes nothing (but see docs/contract.md section 3 for a change of format). A format that
// keeps entries of its root reads them when the root is written: where CTX has others than those
// read last, that is written too. -EINVAL for a format that the hardware lacks, for a MAXPHYADDR
// out of range, and for a root that is refused: the other registers are then written.
int tw_hw_set_ctx(struct tw_hw *hw, const struct tw_ctx *ctx);

// Runs a fence to its done.
static inline int tw_hw_fence(struct tw_hw *hw, const struct tw_fence *fence)
{
	return hw->ops->fence(hw, fence);
}

// Lets N cycles pass.
static inline int tw_hw_idle(struct tw_hw *hw, uint64_t n)
{
	return hw->ops->idle(hw, n);
}

static inline int tw_hw_get_counters(struct tw_hw *hw, struct tw_hw_counters *c)
{
	return hw->ops->counters(hw, c);
}

// The final check: lockstep compares the whole contents of both. 0 or -EIO.
static inline int tw_hw_finish(struct tw_hw *hw)
{
	return hw->ops->finish(hw);
}

// Completes the waveform: lockstep writes that of the cycles before a difference, which is in
// tw_hw_error() already; rtl ends that of the cycles asked for. 1: it is complete; 0: there is none
// to write; a negative errno: it cannot be written, which changes nothing else.
static inline int tw_hw_wave(struct tw_hw *hw)
{
	return hw->ops->wave ? hw->ops->wave(hw) : 0;
}

// Every transaction of the walkers, as it happens.
static inline void tw_hw_observe(struct tw_hw *hw, tw_mem_observer fn, void *user)
{
	hw->ops->observe(hw, fn, user);
}

// The text of the last error: for lockstep the cycle, the pin, both values and how to repeat it. ""
// if none.
static inline const char *tw_hw_error(const struct tw_hw *hw)
{
	return hw->ops->error(hw);
}

// What that text says of a difference. False: there is none.
static inline bool tw_hw_get_difference(const struct tw_hw *hw, struct tw_hw_difference *d)
{
	return hw->ops->difference && hw->ops->difference(hw, d);
}

static inline struct tw_pmem *tw_hw_pmem(struct tw_hw *hw)
{
	return hw->pmem;
}

static inline void tw_hw_destroy(struct tw_hw *hw)
{
	if (hw)
		hw->ops->destroy(hw);
}

#ifdef __cplusplus
}
#endif

#endif
