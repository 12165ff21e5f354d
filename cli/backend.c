// SPDX-License-Identifier: Apache-2.0
// Names of configurations and hardware back ends: see backend.h. TW_WITH_RTL is defined in builds
// that have tb/.
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

enum tw_status tw_backend_config(const char *name, struct tw_config *cfg, char *err, size_t errlen)
{
	const struct tw_config *named = tw_config_find(name);
	int status;
	size_t n;

	if (named) {
		*cfg = *named;
		return TW_OK;
	}
	status = tw_config_load(name, cfg, err, errlen);
	if (status != -ENOENT)
		return tw_status_of(status);
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
