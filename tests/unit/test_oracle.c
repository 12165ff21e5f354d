// SPDX-License-Identifier: Apache-2.0
// Which answers the oracle allows: every stale one that the architecture allows, and none after the
// fence that outlaws it. One rule per test. The forged ones are in test_oracle_forged.c.
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

// --- Roots, control state ------------------------------------------------------------------------

static void entries_of_an_earlier_root_of_the_asid_stay_until_fenced(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, ROOT_B + SLOT, rv_pte(MID_B, V));
	poke(f, MID_B + SLOT, rv_pte(LOW_B, V));
	poke(f, LOW_B + SLOT, rv_pte(PAGE_2, RWAD));
	use_root(f, ROOT_B, 1);
	assert_allowed(load_pa(f, VA, PAGE_1));
	assert_int_equal(f->v.root_ppn, ROOT_A >> 12);
	assert_allowed(load_pa(f, VA, PAGE_2));
	fence(f, FENCE_ASID(1));
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "fence");
	fx_done(f);
}

static void root_is_remembered_across_other_asids(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	use_root(f, ROOT_B, 2);
	use_root(f, ROOT_B, 1); // maps nothing
	assert_allowed(load_pa(f, VA, PAGE_1));
	fx_done(f);
}

static void entries_of_another_asid_never_answer(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	use_root(f, ROOT_B, 2);
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_WRONG_ASID, "ASID 1");
	fx_done(f);
}

static void riscv_formats_mix_until_fenced(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	f->ctx.format = TW_FMT_SV48;
	f->ctx.root_ppn = ROOT_B >> 12;
	set_ctx(f);
	assert_allowed(load_pa(f, VA, PAGE_1));
	fence(f, FENCE_ALL);
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "fence");
	fx_done(f);
}

static void rights_are_checked_with_the_sum_and_mxr_of_the_request(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t va = VA_2M + 0x3000;
	struct tw_req req = {.va = va, .access = TW_LOAD, .priv = TW_PRIV_S, .sum = true};

	(void)state;
	poke(f, LOW_A + 3 * SLOT, rv_pte(PAGE_1, V | X | U | A));
	ask_as(f, 1, req);
	assert_allowed(answer(f, 1, page_fault(va, 13)));
	req.mxr = true;
	ask_as(f, 1, req);
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	req.sum = false;
	ask_as(f, 1, req);
	assert_forbidden(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_MISSED_FAULT, "cause 13");
	fx_done(f);
}

static void adue_acts_only_after_a_fence(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R));
	fence(f, FENCE_ALL);
	f->ctx.flags &= ~(uint32_t)TW_F_ADUE;
	set_ctx(f);
	ask(f, 1, VA, TW_LOAD); // either mode
	assert_allowed(answer(f, 1, page_fault(VA, 13)));
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(cas(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R | A)));
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R));
	fence(f, FENCE_ALL);
	ask(f, 1, VA, TW_LOAD);
	assert_forbidden(cas(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R | A)), TW_ORACLE_UPDATE_UNASKED,
			 "sets A");
	fx_done(f);
}

static void bare_and_machine_mode_translate_nothing(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask_as(f, 1, (struct tw_req){.va = VA, .access = TW_STORE, .priv = TW_PRIV_M});
	assert_allowed(answer(f, 1, ok(VA, TW_SIZE_4K)));
	ask_as(f, 1, (struct tw_req){.va = VA, .access = TW_STORE, .priv = TW_PRIV_M});
	assert_forbidden(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_WRONG_PA,
			 "without translation");
	f->ctx.format = TW_FMT_BARE;
	set_ctx(f);
	ask(f, 1, UINT64_C(1) << 56, TW_LOAD);
	assert_allowed(answer(f, 1, access_fault(UINT64_C(1) << 56, 5)));
	fx_done(f);
}

static void request_keeps_the_control_state_of_its_acceptance(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	use_root(f, ROOT_B, 2);
	ask(f, 2, VA, TW_LOAD);
	assert_forbidden(answer(f, 2, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_WRONG_ASID, "ASID 1");
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	fx_done(f);
}

static void reset_outlaws_everything(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	assert_int_equal(tw_oracle_reset(f->o, ++f->cycle), 0);
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(answer(f, 1, ok(VA, TW_SIZE_4K))); // bare
	set_ctx(f);
	if (load_pa(f, VA, PAGE_1))
		fail_msg("an entry survived reset");
	assert_allowed(load_pa(f, VA, PAGE_2));
	fx_done(f);
}

// --- Faults --------------------------------------------------------------------------------------

static void fault_must_follow_from_entries_while_the_request_is_in_flight(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, 0);
	ask(f, 1, VA, TW_LOAD);
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, RWAD));
	ask(f, 2, VA, TW_LOAD);
	assert_allowed(answer(f, 1, page_fault(VA, 13)));
	assert_forbidden(answer(f, 2, page_fault(VA, 13)), TW_ORACLE_STALE_FAULT, "0x80002008");
	fx_done(f);
}

static void reads_of_a_faulting_walk_are_in_order(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	poke(f, LOW_A2 + SLOT, rv_pte(PAGE_2, RWAD));
	assert_allowed(answer(f, 1, page_fault(VA, 13))); // between the two writes
	poke(f, MID_A + SLOT, rv_pte(LOW_A, V));
	poke(f, LOW_A2 + SLOT, 0);
	ask(f, 1, VA, TW_LOAD);
	poke(f, LOW_A2 + SLOT, rv_pte(PAGE_2, RWAD));
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	// The empty leaf was gone before the pointer to it could be read.
	assert_forbidden(answer(f, 1, page_fault(VA, 13)), TW_ORACLE_STALE_FAULT, "0x80004008");
	fx_done(f);
}

static void cached_faults_are_allowed_until_fenced_where_enabled(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.cached_faults = true});

	(void)state;
	poke(f, LOW_A + SLOT, 0);
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, RWAD));
	assert_allowed(load(f, VA, page_fault(VA, 13)));
	fence(f, FENCE_VA(VA_NEXT));
	assert_allowed(load(f, VA, page_fault(VA, 13)));
	fence(f, FENCE_VA(VA));
	assert_forbidden(load(f, VA, page_fault(VA, 13)), TW_ORACLE_STALE_FAULT, "0x80002008");
	fx_done(f);
}

static void cached_fault_below_a_global_pointer_is_shared_by_all_asids(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.cached_faults = true});
	uint64_t va = VA_2M + 0x3000;

	(void)state;
	poke(f, ROOT_B + SLOT, rv_pte(MID_B, V));
	poke(f, MID_B + SLOT, rv_pte(LOW_B, V));
	poke(f, LOW_B + 3 * SLOT, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_ALL);
	use_root(f, ROOT_B, 2);
	assert_forbidden(load(f, va, page_fault(va, 13)), TW_ORACLE_SPURIOUS, "PA 0xa0000000");
	use_root(f, ROOT_A, 1);
	poke(f, MID_A + SLOT, rv_pte(LOW_A, V | G));
	use_root(f, ROOT_B, 2);
	assert_allowed(load(f, va, page_fault(va, 13)));
	fx_done(f);
}

static void bus_error_is_an_access_fault_of_the_access(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, MID_A + SLOT, rv_pte(RAM_END, V));
	fence(f, FENCE_ALL);
	assert_allowed(load(f, VA, access_fault(VA, 5)));
	ask(f, 1, VA, TW_STORE);
	assert_allowed(answer(f, 1, access_fault(VA, 7)));
	ask(f, 1, VA, TW_FETCH);
	assert_allowed(answer(f, 1, access_fault(VA, 1)));
	fx_done(f);
}

static void passing_bus_error_justifies_access_faults_of_requests_in_flight_only(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	assert_int_equal(tw_oracle_bus_error(f->o, ++f->cycle, LOW_A + SLOT), 0);
	ask(f, 2, VA, TW_LOAD);
	assert_allowed(answer(f, 1, access_fault(VA, 5)));
	assert_forbidden(answer(f, 2, access_fault(VA, 5)), TW_ORACLE_SPURIOUS, "PA 0x90000000");
	fx_done(f);
}

// --- Accessed and dirty --------------------------------------------------------------------------

static void update_belongs_to_an_access_in_flight_that_needs_it(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t clean = rv_pte(PAGE_1, V | R | W);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	fence(f, FENCE_ALL);
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(cas(f, LOW_A + SLOT, clean | A));
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	ask(f, 1, VA, TW_STORE);
	assert_allowed(cas(f, LOW_A + SLOT, clean | A | D));
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	fx_done(f);
}

static void store_without_d_is_forbidden(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R | W | A));
	fence(f, FENCE_ALL);
	assert_allowed(load_pa(f, VA, PAGE_1));
	ask(f, 1, VA, TW_STORE);
	assert_forbidden(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_NOT_UPDATED, "D");
	fx_done(f);
}

static void store_may_rest_on_a_dirty_version_until_fenced(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R | W | A)); // software cleans the page
	ask(f, 1, VA, TW_STORE);
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	fence(f, FENCE_VA_ASID(VA, 1));
	ask(f, 1, VA, TW_STORE);
	if (answer(f, 1, ok(PAGE_1, TW_SIZE_4K)))
		fail_msg("a store went through a clean entry");
	fx_done(f);
}

static void load_through_an_entry_without_a_is_forbidden(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R));
	fence(f, FENCE_ALL);
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_NOT_UPDATED, "A is set");
	fx_done(f);
}

static void update_of_a_cancelled_request_may_still_happen(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R));
	fence(f, FENCE_ALL);
	ask(f, 1, VA, TW_LOAD);
	assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, false, 1), 0);
	assert_allowed(cas(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R | A)));
	fx_done(f);
}

static void update_through_a_stale_pointer_is_allowed_until_fenced(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t clean = rv_pte(PAGE_1, V | R);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(cas(f, LOW_A + SLOT, clean | A));
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	poke(f, LOW_A + SLOT, clean);
	fence(f, FENCE_ALL);
	ask(f, 1, VA, TW_LOAD);
	assert_forbidden(cas(f, LOW_A + SLOT, clean | A), TW_ORACLE_UPDATE_UNASKED, "sets A");
	fx_done(f);
}

static void update_below_a_root_that_is_out_of_use_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t clean = rv_pte(UINT64_C(0x40000000), V | R);

	(void)state;
	poke(f, ROOT_A + SLOT, clean);
	use_root(f, ROOT_B, 1);
	ask(f, 1, VA, TW_LOAD);
	assert_forbidden(cas(f, ROOT_A + SLOT, clean | A), TW_ORACLE_UPDATE_UNASKED, "sets A");
	fx_done(f);
}

static void speculative_a_is_allowed_where_enabled_and_d_never(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.speculative_a = true});
	uint64_t clean = rv_pte(PAGE_1, V | R | W);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	assert_allowed(cas(f, LOW_A + SLOT, clean | A));
	assert_forbidden(cas(f, LOW_A + SLOT, clean | A | D), TW_ORACLE_UPDATE_UNASKED, "sets D");
	fx_done(f);
}

// --- x86 -----------------------------------------------------------------------------------------

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

// --- Ids, bounds, interface ----------------------------------------------------------------------

static void answers_of_one_id_come_in_any_order(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 3, VA, TW_LOAD);
	ask(f, 3, VA_NEXT, TW_LOAD);
	ask(f, 3, VA_NEXT, TW_LOAD);
	assert_allowed(answer(f, 3, ok(PAGE_3, TW_SIZE_4K)));
	assert_allowed(answer(f, 3, ok(PAGE_1, TW_SIZE_4K)));
	assert_int_equal(tw_oracle_pending(f->o), 1);
	assert_forbidden(answer(f, 3, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_WRONG_PA, "0x40202000");
	assert_int_equal(tw_oracle_pending(f->o), 0);
	fx_done(f);
}

static void answer_that_fits_two_requests_does_not_take_the_wrong_one(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence_begin(f, FENCE_ALL);
	ask(f, 3, VA, TW_LOAD); // either page
	fence_end(f);
	ask(f, 3, VA, TW_LOAD); // PAGE_2 only
	assert_allowed(answer(f, 3, ok(PAGE_2, TW_SIZE_4K)));
	assert_allowed(answer(f, 3, ok(PAGE_1, TW_SIZE_4K)));
	fx_done(f);
}

static void ports_have_ids_of_their_own(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_req req = {.va = VA, .access = TW_FETCH, .priv = TW_PRIV_S};
	struct tw_resp resp = ok(PAGE_1, TW_SIZE_4K);

	(void)state;
	assert_int_equal(tw_oracle_request(f->o, ++f->cycle, TW_PORT_FETCH, 1, &req), 0);
	assert_forbidden(answer(f, 1, resp), TW_ORACLE_NOT_ASKED, "port 1 id 1");
	assert_int_equal(tw_oracle_response(f->o, ++f->cycle, TW_PORT_FETCH, 1, &resp, &f->v), 0);
	assert_true(f->v.allowed);
	fx_done(f);
}

static void unchecked_fields_are_not_compared(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){
		.unchecked = TW_ORACLE_SIZE | TW_ORACLE_GLOBAL | TW_ORACLE_ATTR});
	struct tw_resp resp = ok(PAGE_1, TW_SIZE_2M);

	(void)state;
	resp.global = true;
	resp.attr = 2;
	assert_allowed(load(f, VA, resp));
	resp.pa++;
	assert_forbidden(load(f, VA, resp), TW_ORACLE_WRONG_PA, "0x90000000");
	fx_done(f);
}

static void forgotten_history_is_undecided_never_allowed_or_forbidden(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_versions = 64});
	struct tw_oracle_stats stats;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		poke(f, LOW_A + SLOT, rv_pte(PAGE_2 + i * 0x1000, RWAD));
	tw_oracle_stats(f->o, &stats);
	assert_true(stats.versions <= 64);
	assert_true(stats.versions_lost > 0);
	assert_false(load_pa(f, VA, PAGE_1));
	assert_int_equal(f->v.status, TW_ORACLE_UNDECIDED);
	assert_int_equal(f->v.reason, TW_ORACLE_LOST);
	assert_allowed(load_pa(f, VA, PAGE_2 + 999 * 0x1000));
	assert_allowed(load_pa(f, VA, PAGE_2 + 990 * 0x1000));
	tw_oracle_stats(f->o, &stats);
	assert_int_equal(stats.undecided, 1);
	// A fence of everything makes what was forgotten irrelevant.
	fence(f, FENCE_ALL);
	if (load_pa(f, VA, PAGE_1))
		fail_msg("allowed");
	assert_int_equal(f->v.status, TW_ORACLE_FORBIDDEN);
	fx_done(f);
}

static void history_of_too_many_words_is_undecided(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_versions = 64});
	struct tw_oracle_stats stats;

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	for (unsigned int i = 0; i < 2000; i++)
		poke(f, RAM_END - 0x4000 + i % 500 * SLOT, i + 1);
	tw_oracle_stats(f->o, &stats);
	assert_true(stats.versions <= 64);
	assert_false(load_pa(f, VA, PAGE_1));
	assert_int_equal(f->v.status, TW_ORACLE_UNDECIDED);
	assert_allowed(load_pa(f, VA, PAGE_2));
	fence(f, FENCE_ALL);
	assert_false(load_pa(f, VA, PAGE_1));
	assert_int_equal(f->v.status, TW_ORACLE_FORBIDDEN);
	fx_done(f);
}

static void forgotten_fences_are_undecided(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_fences = 64});

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence(f, FENCE_VA(VA));
	for (unsigned int i = 0; i < 200; i++)
		fence(f, FENCE_VA(VA_NEXT));
	assert_false(load_pa(f, VA, PAGE_1));
	assert_int_equal(f->v.status, TW_ORACLE_UNDECIDED);
	fx_done(f);
}

static void search_that_is_cut_short_is_undecided(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_steps = 20});

	(void)state;
	for (unsigned int i = 0; i < 40; i++)
		poke(f, LOW_A + SLOT, rv_pte(PAGE_2 + i * 0x1000, RWAD));
	assert_false(load_pa(f, VA, PAGE_1));
	assert_int_equal(f->v.status, TW_ORACLE_UNDECIDED);
	assert_int_equal(f->v.reason, TW_ORACLE_STEPS);
	fx_done(f);
}

static void many_roots_stay_within_their_bound(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_roots = 4});
	struct tw_oracle_stats stats;

	(void)state;
	for (uint16_t asid = 2; asid < 100; asid++)
		use_root(f, ROOT_B, asid);
	use_root(f, ROOT_B, 1);
	tw_oracle_stats(f->o, &stats);
	assert_true(stats.roots <= 4);
	assert_false(load_pa(f, VA, PAGE_1)); // ASID 1's first root is forgotten
	assert_int_equal(f->v.status, TW_ORACLE_UNDECIDED);
	fx_done(f);
}

static void untold_writes_are_noticed(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_oracle_stats stats;

	(void)state;
	assert_int_equal(tw_pmem_write64(f->pm, LOW_A + SLOT, rv_pte(PAGE_2, RWAD)), 0);
	assert_allowed(load_pa(f, VA, PAGE_2));
	tw_oracle_stats(f->o, &stats);
	assert_int_equal(stats.untold, 1);
	fx_done(f);
}

static void misuse_is_refused(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_oracle *o;
	struct tw_req req = {.va = VA, .access = 4};

	(void)state;
	assert_int_equal(tw_oracle_create(&(struct tw_oracle_opts){0}, &o), -EINVAL);
	assert_int_equal(
		tw_oracle_create(&(struct tw_oracle_opts){.mem.read64 = fx_read64, .max_fences = 1},
				 &o),
		-EINVAL);
	assert_int_equal(tw_oracle_write(f->o, f->cycle + 1, RAM + 4, 0, 1), -EINVAL);
	assert_int_equal(tw_oracle_write(f->o, 0, RAM, 0, 1), -EINVAL);
	assert_int_equal(tw_oracle_fence_end(f->o, f->cycle + 1, 12345), -ENOENT);
	assert_int_equal(tw_oracle_fence_end(f->o, f->cycle + 1, f->fence), -ENOENT);
	assert_int_equal(tw_oracle_request(f->o, f->cycle + 1, 0, 0, &req), -EINVAL);
	req.access = TW_LOAD;
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(tw_oracle_request(f->o, f->cycle + 1, 0, 0, &req), 0);
	assert_int_equal(tw_oracle_request(f->o, f->cycle + 1, 0, 0, &req), -ENOSPC);
	f->ctx.format = TW_FMT_X86_LEGACY + 8;
	assert_int_equal(tw_oracle_ctx(f->o, f->cycle + 1, &f->ctx), -EINVAL);
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
		cmocka_unit_test(entries_of_an_earlier_root_of_the_asid_stay_until_fenced),
		cmocka_unit_test(root_is_remembered_across_other_asids),
		cmocka_unit_test(entries_of_another_asid_never_answer),
		cmocka_unit_test(riscv_formats_mix_until_fenced),
		cmocka_unit_test(rights_are_checked_with_the_sum_and_mxr_of_the_request),
		cmocka_unit_test(adue_acts_only_after_a_fence),
		cmocka_unit_test(bare_and_machine_mode_translate_nothing),
		cmocka_unit_test(request_keeps_the_control_state_of_its_acceptance),
		cmocka_unit_test(reset_outlaws_everything),
		cmocka_unit_test(fault_must_follow_from_entries_while_the_request_is_in_flight),
		cmocka_unit_test(reads_of_a_faulting_walk_are_in_order),
		cmocka_unit_test(cached_faults_are_allowed_until_fenced_where_enabled),
		cmocka_unit_test(cached_fault_below_a_global_pointer_is_shared_by_all_asids),
		cmocka_unit_test(bus_error_is_an_access_fault_of_the_access),
		cmocka_unit_test(
			passing_bus_error_justifies_access_faults_of_requests_in_flight_only),
		cmocka_unit_test(update_belongs_to_an_access_in_flight_that_needs_it),
		cmocka_unit_test(store_without_d_is_forbidden),
		cmocka_unit_test(store_may_rest_on_a_dirty_version_until_fenced),
		cmocka_unit_test(load_through_an_entry_without_a_is_forbidden),
		cmocka_unit_test(update_of_a_cancelled_request_may_still_happen),
		cmocka_unit_test(update_through_a_stale_pointer_is_allowed_until_fenced),
		cmocka_unit_test(update_below_a_root_that_is_out_of_use_is_rejected),
		cmocka_unit_test(speculative_a_is_allowed_where_enabled_and_d_never),
		cmocka_unit_test(invlpg_drops_the_page_and_all_pointers_of_the_pcid),
		cmocka_unit_test(invlpg_of_a_far_address_drops_pointers_too_invpcid_does_not),
		cmocka_unit_test(invlpg_drops_global_pages_of_every_pcid),
		cmocka_unit_test(invlpg_of_a_non_canonical_address_does_nothing),
		cmocka_unit_test(g_counts_only_with_pge_and_in_the_leaf),
		cmocka_unit_test(pointer_with_a_clear_supports_no_translation),
		cmocka_unit_test(a_of_a_pointer_may_be_set_by_an_access_that_faults_below),
		cmocka_unit_test(not_present_is_never_cached_on_x86),
		cmocka_unit_test(cached_rights_are_those_of_all_levels),
		cmocka_unit_test(answers_of_one_id_come_in_any_order),
		cmocka_unit_test(answer_that_fits_two_requests_does_not_take_the_wrong_one),
		cmocka_unit_test(ports_have_ids_of_their_own),
		cmocka_unit_test(unchecked_fields_are_not_compared),
		cmocka_unit_test(forgotten_history_is_undecided_never_allowed_or_forbidden),
		cmocka_unit_test(history_of_too_many_words_is_undecided),
		cmocka_unit_test(forgotten_fences_are_undecided),
		cmocka_unit_test(search_that_is_cut_short_is_undecided),
		cmocka_unit_test(many_roots_stay_within_their_bound),
		cmocka_unit_test(untold_writes_are_noticed),
		cmocka_unit_test(misuse_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
