// SPDX-License-Identifier: Apache-2.0
// Finds the Verilated RTL of a configuration and passes calls on to it. Which configurations are
// part of the build is decided by CMake (TW_RTL_CONFIGS), which writes tw_rtl_list.h; the others
// are built on demand.
#include "rtl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TW_RTL(name) extern const struct tw_rtl_ops tw_rtl_ops_##name;
#include "tw_rtl_list.h"
#undef TW_RTL

static const struct tw_rtl_ops *const built[] = {
#define TW_RTL(name) &tw_rtl_ops_##name,
#include "tw_rtl_list.h"
#undef TW_RTL
};

// Whatever the configurations are called. NULL: it is not part of this build.
static const struct tw_rtl_ops *find_built(const struct tw_config *config)
{
	for (size_t i = 0; i < sizeof(built) / sizeof(built[0]); i++)
		if (tw_config_same(tw_config_find(built[i]->config), config))
			return built[i];
	return NULL;
}

static int find(const struct tw_config *config, const struct tw_rtl_ops **ops, char *err,
		size_t errlen)
{
	*ops = find_built(config);
	return *ops ? 0 : tw_rtl_demand(config, ops, err, errlen);
}

bool tw_rtl_built(const struct tw_config *config)
{
	return find_built(config);
}

int tw_rtl_provide(const struct tw_config *config, char *err, size_t errlen)
{
	const struct tw_rtl_ops *ops;

	return find(config, &ops, err, errlen);
}

int tw_rtl_create(const struct tw_config *config, uint64_t seed, struct tw_rtl **rtl)
{
	const struct tw_rtl_ops *ops;
	char text[256];
	int err = find(config, &ops, text, sizeof(text));

	return err ? err : ops->create(config, seed, rtl);
}

void tw_rtl_destroy(struct tw_rtl *rtl)
{
	if (rtl)
		rtl->ops->destroy(rtl);
}

void tw_rtl_tick(struct tw_rtl *rtl, const struct tw_mmu_in *in)
{
	rtl->ops->tick(rtl, in);
}

void tw_rtl_pins(const struct tw_rtl *rtl, struct tw_mmu_out *out)
{
	rtl->ops->pins(rtl, out);
}

const char *tw_rtl_failed(const struct tw_rtl *rtl)
{
	return rtl->failed;
}

unsigned int tw_rtl_sees(const struct tw_rtl *rtl)
{
	return rtl->ops->sees;
}

const char *tw_rtl_compared(const struct tw_rtl *rtl)
{
	static const char *const text[] = {
		[0] = "pins alone (the RTL has no debug view)",
		[TW_RTL_VIEW] = "pins and debug view",
		[TW_RTL_ARRAYS] = "pins and arrays",
		[TW_RTL_VIEW | TW_RTL_ARRAYS] = "pins, debug view and arrays",
	};

	return text[rtl->ops->sees];
}

void tw_rtl_counters(const struct tw_rtl *rtl, uint64_t counter[TW_EVENTS])
{
	memcpy(counter, rtl->counter, sizeof(rtl->counter));
}

int tw_rtl_preset_counters(struct tw_rtl *rtl, const uint64_t counter[TW_EVENTS])
{
	if (!(rtl->ops->sees & TW_RTL_ARRAYS))
		return -ENOTSUP;
	memcpy(rtl->counter, counter, sizeof(rtl->counter));
	rtl->ops->preset_counters(rtl, counter);
	return 0;
}

void tw_rtl_arrays(const struct tw_rtl *rtl, struct tw_mmu_arrays *arrays)
{
	rtl->ops->arrays(rtl, arrays);
	tw_rtl_unpack(&rtl->config, arrays);
}

int tw_rtl_wave_open(struct tw_rtl *rtl, int fd)
{
	return rtl->ops->wave_open(rtl, fd);
}

int tw_rtl_wave_close(struct tw_rtl *rtl)
{
	return rtl->ops->wave_close(rtl);
}

int tw_rtl_save(struct tw_rtl *rtl, struct tw_rtl_image *image)
{
	return rtl->ops->save(rtl, image);
}

void tw_rtl_load(struct tw_rtl *rtl, const struct tw_rtl_image *image)
{
	rtl->ops->load(rtl, image);
}

void tw_rtl_image_free(struct tw_rtl_image *image)
{
	free(image->data);
	*image = (struct tw_rtl_image){0};
}
