// SPDX-License-Identifier: Apache-2.0
// See output.h.
#define _GNU_SOURCE // O_TMPFILE, O_PATH
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC_MAX = 64, COPY_SIZE = 1 << 16, NAME_TRIES = 100 };

struct tw_output {
	char *path;
	const char *base; // the part after the last slash
	int dir, fd;
	struct tw_output_rules rules;
	uint8_t magic[MAGIC_MAX];
	struct input {
		dev_t dev;
		ino_t ino;
	} * inputs;
	size_t n_inputs;
};

static int fail(int error, const char *path, const char *text, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s: %s", path, text);
	return error;
}

static int system_error(int error, const char *path, char *err, size_t errlen)
{
	return fail(-error, path, strerror(error), err, errlen);
}

// --- Names and files without one -------------------------------------------------------

// A name beside BASE that nobody can have guessed, hidden.
static int unique_name(const char *base, char *name, size_t size)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return -errno;
	snprintf(name, size, ".%.200s.%016llx", base, (unsigned long long)number);
	return 0;
}

// A new file under a unique name.
static int create_unique(int dir, const char *base, mode_t mode, char *name, size_t size)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		int fd, err = unique_name(base, name, size);

		if (err)
			return err;
		fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : -errno;
	}
	return -EEXIST;
}

// The signals that end a process: those of the user and, where a program has a handler for them,
// the clock that reminds it of one.
static const int endings[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM};

enum { N_ENDINGS = sizeof(endings) / sizeof(endings[0]) };

// They wait while a file has a name that it must not keep.
static void hold_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < N_ENDINGS; i++)
		sigaddset(&set, endings[i]);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, old);
}

static int open_unnamed(int dir, const char *base, mode_t mode)
{
	int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	char name[256];
	sigset_t old;

	// Kernels and file systems without O_TMPFILE say one of these.
	if (fd >= 0 ||
	    (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL))
		return fd >= 0 ? fd : -errno;
	hold_signals(&old);
	fd = create_unique(dir, base, mode, name, sizeof(name));
	if (fd >= 0)
		unlinkat(dir, name, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return fd;
}

int tw_output_scratch(const char *path)
{
	int fd, dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	fd = open_unnamed(dir, "scratch", 0600);
	close(dir);
	return fd;
}

// --- What may be replaced --------------------------------------------------------------

static bool begins_right(const struct tw_output *o, const struct stat *st)
{
	uint8_t start[MAGIC_MAX];
	bool right;
	int fd;

	if (st->st_size == 0 || o->rules.force)
		return true;
	fd = openat(o->dir, o->base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	right = pread(fd, start, o->rules.magic_len, 0) == (ssize_t)o->rules.magic_len &&
		memcmp(start, o->magic, o->rules.magic_len) == 0;
	close(fd);
	return right;
}

// 0: there is no such file. 1: there is, and it may be replaced; *st is what it is.
static int check_target(const struct tw_output *o, struct stat *st, char *err, size_t errlen)
{
	char text[160];

	if (fstatat(o->dir, o->base, st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : system_error(errno, o->path, err, errlen);
	if (!S_ISREG(st->st_mode))
		return fail(-EEXIST, o->path, "expected a regular file or a new name", err, errlen);
	for (size_t i = 0; i < o->n_inputs; i++)
		if (o->inputs[i].dev == st->st_dev && o->inputs[i].ino == st->st_ino)
			return fail(-EEXIST, o->path, "is an input of this command", err, errlen);
	if (!begins_right(o, st)) {
		snprintf(text, sizeof(text), "exists and is not %s%s", o->rules.kind,
			 o->rules.no_option ? "" : "; --force replaces it");
		return fail(-EEXIST, o->path, text, err, errlen);
	}
	return 1;
}

// --- Life ------------------------------------------------------------------------------

static int note_inputs(struct tw_output *o, const struct tw_output_rules *rules)
{
	o->inputs = calloc(rules->n_inputs + 1, sizeof(*o->inputs));
	if (!o->inputs)
		return -ENOMEM;
	for (size_t i = 0; i < rules->n_inputs; i++) {
		struct stat st;

		if (stat(rules->inputs[i], &st) != 0)
			continue;
		o->inputs[o->n_inputs].dev = st.st_dev;
		o->inputs[o->n_inputs++].ino = st.st_ino;
	}
	return 0;
}

static int open_dir(struct tw_output *o)
{
	const char *slash = strrchr(o->path, '/');
	char *dir = slash ? strndup(o->path, (size_t)(slash - o->path) + 1) : strdup(".");

	if (!dir)
		return -ENOMEM;
	o->base = slash ? slash + 1 : o->path;
	o->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (o->dir < 0)
		return -errno;
	return *o->base ? 0 : slash ? -EISDIR : -ENOENT;
}

int tw_output_open(const char *path, const struct tw_output_rules *rules, struct tw_output **out,
		   char *err, size_t errlen)
{
	struct tw_output *o = calloc(1, sizeof(*o));
	struct stat st;
	int e;

	if (!o)
		return system_error(ENOMEM, path, err, errlen);
	o->dir = o->fd = -1;
	o->rules = *rules;
	memcpy(o->magic, rules->magic, rules->magic_len);
	o->path = strdup(path);
	e = o->path ? note_inputs(o, rules) : -ENOMEM;
	if (!e)
		e = open_dir(o);
	if (e)
		goto system;
	e = check_target(o, &st, err, errlen);
	if (e < 0)
		goto out;
	o->fd = open_unnamed(o->dir, o->base, 0666);
	e = o->fd < 0 ? o->fd : 0;
	if (e)
		goto system;
	*out = o;
	return 0;
system:
	system_error(-e, path, err, errlen);
out:
	tw_output_discard(o);
	return e;
}

int tw_output_fd(const struct tw_output *o)
{
	return o->fd;
}

void tw_output_discard(struct tw_output *o)
{
	if (!o)
		return;
	if (o->fd >= 0)
		close(o->fd);
	if (o->dir >= 0)
		close(o->dir);
	free(o->inputs);
	free(o->path);
	free(o);
}

// --- The end ---------------------------------------------------------------------------

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static bool signal_waits(void)
{
	bool waits = false;
	sigset_t set;

	if (sigpending(&set) != 0)
		return false;
	for (size_t i = 0; i < N_ENDINGS; i++)
		waits |= sigismember(&set, endings[i]) == 1;
	return waits;
}

static int copy(int from, int to)
{
	char *buf = malloc(COPY_SIZE);
	off_t at = 0;
	int err = buf ? 0 : -ENOMEM;

	while (!err) {
		ssize_t n = pread(from, buf, COPY_SIZE, at);

		if (n <= 0) {
			err = n < 0 ? -errno : 0;
			break;
		}
		at += n;
		err = signal_waits() ? -EINTR : write_all(to, buf, (size_t)n);
	}
	free(buf);
	return err;
}

static int link_as(const struct tw_output *o, const char *name)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", o->fd);
	return linkat(AT_FDCWD, link, o->dir, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

// Gives the contents a unique name.
static int name_it(const struct tw_output *o, char *name, size_t size)
{
	int fd, err = unique_name(o->base, name, size);

	if (!err)
		err = link_as(o, name);
	if (!err || err == -ENOSPC || err == -EDQUOT || err == -EIO || err == -EROFS)
		return err;
	// A file that once had a name cannot have another.
	fd = create_unique(o->dir, o->base, 0666, name, size);
	if (fd < 0)
		return fd;
	err = copy(o->fd, fd);
	if (!err && fsync(fd) != 0)
		err = -errno;
	if (close(fd) != 0 && !err)
		err = -errno;
	if (err)
		unlinkat(o->dir, name, 0);
	return err;
}

static int rename_as_target(const struct tw_output *o, const char *name, unsigned int flags)
{
	int err = renameat2(o->dir, name, o->dir, o->base, flags) == 0 ? 0 : -errno;

	// Not every file system knows the flag.
	if (err == -EINVAL && flags)
		return rename_as_target(o, name, 0);
	if (err)
		unlinkat(o->dir, name, 0);
	return err;
}

// In place of the file that *ST describes.
static int replace(const struct tw_output *o, const struct stat *st)
{
	char name[256];
	int err = name_it(o, name, sizeof(name));

	if (err)
		return err;
	fchmodat(o->dir, name, st->st_mode & 0777, 0);
	return rename_as_target(o, name, 0);
}

static int create(const struct tw_output *o)
{
	char name[256];
	int err = link_as(o, o->base);

	if (!err || err == -EEXIST)
		return err;
	err = name_it(o, name, sizeof(name));
	return err ? err : rename_as_target(o, name, RENAME_NOREPLACE);
}

int tw_output_commit(struct tw_output *o, char *err, size_t errlen)
{
	int e, tries = 0;

	// A device may tell only now that it is full.
	if (fsync(o->fd) != 0 && errno != EINVAL && errno != ENOTSUP) {
		e = system_error(errno, o->path, err, errlen);
		goto out;
	}
	// A file that appears after the check is checked in its turn.
	do {
		struct stat st;
		sigset_t old;
		int there = check_target(o, &st, err, errlen);

		if (there < 0) {
			e = there;
			goto out;
		}
		hold_signals(&old);
		e = there ? replace(o, &st) : create(o);
		sigprocmask(SIG_SETMASK, &old, NULL);
	} while (e == -EEXIST && ++tries < NAME_TRIES);
	if (e)
		system_error(-e, o->path, err, errlen);
out:
	tw_output_discard(o);
	return e;
}
