// SPDX-License-Identifier: Apache-2.0
// Plans of the probe; see stim_probe.h. A plan is a list of operations, each of which takes the
// cycles that it needs; an operation that joins the one before begins in its last cycle. Invariant:
// a plan writes only entries of the stimulus's own tables.
#include "../csim/hw_driver.h"

#include "stim_entry.h"
#include "stim_probe_internal.h"
#include "twinwalk/arch.h"

// How the page is accessed around the edit and the fence.
enum course {
	CACHED,	 // before both
	WALKING, // a walk reads the entry, then it is edited, then comes the fence
	MEETING, // shortly before or in the fence, so that its lookup or walk meets it
	REFILL,	 // between edit and fence, so that a new translation replaces the old one
};

// One page of the plan: a leaf of a level, or a group of them in the last.
struct page {
	const struct tw_stim_space *space;
	unsigned int in, level; // number of the space; level of the leaf
	bool group, global;
	uint64_t va, root, leaf;
	uint16_t asid;
	uint64_t addr[TW_STIM_LEVELS]; // of the path's entries, by level
};

#define BIT(n) (UINT64_C(1) << (n))

static struct tw_stim_probe_op *add(struct tw_stim_probe *p, enum op_kind kind)
{
	struct tw_stim_probe_op *op = &p->op[p->ops++];

	*op = (struct tw_stim_probe_op){.kind = (uint8_t)kind};
	return op;
}

static void add_ctrl(struct tw_stim_probe *p, enum tw_ctrl_reg reg, uint64_t data)
{
	struct tw_stim_probe_op *op = add(p, OP_CTRL);

	op->addr = reg;
	op->data = data;
}

static void add_edit(struct tw_stim_probe *p, const struct page *page, uint64_t addr,
		     uint64_t value)
{
	struct tw_stim_probe_op *op = add(p, OP_EDIT);

	op->addr = addr;
	op->data = value;
	op->bytes = page->space->format->entry_bytes;
}

static void add_delay(struct tw_stim_probe *p, uint32_t cycles)
{
	add(p, OP_DELAY)->cycles = cycles;
}

static void add_fence(struct tw_stim_probe *p, const struct tw_fence *fence)
{
	add(p, OP_FENCE)->fence = *fence;
}

static unsigned int page_shift(const struct page *page)
{
	return page->group ? 16 : 12u + page->space->format->vpn_shift[page->level];
}

static unsigned int any_port(struct tw_stim_probe *p)
{
	return p->config.ports == TW_PORTS ? tw_prng_bits(p->rng, 1) : TW_PORT_DATA;
}

static uint8_t any_access(struct tw_stim_probe *p, unsigned int port)
{
	if (port == TW_PORT_FETCH || (p->config.ports < TW_PORTS && tw_prng_bits(p->rng, 1)))
		return TW_FETCH;
	return tw_prng_bits(p->rng, 2) ? TW_LOAD : tw_prng_bits(p->rng, 2) ? TW_STORE : TW_RMW;
}

// An access somewhere in the page.
static struct tw_stim_probe_op *add_request(struct tw_stim_probe *p, const struct page *page,
					    unsigned int port)
{
	uint64_t offset = tw_prng_u64(p->rng) & (BIT(page_shift(page)) - 1);
	struct tw_stim_probe_op *op = add(p, OP_REQUEST);

	// Mostly in the same 4 KB.
	if (tw_prng_bits(p->rng, 1))
		offset &= 0xfff;
	op->port = (uint8_t)port;
	op->addr = page->va | offset;
	op->access = any_access(p, port);
	return op;
}

static uint64_t leaf(struct tw_stim_probe *p, const struct page *page, bool dirty)
{
	uint64_t ppn = tw_prng_u64(p->rng);

	return tw_stim_entry_leaf(page->space, page->level, ppn, page->global, dirty, page->group);
}

// Writes the page's leaf. A 64 KB page has 16 of them, in the last table.
static void add_leaf(struct tw_stim_probe *p, const struct page *page, uint64_t value)
{
	uint64_t addr = page->addr[page->level];

	if (!page->group) {
		add_edit(p, page, addr, value);
		return;
	}
	for (unsigned int i = 0; i < 16; i++)
		add_edit(p, page, (addr & ~UINT64_C(127)) + 8 * i, value);
}

static uint64_t entry_of(const struct page *page, uint64_t table, unsigned int level)
{
	return tw_stim_tables_entry(page->space->format, table, level, page->va);
}

// The table at PA that an entry of another page's path lies in.
static uint64_t table_of(uint64_t entry)
{
	return entry & ~UINT64_C(0xfff);
}

// Writes good entries for the page from TABLE at LEVEL down.
static void add_path(struct tw_stim_probe *p, struct page *page, unsigned int level, uint64_t table,
		     bool dirty)
{
	for (; level > page->level; level--) {
		uint64_t next = tw_stim_tables_any(p->tables, page->in, level - 1);

		page->addr[level] = entry_of(page, table, level);
		add_edit(p, page, page->addr[level],
			 tw_stim_entry_pointer(page->space, level, next));
		table = next;
	}
	page->addr[level] = entry_of(page, table, level);
	page->leaf = leaf(p, page, dirty);
	add_leaf(p, page, page->leaf);
}

// Another leaf: elsewhere, not valid, without the right to write, or with A and D clear.
static uint64_t other_leaf(struct tw_stim_probe *p, const struct page *page)
{
	const struct tw_entry_layout *l = &page->space->leaf[page->level];

	switch (tw_prng_bits(p->rng, 3)) {
	case 0:
		return page->leaf & ~l->present;
	case 1:
		return page->leaf & ~l->write;
	case 2:
		return page->leaf &
		       ~(l->accessed | l->dirty | (tw_prng_bits(p->rng, 1) ? l->global : 0));
	default:
		return leaf(p, page, tw_prng_bits(p->rng, 1));
	}
}

// A page of the same table and size.
static struct page add_neighbour(struct tw_stim_probe *p, const struct page *page)
{
	struct page beside = *page;
	unsigned int level = page->level;

	beside.va ^= BIT(page_shift(page) + tw_prng_bits(p->rng, 2));
	beside.addr[level] = entry_of(&beside, table_of(page->addr[level]), level);
	beside.leaf = leaf(p, page, true);
	add_leaf(p, &beside, beside.leaf);
	return beside;
}

// Edits the leaf, or a pointer, which then leads to another one; LEAVES: of
// 1024. Returns the entry's address.
static uint64_t add_change(struct tw_stim_probe *p, const struct page *page, unsigned int leaves)
{
	unsigned int top = page->space->format->levels - 1u;
	unsigned int level = page->level;
	struct page moved = *page;
	uint64_t table;

	if (level == top || tw_prng_chance(p->rng, leaves)) {
		add_leaf(p, page, other_leaf(p, page));
		return page->addr[level];
	}
	level += 1 + tw_prng_below(p->rng, top - level);
	table = tw_stim_tables_any(p->tables, page->in, level - 1);
	add_path(p, &moved, level - 1, table, true);
	add_edit(p, page, page->addr[level], tw_stim_entry_pointer(page->space, level, table));
	return page->addr[level];
}

// Other pages of the same set of the TLB, accessed: the page is not the first in its set.
static void add_same_set(struct tw_stim_probe *p, const struct page *page)
{
	unsigned int n = tw_prng_bits(p->rng, 2);

	if (page_shift(page) != 12)
		return;
	for (unsigned int i = 0; i < n; i++) {
		struct page like = *page;
		uint64_t table = tw_stim_tables_any(p->tables, page->in, 0);

		// Another entry of the table above, the same index in another last table.
		like.va ^= BIT(12 + page->space->format->vpn_shift[1] + i);
		if (table == table_of(page->addr[0]))
			continue;
		add_edit(p, page, entry_of(&like, table_of(page->addr[1]), 1),
			 tw_stim_entry_pointer(page->space, 1, table));
		add_path(p, &like, 0, table, true);
		add_request(p, &like, any_port(p));
		add(p, OP_IDLE);
	}
}

static uint64_t root_reg(const struct page *page)
{
	return tw_stim_tables_root_reg(page->space->format, page->root, page->asid);
}

// Nothing of earlier inputs counts any more, and most things are allowed.
static void add_start(struct tw_stim_probe *p, const struct page *page)
{
	const struct tw_fence all = {.global = true};
	uint64_t flags = TW_F_ADUE | TW_F_SVNAPOT | TW_F_PGE | TW_F_GBPAGES | TW_F_NXE | TW_F_PSE;

	flags |= tw_prng_bits(p->rng, 12) & (TW_F_PBMTE | TW_F_SVRSW | TW_F_WP | TW_F_SMEP);
	add(p, OP_IDLE);
	add_ctrl(p, TW_CTRL_FLAGS, flags);
	add_ctrl(p, TW_CTRL_PHYS, 52);
	add_ctrl(p, TW_CTRL_ROOT, root_reg(page));
	add_fence(p, &all);
	add(p, OP_DONE);
}

static void add_accesses(struct tw_stim_probe *p, const struct page *page)
{
	unsigned int first = any_port(p);
	unsigned int second = p->config.ports == TW_PORTS ? !first : first;

	add_request(p, page, first);
	add_request(p, page, second)->join = first != second && tw_prng_bits(p->rng, 1);
}

// A delay with which something meets the end of a fence of this scope that was just taken.
static uint32_t near_end(struct tw_stim_probe *p, const struct tw_fence *f)
{
	uint32_t usual = p->duration[f->by_addr | f->by_asid << 1];

	if (tw_prng_bits(p->rng, 1))
		return tw_prng_below(p->rng, usual + 2);
	return (usual > 5 ? usual - 5 : 0) + tw_prng_bits(p->rng, 3);
}

// A bit of the ASIDs that the configuration has.
static uint16_t asid_bit(struct tw_stim_probe *p)
{
	return (uint16_t)(1u << tw_prng_below(p->rng, p->config.asid_bits));
}

// The ASID that translations get under this root.
static uint16_t asid_in_force(const struct tw_stim_probe *p, const struct page *page)
{
	struct tw_ctx ctx;

	tw_ctx_reset(&ctx);
	tw_ctx_write(&ctx, &p->config, TW_CTRL_ROOT, root_reg(page));
	return ctx.asid;
}

// Whether the tables of now are of this format; then *in is their space.
static bool possible(const struct tw_stim_probe *p, const struct tw_format_desc *f,
		     unsigned int *in)
{
	for (*in = 0; *in < TW_STIM_SPACES; ++*in)
		if (p->tables->space[*in].format == f)
			return true;
	return false;
}

// The combination that is next in turn among those that had the fewest turns and are possible now:
// how long a format is in force is left to chance. *in is its space.
static void choose_next(struct tw_stim_probe *p, unsigned int *in)
{
	bool can[TW_STIM_PROBE_PAGES];
	uint64_t fewest = UINT64_MAX;
	unsigned int best = p->next;

	for (unsigned int i = 0; i < p->pages; i++)
		can[i] = possible(p, p->page[i].format, in);
	for (unsigned int n = p->combinations; n && fewest; n--) {
		if (can[p->next / TW_STIM_PROBES_OF_PAGE] && p->done[p->next] < fewest) {
			best = p->next;
			fewest = p->done[best];
		}
		p->next = (p->next + p->stride) % p->combinations;
	}
	p->next = best;
	possible(p, p->page[best / TW_STIM_PROBES_OF_PAGE].format, in);
}

// What combination p->next asks for; the rest is random.
static void choose(struct tw_stim_probe *p, struct page *page, struct tw_fence *fence)
{
	unsigned int combination, in, kind;

	choose_next(p, &in);
	combination = p->next % TW_STIM_PROBES_OF_PAGE;
	kind = p->next / TW_STIM_PROBES_OF_PAGE;
	if (tw_prng_bits(p->rng, 1) && p->tables->space[!in].format == p->page[kind].format)
		in = !in;
	*page = (struct page){.space = &p->tables->space[in],
			      .in = in,
			      .level = p->page[kind].level,
			      .group = p->page[kind].group,
			      .global = combination & 8};
	page->va = tw_stim_tables_va(p->tables, in) & ~(BIT(page_shift(page)) - 1);
	// Often in the first or the last set.
	if (page_shift(page) == 12 && tw_prng_chance(p->rng, 400)) {
		page->va |= UINT64_C(511) << 12;
		if (tw_prng_bits(p->rng, 1))
			page->va ^= UINT64_C(511) << 12;
	}
	page->asid = (uint16_t)tw_prng_bits(p->rng, 16);
	page->root = tw_stim_tables_root(p->tables, in);
	*fence = (struct tw_fence){
		.by_addr = combination & 1,
		.by_asid = combination & 2,
		.global = combination & 4,
		.asid = asid_in_force(p, page),
		.va = page->va | (tw_prng_u64(p->rng) & (BIT(page_shift(page)) - 1)),
	};
	if (!(combination & 16))
		fence->asid ^= asid_bit(p);
	// Bits that the configuration lacks do not count.
	fence->asid |= (uint16_t)(tw_prng_bits(p->rng, 16) & ~(BIT(p->config.asid_bits) - 1));
	// Now and then another page.
	if (tw_prng_chance(p->rng, 100))
		fence->va ^= BIT(page_shift(page) + tw_prng_bits(p->rng, 2));
}

// Another address space is in force from now on: the fence's, if that is not the page's.
static bool add_other_space(struct tw_stim_probe *p, const struct page *page,
			    const struct tw_fence *fence)
{
	struct page other = *page;

	other.asid = fence->asid;
	if (asid_in_force(p, &other) == asid_in_force(p, page))
		other.asid ^= asid_bit(p);
	if (tw_prng_bits(p->rng, 1))
		other.root = tw_stim_tables_root(p->tables, page->in);
	add_ctrl(p, TW_CTRL_ROOT, root_reg(&other));
	if (tw_prng_bits(p->rng, 1))
		add_accesses(p, &other);
	add(p, OP_IDLE);
	return true;
}

// A walk begins; when it has read the entry, that is edited.
static void add_walk(struct tw_stim_probe *p, const struct page *page)
{
	struct tw_stim_probe_op *read;

	add_request(p, page, any_port(p));
	read = add(p, OP_READ);
	read->cycles = 40;
	read->addr = add_change(p, page, 500);
}

void tw_stim_probe_plan(struct tw_stim_probe *p)
{
	// Walks most often: they have to be met at the right cycle.
	static const uint8_t courses[8] = {CACHED,  CACHED,  WALKING, WALKING,
					   WALKING, MEETING, MEETING, REFILL};
	enum course course = (enum course)courses[tw_prng_bits(p->rng, 3)];
	struct page page, beside;
	struct tw_fence fence;
	bool near, away = false;

	p->ops = p->at = 0;
	choose(p, &page, &fence);
	add_path(p, &page, page.space->levels - 1u, page.root,
		 course != REFILL && tw_prng_bits(p->rng, 2));
	beside = add_neighbour(p, &page);
	add_start(p, &page);
	if (course == CACHED || course == REFILL)
		add_same_set(p, &page);
	// What is cached before: the page, in one L1 or both; or only its pointers.
	near = course == WALKING || (course == MEETING && tw_prng_bits(p->rng, 1));
	if (course != WALKING || tw_prng_bits(p->rng, 1)) {
		if (course == MEETING)
			add_request(p, near ? &beside : &page, any_port(p));
		else
			add_accesses(p, near ? &beside : &page);
		add(p, OP_IDLE);
	}
	if (course == CACHED && tw_prng_bits(p->rng, 1))
		away = add_other_space(p, &page, &fence);
	if (course == WALKING)
		add_walk(p, &page);
	else
		add_change(p, &page, near ? 200 : 700);
	if (course == REFILL) {
		add_request(p, &page, TW_PORT_DATA)->access = TW_STORE;
		add(p, OP_IDLE);
		add_request(p, &page, TW_PORTS - p->config.ports)->access = TW_FETCH;
		add(p, OP_IDLE);
	}
	if (tw_prng_bits(p->rng, 2))
		add_delay(p, tw_prng_below(p->rng, 7));
	if (course == MEETING && tw_prng_bits(p->rng, 1)) {
		add_request(p, &page, any_port(p));
		add_delay(p, tw_prng_bits(p->rng, 2));
	}
	add_fence(p, &fence);
	if (course == MEETING) {
		p->op[p->ops - 1].join = tw_prng_bits(p->rng, 1);
		add_delay(p, near_end(p, &fence));
		add_accesses(p, &page);
	}
	add(p, OP_DONE);
	if (away)
		add_ctrl(p, TW_CTRL_ROOT, root_reg(&page));
	add_accesses(p, &page);
	if (tw_prng_bits(p->rng, 1))
		add(p, OP_IDLE);
	add_accesses(p, &page);
}
