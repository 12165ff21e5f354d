// SPDX-License-Identifier: Apache-2.0
// tw_fresh: writes fresh translation vectors, and compares results with those expected.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh.h"

static const char usage[] =
	"usage: tw_fresh --format NAME --kind NAME [--seed N] [--number N] [--cases N] CASES "
	"RESULTS\n"
	"       tw_fresh --compare [--no-rd] RESULTS GOT\n"
	"Writes translation vectors (RVW1, X86W1) to CASES and to RESULTS what `twinwalk vectors` "
	"must\n"
	"print; where two answers are right both are there, \"LINE | LINE\", and --compare accepts "
	"either.\n\n"
	"  --format NAME   sv32 sv39 sv48 sv57 legacy pae long4 long5\n"
	"  --kind NAME     tree low ones alias edge fence weak rights\n"
	"  --seed N        (1)\n"
	"  --number N      this case only\n"
	"  --cases N       so many cases (100)\n"
	"  --no-rd         GOT may have been made by hardware: what it read does not count\n";

static struct fresh_case c;
static struct fresh_run run;

struct options {
	const struct fresh_shape *shape;
	const struct fresh_kind *kind;
	uint64_t seed;
	unsigned long number, cases;
	bool one, compare, rd;
};

static bool whole_number(const char *text, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end;
}

static bool parse(int argc, char **argv, struct options *o)
{
	enum { FORMAT = 1, KIND, SEED, NUMBER, CASES, COMPARE, NO_RD };
	static const struct option options[] = {
		{"format", required_argument, NULL, FORMAT},
		{"kind", required_argument, NULL, KIND},
		{"seed", required_argument, NULL, SEED},
		{"number", required_argument, NULL, NUMBER},
		{"cases", required_argument, NULL, CASES},
		{"compare", no_argument, NULL, COMPARE},
		{"no-rd", no_argument, NULL, NO_RD},
		{0},
	};
	bool ok = true;
	uint64_t n;
	int opt;

	*o = (struct options){.seed = 1, .cases = 100, .rd = true};
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case FORMAT:
			o->shape = fresh_shape(optarg);
			ok &= o->shape != NULL;
			break;
		case KIND:
			o->kind = fresh_kind(optarg);
			ok &= o->kind != NULL;
			break;
		case SEED:
			ok &= whole_number(optarg, &o->seed);
			break;
		case NUMBER:
			ok &= whole_number(optarg, &n);
			o->number = n;
			o->one = true;
			break;
		case CASES:
			ok &= whole_number(optarg, &n);
			o->cases = n;
			break;
		case COMPARE:
			o->compare = true;
			break;
		case NO_RD:
			o->rd = false;
			break;
		default:
			return false;
		}
	}
	return ok && argc == optind + 2 && (o->compare || (o->shape && o->kind));
}

static int compare(const struct options *o, const char *expected, const char *got)
{
	FILE *e = fopen(expected, "r"), *g = fopen(got, "r");
	char why[1024];
	int status = 4;

	if (!e || !g) {
		perror(e ? got : expected);
	} else if (fresh_match(e, g, o->rd, why, sizeof(why))) {
		status = 0;
	} else {
		fprintf(stderr, "%s\n", why);
		status = 1;
	}
	if (e)
		fclose(e);
	if (g)
		fclose(g);
	return status;
}

static bool written(FILE *f)
{
	bool good = !ferror(f);

	return fclose(f) == 0 && good;
}

static int generate(const struct options *o, const char *cases, const char *results)
{
	FILE *a = fopen(cases, "w"), *b = fopen(results, "w");
	struct fresh_count *count = calloc(1, sizeof(*count));
	bool ok = a && b && count;

	if (ok)
		fprintf(a, "# %s\n", o->shape->x86 ? "X86W1" : "RVW1");
	for (unsigned long i = 0; ok && i < (o->one ? 1 : o->cases); i++) {
		fresh_make(&c, o->shape, o->kind, o->seed,
			   o->one ? o->number : fresh_pick(o->shape, o->kind, o->seed, i));
		fresh_emit(&c, &run, a, b, count);
	}
	ok &= a && written(a);
	ok &= b && written(b);
	free(count);
	if (!ok)
		perror("tw_fresh");
	return ok ? 0 : 4;
}

int main(int argc, char **argv)
{
	struct options o;

	if (!parse(argc, argv, &o)) {
		fputs(usage, stderr);
		return 2;
	}
	return o.compare ? compare(&o, argv[optind], argv[optind + 1])
			 : generate(&o, argv[optind], argv[optind + 1]);
}
