// SPDX-License-Identifier: Apache-2.0
// From pins to the oracle's events, one cycle at a time, as docs/contract.md defines the pins.
// Within a cycle: control state that is in force, fence done, responses, cancels, requests, fence
// accepted; the memory transactions of the cycle follow through the observer. Invariant: a control
// write is in force for the oracle before any request that the hardware accepts after it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../hw_driver.h"
#include "oracle_internal.h"

enum { OPEN_FENCES = 64, WALKERS = 16, LOOK_AGAIN = 64 };

struct tw_oracle_watch {
	struct tw_oracle *o;
	uint64_t cycle, next; // since creation, from 0: of what happens, and of the next pins
	struct tw_ctx ctx;    // as the control registers will be
	bool pending;	      // ctx is not yet told
	// A root whose entries the hardware keeps: told with the write, when all of them are read.
	bool loading;
	struct tw_ctx root;
	unsigned int entries; // that have been read
	struct tw_config cfg;
	uint64_t fence[OPEN_FENCES]; // ids of open fences, oldest first
	unsigned int fences;
	uint16_t asking;	      // walkers to which memory owes an answer, a bit each
	uint64_t excused;	      // cycles not yet told
	struct tw_oracle_verdict bad; // the first forbidden one, else the first undecided one
	int error;		      // the first
};

int tw_oracle_watch_create(struct tw_oracle *o, const struct tw_config *cfg,
			   struct tw_oracle_watch **watch)
{
	struct tw_oracle_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->o = o;
	w->cfg = *cfg;
	w->bad.allowed = true;
	tw_ctx_reset(&w->ctx);
	*watch = w;
	return 0;
}

void tw_oracle_watch_destroy(struct tw_oracle_watch *w)
{
	free(w);
}

static int keep_error(struct tw_oracle_watch *w, int ret)
{
	if (ret < 0 && !w->error)
		w->error = ret;
	return ret;
}

static void keep_bad(struct tw_oracle_watch *w, const struct tw_oracle_verdict *v)
{
	bool worse = v->status == TW_ORACLE_FORBIDDEN && w->bad.status == TW_ORACLE_UNDECIDED;

	if (!v->allowed && (w->bad.allowed || worse))
		w->bad = *v;
}

static void protocol(struct tw_oracle_watch *w, const char *what)
{
	struct tw_oracle_verdict v = {.status = TW_ORACLE_FORBIDDEN, .reason = TW_ORACLE_PROTOCOL};

	snprintf(v.text, sizeof(v.text), "cycle %llu: %s", (unsigned long long)w->cycle, what);
	keep_bad(w, &v);
}

static int fence_done(struct tw_oracle_watch *w)
{
	uint64_t id = w->fence[0];

	if (!w->fences) {
		protocol(w, "fence_done_o without a fence");
		return 0;
	}
	w->fences--;
	for (unsigned int i = 0; i < w->fences; i++)
		w->fence[i] = w->fence[i + 1];
	return tw_oracle_fence_end(w->o, w->cycle, id);
}

static int fence_taken(struct tw_oracle_watch *w, const struct tw_mmu_in *in)
{
	struct tw_fence fence = {
		.by_addr = in->fence_by_addr,
		.by_asid = in->fence_by_asid,
		.global = in->fence_global,
		.asid = in->fence_asid & (uint16_t)((1u << w->cfg.asid_bits) - 1),
		.va = tw_arch_va(&w->o->ctx, in->fence_va),
	};
	int ret;

	if (w->fences == OPEN_FENCES)
		return -ENOSPC;
	ret = tw_oracle_fence_begin(w->o, w->cycle, &fence, &w->fence[w->fences]);
	w->fences += ret == 0;
	return ret;
}

// The responses, cancels and requests of one port.
static int port_cycle(struct tw_oracle_watch *w, unsigned int port, const struct tw_mmu_in *in,
		      const struct tw_mmu_out *out, struct tw_oracle_verdict *v)
{
	bool answered = out->port[port].resp_valid && in->port[port].resp_ready;
	int ret = 0;

	if (answered) {
		struct tw_oracle_verdict own, *to = v ? v : &own;

		ret = tw_oracle_response(w->o, w->cycle, port, out->port[port].resp_id,
					 &out->port[port].resp, to);
		if (ret == 0)
			keep_bad(w, to);
	}
	if (ret == 0 && in->port[port].cancel_valid)
		ret = tw_oracle_cancel(w->o, w->cycle, port, in->port[port].cancel_all,
				       in->port[port].cancel_id);
	if (ret == 0 && in->port[port].req_valid && out->port[port].req_ready) {
		if (w->pending)
			protocol(w, "request accepted while a control write is pending");
		ret = tw_oracle_request(w->o, w->cycle, port, in->port[port].req_id,
					&in->port[port].req);
	}
	return ret < 0 ? ret : answered;
}

// Whether the hardware waits for others in this cycle: an answer that comes lets it go on.
static bool waits(const struct tw_oracle_watch *w, const struct tw_mmu_in *in,
		  const struct tw_mmu_out *out)
{
	for (unsigned int p = 0; p < TW_PORTS; p++)
		if (out->port[p].resp_valid && !in->port[p].resp_ready)
			return true;
	if (out->mem_req_valid && !in->mem_req_ready)
		return true;
	return w->asking && !(in->mem_resp_valid && (w->asking >> in->mem_resp_id % WALKERS & 1));
}

// The write of a root register whose table the hardware reads itself takes effect when the last
// entry has come, unless one is bad. The entries are those that memory gave.
static void root_cycle(struct tw_oracle_watch *w, const struct tw_mmu_in *in)
{
	if (!w->loading || !in->mem_resp_valid || in->mem_resp_id != w->cfg.walkers ||
	    !(w->asking >> w->cfg.walkers & 1))
		return;
	w->root.pdpte[w->entries++] = in->mem_resp_data;
	w->loading = !in->mem_resp_err && w->entries < tw_arch_root_entries(&w->root);
	if (w->loading || in->mem_resp_err || !tw_arch_root_good(&w->root))
		return;
	w->ctx = w->root;
}

// A control write is taken.
static void ctrl_taken(struct tw_oracle_watch *w, const struct tw_mmu_in *in)
{
	unsigned int reg = in->ctrl_addr & 3;

	w->root = w->ctx;
	w->pending = tw_ctx_write(&w->root, &w->cfg, reg, in->ctrl_data);
	w->loading = w->pending && reg == TW_CTRL_ROOT && tw_arch_root_entries(&w->root);
	w->entries = 0;
	if (w->pending && !w->loading)
		w->ctx = w->root;
}

// Nobody waits for ever.
static int look_for_overdue(struct tw_oracle_watch *w, const struct tw_mmu_in *in,
			    const struct tw_mmu_out *out)
{
	struct tw_oracle_verdict v;
	int ret = waits(w, in, out) ? tw_oracle_excuse(w->o, w->cycle, 1) : 0;

	if (in->mem_resp_valid)
		w->asking &= (uint16_t) ~(1u << in->mem_resp_id % WALKERS);
	if (out->mem_req_valid && in->mem_req_ready)
		w->asking |= (uint16_t)(1u << out->mem_req_id % WALKERS);
	if (ret != 0 || w->next % LOOK_AGAIN != 0)
		return ret;
	ret = tw_oracle_overdue(w->o, w->cycle, &v);
	if (ret == 1)
		keep_bad(w, &v);
	return ret < 0 ? ret : 0;
}

int tw_oracle_watch_cycle(struct tw_oracle_watch *w, const struct tw_mmu_in *in,
			  const struct tw_mmu_out *out, struct tw_oracle_verdict v[TW_PORTS])
{
	int judged = 0, ret = 0;

	w->cycle = w->next++;
	if (in->rst) {
		tw_ctx_reset(&w->ctx);
		w->pending = w->loading = false;
		w->fences = 0;
		w->asking = 0;
		return keep_error(w, tw_oracle_reset(w->o, w->cycle));
	}
	// ctrl_ready_o is low while a write is pending.
	if (w->pending && out->ctrl_ready) {
		if (w->loading)
			protocol(w, "a root is in force before its entries are read");
		w->pending = w->loading = false;
		ret = tw_oracle_ctx(w->o, w->cycle, &w->ctx);
	}
	if (ret == 0 && out->fence_done)
		ret = fence_done(w);
	for (unsigned int p = 0; ret == 0 && p < TW_PORTS; p++) {
		int got = port_cycle(w, p, in, out, v ? &v[p] : NULL);

		if (got < 0)
			ret = got;
		else if (got)
			judged |= 1 << p;
	}
	if (ret == 0 && in->fence_valid && out->fence_ready)
		ret = fence_taken(w, in);
	root_cycle(w, in);
	if (ret == 0)
		ret = look_for_overdue(w, in, out);
	if (in->ctrl_valid && out->ctrl_ready)
		ctrl_taken(w, in);
	return keep_error(w, ret < 0 ? ret : judged);
}

// The aligned word that an entry of 4 bytes lies in, with what the event says of that half: the
// other half is what memory holds, of which the event is the newest change.
static int word_of(struct tw_oracle_watch *w, uint64_t addr, uint64_t half, uint64_t *word)
{
	const struct tw_mem *mem = &w->o->opts.mem;
	unsigned int shift = addr & 4 ? 32 : 0;
	int ret = mem->read64(mem->user, addr & ~UINT64_C(7), word);

	*word = (*word & ~(UINT64_C(0xffffffff) << shift)) | half << shift;
	return ret;
}

// The same event, of a whole word.
static int widen(struct tw_oracle_watch *w, struct tw_mem_event *ev)
{
	int ret = 0;

	if (ev->bytes == 4 && !ev->err)
		ret = word_of(w, ev->addr, ev->data, &ev->data);
	if (ret == 0 && ev->bytes == 4 && !ev->err && ev->cas)
		ret = word_of(w, ev->addr, ev->expected, &ev->expected);
	if (ret == 0 && ev->bytes == 4 && !ev->err && ev->cas)
		ret = word_of(w, ev->addr, ev->desired, &ev->desired);
	ev->addr &= ~UINT64_C(7);
	return ret;
}

void tw_oracle_watch_mem(void *watch, const struct tw_mem_event *event)
{
	struct tw_mem_event word = *event, *ev = &word;
	struct tw_oracle_watch *w = watch;
	struct tw_oracle_verdict v;
	int ret = widen(w, ev);

	if (ret < 0) {
		keep_error(w, ret);
		return;
	}

	if (ev->id == w->cfg.walkers) // the root loader's, not of any request
		return;
	if (ev->err) {
		ret = tw_oracle_bus_error(w->o, w->cycle, ev->addr);
	} else if (ev->cas && ev->data == ev->expected) {
		ret = tw_oracle_update(w->o, w->cycle, ev->addr, ev->expected, ev->desired, &v);
		if (ret == 0)
			keep_bad(w, &v);
	} else if (w->o->opts.reads_told) {
		ret = tw_oracle_read(w->o, w->cycle, ev->addr, ev->data, &v);
		if (ret == 0)
			keep_bad(w, &v);
	}
	keep_error(w, ret);
}

int tw_oracle_watch_write(struct tw_oracle_watch *w, uint64_t addr, uint64_t old, uint64_t value)
{
	w->cycle = w->next;
	return keep_error(w, tw_oracle_write(w->o, w->cycle, addr, old, value));
}

const struct tw_oracle_verdict *tw_oracle_watch_bad(const struct tw_oracle_watch *w, int *error)
{
	if (error)
		*error = w->error;
	return w->bad.allowed ? NULL : &w->bad;
}
