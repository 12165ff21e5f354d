// SPDX-License-Identifier: Apache-2.0
// The oracle's calls: answers and their requests, fields that are not compared, bounds and what is
// undecided, misuse. One behaviour per test.
#include "oracle_fixture.h"

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
	tw_oracle_get_stats(f->o, &stats);
	assert_true(stats.versions <= 64);
	assert_true(stats.versions_lost > 0);
	assert_false(load_pa(f, VA, PAGE_1));
	assert_int_equal(f->v.status, TW_ORACLE_UNDECIDED);
	assert_int_equal(f->v.reason, TW_ORACLE_LOST);
	assert_allowed(load_pa(f, VA, PAGE_2 + 999 * 0x1000));
	assert_allowed(load_pa(f, VA, PAGE_2 + 990 * 0x1000));
	tw_oracle_get_stats(f->o, &stats);
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
	tw_oracle_get_stats(f->o, &stats);
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
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_steps = 10});
	struct tw_resp global = ok(PAGE_1, TW_SIZE_4K);

	(void)state;
	// Every version leads to the page, none is global.
	for (unsigned int i = 0; i < 40; i++)
		poke(f, LOW_A + SLOT, rv_pte(PAGE_1, RWAD | (uint64_t)(i % 4) << 8 | (i & 8)));
	global.global = true;
	assert_false(load(f, VA, global));
	assert_int_equal(f->v.status, TW_ORACLE_UNDECIDED);
	assert_int_equal(f->v.reason, TW_ORACLE_STEPS);
	fx_done(f);
}

// The work of a search: what cannot lead to the answer is not tried.

static void versions_that_lead_elsewhere_cost_no_steps(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_steps = 20});

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		poke(f, LOW_A + SLOT, rv_pte(PAGE_2 + i * 0x1000, RWAD));
	assert_forbidden(load_pa(f, VA, PAGE_3), TW_ORACLE_WRONG_PA, "PA");
	assert_allowed(load_pa(f, VA, PAGE_2 + 0x1000));
	fx_done(f);
}

static void control_flags_that_do_not_matter_cost_no_steps(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_steps = 20});
	struct tw_resp global = ok(PAGE_1, TW_SIZE_4K);

	(void)state;
	for (uint32_t i = 0; i < 64; i++) {
		f->ctx.flags = (i & 15) | (i & 16 ? (uint32_t)TW_F_NXE : 0);
		f->ctx.maxphyaddr = (uint8_t)(36 + (i >> 5));
		set_ctx(f);
	}
	global.global = true;
	assert_forbidden(load(f, VA, global), TW_ORACLE_WRONG_GLOBAL, "global");
	fx_done(f);
}

static void requests_that_do_not_pass_the_entry_cost_no_steps_of_an_update(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_steps = 20});
	uint64_t clean = rv_pte(PAGE_1, V | R);

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		poke(f, MID_A + SLOT, rv_pte(LOW_A2 + i * 0x1000, V));
	poke(f, MID_A + SLOT, rv_pte(LOW_A, V));
	poke(f, LOW_A + SLOT, clean);
	for (uint32_t id = 0; id < 50; id++)
		ask(f, id, VA_NEXT + (id + 1) * 0x1000, TW_LOAD);
	ask(f, 50, VA, TW_LOAD);
	assert_allowed(cas(f, LOW_A + SLOT, clean | A));
	fx_done(f);
}

// --- Bounds on waiting ---------------------------------------------------------------------------

static void request_without_an_answer_is_named_once_when_its_time_is_over(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_wait = 100});

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	f->cycle += 50;
	ask(f, 2, VA_NEXT, TW_LOAD);
	f->cycle += 49;
	assert_int_equal(tw_oracle_overdue(f->o, f->cycle, &f->v), 0);
	assert_int_equal(tw_oracle_overdue(f->o, ++f->cycle, &f->v), 1);
	assert_forbidden(f->v.allowed, TW_ORACLE_OVERDUE, "port 1 id 1: load of VA 0x40201000");
	assert_int_equal(tw_oracle_overdue(f->o, ++f->cycle, &f->v), 0);
	f->cycle += 50;
	assert_int_equal(tw_oracle_overdue(f->o, f->cycle, &f->v), 1);
	assert_forbidden(f->v.allowed, TW_ORACLE_OVERDUE, "port 1 id 2");
	// Late, but right.
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	fx_done(f);
}

static void excused_cycles_count_for_no_bound(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_wait = 100});
	struct tw_oracle_stats stats;

	(void)state;
	assert_int_equal(tw_oracle_excuse(f->o, ++f->cycle, 1000000), 0); // before it
	ask(f, 1, VA, TW_LOAD);
	f->cycle += 1090;
	assert_int_equal(tw_oracle_excuse(f->o, f->cycle, 1000), 0);
	assert_int_equal(tw_oracle_overdue(f->o, f->cycle, &f->v), 0);
	tw_oracle_get_stats(f->o, &stats);
	assert_int_equal(stats.longest_wait, 90);
	f->cycle += 11;
	assert_int_equal(tw_oracle_overdue(f->o, f->cycle, &f->v), 1);
	fx_done(f);
}

static void requests_that_are_answered_or_cancelled_are_never_overdue(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_wait = 100});

	(void)state;
	// The same id again and again: the oldest is answered first.
	for (unsigned int i = 0; i < 300; i++) {
		ask(f, 1, VA, TW_LOAD);
		if (i)
			assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
		assert_int_equal(tw_oracle_overdue(f->o, ++f->cycle, &f->v), 0);
	}
	assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, true, 0), 0);
	f->cycle += 1000;
	assert_int_equal(tw_oracle_overdue(f->o, f->cycle, &f->v), 0);
	fx_done(f);
}

static void fence_that_does_not_end_is_named(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_wait = 100});

	(void)state;
	fence_begin(f, FENCE_VA(VA));
	f->cycle += 100;
	assert_int_equal(tw_oracle_overdue(f->o, f->cycle, &f->v), 0);
	assert_int_equal(tw_oracle_overdue(f->o, ++f->cycle, &f->v), 1);
	assert_forbidden(f->v.allowed, TW_ORACLE_OVERDUE, "the fence of VA 0x40201000");
	assert_int_equal(tw_oracle_overdue(f->o, ++f->cycle, &f->v), 0);
	fence_end(f);
	fx_done(f);
}

static void without_a_bound_nothing_is_overdue(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	f->cycle += 1000000000;
	assert_int_equal(tw_oracle_overdue(f->o, f->cycle, &f->v), 0);
	assert_int_equal(tw_oracle_overdue(f->o, f->cycle - 1, &f->v), -EINVAL);
	assert_int_equal(tw_oracle_excuse(f->o, f->cycle - 1, 1), -EINVAL);
	fx_done(f);
}

// --- Bounds on memory, interface -----------------------------------------------------------------

static void many_roots_stay_within_their_bound(void **state)
{
	struct fx *f = fx_sv39_opts((struct tw_oracle_opts){.max_roots = 4});
	struct tw_oracle_stats stats;

	(void)state;
	for (uint16_t asid = 2; asid < 100; asid++)
		use_root(f, ROOT_B, asid);
	use_root(f, ROOT_B, 1);
	tw_oracle_get_stats(f->o, &stats);
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
	tw_oracle_get_stats(f->o, &stats);
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
		tw_oracle_create(
			&(struct tw_oracle_opts){.mem = tw_pmem_mem(NULL), .max_fences = 1}, &o),
		-EINVAL);
	assert_int_equal(
		tw_oracle_create(&(struct tw_oracle_opts){.mem = tw_pmem_mem(NULL), .pa_bits = 57},
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
		cmocka_unit_test(answers_of_one_id_come_in_any_order),
		cmocka_unit_test(answer_that_fits_two_requests_does_not_take_the_wrong_one),
		cmocka_unit_test(ports_have_ids_of_their_own),
		cmocka_unit_test(unchecked_fields_are_not_compared),
		cmocka_unit_test(forgotten_history_is_undecided_never_allowed_or_forbidden),
		cmocka_unit_test(history_of_too_many_words_is_undecided),
		cmocka_unit_test(forgotten_fences_are_undecided),
		cmocka_unit_test(search_that_is_cut_short_is_undecided),
		cmocka_unit_test(versions_that_lead_elsewhere_cost_no_steps),
		cmocka_unit_test(control_flags_that_do_not_matter_cost_no_steps),
		cmocka_unit_test(requests_that_do_not_pass_the_entry_cost_no_steps_of_an_update),
		cmocka_unit_test(request_without_an_answer_is_named_once_when_its_time_is_over),
		cmocka_unit_test(excused_cycles_count_for_no_bound),
		cmocka_unit_test(requests_that_are_answered_or_cancelled_are_never_overdue),
		cmocka_unit_test(fence_that_does_not_end_is_named),
		cmocka_unit_test(without_a_bound_nothing_is_overdue),
		cmocka_unit_test(many_roots_stay_within_their_bound),
		cmocka_unit_test(untold_writes_are_noticed),
		cmocka_unit_test(misuse_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
