// SPDX-License-Identifier: Apache-2.0
// Which answers the oracle rejects: each field forged, answers that nobody asked for, updates that
// no access needs, and the histories that published bugs of real MMUs leave behind (the ids are
// those of mutation/). Each must be rejected for the right reason, with a text that names it.
#include "oracle_fixture.h"

// --- Fields --------------------------------------------------------------------------------------

static void wrong_physical_address_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	assert_forbidden(load_pa(f, VA, PAGE_1 + 0x1000), TW_ORACLE_WRONG_PA, "PA 0x90000000");
	assert_forbidden(load(f, VA, ok(PAGE_1 + 1, TW_SIZE_4K)), TW_ORACLE_WRONG_PA,
			 "PA 0x90000001");
	fx_done(f);
}

static void wrong_size_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	assert_forbidden(load(f, VA, ok(PAGE_1, TW_SIZE_2M)), TW_ORACLE_WRONG_SIZE, "size 4K");
	fx_done(f);
}

static void wrong_global_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_resp resp = ok(PAGE_1, TW_SIZE_4K);

	(void)state;
	resp.global = true;
	assert_forbidden(load(f, VA, resp), TW_ORACLE_WRONG_GLOBAL, "global");
	fx_done(f);
}

static void wrong_attributes_are_rejected(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_resp resp = ok(PAGE_1, TW_SIZE_4K);

	(void)state;
	resp.attr = 1;
	assert_forbidden(load(f, VA, resp), TW_ORACLE_WRONG_ATTR, "attr 0");
	fx_done(f);
}

static void widened_permission_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, LOW_A + SLOT, rv_pte(PAGE_1, V | R | A | D));
	fence(f, FENCE_ALL);
	ask(f, 1, VA, TW_FETCH);
	assert_forbidden(answer(f, 1, ok(PAGE_1 + 4, TW_SIZE_4K)), TW_ORACLE_MISSED_FAULT,
			 "page fault, cause 12");
	poke(f, LOW_A + 3 * SLOT, rv_pte(PAGE_2, V | R | A | D));
	ask(f, 1, VA_2M + 0x3000, TW_STORE);
	assert_forbidden(answer(f, 1, ok(PAGE_2, TW_SIZE_4K)), TW_ORACLE_MISSED_FAULT,
			 "page fault, cause 15");
	fx_done(f);
}

static void missed_fault_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	assert_forbidden(load_pa(f, VA_2M + 0x5000, PAGE_2), TW_ORACLE_MISSED_FAULT,
			 "level-0 entry at 0x80002028 = 0x0");
	fx_done(f);
}

static void spurious_fault_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	assert_forbidden(load(f, VA, page_fault(VA, 13)), TW_ORACLE_SPURIOUS, "PA 0x90000000");
	assert_forbidden(load(f, VA, access_fault(VA, 5)), TW_ORACLE_SPURIOUS, "PA 0x90000000");
	fx_done(f);
}

static void wrong_cause_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t hole = VA_2M + 0x5000;

	(void)state;
	assert_forbidden(load(f, hole, page_fault(hole, 15)), TW_ORACLE_WRONG_CAUSE, "cause 13");
	fx_done(f);
	f = fx_x86();
	assert_forbidden(load(f, hole, page_fault(hole, TW_PF_P)), TW_ORACLE_WRONG_CAUSE,
			 "cause 0");
	fx_done(f);
}

static void wrong_fault_address_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t hole = VA_2M + 0x5678;

	(void)state;
	assert_forbidden(load(f, hole, page_fault(hole & ~UINT64_C(0xfff), 13)),
			 TW_ORACLE_WRONG_TVAL, "fault address");
	fx_done(f);
}

static void payload_beside_a_fault_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t hole = VA_2M + 0x5000;
	struct tw_resp resp = page_fault(hole, 13);

	(void)state;
	resp.pa = PAGE_1;
	assert_forbidden(load(f, hole, resp), TW_ORACLE_PAYLOAD, "must be zero");
	resp = ok(PAGE_1, TW_SIZE_4K);
	resp.cause = 13;
	assert_forbidden(load(f, VA, resp), TW_ORACLE_PAYLOAD, "must be zero");
	fx_done(f);
}

// --- Ids -----------------------------------------------------------------------------------------

static void second_answer_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	assert_allowed(load_pa(f, VA, PAGE_1));
	assert_forbidden(answer(f, 0, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_ANSWERED,
			 "has had its answer");
	fx_done(f);
}

static void answer_that_nobody_asked_for_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	assert_forbidden(answer(f, 2, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_NOT_ASKED,
			 "no request with this id");
	fx_done(f);
}

static void answer_after_cancel_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	ask(f, 2, VA, TW_LOAD);
	assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, false, 1), 0);
	assert_forbidden(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_CANCELLED, "cancelled");
	assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, true, 0), 0);
	assert_forbidden(answer(f, 2, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_CANCELLED, "cancelled");
	fx_done(f);
}

// --- Updates -------------------------------------------------------------------------------------

static void update_of_other_bits_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t clean = rv_pte(PAGE_1, V | R | W);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	ask(f, 1, VA, TW_STORE);
	assert_forbidden(cas(f, LOW_A + SLOT, rv_pte(PAGE_2, V | R | W | A | D)),
			 TW_ORACLE_UPDATE_BITS, "only set A and D");
	assert_forbidden(cas(f, LOW_A + SLOT, rv_pte(PAGE_2, V | R | W | D)), TW_ORACLE_UPDATE_BITS,
			 "only set A and D");
	fx_done(f);
}

static void dirty_set_by_a_load_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t clean = rv_pte(PAGE_1, V | R | W);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	ask(f, 1, VA, TW_LOAD);
	assert_forbidden(cas(f, LOW_A + SLOT, clean | A | D), TW_ORACLE_UPDATE_UNASKED, "sets D");
	fx_done(f);
}

static void dirty_set_for_a_denied_store_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t clean = rv_pte(PAGE_1, V | R);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	ask(f, 1, VA, TW_STORE);
	assert_forbidden(cas(f, LOW_A + SLOT, clean | A | D), TW_ORACLE_UPDATE_UNASKED, "sets D");
	fx_done(f);
}

static void accessed_set_in_a_riscv_pointer_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	assert_forbidden(cas(f, MID_A + SLOT, rv_pte(LOW_A, V | A)), TW_ORACLE_UPDATE_UNASKED,
			 "sets A");
	fx_done(f);
}

static void update_without_a_request_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t clean = rv_pte(PAGE_1, V | R);

	(void)state;
	poke(f, LOW_A + SLOT, clean);
	assert_forbidden(cas(f, LOW_A + SLOT, clean | A), TW_ORACLE_UPDATE_UNASKED,
			 "requests in flight: 0");
	fx_done(f);
}

// --- Published bugs ------------------------------------------------------------------------------

// P05, P17: the ASID of another entry, or part of the ASID, decides the match.
static void p05_p17_hit_under_another_asid_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	assert_allowed(load_pa(f, VA, PAGE_1));
	poke(f, ROOT_B + SLOT, rv_pte(MID_B, V));
	poke(f, MID_B + SLOT, rv_pte(LOW_B, V));
	poke(f, LOW_B + SLOT, rv_pte(PAGE_2, RWAD));
	use_root(f, ROOT_B, 3); // differs from 1 above bit 0
	assert_allowed(load_pa(f, VA, PAGE_2));
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_WRONG_ASID, "ASID 1");
	fx_done(f);
}

// P07: a walk that read before the fence fills in the fence's cycle; the next request hits it.
static void p07_refill_that_survives_the_fence_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	poke(f, LOW_A + SLOT, rv_pte(PAGE_2, RWAD));
	fence_begin(f, FENCE_ALL);
	assert_allowed(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)));
	fence_end(f);
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_STALE, "0x80002008");
	fx_done(f);
}

// P08: a fence of all ASIDs leaves global superpages.
static void p08_global_superpage_that_survives_a_fence_of_all_asids_is_rejected(void **state)
{
	static const struct tw_fence fences[] = {{.global = true},
						 {.by_addr = true, .va = VA, .global = true}};
	struct tw_resp super = ok(PAGE_1 + 0x1000, TW_SIZE_2M);

	(void)state;
	super.global = true;
	for (size_t i = 0; i < 2; i++) {
		struct fx *f = fx_sv39();

		poke(f, MID_A + SLOT, rv_pte(PAGE_1, RWAD | G));
		fence(f, FENCE_ALL);
		assert_allowed(load(f, VA, super));
		poke(f, MID_A + SLOT, 0);
		assert_allowed(load(f, VA, super));
		fence(f, fences[i]);
		assert_forbidden(load(f, VA, super), TW_ORACLE_STALE, "all ASIDs");
		fx_done(f);
	}
}

// P09: a fence by another address of the superpage misses it.
static void p09_superpage_that_survives_a_fence_inside_it_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_resp giga = ok(UINT64_C(0x40000000) + (VA & 0x3fffffff), TW_SIZE_1G);

	(void)state;
	poke(f, ROOT_A + SLOT, rv_pte(UINT64_C(0x40000000), RWAD));
	fence(f, FENCE_ALL);
	assert_allowed(load(f, VA, giga));
	poke(f, ROOT_A + SLOT, 0);
	fence(f, FENCE_VA_ASID(UINT64_C(0x7ffff000), 1));
	assert_forbidden(load(f, VA, giga), TW_ORACLE_STALE, "VA 0x7ffff000");
	fx_done(f);
}

// P10: after an ASID switch the global bit of the entries is mixed up: a private page is taken for
// global, or a global one answers as if it were private.
static void p10_global_bit_mixed_up_after_an_asid_switch_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	struct tw_resp global = ok(PAGE_2, TW_SIZE_4K);
	uint64_t shared = VA_2M + 0x3000;

	(void)state;
	global.global = true;
	poke(f, LOW_A + 3 * SLOT, rv_pte(PAGE_2, RWAD | G));
	assert_allowed(load(f, shared, global));
	assert_allowed(load_pa(f, VA, PAGE_1));
	use_root(f, ROOT_B, 2); // maps nothing
	assert_allowed(load(f, shared, global));
	assert_forbidden(load_pa(f, VA, PAGE_1), TW_ORACLE_WRONG_ASID, "ASID 1");
	poke(f, ROOT_B + SLOT, rv_pte(MID_A, V)); // shares the tables
	assert_forbidden(load_pa(f, shared, PAGE_2), TW_ORACLE_WRONG_GLOBAL, "global");
	fx_done(f);
}

// P12: a superpage hit takes the wrong bits from the VA.
static void p12_superpage_with_the_wrong_bits_of_the_va_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t va = VA_2M + 0x12345;

	(void)state;
	poke(f, MID_A + SLOT, rv_pte(PAGE_1, RWAD));
	fence(f, FENCE_ALL);
	assert_allowed(load(f, va, ok(PAGE_1 + 0x12345, TW_SIZE_2M)));
	assert_forbidden(load(f, va, ok(PAGE_1 + 0x345, TW_SIZE_2M)), TW_ORACLE_WRONG_PA,
			 "PA 0x90012345");
	assert_forbidden(load(f, va, ok(PAGE_1 + 0x212345, TW_SIZE_2M)), TW_ORACLE_WRONG_PA,
			 "PA 0x90012345");
	fx_done(f);
}

// P16: a bus error on an entry is reported as a page fault (and P19, the reverse).
static void p16_bus_error_as_page_fault_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	poke(f, MID_A + SLOT, rv_pte(RAM_END, V));
	fence(f, FENCE_ALL);
	assert_forbidden(load(f, VA, page_fault(VA, 13)), TW_ORACLE_WRONG_FAULT, "bus error");
	poke(f, MID_A + SLOT, 0);
	fence(f, FENCE_ALL);
	assert_forbidden(load(f, VA, access_fault(VA, 5)), TW_ORACLE_WRONG_FAULT, "cause 13");
	fx_done(f);
}

// P14: the bus error of one walk is reported for the next one.
static void p14_access_fault_leaked_into_the_next_walk_is_rejected(void **state)
{
	struct fx *f = fx_sv39();

	(void)state;
	ask(f, 1, VA, TW_LOAD);
	assert_int_equal(tw_oracle_bus_error(f->o, ++f->cycle, LOW_A + SLOT), 0);
	assert_allowed(answer(f, 1, access_fault(VA, 5)));
	assert_forbidden(load(f, VA_NEXT, access_fault(VA_NEXT, 5)), TW_ORACLE_SPURIOUS,
			 "PA 0xb0000000");
	fx_done(f);
}

// P18: a non-canonical fetch is translated as the address that it aliases.
static void p18_non_canonical_fetch_that_aliases_is_rejected(void **state)
{
	struct fx *f = fx_sv39();
	uint64_t va = VA | UINT64_C(1) << 40;

	(void)state;
	ask(f, 1, va, TW_FETCH);
	assert_forbidden(answer(f, 1, ok(PAGE_1, TW_SIZE_4K)), TW_ORACLE_MISSED_FAULT,
			 "not canonical");
	ask(f, 1, va, TW_FETCH);
	assert_forbidden(answer(f, 1, page_fault(VA, 12)), TW_ORACLE_WRONG_TVAL, "fault address");
	ask(f, 1, va, TW_FETCH);
	assert_allowed(answer(f, 1, page_fault(va, 12)));
	fx_done(f);
	f = fx_x86();
	va = VA | UINT64_C(1) << 55;
	ask(f, 1, va, TW_FETCH);
	assert_forbidden(answer(f, 1, page_fault(va, 0)), TW_ORACLE_WRONG_FAULT, "not canonical");
	ask(f, 1, va, TW_FETCH);
	assert_allowed(answer(f, 1, (struct tw_resp){.fault = TW_FAULT_CANON, .fault_va = va}));
	fx_done(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_physical_address_is_rejected),
		cmocka_unit_test(wrong_size_is_rejected),
		cmocka_unit_test(wrong_global_is_rejected),
		cmocka_unit_test(wrong_attributes_are_rejected),
		cmocka_unit_test(widened_permission_is_rejected),
		cmocka_unit_test(missed_fault_is_rejected),
		cmocka_unit_test(spurious_fault_is_rejected),
		cmocka_unit_test(wrong_cause_is_rejected),
		cmocka_unit_test(wrong_fault_address_is_rejected),
		cmocka_unit_test(payload_beside_a_fault_is_rejected),
		cmocka_unit_test(second_answer_is_rejected),
		cmocka_unit_test(answer_that_nobody_asked_for_is_rejected),
		cmocka_unit_test(answer_after_cancel_is_rejected),
		cmocka_unit_test(update_of_other_bits_is_rejected),
		cmocka_unit_test(dirty_set_by_a_load_is_rejected),
		cmocka_unit_test(dirty_set_for_a_denied_store_is_rejected),
		cmocka_unit_test(accessed_set_in_a_riscv_pointer_is_rejected),
		cmocka_unit_test(update_without_a_request_is_rejected),
		cmocka_unit_test(p05_p17_hit_under_another_asid_is_rejected),
		cmocka_unit_test(p07_refill_that_survives_the_fence_is_rejected),
		cmocka_unit_test(
			p08_global_superpage_that_survives_a_fence_of_all_asids_is_rejected),
		cmocka_unit_test(p09_superpage_that_survives_a_fence_inside_it_is_rejected),
		cmocka_unit_test(p10_global_bit_mixed_up_after_an_asid_switch_is_rejected),
		cmocka_unit_test(p12_superpage_with_the_wrong_bits_of_the_va_is_rejected),
		cmocka_unit_test(p14_access_fault_leaked_into_the_next_walk_is_rejected),
		cmocka_unit_test(p16_bus_error_as_page_fault_is_rejected),
		cmocka_unit_test(p18_non_canonical_fetch_that_aliases_is_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
