// SPDX-License-Identifier: Apache-2.0
// The cycle model of the MMU: the same blocks, state and pins as rtl/tw_mmu.sv, advanced one clock
// edge at a time. What each pin means and what happens in each cycle is docs/contract.md; the
// section numbers below are its. Invariant: after every tw_mmu_tick(), tw_mmu_pins() equals the
// outputs of the RTL that saw the same inputs.
#ifndef TWINWALK_MMU_H
#define TWINWALK_MMU_H

#include <stdbool.h>
#include <stdint.h>

#include "twinwalk/arch.h"
#include "twinwalk/config.h"
#include "twinwalk/regs.h"

#ifdef __cplusplus
extern "C" {
#endif

// Input pins of one cycle, section 2. Payload of an invalid group is ignored, and so are bits
// beyond a pin's width. Made from pins.def: each member is the pin of its name, those of port[p]
// with the port's letter, as req_f_valid_i.
struct tw_mmu_in {
	struct {
#define TW_PORT_IN(group, name, bits, type, member) type member;
#include "twinwalk/pins.def"
		struct tw_req req;
	} port[TW_PORTS];
#define TW_IN(name, bits, type) type name;
#include "twinwalk/pins.def"
};

// Debug view of one array, section 13. Entry words: [0] holds bits 63:0 of the layout, [1] the
// rest.
struct tw_dbg_array {
	uint64_t entry[2];
	uint64_t valid, plru;
	uint8_t index;
	bool write;
};

// Output pins, and behind them, from dbg_l1 on, the debug view. All are functions of the registers
// after the last edge. The pins are made from pins.def; the debug view is checked against it.
struct tw_mmu_out {
	struct {
#define TW_PORT_OUT(group, name, bits, type, member) type member;
#include "twinwalk/pins.def"
		struct tw_resp resp;
	} port[TW_PORTS];
#define TW_OUT(name, bits, type) type name;
#include "twinwalk/pins.def"
	struct tw_dbg_array dbg_l1[TW_PORTS], dbg_sp, dbg_pwc;
	struct {
		uint64_t entry[2];
		uint16_t set, inv_set, touch_set;
		uint8_t way, inv_mask, plru;
		bool write, inv, clear, touch;
	} dbg_l2;
	uint64_t dbg_walker;
	uint32_t dbg_miss;
	uint8_t dbg_fence;
};

// Whole arrays, for comparison of contents at intervals. Invalid entries read as zero.
struct tw_mmu_arrays {
	uint64_t l1[TW_PORTS][TW_MAX_L1][2];
	uint64_t sp[TW_MAX_L2_SP][2];
	uint64_t pwc[TW_MAX_PWC][2];
	uint64_t l2[TW_MAX_L2_SETS][TW_MAX_L2_WAYS][2];
	uint8_t l2_plru[TW_MAX_L2_SETS];
	uint8_t l2_valid[TW_MAX_L2_SETS];
	uint64_t counter[TW_EVENTS];
};

struct tw_mmu;
struct tw_membus;

// Creates a model in its state after reset. -EINVAL for a bad configuration, -ENOMEM. The caller
// destroys it.
int tw_mmu_create(const struct tw_config *cfg, struct tw_mmu **mmu);
void tw_mmu_destroy(struct tw_mmu *mmu);
const struct tw_config *tw_mmu_config(const struct tw_mmu *mmu);

// The pins as they are in the present cycle; valid until the model is destroyed, changed by
// tw_mmu_tick().
const struct tw_mmu_out *tw_mmu_pins(const struct tw_mmu *mmu);

// One clock edge: the present cycle had the inputs IN.
void tw_mmu_tick(struct tw_mmu *mmu, const struct tw_mmu_in *in);

// Cycles since creation, one counter (0 for numbers of TW_EVENTS and above), and all of them.
uint64_t tw_mmu_cycle(const struct tw_mmu *mmu);
uint64_t tw_mmu_counter(const struct tw_mmu *mmu, unsigned int event);
void tw_mmu_counters(const struct tw_mmu *mmu, uint64_t counter[TW_EVENTS]);

// The control registers as they are in the present cycle.
void tw_mmu_ctx(const struct tw_mmu *mmu, struct tw_ctx *ctx);

// Copies all arrays.
void tw_mmu_get_arrays(const struct tw_mmu *mmu, struct tw_mmu_arrays *arrays);

// Checks every internal invariant (no two matching entries, queue and walker states consistent,
// ...). NULL, or a text that names the broken one. For tests.
const char *tw_mmu_check(const struct tw_mmu *mmu);

// A read-write view of memory and a model, run until one access completes: the request is presented
// in the present cycle, the response is accepted in the cycle in which it appears, which is the
// present cycle on return (the next access may be presented in it: one hit per cycle). bus answers
// the memory port; it must belong to this model alone. *cycles (may be NULL) = cycles from request
// to response. Takes a short cut where the outcome is the same in every bit of state;
// tw_mmu_set_short_cut() switches that off for tests. Returns 0; -EBUSY when something is in flight
// on the port; -EINVAL for a port that the configuration lacks; -ETIMEDOUT when no response comes
// within TW_ACCESS_LIMIT cycles (a memory that never answers).
enum { TW_ACCESS_LIMIT = 10000000 };
int tw_mmu_access(struct tw_mmu *mmu, struct tw_membus *bus, unsigned int port,
		  const struct tw_req *req, struct tw_resp *resp, uint64_t *cycles);

// One control write or fence (ctrl_* or fence_* of IN, which is otherwise idle, its resp_ready and
// mem_req_ready high), from the present cycle to that in which it is in force or done, which is the
// present one on return. False, and nothing has happened, when something is in flight.
bool tw_mmu_command(struct tw_mmu *mmu, struct tw_membus *bus, const struct tw_mmu_in *in);
void tw_mmu_set_short_cut(struct tw_mmu *mmu, bool on);

#ifdef __cplusplus
}
#endif

#endif
