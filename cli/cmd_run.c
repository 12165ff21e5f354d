// SPDX-License-Identifier: Apache-2.0
// `twinwalk run`: replays recorded traces through the kernel on one hardware back end, or on
// several one after the other to compare them. The work is in replay/.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "interrupt.h"
#include "report.h"
#include "run_options.h"

struct command {
	struct run_options o;
	struct wave wave;
	struct replay_user user;
	const char *hw; // of the present run
	bool progress;	// a line of it stands on the terminal
};

// --- What a replay asks of us ----------------------------------------------------------

static enum tw_status check_format(const struct replay_opts *opts, const struct tw_config *config,
				   char *err, size_t errlen)
{
	size_t n;

	if (config->formats >> opts->format & 1)
		return TW_OK;
	n = (size_t)snprintf(err, errlen, "configuration %s does not have the format %s, but",
			     opts->config, tw_format_get(opts->format)->name);
	for (unsigned int i = 0; config->formats >> i && n < errlen; i++)
		if (config->formats >> i & 1 && tw_format_get((enum tw_format)i))
			n += (size_t)snprintf(err + n, errlen - n, " %s",
					      tw_format_get((enum tw_format)i)->name);
	return TW_USAGE;
}

static enum tw_status create(void *arg, const struct replay_opts *opts, struct tw_hw_opts *hw_opts,
			     struct tw_config *config, struct tw_hw **hw, char *err, size_t errlen)
{
	const struct command *c = arg;
	enum tw_status status = tw_backend_config(opts->config, config, err, errlen);

	if (status == TW_OK)
		status = check_format(opts, config, err, errlen);
	hw_opts->config = config;
	hw_opts->wave_fd = wave_fd(&c->wave);
	hw_opts->wave_from = c->wave.from;
	hw_opts->wave_to = c->wave.to;
	return status == TW_OK ? tw_backend_create(opts->hw, hw_opts, hw, err, errlen) : status;
}

static const char *stopped(void *arg)
{
	(void)arg;
	return interrupted() ? interrupt_name() : NULL;
}

static void progress(void *arg, unsigned int percent, const struct replay_result *r)
{
	struct command *c = arg;

	c->progress = true;
	fprintf(stderr,
		"\r%s: %3u%%  %" PRIu64 " accesses  %" PRIu64 " faults  %" PRIu64
		" pages swapped out ",
		c->hw, percent, replay_accesses(r), r->kernel.minor + r->kernel.major,
		r->kernel.swap_out);
}

static void end_progress(struct command *c)
{
	if (c->progress)
		fputc('\n', stderr);
	c->progress = false;
}

// Only what the same command does again is worth repeating: a difference, or an error of ours. One
// that lockstep found says by itself how to repeat it.
static void complain(void *arg, const struct replay_opts *opts, enum tw_status status,
		     const char *error)
{
	end_progress(arg);
	fprintf(stderr, "twinwalk run: %s: %s\n", opts->hw, error);
	if ((status == TW_DIFFERENCE || status == TW_INTERNAL) && !strstr(error, opts->repeat))
		fprintf(stderr, "to repeat: %s\n", opts->repeat);
}

static void ended(void *arg, struct tw_hw *hw)
{
	struct command *c = arg;

	end_progress(c);
	wave_complete(&c->wave, hw);
}

// --- The runs --------------------------------------------------------------------------

static void speed(const struct replay_result *r)
{
	fprintf(stderr, "%s: %" PRIu64 " accesses in %.2f s, %.2f million per second\n", r->used.hw,
		replay_accesses(r), r->seconds,
		r->seconds > 0 ? (double)replay_accesses(r) / r->seconds / 1e6 : 0.0);
}

static void print_differences(const struct replay_result *a, const struct replay_result *b)
{
	struct replay_pair pair;

	for (size_t i = 0; replay_pair(a, b, i, &pair); i++)
		if (pair.a != pair.b)
			fprintf(stderr,
				"difference: %s: %s %" PRIu64 " (0x%" PRIx64 "), %s %" PRIu64
				" (0x%" PRIx64 ")\n",
				pair.what, a->used.hw, pair.a, pair.a, b->used.hw, pair.b, pair.b);
}

// Runs all back ends; stops at the first that fails, or differs from the first one.
static enum tw_status run(struct command *c)
{
	struct run_options *o = &c->o;
	struct replay_result *results = calloc(RUN_BACK_ENDS, sizeof(*results));
	enum tw_status status = TW_OK, end;
	unsigned int done = 0;

	if (!results) {
		fputs("twinwalk run: out of memory\n", stderr);
		return TW_SYSTEM;
	}
	for (; done < o->n_hw && status == TW_OK; done++) {
		o->replay.hw = c->hw = o->hw[done];
		status = replay_run(&o->replay, &results[done]);
		if (status == TW_OK && o->progress)
			speed(&results[done]);
		if (status == TW_OK && done > 0 && !replay_equal(&results[0], &results[done])) {
			print_differences(&results[0], &results[done]);
			fprintf(stderr, "to repeat: %s\n", o->replay.repeat);
			status = TW_DIFFERENCE;
		}
	}
	// The results are there all the same.
	end = status == TW_OK && c->wave.failed ? TW_SYSTEM : status;
	if (o->json) {
		if (report_print_json(stdout, results, done, end, &c->wave, o->timing) != 0) {
			fputs("twinwalk run: out of memory\n", stderr);
			end = end == TW_OK ? TW_SYSTEM : end;
		}
	} else if (status == TW_OK) {
		report_print(stdout, &results[0]);
		for (unsigned int i = 1; i < o->n_hw; i++)
			printf("equal on                 %s: every response and cycle, and the "
			       "memory image\n",
			       o->hw[i]);
	}
	// Before what is left of the machines goes, which may take longer than a signal leaves.
	if (interrupted())
		fflush(stdout);
	for (unsigned int i = 0; i < done; i++)
		replay_result_free(&results[i]);
	free(results);
	return end;
}

// The traces, the configuration and the swap file are not for the waveform.
static enum tw_status open_wave(struct command *c)
{
	const struct run_options *o = &c->o;
	size_t n = o->replay.n_traces;
	const char **inputs = calloc(n + 2, sizeof(*inputs));
	enum tw_status status;

	if (!inputs) {
		fputs("twinwalk run: out of memory\n", stderr);
		return TW_SYSTEM;
	}
	for (size_t i = 0; i < n; i++)
		inputs[i] = o->replay.traces[i];
	inputs[n++] = o->replay.config;
	if (o->replay.swap_path)
		inputs[n++] = o->replay.swap_path;
	status = wave_open(&c->wave, o->wave_path, o->force, inputs, n);
	c->wave.from = o->wave_from;
	c->wave.to = o->wave_to;
	free(inputs);
	return status;
}

int tw_cmd_run(const char *repeat, int argc, char **argv)
{
	struct command c = {.user = {.create = create,
				     .stopped = stopped,
				     .complain = complain,
				     .ended = ended}};
	bool help;
	enum tw_status status = run_options(argc, argv, &c.o, &help);

	if (status == TW_OK && !help) {
		c.user.arg = &c;
		c.user.progress = c.o.progress ? progress : NULL;
		c.o.replay.repeat = repeat;
		c.o.replay.user = &c.user;
		status = tw_inputs_ok("run", c.o.replay.traces, c.o.replay.n_traces) ? open_wave(&c)
										     : TW_USAGE;
		if (status == TW_OK) {
			interrupt_watch();
			status = run(&c);
		}
		wave_close(&c.wave);
	}
	run_options_free(&c.o);
	return (int)status;
}
