// SPDX-License-Identifier: Apache-2.0
// See replay.h. What is asked for comes from a fresh instance that runs from the older image over
// the remembered inputs; its last pins must be those of the instance that is watched.
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pins.h"
#include "transactions.h"

struct tw_replay {
	struct tw_rtl *rtl; // borrowed
	struct tw_config config;
	uint64_t seed, cycle;
	// Stretch n of TW_REPLAY_STRETCH cycles uses half n & 1: the image at its start, the inputs
	// since, and new values of the counters at the start of one of its cycles, if there were
	// any.
	struct {
		struct tw_rtl_image image;
		struct tw_mmu_in in[TW_REPLAY_STRETCH];
		bool preset;
		uint64_t preset_cycle, counter[TW_EVENTS];
	} half[2];
};

int tw_replay_create(struct tw_rtl *rtl, const struct tw_config *config, uint64_t seed,
		     struct tw_replay **replay)
{
	struct tw_replay *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->rtl = rtl;
	r->config = *config;
	r->seed = seed;
	*replay = r;
	return 0;
}

void tw_replay_destroy(struct tw_replay *r)
{
	if (!r)
		return;
	tw_rtl_image_free(&r->half[0].image);
	tw_rtl_image_free(&r->half[1].image);
	free(r);
}

uint64_t tw_replay_cycle(const struct tw_replay *r)
{
	return r->cycle;
}

static unsigned int half_of(uint64_t cycle)
{
	return cycle / TW_REPLAY_STRETCH & 1;
}

int tw_replay_tick(struct tw_replay *r, const struct tw_mmu_in *in)
{
	unsigned int at = r->cycle % TW_REPLAY_STRETCH, h = half_of(r->cycle);

	if (!at) {
		int err = tw_rtl_save(r->rtl, &r->half[h].image);

		if (err)
			return err;
		if (r->half[h].preset_cycle != r->cycle)
			r->half[h].preset = false;
	}
	r->half[h].in[at] = *in;
	tw_rtl_tick(r->rtl, in);
	r->cycle++;
	return 0;
}

int tw_replay_preset_counters(struct tw_replay *r, const uint64_t counter[TW_EVENTS])
{
	unsigned int h = half_of(r->cycle);
	bool begins = !(r->cycle % TW_REPLAY_STRETCH);

	int err;

	if (r->half[h].preset && (!begins || r->half[h].preset_cycle == r->cycle))
		return -EBUSY;
	err = tw_rtl_preset_counters(r->rtl, counter);
	if (err)
		return err;
	r->half[h].preset = true;
	r->half[h].preset_cycle = r->cycle;
	memcpy(r->half[h].counter, counter, sizeof(r->half[h].counter));
	return 0;
}

// A fresh instance in the state of the older image, which was taken before cycle *start. There was
// a cycle.
static int rewind_rtl(const struct tw_replay *r, struct tw_rtl **rtl, uint64_t *start)
{
	int err = tw_rtl_create(&r->config, r->seed, rtl);

	if (err)
		return err;
	*start = r->cycle - 1 - (r->cycle - 1) % TW_REPLAY_STRETCH;
	if (*start)
		*start -= TW_REPLAY_STRETCH;
	tw_rtl_load(*rtl, &r->half[half_of(*start)].image);
	return 0;
}

static void tick_again(const struct tw_replay *r, struct tw_rtl *rtl, uint64_t cycle)
{
	tw_rtl_tick(rtl, &r->half[half_of(cycle)].in[cycle % TW_REPLAY_STRETCH]);
}

// Changes the counters as they were at the start of a past cycle.
static void preset_again(const struct tw_replay *r, struct tw_rtl *rtl, uint64_t cycle)
{
	unsigned int h = half_of(cycle);

	if (r->half[h].preset && r->half[h].preset_cycle == cycle)
		(void)tw_rtl_preset_counters(rtl, r->half[h].counter);
}

// Notes all transactions since the older image. Returns what there is to say.
static const char *note_again(const struct tw_replay *r, struct tw_transactions *t)
{
	struct tw_mmu_out out, present;
	struct tw_rtl *rtl;
	uint64_t start;

	if (!r->cycle)
		return NULL;
	if (rewind_rtl(r, &rtl, &start))
		return "no memory to repeat the last cycles";
	for (uint64_t c = start; c < r->cycle; c++) {
		preset_again(r, rtl, c);
		tw_rtl_pins(rtl, &out);
		tw_transactions_note(t, c, &out, &r->half[half_of(c)].in[c % TW_REPLAY_STRETCH]);
		tick_again(r, rtl, c);
	}
	tw_rtl_pins(rtl, &out);
	tw_rtl_destroy(rtl);
	tw_rtl_pins(r->rtl, &present);
	if (tw_pin_next_difference(&out, &present, 0, tw_pin_count) < tw_pin_count)
		return "the repetition of the last cycles ended in other pins: the RTL's "
		       "behaviour does not follow from its inputs";
	return NULL;
}

void tw_replay_print(const struct tw_replay *r, const struct tw_mmu_in *in, FILE *f)
{
	struct tw_transactions *t = calloc(1, sizeof(*t));
	struct tw_mmu_out out;
	const char *problem;

	if (!t) {
		fprintf(f, "no memory to repeat the last cycles\n");
		return;
	}
	problem = note_again(r, t);
	if (in) {
		tw_rtl_pins(r->rtl, &out);
		tw_transactions_note(t, r->cycle, &out, in);
	}
	tw_transactions_print(t, f);
	if (problem)
		fprintf(f, "%s\n", problem);
	free(t);
}

int tw_replay_wave(const struct tw_replay *r, const struct tw_mmu_in *in, int fd)
{
	uint64_t from = r->cycle > TW_REPLAY_WINDOW ? r->cycle - TW_REPLAY_WINDOW : 0, start;
	struct tw_rtl *rtl;
	int err;

	if (!r->cycle)
		return -ENODATA;
	err = rewind_rtl(r, &rtl, &start);
	if (err)
		return err;
	for (uint64_t c = start; c < r->cycle && !err; c++) {
		if (c == from)
			err = tw_rtl_wave_open(rtl, fd);
		preset_again(r, rtl, c);
		tick_again(r, rtl, c);
	}
	if (!err && in)
		tw_rtl_tick(rtl, in);
	if (!err)
		err = tw_rtl_wave_close(rtl);
	tw_rtl_destroy(rtl);
	return err;
}
