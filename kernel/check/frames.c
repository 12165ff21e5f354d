// SPDX-License-Identifier: Apache-2.0
// The second half of the checker: the frame database, the zones, the policy's list and the swap map
// against what was counted.
#include "check/check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "mmu/rmap.h"
#include "phys/lru.h"
#include "phys/phys.h"
#include "phys/zone.h"
#include "reclaim/reclaim.h"
#include "swap/map.h"

static int check_rmap(struct tw_check *c, uint32_t f)
{
	struct tw_kernel *k = c->k;
	uint32_t n = 0;

	for (uint32_t at = k->frames[f].rmap; at != TW_NO_RMAP; at = tw_rmap_next(k, at), n++) {
		uint32_t number = at >> k->fmt->vpn_shift[1];
		const struct tw_cell *ptep;
		struct tw_entry e;
		struct tw_space *as;
		uint64_t va;

		if (number >= k->rmap->numbers || !k->rmap->table[number] || n > k->rmap->used)
			return tw_broken(c, "frame %u: mapping in no table", f);
		ptep = tw_rmap_entry(k, at, &as, &va);
		if (ptep != tw_pt_find(as, va))
			return tw_broken(c, "frame %u: mapping %llx has another entry", f,
					 (unsigned long long)va);
		e = tw_pt_read(as, ptep);
		if ((e.kind != TW_ENTRY_LEAF && e.kind != TW_ENTRY_NONE) ||
		    tw_pfn_frame(k, e.pfn) != f)
			return tw_broken(c, "frame %u: mapping %llx leads elsewhere", f,
					 (unsigned long long)va);
	}
	return n == c->mapped[f]
		       ? 0
		       : tw_broken(c, "frame %u: %u mappings, %u entries", f, n, c->mapped[f]);
}

static int check_frame(struct tw_check *c, uint32_t f)
{
	const struct tw_frame *fr = &c->k->frames[f];
	bool listed = fr->flags & TW_FRAME_LISTED;

	switch (fr->state) {
	case TW_FRAME_FREE:
		return fr->refcount || fr->mapcount || fr->flags || fr->slot || fr->object
			       ? tw_broken(c, "frame %u: free and in use", f)
			       : 0;
	case TW_FRAME_TABLE:
		return fr->mapcount != c->entries[f] || fr->refcount != 1 || listed
			       ? tw_broken(c, "frame %u: table with %u entries counts %u", f,
					   c->entries[f], fr->mapcount)
			       : 0;
	case TW_FRAME_RESERVED:
		return f != c->k->zero_frame || fr->refcount != 1 || listed
			       ? tw_broken(c, "frame %u: wrongly reserved", f)
			       : 0;
	case TW_FRAME_ANON:
		if (fr->object || (fr->mapcount == 0 && !fr->slot))
			return tw_broken(c, "frame %u: anonymous and lost", f);
		break;
	case TW_FRAME_SHMEM:
	case TW_FRAME_FILE:
		if (!fr->object || !c->cached[f] || fr->slot)
			return tw_broken(c, "frame %u: page of no object", f);
		break;
	default:
		return tw_broken(c, "frame %u: state %u", f, fr->state);
	}
	if (fr->state != TW_FRAME_FILE && !fr->slot && !(fr->flags & TW_FRAME_DIRTY))
		return tw_broken(c, "frame %u: the only copy, and not dirty", f);
	if (!listed)
		return tw_broken(c, "frame %u: cannot be reclaimed", f);
	if (fr->mapcount != c->mapped[f])
		return tw_broken(c, "frame %u: mapcount %u, %u entries", f, fr->mapcount,
				 c->mapped[f]);
	if (fr->refcount != fr->mapcount + (fr->object != NULL) + (fr->slot != 0))
		return tw_broken(c, "frame %u: refcount %u", f, fr->refcount);
	return check_rmap(c, f);
}

int tw_check_frames(struct tw_check *c)
{
	uint32_t records = 0;

	for (uint32_t f = 0; f < c->k->frames_total; f++) {
		int err = f % 1024 == 0 && tw_stopped(c->k) ? -EINTR : check_frame(c, f);

		if (err)
			return err;
		if (c->k->frames[f].state != TW_FRAME_TABLE)
			records += c->k->frames[f].mapcount;
	}
	if (c->last_level != c->k->rmap->numbers - c->k->rmap->frees)
		return tw_broken(c, "%u last-level tables, %u with reverse mappings", c->last_level,
				 c->k->rmap->numbers - c->k->rmap->frees);
	if (records != c->k->rmap->used)
		return tw_broken(c, "%u reverse mappings, %u in use", records, c->k->rmap->used);
	for (size_t i = 0; i < TW_PAGE_BYTES; i++)
		if (tw_frame_host(c->k, c->k->zero_frame)[i])
			return tw_broken(c, "the zero page is not zero");
	return 0;
}

int tw_check_zones(struct tw_check *c)
{
	struct tw_kernel *k = c->k;
	uint32_t free_frames = 0, free_blocks = 0, mark[3];

	for (uint32_t f = 0; f < k->frames_total; f++)
		free_frames += k->frames[f].state == TW_FRAME_FREE;
	for (unsigned int i = 0; i < TW_ZONES; i++) {
		const struct tw_zone *z = &k->zones[i];
		uint32_t in_zone = 0;

		for (unsigned int o = 0; z->frames && o < TW_ORDERS; o++) {
			uint32_t n = 0;

			for (uint32_t f = z->head[o]; f != TW_NO_FRAME;
			     f = k->frames[f].next, n++) {
				uint64_t buddy =
					(tw_frame_pfn(k, f) ^ (UINT64_C(1) << o)) - k->base_pfn;

				if (n > z->blocks[o] || k->frames[f].order != o ||
				    k->frames[f].zone != i ||
				    (tw_frame_pfn(k, f) & ((1u << o) - 1)))
					return tw_broken(c, "zone %u: bad block of order %u", i, o);
				if (o + 1 < TW_ORDERS && buddy - z->first < z->frames &&
				    k->frames[buddy].state == TW_FRAME_FREE &&
				    k->frames[buddy].order == o)
					return tw_broken(
						c, "zone %u: buddies of order %u not joined", i, o);
				for (uint32_t j = 0; j < 1u << o; j++)
					if (k->frames[f + j].state != TW_FRAME_FREE)
						return tw_broken(c, "frame %u: in a free block",
								 f + j);
			}
			if (n != z->blocks[o])
				return tw_broken(c, "zone %u: wrong count of blocks", i);
			in_zone += n << o;
		}
		if (in_zone != z->free)
			return tw_broken(c, "zone %u: %u free, %u in blocks", i, z->free, in_zone);
		free_blocks += in_zone;
	}
	if (free_frames != free_blocks)
		return tw_broken(c, "%u frames are free, %u in blocks", free_frames, free_blocks);
	// Whoever allocates has reserved it.
	tw_reclaim_marks(k, mark);
	return free_frames < mark[0] ? tw_broken(c, "%u frames are free, %u are the reserve",
						 free_frames, mark[0])
				     : 0;
}

// One list of reclaim: each of its frames bears FLAG, and no other frame does. *needy: those that
// cannot go without a new swap slot.
static int check_list(struct tw_check *c, const char *name, unsigned int flag, const void *state,
		      uint32_t count, uint32_t (*next)(const void *state, uint32_t f),
		      uint32_t *needy)
{
	struct tw_kernel *k = c->k;
	uint32_t on_list = 0, marked = 0;

	*needy = 0;
	for (uint32_t f = next(state, TW_NO_FRAME); f != TW_NO_FRAME; f = next(state, f)) {
		if ((k->frames[f].flags & TW_FRAME_LISTED) != flag || ++on_list > k->frames_total)
			return tw_broken(c, "%s: frame %u is not its own", name, f);
		*needy += k->frames[f].state != TW_FRAME_FILE && !k->frames[f].slot;
	}
	for (uint32_t f = 0; f < k->frames_total; f++)
		marked += (k->frames[f].flags & flag) != 0;
	if (on_list != marked || on_list != count)
		return tw_broken(c, "%s: %u frames on its list, %u marked, counts %u", name,
				 on_list, marked, count);
	return 0;
}

int tw_check_policy(struct tw_check *c)
{
	const struct tw_lru *l = c->k->lru;
	uint32_t needy;
	int err = check_list(c, "failed", TW_FRAME_FAILED, &l->failed, l->failed.count,
			     tw_ring_next, &needy);

	if (!err)
		err = check_list(c, "waiting", TW_FRAME_WAITING, &l->waiting, l->waiting.count,
				 tw_ring_next, &needy);
	if (!err && needy != l->waiting.count)
		err = tw_broken(c, "waiting: %u frames, %u of them for a slot", l->waiting.count,
				needy);
	if (!err)
		err = check_list(c, "policy", TW_FRAME_LRU, l->state, l->policy->count(l->state),
				 l->policy->next, &needy);
	if (!err && needy != l->needy)
		err = tw_broken(c, "policy: %u frames need a slot, counts %u", needy, l->needy);
	return err;
}

static int compare_slot(struct tw_check *c, uint32_t slot)
{
	struct tw_kernel *k = c->k;
	uint8_t page[TW_PAGE_BYTES];
	uint32_t f = k->swap->frame[slot];

	if (k->frames[f].slot != slot || k->frames[f].state != TW_FRAME_ANON)
		return tw_broken(c, "slot %u: cached frame %u does not know it", slot, f);
	if (!c->deep || (k->frames[f].flags & TW_FRAME_DIRTY) || tw_rmap_dirty(k, f))
		return 0;
	if (pread(k->swap->blk.fd, page, sizeof(page), (off_t)slot << TW_PAGE_SHIFT_4K) !=
		    (ssize_t)sizeof(page) ||
	    memcmp(page, tw_frame_host(k, f), sizeof(page)) != 0)
		return tw_broken(c, "slot %u: differs from clean frame %u", slot, f);
	return 0;
}

int tw_check_swap(struct tw_check *c)
{
	const struct tw_swap *s = c->k->swap;
	uint32_t used = 0, cached = 0, spare = 0;

	for (uint32_t slot = 1; slot < s->slots; slot++) {
		bool has_frame = s->frame[slot] != TW_NO_FRAME;

		if (slot % 1024 == 0 && tw_stopped(c->k))
			return -EINTR;
		if (s->refs[slot] != c->refs[slot])
			return tw_broken(c, "slot %u: %u references, %u found", slot, s->refs[slot],
					 c->refs[slot]);
		used += s->refs[slot] || has_frame;
		cached += has_frame;
		spare += has_frame && s->refs[slot] == 0;
		if (has_frame && compare_slot(c, slot))
			return -EUCLEAN;
	}
	if (used != s->used || cached != s->cached || spare != s->spare)
		return tw_broken(c,
				 "swap: %u slots used, counts %u; %u cached, counts %u; %u spare, "
				 "counts %u",
				 used, s->used, cached, s->cached, spare, s->spare);
	return 0;
}
