// SPDX-License-Identifier: Apache-2.0
// The waveform of a command: where it goes is settled before the run, it is completed after
// whatever there is to report, and what goes wrong with it is one line.
#ifndef TW_CLI_WAVE_H
#define TW_CLI_WAVE_H

#include <stdbool.h>

#include "../host/output.h"
#include "cli.h"
#include "twinwalk/hw.h"

#define WAVE_DEFAULT "difference.fst"

struct wave {
	struct tw_output *out; // NULL: none
	const char *path;      // borrowed
	char why[512];	       // there is none where WAVE_DEFAULT was to be
	uint64_t from, to;     // cycles asked for, where from < to
	bool written;	       // the file is there
	bool failed;	       // ... or will not be: why
};

// path NULL: WAVE_DEFAULT, and if that cannot be written, it is said only when there is something
// to write. The other arguments are those of struct tw_output_rules. TW_USAGE if a file is in the
// way, TW_SYSTEM; then a text was printed.
enum tw_status wave_open(struct wave *w, const char *path, bool force, const char *const *inputs,
			 size_t n_inputs);

// For struct tw_hw_opts.
int wave_fd(const struct wave *w);

// The run is over and its errors are printed: completes the waveform, if the hardware has one, and
// says where it is, or why it is not there.
void wave_complete(struct wave *w, struct tw_hw *hw);

void wave_close(struct wave *w);

#endif
