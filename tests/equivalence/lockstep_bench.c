// SPDX-License-Identifier: Apache-2.0
// See lockstep_bench.h.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>

#include "lockstep_bench.h"

const struct tw_config *lockstep_config(void)
{
	size_t i = 0;

	while (!(tw_config_named(i)->formats >> TW_FMT_SV39 & 1))
		i++;
	return tw_config_named(i);
}

void lockstep_saboteur(void *user, uint64_t cycle, struct tw_mmu_in *in)
{
	const struct lockstep_change *c = user;

	if (cycle == c->cycle)
		c->apply(in);
}

void lockstep_flip_va(struct tw_mmu_in *in)
{
	in->port[D].req.va ^= 1;
}

void lockstep_run_direct(struct tw_lockstep *ls, struct lockstep_change *c, unsigned int cycles)
{
	struct tw_mmu_in in = {0};

	tw_lockstep_sabotage(ls, lockstep_saboteur, c);
	in.port[F].resp_ready = in.port[D].resp_ready = true;
	in.port[F].req_valid = in.port[D].req_valid = true;
	for (unsigned int i = 0; i < cycles; i++) {
		in.port[F].req.va = 0x10000 + i;
		in.port[D].req.va = 0x20000 + 2 * i;
		in.port[D].req.access = TW_LOAD;
		if (i > c->cycle) {
			assert_int_equal(tw_lockstep_tick(ls, &in), -EIO);
			continue;
		}
		assert_int_equal(tw_lockstep_tick(ls, &in), i == c->cycle ? -EIO : 0);
	}
}
