// SPDX-License-Identifier: Apache-2.0
// The final comparison of a replay: every page a process used, wherever the kernel keeps it; its
// list of regions; and, after a sync, the real files.
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "replay_internal.h"

// Walks the trace's regions beside the kernel's: the same addresses with the same protection,
// however they are cut.
struct beside {
	struct replay_proc *p;
	size_t at;	   // region of the trace
	uint64_t position; // the next address of it
	enum tw_status status;
};

static int one_region(void *user, const struct tw_region *r)
{
	struct beside *b = user;
	struct replay_proc *p = b->p;

	for (uint64_t addr = r->start; addr < r->end;) {
		const struct tw_trace_region *t =
			b->at < p->regions.n ? &p->regions.r[b->at] : NULL;

		if (t && b->position < t->start)
			b->position = t->start;
		if (!t || b->position != addr || t->prot != r->prot) {
			b->status = replay_fail(p, TW_DIFFERENCE,
						"region 0x%" PRIx64 "-0x%" PRIx64
						" protection %u: the trace has %s at 0x%" PRIx64,
						r->start, r->end, r->prot,
						t && b->position == addr ? "another protection"
									 : "another border",
						t ? b->position : addr);
			return 1;
		}
		addr = t->end < r->end ? t->end : r->end;
		b->position = addr;
		if (addr == t->end)
			b->at++;
	}
	return 0;
}

static enum tw_status verify_regions(struct replay_proc *p)
{
	struct beside b = {.p = p};

	if (tw_proc_regions(p->proc, one_region, &b) != 0)
		return b.status;
	if (b.at != p->regions.n)
		return replay_fail(p, TW_DIFFERENCE, "region at 0x%" PRIx64 " is missing",
				   p->regions.r[b.at].start);
	return TW_OK;
}

enum tw_status replay_verify_proc(struct replay_proc *p)
{
	uint64_t page = 0;
	uint8_t got[SHADOW_PAGE];
	uintptr_t slot;

	for (; (slot = shadow_next(&p->shadow.pages, &page, SHADOW_PAGES)); page++) {
		const uint8_t *want = shadow_bytes(slot);
		int err = tw_proc_peek(p->proc, page << SHADOW_SHIFT, got, SHADOW_PAGE);
		size_t i = 0;

		if (err)
			return replay_fail(p, TW_DIFFERENCE,
					   "at the end: page 0x%" PRIx64 " cannot be read: %s",
					   page << SHADOW_SHIFT, strerror(-err));
		p->r->result->pages_verified++;
		if (memcmp(got, want, SHADOW_PAGE) == 0)
			continue;
		while (got[i] == want[i])
			i++;
		return replay_fail(p, TW_DIFFERENCE,
				   "at the end: byte 0x%" PRIx64 " is %02x, expected %02x",
				   (page << SHADOW_SHIFT) + i, got[i], want[i]);
	}
	return verify_regions(p);
}

static enum tw_status verify_file(struct replay_proc *p, const struct replay_object *o)
{
	uint8_t got[SHADOW_PAGE];
	uint64_t index = 0;
	uintptr_t slot;

	for (; (slot = shadow_next(&o->shadow.pages, &index, SHADOW_PAGES)); index++) {
		uint64_t at = index << SHADOW_SHIFT,
			 n = at < o->shadow.size ? o->shadow.size - at : 0;

		n = n < SHADOW_PAGE ? n : SHADOW_PAGE;
		if (pread(o->fd, got, n, (off_t)at) != (ssize_t)n)
			return replay_fail(p, TW_DIFFERENCE, "%s: page %" PRIu64 " cannot be read",
					   o->path, index);
		if (memcmp(got, shadow_bytes(slot), n) != 0)
			return replay_fail(p, TW_DIFFERENCE,
					   "%s: page %" PRIu64 " differs after the sync", o->path,
					   index);
		p->r->result->file_pages_verified++;
	}
	return TW_OK;
}

enum tw_status replay_verify_files(struct replay_proc *p)
{
	enum tw_status status = TW_OK;

	for (uint32_t i = 0; i < p->n_files && status == TW_OK; i++)
		status = verify_file(p, p->objects[i]);
	return status;
}
