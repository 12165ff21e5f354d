// SPDX-License-Identifier: Apache-2.0
// What `twinwalk run` prints of its runs: text (report.c) or JSON (report_json.c).
#ifndef TW_CLI_REPORT_H
#define TW_CLI_REPORT_H

#include <stdio.h>

#include "../replay/replay.h"
#include "wave.h"

void report_print(FILE *f, const struct replay_result *r);

// One JSON object of N runs that ended with this status; wave: of the command, may be NULL; timing:
// with host time. 0 or -ENOMEM.
int report_print_json(FILE *f, const struct replay_result *r, unsigned int n, enum tw_status status,
		      const struct wave *wave, bool timing);

#endif
