// SPDX-License-Identifier: Apache-2.0
// What generators build a case from: tables, entries, addresses, operations. Formats are described
// here as the manuals draw them.
#include "fresh.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BIT(n) (UINT64_C(1) << (n))

// PAE's root has four entries; as a level it is the third.
const struct fresh_shape fresh_shapes[FRESH_SHAPES] = {
	{TW_FMT_SV32, "sv32", false, 2, 10, 4, 32, 3, 34},
	{TW_FMT_SV39, "sv39", false, 3, 9, 8, 39, 7, 56},
	{TW_FMT_SV48, "sv48", false, 4, 9, 8, 48, 15, 56},
	{TW_FMT_SV57, "sv57", false, 5, 9, 8, 57, 31, 56},
	{TW_FMT_X86_LEGACY, "legacy", true, 2, 10, 4, 32, 3, 40},
	{TW_FMT_X86_PAE, "pae", true, 3, 9, 8, 32, 3, 52},
	{TW_FMT_X86_LONG4, "long4", true, 4, 9, 8, 48, 7, 52},
	{TW_FMT_X86_LONG5, "long5", true, 5, 9, 8, 57, 7, 52},
};

const struct fresh_shape *fresh_shape(const char *name)
{
	for (unsigned int i = 0; i < FRESH_SHAPES; i++) {
		if (strcmp(fresh_shapes[i].name, name) == 0)
			return &fresh_shapes[i];
	}
	return NULL;
}

const struct fresh_kind *fresh_kind(const char *name)
{
	for (unsigned int i = 0; i < FRESH_KINDS; i++) {
		if (strcmp(fresh_kinds[i].name, name) == 0)
			return &fresh_kinds[i];
	}
	return NULL;
}

// --- Addresses -----------------------------------------------------------------------------------

uint64_t fresh_index(const struct fresh_shape *s, uint64_t va, unsigned int level)
{
	if (s->va_bits == 32)
		va = (uint32_t)va;
	return va >> fresh_page_bits(s, level) & (BIT(s->index_bits) - 1);
}

uint64_t fresh_with_index(const struct fresh_shape *s, uint64_t va, unsigned int level,
			  uint64_t index)
{
	unsigned int low = fresh_page_bits(s, level);
	uint64_t mask = (BIT(s->index_bits) - 1) << low;

	return fresh_canonical(s, (va & ~mask) | (index << low & mask));
}

uint64_t fresh_canonical(const struct fresh_shape *s, uint64_t va)
{
	unsigned int up = 64 - s->va_bits;

	if (s->va_bits == 32)
		return (uint32_t)va;
	return (uint64_t)((int64_t)(va << up) >> up);
}

// --- Memory --------------------------------------------------------------------------------------

void fresh_word(struct fresh_case *c, uint64_t addr, uint64_t value)
{
	fresh_mem_put(&c->mem, addr, 8, value);
}

void fresh_entry(struct fresh_case *c, uint64_t table, uint64_t index, uint64_t entry)
{
	fresh_mem_put(&c->mem, table + index * c->shape->bytes, c->shape->bytes, entry);
}

uint64_t fresh_entry_at(const struct fresh_case *c, uint64_t table, uint64_t index)
{
	uint64_t addr = table + index * c->shape->bytes;
	uint64_t word = fresh_mem_get(&c->mem, addr - addr % 8);

	return c->shape->bytes == 8 ? word : addr % 8 ? word >> 32 : (uint32_t)word;
}

// The physical addresses that tables may have: below this.
static uint64_t table_end(const struct fresh_case *c)
{
	if (c->shape->format == TW_FMT_X86_LEGACY)
		return BIT(32);
	return c->shape->x86 ? BIT(c->maxphyaddr) : BIT(c->shape->pa_bits);
}

enum { LOW = 0x80000000, LOW_PAGES = 0x400, HIGH_PAGES = 0x100 };

uint64_t fresh_table(struct fresh_case *c)
{
	for (;;) {
		uint64_t table = fresh_below(c, 4) ? LOW + fresh_below(c, LOW_PAGES) * 4096ull
						   : table_end(c) - 4096 -
							     fresh_below(c, HIGH_PAGES) * 4096ull;
		unsigned int i = 0;

		while (i < c->tables && c->table[i] != table)
			i++;
		if (i < c->tables)
			continue;
		if (c->tables == FRESH_TABLES)
			abort(); // a generator that takes more is wrong
		c->table[c->tables++] = table;
		return table;
	}
}

uint64_t fresh_page(struct fresh_case *c, unsigned int level)
{
	unsigned int bits = fresh_page_bits(c->shape, level);
	uint64_t end = table_end(c), pa;

	if (c->shape->format == TW_FMT_X86_LEGACY && level == 1)
		end = BIT(c->maxphyaddr < 40 ? c->maxphyaddr : 40);
	pa = fresh_chance(c, 50) ? LOW + fresh_below(c, LOW_PAGES) * 4096ull
				 : fresh_random(c) & (end - 1);
	return pa >> bits << bits;
}

uint64_t fresh_pointer(const struct fresh_case *c, uint64_t table, uint64_t bits)
{
	return (c->shape->x86 ? table : table >> 12 << 10) | bits;
}

uint64_t fresh_leaf(const struct fresh_case *c, unsigned int level, uint64_t pa, uint64_t bits)
{
	if (!c->shape->x86)
		return pa >> 12 << 10 | bits;
	if (level)
		bits |= BIT(7);
	if (c->shape->bytes == 4)
		return (uint32_t)pa | (pa >> 32 & 0xff) << 13 | bits;
	return pa | bits;
}

uint64_t fresh_leaf_bits(const struct fresh_case *c, bool user)
{
	if (c->shape->x86)
		return 0x63 | (user ? 4 : 0);
	return 0xcf | (user ? 16 : 0);
}

uint64_t fresh_pointer_bits(const struct fresh_case *c, unsigned int level)
{
	bool pdpte = c->shape->format == TW_FMT_X86_PAE && level == 2;

	return c->shape->x86 && !pdpte ? 0x27 : 1;
}

uint64_t fresh_target(const struct fresh_shape *s, uint64_t entry)
{
	if (s->x86)
		return naive_bits(entry, s->bytes == 4 ? 31 : 51, 12) << 12;
	return naive_bits(entry, s->bytes == 4 ? 31 : 53, 10) << 12;
}

uint64_t fresh_new_root(struct fresh_case *c)
{
	uint64_t root;

	// CR3 has 32 bits with PAE.
	do {
		root = fresh_table(c);
	} while (c->shape->format == TW_FMT_X86_PAE && root >> 32);
	return root;
}

uint64_t fresh_path(struct fresh_case *c, uint64_t root, uint64_t va, unsigned int level)
{
	uint64_t table = root;

	for (unsigned int at = c->shape->levels - 1; at > level; at--) {
		uint64_t index = fresh_index(c->shape, va, at);
		uint64_t entry = fresh_entry_at(c, table, index), next;

		if (entry) {
			next = fresh_target(c->shape, entry);
		} else {
			next = fresh_table(c);
			fresh_entry(c, table, index,
				    fresh_pointer(c, next, fresh_pointer_bits(c, at)));
		}
		table = next;
	}
	return table;
}

// --- Control state -------------------------------------------------------------------------------

uint32_t fresh_any_flags(struct fresh_case *c)
{
	uint32_t all = TW_F_ADUE | TW_F_PBMTE | TW_F_SVNAPOT | TW_F_SVRSW;

	if (c->shape->x86)
		all = TW_F_WP | TW_F_NXE | TW_F_SMEP | TW_F_SMAP | TW_F_PGE | TW_F_GBPAGES |
		      TW_F_PKE | TW_F_PSE;
	return (uint32_t)fresh_random(c) & all;
}

uint64_t fresh_any_va(struct fresh_case *c)
{
	return fresh_canonical(c->shape, fresh_random(c));
}

// --- Operations ----------------------------------------------------------------------------------

struct fresh_op *fresh_op(struct fresh_case *c, enum fresh_op_kind kind)
{
	if (c->ops == FRESH_OPS)
		abort(); // a generator that does more is wrong
	c->op[c->ops] = (struct fresh_op){.kind = kind};
	return &c->op[c->ops++];
}

void fresh_root(struct fresh_case *c, uint64_t root, uint16_t asid)
{
	struct fresh_op *op = fresh_op(c, FRESH_ROOT);

	if (c->shape->x86)
		op->value = root | (c->pcide ? asid : 0);
	else if (c->shape->bytes == 4)
		op->value = BIT(31) | (uint64_t)(asid & 0x1ff) << 22 | root >> 12;
	else
		op->value = (uint64_t)c->shape->format << 60 | (uint64_t)asid << 44 | root >> 12;
}

void fresh_flags(struct fresh_case *c, uint32_t flags, uint32_t pkru, bool pcide)
{
	struct fresh_op *op = fresh_op(c, FRESH_FLAGS);

	op->flags = c->flags = flags;
	op->pkru = c->pkru = pkru;
	op->pcide = c->pcide = pcide;
}

void fresh_poke(struct fresh_case *c, uint64_t table, uint64_t index, uint64_t entry)
{
	struct fresh_op *op = fresh_op(c, FRESH_POKE);

	op->addr = table + index * c->shape->bytes;
	op->value = entry;
}

void fresh_access(struct fresh_case *c, uint64_t va, enum tw_access access, enum tw_priv priv,
		  bool sum, bool mxr)
{
	struct fresh_op *op;

	// Sixteen entries make a NAPOT page, and a TLB may answer for all of them from any. Where
	// they are not alike, nothing may be remembered.
	if ((c->flags & TW_F_SVNAPOT) && !c->warm)
		fresh_op(c, FRESH_SFENCE);
	op = fresh_op(c, FRESH_ACC);
	op->req = (struct tw_req){
		.va = va,
		.access = (uint8_t)access,
		.priv = (uint8_t)priv,
		.sum = sum,
		.mxr = mxr && !c->shape->x86,
	};
}

void fresh_make(struct fresh_case *c, const struct fresh_shape *s, const struct fresh_kind *k,
		uint64_t seed, unsigned long number)
{
	static const uint8_t widths[] = {36, 40, 46, 52};

	c->shape = s;
	c->kind = k;
	c->seed = seed;
	c->number = number;
	c->ops = c->tables = 0;
	c->flags = c->pkru = 0;
	c->pcide = c->warm = false;
	fresh_mem_clear(&c->mem);
	tw_prng_seed(&c->rng, seed);
	tw_prng_seed(&c->rng, tw_prng_u64(&c->rng) ^ number << 8 ^ (uint64_t)s->format << 4 ^
				      (uint64_t)(k - fresh_kinds));
	c->maxphyaddr = widths[fresh_below(c, 4)];
	if (s->x86) {
		c->mem.ram[c->mem.rams].lo = 0;
		c->mem.ram[c->mem.rams++].hi = BIT(56);
	} else {
		c->mem.ram[c->mem.rams].lo = LOW;
		c->mem.ram[c->mem.rams++].hi = LOW + LOW_PAGES * 4096ull;
		c->mem.ram[c->mem.rams].lo = BIT(s->pa_bits) - HIGH_PAGES * 4096ull;
		c->mem.ram[c->mem.rams++].hi = BIT(s->pa_bits);
	}
	k->make(c);
}

unsigned long fresh_pick(const struct fresh_shape *s, const struct fresh_kind *k, uint64_t seed,
			 unsigned long i)
{
	unsigned long strata;
	struct tw_prng r;

	if (!k->cases)
		return i;
	strata = k->strata(s);
	tw_prng_seed(&r, seed ^ i << 32);
	return i % strata + strata * (tw_prng_u64(&r) % (k->cases(s) / strata));
}

unsigned int fresh_access_number(const struct fresh_case *c, unsigned int at)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < at; i++)
		n += c->op[i].kind == FRESH_ACC;
	return n;
}

uint64_t fresh_seed(bool *given)
{
	const char *text = getenv("TW_SEED");
	uint32_t seed = 0;

	*given = text && *text;
	if (*given)
		return strtoull(text, NULL, 0);
	if (getentropy(&seed, sizeof(seed)) != 0)
		abort();
	return seed;
}
