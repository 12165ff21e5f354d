// SPDX-License-Identifier: Apache-2.0
// Names of configurations and hardware back ends: see backend.h. TW_WITH_RTL is defined in builds
// that have tb/.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../host/config_arg.h"
#include "backend.h"
#ifdef TW_WITH_RTL
#include "twinwalk/tb.h"
#endif

static const struct backend {
	const char *name;
	int (*create)(const struct tw_hw_opts *opts, struct tw_hw **hw); // NULL: not in this build
	// What has to be done for a configuration before; NULL: nothing.
	int (*provide)(const struct tw_config *config, char *err, size_t errlen);
} backends[] = {
	{"csim", tw_hw_csim_create, NULL},
#ifdef TW_WITH_RTL
	{"rtl", tw_hw_rtl_create, tw_rtl_provide},
	{"lockstep", tw_hw_lockstep_create, tw_rtl_provide},
#else
	{"rtl", NULL, NULL},
	{"lockstep", NULL, NULL},
#endif
};

#ifdef TW_WITH_RTL
const char tw_backend_names[] = "csim, rtl or lockstep";
#else
const char tw_backend_names[] = "csim (this build has no RTL)";
#endif

enum tw_status tw_backend_config(const char *name, struct tw_config *cfg, char *err, size_t errlen)
{
	int e = tw_config_arg(name, cfg, err, errlen);

	return e == -ENOENT ? TW_USAGE : tw_status_of(e);
}

// NULL: there is none, and a text is in err.
static const struct backend *find(const char *name, char *err, size_t errlen)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (strcmp(backends[i].name, name) == 0 && backends[i].create)
			return &backends[i];
	snprintf(err, errlen, "no hardware '%s'; there is %s", name, tw_backend_names);
	return NULL;
}

bool tw_backend_known(const char *name, char *err, size_t errlen)
{
	return find(name, err, errlen) != NULL;
}

enum tw_status tw_backend_create(const char *name, const struct tw_hw_opts *opts, struct tw_hw **hw,
				 char *err, size_t errlen)
{
	const struct backend *b = find(name, err, errlen);
	int status;

	if (!b)
		return TW_USAGE;
	status = b->provide ? b->provide(opts->config, err, errlen) : 0;
	if (status)
		return status == -ENOENT ? TW_USAGE : tw_status_of(status);
	status = b->create(opts, hw);
	if (status)
		snprintf(err, errlen, "%s: %s", name, strerror(-status));
	return tw_status_of(status);
}
