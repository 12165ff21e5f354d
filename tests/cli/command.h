// SPDX-License-Identifier: Apache-2.0
// What the tests of the command in C share: a folder that goes at the end, traces made for the
// purpose, and the command's run with its output. Include after cmocka.h.
#ifndef TW_TEST_CLI_COMMAND_H
#define TW_TEST_CLI_COMMAND_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <twinwalk/trace.h>
#include <unistd.h>

#include "shell.h"

static const char *command; // the file to run
static char folder[64], trace[80];

static inline int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/twcli-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(trace, sizeof(trace), "%s/trace.twt", folder);
	return 0;
}

static inline int remove_folder(void **state)
{
	(void)state;
	unlink(trace);
	return rmdir(folder);
}

// Begins a trace of a program with one page of code and a heap.
static inline struct tw_trace_writer *begin_trace(void)
{
	struct tw_trace_writer *w;

	assert_int_equal(tw_trace_create(trace, "made", 1, &w), 0);
	return w;
}

static inline void put(struct tw_trace_writer *w, struct tw_trace_event e)
{
	if (tw_trace_put(w, &e))
		fail_msg("%s", tw_trace_writer_error(w));
}

static inline void put_start(struct tw_trace_writer *w)
{
	put(w, (struct tw_trace_event){.kind = TW_TRACE_MAP,
				       .addr = 0x400000,
				       .len = 0x1000,
				       .prot = 5,
				       .flags = TW_TRACE_MAP_PRIVATE | TW_TRACE_MAP_ANONYMOUS,
				       .file = -1});
	put(w, (struct tw_trace_event){.kind = TW_TRACE_BRK, .result = 0x500000, .file = -1});
}

static inline void put_access(struct tw_trace_writer *w, unsigned int kind, uint64_t addr)
{
	put(w, (struct tw_trace_event){.kind = (uint8_t)kind,
				       .addr = addr,
				       .size = kind == TW_TRACE_FETCH ? 32 : 8});
}

static inline void end_trace(struct tw_trace_writer *w)
{
	put(w, (struct tw_trace_event){.kind = TW_TRACE_EXIT, .file = -1});
	if (tw_trace_finish(w))
		fail_msg("%s", tw_trace_writer_error(w));
	tw_trace_writer_close(w);
}

// Runs the command with these words; both outputs together in text. Returns the exit status.
static inline int run(const char *args, char *text, size_t size, struct rusage *usage)
{
	char line[1024];

	assert_true((size_t)snprintf(line, sizeof(line), "exec '%s' %s", command, args) <
		    sizeof(line));
	return shell(line, text, size, usage);
}

#endif
