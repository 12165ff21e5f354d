// SPDX-License-Identifier: Apache-2.0
// Names of configurations and hardware back ends: see backend.h. TW_WITH_RTL is defined in builds
// that have tb/.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../host/input.h"
#include "backend.h"
#ifdef TW_WITH_RTL
#include "twinwalk/tb.h"
#endif

static const struct backend {
	const char *name;
	int (*create)(const struct tw_hw_opts *opts, struct tw_hw **hw); // NULL: not in this build
} backends[] = {
	{"csim", tw_hw_csim_create},
#ifdef TW_WITH_RTL
	{"rtl", tw_hw_rtl_create},
	{"lockstep", tw_hw_lockstep_create},
#else
	{"rtl", NULL},
	{"lockstep", NULL},
#endif
};

#ifdef TW_WITH_RTL
const char tw_backend_names[] = "csim, rtl or lockstep";
#else
const char tw_backend_names[] = "csim (this build has no RTL)";
#endif

static enum tw_status read_config(int fd, const char *name, struct tw_config *cfg, char *err,
				  size_t errlen)
{
	FILE *f = fdopen(fd, "r");
	int status;

	if (!f) {
		close(fd);
		snprintf(err, errlen, "%s: %s", name, strerror(ENOMEM));
		return TW_SYSTEM;
	}
	status = tw_config_read(f, name, cfg, err, errlen);
	fclose(f);
	return tw_status_of(status);
}

enum tw_status tw_backend_config(const char *name, struct tw_config *cfg, char *err, size_t errlen)
{
	const struct tw_config *named = tw_config_find(name);
	char why[128];
	size_t n;
	int fd;

	if (named) {
		*cfg = *named;
		return TW_OK;
	}
	fd = tw_input_open(name, TW_INPUT_STREAM, 0, why, sizeof(why));
	if (fd >= 0)
		return read_config(fd, name, cfg, err, errlen);
	if (fd != -ENOENT) {
		snprintf(err, errlen, "%s: %s", name, why);
		return tw_status_of(fd);
	}
	n = (size_t)snprintf(err, errlen, "no configuration or file '%s'; there are:", name);
	for (size_t i = 0; i < tw_config_count() && n < errlen; i++)
		n += (size_t)snprintf(err + n, errlen - n, " %s", tw_config_named(i)->name);
	return TW_USAGE;
}

enum tw_status tw_backend_create(const char *name, const struct tw_hw_opts *opts, struct tw_hw **hw,
				 char *err, size_t errlen)
{
	const struct backend *b = backends;
	const struct backend *end = b + sizeof(backends) / sizeof(backends[0]);
	int status;

	while (b < end && strcmp(b->name, name) != 0)
		b++;
	if (b == end || !b->create) {
		snprintf(err, errlen, "no hardware '%s'; there is %s", name, tw_backend_names);
		return TW_USAGE;
	}
	status = b->create(opts, hw);
	if (status == -ENOENT) {
		snprintf(err, errlen, "configuration '%s' has no RTL: it runs on csim only",
			 opts->config->name);
		return TW_USAGE;
	}
	if (status)
		snprintf(err, errlen, "%s: %s", name, strerror(-status));
	return tw_status_of(status);
}
