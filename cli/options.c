// SPDX-License-Identifier: Apache-2.0
// See options.h.
#include "options.h"

#include <assert.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../host/number.h"

enum { OPTIONS_MAX = 40, FIRST_CODE = 256, HELP_COLUMN = 23, HELP_WIDTH = 92 };

// --- The help text ---------------------------------------------------------------------

// "sv39, sv48 or long4"
static void join(char *out, size_t size, const char *(*words)(size_t i))
{
	size_t n = 0, len = 0;

	while (words(n))
		n++;
	out[0] = '\0';
	for (size_t i = 0; i < n && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s",
					i == 0	     ? ""
					: i + 1 == n ? " or "
						     : ", ",
					words(i));
}

// From the present column on, in lines that begin below each other.
static void print_wrapped(FILE *f, const char *text)
{
	size_t column = HELP_COLUMN;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > HELP_COLUMN && column + 1 + word > HELP_WIDTH) {
			fprintf(f, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			fputc(' ', f);
			column++;
		}
		fwrite(text, 1, word, f);
		column += word;
		text += word + strspn(text + word, " ");
	}
	fputc('\n', f);
}

static void print_option(FILE *f, const struct cli_option *o)
{
	char words[256] = "", help[512], left[64];
	const char *place;
	int n;

	if (o->letter)
		n = snprintf(left, sizeof(left), "  -%c, --%s%s%s", o->letter, o->name,
			     o->arg ? " " : "", o->arg ? o->arg : "");
	else
		n = snprintf(left, sizeof(left), "  --%s%s%s", o->name, o->arg ? " " : "",
			     o->arg ? o->arg : "");
	assert(n + 1 < HELP_COLUMN);
	if (o->words)
		join(words, sizeof(words), o->words);
	place = strstr(o->help, "%s");
	n = place ? (int)(place - o->help) : (int)strlen(o->help);
	snprintf(help, sizeof(help), "%.*s%s%s", n, o->help, words, place ? place + 2 : "");
	fprintf(f, "%-*s", HELP_COLUMN, left);
	print_wrapped(f, help);
}

static void print_help(FILE *f, const struct cli_command *c)
{
	fprintf(f, "usage: twinwalk %s %s\n", c->name, c->intro);
	for (size_t i = 0; i < c->n_options; i++)
		print_option(f, &c->options[i]);
	fprintf(f, "  -h, --help\n\n%s", c->outro);
}

enum tw_status cli_usage(const struct cli_command *c)
{
	print_help(stderr, c);
	return TW_USAGE;
}

// --- The command line ------------------------------------------------------------------

static enum tw_status bad(const struct cli_command *c, const struct cli_option *o, const char *arg,
			  const char *expected)
{
	char words[256];

	if (o->words) {
		join(words, sizeof(words), o->words);
		expected = words;
	}
	fprintf(stderr, "twinwalk %s: --%s %s: expected %s\n", c->name, o->name, arg, expected);
	return TW_USAGE;
}

static enum tw_status take(const struct cli_command *c, const struct cli_option *o, void *options,
			   const char *arg)
{
	uint8_t *to = (uint8_t *)options + o->offset;
	const char *expected;
	char range[96];
	uint64_t v;

	if (o->take) {
		expected = o->take(options, arg);
		return expected ? bad(c, o, arg ? arg : "", expected) : TW_OK;
	}
	if (!o->arg) {
		*(bool *)to = true;
		return TW_OK;
	}
	if (!o->max) {
		assert(o->width == sizeof(const char *));
		memcpy(to, &arg, sizeof(arg));
		return TW_OK;
	}
	if (!tw_number(arg, strlen(arg), o->min, o->max, &v)) {
		snprintf(range, sizeof(range), "a number from %" PRIu64 " to %" PRIu64, o->min,
			 o->max);
		return bad(c, o, arg, range);
	}
	if (o->width == sizeof(uint32_t)) {
		uint32_t narrow = (uint32_t)v;

		memcpy(to, &narrow, sizeof(narrow));
	} else {
		assert(o->width == sizeof(v));
		memcpy(to, &v, sizeof(v));
	}
	return TW_OK;
}

enum tw_status cli_options(const struct cli_command *c, int argc, char **argv, void *options,
			   int *first, bool *help)
{
	struct option list[OPTIONS_MAX + 2] = {0};
	char letters[2 * OPTIONS_MAX + 4];
	enum tw_status status = TW_OK;
	size_t n = 0, i;
	int code;

	assert(c->n_options <= OPTIONS_MAX);
	if (c->rest)
		letters[n++] = '+';
	letters[n++] = 'h';
	for (i = 0; i < c->n_options; i++) {
		const struct cli_option *o = &c->options[i];

		list[i] = (struct option){o->name, o->arg ? required_argument : no_argument, NULL,
					  FIRST_CODE + (int)i};
		if (o->letter)
			letters[n++] = o->letter;
		if (o->letter && o->arg)
			letters[n++] = ':';
	}
	letters[n] = '\0';
	list[i] = (struct option){"help", no_argument, NULL, 'h'};
	*help = false;
	while (status == TW_OK && (code = getopt_long(argc, argv, letters, list, NULL)) != -1) {
		if (code == 'h') {
			print_help(stdout, c);
			*help = true;
			return TW_OK;
		}
		for (i = 0; i < c->n_options; i++)
			if (code == FIRST_CODE + (int)i ||
			    (c->options[i].letter && code == c->options[i].letter))
				break;
		status = i < c->n_options ? take(c, &c->options[i], options, optarg) : cli_usage(c);
	}
	*first = optind;
	return status;
}
