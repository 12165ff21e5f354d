// SPDX-License-Identifier: Apache-2.0
// The lockstep back end of the hardware interface: cycle model and RTL, both driven through their
// pins and compared in every cycle. Invariant: results are those of both.
#include "twinwalk/tb.h"

#include <errno.h>
#include <stdlib.h>

#include "hw_pins.h"
#include "lockstep.h"

struct lockstep_hw {
	struct tw_hw_pins pins;
	struct tw_lockstep *ls;
	int wave_fd; // 0: none
};

static int lockstep_counters(struct tw_hw *hw, struct tw_hw_counters *c)
{
	struct lockstep_hw *l = (struct lockstep_hw *)hw;
	const struct tw_mmu *mmu = tw_lockstep_mmu(l->ls);

	c->cycle = tw_lockstep_cycle(l->ls);
	for (unsigned int i = 0; i < TW_EVENTS; i++)
		c->event[i] = tw_mmu_counter(mmu, i);
	return l->pins.err;
}

static int lockstep_finish(struct tw_hw *hw)
{
	struct lockstep_hw *l = (struct lockstep_hw *)hw;

	if (!l->pins.err)
		l->pins.err = tw_lockstep_compare(l->ls);
	return l->pins.err;
}

static int lockstep_wave(struct tw_hw *hw)
{
	struct lockstep_hw *l = (struct lockstep_hw *)hw;
	int err = l->wave_fd ? tw_lockstep_wave(l->ls, l->wave_fd) : -ENODATA;

	return err == -ENODATA ? 0 : err ? err : 1;
}

static bool lockstep_difference(const struct tw_hw *hw, struct tw_hw_difference *d)
{
	return tw_lockstep_difference(((const struct lockstep_hw *)hw)->ls, d);
}

static const char *lockstep_error(const struct tw_hw *hw)
{
	const struct lockstep_hw *l = (const struct lockstep_hw *)hw;
	const char *report = tw_lockstep_report(l->ls);

	if (*report)
		return report;
	return l->pins.err ? "the hardware does not answer" : "";
}

static void lockstep_destroy(struct tw_hw *hw)
{
	struct lockstep_hw *l = (struct lockstep_hw *)hw;

	tw_hw_pins_exit(&l->pins);
	tw_lockstep_destroy(l->ls);
	free(l);
}

static const struct tw_hw_ops lockstep_ops = {
	.name = "lockstep",
	.access = tw_hw_pins_access,
	.ctrl_write = tw_hw_pins_ctrl_write,
	.fence = tw_hw_pins_fence,
	.idle = tw_hw_pins_idle,
	.counters = lockstep_counters,
	.finish = lockstep_finish,
	.wave = lockstep_wave,
	.difference = lockstep_difference,
	.observe = tw_hw_pins_observe,
	.error = lockstep_error,
	.destroy = lockstep_destroy,
};

int tw_hw_lockstep_create(const struct tw_hw_opts *opts, struct tw_hw **hw)
{
	struct tw_lockstep_opts ls_opts = {
		.config = opts->config,
		.seed = opts->seed,
		.repeat_command = opts->repeat_command,
		.compare_interval = opts->compare_interval,
	};
	struct tw_pin_device dev;
	struct lockstep_hw *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->wave_fd = opts->wave_fd;
	err = tw_lockstep_create(&ls_opts, &l->ls);
	dev = tw_lockstep_device(l->ls);
	if (!err)
		err = tw_hw_pins_init(&l->pins, &lockstep_ops, opts, &dev);
	if (err) {
		tw_lockstep_destroy(l->ls);
		free(l);
		return err;
	}
	*hw = &l->pins.hw;
	return 0;
}
