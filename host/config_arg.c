// SPDX-License-Identifier: Apache-2.0
// See config_arg.h.
#include "config_arg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "input.h"

static int read_config(int fd, const char *path, struct tw_config *cfg, char *err, size_t errlen)
{
	FILE *f = fdopen(fd, "r");
	int e;

	if (!f) {
		close(fd);
		snprintf(err, errlen, "%s: %s", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	e = tw_config_read(f, path, cfg, err, errlen);
	fclose(f);
	return e;
}

int tw_config_arg(const char *text, struct tw_config *cfg, char *err, size_t errlen)
{
	const struct tw_config *named = tw_config_find(text);
	char why[128];
	size_t n;
	int fd;

	if (named) {
		*cfg = *named;
		return 0;
	}
	fd = tw_input_open(text, TW_INPUT_STREAM, 0, why, sizeof(why));
	if (fd >= 0)
		return read_config(fd, text, cfg, err, errlen);
	if (fd != -ENOENT) {
		snprintf(err, errlen, "%s: %s", text, why);
		return fd;
	}
	n = (size_t)snprintf(err, errlen, "no configuration or file '%s'; there are:", text);
	for (size_t i = 0; i < tw_config_count() && n < errlen; i++)
		n += (size_t)snprintf(err + n, errlen - n, " %s", tw_config_named(i)->name);
	return -ENOENT;
}
