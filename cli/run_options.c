// SPDX-License-Identifier: Apache-2.0
// See run_options.h.
#include "run_options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../host/number.h"
#include "backend.h"
#include "options.h"

// --- Words -----------------------------------------------------------------------------

static const char *format_name(size_t i)
{
	enum tw_format format = tw_kernel_format(i);

	return format == TW_FMT_BARE ? NULL : tw_format_get(format)->name;
}

static const char *back_ends(size_t i)
{
	return i == 0 ? tw_backend_names : NULL;
}

// --- Options that are more than a number or a text -------------------------------------

static const char *take_compare(void *options, const char *arg)
{
	struct run_options *o = options;
	char *s;

	free(o->names);
	o->compare = true;
	o->n_hw = 0;
	o->names = strdup(arg);
	for (s = o->names ? strtok(o->names, ",") : NULL; s && o->n_hw < RUN_BACK_ENDS;
	     s = strtok(NULL, ","))
		o->hw[o->n_hw++] = s;
	return o->n_hw && !s ? NULL : "1 to 8 names of hardware, as in csim,rtl";
}

static const char *take_format(void *options, const char *arg)
{
	struct run_options *o = options;
	const char *name;

	for (size_t i = 0; (name = format_name(i)); i++)
		if (!strcmp(arg, name)) {
			o->replay.format = tw_kernel_format(i);
			return NULL;
		}
	return "";
}

static const char *take_swap(void *options, const char *arg)
{
	struct run_options *o = options;
	uint64_t v;

	if (!tw_number(arg, strlen(arg), 0, 1u << 26, &v))
		return "a number from 0 to 67108864";
	o->replay.swap_slots = (uint32_t)v;
	o->replay.swap_given = true;
	return NULL;
}

static const char *take_policy(void *options, const char *arg)
{
	struct run_options *o = options;

	for (size_t i = 0; tw_policy_name(i); i++)
		if (!strcmp(arg, tw_policy_name(i))) {
			o->replay.policy = arg;
			return NULL;
		}
	return "";
}

static const char *take_latency(void *options, const char *arg)
{
	struct run_options *o = options;
	uint64_t lo, hi;

	if (!tw_number_range(arg, 1, 100000, &lo, &hi))
		return "1 to 100000, or a range N-M";
	o->replay.latency_min = (uint32_t)lo;
	o->replay.latency_max = (uint32_t)hi;
	return NULL;
}

static const char *take_cost(void *options, const char *arg)
{
	struct run_options *o = options;
	const char *eq = strchr(arg, '=');
	uint64_t value;

	for (unsigned int i = 0; eq && i < TW_COSTS; i++) {
		const char *name = tw_cost_name(i);

		if (strlen(name) == (size_t)(eq - arg) &&
		    strncmp(name, arg, (size_t)(eq - arg)) == 0 &&
		    tw_number(eq + 1, strlen(eq + 1), 0, UINT32_MAX, &value)) {
			o->replay.costs.cycles[i] = (uint32_t)value;
			return NULL;
		}
	}
	return "NAME=CYCLES, names as in docs/kernel.md";
}

static const char *take_wave_cycles(void *options, const char *arg)
{
	struct run_options *o = options;

	return tw_number_range(arg, 0, UINT64_MAX, &o->wave_from, &o->wave_to) &&
			       o->wave_from < o->wave_to
		       ? NULL
		       : "a range of cycles, as in 0-20000";
}

// --- The table -------------------------------------------------------------------------

#define TO(member) CLI_MEMBER(run_options, member)

static const struct cli_option options[] = {
	{"hw", "NAME", "%s (default: csim)", TO(replay.hw), .words = back_ends},
	{"compare", "A,B,...", "run on several and compare results, cycles and memory images",
	 .take = take_compare},
	{"config", "NAME", "hardware configuration, or a file of one (default: large)",
	 TO(replay.config)},
	{"format", "NAME",
	 "of page tables, which the configuration must have: %s (default: sv39). Where 32 bits are "
	 "too few for a trace's addresses, its regions are moved together",
	 .take = take_format, .words = format_name},
	{"svade", NULL, "RISC-V: A and D bits set by the kernel, not by the hardware",
	 TO(replay.svade)},
	{"frames", "N", "frames of 4 KB (default: half of what the traces touch, at most 4 GB)",
	 TO(replay.frames), .min = 1, .max = 1u << 24},
	{"swap", "N", "swap slots (default: twice what the traces touch, at most 128 GB)",
	 .take = take_swap},
	{"swap-file", "FILE",
	 "where swap lies: empty, or swap before (default: in the work folder)",
	 TO(replay.swap_path)},
	{"policy", "NAME", "page replacement: %s (default: clock)", .take = take_policy,
	 .words = tw_policy_name},
	{"mem-latency", "N[-M]", "cycles of a page-table read (default: 10); a range is random",
	 .take = take_latency},
	{"asid-bits", "N", "use fewer ASIDs", TO(replay.asid_bits), .min = 1, .max = 16},
	{"quantum", "N", "events between context switches (default: 100000)", TO(replay.quantum),
	 .min = 1, .max = UINT64_MAX},
	{"cost", "NAME=N", "cycles of one piece of kernel work; see docs/kernel.md",
	 .take = take_cost},
	{"seed", "N", "of contents, latencies and initial register values (default: 1)",
	 TO(replay.seed), .max = UINT64_MAX},
	{"limit", "N", "stop after N events", TO(replay.limit), .min = 1, .max = UINT64_MAX},
	{"check", "N", "verify all invariants of the kernel every N events", TO(replay.check),
	 .min = 1, .max = UINT64_MAX},
	{"work", "DIR", "where files without a name lie (default: TMPDIR, or /tmp)",
	 TO(replay.work)},
	{"waves", "FILE", "lockstep: waveform of a difference (default: difference.fst)",
	 TO(wave_path)},
	{"wave-cycles", "A-B", "rtl: write a waveform of these cycles into that file",
	 .take = take_wave_cycles},
	{"force", NULL, "--waves may replace a file that is no waveform", TO(force)},
	{"json", NULL, "report as JSON", TO(json)},
	{"timing", NULL, "with --json: the host's time, too", TO(timing)},
	{"progress", NULL, "show progress even if stderr is no terminal", TO(progress)},
};

static const struct cli_command command = {
	.name = "run",
	.intro = "[OPTION...] TRACE...\n"
		 "Replays recorded programs through the kernel, its page tables walked by the "
		 "hardware. Every\n"
		 "byte read is compared with a shadow copy, and at the end all memory, swap and "
		 "files are.\n"
		 "Several traces run as processes in turn.\n",
	.outro = "Numbers are decimal, or hexadecimal after 0x.\n"
		 "exit status: 1 a byte, a result or a cycle differs; 3 bad trace; 4 disk full, "
		 "I/O error, no\n"
		 "memory on this machine; 6 the frames and swap slots given do not suffice\n",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
};

// --- What they may not be together -----------------------------------------------------

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
	enum tw_status status;
	int first = argc;

	*o = (struct run_options){
		.replay = {.config = "large",
			   .format = TW_FMT_SV39,
			   .seed = 1,
			   .latency_min = 10,
			   .latency_max = 10,
			   .quantum = 100000},
	};
	tw_costs_default(&o->replay.costs);
	o->progress = isatty(STDERR_FILENO);
	status = cli_options(&command, argc, argv, o, &first, help);
	if (status != TW_OK || *help)
		return status;
	if (first == argc)
		return cli_usage(&command);
	if (!o->compare) {
		o->hw[0] = o->replay.hw ? o->replay.hw : "csim";
		o->n_hw = 1;
	}
	status = has_effect(o, o->replay.hw != NULL);
	if (status == TW_OK)
		status = all_known(o);
	if (o->wave_from < o->wave_to && !o->wave_path)
		o->wave_path = WAVE_DEFAULT;
	o->replay.traces = (const char *const *)(argv + first);
	o->replay.n_traces = (unsigned int)(argc - first);
	return status;
}

void run_options_free(struct run_options *o)
{
	free(o->names);
}
