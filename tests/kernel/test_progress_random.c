// SPDX-License-Identifier: Apache-2.0
// A search for accesses that do not end: random machines with little memory and swap, random
// accesses of all kinds, many across page borders, by processes that share what can be shared. Each
// access ends after at most two faults in each page, with the right bytes, or is refused for want
// of memory, and then nothing could indeed have been reclaimed for it. TW_ROUNDS gives the number
// of machines for each seed.
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache.h"
#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "reclaim/reclaim.h"
#include "swap/swap.h"
#include "sys/sys.h"
#include "twinwalk/prng.h"
#include "vm/vm.h"

enum area { PRIVATE, SHARED, FILE_SHARED, FILE_PRIVATE, AREAS };
enum { PAGES = 40, PROCS = 3, STEPS = 3000, EDGE = 8 };

// Of each page the first and the last EDGE bytes are used.
struct contents {
	uint8_t byte[PAGES][2 * EDGE];
};

struct process {
	struct tw_proc *p;
	struct contents own[AREAS]; // of the private areas
	bool written[AREAS][PAGES]; // own holds the page; else it is the file's, or zero
};

struct search {
	struct world w;
	struct process proc[PROCS];
	struct contents shared, file_bytes;
	struct tw_file *file;
	uint64_t base, stride; // of the areas
	uint64_t rng;
	unsigned int shortages;
	char machine[256];
};

static unsigned int pick(struct search *s, unsigned int n)
{
	return (unsigned int)(tw_random(&s->rng) >> 33) % n;
}

// Where the kernel must have the byte at VA of a process, and whether a store makes it its own.
static uint8_t *byte_at(struct search *s, struct process *h, uint64_t va, bool store)
{
	unsigned int area = (unsigned int)((va - s->base) / s->stride);
	uint64_t in_area = (va - s->base) % s->stride;
	unsigned int page = (unsigned int)(in_area / PAGE), at = (unsigned int)(in_area % PAGE);
	unsigned int i = at < EDGE ? at : at - (PAGE - 2 * EDGE);
	static uint8_t zero;

	if (area == SHARED)
		return &s->shared.byte[page][i];
	if (area == FILE_SHARED)
		return &s->file_bytes.byte[page][i];
	if (!h->written[area][page] && !store) {
		zero = 0;
		return area == PRIVATE ? &zero : &s->file_bytes.byte[page][i];
	}
	if (!h->written[area][page]) {
		h->written[area][page] = true;
		if (area == PRIVATE)
			memset(h->own[area].byte[page], 0, 2 * EDGE);
		else
			memcpy(h->own[area].byte[page], s->file_bytes.byte[page], 2 * EDGE);
	}
	return &h->own[area].byte[page][i];
}

// --- Too little memory, truly ----------------------------------------------------------

// The frame that holds a page of a process already; TW_NO_FRAME if none does.
static uint32_t frame_of(struct search *s, struct tw_proc *p, uint64_t va)
{
	const struct tw_kernel *k = s->w.k;
	const struct tw_vma *v = tw_vma_find(&p->mm->vmas, va);
	const struct tw_cell *ptep = tw_pt_find(&p->mm->as, va);
	uint64_t page;
	struct tw_entry e = {.kind = TW_ENTRY_EMPTY};

	if (ptep)
		e = tw_pt_read(&p->mm->as, ptep);
	if (e.kind == TW_ENTRY_LEAF)
		return tw_pfn_frame(k, e.pfn);
	if (e.kind == TW_ENTRY_SWAP)
		return tw_swap_frame(k, e.slot);
	page = v->object ? tw_object_lookup(v->object, v->index + ((va - v->start) >> 12)) : 0;
	return tw_page_is_frame(page) ? tw_page_number(page) : TW_NO_FRAME;
}

// Fails the test if some page could have left memory for this access.
static void shortage_is_true(struct search *s, struct tw_proc *p, uint64_t va, size_t len)
{
	const struct tw_kernel *k = s->w.k;
	struct tw_swap_count swap = tw_swap_count(k);
	uint32_t slots = swap.slots - swap.used, mark[3];
	uint32_t held[2] = {frame_of(s, p, va), frame_of(s, p, va + len - 1)};

	assert_true(tw_kernel_shortage(s->w.k));
	assert_non_null(strstr(tw_kernel_error(s->w.k), "out of memory"));
	tw_reclaim_marks(k, mark);
	assert_true(tw_zones_free(k) < mark[0] + k->fmt->levels + 1u);
	for (uint32_t i = 1; i <= swap.slots; i++)
		slots += tw_swap_frame(k, i) != TW_NO_FRAME && tw_swap_refs(k, i) == 0;
	for (uint32_t f = 0; f < k->frames_total; f++) {
		const struct tw_frame *fr = &k->frames[f];

		if (f == held[0] || f == held[1])
			continue;
		if (fr->state == TW_FRAME_FILE ||
		    ((fr->state == TW_FRAME_ANON || fr->state == TW_FRAME_SHMEM) &&
		     (fr->slot || slots > 0)))
			fail_msg("%s: frame %u (state %u, slot %u) could have gone: %s", s->machine,
				 f, fr->state, fr->slot, tw_kernel_error(s->w.k));
	}
	s->shortages++;
}

// --- Operations ------------------------------------------------------------------------

// Some pages are given up, or a whole process.
static void relieve(struct search *s, struct process *h)
{
	unsigned int area = pick(s, 2) ? PRIVATE : FILE_PRIVATE, first = pick(s, PAGES);
	unsigned int n = 1 + pick(s, PAGES - first), alive = 0;

	for (unsigned int i = 0; i < PROCS; i++)
		alive += s->proc[i].p != NULL;
	if (alive > 1 && pick(s, 3) == 0) {
		tw_proc_exit(h->p);
		h->p = NULL;
		return;
	}
	assert_int_equal(tw_sys_madvise(h->p, s->base + area * s->stride + (uint64_t)first * PAGE,
					(uint64_t)n * PAGE, TW_MADV_DONTNEED),
			 0);
	memset(&h->written[area][first], 0, n);
}

static void access_ends(struct search *s, struct process *h)
{
	const uint64_t *attempts = &s->w.k->stats.attempts;
	enum tw_access access = (enum tw_access)pick(s, 4);
	bool write = access == TW_STORE || access == TW_RMW;
	unsigned int area = pick(s, AREAS), page = pick(s, PAGES), shape = pick(s, 4);
	uint64_t va = s->base + area * s->stride + (uint64_t)page * PAGE, before = *attempts;
	struct tw_span span = {.len = {EDGE, 0}};
	int err;

	if (shape == 0)
		va += PAGE - EDGE;
	// Across the border, and where areas meet from one to the next.
	else if (shape < 3 && (page + 1 < PAGES || (s->stride == PAGES * PAGE && area + 1 < AREAS)))
		va += PAGE - 1 - pick(s, EDGE - 1);
	// The kernel copies bytes; it does not execute them.
	if (va % PAGE > PAGE - EDGE || access == TW_FETCH || pick(s, 2))
		err = tw_user_span(s->w.k, access, va, EDGE, &span, &s->w.sig);
	else
		err = tw_copy_ptr(s->w.k, access, va, EDGE, &span.host[0], &s->w.sig);
	if (err == -ENOMEM) {
		uint32_t first = frame_of(s, h->p, va);

		shortage_is_true(s, h->p, va, EDGE);
		// The first page may have its private copy, though nothing was stored.
		if (write && first != TW_NO_FRAME && s->w.k->frames[first].state == TW_FRAME_ANON)
			byte_at(s, h, va, true);
		relieve(s, h);
		return;
	}
	if (err)
		fail_msg("%s: kind %u, area %u, page %u: %d, %s", s->machine, access, area, page,
			 err, tw_kernel_error(s->w.k));
	assert_in_range(*attempts - before, 1, span.len[1] ? 6 : 3);
	for (unsigned int i = 0; i < EDGE; i++) {
		uint8_t *at = i < span.len[0] ? &span.host[0][i] : &span.host[1][i - span.len[0]];
		uint8_t *want = byte_at(s, h, va + i, write);

		if (access != TW_STORE && *at != *want)
			fail_msg("%s: area %u, page %u: byte %u is %u, expected %u", s->machine,
				 area, page, i, *at, *want);
		if (write)
			*at = *want = (uint8_t)pick(s, 256);
	}
}

static void fork_one(struct search *s, struct process *h)
{
	struct process *child = &s->proc[pick(s, PROCS)];
	int err;

	if (child->p)
		return;
	err = tw_proc_fork(h->p, &child->p);
	if (err == -ENOMEM) {
		child->p = NULL;
		assert_true(tw_kernel_shortage(s->w.k));
		relieve(s, h);
		return;
	}
	assert_int_equal(err, 0);
	memcpy(child->own, h->own, sizeof(child->own));
	memcpy(child->written, h->written, sizeof(child->written));
}

// Rights that are lost and gained again, so that entries are there and not good enough.
static void protect(struct search *s, struct process *h)
{
	uint64_t va = s->base + pick(s, AREAS) * s->stride + (uint64_t)pick(s, PAGES) * PAGE;

	assert_int_equal(tw_sys_mprotect(h->p, va, PAGE, pick(s, 2) ? 0 : TW_PROT_READ), 0);
	assert_int_equal(tw_sys_mprotect(h->p, va, PAGE, 7), 0);
}

static void step(struct search *s)
{
	struct process *h = &s->proc[pick(s, PROCS)];
	unsigned int op = pick(s, 200);

	if (!h->p)
		return;
	assert_int_equal(tw_proc_switch(s->w.k, h->p), 0);
	if (op < 2)
		fork_one(s, h);
	else if (op < 3)
		relieve(s, h);
	else if (op < 6)
		protect(s, h);
	else if (op < 7)
		assert_int_equal(tw_file_sync(s->file), 0);
	else
		access_ends(s, h);
}

// --- Machines --------------------------------------------------------------------------

static void choose_machine(struct search *s, struct world_opts *o)
{
	static const uint32_t slots[] = {0, 1, 3, 10, 40, 120, 400, 400};
	static const unsigned int range[] = {8, 60, 300};
	static const uint64_t strides[] = {PAGES * PAGE, UINT64_C(1) << 21, UINT64_C(1) << 30};

	*o = (struct world_opts){.frames = TW_MIN_FRAMES + pick(s, range[pick(s, 3)]),
				 .swap_slots = slots[pick(s, 8)],
				 .policy = tw_policy_name(pick(s, 2)),
				 .svade = pick(s, 3) == 0,
				 .asid_bits = 1 + pick(s, 4)};
	if (!o->svade && pick(s, 2))
		o->format = TW_FMT_X86_LONG4;
	if (pick(s, 2)) {
		o->watermark[0] = 1 + pick(s, 4);
		o->watermark[1] = o->watermark[0] + pick(s, 4);
		o->watermark[2] = o->watermark[1] + pick(s, 8);
	}
	s->base = UINT64_C(0x10000000);
	s->stride = strides[pick(s, 3)];
	snprintf(s->machine, sizeof(s->machine),
		 "%u frames (%u, %u, %u), %u slots, %s, %s%s, areas %llu pages apart", o->frames,
		 o->watermark[0], o->watermark[1], o->watermark[2], o->swap_slots, o->policy,
		 o->format ? "long4" : "sv39", o->svade ? " svade" : "",
		 (unsigned long long)(s->stride / PAGE));
}

static void open_areas(struct search *s)
{
	static const uint32_t flags[AREAS] = {
		[PRIVATE] = TW_MAP_PRIVATE | TW_MAP_ANONYMOUS,
		[SHARED] = TW_MAP_SHARED | TW_MAP_ANONYMOUS,
		[FILE_SHARED] = TW_MAP_SHARED,
		[FILE_PRIVATE] = TW_MAP_PRIVATE,
	};
	struct tw_proc *p = world_proc(&s->w);

	s->proc[0].p = p;
	assert_int_equal(
		tw_file_open(s->w.k, world_file(&s->w, "f", PAGES * PAGE), TW_O_RDWR, &s->file), 0);
	for (unsigned int i = 0; i < PAGES; i++)
		for (unsigned int j = 0; j < 2 * EDGE; j++)
			s->file_bytes.byte[i][j] = world_byte((uint64_t)i * PAGE +
							      (j < EDGE ? j : PAGE - 2 * EDGE + j));
	for (unsigned int i = 0; i < AREAS; i++) {
		uint64_t at = s->base + i * s->stride;
		bool anon = flags[i] & TW_MAP_ANONYMOUS;

		assert_int_equal(tw_sys_mmap(p, at, PAGES * PAGE, 7, flags[i] | TW_MAP_FIXED,
					     anon ? NULL : s->file, 0),
				 at);
	}
}

static unsigned int search_one(uint64_t *seed)
{
	struct search *s = calloc(1, sizeof(*s));
	struct world_opts o;
	unsigned int shortages;

	assert_non_null(s);
	s->rng = tw_random(seed) | 1;
	choose_machine(s, &o);
	world_open(&s->w, &o);
	open_areas(s);
	for (unsigned int i = 0; i < STEPS; i++) {
		step(s);
		if (i % 32 == 0)
			world_check(&s->w);
	}
	for (unsigned int i = 0; i < PROCS; i++)
		if (s->proc[i].p)
			tw_proc_exit(s->proc[i].p);
	assert_int_equal(tw_file_close(s->file), 0);
	world_check(&s->w);
	assert_int_equal(world_close(&s->w), 0);
	shortages = s->shortages;
	free(s);
	return shortages;
}

static void search_from(uint64_t seed)
{
	const char *text = getenv("TW_ROUNDS");
	unsigned int rounds = text && *text ? (unsigned int)strtoul(text, NULL, 0) : 12, with = 0;

	for (unsigned int i = 0; i < rounds; i++)
		with += search_one(&seed) > 0;
	// Machines on both sides of enough.
	print_message("%u of %u machines ran short\n", with, rounds);
	assert_in_range(with, 1, rounds - 1);
}

static void every_access_ends_or_memory_is_short(void **state)
{
	(void)state;
	search_from(world_seed(1));
}

static void every_access_ends_with_a_fresh_seed(void **state)
{
	(void)state;
	search_from(world_fresh_seed());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_access_ends_or_memory_is_short),
		cmocka_unit_test(every_access_ends_with_a_fresh_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
