// SPDX-License-Identifier: Apache-2.0
// The comparison of two runs: all figures that must be equal on all back ends. See replay.h.
#include <stdio.h>

#include "replay.h"

uint64_t replay_accesses(const struct replay_result *r)
{
	return r->accesses[0] + r->accesses[1] + r->accesses[2] + r->accesses[3];
}

uint64_t replay_cycles(const struct replay_result *r)
{
	return r->kernel.hw_cycles + r->kernel.kernel_cycles + r->kernel.device_cycles;
}

bool replay_pair(const struct replay_result *a, const struct replay_result *b, size_t i,
		 struct replay_pair *pair)
{
	const struct replay_pair pairs[] = {
		{"events", a->events, b->events},
		{"cycles of the hardware", a->kernel.hw_cycles, b->kernel.hw_cycles},
		{"cycles in all", replay_cycles(a), replay_cycles(b)},
		{"minor faults", a->kernel.minor, b->kernel.minor},
		{"major faults", a->kernel.major, b->kernel.major},
		{"pages swapped out", a->kernel.swap_out, b->kernel.swap_out},
		{"responses", a->kernel.response_digest, b->kernel.response_digest},
		{"memory image", a->image_digest, b->image_digest},
	};
	const size_t n = sizeof(pairs) / sizeof(pairs[0]);

	if (i < n) {
		*pair = pairs[i];
		return true;
	}
	if (i >= n + TW_EVENTS)
		return false;
	i -= n;
	snprintf(pair->what, sizeof(pair->what), "counter %s", tw_event_name((unsigned int)i));
	pair->a = a->hw.event[i];
	pair->b = b->hw.event[i];
	return true;
}

bool replay_equal(const struct replay_result *a, const struct replay_result *b)
{
	struct replay_pair pair;

	for (size_t i = 0; replay_pair(a, b, i, &pair); i++)
		if (pair.a != pair.b)
			return false;
	return true;
}
