// SPDX-License-Identifier: Apache-2.0
// See wave.h.
#include "wave.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum tw_status wave_open(struct wave *w, const char *path, bool force, const char *const *inputs,
			 size_t n_inputs)
{
	const struct tw_output_rules rules = {.kind = "a waveform",
					      .magic = TW_FST_MAGIC,
					      .magic_len = TW_FST_MAGIC_LEN,
					      .force = force,
					      .inputs = inputs,
					      .n_inputs = n_inputs};
	int err;

	*w = (struct wave){.path = path ? path : WAVE_DEFAULT};
	err = tw_output_open(w->path, &rules, &w->out, w->why, sizeof(w->why));
	if (!err || !path)
		return TW_OK;
	fprintf(stderr, "twinwalk: --waves %s\n", w->why);
	return err == -EEXIST ? TW_USAGE : TW_SYSTEM;
}

int wave_fd(const struct wave *w)
{
	return w->out ? tw_output_fd(w->out) : 0;
}

void wave_complete(struct wave *w, struct tw_hw *hw)
{
	int err;

	if (!w->out) {
		if (*w->why && *tw_hw_error(hw))
			fprintf(stderr, "waveform: %s\n", w->why);
		return;
	}
	err = tw_hw_wave(hw);
	if (err < 0) {
		snprintf(w->why, sizeof(w->why), "%s: %s", w->path, strerror(-err));
	} else if (err > 0) {
		err = tw_output_commit(w->out, w->why, sizeof(w->why));
		w->out = NULL;
		w->written = !err;
	} else if (w->from < w->to && strcmp(hw->ops->name, "rtl") == 0) {
		fprintf(stderr, "waveform: none, the run ended before cycle %" PRIu64 "\n",
			w->from);
	}
	w->failed = err < 0;
	if (w->written || w->failed)
		fprintf(stderr, "waveform: %s\n", w->failed ? w->why : w->path);
}

void wave_close(struct wave *w)
{
	tw_output_discard(w->out);
	w->out = NULL;
}
