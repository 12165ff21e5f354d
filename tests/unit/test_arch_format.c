// SPDX-License-Identifier: Apache-2.0
// The formats and the address arithmetic: entry addresses, canonical edges, direct addresses, page
// sizes, composition of physical addresses, causes of faults.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "twinwalk/arch.h"

static const enum tw_format tables[] = {TW_FMT_SV32,	  TW_FMT_SV39,	     TW_FMT_SV48,
					TW_FMT_SV57,	  TW_FMT_X86_LEGACY, TW_FMT_X86_PAE,
					TW_FMT_X86_LONG4, TW_FMT_X86_LONG5};
enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static void formats_this_version_lacks_have_no_descriptor(void **state)
{
	static const int lacking[] = {TW_FMT_BARE, 2, 3, 11, 15, 16, 1000};

	(void)state;
	for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++)
		assert_null(tw_format_get((enum tw_format)lacking[i]));
}

static void each_descriptor_is_consistent(void **state)
{
	(void)state;
	for (size_t i = 0; i < TABLES; i++) {
		const struct tw_format_desc *f = tw_format_get(tables[i]);

		assert_non_null(f);
		assert_int_equal(f->format, tables[i]);
		assert_ptr_equal(tw_format_find(f->name), f);
		// PAE's four root entries select with two more bits.
		assert_int_equal(f->va_bits,
				 12 + f->vpn_shift[f->levels] + (f->traits & TW_FT_PDPTE ? 2 : 0));
		assert_int_equal(f->vpn_shift[0], 0);
		for (unsigned int level = 0; level < f->levels; level++) {
			unsigned int bits = f->vpn_shift[level + 1] - f->vpn_shift[level];

			assert_int_equal(f->entry_bytes << bits, 4096);
			if (f->leaf_levels >> level & 1)
				assert_int_equal(tw_size_log2_pages(f->size_of_level[level]),
						 f->vpn_shift[level]);
		}
	}
}

static void entry_addresses_take_the_index_of_their_level(void **state)
{
	(void)state;
	for (size_t i = 0; i < TABLES; i++) {
		struct tw_ctx ctx = {.format = tables[i]};
		const struct tw_format_desc *f = tw_format_get(tables[i]);
		uint64_t va = 0xfff;

		// The index at level l is 5 - l.
		for (unsigned int level = 0; level < f->levels; level++)
			va |= (uint64_t)(5 - level) << (12 + f->vpn_shift[level]);
		for (uint8_t level = 0; level < f->levels; level++)
			assert_int_equal(tw_arch_pte_addr(&ctx, 0xfffffffffff, level, va),
					 0xfffffffffff000 + f->entry_bytes * (5u - level));
	}
}

static void an_index_takes_all_its_bits_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < TABLES; i++) {
		struct tw_ctx ctx = {.format = tables[i]};
		const struct tw_format_desc *f = tw_format_get(tables[i]);

		for (uint8_t level = 0; level < f->levels; level++) {
			unsigned int low = 12u + f->vpn_shift[level];
			uint64_t size = 4096 / f->entry_bytes, mask = (size - 1) << low;

			assert_int_equal(tw_arch_pte_addr(&ctx, 1, level, mask),
					 0x1000 + 4096 - f->entry_bytes);
			assert_int_equal(tw_arch_pte_addr(&ctx, 1, level, ~mask), 0x1000);
		}
	}
}

static void an_entry_of_4_bytes_is_half_a_word(void **state)
{
	struct tw_ctx sv32 = {.format = TW_FMT_SV32}, legacy = {.format = TW_FMT_X86_LEGACY},
		      sv39 = {.format = TW_FMT_SV39};
	uint64_t word = 0xfedcba9876543210;

	(void)state;
	assert_int_equal(tw_arch_entry(&sv32, 0x1000, word), 0x76543210);
	assert_int_equal(tw_arch_entry(&sv32, 0x1004, word), 0xfedcba98);
	assert_int_equal(tw_arch_entry(&legacy, 0xff8, word), 0x76543210);
	assert_int_equal(tw_arch_entry(&legacy, 0xffc, word), 0xfedcba98);
	assert_int_equal(tw_arch_entry(&sv39, 0xff8, word), word);
}

static void formats_of_32_bits_drop_the_upper_half_of_an_address(void **state)
{
	uint64_t va = 0x123456789abcdef0;

	(void)state;
	for (size_t i = 0; i < TABLES; i++) {
		struct tw_ctx ctx = {.format = tables[i]};
		struct tw_req req = {.va = va, .access = TW_LOAD, .priv = TW_PRIV_S};
		struct tw_resp resp;

		if (tw_format_get(tables[i])->va_bits != 32) {
			assert_int_equal(tw_arch_va(&ctx, va), va);
			continue;
		}
		assert_int_equal(tw_arch_va(&ctx, va), 0x9abcdef0);
		assert_true(tw_arch_canonical(&ctx, &req, &resp));
		tw_arch_resp_fault(&ctx, &req, TW_FAULT_PAGE, 0, &resp);
		assert_int_equal(resp.fault_va, 0x9abcdef0);
		req.priv = TW_PRIV_M;
		assert_true(tw_arch_direct(&ctx, &req, &resp));
		assert_int_equal(resp.pa, 0x9abcdef0);
	}
}

static void the_root_has_all_rights_and_the_highest_level(void **state)
{
	(void)state;
	for (size_t i = 0; i < TABLES; i++) {
		struct tw_ctx ctx = {.format = tables[i]};
		struct tw_walk_state ws;

		tw_arch_root(&ctx, &ws);
		assert_int_equal(ws.level, tw_format_get(tables[i])->levels - 1);
		assert_true(ws.w && ws.u && ws.x);
		assert_false(ws.g);
	}
}

static void canonical_addresses_end_at_the_sign_bit(void **state)
{
	(void)state;
	for (size_t i = 0; i < TABLES; i++) {
		const struct tw_format_desc *f = tw_format_get(tables[i]);
		struct tw_ctx ctx = {.format = tables[i]};
		uint64_t half = 1ULL << (f->va_bits - 1);
		bool x86 = strcmp(tw_format_family(f), "x86") == 0;
		const struct {
			uint64_t va;
			bool ok;
		} edges[] = {{0, true},		 {half - 1, true},	{half, false},
			     {2 * half, false},	 {0 - half - 1, false}, {0 - half, true},
			     {UINT64_MAX, true}, {1ULL << 63, false},	{half | half << 1, false}};

		if (f->va_bits == 32)
			continue;
		for (size_t e = 0; e < sizeof(edges) / sizeof(edges[0]); e++) {
			struct tw_req req = {
				.va = edges[e].va, .access = TW_LOAD, .priv = TW_PRIV_S};
			struct tw_resp resp = {0};

			assert_int_equal(tw_arch_canonical(&ctx, &req, &resp), edges[e].ok);
			if (edges[e].ok)
				continue;
			assert_int_equal(resp.fault, x86 ? TW_FAULT_CANON : TW_FAULT_PAGE);
			assert_int_equal(resp.cause, x86 ? 0 : 13);
			assert_int_equal(resp.fault_va, edges[e].va);
		}
	}
}

static void each_single_upper_bit_of_an_address_is_illegal(void **state)
{
	struct tw_ctx ctx = {.format = TW_FMT_SV39};
	struct tw_resp resp;

	(void)state;
	for (unsigned int bit = 38; bit < 64; bit++) {
		struct tw_req low = {.va = 1ULL << bit}, high = {.va = ~(1ULL << bit)};

		assert_false(tw_arch_canonical(&ctx, &low, &resp));
		assert_false(tw_arch_canonical(&ctx, &high, &resp));
	}
}

static void bare_and_machine_mode_are_direct(void **state)
{
	struct tw_ctx bare = {.format = TW_FMT_BARE}, sv39 = {.format = TW_FMT_SV39};
	struct tw_req req = {.va = 0x80001234, .access = TW_STORE, .priv = TW_PRIV_S};
	struct tw_resp resp;

	(void)state;
	assert_true(tw_arch_direct(&bare, &req, &resp));
	assert_int_equal(resp.pa, 0x80001234);
	assert_int_equal(resp.fault, TW_FAULT_NONE);
	assert_int_equal(resp.size, TW_SIZE_4K);
	assert_false(resp.global);
	assert_false(tw_arch_direct(&sv39, &req, &resp));
	req.priv = TW_PRIV_M;
	assert_true(tw_arch_direct(&sv39, &req, &resp));
	assert_int_equal(resp.pa, 0x80001234);
}

static void direct_addresses_beyond_56_bits_are_access_faults(void **state)
{
	static const unsigned int causes[] = {1, 5, 7, 7};
	struct tw_ctx ctx = {.format = TW_FMT_BARE};
	struct tw_resp resp;

	(void)state;
	for (unsigned int access = TW_FETCH; access <= TW_RMW; access++) {
		struct tw_req req = {
			.va = 1ULL << 56, .access = (uint8_t)access, .priv = TW_PRIV_S};

		assert_true(tw_arch_direct(&ctx, &req, &resp));
		assert_int_equal(resp.fault, TW_FAULT_ACCESS);
		assert_int_equal(resp.cause, causes[access]);
		assert_int_equal(resp.fault_va, 1ULL << 56);
		assert_int_equal(resp.pa, 0);
		req.va--;
		assert_true(tw_arch_direct(&ctx, &req, &resp));
		assert_int_equal(resp.fault, TW_FAULT_NONE);
		assert_int_equal(resp.pa, (1ULL << 56) - 1);
	}
}

static void page_faults_report_the_kind_of_access(void **state)
{
	static const unsigned int causes[] = {12, 13, 15, 15};
	struct tw_ctx ctx = {.format = TW_FMT_SV39};
	struct tw_resp resp;

	(void)state;
	for (unsigned int access = TW_FETCH; access <= TW_RMW; access++) {
		struct tw_req req = {.va = 0xabc, .access = (uint8_t)access, .priv = TW_PRIV_S};

		tw_arch_resp_fault(&ctx, &req, TW_FAULT_PAGE, 0, &resp);
		assert_int_equal(resp.cause, causes[access]);
		assert_int_equal(resp.fault_va, 0xabc);
	}
}

static void bus_errors_on_x86_report_w_u_and_i(void **state)
{
	struct tw_ctx ctx = {.format = TW_FMT_X86_LONG4, .flags = TW_F_NXE};
	struct tw_req req = {.access = TW_FETCH, .priv = TW_PRIV_U};
	struct tw_resp resp;

	(void)state;
	tw_arch_resp_fault(&ctx, &req, TW_FAULT_ACCESS, 0, &resp);
	assert_int_equal(resp.cause, TW_PF_U | TW_PF_I);
	req.access = TW_STORE;
	tw_arch_resp_fault(&ctx, &req, TW_FAULT_ACCESS, 0, &resp);
	assert_int_equal(resp.cause, TW_PF_U | TW_PF_W);
}

static void a_physical_address_takes_its_offset_from_the_va(void **state)
{
	static const struct {
		uint8_t size;
		unsigned int bits;
	} sizes[] = {{TW_SIZE_4K, 12}, {TW_SIZE_64K, 16},  {TW_SIZE_2M, 21},  {TW_SIZE_4M, 22},
		     {TW_SIZE_1G, 30}, {TW_SIZE_512G, 39}, {TW_SIZE_256T, 48}};
	struct tw_rights rights = {.g = true, .attr = 5};
	struct tw_req req = {.va = 0xfedcba9876543210};
	struct tw_resp resp;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t offset = (1ULL << sizes[i].bits) - 1;

		assert_int_equal(tw_size_log2_pages(sizes[i].size), sizes[i].bits - 12);
		// Low bits of the PPN must not shine through.
		tw_arch_resp_ok(&req, 0xfffffffffff, sizes[i].size, &rights, &resp);
		assert_int_equal(resp.pa, (0xffffffffffffff & ~offset) | (req.va & offset));
		assert_int_equal(resp.size, sizes[i].size);
		assert_int_equal(resp.attr, 5);
		assert_true(resp.global);
		assert_int_equal(resp.fault_va, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_this_version_lacks_have_no_descriptor),
		cmocka_unit_test(each_descriptor_is_consistent),
		cmocka_unit_test(entry_addresses_take_the_index_of_their_level),
		cmocka_unit_test(an_index_takes_all_its_bits_and_no_other),
		cmocka_unit_test(an_entry_of_4_bytes_is_half_a_word),
		cmocka_unit_test(formats_of_32_bits_drop_the_upper_half_of_an_address),
		cmocka_unit_test(the_root_has_all_rights_and_the_highest_level),
		cmocka_unit_test(canonical_addresses_end_at_the_sign_bit),
		cmocka_unit_test(each_single_upper_bit_of_an_address_is_illegal),
		cmocka_unit_test(bare_and_machine_mode_are_direct),
		cmocka_unit_test(direct_addresses_beyond_56_bits_are_access_faults),
		cmocka_unit_test(page_faults_report_the_kind_of_access),
		cmocka_unit_test(bus_errors_on_x86_report_w_u_and_i),
		cmocka_unit_test(a_physical_address_takes_its_offset_from_the_va),
	};

	return cmocka_run_group_tests_name("arch_format", tests, NULL, NULL);
}
