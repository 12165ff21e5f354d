// SPDX-License-Identifier: Apache-2.0
// The rtl back end of the hardware interface: the Verilated RTL alone, driven through its pins,
// with a waveform of the cycles asked for.
#include "twinwalk/tb.h"

#include <errno.h>
#include <stdlib.h>

#include "device.h"
#include "hw_pins.h"

struct rtl_hw {
	struct tw_hw_pins pins;
	struct tw_device rtl;
	uint64_t cycle, wave_from, wave_to;
	int wave_fd; // 0: no waveform
	bool wave_open;
	int wave; // as tw_hw_wave() returns it
};

static const struct tw_mmu_out *rtl_pins(void *user)
{
	struct rtl_hw *r = user;

	return r->rtl.pin.pins(r->rtl.pin.user);
}

static void end_wave(struct rtl_hw *r)
{
	int err;

	if (!r->wave_open)
		return;
	r->wave_open = false;
	err = tw_rtl_wave_close(r->rtl.rtl);
	r->wave = err ? err : 1;
}

static int rtl_tick(void *user, const struct tw_mmu_in *in)
{
	struct rtl_hw *r = user;

	if (r->wave_fd && r->cycle == r->wave_from) {
		r->wave = tw_rtl_wave_open(r->rtl.rtl, r->wave_fd);
		r->wave_open = !r->wave;
	}
	if (r->wave_fd && r->cycle++ == r->wave_to)
		end_wave(r);
	return r->rtl.pin.tick(r->rtl.pin.user, in);
}

static int rtl_counters(struct tw_hw *hw, struct tw_hw_counters *c)
{
	struct rtl_hw *r = (struct rtl_hw *)hw;

	c->cycle = r->pins.driver.cycle;
	tw_rtl_counters(r->rtl.rtl, c->event);
	return r->pins.err;
}

static int rtl_finish(struct tw_hw *hw)
{
	return ((struct rtl_hw *)hw)->pins.err;
}

static int rtl_wave(struct tw_hw *hw)
{
	struct rtl_hw *r = (struct rtl_hw *)hw;

	end_wave(r);
	return r->wave;
}

static const char *rtl_error(const struct tw_hw *hw)
{
	const struct rtl_hw *r = (const struct rtl_hw *)hw;

	if (tw_rtl_failed(r->rtl.rtl))
		return tw_rtl_failed(r->rtl.rtl);
	return r->pins.err ? "the hardware does not answer" : "";
}

static void rtl_destroy(struct tw_hw *hw)
{
	struct rtl_hw *r = (struct rtl_hw *)hw;

	tw_hw_pins_exit(&r->pins);
	tw_device_close(&r->rtl);
	free(r);
}

static const struct tw_hw_ops rtl_ops = {
	.name = "rtl",
	.access = tw_hw_pins_access,
	.ctrl_write = tw_hw_pins_ctrl_write,
	.fence = tw_hw_pins_fence,
	.idle = tw_hw_pins_idle,
	.counters = rtl_counters,
	.finish = rtl_finish,
	.wave = rtl_wave,
	.observe = tw_hw_pins_observe,
	.error = rtl_error,
	.destroy = rtl_destroy,
};

int tw_hw_rtl_create(const struct tw_hw_opts *opts, struct tw_hw **hw)
{
	const struct tw_lockstep_opts rtl_opts = {.config = opts->config, .seed = opts->seed};
	struct rtl_hw *r = calloc(1, sizeof(*r));
	struct tw_pin_device dev = {.user = r, .pins = rtl_pins, .tick = rtl_tick};
	int err;

	if (!r)
		return -ENOMEM;
	if (opts->wave_from < opts->wave_to)
		r->wave_fd = opts->wave_fd;
	r->wave_from = opts->wave_from;
	r->wave_to = opts->wave_to;
	err = tw_device_open(&r->rtl, TW_DEVICE_RTL, &rtl_opts);
	if (!err)
		err = tw_hw_pins_init(&r->pins, &rtl_ops, opts, &dev);
	if (err) {
		tw_device_close(&r->rtl);
		free(r);
		return err;
	}
	*hw = &r->pins.hw;
	return 0;
}
