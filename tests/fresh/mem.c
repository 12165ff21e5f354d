// SPDX-License-Identifier: Apache-2.0
// Memory of a case: a hash of 8-byte words that is cheap to empty and to copy, because there are
// millions of cases. Invariant: `order` holds each used slot once.
#include "fresh.h"

#include <errno.h>
#include <stdlib.h>

void fresh_mem_clear(struct fresh_mem *m)
{
	for (unsigned int i = 0; i < m->words; i++)
		m->word[m->order[i]].used = false;
	m->words = 0;
	m->rams = 0;
}

static unsigned int slot(const struct fresh_mem *m, uint64_t addr)
{
	unsigned int i = (unsigned int)((addr >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 51);

	while (m->word[i].used && m->word[i].addr != addr)
		i = (i + 1) % FRESH_WORDS;
	return i;
}

bool fresh_mem_answers(const struct fresh_mem *m, uint64_t addr)
{
	for (unsigned int i = 0; i < m->rams; i++) {
		if (addr >= m->ram[i].lo && addr < m->ram[i].hi)
			return true;
	}
	return false;
}

uint64_t fresh_mem_get(const struct fresh_mem *m, uint64_t addr)
{
	unsigned int i = slot(m, addr);

	return m->word[i].used ? m->word[i].value : 0;
}

void fresh_mem_put(struct fresh_mem *m, uint64_t addr, unsigned int bytes, uint64_t value)
{
	uint64_t word = addr - addr % 8;
	unsigned int i = slot(m, word);

	if (!m->word[i].used) {
		if (m->words == FRESH_WORDS / 2)
			abort(); // a generator that writes more is wrong
		m->word[i].used = true;
		m->word[i].addr = word;
		m->word[i].value = 0;
		m->order[m->words++] = i;
	}
	if (bytes == 8)
		m->word[i].value = value;
	else if (addr % 8 == 0)
		m->word[i].value = m->word[i].value >> 32 << 32 | (uint32_t)value;
	else
		m->word[i].value = value << 32 | (uint32_t)m->word[i].value;
}

void fresh_mem_copy(struct fresh_mem *to, const struct fresh_mem *from)
{
	fresh_mem_clear(to);
	for (unsigned int i = 0; i < from->words; i++) {
		unsigned int at = from->order[i];

		to->word[at] = from->word[at];
		to->order[i] = at;
	}
	to->words = from->words;
	to->rams = from->rams;
	for (unsigned int i = 0; i < from->rams; i++)
		to->ram[i] = from->ram[i];
}

static int read64(void *user, uint64_t pa, uint64_t *value)
{
	if (pa % 8 || !fresh_mem_answers(user, pa))
		return pa % 8 ? -EINVAL : -EIO;
	*value = fresh_mem_get(user, pa);
	return 0;
}

static int cas(void *user, uint64_t pa, unsigned int bytes, uint64_t expected, uint64_t desired,
	       uint64_t *old)
{
	uint64_t word;
	int err = read64(user, pa - pa % 8, &word);

	if (err)
		return err;
	if ((bytes != 4 && bytes != 8) || pa % bytes)
		return -EINVAL;
	*old = bytes == 8 ? word : pa % 8 ? word >> 32 : (uint32_t)word;
	if (*old == expected)
		fresh_mem_put(user, pa, bytes, desired);
	return 0;
}

struct tw_mem fresh_mem_bus(struct fresh_mem *m)
{
	return (struct tw_mem){.user = m, .read64 = read64, .cas = cas};
}
