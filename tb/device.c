// SPDX-License-Identifier: Apache-2.0
// See device.h.
#include "device.h"

#include <string.h>

static const struct tw_mmu_out *csim_pins(void *user)
{
	return tw_mmu_pins(((struct tw_device *)user)->mmu);
}

static int csim_tick(void *user, const struct tw_mmu_in *in)
{
	tw_mmu_tick(((struct tw_device *)user)->mmu, in);
	return 0;
}

static const struct tw_mmu_out *rtl_pins(void *user)
{
	return &((struct tw_device *)user)->out;
}

static int rtl_tick(void *user, const struct tw_mmu_in *in)
{
	struct tw_device *dev = user;

	tw_rtl_tick(dev->rtl, in);
	tw_rtl_pins(dev->rtl, &dev->out);
	return 0;
}

static const struct tw_mmu_out *lockstep_pins(void *user)
{
	return tw_lockstep_pins(((struct tw_device *)user)->ls);
}

static int lockstep_tick(void *user, const struct tw_mmu_in *in)
{
	return tw_lockstep_tick(((struct tw_device *)user)->ls, in);
}

bool tw_device_mode_parse(const char *text, enum tw_device_mode *mode)
{
	static const char *const names[] = {"lockstep", "rtl", "csim"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i])) {
			*mode = (enum tw_device_mode)i;
			return true;
		}
	}
	return false;
}

int tw_device_open(struct tw_device *dev, enum tw_device_mode mode,
		   const struct tw_lockstep_opts *opts)
{
	int err;

	memset(dev, 0, sizeof(*dev));
	dev->mode = mode;
	switch (mode) {
	case TW_DEVICE_CSIM:
		dev->pin = (struct tw_pin_device){dev, csim_pins, csim_tick};
		return tw_mmu_create(opts->config, &dev->mmu);
	case TW_DEVICE_RTL:
		dev->pin = (struct tw_pin_device){dev, rtl_pins, rtl_tick};
		err = tw_rtl_create(opts->config, opts->seed, &dev->rtl);
		if (!err)
			tw_rtl_pins(dev->rtl, &dev->out);
		return err;
	default:
		dev->pin = (struct tw_pin_device){dev, lockstep_pins, lockstep_tick};
		return tw_lockstep_create(opts, &dev->ls);
	}
}

void tw_device_close(struct tw_device *dev)
{
	tw_lockstep_destroy(dev->ls);
	tw_rtl_destroy(dev->rtl);
	tw_mmu_destroy(dev->mmu);
	memset(dev, 0, sizeof(*dev));
}

int tw_device_preset_counters(struct tw_device *dev, const uint64_t counter[TW_EVENTS])
{
	if (dev->ls)
		return tw_lockstep_preset_counters(dev->ls, counter);
	if (dev->rtl)
		tw_rtl_preset_counters(dev->rtl, counter);
	if (dev->mmu)
		tw_mmu_preset_counters(dev->mmu, counter);
	return 0;
}

const struct tw_mmu *tw_device_model(const struct tw_device *dev)
{
	return dev->ls ? tw_lockstep_mmu(dev->ls) : dev->mmu;
}
