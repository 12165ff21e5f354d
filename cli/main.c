// SPDX-License-Identifier: Apache-2.0
//
// The `twinwalk` command: see cli.h.
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../host/command.h"
#include "../host/input.h"
#include "../host/process.h"
#include "cli.h"
#include "interrupt.h"

static const struct {
	const char *name;
	const char *help;
	int (*run)(const char *repeat, int argc, char **argv);
} commands[] = {
	{"record", "record a trace of a Linux program", tw_cmd_record},
	{"run", "replay traces through the kernel on model, RTL or both", tw_cmd_run},
	{"trace-info", "check traces and show what is in them", tw_cmd_trace_info},
	{"vectors", "run translation vectors and print the result of each access", tw_cmd_vectors},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

bool tw_inputs_ok(const char *command, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tw_input_is_output(paths[i], STDOUT_FILENO)) {
			fprintf(stderr, "twinwalk %s: %s: is the standard output, too\n", command,
				paths[i]);
			return false;
		}
	return true;
}

static void help(FILE *f)
{
	fputs("usage: twinwalk COMMAND [ARGUMENT...]\n\n", f);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(f, "  %-12s %s\n", commands[i].name, commands[i].help);
	fputs("\n`twinwalk COMMAND --help` shows a command's arguments, `twinwalk --version` the "
	      "version.\n"
	      "exit status: 0 ok, 1 a check found a difference, 2 usage, 3 bad input file, 4 "
	      "system "
	      "error, 5 internal error, 6 simulated memory and swap exhausted\n",
	      f);
}

// What was printed must have arrived; after another error that is what counts, and is said already.
// A signal that was waited out has its effect now.
static int finish(int status)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if ((fflush(stdout) || failed) && status == TW_OK) {
		fprintf(stderr, "twinwalk: standard output: %s\n",
			errno ? strerror(errno) : "write error");
		status = TW_SYSTEM;
	}
	interrupt_end();
	return status;
}

static int run_command(int (*command)(const char *, int, char **), int argc, char **argv)
{
	struct tw_command repeat = {0};
	int status;

	for (int i = 0; i < argc; i++)
		tw_command_add(&repeat, argv[i]);
	if (repeat.no_memory) {
		fputs("twinwalk: out of memory\n", stderr);
		return TW_SYSTEM;
	}
	status = command(repeat.text, argc - 1, argv + 1);
	free(repeat.text);
	return status;
}

static int run(int argc, char **argv)
{
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))) {
		help(stdout);
		return TW_OK;
	}
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("twinwalk " TW_VERSION);
		return TW_OK;
	}
	for (size_t i = 0; argc > 1 && i < N_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return run_command(commands[i].run, argc, argv);
	if (argc > 1)
		fprintf(stderr, "twinwalk: unknown command '%s'\n", argv[1]);
	help(stderr);
	return TW_USAGE;
}

int main(int argc, char **argv)
{
	tw_process_start();
	return finish(run(argc, argv));
}
