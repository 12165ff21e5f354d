// SPDX-License-Identifier: Apache-2.0
// Page-table entries against the architecture library, and tables that appear and disappear.
#include "world.h"

#include "kern.h"
#include "mmu/mmu.h"
#include "mmu/pte.h"
#include "phys/phys.h"
#include "sys/sys.h"
#include "twinwalk/arch.h"
#include "vm/vm.h"

// Whether the format can forbid execution.
static bool has_nx(const struct tw_pte_format *f)
{
	return f->format != TW_FMT_X86_LEGACY;
}

static void assert_same(const struct tw_entry *a, const struct tw_entry *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->pfn, b->pfn);
	assert_int_equal(a->slot, b->slot);
	assert_int_equal(a->r << 4 | a->w << 3 | a->x << 2 | a->accessed << 1 | a->dirty,
			 b->r << 4 | b->w << 3 | b->x << 2 | b->accessed << 1 | b->dirty);
}

static void entries_survive_encoding(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLD_FORMATS; i++) {
		const struct tw_pte_format *f = tw_pte_format(world_formats[i]);
		struct tw_entry e, d;

		for (unsigned int bits = 0; bits < 32; bits++) {
			e = (struct tw_entry){.kind = TW_ENTRY_LEAF, .pfn = 0xfedcb};
			e.r = true;
			e.w = bits & 1;
			e.x = bits & 2 || !has_nx(f);
			e.accessed = bits & 4;
			e.dirty = bits & 8;
			d = f->decode(f->encode(&e, 0), 0);
			assert_same(&d, &e);
		}
		e = (struct tw_entry){.kind = TW_ENTRY_SWAP, .slot = (uint32_t)tw_pte_most(f)};
		d = f->decode(f->encode(&e, 0), 0);
		assert_same(&d, &e);
		e = (struct tw_entry){.kind = TW_ENTRY_NONE, .pfn = 0x80001};
		d = f->decode(f->encode(&e, 0), 0);
		assert_same(&d, &e);
		d = f->decode(0, 0);
		assert_int_equal(d.kind, TW_ENTRY_EMPTY);
		e = (struct tw_entry){.kind = TW_ENTRY_TABLE, .pfn = 0x80002};
		for (unsigned int level = 1; level < f->levels; level++) {
			d = f->decode(f->encode(&e, level), level);
			assert_int_equal(d.kind, TW_ENTRY_TABLE);
			assert_int_equal(d.pfn, 0x80002);
		}
	}
}

// What the hardware makes of an entry of ours.
static void decode(const struct tw_pte_format *f, const struct tw_entry *e, enum tw_access access,
		   struct tw_pte *out)
{
	struct tw_ctx ctx = {
		.format = f->format, .flags = TW_F_ADUE | TW_F_WP | TW_F_NXE, .maxphyaddr = 52};
	struct tw_req req = {.va = 0x1000, .access = (uint8_t)access, .priv = TW_PRIV_U};
	struct tw_walk_state ws;

	tw_arch_root(&ctx, &ws);
	ws.level = e->kind == TW_ENTRY_TABLE ? 1 : 0;
	tw_arch_decode(&ctx, &req, &ws, f->encode(e, ws.level), out);
}

static void hardware_reads_the_rights_that_were_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLD_FORMATS; i++) {
		const struct tw_pte_format *f = tw_pte_format(world_formats[i]);

		for (unsigned int bits = 0; bits < 4; bits++) {
			struct tw_entry e = {.kind = TW_ENTRY_LEAF,
					     .pfn = 0x9abcd,
					     .r = true,
					     .accessed = true,
					     .dirty = true};
			struct tw_pte p;

			e.w = bits & 1;
			e.x = bits & 2 || !has_nx(f);
			decode(f, &e, TW_LOAD, &p);
			assert_int_equal(p.kind, TW_PTE_LEAF);
			assert_int_equal(p.ppn, 0x9abcd);
			decode(f, &e, TW_STORE, &p);
			assert_int_equal(p.kind, e.w ? TW_PTE_LEAF : TW_PTE_FAULT);
			decode(f, &e, TW_FETCH, &p);
			assert_int_equal(p.kind, e.x ? TW_PTE_LEAF : TW_PTE_FAULT);
		}
	}
}

static void hardware_takes_software_entries_for_not_present(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLD_FORMATS; i++) {
		const struct tw_pte_format *f = tw_pte_format(world_formats[i]);
		const struct tw_entry soft[] = {
			{.kind = TW_ENTRY_SWAP, .slot = (uint32_t)tw_pte_most(f)},
			{.kind = TW_ENTRY_SWAP, .slot = 1},
			{.kind = TW_ENTRY_NONE, .pfn = 0xfffff}};

		for (size_t j = 0; j < 3; j++) {
			struct tw_pte p;

			decode(f, &soft[j], TW_LOAD, &p);
			assert_int_equal(p.kind, TW_PTE_FAULT);
		}
	}
}

static void entries_of_nobody_are_recognised(void **state)
{
	(void)state;
	// Sv39: reserved bits; W without R; x86: PS at the last level is PAT, which we never set;
	// supervisor page.
	assert_int_equal(tw_pte_format(TW_FMT_SV39)->decode(UINT64_C(1) << 60 | 0xdf, 0).kind,
			 TW_ENTRY_BAD);
	assert_int_equal(tw_pte_format(TW_FMT_SV39)->decode(0x15, 0).kind, TW_ENTRY_BAD);
	assert_int_equal(tw_pte_format(TW_FMT_X86_LONG4)->decode(0x87, 0).kind, TW_ENTRY_BAD);
	assert_int_equal(tw_pte_format(TW_FMT_X86_LONG4)->decode(0x3, 0).kind, TW_ENTRY_BAD);
	assert_int_equal(tw_pte_format(TW_FMT_SV39)->decode(0x10, 0).kind, TW_ENTRY_BAD);
}

// --- Tables ----------------------------------------------------------------------------

static void tables_are_built_only_where_needed(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLD_FORMATS; i++) {
		struct world w;
		const struct tw_pte_format *f = tw_pte_format(world_formats[i]);
		uint64_t span = (uint64_t)PAGE << f->vpn_shift[1];
		struct tw_proc *p;
		uint32_t root;

		world_open(&w, &(struct world_opts){.format = world_formats[i]});
		p = world_proc(&w);
		root = tw_pt_root_cost(w.k);
		assert_int_equal(root, f->format == TW_FMT_X86_PAE ? 5 : 1);
		assert_int_equal(world_stats(&w).tables, root);
		assert_int_equal(tw_sys_mmap(p, 0x40000000, 2 * span, 3,
					     TW_MAP_PRIVATE | TW_MAP_ANONYMOUS | TW_MAP_FIXED, NULL,
					     0),
				 0x40000000);
		assert_int_equal(world_stats(&w).tables, root);
		world_store(&w, 0x40000000, 1);
		assert_int_equal(world_stats(&w).tables, root + f->dynamic);
		world_store(&w, 0x40001000, 1);
		assert_int_equal(world_stats(&w).tables, root + f->dynamic);
		world_store(&w, 0x40000000 + span, 1);
		assert_int_equal(world_stats(&w).tables, root + f->dynamic + 1);
		world_check(&w);
		assert_int_equal(world_close(&w), 0);
	}
}

static void empty_tables_are_freed_level_by_level(void **state)
{
	struct world w;
	struct tw_proc *p;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	for (uint64_t va = 0x40000000; va < 0x40800000; va += 0x200000) {
		assert_true(tw_sys_mmap(p, va, PAGE, 3,
					TW_MAP_PRIVATE | TW_MAP_ANONYMOUS | TW_MAP_FIXED, NULL,
					0) > 0);
		world_store(&w, va, 1);
	}
	assert_int_equal(world_stats(&w).tables, 1 + 1 + 4);
	for (uint64_t va = 0x40000000; va < 0x40600000; va += 0x200000)
		assert_int_equal(tw_sys_munmap(p, va, PAGE), 0);
	assert_int_equal(world_stats(&w).tables, 1 + 1 + 1);
	world_check(&w);
	assert_int_equal(tw_sys_munmap(p, 0x40600000, PAGE), 0);
	assert_int_equal(world_stats(&w).tables, 1);
	world_check(&w);
	// The walk cache held pointers to the freed tables: a new mapping must not be looked up
	// there.
	assert_true(tw_sys_mmap(p, 0x40000000, PAGE, 3,
				TW_MAP_PRIVATE | TW_MAP_ANONYMOUS | TW_MAP_FIXED, NULL, 0) > 0);
	world_store(&w, 0x40000000, 7);
	assert_int_equal(world_load(&w, 0x40000000), 7);
	assert_int_equal(world_close(&w), 0);
}

// The frame of a root is a root again at once; PAE's hardware keeps entries of the old one.
static void a_process_in_the_frames_of_another_sees_its_own_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLD_FORMATS; i++) {
		struct world w;
		struct tw_proc *p;
		uint64_t va;

		world_open(&w, &(struct world_opts){.format = world_formats[i]});
		for (unsigned int round = 0; round < 4; round++) {
			// The same root, but other tables below it than in the last round.
			uint32_t first = tw_frame_alloc(w.k, TW_FRAME_TABLE),
				 second = tw_frame_alloc(w.k, TW_FRAME_TABLE);

			if (round % 2)
				tw_frame_put(w.k, second);
			tw_frame_put(w.k, first);
			p = world_proc(&w);
			if (round % 2 == 0)
				tw_frame_put(w.k, second);
			assert_int_equal(p->mm->as.root, first);
			va = world_anon(p, 2);
			assert_int_equal(world_load(&w, va), 0);
			world_store(&w, va + PAGE, 7);
			world_check(&w);
			tw_proc_exit(p);
		}
		assert_int_equal(world_close(&w), 0);
	}
}

struct log {
	unsigned int n;
	uint64_t pa, old, value;
};

static void note(void *user, uint64_t pa, uint64_t old, uint64_t value)
{
	struct log *l = user;

	l->n++;
	l->pa = pa;
	l->old = old;
	l->value = value;
}

static void observer_sees_every_entry_the_kernel_writes(void **state)
{
	struct world w;
	struct log l = {0};
	struct tw_proc *p;
	uint64_t va, word;

	(void)state;
	world_open(&w, NULL);
	w.k->opts.table_write = note;
	w.k->opts.user = &l;
	p = world_proc(&w);
	va = world_anon(p, 1);
	world_store(&w, va, 1);
	assert_int_equal(l.n, 3); // two pointers, one leaf
	assert_int_equal(l.old, 0);
	assert_int_equal(tw_pmem_read64(w.pm, l.pa, &word), 0);
	assert_int_equal(word, l.value);
	assert_int_equal(world_close(&w), 0);
}

static void moving_needs_tables_for_what_is_there_only(void **state)
{
	const uint64_t a = 0x40000000, span = UINT64_C(2) << 20, gigabyte = UINT64_C(1) << 30;
	struct world w;
	struct tw_proc *p;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	assert_int_equal(tw_sys_mmap(p, a, 2 * gigabyte, TW_PROT_READ | TW_PROT_WRITE,
				     TW_MAP_PRIVATE | TW_MAP_ANONYMOUS | TW_MAP_FIXED, NULL, 0),
			 a);
	assert_int_equal(tw_pt_move_cost(&p->mm->as, a, 8 * gigabyte, 2 * gigabyte), 0);
	world_store(&w, a, 1);
	world_store(&w, a + PAGE, 1);
	assert_int_equal(tw_pt_move_cost(&p->mm->as, a, 8 * gigabyte, 2 * gigabyte), 2);
	// Neighbours that come to lie in two tables, and under two tables of those.
	assert_int_equal(tw_pt_move_cost(&p->mm->as, a, 8 * gigabyte + span - PAGE, gigabyte), 3);
	assert_int_equal(tw_pt_move_cost(&p->mm->as, a, 8 * gigabyte - PAGE, gigabyte), 4);
	world_store(&w, a + 5 * span, 1);
	world_store(&w, a + gigabyte, 1);
	assert_int_equal(tw_pt_move_cost(&p->mm->as, a, 8 * gigabyte, gigabyte), 3);
	assert_int_equal(tw_pt_move_cost(&p->mm->as, a, 8 * gigabyte, 2 * gigabyte), 5);
	assert_int_equal(world_close(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_survive_encoding),
		cmocka_unit_test(hardware_reads_the_rights_that_were_meant),
		cmocka_unit_test(hardware_takes_software_entries_for_not_present),
		cmocka_unit_test(entries_of_nobody_are_recognised),
		cmocka_unit_test(tables_are_built_only_where_needed),
		cmocka_unit_test(empty_tables_are_freed_level_by_level),
		cmocka_unit_test(a_process_in_the_frames_of_another_sees_its_own_pages),
		cmocka_unit_test(observer_sees_every_entry_the_kernel_writes),
		cmocka_unit_test(moving_needs_tables_for_what_is_there_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
