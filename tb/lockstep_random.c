// SPDX-License-Identifier: Apache-2.0
// tw_lockstep_random: random stimulus on model and RTL in lockstep, or on one of them alone: judged
// by the oracle, or unchecked to measure its speed or what the stimulus reaches. Exit status: 0 no
// difference, 1 a difference, a broken rule, a forbidden answer, an event that never happened in a
// long run, or a coverage point that was missed; 2 usage; 4 system error.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../host/command.h"
#include "../host/config_arg.h"
#include "../host/number.h"
#include "../host/output.h"
#include "../host/process.h"
#include "../host/utf8.h"
#include "device.h"
#include "judge.h"
#include "stim_bounds.h"
#include "stim_coverage.h"
#include "stim_probe.h"
#include "stimulus.h"
#include "watch.h"

enum {
	STATUS_OK = 0,
	STATUS_DIFFERENCE = 1,
	STATUS_USAGE = 2,
	STATUS_SYSTEM = 4,
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

struct options {
	struct tw_config config;
	const char *config_arg; // its name, or its file
	uint64_t seed, cycles, interval;
	uint64_t max_wait; // of the oracle; UINT64_MAX: that of the configuration
	uint64_t sabotage; // first cycle in which the device sees a changed input; 0: none
	const char *wave;
	enum tw_device_mode mode;
	bool json, oracle, coverage, force, help;
};

struct run {
	struct options opt;
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

static const char usage_text[] =
	"usage: tw_lockstep_random [option]...\n"
	"  --config NAME    hardware configuration, or a file that holds one (compact)\n"
	"  --seed N|fresh   seed of the stimulus and of the RTL's registers (1);\n"
	"                   fresh: TW_SEED from the environment if set, else a random one\n"
	"  --cycles N       clock cycles (1000000)\n"
	"  --mode MODE      lockstep, or rtl or csim alone, unchecked without --oracle (lockstep)\n"
	"  --oracle         each answer judged from pins and history, without the model\n"
	"  --max-wait N     for the oracle: cycles in which a request must be answered, those not\n"
	"                   counted in which the hardware waits for others; 0: any number\n"
	"                   (from the configuration)\n"
	"  --coverage       fails unless each bit was held as 0 and 1, and alone, everywhere\n"
	"  --interval N     cycles between comparisons of whole arrays\n"
	"  --wave FILE      where the waveform of a difference goes (FST), or of what the oracle\n"
	"                   forbids the RTL\n"
	"  --force          --wave may replace a file that is no waveform\n"
	"  --json           results as one line of JSON\n"
	"  --sabotage N     from cycle N on the RTL sees bit 0 of counter_sel_i inverted, a "
	"device\n"
	"                   alone bit 12 of req_d_va_i: the run has to fail\n";

static bool number(const char *text, uint64_t *value)
{
	return tw_number(text, strlen(text), 0, UINT64_MAX, value);
}

static bool fresh_seed(uint64_t *seed)
{
	const char *env = getenv("TW_SEED");
	int fd;
	bool ok;

	if (env && *env)
		return number(env, seed);
	fd = open("/dev/urandom", O_RDONLY);
	ok = fd >= 0 && read(fd, seed, sizeof(*seed)) == (ssize_t)sizeof(*seed);
	if (fd >= 0)
		close(fd);
	*seed &= UINT32_MAX;
	return ok;
}

// Whether the run can end with a waveform.
static bool has_wave(const struct options *o)
{
	return o->mode == TW_DEVICE_LOCKSTEP || (o->mode == TW_DEVICE_RTL && o->oracle);
}

// An option without effect is a mistake.
static bool has_effect(const struct options *o)
{
	const char *option = NULL, *needs = "--mode lockstep";

	if (o->wave && !has_wave(o))
		option = "--wave", needs = "--mode lockstep, or rtl with --oracle,";
	else if (o->mode != TW_DEVICE_LOCKSTEP && o->interval)
		option = "--interval";
	else if (o->mode == TW_DEVICE_RTL && o->coverage)
		option = "--coverage", needs = "the model (--mode lockstep or csim)";
	else if (!o->oracle && o->max_wait != UINT64_MAX)
		option = "--max-wait", needs = "--oracle";
	else if (o->force && !o->wave)
		option = "--force", needs = "--wave";
	if (option)
		fprintf(stderr, "tw_lockstep_random: %s has an effect with %s only\n", option,
			needs);
	return !option;
}

static bool parse(struct options *o, int argc, char **argv)
{
	static const struct option longopts[] = {
		{"config", required_argument, NULL, 'c'},
		{"seed", required_argument, NULL, 's'},
		{"cycles", required_argument, NULL, 'n'},
		{"mode", required_argument, NULL, 'm'},
		{"interval", required_argument, NULL, 'i'},
		{"wave", required_argument, NULL, 'w'},
		{"json", no_argument, NULL, 'j'},
		{"oracle", no_argument, NULL, 'o'},
		{"sabotage", required_argument, NULL, 'x'},
		{"force", no_argument, NULL, 'f'},
		{"coverage", no_argument, NULL, 'v'},
		{"max-wait", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*o = (struct options){
		.config_arg = "compact", .seed = 1, .cycles = 1000000, .max_wait = UINT64_MAX};
	while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		bool ok = true;

		switch (c) {
		case 'h':
			o->help = true;
			return true;
		case 'c':
			o->config_arg = optarg;
			break;
		case 's':
			ok = strcmp(optarg, "fresh") ? number(optarg, &o->seed)
						     : fresh_seed(&o->seed);
			break;
		case 'n':
			ok = number(optarg, &o->cycles);
			break;
		case 'm':
			ok = tw_device_mode_parse(optarg, &o->mode);
			break;
		case 'i':
			ok = number(optarg, &o->interval);
			break;
		case 'w':
			o->wave = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'o':
			o->oracle = true;
			break;
		case 'f':
			o->force = true;
			break;
		case 't':
			ok = number(optarg, &o->max_wait);
			break;
		case 'v':
			o->coverage = true;
			break;
		case 'x':
			ok = number(optarg, &o->sabotage);
			break;
		default:
			return false;
		}
		if (!ok) {
			fprintf(stderr, "tw_lockstep_random: %s is not a valid value\n", optarg);
			return false;
		}
	}
	return optind == argc && has_effect(o);
}

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

static const char *mode_name(enum tw_device_mode mode)
{
	return mode == TW_DEVICE_CSIM ? "csim" : mode == TW_DEVICE_RTL ? "rtl" : "lockstep";
}

static void print_json(const struct run *r, int status)
{
	const uint64_t *events = tw_stim_events(r->stim);
	struct tw_oracle_stats s;

	printf("{\"config\":");
	tw_json_string(stdout, r->opt.config.name);
	printf(",\"mode\":\"%s\",\"seed\":%" PRIu64 ",\"cycles\":%" PRIu64
	       ",\"seconds\":%.3f,\"cycles_per_second\":%.0f,\"status\":%d",
	       mode_name(r->opt.mode), r->opt.seed, r->cycle, r->seconds,
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
	       mode_name(r->opt.mode), r->opt.config.name, r->opt.seed, r->cycle,
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
			r->opt.config.name, r->cycle, mode_name(r->opt.mode), r->broken);
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

static void add_option(struct tw_command *c, const char *option, const char *value)
{
	tw_command_add(c, option);
	tw_command_add(c, value);
}

static void add_number(struct tw_command *c, const char *option, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	add_option(c, option, digits);
}

// The command that repeats this run, with a waveform where there can be one; NULL: no memory. The
// seed stands for itself, wherever it came from.
static char *repeat_command(const struct options *o, const char *command)
{
	struct tw_command c = {0};

	tw_command_add(&c, command);
	add_option(&c, "--config", o->config_arg);
	add_number(&c, "--seed", o->seed);
	add_number(&c, "--cycles", o->cycles);
	if (o->mode != TW_DEVICE_LOCKSTEP)
		add_option(&c, "--mode", mode_name(o->mode));
	if (o->oracle)
		tw_command_add(&c, "--oracle");
	if (o->max_wait != UINT64_MAX)
		add_number(&c, "--max-wait", o->max_wait);
	if (o->coverage)
		tw_command_add(&c, "--coverage");
	if (o->interval)
		add_number(&c, "--interval", o->interval);
	if (o->sabotage)
		add_number(&c, "--sabotage", o->sabotage);
	if (has_wave(o))
		add_option(&c, "--wave", o->wave ? o->wave : "wave.fst");
	return c.text;
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

// Reads the configuration, and has its RTL built if it is needed. Returns the exit status.
static int find_config(struct options *o)
{
	char err[512];
	int e = tw_config_arg(o->config_arg, &o->config, err, sizeof(err));

	if (!e && o->mode != TW_DEVICE_CSIM)
		e = tw_rtl_provide(&o->config, err, sizeof(err));
	if (e)
		fprintf(stderr, "tw_lockstep_random: %s\n", err);
	return !e ? STATUS_OK : e == -ENOENT || e == -EINVAL ? STATUS_USAGE : STATUS_SYSTEM;
}

int main(int argc, char **argv)
{
	struct tw_lockstep_opts opts;
	struct run *r = calloc(1, sizeof(*r));
	int status = STATUS_SYSTEM, err;

	tw_process_start();
	if (!r)
		return STATUS_SYSTEM;
	if (!parse(&r->opt, argc, argv)) {
		fputs(usage_text, stderr);
		free(r);
		return STATUS_USAGE;
	}
	if (r->opt.help) {
		fputs(usage_text, stdout);
		free(r);
		return fflush(stdout) ? STATUS_SYSTEM : STATUS_OK;
	}
	status = find_config(&r->opt);
	if (!status)
		status = open_wave(r);
	r->repeat = repeat_command(&r->opt, argv[0]);
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
