// SPDX-License-Identifier: Apache-2.0
// Linux's memory calls (those from 6.17 on), page by page, as a reference for random tests: a user
// space of LM_PAGES pages, each of which knows what it shows. Deliberately naive: no trees, no
// tables, no frames. An address space is a value: a call can be tried on a copy. Arguments and
// results are those of the calls in kernel.h.
#ifndef LINUX_MM_H
#define LINUX_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LM_PAGES = 128 };

enum lm_kind { LM_NONE, LM_ANON, LM_SHARED, LM_FILE_PRIVATE, LM_FILE_SHARED };

// What a page is seen to hold: its first four bytes, eight in its middle, its last four.
struct lm_cells {
	uint64_t mid;
	uint32_t head, tail;
};

// Contents that several pages may show: a file, or shared anonymous memory.
struct lm_object {
	struct lm_object *next;
	bool file, marked;
	uint64_t pages;
	struct lm_cells cell[LM_PAGES];
};

struct lm_page {
	enum lm_kind kind;
	uint32_t prot;
	bool may_write, grows;
	bool own; // private: cells holds the contents; else the file's, or zero
	struct lm_cells cells;
	struct lm_object *object;
	uint64_t index;
};

struct lm_mm {
	uint64_t lo, hi, start_brk, brk;
	struct lm_page page[LM_PAGES];
};

// A regular file opened in a mode of TW_O_*, as mmap gets it.
struct lm_file {
	struct lm_object *object;
	int mode;
};

// Objects are kept in a list; those that no page of the N address spaces shows and that are no
// files are freed.
struct lm_object *lm_new_object(struct lm_object **list, bool file, uint64_t pages);
void lm_collect(struct lm_object **list, const struct lm_mm *const *mm, size_t n);

int64_t lm_mmap(struct lm_mm *mm, struct lm_object **list, uint64_t addr, uint64_t len,
		uint32_t prot, uint32_t flags, const struct lm_file *file, uint64_t offset);
int64_t lm_munmap(struct lm_mm *mm, uint64_t addr, uint64_t len);
int64_t lm_mprotect(struct lm_mm *mm, uint64_t addr, uint64_t len, uint32_t prot);
int64_t lm_mremap(struct lm_mm *mm, uint64_t addr, uint64_t old_len, uint64_t new_len,
		  uint32_t flags, uint64_t new_addr);
int64_t lm_madvise(struct lm_mm *mm, uint64_t addr, uint64_t len, int advice);
int64_t lm_msync(struct lm_mm *mm, uint64_t addr, uint64_t len, uint32_t flags);
int64_t lm_brk(struct lm_mm *mm, uint64_t brk);

// The page of an address; NULL outside user space.
struct lm_page *lm_page(struct lm_mm *mm, uint64_t addr);
// Rights that imply others in a format of page tables.
struct lm_rights {
	uint32_t readable, executable;
};

// What an access that needs the rights NEED meets: 0, or the signal's code (TW_SEGV_*, or
// -TW_BUS_ADRERR for SIGBUS).
int lm_access(const struct lm_page *g, uint32_t need, struct lm_rights implied);
struct lm_cells lm_load(const struct lm_page *g);
// Where a store to the page goes.
struct lm_cells *lm_store(struct lm_page *g);

// True if pages I and I + 1 are parts of one region.
bool lm_one_region(const struct lm_mm *mm, unsigned int i);

#endif
