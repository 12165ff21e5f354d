// SPDX-License-Identifier: Apache-2.0
// Random calls of several processes in little memory: every call that the kernel has, with the
// result and the regions that a naive reference (linux_mm.h) expects, every byte checked against
// it, every invariant checked after each call, on an MMU that never forgets a translation by
// itself. TW_OPS: how many calls.
#include "stress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "dev/dev.h"
#include "kern.h"

enum { OPS = 12000 };

static void compare_all(struct stress *s)
{
	const struct lm_mm *mm[PROCS];
	size_t n = 0;

	for (unsigned int i = 0; i < PROCS; i++) {
		struct proc *h = &s->proc[i];

		if (!h->p)
			continue;
		mm[n++] = &h->mm;
		compare_regions(s, h);
		for (unsigned int j = 0; j < LM_PAGES; j++) {
			const struct lm_page *g = &h->mm.page[j];
			int bad = lm_access(g, 0, s->implied);
			uint8_t page[PAGE];
			int err = tw_proc_peek(h->p, LO + (uint64_t)j * PAGE, page, PAGE);

			if (err != (bad ? -EFAULT : 0))
				broken(s, "page %u of process %u: %d", j, i, err);
			if (!err && !same_cells(cells_of(page), lm_load(g)))
				broken(s, "page %u of process %u is not what was stored", j, i);
		}
	}
	lm_collect(&s->objects, mm, n);
}

static void step(struct stress *s)
{
	static void (*const calls[])(struct stress *, struct proc *) = {
		op_mmap,   op_mmap,   op_mmap,	  op_munmap, op_mprotect, op_mprotect, op_mremap,
		op_mremap, op_mremap, op_madvise, op_brk,    op_msync,	  op_fork};
	struct proc *h = &s->proc[pick(s, PROCS)];
	unsigned int op = pick(s, 1000);

	if (!h->p) {
		if (pick(s, 200) == 0)
			new_proc(s, h);
		return;
	}
	if (op < 800) {
		op_switch(s, h);
		(op < 700 ? op_access : op_cross)(s, h);
	} else if (op < 940) {
		calls[pick(s, sizeof(calls) / sizeof(calls[0]))](s, h);
	} else if (op < 944) {
		op_exit(s, h);
	} else if (op < 960) {
		op_sync(s);
	} else if (op < 980) {
		op_open_or_close(s);
	} else {
		op_grow(s);
	}
}

// RISC-V: W alone is reserved. x86: what is present can be read, and fetched where there is no NX.
static struct lm_rights implied_by(enum tw_format format)
{
	switch (format) {
	case TW_FMT_X86_LEGACY:
		return (struct lm_rights){.readable = 7, .executable = 7};
	case TW_FMT_X86_PAE:
	case TW_FMT_X86_LONG4:
	case TW_FMT_X86_LONG5:
		return (struct lm_rights){.readable = 7};
	default:
		return (struct lm_rights){.readable = TW_PROT_WRITE};
	}
}

static void open_all(struct stress *s, const struct world_opts *o, uint64_t seed)
{
	s->rng = seed;
	s->implied = implied_by(o->format);
	world_open(&s->w, o);
	// Fewer descriptors than files.
	s->w.k->hostfiles->most_open = 1;
	for (unsigned int i = 0; i < FILES; i++) {
		struct file *f = &s->file[i];
		uint8_t page[PAGE];
		FILE *host;

		snprintf(f->path, sizeof(f->path), "%s/f%u", s->w.dir, i);
		f->object = lm_new_object(&s->objects, true, FILE_PAGES);
		host = fopen(f->path, "w");
		assert_non_null(host);
		for (unsigned int j = 0; j < FILE_PAGES; j++) {
			for (unsigned int b = 0; b < PAGE; b++)
				page[b] = (uint8_t)(b * 7 + i * 50 + j);
			f->object->cell[j] = cells_of(page);
			assert_int_equal(fwrite(page, 1, PAGE, host), PAGE);
		}
		assert_int_equal(fclose(host), 0);
	}
	new_proc(s, &s->proc[0]);
}

static void close_all(struct stress *s)
{
	struct tw_kernel_stats st;

	CALL(s, "end");
	for (unsigned int i = 0; i < PROCS; i++)
		if (s->proc[i].p)
			tw_proc_exit(s->proc[i].p);
	for (unsigned int i = 0; i < FILES; i++)
		for (unsigned int j = 0; j < MODES; j++)
			assert_int_equal(tw_file_close(s->file[i].open[j]), 0);
	assert_int_equal(tw_kernel_sync(s->w.k), 0);
	for (unsigned int i = 0; i < FILES; i++)
		compare_file(s, &s->file[i], 0, FILE_MOST);
	world_check(&s->w);
	st = world_stats(&s->w);
	assert_int_equal(st.tables + st.anon + st.shmem + st.swap_used, 0);
	assert_int_equal(world_close(&s->w), 0);
	while (s->objects) {
		struct lm_object *o = s->objects;

		s->objects = o->next;
		free(o);
	}
}

// A run that never came under pressure, or in which a call never did anything, would prove little.
static void check_reach(struct stress *s)
{
	struct tw_kernel_stats st = world_stats(&s->w);

	assert_true(st.swap_in > 0 && st.swap_out > 0 && st.file_writes > 0);
	for (unsigned int i = 0; i < CALLS; i++)
		if (!s->count[i][DONE] || (i <= CALL_MADVISE && !s->count[i][REFUSED]))
			fail_msg("call %u never happened", i);
	if (s->fail_host_memory)
		assert_true(s->count[CALL_MMAP][SHORT] && s->count[CALL_MREMAP][SHORT] &&
			    s->count[CALL_FORK][SHORT] && s->count[CALL_OPEN][SHORT]);
	for (unsigned int k = 0; k < TW_FAULT_KINDS; k++)
		if (k != TW_FK_ACCESSED && k != TW_FK_SPURIOUS && k != TW_FK_RIGHTS &&
		    k != TW_FK_SWAP_MINOR && !st.faults[k])
			fail_msg("no fault of kind %s", tw_fault_kind_name(k));
}

static void run(const struct world_opts *o, uint64_t seed, bool fail_host_memory)
{
	const char *text = getenv("TW_OPS");
	unsigned int ops = text && *text ? (unsigned int)strtoul(text, NULL, 0) : OPS;
	struct stress *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	open_all(s, o, seed);
	s->fail_host_memory = fail_host_memory;
	for (s->op = 0; s->op < ops; s->op++) {
		char err[256] = "";
		const char *stale;

		step(s);
		if (tw_kernel_check(s->w.k, true, err, sizeof(err)) != 0)
			broken(s, "%s", err);
		stale = strict_check(s->w.hw);
		if (stale)
			broken(s, "%s", stale);
		if (s->op % 64 == 0)
			compare_all(s);
	}
	compare_all(s);
	if (ops >= OPS)
		check_reach(s);
	close_all(s);
	free(s);
}

static void every_call_does_what_linux_does_in_every_format(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < WORLD_FORMATS; i++)
		run(&(struct world_opts){.format = world_formats[i],
					 .frames = 72,
					 .swap_slots = 400},
		    world_seed(10 + i), false);
}

static void every_call_does_what_linux_does_with_software_accessed_and_dirty(void **state)
{
	(void)state;
	run(&(struct world_opts){.frames = 64, .swap_slots = 400, .svade = true}, world_seed(3),
	    false);
}

static void every_call_does_what_linux_does_with_fifo_and_few_asids(void **state)
{
	(void)state;
	run(&(struct world_opts){.frames = 64, .swap_slots = 400, .policy = "fifo", .asid_bits = 2},
	    world_seed(4), false);
}

static void a_failed_allocation_of_the_host_changes_nothing(void **state)
{
	(void)state;
	run(&(struct world_opts){.frames = 64, .swap_slots = 400}, world_seed(5), true);
}

static void another_run_finds_nothing_either(void **state)
{
	(void)state;
	run(&(struct world_opts){.frames = 56, .swap_slots = 200}, world_fresh_seed(), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_does_what_linux_does_in_every_format),
		cmocka_unit_test(every_call_does_what_linux_does_with_software_accessed_and_dirty),
		cmocka_unit_test(every_call_does_what_linux_does_with_fifo_and_few_asids),
		cmocka_unit_test(a_failed_allocation_of_the_host_changes_nothing),
		cmocka_unit_test(another_run_finds_nothing_either),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
