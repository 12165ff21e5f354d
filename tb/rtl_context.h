// SPDX-License-Identifier: Apache-2.0
// The context of one Verilated instance: what Verilator's run-time code, which knows contexts only,
// has to tell the instance. Included by -include into the parts of that code that say something;
// what they print goes to the context instead of to standard output. Invariant: while a model is
// evaluated, or its waveform is opened, dumped or closed, Verilated::threadContextp() is one of
// these.
#ifndef TW_TB_RTL_CONTEXT_H
#define TW_TB_RTL_CONTEXT_H

#include <verilated.h>

struct tw_rtl_context : VerilatedContext {
	int wave_fd = -1;
	int wave_error = 0; // errno of the first failure
	// What was printed, as far as there is room: the first assertion that did not hold.
	char said[256] = "";
};

// In place of printf().
int tw_rtl_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
