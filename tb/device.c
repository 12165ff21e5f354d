// SPDX-License-Identifier: Apache-2.0
// See device.h.
#include "device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// The pins of the model's last cycles: cycle c stands at c % PAST. Enough for TW_TRANSACTIONS.
enum { PAST = 512 };

struct tw_device_past {
	uint64_t cycle;
	struct tw_mmu_out out[PAST];
	struct tw_mmu_in in[PAST];
};

// The model whose pins are kept.
static const struct tw_mmu_out *past_pins(void *user)
{
	return tw_mmu_pins(((struct tw_device *)user)->mmu);
}

static int past_tick(void *user, const struct tw_mmu_in *in)
{
	struct tw_device *dev = user;
	unsigned int at = dev->past->cycle++ % PAST;

	dev->past->out[at] = *tw_mmu_pins(dev->mmu);
	dev->past->in[at] = *in;
	tw_mmu_tick(dev->mmu, in);
	return 0;
}

static const struct tw_mmu_out *rtl_pins(void *user)
{
	return &((struct tw_device *)user)->out;
}

static int rtl_tick(void *user, const struct tw_mmu_in *in)
{
	struct tw_device *dev = user;

	int err = 0;

	if (dev->replay)
		err = tw_replay_tick(dev->replay, in);
	else
		tw_rtl_tick(dev->rtl, in);
	tw_rtl_pins(dev->rtl, &dev->out);
	return !err && tw_rtl_failed(dev->rtl) ? -EIO : err;
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
		err = tw_mmu_create(opts->config, &dev->mmu);
		dev->pin = tw_mmu_device(dev->mmu);
		return err;
	case TW_DEVICE_RTL:
		dev->pin = (struct tw_pin_device){dev, rtl_pins, rtl_tick};
		err = tw_rtl_create(opts->config, opts->seed, &dev->rtl);
		if (!err)
			tw_rtl_pins(dev->rtl, &dev->out);
		return err;
	default:
		err = tw_lockstep_create(opts, &dev->ls);
		dev->pin = tw_lockstep_device(dev->ls);
		return err;
	}
}

void tw_device_close(struct tw_device *dev)
{
	tw_replay_destroy(dev->replay);
	free(dev->past);
	tw_lockstep_destroy(dev->ls);
	tw_rtl_destroy(dev->rtl);
	tw_mmu_destroy(dev->mmu);
	memset(dev, 0, sizeof(*dev));
}

int tw_device_record(struct tw_device *dev, const struct tw_lockstep_opts *opts)
{
	if (dev->rtl)
		return tw_replay_create(dev->rtl, opts->config, opts->seed, &dev->replay);
	if (!dev->mmu)
		return 0;
	dev->past = calloc(1, sizeof(*dev->past));
	if (!dev->past)
		return -ENOMEM;
	dev->pin = (struct tw_pin_device){dev, past_pins, past_tick};
	return 0;
}

static void past_transactions(const struct tw_device *dev, const struct tw_mmu_in *in, FILE *f)
{
	const struct tw_device_past *past = dev->past;
	struct tw_transactions t = {.n = 0};

	for (uint64_t c = past->cycle < PAST ? 0 : past->cycle - PAST; c < past->cycle; c++)
		tw_transactions_note(&t, c, &past->out[c % PAST], &past->in[c % PAST]);
	if (in)
		tw_transactions_note(&t, past->cycle, tw_mmu_pins(dev->mmu), in);
	tw_transactions_print(&t, f);
}

void tw_device_transactions(const struct tw_device *dev, const struct tw_mmu_in *in, FILE *f)
{
	if (dev->replay)
		tw_replay_print(dev->replay, in, f);
	else if (dev->past)
		past_transactions(dev, in, f);
}

int tw_device_wave(const struct tw_device *dev, const struct tw_mmu_in *in, int fd)
{
	if (dev->ls)
		return tw_lockstep_wave(dev->ls, fd);
	return dev->replay ? tw_replay_wave(dev->replay, in, fd) : -ENODATA;
}

int tw_device_preset_counters(struct tw_device *dev, const uint64_t counter[TW_EVENTS])
{
	if (dev->ls)
		return tw_lockstep_preset_counters(dev->ls, counter);
	if (dev->replay)
		return tw_replay_preset_counters(dev->replay, counter);
	if (dev->rtl)
		return tw_rtl_preset_counters(dev->rtl, counter);
	if (dev->mmu)
		tw_mmu_preset_counters(dev->mmu, counter);
	return 0;
}

const struct tw_mmu *tw_device_model(const struct tw_device *dev)
{
	return dev->ls ? tw_lockstep_mmu(dev->ls) : dev->mmu;
}
