// SPDX-License-Identifier: Apache-2.0
// See judge.h.
#include "judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct tw_judge {
	struct tw_oracle *oracle;
	struct tw_oracle_watch *watch;
	char text[TW_ORACLE_TEXT + 64];
};

// Errors are kept by the watch.
static void observe_write(void *user, uint64_t pa, uint64_t old, uint64_t value)
{
	(void)tw_oracle_watch_write(((struct tw_judge *)user)->watch, pa, old, value);
}

static void observe_transaction(void *user, const struct tw_mem_event *ev)
{
	tw_oracle_watch_mem(((struct tw_judge *)user)->watch, ev);
}

int tw_judge_create(struct tw_stim *stim, const struct tw_config *config, uint64_t max_wait,
		    struct tw_judge **judge)
{
	struct tw_widths widths;
	struct tw_oracle_opts opts = {
		.mem = tw_pmem_mem(tw_stim_memory(stim)),
		.max_wait = max_wait,
		.reads_told = true,
	};
	struct tw_judge *j = calloc(1, sizeof(*j));
	const struct tw_stim_observer observer = {observe_write, observe_transaction, j};
	int err;

	if (!j)
		return -ENOMEM;
	tw_config_widths(config, &widths);
	opts.pa_bits = (uint8_t)widths.pa;
	err = tw_oracle_create(&opts, &j->oracle);
	if (!err)
		err = tw_oracle_watch_create(j->oracle, config, &j->watch);
	if (err) {
		tw_judge_destroy(j);
		return err;
	}
	tw_stim_observe(stim, &observer);
	*judge = j;
	return 0;
}

void tw_judge_destroy(struct tw_judge *j)
{
	if (!j)
		return;
	if (j->watch)
		tw_oracle_watch_destroy(j->watch);
	tw_oracle_destroy(j->oracle);
	free(j);
}

int tw_judge_cycle(struct tw_judge *j, const struct tw_mmu_in *in, const struct tw_mmu_out *out,
		   const char **broken)
{
	const struct tw_oracle_verdict *bad;
	int error;

	*broken = NULL;
	(void)tw_oracle_watch_cycle(j->watch, in, out, NULL);
	bad = tw_oracle_watch_bad(j->watch, &error);
	if (error)
		return error;
	if (!bad || bad->status != TW_ORACLE_FORBIDDEN)
		return 0;
	snprintf(j->text, sizeof(j->text), "the oracle forbids it: %s", bad->text);
	*broken = j->text;
	return 0;
}

const char *tw_judge_end(struct tw_judge *j)
{
	struct tw_oracle_stats s;
	size_t pending = tw_oracle_pending(j->oracle);

	tw_oracle_get_stats(j->oracle, &s);
	if (pending) {
		snprintf(j->text, sizeof(j->text),
			 "the oracle forbids it: never answered: %zu requests", pending);
		return j->text;
	}
	// A fault of the bench: the verdicts rest on an incomplete history.
	if (s.untold) {
		snprintf(j->text, sizeof(j->text),
			 "memory changed %llu times without the oracle being told",
			 (unsigned long long)s.untold);
		return j->text;
	}
	return NULL;
}

void tw_judge_stats(const struct tw_judge *j, struct tw_oracle_stats *stats)
{
	tw_oracle_get_stats(j->oracle, stats);
}
