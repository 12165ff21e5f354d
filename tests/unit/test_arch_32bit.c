// SPDX-License-Identifier: Apache-2.0
// The formats of 32-bit addresses: Sv32, x86 two-level paging with PSE and PSE-36, PAE. Each rule
// that the wider formats do not have, by name. Sources: RISC-V privileged architecture, "Sv32";
// Intel SDM volume 3, 4.3 and 4.4.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>

#include "twinwalk/arch.h"
#include "twinwalk/pmem.h"

#define BIT(n) (UINT64_C(1) << (n))

enum { P = 1, RW = 2, US = 4, A = 32, D = 64, PS = 128, PAT_LARGE = 1 << 12 };
enum { RV_V = 1, RV_R = 2, RV_W = 4, RV_A = 64, RV_D = 128 };

static struct tw_pte decode(enum tw_format format, uint32_t flags, uint8_t maxphyaddr,
			    uint8_t level, uint64_t entry)
{
	struct tw_ctx ctx = {
		.format = format, .flags = flags, .pkru = UINT32_MAX, .maxphyaddr = maxphyaddr};
	struct tw_req req = {.access = TW_LOAD, .priv = TW_PRIV_S};
	struct tw_walk_state ws = {.level = level, .w = true, .u = true, .x = true};
	struct tw_pte out;

	tw_arch_decode(&ctx, &req, &ws, entry, &out);
	return out;
}

static void reserved(enum tw_format format, uint32_t flags, uint8_t maxphyaddr, uint8_t level,
		     uint64_t entry)
{
	struct tw_pte pte = decode(format, flags, maxphyaddr, level, entry);

	assert_int_equal(pte.kind, TW_PTE_FAULT);
	assert_int_equal(pte.cause, TW_PF_P | TW_PF_RSVD);
	assert_int_equal(pte.update, entry);
}

// --- Two levels ----------------------------------------------------------------------------------

static void without_pse_the_bit_ps_of_a_directory_entry_is_ignored(void **state)
{
	(void)state;
	assert_int_equal(decode(TW_FMT_X86_LEGACY, 0, 40, 1, PS | P).kind, TW_PTE_POINTER);
	assert_int_equal(decode(TW_FMT_X86_LEGACY, TW_F_PSE, 40, 1, PS | P).kind, TW_PTE_LEAF);
}

static void pse36_gives_a_4_mb_page_eight_more_address_bits(void **state)
{
	struct tw_pte pte;

	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		pte = decode(TW_FMT_X86_LEGACY, TW_F_PSE, 40, 1, 0xffc00000 | BIT(13 + i) | PS | P);
		assert_int_equal(pte.kind, TW_PTE_LEAF);
		assert_int_equal(pte.size, TW_SIZE_4M);
		assert_int_equal(pte.ppn, 0xffc00 | BIT(20 + i));
	}
}

static void pse36_reserves_the_bits_beyond_maxphyaddr_and_bit_21(void **state)
{
	(void)state;
	for (uint8_t width = 36; width <= 52; width++) {
		unsigned int first = (width < 40 ? width : 40u) - 19;

		for (unsigned int bit = 13; bit <= 21; bit++) {
			if (bit >= first)
				reserved(TW_FMT_X86_LEGACY, TW_F_PSE, width, 1, BIT(bit) | PS | P);
			else
				assert_int_equal(decode(TW_FMT_X86_LEGACY, TW_F_PSE, width, 1,
							BIT(bit) | PS | P)
							 .kind,
						 TW_PTE_LEAF);
		}
	}
}

static void entries_of_4_kb_pages_and_pointers_have_no_reserved_bit(void **state)
{
	(void)state;
	for (unsigned int bit = 1; bit < 32; bit++) {
		assert_int_equal(decode(TW_FMT_X86_LEGACY, TW_F_PSE, 36, 0, BIT(bit) | P).kind,
				 TW_PTE_LEAF);
		if (BIT(bit) != PS)
			assert_int_equal(
				decode(TW_FMT_X86_LEGACY, TW_F_PSE, 36, 1, BIT(bit) | P).kind,
				TW_PTE_POINTER);
	}
}

static void a_large_leaf_has_pat_in_bit_12(void **state)
{
	(void)state;
	assert_int_equal(decode(TW_FMT_X86_LEGACY, TW_F_PSE, 40, 1, PAT_LARGE | PS | P).rights.attr,
			 4);
	assert_int_equal(decode(TW_FMT_X86_LEGACY, TW_F_PSE, 40, 0, PS | P).rights.attr, 4);
}

static void two_level_paging_knows_neither_nx_nor_keys(void **state)
{
	struct tw_ctx ctx = {.format = TW_FMT_X86_LEGACY, .flags = TW_F_NXE | TW_F_PKE};
	struct tw_req fetch = {.access = TW_FETCH, .priv = TW_PRIV_U};
	struct tw_pte pte = decode(TW_FMT_X86_LEGACY, TW_F_PKE, 40, 0, US | P);

	(void)state;
	assert_int_equal(pte.kind, TW_PTE_LEAF); // PKRU forbids every key
	assert_int_equal(pte.rights.pkey, 0);
	assert_int_equal(tw_arch_page_cause(&ctx, &fetch, 0), TW_PF_U);
	ctx.flags |= TW_F_SMEP;
	assert_int_equal(tw_arch_page_cause(&ctx, &fetch, 0), TW_PF_U | TW_PF_I);
}

// --- PAE -----------------------------------------------------------------------------------------

static void pae_reserves_bits_62_to_52_at_both_levels(void **state)
{
	(void)state;
	for (unsigned int bit = 52; bit <= 62; bit++) {
		reserved(TW_FMT_X86_PAE, TW_F_NXE, 52, 0, BIT(bit) | P);
		reserved(TW_FMT_X86_PAE, TW_F_NXE, 52, 1, BIT(bit) | P);
		reserved(TW_FMT_X86_PAE, TW_F_NXE, 52, 1, BIT(bit) | PS | P);
	}
}

static void pae_has_nx_but_no_keys(void **state)
{
	struct tw_ctx ctx = {.format = TW_FMT_X86_PAE, .flags = TW_F_NXE};
	struct tw_req fetch = {.access = TW_FETCH, .priv = TW_PRIV_S};

	(void)state;
	reserved(TW_FMT_X86_PAE, 0, 52, 0, BIT(63) | P);
	assert_false(decode(TW_FMT_X86_PAE, TW_F_NXE, 52, 0, BIT(63) | P).rights.x);
	assert_int_equal(tw_arch_page_cause(&ctx, &fetch, 0), TW_PF_I);
	assert_int_equal(decode(TW_FMT_X86_PAE, TW_F_PKE, 52, 0, US | P).kind, TW_PTE_LEAF);
}

static void pae_ignores_cr4_pse(void **state)
{
	struct tw_pte pte = decode(TW_FMT_X86_PAE, 0, 52, 1, 0x200000 | PS | P);

	(void)state;
	assert_int_equal(pte.kind, TW_PTE_LEAF);
	assert_int_equal(pte.size, TW_SIZE_2M);
	reserved(TW_FMT_X86_PAE, 0, 52, 1, BIT(13) | PS | P);
}

static int load(struct tw_pmem *pm, struct tw_ctx *ctx, const uint64_t entry[4])
{
	struct tw_mem mem = tw_pmem_mem(pm);

	*ctx = (struct tw_ctx){
		.format = TW_FMT_X86_PAE, .root_ppn = 0x12, .root_low = 0x3e0, .maxphyaddr = 40};
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(tw_pmem_write64(pm, 0x123e0 + 8 * i, entry[i]), 0);
	return tw_arch_load_root(ctx, &mem);
}

static void pdptes_are_read_when_the_root_is_loaded_and_not_later(void **state)
{
	const uint64_t entry[4] = {0x5000 | P, 0x6000, 0xfffffff000 | P, 0xe18 | P};
	struct tw_walk_state ws;
	struct tw_ctx ctx;
	uint64_t table;

	assert_int_equal(load(*state, &ctx, entry), 0);
	assert_int_equal(tw_pmem_write64(*state, 0x123e0, 0), 0);
	assert_true(tw_arch_begin(&ctx, 0x3fffffff, &ws, &table));
	assert_int_equal(table, 5);
	assert_int_equal(ws.level, 1);
	assert_false(tw_arch_begin(&ctx, 0x40000000, &ws, &table));
	assert_true(tw_arch_begin(&ctx, 0x80000000, &ws, &table));
	assert_int_equal(table, 0xfffffff);
	assert_true(tw_arch_begin(&ctx, 0xffffffff, &ws, &table));
	assert_int_equal(table, 0);
}

static void a_reserved_bit_of_a_present_pdpte_refuses_the_root(void **state)
{
	struct tw_ctx ctx;

	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int bit = 1; bit < 64; bit++) {
			bool bad = bit == 1 || bit == 2 || (bit >= 5 && bit <= 8) || bit >= 40;
			uint64_t entry[4] = {0};

			entry[i] = BIT(bit) | P;
			assert_int_equal(load(*state, &ctx, entry), bad ? -EINVAL : 0);
			assert_int_equal(ctx.pdpte[i], bad ? 0 : entry[i]);
			entry[i] = BIT(bit);
			assert_int_equal(load(*state, &ctx, entry), 0);
		}
	}
}

static void a_pdpte_that_does_not_answer_is_a_bus_error(void **state)
{
	struct tw_mem mem = tw_pmem_mem(*state);
	struct tw_ctx ctx = {.format = TW_FMT_X86_PAE, .root_ppn = 0x1ffffff, .maxphyaddr = 40};

	assert_int_equal(tw_arch_load_root(&ctx, &mem), -EIO);
}

static void an_absent_pdpte_is_a_page_fault_without_a_read(void **state)
{
	const uint64_t entry[4] = {0};
	struct tw_mem mem = tw_pmem_mem(*state);
	struct tw_req req = {.va = 0xc0001234, .access = TW_STORE, .priv = TW_PRIV_U};
	struct tw_walk walk;
	struct tw_ctx ctx;

	assert_int_equal(load(*state, &ctx, entry), 0);
	assert_int_equal(tw_arch_walk(&ctx, &mem, &req, &walk), 0);
	assert_int_equal(walk.resp.fault, TW_FAULT_PAGE);
	assert_int_equal(walk.resp.cause, TW_PF_W | TW_PF_U);
	assert_int_equal(walk.resp.fault_va, 0xc0001234);
	assert_int_equal(walk.reads, 0);
}

// --- Sv32 ----------------------------------------------------------------------------------------

static void sv32_has_34_physical_bits_and_4_mb_pages(void **state)
{
	struct tw_pte pte = decode(TW_FMT_SV32, 0, 0, 1, 0xfff00000 | RV_A | RV_R | RV_V);

	(void)state;
	assert_int_equal(pte.kind, TW_PTE_LEAF);
	assert_int_equal(pte.size, TW_SIZE_4M);
	assert_int_equal(pte.ppn, 0x3ffc00);
	pte = decode(TW_FMT_SV32, 0, 0, 1, 0xffffffff & ~0x3feu);
	assert_int_equal(pte.kind, TW_PTE_POINTER);
	assert_int_equal(pte.ppn, 0x3fffff);
}

static void sv32_superpages_are_aligned_to_ten_ppn_bits(void **state)
{
	(void)state;
	for (unsigned int bit = 10; bit < 32; bit++)
		assert_int_equal(decode(TW_FMT_SV32, 0, 0, 1, BIT(bit) | RV_A | RV_R | RV_V).kind,
				 bit < 20 ? TW_PTE_FAULT : TW_PTE_LEAF);
}

static void an_update_of_4_bytes_leaves_the_other_half_alone(void **state)
{
	struct tw_mem mem = tw_pmem_mem(*state);
	struct tw_ctx ctx = {.format = TW_FMT_SV32, .flags = TW_F_ADUE, .root_ppn = 0x12};
	const uint64_t leaf = 0x00400000 | RV_R | RV_W | RV_V;

	for (unsigned int half = 0; half < 2; half++) {
		struct tw_req req = {.va = half << 22, .access = TW_STORE, .priv = TW_PRIV_S};
		uint64_t other = UINT64_C(0xdeadbeef) << (half ? 0 : 32), word;
		struct tw_walk walk;

		assert_int_equal(tw_pmem_write64(*state, 0x12000, leaf << 32 * half | other), 0);
		assert_int_equal(tw_arch_walk(&ctx, &mem, &req, &walk), 0);
		assert_int_equal(walk.resp.fault, TW_FAULT_NONE);
		assert_int_equal(walk.update[0].addr, 0x12000 + 4 * half);
		assert_int_equal(walk.update[0].desired, leaf | RV_A | RV_D);
		assert_int_equal(tw_pmem_read64(*state, 0x12000, &word), 0);
		assert_int_equal(word, (leaf | RV_A | RV_D) << 32 * half | other);
	}
}

static int setup(void **state)
{
	struct tw_pmem *pm;

	if (tw_pmem_create(&pm) || tw_pmem_add_ram(pm, 0, 0x20000))
		return -1;
	*state = pm;
	return 0;
}

static int teardown(void **state)
{
	tw_pmem_destroy(*state);
	return 0;
}

#define WITH_MEMORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_pse_the_bit_ps_of_a_directory_entry_is_ignored),
		cmocka_unit_test(pse36_gives_a_4_mb_page_eight_more_address_bits),
		cmocka_unit_test(pse36_reserves_the_bits_beyond_maxphyaddr_and_bit_21),
		cmocka_unit_test(entries_of_4_kb_pages_and_pointers_have_no_reserved_bit),
		cmocka_unit_test(a_large_leaf_has_pat_in_bit_12),
		cmocka_unit_test(two_level_paging_knows_neither_nx_nor_keys),
		cmocka_unit_test(pae_reserves_bits_62_to_52_at_both_levels),
		cmocka_unit_test(pae_has_nx_but_no_keys),
		cmocka_unit_test(pae_ignores_cr4_pse),
		WITH_MEMORY(pdptes_are_read_when_the_root_is_loaded_and_not_later),
		WITH_MEMORY(a_reserved_bit_of_a_present_pdpte_refuses_the_root),
		WITH_MEMORY(a_pdpte_that_does_not_answer_is_a_bus_error),
		WITH_MEMORY(an_absent_pdpte_is_a_page_fault_without_a_read),
		cmocka_unit_test(sv32_has_34_physical_bits_and_4_mb_pages),
		cmocka_unit_test(sv32_superpages_are_aligned_to_ten_ppn_bits),
		WITH_MEMORY(an_update_of_4_bytes_leaves_the_other_half_alone),
	};

	return cmocka_run_group_tests_name("arch_32bit", tests, NULL, NULL);
}
