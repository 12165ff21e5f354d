// SPDX-License-Identifier: Apache-2.0
// The control state under the oracle: roots and formats that were in force, rights of the request,
// what a request keeps from its acceptance, and reset.
#include "oracle_fixture.h"

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

static void untranslated_address_beyond_the_physical_width_does_what_the_option_says(void **state)
{
	static const struct {
		enum tw_oracle_beyond beyond;
		bool fault, cut;
	} options[] = {{TW_ORACLE_BEYOND_FAULT, true, false},
		       {TW_ORACLE_BEYOND_CUT, false, true},
		       {TW_ORACLE_BEYOND_FREE, true, true}};
	uint64_t wide = UINT64_C(1) << 40 | VA;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fx *f = fx_sv39_opts(
			(struct tw_oracle_opts){.pa_bits = 40, .beyond = options[i].beyond});
		struct tw_req req = {.va = wide, .access = TW_LOAD, .priv = TW_PRIV_M};

		ask_as(f, 1, req);
		assert_int_equal(answer(f, 1, access_fault(wide, 5)), options[i].fault);
		ask_as(f, 1, req);
		assert_int_equal(answer(f, 1, ok(VA, TW_SIZE_4K)), options[i].cut);
		ask_as(f, 1, req);
		assert_false(answer(f, 1, ok(wide, TW_SIZE_4K)));
		assert_int_equal(f->v.status, TW_ORACLE_FORBIDDEN);
		req.va = (UINT64_C(1) << 40) - 8; // the last that fits
		ask_as(f, 1, req);
		assert_allowed(answer(f, 1, ok(req.va, TW_SIZE_4K)));
		fx_done(f);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_of_an_earlier_root_of_the_asid_stay_until_fenced),
		cmocka_unit_test(root_is_remembered_across_other_asids),
		cmocka_unit_test(entries_of_another_asid_never_answer),
		cmocka_unit_test(riscv_formats_mix_until_fenced),
		cmocka_unit_test(rights_are_checked_with_the_sum_and_mxr_of_the_request),
		cmocka_unit_test(adue_acts_only_after_a_fence),
		cmocka_unit_test(bare_and_machine_mode_translate_nothing),
		cmocka_unit_test(
			untranslated_address_beyond_the_physical_width_does_what_the_option_says),
		cmocka_unit_test(request_keeps_the_control_state_of_its_acceptance),
		cmocka_unit_test(reset_outlaws_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
