// SPDX-License-Identifier: Apache-2.0
// Random page tables: where they lie and what is written to them; see stim_tables.h. The entries
// themselves are made in stim_entry.c.
#include "stim_tables.h"

#include <string.h>

#include "stim_entry.h"

#define BIT(n) (UINT64_C(1) << (n))

enum {
	PAGE_SHIFT = 12,
	FORMATS = 16,
	PPN_BITS = 44,
	// The ROOT register: above the page number the ASID, or what of the address of a root that
	// is loaded the page number lacks.
	ROOT_FIELD = 44,
	ROOT_ALIGN = 5,
};

// Tables of each level, from the last: fewer than the page numbers of the narrowest format have
// bits.
static const uint8_t tables_of[TW_STIM_LEVELS] = {14, 6, 3, 2, 2, 2};

// Indices in use, before the twist of the present tables: neighbours, both halves of the address
// space, and pairs that share a set of the TLB; at the upper levels every single bit, so that two
// addresses may differ in that one alone. Those that a level has no bits for are left out.
struct index_set {
	uint8_t n;
	uint16_t index[26];
};
static const struct index_set last_level = {26, {0,   1,   2,	3,   4,	  5,   6,   7,	 8,
						 15,  16,  17,	31,  32,  63,  64,  96,	 128,
						 255, 256, 257, 384, 511, 512, 767, 1023}};
static const struct index_set upper_level = {
	17, {0, 1, 2, 3, 4, 8, 16, 32, 64, 128, 254, 255, 256, 257, 511, 512, 1023}};

// How many of a set's indices, which ascend, a level of BITS has.
static unsigned int indices(const struct index_set *set, unsigned int bits)
{
	unsigned int n = set->n;

	while (set->index[n - 1] >> bits)
		n--;
	return n;
}

static const struct index_set *index_set(unsigned int level)
{
	return level ? &upper_level : &last_level;
}

static uint64_t all_ones(unsigned int bits)
{
	return BIT(bits) - 1;
}

static int add_pages(struct tw_stim_tables *t, uint64_t base, unsigned int bits)
{
	int err = tw_pmem_add_ram(t->pmem, base << PAGE_SHIFT, (base + 1) << PAGE_SHIFT);

	for (unsigned int i = 0; !err && i < bits; i++) {
		uint64_t page = base ^ BIT(i);

		err = tw_pmem_add_ram(t->pmem, page << PAGE_SHIFT, (page + 1) << PAGE_SHIFT);
	}
	return err;
}

// --- Spaces -------------------------------------------------------------------------------------

static const struct tw_format_desc *any_format(struct tw_stim_tables *t)
{
	const struct tw_format_desc *all[FORMATS];
	unsigned int n = 0;

	for (unsigned int i = 0; i < FORMATS; i++)
		if (t->formats >> i & 1)
			all[n++] = tw_format_get((enum tw_format)i);
	return all[tw_prng_below(t->rng, n)];
}

// What follows from a format.
static void describe(const struct tw_format_desc *f, struct tw_stim_space *s)
{
	unsigned int widest = 0;

	s->format = f;
	s->levels = tw_entry_root_bits(f) ? f->levels + 1u : f->levels;
	for (unsigned int level = 0; level < f->levels; level++) {
		s->index_bits[level] = (uint8_t)(f->vpn_shift[level + 1] - f->vpn_shift[level]);
		tw_entry_layout(f, level, false, &s->pointer[level]);
		tw_entry_layout(f, level, true, &s->leaf[level]);
		if (f->leaf_levels >> level & 1 && tw_entry_ppn_bits(&s->leaf[level]) > widest)
			widest = tw_entry_ppn_bits(&s->leaf[level]);
	}
	if (s->levels > f->levels) {
		s->index_bits[f->levels] = (uint8_t)tw_entry_root_bits(f);
		tw_entry_layout(f, f->levels, false, &s->pointer[f->levels]);
	}
	// A table lies where the entries above can point to; a root where the register can.
	for (unsigned int level = 0; level + 1 < s->levels; level++)
		s->ppn_bits[level] = (uint8_t)tw_entry_ppn_bits(&s->pointer[level + 1]);
	s->ppn_bits[s->levels - 1] = (uint8_t)widest;
	s->leaf_bits = (uint8_t)widest;
}

// Gives the tables of a space their places: a base, page number 0 or all ones, and those that
// differ from it in one bit, each table in another, so that every bit of a PPN counts, alone. One
// table, at any level, has the base. A root that is loaded lies anywhere in its page.
static void place(struct tw_stim_tables *t, struct tw_stim_space *s, bool ones)
{
	unsigned int level = tw_prng_below(t->rng, s->levels);
	unsigned int at_base = s->first[level] + tw_prng_below(t->rng, s->count[level]);
	uint8_t bit[PPN_BITS];
	uint64_t taken = 0;

	for (unsigned int i = 0; i < PPN_BITS; i++) {
		unsigned int k = tw_prng_below(t->rng, i + 1);

		bit[i] = bit[k];
		bit[k] = (uint8_t)i;
	}
	// From the last level on: its tables have the narrowest numbers.
	for (unsigned int l = 0; l < s->levels; l++) {
		uint64_t base = ones ? all_ones(s->ppn_bits[l]) : 0;

		for (unsigned int at = s->first[l]; at < s->first[l] + s->count[l]; at++) {
			unsigned int i = 0;

			while (bit[i] >= s->ppn_bits[l] || taken >> bit[i] & 1)
				i++;
			taken |= BIT(bit[i]);
			t->table[at].pa = (at == at_base ? base : base ^ BIT(bit[i])) << PAGE_SHIFT;
			if (l == s->format->levels)
				t->table[at].pa |= (uint64_t)tw_prng_bits(t->rng, 7) << ROOT_ALIGN;
		}
	}
}

// Other formats, new places for all tables, new indices and page numbers in use.
static void move(struct tw_stim_tables *t)
{
	unsigned int low = tw_prng_bits(t->rng, 1);

	t->n = 0;
	for (unsigned int i = 0; i < TW_STIM_SPACES; i++) {
		struct tw_stim_space *s = &t->space[i];

		memset(s, 0, sizeof(*s));
		describe(any_format(t), s);
		for (unsigned int level = 0; level < s->levels; level++) {
			s->first[level] = (uint8_t)t->n;
			s->count[level] = tables_of[level];
			s->twist[level] = (uint16_t)tw_prng_bits(t->rng, s->index_bits[level]);
			for (unsigned int k = 0; k < s->count[level]; k++, t->n++) {
				t->table[t->n].space = (uint8_t)i;
				t->table[t->n].level = (uint8_t)level;
			}
		}
		place(t, s, i != low);
		s->leaf_base = tw_prng_u64(t->rng);
		// Now and then below every MAXPHYADDR.
		if (s->leaf_bits > 24 && !tw_prng_bits(t->rng, 2))
			s->leaf_bits = 24;
	}
	t->group = tw_prng_bits(t->rng, 2) ? 100 : 500;
}

int tw_stim_tables_init(struct tw_stim_tables *t, const struct tw_config *config,
			struct tw_prng *rng)
{
	int err;

	memset(t, 0, sizeof(*t));
	t->rng = rng;
	t->formats = config->formats;
	err = tw_pmem_create(&t->pmem);
	if (err)
		return err;
	err = add_pages(t, 0, PPN_BITS);
	for (unsigned int i = 0; !err && i < FORMATS; i++) {
		struct tw_stim_space s = {0};

		if (!(t->formats >> i & 1))
			continue;
		describe(tw_format_get((enum tw_format)i), &s);
		for (unsigned int l = 0; !err && l < s.levels; l++)
			err = add_pages(t, all_ones(s.ppn_bits[l]), s.ppn_bits[l]);
	}
	if (err)
		tw_stim_tables_exit(t);
	return err;
}

void tw_stim_tables_exit(struct tw_stim_tables *t)
{
	tw_pmem_destroy(t->pmem);
	t->pmem = NULL;
}

// --- Roots ---------------------------------------------------------------------------------------

uint64_t tw_stim_tables_any(struct tw_stim_tables *t, unsigned int space, unsigned int level)
{
	const struct tw_stim_space *s = &t->space[space];

	return t->table[s->first[level] + tw_prng_below(t->rng, s->count[level])].pa;
}

uint64_t tw_stim_tables_root(struct tw_stim_tables *t, unsigned int space)
{
	return tw_stim_tables_any(t, space, t->space[space].levels - 1);
}

uint64_t tw_stim_tables_root_reg(const struct tw_format_desc *format, uint64_t root, uint16_t asid)
{
	uint64_t above = tw_entry_root_bits(format) ? root >> ROOT_ALIGN & 127 : asid;

	return (uint64_t)format->format << 60 | above << ROOT_FIELD | root >> PAGE_SHIFT;
}

int tw_stim_tables_space(const struct tw_stim_tables *t, unsigned int format, uint64_t root_ppn)
{
	int found = -1;

	for (unsigned int i = 0; i < TW_STIM_SPACES; i++) {
		const struct tw_stim_space *s = &t->space[i];
		unsigned int top = s->levels - 1;

		if ((unsigned int)s->format->format != format)
			continue;
		found = (int)i;
		for (unsigned int k = 0; k < s->count[top]; k++)
			if (t->table[s->first[top] + k].pa >> PAGE_SHIFT == root_ppn)
				return (int)i;
	}
	return found;
}

// --- Writes --------------------------------------------------------------------------------------

void tw_stim_tables_write(struct tw_stim_tables *t, uint64_t pa, unsigned int bytes, uint64_t value)
{
	uint64_t word = pa & ~UINT64_C(7), old;

	// Fails outside memory only; then nothing is to be written.
	if (tw_pmem_read64(t->pmem, word, &old))
		return;
	if (bytes == 4)
		value = pa & 4 ? (old & UINT32_MAX) | value << 32
			       : (old & ~(uint64_t)UINT32_MAX) | (uint32_t)value;
	if (tw_pmem_write64(t->pmem, word, value))
		return;
	if (t->observer.write && old != value)
		t->observer.write(t->observer.user, word, old, value);
}

// The K-th index in use at a level.
static uint64_t index_of(const struct tw_stim_space *s, unsigned int level, unsigned int k)
{
	return index_set(level)->index[k] ^ s->twist[level];
}

static unsigned int used(const struct tw_stim_space *s, unsigned int level)
{
	return indices(index_set(level), s->index_bits[level]);
}

// Writes the K-th entry in use of a table anew.
static void write_any(struct tw_stim_tables *t, unsigned int table, unsigned int k)
{
	unsigned int space = t->table[table].space, level = t->table[table].level;
	const struct tw_stim_space *s = &t->space[space];
	unsigned int bytes = s->format->entry_bytes;

	tw_stim_tables_write(t, t->table[table].pa + index_of(s, level, k) * bytes, bytes,
			     tw_stim_entry_any(t, space, level));
}

void tw_stim_tables_fill(struct tw_stim_tables *t, unsigned int dirt, unsigned int user)
{
	t->dirt = dirt;
	t->user = user;
	move(t);
	for (unsigned int i = 0; i < t->n; i++) {
		unsigned int n = used(&t->space[t->table[i].space], t->table[i].level);

		for (unsigned int k = 0; k < n; k++)
			write_any(t, i, k);
	}
}

// --- Addresses -----------------------------------------------------------------------------------

// Formats of 32 bits have no sign: the upper half is ignored, so it is anything.
static bool has_sign(const struct tw_format_desc *f)
{
	return f->va_bits > 32;
}

static uint64_t extend(struct tw_stim_tables *t, const struct tw_format_desc *f, uint64_t va)
{
	uint64_t upper = ~(BIT(f->va_bits) - 1);

	if (!has_sign(f))
		return (va & ~upper) | (tw_prng_bits(t->rng, 1) ? tw_prng_u64(t->rng) & upper : 0);
	return va >> (f->va_bits - 1) & 1 ? va | upper : va & ~upper;
}

uint64_t tw_stim_tables_va(struct tw_stim_tables *t, unsigned int space)
{
	const struct tw_stim_space *s = &t->space[space];
	uint64_t va = 0;

	for (unsigned int level = 0; level < s->levels; level++)
		va |= index_of(s, level, tw_prng_below(t->rng, used(s, level)))
		      << (PAGE_SHIFT + s->format->vpn_shift[level]);
	return extend(t, s->format, va);
}

uint64_t tw_stim_tables_neighbour(struct tw_stim_tables *t, unsigned int space, uint64_t va)
{
	const struct tw_format_desc *f = t->space[space].format;

	va ^= BIT(PAGE_SHIFT + tw_prng_below(t->rng, f->va_bits - PAGE_SHIFT));
	return has_sign(f) ? extend(t, f, va) : va;
}

uint64_t tw_stim_tables_sibling(struct tw_stim_tables *t, unsigned int space, uint64_t va)
{
	const struct tw_format_desc *f = t->space[space].format;
	unsigned int bit = tw_prng_bits(t->rng, 6);

	va ^= BIT(bit);
	// Of the sign alone, an illegal one too.
	return has_sign(f) && bit == f->va_bits - 1u && tw_prng_bits(t->rng, 1) ? extend(t, f, va)
										: va;
}

uint64_t tw_stim_tables_edge_va(struct tw_stim_tables *t, unsigned int space)
{
	struct tw_prng *r = t->rng;
	uint64_t va = tw_stim_tables_va(t, space);
	unsigned int sign = t->space[space].format->va_bits - 1u;

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

uint64_t tw_stim_tables_entry(const struct tw_format_desc *f, uint64_t pa, unsigned int level,
			      uint64_t va)
{
	unsigned int low = f->vpn_shift[level];
	unsigned int bits =
		level < f->levels ? f->vpn_shift[level + 1] - low : tw_entry_root_bits(f);

	return pa + (va >> (PAGE_SHIFT + low) & (BIT(bits) - 1)) * f->entry_bytes;
}

// --- Edits ---------------------------------------------------------------------------------------

void tw_stim_tables_flip(struct tw_stim_tables *t, uint64_t pa)
{
	uint64_t old;

	if (!tw_pmem_read64(t->pmem, pa & ~UINT64_C(7), &old))
		tw_stim_tables_write(t, pa & ~UINT64_C(7), 8, old ^ BIT(tw_prng_bits(t->rng, 6)));
}

// The table that the word at PA belongs to; -1: none.
static int table_at(const struct tw_stim_tables *t, uint64_t pa)
{
	for (unsigned int i = 0; i < t->n; i++)
		if (t->table[i].pa >> PAGE_SHIFT == pa >> PAGE_SHIFT)
			return (int)i;
	return -1;
}

// Takes A and D away.
static void age(struct tw_stim_tables *t, uint64_t pa, unsigned int bytes, unsigned int space,
		unsigned int level)
{
	const struct tw_stim_space *s = &t->space[space];
	uint64_t bits = s->leaf[level].accessed | s->leaf[level].dirty | s->pointer[level].accessed;
	uint64_t old;

	if (tw_pmem_read64(t->pmem, pa & ~UINT64_C(7), &old))
		return;
	if (bytes == 4)
		old = pa & 4 ? old >> 32 : (uint32_t)old;
	tw_stim_tables_write(t, pa, bytes, old & ~bits);
}

void tw_stim_tables_edit_at(struct tw_stim_tables *t, uint64_t pa)
{
	int at = table_at(t, pa);
	unsigned int how = tw_prng_bits(t->rng, 2), bytes, space, level;

	if (at < 0 || !how) {
		tw_stim_tables_flip(t, pa);
		return;
	}
	space = t->table[at].space;
	level = t->table[at].level;
	bytes = t->space[space].format->entry_bytes;
	if (bytes == 4 && tw_prng_bits(t->rng, 1))
		pa ^= 4;
	if (how == 1)
		age(t, pa, bytes, space, level);
	else
		tw_stim_tables_write(t, pa, bytes, tw_stim_entry_any(t, space, level));
}

void tw_stim_tables_edit(struct tw_stim_tables *t)
{
	unsigned int i = tw_prng_below(t->rng, t->n);
	const struct tw_stim_space *s = &t->space[t->table[i].space];
	unsigned int level = t->table[i].level;
	uint64_t index = index_of(s, level, tw_prng_below(t->rng, used(s, level)));

	tw_stim_tables_edit_at(t, t->table[i].pa + index * s->format->entry_bytes);
}
