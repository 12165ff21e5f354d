// SPDX-License-Identifier: Apache-2.0
// The host's files behind few descriptors. See dev.h.
#define _GNU_SOURCE // mremap, process_vm_readv
#include "dev/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_LEAST = 4, OPEN_MOST = 1024 };
// The host allows a process 65530 mappings by default; it needs some itself.
enum { HELD_MOST = 32768, HELD_BYTES = 4096 };

int tw_hostfiles_create(struct tw_hostfiles **out)
{
	struct tw_hostfiles *c = malloc(sizeof(*c));
	struct rlimit limit;

	if (!c)
		return -ENOMEM;
	*c = (struct tw_hostfiles){.most_open = OPEN_MOST, .most_held = HELD_MOST};
	TAILQ_INIT(&c->open);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 4 < OPEN_MOST)
		c->most_open = limit.rlim_cur / 4 < OPEN_LEAST ? OPEN_LEAST
							       : (uint32_t)(limit.rlim_cur / 4);
	*out = c;
	return 0;
}

// --- Open and closed -------------------------------------------------------------------

static void set_open(struct tw_hostfiles *c, struct tw_hostfile *f, int fd)
{
	f->fd = fd;
	TAILQ_INSERT_TAIL(&c->open, f, link);
	c->opened++;
}

static void close_fd(struct tw_hostfiles *c, struct tw_hostfile *f)
{
	if (f->fd < 0)
		return;
	close(f->fd);
	f->fd = -1;
	TAILQ_REMOVE(&c->open, f, link);
	c->opened--;
}

static void release(struct tw_hostfiles *c, struct tw_hostfile *f)
{
	if (!f->held)
		return;
	munmap(f->held, f->held_size);
	f->held = NULL;
	c->held--;
}

bool tw_hostfile_close(struct tw_hostfiles *c, struct tw_hostfile *f)
{
	void *page;

	if (f->fd < 0)
		return true;
	if (c->held >= c->most_held)
		return false;
	page = mmap(NULL, HELD_BYTES, f->writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
		    f->fd, 0);
	if (page == MAP_FAILED)
		return false;
	close_fd(c, f);
	f->held = page;
	f->held_size = HELD_BYTES;
	c->held++;
	return true;
}

// Closes the file that was used longest ago and can be closed.
static bool close_oldest(struct tw_hostfiles *c)
{
	struct tw_hostfile *f;

	TAILQ_FOREACH (f, &c->open, link)
		if (tw_hostfile_close(c, f))
			return true;
	return false;
}

// open(2), with a descriptor taken from another file if there is none.
static int open_path(struct tw_hostfiles *c, const char *path, int flags)
{
	int fd;

	while (c->opened >= c->most_open && close_oldest(c))
		;
	do {
		// Without O_NONBLOCK a FIFO would wait for its other end.
		fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	} while (fd < 0 && (errno == EMFILE || errno == ENFILE) && close_oldest(c));
	return fd < 0 ? -errno : fd;
}

// The descriptor, opened again by the path if that still leads to the file.
static int descriptor(struct tw_hostfiles *c, struct tw_hostfile *f)
{
	struct stat st;
	int fd;

	if (f->fd >= 0) {
		TAILQ_REMOVE(&c->open, f, link);
		TAILQ_INSERT_TAIL(&c->open, f, link);
		return f->fd;
	}
	fd = open_path(c, f->path, f->writable ? O_RDWR : O_RDONLY);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) != 0 || st.st_dev != f->dev || st.st_ino != f->ino) {
		close(fd);
		return -ESTALE;
	}
	release(c, f);
	set_open(c, f, fd);
	return fd;
}

// --- Life ------------------------------------------------------------------------------

int tw_hostfile_find(struct tw_hostfiles *c, const char *path, bool write, bool *writable,
		     struct stat *st)
{
	int fd = open_path(c, path, O_RDWR), err;

	*writable = fd >= 0;
	if (!write && (fd == -EACCES || fd == -EROFS || fd == -EPERM))
		fd = open_path(c, path, O_RDONLY);
	if (fd < 0)
		return fd;
	err = fstat(fd, st) != 0 ? -errno : S_ISREG(st->st_mode) ? 0 : -EACCES;
	if (err)
		close(fd);
	return err ? err : fd;
}

int tw_hostfile_begin(struct tw_hostfiles *c, struct tw_hostfile *f, const char *path, int fd,
		      bool writable, const struct stat *st)
{
	*f = (struct tw_hostfile){.path = strdup(path),
				  .dev = st->st_dev,
				  .ino = st->st_ino,
				  .writable = writable,
				  .fd = -1};
	if (!f->path) {
		close(fd);
		return -ENOMEM;
	}
	set_open(c, f, fd);
	return 0;
}

void tw_hostfile_renew(struct tw_hostfiles *c, struct tw_hostfile *f, const char *path, int fd,
		       bool writable)
{
	char *copy = strcmp(f->path, path) ? strdup(path) : NULL;

	if (copy) {
		free(f->path);
		f->path = copy;
	}
	// What can be read and written is not given up for what can only be read.
	if ((f->fd >= 0 && f->writable) || (f->writable && !writable)) {
		close(fd);
		return;
	}
	close_fd(c, f);
	release(c, f);
	f->writable = writable;
	set_open(c, f, fd);
}

void tw_hostfile_end(struct tw_hostfiles *c, struct tw_hostfile *f)
{
	close_fd(c, f);
	release(c, f);
	free(f->path);
	f->path = NULL;
}

// --- Bytes -----------------------------------------------------------------------------

// Makes the mapping reach up to END. The host copies, so that what it cannot give is an error and
// no signal.
static int reach(struct tw_hostfile *f, uint64_t end)
{
	void *to;

	if (end <= f->held_size)
		return 0;
	end = (end + HELD_BYTES - 1) & ~(uint64_t)(HELD_BYTES - 1);
	to = mremap(f->held, f->held_size, end, MREMAP_MAYMOVE);
	if (to == MAP_FAILED)
		return -errno;
	f->held = to;
	f->held_size = end;
	return 0;
}

ssize_t tw_hostfile_read(struct tw_hostfiles *c, struct tw_hostfile *f, void *buf, size_t len,
			 uint64_t offset)
{
	int fd = descriptor(c, f), err;
	struct iovec local = {.iov_base = buf, .iov_len = len}, remote = {.iov_len = len};
	ssize_t n;

	if (fd >= 0) {
		n = pread(fd, buf, len, (off_t)offset);
		return n < 0 ? -errno : n;
	}
	err = reach(f, offset + len);
	if (err)
		return err;
	remote.iov_base = f->held + offset;
	n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
	// Nothing there: the end of the file.
	return n >= 0 ? n : errno == EFAULT ? 0 : -errno;
}

ssize_t tw_hostfile_write(struct tw_hostfiles *c, struct tw_hostfile *f, const struct iovec *vec,
			  int n, uint64_t offset)
{
	int fd = descriptor(c, f), err;
	struct iovec remote = {.iov_len = 0};
	ssize_t done;

	if (fd >= 0) {
		done = pwritev(fd, vec, n, (off_t)offset);
		return done < 0 ? -errno : done;
	}
	for (int i = 0; i < n; i++)
		remote.iov_len += vec[i].iov_len;
	err = reach(f, offset + remote.iov_len);
	if (err)
		return err;
	remote.iov_base = f->held + offset;
	done = process_vm_writev(getpid(), vec, (unsigned long)n, &remote, 1, 0);
	return done >= 0 ? done : errno == EFAULT ? -EIO : -errno;
}

int tw_hostfile_sync(struct tw_hostfiles *c, struct tw_hostfile *f, uint64_t size)
{
	int fd = descriptor(c, f), err;

	if (fd >= 0)
		return fdatasync(fd) ? -errno : 0;
	err = reach(f, size);
	if (err)
		return err;
	return msync(f->held, f->held_size, MS_SYNC) ? -errno : 0;
}

int tw_hostfile_resize(struct tw_hostfiles *c, struct tw_hostfile *f, uint64_t new_size)
{
	int fd = descriptor(c, f);

	if (fd < 0)
		return fd == -EMFILE || fd == -ENFILE ? fd : -ESTALE;
	return ftruncate(fd, (off_t)new_size) ? -errno : 0;
}
