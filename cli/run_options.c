// SPDX-License-Identifier: Apache-2.0
// See run_options.h.
#include "run_options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../host/number.h"
#include "backend.h"

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
	"  --frames N           frames of 4 KB (default: half of what the traces touch, at most 4 "
	"GB)\n"
	"  --swap N             swap slots (default: twice what the traces touch, at most 128 GB)\n"
	"  --swap-file FILE     where swap lies: empty, or swap before (default: in the work "
	"folder)\n"
	"  --policy NAME        page replacement: clock (default), fifo\n"
	"  --mem-latency N[-M]  cycles of a page-table read (default: 10); a range is random\n"
	"  --asid-bits N        use fewer ASIDs\n"
	"  --quantum N          events between context switches (default: 100000)\n"
	"  --cost NAME=N        cycles of one piece of kernel work; see docs/kernel.md\n"
	"  --seed N             of contents, latencies and initial register values (default: 1)\n"
	"  --limit N            stop after N events\n"
	"  --check N            verify all invariants of the kernel every N events\n"
	"  --work DIR           where files without a name lie (default: TMPDIR, or /tmp)\n"
	"  --waves FILE         lockstep: waveform of a difference (default: difference.fst)\n"
	"  --wave-cycles A-B    rtl: write a waveform of these cycles into that file\n"
	"  --force              --waves may replace a file that is no waveform\n"
	"  --json               report as JSON; --timing adds the host's time\n"
	"  --progress           show progress even if stderr is no terminal\n"
	"  -h, --help\n\n"
	"Numbers are decimal, or hexadecimal after 0x.\n"
	"exit status: 1 a byte, a result or a cycle differs; 3 bad trace; 4 disk full, I/O error, "
	"no\n"
	"memory on this machine; 6 the frames and swap slots given do not suffice\n";

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

static enum tw_status bad(const char *option, const char *expected)
{
	fprintf(stderr, "twinwalk run: %s: expected %s\n", option, expected);
	return TW_USAGE;
}

static bool parse_latency(const char *text, struct replay_opts *o)
{
	uint64_t lo, hi;

	if (!tw_number_range(text, 1, 100000, &lo, &hi))
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
		    tw_number(eq + 1, strlen(eq + 1), 0, UINT32_MAX, &value)) {
			costs->cycles[i] = (uint32_t)value;
			return true;
		}
	}
	return false;
}

// Options that take a number, and the numbers they take.
static const struct {
	int option;
	const char *name;
	uint64_t min, max;
} numbers[] = {
	{OPT_FRAMES, "--frames", 1, 1u << 24}, {OPT_SWAP, "--swap", 0, 1u << 26},
	{OPT_ASID_BITS, "--asid-bits", 1, 16}, {OPT_QUANTUM, "--quantum", 1, UINT64_MAX},
	{OPT_SEED, "--seed", 0, UINT64_MAX},   {OPT_LIMIT, "--limit", 1, UINT64_MAX},
	{OPT_CHECK, "--check", 1, UINT64_MAX},
};

// Returns false for an option that takes no number; *status tells whether the number was good.
static bool number_option(int c, struct replay_opts *r, enum tw_status *status)
{
	size_t i = 0;
	uint64_t v;

	while (i < sizeof(numbers) / sizeof(numbers[0]) && numbers[i].option != c)
		i++;
	if (i == sizeof(numbers) / sizeof(numbers[0]))
		return false;
	*status = TW_OK;
	if (!tw_number(optarg, strlen(optarg), numbers[i].min, numbers[i].max, &v)) {
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

static enum tw_status parse_compare(struct run_options *o)
{
	char *s;

	free(o->names);
	o->compare = true;
	o->n_hw = 0;
	o->names = strdup(optarg);
	for (s = strtok(o->names, ","); s && o->n_hw < RUN_BACK_ENDS; s = strtok(NULL, ","))
		o->hw[o->n_hw++] = s;
	return o->n_hw && !s ? TW_OK : bad("--compare", "1 to 8 names of hardware, as in csim,rtl");
}

static enum tw_status one_option(int c, struct run_options *o)
{
	struct replay_opts *r = &o->replay;
	enum tw_status status;

	if (number_option(c, r, &status))
		return status;
	switch (c) {
	case OPT_HW:
		r->hw = optarg;
		return TW_OK;
	case OPT_COMPARE:
		return parse_compare(o);
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
	case OPT_WAVE_CYCLES:
		return tw_number_range(optarg, 0, UINT64_MAX, &o->wave_from, &o->wave_to) &&
				       o->wave_from < o->wave_to
			       ? TW_OK
			       : bad("--wave-cycles", "a range of cycles, as in 0-20000");
	case OPT_FORCE:
		o->force = true;
		return TW_OK;
	case OPT_JSON:
		o->json = true;
		return TW_OK;
	case OPT_TIMING:
		o->timing = true;
		return TW_OK;
	case OPT_PROGRESS:
		o->progress = true;
		return TW_OK;
	default:
		fputs(usage, stderr);
		return TW_USAGE;
	}
}

static bool runs_on(const struct run_options *o, const char *hw)
{
	for (unsigned int i = 0; i < o->n_hw; i++)
		if (!strcmp(o->hw[i], hw))
			return true;
	return false;
}

// Each back end has a name that there is, also the last one, whose turn may come in an hour.
static enum tw_status all_known(const struct run_options *o)
{
	char err[200];

	for (unsigned int i = 0; i < o->n_hw; i++)
		if (!tw_backend_known(o->hw[i], err, sizeof(err))) {
			fprintf(stderr, "twinwalk run: %s\n", err);
			return TW_USAGE;
		}
	return TW_OK;
}

// An option without effect is a mistake.
static enum tw_status has_effect(const struct run_options *o, bool hw_given)
{
	bool cycles = o->wave_from < o->wave_to, lockstep = runs_on(o, "lockstep");
	const struct {
		bool given, works;
		const char *option, *needs;
	} rules[] = {
		{hw_given, !o->compare, "--hw", "without --compare"},
		{cycles, runs_on(o, "rtl"), "--wave-cycles", "on rtl"},
		{o->wave_path, lockstep || cycles, "--waves",
		 "on lockstep, or on rtl with --wave-cycles"},
		{o->force, lockstep || cycles, "--force",
		 "on lockstep, or on rtl with --wave-cycles"},
		{o->timing, o->json, "--timing", "with --json"},
		{o->replay.swap_path, !o->replay.swap_given || o->replay.swap_slots, "--swap-file",
		 "with swap slots"},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].given && !rules[i].works) {
			fprintf(stderr, "twinwalk run: %s has an effect %s only\n", rules[i].option,
				rules[i].needs);
			return TW_USAGE;
		}
	return TW_OK;
}

enum tw_status run_options(int argc, char **argv, struct run_options *o, bool *help)
{
	enum tw_status status = TW_OK;
	int c;

	*o = (struct run_options){
		.replay = {.config = "large",
			   .format = TW_FMT_SV39,
			   .seed = 1,
			   .latency_min = 10,
			   .latency_max = 10,
			   .quantum = 100000},
	};
	*help = false;
	tw_costs_default(&o->replay.costs);
	o->progress = isatty(STDERR_FILENO);
	while (status == TW_OK && (c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			*help = true;
			return TW_OK;
		}
		status = one_option(c, o);
	}
	if (status == TW_OK && optind == argc) {
		fputs(usage, stderr);
		status = TW_USAGE;
	}
	if (!o->compare) {
		o->hw[0] = o->replay.hw ? o->replay.hw : "csim";
		o->n_hw = 1;
	}
	if (status == TW_OK)
		status = all_known(o);
	if (status == TW_OK)
		status = has_effect(o, o->replay.hw != NULL);
	if (o->wave_from < o->wave_to && !o->wave_path)
		o->wave_path = WAVE_DEFAULT;
	o->replay.traces = (const char *const *)(argv + optind);
	o->replay.n_traces = (unsigned int)(argc - optind);
	return status;
}

void run_options_free(struct run_options *o)
{
	free(o->names);
}
