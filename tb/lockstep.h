// SPDX-License-Identifier: Apache-2.0
// Cycle model and RTL side by side: both see the same inputs, and after every clock edge every
// output pin is compared; whole arrays are compared at intervals and on demand. At the first
// difference a report is made, and every later call fails; the waveform of the cycles before it is
// written when it is asked for. See docs/lockstep.md. Invariant: as long as no call failed,
// tw_lockstep_pins() are the pins of both.
#ifndef TW_TB_LOCKSTEP_H
#define TW_TB_LOCKSTEP_H

#include <stdint.h>

#include "../csim/hw_driver.h"
#include "twinwalk/mmu.h"
#include "twinwalk/tb.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_lockstep;

struct tw_lockstep_opts {
	const struct tw_config *config; // a named one
	uint64_t seed;			// random register values of the RTL before reset
	const char *repeat_command;	// borrowed; may be NULL
	uint64_t compare_interval; // cycles between comparisons of whole arrays; 0: the default
};

enum {
	TW_LOCKSTEP_INTERVAL = 16384, // default of compare_interval
};

// 0, -EINVAL, -ENOENT when no RTL is built for the configuration, -ENOMEM.
int tw_lockstep_create(const struct tw_lockstep_opts *opts, struct tw_lockstep **ls);
void tw_lockstep_destroy(struct tw_lockstep *ls);

// One clock edge for both. 0; -EIO at a difference and ever after; -ENOMEM.
int tw_lockstep_tick(struct tw_lockstep *ls, const struct tw_mmu_in *in);

// The model's pins, valid until destroyed, changed by tw_lockstep_tick().
const struct tw_mmu_out *tw_lockstep_pins(const struct tw_lockstep *ls);

// Both, as one device behind its pins.
struct tw_pin_device tw_lockstep_device(struct tw_lockstep *ls);

// Compares whole arrays and counters, and checks the model's invariants. Errors as tick.
int tw_lockstep_compare(struct tw_lockstep *ls);

// Ends the comparison because model and RTL agree on something that must not be: RULE says what. IN
// are the inputs of the present cycle, if they are chosen, else NULL. Makes a report like a
// difference and returns -EIO.
int tw_lockstep_reject(struct tw_lockstep *ls, const char *rule, const struct tw_mmu_in *in);

// The report: several lines, the first names cycle and pin. "" as long as there is no difference.
const char *tw_lockstep_report(const struct tw_lockstep *ls);

// After a difference: writes the waveform of the cycles before it (FST) to an empty file that is
// open for reading and writing. 0; -ENODATA if there is no difference, or none after a cycle;
// -ENOMEM; the first error of writing.
int tw_lockstep_wave(const struct tw_lockstep *ls, int fd);

// The same as data. False if there is none.
bool tw_lockstep_difference(const struct tw_lockstep *ls, struct tw_hw_difference *d);

// Where the difference was found: the cycle, and the first pin or array that differs (NULL: none;
// "model": a broken invariant; "rtl": an assertion of the RTL; "both": rejected).
uint64_t tw_lockstep_cycle(const struct tw_lockstep *ls);
const char *tw_lockstep_culprit(const struct tw_lockstep *ls);

// Gives the counters of both other values, between two edges. Once in TW_REPLAY_STRETCH cycles,
// counted from cycle 0: -EBUSY; -EIO after a difference.
int tw_lockstep_preset_counters(struct tw_lockstep *ls, const uint64_t counter[TW_EVENTS]);

// What of the RTL is compared with the model, in words: pins, and what else it shows.
const char *tw_lockstep_compared(const struct tw_lockstep *ls);

const struct tw_mmu *tw_lockstep_mmu(const struct tw_lockstep *ls);

// For tests of the comparison itself: called each cycle, may change the inputs that the RTL sees.
typedef void (*tw_lockstep_saboteur)(void *user, uint64_t cycle, struct tw_mmu_in *rtl_in);
void tw_lockstep_sabotage(struct tw_lockstep *ls, tw_lockstep_saboteur fn, void *user);

#ifdef __cplusplus
}
#endif

#endif
