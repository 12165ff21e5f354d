// SPDX-License-Identifier: Apache-2.0
// See duel.h.
#include "duel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kern.h"
#include "twinwalk/prng.h"

unsigned int pick(struct duel *d, unsigned int n)
{
	return (unsigned int)(tw_random(&d->rng) >> 33) % n;
}

void differ(struct duel *d, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_msg("call %u, %s: %s", d->op, d->call, text);
	abort();
}

// --- Regions ---------------------------------------------------------------------------

uint64_t page_address(const struct duel *d, unsigned int i)
{
	return i < PAGES ? ARENA + (uint64_t)i * PAGE
			 : tw_page_up(host_start_brk(d->host)) + (uint64_t)(i - PAGES) * PAGE;
}

static void show(struct shown *s, struct shown first, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		s[i] = first;
		s[i].more = i + 1 < pages;
		s[i].offset = first.object ? first.offset + i * PAGE : 0;
	}
}

static int show_ours(void *user, const struct tw_region *r)
{
	struct duel *d = user;

	for (unsigned int part = 0; part < 2; part++) {
		uint64_t lo = page_address(d, part ? PAGES : 0),
			 hi = lo + (part ? HEAP : PAGES) * (uint64_t)PAGE;
		uint64_t start = r->start > lo ? r->start : lo, end = r->end < hi ? r->end : hi;

		if (start < end)
			show(&d->ours[(part ? PAGES : 0) + (start - lo) / PAGE],
			     (struct shown){.mapped = true,
					    .shared = r->shared,
					    .object = r->path,
					    .prot = r->prot,
					    .offset = r->offset + (start - r->start)},
			     (end - start) / PAGE);
	}
	return 0;
}

static void show_theirs(struct duel *d, unsigned int from, unsigned int pages)
{
	struct host_region r[SPACE];
	uint64_t lo = page_address(d, from);
	size_t n = host_regions(d->host, lo, lo + (uint64_t)pages * PAGE, r, SPACE);

	for (size_t i = 0; i < n; i++)
		show(&d->theirs[from + (r[i].start - lo) / PAGE],
		     (struct shown){.mapped = true,
				    .shared = r[i].shared,
				    .object = r[i].object,
				    .prot = r[i].prot,
				    .offset = r[i].offset},
		     (r[i].end - r[i].start) / PAGE);
}

void compare_regions(struct duel *d)
{
	memset(d->ours, 0, sizeof(d->ours));
	memset(d->theirs, 0, sizeof(d->theirs));
	tw_proc_regions(d->p, show_ours, d);
	show_theirs(d, 0, PAGES);
	show_theirs(d, PAGES, HEAP);
	for (unsigned int i = 0; i < SPACE; i++) {
		const struct shown *a = &d->ours[i], *b = &d->theirs[i];
		// Shared anonymous memory is an object of Linux's, without a path here.
		bool offset = a->object && a->offset != b->offset;

		if (a->mapped != b->mapped || a->shared != b->shared || a->prot != b->prot ||
		    offset || (b->more && !a->more) || (a->shared && a->more && !b->more))
			differ(d,
			       "page %u: mapped %d, protection %u, shared %d, offset %" PRIx64
			       ", goes on %d; Linux: %d, %u, %d, %" PRIx64 ", %d",
			       i, a->mapped, a->prot, a->shared, a->offset, a->more, b->mapped,
			       b->prot, b->shared, b->offset, b->more);
	}
}
