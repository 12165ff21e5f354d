// SPDX-License-Identifier: Apache-2.0
// The final comparison of a replay: every page a process used, wherever the kernel keeps it; its
// list of regions; and, after a sync, the real files.
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

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
			struct replay_difference d = {
				.kind = "region", .has_address = true, .address = addr};

			b->status = replay_differs(p, &d,
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
	if (b.at != p->regions.n) {
		struct replay_difference d = {
			.kind = "region", .has_address = true, .address = p->regions.r[b.at].start};

		return replay_differs(p, &d, "region at 0x%" PRIx64 " is missing", d.address);
	}
	return TW_OK;
}

// A page that the process has must be mapped; that its bytes cannot be had is the host's failure.
static enum tw_status unreadable(struct replay_proc *p, uint64_t page, int err)
{
	struct replay_difference d = {
		.kind = "region", .has_address = true, .address = page << SHADOW_SHIFT};

	if (err != -EFAULT)
		return replay_fail(p, TW_SYSTEM, "at the end: page 0x%" PRIx64 ": %s", d.address,
				   strerror(-err));
	return replay_differs(p, &d, "at the end: page 0x%" PRIx64 " cannot be read: %s", d.address,
			      strerror(-err));
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

		if (replay_stopped(p->r))
			return replay_interrupted(p->r);
		if (err)
			return unreadable(p, page, err);
		p->r->result->pages_verified++;
		if (memcmp(got, want, SHADOW_PAGE) == 0)
			continue;
		while (got[i] == want[i])
			i++;
		return replay_byte_differs(p, (page << SHADOW_SHIFT) + i, got[i], want[i]);
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
		if (replay_stopped(p->r))
			return replay_interrupted(p->r);
		errno = EIO;
		if (pread(o->fd, got, n, (off_t)at) != (ssize_t)n)
			return replay_fail(p, TW_SYSTEM, "%s: page %" PRIu64 ": %s", o->name, index,
					   strerror(errno));
		if (memcmp(got, shadow_bytes(slot), n) != 0) {
			struct replay_difference d = {
				.kind = "file", .has_address = true, .address = at};

			return replay_differs(p, &d, "%s: page %" PRIu64 " differs after the sync",
					      o->name, index);
		}
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
