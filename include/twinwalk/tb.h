// SPDX-License-Identifier: Apache-2.0
// The Verilated RTL behind C: raw pins of one instance, and the rtl and lockstep hardware back ends
// on top of it. Exists only in builds with TW_RTL. Invariant: no C++ type crosses this header.
#ifndef TWINWALK_TB_H
#define TWINWALK_TB_H

#include "twinwalk/hw.h"
#include "twinwalk/mmu.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tw_rtl;

// Makes sure that there is RTL of a configuration: part of this build, built before, or built now
// from the sources of this build, which takes up to some minutes and waits for another process that
// builds the same. On failure a text is in err: -ENOENT when the program does not lie in a build
// directory, or the RTL of that is not ours; -ENOEXEC when the RTL does not build (the text names
// the log); -EINTR when the building was stopped; -ENOMEM. Starts a shell; not to be used while
// children are not waited for (SIGCHLD ignored).
int tw_rtl_provide(const struct tw_config *config, char *err, size_t errlen);

// Whether it is part of this build.
bool tw_rtl_built(const struct tw_config *config);

// Creates the RTL of a configuration, provided for as above, with random register values from SEED,
// and takes it through reset. Errors of tw_rtl_provide(); -ENOMEM.
int tw_rtl_create(const struct tw_config *config, uint64_t seed, struct tw_rtl **rtl);
void tw_rtl_destroy(struct tw_rtl *rtl);

// As tw_mmu_tick() and tw_mmu_pins(): one clock edge, then the outputs.
void tw_rtl_tick(struct tw_rtl *rtl, const struct tw_mmu_in *in);
void tw_rtl_pins(const struct tw_rtl *rtl, struct tw_mmu_out *out);

// The first assertion of the RTL that did not hold, in the cycle that an edge ended, with its place
// in the source and its instance; NULL as long as all hold. Valid until the instance is destroyed.
const char *tw_rtl_failed(const struct tw_rtl *rtl);

// What of an RTL can be seen besides its pins: the debug view (docs/contract.md section 13), and
// the contents of its arrays. A netlist, or somebody else's RTL, may have neither. The text says
// what a comparison with the model compares.
enum { TW_RTL_VIEW = 1, TW_RTL_ARRAYS = 2 };
unsigned int tw_rtl_sees(const struct tw_rtl *rtl);
const char *tw_rtl_compared(const struct tw_rtl *rtl);

// Whole arrays, invalid entries as zero; all zero where they are not visible.
void tw_rtl_arrays(const struct tw_rtl *rtl, struct tw_mmu_arrays *arrays);

// Opens a waveform (FST) on an empty file that is open for reading and writing; borrowed until the
// waveform is closed. A negative errno if it cannot be written. What fails later is kept: closing
// returns the first error, 0 if the file is complete or no waveform is open.
int tw_rtl_wave_open(struct tw_rtl *rtl, int fd);
int tw_rtl_wave_close(struct tw_rtl *rtl);

// Back ends; errors as tw_hw_csim_create() and tw_rtl_create().
int tw_hw_rtl_create(const struct tw_hw_opts *opts, struct tw_hw **hw);
int tw_hw_lockstep_create(const struct tw_hw_opts *opts, struct tw_hw **hw);

#ifdef __cplusplus
}
#endif

#endif
