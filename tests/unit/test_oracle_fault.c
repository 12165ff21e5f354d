// SPDX-License-Identifier: Apache-2.0
// When the oracle allows a fault, and when hardware may set A and D: both follow from what a walk
// of a request in flight can have read.
#include "oracle_fixture.h"

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

// A device without an error pin: where there is no memory, it reads something.
static int zero_where_nothing_is(void *user, uint64_t pa, uint64_t *value)
{
	if (tw_pmem_read64(user, pa, value) != 0)
		*value = 0;
	return 0;
}

static void absent_memory_is_what_the_callback_says(void **state)
{
	const struct tw_oracle_opts opts = {.mem.read64 = zero_where_nothing_is};
	struct fx *f = fx_sv39_opts(opts);

	(void)state;
	poke(f, MID_A + SLOT, rv_pte(RAM_END, V));
	fence(f, FENCE_ALL);
	assert_allowed(load(f, VA, page_fault(VA, 13)));
	assert_forbidden(load(f, VA, access_fault(VA, 5)), TW_ORACLE_WRONG_FAULT, "V = 0");
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

// The walk of a cancelled request holds the pointers and the root with which it began.
static void update_of_a_cancelled_request_may_follow_a_fence_and_a_new_root(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t clean = rv_pte(PAGE_1, V | R);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	ask(f, 1, VA, TW_LOAD);
	assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, true, 0), 0);
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V)); // the table leaves the address space
	use_root(f, ROOT_B, 1);
	fence(f, FENCE_ALL);
	assert_allowed(cas(f, LOW_A + SLOT, clean | A));
	fx_done(f);
}

static void cancelled_request_accepted_after_the_fence_holds_no_older_pointer(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t clean = rv_pte(PAGE_1, V | R);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	fence(f, FENCE_ASID(1));
	ask(f, 1, VA, TW_LOAD);
	assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, true, 0), 0);
	assert_forbidden(cas(f, LOW_A + SLOT, clean | A), TW_ORACLE_UPDATE_UNASKED, "sets A");
	fx_done(f);
}

static void cancelled_request_sets_no_more_than_its_access_needs(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t clean = rv_pte(PAGE_1, V | R | W);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	ask(f, 1, VA, TW_LOAD);
	assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, true, 0), 0);
	fence(f, FENCE_ALL);
	assert_forbidden(cas(f, LOW_A + SLOT, clean | A | D), TW_ORACLE_UPDATE_UNASKED, "sets D");
	fx_done(f);
}

static void answered_request_updates_nothing_afterwards(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	assert_allowed(load_pa(f, VA, PAGE_1));
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R));
	assert_forbidden(cas(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R | A)), TW_ORACLE_UPDATE_UNASKED,
			 "sets A");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault_must_follow_from_entries_while_the_request_is_in_flight),
		cmocka_unit_test(reads_of_a_faulting_walk_are_in_order),
		cmocka_unit_test(cached_faults_are_allowed_until_fenced_where_enabled),
		cmocka_unit_test(cached_fault_below_a_global_pointer_is_shared_by_all_asids),
		cmocka_unit_test(bus_error_is_an_access_fault_of_the_access),
		cmocka_unit_test(absent_memory_is_what_the_callback_says),
		cmocka_unit_test(
			passing_bus_error_justifies_access_faults_of_requests_in_flight_only),
		cmocka_unit_test(update_belongs_to_an_access_in_flight_that_needs_it),
		cmocka_unit_test(store_without_d_is_forbidden),
		cmocka_unit_test(store_may_rest_on_a_dirty_version_until_fenced),
		cmocka_unit_test(load_through_an_entry_without_a_is_forbidden),
		cmocka_unit_test(update_of_a_cancelled_request_may_still_happen),
		cmocka_unit_test(update_of_a_cancelled_request_may_follow_a_fence_and_a_new_root),
		cmocka_unit_test(cancelled_request_accepted_after_the_fence_holds_no_older_pointer),
		cmocka_unit_test(cancelled_request_sets_no_more_than_its_access_needs),
		cmocka_unit_test(answered_request_updates_nothing_afterwards),
		cmocka_unit_test(update_through_a_stale_pointer_is_allowed_until_fenced),
		cmocka_unit_test(update_below_a_root_that_is_out_of_use_is_rejected),
		cmocka_unit_test(speculative_a_is_allowed_where_enabled_and_d_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
