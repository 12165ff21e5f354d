// SPDX-License-Identifier: Apache-2.0
// The worked numbers of the teaching texts on virtual memory that concern radix tables, each
// recomputed with the architecture and the cycle model. Where a text rounds or errs, the exact
// number stands here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>

#include "twinwalk/arch.h"
#include "twinwalk/hw.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)
#define PIB (UINT64_C(1) << 50)

enum { ROOT_PPN = 0x80000, LEAF_PFN = 0x12345 };

static const struct tw_format_desc *format(const char *name)
{
	const struct tw_format_desc *f = tw_format_find(name);

	assert_non_null(f);
	return f;
}

// Bytes of address space below one entry of a table at LEVEL.
static uint64_t span(const struct tw_format_desc *f, unsigned int level)
{
	return UINT64_C(1) << (12 + f->vpn_shift[level]);
}

static unsigned int index_at(const struct tw_format_desc *f, unsigned int level, uint64_t va)
{
	struct tw_ctx ctx = {.format = f->format};

	return (unsigned int)(tw_arch_pte_addr(&ctx, 0, (uint8_t)level, va) / f->entry_bytes);
}

static bool legal(const struct tw_format_desc *f, uint64_t va)
{
	struct tw_ctx ctx = {.format = f->format};
	struct tw_req req = {.va = va};
	struct tw_resp resp;

	return tw_arch_canonical(&ctx, &req, &resp);
}

// How many addresses from VA on are legal, as far as one can go up.
static uint64_t legal_from(const struct tw_format_desc *f, uint64_t va)
{
	uint64_t n = 0;

	for (uint64_t step = UINT64_C(1) << 62; step; step >>= 1)
		if (legal(f, va + n + (step - 1)) && va + n + (step - 1) >= va)
			n += step;
	return n;
}

static void five_levels_of_nine_bits_and_twelve_make_57_bits(void **state)
{
	const struct tw_format_desc *f = format("long5");

	(void)state;
	assert_int_equal(f->levels, 5);
	for (unsigned int level = 0; level < 5; level++)
		assert_int_equal(f->vpn_shift[level + 1] - f->vpn_shift[level], 9);
	assert_int_equal(12 + f->vpn_shift[5], 57);
	assert_int_equal(f->va_bits, 57);
	// 9 and 12 bits: the page of a leaf one level up.
	assert_int_equal(f->size_of_level[1], TW_SIZE_2M);
	assert_int_equal(UINT64_C(4096) << tw_size_log2_pages(TW_SIZE_2M), 2097152);
}

static void halves_of_48_and_57_bits(void **state)
{
	const struct tw_format_desc *four = format("long4"), *five = format("long5");

	(void)state;
	assert_int_equal(legal_from(four, 0), 128 * TIB);
	assert_int_equal(UINT64_C(0) - 128 * TIB, UINT64_C(0xffff800000000000));
	assert_true(legal(four, UINT64_C(0) - 128 * TIB));
	assert_false(legal(four, UINT64_C(0) - 128 * TIB - 1));
	assert_int_equal(UINT64_C(1) << four->va_bits, 256 * TIB);
	assert_int_equal(legal_from(five, 0), 64 * PIB);
	assert_true(legal(five, UINT64_C(0) - 64 * PIB));
	assert_false(legal(five, UINT64_C(0) - 64 * PIB - 1));
	assert_int_equal(UINT64_C(1) << five->va_bits, 128 * PIB);
	assert_true(legal(five, UINT64_C(0x00ffffffffffffff)));
	assert_false(legal(five, UINT64_C(0x0100000000000000)));
}

static void an_address_is_four_indices_and_an_offset(void **state)
{
	const uint64_t va = UINT64_C(0x7fff12345678), pfn = 0x321;
	const struct tw_format_desc *f = format("long4");
	struct tw_rights rights = {0};
	struct tw_req req = {.va = va};
	struct tw_resp resp;

	(void)state;
	assert_int_equal(va >> 12, UINT64_C(0x7fff12345));
	assert_int_equal(index_at(f, 3, va), 255);
	assert_int_equal(index_at(f, 2, va), 508);
	assert_int_equal(index_at(f, 1, va), 145);
	assert_int_equal(index_at(f, 0, va), 325);
	tw_arch_resp_ok(&req, pfn, TW_SIZE_4K, &rights, &resp);
	assert_int_equal(resp.pa, pfn * 4096 + 0x678);
}

static void what_an_entry_of_four_level_paging_spans(void **state)
{
	const struct tw_format_desc *f = format("long4");

	(void)state;
	assert_int_equal(span(f, 3), 512 * GIB);
	assert_int_equal(span(f, 2), GIB);
	assert_int_equal(span(f, 1), 2 * MIB);
	assert_int_equal(span(f, 0), 4 * KIB);
	for (unsigned int level = 0; level < 4; level++)
		assert_int_equal(f->entry_bytes * (span(f, level + 1) / span(f, level)), 4 * KIB);
}

// --- Reads and cycles of a walk ------------------------------------------------------------------

static void put_entry(struct tw_pmem *pm, const struct tw_format_desc *f, uint64_t addr,
		      uint64_t entry)
{
	assert_int_equal(tw_pmem_write(pm, addr, &entry, f->entry_bytes), 0);
}

// Tables that lead VA to LEAF_PFN, one below the other from ROOT_PPN on; A and D are set.
static void map(struct tw_pmem *pm, const struct tw_format_desc *f, uint64_t va)
{
	struct tw_ctx ctx = {.format = f->format};
	bool riscv = tw_format_family(f)[0] == 'r';
	uint64_t table = ROOT_PPN;

	for (unsigned int level = f->levels - 1u; level > 0; level--, table++)
		put_entry(pm, f, tw_arch_pte_addr(&ctx, table, (uint8_t)level, va),
			  riscv ? (table + 1) << 10 | 0x01 : (table + 1) << 12 | 0x27);
	put_entry(pm, f, tw_arch_pte_addr(&ctx, table, 0, va),
		  riscv ? (uint64_t)LEAF_PFN << 10 | 0xdf : (uint64_t)LEAF_PFN << 12 | 0x67);
}

static struct tw_pmem *memory(void)
{
	struct tw_pmem *pm;

	assert_int_equal(tw_pmem_create(&pm), 0);
	assert_int_equal(tw_pmem_add_ram(pm, (uint64_t)ROOT_PPN << 12, (ROOT_PPN + 8ULL) << 12), 0);
	return pm;
}

static void a_miss_reads_as_many_entries_as_there_are_levels(void **state)
{
	static const struct {
		const char *format;
		unsigned int reads;
	} rows[] = {{"sv32", 2},  {"legacy", 2}, {"sv39", 3}, {"sv48", 4},
		    {"long4", 4}, {"sv57", 5},	 {"long5", 5}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tw_format_desc *f = format(rows[i].format);
		struct tw_ctx ctx = {.format = f->format, .root_ppn = ROOT_PPN, .maxphyaddr = 52};
		struct tw_req req = {.va = 0x12345678, .access = TW_LOAD, .priv = TW_PRIV_U};
		struct tw_pmem *pm = memory();
		struct tw_mem mem = tw_pmem_mem(pm);
		struct tw_walk walk;

		map(pm, f, req.va);
		assert_int_equal(tw_arch_walk(&ctx, &mem, &req, &walk), 0);
		assert_int_equal(walk.resp.fault, TW_FAULT_NONE);
		assert_int_equal(walk.resp.pa, LEAF_PFN * 4096ULL + 0x678);
		assert_int_equal(walk.reads, rows[i].reads);
		tw_pmem_destroy(pm);
	}
}

static uint64_t cycles(struct tw_hw *hw, unsigned int port)
{
	struct tw_req req = {.va = UINT64_C(0x7fff12345678),
			     .access = port == TW_PORT_FETCH ? TW_FETCH : TW_LOAD,
			     .priv = TW_PRIV_U};
	struct tw_hw_result r;

	assert_int_equal(tw_hw_access(hw, port, &req, &r), 0);
	assert_int_equal(r.resp.fault, TW_FAULT_NONE);
	return r.cycles;
}

static void a_hit_takes_1_cycle_and_a_cold_four_level_walk_four_reads_and_2(void **state)
{
	static const struct {
		uint32_t latency;
		uint64_t cycles;
	} rows[] = {{1, 10}, {5, 26}, {20, 86}, {23, 98}, {24, 102}};
	const struct tw_format_desc *f = format("long4");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tw_ctx ctx = {.format = f->format, .root_ppn = ROOT_PPN, .maxphyaddr = 52};
		struct tw_pmem *pm = memory();
		struct tw_hw_opts opts = {
			.config = tw_config_find("large"),
			.pmem = pm,
			.mem = {.latency_min = rows[i].latency, .latency_max = rows[i].latency}};
		struct tw_hw *hw;

		map(pm, f, UINT64_C(0x7fff12345678));
		assert_int_equal(tw_hw_csim_create(&opts, &hw), 0);
		assert_int_equal(tw_hw_set_ctx(hw, &ctx), 0);
		assert_int_equal(cycles(hw, TW_PORT_DATA), rows[i].cycles);
		assert_int_equal(rows[i].cycles, 4 * (rows[i].latency + 1) + 2);
		// Within the texts' 100 cycles as long as memory answers within 23.
		assert_int_equal(rows[i].cycles <= 100, rows[i].latency <= 23);
		assert_int_equal(cycles(hw, TW_PORT_DATA), 1);
		assert_int_equal(cycles(hw, TW_PORT_FETCH), 2); // from the L2
		assert_int_equal(cycles(hw, TW_PORT_FETCH), 1);
		tw_hw_destroy(hw);
		tw_pmem_destroy(pm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_levels_of_nine_bits_and_twelve_make_57_bits),
		cmocka_unit_test(halves_of_48_and_57_bits),
		cmocka_unit_test(an_address_is_four_indices_and_an_offset),
		cmocka_unit_test(what_an_entry_of_four_level_paging_spans),
		cmocka_unit_test(a_miss_reads_as_many_entries_as_there_are_levels),
		cmocka_unit_test(a_hit_takes_1_cycle_and_a_cold_four_level_walk_four_reads_and_2),
	};

	return cmocka_run_group_tests_name("worked_radix", tests, NULL, NULL);
}
