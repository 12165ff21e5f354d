// SPDX-License-Identifier: Apache-2.0
// Accesses of the running process: through the hardware port, with faults handled and the access
// retried, then to the bytes in simulated memory. Forward progress: nothing is reclaimed between a
// fault and its retry, and of an access in two pages the first is held until it has the second. The
// hardware is not trusted: an address outside memory, a wrong fault address or a fault that never
// ends is an error with a text, not a crash.
#include <errno.h>
#include <string.h>

#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "reclaim/reclaim.h"
#include "sys/sys.h"
#include "vm/vm.h"

// One fault gives an access what it needs, and a second fences a translation that is older than
// that. Nobody takes it away again before the retry: a third would be the hardware's, and one more
// is allowed.
enum { ATTEMPTS = 4 };

static inline void record(struct tw_kernel *k, const struct tw_hw_result *r)
{
	struct tw_kernel_stats *s = &k->stats;
	const struct tw_resp *p = &r->resp;

	s->attempts++;
	s->latency[r->cycles < TW_LATENCY_BUCKETS ? r->cycles : TW_LATENCY_BUCKETS - 1]++;
	s->latency_sum += r->cycles;
	if (r->cycles > s->latency_max)
		s->latency_max = r->cycles;
	k->hw_seen += r->cycles;
	s->response_digest = tw_digest(s->response_digest, p->pa ^ p->fault_va);
	s->response_digest =
		tw_digest(s->response_digest,
			  r->cycles << 32 | (uint32_t)p->size << 24 | (uint32_t)p->global << 20 |
				  (uint32_t)p->attr << 16 | (uint32_t)p->fault << 8 | p->cause);
}

static __attribute__((noinline)) int no_address(struct tw_kernel *k, uint64_t va,
						struct tw_signal *sig)
{
	*sig = (struct tw_signal){TW_SIGSEGV, TW_SEGV_MAPERR, va};
	k->stats.faults[TW_FK_MAPERR]++;
	return -EFAULT;
}

// A fault as the hardware reported it. 0: try again.
static int handle(struct tw_kernel *k, const struct tw_req *req, const struct tw_resp *resp,
		  struct tw_signal *sig)
{
	struct tw_proc *p = k->current;
	enum tw_fault_kind kind;
	int err;

	if (resp->fault == TW_FAULT_CANON || req->va >> (k->fmt->va_bits - 1)) {
		// No user address: the region tree would say the same.
		return no_address(k, req->va, sig);
	}
	if (resp->fault != TW_FAULT_PAGE)
		return tw_fail(k, -TW_EHARDWARE, "hardware: bus error (fault %u) translating %llx",
			       resp->fault, (unsigned long long)req->va);
	if (resp->fault_va != req->va ||
	    resp->cause != k->fmt->page_cause(req, resp->cause & TW_PF_P))
		return tw_fail(
			k, -TW_EHARDWARE,
			"hardware: cause %u at %llx reported for an access (kind %u) to %llx",
			resp->cause, (unsigned long long)resp->fault_va, req->access,
			(unsigned long long)req->va);
	tw_hw_sync_time(k);
	err = tw_fault(p->mm, req->access, req->va, sig, &kind);
	if (!err && tw_fault_major(kind))
		p->major++;
	else if (!err)
		p->minor++;
	return err;
}

// A store goes to memory of processes, whatever the hardware says: everything else would be damage.
static inline bool is_user_page(const struct tw_kernel *k, uint32_t f)
{
	uint8_t state = k->frames[f].state;

	return state == TW_FRAME_ANON || state == TW_FRAME_SHMEM || state == TW_FRAME_FILE;
}

// The bytes that the hardware translated to; NULL if that cannot be.
static inline uint8_t *host_of(const struct tw_kernel *k, const struct tw_req *req, uint64_t pa)
{
	bool store = req->access == TW_STORE || req->access == TW_RMW;
	uint64_t offset = pa - k->opts.ram_base;

	if (offset >= k->ram_bytes || (pa ^ req->va) & (TW_PAGE_BYTES - 1) ||
	    (store && !is_user_page(k, (uint32_t)(offset >> TW_PAGE_SHIFT_4K))))
		return NULL;
	return k->ram + offset;
}

static __attribute__((noinline)) int no_answer(struct tw_kernel *k, const struct tw_req *req)
{
	return tw_fail(k, -TW_EHARDWARE, "hardware: an access to %llx failed: %s",
		       (unsigned long long)req->va, tw_hw_error(k->hw));
}

static __attribute__((noinline)) int cannot_be(struct tw_kernel *k, const struct tw_req *req,
					       uint64_t pa)
{
	return tw_fail(k, -TW_EHARDWARE, "hardware: %llx translated to %llx, which cannot be",
		       (unsigned long long)req->va, (unsigned long long)pa);
}

// One attempt. *host is NULL if it faulted.
static inline int attempt(struct tw_kernel *k, const struct tw_req *req, struct tw_hw_result *r,
			  uint8_t **host)
{
	unsigned int port = req->access == TW_FETCH ? TW_PORT_FETCH : TW_PORT_DATA;
	int err = tw_hw_access(k->hw, port, req, r);

	*host = NULL;
	if (err)
		return no_answer(k, req);
	record(k, r);
	if (r->resp.fault != TW_FAULT_NONE)
		return 0;
	*host = host_of(k, req, r->resp.pa);
	return *host ? 0 : cannot_be(k, req, r->resp.pa);
}

// From the fault of the first attempt on.
static __attribute__((noinline)) int retry(struct tw_kernel *k, const struct tw_req *req,
					   struct tw_hw_result *r, uint8_t **host,
					   struct tw_signal *sig)
{
	int err = handle(k, req, &r->resp, sig);

	for (unsigned int i = 1; !err && i < ATTEMPTS; i++) {
		err = attempt(k, req, r, host);
		if (err || *host)
			return err;
		err = handle(k, req, &r->resp, sig);
	}
	return err ? err
		   : tw_fail(k, -TW_EHARDWARE,
			     "hardware: %llx still faults (cause %u) after %d attempts",
			     (unsigned long long)req->va, r->resp.cause, ATTEMPTS);
}

static inline int translate(struct tw_kernel *k, const struct tw_req *req, uint8_t **host,
			    struct tw_signal *sig)
{
	struct tw_hw_result r;
	uint8_t *first;
	int err;

	// A processor of 32 bits has no such address.
	if (req->va > UINT32_MAX && k->fmt->va_bits == 32)
		return no_address(k, req->va, sig);
	err = attempt(k, req, &r, &first);
	*host = first;
	return err || first ? err : retry(k, req, &r, host, sig);
}

// Before an access begins: then nothing is in the middle of anything.
static inline void let_daemon_run(struct tw_kernel *k)
{
	if (tw_daemon_due(k))
		tw_reclaim_daemon(k);
}

// One part of an access, within one page.
static int part(struct tw_kernel *k, enum tw_access access, uint64_t va, uint8_t **host,
		struct tw_signal *sig)
{
	struct tw_req req = {.va = va, .access = (uint8_t)access, .priv = TW_PRIV_U};

	k->stats.accesses[access]++;
	return translate(k, &req, host, sig);
}

// Bytes of an access at VA that lie in its first page.
static size_t first_part(uint64_t va, size_t len)
{
	size_t n = TW_PAGE_BYTES - (va & (TW_PAGE_BYTES - 1));

	return n < len ? n : len;
}

int tw_user_ptr(struct tw_kernel *k, enum tw_access access, uint64_t va, size_t len, uint8_t **host,
		struct tw_signal *sig)
{
	if (!k->current || len == 0 || first_part(va, len) != len)
		return -EINVAL;
	let_daemon_run(k);
	return part(k, access, va, host, sig);
}

int tw_copy_ptr(struct tw_kernel *k, enum tw_access access, uint64_t va, size_t len, uint8_t **host,
		struct tw_signal *sig)
{
	struct tw_req req = {.va = va, .access = (uint8_t)access, .priv = TW_PRIV_S, .sum = true};

	// The kernel never executes user memory.
	if (!k->current || len == 0 || first_part(va, len) != len || access == TW_FETCH)
		return -EINVAL;
	let_daemon_run(k);
	k->stats.accesses[access]++;
	return translate(k, &req, host, sig);
}

// An access in two pages: a fault of the second part must not take the first part's frame away.
static __attribute__((noinline)) int two_parts(struct tw_kernel *k, enum tw_access access,
					       uint64_t va, struct tw_span *span,
					       struct tw_signal *sig)
{
	int err = part(k, access, va, &span->host[0], sig);
	uint32_t f;

	if (err)
		return err;
	f = (uint32_t)((uint64_t)(span->host[0] - k->ram) >> TW_PAGE_SHIFT_4K);
	if (is_user_page(k, f))
		tw_frame_get(k, f);
	else
		f = TW_NO_FRAME;
	err = part(k, access, va + span->len[0], &span->host[1], sig);
	if (f != TW_NO_FRAME)
		tw_frame_put(k, f);
	return err;
}

// Runs for every access of a replay: without a call but the hardware's, where all is well.
__attribute__((flatten)) int tw_user_span(struct tw_kernel *k, enum tw_access access, uint64_t va,
					  size_t len, struct tw_span *span, struct tw_signal *sig)
{
	size_t n = first_part(va, len);

	span->len[0] = n;
	span->len[1] = len - n;
	if (!k->current || len == 0 || len > TW_PAGE_BYTES)
		return -EINVAL;
	let_daemon_run(k);
	if (n == len)
		return part(k, access, va, &span->host[0], sig);
	return two_parts(k, access, va, span, sig);
}

static int read_span(struct tw_kernel *k, enum tw_access access, uint64_t va, void *buf, size_t len,
		     struct tw_signal *sig)
{
	struct tw_span s;
	int err = tw_user_span(k, access, va, len, &s, sig);

	if (err)
		return err;
	memcpy(buf, s.host[0], s.len[0]);
	if (s.len[1])
		memcpy((uint8_t *)buf + s.len[0], s.host[1], s.len[1]);
	return 0;
}

int tw_user_load(struct tw_kernel *k, uint64_t va, void *buf, size_t len, struct tw_signal *sig)
{
	return read_span(k, TW_LOAD, va, buf, len, sig);
}

int tw_user_fetch(struct tw_kernel *k, uint64_t va, void *buf, size_t len, struct tw_signal *sig)
{
	return read_span(k, TW_FETCH, va, buf, len, sig);
}

int tw_user_store(struct tw_kernel *k, uint64_t va, const void *buf, size_t len,
		  struct tw_signal *sig)
{
	struct tw_span s;
	int err = tw_user_span(k, TW_STORE, va, len, &s, sig);

	if (err)
		return err;
	memcpy(s.host[0], buf, s.len[0]);
	if (s.len[1])
		memcpy(s.host[1], (const uint8_t *)buf + s.len[0], s.len[1]);
	return 0;
}
