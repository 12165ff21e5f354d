// SPDX-License-Identifier: Apache-2.0
// Reclaim. See reclaim.h. A batch goes through these steps, each for all its frames: choose, give
// slots, unmap, fence, write, forget. A frame that cannot be written stays in memory, findable
// through the swap cache or the page cache.
#include "reclaim/reclaim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache.h"
#include "kern.h"
#include "mmu/mmu.h"
#include "phys/lru.h"
#include "phys/phys.h"
#include "reclaim/policy.h"
#include "swap/swap.h"

struct tw_reclaim {
	uint32_t min, low, high;
	uint64_t batches; // so far
	// Of the last batch: frames that were tried, and the error of a device.
	uint32_t chosen;
	int io_err;
};

static const struct tw_policy *const policies[] = {&tw_policy_clock, &tw_policy_fifo};

const char *tw_policy_name(size_t i)
{
	return i < sizeof(policies) / sizeof(policies[0]) ? policies[i]->name : NULL;
}

const struct tw_policy *tw_policy_find(const char *name)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (strcmp(policies[i]->name, name) == 0)
			return policies[i];
	return NULL;
}

static int set_marks(struct tw_kernel *k, char *err, size_t errlen)
{
	struct tw_reclaim *r = k->reclaim;
	const uint32_t *mark = k->opts.watermark;

	// 1/128 of memory as the reserve, and as the daemon's batch.
	r->min = k->frames_total / 128 ? k->frames_total / 128 : 1;
	r->low = 2 * r->min;
	r->high = 3 * r->min;
	if (mark[0] || mark[1] || mark[2]) {
		r->min = mark[0];
		r->low = mark[1];
		r->high = mark[2];
	}
	if (r->min <= r->low && r->low <= r->high && r->high <= k->frames_total / 2)
		return 0;
	snprintf(err, errlen, "watermarks: expected min <= low <= high <= %u frames",
		 k->frames_total / 2);
	return -EINVAL;
}

int tw_reclaim_create(struct tw_kernel *k, char *err, size_t errlen)
{
	const char *name = k->opts.policy ? k->opts.policy : "clock";
	const struct tw_policy *policy = tw_policy_find(name);
	int e;

	k->reclaim = calloc(1, sizeof(*k->reclaim));
	if (!k->reclaim)
		return -ENOMEM;
	e = set_marks(k, err, errlen);
	if (e)
		return e;
	if (!policy) {
		snprintf(err, errlen, "no replacement policy is called \"%s\"", name);
		return -EINVAL;
	}
	return tw_lru_create(k, policy);
}

void tw_reclaim_destroy(struct tw_kernel *k)
{
	tw_lru_destroy(k);
	free(k->reclaim);
	k->reclaim = NULL;
}

uint64_t tw_reclaim_batches(const struct tw_kernel *k)
{
	return k->reclaim->batches;
}

void tw_reclaim_marks(const struct tw_kernel *k, uint32_t mark[3])
{
	mark[0] = k->reclaim->min;
	mark[1] = k->reclaim->low;
	mark[2] = k->reclaim->high;
}

// --- One batch -------------------------------------------------------------------------

// Frames of the batch, isolated from the policy's list, each with one reference of ours.
struct batch {
	struct tw_kernel *k;
	struct tw_gather g;
	bool wait;
	unsigned int n;
	uint32_t f[TW_RECLAIM_BATCH];
	uint32_t slot[TW_RECLAIM_BATCH]; // held; 0: a file page
	bool write[TW_RECLAIM_BATCH];
	bool keep[TW_RECLAIM_BATCH]; // stays in memory
};

static bool pinned(const struct tw_kernel *k, uint32_t f)
{
	const struct tw_frame *fr = &k->frames[f];

	return fr->refcount != fr->mapcount + (fr->object ? 1 : 0) + (fr->slot ? 1 : 0);
}

// Takes up to WANT frames off the policy's list. Every frame is looked at before it takes fewer.
static void choose(struct batch *b, uint32_t want)
{
	struct tw_kernel *k = b->k;
	struct tw_lru *l = k->lru;
	uint32_t slots = tw_swap_available(k);
	struct tw_ring passed;

	tw_ring_init(&passed, k);
	// No more than slots allow, so that they are not passed over at once again.
	if (slots > l->needy)
		tw_lru_unpark(k, &l->waiting, slots - l->needy);
	while (b->n < want) {
		const struct tw_frame *fr;
		uint32_t f;
		bool spare;

		if (l->policy->count(l->state) == 0)
			tw_lru_unpark(k, &l->waiting, slots);
		f = l->policy->select(l->state, &b->g);
		if (f == TW_NO_FRAME)
			break;
		fr = &k->frames[f];
		tw_lru_forget(k, f);
		// A spare slot is no longer available once its own frame needs it.
		spare = fr->slot && tw_swap_refs(k, fr->slot) == 0;
		if (pinned(k, f) || (spare && slots == 0)) {
			tw_ring_insert(&passed, f);
		} else if (tw_lru_needs_slot(fr) && slots == 0) {
			tw_lru_park(k, &l->waiting, f);
		} else {
			slots -= spare || tw_lru_needs_slot(fr);
			tw_frame_get(k, f);
			b->f[b->n++] = f;
		}
	}
	while (passed.count > 0) {
		uint32_t f = passed.hand;

		tw_ring_remove(&passed, f);
		tw_lru_insert(k, f);
	}
	k->reclaim->chosen = b->n;
}

// Frames without a slot get one; the others' are held so that they cannot be given up meanwhile.
static void give_slots(struct batch *b)
{
	struct tw_kernel *k = b->k;
	uint32_t slot[TW_RECLAIM_BATCH], need = 0, got, used = 0;

	for (unsigned int i = 0; i < b->n; i++) {
		const struct tw_frame *fr = &k->frames[b->f[i]];

		if (fr->slot) {
			b->slot[i] = fr->slot;
			tw_swap_hold(k, fr->slot);
		} else if (tw_lru_needs_slot(fr)) {
			need++;
		}
	}
	// The choice counted the slots: there is one for each.
	got = tw_swap_alloc(k, need, slot);
	assert(got == need);
	for (unsigned int i = 0; i < b->n; i++) {
		const struct tw_frame *fr = &k->frames[b->f[i]];

		if (!tw_lru_needs_slot(fr) || used == got)
			continue;
		b->slot[i] = slot[used++];
		if (fr->state == TW_FRAME_ANON)
			tw_swap_cache_add(k, b->f[i], b->slot[i]);
	}
}

static void unmap(struct batch *b)
{
	struct tw_kernel *k = b->k;

	for (unsigned int i = 0; i < b->n; i++) {
		struct tw_frame *fr = &k->frames[b->f[i]];
		bool anon = fr->state == TW_FRAME_ANON;

		if (tw_rmap_unmap(k, b->f[i], anon ? b->slot[i] : 0, &b->g))
			fr->flags |= TW_FRAME_DIRTY;
		b->write[i] = fr->flags & TW_FRAME_DIRTY;
	}
}

static void write_swap(struct batch *b)
{
	struct tw_kernel *k = b->k;
	uint32_t f[TW_RECLAIM_BATCH], slot[TW_RECLAIM_BATCH];
	unsigned int at[TW_RECLAIM_BATCH], n = 0;
	int err[TW_RECLAIM_BATCH], e;

	for (unsigned int i = 0; i < b->n; i++) {
		if (!b->write[i] || k->frames[b->f[i]].state == TW_FRAME_FILE)
			continue;
		f[n] = b->f[i];
		slot[n] = b->slot[i];
		at[n++] = i;
	}
	e = tw_swap_write(k, f, slot, n, b->wait, err);
	if (e)
		k->reclaim->io_err = e;
	for (unsigned int j = 0; j < n; j++) {
		if (err[j])
			b->keep[at[j]] = true;
		else if (k->frames[f[j]].state == TW_FRAME_ANON)
			k->frames[f[j]].flags &= (uint8_t)~TW_FRAME_DIRTY;
	}
}

static void write_files(struct batch *b)
{
	struct tw_kernel *k = b->k;

	for (unsigned int i = 0, run; i < b->n; i += run) {
		const struct tw_frame *first = &k->frames[b->f[i]];
		int err;

		run = 1;
		if (!b->write[i] || first->state != TW_FRAME_FILE)
			continue;
		for (; i + run < b->n && b->write[i + run]; run++) {
			const struct tw_frame *fr = &k->frames[b->f[i + run]];

			if (fr->state != TW_FRAME_FILE || fr->object != first->object ||
			    fr->index != first->index + run)
				break;
		}
		err = tw_object_write(k, &b->f[i], run, b->wait);
		if (!err)
			continue;
		k->reclaim->io_err = err;
		for (unsigned int j = i; j < i + run; j++)
			b->keep[j] = true;
	}
}

// Takes frames that nobody needs in memory out of their cache. Returns how many were freed.
static uint32_t forget(struct batch *b)
{
	struct tw_kernel *k = b->k;
	uint32_t freed = 0, wrote = 0;

	for (unsigned int i = 0; i < b->n; i++) {
		uint32_t f = b->f[i];
		struct tw_frame *fr = &k->frames[f];
		struct tw_object *o = fr->object;

		if (!b->keep[i] && o) {
			tw_object_drop_page(k, f, b->slot[i]);
			if (b->slot[i])
				tw_swap_dup(k, b->slot[i]);
			if (o->file)
				tw_object_reap(k, o);
		} else if (!b->keep[i]) {
			tw_swap_cache_del(k, f);
		} else {
			tw_lru_park(k, &k->lru->failed, f);
		}
		if (!b->keep[i]) {
			freed++;
			wrote += b->write[i];
			k->stats.reclaimed_file += fr->state == TW_FRAME_FILE;
			k->stats.reclaimed_anon += fr->state != TW_FRAME_FILE;
		}
		if (b->slot[i])
			tw_swap_put(k, b->slot[i]);
		tw_frame_put(k, f);
	}
	// Devices work: for each page that got through, a batch may try again.
	tw_lru_unpark(k, &k->lru->failed, wrote * TW_RECLAIM_BATCH);
	return freed;
}

uint32_t tw_reclaim_batch(struct tw_kernel *k, uint32_t n, bool wait)
{
	struct batch b = {.k = k, .wait = wait};
	int err;

	tw_gather_init(&b.g, k);
	k->reclaim->io_err = 0;
	k->reclaim->batches++;
	choose(&b, n < TW_RECLAIM_BATCH ? n : TW_RECLAIM_BATCH);
	give_slots(&b);
	unmap(&b);
	err = tw_gather_flush(&b.g);
	if (err) {
		// The hardware has failed: nothing may be written or reused on its word.
		k->reclaim->io_err = err;
		memset(b.write, 0, sizeof(b.write));
		memset(b.keep, true, sizeof(b.keep));
	}
	write_swap(&b);
	write_files(&b);
	return forget(&b);
}

// --- When ------------------------------------------------------------------------------

static int shortage(struct tw_kernel *k, uint32_t n)
{
	const struct tw_reclaim *r = k->reclaim;
	struct tw_swap_count swap = tw_swap_count(k);

	k->shortage = true;
	return tw_fail(k, -ENOMEM,
		       "out of memory: %u frame%s needed, %u of %u free with a reserve of %u, %u "
		       "of %u swap slots in use, nothing can be reclaimed",
		       n, n == 1 ? "" : "s", tw_zones_free(k), k->frames_total, r->min, swap.used,
		       swap.slots);
}

int tw_reclaim_reserve(struct tw_kernel *k, uint32_t n)
{
	struct tw_reclaim *r = k->reclaim;
	uint64_t need = (uint64_t)n + r->min;
	bool retry = k->lru->failed.count > 0;
	int err = 0;

	k->shortage = false;
	if (n == 0)
		return 0;
	while (tw_zones_free(k) < need) {
		uint32_t want = (uint32_t)(need - tw_zones_free(k));
		uint32_t freed = tw_reclaim_batch(k, want, true);

		k->stats.reclaim_direct += freed;
		if (r->io_err)
			err = r->io_err;
		if (err == -TW_EHARDWARE)
			return err;
		// What could not be written is out of the way: the next batch tries others.
		if (r->chosen > 0)
			continue;
		if (!retry)
			return err ? err : shortage(k, n);
		retry = false;
		tw_lru_unpark(k, &k->lru->failed, TW_RECLAIM_BATCH);
	}
	if (tw_zones_free(k) - n < r->low)
		k->daemon_awake = true;
	return 0;
}

void tw_reclaim_daemon(struct tw_kernel *k)
{
	struct tw_reclaim *r = k->reclaim;
	uint64_t before = k->stats.background_cycles;
	uint32_t free, freed;

	if (!tw_daemon_due(k))
		return;
	free = tw_zones_free(k);
	if (free >= r->high) {
		k->daemon_awake = false;
		return;
	}
	k->cpu = &k->stats.background_cycles;
	freed = tw_reclaim_batch(k, r->high - free, false);
	k->cpu = &k->stats.kernel_cycles;
	k->stats.reclaim_background += freed;
	k->daemon_at = tw_now(k) + (k->stats.background_cycles - before);
	// Without success it waits to be woken again.
	if (freed == 0)
		k->daemon_awake = false;
}
