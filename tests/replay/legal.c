// SPDX-License-Identifier: Apache-2.0
//
// Possible events, and what they do to the pages: see gen.h.
#include "gen.h"

// --- The model -------------------------------------------------------------------------

static bool continues(const struct page *a, const struct page *b)
{
	return a->mapped && b->mapped && a->shared == b->shared && a->grows == b->grows &&
	       a->prot == b->prot && a->file == b->file && a->memory == b->memory &&
	       ((a->file < 0 && !a->memory) || a->index + 1 == b->index);
}

uint64_t gen_same(const struct gen *g, uint64_t first, uint64_t n)
{
	uint64_t i = first;

	if (first >= PAGES || !g->page[first].mapped)
		return 0;
	while (i + 1 < PAGES && i + 1 - first < n && continues(&g->page[i], &g->page[i + 1]))
		i++;
	return i + 1 - first;
}

uint64_t gen_mapped(const struct gen *g, uint64_t first, uint64_t n)
{
	uint64_t i = 0;

	while (i < n && first + i < PAGES && g->page[first + i].mapped)
		i++;
	return i;
}

bool gen_is_free(const struct gen *g, uint64_t first, uint64_t n)
{
	for (uint64_t i = first; i < first + n && i < PAGES; i++)
		if (g->page[i].mapped)
			return false;
	return true;
}

// What lies beyond the end of shared memory cannot be touched.
static bool has_memory(const struct gen *g, uint64_t i)
{
	const struct page *p = &g->page[i < PAGES ? i : 0];

	return i < PAGES && p->mapped && (!p->memory || p->index < g->memory_pages[p->memory]);
}

bool gen_readable(const struct gen *g, uint64_t i)
{
	return has_memory(g, i) && g->page[i].prot & (TW_TRACE_PROT_READ | TW_TRACE_PROT_WRITE);
}

bool gen_writable(const struct gen *g, uint64_t i)
{
	return has_memory(g, i) && g->page[i].prot & TW_TRACE_PROT_WRITE;
}

bool gen_executable(const struct gen *g, uint64_t i)
{
	return has_memory(g, i) && g->page[i].prot & TW_TRACE_PROT_EXEC;
}

uint64_t gen_place(struct gen *g, uint64_t n)
{
	for (int tries = 0; tries < 40; tries++) {
		uint64_t i = gen_random(g, PAGES - n + 1);

		if (gen_is_free(g, i, n))
			return i;
	}
	return PAGES;
}

uint64_t gen_some(struct gen *g)
{
	for (int tries = 0; tries < 40; tries++) {
		uint64_t i = gen_random(g, PAGES);

		if (g->page[i].mapped)
			return i;
	}
	return PAGES;
}

static uint64_t pages(uint64_t bytes)
{
	return (bytes + PAGE - 1) / PAGE;
}

static void apply_mmap(struct gen *g, const struct tw_trace_event *e)
{
	uint64_t at = e->kind == TW_TRACE_MAP ? e->addr : (uint64_t)e->result;
	uint64_t first = (at - g->base) / PAGE;
	bool shared = (e->flags & TW_TRACE_MAP_TYPE) != TW_TRACE_MAP_PRIVATE;

	if (shared && e->file < 0)
		g->memory_pages[++g->memories] = pages(e->len);
	for (uint64_t i = 0; i < pages(e->len); i++)
		g->page[first + i] = (struct page){
			.mapped = true,
			.shared = shared,
			.grows = e->flags & TW_TRACE_MAP_GROWSDOWN,
			.prot = e->prot & 7,
			.file = e->file,
			.memory = shared && e->file < 0 ? g->memories : 0,
			.index = (e->file < 0 ? 0 : e->offset / PAGE) + i,
		};
}

static void apply_munmap(struct gen *g, uint64_t first, uint64_t n)
{
	for (uint64_t i = first; i < first + n && i < PAGES; i++)
		g->page[i].mapped = false;
}

static void apply_mprotect(struct gen *g, const struct tw_trace_event *e)
{
	uint64_t first = (e->addr - g->base) / PAGE, end = first + pages(e->len);

	if ((e->result && e->result != -ENOMEM && e->result != -EACCES) || first >= PAGES ||
	    !e->len || e->len > UINT64_MAX - e->addr)
		return;
	// An error without a hole, or without a file, changed nothing.
	if (e->result == -ENOMEM && gen_mapped(g, first, end - first) == end - first)
		return;
	if (e->prot & TW_TRACE_PROT_GROWSDOWN)
		while (first > 0 && continues(&g->page[first - 1], &g->page[first]))
			first--;
	if (e->result == -EACCES) {
		uint64_t i = first;

		while (i < end && g->page[i].mapped &&
		       (g->page[i].file < 0 ||
			(!g->page[i].shared && !(e->prot & TW_TRACE_PROT_EXEC))))
			i++;
		if (i == end || !g->page[i].mapped)
			return;
		end = i;
	}
	for (uint64_t i = first; i < end && i < PAGES && g->page[i].mapped; i++)
		g->page[i].prot = e->prot & 7;
}

static void apply_brk(struct gen *g, const struct tw_trace_event *e)
{
	uint64_t old = pages(g->brk - g->base), new;

	if (!g->brk_start) {
		g->brk_start = g->brk = (uint64_t)e->result;
		return;
	}
	g->brk = (uint64_t)e->result;
	new = pages(g->brk - g->base);
	for (uint64_t i = old; i < new; i++)
		g->page[i] = (struct page){.mapped = true, .prot = 3, .file = -1};
	apply_munmap(g, new, old > new ? old - new : 0);
}

static void apply_mremap(struct gen *g, const struct tw_trace_event *e)
{
	uint64_t from = (e->addr - g->base) / PAGE, to = ((uint64_t)e->result - g->base) / PAGE;
	uint64_t old = pages(e->len), new = pages(e->new_len);
	struct page source[PAGES];

	memcpy(source, g->page, sizeof(source));
	if (from == to && new <= old) {
		apply_munmap(g, from + new, old - new);
		return;
	}
	if (from != to)
		apply_munmap(g, from, old);
	for (uint64_t i = 0; i < new; i++) {
		// Pages that are moved are what they were; new ones continue the first.
		if (old == new) {
			if (source[from + i].mapped)
				g->page[to + i] = source[from + i];
			continue;
		}
		g->page[to + i] = source[from];
		g->page[to + i].index = source[from].index + i;
	}
}

void gen_apply(struct gen *g, const struct tw_trace_event *e)
{
	if (e->kind == TW_TRACE_MPROTECT)
		apply_mprotect(g, e);
	else if (e->kind <= TW_TRACE_COPY_OUT || e->result < 0)
		return;
	else if (e->kind == TW_TRACE_MAP || e->kind == TW_TRACE_MMAP)
		apply_mmap(g, e);
	else if (e->kind == TW_TRACE_MUNMAP)
		apply_munmap(g, (e->addr - g->base) / PAGE, pages(e->len));
	else if (e->kind == TW_TRACE_BRK)
		apply_brk(g, e);
	else if (e->kind == TW_TRACE_MREMAP)
		apply_mremap(g, e);
}

// --- The beginning ---------------------------------------------------------------------

unsigned int gen_begin(struct gen *g, uint64_t seed, struct tw_trace_event *events)
{
	const uint64_t bases[] = {0x400000, (UINT64_C(1) << TW_TRACE_VA_BITS) - PAGES * PAGE};
	unsigned int n = 0;

	memset(g, 0, sizeof(*g));
	g->rng = seed;
	g->base = bases[gen_random(g, 2)];
	events[n++] = (struct tw_trace_event){.kind = TW_TRACE_MAP,
					      .addr = gen_addr(g, 2),
					      .len = 4 * PAGE,
					      .prot = 5,
					      .flags = TW_TRACE_MAP_PRIVATE};
	events[n++] = (struct tw_trace_event){.kind = TW_TRACE_MAP,
					      .addr = gen_addr(g, 6),
					      .len = 2 * PAGE,
					      .prot = 3,
					      .flags = 0x22,
					      .file = -1};
	events[n++] = (struct tw_trace_event){.kind = TW_TRACE_MAP,
					      .addr = gen_addr(g, 116),
					      .len = 8 * PAGE,
					      .prot = 3,
					      .flags = 0x122,
					      .file = -1};
	events[n++] = (struct tw_trace_event){
		.kind = TW_TRACE_BRK,
		.result = (int64_t)(gen_addr(g, 80) + gen_random(g, 2) * 0x123),
		.file = -1};
	for (unsigned int i = 0; i < n; i++)
		gen_apply(g, &events[i]);
	return n;
}

// --- Events ----------------------------------------------------------------------------

static struct tw_trace_event call(unsigned int kind, uint64_t addr, uint64_t len, int64_t result)
{
	return (struct tw_trace_event){
		.kind = (uint8_t)kind, .addr = addr, .len = len, .result = result, .file = -1};
}

// 1 to n pages, not always whole ones.
static uint64_t some_bytes(struct gen *g, uint64_t n)
{
	return n * PAGE - (gen_random(g, 3) ? 0 : gen_random(g, PAGE));
}

static bool access_event(struct gen *g, struct tw_trace_event *e)
{
	unsigned int kind = (unsigned int)gen_random(g, TW_TRACE_COPY_OUT + 1);
	uint64_t i = gen_some(g), len = 1 + gen_random(g, gen_random(g, 4) ? 8 : 4096);
	uint64_t at = gen_addr(g, i) + gen_random(g, PAGE);
	bool (*may)(const struct gen *, uint64_t) = gen_readable;

	if (i == PAGES)
		return false;
	if (kind == TW_TRACE_FETCH) {
		may = gen_executable;
		at &= ~UINT64_C(31);
		len = 32;
	} else if (kind != TW_TRACE_LOAD && kind != TW_TRACE_COPY_IN) {
		may = gen_writable;
	}
	if (kind > TW_TRACE_RMW)
		len *= 1 + gen_random(g, 4);
	for (uint64_t page = i; page <= (at + len - 1 - g->base) / PAGE; page++)
		if (!may(g, page))
			return false;
	*e = (struct tw_trace_event){.kind = (uint8_t)kind, .addr = at, .file = -1};
	if (kind <= TW_TRACE_RMW)
		e->size = (uint32_t)len;
	else
		e->len = len;
	return true;
}

static bool mmap_event(struct gen *g, struct tw_trace_event *e)
{
	uint64_t n = 1 + gen_random(g, 12), how = gen_random(g, 4);
	uint64_t at = how < 2 ? gen_random(g, PAGES - n + 1) : gen_place(g, n);
	bool shared = gen_random(g, 3) == 0, anon = gen_random(g, 2);

	if (at == PAGES || (shared && anon && g->memories == MEMORIES))
		return false;
	*e = call(TW_TRACE_MMAP, gen_addr(g, at), some_bytes(g, n), (int64_t)gen_addr(g, at));
	e->flags = shared ? (gen_random(g, 2) || anon ? TW_TRACE_MAP_SHARED
						      : TW_TRACE_MAP_SHARED_VALIDATE)
			  : TW_TRACE_MAP_PRIVATE;
	if (anon)
		e->flags |= TW_TRACE_MAP_ANONYMOUS;
	if (anon && !shared && gen_random(g, 8) == 0)
		e->flags |= TW_TRACE_MAP_GROWSDOWN;
	if (!anon) {
		e->file = (int32_t)gen_random(g, FILES);
		e->offset = gen_random(g, 12) * PAGE;
	}
	// Bits that Linux does not know are nothing to mmap.
	e->prot = (uint32_t)(gen_random(g, 2) ? 3 : gen_random(g, 8)) |
		  (gen_random(g, 8) ? 0 : 0x48u);
	if (how < 2)
		e->flags |= TW_TRACE_MAP_FIXED;
	else if (how == 2)
		e->flags |= TW_TRACE_MAP_FIXED_NOREPLACE;
	else
		e->addr = gen_random(g, 2) ? TW_TRACE_NO_ADDR : gen_random(g, PAGES) * PAGE;
	if (gen_random(g, 12) == 0)
		e->result = gen_random(g, 2) ? -ENOMEM : -EEXIST;
	return true;
}

static bool munmap_event(struct gen *g, struct tw_trace_event *e)
{
	uint64_t at = gen_random(g, PAGES), n = 1 + gen_random(g, 10);

	if (at + n > PAGES)
		return false;
	*e = call(TW_TRACE_MUNMAP, gen_addr(g, at), some_bytes(g, n), 0);
	switch (gen_random(g, 16)) {
	case 0:
		e->addr += 1 + gen_random(g, PAGE - 1);
		e->result = -EINVAL;
		break;
	case 1:
		e->len = 0;
		e->result = -EINVAL;
		break;
	case 2:
		e->addr = TW_TRACE_NO_ADDR;
		e->result = -EINVAL;
		break;
	case 3:
		e->result = -ENOMEM; // too many regions
		break;
	default:
		break;
	}
	return true;
}

static bool mprotect_event(struct gen *g, struct tw_trace_event *e)
{
	uint64_t at = gen_some(g), n = 1 + gen_random(g, 10);

	if (at + n > PAGES)
		return false;
	*e = call(TW_TRACE_MPROTECT, gen_addr(g, at), some_bytes(g, n), 0);
	e->prot = (uint32_t)(gen_random(g, 3) ? gen_random(g, 4) : gen_random(g, 16));
	if (g->page[at].grows && gen_random(g, 2))
		e->prot |= TW_TRACE_PROT_GROWSDOWN;
	if (gen_mapped(g, at, n) < n)
		e->result = -ENOMEM;
	switch (gen_random(g, 16)) {
	case 0:
		e->result = -ENOMEM;
		break;
	case 1:
		e->result = -EACCES;
		break;
	case 2:
		e->prot |= 0x40;
		e->result = -EINVAL;
		break;
	case 3:
		e->addr = TW_TRACE_NO_ADDR;
		e->result = -ENOMEM;
		break;
	case 4:
		e->len = UINT64_MAX - gen_random(g, PAGE);
		e->result = -ENOMEM;
		break;
	case 5:
		e->len = 0;
		e->result = 0;
		break;
	default:
		break;
	}
	return true;
}

static bool brk_event(struct gen *g, struct tw_trace_event *e)
{
	uint64_t want = g->brk_start + gen_random(g, 12 * PAGE);
	uint64_t old = pages(g->brk - g->base), new = pages(want - g->base);

	*e = call(TW_TRACE_BRK,
		  gen_random(g, 2)   ? want
		  : gen_random(g, 2) ? 0
				     : TW_TRACE_NO_ADDR,
		  0, (int64_t)g->brk);
	if (e->addr != want || gen_random(g, 4) == 0)
		return true;
	if (new > old && !gen_is_free(g, old, new - old + 1))
		return true;
	if (new < old && gen_is_free(g, new, old - new))
		return true;
	e->result = (int64_t)want;
	return true;
}

static bool mremap_event(struct gen *g, struct tw_trace_event *e)
{
	uint64_t from = gen_some(g), old = gen_random(g, 8), new = 1 + gen_random(g, 8), to;
	uint64_t kept = old < new ? old : new;

	if (from == PAGES || from + old > PAGES)
		return false;
	*e = call(TW_TRACE_MREMAP, gen_addr(g, from), old ? some_bytes(g, old) : 0, -EFAULT);
	e->new_len = some_bytes(g, new);
	e->flags = (uint32_t)gen_random(g, 4);
	e->new_addr = gen_random(g, PAGES) * PAGE; // without MREMAP_FIXED it is nothing
	if (gen_random(g, 10) == 0)
		return true;
	if (e->flags & TW_TRACE_MREMAP_FIXED) {
		e->flags |= TW_TRACE_MREMAP_MAYMOVE;
		to = gen_random(g, PAGES - new + 1);
		e->new_addr = gen_addr(g, to);
		e->result = (int64_t)e->new_addr;
		if ((to < from + old && from < to + new) || (!old && to <= from && from < to + new))
			return false;
		if (!old)
			return g->page[from].shared;
		return old == new || gen_same(g, from, kept) == kept;
	}
	if (new <= old) {
		e->result = (int64_t)e->addr;
		return true;
	}
	if (old ? gen_same(g, from, old) < old : !g->page[from].shared)
		return false;
	if (old && gen_same(g, from, PAGES) == old &&
	    from + new <= PAGES &&gen_is_free(g, from + old, new - old)) {
		e->result = (int64_t)e->addr;
		return true;
	}
	to = gen_place(g, new);
	if (!(e->flags & TW_TRACE_MREMAP_MAYMOVE) || to == PAGES)
		return false;
	e->result = (int64_t)gen_addr(g, to);
	return true;
}

static bool madvise_event(struct gen *g, struct tw_trace_event *e)
{
	uint64_t at = gen_some(g), n = 1 + gen_random(g, 10);

	if (at + n > PAGES)
		return false;
	*e = call(TW_TRACE_MADVISE, gen_addr(g, at), some_bytes(g, n), 0);
	e->advice = gen_random(g, 4) ? 4 : (int32_t)gen_random(g, 30);
	if (gen_mapped(g, at, n) < n && gen_random(g, 4))
		e->result = -ENOMEM;
	if (gen_random(g, 10) == 0) {
		e->addr = gen_random(g, 2) ? e->addr + 1 : TW_TRACE_NO_ADDR;
		e->result = -EINVAL;
	}
	return true;
}

struct tw_trace_event gen_legal(struct gen *g)
{
	bool (*const calls[])(struct gen *, struct tw_trace_event *) = {
		mmap_event,   mmap_event, munmap_event, mprotect_event,
		mremap_event, brk_event,  mremap_event, madvise_event,
	};
	struct tw_trace_event e;

	for (;;) {
		if (gen_random(g, 4) ? access_event(g, &e) : calls[gen_random(g, 8)](g, &e))
			return e;
	}
}
