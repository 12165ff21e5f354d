// SPDX-License-Identifier: Apache-2.0
// The state of a replay, shared by its files.
#ifndef TW_REPLAY_INTERNAL_H
#define TW_REPLAY_INTERNAL_H

#include <twinwalk/trace.h>

#include "../trace/regions.h"
#include "replay.h"
#include "shadow.h"

// A file or shared anonymous object that a trace maps.
struct replay_object {
	struct shadow_object shadow;
	struct tw_file *file; // NULL: shared anonymous memory
	const char *name;     // in the trace, for messages
	int fd;		      // the real file; -1: none
};

// Where a process's addresses lie; see relocate.c.
struct replay_place {
	uint64_t start, end; // as recorded
	uint64_t to;	     // where start lies
};

struct replay_places {
	struct replay_place *place;
	size_t n, room;		  // n 0: addresses are as recorded
	struct replay_place near; // of the address that was looked up last
	uint64_t brk;		  // the first break, as recorded
};

struct replay_proc {
	struct replay *r;
	unsigned int number; // in the order of the command line
	const char *path;
	struct tw_trace *trace;
	struct tw_proc *proc; // NULL: finished
	struct shadow shadow;
	struct replay_places places;
	struct tw_trace_regions regions; // as the trace says
	struct replay_object **objects;	 // the files, then shared anonymous memory by its number
	uint32_t n_objects, n_files;
	uint32_t populated; // pages of files, by MAP_POPULATE
	bool ended;	    // no event is at work: the final comparison
	uint64_t n;	    // events so far
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
	const char *work; // the folder of files without a name
	bool work_made;	  // to be removed
	int swap_fd;	  // such a file; -1: none
};

// A descriptor of ours as a path that the kernel can open.
#define REPLAY_FD_PATH "/proc/self/fd/"

// Whether the user wants the run to come to an end.
static inline bool replay_stopped(const struct replay *r)
{
	return r->opts.user->stopped(r->opts.user->arg) != NULL;
}

// machine.c
enum tw_status replay_create(struct replay *r);
void replay_destroy(struct replay *r);

// Fills the result's error text and returns STATUS.
__attribute__((format(printf, 3, 4))) enum tw_status
replay_stop(struct replay *r, enum tw_status status, const char *format, ...);
// The same for a signal that came.
enum tw_status replay_interrupted(struct replay *r);

// The same with "TRACE: event N: ..." and returns STATUS.
__attribute__((format(printf, 3, 4))) enum tw_status
replay_fail(struct replay_proc *p, enum tw_status status, const char *format, ...);
// TW_DIFFERENCE, with the difference as data, too: d has all but trace, event and call.
__attribute__((format(printf, 3, 4))) enum tw_status
replay_differs(struct replay_proc *p, const struct replay_difference *d, const char *format, ...);
enum tw_status replay_byte_differs(struct replay_proc *p, uint64_t address, uint8_t found,
				   uint8_t expected);
// The hardware's own difference, or contradiction; text as above.
__attribute__((format(printf, 2, 3))) enum tw_status replay_hw_differs(struct replay *r,
								       const char *format, ...);
// The same for an event that breaks a rule of the trace format.
enum tw_status replay_broken(struct replay_proc *p, const char *rule);
// The same for a negative errno of the kernel.
enum tw_status replay_kernel_error(struct replay_proc *p, const char *what, int error);

// relocate.c: before the first event: finds a place in [start, end) for all that the trace maps,
// if some of it lies beyond.
enum tw_status replay_place_all(struct replay_proc *p, uint64_t start, uint64_t end);
// Turns an event's addresses into those of their places, of which there are some.
void replay_relocate(struct replay_proc *p, struct tw_trace_event *e);
void replay_free_places(struct replay_places *s);
// access.c: one event of kinds up to TW_TRACE_COPY_OUT.
enum tw_status replay_access(struct replay_proc *p);
// map.c: one event of the other kinds, but EXIT.
enum tw_status replay_map(struct replay_proc *p);
// The object and page that a page of the process is mapped to. *object NULL: anonymous. False: not
// mapped.
bool replay_lookup(struct replay_proc *p, uint64_t page, struct replay_object **object,
		   uint64_t *index, bool *shared);
// object.c: creates the trace's files, as objects 0 to n_files - 1.
enum tw_status replay_files(struct replay_proc *p);
void replay_free_objects(struct replay_proc *p);
// Shared anonymous memory of SIZE bytes; NULL: no memory.
struct replay_object *replay_new_shmem(struct replay_proc *p, uint64_t size);
// A page of the process is about to be touched, or LEN bytes of a file from OFFSET are: what is of
// a file has its contents afterwards.
enum tw_status replay_touch(struct replay_proc *p, uint64_t page);
enum tw_status replay_touch_file(struct replay_proc *p, struct replay_object *o, uint64_t offset,
				 uint64_t len);
// Copies a text of the kernel, with the traces' names for the files.
void replay_name_files(const struct replay *r, const char *text, char *out, size_t size);
// verify.c: compares all memory of a process, and its regions; the files after a sync.
enum tw_status replay_verify_proc(struct replay_proc *p);
enum tw_status replay_verify_files(struct replay_proc *p);

#endif
