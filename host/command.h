// SPDX-License-Identifier: Apache-2.0
// Commands as text that a shell runs.
#ifndef TW_HOST_COMMAND_H
#define TW_HOST_COMMAND_H

#include <stdbool.h>

// Starts as zero. The caller frees text.
struct tw_command {
	char *text; // NULL: nothing was added, or no memory
	bool no_memory;
};

// Appends ARG, quoted if a POSIX shell would otherwise see something else in it.
void tw_command_add(struct tw_command *c, const char *arg);

#endif
