// SPDX-License-Identifier: Apache-2.0
// The state of a replay, shared by its files.
#ifndef TW_CLI_REPLAY_INTERNAL_H
#define TW_CLI_REPLAY_INTERNAL_H

#include <twinwalk/trace.h>

#include "../trace/regions.h"
#include "replay.h"
#include "shadow.h"

// A file or shared anonymous object that a trace maps.
struct replay_object {
	struct shadow_object shadow;
	struct tw_file *file; // NULL: shared anonymous memory
	char *path;
	int fd; // the real file, for its initial contents
};

struct replay_proc {
	struct replay *r;
	unsigned int number; // in the order of the command line
	const char *path;
	struct tw_trace *trace;
	struct tw_proc *proc; // NULL: finished
	struct shadow shadow;
	// The regions as the trace says; `file` is -1 or 2 * object + shared.
	struct tw_trace_regions regions;
	struct replay_object **objects;
	uint32_t n_objects, n_files;
	bool heap;  // the initial break is known
	uint64_t n; // events so far
	struct tw_trace_event event;
};

struct replay {
	struct replay_opts opts;
	struct replay_result *result;
	struct tw_pmem *pmem;
	struct tw_hw *hw;
	struct tw_kernel *k;
	struct replay_proc *procs;
	unsigned int running;
	char work[256], swap[300];
	bool work_made, base_made; // to be removed at the end
};

// Fills the result's error text with "TRACE: event N: ..." and returns STATUS.
__attribute__((format(printf, 3, 4))) enum tw_status
replay_fail(struct replay_proc *p, enum tw_status status, const char *format, ...);
// The same for a negative errno of the kernel.
enum tw_status replay_kernel_error(struct replay_proc *p, const char *what, int error);

// replay_access.c: one event of kinds up to TW_TRACE_COPY_OUT.
enum tw_status replay_access(struct replay_proc *p);
// replay_map.c: one event of the other kinds, but EXIT.
enum tw_status replay_map(struct replay_proc *p);
// The object and page that a page of the process is mapped to. *object NULL: anonymous. False: not
// mapped.
bool replay_lookup(struct replay_proc *p, uint64_t page, struct replay_object **object,
		   uint64_t *index, bool *shared);
// Creates the trace's files, as objects 0 to n_files - 1.
enum tw_status replay_files(struct replay_proc *p);
void replay_free_objects(struct replay_proc *p);
// replay_verify.c: compares all memory of a process, and its regions; the files after a sync.
enum tw_status replay_verify_proc(struct replay_proc *p);
enum tw_status replay_verify_files(struct replay_proc *p);

#endif
