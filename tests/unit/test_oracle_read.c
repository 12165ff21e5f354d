// SPDX-License-Identifier: Apache-2.0
// What the oracle makes of the reads of walkers (tw_oracle_read(), reads_told): an entry counts
// only as it was read, and a read that no request needs is exposed.
#include "oracle_fixture.h"

// A walker reads the entry; the verdict is in f->v.
static bool look(struct fx *f, uint64_t addr)
{
	memset(&f->v, 0xa5, sizeof(f->v));
	assert_int_equal(tw_oracle_read(f->o, ++f->cycle, addr, peek(f, addr), &f->v), 0);
	return f->v.allowed;
}

// The walk of VA, by a request that is then cancelled: its entries may be cached.
static void walk(struct fx *f)
{
	ask(f, 15, VA, TW_LOAD);
	assert_true(look(f, ROOT_A + SLOT));
	assert_true(look(f, MID_A + SLOT));
	assert_true(look(f, LOW_A + SLOT));
	assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, false, 15), 0);
}

static struct fx *fx_reads(void)
{
	return fx_sv39_opts((struct tw_oracle_opts){.reads_told = true});
}

static void answer_rests_on_entries_that_were_read(void **state)
{
	struct fx *f = fx_reads();

	(void)state;
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_NOT_READ, "level-2 entry");
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(look(f, ROOT_A + SLOT));
	assert_allowed(look(f, MID_A + SLOT));
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_NOT_READ, "level-0 entry");
	assert_allowed(look(f, LOW_A + SLOT));
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	assert_allowed(load_pa(f, VA, PAGE_1)); // from a TLB
	fx_done(f);
}

static void older_entry_counts_only_if_it_was_read(void **state)
{
	struct fx *f = fx_reads();

	(void)state;
	walk(f);
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	poke(f, LOW_A + SLOT, rv_pte(PAGE_3, RWAD));
	assert_allowed(load_pa(f, VA, PAGE_1));
	assert_forbidden(load_pa(f, VA, PAGE_2), TW_ORACLE_NOT_READ, "0x28000");
	assert_forbidden(load_pa(f, VA, PAGE_3), TW_ORACLE_NOT_READ, "0x2c000");
	fx_done(f);
}

static void fence_outlaws_what_was_read_before_it(void **state)
{
	struct fx *f = fx_reads();

	(void)state;
	walk(f);
	fence(f, FENCE_VA(VA));
	// The entry is what it was, but nobody has read it since.
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_NOT_READ, "level-0 entry");
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(look(f, LOW_A + SLOT)); // pointers survive a fence by address
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	fx_done(f);
}

static void fault_rests_on_entries_that_were_read_in_flight(void **state)
{
	struct fx *f = fx_reads();

	(void)state;
	poke(f, LOW_A + SLOT, 0);
	walk(f);
	assert_forbidden(load(f, VA, page_fault(VA, 13)), TW_ORACLE_NOT_READ, "level-2 entry");
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(look(f, ROOT_A + SLOT));
	assert_allowed(look(f, MID_A + SLOT));
	assert_allowed(look(f, LOW_A + SLOT));
	assert_allowed(answer(f, 1, page_fault(VA, 13)));
	fx_done(f);
}

static void update_counts_as_a_read_of_what_it_makes(void **state)
{
	struct fx *f = fx_reads();
	uint64_t clean = rv_pte(PAGE_1, V | R | W);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	ask(f, 1, VA, TW_STORE);
	assert_allowed(look(f, ROOT_A + SLOT));
	assert_allowed(look(f, MID_A + SLOT));
	assert_allowed(look(f, LOW_A + SLOT));
	assert_allowed(cas(f, LOW_A + SLOT, clean | A | D));
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	fx_done(f);
}

static void update_of_an_entry_that_was_not_read_is_forbidden(void **state)
{
	struct fx *f = fx_reads();
	uint64_t clean = rv_pte(PAGE_1, V | R | W);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	ask(f, 1, VA, TW_STORE);
	assert_allowed(look(f, ROOT_A + SLOT));
	assert_forbidden(cas(f, LOW_A + SLOT, clean | A | D), TW_ORACLE_UPDATE_UNASKED, "sets D");
	fx_done(f);
}

static void read_that_no_request_needs_is_exposed(void **state)
{
	struct fx *f = fx_sv39(); // with or without reads_told

	(void)state;
	assert_forbidden(look(f, ROOT_A + SLOT), TW_ORACLE_READ_UNASKED, "in flight: 0");
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(look(f, ROOT_A + SLOT));
	assert_allowed(look(f, LOW_A + SLOT)); // from a cached pointer
	assert_forbidden(look(f, LOW_A + 2 * SLOT), TW_ORACLE_READ_UNASKED, "0x80002010");
	assert_forbidden(look(f, LOW_B + SLOT), TW_ORACLE_READ_UNASKED, "in flight: 1");
	assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, false, 1), 0);
	assert_allowed(look(f, LOW_A + SLOT)); // the walk may still be under way
	fx_done(f);
}

static void read_of_a_cancelled_walk_may_come_after_many_answers(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, false, 1), 0);
	// Hits, while memory takes nothing.
	for (unsigned int i = 0; i < 500; i++)
		assert_allowed(load_pa(f, VA, PAGE_1));
	assert_allowed(look(f, LOW_A + SLOT));
	fx_done(f);
}

static void read_through_a_pointer_that_is_gone_is_exposed(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, MID_A + SLOT, rv_pte(LOW_A2, V));
	ask(f, 1, VA, TW_LOAD);
	assert_allowed(look(f, LOW_A + SLOT));
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	fence(f, FENCE_ASID(1));
	ask(f, 1, VA, TW_LOAD);
	assert_forbidden(look(f, LOW_A + SLOT), TW_ORACLE_READ_UNASKED, "0x80002008");
	assert_allowed(look(f, LOW_A2 + SLOT));
	fx_done(f);
}

static void read_of_another_value_than_memory_holds_is_exposed(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	assert_int_equal(tw_oracle_read(f->o, ++f->cycle, LOW_A + SLOT, 1234, &f->v), 0);
	assert_forbidden(f->v.allowed, TW_ORACLE_READ_VALUE, "memory holds 0x");
	assert_int_equal(tw_oracle_read(f->o, ++f->cycle, RAM_END, 0, &f->v), 0);
	assert_forbidden(f->v.allowed, TW_ORACLE_READ_VALUE, "no memory");
	assert_int_equal(tw_oracle_read(f->o, ++f->cycle, LOW_A + 4, 0, &f->v), -EINVAL);
	fx_done(f);
}

static void forgotten_reads_are_undecided(void **state)
{
	struct fx *f = fx_reads();

	(void)state;
	walk(f);
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	// Fences that outlaw nothing here, each with a read that must be remembered.
	for (unsigned int i = 0; i < 3000; i++) {
		fence(f, FENCE_VA_ASID(VA_NEXT, 7));
		ask(f, 1, VA, TW_LOAD);
		assert_allowed(look(f, LOW_A + SLOT));
		assert_allowed(answer(f, 1, ok(PAGE_2, TW_SIZE_4K)));
	}
	assert_false(load_pa(f, VA, PAGE_1));
	assert_int_equal(f->v.status, TW_ORACLE_UNDECIDED);
	fx_done(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_rests_on_entries_that_were_read),
		cmocka_unit_test(older_entry_counts_only_if_it_was_read),
		cmocka_unit_test(fence_outlaws_what_was_read_before_it),
		cmocka_unit_test(fault_rests_on_entries_that_were_read_in_flight),
		cmocka_unit_test(update_counts_as_a_read_of_what_it_makes),
		cmocka_unit_test(update_of_an_entry_that_was_not_read_is_forbidden),
		cmocka_unit_test(read_that_no_request_needs_is_exposed),
		cmocka_unit_test(read_of_a_cancelled_walk_may_come_after_many_answers),
		cmocka_unit_test(read_through_a_pointer_that_is_gone_is_exposed),
		cmocka_unit_test(read_of_another_value_than_memory_holds_is_exposed),
		cmocka_unit_test(forgotten_reads_are_undecided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
