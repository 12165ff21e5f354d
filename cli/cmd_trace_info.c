// SPDX-License-Identifier: Apache-2.0
//
// `twinwalk trace-info`: reads traces from end to end, checks them and shows what is in them. The
// checks go beyond the reader's: the header's footprint must be what the events touch, and every
// event must be possible in the address space that those before it left.
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <twinwalk/trace.h>

#include "../trace/footprint.h"
#include "../trace/lru.h"
#include "../trace/regions.h"
#include "cli.h"
#include "options.h"

enum { PAGE_ANON = 1, PAGE_FILE = 2 }; // bits of a page in survey.backing

struct options {
	bool table, dump;
	uint32_t frames;
};

struct survey {
	struct tw_trace *t;
	struct tw_trace_footprint *footprint; // as the header should have it
	struct tw_trace_footprint *backing;
	struct tw_trace_regions regions;
	struct tw_trace_lru *lru;
	uint32_t frames;
	uint64_t n;	    // events so far
	const char *broken; // the rule that the event broke which came last
	struct tw_trace_event event;
	int print_error; // errno of standard output
};

static void dump(uint64_t n, const struct tw_trace_event *e)
{
	printf("%" PRIu64 " %s 0x%" PRIx64, n, tw_trace_kind_name(e->kind), e->addr);
	if (e->kind <= TW_TRACE_RMW)
		printf(" %" PRIu32 "\n", e->size);
	else
		printf(" len 0x%" PRIx64 " new 0x%" PRIx64 "+0x%" PRIx64 " prot %" PRIu32
		       " flags 0x%" PRIx32 " file %" PRId32 "+0x%" PRIx64 " advice %" PRId32
		       " = %s0x%" PRIx64 "\n",
		       e->len, e->new_addr, e->new_len, e->prot, e->flags, e->file, e->offset,
		       e->advice, e->result < 0 ? "-" : "",
		       e->result < 0 ? 0 - (uint64_t)e->result : (uint64_t)e->result);
}

// Notes what backs each page of an access or a copy.
static int survey_access(struct survey *s, const struct tw_trace_event *e)
{
	uint64_t end = e->addr + (e->kind <= TW_TRACE_RMW ? e->size : e->len);
	uint64_t addr = e->addr;
	int error = 0;

	while (addr < end && !error) {
		const struct tw_trace_region *r = tw_trace_regions_find(&s->regions, addr);
		uint64_t next = r->end < end ? r->end : end;

		error = tw_trace_footprint_touch(s->backing, addr, next - addr,
						 r->file < 0 ? PAGE_ANON : PAGE_FILE);
		addr = next;
	}
	return error;
}

// Stops at the first event that breaks a rule.
static int survey_events(struct survey *s, const struct options *o)
{
	struct tw_trace_event *e = &s->event;
	int status;

	while ((status = tw_trace_next(s->t, e)) == 1) {
		int error = 0;

		s->broken = tw_trace_regions_check(&s->regions, e);
		if (s->broken)
			return 0;
		if (e->kind <= TW_TRACE_COPY_OUT)
			error = survey_access(s, e);
		if (!error)
			error = tw_trace_footprint_add(s->footprint, e);
		if (!error)
			error = tw_trace_regions_apply(&s->regions, e);
		if (!error)
			error = tw_trace_lru_add(s->lru, e);
		if (error)
			return error;
		if (o->dump)
			dump(s->n, e);
		// The rest would be printed in vain.
		if (ferror(stdout)) {
			s->print_error = errno ? errno : EIO;
			return 0;
		}
		s->n++;
	}
	return status;
}

static void count_backing(const struct survey *s, uint64_t *anon, uint64_t *file)
{
	uint64_t page = tw_trace_footprint_next(s->backing, 0);

	*anon = *file = 0;
	for (; page != UINT64_MAX; page = tw_trace_footprint_next(s->backing, page + 1)) {
		unsigned int bits = tw_trace_footprint_page(s->backing, page);

		*anon += !!(bits & PAGE_ANON);
		*file += !!(bits & PAGE_FILE);
	}
}

static void print_row(const char *path, const struct survey *s)
{
	const struct tw_trace_info *i = tw_trace_get_info(s->t);
	const char *slash = strrchr(path, '/');
	uint64_t anon, file;

	count_backing(s, &anon, &file);
	printf("| %s | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64
	       " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64
	       " | %" PRIu64 " | %.3f |\n",
	       slash ? slash + 1 : path, i->n_accesses, i->events[TW_TRACE_FETCH],
	       i->events[TW_TRACE_LOAD], i->events[TW_TRACE_STORE], i->events[TW_TRACE_RMW],
	       i->pages, i->fetch_pages, i->data_pages, anon, file, tw_trace_lru_refaults(s->lru),
	       i->bytes, (double)i->bytes / (double)(i->n_accesses ? i->n_accesses : 1));
}

static void print_report(const char *path, const struct survey *s)
{
	const struct tw_trace_info *i = tw_trace_get_info(s->t);
	uint64_t anon, file;

	count_backing(s, &anon, &file);
	printf("%s: trace of %s (%s), %" PRIu64 " bytes in %" PRIu64
	       " blocks, %.3f bytes per access\n",
	       path, i->program, i->arch, i->bytes, i->n_blocks,
	       (double)i->bytes / (double)(i->n_accesses ? i->n_accesses : 1));
	printf("accesses   %12" PRIu64 "\n", i->n_accesses);
	for (unsigned int k = 0; k < TW_TRACE_KINDS; k++)
		if (i->events[k])
			printf("  %-9s%12" PRIu64 "\n", tw_trace_kind_name(k), i->events[k]);
	printf("pages      %12" PRIu64 "  touched\n", i->pages);
	printf("  fetched  %12" PRIu64 "\n  data     %12" PRIu64 "\n  written  %12" PRIu64 "\n",
	       i->fetch_pages, i->data_pages, i->written_pages);
	printf("  anonymous%12" PRIu64 "\n  of files %12" PRIu64 "\n", anon, file);
	printf("mapped     %12" PRIu64 "  pages at most\n", s->regions.mapped_max / i->page_size);
	printf("LRU memory %12" PRIu32 "  frames: %" PRIu64 " page faults, %" PRIu64
	       " of them on evicted pages\n",
	       s->frames, tw_trace_lru_faults(s->lru), tw_trace_lru_refaults(s->lru));
	for (uint32_t f = 0; f < i->n_files; f++)
		printf("file %-6" PRIu32 "%12" PRIu64 "  %s\n", f, tw_trace_get_file(s->t, f)->size,
		       tw_trace_get_file(s->t, f)->name);
}

static int fail(const char *path, int status, const char *text)
{
	fprintf(stderr, "twinwalk trace-info: %s%s%s\n", path, *path ? ": " : "", text);
	return status;
}

// The event that broke a rule, or the footprint that is not the header's.
static int check(const char *path, struct survey *s)
{
	const struct tw_trace_info *i = tw_trace_get_info(s->t);
	struct tw_trace_info want = {0};
	char text[300];

	if (s->broken) {
		snprintf(text, sizeof(text), "event %" PRIu64 ": %s at 0x%" PRIx64 ": %s", s->n,
			 tw_trace_kind_name(s->event.kind), s->event.addr, s->broken);
		return fail(path, TW_BAD_INPUT, text);
	}
	tw_trace_footprint_count(s->footprint, &want);
	if (want.pages != i->pages || want.fetch_pages != i->fetch_pages ||
	    want.data_pages != i->data_pages || want.written_pages != i->written_pages)
		return fail(path, TW_BAD_INPUT,
			    "expected the header's footprint to be what the events touch");
	return TW_OK;
}

static int survey(const char *path, const struct options *o)
{
	struct survey s = {0};
	int error = tw_trace_open(path, &s.t);
	int status;

	if (error) {
		status = fail("", (int)tw_status_of(error), tw_trace_error(s.t));
		goto out;
	}
	s.frames = o->frames ? o->frames : (uint32_t)(tw_trace_get_info(s.t)->pages / 2);
	if (s.frames < 2)
		s.frames = 2;
	s.footprint = tw_trace_footprint_new();
	s.backing = tw_trace_footprint_new();
	s.lru = tw_trace_lru_new(s.frames);
	error = s.footprint && s.backing && s.lru ? survey_events(&s, o) : -ENOMEM;
	if (error == -ENOMEM) {
		status = fail(path, TW_SYSTEM, "out of memory");
	} else if (error) {
		status = fail("", (int)tw_status_of(error), tw_trace_error(s.t));
	} else if (s.print_error) {
		status = fail("standard output", TW_SYSTEM, strerror(s.print_error));
	} else {
		status = check(path, &s);
		if (status == TW_OK && o->table)
			print_row(path, &s);
		else if (status == TW_OK)
			print_report(path, &s);
	}
out:
	tw_trace_lru_free(s.lru);
	tw_trace_regions_free(&s.regions);
	tw_trace_footprint_free(s.backing);
	tw_trace_footprint_free(s.footprint);
	tw_trace_close(s.t);
	return status;
}

#define TO(member) CLI_MEMBER(options, member)

static const struct cli_option options[] = {
	{"table", NULL, "one row of a Markdown table for each trace", TO(table), .letter = 't'},
	{"frames", "N",
	 "also the page faults of a memory of N frames with LRU replacement (default: half the "
	 "footprint)",
	 TO(frames), .min = 2, .max = 1u << 26, .letter = 'f'},
	{"dump", NULL, "print every event", TO(dump), .letter = 'd'},
};

static const struct cli_command command = {
	.name = "trace-info",
	.intro = "[OPTION...] FILE...\nChecks traces and shows what is in them.\n",
	.outro = "exit status: 3 if a file is not a valid trace\n",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
};

int tw_cmd_trace_info(const char *repeat, int argc, char **argv)
{
	struct options o = {0};
	bool help;
	int worst, first;

	(void)repeat;
	worst = (int)cli_options(&command, argc, argv, &o, &first, &help);
	if (worst != TW_OK || help)
		return worst;
	if (first == argc)
		return (int)cli_usage(&command);
	if (!tw_inputs_ok("trace-info", (const char *const *)argv + first, (size_t)(argc - first)))
		return TW_USAGE;
	if (o.table)
		puts("| trace | accesses | fetch | load | store | rmw | pages | fetched | data | "
		     "anonymous | of files | LRU refaults | bytes | per access |\n"
		     "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
	for (int i = first; i < argc; i++) {
		int status = survey(argv[i], &o);

		if (status > worst)
			worst = status;
	}
	return worst;
}
