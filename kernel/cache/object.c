// SPDX-License-Identifier: Apache-2.0
// Objects and their page caches. See cache.h.
#include "cache/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern.h"
#include "phys/phys.h"
#include "swap/swap.h"

// --- Life ------------------------------------------------------------------------------

static struct tw_object_list *bucket_of(struct tw_object_table *t, dev_t dev, ino_t ino)
{
	uint64_t h = (uint64_t)ino * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)dev;

	h *= UINT64_C(0xc2b2ae3d27d4eb4f);
	return &t->bucket[h >> 32 & (t->size - 1)];
}

struct tw_object *tw_object_find(struct tw_kernel *k, dev_t dev, ino_t ino)
{
	struct tw_object *o;

	if (k->cache->files.size == 0)
		return NULL;
	LIST_FOREACH (o, bucket_of(&k->cache->files, dev, ino), hash)
		if (o->host.dev == dev && o->host.ino == ino)
			return o;
	return NULL;
}

// Makes room for one more. A table that cannot grow stays as it is.
static int grow(struct tw_object_table *t, struct tw_object_list *all)
{
	uint32_t size = t->size ? 2 * t->size : 64;
	struct tw_object_list *bucket;
	struct tw_object *o;

	if (t->count < t->size || size == 0)
		return 0;
	bucket = calloc(size, sizeof(*bucket));
	if (!bucket)
		return t->size ? 0 : -ENOMEM;
	free(t->bucket);
	t->bucket = bucket;
	t->size = size;
	LIST_FOREACH (o, all, link)
		if (o->file)
			LIST_INSERT_HEAD(bucket_of(t, o->host.dev, o->host.ino), o, hash);
	return 0;
}

// The object of a file of which FD is a descriptor; that becomes the object's.
static int new_file(struct tw_kernel *k, const char *path, int fd, bool writable,
		    const struct stat *st, struct tw_object **out)
{
	struct tw_object *o = calloc(1, sizeof(*o));

	if (!o || grow(&k->cache->files, &k->cache->objects)) {
		free(o);
		close(fd);
		return -ENOMEM;
	}
	if (tw_hostfile_begin(k->hostfiles, &o->host, path, fd, writable, st)) {
		free(o);
		return -ENOMEM;
	}
	LIST_INIT(&o->mappings);
	o->file = true;
	o->size = (uint64_t)st->st_size;
	o->blk = (struct tw_blk){.fd = -1, .file = &o->host, .model = &k->opts.file_dev};
	LIST_INSERT_HEAD(&k->cache->objects, o, link);
	LIST_INSERT_HEAD(bucket_of(&k->cache->files, st->st_dev, st->st_ino), o, hash);
	k->cache->files.count++;
	*out = o;
	return 0;
}

int tw_object_open(struct tw_kernel *k, const char *path, bool write, struct tw_object **out)
{
	struct stat st;
	bool writable;
	int fd = tw_hostfile_find(k->hostfiles, path, write, &writable, &st);

	if (fd < 0)
		return fd;
	*out = tw_object_find(k, st.st_dev, st.st_ino);
	if (!*out)
		return new_file(k, path, fd, writable, &st, out);
	tw_hostfile_renew(k->hostfiles, &(*out)->host, path, fd, writable);
	return 0;
}

int tw_object_new_shmem(struct tw_kernel *k, uint64_t size, struct tw_object **out)
{
	struct tw_object *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	LIST_INIT(&o->mappings);
	o->size = size;
	o->blk.fd = -1;
	LIST_INSERT_HEAD(&k->cache->objects, o, link);
	*out = o;
	return 0;
}

static void destroy(struct tw_kernel *k, struct tw_object *o)
{
	LIST_REMOVE(o, link);
	tw_radix_clear(&o->pages);
	if (o->file) {
		LIST_REMOVE(o, hash);
		k->cache->files.count--;
		tw_hostfile_end(k->hostfiles, &o->host);
	}
	free(o);
}

void tw_object_reap(struct tw_kernel *k, struct tw_object *o)
{
	if (o->users == 0 && o->pages.count == 0)
		destroy(k, o);
}

void tw_object_get(struct tw_object *o)
{
	o->users++;
}

// Drops all pages of an object, which are mapped nowhere.
static void drop_pages(struct tw_kernel *k, struct tw_object *o)
{
	uint64_t index = 0, page;

	while ((page = tw_radix_next(&o->pages, &index))) {
		if (tw_page_is_frame(page)) {
			tw_object_drop_page(k, tw_page_number(page), 0);
		} else {
			tw_radix_set(&o->pages, index, 0);
			tw_swap_put(k, tw_page_number(page));
		}
	}
}

int tw_cache_create(struct tw_kernel *k)
{
	k->cache = calloc(1, sizeof(*k->cache));
	if (!k->cache)
		return -ENOMEM;
	LIST_INIT(&k->cache->objects);
	return tw_hostfiles_create(&k->hostfiles);
}

void tw_cache_destroy(struct tw_kernel *k)
{
	struct tw_object *o;

	if (!k->cache)
		return;
	while ((o = LIST_FIRST(&k->cache->objects))) {
		drop_pages(k, o);
		destroy(k, o);
	}
	free(k->hostfiles);
	free(k->cache->files.bucket);
	free(k->cache);
}

void tw_object_put(struct tw_kernel *k, struct tw_object *o)
{
	assert(o->users > 0);
	if (--o->users > 0)
		return;
	// The contents of shared anonymous memory end with its last user. Those of a file stay as
	// long as the host can keep the file for them without a descriptor.
	if (!o->file || (o->pages.count > 0 && !tw_hostfile_close(k->hostfiles, &o->host) &&
			 tw_object_sync(k, o, 0, UINT64_MAX, false) == 0))
		drop_pages(k, o);
	tw_object_reap(k, o);
}

void tw_object_attach(struct tw_object *o, struct tw_mapping *m)
{
	o->users++;
	LIST_INSERT_HEAD(&o->mappings, m, link);
}

void tw_object_detach(struct tw_kernel *k, struct tw_object *o, struct tw_mapping *m)
{
	LIST_REMOVE(m, link);
	tw_object_put(k, o);
}

// --- Pages -----------------------------------------------------------------------------

static int fill(struct tw_kernel *k, struct tw_object *o, uint64_t index, uint64_t page, uint32_t f,
		enum tw_page_source *source)
{
	uint64_t at = index << TW_PAGE_SHIFT_4K, n;

	if (page) {
		*source = TW_PAGE_SWAPPED;
		return tw_swap_read(k, tw_page_number(page), f);
	}
	if (!o->file) {
		*source = TW_PAGE_NEW;
		tw_frame_zero(k, f);
		return 0;
	}
	*source = TW_PAGE_READ;
	n = at >= o->size ? 0 : o->size - at;
	if (n < TW_PAGE_BYTES)
		memset(tw_frame_host(k, f) + n, 0, TW_PAGE_BYTES - n);
	else
		n = TW_PAGE_BYTES;
	k->stats.file_reads++;
	return tw_blk_read(k, &o->blk, tw_frame_host(k, f), n, at, true);
}

int tw_object_page(struct tw_kernel *k, struct tw_object *o, uint64_t index, uint32_t *out,
		   enum tw_page_source *source)
{
	uint64_t page = tw_radix_get(&o->pages, index);
	uint32_t f;
	int err;

	tw_charge(k, TW_COST_CACHE, 1);
	if (tw_page_is_frame(page)) {
		k->stats.cache_hits++;
		*source = TW_PAGE_CACHED;
		*out = tw_page_number(page);
		return 0;
	}
	k->stats.cache_misses++;
	f = tw_frame_alloc(k, o->file ? TW_FRAME_FILE : TW_FRAME_SHMEM);
	if (f == TW_NO_FRAME)
		return -ENOMEM;
	err = fill(k, o, index, page, f, source);
	if (!err)
		err = tw_radix_set(&o->pages, index, tw_page_of_frame(f));
	if (err) {
		k->stats.file_errors += o->file;
		tw_frame_put(k, f);
		return tw_fail(k, err, "%s: reading page %llu failed: %s",
			       o->file ? o->host.path : "swap", (unsigned long long)index,
			       strerror(-err));
	}
	if (page)
		tw_swap_put(k, tw_page_number(page));
	k->frames[f].object = o;
	k->frames[f].index = index;
	// Shared anonymous memory has no other copy.
	if (!o->file)
		k->frames[f].flags |= TW_FRAME_DIRTY;
	tw_lru_insert(k, f);
	*out = f;
	return 0;
}

void tw_object_drop_page(struct tw_kernel *k, uint32_t f, uint32_t slot)
{
	struct tw_frame *fr = &k->frames[f];
	struct tw_object *o = fr->object;

	assert(o && fr->mapcount == 0);
	tw_charge(k, TW_COST_CACHE, 1);
	tw_radix_set(&o->pages, fr->index, slot ? tw_page_of_slot(slot) : 0);
	fr->object = NULL;
	fr->flags &= (uint8_t)~TW_FRAME_DIRTY;
	tw_frame_put(k, f);
}
