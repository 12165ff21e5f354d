// SPDX-License-Identifier: Apache-2.0
// What the random calls have in common: arguments, and the comparison with the reference. See
// stress.h.
#include "stress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_memory.h"
#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "sys/sys.h"
#include "twinwalk/prng.h"
#include "vm/vm.h"

unsigned int pick(struct stress *s, unsigned int n)
{
	return (unsigned int)(tw_random(&s->rng) >> 33) % n;
}

void broken(struct stress *s, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_msg("call %u, %s: %s (%s)", s->op, s->call, text, tw_kernel_error(s->w.k));
	abort();
}

// --- Arguments -------------------------------------------------------------------------

uint64_t wild(struct stress *s)
{
	static const uint64_t value[] = {0,
					 1,
					 PAGE,
					 LO - PAGE,
					 HI - PAGE,
					 HI,
					 HI + PAGE,
					 -2ull * PAGE,
					 -1ull * PAGE,
					 INT64_MAX,
					 UINT64_MAX,
					 UINT64_C(1) << 63};

	return value[pick(s, sizeof(value) / sizeof(value[0]))];
}

uint64_t address(struct stress *s)
{
	unsigned int kind = pick(s, 40);

	if (kind == 0)
		return wild(s);
	return LO + (uint64_t)pick(s, LM_PAGES) * PAGE + (kind == 1 ? pick(s, PAGE) : 0);
}

uint64_t length(struct stress *s, unsigned int most)
{
	unsigned int kind = pick(s, 40);

	if (kind == 0)
		return wild(s);
	return (1 + pick(s, most)) * (uint64_t)PAGE - (kind < 4 ? pick(s, PAGE) : 0);
}

unsigned int page_of(struct stress *s, const struct proc *h)
{
	unsigned int i = 0;

	for (unsigned int tries = 0; tries < 6; tries++) {
		i = pick(s, 2) ? s->op / 300 * 37 + pick(s, 16) : pick(s, LM_PAGES);
		i %= LM_PAGES - 1;
		if (h->mm.page[i].kind != LM_NONE)
			break;
	}
	return i;
}

// --- Results ---------------------------------------------------------------------------

static int compare_region(void *user, const struct tw_region *r)
{
	struct lm_mm **at = user;
	struct lm_mm *mm = at[0];
	const struct lm_page *g = lm_page(mm, r->start);
	uint64_t pages = (r->end - r->start) / PAGE;
	unsigned int i;

	if (!g || g->kind == LM_NONE || r->prot != g->prot ||
	    r->shared != (g->kind == LM_SHARED || g->kind == LM_FILE_SHARED) ||
	    (r->path != NULL) != (g->object && g->object->file) ||
	    (r->path && r->offset != g->index * PAGE))
		return 1;
	i = (unsigned int)((r->start - LO) / PAGE);
	if (i > 0 && lm_one_region(mm, i - 1))
		return 1;
	for (uint64_t n = 1; n < pages; n++, i++)
		if (!lm_one_region(mm, i))
			return 1;
	return lm_one_region(mm, i);
}

void compare_regions(struct stress *s, struct proc *h)
{
	struct lm_mm *mm = &h->mm;
	struct tw_proc_stats st;
	char text[4096];
	uint64_t pages = 0;

	for (unsigned int i = 0; i < LM_PAGES; i++)
		pages += mm->page[i].kind != LM_NONE;
	tw_proc_get_stats(h->p, &st);
	if (st.mapped == pages && !tw_proc_regions(h->p, compare_region, &mm))
		return;
	tw_proc_maps(h->p, text, sizeof(text));
	print_message("%s", text);
	broken(s, "regions differ from the reference, which has %" PRIu64 " pages", pages);
}

bool settle(struct stress *s, struct proc *h, enum call call, int64_t got, int64_t want,
	    const struct lm_mm *after, bool may_be_short)
{
	if (got == want) {
		h->mm = *after;
		s->count[call][want < 0 ? REFUSED : DONE]++;
	} else if (got == -ENOMEM && ((want >= 0 && may_be_short) || s->failed)) {
		s->count[call][SHORT]++;
	} else {
		broken(s, "%" PRId64 ", expected %" PRId64, got, want);
	}
	compare_regions(s, h);
	return got == want;
}

void before(struct stress *s)
{
	if (s->fail_host_memory && pick(s, 4) == 0)
		host_memory_fail_after(pick(s, 6));
}

void after(struct stress *s)
{
	s->failed = host_memory_failed();
}

static unsigned int state_of(const struct tw_kernel *k, uint64_t pfn)
{
	return k->frames[tw_pfn_frame(k, pfn)].state;
}

void take_copies(struct proc *h)
{
	for (unsigned int i = 0; i < LM_PAGES; i++) {
		struct lm_page *g = &h->mm.page[i];
		const struct tw_cell *ptep = tw_pt_find(&h->p->mm->as, LO + (uint64_t)i * PAGE);
		struct tw_entry e;

		if (g->kind != LM_FILE_PRIVATE || g->own || !ptep)
			continue;
		e = tw_pt_read(&h->p->mm->as, ptep);
		if (e.kind == TW_ENTRY_EMPTY)
			continue;
		if (e.kind == TW_ENTRY_SWAP || state_of(h->p->k, e.pfn) == TW_FRAME_ANON)
			lm_store(g);
	}
}

struct lm_cells cells_of(const uint8_t *page)
{
	struct lm_cells c;

	memcpy(&c.head, page + HEAD, sizeof(c.head));
	memcpy(&c.mid, page + MID, sizeof(c.mid));
	memcpy(&c.tail, page + TAIL, sizeof(c.tail));
	return c;
}

bool same_cells(struct lm_cells a, struct lm_cells b)
{
	return a.head == b.head && a.mid == b.mid && a.tail == b.tail;
}

void compare_file(struct stress *s, const struct file *f, uint64_t first, uint64_t end)
{
	FILE *host = fopen(f->path, "r");
	uint8_t page[PAGE];

	assert_non_null(host);
	for (uint64_t i = first; i < end && i < f->object->pages; i++) {
		assert_int_equal(fseek(host, (long)(i * PAGE), SEEK_SET), 0);
		assert_int_equal(fread(page, 1, PAGE, host), PAGE);
		if (!same_cells(cells_of(page), f->object->cell[i]))
			broken(s, "page %" PRIu64 " of %s is not what was stored", i, f->path);
	}
	fclose(host);
}
