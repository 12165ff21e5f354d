// SPDX-License-Identifier: Apache-2.0
// See stim_probe.h: carries out the plans that stim_probe_plan.c makes, on the pins.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stim_probe_internal.h"
#include "twinwalk/arch.h"

static void present_request(const struct tw_stim_probe_op *op, struct tw_prng *r,
			    struct tw_mmu_in *in)
{
	in->port[op->port].req_valid = true;
	in->port[op->port].req_id = (uint8_t)tw_prng_bits(r, 4);
	in->port[op->port].req = (struct tw_req){
		.va = op->addr, .access = op->access, .priv = TW_PRIV_S, .sum = true};
}

static void present_fence(const struct tw_fence *f, struct tw_mmu_in *in)
{
	in->fence_valid = true;
	in->fence_by_addr = f->by_addr;
	in->fence_by_asid = f->by_asid;
	in->fence_global = f->global;
	in->fence_asid = f->asid;
	in->fence_va = f->va;
}

// Does what the operation does in this cycle. True: it ends here; *cycle: and has taken the cycle.
static bool carry_out(struct tw_stim_probe *p, struct tw_stim_probe_op *op,
		      const struct tw_mmu_out *out, struct tw_mmu_in *in, bool *cycle)
{
	*cycle = true;
	switch ((enum op_kind)op->kind) {
	case OP_CTRL:
		in->ctrl_valid = true;
		in->ctrl_addr = (uint8_t)op->addr;
		in->ctrl_data = op->data;
		return out->ctrl_ready;
	case OP_EDIT:
		tw_stim_tables_write(p->tables, op->addr, op->bytes, op->data);
		*cycle = false;
		return true;
	case OP_FENCE:
		present_fence(&op->fence, in);
		if (!out->fence_ready)
			return false;
		p->fence_open = true;
		p->since = 0;
		p->measured = (op->fence.by_addr ? 1u : 0u) | (op->fence.by_asid ? 2u : 0u);
		return true;
	case OP_DONE:
		*cycle = p->fence_open;
		return !p->fence_open;
	case OP_REQUEST:
		present_request(op, p->rng, in);
		return out->port[op->port].req_ready;
	case OP_READ:
		return (out->mem_req_valid && in->mem_req_ready &&
			out->mem_req_addr == (op->addr & ~UINT64_C(7))) ||
		       !op->cycles--;
	case OP_DELAY:
		*cycle = op->cycles != 0;
		return !op->cycles--;
	case OP_IDLE:
		*cycle = !out->idle;
		return out->idle;
	}
	return true;
}

static void add_pages_of(struct tw_stim_probe *p, const struct tw_format_desc *f)
{
	for (uint8_t level = 0; level < f->levels; level++) {
		struct tw_entry_layout l;

		if (!(f->leaf_levels >> level & 1))
			continue;
		tw_entry_layout(f, level, true, &l);
		p->page[p->pages].format = f;
		p->page[p->pages++].level = level;
		if (!l.group)
			continue;
		p->page[p->pages] = p->page[p->pages - 1];
		p->page[p->pages++].group = true;
	}
}

int tw_stim_probe_init(struct tw_stim_probe *p, const struct tw_config *config,
		       struct tw_stim_tables *tables)
{
	memset(p, 0, sizeof(*p));
	p->tables = tables;
	p->config = *config;
	p->rng = tables->rng;
	for (unsigned int i = 0; i < 32; i++)
		if (config->formats >> i & 1)
			add_pages_of(p, tw_format_get((enum tw_format)i));
	p->combinations = p->pages * TW_STIM_PROBES_OF_PAGE;
	// Far apart, and all of them in turn.
	p->stride = p->combinations % 61 ? 61 : 59;
	p->done = calloc(p->combinations, sizeof(*p->done));
	if (!p->done)
		return -ENOMEM;
	p->next = tw_prng_below(p->rng, p->combinations);
	return 0;
}

void tw_stim_probe_exit(struct tw_stim_probe *p)
{
	free(p->done);
}

void tw_stim_probe_restart(struct tw_stim_probe *p)
{
	p->ops = p->at = 0;
	p->fence_open = false;
}

void tw_stim_probe_drive(struct tw_stim_probe *p, const struct tw_mmu_out *out,
			 struct tw_mmu_in *in)
{
	bool cycle = false;

	for (unsigned int port = 0; port < TW_PORTS; port++) {
		in->port[port].req_valid = in->port[port].cancel_valid = false;
		in->port[port].resp_ready = tw_prng_chance(p->rng, 1000);
	}
	in->fence_valid = in->ctrl_valid = false;
	p->since++;
	if (p->fence_open && out->fence_done) {
		p->fence_open = false;
		p->duration[p->measured] = p->since;
	}
	if (p->at == p->ops)
		tw_stim_probe_plan(p);
	while (!cycle && carry_out(p, &p->op[p->at], out, in, &cycle)) {
		cycle &= !(p->at + 1 < p->ops && p->op[p->at + 1].join);
		if (++p->at < p->ops)
			continue;
		p->done[p->next]++;
		p->next = (p->next + p->stride) % p->combinations;
		return;
	}
}
