// SPDX-License-Identifier: Apache-2.0
// Replay: recorded traces run through the kernel on one hardware back end. The traced programs'
// system calls become calls of the kernel at the recorded addresses, their accesses go through the
// MMU, every value read is compared with the shadow, and at the end so is everything: memory, swap,
// files. One trace is one process; several run in turn. replay.c: machine and main loop;
// replay_access.c: loads and stores; replay_map.c: system calls; replay_verify.c: the final
// comparison; replay_report.c: what is printed.
#ifndef TW_CLI_REPLAY_H
#define TW_CLI_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli.h"
#include "kernel.h"
#include "twinwalk/hw.h"
#include "wave.h"

struct replay_opts {
	const char *hw, *config;
	enum tw_format format;
	bool svade;
	uint32_t frames, swap_slots; // 0: from the traces' footprints
	bool swap_given;
	const char *policy;
	uint64_t seed;
	uint32_t latency_min, latency_max; // of the walkers' memory, cycles
	uint64_t limit;			   // events, all traces together; 0: all
	uint64_t quantum;		   // events between context switches
	uint64_t check; // events between checks of all invariants; 0: at the end only
	unsigned int asid_bits;
	bool progress;
	struct wave *wave;
	const char *work, *swap_path, *repeat;
	// Called once when a run fails, before its waveform is written.
	void (*complain)(const struct replay_opts *opts, enum tw_status status, const char *error);
	struct tw_costs costs;
	const char *const *traces;
	unsigned int n_traces;
};

struct replay_result {
	enum tw_status status;
	char error[8192]; // of a run that failed
	uint64_t events, accesses, copies, files_grown;
	uint64_t pages_verified, file_pages_verified;
	uint64_t image_digest;
	struct tw_kernel_stats kernel;
	struct tw_hw_counters hw;
	struct replay_opts used; // with what was chosen
	double seconds;		 // host time
};

// Runs everything. The result's status is returned, too.
enum tw_status replay_run(const struct replay_opts *opts, struct replay_result *r);

// The signal that ended a run early, after its files were removed; 0 if none did.
int replay_interrupted(void);

void replay_print(FILE *f, const struct replay_result *r);
// One JSON object; `timing`: with host time. 0 or -ENOMEM.
int replay_print_json(FILE *f, const struct replay_result *r, unsigned int n, bool timing);
// Compares what must be equal on all back ends. True if equal; else a text for each difference goes
// to F.
bool replay_compare(FILE *f, const struct replay_result *a, const struct replay_result *b);

#endif
