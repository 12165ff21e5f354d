// SPDX-License-Identifier: Apache-2.0
// Block devices. See dev.h.
#include "dev/dev.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kern.h"

// A request waits for the transfers before it, then for its own latency and transfer.
static void pass_time(struct tw_kernel *k, struct tw_blk *b, uint64_t latency, uint64_t pages,
		      bool wait)
{
	uint64_t now = tw_now(k), start = b->busy_until > now ? b->busy_until : now;

	tw_charge(k, TW_COST_IO, 1);
	b->busy_until = start + pages * b->model->per_page;
	if (wait)
		k->stats.device_cycles += b->busy_until + latency - now;
}

ssize_t tw_blk_peek(struct tw_kernel *k, const struct tw_blk *b, void *buf, size_t len,
		    uint64_t offset)
{
	ssize_t n;

	if (b->file)
		return tw_hostfile_read(k->hostfiles, b->file, buf, len, offset);
	n = pread(b->fd, buf, len, (off_t)offset);
	return n < 0 ? -errno : n;
}

static ssize_t write_host(struct tw_kernel *k, const struct tw_blk *b, const struct iovec *vec,
			  int n, uint64_t offset)
{
	ssize_t done;

	if (b->file)
		return tw_hostfile_write(k->hostfiles, b->file, vec, n, offset);
	done = pwritev(b->fd, vec, n, (off_t)offset);
	return done < 0 ? -errno : done;
}

int tw_blk_read(struct tw_kernel *k, struct tw_blk *b, void *buf, uint64_t len, uint64_t offset,
		bool zero_tail)
{
	uint8_t *to = buf;
	uint64_t left = len;

	pass_time(k, b, b->model->read_latency, tw_page_up(len) >> TW_PAGE_SHIFT_4K, true);
	while (left) {
		ssize_t n = tw_blk_peek(k, b, to, left, offset);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		if (n == 0) {
			if (!zero_tail)
				return -EIO;
			memset(to, 0, left);
			return 0;
		}
		to += n;
		left -= (uint64_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int tw_blk_write(struct tw_kernel *k, struct tw_blk *b, const struct iovec *vec, unsigned int n,
		 uint64_t offset, bool wait)
{
	struct iovec v[TW_BLK_VECS];
	unsigned int i = 0;
	uint64_t bytes = 0;

	assert(n <= TW_BLK_VECS);
	for (unsigned int j = 0; j < n; j++) {
		v[j] = vec[j];
		bytes += vec[j].iov_len;
	}
	pass_time(k, b, b->model->write_latency, tw_page_up(bytes) >> TW_PAGE_SHIFT_4K, wait);
	while (i < n) {
		ssize_t done = write_host(k, b, v + i, (int)(n - i), offset);

		if (done == -EINTR)
			continue;
		if (done < 0)
			return (int)done;
		if (done == 0)
			return -EIO;
		offset += (uint64_t)done;
		while (i < n && (size_t)done >= v[i].iov_len)
			done -= (ssize_t)v[i++].iov_len;
		if (i < n) {
			v[i].iov_base = (uint8_t *)v[i].iov_base + done;
			v[i].iov_len -= (size_t)done;
		}
	}
	return 0;
}
