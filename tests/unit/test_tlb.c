// SPDX-License-Identifier: Apache-2.0
// The TLBs and the tree-PLRU against second formulations without any of the model's
// hints, masks and filters: a tree walked recursively, a page as a set of addresses, an array
// searched from the front (docs/contract.md section 6).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../csim/mmu_internal.h"
#include "twinwalk/prng.h"

static uint64_t rng_state;

static uint64_t rng(void)
{
	return tw_random(&rng_state);
}

static void seed_rng(void)
{
	const char *text = getenv("TW_SEED");

	rng_state = text ? strtoull(text, NULL, 0) : 1;
	print_message("seed %llu\n", (unsigned long long)rng_state);
}

// --- Tree-PLRU as a recursion over halves: node NODE decides between [lo, mid) and [mid, hi)
// ------

static unsigned int tree_victim(uint64_t bits, unsigned int node, unsigned int lo, unsigned int hi)
{
	unsigned int mid = (lo + hi) / 2;

	if (hi - lo == 1)
		return lo;
	return bits >> node & 1 ? tree_victim(bits, 2 * node + 2, mid, hi)
				: tree_victim(bits, 2 * node + 1, lo, mid);
}

static uint64_t tree_touch(uint64_t bits, unsigned int node, unsigned int lo, unsigned int hi,
			   unsigned int i)
{
	unsigned int mid = (lo + hi) / 2;

	if (hi - lo == 1)
		return bits;
	if (i < mid)
		return tree_touch(bits | UINT64_C(1) << node, 2 * node + 1, lo, mid, i);
	return tree_touch(bits & ~(UINT64_C(1) << node), 2 * node + 2, mid, hi, i);
}

static void plru_points_where_the_tree_points(void **state)
{
	(void)state;
	seed_rng();
	for (unsigned int n = 2; n <= 64; n *= 2) {
		struct plru_paths path;
		uint64_t bits = 0;

		plru_paths(&path, n);
		for (unsigned int k = 0; k < 2000; k++) {
			unsigned int i = (unsigned int)(rng() % n);

			assert_int_equal(plru_victim(bits, n), tree_victim(bits, 0, 0, n));
			assert_int_equal(plru_touch(bits, &path, i), tree_touch(bits, 0, 0, n, i));
			bits = plru_touch(bits, &path, i);
			assert_int_not_equal(plru_victim(bits, n), i);
		}
	}
}

static void plru_visits_every_entry_when_each_victim_is_touched(void **state)
{
	(void)state;
	for (unsigned int n = 2; n <= 64; n *= 2) {
		struct plru_paths path;
		uint64_t bits = 0, seen = 0;

		plru_paths(&path, n);
		for (unsigned int k = 0; k < n; k++) {
			unsigned int i = plru_victim(bits, n);

			seen |= UINT64_C(1) << i;
			bits = plru_touch(bits, &path, i);
		}
		assert_int_equal(seen, n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1);
	}
}

// --- A TLB as an array of pages ------------------------------------------------------------------

struct page {
	bool valid, global;
	uint64_t first, last; // VPNs
	uint16_t asid;
};

struct plain_tlb {
	unsigned int n;
	uint64_t plru;
	struct page e[TW_MAX_L1];
};

static struct page page_of(uint64_t vpn, unsigned int size, uint16_t asid, bool global)
{
	uint64_t pages = UINT64_C(1) << tw_size_log2_pages((uint8_t)size);
	struct page p = {true, global, vpn / pages * pages, 0, asid};

	p.last = p.first + pages - 1;
	return p;
}

static bool pages_overlap(const struct page *a, const struct page *b)
{
	return a->valid && a->first <= b->last && b->first <= a->last &&
	       (a->global || b->global || a->asid == b->asid);
}

static void plain_insert(struct plain_tlb *t, struct page new)
{
	int at = -1;

	for (unsigned int i = 0; i < t->n; i++)
		if (pages_overlap(&t->e[i], &new) && at < 0)
			at = (int)i;
	for (unsigned int i = 0; i < t->n && at < 0; i++)
		if (!t->e[i].valid)
			at = (int)i;
	if (at < 0)
		at = (int)tree_victim(t->plru, 0, 0, t->n);
	for (unsigned int i = 0; i < t->n; i++)
		t->e[i].valid &= !pages_overlap(&t->e[i], &new);
	t->e[at] = new;
	t->plru = tree_touch(t->plru, 0, 0, t->n, (unsigned int)at);
}

static void plain_invalidate(struct plain_tlb *t, const struct tlb_scope *s)
{
	for (unsigned int i = 0; i < t->n; i++) {
		struct page *p = &t->e[i];
		uint64_t vpn = s->va << 16 >> 28;
		bool here = !s->by_addr || (p->first <= vpn && vpn <= p->last);
		bool mine = p->global ? s->global : !s->by_asid || p->asid == s->asid;

		p->valid &= !(here && mine);
	}
}

static int plain_find(const struct plain_tlb *t, uint64_t vpn, uint16_t asid)
{
	int found = -1;

	for (unsigned int i = 0; i < t->n; i++) {
		const struct page *p = &t->e[i];

		if (!p->valid || vpn < p->first || vpn > p->last || (!p->global && p->asid != asid))
			continue;
		// Never two of them.
		assert_int_equal(found, -1);
		found = (int)i;
	}
	return found;
}

// The canonical address of a page.
static uint64_t address(uint64_t vpn)
{
	return (uint64_t)((int64_t)(vpn << 28) >> 16);
}

static uint64_t random_vpn(void)
{
	return (rng() % 2) << 35 | (rng() % 2) << 18 | (rng() % 2) << 9 | rng() % 12;
}

static unsigned int random_size(void)
{
	static const uint8_t sizes[] = {TW_SIZE_4K, TW_SIZE_4K,	 TW_SIZE_4K,
					TW_SIZE_4K, TW_SIZE_64K, TW_SIZE_2M,
					TW_SIZE_1G, TW_SIZE_4K,	 TW_SIZE_512G};

	return sizes[rng() % sizeof(sizes)];
}

static uint64_t plain_valid(const struct plain_tlb *t)
{
	uint64_t mask = 0;

	for (unsigned int i = 0; i < t->n; i++)
		mask |= (uint64_t)t->e[i].valid << i;
	return mask;
}

static struct tlb_entry entry_of(uint64_t vpn, unsigned int size, uint16_t asid, bool global)
{
	struct tw_rights rights = {.r = true, .g = global};
	struct tlb_entry e;

	tlb_entry_make(&e, address(vpn), asid, rng() & 0xffff, (uint8_t)size, &rights);
	return e;
}

static struct tlb_scope random_scope(void)
{
	return (struct tlb_scope){.va = address(random_vpn()),
				  .asid = (uint16_t)(rng() % 3),
				  .by_addr = rng() & 1,
				  .by_asid = rng() & 1,
				  .global = rng() & 1};
}

static void fully_associative_tlb_equals_an_array_of_pages(void **state)
{
	static struct tlb_fa t;
	static struct plain_tlb plain;
	unsigned int hits = 0;

	(void)state;
	seed_rng();
	for (unsigned int n = 2; n <= 64; n *= 2) {
		tw_tlb_fa_reset(&t, n);
		memset(&plain, 0, sizeof(plain));
		plain.n = n;
		for (unsigned int k = 0; k < 20000; k++) {
			uint64_t vpn = random_vpn();
			uint16_t asid = (uint16_t)(rng() % 3);
			unsigned int size = random_size();
			bool global = rng() % 8 == 0;
			struct tlb_entry e = entry_of(vpn, size, asid, global);
			struct tlb_scope s = random_scope();
			int i;

			switch (rng() % 32) {
			case 0:
				e = entry_of(vpn, TW_SIZE_4K, asid, false);
				tw_tlb_fa_kill(&t, &e);
				for (i = 0; i < (int)n; i++) {
					struct page p = page_of(vpn, TW_SIZE_4K, asid, false);

					plain.e[i].valid &= !pages_overlap(&plain.e[i], &p);
				}
				break;
			case 1:
				tw_tlb_fa_invalidate(&t, &s);
				plain_invalidate(&plain, &s);
				break;
			case 2:
			case 3:
			case 4:
			case 5:
				tw_tlb_fa_insert(&t, &e, t.plru, 1);
				plain_insert(&plain, page_of(vpn, size, asid, global));
				break;
			default:
				i = tlb_fa_find(&t, address(vpn), asid);
				assert_int_equal(i, plain_find(&plain, vpn, asid));
				if (i >= 0) {
					hits++;
					tlb_fa_touch(&t, (unsigned int)i);
					plain.plru =
						tree_touch(plain.plru, 0, 0, n, (unsigned int)i);
				}
				break;
			}
			assert_int_equal(t.valid, plain_valid(&plain));
			assert_int_equal(t.plru, plain.plru);
			assert_null(k % 16 ? NULL : tw_tlb_fa_check(&t));
		}
	}
	assert_true(hits > 10000);
}

static void set_associative_tlb_equals_arrays_of_pages(void **state)
{
	enum { SETS = 4, WAYS = 4 };
	static struct plain_tlb plain[SETS];
	struct tlb_sa t;
	unsigned int hits = 0;

	(void)state;
	seed_rng();
	memset(plain, 0, sizeof(plain));
	for (unsigned int i = 0; i < SETS; i++)
		plain[i].n = WAYS;
	assert_int_equal(tw_tlb_sa_init(&t, SETS, WAYS), 0);
	for (unsigned int k = 0; k < 100000; k++) {
		uint64_t vpn = random_vpn();
		uint16_t asid = (uint16_t)(rng() % 3);
		bool global = rng() % 8 == 0;
		struct tlb_entry e = entry_of(vpn, TW_SIZE_4K, asid, global);
		struct tlb_scope s = random_scope();
		unsigned int set = (unsigned int)(vpn % SETS);
		uint64_t before = plain_valid(&plain[set]), gone;

		switch (rng() % 16) {
		case 0:
			tw_tlb_sa_invalidate(&t, set, &s, k + 1);
			plain_invalidate(&plain[set], &s);
			gone = before & ~plain_valid(&plain[set]);
			assert_int_equal(t.inv_at == k + 1, gone != 0);
			assert_true(!gone || (t.inv_set == set && t.inv_mask == gone));
			break;
		case 1:
		case 2:
			tw_tlb_sa_insert(&t, &e, k + 1);
			plain_insert(&plain[set], page_of(vpn, TW_SIZE_4K, asid, global));
			gone = before & ~plain_valid(&plain[set]);
			assert_true(t.write_at == k + 1 && t.write_set == set);
			assert_true(t.valid[set] >> t.write_way & 1);
			assert_true(!gone || (t.inv_at == k + 1 && !(gone & ~t.inv_mask)));
			break;
		case 3:
			if (rng() % 16)
				break;
			tw_tlb_sa_clear(&t, s.global, k + 1);
			s.by_addr = s.by_asid = false;
			for (unsigned int i = 0; i < SETS; i++)
				plain_invalidate(&plain[i], &s);
			break;
		default:
			assert_int_equal(tw_tlb_sa_find(&t, address(vpn), asid),
					 plain_find(&plain[set], vpn, asid));
			hits += plain_find(&plain[set], vpn, asid) >= 0;
			break;
		}
		for (unsigned int i = 0; i < SETS; i++) {
			assert_int_equal(t.valid[i], plain_valid(&plain[i]));
			assert_int_equal(t.plru[i], plain[i].plru);
		}
		assert_null(tw_tlb_sa_check(&t));
	}
	assert_true(hits > 1000);
	tw_tlb_sa_free(&t);
}

// A search that found nothing is remembered; what comes after it must not be.
static void what_was_looked_for_in_vain_is_inserted_once(void **state)
{
	static struct tlb_fa fa;
	struct tlb_entry e = entry_of(0x123, TW_SIZE_4K, 7, false);
	struct tlb_sa sa;

	(void)state;
	tw_tlb_fa_reset(&fa, 4);
	tw_tlb_fa_insert(&fa, &(struct tlb_entry){.va = 0x1000, .mask = ~UINT64_C(4095)}, 0, 1);
	assert_int_equal(tlb_fa_find(&fa, 0x123000, 7), -1);
	tw_tlb_fa_insert(&fa, &e, fa.plru, 1);
	tw_tlb_fa_insert(&fa, &e, fa.plru, 2);
	assert_int_equal(fa.valid, 3);
	tw_tlb_fa_kill(&fa, &e);
	assert_int_equal(fa.valid, 1);

	assert_int_equal(tw_tlb_sa_init(&sa, 2, 4), 0);
	tw_tlb_sa_reset(&sa);
	assert_int_equal(tw_tlb_sa_find(&sa, 0x123000, 7), -1);
	tw_tlb_sa_insert(&sa, &e, 1);
	tw_tlb_sa_insert(&sa, &e, 2);
	assert_int_equal(sa.valid[1], 1);
	tw_tlb_sa_free(&sa);
}

static void fence_operands_are_cut_to_what_entries_hold(void **state)
{
	static const struct {
		unsigned int vpn;
		enum tw_format format;
		uint64_t va, want;
	} c[] = {
		{45, TW_FMT_SV57, UINT64_C(0xfe00000000001fff), UINT64_C(0x1000)},
		{45, TW_FMT_SV57, UINT64_C(0x0100000000001000), UINT64_C(0xff00000000001000)},
		{45, TW_FMT_SV39, UINT64_C(0x0000008000001000), UINT64_C(0x8000001000)},
		{45, TW_FMT_SV32, UINT64_C(0xffffffff80001000), UINT64_C(0x80001000)},
		{36, TW_FMT_X86_LONG4, UINT64_C(0x1234800000001000), UINT64_C(0xffff800000001000)},
		{27, TW_FMT_SV39, UINT64_C(0xabcdef4000001000), UINT64_C(0xffffffc000001000)},
		{20, TW_FMT_SV32, UINT64_C(0xffffffff80001000), UINT64_C(0x80001000)},
		{20, TW_FMT_BARE, UINT64_C(0xffffffff80001000), UINT64_C(0x80001000)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct tw_config cfg = *tw_config_find("compact");
		struct tw_mmu_in in = {.fence_va = c[i].va, .fence_asid = 0xffff};
		struct tw_mmu_in root = {.ctrl_valid = true, .ctrl_addr = TW_CTRL_ROOT};
		struct tlb_scope scope;
		struct ctrl ctrl;

		cfg.formats = c[i].format == TW_FMT_BARE ? 1u << TW_FMT_SV32 : 1u << c[i].format;
		root.ctrl_data = (uint64_t)c[i].format << 60;
		tw_ctrl_reset(&ctrl, &cfg);
		tw_ctrl_clock(&ctrl, &cfg, &root, false, NULL);
		tw_ctrl_clock(&ctrl, &cfg, &root, true, NULL);
		tw_fence_scope(&in, &ctrl, ((UINT64_C(1) << c[i].vpn) - 1) << 12, 0x1ff, &scope);
		assert_true(scope.va == c[i].want);
		assert_int_equal(scope.asid, 0x1ff);
	}
}

static void packed_entries_follow_the_contract(void **state)
{
	struct tw_rights r = {.w = true, .u = true, .g = true, .attr = 5, .pkey = 9};
	struct pwc_entry pe = {.va = UINT64_C(0x1fffffffffff000), .ppn = 1, .asid = 0x8001};
	const uint64_t vpn45 = ((UINT64_C(1) << 57) - 1) & ~UINT64_C(0xfff);
	const uint64_t vpn36 = ((UINT64_C(1) << 48) - 1) & ~UINT64_C(0xfff);
	struct tlb_entry e;
	uint64_t word[2];

	(void)state;
	tlb_entry_make(&e, UINT64_C(0xff45abcdef123000), 0xf00d, 0x123456789ab, TW_SIZE_4K, &r);
	tlb_entry_pack(&e, vpn45, word);
	// pkey 3:0, attr 6:4, D 7, U 8, X 9, W 10, R 11, global 12, size 15:13, PPN 59:16,
	// ASID 75:60, VPN 120:76.
	assert_int_equal(word[0], UINT64_C(0x9) | 5u << 4 | 1u << 8 | 1u << 10 | 1u << 12 |
					  UINT64_C(0x123456789ab) << 16 | UINT64_C(0xd) << 60);
	assert_int_equal(word[1], UINT64_C(0xf00) | UINT64_C(0x145abcdef123) << 12);
	// A narrower VPN leaves zeros above it.
	tlb_entry_pack(&e, vpn36, word);
	assert_int_equal(word[1], UINT64_C(0xf00) | UINT64_C(0xabcdef123) << 12);
	pe.ws = (struct tw_walk_state){.level = 2, .u = true};
	tw_pwc_entry_pack(&pe, vpn45, word);
	// W 0, U 1, X 2, G 3, level 6:4, PPN 50:7, ASID 66:51, VPN 111:67.
	assert_int_equal(word[0], UINT64_C(2) | 2u << 4 | 1u << 7 | UINT64_C(1) << 51);
	assert_int_equal(word[1], UINT64_C(4) | UINT64_C(0x1fffffffffff) << 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plru_points_where_the_tree_points),
		cmocka_unit_test(plru_visits_every_entry_when_each_victim_is_touched),
		cmocka_unit_test(fully_associative_tlb_equals_an_array_of_pages),
		cmocka_unit_test(set_associative_tlb_equals_arrays_of_pages),
		cmocka_unit_test(what_was_looked_for_in_vain_is_inserted_once),
		cmocka_unit_test(fence_operands_are_cut_to_what_entries_hold),
		cmocka_unit_test(packed_entries_follow_the_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
