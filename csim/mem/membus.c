// SPDX-License-Identifier: Apache-2.0
// The memory bus model; see twinwalk/membus.h. All random decisions of a cycle are drawn at the
// edge before it, so that driving the pins is a pure read. Invariant: pending requests are kept in
// the order of their handshakes; `answer` is the one answered in the present cycle, or -1.
#include "membus_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "twinwalk/prng.h"

static uint64_t draw(struct tw_membus *b)
{
	return tw_random(&b->rng);
}

static bool chance(struct tw_membus *b, uint32_t permille)
{
	return permille && draw(b) % 1000 < permille;
}

int tw_membus_create(struct tw_pmem *pmem, const struct tw_membus_opts *opts,
		     struct tw_membus **bus)
{
	struct tw_membus *b;

	if (!opts->latency_min || opts->latency_max < opts->latency_min ||
	    opts->stall_permille > 999 || opts->error_permille > 1000)
		return -EINVAL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->pmem = pmem;
	b->opts = *opts;
	b->rng = opts->seed;
	b->ready = true;
	b->answer = -1;
	b->fixed = opts->latency_min == opts->latency_max && !opts->stall_permille;
	*bus = b;
	return 0;
}

void tw_membus_destroy(struct tw_membus *b)
{
	free(b);
}

void tw_membus_observe(struct tw_membus *b, tw_mem_observer fn, void *user)
{
	b->observer = fn;
	b->observer_user = user;
}

void tw_membus_drive(struct tw_membus *b, struct tw_mmu_in *in)
{
	in->mem_req_ready = b->ready;
	in->mem_resp_valid = b->answer >= 0;
	if (b->answer >= 0) {
		const struct tw_membus_request *r = &b->pending[b->answer];

		in->mem_resp_id = r->id;
		in->mem_resp_err = r->err;
		in->mem_resp_data = r->data;
	} else {
		in->mem_resp_id = 0;
		in->mem_resp_err = false;
		in->mem_resp_data = 0;
	}
}

void tw_mem_op_of(const struct tw_mmu_out *out, struct tw_mem_op *op)
{
	*op = (struct tw_mem_op){
		.addr = out->mem_req_addr,
		.expected = out->mem_req_expected,
		.desired = out->mem_req_desired,
		.lanes = out->mem_req_lanes,
		.id = out->mem_req_id,
		.cas = out->mem_req_cas,
	};
}

int tw_mem_serve(struct tw_pmem *pmem, const struct tw_mem_op *op, uint64_t *word)
{
	uint64_t old;
	int err = tw_pmem_read64(pmem, op->addr, word);

	if (err || !op->cas)
		return err;
	if (op->lanes == 3)
		return tw_pmem_cas64(pmem, op->addr, op->expected, op->desired, &old);
	return tw_pmem_cas(pmem, op->addr + (op->lanes == 2 ? 4 : 0), 4,
			   tw_lanes_of(op->expected, op->lanes),
			   tw_lanes_of(op->desired, op->lanes), &old);
}

void tw_mem_event_of(const struct tw_mem_op *op, uint64_t word, bool err, struct tw_mem_event *ev)
{
	*ev = (struct tw_mem_event){
		.addr = op->addr + (op->lanes == 2 ? 4 : 0),
		.bytes = op->lanes == 3 ? 8 : 4,
		.id = op->id,
		.data = err ? 0 : tw_lanes_of(word, op->lanes),
		.expected = op->cas ? tw_lanes_of(op->expected, op->lanes) : 0,
		.desired = op->cas ? tw_lanes_of(op->desired, op->lanes) : 0,
		.cas = op->cas,
		.err = err,
	};
}

uint64_t tw_membus_transact(struct tw_membus *b, const struct tw_mem_op *op, bool *err)
{
	uint64_t word = 0;

	*err = chance(b, b->opts.error_permille) || tw_mem_serve(b->pmem, op, &word) != 0;
	if (b->observer) {
		struct tw_mem_event ev;

		tw_mem_event_of(op, word, *err, &ev);
		ev.cycle = b->cycle;
		b->observer(b->observer_user, &ev);
	}
	return *err ? 0 : word;
}

static void remove_answered(struct tw_membus *b)
{
	b->count--;
	for (unsigned int i = (unsigned int)b->answer; i < b->count; i++)
		b->pending[i] = b->pending[i + 1];
	b->answer = -1;
}

// Decides what the bus does in the cycle that begins now.
static void next_cycle(struct tw_membus *b)
{
	unsigned int due = 0;

	b->ready = !chance(b, b->opts.stall_permille) && b->count < TW_MEMBUS_PENDING;
	if (b->fixed) {
		if (b->count && b->pending[0].due <= b->cycle)
			b->answer = 0;
		return;
	}
	// Any request whose time has come may be the one that is answered.
	for (unsigned int i = 0; i < b->count; i++)
		due += b->pending[i].due <= b->cycle;
	if (!due)
		return;
	due = (unsigned int)(draw(b) % due);
	for (unsigned int i = 0; i < b->count; i++) {
		if (b->pending[i].due > b->cycle)
			continue;
		if (!due--) {
			b->answer = (int)i;
			return;
		}
	}
}

void tw_membus_tick(struct tw_membus *b, const struct tw_mmu_out *out, const struct tw_mmu_in *in)
{
	if (b->answer >= 0)
		remove_answered(b);
	if (out->mem_req_valid && in->mem_req_ready) {
		struct tw_membus_request *r = &b->pending[b->count++];
		struct tw_mem_op op;
		uint32_t span = b->opts.latency_max - b->opts.latency_min;

		r->id = out->mem_req_id;
		r->due = b->cycle + b->opts.latency_min + (span ? draw(b) % (span + 1u) : 0);
		tw_mem_op_of(out, &op);
		r->data = tw_membus_transact(b, &op, &r->err);
	}
	b->cycle++;
	next_cycle(b);
}

void tw_membus_skip(struct tw_membus *b, uint64_t n)
{
	static const struct tw_mmu_out nothing;
	struct tw_mmu_in in;

	if (tw_membus_quiet(b) >= n) {
		b->cycle += n;
		next_cycle(b);
		return;
	}
	while (n--) {
		tw_membus_drive(b, &in);
		tw_membus_tick(b, &nothing, &in);
	}
}

unsigned int tw_membus_pending(const struct tw_membus *b)
{
	return b->count;
}

uint64_t tw_membus_quiet(const struct tw_membus *b)
{
	if (!b->fixed || b->answer >= 0)
		return 0;
	return b->count ? b->pending[0].due - b->cycle : UINT64_MAX;
}
