// SPDX-License-Identifier: Apache-2.0
// Replay: recorded traces run through the kernel on one hardware back end. The traced programs'
// system calls become calls of the kernel at the recorded addresses, their accesses go through the
// MMU, every value read is compared with the shadow, and at the end so is everything: memory, swap,
// files. One trace is one process; several run in turn. replay.c: main loop; machine.c: what it
// runs on; access.c: loads and stores; map.c: system calls; relocate.c: addresses that a format
// does not have; object.c: what is mapped; verify.c: the final comparison; compare.c: two runs.
// Prints nothing.
#ifndef TW_REPLAY_H
#define TW_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../host/status.h"
#include "twinwalk/hw.h"
#include "twinwalk/kernel.h"

struct replay_opts;
struct replay_result;

// What a replay asks of the program that runs it; ARG is passed to each.
struct replay_user {
	void *arg;
	// Finds the configuration and creates the hardware that OPTS names. HW_OPTS is filled in
	// but for the configuration and the waveform. Not TW_OK: a text is in err.
	enum tw_status (*create)(void *arg, const struct replay_opts *opts,
				 struct tw_hw_opts *hw_opts, struct tw_config *config,
				 struct tw_hw **hw, char *err, size_t errlen);
	// The signal that asks the run to end, NULL if there is none. Called for every event.
	const char *(*stopped)(void *arg);
	// Done so far, in percent of the events; a hundred times in a run. May be NULL.
	void (*progress)(void *arg, unsigned int percent, const struct replay_result *so_far);
	// Called once when a run fails, before `ended`.
	void (*complain)(void *arg, const struct replay_opts *opts, enum tw_status status,
			 const char *error);
	// The hardware is about to be destroyed.
	void (*ended)(void *arg, struct tw_hw *hw);
};

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
	const char *work, *swap_path, *repeat;
	const struct replay_user *user;
	struct tw_costs costs;
	const char *const *traces;
	unsigned int n_traces;
};

// What differs, as data: the text is in the result's error.
struct replay_difference {
	const char *kind;  // "byte", "result", "signal", "region", "file", "hardware"; NULL: none
	const char *trace; // NULL: none
	uint64_t event;
	const char *call; // what the event is; NULL at the end of the run
	bool has_address;
	uint64_t address;
	char expected[32], found[32]; // "": there is no single value
};

struct replay; // the machine

struct replay_result {
	enum tw_status status;
	char error[8192]; // of a run that failed
	struct replay_difference difference;
	struct tw_hw_difference *pins; // of lockstep; NULL: none; replay_result_free()
	char signal[16];	       // that ended the run, or ""
	struct replay *machine;	       // still there after a signal; replay_result_free()
	uint64_t events, files_grown;
	uint64_t ranges_moved; // of addresses, because the format ends before them
	uint64_t accesses[4];  // by enum tw_access, as recorded
	uint64_t copies;       // by the kernel
	uint64_t pages_verified, file_pages_verified;
	uint64_t image_digest;
	struct tw_kernel_stats kernel;
	struct tw_hw_counters hw;
	struct replay_opts used; // with what was chosen
	struct tw_config config;
	double seconds; // host time
};

// Runs everything. The result's status is returned, too. After a signal time is short and large
// memory is long in going: then the machine stays until replay_result_free(), so that the report
// comes first.
enum tw_status replay_run(const struct replay_opts *opts, struct replay_result *r);

void replay_result_free(struct replay_result *r);

uint64_t replay_accesses(const struct replay_result *r);
uint64_t replay_cycles(const struct replay_result *r);

// What must be equal on all back ends: the I-th figure of two runs; false: there is none.
struct replay_pair {
	char what[32];
	uint64_t a, b;
};
bool replay_pair(const struct replay_result *a, const struct replay_result *b, size_t i,
		 struct replay_pair *pair);
bool replay_equal(const struct replay_result *a, const struct replay_result *b);

#endif
