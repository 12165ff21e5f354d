// SPDX-License-Identifier: Apache-2.0
// See random_options.h.
#include "random_options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../host/command.h"
#include "../host/config_arg.h"
#include "../host/number.h"

const char random_usage[] =
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

bool random_has_wave(const struct random_options *o)
{
	return o->mode == TW_DEVICE_LOCKSTEP || (o->mode == TW_DEVICE_RTL && o->oracle);
}

// An option without effect is a mistake.
static bool has_effect(const struct random_options *o)
{
	const char *option = NULL, *needs = "--mode lockstep";

	if (o->wave && !random_has_wave(o))
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

bool random_parse(struct random_options *o, int argc, char **argv)
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

	*o = (struct random_options){
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

const char *random_mode_name(enum tw_device_mode mode)
{
	return mode == TW_DEVICE_CSIM ? "csim" : mode == TW_DEVICE_RTL ? "rtl" : "lockstep";
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

char *random_repeat(const struct random_options *o, const char *command)
{
	struct tw_command c = {0};

	tw_command_add(&c, command);
	add_option(&c, "--config", o->config_arg);
	add_number(&c, "--seed", o->seed);
	add_number(&c, "--cycles", o->cycles);
	if (o->mode != TW_DEVICE_LOCKSTEP)
		add_option(&c, "--mode", random_mode_name(o->mode));
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
	if (random_has_wave(o))
		add_option(&c, "--wave", o->wave ? o->wave : "wave.fst");
	return c.text;
}

int random_find_config(struct random_options *o)
{
	char err[512];
	int e = tw_config_arg(o->config_arg, &o->config, err, sizeof(err));

	if (!e && o->mode != TW_DEVICE_CSIM)
		e = tw_rtl_provide(&o->config, err, sizeof(err));
	if (e)
		fprintf(stderr, "tw_lockstep_random: %s\n", err);
	return !e ? STATUS_OK : e == -ENOENT || e == -EINVAL ? STATUS_USAGE : STATUS_SYSTEM;
}
