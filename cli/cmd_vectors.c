// SPDX-License-Identifier: Apache-2.0
// `twinwalk vectors`: runs translation vectors (RVW1, X86W1; docs/vectors.md) on one back end and
// prints one line for each access. The work is in vectors/.
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../vectors/vectors.h"
#include "backend.h"
#include "cli.h"
#include "wave.h"

static const char usage[] =
	"usage: twinwalk vectors [OPTION...] FILE > RESULTS\n"
	"Runs translation vectors of the formats RVW1 and X86W1, plain or gzip, and prints the\n"
	"result of each access.\n\n"
	"  --hw NAME       what translates: arch (the architecture, no TLB; default), csim, rtl "
	"or\n"
	"                  lockstep\n"
	"  --config NAME   the configuration of csim, rtl, lockstep (default: large), or a file\n"
	"  --waves FILE    lockstep: waveform of a difference (default: difference.fst)\n"
	"  --force         --waves may replace a file that is no waveform\n"
	"  --no-rd         leave out which entries were read\n"
	"  -h, --help\n\n"
	"exit status: 1 if lockstep finds a difference, 3 if FILE is not as docs/vectors.md says\n";

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

static bool parse_options(int argc, char **argv, struct options *o, enum tw_status *status)
{
	enum { HW = 1, CONFIG, WAVES, FORCE, NO_RD };
	static const struct option options[] = {
		{"hw", required_argument, NULL, HW},
		{"config", required_argument, NULL, CONFIG},
		{"waves", required_argument, NULL, WAVES},
		{"force", no_argument, NULL, FORCE},
		{"no-rd", no_argument, NULL, NO_RD},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	*o = (struct options){.hw = "arch"};
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case HW:
			o->hw = optarg;
			break;
		case CONFIG:
			o->config = optarg;
			break;
		case WAVES:
			o->wave = optarg;
			break;
		case FORCE:
			o->force = true;
			break;
		case NO_RD:
			o->vec.no_rd = true;
			break;
		case 'h':
			fputs(usage, stdout);
			*status = TW_OK;
			return false;
		default:
			*status = TW_USAGE;
			return false;
		}
	}
	if (optind + 1 != argc) {
		fputs(usage, stderr);
		*status = TW_USAGE;
		return false;
	}
	o->file = argv[optind];
	o->arch = !strcmp(o->hw, "arch");
	if (!has_effect(o)) {
		*status = TW_USAGE;
		return false;
	}
	return true;
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
	enum tw_status status;

	if (!parse_options(argc, argv, &o, &status))
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
