// SPDX-License-Identifier: Apache-2.0
// `twinwalk run`: replays recorded traces through the kernel on one hardware back end, or on
// several one after the other to compare them. The work is in replay.c.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "replay.h"
#include "run_options.h"

static void speed(const struct replay_result *r)
{
	fprintf(stderr, "%s: %" PRIu64 " accesses in %.2f s, %.2f million per second\n", r->used.hw,
		replay_accesses(r), r->seconds,
		r->seconds > 0 ? (double)replay_accesses(r) / r->seconds / 1e6 : 0.0);
}

// Only what the same command does again is worth repeating: a difference, or an error of ours. One
// that lockstep found says by itself how to repeat it.
static void complain(const struct replay_opts *opts, enum tw_status status, const char *error)
{
	fprintf(stderr, "twinwalk run: %s: %s\n", opts->hw, error);
	if ((status == TW_DIFFERENCE || status == TW_INTERNAL) && !strstr(error, opts->repeat))
		fprintf(stderr, "to repeat: %s\n", opts->repeat);
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
static enum tw_status run(struct run_options *o)
{
	struct replay_result *results = calloc(RUN_BACK_ENDS, sizeof(*results));
	enum tw_status status = TW_OK, end;
	unsigned int done = 0;

	if (!results) {
		fputs("twinwalk run: out of memory\n", stderr);
		return TW_SYSTEM;
	}
	for (; done < o->n_hw && status == TW_OK; done++) {
		o->replay.hw = o->hw[done];
		status = replay_run(&o->replay, &results[done]);
		if (status == TW_OK && o->replay.progress)
			speed(&results[done]);
		if (status == TW_OK && done > 0 && !replay_equal(&results[0], &results[done])) {
			print_differences(&results[0], &results[done]);
			fprintf(stderr, "to repeat: %s\n", o->replay.repeat);
			status = TW_DIFFERENCE;
		}
	}
	// The results are there all the same.
	end = status == TW_OK && o->replay.wave->failed ? TW_SYSTEM : status;
	if (o->json) {
		if (replay_print_json(stdout, results, done, end, o->timing) != 0) {
			fputs("twinwalk run: out of memory\n", stderr);
			end = end == TW_OK ? TW_SYSTEM : end;
		}
	} else if (status == TW_OK) {
		replay_print(stdout, &results[0]);
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
static enum tw_status open_wave(const struct run_options *o, struct wave *w)
{
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
	status = wave_open(w, o->wave_path, o->force, inputs, n);
	w->from = o->wave_from;
	w->to = o->wave_to;
	free(inputs);
	return status;
}

int tw_cmd_run(const char *repeat, int argc, char **argv)
{
	struct run_options o;
	struct wave wave = {0};
	bool help;
	enum tw_status status = run_options(argc, argv, &o, &help);

	if (status == TW_OK && !help) {
		o.replay.repeat = repeat;
		o.replay.complain = complain;
		o.replay.wave = &wave;
		status = tw_inputs_ok("run", o.replay.traces, o.replay.n_traces)
				 ? open_wave(&o, &wave)
				 : TW_USAGE;
		if (status == TW_OK) {
			interrupt_watch();
			status = run(&o);
		}
		wave_close(&wave);
	}
	run_options_free(&o);
	return (int)status;
}
