// SPDX-License-Identifier: Apache-2.0
// The oracle's rules that are x86's own: INVLPG and INVPCID, pointers under a PCID, global pages, A
// in pointers, what is never cached, rights of all levels.
#include "oracle_fixture.h"

static void invlpg_drops_the_page_and_all_pointers_of_the_pcid(void **state)
{
	struct fx *f = fx_x86();

	(void)state;
	poke(f, LOW_A2 + SLOT, PAGE_2 | XRWAD);
	fence(f, FENCE_ALL);
	poke(f, MID_A + SLOT, LOW_A2 | XRWAD);
	fence(f, INVLPG(VA_NEXT, 1));
	// The translation of VA was not named: it may still be held.
	assert_allowed(load_pa(f, VA, PAGE_1));
	// But the old pointer is gone: nothing newer is read through it.
	poke(f, LOW_A + SLOT, PAGE_3 | XRWAD);
	if (load_pa(f, VA, PAGE_3))
		fail_msg("a pointer survived INVLPG");
	fence(f, INVLPG(VA, 1));
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "entry");
	assert_allowed(load_pa(f, VA, PAGE_2));
	fx_done(f);
}

static void invlpg_of_a_far_address_drops_pointers_too_invpcid_does_not(void **state)
{
	struct fx *f = fx_x86();
	uint64_t far = UINT64_C(0x7f0000000000);

	(void)state;
	poke(f, MID_A + SLOT, LOW_A2 | XRWAD);
	fence(f, FENCE_VA_ASID(far, 1));
	poke(f, LOW_A + SLOT, PAGE_3 | XRWAD);
	assert_allowed(load_pa(f, VA, PAGE_3)); // through the old pointer
	fence(f, INVLPG(far, 1));
	poke(f, LOW_A + SLOT, PAGE_2 | XRWAD);
	if (load_pa(f, VA, PAGE_2))
		fail_msg("a pointer survived INVLPG");
	assert_allowed(load_pa(f, VA, PAGE_3)); // a translation held since before
	fx_done(f);
}

static void invlpg_drops_global_pages_of_every_pcid(void **state)
{
	struct fx *f = fx_x86();
	struct tw_resp old = ok(PAGE_1, TW_SIZE_4K);

	(void)state;
	old.global = true;
	poke(f, LOW_A + SLOT, PAGE_1 | XRWAD | XG);
	fence(f, FENCE_ALL);
	poke(f, LOW_A + SLOT, PAGE_2 | XRWAD);
	fence(f, FENCE_ASID(1));
	fence(f, (struct tw_fence){0}); // INVPCID type 3
	fence(f, FENCE_VA_ASID(VA, 1)); // INVPCID type 0
	assert_allowed(load(f, VA, old));
	fence(f, INVLPG(VA, 2));
	assert_forbidden(load(f, VA, old), TW_ORACLE_STALE, "VA 0x40201000");
	fx_done(f);
}

static void invlpg_of_a_non_canonical_address_does_nothing(void **state)
{
	struct fx *f = fx_x86();

	(void)state;
	poke(f, MID_A + SLOT, LOW_A2 | XRWAD);
	fence(f, INVLPG(VA | UINT64_C(1) << 60, 1));
	poke(f, LOW_A + SLOT, PAGE_3 | XRWAD);
	assert_allowed(load_pa(f, VA, PAGE_3)); // the old pointer is still there
	fx_done(f);
}

static void g_counts_only_with_pge_and_in_the_leaf(void **state)
{
	struct fx *f = fx_x86();

	(void)state;
	f->ctx.flags &= ~(uint32_t)TW_F_PGE;
	set_ctx(f);
	poke(f, LOW_A + SLOT, PAGE_1 | XRWAD | XG);
	poke(f, MID_A + SLOT, LOW_A | XRWAD | XG);
	fence(f, FENCE_ALL);
	assert_allowed(load_pa(f, VA, PAGE_1));
	poke(f, LOW_A + SLOT, PAGE_2 | XRWAD);
	fence(f, FENCE_ASID(1));
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "fence");
	fx_done(f);
}

static void pointer_with_a_clear_supports_no_translation(void **state)
{
	struct fx *f = fx_x86();

	(void)state;
	poke(f, MID_A + SLOT, LOW_A | XP | XW);
	fence(f, FENCE_ALL);
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_NOT_UPDATED, "A is set");
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(cas(f, MID_A + SLOT, LOW_A | XP | XW | XA));
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	fx_done(f);
}

static void a_of_a_pointer_may_be_set_by_an_access_that_faults_below(void **state)
{
	struct fx *f = fx_x86();

	(void)state;
	poke(f, MID_A + SLOT, LOW_A | XP | XW);
	poke(f, LOW_A + SLOT, 0);
	fence(f, FENCE_ALL);
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(cas(f, MID_A + SLOT, LOW_A | XP | XW | XA));
	assert_allowed(answer(f, 1, page_fault(VA, 0)));
	fx_done(f);
}

static void not_present_is_never_cached_on_x86(void **state)
{
	struct fx *f = fx_x86_opts((struct tw_oracle_opts){.cached_faults = true});

	(void)state;
	poke(f, LOW_A + SLOT, 0);
	poke(f, LOW_A + SLOT, PAGE_1 | XRWAD);
	assert_forbidden(load(f, VA, page_fault(VA, 0)), TW_ORACLE_STALE_FAULT, "0x80002008");
	// Rights of a present entry may be held too long.
	poke(f, LOW_A + SLOT, PAGE_1 | XP | XA);
	poke(f, LOW_A + SLOT, PAGE_1 | XRWAD);
	ask(f, 1, VA, TW_STORE);
	assert_allowed(answer(f, 1, page_fault(VA, TW_PF_P | TW_PF_W)));
	fx_done(f);
}

static void cached_rights_are_those_of_all_levels(void **state)
{
	struct fx *f = fx_x86();

	(void)state;
	poke(f, MID_A + SLOT, LOW_A | XP | XA); // now read-only
	fence(f, INVLPG(VA_NEXT, 1));
	ask(f, 1, VA, TW_STORE); // the translation of VA may be held with its old rights
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	fence(f, INVLPG(VA, 1));
	ask(f, 1, VA, TW_STORE);
	assert_forbidden(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_STALE, "level-1 entry");
	fx_done(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(invlpg_drops_the_page_and_all_pointers_of_the_pcid),
		cmocka_unit_test(invlpg_of_a_far_address_drops_pointers_too_invpcid_does_not),
		cmocka_unit_test(invlpg_drops_global_pages_of_every_pcid),
		cmocka_unit_test(invlpg_of_a_non_canonical_address_does_nothing),
		cmocka_unit_test(g_counts_only_with_pge_and_in_the_leaf),
		cmocka_unit_test(pointer_with_a_clear_supports_no_translation),
		cmocka_unit_test(a_of_a_pointer_may_be_set_by_an_access_that_faults_below),
		cmocka_unit_test(not_present_is_never_cached_on_x86),
		cmocka_unit_test(cached_rights_are_those_of_all_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
