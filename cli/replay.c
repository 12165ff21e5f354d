// SPDX-License-Identifier: Apache-2.0
// The replay's machine and main loop. See replay.h.
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

#include "backend.h"
#include "replay_internal.h"

#define RAM_BASE UINT64_C(0x80000000)
enum { MIN_FRAMES = 128 };

// --- Errors ----------------------------------------------------------------------------

static enum tw_status fail(struct replay *r, enum tw_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum tw_status fail(struct replay *r, enum tw_status status, const char *format, ...)
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
	return fail(p->r, status, "%s: event %" PRIu64 ": %s", p->path, p->n, text);
}

enum tw_status replay_kernel_error(struct replay_proc *p, const char *what, int error)
{
	const char *text = tw_kernel_error(p->r->k);

	if (error == -TW_EHARDWARE)
		return replay_fail(p, TW_DIFFERENCE, "%s: %s", what, text);
	if (error == -ENOMEM && tw_kernel_shortage(p->r->k))
		return replay_fail(p, TW_NO_FRAMES, "%s: %s", what, text);
	return replay_fail(p, TW_SYSTEM, "%s: %s (%s)", what, strerror(-error), text);
}

// --- The machine -----------------------------------------------------------------------

static enum tw_status open_traces(struct replay *r)
{
	for (unsigned int i = 0; i < r->opts.n_traces; i++) {
		struct replay_proc *p = &r->procs[i];
		int err;

		p->r = r;
		p->number = i;
		p->path = r->opts.traces[i];
		err = tw_trace_open(p->path, &p->trace);
		if (err)
			return fail(r, tw_status_of(err), "%s", tw_trace_error(p->trace));
	}
	return TW_OK;
}

// Half of the memory that the programs touch, and swap for all of it.
static void choose_sizes(struct replay *r)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < r->opts.n_traces; i++)
		pages += tw_trace_info(r->procs[i].trace)->pages;
	if (pages > UINT32_MAX / 4)
		pages = UINT32_MAX / 4;
	if (!r->opts.frames)
		r->opts.frames = pages / 2 < MIN_FRAMES ? MIN_FRAMES : (uint32_t)pages / 2;
	if (!r->opts.swap_given)
		r->opts.swap_slots = (uint32_t)pages * 2;
}

// A directory of our own, so that nothing of the user's is ever overwritten or removed.
static enum tw_status make_work(struct replay *r)
{
	const char *tmp = getenv("TMPDIR"), *base = tmp && *tmp ? tmp : "/tmp";

	if (r->opts.work) {
		base = r->opts.work;
		if (mkdir(base, 0700) == 0)
			r->base_made = true;
		else if (errno != EEXIST)
			return fail(r, TW_SYSTEM, "%s: %s", base, strerror(errno));
	}
	snprintf(r->work, sizeof(r->work), "%s/twinwalk-XXXXXX", base);
	if (!mkdtemp(r->work))
		return fail(r, TW_SYSTEM, "%s: %s", r->work, strerror(errno));
	r->work_made = true;
	if (r->opts.swap_path)
		snprintf(r->swap, sizeof(r->swap), "%s", r->opts.swap_path);
	else
		snprintf(r->swap, sizeof(r->swap), "%s/swap", r->work);
	return TW_OK;
}

static enum tw_status make_hardware(struct replay *r)
{
	struct tw_config config;
	struct tw_hw_opts opts = {
		.config = &config,
		.mem = {.latency_min = r->opts.latency_min,
			.latency_max = r->opts.latency_max,
			.seed = r->opts.seed},
		.seed = r->opts.seed,
		.wave_fd = wave_fd(r->opts.wave),
		.wave_from = r->opts.wave->from,
		.wave_to = r->opts.wave->to,
		.repeat_command = r->opts.repeat,
	};
	char err[300] = "";
	enum tw_status status = tw_backend_config(r->opts.config, &config, err, sizeof(err));
	int e;

	if (status != TW_OK)
		return fail(r, status, "%s", err);
	e = tw_pmem_create(&r->pmem);
	if (!e)
		e = tw_pmem_add_flat(r->pmem, RAM_BASE,
				     RAM_BASE + ((uint64_t)r->opts.frames << SHADOW_SHIFT));
	if (e)
		return fail(r, TW_SYSTEM, "%u frames: %s", r->opts.frames, strerror(-e));
	opts.pmem = r->pmem;
	status = tw_backend_create(r->opts.hw, &opts, &r->hw, err, sizeof(err));
	return status == TW_OK ? TW_OK : fail(r, status, "%s", err);
}

static enum tw_status make_kernel(struct replay *r)
{
	struct tw_kernel_opts o;
	char err[300] = "";
	int e;

	tw_kernel_opts_default(&o);
	o.hw = r->hw;
	o.format = r->opts.format;
	o.svade = r->opts.svade;
	o.ram_base = RAM_BASE;
	o.frames = r->opts.frames;
	o.swap_path = r->swap;
	o.swap_slots = r->opts.swap_slots;
	o.policy = r->opts.policy;
	o.asid_bits = r->opts.asid_bits;
	o.costs = r->opts.costs;
	e = tw_kernel_create(&o, &r->k, err, sizeof(err));
	if (e == -EEXIST)
		return fail(r, TW_SYSTEM, "%s: expected an empty file, or one that was swap before",
			    r->swap);
	if (e == -EINVAL)
		return fail(r, TW_USAGE, "%s", err);
	return e ? fail(r, e == -TW_EHARDWARE ? TW_DIFFERENCE : TW_SYSTEM, "%s", err) : TW_OK;
}

static enum tw_status make_procs(struct replay *r)
{
	struct tw_layout layout;

	tw_layout_default(r->k, &layout);
	// Traces have addresses below 2^38, of which any may be mapped.
	layout.lo = 0;
	for (unsigned int i = 0; i < r->opts.n_traces; i++) {
		struct replay_proc *p = &r->procs[i];
		int e = tw_proc_create(r->k, &layout, &p->proc);
		enum tw_status status;

		if (e)
			return replay_kernel_error(p, "new process", e);
		r->running++;
		status = replay_files(p);
		if (status != TW_OK)
			return status;
	}
	return TW_OK;
}

// --- The end ---------------------------------------------------------------------------

static enum tw_status check_kernel(struct replay *r)
{
	char err[256];
	int e = tw_kernel_check(r->k, true, err, sizeof(err));

	if (e == -ENOMEM)
		return fail(r, TW_SYSTEM, "%s", err);
	return e ? fail(r, TW_INTERNAL, "the kernel's state is inconsistent: %s", err) : TW_OK;
}

// A process has reached its end: its memory is compared, then given up.
static enum tw_status end_process(struct replay_proc *p)
{
	struct replay *r = p->r;
	enum tw_status status = replay_verify_proc(p);

	if (status != TW_OK)
		return status;
	if (r->running == 1) {
		status = check_kernel(r);
		if (status == TW_OK && tw_kernel_digest(r->k, &r->result->image_digest) != 0)
			status = replay_fail(p, TW_SYSTEM, "%s", tw_kernel_error(r->k));
		if (status != TW_OK)
			return status;
		tw_kernel_stats(r->k, &r->result->kernel);
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

	if (e)
		return fail(r, e == -TW_EHARDWARE ? TW_DIFFERENCE : TW_SYSTEM, "%s",
			    tw_kernel_error(r->k));
	for (unsigned int i = 0; i < r->opts.n_traces && status == TW_OK; i++)
		status = replay_verify_files(&r->procs[i]);
	if (status == TW_OK)
		status = check_kernel(r);
	if (status != TW_OK)
		return status;
	tw_kernel_stats(r->k, &s);
	if (s.anon || s.shmem || s.tables || s.swap_used)
		return fail(
			r, TW_INTERNAL,
			"after all processes ended %u anonymous, %u shared, %u table frames and "
			"%u swap slots are in use",
			s.anon, s.shmem, s.tables, s.swap_used);
	// The write-back at the end belongs to the run; the counts of frames are those before it.
	r->result->kernel.file_writes = s.file_writes;
	r->result->kernel.file_write_requests = s.file_write_requests;
	if (tw_hw_finish(r->hw) != 0)
		return fail(r, TW_DIFFERENCE, "hardware at the end: %s", tw_hw_error(r->hw));
	e = tw_hw_counters(r->hw, &r->result->hw);
	return e ? fail(r, TW_SYSTEM, "hardware counters: %s", strerror(-e)) : TW_OK;
}

// After a lack of memory or an error of the system nothing may be lost: memory is compared all the
// same.
static void verify_after_error(struct replay *r)
{
	char first[sizeof(r->result->error)];
	size_t n;

	memcpy(first, r->result->error, sizeof(first));
	for (unsigned int i = 0; i < r->opts.n_traces; i++) {
		enum tw_status status = r->procs[i].proc ? replay_verify_proc(&r->procs[i]) : TW_OK;

		if (status != TW_OK) {
			r->result->status = status;
			return;
		}
	}
	memcpy(r->result->error, first, sizeof(first));
	if (r->result->pages_verified == 0)
		return;
	n = strlen(r->result->error);
	snprintf(r->result->error + n, sizeof(r->result->error) - n,
		 "; nothing was lost: all %" PRIu64 " pages in use were compared",
		 r->result->pages_verified);
}

static void tear_down(struct replay *r)
{
	for (unsigned int i = 0; i < r->opts.n_traces; i++) {
		struct replay_proc *p = &r->procs[i];

		if (r->k && p->proc)
			tw_proc_exit(p->proc);
		for (uint32_t j = 0; j < p->n_objects; j++)
			tw_file_close(p->objects[j]->file);
	}
	tw_kernel_destroy(r->k);
	for (unsigned int i = 0; i < r->opts.n_traces; i++) {
		struct replay_proc *p = &r->procs[i];

		replay_free_objects(p);
		shadow_free(&p->shadow.pages);
		tw_trace_regions_free(&p->regions);
		tw_trace_close(p->trace);
	}
	tw_hw_destroy(r->hw);
	tw_pmem_destroy(r->pmem);
	if (r->work_made) {
		if (!r->opts.swap_path)
			unlink(r->swap);
		rmdir(r->work);
	}
	if (r->base_made)
		rmdir(r->opts.work);
	free(r->procs);
}

// --- The loop --------------------------------------------------------------------------

static void show_progress(struct replay *r, uint64_t total)
{
	struct tw_kernel_stats s;

	tw_kernel_stats(r->k, &s);
	fprintf(stderr,
		"\r%s: %3" PRIu64 "%%  %" PRIu64 " accesses  %" PRIu64 " faults  %" PRIu64
		" pages swapped out ",
		r->opts.hw, total ? r->result->events * 100 / total : 100, r->result->accesses,
		s.minor + s.major, s.swap_out);
}

// The signal that asked for the end; 0 if none did.
static volatile sig_atomic_t interrupted;

static void interrupt(int sig)
{
	interrupted = sig;
}

int replay_interrupted(void)
{
	return interrupted;
}

static void watch_signals(void)
{
	const int sigs[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		struct sigaction old;

		if (sigaction(sigs[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(sigs[i], &action, NULL);
	}
}

// Runs up to a quantum of one process.
static enum tw_status run_process(struct replay_proc *p, uint64_t quantum, uint64_t total)
{
	struct replay *r = p->r;
	struct replay_result *res = r->result;
	uint64_t step = total / 100 ? total / 100 : 1;
	enum tw_status status = TW_OK;
	int more = tw_proc_switch(r->k, p->proc);

	if (more)
		return replay_kernel_error(p, "context switch", more);
	while (quantum-- > 0 && status == TW_OK && res->events < total) {
		if (interrupted)
			return fail(r, TW_SYSTEM, "interrupted after %" PRIu64 " events",
				    res->events);
		more = tw_trace_next(p->trace, &p->event);
		if (more < 0)
			return fail(r, tw_status_of(more), "%s", tw_trace_error(p->trace));
		if (more == 0 || p->event.kind == TW_TRACE_EXIT)
			return end_process(p);
		if (p->event.kind <= TW_TRACE_COPY_OUT)
			status = replay_access(p);
		else
			status = replay_map(p);
		p->n++;
		res->events++;
		if (r->opts.check && res->events % r->opts.check == 0 && status == TW_OK)
			status = check_kernel(r);
		if (r->opts.progress && res->events % step == 0)
			show_progress(r, total);
	}
	return status;
}

static enum tw_status run_all(struct replay *r)
{
	uint64_t total = 0;
	enum tw_status status = TW_OK;

	for (unsigned int i = 0; i < r->opts.n_traces; i++)
		total += tw_trace_info(r->procs[i].trace)->n_events;
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
	if (r->opts.progress)
		fputc('\n', stderr);
	return status == TW_OK ? end_all(r) : status;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

enum tw_status replay_run(const struct replay_opts *opts, struct replay_result *result)
{
	struct replay r = {.opts = *opts, .result = result};
	double start;

	*result = (struct replay_result){0};
	watch_signals();
	r.procs = calloc(opts->n_traces, sizeof(*r.procs));
	if (!r.procs)
		return result->status = fail(&r, TW_SYSTEM, "out of memory");
	result->status = open_traces(&r);
	if (result->status == TW_OK) {
		choose_sizes(&r);
		result->status = make_hardware(&r);
	}
	if (result->status == TW_OK)
		result->status = make_work(&r);
	if (result->status == TW_OK)
		result->status = make_kernel(&r);
	if (result->status == TW_OK)
		result->status = make_procs(&r);
	start = now();
	if (result->status == TW_OK)
		result->status = run_all(&r);
	result->seconds = now() - start;
	if ((result->status == TW_SYSTEM || result->status == TW_NO_FRAMES) && r.k && r.running &&
	    !interrupted)
		verify_after_error(&r);
	result->used = r.opts;
	if (result->status != TW_OK)
		opts->complain(&r.opts, result->status, result->error);
	if (r.hw && wave_complete(opts->wave, r.hw) != TW_OK && result->status == TW_OK)
		result->status = fail(&r, TW_SYSTEM, "waveform: %s", opts->wave->why);
	tear_down(&r);
	return result->status;
}
