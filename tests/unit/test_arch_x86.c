// SPDX-License-Identifier: Apache-2.0
// The x86 rules of one page-table entry: each rule by name, and all combinations of rights, control
// bits and accesses against a second formulation that follows the manual's text and shares nothing
// with csim/. Source: Intel SDM volume 3, 4.5 to 4.8.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>

#include "twinwalk/arch.h"

#define BIT(n) (UINT64_C(1) << (n))
#define XD     BIT(63)

enum { P = 1, RW = 2, US = 4, PWT = 8, PCD = 16, A = 32, D = 64, PS = 128, PAT4K = 128, G = 256 };
enum { PF_P = 1, PF_W = 2, PF_U = 4, PF_RSVD = 8, PF_I = 16, PF_PK = 32 };

struct given {
	uint32_t flags, pkru;
	uint8_t maxphyaddr, level;
	bool w, u, x; // above the entry
	struct tw_req req;
};

static struct tw_pte decode(const struct given *g, uint64_t pte)
{
	struct tw_ctx ctx = {.format = TW_FMT_X86_LONG4,
			     .flags = g->flags,
			     .pkru = g->pkru,
			     .maxphyaddr = g->maxphyaddr};
	struct tw_walk_state ws = {.level = g->level, .w = g->w, .u = g->u, .x = g->x};
	struct tw_pte out;

	tw_arch_decode(&ctx, &g->req, &ws, pte, &out);
	return out;
}

// A last-level entry, an access and the flags; all rights above.
static struct tw_pte decode_4k(uint32_t flags, unsigned int access, unsigned int priv, uint64_t pte)
{
	struct given g = {.flags = flags,
			  .maxphyaddr = 46,
			  .w = true,
			  .u = true,
			  .x = true,
			  .req = {.access = (uint8_t)access, .priv = (uint8_t)priv}};

	return decode(&g, pte);
}

static struct tw_pte decode_at(uint32_t flags, unsigned int level, uint64_t pte)
{
	struct given g = {.flags = flags,
			  .maxphyaddr = 46,
			  .level = (uint8_t)level,
			  .w = true,
			  .u = true,
			  .x = true,
			  .req = {.access = TW_LOAD, .priv = TW_PRIV_S}};

	return decode(&g, pte);
}

// --- The whole space of rights -------------------------------------------------------------------

struct expected {
	enum tw_pte_kind kind;
	unsigned int code;
	uint64_t update;
};

// 4.7: the error code's bits that say what the access was.
static unsigned int code_of_access(const struct given *g)
{
	unsigned int code = 0;

	if (g->req.access == TW_STORE || g->req.access == TW_RMW)
		code += PF_W;
	if (g->req.priv == TW_PRIV_U)
		code += PF_U;
	if (g->req.access == TW_FETCH && ((g->flags & TW_F_NXE) || (g->flags & TW_F_SMEP)))
		code += PF_I;
	return code;
}

// 4.6.2: the protection key of a user-mode address, for data accesses.
static bool key_forbids(const struct given *g, uint64_t pte, bool user_address)
{
	unsigned int key = (unsigned int)(pte >> 59) & 15;
	bool ad = g->pkru >> (2 * key) & 1, wd = g->pkru >> (2 * key + 1) & 1;
	bool write = g->req.access >= TW_STORE;

	if (!(g->flags & TW_F_PKE) || !user_address || g->req.access == TW_FETCH)
		return false;
	if (ad)
		return true;
	return wd && write && (g->req.priv == TW_PRIV_U || (g->flags & TW_F_WP));
}

// 4.6.1: access rights, one sentence of the manual after the other.
static bool rights_allow(const struct given *g, bool writable, bool user_address, bool executable)
{
	if (g->req.priv == TW_PRIV_U) {
		switch (g->req.access) {
		case TW_FETCH:
			return user_address && executable;
		case TW_LOAD:
			return user_address;
		default:
			return user_address && writable;
		}
	}
	switch (g->req.access) {
	case TW_FETCH:
		if (user_address && (g->flags & TW_F_SMEP))
			return false;
		return executable;
	case TW_LOAD:
		if (user_address && (g->flags & TW_F_SMAP))
			return g->req.sum;
		return true;
	default:
		if (user_address && (g->flags & TW_F_SMAP) && !g->req.sum)
			return false;
		return writable || !(g->flags & TW_F_WP);
	}
}

static bool reserved_bit_set(const struct given *g, uint64_t pte)
{
	for (unsigned int bit = g->maxphyaddr; bit <= 51; bit++)
		if (pte & BIT(bit))
			return true;
	if ((pte & XD) && !(g->flags & TW_F_NXE))
		return true;
	if (!(pte & PS))
		return false;
	if (g->level == 3 || (g->level == 2 && !(g->flags & TW_F_GBPAGES)))
		return true;
	for (unsigned int bit = 13; bit < 12 + 9U * g->level; bit++)
		if (pte & BIT(bit))
			return true;
	return false;
}

static struct expected manual(const struct given *g, uint64_t pte)
{
	struct expected e = {.kind = TW_PTE_FAULT, .update = pte, .code = code_of_access(g)};
	bool writable = g->w && (pte & RW), user_address = g->u && (pte & US);
	bool executable = g->x && !(pte & XD), pk;

	if (!(pte & P))
		return e;
	if (reserved_bit_set(g, pte)) {
		e.code += PF_P + PF_RSVD;
		return e;
	}
	if (g->level > 0 && !(pte & PS)) {
		e.kind = TW_PTE_POINTER;
		e.update = pte | A;
		e.code = 0;
		return e;
	}
	pk = key_forbids(g, pte, user_address);
	if (pk || !rights_allow(g, writable, user_address, executable)) {
		e.code += pk ? PF_P + PF_PK : PF_P;
		return e;
	}
	e.kind = TW_PTE_LEAF;
	e.update = pte | A | (g->req.access >= TW_STORE ? D : 0);
	e.code = 0;
	return e;
}

static void check_one(const struct given *g, uint64_t pte)
{
	struct expected e = manual(g, pte);
	struct tw_pte p = decode(g, pte);

	if (p.kind != e.kind || p.cause != e.code || p.update != e.update)
		print_error(
			"flags %x pkru %x max %u level %u w %d u %d x %d access %u priv %u ac %d "
			"pte %llx\n",
			g->flags, g->pkru, g->maxphyaddr, g->level, g->w, g->u, g->x, g->req.access,
			g->req.priv, g->req.sum, (unsigned long long)pte);
	assert_int_equal(p.kind, e.kind);
	assert_int_equal(p.cause, e.code);
	assert_int_equal(p.update, e.update);
	if (p.kind == TW_PTE_FAULT)
		return;
	// What is known below a pointer, or of a leaf, is the same combination.
	if (p.kind == TW_PTE_POINTER) {
		assert_int_equal(p.next.level, g->level - 1);
		assert_int_equal(p.next.w, g->w && (pte & RW));
		assert_int_equal(p.next.u, g->u && (pte & US));
		assert_int_equal(p.next.x, g->x && !(pte & XD));
	} else {
		assert_int_equal(p.rights.w, g->w && (pte & RW));
		assert_int_equal(p.rights.u, g->u && (pte & US));
		assert_int_equal(p.rights.x, g->x && !(pte & XD));
		assert_true(p.rights.r);
		assert_int_equal(p.rights.d, (e.update & D) != 0);
		assert_int_equal(p.rights.g, (pte & G) && (g->flags & TW_F_PGE));
	}
}

// Rights above and in the entry x all control bits x access x privilege x AC x key x level.
static void every_combination_of_rights_in_every_state(void **state)
{
	static const uint32_t flag_bits[] = {TW_F_WP,  TW_F_NXE, TW_F_SMEP,   TW_F_SMAP,
					     TW_F_PKE, TW_F_PGE, TW_F_GBPAGES};
	static const uint64_t others[] = {0, A, A | D, G, BIT(13), BIT(12), BIT(45), BIT(46)};

	(void)state;
	for (unsigned int f = 0; f < 128; f++)
		for (unsigned int s = 0; s < 4 * 2 * 2 * 8; s++)
			for (unsigned int e = 0; e < 32 * 8; e++)
				for (unsigned int level = 0; level < 4; level++) {
					// PKRU: AD for key 1, WD for key 2, both for key 3.
					struct given g = {
						.pkru = 1U << 2 | 2U << 4 | 3U << 6,
						.maxphyaddr = 46,
						.level = (uint8_t)level,
						.w = s & 16,
						.u = s & 32,
						.x = s & 64,
						.req = {.access = s & 3,
							.priv = s & 4 ? TW_PRIV_U : TW_PRIV_S,
							.sum = s & 8}};
					uint64_t pte = (e & 1 ? P : 0) | (e & 2 ? RW : 0) |
						       (e & 4 ? US : 0) | (e & 8 ? XD : 0) |
						       (e & 16 ? PS : 0) | others[e >> 5] |
						       (uint64_t)((e * 7 + s) & 3) << 59;

					for (unsigned int b = 0; b < 7; b++)
						if (f >> b & 1)
							g.flags |= flag_bits[b];
					check_one(&g, pte);
				}
}

// --- Rules by name -------------------------------------------------------------------------------

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
		cmocka_unit_test(every_combination_of_rights_in_every_state),
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
