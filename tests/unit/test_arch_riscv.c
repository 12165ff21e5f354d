// SPDX-License-Identifier: Apache-2.0
// The RISC-V rules of one page-table entry: each rule by name, and all low entry bits in all
// control states against a second formulation that follows the text of the manual step by step and
// shares nothing with csim/. Source: RISC-V privileged architecture, "Virtual Address Translation
// Process", Svnapot, Svpbmt, Svrsw60t59b, Svade, Svadu.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>

#include "twinwalk/arch.h"

#define BIT(n) (UINT64_C(1) << (n))

enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };
enum { LEAF = V | R | W | X | A | D, ALL_EXT = TW_F_SVNAPOT | TW_F_SVRSW | TW_F_PBMTE };

static struct tw_pte decode(uint32_t flags, unsigned int level, struct tw_req req, uint64_t pte)
{
	struct tw_ctx ctx = {.format = TW_FMT_SV57, .flags = flags};
	struct tw_walk_state ws = {.level = (uint8_t)level, .w = true, .u = true, .x = true};
	struct tw_pte out;

	tw_arch_decode(&ctx, &req, &ws, pte, &out);
	return out;
}

// A load of the supervisor with nothing special.
static struct tw_pte decode_load(uint32_t flags, unsigned int level, uint64_t pte)
{
	return decode(flags, level, (struct tw_req){.access = TW_LOAD, .priv = TW_PRIV_S}, pte);
}

static enum tw_pte_kind access_by(unsigned int access, unsigned int priv, uint64_t pte)
{
	struct tw_req req = {.access = (uint8_t)access, .priv = (uint8_t)priv};

	return decode(0, 0, req, pte).kind;
}

// --- The whole space of low bits -----------------------------------------------------------------

struct expected {
	enum tw_pte_kind kind;
	uint64_t ppn, update;
	unsigned int size, attr;
};

// The steps of the manual, in words rather than tables. LEVEL counts down to 0.
static struct expected manual(uint32_t flags, unsigned int level, const struct tw_req *req,
			      uint64_t pte)
{
	static const unsigned int sizes[] = {TW_SIZE_4K, TW_SIZE_2M, TW_SIZE_1G, TW_SIZE_512G,
					     TW_SIZE_256T};
	struct expected fault = {.kind = TW_PTE_FAULT, .update = pte}, e = fault;
	bool store = req->access == TW_STORE || req->access == TW_RMW;
	unsigned int pbmt = (unsigned int)(pte >> 61) & 3;
	uint64_t ppn = (pte << 10) >> 20;

	// Step 3: valid, legal, no reserved bit.
	if (!(pte & V) || ((pte & W) && !(pte & R)))
		return fault;
	for (unsigned int bit = 54; bit <= 58; bit++)
		if (pte & BIT(bit))
			return fault;
	if ((pte & (BIT(59) | BIT(60))) && !(flags & TW_F_SVRSW))
		return fault;
	if (pbmt == 3 || (pbmt != 0 && !(flags & TW_F_PBMTE)))
		return fault;
	if ((pte & BIT(63)) && !(flags & TW_F_SVNAPOT))
		return fault;
	// Step 4: a pointer, unless R or X is set.
	if (!(pte & R) && !(pte & X)) {
		if ((pte & A) || (pte & D) || (pte & U) || pbmt || (pte & BIT(63)) || level == 0)
			return fault;
		e.kind = TW_PTE_POINTER;
		e.ppn = ppn;
		return e;
	}
	// Step 5: the privilege, then the kind of access.
	if (req->priv == TW_PRIV_U && !(pte & U))
		return fault;
	if (req->priv == TW_PRIV_S && (pte & U) && req->access == TW_FETCH)
		return fault;
	if (req->priv == TW_PRIV_S && (pte & U) && !req->sum)
		return fault;
	if (req->access == TW_FETCH && !(pte & X))
		return fault;
	if (req->access == TW_LOAD && !(pte & R) && !(req->mxr && (pte & X)))
		return fault;
	if (store && !(pte & W))
		return fault;
	// Step 6: a superpage begins at a multiple of its size. Svnapot: 64 KB only.
	for (unsigned int bit = 0; bit < 9 * level; bit++)
		if (ppn & BIT(bit))
			return fault;
	e.size = sizes[level];
	if (pte & BIT(63)) {
		if (level != 0 || ppn % 16 != 8)
			return fault;
		ppn -= 8;
		e.size = TW_SIZE_64K;
	}
	// Step 7: accessed and dirty.
	if (!(pte & A) || (store && !(pte & D))) {
		if (!(flags & TW_F_ADUE))
			return fault;
		e.update = store ? pte | A | D : pte | A;
	}
	e.kind = TW_PTE_LEAF;
	e.ppn = ppn;
	e.attr = pbmt;
	return e;
}

static void check_one(uint32_t flags, unsigned int level, const struct tw_req *req, uint64_t pte)
{
	struct expected e = manual(flags, level, req, pte);
	struct tw_pte p = decode(flags, level, *req, pte);
	unsigned int cause = req->access == TW_FETCH ? 12 : req->access == TW_LOAD ? 13 : 15;

	if (p.kind != e.kind || p.update != e.update || p.ppn != e.ppn || p.size != e.size)
		print_error("flags %x level %u access %u priv %u sum %d mxr %d pte %llx\n", flags,
			    level, req->access, req->priv, req->sum, req->mxr,
			    (unsigned long long)pte);
	assert_int_equal(p.kind, e.kind);
	assert_int_equal(p.update, e.update);
	assert_int_equal(p.ppn, e.ppn);
	assert_int_equal(p.size, e.size);
	assert_int_equal(p.cause, e.kind == TW_PTE_FAULT ? cause : 0);
	if (p.kind == TW_PTE_POINTER) {
		assert_int_equal(p.next.level, level - 1);
		assert_int_equal(p.next.g, (pte & G) != 0);
	}
	if (p.kind != TW_PTE_LEAF)
		return;
	assert_int_equal(p.rights.r, (pte & R) != 0);
	assert_int_equal(p.rights.w, (pte & W) != 0);
	assert_int_equal(p.rights.x, (pte & X) != 0);
	assert_int_equal(p.rights.u, (pte & U) != 0);
	assert_int_equal(p.rights.g, (pte & G) != 0);
	assert_int_equal(p.rights.d, (e.update & D) != 0);
	assert_int_equal(p.rights.attr, e.attr);
	assert_int_equal(p.rights.pkey, 0);
}

// All 2^10 low bits x what the upper bits can be x access x privilege x SUM x MXR x ADUE x
// extensions x level.
static void every_low_entry_bit_in_every_state(void **state)
{
	static const uint64_t upper[] = {0,
					 BIT(54),
					 BIT(58),
					 BIT(59),
					 BIT(60),
					 BIT(61),
					 BIT(62),
					 BIT(61) | BIT(62),
					 BIT(63),
					 BIT(63) | BIT(13),
					 BIT(63) | BIT(13) | BIT(10),
					 BIT(10),
					 BIT(19),
					 BIT(28),
					 BIT(53)};
	static const uint32_t exts[] = {
		0, TW_F_SVNAPOT, TW_F_SVRSW, TW_F_PBMTE, TW_F_SVNAPOT | TW_F_PBMTE, ALL_EXT};

	(void)state;
	for (unsigned int u = 0; u < sizeof(upper) / sizeof(upper[0]); u++)
		for (unsigned int e = 0; e < sizeof(exts) / sizeof(exts[0]); e++)
			for (unsigned int level = 0; level < 3; level++)
				for (unsigned int s = 0; s < 64; s++)
					for (uint64_t low = 0; low < 1024; low++) {
						struct tw_req req = {.access = s & 3,
								     .priv = s & 4 ? TW_PRIV_S
										   : TW_PRIV_U,
								     .sum = s & 8,
								     .mxr = s & 16};
						uint32_t adue = s & 32 ? TW_F_ADUE : 0;

						check_one(exts[e] | adue, level, &req,
							  low | upper[u]);
					}
}

// --- Rules by name -------------------------------------------------------------------------------

static void an_invalid_entry_faults_whatever_else_it_says(void **state)
{
	(void)state;
	for (uint64_t low = 0; low < 1024; low += 2)
		assert_int_equal(decode_load(ALL_EXT | TW_F_ADUE, 1, low).kind, TW_PTE_FAULT);
}

static void writable_without_readable_faults_for_every_access(void **state)
{
	(void)state;
	for (unsigned int access = TW_FETCH; access <= TW_RMW; access++) {
		assert_int_equal(access_by(access, TW_PRIV_S, V | W | A | D), TW_PTE_FAULT);
		assert_int_equal(access_by(access, TW_PRIV_S, V | W | X | A | D), TW_PTE_FAULT);
	}
}

static void each_reserved_bit_faults_in_leaf_and_pointer(void **state)
{
	(void)state;
	for (unsigned int bit = 54; bit <= 58; bit++) {
		assert_int_equal(decode_load(ALL_EXT, 0, LEAF | BIT(bit)).kind, TW_PTE_FAULT);
		assert_int_equal(decode_load(ALL_EXT, 1, V | BIT(bit)).kind, TW_PTE_FAULT);
	}
}

static void bits_60_59_are_free_with_svrsw_only(void **state)
{
	(void)state;
	for (unsigned int bit = 59; bit <= 60; bit++) {
		assert_int_equal(decode_load(0, 0, LEAF | BIT(bit)).kind, TW_PTE_FAULT);
		assert_int_equal(decode_load(0, 1, V | BIT(bit)).kind, TW_PTE_FAULT);
		assert_int_equal(decode_load(TW_F_SVRSW, 0, LEAF | BIT(bit)).kind, TW_PTE_LEAF);
		assert_int_equal(decode_load(TW_F_SVRSW, 1, V | BIT(bit)).kind, TW_PTE_POINTER);
	}
}

static void software_bits_9_8_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(decode_load(0, 0, LEAF | BIT(8) | BIT(9)).kind, TW_PTE_LEAF);
	assert_int_equal(decode_load(0, 1, V | BIT(8) | BIT(9)).kind, TW_PTE_POINTER);
}

static void a_pointer_with_a_d_or_u_faults_in_both_update_modes(void **state)
{
	static const unsigned int bits[] = {A, D, U};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(decode_load(0, 1, V | bits[i]).kind, TW_PTE_FAULT);
		assert_int_equal(decode_load(TW_F_ADUE, 1, V | bits[i]).kind, TW_PTE_FAULT);
	}
}

static void a_pointer_with_n_or_pbmt_faults(void **state)
{
	(void)state;
	for (unsigned int bit = 61; bit <= 63; bit++)
		assert_int_equal(decode_load(ALL_EXT, 1, V | BIT(bit)).kind, TW_PTE_FAULT);
}

static void a_pointer_at_the_last_level_faults(void **state)
{
	(void)state;
	assert_int_equal(decode_load(0, 1, V).kind, TW_PTE_POINTER);
	assert_int_equal(decode_load(0, 0, V).kind, TW_PTE_FAULT);
}

static void a_global_pointer_makes_its_subtree_global(void **state)
{
	struct tw_ctx ctx = {.format = TW_FMT_SV39};
	struct tw_req req = {.access = TW_LOAD, .priv = TW_PRIV_S};
	struct tw_walk_state ws;
	struct tw_pte p;

	(void)state;
	tw_arch_root(&ctx, &ws);
	tw_arch_decode(&ctx, &req, &ws, V | G, &p);
	ws = p.next;
	tw_arch_decode(&ctx, &req, &ws, V, &p);
	ws = p.next;
	tw_arch_decode(&ctx, &req, &ws, LEAF, &p);
	assert_true(p.rights.g);
}

static void each_misaligning_bit_of_a_superpage_faults(void **state)
{
	(void)state;
	for (unsigned int level = 0; level < 5; level++)
		for (unsigned int bit = 0; bit < 44; bit++)
			assert_int_equal(decode_load(0, level, LEAF | BIT(10 + bit)).kind,
					 bit < 9 * level ? TW_PTE_FAULT : TW_PTE_LEAF);
}

static void svnapot_has_one_legal_encoding(void **state)
{
	(void)state;
	for (uint64_t low = 0; low < 16; low++) {
		struct tw_pte p =
			decode_load(TW_F_SVNAPOT, 0, LEAF | BIT(63) | (0x120 | low) << 10);

		assert_int_equal(p.kind, low == 8 ? TW_PTE_LEAF : TW_PTE_FAULT);
		if (low == 8) {
			assert_int_equal(p.ppn, 0x120);
			assert_int_equal(p.size, TW_SIZE_64K);
		}
	}
}

static void svnapot_faults_above_the_last_level(void **state)
{
	(void)state;
	for (unsigned int level = 1; level < 5; level++)
		assert_int_equal(decode_load(TW_F_SVNAPOT, level, LEAF | BIT(63)).kind,
				 TW_PTE_FAULT);
}

static void svpbmt_types_1_and_2_need_pbmte_and_3_never_passes(void **state)
{
	(void)state;
	for (uint64_t type = 1; type <= 3; type++) {
		struct tw_pte p = decode_load(TW_F_PBMTE, 0, LEAF | type << 61);

		assert_int_equal(decode_load(0, 0, LEAF | type << 61).kind, TW_PTE_FAULT);
		assert_int_equal(p.kind, type == 3 ? TW_PTE_FAULT : TW_PTE_LEAF);
		assert_int_equal(p.rights.attr, type == 3 ? 0 : type);
	}
}

static void user_mode_needs_a_user_page(void **state)
{
	(void)state;
	for (unsigned int access = TW_FETCH; access <= TW_RMW; access++) {
		assert_int_equal(access_by(access, TW_PRIV_U, LEAF), TW_PTE_FAULT);
		assert_int_equal(access_by(access, TW_PRIV_U, LEAF | U), TW_PTE_LEAF);
	}
}

static void sum_opens_user_pages_to_data_accesses_only(void **state)
{
	(void)state;
	for (unsigned int access = TW_FETCH; access <= TW_RMW; access++) {
		struct tw_req req = {.access = (uint8_t)access, .priv = TW_PRIV_S, .sum = true};

		assert_int_equal(access_by(access, TW_PRIV_S, LEAF | U), TW_PTE_FAULT);
		assert_int_equal(decode(0, 0, req, LEAF | U).kind,
				 access == TW_FETCH ? TW_PTE_FAULT : TW_PTE_LEAF);
	}
}

static void mxr_makes_executable_pages_readable_and_nothing_else(void **state)
{
	struct tw_req req = {.access = TW_LOAD, .priv = TW_PRIV_S, .mxr = true};

	(void)state;
	assert_int_equal(decode(0, 0, req, V | X | A | D).kind, TW_PTE_LEAF);
	assert_int_equal(access_by(TW_LOAD, TW_PRIV_S, V | X | A | D), TW_PTE_FAULT);
	req.access = TW_STORE;
	assert_int_equal(decode(0, 0, req, V | X | A | D).kind, TW_PTE_FAULT);
	req.access = TW_FETCH;
	assert_int_equal(decode(0, 0, req, V | R | A | D).kind, TW_PTE_FAULT);
}

static void svade_faults_on_a_missing_a_or_d_and_changes_nothing(void **state)
{
	struct tw_req store = {.access = TW_STORE, .priv = TW_PRIV_S};
	uint64_t no_a = LEAF & ~A, no_d = LEAF & ~D;

	(void)state;
	assert_int_equal(decode_load(0, 0, no_a).kind, TW_PTE_FAULT);
	assert_int_equal(decode_load(0, 0, no_a).update, no_a);
	assert_int_equal(decode_load(0, 0, no_d).kind, TW_PTE_LEAF);
	assert_int_equal(decode(0, 0, store, no_d).kind, TW_PTE_FAULT);
	assert_int_equal(decode(0, 0, store, no_d).update, no_d);
}

static void svadu_sets_d_for_stores_only_and_with_a_in_one_write(void **state)
{
	struct tw_req req = {.access = TW_STORE, .priv = TW_PRIV_S};
	uint64_t clean = LEAF & ~(A | D);

	(void)state;
	assert_int_equal(decode_load(TW_F_ADUE, 0, clean).update, clean | A);
	assert_false(decode_load(TW_F_ADUE, 0, clean).rights.d);
	req.access = TW_FETCH;
	assert_int_equal(decode(TW_F_ADUE, 0, req, clean).update, clean | A);
	req.access = TW_STORE;
	assert_int_equal(decode(TW_F_ADUE, 0, req, clean).update, clean | A | D);
	assert_true(decode(TW_F_ADUE, 0, req, clean).rights.d);
	req.access = TW_RMW;
	assert_int_equal(decode(TW_F_ADUE, 0, req, clean).update, clean | A | D);
}

static void svadu_changes_nothing_when_the_access_is_denied(void **state)
{
	struct tw_req req = {.access = TW_STORE, .priv = TW_PRIV_S};
	uint64_t read_only = V | R;

	(void)state;
	assert_int_equal(decode(TW_F_ADUE, 0, req, read_only).kind, TW_PTE_FAULT);
	assert_int_equal(decode(TW_F_ADUE, 0, req, read_only).update, read_only);
}

static void atomic_accesses_report_store_causes(void **state)
{
	struct tw_req req = {.access = TW_RMW, .priv = TW_PRIV_S};

	(void)state;
	assert_int_equal(decode(0, 0, req, V | R | A).cause, 15);
}

static void the_check_on_a_hit_depends_on_the_request(void **state)
{
	struct tw_ctx ctx = {.format = TW_FMT_SV39};
	struct tw_rights rights = {.r = true, .w = true, .u = true};
	struct tw_req req = {.access = TW_LOAD, .priv = TW_PRIV_S};

	(void)state;
	assert_false(tw_arch_allowed(&ctx, &req, &rights, NULL));
	req.sum = true;
	assert_true(tw_arch_allowed(&ctx, &req, &rights, NULL));
	req.access = TW_FETCH;
	assert_false(tw_arch_allowed(&ctx, &req, &rights, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_low_entry_bit_in_every_state),
		cmocka_unit_test(an_invalid_entry_faults_whatever_else_it_says),
		cmocka_unit_test(writable_without_readable_faults_for_every_access),
		cmocka_unit_test(each_reserved_bit_faults_in_leaf_and_pointer),
		cmocka_unit_test(bits_60_59_are_free_with_svrsw_only),
		cmocka_unit_test(software_bits_9_8_are_ignored),
		cmocka_unit_test(a_pointer_with_a_d_or_u_faults_in_both_update_modes),
		cmocka_unit_test(a_pointer_with_n_or_pbmt_faults),
		cmocka_unit_test(a_pointer_at_the_last_level_faults),
		cmocka_unit_test(a_global_pointer_makes_its_subtree_global),
		cmocka_unit_test(each_misaligning_bit_of_a_superpage_faults),
		cmocka_unit_test(svnapot_has_one_legal_encoding),
		cmocka_unit_test(svnapot_faults_above_the_last_level),
		cmocka_unit_test(svpbmt_types_1_and_2_need_pbmte_and_3_never_passes),
		cmocka_unit_test(user_mode_needs_a_user_page),
		cmocka_unit_test(sum_opens_user_pages_to_data_accesses_only),
		cmocka_unit_test(mxr_makes_executable_pages_readable_and_nothing_else),
		cmocka_unit_test(svade_faults_on_a_missing_a_or_d_and_changes_nothing),
		cmocka_unit_test(svadu_sets_d_for_stores_only_and_with_a_in_one_write),
		cmocka_unit_test(svadu_changes_nothing_when_the_access_is_denied),
		cmocka_unit_test(atomic_accesses_report_store_causes),
		cmocka_unit_test(the_check_on_a_hit_depends_on_the_request),
	};

	return cmocka_run_group_tests_name("arch_riscv", tests, NULL, NULL);
}
