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

// Exit status of the command, the same for all subcommands.
enum tw_status {
	TW_OK = 0,
	TW_DIFFERENCE = 1, // a check found a difference
	TW_USAGE = 2,
	TW_BAD_INPUT = 3, // an input file is damaged or unsuitable
	TW_SYSTEM = 4,	  // a file cannot be read or written, no memory, a program is missing
	TW_INTERNAL = 5,
	TW_NO_FRAMES = 6, // the simulated memory and swap are too small for the run
};

// The status for a negative errno of one of Twinwalk's libraries.
enum tw_status tw_status_of(int error);

// False, and a text was printed, if one of N files that are to be read is the standard output.
bool tw_inputs_ok(const char *command, const char *const *paths, size_t n);

// repeat: the command as it was given, for a shell.
int tw_cmd_record(const char *repeat, int argc, char **argv);
int tw_cmd_run(const char *repeat, int argc, char **argv);
int tw_cmd_trace_info(const char *repeat, int argc, char **argv);
int tw_cmd_vectors(const char *repeat, int argc, char **argv);

#endif
