// SPDX-License-Identifier: Apache-2.0
// `twinwalk vectors`: runs translation vectors (RVW1, X86W1; docs/vectors.md) on one back end and
// prints one line for each access. The work is in vectors/.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../vectors/vectors.h"
#include "backend.h"
#include "cli.h"
#include "options.h"
#include "wave.h"

struct options {
	const char *hw, *config, *file, *wave;
	bool arch, force; // arch: hw names no hardware
	struct vec_opts vec;
};

static enum tw_status run_arch(const struct options *o, struct tw_pmem *pm, char *err,
			       size_t errlen)
{
	struct vec_arch arch;
	struct vec_hw vh;

	vec_arch_init(&arch, pm, &vh);
	return vec_run(o->file, pm, &vh, &o->vec, stdout, err, errlen);
}

static enum tw_status run_hardware(const struct options *o, const char *repeat, struct tw_pmem *pm,
				   char *err, size_t errlen)
{
	struct tw_config config;
	struct tw_hw_opts opts = {
		.config = &config,
		.pmem = pm,
		.mem = {.latency_min = 4, .latency_max = 4},
		.seed = 1,
		.repeat_command = repeat,
	};
	const char *const inputs[] = {o->file, o->config};
	struct vec_machine machine;
	struct wave wave;
	struct vec_hw vh;
	struct tw_hw *hw;
	enum tw_status status = tw_backend_config(o->config, &config, err, errlen);

	if (!status)
		status = wave_open(&wave, o->wave, o->force, inputs, 2);
	if (status)
		return status;
	opts.wave_fd = wave_fd(&wave);
	status = tw_backend_create(o->hw, &opts, &hw, err, errlen);
	if (status)
		goto out;
	vec_machine_init(&machine, hw, &vh);
	status = vec_run(o->file, pm, &vh, &o->vec, stdout, err, errlen);
	if (!status && tw_hw_finish(hw) != 0) {
		snprintf(err, errlen, "%s", tw_hw_error(hw));
		status = TW_DIFFERENCE;
	}
	if (status) {
		fflush(stdout);
		fprintf(stderr, "%s\n", err);
		// A report of lockstep says it by itself.
		if (status == TW_DIFFERENCE && repeat && !strstr(err, repeat))
			fprintf(stderr, "to repeat: %s\n", repeat);
		*err = '\0';
	}
	wave_complete(&wave, hw);
	if (wave.failed && !status)
		status = TW_SYSTEM;
	tw_hw_destroy(hw);
out:
	wave_close(&wave);
	return status;
}

// An option without effect is a mistake.
static bool has_effect(const struct options *o)
{
	bool arch = !strcmp(o->hw, "arch"), lockstep = !strcmp(o->hw, "lockstep");
	const char *option = arch && o->config	     ? "--config has an effect on hardware"
			     : !lockstep && o->wave  ? "--waves has an effect with --hw lockstep"
			     : !lockstep && o->force ? "--force has an effect with --hw lockstep"
						     : NULL;

	if (option)
		fprintf(stderr, "twinwalk vectors: %s only\n", option);
	return !option;
}

static const char *back_ends(size_t i)
{
	return i == 0 ? tw_backend_names : NULL;
}

#define TO(member) CLI_MEMBER(options, member)

static const struct cli_option options[] = {
	{"hw", "NAME", "what translates: arch (the architecture, no TLB; default), or hardware: %s",
	 TO(hw), .words = back_ends},
	{"config", "NAME", "the configuration of the hardware (default: large), or a file",
	 TO(config)},
	{"waves", "FILE", "lockstep: waveform of a difference (default: difference.fst)", TO(wave)},
	{"force", NULL, "--waves may replace a file that is no waveform", TO(force)},
	{"no-rd", NULL, "leave out which entries were read", TO(vec.no_rd)},
};

static const struct cli_command command = {
	.name = "vectors",
	.intro = "[OPTION...] FILE > RESULTS\n"
		 "Runs translation vectors of the formats RVW1 and X86W1, plain or gzip, and "
		 "prints the\n"
		 "result of each access.\n",
	.outro = "exit status: 1 if lockstep finds a difference, 3 if FILE is not as "
		 "docs/vectors.md says\n",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
};

// Not TW_OK, or *help: there is nothing to be done.
static enum tw_status parse_options(int argc, char **argv, struct options *o, bool *help)
{
	enum tw_status status;
	int first;

	*o = (struct options){.hw = "arch"};
	status = cli_options(&command, argc, argv, o, &first, help);
	if (status != TW_OK || *help)
		return status;
	if (first + 1 != argc)
		return cli_usage(&command);
	o->file = argv[first];
	o->arch = !strcmp(o->hw, "arch");
	return has_effect(o) ? TW_OK : TW_USAGE;
}

// What comes through a pipe comes only once.
static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int tw_cmd_vectors(const char *repeat, int argc, char **argv)
{
	char err[1 << 15] = "";
	struct tw_pmem *pm;
	struct options o;
	bool help;
	enum tw_status status = parse_options(argc, argv, &o, &help);

	if (status != TW_OK || help)
		return (int)status;
	if (!tw_inputs_ok("vectors", &o.file, 1))
		return TW_USAGE;
	if (!o.config)
		o.config = "large";
	if (tw_pmem_create(&pm) != 0) {
		fputs("twinwalk vectors: out of memory\n", stderr);
		return TW_SYSTEM;
	}
	if (o.arch)
		status = run_arch(&o, pm, err, sizeof(err));
	else
		status = run_hardware(&o, is_file(o.file) ? repeat : NULL, pm, err, sizeof(err));
	if (*err)
		fprintf(stderr, "%s\n", err);
	tw_pmem_destroy(pm);
	return (int)status;
}
