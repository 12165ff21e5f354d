// SPDX-License-Identifier: Apache-2.0
// The options of `twinwalk run`: their text, their values, and what they may not be together.
#ifndef TW_CLI_RUN_OPTIONS_H
#define TW_CLI_RUN_OPTIONS_H

#include "../replay/replay.h"
#include "wave.h"

enum { RUN_BACK_ENDS = 8 };

struct run_options {
	struct replay_opts replay; // hw: of the first run
	const char *hw[RUN_BACK_ENDS];
	unsigned int n_hw;
	bool compare; // hw comes from --compare
	const char *wave_path;
	uint64_t wave_from, wave_to;
	bool json, timing, force, progress;
	char *names; // what hw points into
};

// TW_OK; TW_USAGE, and a text was printed. *help: it was asked for and printed. The names of the
// traces are argv's; run_options_free() in any case.
enum tw_status run_options(int argc, char **argv, struct run_options *o, bool *help);
void run_options_free(struct run_options *o);

#endif
