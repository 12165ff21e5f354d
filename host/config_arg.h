// SPDX-License-Identifier: Apache-2.0
// The value of an option --config: the name of a configuration, or a file that holds one.
#ifndef TW_HOST_CONFIG_ARG_H
#define TW_HOST_CONFIG_ARG_H

#include <stddef.h>

#include "twinwalk/config.h"

// Finds a named configuration, or reads the file of that name. 0; -ENOENT when there is neither;
// else the errors of tw_input_open() and tw_config_read(). On failure a text is in err, and *cfg is
// untouched.
int tw_config_arg(const char *text, struct tw_config *cfg, char *err, size_t errlen);

#endif
