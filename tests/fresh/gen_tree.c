// SPDX-License-Identifier: Apache-2.0
// Trees: `tree`, random paths with damaged entries; `alias`, tables that several entries reach, at
// one level or several, the root itself included; `edge`, the ends of the address space and of
// pages. Nothing is edited after the first access, so no answer depends on a fence.
#include "gen.h"

#define BIT(n) (UINT64_C(1) << (n))

static bool may_be_leaf(const struct fresh_shape *s, unsigned int level)
{
	return s->large >> level & 1;
}

// A leaf with random rights that is good as often as not.
static uint64_t any_leaf(struct fresh_case *c, unsigned int level)
{
	uint64_t r = fresh_random(c), bits = fresh_leaf_bits(c, r & 1);

	if (c->shape->x86) {
		bits &= ~(r >> 8 & r >> 16 & 0x66); // now and then without R/W, U/S, A, D
		bits |= r >> 24 & 0x118;	    // G, PCD, PWT
		if (level == 0 && r & 2)
			bits |= BIT(7); // PAT
		if (c->shape->bytes == 8)
			bits |= (r & 12) == 12 ? BIT(63) : 0;
		if (c->shape->bytes == 8 && c->shape->format != TW_FMT_X86_PAE)
			bits |= r >> 32 << 59 & UINT64_C(0x7800000000000000);
		return fresh_leaf(c, level, fresh_page(c, level), bits);
	}
	bits &= ~(r >> 8 & r >> 16 & 0xca); // R, X, A, D
	if (!(bits & 2) || !(r >> 32 & 7))
		bits &= ~UINT64_C(4);
	bits |= r >> 24 & 0x320; // G, RSW
	if (c->shape->bytes == 8 && level == 0 && (r >> 40 & 7) == 0)
		return fresh_leaf(c, 0, fresh_page(c, 0) >> 16 << 16 | 0x8000, bits | BIT(63));
	if (c->shape->bytes == 8 && (r >> 43 & 7) == 0)
		bits |= BIT(61 + (r >> 46 & 1));
	return fresh_leaf(c, level, fresh_page(c, level), bits);
}

static uint64_t any_pointer(struct fresh_case *c, unsigned int level, uint64_t table)
{
	uint64_t bits = fresh_pointer_bits(c, level), r = fresh_random(c);

	if (c->shape->format == TW_FMT_X86_PAE && level == 2)
		return fresh_pointer(c, table, bits);
	if (c->shape->x86)
		bits &= ~(r & r >> 8 & r >> 16 & 0x26); // R/W, U/S, A
	else if (!(r & 7))
		bits |= BIT(5); // G
	return fresh_pointer(c, table, bits);
}

// Turns one or two bits over; or what a bad program would leave behind.
static uint64_t damaged(struct fresh_case *c, uint64_t entry)
{
	unsigned int bits = c->shape->bytes * 8;

	switch (fresh_below(c, 6)) {
	case 0:
		return entry & ~UINT64_C(1);
	case 1:
		return fresh_random(c) >> (64 - bits) | 1;
	case 2:
		entry ^= BIT(fresh_below(c, bits));
		return entry ^ BIT(fresh_below(c, bits));
	default:
		return entry ^ BIT(fresh_below(c, bits));
	}
}

static uint64_t favourite_index(struct fresh_case *c)
{
	uint64_t last = BIT(c->shape->index_bits) - 1;
	const uint64_t edge[] = {0, 1, last / 2, last / 2 + 1, last - 1, last};

	return fresh_chance(c, 40) ? edge[fresh_below(c, 6)] : fresh_random(c) & last;
}

static void any_access(struct fresh_case *c, uint64_t va)
{
	enum tw_priv priv = fresh_chance(c, 50) ? TW_PRIV_U : TW_PRIV_S;
	uint64_t r = fresh_random(c);

	if (!c->shape->x86 && (r & 31) == 0) {
		priv = TW_PRIV_M;
		va = r & 32 ? va : va >> 8;
	}
	fresh_access(c, va, (enum tw_access)(r >> 8 & 3), priv, r >> 10 & 1, r >> 11 & 1);
}

// --- tree ----------------------------------------------------------------------------------------

enum { PATHS = 10, ACCESSES = 24 };

void gen_tree(struct fresh_case *c)
{
	const struct fresh_shape *s = c->shape;
	uint64_t root = fresh_new_root(c), va[PATHS];

	for (unsigned int i = 0; i < PATHS; i++) {
		unsigned int level = s->levels;
		uint64_t table = root;

		// Often beside an earlier path, so that tables hold more than one entry.
		va[i] = i && fresh_chance(c, 60) ? va[fresh_below(c, i)] : 0;
		if (!va[i] || fresh_chance(c, 30))
			va[i] = fresh_any_va(c);
		for (unsigned int at = fresh_below(c, s->levels) + 1; at-- > 0;)
			va[i] = fresh_with_index(s, va[i], at, favourite_index(c));
		for (;;) {
			uint64_t index = fresh_index(s, va[i], --level);
			uint64_t entry = fresh_entry_at(c, table, index), next;

			if (level == 0 || (may_be_leaf(s, level) && fresh_chance(c, 25))) {
				if (!entry)
					entry = any_leaf(c, level);
				if (fresh_chance(c, 25))
					entry = damaged(c, entry);
				fresh_entry(c, table, index, entry);
				break;
			}
			if (entry) {
				next = fresh_target(s, entry);
			} else {
				next = fresh_table(c);
				entry = any_pointer(c, level, next);
				if (fresh_chance(c, 6))
					entry = damaged(c, entry);
				fresh_entry(c, table, index, entry);
			}
			table = next;
		}
	}
	fresh_flags(c, fresh_any_flags(c), (uint32_t)fresh_random(c), false);
	fresh_root(c, root, (uint16_t)fresh_random(c) & 0xfff);
	for (unsigned int i = 0; i < ACCESSES; i++) {
		uint64_t at = va[fresh_below(c, PATHS)];

		if (fresh_chance(c, 10))
			at = fresh_with_index(s, at, fresh_below(c, s->levels), favourite_index(c));
		if (s->va_bits > 32 && fresh_chance(c, 4))
			at ^= BIT(s->va_bits + fresh_below(c, 64 - s->va_bits));
		any_access(c, at ^ (fresh_random(c) & 0xfff));
	}
}

// --- alias ---------------------------------------------------------------------------------------

// The first cases of each round are the plain ones, by name; the others are random graphs.
enum alias_shape { TWO_PAGES, SHARED_TABLE, ROOT_IN_ITSELF, TWO_LEVELS, GRAPH };

// Two addresses for one page, with different rights.
static void two_pages(struct fresh_case *c, uint64_t root, uint64_t va[2])
{
	uint64_t page = fresh_page(c, 0);

	for (unsigned int i = 0; i < 2; i++) {
		uint64_t table = fresh_path(c, root, va[i], 0);

		fresh_entry(c, table, fresh_index(c->shape, va[i], 0),
			    (any_leaf(c, 0) & (c->shape->x86 ? 0xfff : 0x3ff)) |
				    fresh_leaf(c, 0, page, 1));
	}
}

// Entries of two tables, or of one, that reach one table: the rights above and G differ.
static void shared_table(struct fresh_case *c, uint64_t root, uint64_t va[2])
{
	const struct fresh_shape *s = c->shape;
	unsigned int level = 1 + fresh_below(c, s->levels - 1);
	uint64_t table = fresh_path(c, root, va[0], level - 1), first;

	first = fresh_path(c, root, va[0], 0);
	fresh_entry(c, first, fresh_index(s, va[0], 0), any_leaf(c, 0));
	for (unsigned int at = 0; at < level; at++)
		va[1] = fresh_with_index(s, va[1], at, fresh_index(s, va[0], at));
	fresh_entry(c, fresh_path(c, root, va[1], level), fresh_index(s, va[1], level),
		    any_pointer(c, level, table));
}

// ROOT's entry INDEX points to the root: at each level the walk comes to the same table.
static void root_in_itself(struct fresh_case *c, uint64_t root, uint64_t va[2])
{
	const struct fresh_shape *s = c->shape;
	uint64_t index = favourite_index(c);
	unsigned int top = s->levels - 1;

	if (s->format == TW_FMT_X86_PAE)
		root = fresh_path(c, root, va[0], --top);
	fresh_entry(c, root, index,
		    s->x86 ? any_pointer(c, top, root)
			   : fresh_pointer(c, root, fresh_pointer_bits(c, top)));
	for (unsigned int at = 0; at <= top; at++)
		va[0] = fresh_with_index(s, va[0], at, index);
	// A leaf of the root, reached through the root.
	va[1] = fresh_with_index(s, va[0], 0, index ^ 1);
	fresh_entry(c, root, index ^ 1, any_leaf(c, 0));
}

// A table's entry points to the same table, so that it stands at two levels.
static void two_levels(struct fresh_case *c, uint64_t root, uint64_t va[2])
{
	const struct fresh_shape *s = c->shape;
	unsigned int level = fresh_walked(s) - 1;
	uint64_t table, index = favourite_index(c), leaf = favourite_index(c);

	if (level > 1)
		level = 1 + fresh_below(c, level);
	table = fresh_path(c, root, va[0], level);
	fresh_entry(c, table, leaf, any_leaf(c, 0));
	fresh_entry(c, table, index, any_pointer(c, level, table));
	for (unsigned int at = 1; at <= level; at++)
		va[0] = fresh_with_index(s, va[0], at, index);
	va[0] = fresh_with_index(s, va[0], 0, leaf);
	va[1] = fresh_with_index(s, va[0], level, leaf);
}

// A few tables whose entries point to each other, and addresses of the indices that are in use.
static void graph(struct fresh_case *c, uint64_t root, uint64_t va[ACCESSES])
{
	const struct fresh_shape *s = c->shape;
	uint64_t table[4] = {root}, index[4];
	unsigned int tables = 1 + fresh_below(c, 4);
	bool pae = s->format == TW_FMT_X86_PAE;

	for (unsigned int i = 0; i < 4; i++)
		index[i] = favourite_index(c);
	for (unsigned int i = 1; i < tables; i++)
		table[i] = fresh_table(c);
	if (pae) {
		// The root proper is read once only; let the graph hang below it.
		table[0] = fresh_table(c);
		for (unsigned int i = 0; i < 4; i++)
			fresh_entry(c, root, i, fresh_pointer(c, table[fresh_below(c, tables)], 1));
	}
	for (unsigned int i = 0; i < tables; i++) {
		for (unsigned int j = 0; j < 4; j++) {
			unsigned int level = fresh_below(c, s->levels);
			uint64_t next = table[fresh_below(c, tables)];

			while (!may_be_leaf(s, level))
				level = fresh_below(c, s->levels);
			fresh_entry(c, table[i], index[j],
				    fresh_chance(c, 65) ? any_pointer(c, 0, next)
							: any_leaf(c, level));
		}
	}
	for (unsigned int i = 0; i < ACCESSES; i++) {
		va[i] = fresh_any_va(c);
		for (unsigned int at = 0; at < fresh_walked(s); at++)
			va[i] = fresh_with_index(s, va[i], at, index[fresh_below(c, 4)]);
	}
}

void gen_alias(struct fresh_case *c)
{
	uint64_t root = fresh_new_root(c), va[ACCESSES];
	unsigned int number = ACCESSES;

	for (unsigned int i = 0; i < ACCESSES; i++)
		va[i] = fresh_any_va(c);
	switch (c->number % 8) {
	case TWO_PAGES:
		two_pages(c, root, va);
		number = 2;
		break;
	case SHARED_TABLE:
		shared_table(c, root, va);
		number = 2;
		break;
	case ROOT_IN_ITSELF:
		root_in_itself(c, root, va);
		number = 2;
		break;
	case TWO_LEVELS:
		two_levels(c, root, va);
		number = 2;
		break;
	default:
		graph(c, root, va);
		break;
	}
	fresh_flags(c, fresh_any_flags(c), (uint32_t)fresh_random(c), false);
	fresh_root(c, root, 1);
	for (unsigned int i = 0; i < ACCESSES; i++)
		any_access(c, va[fresh_below(c, number)] ^ (fresh_random(c) & 0xfff));
}

// --- edge ----------------------------------------------------------------------------------------

// Both sides of each end: of the address space, of the hole in it, of 32 bits, of a page at LEVEL.
static uint64_t edge_va(struct fresh_case *c, uint64_t page, unsigned int level)
{
	const struct fresh_shape *s = c->shape;
	uint64_t half = BIT(s->va_bits - 1), size = BIT(fresh_page_bits(s, level)), va;
	const uint64_t ends[] = {0, half, -half, 2 * half, -(2 * half), BIT(32), page, page + size};

	va = ends[fresh_below(c, sizeof(ends) / sizeof(*ends))];
	switch (fresh_below(c, 5)) {
	case 0:
		return va - 1;
	case 1:
		return va - 4096;
	case 2:
		return va + 4095;
	case 3:
		return va ^ BIT(fresh_below(c, 64));
	default:
		return va;
	}
}

void gen_edge(struct fresh_case *c)
{
	const struct fresh_shape *s = c->shape;
	uint64_t root = fresh_new_root(c), last = BIT(s->index_bits) - 1, page = 0;
	unsigned int level = fresh_below(c, s->levels);

	while (!may_be_leaf(s, level))
		level = fresh_below(c, s->levels);
	// A page at each end of both halves of the address space, and one more.
	for (unsigned int i = 0; i < 5; i++) {
		uint64_t table;

		page = fresh_any_va(c);
		for (unsigned int at = level; at < s->levels && i < 4; at++) {
			bool top = at + 1 == s->levels;
			uint64_t index = i & 1 ? last : 0;

			if (top)
				index = (index >> 1) | (i & 2 ? last / 2 + 1 : 0);
			if (top && s->format == TW_FMT_X86_PAE)
				index = i; // four entries
			page = fresh_with_index(s, page, at, index);
		}
		page = page >> fresh_page_bits(s, level) << fresh_page_bits(s, level);
		table = fresh_path(c, root, page, level);
		if (!fresh_entry_at(c, table, fresh_index(s, page, level)))
			fresh_entry(c, table, fresh_index(s, page, level), any_leaf(c, level));
	}
	fresh_flags(c, fresh_any_flags(c), (uint32_t)fresh_random(c), false);
	if (s->x86 && s->bytes == 8 && c->number % 8 == 0) {
		// A root that does not exist, then one that does.
		fresh_root(c, root, 0);
		fresh_root(c, root, 0);
		c->op[c->ops - 1].value |= BIT(c->maxphyaddr < 52 ? c->maxphyaddr : 62);
		any_access(c, page);
	}
	fresh_root(c, root, 1);
	for (unsigned int i = 0; i < ACCESSES; i++) {
		uint64_t va = edge_va(c, page, level);

		if (s->va_bits == 32 && !s->x86)
			va = (uint32_t)va;
		any_access(c, va);
	}
}
