// SPDX-License-Identifier: Apache-2.0
// See input.h.
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static int system_error(int error, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s", strerror(error));
	return -error;
}

static int wrong_kind(mode_t mode, char *err, size_t errlen)
{
	const char *found = S_ISDIR(mode)    ? "directory"
			    : S_ISFIFO(mode) ? "FIFO"
			    : S_ISSOCK(mode) ? "socket"
					     : "device";

	snprintf(err, errlen, "expected a regular file, found a %s", found);
	return S_ISDIR(mode) ? -EISDIR : -EINVAL;
}

// Pipes without a name have had a writer from the beginning.
static bool is_pipe(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == PIPEFS_MAGIC;
}

int tw_input_open(const char *path, enum tw_input_kind kind, uint64_t max, char *err, size_t errlen)
{
	struct stat before, st;
	int fd;

	// Looked at first: to open a FIFO or a device may have effects.
	if (stat(path, &before) != 0)
		return system_error(errno, err, errlen);
	if (!S_ISREG(before.st_mode) && !(kind == TW_INPUT_STREAM && is_pipe(path)))
		return wrong_kind(before.st_mode, err, errlen);
	if (max && S_ISREG(before.st_mode) && (uint64_t)before.st_size > max) {
		snprintf(err, errlen, "expected at most %" PRIu64 " bytes, found %" PRIu64, max,
			 (uint64_t)before.st_size);
		return -EINVAL;
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return system_error(errno, err, errlen);
	if (fstat(fd, &st) != 0 || st.st_dev != before.st_dev || st.st_ino != before.st_ino ||
	    fcntl(fd, F_SETFL, 0) != 0) {
		close(fd);
		snprintf(err, errlen, "another file took its place");
		return -EAGAIN;
	}
	return fd;
}

bool tw_input_is_output(const char *path, int fd)
{
	struct stat in, out;

	return stat(path, &in) == 0 && fstat(fd, &out) == 0 && S_ISREG(in.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}
