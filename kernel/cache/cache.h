// SPDX-License-Identifier: Apache-2.0
// Objects that regions map: files and shared anonymous memory. An object is the page cache of its
// contents, keyed by page index. Invariants (tw_check_objects):
// - the cache holds a frame (with one reference) or, shared anonymous memory only, a swap slot
// (with one reference);
// - a FILE frame that is not dirty, and whose mappings are not, equals the real file up to its
// size;
// - a file object without users stays while it has pages, so nothing dirty is dropped, but without
// a descriptor of the host's;
// - a file is in the table at the bucket of its device and inode number, once.
#ifndef TW_CACHE_H
#define TW_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <bsd/sys/queue.h>

#include "cache/radix.h"
#include "dev/dev.h"

struct tw_kernel;

// A region as its object sees it.
struct tw_mapping {
	LIST_ENTRY(tw_mapping) link;
};

struct tw_object {
	LIST_ENTRY(tw_object) link;
	LIST_ENTRY(tw_object) hash; // file: of its bucket
	LIST_HEAD(, tw_mapping) mappings;
	struct tw_radix pages;
	uint32_t users; // regions and open files
	bool file;	// else shared anonymous memory
	bool written;	// file: to the host, not yet made durable
	uint64_t size;	// bytes
	struct tw_hostfile host;
	struct tw_blk blk;
};
LIST_HEAD(tw_object_list, tw_object);

// The files by device and inode number. SIZE buckets, a power of two or 0; grows with the count.
struct tw_object_table {
	struct tw_object_list *bucket;
	uint32_t size, count;
};

// An open file: an object and the right to read or write it.
struct tw_file {
	struct tw_kernel *k;
	struct tw_object *object;
	int mode;
};

// Values of the cache's radix tree.
static inline uint64_t tw_page_of_frame(uint32_t f)
{
	return (uint64_t)f << 1 | 1;
}
static inline uint64_t tw_page_of_slot(uint32_t slot)
{
	return (uint64_t)slot << 1;
}
static inline bool tw_page_is_frame(uint64_t page)
{
	return page & 1;
}
static inline uint32_t tw_page_number(uint64_t page)
{
	return (uint32_t)(page >> 1);
}

struct tw_cache {
	struct tw_object_list objects;
	struct tw_object_table files; // those that are files
};

// -ENOMEM. Destroying frees what no region maps any more, whatever it holds.
int tw_cache_create(struct tw_kernel *k);
void tw_cache_destroy(struct tw_kernel *k);

// What the object has for a page: a frame, a slot, or 0.
static inline uint64_t tw_object_lookup(const struct tw_object *o, uint64_t index)
{
	return tw_radix_get(&o->pages, index);
}

// The object of a file that is known, or NULL.
struct tw_object *tw_object_find(struct tw_kernel *k, dev_t dev, ino_t ino);
// Finds or opens the object of a real file. The caller has no reference yet.
int tw_object_open(struct tw_kernel *k, const char *path, bool write, struct tw_object **o);
int tw_object_new_shmem(struct tw_kernel *k, uint64_t size, struct tw_object **o);
void tw_object_get(struct tw_object *o);
// Drops a user. Shared anonymous memory ends with its last one.
void tw_object_put(struct tw_kernel *k, struct tw_object *o);
// A region begins or ceases to map the object: a user.
void tw_object_attach(struct tw_object *o, struct tw_mapping *m);
void tw_object_detach(struct tw_kernel *k, struct tw_object *o, struct tw_mapping *m);
// Frees a file object without users and pages.
void tw_object_reap(struct tw_kernel *k, struct tw_object *o);

enum tw_page_source { TW_PAGE_CACHED, TW_PAGE_READ, TW_PAGE_NEW, TW_PAGE_SWAPPED };

// The frame of a page, brought in if need be; one frame is reserved. No reference is taken. -EIO,
// ... from the device, -ENOMEM.
int tw_object_page(struct tw_kernel *k, struct tw_object *o, uint64_t index, uint32_t *f,
		   enum tw_page_source *source);

// Takes a frame that is mapped nowhere out of the cache and drops the cache's reference. slot: what
// stands for it now (shared anonymous memory), or 0.
void tw_object_drop_page(struct tw_kernel *k, uint32_t f, uint32_t slot);

// --- writeback.c -----------------------------------------------------------------------

// Writes N frames with consecutive indices of one file. Their mappings are clean and fenced. On an
// error they are dirty again.
int tw_object_write(struct tw_kernel *k, const uint32_t *frames, unsigned int n, bool wait);

// Writes back all dirty pages of [first, end). durable: also asks the host to make them so. The
// first error; goes on after it.
int tw_object_sync(struct tw_kernel *k, struct tw_object *o, uint64_t first, uint64_t end,
		   bool durable);

#endif
