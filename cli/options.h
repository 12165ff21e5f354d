// SPDX-License-Identifier: Apache-2.0
// The options of a subcommand, typed once: a table from which the command line is read and the help
// text is made.
#ifndef TW_CLI_OPTIONS_H
#define TW_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../host/status.h"

struct cli_option {
	const char *name; // without the dashes
	const char *arg;  // in the help text; NULL: the option takes none
	const char *help; // %s: what `words` says
	char letter;	  // a short form; 0: none
	// Where the value goes in the subcommand's structure, and of how many bytes that is.
	// Without an argument it is a bool; a text if there is neither a range nor a function.
	size_t offset, width;
	uint64_t min, max; // of a number; max 0: none
	// Takes the argument: NULL, or what was expected, unless `words` says it. Instead of the
	// above.
	const char *(*take)(void *options, const char *arg);
	// Writes names for the help text: the I-th, or NULL.
	const char *(*words)(size_t i);
};

#define CLI_MEMBER(type, member) \
	.offset = offsetof(struct type, member), .width = sizeof(((struct type *)NULL)->member)

struct cli_command {
	const char *name;
	const char *intro, *outro; // of the help text, before and after the options
	const struct cli_option *options;
	size_t n_options;
	bool rest; // options end with the first argument that is none
};

// Reads the command line into *OPTIONS; *first is where the arguments that are no options begin.
// TW_USAGE: a text was printed. *help: it was asked for and printed.
enum tw_status cli_options(const struct cli_command *c, int argc, char **argv, void *options,
			   int *first, bool *help);

// The help text on standard error: the command line cannot be.
enum tw_status cli_usage(const struct cli_command *c);

#endif
