// SPDX-License-Identifier: Apache-2.0
//
// The plugin's output: a buffer of words and the pipe to the recorder.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"

uint64_t tw_out_words[TW_OUT_WORDS];
unsigned int tw_out_n;

static int out_fd = -1; // -1: stopped
static struct {
	dev_t dev;
	ino_t ino;
} files[TW_TRACE_FILES_MAX];
static int n_files;

void tw_out_start(int fd)
{
	out_fd = fd;
	fcntl(fd, F_SETFD, FD_CLOEXEC); // an execve of the program ends the stream
}

int tw_out_fd(void)
{
	return out_fd;
}

void tw_out_stop(void)
{
	tw_out_n = 0;
	if (out_fd >= 0)
		close(out_fd);
	out_fd = -1;
}

void tw_out_flush(void)
{
	const char *p = (const char *)tw_out_words;
	size_t left = tw_out_n * sizeof(tw_out_words[0]);

	tw_out_n = 0;
	while (left && out_fd >= 0) {
		ssize_t n = write(out_fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fprintf(stderr, "twinwalk record: cannot reach the recorder: %s\n",
				strerror(errno));
			_exit(1);
		}
		p += n;
		left -= (size_t)n;
	}
}

void tw_out_move(void)
{
	int fd = fcntl(out_fd, F_DUPFD_CLOEXEC, out_fd + 1);

	if (fd < 0)
		tw_out_die("the program takes the recorder's file descriptor");
	close(out_fd);
	out_fd = fd;
}

void tw_out_event(unsigned int kind, const struct tw_stream_event *e)
{
	uint64_t words[TW_STREAM_EVENT_WORDS];

	memcpy(words, e, sizeof(words));
	tw_out((uint64_t)TW_STREAM_EVENT << TW_STREAM_CODE_SHIFT | kind);
	for (size_t i = 0; i < TW_STREAM_EVENT_WORDS; i++)
		tw_out(words[i]);
}

static void out_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = 0;

		memcpy(&word, text + i, len - i < 8 ? len - i : 8);
		tw_out(word);
	}
}

_Noreturn void tw_out_die(const char *format, ...)
{
	char text[TW_STREAM_TEXT_MAX + 1];
	va_list ap;
	size_t len;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	len = strlen(text);
	tw_out((uint64_t)TW_STREAM_ERROR << TW_STREAM_CODE_SHIFT | len);
	out_text(text, len);
	tw_out_flush();
	_exit(1);
}

int tw_out_file(const struct stat *st, const char *path)
{
	const char *slash = strrchr(path, '/');
	char name[TW_TRACE_NAME_MAX + 1];
	size_t len;

	for (int i = 0; i < n_files; i++)
		if (files[i].dev == st->st_dev && files[i].ino == st->st_ino)
			return i;
	if (n_files == TW_TRACE_FILES_MAX)
		tw_out_die("the program maps more than %d files", TW_TRACE_FILES_MAX);
	snprintf(name, sizeof(name), "%s", slash && slash[1] ? slash + 1 : path);
	for (char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '/')
			*c = '?';
	len = strlen(name);
	files[n_files].dev = st->st_dev;
	files[n_files].ino = st->st_ino;
	tw_out((uint64_t)TW_STREAM_FILE << TW_STREAM_CODE_SHIFT | len);
	tw_out((uint64_t)st->st_size);
	out_text(name, len);
	return n_files++;
}
