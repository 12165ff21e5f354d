// SPDX-License-Identifier: Apache-2.0
// Page tables. See mmu.h.
#include <errno.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "mmu/rmap.h"
#include "phys/phys.h"

static unsigned int level_shift(const struct tw_pte_format *fmt, unsigned int level)
{
	return (unsigned int)TW_PAGE_SHIFT_4K + fmt->vpn_shift[level];
}

static unsigned int index_of(const struct tw_pte_format *fmt, unsigned int level, uint64_t va)
{
	return (unsigned int)(va >> level_shift(fmt, level)) & (tw_pt_entries(fmt, level) - 1);
}

struct tw_cell *tw_pt_cell(const struct tw_kernel *k, uint32_t f, unsigned int n)
{
	return (struct tw_cell *)(void *)(tw_frame_host(k, f) + (size_t)n * k->fmt->entry_bytes);
}

struct tw_cell *tw_pt_after(const struct tw_kernel *k, struct tw_cell *ptep)
{
	return (struct tw_cell *)(void *)((uint8_t *)ptep + k->fmt->entry_bytes);
}

uint64_t tw_pt_raw(const struct tw_kernel *k, const struct tw_cell *ptep)
{
	return k->fmt->entry_bytes == 8 ? *(const uint64_t *)(const void *)ptep
					: *(const uint32_t *)(const void *)ptep;
}

static void set_raw(const struct tw_kernel *k, struct tw_cell *ptep, uint64_t value)
{
	if (k->fmt->entry_bytes == 8)
		*(uint64_t *)(void *)ptep = value;
	else
		*(uint32_t *)(void *)ptep = (uint32_t)value;
}

static struct tw_cell *cell_of(const struct tw_kernel *k, uint32_t table, unsigned int level,
			       uint64_t va)
{
	return tw_pt_cell(k, table, index_of(k->fmt, level, va));
}

void tw_space_count(struct tw_space *as, unsigned int frame_state, int by)
{
	uint64_t *count = frame_state == TW_FRAME_ANON	  ? &as->rss_anon
			  : frame_state == TW_FRAME_SHMEM ? &as->rss_shmem
							  : &as->rss_file;

	*count += (uint64_t)(int64_t)by;
}

static uint32_t new_table(struct tw_space *as)
{
	struct tw_kernel *k = as->k;
	uint32_t f = tw_frame_alloc(k, TW_FRAME_TABLE);

	if (f != TW_NO_FRAME) {
		tw_frame_zero(k, f);
		as->tables++;
		k->stats.tables_made++;
	}
	return f;
}

static void free_table(struct tw_space *as, uint32_t f)
{
	as->tables--;
	as->k->stats.tables_freed++;
	tw_frame_put(as->k, f);
}

// The table that an entry at LEVEL points to; TW_NO_FRAME if it is empty.
static uint32_t child_of(const struct tw_kernel *k, uint64_t pte, unsigned int level)
{
	struct tw_entry e = k->fmt->decode(pte, level);
	uint32_t f;

	if (e.kind == TW_ENTRY_EMPTY)
		return TW_NO_FRAME;
	assert(e.kind == TW_ENTRY_TABLE);
	f = tw_pfn_frame(k, e.pfn);
	assert(f != TW_NO_FRAME && k->frames[f].state == TW_FRAME_TABLE);
	return f;
}

// The table of VA nearest to the leaf that exists, and its level.
static uint32_t lowest_table(const struct tw_space *as, uint64_t va, unsigned int *level)
{
	const struct tw_kernel *k = as->k;
	uint32_t table = as->root;

	for (*level = k->fmt->levels - 1u; *level > 0; --*level) {
		uint32_t child = child_of(k, tw_pt_raw(k, cell_of(k, table, *level, va)), *level);

		if (child == TW_NO_FRAME)
			break;
		table = child;
	}
	return table;
}

struct tw_cell *tw_pt_find(const struct tw_space *as, uint64_t va)
{
	unsigned int level;
	uint32_t table = lowest_table(as, va, &level);

	return level ? NULL : cell_of(as->k, table, 0, va);
}

uint32_t tw_pt_missing(const struct tw_space *as, uint64_t va)
{
	unsigned int level;

	lowest_table(as, va, &level);
	return level;
}

static void write_entry(struct tw_space *as, struct tw_cell *ptep, unsigned int level,
			const struct tw_entry *e)
{
	struct tw_kernel *k = as->k;
	uint64_t old = tw_pt_raw(k, ptep), value = k->fmt->encode(e, level);
	uint64_t offset = (uint64_t)((uint8_t *)ptep - k->ram);
	struct tw_frame *table = &k->frames[offset >> TW_PAGE_SHIFT_4K];

	assert(table->state == TW_FRAME_TABLE);
	tw_charge(k, TW_COST_PTE, 1);
	if (old == 0 && value != 0)
		table->mapcount++;
	else if (old != 0 && value == 0)
		table->mapcount--;
	set_raw(k, ptep, value);
	if (k->opts.table_write && old != value)
		k->opts.table_write(k->opts.user, k->opts.ram_base + offset, old, value);
}

uint32_t tw_pt_root_cost(const struct tw_kernel *k)
{
	const struct tw_pte_format *fmt = k->fmt;

	return 1 + (fmt->dynamic < fmt->levels - 1u ? tw_pt_entries(fmt, fmt->levels - 1u) : 0);
}

int tw_pt_create(struct tw_space *as)
{
	struct tw_kernel *k = as->k;
	unsigned int top = k->fmt->levels - 1u;
	uint32_t children = tw_pt_root_cost(k) - 1;

	as->root = new_table(as);
	if (as->root == TW_NO_FRAME)
		return -ENOMEM;
	for (unsigned int i = 0; i < children; i++) {
		uint32_t child = new_table(as);

		if (child == TW_NO_FRAME) {
			tw_pt_destroy(as);
			return -ENOMEM;
		}
		write_entry(
			as, tw_pt_cell(k, as->root, i), top,
			&(struct tw_entry){.kind = TW_ENTRY_TABLE, .pfn = tw_frame_pfn(k, child)});
	}
	return 0;
}

void tw_pt_destroy(struct tw_space *as)
{
	struct tw_kernel *k = as->k;
	unsigned int top = k->fmt->levels - 1u;
	uint32_t children = tw_pt_root_cost(k) - 1;

	for (unsigned int i = 0; i < children; i++) {
		struct tw_cell *ptep = tw_pt_cell(k, as->root, i);
		uint32_t child = child_of(k, tw_pt_raw(k, ptep), top);

		if (child == TW_NO_FRAME)
			break;
		assert(k->frames[child].mapcount == 0);
		write_entry(as, ptep, top, &(struct tw_entry){.kind = TW_ENTRY_EMPTY});
		free_table(as, child);
	}
	assert(as->tables == 1);
	free_table(as, as->root);
}

struct tw_cell *tw_pt_make(struct tw_space *as, uint64_t va)
{
	struct tw_kernel *k = as->k;
	uint32_t table = as->root;

	for (unsigned int level = k->fmt->levels - 1u; level > 0; level--) {
		struct tw_cell *ptep = cell_of(k, table, level, va);
		uint32_t child = child_of(k, tw_pt_raw(k, ptep), level);

		if (child == TW_NO_FRAME) {
			if (level == 1 && k->rmap->spares == 0)
				return NULL;
			child = new_table(as);
			if (child == TW_NO_FRAME)
				return NULL;
			if (level == 1)
				tw_rmap_table_new(as, va & -(UINT64_C(1) << level_shift(k->fmt, 1)),
						  child);
			write_entry(as, ptep, level,
				    &(struct tw_entry){.kind = TW_ENTRY_TABLE,
						       .pfn = tw_frame_pfn(k, child)});
		}
		table = child;
	}
	return cell_of(k, table, 0, va);
}

struct tw_cell *tw_pt_next(const struct tw_space *as, uint64_t *va, uint64_t end)
{
	const struct tw_kernel *k = as->k;
	const struct tw_pte_format *fmt = k->fmt;
	uint64_t at = *va;

	while (at < end) {
		uint32_t table = as->root;
		unsigned int level = fmt->levels - 1u;

		while (level > 0) {
			uint64_t pte = tw_pt_raw(k, cell_of(k, table, level, at));
			uint32_t child = child_of(k, pte, level);

			if (child == TW_NO_FRAME)
				break;
			table = child;
			level--;
		}
		if (level == 0) {
			struct tw_cell *ptep = cell_of(k, table, 0, at);

			for (unsigned int i = index_of(fmt, 0, at);
			     i < tw_pt_entries(fmt, 0) && at < end;
			     i++, at += TW_PAGE_BYTES, ptep = tw_pt_after(k, ptep))
				if (tw_pt_raw(k, ptep)) {
					*va = at;
					return ptep;
				}
		} else {
			// Nothing below this entry: on to the next one.
			uint64_t span = UINT64_C(1) << level_shift(fmt, level);

			at = (at & ~(span - 1)) + span;
		}
	}
	return NULL;
}

struct tw_entry tw_pt_read(const struct tw_space *as, const struct tw_cell *ptep)
{
	struct tw_entry e = as->k->fmt->decode(tw_pt_raw(as->k, ptep), 0);

	assert(e.kind != TW_ENTRY_BAD && e.kind != TW_ENTRY_TABLE);
	return e;
}

void tw_pt_write(struct tw_space *as, struct tw_cell *ptep, const struct tw_entry *e)
{
	write_entry(as, ptep, 0, e);
}

void tw_pt_prune(struct tw_space *as, uint64_t va, struct tw_gather *g)
{
	struct tw_kernel *k = as->k;
	struct tw_cell *path[TW_PT_LEVELS_MAX];
	unsigned int top = k->fmt->levels - 1u, level;
	uint32_t table = as->root;

	assert(k->fmt->dynamic <= top);
	// path[level]: the entry at that level; its child is the table of level - 1.
	for (level = top; level > 0; level--) {
		path[level] = cell_of(k, table, level, va);
		table = child_of(k, tw_pt_raw(k, path[level]), level);
		if (table == TW_NO_FRAME)
			break;
	}
	for (level++; level <= k->fmt->dynamic; level++) {
		uint32_t child = child_of(k, tw_pt_raw(k, path[level]), level);

		if (k->frames[child].mapcount > 0)
			return;
		write_entry(as, path[level], level, &(struct tw_entry){.kind = TW_ENTRY_EMPTY});
		if (level == 1)
			tw_rmap_table_free(k, child);
		as->tables--;
		k->stats.tables_freed++;
		tw_gather_all(g, as);
		tw_gather_frame(g, child);
	}
}

uint32_t tw_pt_move_cost(const struct tw_space *as, uint64_t from, uint64_t to, uint64_t len)
{
	const struct tw_pte_format *fmt = as->k->fmt;
	uint64_t va = from, last = 0, span = UINT64_C(1) << level_shift(fmt, 1);
	uint32_t n = 0;

	// One entry of each table at the new place is enough.
	while (tw_pt_next(as, &va, from + len)) {
		uint64_t at = va - from + to;
		bool first = n == 0;

		for (unsigned int level = 1; level <= fmt->dynamic; level++)
			n += first || (at ^ last) >> level_shift(fmt, level);
		last = at;
		va += span - (at & (span - 1));
	}
	return n;
}
