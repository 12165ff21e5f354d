// SPDX-License-Identifier: Apache-2.0
// What lockstep.c (the comparison) and lockstep_report.c (the report and the waveform of a
// difference) share. Invariant: model and RTL have seen the same edges, ls->replay those of the
// RTL.
#ifndef TW_TB_LOCKSTEP_INTERNAL_H
#define TW_TB_LOCKSTEP_INTERNAL_H

#include "lockstep.h"
#include "replay.h"
#include "rtl.h"

struct tw_lockstep {
	struct tw_mmu *mmu;
	struct tw_rtl *rtl;
	const struct tw_mmu_out *model; // the model's pins
	struct tw_mmu_out out;		// the RTL's
	size_t pins, bytes;		// how many pins, and bytes of out, are compared
	uint64_t cycle, next_compare;
	struct tw_lockstep_opts opts;
	struct tw_config config;
	tw_lockstep_saboteur saboteur;
	void *saboteur_user;
	struct tw_replay *replay; // of the RTL
	struct tw_mmu_in last_in; // of the cycle in which a rule was broken, if rejected
	bool rejected;
	struct tw_mmu_arrays *arrays[2]; // model, RTL
	// After a difference:
	bool failed;
	char culprit[64];
	char *report;
	size_t report_size;
};

// Makes the report. If the difference is not in the pins, the caller names the culprit, else it is
// NULL. TEXT says more, or is NULL.
void tw_lockstep_fail(struct tw_lockstep *ls, const char *culprit, const char *text);

#endif
