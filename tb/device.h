// SPDX-License-Identifier: Apache-2.0
// One of three things behind the same pins, for benches: the cycle model, the RTL, or both in
// lockstep. Invariant: with the same inputs all three show the same pins.
#ifndef TW_TB_DEVICE_H
#define TW_TB_DEVICE_H

#include "../csim/hw_driver.h"

#include "lockstep.h"
#include "replay.h"
#include "rtl.h"
#include "transactions.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tw_device_mode { TW_DEVICE_LOCKSTEP, TW_DEVICE_RTL, TW_DEVICE_CSIM };

struct tw_device {
	struct tw_pin_device pin;
	enum tw_device_mode mode;
	// Those that the mode needs, else NULL.
	struct tw_lockstep *ls;
	struct tw_rtl *rtl;
	struct tw_mmu *mmu;
	struct tw_mmu_out out;
	// After tw_device_record():
	struct tw_replay *replay;    // of the RTL alone
	struct tw_device_past *past; // of the model alone: the pins of the last cycles
};

// "lockstep", "rtl", "csim"; false if it is none of them.
bool tw_device_mode_parse(const char *text, enum tw_device_mode *mode);

// Errors as tw_lockstep_create(). The device must stay where it is.
int tw_device_open(struct tw_device *dev, enum tw_device_mode mode,
		   const struct tw_lockstep_opts *opts);
void tw_device_close(struct tw_device *dev);

// Keeps what a report of a broken rule needs. Before the first edge; lockstep does so by itself.
// -ENOMEM.
int tw_device_record(struct tw_device *dev, const struct tw_lockstep_opts *opts);

// A recorded device alone, in which a rule was broken; IN are the inputs of the present cycle, if
// they are chosen, else NULL. Prints the last transactions.
void tw_device_transactions(const struct tw_device *dev, const struct tw_mmu_in *in, FILE *f);

// Writes the waveform of a lockstep that has failed, or of the RTL alone, as tw_lockstep_wave() and
// tw_replay_wave().
int tw_device_wave(const struct tw_device *dev, const struct tw_mmu_in *in, int fd);

// Gives the counters other values, between two edges. Errors as tw_lockstep_preset_counters().
int tw_device_preset_counters(struct tw_device *dev, const uint64_t counter[TW_EVENTS]);

// The cycle model, unless the device is the RTL alone: then NULL.
const struct tw_mmu *tw_device_model(const struct tw_device *dev);

#ifdef __cplusplus
}
#endif

#endif
