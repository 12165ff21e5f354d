// SPDX-License-Identifier: Apache-2.0
// The options of tw_lockstep_random, its exit statuses, and the command that repeats a run.
// Invariant: options that were accepted have an effect, each of them.
#ifndef TW_TB_RANDOM_OPTIONS_H
#define TW_TB_RANDOM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

enum {
	STATUS_OK = 0,
	STATUS_DIFFERENCE = 1,
	STATUS_USAGE = 2,
	STATUS_SYSTEM = 4,
};

struct random_options {
	struct tw_config config;
	const char *config_arg; // its name, or its file
	uint64_t seed, cycles, interval;
	uint64_t max_wait; // of the oracle; UINT64_MAX: that of the configuration
	uint64_t sabotage; // first cycle in which the device sees a changed input; 0: none
	const char *wave;
	enum tw_device_mode mode;
	bool json, oracle, coverage, force, help;
};

extern const char random_usage[];

// False: the call is wrong, and why was said.
bool random_parse(struct random_options *o, int argc, char **argv);

// Reads the configuration, and has its RTL built if it is needed. Returns the exit status.
int random_find_config(struct random_options *o);

// Whether the run can end with a waveform.
bool random_has_wave(const struct random_options *o);

const char *random_mode_name(enum tw_device_mode mode);

// The command that repeats this run, with a waveform where there can be one; NULL: no memory. The
// seed stands for itself, wherever it came from.
char *random_repeat(const struct random_options *o, const char *command);

#endif
