// SPDX-License-Identifier: Apache-2.0
// tw_lockstep_random: random stimulus on model and RTL in lockstep, or on one of them alone: judged
// by the oracle, or unchecked to measure its speed or what the stimulus reaches. Exit status: 0 no
// difference, 1 a difference, a broken rule, a forbidden answer, an event that never happened in a
// long run, or a coverage point that was missed; 2 usage; 4 system error.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../host/output.h"
#include "../host/process.h"
#include "../host/utf8.h"
#include "judge.h"
#include "random_options.h"
#include "stim_bounds.h"
#include "stim_coverage.h"
#include "stim_probe.h"
#include "stimulus.h"
#include "watch.h"

enum {
	DRAIN_LIMIT = 100000,
	// A run of this length in which some event never happens is not a test.
	LONG_RUN = 500000,
	// Cycles from one preset of the counters to the next.
	PRESET_INTERVAL = TW_REPLAY_STRETCH,
	// Lines of a report that name what was not covered.
	MAX_MISSING = 40,
	// Nor one of this length for each combination of fence, page and ASID in which one of them
	// is not tried.
	FULL_RUN = 4400,
};

struct run {
	struct random_options opt;
	struct tw_device dev;
	struct tw_stim *stim;
	struct tw_watch watch;
	struct tw_judge *judge;		   // NULL without --oracle
	struct tw_stim_coverage *coverage; // NULL without --coverage
	struct tw_output *wave;		   // NULL without --wave
	const char *broken;		   // the rule that a device alone broke
	bool broken_here;		   // in the present cycle, whose inputs are chosen
	struct tw_mmu_in in;
	uint64_t cycle;
	double seconds;
	char *repeat;
};

static void invert_counter_sel(void *user, uint64_t cycle, struct tw_mmu_in *rtl_in)
{
	const uint64_t *when = user;

	if (cycle >= *when)
		rtl_in->counter_sel ^= 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static bool checked(const struct run *r)
{
	return r->opt.mode == TW_DEVICE_LOCKSTEP || r->opt.oracle;
}

// A broken rule counts as a difference. HERE: the inputs of the present cycle are chosen.
static int reject(struct run *r, const char *broken, bool here)
{
	if (r->dev.ls)
		return tw_lockstep_reject(r->dev.ls, broken, here ? &r->in : NULL);
	r->broken = broken;
	r->broken_here = here;
	return -EIO;
}

// The high bits of the counters change only if they start near it. An RTL that shows its pins alone
// counts from zero.
static int preset_counters(struct run *r)
{
	uint64_t counter[TW_EVENTS];
	int err;

	tw_stim_counters(r->stim, counter);
	err = tw_device_preset_counters(&r->dev, counter);
	return err == -ENOTSUP ? 0 : err;
}

// 0, or the device's error.
static int step(struct run *r)
{
	const struct tw_mmu_out *out = r->dev.pin.pins(r->dev.pin.user);
	const char *broken = NULL;
	struct tw_mmu_in in;
	int err = r->cycle % PRESET_INTERVAL ? 0 : preset_counters(r);

	if (err)
		return err;
	tw_stim_drive(r->stim, out, &r->in);
	if (r->coverage)
		tw_stim_coverage_cycle(r->coverage, tw_device_model(&r->dev), &r->in);
	// The oracle speaks first: it names entries and versions.
	if (r->judge)
		err = tw_judge_cycle(r->judge, &r->in, out, &broken);
	if (!err && !broken && checked(r))
		broken = tw_watch_cycle(&r->watch, out, &r->in);
	if (err || broken)
		return err ? err : reject(r, broken, true);
	in = r->in;
	if (!r->dev.ls && r->opt.sabotage && r->cycle >= r->opt.sabotage)
		in.port[TW_PORT_DATA].req.va ^= 0x1000;
	r->cycle++;
	err = r->dev.pin.tick(r->dev.pin.user, &in);
	if (err == -EIO && r->dev.rtl)
		return reject(r, tw_rtl_failed(r->dev.rtl), false);
	return err;
}

// What must hold when everything is drained; NULL, or the broken rule.
static const char *end_broken(struct run *r)
{
	const char *broken = r->judge ? tw_judge_end(r->judge) : NULL;

	if (!broken && r->watch.n_waiting)
		broken = "a request was never answered";
	return broken;
}

// The stimulus, then a quiet end after which nothing may be in flight, then a last comparison.
static int run(struct run *r)
{
	const char *broken;
	int err = 0;

	while (!err && r->cycle < r->opt.cycles)
		err = step(r);
	if (!checked(r))
		return err;
	tw_stim_quiesce(r->stim);
	for (unsigned int n = 0; !err; n++) {
		if (r->dev.pin.pins(r->dev.pin.user)->idle && n)
			break;
		if (n == DRAIN_LIMIT)
			return reject(r, "idle_o stays low for ever", false);
		err = step(r);
	}
	broken = err ? NULL : end_broken(r);
	if (broken)
		return reject(r, broken, false);
	return err || !r->dev.ls ? err : tw_lockstep_compare(r->dev.ls);
}

// The first event that a long run did not see, or NULL.
static const char *missing_event(const struct run *r)
{
	const uint64_t *events = tw_stim_events(r->stim);
	struct tw_stim_bounds bounds;

	if (r->opt.cycles < LONG_RUN || !checked(r))
		return NULL;
	tw_stim_bounds(&r->opt.config, &bounds);
	for (unsigned int i = 0; i < TW_EVENTS; i++)
		if (!events[i] && bounds.events >> i & 1)
			return tw_event_name(i);
	return NULL;
}

// Combinations of fence, page and ASID that were not tried (stim_probe.h).
static unsigned int untried(const struct run *r)
{
	unsigned int n;

	tw_stim_probes(r->stim, &n);
	return n;
}

static unsigned int combinations(const struct run *r)
{
	unsigned int n;

	return tw_stim_probes(r->stim, &n);
}

// Verdicts that the oracle left open: a wrong answer may be among them.
static uint64_t undecided(const struct run *r)
{
	struct tw_oracle_stats s = {0};

	if (r->judge)
		tw_judge_stats(r->judge, &s);
	return s.undecided;
}

static bool uncovered(const struct run *r)
{
	return r->coverage && !tw_cover_complete(tw_stim_coverage_points(r->coverage));
}

static void print_json(const struct run *r, int status)
{
	const uint64_t *events = tw_stim_events(r->stim);
	struct tw_oracle_stats s;

	printf("{\"config\":");
	tw_json_string(stdout, r->opt.config.name);
	printf(",\"mode\":\"%s\",\"seed\":%" PRIu64 ",\"cycles\":%" PRIu64
	       ",\"seconds\":%.3f,\"cycles_per_second\":%.0f,\"status\":%d",
	       random_mode_name(r->opt.mode), r->opt.seed, r->cycle, r->seconds,
	       (double)r->cycle / r->seconds, status);
	if (checked(r))
		printf(",\"accepted\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"cancelled\":%" PRIu64,
		       r->watch.accepted, r->watch.answered, r->watch.cancelled);
	if (r->judge) {
		tw_judge_stats(r->judge, &s);
		printf(",\"oracle\":{\"responses\":%" PRIu64 ",\"updates\":%" PRIu64
		       ",\"reads\":%" PRIu64 ",\"newest\":%" PRIu64 ",\"stale\":%" PRIu64
		       ",\"forbidden\":%" PRIu64 ",\"undecided\":%" PRIu64 ",\"searches\":%" PRIu64
		       ",\"steps\":%" PRIu64 ",\"longest\":%" PRIu64 ",\"longest_wait\":%" PRIu64
		       "}",
		       s.responses, s.updates, s.reads, s.newest, s.stale, s.forbidden, s.undecided,
		       s.searches, s.steps, s.longest, s.longest_wait);
	}
	if (r->coverage)
		tw_cover_print_json(tw_stim_coverage_points(r->coverage), stdout);
	printf(",\"untried\":%u,\"events\":{", untried(r));
	for (unsigned int i = 0; i < TW_EVENTS; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", tw_event_name(i), events[i]);
	printf("}}\n");
}

static void print_text(const struct run *r)
{
	const uint64_t *events = tw_stim_events(r->stim);
	struct tw_oracle_stats s;

	printf("%s %s seed %" PRIu64 ": %" PRIu64 " cycles, %.0f cycles/s\n",
	       random_mode_name(r->opt.mode), r->opt.config.name, r->opt.seed, r->cycle,
	       (double)r->cycle / r->seconds);
	if (r->dev.ls)
		printf("compared: %s\n", tw_lockstep_compared(r->dev.ls));
	if (checked(r))
		printf("requests: %" PRIu64 " accepted, %" PRIu64 " answered, %" PRIu64
		       " cancelled\n",
		       r->watch.accepted, r->watch.answered, r->watch.cancelled);
	if (r->judge) {
		tw_judge_stats(r->judge, &s);
		printf("oracle: %" PRIu64 " responses, %" PRIu64 " updates and %" PRIu64
		       " reads judged, %" PRIu64 " allowed by the newest entries, %" PRIu64
		       " by older ones, %" PRIu64 " forbidden, %" PRIu64 " undecided; %" PRIu64
		       " searches, the longest of %" PRIu64
		       " steps; no wait was longer than %" PRIu64 " cycles that count\n",
		       s.responses, s.updates, s.reads, s.newest, s.stale, s.forbidden, s.undecided,
		       s.searches, s.longest, s.longest_wait);
	}
	if (r->coverage)
		tw_cover_print(tw_stim_coverage_points(r->coverage), stdout);
	printf("edit, fence, access: %u of %u combinations of fence, page and ASID\n",
	       combinations(r) - untried(r), combinations(r));
	for (unsigned int i = 0; i < TW_EVENTS; i++)
		printf("%s%s %" PRIu64, i % 8 ? "  " : i ? "\n" : "", tw_event_name(i), events[i]);
	printf("\n");
}

// The waveform of a difference, after its report.
static void write_wave(struct run *r)
{
	char err[512] = "";
	int e;

	if (!r->wave)
		return;
	e = tw_device_wave(&r->dev, r->broken_here ? &r->in : NULL, tw_output_fd(r->wave));
	if (e) {
		snprintf(err, sizeof(err), "%s: %s", r->opt.wave, strerror(-e));
		tw_output_discard(r->wave);
	} else {
		e = tw_output_commit(r->wave, err, sizeof(err));
	}
	r->wave = NULL;
	if (e)
		fprintf(stderr, "waveform: %s\n", err);
	else
		fprintf(stderr, "waveform of the last %d cycles: %s\n", TW_REPLAY_WINDOW,
			r->opt.wave);
}

// Runs and judges. Returns the exit status.
static int check(struct run *r)
{
	const char *missing;
	double start = now();
	int err = run(r);
	int status = STATUS_OK;

	r->seconds = now() - start;
	missing = missing_event(r);
	if (r->broken) {
		fprintf(stderr, "%s, cycle %" PRIu64 ": %s alone breaks a rule\n  %s\n",
			r->opt.config.name, r->cycle, random_mode_name(r->opt.mode), r->broken);
		tw_device_transactions(&r->dev, r->broken_here ? &r->in : NULL, stderr);
		fprintf(stderr, "to repeat: %s\n", r->repeat);
		write_wave(r);
		status = STATUS_DIFFERENCE;
	} else if (err == -EIO) {
		fprintf(stderr, "%s", tw_lockstep_report(r->dev.ls));
		write_wave(r);
		status = STATUS_DIFFERENCE;
	} else if (err) {
		fprintf(stderr, "tw_lockstep_random: %s\n", strerror(-err));
		status = STATUS_SYSTEM;
	} else if (missing) {
		fprintf(stderr, "%s: event %s never happened\nto repeat: %s\n", r->opt.config.name,
			missing, r->repeat);
		status = STATUS_DIFFERENCE;
	} else if (r->opt.cycles / FULL_RUN >= combinations(r) && checked(r) && untried(r)) {
		fprintf(stderr,
			"%s: %u of %u combinations of fence, page and ASID were never tried\n"
			"to repeat: %s\n",
			r->opt.config.name, untried(r), combinations(r), r->repeat);
		status = STATUS_DIFFERENCE;
	} else if (undecided(r)) {
		fprintf(stderr,
			"%s: the oracle left %" PRIu64 " verdicts undecided\nto repeat: %s\n",
			r->opt.config.name, undecided(r), r->repeat);
		status = STATUS_DIFFERENCE;
	} else if (uncovered(r)) {
		fprintf(stderr, "%s: the stimulus did not cover\n", r->opt.config.name);
		tw_cover_name_missing(tw_stim_coverage_points(r->coverage), stderr, "  ",
				      MAX_MISSING);
		fprintf(stderr, "to repeat: %s\n", r->repeat);
		status = STATUS_DIFFERENCE;
	}
	if (r->opt.json)
		print_json(r, status);
	else
		print_text(r);
	return status;
}

// Opened before the run, which would be in vain if this failed. Returns the exit status.
static int open_wave(struct run *r)
{
	const struct tw_output_rules rules = {.kind = "a waveform",
					      .magic = TW_FST_MAGIC,
					      .magic_len = TW_FST_MAGIC_LEN,
					      .force = r->opt.force};
	char err[512];
	int e;

	if (!r->opt.wave)
		return STATUS_OK;
	e = tw_output_open(r->opt.wave, &rules, &r->wave, err, sizeof(err));
	if (e)
		fprintf(stderr, "tw_lockstep_random: --wave %s\n", err);
	return !e ? STATUS_OK : e == -EEXIST ? STATUS_USAGE : STATUS_SYSTEM;
}

int main(int argc, char **argv)
{
	struct tw_lockstep_opts opts;
	struct run *r = calloc(1, sizeof(*r));
	int status = STATUS_SYSTEM, err;

	tw_process_start();
	if (!r)
		return STATUS_SYSTEM;
	if (!random_parse(&r->opt, argc, argv)) {
		fputs(random_usage, stderr);
		free(r);
		return STATUS_USAGE;
	}
	if (r->opt.help) {
		fputs(random_usage, stdout);
		free(r);
		return fflush(stdout) ? STATUS_SYSTEM : STATUS_OK;
	}
	status = random_find_config(&r->opt);
	if (!status)
		status = open_wave(r);
	r->repeat = random_repeat(&r->opt, argv[0]);
	if (status || !r->repeat)
		goto out;
	status = STATUS_SYSTEM;
	opts = (struct tw_lockstep_opts){
		.config = &r->opt.config,
		.seed = r->opt.seed,
		.repeat_command = r->repeat,
		.compare_interval = r->opt.interval,
	};
	err = tw_device_open(&r->dev, r->opt.mode, &opts);
	if (!err && r->opt.oracle)
		err = tw_device_record(&r->dev, &opts);
	if (!err)
		err = tw_stim_create(&r->opt.config, r->opt.seed, &r->stim);
	if (!err && r->opt.oracle)
		err = tw_judge_create(r->stim, &r->opt.config,
				      r->opt.max_wait == UINT64_MAX
					      ? tw_oracle_max_wait(&r->opt.config)
					      : r->opt.max_wait,
				      &r->judge);
	if (!err && r->opt.coverage)
		err = tw_stim_coverage_create(&r->opt.config, &r->coverage);
	if (err) {
		fprintf(stderr, "tw_lockstep_random: %s\n", strerror(-err));
	} else {
		tw_watch_init(&r->watch);
		if (r->opt.sabotage && r->dev.ls)
			tw_lockstep_sabotage(r->dev.ls, invert_counter_sel, &r->opt.sabotage);
		status = check(r);
	}
out:
	tw_output_discard(r->wave);
	tw_stim_coverage_destroy(r->coverage);
	tw_judge_destroy(r->judge);
	tw_stim_destroy(r->stim);
	tw_device_close(&r->dev);
	free(r->repeat);
	free(r);
	return status;
}
