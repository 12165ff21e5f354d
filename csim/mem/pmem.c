// SPDX-License-Identifier: Apache-2.0
// Sparse physical memory: a flat range with a pointer, and a hash of 4 KB pages for everything
// else. Invariants: pages of the hash hold only bytes of the ranges or zeros; the table is a power
// of two and at most half full; an operation checks its range and allocates its pages before it
// writes the first byte.
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pmem_internal.h"
#include "twinwalk/arch.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words of the memory image are read as they lie: a little-endian host is needed"
#endif

enum { PAGE_SHIFT = 12, PAGE_BYTES = 1 << PAGE_SHIFT, TABLE_MIN = 64 };

struct range {
	uint64_t lo, hi;
};

struct page {
	struct page *next; // in the list of all pages, used or spare
	uint64_t number;
	uint8_t bytes[PAGE_BYTES];
};

struct tw_pmem {
	struct pmem_flat flat;
	struct range *ranges; // sorted, the flat one among them; neighbours that touch stay apart
	size_t range_count;
	struct page **table; // open addressing, linear probing
	size_t table_size, used;
	struct page *pages, *spare;
	struct page *last; // the page found last; NULL or in the table
};

int tw_pmem_create(struct tw_pmem **out)
{
	struct tw_pmem *pm = calloc(1, sizeof(*pm));

	if (!pm)
		return -ENOMEM;
	pm->table = calloc(TABLE_MIN, sizeof(struct page *));
	if (!pm->table) {
		free(pm);
		return -ENOMEM;
	}
	pm->table_size = TABLE_MIN;
	*out = pm;
	return 0;
}

static void free_pages(struct page *p)
{
	while (p) {
		struct page *next = p->next;

		free(p);
		p = next;
	}
}

static void drop_flat(struct tw_pmem *pm)
{
	if (pm->flat.host)
		munmap(pm->flat.host, pm->flat.size);
	pm->flat.host = NULL;
	pm->flat.size = 0;
}

void tw_pmem_destroy(struct tw_pmem *pm)
{
	if (!pm)
		return;
	drop_flat(pm);
	free_pages(pm->pages);
	free_pages(pm->spare);
	free(pm->table);
	free(pm->ranges);
	free(pm);
}

// The first range that ends above PA.
static size_t range_above(const struct tw_pmem *pm, uint64_t pa)
{
	size_t lo = 0, hi = pm->range_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (pm->ranges[mid].hi > pa)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static int reserve_ranges(struct tw_pmem *pm, size_t more)
{
	struct range *r = realloc(pm->ranges, (pm->range_count + more) * sizeof(*r));

	if (!r)
		return -ENOMEM;
	pm->ranges = r;
	return 0;
}

// Room for it must be reserved.
static void insert_range(struct tw_pmem *pm, size_t i, uint64_t lo, uint64_t hi)
{
	memmove(pm->ranges + i + 1, pm->ranges + i, (pm->range_count - i) * sizeof(struct range));
	pm->ranges[i] = (struct range){lo, hi};
	pm->range_count++;
}

int tw_pmem_add_ram(struct tw_pmem *pm, uint64_t lo, uint64_t hi)
{
	if (lo >= hi || hi > TW_PMEM_END)
		return -EINVAL;
	// One piece before each range that is there, and one after the last.
	if (reserve_ranges(pm, pm->range_count + 1) != 0)
		return -ENOMEM;
	while (lo < hi) {
		size_t i = range_above(pm, lo);

		if (i == pm->range_count || pm->ranges[i].lo >= hi) {
			insert_range(pm, i, lo, hi);
			break;
		}
		if (lo < pm->ranges[i].lo)
			insert_range(pm, i, lo, pm->ranges[i].lo);
		else
			lo = pm->ranges[i].hi;
	}
	return 0;
}

int tw_pmem_add_flat(struct tw_pmem *pm, uint64_t lo, uint64_t hi)
{
	size_t i = range_above(pm, lo);
	void *host;

	if (lo >= hi || hi > TW_PMEM_END || ((lo | hi) & (PAGE_BYTES - 1)))
		return -EINVAL;
	if (pm->flat.host)
		return -EBUSY;
	if (i < pm->range_count && pm->ranges[i].lo < hi)
		return -EEXIST;
	if (reserve_ranges(pm, 1) != 0)
		return -ENOMEM;
	host = mmap(NULL, hi - lo, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (host == MAP_FAILED)
		return -ENOMEM;
	// For speed only: fewer page faults and TLB misses of the host. It may refuse.
	(void)madvise(host, hi - lo, MADV_HUGEPAGE);
	insert_range(pm, i, lo, hi);
	pm->flat.host = host;
	pm->flat.lo = lo;
	pm->flat.size = hi - lo;
	return 0;
}

void tw_pmem_zero(struct tw_pmem *pm)
{
	// Fresh zero pages from the host; should it refuse, the slow way does the same.
	if (pm->flat.host && madvise(pm->flat.host, pm->flat.size, MADV_DONTNEED) != 0)
		memset(pm->flat.host, 0, pm->flat.size);
	while (pm->pages) {
		struct page *p = pm->pages;

		pm->pages = p->next;
		p->next = pm->spare;
		pm->spare = p;
	}
	memset(pm->table, 0, pm->table_size * sizeof(struct page *));
	pm->used = 0;
	pm->last = NULL;
}

void tw_pmem_reset(struct tw_pmem *pm)
{
	drop_flat(pm);
	tw_pmem_zero(pm);
	pm->range_count = 0;
}

size_t tw_pmem_pages(const struct tw_pmem *pm)
{
	return pm->used;
}

int tw_pmem_answers(const struct tw_pmem *pm, uint64_t pa, uint64_t len)
{
	if (len > TW_PMEM_END || pa > TW_PMEM_END - len)
		return 0;
	// Ranges that touch may hold the bytes together.
	for (size_t i = range_above(pm, pa); len && i < pm->range_count; i++) {
		const struct range *r = &pm->ranges[i];

		if (pa < r->lo)
			return 0;
		if (pa < r->hi) {
			uint64_t n = r->hi - pa < len ? r->hi - pa : len;

			pa += n;
			len -= n;
		}
	}
	return len == 0;
}

static size_t slot_of(const struct tw_pmem *pm, uint64_t number)
{
	size_t i = (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (pm->table_size - 1);

	while (pm->table[i] && pm->table[i]->number != number)
		i = (i + 1) & (pm->table_size - 1);
	return i;
}

static struct page *find_page(struct tw_pmem *pm, uint64_t number)
{
	struct page *p;

	if (pm->last && pm->last->number == number)
		return pm->last;
	p = pm->table[slot_of(pm, number)];
	if (p)
		pm->last = p;
	return p;
}

static int grow_table(struct tw_pmem *pm)
{
	size_t old_size = pm->table_size;
	struct page **old = pm->table, **bigger = calloc(2 * old_size, sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	pm->table = bigger;
	pm->table_size = 2 * old_size;
	for (size_t i = 0; i < old_size; i++)
		if (old[i])
			bigger[slot_of(pm, old[i]->number)] = old[i];
	free(old);
	return 0;
}

// The page, made if need be; NULL when host memory has run out.
static struct page *get_page(struct tw_pmem *pm, uint64_t number)
{
	struct page *p = find_page(pm, number);

	if (p)
		return p;
	if (2 * (pm->used + 1) > pm->table_size && grow_table(pm) != 0)
		return NULL;
	p = pm->spare;
	if (p) {
		pm->spare = p->next;
		memset(p->bytes, 0, sizeof(p->bytes));
	} else {
		p = calloc(1, sizeof(*p));
		if (!p)
			return NULL;
	}
	p->number = number;
	p->next = pm->pages;
	pm->pages = p;
	pm->table[slot_of(pm, number)] = p;
	pm->used++;
	pm->last = p;
	return p;
}

// The host address of a word for reading; NULL with *err 0 if nothing was written there.
static const uint8_t *word_for_read(struct tw_pmem *pm, uint64_t pa, int *err)
{
	struct page *p;

	*err = 0;
	if (pa & 7) {
		*err = -EINVAL;
		return NULL;
	}
	if (pmem_in_flat(&pm->flat, pa, 8))
		return pm->flat.host + (pa - pm->flat.lo);
	if (!tw_pmem_answers(pm, pa, 8)) {
		*err = -EIO;
		return NULL;
	}
	p = find_page(pm, pa >> PAGE_SHIFT);
	return p ? p->bytes + (pa & (PAGE_BYTES - 1)) : NULL;
}

static uint8_t *word_for_write(struct tw_pmem *pm, uint64_t pa, int *err)
{
	const uint8_t *w = word_for_read(pm, pa, err);
	struct page *p;

	if (*err)
		return NULL;
	if (w)
		return (uint8_t *)w;
	p = get_page(pm, pa >> PAGE_SHIFT);
	if (!p) {
		*err = -ENOMEM;
		return NULL;
	}
	return p->bytes + (pa & (PAGE_BYTES - 1));
}

int tw_pmem_read64(struct tw_pmem *pm, uint64_t pa, uint64_t *value)
{
	int err;
	const uint8_t *w = word_for_read(pm, pa, &err);

	if (err)
		return err;
	if (w)
		memcpy(value, w, 8);
	else
		*value = 0;
	return 0;
}

int tw_pmem_write64(struct tw_pmem *pm, uint64_t pa, uint64_t value)
{
	int err;
	uint8_t *w = word_for_write(pm, pa, &err);

	if (err)
		return err;
	memcpy(w, &value, 8);
	return 0;
}

int tw_pmem_cas64(struct tw_pmem *pm, uint64_t pa, uint64_t expected, uint64_t desired,
		  uint64_t *old)
{
	int err;
	uint8_t *w = word_for_write(pm, pa, &err);

	if (err)
		return err;
	memcpy(old, w, 8);
	if (*old == expected)
		memcpy(w, &desired, 8);
	return 0;
}

int tw_pmem_cas(struct tw_pmem *pm, uint64_t pa, unsigned int bytes, uint64_t expected,
		uint64_t desired, uint64_t *old)
{
	uint32_t half;
	uint8_t *w;
	int err;

	if (bytes == 8)
		return tw_pmem_cas64(pm, pa, expected, desired, old);
	if (bytes != 4 || pa & 3)
		return -EINVAL;
	w = word_for_write(pm, pa & ~UINT64_C(7), &err);
	if (err)
		return err;
	w += pa & 4;
	memcpy(&half, w, 4);
	*old = half;
	if (half == expected) {
		half = (uint32_t)desired;
		memcpy(w, &half, 4);
	}
	return 0;
}

static int mem_read64(void *user, uint64_t pa, uint64_t *value)
{
	return tw_pmem_read64(user, pa, value);
}

static int mem_cas(void *user, uint64_t pa, unsigned int bytes, uint64_t expected, uint64_t desired,
		   uint64_t *old)
{
	return tw_pmem_cas(user, pa, bytes, expected, desired, old);
}

struct tw_mem tw_pmem_mem(struct tw_pmem *pm)
{
	return (struct tw_mem){.user = pm, .read64 = mem_read64, .cas = mem_cas};
}

int tw_pmem_read(struct tw_pmem *pm, uint64_t pa, void *buf, size_t len)
{
	uint8_t *to = buf;

	if (pmem_in_flat(&pm->flat, pa, len)) {
		memcpy(buf, pm->flat.host + (pa - pm->flat.lo), len);
		return 0;
	}
	if (!tw_pmem_answers(pm, pa, len))
		return -EIO;
	while (len) {
		size_t off = pa & (PAGE_BYTES - 1),
		       n = PAGE_BYTES - off < len ? PAGE_BYTES - off : len;
		struct page *p = find_page(pm, pa >> PAGE_SHIFT);

		if (pmem_in_flat(&pm->flat, pa, 1)) {
			memcpy(to, pm->flat.host + (pa - pm->flat.lo), n);
		} else if (p) {
			memcpy(to, p->bytes + off, n);
		} else {
			memset(to, 0, n);
		}
		to += n;
		pa += n;
		len -= n;
	}
	return 0;
}

int tw_pmem_write(struct tw_pmem *pm, uint64_t pa, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	if (pmem_in_flat(&pm->flat, pa, len)) {
		memcpy(pm->flat.host + (pa - pm->flat.lo), buf, len);
		return 0;
	}
	if (!tw_pmem_answers(pm, pa, len))
		return -EIO;
	if (!len)
		return 0;
	for (uint64_t n = pa >> PAGE_SHIFT; n <= (pa + len - 1) >> PAGE_SHIFT; n++)
		if (!pmem_in_flat(&pm->flat, n << PAGE_SHIFT, 1) && !get_page(pm, n))
			return -ENOMEM;
	while (len) {
		size_t off = pa & (PAGE_BYTES - 1),
		       n = PAGE_BYTES - off < len ? PAGE_BYTES - off : len;

		if (pmem_in_flat(&pm->flat, pa, 1)) {
			memcpy(pm->flat.host + (pa - pm->flat.lo), from, n);
		} else {
			struct page *p = get_page(pm, pa >> PAGE_SHIFT);

			if (!p) // cannot be: made above
				return -ENOMEM;
			memcpy(p->bytes + off, from, n);
		}
		from += n;
		pa += n;
		len -= n;
	}
	return 0;
}

void *tw_pmem_ptr(struct tw_pmem *pm, uint64_t pa, size_t len)
{
	size_t off = pa & (PAGE_BYTES - 1);
	struct page *p;

	if (pmem_in_flat(&pm->flat, pa, len))
		return pm->flat.host + (pa - pm->flat.lo);
	if (len > PAGE_BYTES - off || !tw_pmem_answers(pm, pa, len ? len : 1) ||
	    pmem_in_flat(&pm->flat, pa, 1))
		return NULL;
	p = get_page(pm, pa >> PAGE_SHIFT);
	return p ? p->bytes + off : NULL;
}
