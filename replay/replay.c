// SPDX-License-Identifier: Apache-2.0
// The replay's main loop, its errors and its end. See replay.h.
#include "replay.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

// --- Errors ----------------------------------------------------------------------------

enum tw_status replay_stop(struct replay *r, enum tw_status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->result->error, sizeof(r->result->error), format, args);
	va_end(args);
	return status;
}

enum tw_status replay_fail(struct replay_proc *p, enum tw_status status, const char *format, ...)
{
	char text[6000];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return replay_stop(p->r, status, "%s: event %" PRIu64 ": %s", p->path, p->n, text);
}

enum tw_status replay_differs(struct replay_proc *p, const struct replay_difference *d,
			      const char *format, ...)
{
	struct replay_difference *to = &p->r->result->difference;
	char text[6000];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	*to = *d;
	to->trace = p->path;
	to->event = p->n;
	to->call = p->ended ? NULL : tw_trace_kind_name(p->event.kind);
	return replay_fail(p, TW_DIFFERENCE, "%s", text);
}

enum tw_status replay_byte_differs(struct replay_proc *p, uint64_t address, uint8_t found,
				   uint8_t expected)
{
	struct replay_difference d = {.kind = "byte", .has_address = true, .address = address};

	snprintf(d.expected, sizeof(d.expected), "0x%02x", expected);
	snprintf(d.found, sizeof(d.found), "0x%02x", found);
	if (p->ended)
		return replay_differs(p, &d,
				      "at the end: byte 0x%" PRIx64 " is %02x, expected %02x",
				      address, found, expected);
	return replay_differs(
		p, &d, "%s at 0x%" PRIx64 ": byte 0x%" PRIx64 " is %02x, expected %02x",
		tw_trace_kind_name(p->event.kind), p->event.addr, address, found, expected);
}

enum tw_status replay_hw_differs(struct replay *r, const char *format, ...)
{
	struct replay_result *res = r->result;
	va_list args;

	va_start(args, format);
	vsnprintf(res->error, sizeof(res->error), format, args);
	va_end(args);
	res->difference = (struct replay_difference){.kind = "hardware"};
	res->pins = r->hw ? calloc(1, sizeof(*res->pins)) : NULL;
	if (res->pins && !tw_hw_get_difference(r->hw, res->pins)) {
		free(res->pins);
		res->pins = NULL;
	}
	return TW_DIFFERENCE;
}

enum tw_status replay_interrupted(struct replay *r)
{
	const char *signal = r->opts.user->stopped(r->opts.user->arg);

	snprintf(r->result->signal, sizeof(r->result->signal), "%s", signal);
	return replay_stop(r, TW_SYSTEM, "ended by %s after %" PRIu64 " events", signal,
			   r->result->events);
}

enum tw_status replay_broken(struct replay_proc *p, const char *rule)
{
	return replay_fail(p, TW_BAD_INPUT, "%s at 0x%" PRIx64 ": %s",
			   tw_trace_kind_name(p->event.kind), p->event.addr, rule);
}

enum tw_status replay_kernel_error(struct replay_proc *p, const char *what, int error)
{
	char text[1024];

	replay_name_files(p->r, tw_kernel_error(p->r->k), text, sizeof(text));
	if (error == -TW_EHARDWARE)
		return replay_hw_differs(p->r, "%s: event %" PRIu64 ": %s: %s", p->path, p->n, what,
					 tw_kernel_error(p->r->k));
	if (error == -ENOMEM && tw_kernel_shortage(p->r->k))
		return replay_fail(p, TW_NO_FRAMES, "%s: %s", what, text);
	return replay_fail(p, TW_SYSTEM, "%s: %s (%s)", what, strerror(-error), text);
}

// --- The end ---------------------------------------------------------------------------

static enum tw_status check_kernel(struct replay *r)
{
	char err[256];
	int e = tw_kernel_check(r->k, true, err, sizeof(err));

	if (e == -ENOMEM)
		return replay_stop(r, TW_SYSTEM, "%s", err);
	if (e == -EINTR)
		return replay_interrupted(r);
	return e ? replay_stop(r, TW_INTERNAL, "the kernel's state is inconsistent: %s", err)
		 : TW_OK;
}

// A process has reached its end: its memory is compared, then given up.
static enum tw_status end_process(struct replay_proc *p)
{
	struct replay *r = p->r;
	enum tw_status status;
	int e;

	p->ended = true;
	status = replay_verify_proc(p);
	if (status != TW_OK)
		return status;
	if (r->running == 1) {
		status = check_kernel(r);
		if (status != TW_OK)
			return status;
		e = tw_kernel_digest(r->k, &r->result->image_digest);
		if (e == -EINTR)
			return replay_interrupted(r);
		if (e)
			return replay_fail(p, TW_SYSTEM, "%s", tw_kernel_error(r->k));
		tw_kernel_get_stats(r->k, &r->result->kernel);
	}
	tw_proc_exit(p->proc);
	p->proc = NULL;
	r->running--;
	shadow_free(&p->shadow.pages);
	return TW_OK;
}

// All processes are gone: files are written back and compared, and nothing may be left.
static enum tw_status end_all(struct replay *r)
{
	struct tw_kernel_stats s;
	enum tw_status status = TW_OK;
	int e = tw_kernel_sync(r->k);

	if (e == -TW_EHARDWARE)
		return replay_hw_differs(r, "%s", tw_kernel_error(r->k));
	if (e) {
		char text[1024];

		replay_name_files(r, tw_kernel_error(r->k), text, sizeof(text));
		return replay_stop(r, TW_SYSTEM, "%s", text);
	}
	for (unsigned int i = 0; i < r->opts.n_traces && status == TW_OK; i++)
		status = replay_verify_files(&r->procs[i]);
	if (status == TW_OK)
		status = check_kernel(r);
	if (status != TW_OK)
		return status;
	tw_kernel_get_stats(r->k, &s);
	if (s.anon || s.shmem || s.tables || s.swap_used)
		return replay_stop(
			r, TW_INTERNAL,
			"after all processes ended %u anonymous, %u shared, %u table frames and "
			"%u swap slots are in use",
			s.anon, s.shmem, s.tables, s.swap_used);
	// The write-back at the end belongs to the run; the counts of frames are those before it.
	r->result->kernel.file_writes = s.file_writes;
	r->result->kernel.file_write_requests = s.file_write_requests;
	if (tw_hw_finish(r->hw) != 0)
		return replay_hw_differs(r, "hardware at the end: %s", tw_hw_error(r->hw));
	e = tw_hw_get_counters(r->hw, &r->result->hw);
	return e ? replay_stop(r, TW_SYSTEM, "hardware counters: %s", strerror(-e)) : TW_OK;
}

// After a lack of memory or an error of the system nothing may be lost: memory is compared all the
// same. What fails then is said after the first error; only lost bytes are worse than it.
static void verify_after_error(struct replay *r)
{
	char first[sizeof(r->result->error)], then[512] = "";
	enum tw_status status = TW_OK;
	size_t n;

	memcpy(first, r->result->error, sizeof(first));
	for (unsigned int i = 0; i < r->opts.n_traces && status == TW_OK; i++)
		if (r->procs[i].proc)
			status = replay_verify_proc(&r->procs[i]);
	if (status == TW_DIFFERENCE) {
		r->result->status = status;
		snprintf(then, sizeof(then), "; then: %.400s", r->result->error);
	} else if (status == TW_OK && r->result->pages_verified) {
		snprintf(then, sizeof(then),
			 "; nothing was lost: all %" PRIu64 " pages in use were compared",
			 r->result->pages_verified);
	}
	n = strnlen(first, sizeof(first) - sizeof(then));
	memcpy(r->result->error, first, n);
	strcpy(r->result->error + n, then);
}

// --- The loop --------------------------------------------------------------------------

// Events between two looks whether the run shall end: the look costs as much as part of an access.
enum { LOOK_INTERVAL = 16 };

static void show_progress(struct replay *r, uint64_t total)
{
	tw_kernel_get_stats(r->k, &r->result->kernel);
	r->opts.user->progress(r->opts.user->arg,
			       total ? (unsigned int)(r->result->events * 100 / total) : 100,
			       r->result);
}

// Between two events: the checks and the progress that were asked for.
static enum tw_status look(struct replay *r, uint64_t total)
{
	uint64_t step = total / 100 ? total / 100 : 1, events = r->result->events;
	enum tw_status status = TW_OK;

	if (r->opts.check && events % r->opts.check == 0)
		status = check_kernel(r);
	if (r->opts.user->progress && events % step == 0)
		show_progress(r, total);
	return status;
}

// Runs up to a quantum of one process.
static enum tw_status run_process(struct replay_proc *p, uint64_t quantum, uint64_t total)
{
	struct replay *r = p->r;
	struct replay_result *res = r->result;
	const bool watched = r->opts.check || r->opts.user->progress;
	uint64_t end = quantum < total - res->events ? res->events + quantum : total;
	enum tw_status status = TW_OK;
	int more = tw_proc_switch(r->k, p->proc);

	if (more)
		return replay_kernel_error(p, "context switch", more);
	while (status == TW_OK && res->events < end) {
		if (res->events % LOOK_INTERVAL == 0 && replay_stopped(r))
			return replay_interrupted(r);
		more = tw_trace_next(p->trace, &p->event);
		if (more < 0)
			return replay_stop(r, tw_status_of(more), "%s", tw_trace_error(p->trace));
		if (more == 0)
			return end_process(p);
		if (p->places.n)
			replay_relocate(p, &p->event);
		if (p->event.kind <= TW_TRACE_COPY_OUT)
			status = replay_access(p);
		else if (p->event.kind == TW_TRACE_EXIT)
			return end_process(p);
		else
			status = replay_map(p);
		p->n++;
		res->events++;
		if (watched && status == TW_OK)
			status = look(r, total);
	}
	return status;
}

static enum tw_status run_all(struct replay *r)
{
	uint64_t total = 0;
	enum tw_status status = TW_OK;

	for (unsigned int i = 0; i < r->opts.n_traces; i++)
		total += tw_trace_get_info(r->procs[i].trace)->n_events;
	if (r->opts.limit && r->opts.limit < total)
		total = r->opts.limit;
	while (r->running && r->result->events < total && status == TW_OK)
		for (unsigned int i = 0; i < r->opts.n_traces && status == TW_OK; i++)
			if (r->procs[i].proc)
				status = run_process(&r->procs[i], r->opts.quantum, total);
	// What is left when the limit was reached.
	for (unsigned int i = 0; i < r->opts.n_traces && status == TW_OK; i++)
		if (r->procs[i].proc)
			status = end_process(&r->procs[i]);
	return status == TW_OK ? end_all(r) : status;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// Takes the machine down.
static void end_machine(struct replay *r)
{
	replay_destroy(r);
	free(r);
}

void replay_result_free(struct replay_result *r)
{
	free(r->pins);
	r->pins = NULL;
	if (r->machine)
		end_machine(r->machine);
	r->machine = NULL;
}

// Creates the machine and runs on it.
static enum tw_status run_machine(struct replay *r)
{
	enum tw_status status = replay_create(r);
	double start = now();

	if (status == TW_OK)
		status = run_all(r);
	r->result->seconds = now() - start;
	return status;
}

enum tw_status replay_run(const struct replay_opts *opts, struct replay_result *result)
{
	struct replay *r = calloc(1, sizeof(*r));
	struct replay_proc *procs = calloc(opts->n_traces, sizeof(*procs));

	*result = (struct replay_result){.used = *opts};
	if (!r || !procs) {
		free(r);
		free(procs);
		snprintf(result->error, sizeof(result->error), "out of memory");
		opts->user->complain(opts->user->arg, opts, TW_SYSTEM, result->error);
		return result->status = TW_SYSTEM;
	}
	*r = (struct replay){.opts = *opts, .result = result, .procs = procs, .swap_fd = -1};
	result->status = run_machine(r);
	if ((result->status == TW_SYSTEM || result->status == TW_NO_FRAMES) && r->k && r->running &&
	    !replay_stopped(r))
		verify_after_error(r);
	result->used = r->opts;
	// How far it came.
	if (result->status != TW_OK && r->k) {
		tw_kernel_get_stats(r->k, &result->kernel);
		tw_hw_get_counters(r->hw, &result->hw);
	}
	if (result->status != TW_OK)
		opts->user->complain(opts->user->arg, &r->opts, result->status, result->error);
	if (r->hw)
		opts->user->ended(opts->user->arg, r->hw);
	if (replay_stopped(r))
		result->machine = r;
	else
		end_machine(r);
	return result->status;
}
