// SPDX-License-Identifier: Apache-2.0
//
// The `twinwalk` command: main.c finds the subcommand in its table and calls its function, one file
// each. argv[0] is the subcommand's name, so getopt works as usual; every subcommand understands
// --help. A new subcommand is a file cmd_NAME.c, a declaration here, a line in main.c's table and
// the file's name in CMakeLists.txt.
#ifndef TW_CLI_H
#define TW_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "../host/status.h"

// False, and a text was printed, if one of N files that are to be read is the standard output.
bool tw_inputs_ok(const char *command, const char *const *paths, size_t n);

// repeat: the command as it was given, for a shell.
int tw_cmd_record(const char *repeat, int argc, char **argv);
int tw_cmd_run(const char *repeat, int argc, char **argv);
int tw_cmd_trace_info(const char *repeat, int argc, char **argv);
int tw_cmd_vectors(const char *repeat, int argc, char **argv);

#endif
