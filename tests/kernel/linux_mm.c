// SPDX-License-Identifier: Apache-2.0
// See linux_mm.h.
#include "linux_mm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "twinwalk/kernel.h"

#define PAGE ((uint64_t)TW_PAGE_BYTES)

static uint64_t up(uint64_t bytes)
{
	return (bytes + PAGE - 1) & -PAGE;
}

static bool aligned(uint64_t addr)
{
	return addr % PAGE == 0;
}

// --- Objects and pages -----------------------------------------------------------------

struct lm_object *lm_new_object(struct lm_object **list, bool file, uint64_t pages)
{
	struct lm_object *o = calloc(1, sizeof(*o));

	if (!o)
		abort();
	o->file = file;
	o->pages = pages;
	o->next = *list;
	*list = o;
	return o;
}

void lm_collect(struct lm_object **list, const struct lm_mm *const *mm, size_t n)
{
	for (struct lm_object *o = *list; o; o = o->next)
		o->marked = o->file;
	for (size_t i = 0; i < n; i++)
		for (unsigned int j = 0; j < LM_PAGES; j++)
			if (mm[i]->page[j].object)
				mm[i]->page[j].object->marked = true;
	while (*list) {
		struct lm_object *o = *list;

		if (o->marked) {
			list = &o->next;
		} else {
			*list = o->next;
			free(o);
		}
	}
}

struct lm_page *lm_page(struct lm_mm *mm, uint64_t addr)
{
	return addr >= mm->lo && addr < mm->hi ? &mm->page[(addr - mm->lo) / PAGE] : NULL;
}

static bool mapped(struct lm_mm *mm, uint64_t addr)
{
	const struct lm_page *g = lm_page(mm, addr);

	return g && g->kind != LM_NONE;
}

// The part of [start, end) that lies in user space.
static uint64_t first_of(const struct lm_mm *mm, uint64_t start)
{
	return start > mm->lo ? start : mm->lo;
}

static uint64_t last_of(const struct lm_mm *mm, uint64_t end)
{
	return end < mm->hi ? end : mm->hi;
}

static bool any_mapped(struct lm_mm *mm, uint64_t start, uint64_t end)
{
	for (uint64_t at = first_of(mm, start); at < last_of(mm, end); at += PAGE)
		if (mapped(mm, at))
			return true;
	return false;
}

static bool all_mapped(struct lm_mm *mm, uint64_t start, uint64_t end)
{
	if (start < end && (start < mm->lo || end > mm->hi))
		return false;
	for (uint64_t at = start; at < end; at += PAGE)
		if (!mapped(mm, at))
			return false;
	return true;
}

static void clear(struct lm_mm *mm, uint64_t start, uint64_t end)
{
	for (uint64_t at = first_of(mm, start); at < last_of(mm, end); at += PAGE)
		*lm_page(mm, at) = (struct lm_page){.kind = LM_NONE};
}

// The highest free place for LEN bytes; 0: none.
static uint64_t find_gap(struct lm_mm *mm, uint64_t len)
{
	if (len > mm->hi - mm->lo)
		return 0;
	for (uint64_t at = mm->hi - len; at >= mm->lo; at -= PAGE)
		if (!any_mapped(mm, at, at + len))
			return at;
	return 0;
}

bool lm_one_region(const struct lm_mm *mm, unsigned int i)
{
	const struct lm_page *a = &mm->page[i], *b = a + 1;

	return i + 1 < LM_PAGES && a->kind != LM_NONE && a->kind == b->kind && a->prot == b->prot &&
	       a->may_write == b->may_write && a->grows == b->grows && a->object == b->object &&
	       (!a->object || a->index + 1 == b->index);
}

static uint64_t region_end(struct lm_mm *mm, uint64_t addr)
{
	unsigned int i = (unsigned int)((addr - mm->lo) / PAGE);

	while (lm_one_region(mm, i))
		i++;
	return mm->lo + (i + 1) * PAGE;
}

// --- Calls -----------------------------------------------------------------------------

static int64_t place(struct lm_mm *mm, uint64_t addr, uint64_t len, uint32_t flags)
{
	if (len > mm->hi)
		return -ENOMEM;
	if (flags & (TW_MAP_FIXED | TW_MAP_FIXED_NOREPLACE)) {
		if (addr > mm->hi - len)
			return -ENOMEM;
		return !aligned(addr) ? -EINVAL : addr < mm->lo ? -EPERM : (int64_t)addr;
	}
	addr &= -PAGE;
	if (addr && addr < mm->lo)
		addr = mm->lo;
	if (addr && addr <= mm->hi - len && !any_mapped(mm, addr, addr + len))
		return (int64_t)addr;
	addr = find_gap(mm, len);
	return addr ? (int64_t)addr : -ENOMEM;
}

// The kind of page that the flags ask for, or why not.
static int kind_of(uint32_t prot, uint32_t flags, const struct lm_file *file)
{
	const uint32_t known = 0x7c000000 | TW_MAP_TYPE | TW_MAP_FIXED | TW_MAP_ANONYMOUS |
			       TW_MAP_GROWSDOWN | 0x1800 | TW_MAP_LOCKED | TW_MAP_NORESERVE |
			       TW_MAP_POPULATE | TW_MAP_NONBLOCK | TW_MAP_STACK | 0x40000;
	uint32_t type = flags & TW_MAP_TYPE;

	if (!file && type == TW_MAP_PRIVATE)
		return LM_ANON;
	if (!file)
		return type == TW_MAP_SHARED && !(flags & TW_MAP_GROWSDOWN) ? LM_SHARED : -EINVAL;
	if (type == 0 || type > TW_MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (type == TW_MAP_SHARED_VALIDATE && (flags & ~known))
		return -EOPNOTSUPP;
	if (type != TW_MAP_PRIVATE && (prot & TW_PROT_WRITE) && file->mode == TW_O_RDONLY)
		return -EACCES;
	if (file->mode == TW_O_WRONLY)
		return -EACCES;
	if (flags & TW_MAP_GROWSDOWN)
		return -EINVAL;
	return type == TW_MAP_PRIVATE ? LM_FILE_PRIVATE : LM_FILE_SHARED;
}

int64_t lm_mmap(struct lm_mm *mm, struct lm_object **list, uint64_t addr, uint64_t len,
		uint32_t prot, uint32_t flags, const struct lm_file *file, uint64_t offset)
{
	struct lm_page g = {.prot = prot & 7, .may_write = true};
	int64_t at;
	int kind;

	if (!aligned(offset))
		return -EINVAL;
	if (flags & TW_MAP_ANONYMOUS)
		file = NULL;
	else if (!file)
		return -EBADF;
	if (len == 0)
		return -EINVAL;
	len = up(len);
	if (len == 0)
		return -ENOMEM;
	at = place(mm, addr, len, flags);
	if (at < 0)
		return at;
	if ((flags & TW_MAP_FIXED_NOREPLACE) && any_mapped(mm, (uint64_t)at, (uint64_t)at + len))
		return -EEXIST;
	if (file && (offset > INT64_MAX || len > (uint64_t)INT64_MAX - offset))
		return -EOVERFLOW;
	kind = kind_of(prot, flags, file);
	if (kind < 0)
		return kind;
	clear(mm, (uint64_t)at, (uint64_t)at + len);
	g.kind = (enum lm_kind)kind;
	g.grows = flags & TW_MAP_GROWSDOWN;
	if (file) {
		g.object = file->object;
		g.index = offset / PAGE;
		g.may_write = g.kind == LM_FILE_PRIVATE || file->mode != TW_O_RDONLY;
	} else if (g.kind == LM_SHARED) {
		g.object = lm_new_object(list, false, len / PAGE);
	}
	for (uint64_t i = 0; i < len / PAGE; i++, g.index++)
		*lm_page(mm, (uint64_t)at + i * PAGE) = g;
	return at;
}

int64_t lm_munmap(struct lm_mm *mm, uint64_t addr, uint64_t len)
{
	if (!aligned(addr) || addr > mm->hi || len > mm->hi - addr || len == 0)
		return -EINVAL;
	clear(mm, addr, addr + up(len));
	return 0;
}

int64_t lm_mprotect(struct lm_mm *mm, uint64_t addr, uint64_t len, uint32_t prot)
{
	if (!aligned(addr))
		return -EINVAL;
	if (len == 0)
		return 0;
	len = up(len);
	if (addr + len <= addr)
		return -ENOMEM;
	if (prot & ~15u)
		return -EINVAL;
	for (uint64_t at = addr; at < addr + len; at += PAGE) {
		struct lm_page *g = lm_page(mm, at);

		if (!g || g->kind == LM_NONE)
			return -ENOMEM;
		if ((prot & TW_PROT_WRITE) && !g->may_write)
			return -EACCES;
		g->prot = prot & 7;
	}
	return 0;
}

int64_t lm_madvise(struct lm_mm *mm, uint64_t addr, uint64_t len, int advice)
{
	uint64_t end = addr + up(len);

	if (advice < TW_MADV_NORMAL || advice > TW_MADV_DONTNEED || !aligned(addr) || end < addr ||
	    (len && up(len) == 0))
		return -EINVAL;
	for (uint64_t at = first_of(mm, addr); advice == TW_MADV_DONTNEED && at < last_of(mm, end);
	     at += PAGE)
		lm_page(mm, at)->own = false;
	return all_mapped(mm, addr, end) ? 0 : -ENOMEM;
}

int64_t lm_msync(struct lm_mm *mm, uint64_t addr, uint64_t len, uint32_t flags)
{
	uint64_t end = addr + up(len);

	if ((flags & ~7u) || !aligned(addr) || ((flags & TW_MS_ASYNC) && (flags & TW_MS_SYNC)))
		return -EINVAL;
	if (end < addr)
		return -ENOMEM;
	return all_mapped(mm, addr, end) ? 0 : -ENOMEM;
}

int64_t lm_brk(struct lm_mm *mm, uint64_t brk)
{
	uint64_t old_end = up(mm->brk), new_end = up(brk);

	if (brk < mm->start_brk || brk > mm->hi)
		return (int64_t)mm->brk;
	if (new_end < old_end && !any_mapped(mm, new_end, old_end))
		return (int64_t)mm->brk;
	if (new_end < old_end)
		clear(mm, new_end, old_end);
	if (new_end > old_end && any_mapped(mm, old_end, new_end + PAGE))
		return (int64_t)mm->brk;
	for (uint64_t at = old_end; at < new_end; at += PAGE)
		*lm_page(mm, at) = (struct lm_page){
			.kind = LM_ANON, .prot = TW_PROT_READ | TW_PROT_WRITE, .may_write = true};
	mm->brk = brk;
	return (int64_t)brk;
}

// --- mremap ----------------------------------------------------------------------------

// Moves or copies OLD bytes, which lie in one region, to a free place of NEW bytes.
static int64_t move(struct lm_mm *mm, uint64_t addr, uint64_t old, uint64_t new, uint64_t to)
{
	struct lm_page moved[LM_PAGES] = {0}, g = *lm_page(mm, addr);
	uint64_t n = new / PAGE;

	g.own = false;
	for (uint64_t i = 0; i < n; i++, g.index++)
		moved[i] = i < old / PAGE ? *lm_page(mm, addr + i * PAGE) : g;
	clear(mm, addr, addr + old);
	memcpy(lm_page(mm, to), moved, n * sizeof(moved[0]));
	return (int64_t)to;
}

static int64_t move_fixed(struct lm_mm *mm, uint64_t addr, uint64_t old, uint64_t new, uint64_t to)
{
	const struct lm_page *g = lm_page(mm, addr);
	uint64_t kept = old < new ? old : new;

	if (!g || g->kind == LM_NONE)
		return -EFAULT;
	if (old == 0 && g->kind != LM_SHARED && g->kind != LM_FILE_SHARED)
		return -EINVAL;
	if (kept > region_end(mm, addr) - addr)
		return -EFAULT;
	clear(mm, to, to + new);
	if (!mapped(mm, addr))
		return -EFAULT;
	if (old > new && (old > mm->hi || addr > mm->hi - old))
		return -EINVAL;
	if (old > new)
		clear(mm, addr + new, addr + old);
	return to < mm->lo ? -EPERM : move(mm, addr, kept, new, to);
}

// Every region of the range for itself.
static int64_t move_all(struct lm_mm *mm, uint64_t addr, uint64_t len, uint64_t to)
{
	uint64_t end = addr + len, next;

	if (!mapped(mm, addr))
		return -EFAULT;
	for (uint64_t at = addr; at < last_of(mm, end); at = next) {
		int64_t err;

		next = at + PAGE;
		if (!mapped(mm, at))
			continue;
		next = region_end(mm, at) < end ? region_end(mm, at) : end;
		err = move_fixed(mm, at, next - at, next - at, at - addr + to);
		if (err < 0)
			return err;
	}
	return (int64_t)to;
}

static int64_t change_length(struct lm_mm *mm, uint64_t addr, uint64_t old, uint64_t new,
			     bool may_move)
{
	struct lm_page g;
	uint64_t to;

	if (!mapped(mm, addr))
		return -EFAULT;
	g = *lm_page(mm, addr);
	if (old > new && (old > mm->hi || addr > mm->hi - old))
		return -EINVAL;
	if (old >= new) {
		clear(mm, addr + new, addr + old);
		return (int64_t)addr;
	}
	if (old == 0 && g.kind != LM_SHARED && g.kind != LM_FILE_SHARED)
		return -EINVAL;
	if (old > region_end(mm, addr) - addr)
		return -EFAULT;
	if (old == region_end(mm, addr) - addr && addr + new <= mm->hi &&
	    !any_mapped(mm, addr + old, addr + new)) {
		g.own = false;
		for (uint64_t i = 0; i < new / PAGE; i++, g.index++)
			if (i >= old / PAGE)
				*lm_page(mm, addr + i * PAGE) = g;
		return (int64_t)addr;
	}
	to = may_move ? find_gap(mm, new) : 0;
	return to ? move(mm, addr, old, new, to) : -ENOMEM;
}

int64_t lm_mremap(struct lm_mm *mm, uint64_t addr, uint64_t old_len, uint64_t new_len,
		  uint32_t flags, uint64_t to)
{
	const uint32_t both = TW_MREMAP_MAYMOVE | TW_MREMAP_FIXED;

	old_len = up(old_len);
	new_len = up(new_len);
	if ((flags & ~both) || !aligned(addr) || new_len == 0 || new_len > mm->hi)
		return -EINVAL;
	if (!(flags & TW_MREMAP_FIXED))
		return change_length(mm, addr, old_len, new_len, flags & TW_MREMAP_MAYMOVE);
	if (flags != both || to > mm->hi - new_len || !aligned(to) ||
	    (addr + old_len > to && to + new_len > addr))
		return -EINVAL;
	return old_len == new_len ? move_all(mm, addr, old_len, to)
				  : move_fixed(mm, addr, old_len, new_len, to);
}

// --- Accesses --------------------------------------------------------------------------

int lm_access(const struct lm_page *g, uint32_t need, struct lm_rights implied)
{
	uint32_t prot;

	if (!g || g->kind == LM_NONE)
		return TW_SEGV_MAPERR;
	prot = g->prot | (g->prot & implied.readable ? TW_PROT_READ : 0u) |
	       (g->prot & implied.executable ? TW_PROT_EXEC : 0u);
	if (need & ~prot)
		return TW_SEGV_ACCERR;
	return g->object && !g->own && g->index >= g->object->pages ? -TW_BUS_ADRERR : 0;
}

struct lm_cells lm_load(const struct lm_page *g)
{
	if (g->own)
		return g->cells;
	return g->object && g->index < g->object->pages ? g->object->cell[g->index]
							: (struct lm_cells){0};
}

struct lm_cells *lm_store(struct lm_page *g)
{
	if (g->kind == LM_SHARED || g->kind == LM_FILE_SHARED)
		return &g->object->cell[g->index];
	if (!g->own)
		g->cells = lm_load(g);
	g->own = true;
	return &g->cells;
}
