// SPDX-License-Identifier: Apache-2.0
// Lines and words of a vectors file, plain or gzip. Invariant: whatever the bytes are, a line is
// either cut into at most VEC_WORDS_MAX words of printable text or refused with its number.
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "../host/input.h"
#include "internal.h"

enum tw_status vec_expected(const struct vec_reader *r, unsigned long line, const char *format, ...)
{
	int n = snprintf(r->err, r->errlen, "%s:%lu: expected ", r->path, line);
	va_list args;

	va_start(args, format);
	if (n >= 0 && (size_t)n < r->errlen)
		vsnprintf(r->err + n, r->errlen - (size_t)n, format, args);
	va_end(args);
	return TW_BAD_INPUT;
}

static enum tw_status system_error(const struct vec_reader *r, int error)
{
	snprintf(r->err, r->errlen, "%s: %s", r->path, strerror(error));
	return TW_SYSTEM;
}

enum tw_status vec_open(struct vec_reader *r, const char *path, char *err, size_t errlen)
{
	char why[128];
	int fd;

	r->path = path;
	r->err = err;
	r->errlen = errlen;
	r->line = 0;
	r->have = r->at = 0;
	fd = tw_input_open(path, TW_INPUT_STREAM, 0, why, sizeof(why));
	if (fd < 0) {
		snprintf(err, errlen, "%s: %s", path, why);
		return fd == -EINVAL || fd == -EISDIR ? TW_BAD_INPUT : TW_SYSTEM;
	}
	r->gz = gzdopen(fd, "rb");
	if (!r->gz) {
		close(fd);
		return system_error(r, ENOMEM);
	}
	return TW_OK;
}

void vec_close(struct vec_reader *r)
{
	gzclose(r->gz);
}

// The next byte, or EOF. *status is set when the file cannot be read on.
static int next_byte(struct vec_reader *r, enum tw_status *status)
{
	if (r->at == r->have) {
		const char *text;
		int n, error;

		errno = 0;
		n = gzread(r->gz, r->buf, sizeof(r->buf));
		// A gzip file that is cut off shows in the error state only.
		text = gzerror(r->gz, &error);
		if (n < 0 || (n == 0 && error != Z_OK && error != Z_STREAM_END)) {
			if (error == Z_ERRNO)
				*status = system_error(r, errno ? errno : EIO);
			else
				*status =
					vec_expected(r, r->line + 1, "intact gzip data (%s)", text);
			return EOF;
		}
		r->have = (size_t)n;
		r->at = 0;
		if (n == 0)
			return EOF;
	}
	return (unsigned char)r->buf[r->at++];
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static enum tw_status cut(struct vec_reader *r)
{
	char *s = r->text;

	r->words = 0;
	for (;;) {
		while (is_space(*s))
			*s++ = '\0';
		if (*s == '\0')
			return TW_OK;
		if (r->words == VEC_WORDS_MAX)
			return vec_expected(r, r->line, "at most %d words", VEC_WORDS_MAX);
		r->word[r->words++] = s;
		while (*s != '\0' && !is_space(*s))
			s++;
	}
}

enum tw_status vec_read_line(struct vec_reader *r, bool *end)
{
	enum tw_status status = TW_OK;
	bool blank = true;
	size_t n = 0;
	int c = next_byte(r, &status);

	*end = false;
	if (status)
		return status;
	if (c == EOF) {
		*end = true;
		return TW_OK;
	}
	r->line++;
	r->comment = false;
	for (; c != EOF && c != '\n'; c = next_byte(r, &status)) {
		bool space = is_space((char)c);

		if (c == '#' && blank)
			r->comment = true;
		blank = blank && space;
		// A comment may hold anything and be of any length; only its beginning matters.
		if (r->comment && n == VEC_LINE_MAX)
			continue;
		if (n == VEC_LINE_MAX)
			return vec_expected(r, r->line, "at most %d characters", VEC_LINE_MAX);
		if (!r->comment && !space && (c < ' ' || c > '~'))
			return vec_expected(r, r->line, "text, not a byte %02x", (unsigned int)c);
		r->text[n++] = (char)c;
	}
	r->text[n] = '\0';
	if (status)
		return status;
	return r->comment ? TW_OK : cut(r);
}
