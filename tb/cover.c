// SPDX-License-Identifier: Apache-2.0
// See cover.h.
#include "cover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void tw_cover_init(struct tw_cover *c)
{
	*c = (struct tw_cover){0};
}

void tw_cover_exit(struct tw_cover *c)
{
	for (unsigned int i = 0; i < c->n; i++) {
		free(c->group[i].want);
		free(c->group[i].seen);
	}
	free(c->group);
	*c = (struct tw_cover){0};
}

static int reserve(struct tw_cover *c)
{
	unsigned int room = c->room ? 2 * c->room : 64;
	struct tw_cover_group *group;

	if (c->n < c->room)
		return 0;
	group = realloc(c->group, room * sizeof(*group));
	if (!group)
		return -ENOMEM;
	c->group = group;
	c->room = room;
	return 0;
}

unsigned int tw_cover_add(struct tw_cover *c, enum tw_cover_kind kind, const char *object,
			  unsigned int rows, unsigned int columns, const char *point, uint64_t want)
{
	struct tw_cover_group g = {object, point, kind, columns, rows * columns, NULL, NULL};

	g.want = calloc(g.objects, sizeof(*g.want));
	g.seen = calloc(g.objects, sizeof(*g.seen));
	if (!g.want || !g.seen || reserve(c)) {
		free(g.want);
		free(g.seen);
		c->error = -ENOMEM;
		return 0;
	}
	for (unsigned int i = 0; i < g.objects; i++)
		g.want[i] = want;
	c->group[c->n] = g;
	return c->n++;
}

void tw_cover_want(struct tw_cover *c, unsigned int group, unsigned int object, uint64_t want)
{
	if (!c->error)
		c->group[group].want[object] = want;
}

void tw_cover_count(const struct tw_cover *c, enum tw_cover_kind kind, uint64_t *wanted,
		    uint64_t *seen)
{
	*wanted = *seen = 0;
	for (unsigned int i = 0; i < c->n; i++) {
		const struct tw_cover_group *g = &c->group[i];

		for (unsigned int k = 0; g->kind == kind && k < g->objects; k++) {
			*wanted += (unsigned int)__builtin_popcountll(g->want[k]);
			*seen += (unsigned int)__builtin_popcountll(g->want[k] & g->seen[k]);
		}
	}
}

bool tw_cover_complete(const struct tw_cover *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		for (unsigned int k = 0; k < c->group[i].objects; k++)
			if (c->group[i].want[k] & ~c->group[i].seen[k])
				return false;
	return true;
}

void tw_cover_print(const struct tw_cover *c, FILE *f)
{
	static const char *const what[TW_COVER_KINDS] = {"bits held as 1", "as 0",
							 "bits that differed alone", "others"};
	uint64_t wanted, seen;

	fprintf(f, "coverage:");
	for (unsigned int kind = 0; kind < TW_COVER_KINDS; kind++) {
		tw_cover_count(c, kind, &wanted, &seen);
		fprintf(f, "%s %s %" PRIu64 " of %" PRIu64, kind ? "," : "", what[kind], seen,
			wanted);
	}
	fprintf(f, "\n");
}

void tw_cover_print_json(const struct tw_cover *c, FILE *f)
{
	static const char *const name[TW_COVER_KINDS] = {"one", "zero", "alone", "other"};
	uint64_t wanted, seen;

	fprintf(f, ",\"coverage\":{");
	for (unsigned int kind = 0; kind < TW_COVER_KINDS; kind++) {
		tw_cover_count(c, kind, &wanted, &seen);
		fprintf(f, "%s\"%s\":[%" PRIu64 ",%" PRIu64 "]", kind ? "," : "", name[kind], seen,
			wanted);
	}
	fprintf(f, "}");
}

static void print_object(const struct tw_cover_group *g, unsigned int k, FILE *f)
{
	unsigned int number[2] = {k / g->columns, k % g->columns}, n = 0;

	for (const char *s = g->object; *s; s++) {
		if (*s == '#' && n < 2)
			fprintf(f, "%u", number[n++]);
		else
			fputc(*s, f);
	}
}

// "47:12 3" for bits 47 to 12 and 3.
static void print_bits(uint64_t bits, FILE *f)
{
	const char *gap = "";

	while (bits) {
		unsigned int hi = 63u - (unsigned int)__builtin_clzll(bits), lo = hi;

		while (lo && bits >> (lo - 1) & 1)
			lo--;
		if (hi == lo)
			fprintf(f, "%s%u", gap, hi);
		else
			fprintf(f, "%s%u:%u", gap, hi, lo);
		bits &= (UINT64_C(1) << lo) - 1;
		gap = " ";
	}
}

size_t tw_cover_name_missing(const struct tw_cover *c, FILE *f, const char *prefix, size_t limit)
{
	static const char *const never[TW_COVER_KINDS] = {"never 1", "never 0", "never alone",
							  "never"};
	size_t lines = 0;

	for (unsigned int i = 0; i < c->n; i++) {
		const struct tw_cover_group *g = &c->group[i];

		for (unsigned int k = 0; k < g->objects; k++) {
			uint64_t missing = g->want[k] & ~g->seen[k];

			if (!missing || lines++ >= limit)
				continue;
			fputs(prefix, f);
			print_object(g, k, f);
			fprintf(f, ": %s[", g->point);
			print_bits(missing, f);
			fprintf(f, "] %s\n", never[g->kind]);
		}
	}
	return lines;
}
