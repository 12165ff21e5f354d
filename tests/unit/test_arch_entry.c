// SPDX-License-Identifier: Apache-2.0
// The layouts of csim/arch/entry.h against the decoders: in every format, at every level, what a
// layout calls good is decoded as such, with any of the flags, and what it calls wrong never is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../csim/arch/entry.h"

enum { FORMATS = 16, ALL_FLAGS = 0xfff };

// One kind of entry.
struct kind {
	const struct tw_format_desc *format;
	unsigned int level;
	bool leaf;
	struct tw_entry_layout l;
};

// Calls CHECK for each kind of entry of each format that a walk reads. Returns how many there were.
static unsigned int each_kind(void (*check)(const struct kind *k))
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FORMATS; i++) {
		struct kind k = {.format = tw_format_get((enum tw_format)i)};

		for (k.level = 0; k.format && k.level < k.format->levels; k.level++) {
			for (unsigned int leaf = 0; leaf < 2; leaf++) {
				k.leaf = leaf;
				if (leaf ? !(k.format->leaf_levels >> k.level & 1) : !k.level)
					continue;
				tw_entry_layout(k.format, k.level, k.leaf, &k.l);
				check(&k);
				n++;
			}
		}
	}
	return n;
}

// Decodes for a supervisor that may do everything: with FLAGS, and those that the entry needs.
static struct tw_pte decode(const struct kind *k, uint64_t entry, uint32_t flags)
{
	const struct tw_req req = {.access = TW_LOAD, .priv = TW_PRIV_S, .sum = true, .mxr = true};
	const struct tw_ctx ctx = {.format = k->format->format,
				   .flags = flags | TW_F_ADUE | TW_F_GBPAGES | TW_F_PSE,
				   .maxphyaddr = 52};
	const struct tw_walk_state ws = {
		.level = (uint8_t)k->level, .w = true, .u = true, .x = true};
	struct tw_pte out = {0};

	tw_arch_decode(&ctx, &req, &ws, entry, &out);
	return out;
}

static uint64_t rights(const struct kind *k)
{
	return k->l.read | k->l.write | k->l.exec;
}

static uint64_t good(const struct kind *k)
{
	return k->l.fixed | rights(k);
}

static void is_good(const struct kind *k, uint64_t entry)
{
	for (uint32_t flags = 0; flags <= ALL_FLAGS; flags++) {
		struct tw_pte out = decode(k, entry, flags);

		if (out.kind != (k->leaf ? TW_PTE_LEAF : TW_PTE_POINTER))
			fail_msg("%s level %u: 0x%llx is no %s with flags 0x%x", k->format->name,
				 k->level, (unsigned long long)entry, k->leaf ? "leaf" : "pointer",
				 flags);
	}
}

static void check_good(const struct kind *k)
{
	is_good(k, good(k));
	is_good(k, good(k) | k->l.plain | k->l.user | k->l.global | k->l.accessed | k->l.dirty);
	for (unsigned int i = 0; i < 64; i++)
		is_good(k, good(k) | (k->l.plain & UINT64_C(1) << i));
}

static void good_entries_are_good_with_any_flags(void **state)
{
	(void)state;
	assert_int_equal(each_kind(check_good), 43);
}

static void check_wrong(const struct kind *k)
{
	for (unsigned int i = 0; i < 64; i++) {
		uint64_t bit = k->l.wrong & UINT64_C(1) << i;

		for (uint32_t flags = 0; bit && flags <= ALL_FLAGS; flags++)
			if (decode(k, good(k) | bit, flags).kind != TW_PTE_FAULT)
				fail_msg("%s level %u: bit %u does no harm with flags 0x%x",
					 k->format->name, k->level, i, flags);
	}
	assert_int_equal(decode(k, good(k) & ~k->l.present, 0).kind, TW_PTE_FAULT);
}

static void wrong_bits_are_wrong_with_any_flags(void **state)
{
	(void)state;
	each_kind(check_wrong);
}

// Each bit of an entry has one place in the layout.
static void check_all_bits(const struct kind *k)
{
	const struct tw_entry_layout *l = &k->l;
	const uint64_t part[] = {tw_entry_address(l, UINT64_MAX),
				 l->fixed,
				 l->read,
				 l->write,
				 l->exec,
				 l->no_exec,
				 l->user,
				 l->global,
				 l->accessed,
				 l->dirty,
				 l->plain,
				 l->extra,
				 l->wrong};
	uint64_t all = 0;
	uint64_t width = k->format->entry_bytes == 8 ? UINT64_MAX : UINT32_MAX;

	for (unsigned int i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		assert_int_equal(part[i] & all, 0);
		all |= part[i];
	}
	// Left over is what would make a pointer a leaf.
	if (k->leaf)
		assert_int_equal(all, width);
	else
		assert_int_equal(all & ~width, 0);
}

static void no_bit_has_two_meanings(void **state)
{
	(void)state;
	each_kind(check_all_bits);
}

static void check_address(const struct kind *k)
{
	unsigned int low = k->leaf ? k->format->vpn_shift[k->level] : 0;
	unsigned int bits = tw_entry_ppn_bits(&k->l);

	for (unsigned int i = 0; i < bits; i++) {
		uint64_t ppn = UINT64_C(1) << i;
		struct tw_pte out = decode(k, good(k) | tw_entry_address(&k->l, ppn), ALL_FLAGS);

		if (i < low)
			continue;
		assert_int_not_equal(out.kind, TW_PTE_FAULT);
		assert_int_equal(out.ppn, ppn);
	}
	assert_int_equal(tw_entry_address(&k->l, UINT64_C(1) << bits), 0);
}

static void page_numbers_lie_where_the_decoder_finds_them(void **state)
{
	(void)state;
	each_kind(check_address);
}

static unsigned int groups;

static void check_group(const struct kind *k)
{
	uint64_t entry = good(k) | tw_entry_address(&k->l, UINT64_C(0x123450));
	struct tw_pte out;

	if (!k->l.group)
		return;
	groups++;
	entry = (entry & ~k->l.group_mask) | k->l.group;
	out = decode(k, entry, TW_F_SVNAPOT);
	assert_int_equal(out.kind, TW_PTE_LEAF);
	assert_int_equal(out.size, TW_SIZE_64K);
	assert_int_equal(out.ppn, 0x123450);
}

static void groups_of_pages_are_decoded_as_such(void **state)
{
	(void)state;
	groups = 0;
	each_kind(check_group);
	assert_int_equal(groups, 3);
}

static int read64(void *user, uint64_t pa, uint64_t *value)
{
	*value = ((const uint64_t *)user)[pa / 8 % 4];
	return 0;
}

static void loaded_roots_take_good_entries_and_refuse_wrong_bits(void **state)
{
	uint64_t entry[4] = {0};
	const struct tw_mem mem = {.user = entry, .read64 = read64};
	unsigned int with_root = 0;

	(void)state;
	for (unsigned int i = 0; i < FORMATS; i++) {
		const struct tw_format_desc *f = tw_format_get((enum tw_format)i);
		struct tw_ctx ctx = {.format = (enum tw_format)i, .maxphyaddr = 52};
		struct tw_walk_state ws;
		struct tw_entry_layout l;
		uint64_t table;

		if (!f || !tw_entry_root_bits(f))
			continue;
		with_root++;
		assert_int_equal(1u << tw_entry_root_bits(f), 4);
		tw_entry_layout(f, f->levels, false, &l);
		for (unsigned int bit = 0; bit < 64; bit++) {
			uint64_t one = UINT64_C(1) << bit;

			entry[2] = l.fixed | one | tw_entry_address(&l, 0x5000);
			assert_int_equal(tw_arch_load_root(&ctx, &mem), l.wrong & one ? -22 : 0);
			if (!(l.wrong & one)) {
				assert_true(tw_arch_begin(&ctx, UINT64_C(2) << 30, &ws, &table));
				assert_int_equal(table, 0x5000 | (bit < 12 ? 0 : one >> 12));
			}
		}
		entry[2] = ~l.present;
		assert_int_equal(tw_arch_load_root(&ctx, &mem), 0);
		assert_false(tw_arch_begin(&ctx, UINT64_C(2) << 30, &ws, &table));
	}
	assert_int_equal(with_root, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_entries_are_good_with_any_flags),
		cmocka_unit_test(wrong_bits_are_wrong_with_any_flags),
		cmocka_unit_test(no_bit_has_two_meanings),
		cmocka_unit_test(page_numbers_lie_where_the_decoder_finds_them),
		cmocka_unit_test(groups_of_pages_are_decoded_as_such),
		cmocka_unit_test(loaded_roots_take_good_entries_and_refuse_wrong_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
