// SPDX-License-Identifier: Apache-2.0
// Block devices: real files that pages are read from and written to, with a latency model in
// virtual time. The data really goes there. Invariant: a call either moves every byte asked for or
// returns an error; time passes in both cases.
#ifndef TW_BLOCK_H
#define TW_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "kernel.h"

struct tw_blk {
	int fd;			  // -1: closed
	struct tw_hostfile *file; // instead of fd; NULL: none
	const struct tw_dev_model *model;
	uint64_t busy_until; // virtual time at which the last transfer given to the device ends
};

enum { TW_BLK_VECS = 64 };

// One read of the host's, which may be short, without any effect in the machine. Bytes, or a
// negative errno.
ssize_t tw_blk_peek(struct tw_kernel *k, const struct tw_blk *b, void *buf, size_t len,
		    uint64_t offset);

// Reads LEN bytes at OFFSET; what lies beyond the end of the file reads as zero only if zero_tail,
// else it is -EIO. The caller waits: device time passes.
int tw_blk_read(struct tw_kernel *k, struct tw_blk *b, void *buf, uint64_t len, uint64_t offset,
		bool zero_tail);

// Writes the N pieces (at most TW_BLK_VECS) one after the other at OFFSET as one request. wait: the
// caller waits for its end; otherwise the device is busy until then.
int tw_blk_write(struct tw_kernel *k, struct tw_blk *b, const struct iovec *vec, unsigned int n,
		 uint64_t offset, bool wait);

#endif
