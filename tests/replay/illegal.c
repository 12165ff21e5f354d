// SPDX-License-Identifier: Apache-2.0
//
// Events that cannot be, one for each rule of docs/trace-format.md, each as near to a possible one
// as can be: see gen.h. What they are stands in illegal_access.c, illegal_map.c, illegal_remap.c;
// here are their table and what they look for. A function that finds no room for its event in the
// present state says so.
#include "illegal.h"

uint64_t illegal_find(struct gen *g, bool (*test)(const struct gen *g, uint64_t page))
{
	uint64_t start = gen_random(g, PAGES);

	for (uint64_t i = 0; i < PAGES; i++)
		if (test(g, (start + i) % PAGES))
			return (start + i) % PAGES;
	return PAGES;
}

bool illegal_is_hole(const struct gen *g, uint64_t i)
{
	return !g->page[i].mapped;
}

bool illegal_is_mapped(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped;
}

bool illegal_before_hole(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && i + 1 < PAGES && !g->page[i + 1].mapped;
}

static const struct {
	const char *name;
	bool (*make)(struct gen *g, struct tw_trace_event *e);
} kinds[] = {
#define KIND(name) {#name, name},
	ILLEGAL_KINDS(KIND)
#undef KIND
};

const unsigned int gen_illegal_kinds = sizeof(kinds) / sizeof(kinds[0]);

const char *gen_illegal_name(unsigned int kind)
{
	return kinds[kind].name;
}

bool gen_illegal(struct gen *g, unsigned int kind, struct tw_trace_event *e)
{
	return kinds[kind].make(g, e);
}
