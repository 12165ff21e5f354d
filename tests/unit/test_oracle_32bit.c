// SPDX-License-Identifier: Apache-2.0
// The formats of 32-bit addresses under the oracle: two entries of 4 bytes in a word of memory,
// addresses whose upper half does not exist, and PAE's directory-pointer entries, which the root
// register holds.
#include "oracle_fixture.h"

// Two levels, 10 index bits each: VA selects entry 256 of the root and entries 0x201 and 0x202 of
// the last table, in two words; the neighbour of 0x202 in its word is 0x203.
#define ROOT_SLOT  (UINT64_C(0x100) * 4)
#define LEAF_SLOT  (UINT64_C(0x202) * 4)
#define VA_32	   UINT64_C(0x40202000)
#define VA_32_NEXT UINT64_C(0x40203000)

// Writes one half of a word.
static void poke32(struct fx *f, uint64_t addr, uint64_t value)
{
	uint64_t word = peek(f, addr & ~UINT64_C(7));
	unsigned int shift = addr & 4 ? 32 : 0;

	word &= ~(UINT64_C(0xffffffff) << shift);
	poke(f, addr & ~UINT64_C(7), word | value << shift);
}

// Hardware sets bits in one half of a word.
static bool set32(struct fx *f, uint64_t addr, uint64_t bits)
{
	uint64_t word = peek(f, addr & ~UINT64_C(7));

	return cas(f, addr & ~UINT64_C(7), word | bits << (addr & 4 ? 32 : 0));
}

static struct fx *fx_two_levels(enum tw_format format)
{
	struct fx *f = fx_create((struct tw_oracle_opts){0});
	bool x86 = format == TW_FMT_X86_LEGACY;

	f->ctx = (struct tw_ctx){
		.format = format,
		.asid = 1,
		.root_ppn = ROOT_A >> 12,
		.flags = TW_F_ADUE | TW_F_WP,
		.maxphyaddr = 36,
	};
	set_ctx(f);
	poke32(f, ROOT_A + ROOT_SLOT, x86 ? LOW_A | XRWAD : rv_pte(LOW_A, V));
	poke32(f, LOW_A + LEAF_SLOT, x86 ? PAGE_1 | XRWAD : rv_pte(PAGE_1, RWAD));
	poke32(f, LOW_A + LEAF_SLOT + 4, x86 ? PAGE_3 | XRWAD : rv_pte(PAGE_3, RWAD));
	fence(f, FENCE_ALL);
	return f;
}

static void halves_of_a_word_are_entries_of_their_own(void **state)
{
	struct fx *f = fx_two_levels(TW_FMT_SV32);

	(void)state;
	assert_allowed(load_pa(f, VA_32, PAGE_1));
	assert_int_equal(f->v.entry[1].addr, LOW_A + LEAF_SLOT);
	assert_int_equal(f->v.entry[1].value, rv_pte(PAGE_1, RWAD));
	assert_allowed(load_pa(f, VA_32_NEXT, PAGE_3));
	assert_int_equal(f->v.entry[1].value, rv_pte(PAGE_3, RWAD));
	poke32(f, LOW_A + LEAF_SLOT + 4, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_VA(VA_32_NEXT));
	assert_forbidden(load_pa(f, VA_32_NEXT, PAGE_3), TW_ORACLE_STALE, "0x8000280c");
	assert_allowed(load_pa(f, VA_32, PAGE_1));
	fx_done(f);
}

static void page_of_4_mb_takes_ten_bits_of_the_index(void **state)
{
	struct fx *f = fx_two_levels(TW_FMT_SV32);

	(void)state;
	poke32(f, ROOT_A + ROOT_SLOT, rv_pte(UINT64_C(0x80000000), RWAD));
	fence(f, FENCE_ALL);
	assert_allowed(load(f, VA_32, ok(UINT64_C(0x80202000), TW_SIZE_4M)));
	poke32(f, ROOT_A + ROOT_SLOT, 0);
	fence(f, FENCE_VA(UINT64_C(0x403ff000)));
	assert_forbidden(load(f, VA_32, ok(UINT64_C(0x80202000), TW_SIZE_4M)), TW_ORACLE_STALE,
			 "level-1 entry");
	fx_done(f);
}

static void update_of_either_half_is_judged(void **state)
{
	struct fx *f = fx_two_levels(TW_FMT_SV32);

	(void)state;
	for (unsigned int half = 0; half < 2; half++) {
		uint64_t at = LOW_A + LEAF_SLOT + 4 * half, va = VA_32 + 0x1000 * half;

		poke32(f, at, rv_pte(PAGE_1, V | R | W));
		ask(f, 1, va, TW_LOAD);
		assert_forbidden(set32(f, at ^ 4, 1 << 8), TW_ORACLE_UPDATE_BITS, "A and D");
		assert_forbidden(set32(f, at, A | D), TW_ORACLE_UPDATE_UNASKED, "sets D");
		poke32(f, at, rv_pte(PAGE_1, V | R | W));
		assert_allowed(set32(f, at, A));
		assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
		poke32(f, at ^ 4, rv_pte(PAGE_3, RWAD));
	}
	fx_done(f);
}

static void upper_half_of_an_address_does_not_exist(void **state)
{
	struct fx *f = fx_two_levels(TW_FMT_X86_LEGACY);
	uint64_t wide = VA_32 | UINT64_C(0xdead) << 32;

	(void)state;
	assert_allowed(load_pa(f, wide, PAGE_1));
	poke32(f, LOW_A + LEAF_SLOT, 0);
	fence(f, INVLPG(wide, 1));
	assert_forbidden(load_pa(f, VA_32, PAGE_1), TW_ORACLE_STALE, "0x80002808");
	assert_allowed(load(f, wide, page_fault(VA_32, 0)));
	fx_done(f);
}

static struct fx *fx_pae(void)
{
	struct fx *f = fx_create((struct tw_oracle_opts){0});

	f->ctx = (struct tw_ctx){
		.format = TW_FMT_X86_PAE,
		.root_ppn = ROOT_A >> 12,
		.pdpte = {0, MID_A | 1, 0, 0},
		.flags = TW_F_WP | TW_F_NXE,
		.maxphyaddr = 46,
	};
	set_ctx(f);
	poke(f, MID_A + SLOT, LOW_A | XRWAD);
	poke(f, LOW_A + SLOT, PAGE_1 | XRWAD);
	poke(f, MID_A2 + SLOT, LOW_A2 | XRWAD);
	poke(f, LOW_A2 + SLOT, PAGE_2 | XRWAD);
	fence(f, FENCE_ALL);
	return f;
}

static void walks_begin_at_the_entries_that_the_root_register_holds(void **state)
{
	struct fx *f = fx_pae();

	(void)state;
	assert_allowed(load_pa(f, VA, PAGE_1));
	assert_int_equal(f->v.entries, 2);
	assert_allowed(load(f, 0x1000, page_fault(0x1000, 0)));
	assert_forbidden(load_pa(f, 0x1000, PAGE_1), TW_ORACLE_MISSED_FAULT, "page fault");
	assert_forbidden(load(f, VA, page_fault(VA, 0)), TW_ORACLE_SPURIOUS, "PA 0x90000000");
	fx_done(f);
}

static void entries_of_an_earlier_root_stay_until_fenced(void **state)
{
	struct fx *f = fx_pae();

	(void)state;
	f->ctx.pdpte[1] = MID_A2 | 1; // the same table, loaded again after an edit
	set_ctx(f);
	assert_allowed(load_pa(f, VA, PAGE_1));
	assert_allowed(load_pa(f, VA, PAGE_2));
	fence(f, (struct tw_fence){0});
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "fence");
	assert_allowed(load_pa(f, VA, PAGE_2));
	fx_done(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halves_of_a_word_are_entries_of_their_own),
		cmocka_unit_test(page_of_4_mb_takes_ten_bits_of_the_index),
		cmocka_unit_test(update_of_either_half_is_judged),
		cmocka_unit_test(upper_half_of_an_address_does_not_exist),
		cmocka_unit_test(walks_begin_at_the_entries_that_the_root_register_holds),
		cmocka_unit_test(entries_of_an_earlier_root_stay_until_fenced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
