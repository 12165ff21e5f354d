// SPDX-License-Identifier: Apache-2.0
// What a TLB may remember. `fence`: tables are edited under a warm TLB and the weakest fence that
// suffices follows, so only the new answer is right. `weak`: the fence is one too weak, so the old
// answer and the new one are right, and no other. Every entry has A and D set, so that no answer
// depends on which walk set them. Sources: RISC-V "SFENCE.VMA"; Intel SDM volume 3, 4.10.4.
#include "gen.h"

#define BIT(n) (UINT64_C(1) << (n))

// One address space under test: a page at `level` that holds va[0] and va[1], and va[2] beside it
// under the same pointer.
struct space {
	uint64_t root, va[3];
	unsigned int level;	   // of the leaf
	unsigned int pointer;	   // level of the pointer that is edited, above the leaf
	uint64_t leaf_at, leaf_no; // table and index of the leaf
	uint64_t ptr_at, ptr_no;
	bool global;
	uint16_t asid;
};

static uint64_t g_bit(const struct fresh_case *c)
{
	return c->shape->x86 ? BIT(8) : BIT(5);
}

static uint64_t good_leaf(struct fresh_case *c, const struct space *s)
{
	return fresh_leaf(c, s->level, fresh_page(c, s->level),
			  fresh_leaf_bits(c, true) | (s->global ? g_bit(c) : 0));
}

static bool rv_napot(const struct fresh_case *c)
{
	return !c->shape->x86 && c->shape->bytes == 8;
}

static uint64_t within(struct fresh_case *c, const struct space *s, uint64_t va)
{
	uint64_t mask = BIT(fresh_page_bits(c->shape, s->level)) - 1;

	return (va & ~mask) | (fresh_random(c) & mask);
}

static void build(struct fresh_case *c, struct space *s, bool global)
{
	const struct fresh_shape *sh = c->shape;
	unsigned int top = fresh_walked(sh) - 1;

	s->root = fresh_new_root(c);
	s->global = global;
	s->asid = (uint16_t)(1 + fresh_below(c, 0x1fe));
	// A leaf with a pointer above it.
	do {
		s->level = fresh_chance(c, 50) ? 0 : fresh_below(c, top);
	} while (!(sh->large >> s->level & 1));
	s->pointer = s->level + 1 + fresh_below(c, top - s->level);
	s->va[0] = fresh_any_va(c);
	s->va[0] = within(c, s, s->va[0]);
	s->va[1] = within(c, s, s->va[0]);
	s->va[2] =
		fresh_with_index(sh, s->va[0], s->level, fresh_index(sh, s->va[0], s->level) ^ 1);
	s->leaf_at = fresh_path(c, s->root, s->va[0], s->level);
	s->leaf_no = fresh_index(sh, s->va[0], s->level);
	s->ptr_at = fresh_path(c, s->root, s->va[0], s->pointer);
	s->ptr_no = fresh_index(sh, s->va[0], s->pointer);
	fresh_entry(c, s->leaf_at, s->leaf_no, good_leaf(c, s));
	fresh_entry(c, s->leaf_at, s->leaf_no ^ 1, good_leaf(c, s));
	// RISC-V: what is global may be so by a pointer alone.
	if (global && !sh->x86 && fresh_chance(c, 50)) {
		uint64_t entry = fresh_entry_at(c, s->ptr_at, s->ptr_no);

		fresh_entry(c, s->ptr_at, s->ptr_no, entry | g_bit(c));
		for (unsigned int i = 0; i < 2; i++)
			fresh_entry(c, s->leaf_at, s->leaf_no ^ i,
				    fresh_entry_at(c, s->leaf_at, s->leaf_no ^ i) & ~g_bit(c));
	}
}

// Accesses that hit entries made with every right and A and D set.
static void touch(struct fresh_case *c, uint64_t va)
{
	static const enum tw_access order[] = {TW_LOAD, TW_STORE, TW_FETCH, TW_LOAD};

	fresh_access(c, va, order[fresh_below(c, 4)], TW_PRIV_U, false, false);
}

static void touch_all(struct fresh_case *c, const struct space *s)
{
	unsigned int first = fresh_below(c, 3);

	for (unsigned int i = 0; i < 3; i++)
		touch(c, s->va[(first + i) % 3]);
}

// --- Edits ---------------------------------------------------------------------------------------

// The state of tables changes under the case's feet, so what an entry is now is kept here.
struct edit {
	uint64_t table, index, entry;
};

static struct edit leaf_edit(struct fresh_case *c, const struct space *s)
{
	uint64_t entry = fresh_entry_at(c, s->leaf_at, s->leaf_no);

	switch (fresh_below(c, 4)) {
	case 0: // unmapped
		entry &= ~UINT64_C(1);
		break;
	case 1: // read-only
		entry &= c->shape->x86 ? ~BIT(1) : ~BIT(2);
		break;
	case 2: // the supervisor's
		entry &= c->shape->x86 ? ~BIT(2) : ~BIT(4);
		break;
	default: // another page
		entry = good_leaf(c, s);
		break;
	}
	return (struct edit){s->leaf_at, s->leaf_no, entry};
}

// Another table below the pointer, with other pages at the same addresses; or nothing.
static struct edit pointer_edit(struct fresh_case *c, const struct space *s)
{
	uint64_t old = fresh_entry_at(c, s->ptr_at, s->ptr_no), top = fresh_table(c);
	uint64_t bits = old & (c->shape->x86 ? 0xfff : 0x3ff), table = top;

	if (fresh_chance(c, 20))
		return (struct edit){s->ptr_at, s->ptr_no, old & ~UINT64_C(1)};
	for (unsigned int at = s->pointer - 1; at > s->level; at--) {
		uint64_t next = fresh_table(c);

		fresh_entry(c, table, fresh_index(c->shape, s->va[0], at),
			    fresh_pointer(c, next, fresh_pointer_bits(c, at)));
		table = next;
	}
	for (unsigned int i = 0; i < 2; i++)
		fresh_entry(c, table, s->leaf_no ^ i, good_leaf(c, s));
	return (struct edit){s->ptr_at, s->ptr_no, fresh_pointer(c, top, bits)};
}

static void poke(struct fresh_case *c, const struct edit *e)
{
	fresh_poke(c, e->table, e->index, e->entry);
}

// --- Fences --------------------------------------------------------------------------------------

static void sfence(struct fresh_case *c, bool by_va, uint64_t va, bool by_asid, uint16_t asid)
{
	struct fresh_op *op = fresh_op(c, FRESH_SFENCE);

	op->by_va = by_va;
	op->va = va;
	op->by_asid = by_asid;
	op->asid = asid;
}

static void invpcid(struct fresh_case *c, uint8_t type, uint16_t pcid, uint64_t va)
{
	struct fresh_op *op = fresh_op(c, FRESH_INVPCID);

	op->type = type;
	op->asid = pcid;
	op->va = va;
}

static void invlpg(struct fresh_case *c, uint64_t va)
{
	fresh_op(c, FRESH_INVLPG)->va = va;
}

static void fence_everything(struct fresh_case *c)
{
	if (!c->shape->x86)
		sfence(c, false, 0, false, 0);
	else
		invpcid(c, 2, 0, 0);
}

static void toggle_pge(struct fresh_case *c)
{
	fresh_flags(c, c->flags ^ TW_F_PGE, c->pkru, c->pcide);
	fresh_flags(c, c->flags ^ TW_F_PGE, c->pkru, c->pcide);
}

static uint16_t current(const struct fresh_case *c, const struct space *s)
{
	return c->shape->x86 && !c->pcide ? 0 : s->asid;
}

// The weakest fence after an edit of the leaf: one of those that are not comparable.
static void fence_leaf(struct fresh_case *c, const struct space *s)
{
	uint64_t va = within(c, s, s->va[0]);

	if (!c->shape->x86) {
		// Without an ASID it covers every address space.
		sfence(c, true, va, !s->global && fresh_chance(c, 70), s->asid);
		return;
	}
	switch (fresh_below(c, 3)) {
	case 0:
		if (s->global)
			toggle_pge(c);
		else
			fresh_root(c, s->root, s->asid);
		break;
	case 1:
		if (!s->global) {
			invpcid(c, 0, current(c, s), va);
			break;
		}
		invpcid(c, 2, 0, 0);
		break;
	default:
		invlpg(c, va);
		break;
	}
}

// After an edit of a pointer, for every address below it.
static void fence_pointer(struct fresh_case *c, const struct space *s)
{
	if (!c->shape->x86)
		sfence(c, false, 0, !s->global && fresh_chance(c, 80), s->asid);
	else if (s->global)
		invpcid(c, 2, 0, 0);
	else if (fresh_chance(c, 50))
		fresh_root(c, s->root, s->asid);
	else
		invpcid(c, 1, current(c, s), 0);
}

// Fences that leave alone what was edited, at least for some address.
static void fence_too_weak(struct fresh_case *c, const struct space *s, bool pointer)
{
	uint64_t va = s->va[0], beside = s->va[2];
	uint16_t other = s->asid ^ 1;

	if (!c->shape->x86) {
		switch (fresh_below(c, 5)) {
		case 0: // none
			break;
		case 1: // another page
			sfence(c, true, beside, false, 0);
			break;
		case 2: // another address space
			sfence(c, false, 0, true, other);
			break;
		case 3: // another address space's page
			sfence(c, true, va, true, other);
			break;
		default: // the leaf only, or not if it is global
			if (pointer)
				sfence(c, true, va, false, 0);
			else if (s->global)
				sfence(c, true, va, true, s->asid);
			break;
		}
		return;
	}
	switch (fresh_below(c, 6)) {
	case 0:
		break;
	case 1: // another page; of an edited pointer this saves neither of the other addresses
		invlpg(c, beside);
		break;
	case 2: // another address space's page
		if (c->pcide)
			invpcid(c, 0, other, va);
		break;
	case 3: // what is not global
		if (s->global)
			invpcid(c, 3, 0, 0);
		break;
	case 4: // what is not global, of this address space
		if (s->global)
			fresh_root(c, s->root, s->asid);
		break;
	default: // MOV CR3 that flushes nothing
		if (c->pcide) {
			fresh_root(c, s->root, s->asid);
			c->op[c->ops - 1].value |= BIT(63);
		}
		break;
	}
}

// --- Kinds ---------------------------------------------------------------------------------------

static uint32_t start_flags(struct fresh_case *c, bool global)
{
	uint32_t flags = fresh_any_flags(c);

	if (c->shape->x86) {
		flags &= ~(uint32_t)(TW_F_PKE | TW_F_PGE);
		flags |= TW_F_PSE | TW_F_GBPAGES | (global ? TW_F_PGE : 0);
	}
	return flags;
}

static bool pcids(struct fresh_case *c)
{
	return c->shape->x86 && c->shape->va_bits > 32 && fresh_chance(c, 50);
}

// Two address spaces in turn: nothing of one answers for the other, and coming back needs nothing.
static void two_spaces(struct fresh_case *c, const struct space *a)
{
	uint64_t root = fresh_new_root(c), at = fresh_path(c, root, a->va[0], a->level);

	for (unsigned int i = 0; i < 2; i++)
		fresh_entry(c, at, a->leaf_no ^ i, good_leaf(c, a));
	for (unsigned int i = 0; i < 4; i++) {
		fresh_root(c, i & 1 ? a->root : root, i & 1 ? a->asid : a->asid ^ 1);
		if (c->pcide && i > 1)
			c->op[c->ops - 1].value |= BIT(63);
		touch_all(c, a);
	}
}

// The same address space gets another root.
static void new_root(struct fresh_case *c, const struct space *s)
{
	uint64_t root = fresh_new_root(c), at = fresh_path(c, root, s->va[0], s->level);

	for (unsigned int i = 0; i < 2; i++)
		fresh_entry(c, at, s->leaf_no ^ i, good_leaf(c, s));
	fresh_root(c, root, s->asid);
	if (!c->shape->x86)
		sfence(c, false, 0, true, s->asid);
	touch_all(c, s);
	fresh_root(c, s->root, s->asid);
	if (!c->shape->x86)
		sfence(c, false, 0, true, s->asid);
}

// menvcfg changes: everything must go. x86: P from 0 to 1 needs nothing.
static void control(struct fresh_case *c, const struct space *s)
{
	uint64_t entry = fresh_entry_at(c, s->leaf_at, s->leaf_no);

	if (!c->shape->x86) {
		// Svpbmt's bits of the leaf are reserved or not.
		if (rv_napot(c)) {
			fresh_poke(c, s->leaf_at, s->leaf_no, entry | BIT(61));
			fence_everything(c);
		}
		for (unsigned int i = 0; i < 3; i++) {
			fresh_flags(c, c->flags ^ TW_F_PBMTE ^ (i ? TW_F_ADUE : 0), 0, false);
			fence_everything(c);
			touch_all(c, s);
		}
	} else {
		fresh_poke(c, s->leaf_at, s->leaf_no, entry & ~UINT64_C(1));
		fence_leaf(c, s);
		touch_all(c, s);
		fresh_poke(c, s->leaf_at, s->leaf_no, good_leaf(c, s));
		touch_all(c, s);
	}
}

// RISC-V: 64 KB of one NAPOT page. All sixteen entries change; the fence names a page of them that
// was not the one touched.
static void napot(struct fresh_case *c, const struct space *s)
{
	uint64_t first = s->leaf_no & ~UINT64_C(15), va[2];

	for (unsigned int i = 0; i < 2; i++)
		va[i] = fresh_with_index(c->shape, s->va[0], 0, first + fresh_below(c, 16));
	for (unsigned int round = 0; round < 4; round++) {
		uint64_t page = fresh_page(c, 0) >> 16 << 16;
		uint64_t leaf =
			fresh_leaf(c, 0, page | 0x8000,
				   fresh_leaf_bits(c, true) | BIT(63) | (s->global ? g_bit(c) : 0));

		if (round)
			touch(c, va[0]);
		for (unsigned int i = 0; i < 16; i++)
			fresh_poke(c, s->leaf_at, first + i, round == 2 ? leaf & ~BIT(0) : leaf);
		sfence(c, true, va[1], !s->global, s->asid);
		touch(c, va[1]);
		fence_everything(c);
	}
}

void gen_fence(struct fresh_case *c)
{
	bool global = fresh_chance(c, 40);
	uint32_t flags = start_flags(c, global);
	struct space s;
	struct edit e;

	c->warm = true;
	build(c, &s, global);
	if (c->number % 8 == 7 && rv_napot(c))
		flags |= TW_F_SVNAPOT;
	fresh_flags(c, flags, 0, pcids(c));
	fresh_root(c, s.root, s.asid);
	touch_all(c, &s);
	switch (c->number % 8) {
	case 4:
		if (!global)
			two_spaces(c, &s);
		return;
	case 5:
		if (!global)
			new_root(c, &s);
		break;
	case 6:
		control(c, &s);
		return;
	case 7:
		if (rv_napot(c) && s.level == 0) {
			napot(c, &s);
			return;
		}
		break;
	default:
		break;
	}
	for (unsigned int i = 0; i < 4; i++) {
		bool pointer = fresh_chance(c, 40);

		touch_all(c, &s);
		e = pointer ? pointer_edit(c, &s) : leaf_edit(c, &s);
		poke(c, &e);
		if (pointer && c->shape->x86 && fresh_chance(c, 40)) {
			// The walk caches go too, but of the TLB this one page only.
			invlpg(c, s.va[0]);
			touch(c, s.va[0]);
		}
		if (pointer)
			fence_pointer(c, &s);
		else
			fence_leaf(c, &s);
		touch_all(c, &s);
		// Back to a good state, in full view.
		if (pointer)
			e.entry = fresh_entry_at(c, s.ptr_at, s.ptr_no);
		else
			e.entry = fresh_entry_at(c, s.leaf_at, s.leaf_no);
		poke(c, &e);
		fence_everything(c);
	}
}

void gen_weak(struct fresh_case *c)
{
	bool global = fresh_chance(c, 40);
	struct space s;
	struct edit e;

	c->warm = true;
	build(c, &s, global);
	fresh_flags(c, start_flags(c, global), 0, pcids(c));
	fresh_root(c, s.root, s.asid);
	for (unsigned int i = 0; i < 6; i++) {
		bool pointer = fresh_chance(c, 50);

		touch_all(c, &s);
		e = pointer ? pointer_edit(c, &s) : leaf_edit(c, &s);
		fresh_op(c, FRESH_WEAK);
		poke(c, &e);
		fence_too_weak(c, &s, pointer);
		touch_all(c, &s);
		if (pointer)
			e.entry = fresh_entry_at(c, s.ptr_at, s.ptr_no);
		else
			e.entry = fresh_entry_at(c, s.leaf_at, s.leaf_no);
		poke(c, &e);
		fence_everything(c);
		fresh_op(c, FRESH_STRONG);
	}
}
