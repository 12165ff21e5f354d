// SPDX-License-Identifier: Apache-2.0
// `twinwalk run`: replays recorded traces through the kernel on one hardware back end, or on
// several one after the other to compare them. The work is in replay.c.
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "replay.h"

static const char usage[] =
	"usage: twinwalk run [OPTION...] TRACE...\n"
	"Replays recorded programs through the kernel, its page tables walked by the hardware. "
	"Every\n"
	"byte read is compared with a shadow copy, and at the end all memory, swap and files are.\n"
	"Several traces run as processes in turn.\n\n"
	"  --hw NAME            csim (default), rtl or lockstep\n"
	"  --compare A,B,...    run on several and compare results, cycles and memory images\n"
	"  --config NAME        hardware configuration, or a file of one (default: large)\n"
	"  --format NAME        sv39 (default) or long4\n"
	"  --svade              sv39: A and D bits set by the kernel, not by the hardware\n"
	"  --frames N           frames of 4 KB (default: half of what the traces touch)\n"
	"  --swap N             swap slots (default: twice what the traces touch)\n"
	"  --swap-file FILE     where swap lies (default: in the work directory)\n"
	"  --policy NAME        page replacement: clock (default), fifo\n"
	"  --mem-latency N[-M]  cycles of a page-table read (default: 10); a range is random\n"
	"  --asid-bits N        use fewer ASIDs\n"
	"  --quantum N          events between context switches (default: 100000)\n"
	"  --cost NAME=N        cycles of one piece of kernel work; see docs/kernel.md\n"
	"  --seed N             of contents, latencies and initial register values (default: 1)\n"
	"  --limit N            stop after N events\n"
	"  --check N            verify all invariants of the kernel every N events\n"
	"  --work DIR           keep temporary files there, in a directory of their own\n"
	"  --waves FILE         lockstep: waveform of a difference (default: difference.fst)\n"
	"  --wave-cycles A-B    rtl: write a waveform of these cycles into that file\n"
	"  --force              --waves may replace a file that is no waveform\n"
	"  --json               report as JSON; --timing adds the host's time\n"
	"  --progress           show progress even if stderr is no terminal\n"
	"  -h, --help\n\n"
	"exit status: 1 a byte, a result or a cycle differs; 3 bad trace; 4 disk full, I/O error, "
	"no\n"
	"memory on this machine; 6 the frames and swap slots given do not suffice\n";

enum { MAX_RUNS = 8 };

struct options {
	struct replay_opts replay;
	struct wave wave;
	const char *wave_path;
	char *compare;
	uint64_t wave_from, wave_to;
	bool json, timing, force;
};

static int bad(const char *option, const char *expected)
{
	fprintf(stderr, "twinwalk run: %s: expected %s\n", option, expected);
	return TW_USAGE;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return *text && *text != '-' && !*end && !errno && *value <= max;
}

// "N" or "N-M".
static bool parse_range(const char *text, uint64_t max, uint64_t *lo, uint64_t *hi)
{
	const char *dash = strchr(text, '-');
	char first[32];
	size_t n = dash ? (size_t)(dash - text) : strlen(text);

	if (n >= sizeof(first))
		return false;
	memcpy(first, text, n);
	first[n] = '\0';
	return parse_number(first, max, lo) && parse_number(dash ? dash + 1 : first, max, hi) &&
	       *lo <= *hi;
}

static bool parse_latency(const char *text, struct replay_opts *o)
{
	uint64_t lo, hi;

	if (!parse_range(text, 100000, &lo, &hi) || lo < 1)
		return false;
	o->latency_min = (uint32_t)lo;
	o->latency_max = (uint32_t)hi;
	return true;
}

static bool parse_cost(const char *text, struct tw_costs *costs)
{
	const char *eq = strchr(text, '=');
	uint64_t value;

	for (unsigned int i = 0; eq && i < TW_COSTS; i++) {
		const char *name = tw_cost_name(i);

		if (strlen(name) == (size_t)(eq - text) &&
		    strncmp(name, text, (size_t)(eq - text)) == 0 &&
		    parse_number(eq + 1, UINT32_MAX, &value)) {
			costs->cycles[i] = (uint32_t)value;
			return true;
		}
	}
	return false;
}

enum {
	OPT_HW = 256,
	OPT_COMPARE,
	OPT_CONFIG,
	OPT_FORMAT,
	OPT_SVADE,
	OPT_FRAMES,
	OPT_SWAP,
	OPT_SWAP_FILE,
	OPT_POLICY,
	OPT_LATENCY,
	OPT_ASID_BITS,
	OPT_QUANTUM,
	OPT_COST,
	OPT_SEED,
	OPT_LIMIT,
	OPT_CHECK,
	OPT_WORK,
	OPT_WAVES,
	OPT_WAVE_CYCLES,
	OPT_FORCE,
	OPT_JSON,
	OPT_TIMING,
	OPT_PROGRESS,
};

static const struct option long_options[] = {
	{"hw", required_argument, NULL, OPT_HW},
	{"compare", required_argument, NULL, OPT_COMPARE},
	{"config", required_argument, NULL, OPT_CONFIG},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"svade", no_argument, NULL, OPT_SVADE},
	{"frames", required_argument, NULL, OPT_FRAMES},
	{"swap", required_argument, NULL, OPT_SWAP},
	{"swap-file", required_argument, NULL, OPT_SWAP_FILE},
	{"policy", required_argument, NULL, OPT_POLICY},
	{"mem-latency", required_argument, NULL, OPT_LATENCY},
	{"asid-bits", required_argument, NULL, OPT_ASID_BITS},
	{"quantum", required_argument, NULL, OPT_QUANTUM},
	{"cost", required_argument, NULL, OPT_COST},
	{"seed", required_argument, NULL, OPT_SEED},
	{"limit", required_argument, NULL, OPT_LIMIT},
	{"check", required_argument, NULL, OPT_CHECK},
	{"work", required_argument, NULL, OPT_WORK},
	{"waves", required_argument, NULL, OPT_WAVES},
	{"wave-cycles", required_argument, NULL, OPT_WAVE_CYCLES},
	{"force", no_argument, NULL, OPT_FORCE},
	{"json", no_argument, NULL, OPT_JSON},
	{"timing", no_argument, NULL, OPT_TIMING},
	{"progress", no_argument, NULL, OPT_PROGRESS},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

// Options that take a number, and the numbers they take.
static const struct {
	int option;
	const char *name;
	uint64_t min, max;
} numbers[] = {
	{OPT_FRAMES, "--frames", 1, 1u << 28}, {OPT_SWAP, "--swap", 0, 1u << 28},
	{OPT_ASID_BITS, "--asid-bits", 1, 16}, {OPT_QUANTUM, "--quantum", 1, UINT64_MAX},
	{OPT_SEED, "--seed", 0, UINT64_MAX},   {OPT_LIMIT, "--limit", 1, UINT64_MAX},
	{OPT_CHECK, "--check", 1, UINT64_MAX},
};

// Returns false for an option that takes no number; *status tells whether the number was good.
static bool number_option(int c, struct replay_opts *r, int *status)
{
	size_t i = 0;
	uint64_t v;

	while (i < sizeof(numbers) / sizeof(numbers[0]) && numbers[i].option != c)
		i++;
	if (i == sizeof(numbers) / sizeof(numbers[0]))
		return false;
	*status = TW_OK;
	if (!parse_number(optarg, numbers[i].max, &v) || v < numbers[i].min) {
		fprintf(stderr,
			"twinwalk run: %s %s: expected a number from %" PRIu64 " to %" PRIu64 "\n",
			numbers[i].name, optarg, numbers[i].min, numbers[i].max);
		*status = TW_USAGE;
		return true;
	}
	switch (c) {
	case OPT_FRAMES:
		r->frames = (uint32_t)v;
		break;
	case OPT_SWAP:
		r->swap_slots = (uint32_t)v;
		r->swap_given = true;
		break;
	case OPT_ASID_BITS:
		r->asid_bits = (unsigned int)v;
		break;
	case OPT_QUANTUM:
		r->quantum = v;
		break;
	case OPT_SEED:
		r->seed = v;
		break;
	case OPT_LIMIT:
		r->limit = v;
		break;
	default:
		r->check = v;
	}
	return true;
}

static int one_option(int c, struct options *o)
{
	struct replay_opts *r = &o->replay;
	int status;

	if (number_option(c, r, &status))
		return status;
	switch (c) {
	case OPT_HW:
		r->hw = optarg;
		return TW_OK;
	case OPT_COMPARE:
		o->compare = optarg;
		return TW_OK;
	case OPT_CONFIG:
		r->config = optarg;
		return TW_OK;
	case OPT_FORMAT:
		if (!strcmp(optarg, "sv39"))
			r->format = TW_FMT_SV39;
		else if (!strcmp(optarg, "long4"))
			r->format = TW_FMT_X86_LONG4;
		else
			return bad("--format", "sv39 or long4");
		return TW_OK;
	case OPT_SVADE:
		r->svade = true;
		return TW_OK;
	case OPT_SWAP_FILE:
		r->swap_path = optarg;
		return TW_OK;
	case OPT_POLICY:
		for (size_t i = 0; tw_policy_name(i); i++)
			if (!strcmp(optarg, tw_policy_name(i)))
				r->policy = optarg;
		return r->policy ? TW_OK : bad("--policy", "clock or fifo");
	case OPT_LATENCY:
		return parse_latency(optarg, r)
			       ? TW_OK
			       : bad("--mem-latency", "1 to 100000, or a range N-M");
	case OPT_COST:
		return parse_cost(optarg, &r->costs)
			       ? TW_OK
			       : bad("--cost", "NAME=CYCLES, names as in docs/kernel.md");
	case OPT_WORK:
		r->work = optarg;
		return TW_OK;
	case OPT_WAVES:
		o->wave_path = optarg;
		return TW_OK;
	case OPT_FORCE:
		o->force = true;
		return TW_OK;
	case OPT_WAVE_CYCLES:
		return parse_range(optarg, UINT64_MAX, &o->wave_from, &o->wave_to) &&
				       o->wave_from < o->wave_to
			       ? TW_OK
			       : bad("--wave-cycles", "a range of cycles, as in 0-20000");
	case OPT_JSON:
		o->json = true;
		return TW_OK;
	case OPT_TIMING:
		o->timing = true;
		return TW_OK;
	case OPT_PROGRESS:
		r->progress = true;
		return TW_OK;
	default:
		fputs(usage, stderr);
		return TW_USAGE;
	}
}

static void speed(const struct replay_result *r)
{
	fprintf(stderr, "%s: %" PRIu64 " accesses in %.2f s, %.2f million per second\n", r->used.hw,
		r->accesses, r->seconds,
		r->seconds > 0 ? (double)r->accesses / r->seconds / 1e6 : 0.0);
}

// A difference found by lockstep says by itself how to repeat it.
static void complain(const struct replay_opts *opts, enum tw_status status, const char *error)
{
	(void)status;
	fprintf(stderr, "twinwalk run: %s: %s\n", opts->hw, error);
	if (!strstr(error, opts->repeat))
		fprintf(stderr, "repeat with: %s\n", opts->repeat);
}

// Runs all back ends; stops at the first that fails.
static int run(struct options *o)
{
	struct replay_result *results = calloc(MAX_RUNS, sizeof(*results));
	const char *names[MAX_RUNS];
	unsigned int n = 0, done = 0;
	int status = TW_OK;

	if (!results) {
		fputs("twinwalk run: out of memory\n", stderr);
		return TW_SYSTEM;
	}
	names[n++] = o->replay.hw;
	if (o->compare) {
		char *s = strtok(o->compare, ",");

		for (n = 0; s && n < MAX_RUNS; s = strtok(NULL, ","))
			names[n++] = s;
		if (!n || s) {
			free(results);
			return bad("--compare", "1 to 8 names of hardware, as in csim,rtl");
		}
	}
	for (; done < n && status == TW_OK; done++) {
		o->replay.hw = names[done];
		status = (int)replay_run(&o->replay, &results[done]);
		if (status == TW_OK && o->replay.progress)
			speed(&results[done]);
		if (status == TW_OK && done > 0 &&
		    !replay_compare(stderr, &results[0], &results[done]))
			status = TW_DIFFERENCE;
	}
	if (o->json) {
		if (replay_print_json(stdout, results, done, o->timing) != 0)
			status = TW_SYSTEM;
	} else if (done == n && status == TW_OK) {
		replay_print(stdout, &results[0]);
		for (unsigned int i = 1; i < n; i++)
			printf("equal on                 %s: every response and cycle, and the "
			       "memory image\n",
			       names[i]);
	}
	free(results);
	return status;
}

// The command as it was given, for the user to repeat.
static char *command_line(int argc, char **argv)
{
	size_t n = sizeof("twinwalk");
	char *text;

	for (int i = 0; i < argc; i++)
		n += strlen(argv[i]) + 1;
	text = malloc(n);
	if (!text)
		return NULL;
	strcpy(text, "twinwalk");
	for (int i = 0; i < argc; i++) {
		strcat(text, " ");
		strcat(text, argv[i]);
	}
	return text;
}

int tw_cmd_run(int argc, char **argv)
{
	struct options o = {
		.replay = {.hw = "csim",
			   .config = "large",
			   .format = TW_FMT_SV39,
			   .seed = 1,
			   .latency_min = 10,
			   .latency_max = 10,
			   .quantum = 100000},
	};
	char *repeat = command_line(argc, argv);
	int c, status = TW_OK;

	if (!repeat) {
		fputs("twinwalk run: out of memory\n", stderr);
		return TW_SYSTEM;
	}
	tw_costs_default(&o.replay.costs);
	o.replay.progress = isatty(STDERR_FILENO);
	o.replay.repeat = repeat;
	while (status == TW_OK && (c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			free(repeat);
			return TW_OK;
		}
		status = one_option(c, &o);
	}
	if (status == TW_OK && optind == argc) {
		fputs(usage, stderr);
		status = TW_USAGE;
	}
	o.replay.traces = (const char *const *)(argv + optind);
	o.replay.n_traces = (unsigned int)(argc - optind);
	o.replay.complain = complain;
	if (o.wave_from < o.wave_to && !o.wave_path)
		o.wave_path = WAVE_DEFAULT;
	o.replay.wave = &o.wave;
	if (status == TW_OK)
		status = (int)wave_open(&o.wave, o.wave_path, o.force, o.replay.traces,
					o.replay.n_traces);
	o.wave.from = o.wave_from;
	o.wave.to = o.wave_to;
	if (status == TW_OK)
		status = run(&o);
	wave_close(&o.wave);
	free(repeat);
	// The files are gone; now end as the signal would have ended it.
	if (replay_interrupted())
		raise(replay_interrupted());
	return status;
}
