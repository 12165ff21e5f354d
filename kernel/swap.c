// SPDX-License-Identifier: Apache-2.0
// Swap. See swap.h.
#include "swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern.h"

// A hole for a whole cluster is looked for in at most this many slots.
enum { CLUSTER_SEARCH = 8192 };

// --- Life ------------------------------------------------------------------------------

static const char magic[] = "TWSWAP 1\n";

// Writes the header and reads it back: what keeps nothing is no place for swap.
static int write_header(struct tw_kernel *k, uint32_t slots)
{
	char page[TW_PAGE_BYTES] = {0}, back[TW_PAGE_BYTES];
	struct iovec vec = {.iov_base = page, .iov_len = sizeof(page)};
	int err;

	snprintf(page, sizeof(page), "%spage %d\nslots %u\n", magic, TW_PAGE_BYTES, slots);
	err = tw_blk_write(k, &k->swap.blk, &vec, 1, 0, false);
	if (err)
		return err;
	if (pread(k->swap.blk.fd, back, sizeof(back), 0) != (ssize_t)sizeof(back) ||
	    memcmp(page, back, sizeof(page)))
		return -EIO;
	return 0;
}

// Locks a file that is empty or was swap before and empties it; any other is left alone.
static int claim(int fd)
{
	char start[sizeof(magic) - 1];
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fstat(fd, &st))
		return -errno;
	if ((S_ISREG(st.st_mode) && st.st_size == 0) || S_ISCHR(st.st_mode))
		return 0;
	if (pread(fd, start, sizeof(start), 0) != (ssize_t)sizeof(start) ||
	    memcmp(start, magic, sizeof(start)))
		return -EEXIST;
	return S_ISREG(st.st_mode) && ftruncate(fd, 0) ? -errno : 0;
}

int tw_swap_create(struct tw_kernel *k, const char *path, uint32_t slots)
{
	struct tw_swap *s = &k->swap;
	uint32_t total = slots + 1;
	int err;

	*s = (struct tw_swap){.blk = {.fd = -1, .model = &k->opts.swap_dev}};
	if (slots == 0)
		return 0;
	s->refs = calloc(total, sizeof(*s->refs));
	s->frame = malloc(total * sizeof(*s->frame));
	if (!s->refs || !s->frame)
		return -ENOMEM;
	for (uint32_t i = 0; i < total; i++)
		s->frame[i] = TW_NO_FRAME;
	s->blk.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->blk.fd < 0)
		return -errno;
	err = claim(s->blk.fd);
	if (!err)
		err = write_header(k, slots);
	if (err)
		return err;
	s->slots = total;
	s->cursor = s->hand = 1;
	return 0;
}

void tw_swap_destroy(struct tw_kernel *k)
{
	struct tw_swap *s = &k->swap;

	if (s->blk.fd >= 0)
		close(s->blk.fd);
	free(s->refs);
	free(s->frame);
	*s = (struct tw_swap){.blk = {.fd = -1}};
}

// --- The map ---------------------------------------------------------------------------

static bool is_free(const struct tw_swap *s, uint32_t slot)
{
	return s->refs[slot] == 0 && s->frame[slot] == TW_NO_FRAME;
}

uint32_t tw_swap_available(const struct tw_kernel *k)
{
	const struct tw_swap *s = &k->swap;

	return s->slots ? s->slots - 1 - s->used + s->spare : 0;
}

// Gives up the slots of pages that are in memory and mapped: their frames hold the only copy then.
static void free_spare_slots(struct tw_kernel *k, uint32_t n)
{
	struct tw_swap *s = &k->swap;

	while (n > 0 && s->spare > 0) {
		uint32_t slot = s->hand;

		s->hand = slot + 1 == s->slots ? 1 : slot + 1;
		if (s->frame[slot] == TW_NO_FRAME || s->refs[slot] > 0)
			continue;
		tw_swap_cache_drop(k, s->frame[slot]);
		n--;
	}
}

static uint32_t find_cluster(const struct tw_swap *s, uint32_t n)
{
	uint32_t run = 0, slot = s->cursor;

	for (uint32_t i = 0; i < s->slots && i < CLUSTER_SEARCH; i++, slot++) {
		if (slot == s->slots) {
			slot = 1;
			run = 0;
		}
		run = is_free(s, slot) ? run + 1 : 0;
		if (run == n)
			return slot - n + 1;
	}
	return 0;
}

uint32_t tw_swap_alloc(struct tw_kernel *k, uint32_t n, uint32_t *out)
{
	struct tw_swap *s = &k->swap;
	uint32_t slot, got = 0;

	if (s->slots == 0)
		return 0;
	if (s->slots - 1 - s->used < n)
		free_spare_slots(k, n - (s->slots - 1 - s->used));
	if (s->slots - 1 - s->used < n)
		n = s->slots - 1 - s->used;
	if (n == 0)
		return 0;
	slot = find_cluster(s, n);
	for (slot = slot ? slot : s->cursor; got < n; slot++) {
		if (slot == s->slots)
			slot = 1;
		if (!is_free(s, slot))
			continue;
		s->refs[slot] = 1;
		s->used++;
		out[got++] = slot;
	}
	s->cursor = slot == s->slots ? 1 : slot;
	tw_charge(k, TW_COST_SLOT, n);
	return n;
}

void tw_swap_dup(struct tw_kernel *k, uint32_t slot)
{
	assert(slot > 0 && slot < k->swap.slots && k->swap.refs[slot] > 0);
	k->swap.refs[slot]++;
}

void tw_swap_hold(struct tw_kernel *k, uint32_t slot)
{
	assert(k->swap.frame[slot] != TW_NO_FRAME);
	if (k->swap.refs[slot]++ == 0)
		k->swap.spare--;
}

void tw_swap_put(struct tw_kernel *k, uint32_t slot)
{
	struct tw_swap *s = &k->swap;
	uint32_t f;

	assert(slot > 0 && slot < s->slots && s->refs[slot] > 0);
	tw_charge(k, TW_COST_SLOT, 1);
	if (--s->refs[slot] > 0)
		return;
	f = s->frame[slot];
	if (f == TW_NO_FRAME) {
		s->used--;
		return;
	}
	s->spare++;
	if (k->frames[f].mapcount == 0)
		tw_swap_cache_drop(k, f);
}

bool tw_swap_tight(const struct tw_kernel *k)
{
	return 2 * (uint64_t)k->swap.used > k->swap.slots;
}

// --- The cache -------------------------------------------------------------------------

uint32_t tw_swap_cache_find(struct tw_kernel *k, uint32_t slot)
{
	tw_charge(k, TW_COST_CACHE, 1);
	return k->swap.frame[slot];
}

void tw_swap_cache_add(struct tw_kernel *k, uint32_t f, uint32_t slot)
{
	assert(k->swap.refs[slot] > 0 && k->swap.frame[slot] == TW_NO_FRAME);
	assert(k->frames[f].slot == 0);
	k->swap.frame[slot] = f;
	k->swap.cached++;
	k->frames[f].slot = slot;
	tw_reclaim_slot_changed(k, f);
	tw_frame_get(k, f);
}

void tw_swap_cache_del(struct tw_kernel *k, uint32_t f)
{
	struct tw_swap *s = &k->swap;
	uint32_t slot = k->frames[f].slot;

	assert(slot && s->frame[slot] == f);
	s->frame[slot] = TW_NO_FRAME;
	s->cached--;
	if (s->refs[slot] == 0) {
		s->used--;
		s->spare--;
	}
	k->frames[f].slot = 0;
	tw_reclaim_slot_changed(k, f);
	tw_frame_put(k, f);
}

void tw_swap_cache_drop(struct tw_kernel *k, uint32_t f)
{
	if (k->swap.refs[k->frames[f].slot] > 0)
		return;
	k->frames[f].flags |= TW_FRAME_DIRTY;
	tw_swap_cache_del(k, f);
}

// --- The device ------------------------------------------------------------------------

int tw_swap_read(struct tw_kernel *k, uint32_t slot, uint32_t f)
{
	int err = tw_blk_read(k, &k->swap.blk, tw_frame_host(k, f), TW_PAGE_BYTES,
			      (uint64_t)slot << TW_PAGE_SHIFT_4K, false);

	if (err) {
		k->stats.swap_errors++;
		return tw_fail(k, err, "swap: reading slot %u failed: %s", slot, strerror(-err));
	}
	k->stats.swap_in++;
	return 0;
}

int tw_swap_write(struct tw_kernel *k, const uint32_t *f, const uint32_t *slot, unsigned int n,
		  bool wait, int *err)
{
	int result = 0;

	for (unsigned int i = 0, run; i < n; i += run) {
		struct iovec vec[TW_BLK_VECS];
		int e;

		for (run = 0; i + run < n && run < TW_BLK_VECS && slot[i + run] == slot[i] + run;
		     run++)
			vec[run] = (struct iovec){.iov_base = tw_frame_host(k, f[i + run]),
						  .iov_len = TW_PAGE_BYTES};
		e = tw_blk_write(k, &k->swap.blk, vec, run, (uint64_t)slot[i] << TW_PAGE_SHIFT_4K,
				 wait);
		k->stats.swap_write_requests++;
		if (e) {
			k->stats.swap_errors++;
			tw_set_error(k, "swap: writing %u pages at slot %u failed: %s", run,
				     slot[i], strerror(-e));
			result = result ? result : e;
		} else {
			k->stats.swap_out += run;
		}
		for (unsigned int j = 0; j < run; j++)
			err[i + j] = e;
	}
	return result;
}
