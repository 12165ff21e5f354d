// SPDX-License-Identifier: Apache-2.0
// Makes the contract's layout (docs/contract.md, section 13) of the entries that the RTL stores
// packed. Invariant: undoes tag_pack() and data_pack() of rtl/tw_pkg.sv, with the widths that
// rtl/tw_fmt.sv takes from a configuration's formats.
#include "rtl.h"
#include "twinwalk/arch.h"

enum { ASID_BITS = 16, ATTR_BITS = 3, PKEY_BITS = 4, TLB_BITS = 60, PWC_BITS = 51 };

// Bits that a configuration stores of an ASID, of a page's attributes and of its protection key.
struct widths {
	unsigned int asid, attr, pkey;
};

static struct widths widths_of(const struct tw_config *cfg)
{
	struct widths w = {.asid = cfg->asid_bits};

	for (unsigned int code = 0; code < 32; code++) {
		const struct tw_format_desc *f =
			cfg->formats >> code & 1 ? tw_format_get((enum tw_format)code) : NULL;

		if (!f)
			continue;
		if (f->traits & TW_FT_PKEY)
			w.pkey = PKEY_BITS;
		if (tw_format_attr_bits(f) > w.attr)
			w.attr = tw_format_attr_bits(f);
	}
	return w;
}

static uint64_t low(uint64_t value, unsigned int bits)
{
	return value & ((UINT64_C(1) << bits) - 1);
}

// DATA of BITS bits under the tag.
static void put(const struct widths *w, uint64_t data, unsigned int bits, uint64_t entry[2])
{
	uint64_t tag = entry[1] >> w->asid << ASID_BITS | low(entry[1], w->asid);

	entry[0] = tag << bits | data;
	entry[1] = tag >> (64 - bits);
}

static void unpack_tlb(const struct widths *w, size_t entries, uint64_t entry[][2])
{
	for (size_t i = 0; i < entries; i++) {
		uint64_t stored = entry[i][0], data = stored >> (w->attr + w->pkey);

		data = data << ATTR_BITS | low(stored >> w->pkey, w->attr);
		data = data << PKEY_BITS | low(stored, w->pkey);
		put(w, data, TLB_BITS, entry[i]);
	}
}

void tw_rtl_unpack(const struct tw_config *cfg, struct tw_mmu_arrays *a)
{
	const struct widths w = widths_of(cfg);

	for (unsigned int port = 0; port < TW_PORTS; port++)
		unpack_tlb(&w, cfg->l1_entries[port], a->l1[port]);
	unpack_tlb(&w, cfg->l2_sp_entries, a->sp);
	for (unsigned int set = 0; set < cfg->l2_sets; set++)
		unpack_tlb(&w, cfg->l2_ways, a->l2[set]);
	for (unsigned int i = 0; i < cfg->pwc_entries; i++)
		put(&w, a->pwc[i][0], PWC_BITS, a->pwc[i]);
}
