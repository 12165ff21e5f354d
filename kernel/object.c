// SPDX-License-Identifier: Apache-2.0
// Objects and their page caches. See object.h.
#include "object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern.h"
#include "vma.h"

// --- Life ------------------------------------------------------------------------------

static int open_host(const char *path, bool write, bool *writable)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	*writable = fd >= 0;
	if (fd < 0 && !write && (errno == EACCES || errno == EROFS || errno == EPERM))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static struct tw_object *find(struct tw_kernel *k, const struct stat *st)
{
	struct tw_object *o;

	LIST_FOREACH (o, &k->objects, link)
		if (o->file && o->dev == st->st_dev && o->ino == st->st_ino)
			return o;
	return NULL;
}

int tw_object_open(struct tw_kernel *k, const char *path, bool write, struct tw_object **out)
{
	struct tw_object *o;
	struct stat st;
	bool writable;
	int fd = open_host(path, write, &writable);

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) != 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return -EACCES;
	}
	o = find(k, &st);
	if (o && (o->writable || !writable)) {
		close(fd);
	} else if (o) {
		close(o->blk.fd);
		o->blk.fd = fd;
		o->writable = true;
	} else {
		o = calloc(1, sizeof(*o));
		if (o)
			o->path = strdup(path);
		if (!o || !o->path) {
			free(o);
			close(fd);
			return -ENOMEM;
		}
		LIST_INIT(&o->vmas);
		o->file = true;
		o->writable = writable;
		o->size = (uint64_t)st.st_size;
		o->dev = st.st_dev;
		o->ino = st.st_ino;
		o->blk = (struct tw_blk){.fd = fd, .model = &k->opts.file_dev};
		LIST_INSERT_HEAD(&k->objects, o, link);
	}
	*out = o;
	return 0;
}

int tw_object_new_shmem(struct tw_kernel *k, uint64_t size, struct tw_object **out)
{
	struct tw_object *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	LIST_INIT(&o->vmas);
	o->size = size;
	o->blk.fd = -1;
	LIST_INSERT_HEAD(&k->objects, o, link);
	*out = o;
	return 0;
}

static void destroy(struct tw_object *o)
{
	LIST_REMOVE(o, link);
	tw_radix_clear(&o->pages);
	if (o->blk.fd >= 0)
		close(o->blk.fd);
	free(o->path);
	free(o);
}

void tw_object_reap(struct tw_kernel *k, struct tw_object *o)
{
	(void)k;
	if (o->users == 0 && o->pages.count == 0)
		destroy(o);
}

void tw_object_get(struct tw_object *o)
{
	o->users++;
}

void tw_object_put(struct tw_kernel *k, struct tw_object *o)
{
	uint64_t index = 0, page;

	assert(o->users > 0);
	if (--o->users > 0)
		return;
	// The contents of shared anonymous memory end with its last user.
	while (!o->file && (page = tw_radix_next(&o->pages, &index))) {
		if (tw_page_is_frame(page)) {
			tw_object_drop_page(k, tw_page_number(page), 0);
		} else {
			tw_radix_set(&o->pages, index, 0);
			tw_swap_put(k, tw_page_number(page));
		}
	}
	tw_object_reap(k, o);
}

void tw_object_attach(struct tw_object *o, struct tw_vma *v)
{
	o->users++;
	LIST_INSERT_HEAD(&o->vmas, v, link);
}

void tw_object_detach(struct tw_kernel *k, struct tw_object *o, struct tw_vma *v)
{
	LIST_REMOVE(v, link);
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
			       o->file ? o->path : "swap", (unsigned long long)index,
			       strerror(-err));
	}
	if (page)
		tw_swap_put(k, tw_page_number(page));
	k->frames[f].object = o;
	k->frames[f].index = index;
	// Shared anonymous memory has no other copy.
	if (!o->file)
		k->frames[f].flags |= TW_FRAME_DIRTY;
	tw_reclaim_insert(k, f);
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
