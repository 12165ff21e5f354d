// SPDX-License-Identifier: Apache-2.0
// Which points the stimulus has to reach; see stim_coverage.h. What the contract rules out is left
// out here, and nowhere else.
#include "stim_coverage_internal.h"

static struct reg add_reg(struct tw_stim_coverage *c, const char *object, unsigned int rows,
			  unsigned int columns, const char *point, uint64_t want)
{
	return (struct reg){
		tw_cover_add(&c->cover, TW_COVER_ONE, object, rows, columns, point, want),
		tw_cover_add(&c->cover, TW_COVER_ZERO, object, rows, columns, point, want)};
}

// The same where some bits are always 1.
static struct reg add_partly_fixed(struct tw_stim_coverage *c, const char *object,
				   unsigned int rows, const char *point, uint64_t want,
				   uint64_t fixed)
{
	return (struct reg){
		tw_cover_add(&c->cover, TW_COVER_ONE, object, rows, 1, point, want),
		tw_cover_add(&c->cover, TW_COVER_ZERO, object, rows, 1, point, want & ~fixed)};
}

static unsigned int add_alone(struct tw_stim_coverage *c, const char *object, const char *point,
			      uint64_t want)
{
	return tw_cover_add(&c->cover, TW_COVER_ALONE, object, 1, 1, point, want);
}

static struct tag_compare add_compare(struct tw_stim_coverage *c, const char *object, uint64_t vpn)
{
	return (struct tag_compare){add_alone(c, object, "vpn", vpn),
				    add_alone(c, object, "asid", c->bounds.asid)};
}

// What an array compares, and the bits that its entries can have.
struct array_desc {
	const char *entry, *lookup, *insert, *kill, *fence, *pair;
	uint64_t vpn, ppn;
};

static void add_array(struct tw_stim_coverage *c, enum array a, const struct array_desc *d,
		      unsigned int rows, unsigned int columns)
{
	struct array_points *p = &c->array[a];

	p->vpn = add_reg(c, d->entry, rows, columns, "vpn", d->vpn);
	p->asid = add_reg(c, d->entry, rows, columns, "asid", c->bounds.asid);
	p->ppn = add_reg(c, d->entry, rows, columns, "ppn", d->ppn);
	p->lookup = add_compare(c, d->lookup, d->vpn);
	p->insert = add_compare(c, d->insert, d->vpn);
	p->kill = add_compare(c, d->kill, d->vpn);
	if (d->fence)
		p->fence = add_compare(c, d->fence, d->vpn);
	p->ppn_alone = add_alone(c, d->pair, "ppn", d->ppn);
	p->use = tw_cover_add(&c->cover, TW_COVER_EVENT, d->entry, rows, columns,
			      "written, evicted", 1u << USE_WRITTEN | 1u << USE_EVICTED);
}

#define TLB_DESC(name, entry, vpn, ppn)                                             \
	{                                                                           \
		entry, name " lookup", name " insert", name " kill", name " fence", \
			name ", two entries", vpn, ppn                              \
	}

static void add_arrays(struct tw_stim_coverage *c)
{
	const struct tw_config *cfg = &c->config;
	const struct tw_stim_bounds *b = &c->bounds;
	// The set is the low bits of the VPN.
	const uint64_t set = cfg->l2_sets ? cfg->l2_sets - 1u : 0;
	const struct array_desc desc[ARRAYS] = {
		[L1F] = TLB_DESC("l1f", "l1f entry #", b->vpn, b->ppn),
		[L1D] = TLB_DESC("l1d", "l1d entry #", b->vpn, b->ppn),
		[SP] = TLB_DESC("sp", "sp entry #", b->sp_vpn, b->sp_ppn),
		[L2] = TLB_DESC("l2", "l2 set # way #", b->vpn & ~set, b->page_ppn),
		[PWC] = {"pwc entry #", "pwc lookup", "pwc fill", "pwc kill", NULL,
			 "pwc, two entries", b->pwc_vpn, b->pwc_ppn},
	};
	const unsigned int rows[ARRAYS] = {cfg->l1_entries[0], cfg->l1_entries[1],
					   cfg->l2_sp_entries, cfg->pwc_entries, cfg->l2_sets};

	// What is not there has no points.
	for (enum array a = L1F; a < ARRAYS; a++)
		if (rows[a])
			add_array(c, a, &desc[a], rows[a], a == L2 ? cfg->l2_ways : 1);
}

static void add_port(struct tw_stim_coverage *c, unsigned int port)
{
	struct port_points *p = &c->port[port];
	unsigned int n = c->config.miss_entries;

#define NAME(text) (port == TW_PORT_FETCH ? "f " text : "d " text)
	p->miss_va = add_reg(c, NAME("miss #"), n, 1, "va", c->bounds.va);
	p->miss_id = add_reg(c, NAME("miss #"), n, 1, "id", TW_BITS(ID_W));
	// With one entry nothing is answered meanwhile, so that the response queue has room.
	if (n > 1)
		p->done_addr = add_reg(c, NAME("miss # done"), n, 1, "address", c->bounds.answer);
	p->fifo_addr = add_reg(c, NAME("response #"), RESP_QUEUE, 1, "address", TW_BITS(64));
	p->fifo_id = add_reg(c, NAME("response #"), RESP_QUEUE, 1, "id", TW_BITS(ID_W));
	if (n > 1)
		p->va_alone = add_alone(c, NAME("two misses"), "va", c->bounds.va_alone);
	p->fifo_alone = add_alone(c, NAME("two responses"), "address", c->bounds.answer_alone);
	p->miss_id_alone = add_alone(c, NAME("cancel of a miss"), "id", TW_BITS(ID_W));
	p->fifo_id_alone = add_alone(c, NAME("cancel of a response"), "id", TW_BITS(ID_W));
#undef NAME
}

static void add_walkers(struct tw_stim_coverage *c)
{
	const struct tw_stim_bounds *b = &c->bounds;
	unsigned int n = c->config.walkers;

	c->walk_vpn = add_reg(c, "walker #", n, 1, "vpn", b->vpn);
	c->walk_addr = add_reg(c, "walker #", n, 1, "address", b->walk);
	c->walk_expected =
		add_partly_fixed(c, "walker #", n, "expected", b->updated, b->always_before);
	c->walk_desired =
		add_partly_fixed(c, "walker #", n, "desired", b->updated, b->always_after);
	if (c->config.ports * c->config.miss_entries > 1)
		c->merge_alone = add_alone(c, "miss and walk", "vpn", b->vpn);
	if (n > 1)
		c->addr_alone = add_alone(c, "two walks", "address", b->walk);
	c->word_alone = add_alone(c, "compare-and-swap", "word", b->word);
	c->id_alone[0] = tw_cover_add(&c->cover, TW_COVER_ALONE, "answer while walker # waits", n,
				      1, "id", TW_BITS(ID_W));
	c->id_alone[1] = tw_cover_add(&c->cover, TW_COVER_ALONE, "answer while walker # swaps", n,
				      1, "id", TW_BITS(ID_W));
	c->unasked =
		tw_cover_add(&c->cover, TW_COVER_EVENT, "unasked answer to walker #", n, 1, "state",
			     1u << WALKER_IDLE | 1u << WALKER_REQ | 1u << WALKER_CAS_REQ);
	c->unallocated = tw_cover_add(&c->cover, TW_COVER_EVENT, "answer to no walker", 1, 1, "id",
				      TW_BITS(16) & ~TW_BITS(n));
}

static void add_counters(struct tw_stim_coverage *c)
{
	c->count = tw_cover_add(&c->cover, TW_COVER_EVENT, "counter #", TW_EVENTS, 1, "counted",
				TW_BITS(64));
	for (unsigned int i = 0; i < TW_EVENTS; i++)
		if (!(c->bounds.events >> i & 1))
			tw_cover_want(&c->cover, c->count, i, 0);
}

void tw_stim_coverage_add(struct tw_stim_coverage *c)
{
	const struct tw_stim_bounds *b = &c->bounds;

	tw_stim_bounds(&c->config, &c->bounds);
	c->root_ppn = add_reg(c, "root", 1, 1, "ppn", b->ppn);
	c->root_asid = add_reg(c, "root", 1, 1, "asid", b->asid);
	c->root_alone = add_alone(c, "two roots", "ppn", b->ppn);
	c->ctrl_data = add_reg(c, "control write", 1, 1, "data", TW_BITS(64));
	c->fence_vpn = add_reg(c, "fence", 1, 1, "vpn", b->vpn);
	c->fence_asid = add_reg(c, "fence", 1, 1, "asid", TW_BITS(c->config.asid_bits));
	add_arrays(c);
	for (unsigned int p = TW_PORTS - c->config.ports; p < TW_PORTS; p++)
		add_port(c, p);
	add_walkers(c);
	add_counters(c);
}
