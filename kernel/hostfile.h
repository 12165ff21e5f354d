// SPDX-License-Identifier: Apache-2.0
// The host's files behind mapped files, with few descriptors: at most a quarter of what the host
// allows a process are open, those used last; the others are closed and opened again by their path
// when they are needed. While it is closed, one page of the host's memory maps the file: so the
// file stays what it is and keeps its inode number, whatever happens to its name. If the path leads
// elsewhere by then, or nowhere, its bytes are reached through that mapping. Invariants:
// - a file has a descriptor and is on the list of open ones, or it has a mapping, or it is ended;
// - two files of one kernel with the same device and inode number are the same file.
#ifndef TW_HOSTFILE_H
#define TW_HOSTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <bsd/sys/queue.h>

struct stat;

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

void tw_hostfiles_init(struct tw_hostfiles *c);

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

#endif
