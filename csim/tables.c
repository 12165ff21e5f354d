// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "tables.h"

int tw_tables_get(const struct tw_tables *t, const struct tw_format_desc *f, uint64_t pa,
		  uint64_t *entry)
{
	*entry = 0;
	return tw_pmem_read(t->pmem, pa, entry, f->entry_bytes);
}

int tw_tables_set(const struct tw_tables *t, const struct tw_format_desc *f, uint64_t pa,
		  uint64_t entry)
{
	return tw_pmem_write(t->pmem, pa, &entry, f->entry_bytes);
}

static uint64_t low_bits(unsigned int n)
{
	return (UINT64_C(1) << n) - 1;
}

// Where the entry of VA stands in a table of this level.
static uint64_t entry_at(const struct tw_format_desc *f, uint64_t table, unsigned int level,
			 uint64_t va)
{
	unsigned int low = f->vpn_shift[level], bits = tw_entry_root_bits(f);

	if (level < f->levels)
		bits = (unsigned int)f->vpn_shift[level + 1] - low;
	return table + (va >> (12 + low) & low_bits(bits)) * f->entry_bytes;
}

// The table below the entry at PA, which is made if there is none.
static int below(struct tw_tables *t, const struct tw_format_desc *f, uint64_t pa,
		 unsigned int level, uint64_t *table)
{
	struct tw_entry_layout l;
	uint64_t entry;
	int err = tw_tables_get(t, f, pa, &entry);

	if (err)
		return err;
	tw_entry_layout(f, level, false, &l);
	if (!entry) {
		entry = l.fixed | l.write | l.exec | l.accessed |
			tw_entry_address(&l, t->next >> 12);
		err = tw_tables_set(t, f, pa, entry);
		if (err)
			return err;
		t->next += 4096;
	}
	*table = (entry >> l.address[0].at & low_bits(l.address[0].bits)) << 12;
	return 0;
}

int tw_tables_map(struct tw_tables *t, const struct tw_format_desc *f, uint64_t va,
		  unsigned int level, uint64_t ppn, bool stale, uint64_t *leaf)
{
	unsigned int i = tw_entry_root_bits(f) ? f->levels : f->levels - 1u;
	uint64_t table = t->root, pa;
	struct tw_entry_layout l;

	for (; i > level; i--) {
		int err = below(t, f, entry_at(f, table, i, va), i, &table);

		if (err)
			return err;
	}
	pa = entry_at(f, table, level, va);
	if (leaf)
		*leaf = pa;
	tw_entry_layout(f, level, true, &l);
	return tw_tables_set(t, f, pa,
			     l.fixed | l.read | l.write | l.exec |
				     (stale ? 0 : l.accessed | l.dirty) |
				     tw_entry_address(&l, ppn));
}
