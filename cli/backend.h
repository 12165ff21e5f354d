// SPDX-License-Identifier: Apache-2.0
// The options --hw and --config, the same for all subcommands that run hardware: from a name to a
// configuration, and to hardware that stands behind twinwalk/hw.h.
#ifndef TW_CLI_BACKEND_H
#define TW_CLI_BACKEND_H

#include <stddef.h>

#include "cli.h"
#include "twinwalk/config.h"
#include "twinwalk/hw.h"

// What a help text says of --hw in this build: "csim, rtl or lockstep".
extern const char tw_backend_names[];

// Finds a named configuration, or reads the file of that name. TW_USAGE when there is neither,
// TW_BAD_INPUT for a malformed file, TW_SYSTEM; then a text is in err.
enum tw_status tw_backend_config(const char *name, struct tw_config *cfg, char *err, size_t errlen);

// Whether there is hardware called NAME in this build; if not, a text is in err.
bool tw_backend_known(const char *name, char *err, size_t errlen);

// Creates the hardware called NAME, its RTL built if need be. TW_USAGE for an unknown name, one
// that this build lacks, or a configuration whose RTL cannot be built here; TW_SYSTEM; then a text
// is in err.
enum tw_status tw_backend_create(const char *name, const struct tw_hw_opts *opts, struct tw_hw **hw,
				 char *err, size_t errlen);

#endif
