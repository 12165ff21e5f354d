// SPDX-License-Identifier: Apache-2.0
// Accesses of a replay: through the kernel and the MMU to simulated memory, compared with the
// shadow. Every store writes a value that depends on the event's number and the address, so that a
// store that is lost, repeated or misplaced shows.
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "internal.h"

static const uint8_t access_of[] = {
	[TW_TRACE_FETCH] = TW_FETCH, [TW_TRACE_LOAD] = TW_LOAD,	   [TW_TRACE_STORE] = TW_STORE,
	[TW_TRACE_RMW] = TW_RMW,     [TW_TRACE_COPY_IN] = TW_LOAD, [TW_TRACE_COPY_OUT] = TW_STORE,
};

static inline void put_value(uint8_t *to, size_t len, uint64_t event, uint64_t addr)
{
	uint64_t v = (event * UINT64_C(0x9e3779b97f4a7c15) ^ addr) * UINT64_C(0xbf58476d1ce4e5b9);

	v ^= v >> 29;
	for (; len > 8; len -= 8, to += 8, v += UINT64_C(0x94d049bb133111eb))
		memcpy(to, &v, 8);
	memcpy(to, &v, len);
}

static enum tw_status not_mapped(struct replay_proc *p, uint64_t va)
{
	return replay_fail(p, TW_INTERNAL,
			   "%s at 0x%" PRIx64 " succeeded, though the trace maps nothing there",
			   tw_trace_kind_name(p->event.kind), va);
}

static uint8_t *shadow_slow(struct replay_proc *p, uint64_t va, bool write, enum tw_status *status)
{
	struct replay_object *o;
	uint64_t index;
	bool shared;
	uint8_t *bytes;

	if (!replay_lookup(p, va >> SHADOW_SHIFT, &o, &index, &shared)) {
		*status = not_mapped(p, va);
		return NULL;
	}
	bytes = shadow_page(&p->shadow, va >> SHADOW_SHIFT, o ? &o->shadow : NULL, index, shared,
			    write);
	if (!bytes)
		*status = replay_fail(p, TW_SYSTEM, "out of memory");
	return bytes;
}

static enum tw_status differs(struct replay_proc *p, uint64_t va, const uint8_t *got,
			      const uint8_t *want, size_t len)
{
	size_t i = 0;

	while (i + 1 < len && got[i] == want[i])
		i++;
	return replay_byte_differs(p, va + i, got[i], want[i]);
}

// The traced program could reach a page beyond the file's first size: the file had been made longer
// by a call that is not in the trace. 0: try again.
static int grow_file(struct replay_proc *p, uint64_t va)
{
	struct replay_object *o;
	uint64_t index, size;
	bool shared;
	int err;

	if (!replay_lookup(p, va >> SHADOW_SHIFT, &o, &index, &shared) || !o || !o->file)
		return -EFAULT;
	size = (index + 1) << SHADOW_SHIFT;
	if (size <= o->shadow.size)
		return -EFAULT;
	err = tw_file_grow(o->file, size);
	if (!err) {
		uint64_t tail = o->shadow.size & (SHADOW_PAGE - 1);
		uintptr_t slot = shadow_get(&o->shadow.pages, o->shadow.size >> SHADOW_SHIFT);

		if (tail && slot)
			memset(shadow_bytes(slot) + tail, 0, SHADOW_PAGE - tail);
		o->shadow.size = size;
		p->r->result->files_grown++;
	}
	return err;
}

// A page that the process has not had before may need its contents. And what is stored behind a
// file's end, in its last page, is in no file and need not last: a page that is mapped shared
// becomes the file's as a whole.
static enum tw_status first_touch(struct replay_proc *p, uint64_t page)
{
	enum tw_status status = replay_touch(p, page);
	struct replay_object *o;
	uint64_t index;
	bool shared;
	int err;

	if (status != TW_OK)
		return status;
	if (!replay_lookup(p, page, &o, &index, &shared) || !o || !o->file || !shared ||
	    o->shadow.size >> SHADOW_SHIFT != index || !(o->shadow.size & (SHADOW_PAGE - 1)))
		return TW_OK;
	err = grow_file(p, page << SHADOW_SHIFT);
	return err ? replay_kernel_error(p, "file", err) : TW_OK;
}

// Before an access to bytes of at most two pages.
static enum tw_status touch(struct replay_proc *p, uint64_t va, uint64_t len)
{
	uint64_t first = va >> SHADOW_SHIFT, last = (va + len - 1) >> SHADOW_SHIFT;
	enum tw_status status = TW_OK;

	if (!shadow_get(&p->shadow.pages, first))
		status = first_touch(p, first);
	if (last != first && status == TW_OK && !shadow_get(&p->shadow.pages, last))
		status = first_touch(p, last);
	return status;
}

// True if the access failed because of such a file, which has grown.
static bool grown(struct replay_proc *p, int err, const struct tw_signal *sig)
{
	return err == -EFAULT && sig->signo == TW_SIGBUS && grow_file(p, sig->addr) == 0;
}

static enum tw_status refused(struct replay_proc *p, uint64_t va, int err,
			      const struct tw_signal *sig)
{
	struct replay_difference d = {.kind = "signal", .has_address = true, .address = va};

	if (err != -EFAULT)
		return replay_kernel_error(p, tw_trace_kind_name(p->event.kind), err);
	snprintf(d.found, sizeof(d.found), "signal %d, code %d", sig->signo, sig->code);
	return replay_differs(
		p, &d, "%s at 0x%" PRIx64 " raised signal %d, code %d; the traced program made it",
		tw_trace_kind_name(p->event.kind), va, sig->signo, sig->code);
}

// Most accesses are of 4 or 8 bytes.
static inline bool equal_bytes(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t x, y;
	uint32_t u, v;

	if (len == sizeof(x)) {
		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		return x == y;
	}
	if (len == sizeof(u)) {
		memcpy(&u, a, sizeof(u));
		memcpy(&v, b, sizeof(v));
		return u == v;
	}
	return memcmp(a, b, len) == 0;
}

// The shadow's bytes of one piece of an access, within one page. A store has the page to itself
// from here on.
static enum tw_status shadow_piece(struct replay_proc *p, uint64_t va, uint8_t **bytes)
{
	enum tw_access access = access_of[p->event.kind];
	uintptr_t slot = shadow_get(&p->shadow.pages, va >> SHADOW_SHIFT);
	enum tw_status status = TW_OK;

	if (slot && (access < TW_STORE || slot & SHADOW_WRITABLE))
		*bytes = shadow_bytes(slot);
	else
		*bytes = shadow_slow(p, va, access >= TW_STORE, &status);
	if (*bytes)
		*bytes += va & (SHADOW_PAGE - 1);
	return status;
}

// Compares the bytes of one piece, or writes them.
static inline enum tw_status piece(struct replay_proc *p, uint64_t va, size_t len, uint8_t *host,
				   uint8_t *bytes)
{
	enum tw_access access = access_of[p->event.kind];

	if (access != TW_STORE && !equal_bytes(host, bytes, len))
		return differs(p, va, host, bytes, len);
	if (access >= TW_STORE) {
		put_value(bytes, len, p->n, va);
		memcpy(host, bytes, len);
	}
	return TW_OK;
}

static inline enum tw_status span(struct replay_proc *p, struct tw_span *s)
{
	const struct tw_trace_event *e = &p->event;
	struct tw_signal sig;
	int err;

	do
		err = tw_user_span(p->r->k, access_of[e->kind], e->addr, e->size, s, &sig);
	while (grown(p, err, &sig));
	return err ? refused(p, e->addr, err, &sig) : TW_OK;
}

// An instruction's access to pages that the shadow lacks, or has not for stores. Its parts are in
// memory, and the shadow's pages its own, before the first byte moves.
static enum tw_status first_access(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	enum tw_status status = touch(p, e->addr, e->size);
	uint8_t *bytes[2] = {NULL, NULL};
	uint64_t va = e->addr;
	struct tw_span s;

	if (status == TW_OK)
		status = span(p, &s);
	for (int i = 0; i < 2 && status == TW_OK && s.len[i]; va += s.len[i++])
		status = shadow_piece(p, va, &bytes[i]);
	va = e->addr;
	for (int i = 0; i < 2 && status == TW_OK && s.len[i]; va += s.len[i++])
		status = piece(p, va, s.len[i], s.host[i], bytes[i]);
	return status;
}

static enum tw_status instruction(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	uint64_t offset = e->addr & (SHADOW_PAGE - 1);
	uintptr_t slot = shadow_get(&p->shadow.pages, e->addr >> SHADOW_SHIFT);
	enum tw_status status;
	struct tw_span s;

	if (!slot || offset + e->size > SHADOW_PAGE ||
	    (e->kind != TW_TRACE_FETCH && e->kind != TW_TRACE_LOAD && !(slot & SHADOW_WRITABLE))) {
		status = first_access(p);
	} else {
		status = span(p, &s);
		if (status == TW_OK)
			status = piece(p, e->addr, e->size, s.host[0], shadow_bytes(slot) + offset);
	}
	if (status == TW_OK)
		p->r->result->accesses[access_of[e->kind]]++;
	return status;
}

// A copy by the kernel, page by page.
static enum tw_status copy(struct replay_proc *p)
{
	const struct tw_trace_event *e = &p->event;
	uint64_t va = e->addr, left = e->len;

	while (left) {
		uint64_t n = SHADOW_PAGE - (va & (SHADOW_PAGE - 1));
		enum tw_status status;
		struct tw_signal sig;
		uint8_t *host, *bytes;
		int err;

		n = n < left ? n : left;
		if (replay_stopped(p->r))
			return replay_interrupted(p->r);
		status = touch(p, va, n);
		if (status != TW_OK)
			return status;
		do
			err = tw_copy_ptr(p->r->k, access_of[e->kind], va, n, &host, &sig);
		while (grown(p, err, &sig));
		if (err)
			return refused(p, va, err, &sig);
		status = shadow_piece(p, va, &bytes);
		if (status == TW_OK)
			status = piece(p, va, n, host, bytes);
		if (status != TW_OK)
			return status;
		va += n;
		left -= n;
	}
	p->r->result->copies++;
	return TW_OK;
}

enum tw_status replay_access(struct replay_proc *p)
{
	const char *broken = tw_trace_regions_check(&p->regions, &p->event);

	if (broken)
		return replay_broken(p, broken);
	return p->event.kind <= TW_TRACE_RMW ? instruction(p) : copy(p);
}
