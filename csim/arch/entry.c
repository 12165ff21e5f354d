// SPDX-License-Identifier: Apache-2.0
// See entry.h; the layouts themselves are the schemes'.
#include "entry.h"

#include "internal.h"

void tw_entry_layout(const struct tw_format_desc *format, unsigned int level, bool leaf,
		     struct tw_entry_layout *layout)
{
	*layout = (struct tw_entry_layout){0};
	format->scheme->layout(format, level, leaf, layout);
}

uint64_t tw_entry_address(const struct tw_entry_layout *l, uint64_t ppn)
{
	uint64_t entry = 0;

	for (unsigned int i = 0; i < 2; i++)
		entry |= (ppn >> l->address[i].ppn & tw_low_mask(l->address[i].bits))
			 << l->address[i].at;
	return entry;
}

unsigned int tw_entry_ppn_bits(const struct tw_entry_layout *l)
{
	unsigned int first = l->address[0].ppn + l->address[0].bits;
	unsigned int second = l->address[1].ppn + l->address[1].bits;

	return first > second ? first : second;
}

unsigned int tw_entry_root_bits(const struct tw_format_desc *format)
{
	return format->traits & TW_FT_PDPTE ? 2 : 0;
}
