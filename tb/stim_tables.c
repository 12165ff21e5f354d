// SPDX-License-Identifier: Apache-2.0
// Random page tables; see stim_tables.h. Entry layouts: RISC-V privileged architecture, Sv39 with
// Svnapot and Svpbmt; Intel SDM volume 3, chapter 4, four-level paging.
#include "stim_tables.h"

#include <errno.h>
#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

// Tables lie at base page numbers and at those that differ from them in one bit, so that every bit
// of a PPN counts, alone: number 0 with every single bit, and all ones without one of 44 (the 56
// bits of RISC-V) or 40 bits (the 52 of x86).
static const uint8_t ppn_bits[TW_STIM_FORMATS] = {44, 40};

static const uint8_t levels_of[TW_STIM_FORMATS] = {3, 4};
static const uint8_t tables_of[TW_STIM_FORMATS][4] = {{16, 6, 3, 0}, {16, 6, 4, 2}};

// Indices in use, per format and level, before the twist of the present tables: neighbours, both
// halves of the address space, and pairs that share a set of the TLB.
struct index_set {
	uint8_t n;
	uint16_t index[22];
};
#define LAST_LEVEL                                                                                 \
	{                                                                                          \
		22,                                                                                \
		{                                                                                  \
			0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 31, 32, 63, 64, 128, 255, 256, 257, \
				384, 511                                                           \
		}                                                                                  \
	}
// Every single bit, so that two addresses may differ in that one alone.
#define UPPER_LEVEL                                                      \
	{                                                                \
		13,                                                      \
		{                                                        \
			0, 1, 2, 3, 4, 8, 16, 32, 64, 128, 255, 256, 511 \
		}                                                        \
	}
static const struct index_set used[TW_STIM_FORMATS][4] = {
	{
		LAST_LEVEL,
		UPPER_LEVEL,
		{18, {0, 1, 2, 3, 4, 8, 16, 32, 64, 128, 254, 255, 256, 257, 260, 384, 510, 511}},
		{0, {0}},
	},
	{
		LAST_LEVEL,
		UPPER_LEVEL,
		UPPER_LEVEL,
		UPPER_LEVEL,
	},
};

static uint64_t all_ones(unsigned int format)
{
	return BIT(ppn_bits[format]) - 1;
}

static int add_page(struct tw_stim_tables *t, uint64_t ppn)
{
	return tw_pmem_add_ram(t->pmem, ppn << 12, (ppn + 1) << 12);
}

static int add_pages(struct tw_stim_tables *t, uint64_t base, unsigned int bits)
{
	int err = add_page(t, base);

	for (unsigned int i = 0; !err && i < bits; i++)
		err = add_page(t, base ^ BIT(i));
	return err;
}

int tw_stim_tables_init(struct tw_stim_tables *t, struct tw_prng *rng)
{
	int err;

	memset(t, 0, sizeof(*t));
	t->rng = rng;
	err = tw_pmem_create(&t->pmem);
	if (err)
		return err;
	err = add_pages(t, 0, ppn_bits[TW_STIM_SV39]);
	for (unsigned int f = 0; !err && f < TW_STIM_FORMATS; f++)
		err = add_pages(t, all_ones(f), ppn_bits[f]);
	if (err) {
		tw_stim_tables_exit(t);
		return err;
	}
	for (unsigned int f = 0; f < TW_STIM_FORMATS; f++) {
		for (unsigned int level = 0; level < levels_of[f]; level++) {
			t->first[f][level] = (uint8_t)t->n;
			t->count[f][level] = tables_of[f][level];
			for (unsigned int i = 0; i < tables_of[f][level]; i++) {
				t->table[t->n].format = (uint8_t)f;
				t->table[t->n].level = (uint8_t)level;
				t->n++;
			}
		}
	}
	return 0;
}

// Gives the tables of a format other places, one of them, at any level, the base.
static void place(struct tw_stim_tables *t, unsigned int format, uint64_t base)
{
	unsigned int level = tw_prng_below(t->rng, levels_of[format]);
	unsigned int first = t->first[format][0], n = 0;
	unsigned int at_base =
		t->first[format][level] + tw_prng_below(t->rng, t->count[format][level]);
	uint8_t bit[64];

	for (unsigned int i = 0; i < ppn_bits[format]; i++) {
		unsigned int k = tw_prng_below(t->rng, i + 1);

		bit[i] = bit[k];
		bit[k] = (uint8_t)i;
	}
	for (unsigned int l = 0; l < levels_of[format]; l++)
		n += t->count[format][l];
	for (unsigned int i = 0; i < n; i++)
		t->table[first + i].ppn = first + i == at_base ? base : base ^ BIT(bit[i]);
}

// New places for all tables, and new indices and page numbers in use.
static void move(struct tw_stim_tables *t)
{
	unsigned int low = tw_prng_bits(t->rng, 1);

	for (unsigned int f = 0; f < TW_STIM_FORMATS; f++) {
		place(t, f, f == low ? 0 : all_ones(f));
		for (unsigned int level = 0; level < levels_of[f]; level++)
			t->twist[f][level] = (uint16_t)tw_prng_bits(t->rng, 9);
		t->leaf_bits[f] = ppn_bits[f];
		t->leaf_base[f] = tw_prng_u64(t->rng);
	}
	t->napot = tw_prng_bits(t->rng, 2) ? 100 : 500;
	// Below every MAXPHYADDR, or not.
	if (tw_prng_bits(t->rng, 1))
		t->leaf_bits[TW_STIM_LONG4] = 24;
}

void tw_stim_tables_exit(struct tw_stim_tables *t)
{
	tw_pmem_destroy(t->pmem);
	t->pmem = NULL;
}

static uint64_t any_table(struct tw_stim_tables *t, unsigned int format, unsigned int level)
{
	unsigned int i = t->first[format][level] + tw_prng_below(t->rng, t->count[format][level]);

	return t->table[i].ppn;
}

uint64_t tw_stim_tables_root(struct tw_stim_tables *t, unsigned int format)
{
	return any_table(t, format, levels_of[format] - 1u);
}

// A page number: small, any of 40 (x86) or 44 bits, or close to all ones.
static uint64_t any_ppn(struct tw_prng *r, unsigned int format)
{
	switch (tw_prng_bits(r, 2)) {
	case 0:
		return all_ones(format) - tw_prng_bits(r, 3);
	case 1:
		return tw_prng_bits(r, 24);
	default:
		return tw_prng_u64(r) & all_ones(format);
	}
}

// That of a leaf: any, or that of many leaves, or one that differs from it in one bit.
static uint64_t leaf_ppn(struct tw_stim_tables *t, unsigned int format, unsigned int level)
{
	uint64_t ppn = t->leaf_base[format];

	if (tw_prng_bits(t->rng, 1))
		ppn = any_ppn(t->rng, format);
	else if (tw_prng_bits(t->rng, 1))
		ppn ^= BIT(9 * level + tw_prng_below(t->rng, t->leaf_bits[format] - 9 * level));
	return ppn & (BIT(t->leaf_bits[format]) - 1) & ~(BIT(9 * level) - 1);
}

// One bit of LO..HI; the ends more often, because that is where a mask is wrong.
static uint64_t one_bit(struct tw_prng *r, unsigned int lo, unsigned int hi)
{
	switch (tw_prng_bits(r, 2)) {
	case 0:
		return BIT(lo);
	case 1:
		return BIT(hi);
	default:
		return BIT(lo + tw_prng_below(r, hi - lo + 1));
	}
}

static uint64_t sv39_pointer(struct tw_stim_tables *t, unsigned int level, bool flaw)
{
	struct tw_prng *r = t->rng;
	uint64_t pte = any_table(t, TW_STIM_SV39, level - 1) << 10 | 1;

	pte |= (uint64_t)tw_prng_bits(r, 2) << 8;
	if (tw_prng_chance(r, 60))
		pte |= BIT(5);
	if (!flaw)
		return pte;
	switch (tw_prng_bits(r, 3)) {
	case 0:
		return pte | one_bit(r, 4, 7); // U, G, A, D
	case 1:
		return pte | (tw_prng_bits(r, 1) ? one_bit(r, 54, 58) : one_bit(r, 59, 63));
	case 2:
		return pte | BIT(2); // W without R
	case 3:
		return pte & ~BIT(0);
	case 4:
		return any_ppn(r, TW_STIM_SV39) << 10 | 1; // most of it is no memory
	default:
		return pte | BIT(4 + 2 * tw_prng_bits(r, 1)) | BIT(5); // U or A, with G
	}
}

static uint64_t sv39_leaf(struct tw_stim_tables *t, unsigned int level, bool flaw)
{
	struct tw_prng *r = t->rng;
	uint64_t ppn = leaf_ppn(t, TW_STIM_SV39, level);
	uint64_t pte = 1;

	if (tw_prng_chance(r, 850)) {
		pte |= 7 << 1;
	} else {
		pte |= (uint64_t)tw_prng_bits(r, 3) << 1;
		if (!(pte & 0xe))
			pte |= BIT(1);
		if (!flaw && (pte & 6) == 4)
			pte |= BIT(1);
	}
	pte |= (uint64_t)tw_prng_chance(r, t->user) << 4 | (uint64_t)tw_prng_chance(r, 150) << 5 |
	       (uint64_t)tw_prng_chance(r, 920) << 6 | (uint64_t)tw_prng_chance(r, 750) << 7 |
	       (uint64_t)tw_prng_bits(r, 2) << 8;
	if (tw_prng_chance(r, 200))
		pte |= (uint64_t)tw_prng_below(r, 3) << 61;
	if (level == 0 && tw_prng_chance(r, t->napot)) {
		pte |= BIT(63);
		ppn = (ppn & ~UINT64_C(15)) | 8;
	}
	if (flaw) {
		switch (tw_prng_bits(r, 3)) {
		case 0:
			// Misaligned, or another NAPOT size.
			ppn ^= one_bit(r, 0, level ? 9 * level - 1 : 3);
			break;
		case 1:
			pte |= one_bit(r, 54, tw_prng_bits(r, 1) ? 58 : 60); // reserved, RSW 60:59
			break;
		case 2:
			pte |= BIT(61) | BIT(62);
			break;
		case 3:
			pte |= BIT(63);
			break;
		case 4:
			pte &= ~BIT(0);
			break;
		case 5:
			return tw_prng_u64(r);
		case 6:
			pte = (pte & ~UINT64_C(0xe)) | 4 | tw_prng_bits(r, 1) << 3; // W without R
			break;
		default:
			pte &= ~(BIT(6) | BIT(7));
			break;
		}
	}
	return pte | (ppn & (BIT(44) - 1)) << 10;
}

static uint64_t long4_entry(struct tw_stim_tables *t, unsigned int level, bool leaf, bool flaw)
{
	struct tw_prng *r = t->rng;
	uint64_t pte = 1;
	uint64_t ppn;

	pte |= (uint64_t)tw_prng_chance(r, leaf ? 900 : 980) << 1 |
	       (uint64_t)tw_prng_chance(r, leaf ? t->user : 980) << 2 |
	       (uint64_t)tw_prng_bits(r, 2) << 3 | (uint64_t)tw_prng_chance(r, 850) << 5 |
	       (uint64_t)tw_prng_chance(r, 700) << 6 | (uint64_t)tw_prng_chance(r, 150) << 8 |
	       (uint64_t)tw_prng_bits(r, 3) << 9 | (uint64_t)tw_prng_bits(r, 11) << 52 |
	       (uint64_t)tw_prng_chance(r, leaf ? 80 : 10) << 63;
	if (leaf) {
		ppn = leaf_ppn(t, TW_STIM_LONG4, level);
		if (level == 0)
			pte |= (uint64_t)tw_prng_bits(r, 1) << 7; // PAT
		else
			pte |= BIT(7) | (uint64_t)tw_prng_bits(r, 1) << 12; // PS, PAT
	} else {
		ppn = any_table(t, TW_STIM_LONG4, level - 1);
	}
	if (flaw) {
		switch (tw_prng_bits(r, 3)) {
		case 0:
			pte &= ~BIT(0);
			break;
		case 1:
			// Misaligned; or reserved, or no memory.
			ppn ^= leaf && level ? one_bit(r, 0, 9 * level - 1) : one_bit(r, 0, 39);
			break;
		case 2:
			if (level == 3)
				pte |= BIT(7); // PS is reserved here
			break;
		case 3:
			return tw_prng_u64(r);
		case 4:
			pte |= BIT(63);
			break;
		case 5:
			pte &= ~(BIT(5) | BIT(6));
			break;
		case 6:
			pte &= ~(BIT(1) | BIT(2));
			break;
		default:
			ppn |= one_bit(r, 24, 39); // physical address bits 36 to 51
			break;
		}
	}
	return pte | ppn << 12;
}

static uint64_t any_entry(struct tw_stim_tables *t, unsigned int format, unsigned int level)
{
	bool flaw = tw_prng_chance(t->rng, t->dirt);
	bool leaf =
		!level || (!(format == TW_STIM_LONG4 && level == 3) && tw_prng_chance(t->rng, 250));

	if (flaw && tw_prng_chance(t->rng, 100))
		return 0;
	if (format == TW_STIM_LONG4)
		return long4_entry(t, level, leaf, flaw);
	return leaf ? sv39_leaf(t, level, flaw) : sv39_pointer(t, level, flaw);
}

void tw_stim_tables_write(struct tw_stim_tables *t, uint64_t pa, uint64_t pte)
{
	uint64_t old;

	// Fails outside memory only; then nothing is to be written.
	if (tw_pmem_read64(t->pmem, pa, &old) || tw_pmem_write64(t->pmem, pa, pte))
		return;
	if (t->observer.write && old != pte)
		t->observer.write(t->observer.user, pa, old, pte);
}

// The K-th index in use at a level.
static uint64_t index_of(const struct tw_stim_tables *t, unsigned int format, unsigned int level,
			 unsigned int k)
{
	return used[format][level].index[k] ^ t->twist[format][level];
}

void tw_stim_tables_fill(struct tw_stim_tables *t, unsigned int dirt, unsigned int user)
{
	t->dirt = dirt;
	t->user = user;
	move(t);
	for (unsigned int i = 0; i < t->n; i++) {
		unsigned int format = t->table[i].format, level = t->table[i].level;

		for (unsigned int k = 0; k < used[format][level].n; k++)
			tw_stim_tables_write(
				t, t->table[i].ppn << 12 | index_of(t, format, level, k) << 3,
				any_entry(t, format, level));
	}
}

static uint64_t sign_extend(uint64_t va, unsigned int sign)
{
	uint64_t upper = ~(BIT(sign) - 1);

	return va >> sign & 1 ? va | upper : va & ~upper;
}

uint64_t tw_stim_tables_va(struct tw_stim_tables *t, unsigned int format)
{
	unsigned int levels = levels_of[format];
	unsigned int sign = 11 + 9 * levels;
	uint64_t va = 0;

	for (unsigned int level = 0; level < levels; level++) {
		unsigned int k = tw_prng_below(t->rng, used[format][level].n);

		va |= index_of(t, format, level, k) << (12 + 9 * level);
	}
	return sign_extend(va, sign);
}

uint64_t tw_stim_tables_neighbour(struct tw_stim_tables *t, unsigned int format, uint64_t va)
{
	unsigned int sign = 11 + 9u * levels_of[format];

	return sign_extend(va ^ BIT(12 + tw_prng_below(t->rng, sign - 11)), sign);
}

uint64_t tw_stim_tables_sibling(struct tw_stim_tables *t, unsigned int format, uint64_t va)
{
	unsigned int sign = 11 + 9u * levels_of[format], bit = tw_prng_bits(t->rng, 6);

	va ^= BIT(bit);
	return bit == sign ? sign_extend(va, sign) : va;
}

uint64_t tw_stim_tables_edge_va(struct tw_stim_tables *t, unsigned int format)
{
	struct tw_prng *r = t->rng;
	uint64_t va = tw_stim_tables_va(t, format);
	unsigned int sign = 11 + 9u * levels_of[format];

	switch (tw_prng_bits(r, 3)) {
	case 0:
		return va ^ BIT(sign + tw_prng_below(r, 64 - sign)); // one upper bit
	case 1:
		return BIT(sign) - 1; // last legal of the lower half, and the first illegal
	case 2:
		return BIT(sign);
	case 3:
		return ~(BIT(sign) - 1);
	case 4:
		return ~BIT(sign);
	case 5:
		return tw_prng_u64(r);
	case 6:
		return tw_prng_bits(r, 1) ? UINT64_MAX : BIT(56) - tw_prng_bits(r, 1);
	default:
		return va & (BIT(56) - 1); // an address as large as a physical one
	}
}

void tw_stim_tables_flip(struct tw_stim_tables *t, uint64_t pa)
{
	uint64_t old;

	if (!tw_pmem_read64(t->pmem, pa, &old))
		tw_stim_tables_write(t, pa, old ^ BIT(tw_prng_bits(t->rng, 6)));
}

void tw_stim_tables_edit_at(struct tw_stim_tables *t, uint64_t pa)
{
	uint64_t old;

	if (tw_pmem_read64(t->pmem, pa, &old))
		return;
	switch (tw_prng_bits(t->rng, 2)) {
	case 0:
		tw_stim_tables_flip(t, pa);
		return;
	case 1:
		tw_stim_tables_write(
			t, pa, old & ~UINT64_C(0xe0)); // A, D: bits 5, 6 of x86, 6, 7 of RISC-V
		return;
	default:
		for (unsigned int i = 0; i < t->n; i++)
			if (t->table[i].ppn == pa >> 12)
				tw_stim_tables_write(
					t, pa, any_entry(t, t->table[i].format, t->table[i].level));
		return;
	}
}

void tw_stim_tables_edit(struct tw_stim_tables *t)
{
	unsigned int i = tw_prng_below(t->rng, t->n);
	unsigned int format = t->table[i].format, level = t->table[i].level;
	unsigned int k = tw_prng_below(t->rng, used[format][level].n);

	tw_stim_tables_edit_at(t, t->table[i].ppn << 12 | index_of(t, format, level, k) << 3);
}
