// SPDX-License-Identifier: Apache-2.0
// Write-back of dirty file pages, and the handles of open files. Rule: the D bits of all mappings
// are cleared and fenced before the page is written, so a store that comes after is noticed and
// nothing is lost; a page that could not be written is dirty again.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/cache.h"
#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"

// A file that nobody uses needs its descriptor for this write only.
static void let_go(struct tw_kernel *k, struct tw_object *o)
{
	if (o->users == 0)
		tw_hostfile_close(k->hostfiles, &o->host);
}

int tw_object_write(struct tw_kernel *k, const uint32_t *frames, unsigned int n, bool wait)
{
	struct tw_object *o = k->frames[frames[0]].object;
	struct iovec vec[TW_BLK_VECS];
	uint64_t at = k->frames[frames[0]].index << TW_PAGE_SHIFT_4K;
	unsigned int vecs = 0;
	int err;

	assert(n > 0 && n <= TW_BLK_VECS);
	for (unsigned int i = 0; i < n; i++) {
		uint64_t start = at + ((uint64_t)i << TW_PAGE_SHIFT_4K);
		uint64_t left = start < o->size ? o->size - start : 0;

		k->frames[frames[i]].flags &= (uint8_t)~TW_FRAME_DIRTY;
		if (left)
			vec[vecs++] = (struct iovec){
				.iov_base = tw_frame_host(k, frames[i]),
				.iov_len = left < TW_PAGE_BYTES ? left : TW_PAGE_BYTES};
	}
	if (vecs == 0)
		return 0;
	k->stats.file_write_requests++;
	err = tw_blk_write(k, &o->blk, vec, vecs, at, wait);
	let_go(k, o);
	if (!err) {
		k->stats.file_writes += vecs;
		o->written = true;
		return 0;
	}
	for (unsigned int i = 0; i < n; i++)
		k->frames[frames[i]].flags |= TW_FRAME_DIRTY;
	k->stats.file_errors++;
	return tw_fail(k, err, "%s: writing %u pages at offset %llu failed: %s", o->host.path, n,
		       (unsigned long long)at, strerror(-err));
}

// Collects a run of dirty pages from *index on. Returns its length, 0 at the end.
static unsigned int collect(struct tw_kernel *k, struct tw_object *o, uint64_t *index, uint64_t end,
			    uint32_t *run, struct tw_gather *g)
{
	unsigned int n = 0;
	uint64_t page, at = *index;

	while (n < TW_BLK_VECS && (page = tw_radix_next(&o->pages, &at)) && at < end) {
		uint32_t f = tw_page_number(page);
		bool dirty = k->frames[f].flags & TW_FRAME_DIRTY;

		if (n > 0 && at != k->frames[run[0]].index + n)
			break;
		tw_charge(k, TW_COST_CACHE, 1);
		if (tw_rmap_clean(k, f, g) || dirty)
			run[n++] = f;
		else if (n > 0)
			break;
		at++;
	}
	*index = at;
	return n;
}

int tw_object_sync(struct tw_kernel *k, struct tw_object *o, uint64_t first, uint64_t end,
		   bool durable)
{
	uint32_t run[TW_BLK_VECS];
	struct tw_gather g;
	int result = 0;

	if (!o->file)
		return 0;
	tw_gather_init(&g, k);
	for (;;) {
		unsigned int n = collect(k, o, &first, end, run, &g);
		int err = tw_gather_flush(&g);

		if (n == 0) {
			result = result ? result : err;
			break;
		}
		err = err ? err : tw_object_write(k, run, n, true);
		if (err && !result)
			result = err;
	}
	if (!durable || result || !o->written)
		return result;
	result = tw_hostfile_sync(k->hostfiles, &o->host, o->size);
	let_go(k, o);
	if (result)
		return tw_fail(k, result, "%s: cannot be made durable: %s", o->host.path,
			       strerror(-result));
	o->written = false;
	return 0;
}

// --- Open files ------------------------------------------------------------------------

int tw_file_open(struct tw_kernel *k, const char *path, int mode, struct tw_file **out)
{
	struct tw_file *file;
	int err;

	if (mode != TW_O_RDONLY && mode != TW_O_WRONLY && mode != TW_O_RDWR)
		return -EINVAL;
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	file->k = k;
	file->mode = mode;
	err = tw_object_open(k, path, mode != TW_O_RDONLY, &file->object);
	if (err) {
		free(file);
		return err;
	}
	tw_object_get(file->object);
	*out = file;
	return 0;
}

int tw_file_sync(struct tw_file *file)
{
	return tw_object_sync(file->k, file->object, 0, UINT64_MAX, file->k->opts.durable);
}

int tw_file_close(struct tw_file *file)
{
	int err = 0;

	if (!file)
		return 0;
	if (file->object->users == 1)
		err = tw_file_sync(file);
	tw_object_put(file->k, file->object);
	free(file);
	return err;
}

uint64_t tw_file_size(const struct tw_file *file)
{
	return file->object->size;
}

int tw_file_grow(struct tw_file *file, uint64_t size)
{
	struct tw_kernel *k = file->k;
	struct tw_object *o = file->object;
	uint64_t page, tail = o->size & (TW_PAGE_BYTES - 1);
	int err;

	if (size < o->size || size > INT64_MAX)
		return -EINVAL;
	if (file->mode == TW_O_RDONLY)
		return -EBADF;
	err = tw_hostfile_resize(k->hostfiles, &o->host, size);
	if (err)
		return tw_fail(k, err, "%s: cannot grow to %llu bytes: %s", o->host.path,
			       (unsigned long long)size, strerror(-err));
	o->written = true;
	// What mappings wrote behind the old end in its page was never part of the file.
	page = tail ? tw_radix_get(&o->pages, o->size >> TW_PAGE_SHIFT_4K) : 0;
	if (page)
		memset(tw_frame_host(k, tw_page_number(page)) + tail, 0, TW_PAGE_BYTES - tail);
	o->size = size;
	return 0;
}

int tw_kernel_sync(struct tw_kernel *k)
{
	struct tw_object *o;
	int result = 0;

	LIST_FOREACH (o, &k->cache->objects, link) {
		int err = tw_object_sync(k, o, 0, UINT64_MAX, k->opts.durable);

		if (err && !result)
			result = err;
	}
	return result;
}
