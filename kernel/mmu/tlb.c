// SPDX-License-Identifier: Apache-2.0
// Fences and their batching. See mmu.h.
#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"

void tw_hw_sync_time(struct tw_kernel *k)
{
	struct tw_hw_counters c;

	if (tw_hw_get_counters(k->hw, &c) == 0)
		k->hw_seen = c.cycle;
}

static int fence(struct tw_kernel *k, const struct tw_fence *f)
{
	int err = tw_hw_fence(k->hw, f);

	tw_charge(k, TW_COST_FENCE, 1);
	tw_hw_sync_time(k);
	if (err)
		return tw_fail(k, -TW_EHARDWARE, "hardware: a fence failed: %s",
			       tw_hw_error(k->hw));
	return 0;
}

int tw_fence_all(struct tw_kernel *k)
{
	k->stats.fences_all++;
	return fence(k, &(struct tw_fence){.global = true});
}

int tw_fence_page(struct tw_kernel *k, struct tw_space *as, uint64_t va)
{
	if (!tw_asid_live(k, as))
		return 0;
	k->stats.fences_page++;
	return fence(k, &(struct tw_fence){
				.by_addr = true, .by_asid = true, .asid = as->asid, .va = va});
}

static int fence_mm(struct tw_kernel *k, struct tw_space *as)
{
	if (!tw_asid_live(k, as))
		return 0;
	k->stats.fences_asid++;
	return fence(k, &(struct tw_fence){.by_asid = true, .asid = as->asid});
}

void tw_gather_init(struct tw_gather *g, struct tw_kernel *k)
{
	g->k = k;
	g->pages = g->frames = 0;
	g->err = 0;
}

static void fence_pages(struct tw_gather *g)
{
	for (uint32_t i = 0; i < g->pages; i++) {
		struct tw_space *as = g->page[i].as;
		uint32_t n = 0;
		bool all = false;
		int err = 0;

		if (!as)
			continue;
		for (uint32_t j = i; j < g->pages; j++) {
			if (g->page[j].as != as)
				continue;
			n++;
			if (g->page[j].va == TW_GATHER_ALL)
				all = true;
		}
		all = all || n > g->k->opts.fence_all;
		if (all)
			err = fence_mm(g->k, as);
		for (uint32_t j = i; j < g->pages; j++) {
			if (g->page[j].as != as)
				continue;
			if (!all && !err)
				err = tw_fence_page(g->k, as, g->page[j].va);
			g->page[j].as = NULL;
		}
		if (err && !g->err)
			g->err = err;
	}
	g->pages = 0;
}

static void add_page(struct tw_gather *g, struct tw_space *as, uint64_t va)
{
	if (g->pages == TW_GATHER_PAGES)
		fence_pages(g);
	g->page[g->pages].as = as;
	g->page[g->pages++].va = va;
}

void tw_gather_page(struct tw_gather *g, struct tw_space *as, uint64_t va)
{
	add_page(g, as, va);
}

void tw_gather_all(struct tw_gather *g, struct tw_space *as)
{
	if (g->pages && g->page[g->pages - 1].as == as && g->page[g->pages - 1].va == TW_GATHER_ALL)
		return;
	add_page(g, as, TW_GATHER_ALL);
}

void tw_gather_frame(struct tw_gather *g, uint32_t f)
{
	if (g->frames == TW_GATHER_FRAMES)
		g->err = tw_gather_flush(g);
	g->frame[g->frames++] = f;
}

int tw_gather_flush(struct tw_gather *g)
{
	int err;

	fence_pages(g);
	for (uint32_t i = 0; i < g->frames; i++)
		tw_frame_put(g->k, g->frame[i]);
	g->frames = 0;
	err = g->err;
	g->err = 0;
	return err;
}
