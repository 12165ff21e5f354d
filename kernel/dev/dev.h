// SPDX-License-Identifier: Apache-2.0
// What pages are read from and written to: block devices, which are real files with a latency model
// in virtual time, and the host's files behind mapped files, with few descriptors. The data really
// goes there. Invariant: a call to a device either moves every byte asked for or returns an error;
// time passes in both cases.
// Of the host's files at most a quarter of the descriptors that the host allows a process are open,
// those used last; the others are closed and opened again by their path when they are needed. While
// it is closed, one page of the host's memory maps the file: so the file stays what it is and keeps
// its inode number, whatever happens to its name. If the path leads elsewhere by then, or nowhere,
// its bytes are reached through that mapping. Invariants:
// - a file has a descriptor and is on the list of open ones, or it has a mapping, or it is ended;
// - two files of one kernel with the same device and inode number are the same file.
#ifndef TW_DEV_H
#define TW_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <bsd/sys/queue.h>

struct tw_dev_model;
struct tw_kernel;
struct stat;

// --- hostfile.c ------------------------------------------------------------------------

struct tw_hostfile {
	TAILQ_ENTRY(tw_hostfile) link; // of the open ones
	char *path;		       // where it was found last
	dev_t dev;
	ino_t ino;
	bool writable;
	int fd;		  // -1: closed
	uint8_t *held;	  // closed: the file from its beginning
	size_t held_size; // bytes
};

struct tw_hostfiles {
	TAILQ_HEAD(tw_hostfile_list, tw_hostfile) open; // that used longest ago first
	uint32_t opened, held;
	uint32_t most_open, most_held;
};

// -ENOMEM; ended with free().
int tw_hostfiles_create(struct tw_hostfiles **c);

// A descriptor of a regular file, for reading and writing if the host allows that or WRITE asks for
// it; not yet a tw_hostfile's. The errno of open(2); -EACCES if the file is none of bytes.
int tw_hostfile_find(struct tw_hostfiles *c, const char *path, bool write, bool *writable,
		     struct stat *st);

// Begins with what tw_hostfile_find() gave, or takes it for a file that exists already: FD belongs
// to the file afterwards, also on an error (-ENOMEM).
int tw_hostfile_begin(struct tw_hostfiles *c, struct tw_hostfile *f, const char *path, int fd,
		      bool writable, const struct stat *st);
void tw_hostfile_renew(struct tw_hostfiles *c, struct tw_hostfile *f, const char *path, int fd,
		       bool writable);
void tw_hostfile_end(struct tw_hostfiles *c, struct tw_hostfile *f);

// Closes the descriptor. False if the host cannot hold the file without one: it stays open.
bool tw_hostfile_close(struct tw_hostfiles *c, struct tw_hostfile *f);

// As pread, pwritev, fdatasync and ftruncate, with a negative errno for -1. SIZE is the present
// size. ftruncate is -ESTALE for a closed file whose path does not lead to it any more.
ssize_t tw_hostfile_read(struct tw_hostfiles *c, struct tw_hostfile *f, void *buf, size_t len,
			 uint64_t offset);
ssize_t tw_hostfile_write(struct tw_hostfiles *c, struct tw_hostfile *f, const struct iovec *vec,
			  int n, uint64_t offset);
int tw_hostfile_sync(struct tw_hostfiles *c, struct tw_hostfile *f, uint64_t size);
int tw_hostfile_resize(struct tw_hostfiles *c, struct tw_hostfile *f, uint64_t new_size);

// --- block.c ---------------------------------------------------------------------------

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
