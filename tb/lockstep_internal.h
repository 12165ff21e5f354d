// SPDX-License-Identifier: Apache-2.0
// What lockstep.c (the comparison) and lockstep_report.c (the report and the waveform of a
// difference) share. Invariant: the inputs of the RTL since the older image are in history and
// preset.
#ifndef TW_TB_LOCKSTEP_INTERNAL_H
#define TW_TB_LOCKSTEP_INTERNAL_H

#include "lockstep.h"
#include "rtl.h"

struct tw_lockstep {
	struct tw_mmu *mmu;
	struct tw_rtl *rtl;
	const struct tw_mmu_out *model; // the model's pins
	struct tw_mmu_out out;		// the RTL's
	uint64_t cycle, next_compare;
	struct tw_lockstep_opts opts;
	struct tw_config config;
	tw_lockstep_saboteur saboteur;
	void *saboteur_user;
	// Images of the RTL at the starts of the present and of the previous stretch of
	// TW_LOCKSTEP_HISTORY cycles, and the inputs since: stretch n uses image[n & 1] and
	// history[n & 1].
	struct tw_rtl_image image[2];
	struct tw_mmu_in history[2][TW_LOCKSTEP_HISTORY];
	// New values of the counters at the start of a cycle of that stretch, if there were any.
	struct {
		bool used;
		uint64_t cycle, counter[TW_EVENTS];
	} preset[2];
	struct tw_mmu_arrays *arrays[2]; // model, RTL
	// After a difference:
	bool failed;
	char culprit[64];
	char *report;
	size_t report_size;
};

// Makes the report. If the difference is not in the pins, the caller names the
// culprit and the text that says more; else both are NULL.
void tw_lockstep_fail(struct tw_lockstep *ls, const char *culprit, const char *text);

#endif
