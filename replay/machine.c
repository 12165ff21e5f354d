// SPDX-License-Identifier: Apache-2.0
// A replay's machine: traces, memory, hardware, kernel, processes and their files, from their
// options to their end. Invariant: no file of a run has a name, but the swap file that the user
// named.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../host/output.h"
#include "internal.h"

#define RAM_BASE UINT64_C(0x80000000)
// Of what is moved because it lies too high: as low as Linux allows, vm.mmap_min_addr.
#define LOWEST UINT64_C(0x10000)
// Of sizes that are not given: 4 GB of memory, 128 GB of swap at most.
enum { MIN_FRAMES = 128, MAX_FRAMES = 1 << 20, MAX_SLOTS = 1 << 25 };

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
			return replay_stop(r, tw_status_of(err), "%s", tw_trace_error(p->trace));
	}
	return TW_OK;
}

// Half of the memory that the programs touch, and swap for all of it. What a trace says of itself
// is not proved yet, so it does not take all of the host's memory.
static void choose_sizes(struct replay *r)
{
	uint64_t pages = 0, frames, slots;

	for (unsigned int i = 0; i < r->opts.n_traces; i++)
		pages += tw_trace_get_info(r->procs[i].trace)->pages;
	frames = pages / 2 < MIN_FRAMES ? MIN_FRAMES : pages / 2;
	slots = pages * 2;
	if (!r->opts.frames)
		r->opts.frames = (uint32_t)(frames < MAX_FRAMES ? frames : MAX_FRAMES);
	if (!r->opts.swap_given)
		r->opts.swap_slots = (uint32_t)(slots < MAX_SLOTS ? slots : MAX_SLOTS);
}

// Files without a name in the work folder, so that nothing is left however the run ends.
static enum tw_status make_work(struct replay *r)
{
	const char *tmp = getenv("TMPDIR");

	r->work = r->opts.work ? r->opts.work : tmp && *tmp ? tmp : "/tmp";
	if (r->opts.work && mkdir(r->opts.work, 0700) == 0)
		r->work_made = true;
	else if (r->opts.work && errno != EEXIST)
		return replay_stop(r, TW_SYSTEM, "%s: %s", r->work, strerror(errno));
	r->swap_fd = -1;
	if (r->opts.swap_path || !r->opts.swap_slots)
		return TW_OK;
	r->swap_fd = tw_output_scratch(r->work);
	if (r->swap_fd < 0)
		return replay_stop(r, TW_SYSTEM, "%s: %s", r->work, strerror(-r->swap_fd));
	return TW_OK;
}

// All files of the run exist. A folder that was made for them only need not be there any more.
static void leave_work(struct replay *r)
{
	if (r->work_made)
		rmdir(r->work);
	r->work_made = false;
}

// A descriptor for each file of the traces: as many as the host gives.
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static enum tw_status make_hardware(struct replay *r)
{
	struct tw_hw_opts opts = {
		.mem = {.latency_min = r->opts.latency_min,
			.latency_max = r->opts.latency_max,
			.seed = r->opts.seed},
		.seed = r->opts.seed,
		.repeat_command = r->opts.repeat,
	};
	char err[300] = "";
	enum tw_status status;
	int e = tw_pmem_create(&r->pmem);

	if (!e)
		e = tw_pmem_add_flat(r->pmem, RAM_BASE,
				     RAM_BASE + ((uint64_t)r->opts.frames << SHADOW_SHIFT));
	if (e)
		return replay_stop(r, TW_SYSTEM, "%u frames: %s", r->opts.frames, strerror(-e));
	opts.pmem = r->pmem;
	status = r->opts.user->create(r->opts.user->arg, &r->opts, &opts, &r->result->config,
				      &r->hw, err, sizeof(err));
	return status == TW_OK ? TW_OK : replay_stop(r, status, "%s", err);
}

static bool stop(void *user)
{
	return replay_stopped(user);
}

static enum tw_status make_kernel(struct replay *r)
{
	struct tw_kernel_opts o;
	char err[300] = "", swap[32];
	int e;

	tw_kernel_opts_default(&o);
	o.hw = r->hw;
	o.format = r->opts.format;
	o.svade = r->opts.svade;
	o.ram_base = RAM_BASE;
	o.frames = r->opts.frames;
	snprintf(swap, sizeof(swap), REPLAY_FD_PATH "%d", r->swap_fd);
	o.swap_path = r->opts.swap_path ? r->opts.swap_path : swap;
	o.swap_slots = r->opts.swap_slots;
	o.policy = r->opts.policy;
	o.asid_bits = r->opts.asid_bits;
	o.costs = r->opts.costs;
	o.stop = stop;
	o.user = r;
	e = tw_kernel_create(&o, &r->k, err, sizeof(err));
	// A file that is in the way, as for all that is written.
	if (e == -EINVAL || e == -EEXIST)
		return replay_stop(r, TW_USAGE, "%s", err);
	if (e == -TW_EHARDWARE)
		return replay_hw_differs(r, "%s", err);
	return e ? replay_stop(r, TW_SYSTEM, "%s", err) : TW_OK;
}

static enum tw_status make_procs(struct replay *r)
{
	struct tw_layout layout;

	tw_layout_default(r->k, &layout);
	// Traces have addresses below 2^38, of which any may be mapped; what lies beyond the end is
	// moved.
	layout.lo = 0;
	raise_descriptors();
	for (unsigned int i = 0; i < r->opts.n_traces; i++) {
		struct replay_proc *p = &r->procs[i];
		enum tw_status status = replay_place_all(p, LOWEST, layout.hi);
		int e;

		if (status != TW_OK)
			return status;
		e = tw_proc_create(r->k, &layout, &p->proc);
		if (e)
			return replay_kernel_error(p, "new process", e);
		r->running++;
		status = replay_files(p);
		if (status != TW_OK)
			return status;
	}
	leave_work(r);
	return TW_OK;
}

enum tw_status replay_create(struct replay *r)
{
	enum tw_status status = open_traces(r);

	if (status != TW_OK)
		return status;
	choose_sizes(r);
	status = make_hardware(r);
	if (status == TW_OK)
		status = make_work(r);
	if (status == TW_OK)
		status = make_kernel(r);
	return status == TW_OK ? make_procs(r) : status;
}

void replay_destroy(struct replay *r)
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
		replay_free_places(&p->places);
		tw_trace_regions_free(&p->regions);
		tw_trace_close(p->trace);
	}
	tw_hw_destroy(r->hw);
	tw_pmem_destroy(r->pmem);
	if (r->swap_fd >= 0)
		close(r->swap_fd);
	leave_work(r);
	free(r->procs);
}
