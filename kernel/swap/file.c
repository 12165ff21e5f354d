// SPDX-License-Identifier: Apache-2.0
// The swap file: its header, and pages that are read from it and written to it. See swap.h.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern.h"
#include "phys/phys.h"
#include "swap/map.h"
#include "swap/swap.h"

// --- Life ------------------------------------------------------------------------------

static const char magic[] = "TWSWAP 1\n";

// Writes the header and reads it back: what keeps nothing is no place for swap.
static int write_header(struct tw_kernel *k, uint32_t slots)
{
	char page[TW_PAGE_BYTES] = {0}, back[TW_PAGE_BYTES];
	struct iovec vec = {.iov_base = page, .iov_len = sizeof(page)};
	int err;

	snprintf(page, sizeof(page), "%spage %d\nslots %u\n", magic, TW_PAGE_BYTES, slots);
	err = tw_blk_write(k, &k->swap->blk, &vec, 1, 0, false);
	if (err)
		return err;
	if (pread(k->swap->blk.fd, back, sizeof(back), 0) != (ssize_t)sizeof(back) ||
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
	struct tw_swap *s = calloc(1, sizeof(*s));
	uint32_t total = slots + 1;
	int err;

	if (!s)
		return -ENOMEM;
	k->swap = s;
	s->blk = (struct tw_blk){.fd = -1, .model = &k->opts.swap_dev};
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
	struct tw_swap *s = k->swap;

	if (!s)
		return;
	if (s->blk.fd >= 0)
		close(s->blk.fd);
	free(s->refs);
	free(s->frame);
	free(s);
	k->swap = NULL;
}

// --- The device ------------------------------------------------------------------------

int tw_swap_read(struct tw_kernel *k, uint32_t slot, uint32_t f)
{
	int err = tw_blk_read(k, &k->swap->blk, tw_frame_host(k, f), TW_PAGE_BYTES,
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
		e = tw_blk_write(k, &k->swap->blk, vec, run, (uint64_t)slot[i] << TW_PAGE_SHIFT_4K,
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

int tw_swap_peek(struct tw_kernel *k, uint32_t slot, uint64_t in_page, void *buf, size_t len)
{
	uint64_t at = ((uint64_t)slot << TW_PAGE_SHIFT_4K) + in_page;
	ssize_t n = tw_blk_peek(k, &k->swap->blk, buf, len, at);

	if (n < 0)
		return (int)n;
	memset((uint8_t *)buf + n, 0, len - (size_t)n);
	return 0;
}
