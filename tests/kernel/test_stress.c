// SPDX-License-Identifier: Apache-2.0
// Random operations of several processes in little memory, each byte checked against a shadow copy
// outside the machine, every invariant checked as it goes, on an MMU that never forgets a
// translation by itself.
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROCS = 4, PAGES = 96, FILES = 2, FILE_PAGES = 24, OPS = 12000 };
#define ARENA UINT64_C(0x10000000)

enum kind { NONE, ANON, FILE_PRIVATE, FILE_SHARED, SHARED };

// Contents of shared things: one byte stands for each page (stored at a fixed place in it).
struct object {
	unsigned int users;
	uint8_t byte[PAGES];
};

struct page {
	enum kind kind;
	uint32_t prot;
	bool own; // private: byte holds the contents; else file or zero
	uint8_t byte;
	unsigned int file, index;
	struct object *shared;
};

struct shadow {
	struct tw_proc *p;
	struct page page[PAGES];
};

struct stress {
	struct world w;
	struct shadow proc[PROCS];
	struct tw_file *file[FILES];
	uint8_t file_byte[FILES][FILE_PAGES];
	char path[FILES][128];
	uint64_t rng;
};

static unsigned int pick(struct stress *s, unsigned int n)
{
	return (unsigned int)(world_random(&s->rng) >> 33) % n;
}

// Where in its page the byte lies: depends on the page, so that mixed-up pages show.
static uint64_t place(unsigned int page)
{
	return ARENA + (uint64_t)page * PAGE + 8 + page % 64 * 16;
}

static void drop_page(struct page *g)
{
	if (g->kind == SHARED && --g->shared->users == 0)
		free(g->shared);
	*g = (struct page){0};
}

static uint8_t expected(const struct stress *s, const struct page *g)
{
	switch (g->kind) {
	case ANON:
		return g->own ? g->byte : 0;
	case FILE_PRIVATE:
		return g->own ? g->byte : s->file_byte[g->file][g->index];
	case FILE_SHARED:
		return s->file_byte[g->file][g->index];
	case SHARED:
		return g->shared->byte[g->index];
	default:
		return 0;
	}
}

static void set(struct stress *s, struct page *g, uint8_t value)
{
	if (g->kind == FILE_SHARED)
		s->file_byte[g->file][g->index] = value;
	else if (g->kind == SHARED)
		g->shared->byte[g->index] = value;
	else
		g->byte = value;
	g->own = true;
}

// File pages hold their byte where page FILE_PLACE of a mapping would: mappings begin at multiples
// of FILE_PAGES.
static uint64_t file_place(unsigned int index)
{
	return (uint64_t)index * PAGE + 8 + index % 64 * 16;
}

static void op_map(struct stress *s, struct shadow *h)
{
	unsigned int kind = 1 + pick(s, 4), first = pick(s, PAGES), n = 1 + pick(s, 12),
		     f = pick(s, FILES);
	uint32_t prot = pick(s, 8);
	uint32_t flags = TW_MAP_FIXED;
	struct object *o = NULL;
	int64_t va;

	if (kind == FILE_PRIVATE || kind == FILE_SHARED) {
		// The page's place in the file and in the arena agree modulo 64, so the byte is at
		// the same offset.
		first = pick(s, FILE_PAGES);
		if (pick(s, 2) && first + 64 + 8 < PAGES)
			first += 64;
		if (n > FILE_PAGES - first % 64)
			n = FILE_PAGES - first % 64;
	}
	if (first + n > PAGES)
		n = PAGES - first;
	prot = prot ? prot | TW_PROT_READ : 0;
	flags |= kind == ANON || kind == SHARED ? TW_MAP_ANONYMOUS : 0u;
	flags |= kind == SHARED || kind == FILE_SHARED ? TW_MAP_SHARED : TW_MAP_PRIVATE;
	va = tw_sys_mmap(h->p, ARENA + (uint64_t)first * PAGE, (uint64_t)n * PAGE, prot, flags,
			 flags & TW_MAP_ANONYMOUS ? NULL : s->file[f],
			 flags & TW_MAP_ANONYMOUS ? 0 : (uint64_t)(first % 64) * PAGE);
	assert_int_equal(va, ARENA + (uint64_t)first * PAGE);
	if (kind == SHARED) {
		o = calloc(1, sizeof(*o));
		assert_non_null(o);
	}
	for (unsigned int i = 0; i < n; i++) {
		struct page *g = &h->page[first + i];

		drop_page(g);
		*g = (struct page){.kind = kind, .prot = prot, .file = f, .shared = o};
		g->index = kind == SHARED ? i : first % 64 + i;
		if (o)
			o->users++;
	}
}

static void op_unmap(struct stress *s, struct shadow *h)
{
	unsigned int first = pick(s, PAGES), n = 1 + pick(s, 10);

	if (first + n > PAGES)
		n = PAGES - first;
	assert_int_equal(tw_sys_munmap(h->p, ARENA + (uint64_t)first * PAGE, (uint64_t)n * PAGE),
			 0);
	for (unsigned int i = 0; i < n; i++)
		drop_page(&h->page[first + i]);
}

static void op_protect(struct stress *s, struct shadow *h)
{
	unsigned int first = pick(s, PAGES), n = 1 + pick(s, 10), i;
	uint32_t prot = pick(s, 8);
	int err, want = 0;

	if (first + n > PAGES)
		n = PAGES - first;
	prot = prot ? prot | TW_PROT_READ : 0;
	err = tw_sys_mprotect(h->p, ARENA + (uint64_t)first * PAGE, (uint64_t)n * PAGE, prot);
	for (i = 0; i < n && !want; i++) {
		if (h->page[first + i].kind == NONE)
			want = -ENOMEM;
		else
			h->page[first + i].prot = prot;
	}
	assert_int_equal(err, want);
}

static void op_dontneed(struct stress *s, struct shadow *h)
{
	unsigned int first = pick(s, PAGES), n = 1 + pick(s, 6);
	int err, want = 0;

	if (first + n > PAGES)
		n = PAGES - first;
	err = tw_sys_madvise(h->p, ARENA + (uint64_t)first * PAGE, (uint64_t)n * PAGE,
			     TW_MADV_DONTNEED);
	for (unsigned int i = first; i < first + n; i++) {
		if (h->page[i].kind == NONE)
			want = -ENOMEM;
		else if (h->page[i].kind == ANON || h->page[i].kind == FILE_PRIVATE)
			h->page[i].own = false;
	}
	assert_int_equal(err, want);
}

static void op_fork(struct stress *s, struct shadow *h)
{
	struct shadow *child = &s->proc[pick(s, PROCS)];
	int err;

	if (child->p)
		return;
	err = tw_proc_fork(h->p, &child->p);
	if (err == -ENOMEM)
		return;
	assert_int_equal(err, 0);
	memcpy(child->page, h->page, sizeof(child->page));
	for (unsigned int i = 0; i < PAGES; i++)
		if (child->page[i].kind == SHARED)
			child->page[i].shared->users++;
}

static void op_exit(struct stress *s, struct shadow *h)
{
	unsigned int alive = 0;

	for (unsigned int i = 0; i < PROCS; i++)
		alive += s->proc[i].p != NULL;
	if (alive == 1)
		return;
	tw_proc_exit(h->p);
	for (unsigned int i = 0; i < PAGES; i++)
		drop_page(&h->page[i]);
	h->p = NULL;
}

static void op_sync(struct stress *s)
{
	unsigned int f = pick(s, FILES);

	assert_int_equal(tw_file_sync(s->file[f]), 0);
	for (unsigned int i = 0; i < FILE_PAGES; i++)
		assert_int_equal(world_file_byte(s->path[f], file_place(i)), s->file_byte[f][i]);
}

static void op_access(struct stress *s, struct shadow *h)
{
	unsigned int i = pick(s, PAGES);
	struct page *g = &h->page[i];
	bool store = pick(s, 2);
	uint8_t value = (uint8_t)(1 + pick(s, 255)), got = 0;
	int err;

	assert_int_equal(tw_proc_switch(s->w.k, h->p), 0);
	if (store)
		err = tw_user_store(s->w.k, place(i), &value, 1, &s->w.sig);
	else
		err = tw_user_load(s->w.k, place(i), &got, 1, &s->w.sig);
	if (err == -ENOMEM)
		return;
	if (g->kind == NONE || !(g->prot & (store ? TW_PROT_WRITE : TW_PROT_READ))) {
		assert_int_equal(err, -EFAULT);
		assert_int_equal(s->w.sig.code, g->kind == NONE ? TW_SEGV_MAPERR : TW_SEGV_ACCERR);
		return;
	}
	if (err)
		fail_msg("access to page %u: %d, %s", i, err, tw_kernel_error(s->w.k));
	if (store)
		set(s, g, value);
	else
		assert_int_equal(got, expected(s, g));
}

static void compare_all(struct stress *s)
{
	for (unsigned int n = 0; n < PROCS; n++)
		for (unsigned int i = 0; s->proc[n].p && i < PAGES; i++) {
			const struct page *g = &s->proc[n].page[i];
			uint8_t got = 0;
			int err = tw_proc_peek(s->proc[n].p, place(i), &got, 1);

			assert_int_equal(err, g->kind == NONE ? -EFAULT : 0);
			if (!err)
				assert_int_equal(got, expected(s, g));
		}
}

static void step(struct stress *s)
{
	struct shadow *h = &s->proc[pick(s, PROCS)];
	unsigned int op = pick(s, 100);

	if (!h->p)
		return;
	if (op < 84)
		op_access(s, h);
	else if (op < 89)
		op_map(s, h);
	else if (op < 91)
		op_unmap(s, h);
	else if (op < 94)
		op_protect(s, h);
	else if (op < 95)
		op_dontneed(s, h);
	else if (op < 98)
		op_fork(s, h);
	else if (op < 99)
		op_exit(s, h);
	else
		op_sync(s);
}

static void run(const struct world_opts *o, uint64_t fallback)
{
	struct stress *s = calloc(1, sizeof(*s));
	struct tw_kernel_stats st;

	assert_non_null(s);
	s->rng = world_seed(fallback);
	world_open(&s->w, o);
	for (unsigned int f = 0; f < FILES; f++) {
		char name[8];

		snprintf(name, sizeof(name), "f%u", f);
		strcpy(s->path[f], world_file(&s->w, name, FILE_PAGES * PAGE));
		assert_int_equal(tw_file_open(s->w.k, s->path[f], TW_O_RDWR, &s->file[f]), 0);
		for (unsigned int i = 0; i < FILE_PAGES; i++)
			s->file_byte[f][i] = world_byte(file_place(i));
	}
	s->proc[0].p = world_proc(&s->w);
	for (unsigned int i = 0; i < OPS; i++) {
		step(s);
		world_check(&s->w);
		if (i % 64 == 0)
			compare_all(s);
	}
	compare_all(s);
	st = world_stats(&s->w);
	// A run that never came under pressure would prove little.
	assert_true(st.swap_in > 0 && st.swap_out > 0 && st.file_writes > 0 && st.forks > 0);
	for (unsigned int k = 0; k < TW_FK_BUS; k++)
		if (k != TW_FK_ACCESSED && k != TW_FK_SPURIOUS && k != TW_FK_RIGHTS &&
		    k != TW_FK_SWAP_MINOR && !st.faults[k])
			fail_msg("no fault of kind %s", tw_fault_kind_name(k));
	for (unsigned int i = 0; i < PROCS; i++) {
		if (s->proc[i].p)
			tw_proc_exit(s->proc[i].p);
		for (unsigned int j = 0; j < PAGES; j++)
			drop_page(&s->proc[i].page[j]);
	}
	for (unsigned int f = 0; f < FILES; f++)
		assert_int_equal(tw_file_close(s->file[f]), 0);
	world_check(&s->w);
	st = world_stats(&s->w);
	assert_int_equal(st.tables + st.anon + st.shmem + st.swap_used, 0);
	assert_int_equal(world_close(&s->w), 0);
	free(s);
}

static void loses_no_byte_under_pressure_in_every_format(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < WORLD_FORMATS; i++)
		run(&(struct world_opts){.format = world_formats[i],
					 .frames = 72,
					 .swap_slots = 400},
		    10 + i);
}

static void loses_no_byte_with_software_accessed_and_dirty(void **state)
{
	(void)state;
	run(&(struct world_opts){.frames = 64, .swap_slots = 400, .svade = true}, 3);
}

static void loses_no_byte_with_fifo_and_few_asids(void **state)
{
	(void)state;
	run(&(struct world_opts){.frames = 64, .swap_slots = 400, .policy = "fifo", .asid_bits = 2},
	    4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loses_no_byte_under_pressure_in_every_format),
		cmocka_unit_test(loses_no_byte_with_software_accessed_and_dirty),
		cmocka_unit_test(loses_no_byte_with_fifo_and_few_asids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
