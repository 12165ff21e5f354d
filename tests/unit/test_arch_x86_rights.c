// SPDX-License-Identifier: Apache-2.0
// The x86 scheme over all combinations of rights, control bits and accesses, against a second
// formulation that follows the manual's text and shares nothing with csim/. Source: Intel SDM
// volume 3, 4.5 to 4.8.
#include "x86_entry.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination_of_rights_in_every_state),
	};

	return cmocka_run_group_tests_name("arch_x86_rights", tests, NULL, NULL);
}
