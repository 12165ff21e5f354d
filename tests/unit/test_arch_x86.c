// SPDX-License-Identifier: Apache-2.0
// The x86 rules of one page-table entry, each by name. Source: Intel SDM volume 3, 4.5 to 4.8.
#include "x86_entry.h"

static void a_not_present_entry_faults_without_rsvd(void **state)
{
	struct tw_pte p = decode_4k(0, TW_LOAD, TW_PRIV_S, UINT64_MAX - 1);

	(void)state;
	assert_int_equal(p.kind, TW_PTE_FAULT);
	assert_int_equal(p.cause, 0);
}

static void address_bits_beyond_maxphyaddr_are_reserved_at_every_level(void **state)
{
	(void)state;
	for (unsigned int level = 0; level < 4; level++)
		for (unsigned int bit = 46; bit <= 51; bit++)
			assert_int_equal(decode_at(TW_F_NXE, level, P | BIT(bit)).cause,
					 PF_P | PF_RSVD);
	assert_int_equal(decode_at(TW_F_NXE, 0, P | BIT(45)).kind, TW_PTE_LEAF);
}

static void maxphyaddr_52_leaves_no_address_bit_reserved(void **state)
{
	struct given g = {.maxphyaddr = 52, .level = 1, .req = {.access = TW_LOAD}};

	(void)state;
	g.req.priv = TW_PRIV_S;
	assert_int_equal(decode(&g, P | (BIT(52) - BIT(12))).kind, TW_PTE_POINTER);
}

static void bits_62_52_are_ignored(void **state)
{
	(void)state;
	for (unsigned int bit = 52; bit <= 62; bit++)
		for (unsigned int level = 0; level < 4; level++)
			assert_int_not_equal(decode_at(0, level, P | BIT(bit)).kind, TW_PTE_FAULT);
}

static void xd_is_reserved_without_nxe(void **state)
{
	(void)state;
	for (unsigned int level = 0; level < 4; level++) {
		assert_int_equal(decode_at(0, level, P | XD).cause, PF_P | PF_RSVD);
		assert_int_not_equal(decode_at(TW_F_NXE, level, P | XD).kind, TW_PTE_FAULT);
	}
}

static void ps_is_reserved_in_the_root_and_without_gbpages_below_it(void **state)
{
	(void)state;
	assert_int_equal(decode_at(TW_F_GBPAGES, 3, P | PS).cause, PF_P | PF_RSVD);
	assert_int_equal(decode_at(0, 2, P | PS).cause, PF_P | PF_RSVD);
	assert_int_equal(decode_at(TW_F_GBPAGES, 2, P | PS).size, TW_SIZE_1G);
	assert_int_equal(decode_at(0, 1, P | PS).size, TW_SIZE_2M);
}

static void low_address_bits_of_a_large_leaf_are_reserved(void **state)
{
	(void)state;
	for (unsigned int bit = 13; bit <= 45; bit++) {
		assert_int_equal(decode_at(TW_F_GBPAGES, 1, P | PS | BIT(bit)).kind,
				 bit <= 20 ? TW_PTE_FAULT : TW_PTE_LEAF);
		assert_int_equal(decode_at(TW_F_GBPAGES, 2, P | PS | BIT(bit)).kind,
				 bit <= 29 ? TW_PTE_FAULT : TW_PTE_LEAF);
	}
}

static void pat_is_bit_7_of_a_small_and_bit_12_of_a_large_leaf(void **state)
{
	(void)state;
	assert_int_equal(decode_at(0, 0, P | PAT4K).rights.attr, 4);
	assert_int_equal(decode_at(0, 0, P | BIT(12)).rights.attr, 0);
	assert_int_equal(decode_at(0, 1, P | PS | BIT(12)).rights.attr, 4);
	assert_int_equal(decode_at(0, 1, P | PS | BIT(12)).ppn, 0);
	assert_int_equal(decode_at(0, 1, P | PS).rights.attr, 0);
	assert_int_equal(decode_at(0, 0, P | PWT).rights.attr, 1);
	assert_int_equal(decode_at(0, 0, P | PCD).rights.attr, 2);
}

static void user_mode_needs_us_at_every_level(void **state)
{
	struct given g = {.maxphyaddr = 46,
			  .w = true,
			  .x = true,
			  .req = {.access = TW_LOAD, .priv = TW_PRIV_U}};

	(void)state;
	assert_int_equal(decode(&g, P | US).cause, PF_P | PF_U);
	g.u = true;
	assert_int_equal(decode(&g, P | US).kind, TW_PTE_LEAF);
	assert_int_equal(decode(&g, P).cause, PF_P | PF_U);
}

static void read_only_binds_user_mode_always_and_the_supervisor_with_wp(void **state)
{
	(void)state;
	assert_int_equal(decode_4k(0, TW_STORE, TW_PRIV_U, P | US).cause, PF_P | PF_W | PF_U);
	assert_int_equal(decode_4k(TW_F_WP, TW_STORE, TW_PRIV_S, P).cause, PF_P | PF_W);
	assert_int_equal(decode_4k(0, TW_STORE, TW_PRIV_S, P).kind, TW_PTE_LEAF);
	assert_int_equal(decode_4k(0, TW_STORE, TW_PRIV_S, P | US).kind, TW_PTE_LEAF);
}

static void a_write_through_wp_0_sets_d_in_a_read_only_entry(void **state)
{
	(void)state;
	assert_int_equal(decode_4k(0, TW_STORE, TW_PRIV_S, P).update, P | A | D);
	assert_true(decode_4k(0, TW_STORE, TW_PRIV_S, P).rights.d);
	assert_false(decode_4k(0, TW_STORE, TW_PRIV_S, P).rights.w);
}

static void smep_forbids_fetches_from_user_pages_to_the_supervisor(void **state)
{
	(void)state;
	assert_int_equal(decode_4k(TW_F_SMEP, TW_FETCH, TW_PRIV_S, P | US).cause, PF_P | PF_I);
	assert_int_equal(decode_4k(TW_F_SMEP, TW_FETCH, TW_PRIV_S, P).kind, TW_PTE_LEAF);
	assert_int_equal(decode_4k(TW_F_SMEP, TW_FETCH, TW_PRIV_U, P | US).kind, TW_PTE_LEAF);
	assert_int_equal(decode_4k(TW_F_SMEP, TW_LOAD, TW_PRIV_S, P | US).kind, TW_PTE_LEAF);
}

static void smap_forbids_data_of_user_pages_unless_ac(void **state)
{
	struct given g = {.flags = TW_F_SMAP,
			  .maxphyaddr = 46,
			  .w = true,
			  .u = true,
			  .x = true,
			  .req = {.access = TW_LOAD, .priv = TW_PRIV_S, .sum = true}};

	(void)state;
	assert_int_equal(decode_4k(TW_F_SMAP, TW_LOAD, TW_PRIV_S, P | US).cause, PF_P);
	assert_int_equal(decode_4k(TW_F_SMAP, TW_STORE, TW_PRIV_S, P | RW | US).cause, PF_P | PF_W);
	assert_int_equal(decode(&g, P | US).kind, TW_PTE_LEAF);
	assert_int_equal(decode_4k(TW_F_SMAP, TW_FETCH, TW_PRIV_S, P | US).kind, TW_PTE_LEAF);
}

static void the_fetch_bit_of_the_error_code_needs_nxe_or_smep(void **state)
{
	(void)state;
	assert_int_equal(decode_4k(0, TW_FETCH, TW_PRIV_U, P).cause, PF_P | PF_U);
	assert_int_equal(decode_4k(TW_F_NXE, TW_FETCH, TW_PRIV_U, P).cause, PF_P | PF_U | PF_I);
	assert_int_equal(decode_4k(TW_F_SMEP, TW_FETCH, TW_PRIV_U, P).cause, PF_P | PF_U | PF_I);
}

static void a_protection_key_forbids_user_pages_to_both_modes(void **state)
{
	struct given g = {.flags = TW_F_PKE,
			  .pkru = 1U << 10,
			  .maxphyaddr = 46,
			  .w = true,
			  .u = true,
			  .x = true,
			  .req = {.access = TW_LOAD, .priv = TW_PRIV_S}};
	uint64_t key5 = UINT64_C(5) << 59;

	(void)state;
	assert_int_equal(decode(&g, P | US | key5).cause, PF_P | PF_PK);
	assert_int_equal(decode(&g, P | key5).kind, TW_PTE_LEAF);
	assert_int_equal(decode(&g, P | US).kind, TW_PTE_LEAF);
	g.req.priv = TW_PRIV_U;
	assert_int_equal(decode(&g, P | US | key5).cause, PF_P | PF_U | PF_PK);
	g.req.access = TW_FETCH;
	assert_int_equal(decode(&g, P | US | key5).kind, TW_PTE_LEAF);
	g.flags = 0;
	g.req.access = TW_LOAD;
	assert_int_equal(decode(&g, P | US | key5).kind, TW_PTE_LEAF);
}

static void each_key_has_its_two_bits_of_pkru(void **state)
{
	struct given g = {.flags = TW_F_PKE,
			  .maxphyaddr = 46,
			  .w = true,
			  .u = true,
			  .x = true,
			  .req = {.access = TW_LOAD, .priv = TW_PRIV_U}};

	(void)state;
	for (unsigned int key = 0; key < 16; key++) {
		uint64_t pte = P | US | (uint64_t)key << 59;

		g.pkru = 1U << (2 * key);
		assert_int_equal(decode(&g, pte).cause, PF_P | PF_U | PF_PK);
		g.pkru = ~(3U << (2 * key));
		assert_int_equal(decode(&g, pte).kind, TW_PTE_LEAF);
		assert_int_equal(decode(&g, pte).rights.pkey, key);
	}
}

static void write_disable_binds_the_supervisor_with_wp_only(void **state)
{
	struct given g = {.flags = TW_F_PKE,
			  .pkru = 2,
			  .maxphyaddr = 46,
			  .w = true,
			  .u = true,
			  .x = true,
			  .req = {.access = TW_STORE, .priv = TW_PRIV_S}};

	(void)state;
	assert_int_equal(decode(&g, P | RW | US).kind, TW_PTE_LEAF);
	g.flags |= TW_F_WP;
	assert_int_equal(decode(&g, P | RW | US).cause, PF_P | PF_W | PF_PK);
	g.req.access = TW_LOAD;
	assert_int_equal(decode(&g, P | RW | US).kind, TW_PTE_LEAF);
}

static void the_key_bit_stands_together_with_other_protection_causes(void **state)
{
	struct given g = {.flags = TW_F_PKE,
			  .pkru = 1,
			  .maxphyaddr = 46,
			  .w = true,
			  .u = true,
			  .x = true,
			  .req = {.access = TW_STORE, .priv = TW_PRIV_U}};

	(void)state;
	assert_int_equal(decode(&g, P | US).cause, 0x27);
}

static void a_is_set_in_pointers_and_d_is_not(void **state)
{
	struct given g = {.maxphyaddr = 46,
			  .level = 1,
			  .w = true,
			  .u = true,
			  .x = true,
			  .req = {.access = TW_STORE, .priv = TW_PRIV_S}};

	(void)state;
	assert_int_equal(decode(&g, P | RW).update, P | RW | A);
	assert_int_equal(decode(&g, P | RW | PS).update, P | RW | PS | A | D);
}

static void global_needs_pge_and_counts_in_the_leaf_only(void **state)
{
	struct tw_pte p = decode_at(TW_F_PGE, 1, P | G);

	(void)state;
	assert_false(p.next.g);
	assert_true(decode_at(TW_F_PGE, 0, P | G).rights.g);
	assert_false(decode_at(0, 0, P | G).rights.g);
}

static void the_check_on_a_hit_names_the_key(void **state)
{
	struct tw_ctx ctx = {.format = TW_FMT_X86_LONG4, .flags = TW_F_PKE, .pkru = 1};
	struct tw_rights rights = {.r = true, .u = true};
	struct tw_req req = {.access = TW_LOAD, .priv = TW_PRIV_U};
	bool pk = false;

	(void)state;
	assert_false(tw_arch_allowed(&ctx, &req, &rights, &pk));
	assert_true(pk);
	rights.pkey = 1;
	assert_true(tw_arch_allowed(&ctx, &req, &rights, &pk));
	assert_false(pk);
	rights.u = false;
	assert_false(tw_arch_allowed(&ctx, &req, &rights, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_not_present_entry_faults_without_rsvd),
		cmocka_unit_test(address_bits_beyond_maxphyaddr_are_reserved_at_every_level),
		cmocka_unit_test(maxphyaddr_52_leaves_no_address_bit_reserved),
		cmocka_unit_test(bits_62_52_are_ignored),
		cmocka_unit_test(xd_is_reserved_without_nxe),
		cmocka_unit_test(ps_is_reserved_in_the_root_and_without_gbpages_below_it),
		cmocka_unit_test(low_address_bits_of_a_large_leaf_are_reserved),
		cmocka_unit_test(pat_is_bit_7_of_a_small_and_bit_12_of_a_large_leaf),
		cmocka_unit_test(user_mode_needs_us_at_every_level),
		cmocka_unit_test(read_only_binds_user_mode_always_and_the_supervisor_with_wp),
		cmocka_unit_test(a_write_through_wp_0_sets_d_in_a_read_only_entry),
		cmocka_unit_test(smep_forbids_fetches_from_user_pages_to_the_supervisor),
		cmocka_unit_test(smap_forbids_data_of_user_pages_unless_ac),
		cmocka_unit_test(the_fetch_bit_of_the_error_code_needs_nxe_or_smep),
		cmocka_unit_test(a_protection_key_forbids_user_pages_to_both_modes),
		cmocka_unit_test(each_key_has_its_two_bits_of_pkru),
		cmocka_unit_test(write_disable_binds_the_supervisor_with_wp_only),
		cmocka_unit_test(the_key_bit_stands_together_with_other_protection_causes),
		cmocka_unit_test(a_is_set_in_pointers_and_d_is_not),
		cmocka_unit_test(global_needs_pge_and_counts_in_the_leaf_only),
		cmocka_unit_test(the_check_on_a_hit_names_the_key),
	};

	return cmocka_run_group_tests_name("arch_x86", tests, NULL, NULL);
}
