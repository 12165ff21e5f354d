// SPDX-License-Identifier: Apache-2.0
// Which stale translations the oracle allows: every one that the architecture allows, by old leaves
// and old pointers, and none after the fence that outlaws it. RISC-V; x86 is test_oracle_x86.c.
#include "oracle_fixture.h"

// --- Stale leaves --------------------------------------------------------------------------------

static void newest_entries_are_allowed(void **state)
{
	struct fx *f = fx_sv39();
	char text[256];

	(void)state;
	assert_allowed(load_pa(f, VA + 0x123, PAGE_1));
	assert_true(f->v.newest);
	assert_int_equal(f->v.entries, 3);
	assert_int_equal(f->v.entry[2].addr, LOW_A + SLOT);
	assert_int_equal(f->v.entry[2].value, rv_pte(PAGE_1, RWAD | X));
	tw_oracle_explain(&f->v, text, sizeof(text));
	assert_non_null(strstr(text, "allowed by the newest entries"));
	fx_done(f);
}

static void stale_leaf_is_allowed_before_the_fence_and_forbidden_after(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	assert_allowed(load_pa(f, VA, PAGE_1));
	assert_false(f->v.newest);
	assert_int_equal(f->v.entry[2].value, rv_pte(PAGE_1, RWAD | X));
	assert_allowed(load_pa(f, VA, PAGE_2));
	assert_true(f->v.newest);
	fence(f, FENCE_VA(VA));
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "0x80002008");
	assert_non_null(strstr(f->v.text, "outlawed by the fence of VA 0x40201000"));
	assert_allowed(load_pa(f, VA, PAGE_2));
	fx_done(f);
}

static void stale_leaf_may_answer_a_request_accepted_before_the_fence_was_done(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence_begin(f, FENCE_ALL);
	ask(f, 1, VA, TW_LOAD);
	fence_end(f);
	ask(f, 2, VA, TW_LOAD);
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	assert_forbidden(answer(f, 2, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_STALE, "fence");
	fx_done(f);
}

static void entry_read_after_the_fence_was_accepted_survives_it(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	fence_begin(f, FENCE_ALL);
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence_end(f);
	assert_allowed(load_pa(f, VA, PAGE_1));
	fx_done(f);
}

static void fence_of_another_page_outlaws_nothing(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_VA(VA_NEXT));
	assert_allowed(load_pa(f, VA, PAGE_1));
	fx_done(f);
}

static void fence_of_another_asid_outlaws_nothing(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_ASID(2));
	fence(f, FENCE_VA_ASID(VA, 2));
	assert_allowed(load_pa(f, VA, PAGE_1));
	fence(f, FENCE_VA_ASID(VA, 1));
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "ASID 1");
	fx_done(f);
}

static void fence_with_a_non_canonical_address_outlaws_nothing(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_VA(VA | UINT64_C(1) << 50));
	assert_allowed(load_pa(f, VA, PAGE_1));
	fx_done(f);
}

static void global_leaf_survives_fences_of_its_asid(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_resp old = ok(PAGE_1, TW_SIZE_4K);

	(void)state;
	old.global = true;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, RWAD | G));
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_ASID(1));
	fence(f, FENCE_VA_ASID(VA, 1));
	assert_allowed(load(f, VA, old));
	fence(f, FENCE_VA(VA));
	assert_forbidden(load(f, VA, old), TW_ORACLE_STALE, "global");
	fx_done(f);
}

static void global_pointer_makes_its_leaves_survive_fences_of_the_asid(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_resp old = ok(PAGE_1, TW_SIZE_4K);

	(void)state;
	old.global = true;
	poke(f, MID_A + SLOT, rv_pte(LOW_A, V | G));
	fence(f, FENCE_ALL);
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_ASID(1));
	assert_allowed(load(f, VA, old));
	fence(f, FENCE_ALL);
	assert_forbidden(load(f, VA, old), TW_ORACLE_STALE, "fence");
	fx_done(f);
}

static void global_mapping_answers_in_every_asid(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_resp global = ok(PAGE_1, TW_SIZE_4K);

	(void)state;
	global.global = true;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, RWAD | G));
	use_root(f, ROOT_B, 2); // ASID 2 maps nothing
	assert_allowed(load(f, VA, global));
	assert_int_equal(f->v.asid, 1);
	fence(f, FENCE_ALL);
	assert_forbidden(load(f, VA, global), TW_ORACLE_STALE, "ASID");
	fx_done(f);
}

static void superpage_is_fenced_by_any_address_inside(void **state)
{
	static const uint64_t inside[] = {VA_2M, VA, VA_2M + 0x1ff000, VA_2M + 0x1fffff};
	static const uint64_t outside[] = {VA_2M - 1, VA_2M + 0x200000};
	struct tw_resp old = ok(PAGE_1 + 0x1000, TW_SIZE_2M);

	(void)state;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		struct fx *f = fx_sv39();

		poke(f, MID_A + SLOT, rv_pte(PAGE_1, RWAD));
		fence(f, FENCE_ALL);
		poke(f, MID_A + SLOT, rv_pte(PAGE_2, RWAD));
		for (size_t k = 0; k < sizeof(outside) / sizeof(outside[0]); k++)
			fence(f, FENCE_VA_ASID(outside[k], 1));
		assert_allowed(load(f, VA, old));
		fence(f, FENCE_VA_ASID(inside[i], 1));
		assert_forbidden(load(f, VA, old), TW_ORACLE_STALE, "level-1 entry");
		fx_done(f);
	}
}

static void napot_page_is_fenced_by_any_address_inside(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t napot = rv_pte(PAGE_1 | 0x8000, RWAD) | UINT64_C(1) << 63;
	struct tw_resp old = ok(PAGE_1 | 0x1234, TW_SIZE_64K);

	(void)state;
	for (unsigned int i = 0; i < 16; i++)
		poke(f, LOW_A + i * SLOT, napot);
	fence(f, FENCE_ALL);
	assert_allowed(load(f, VA_2M + 0x1234, old));
	for (unsigned int i = 0; i < 16; i++)
		poke(f, LOW_A + i * SLOT, 0);
	fence(f, FENCE_VA(VA_2M + 0x10000));
	assert_allowed(load(f, VA_2M + 0x1234, old));
	fence(f, FENCE_VA(VA_2M + 0xf000));
	assert_forbidden(load(f, VA_2M + 0x1234, old), TW_ORACLE_STALE, "0x80002008");
	fx_done(f);
}

static void napot_page_may_answer_for_all_addresses_of_its_range(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t napot = rv_pte(PAGE_2 | 0x8000, RWAD) | UINT64_C(1) << 63;
	struct tw_resp old = ok(PAGE_2 | 0x1000, TW_SIZE_64K);

	(void)state;
	// Only the entry beside VA's own is NAPOT: software's error, but the hardware may cache it.
	poke(f, LOW_A + 3 * SLOT, napot);
	assert_allowed(load(f, VA, old));
	assert_allowed(load_pa(f, VA, PAGE_1));
	poke(f, LOW_A + 3 * SLOT, 0);
	assert_allowed(load(f, VA, old));
	fence(f, FENCE_VA(VA));
	assert_forbidden(load(f, VA, old), TW_ORACLE_STALE, "0x80002018");
	fx_done(f);
}

// --- Pointers ------------------------------------------------------------------------------------

static void stale_pointer_survives_an_address_fence_on_riscv(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A2 + SLOT, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_ALL);
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	fence(f, FENCE_VA(VA));
	assert_allowed(load_pa(f, VA, PAGE_1)); // old pointer, its table read again
	assert_allowed(load_pa(f, VA, PAGE_2));
	fence(f, FENCE_ASID(1));
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "level-1 entry");
	fx_done(f);
}

static void address_fence_outlaws_the_old_leaf_behind_a_stale_pointer(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	assert_allowed(load_pa(f, VA, PAGE_1));
	fence(f, FENCE_VA(VA));
	assert_allowed(load_pa(f, VA, PAGE_2));
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "level-0 entry");
	fx_done(f);
}

static void leaf_behind_a_stale_pointer_that_was_read_during_the_fence_survives_it(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	fence_begin(f, FENCE_VA(VA));
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence_end(f);
	assert_allowed(load_pa(f, VA, PAGE_1));
	fx_done(f);
}

static void leaf_that_became_a_pointer_may_answer_until_fenced(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_resp super = ok(PAGE_2 + 0x1000, TW_SIZE_2M);

	(void)state;
	poke(f, MID_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_ALL);
	poke(f, MID_A + SLOT, rv_pte(LOW_A, V));
	assert_allowed(load(f, VA, super));
	assert_allowed(load_pa(f, VA, PAGE_1));
	fence(f, FENCE_VA(VA_NEXT)); // inside the superpage
	assert_forbidden(load(f, VA, super), TW_ORACLE_STALE, "level-1 entry");
	assert_allowed(load_pa(f, VA, PAGE_1));
	fx_done(f);
}

static void pointer_that_became_a_leaf_may_be_used_until_fenced_without_address(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_resp super = ok(PAGE_2 + 0x1000, TW_SIZE_2M);

	(void)state;
	poke(f, MID_A + SLOT, rv_pte(PAGE_2, RWAD));
	assert_allowed(load_pa(f, VA, PAGE_1));
	assert_allowed(load(f, VA, super));
	fence(f, FENCE_VA(VA));
	assert_allowed(load_pa(f, VA, PAGE_1));
	fence(f, FENCE_ALL);
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "level-1 entry");
	assert_allowed(load(f, VA, super));
	fx_done(f);
}

static void versions_of_two_levels_mix(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A2 + SLOT, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_ALL);
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	poke(f, LOW_A + SLOT, rv_pte(PAGE_3, RWAD)); // after the pointer left this table
	assert_allowed(load_pa(f, VA, PAGE_1));	     // old, old
	assert_allowed(load_pa(f, VA, PAGE_2));	     // new, new
	assert_allowed(load_pa(f, VA, PAGE_3));	     // old pointer, newer leaf
	fx_done(f);
}

static void leaf_written_and_gone_before_the_pointer_came_is_no_answer(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A2 + SLOT, rv_pte(PAGE_2, RWAD));
	poke(f, LOW_A2 + SLOT, rv_pte(PAGE_3, RWAD));
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	assert_allowed(load_pa(f, VA, PAGE_3));
	if (load_pa(f, VA, PAGE_2))
		fail_msg("a leaf that was never reachable was accepted");
	fx_done(f);
}

static void translation_built_with_a_stale_pointer_in_a_fence_is_outlawed_by_it(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	ask(f, 1, VA, TW_LOAD);
	fence_begin(f, FENCE_ALL);
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD)); // read by a walk that holds the old pointer
	fence_end(f);
	assert_allowed(answer(f, 1, ok(PAGE_2, TW_SIZE_4K)));
	assert_forbidden(load_pa(f, VA, PAGE_2), TW_ORACLE_STALE, "level-1 entry");
	fx_done(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_entries_are_allowed),
		cmocka_unit_test(stale_leaf_is_allowed_before_the_fence_and_forbidden_after),
		cmocka_unit_test(
			stale_leaf_may_answer_a_request_accepted_before_the_fence_was_done),
		cmocka_unit_test(entry_read_after_the_fence_was_accepted_survives_it),
		cmocka_unit_test(fence_of_another_page_outlaws_nothing),
		cmocka_unit_test(fence_of_another_asid_outlaws_nothing),
		cmocka_unit_test(fence_with_a_non_canonical_address_outlaws_nothing),
		cmocka_unit_test(global_leaf_survives_fences_of_its_asid),
		cmocka_unit_test(global_pointer_makes_its_leaves_survive_fences_of_the_asid),
		cmocka_unit_test(global_mapping_answers_in_every_asid),
		cmocka_unit_test(superpage_is_fenced_by_any_address_inside),
		cmocka_unit_test(napot_page_is_fenced_by_any_address_inside),
		cmocka_unit_test(napot_page_may_answer_for_all_addresses_of_its_range),
		cmocka_unit_test(stale_pointer_survives_an_address_fence_on_riscv),
		cmocka_unit_test(address_fence_outlaws_the_old_leaf_behind_a_stale_pointer),
		cmocka_unit_test(
			leaf_behind_a_stale_pointer_that_was_read_during_the_fence_survives_it),
		cmocka_unit_test(leaf_that_became_a_pointer_may_answer_until_fenced),
		cmocka_unit_test(
			pointer_that_became_a_leaf_may_be_used_until_fenced_without_address),
		cmocka_unit_test(versions_of_two_levels_mix),
		cmocka_unit_test(leaf_written_and_gone_before_the_pointer_came_is_no_answer),
		cmocka_unit_test(
			translation_built_with_a_stale_pointer_in_a_fence_is_outlawed_by_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
