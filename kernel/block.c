// SPDX-License-Identifier: Apache-2.0
// Block devices. See block.h.
#include "block.h"

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

int tw_blk_read(struct tw_kernel *k, struct tw_blk *b, void *buf, uint64_t len, uint64_t offset,
		bool zero_tail)
{
	uint8_t *to = buf;
	uint64_t left = len;

	pass_time(k, b, b->model->read_latency, tw_page_up(len) >> TW_PAGE_SHIFT_4K, true);
	while (left) {
		ssize_t n = pread(b->fd, to, left, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
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
		ssize_t done = pwritev(b->fd, v + i, (int)(n - i), (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
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
