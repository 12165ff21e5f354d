// SPDX-License-Identifier: Apache-2.0
// The comparison of model and RTL; see lockstep.h. The common case costs one memcmp() per cycle;
// only if that finds something (padding included) is the table of pins consulted.
#include "lockstep_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../csim/hw_driver.h"

#include "pins.h"

int tw_lockstep_create(const struct tw_lockstep_opts *opts, struct tw_lockstep **out)
{
	struct tw_lockstep *ls = calloc(1, sizeof(*ls));
	int err;

	if (!ls)
		return -ENOMEM;
	ls->opts = *opts;
	ls->config = *opts->config;
	ls->opts.config = &ls->config;
	if (!ls->opts.compare_interval)
		ls->opts.compare_interval = TW_LOCKSTEP_INTERVAL;
	ls->next_compare = ls->opts.compare_interval;
	ls->arrays[0] = calloc(1, sizeof(*ls->arrays[0]));
	ls->arrays[1] = calloc(1, sizeof(*ls->arrays[1]));
	err = ls->arrays[0] && ls->arrays[1] ? 0 : -ENOMEM;
	if (!err)
		err = tw_mmu_create(opts->config, &ls->mmu);
	if (!err)
		err = tw_rtl_create(opts->config, opts->seed, &ls->rtl);
	if (!err)
		err = tw_replay_create(ls->rtl, &ls->config, opts->seed, &ls->replay);
	if (err) {
		tw_lockstep_destroy(ls);
		return err;
	}
	ls->model = tw_mmu_pins(ls->mmu);
	ls->pins = tw_pin_count;
	ls->bytes = sizeof(ls->out);
	if (!(tw_rtl_sees(ls->rtl) & TW_RTL_VIEW)) {
		ls->pins = tw_pin_count_plain;
		ls->bytes = TW_PIN_BYTES;
	}
	*out = ls;
	return 0;
}

void tw_lockstep_destroy(struct tw_lockstep *ls)
{
	if (!ls)
		return;
	tw_mmu_destroy(ls->mmu);
	tw_rtl_destroy(ls->rtl);
	tw_replay_destroy(ls->replay);
	free(ls->arrays[0]);
	free(ls->arrays[1]);
	free(ls->report);
	free(ls);
}

const struct tw_mmu_out *tw_lockstep_pins(const struct tw_lockstep *ls)
{
	return ls->model;
}

static const struct tw_mmu_out *device_pins(void *user)
{
	return tw_lockstep_pins(user);
}

static int device_tick(void *user, const struct tw_mmu_in *in)
{
	return tw_lockstep_tick(user, in);
}

struct tw_pin_device tw_lockstep_device(struct tw_lockstep *ls)
{
	return (struct tw_pin_device){.user = ls, .pins = device_pins, .tick = device_tick};
}

const char *tw_lockstep_report(const struct tw_lockstep *ls)
{
	return ls->report ? ls->report : "";
}

uint64_t tw_lockstep_cycle(const struct tw_lockstep *ls)
{
	return ls->cycle;
}

const char *tw_lockstep_culprit(const struct tw_lockstep *ls)
{
	return ls->failed ? ls->culprit : NULL;
}

const char *tw_lockstep_compared(const struct tw_lockstep *ls)
{
	return tw_rtl_compared(ls->rtl);
}

const struct tw_mmu *tw_lockstep_mmu(const struct tw_lockstep *ls)
{
	return ls->mmu;
}

void tw_lockstep_sabotage(struct tw_lockstep *ls, tw_lockstep_saboteur fn, void *user)
{
	ls->saboteur = fn;
	ls->saboteur_user = user;
}

// Equal in every byte, padding included: then no pin differs. If not, the table decides.
static bool same_bytes(const void *a, const void *b, size_t n)
{
	return !memcmp(a, b, n);
}

int tw_lockstep_tick(struct tw_lockstep *ls, const struct tw_mmu_in *in)
{
	struct tw_mmu_in changed;
	const struct tw_mmu_in *rtl_in = in;
	int err;

	if (ls->failed)
		return -EIO;
	if (ls->saboteur) {
		changed = *in;
		ls->saboteur(ls->saboteur_user, ls->cycle, &changed);
		rtl_in = &changed;
	}
	err = tw_replay_tick(ls->replay, rtl_in);
	if (err)
		return err;
	tw_mmu_tick(ls->mmu, in);
	ls->cycle++;
	ls->model = tw_mmu_pins(ls->mmu);
	tw_rtl_pins(ls->rtl, &ls->out);
	if (!same_bytes(ls->model, &ls->out, ls->bytes) &&
	    tw_pin_next_difference(ls->model, &ls->out, 0, ls->pins) < ls->pins) {
		tw_lockstep_fail(ls, NULL, ls->rtl->failed);
		return -EIO;
	}
	if (ls->rtl->failed) {
		tw_lockstep_fail(ls, "rtl", ls->rtl->failed);
		return -EIO;
	}
	return ls->cycle == ls->next_compare ? tw_lockstep_compare(ls) : 0;
}

int tw_lockstep_preset_counters(struct tw_lockstep *ls, const uint64_t counter[TW_EVENTS])
{
	int err;

	if (ls->failed)
		return -EIO;
	err = tw_replay_preset_counters(ls->replay, counter);
	if (err)
		return err;
	tw_mmu_preset_counters(ls->mmu, counter);
	return 0;
}

// Describes the first difference between N pairs of words.
static bool words_differ(const char *name, const uint64_t (*model)[2], const uint64_t (*rtl)[2],
			 size_t n, char *culprit, size_t room, char *text, size_t text_room)
{
	for (size_t i = 0; i < n; i++) {
		if (!memcmp(model[i], rtl[i], sizeof(model[i])))
			continue;
		snprintf(culprit, room, "%s[%zu]", name, i);
		snprintf(text, text_room,
			 "model 0x%012" PRIx64 "_%016" PRIx64 " rtl 0x%012" PRIx64 "_%016" PRIx64,
			 model[i][1], model[i][0], rtl[i][1], rtl[i][0]);
		return true;
	}
	return false;
}

static bool numbers_differ(const char *name, uint64_t model, uint64_t rtl, size_t i, char *culprit,
			   size_t room, char *text, size_t text_room)
{
	if (model == rtl)
		return false;
	snprintf(culprit, room, "%s[%zu]", name, i);
	snprintf(text, text_room, "model 0x%" PRIx64 " rtl 0x%" PRIx64, model, rtl);
	return true;
}

// Names the first difference between the two sets of arrays.
static bool arrays_differ(const struct tw_lockstep *ls, char *culprit, size_t room, char *text,
			  size_t text_room)
{
	const struct tw_mmu_arrays *m = ls->arrays[0], *r = ls->arrays[1];

#define WORDS(name, model, rtl, n)                                                                 \
	words_differ(name, (const uint64_t(*)[2])(model), (const uint64_t(*)[2])(rtl), n, culprit, \
		     room, text, text_room)
#define NUMBERS(name, field, i) \
	numbers_differ(name, m->field[i], r->field[i], i, culprit, room, text, text_room)
	if (WORDS("l1f", m->l1[0], r->l1[0], TW_MAX_L1) ||
	    WORDS("l1d", m->l1[1], r->l1[1], TW_MAX_L1) ||
	    WORDS("sp", m->sp, r->sp, TW_MAX_L2_SP) || WORDS("pwc", m->pwc, r->pwc, TW_MAX_PWC))
		return true;
	for (size_t set = 0; set < TW_MAX_L2_SETS; set++) {
		char name[32];

		snprintf(name, sizeof(name), "l2 set %zu way", set);
		if (NUMBERS("l2_valid", l2_valid, set) || NUMBERS("l2_plru", l2_plru, set) ||
		    WORDS(name, m->l2[set], r->l2[set], TW_MAX_L2_WAYS))
			return true;
	}
	for (unsigned int i = 0; i < TW_EVENTS; i++) {
		if (NUMBERS("counter", counter, i)) {
			snprintf(culprit, room, "counter %s", tw_event_name(i));
			return true;
		}
	}
	return false;
#undef WORDS
#undef NUMBERS
}

int tw_lockstep_compare(struct tw_lockstep *ls)
{
	char culprit[sizeof(ls->culprit)], text[160];
	const char *broken;

	if (ls->failed)
		return -EIO;
	ls->next_compare = ls->cycle + ls->opts.compare_interval;
	if (tw_rtl_sees(ls->rtl) & TW_RTL_ARRAYS) {
		tw_mmu_get_arrays(ls->mmu, ls->arrays[0]);
		tw_rtl_arrays(ls->rtl, ls->arrays[1]);
		if (!same_bytes(ls->arrays[0], ls->arrays[1], sizeof(*ls->arrays[0])) &&
		    arrays_differ(ls, culprit, sizeof(culprit), text, sizeof(text))) {
			tw_lockstep_fail(ls, culprit, text);
			return -EIO;
		}
	}
	broken = tw_mmu_check(ls->mmu);
	if (broken) {
		tw_lockstep_fail(ls, "model", broken);
		return -EIO;
	}
	return 0;
}

int tw_lockstep_reject(struct tw_lockstep *ls, const char *rule, const struct tw_mmu_in *in)
{
	if (ls->failed)
		return -EIO;
	ls->rejected = in != NULL;
	if (in)
		ls->last_in = *in;
	tw_lockstep_fail(ls, "both", rule);
	return -EIO;
}
