// SPDX-License-Identifier: Apache-2.0
// See watch.h.
#include "watch.h"

#include <string.h>

void tw_watch_init(struct tw_watch *w)
{
	memset(w, 0, sizeof(*w));
}

static bool resp_equal(const struct tw_resp *a, const struct tw_resp *b)
{
	return a->pa == b->pa && a->fault_va == b->fault_va && a->size == b->size &&
	       a->fault == b->fault && a->cause == b->cause && a->attr == b->attr &&
	       a->global == b->global;
}

static const char *watch_response(struct tw_watch *w, unsigned int port,
				  const struct tw_mmu_out *out, const struct tw_mmu_in *in)
{
	static const struct tw_resp zero = {0};
	const struct tw_resp *resp = &out->port[port].resp;
	unsigned int id = out->port[port].resp_id & 15;

	if (w->hold_resp[port] &&
	    (!out->port[port].resp_valid || out->port[port].resp_id != w->last.port[port].resp_id ||
	     !resp_equal(resp, &w->last.port[port].resp)))
		return "a response that was not taken changed (section 2)";
	w->hold_resp[port] = false;
	if (!out->port[port].resp_valid)
		return id || !resp_equal(resp, &zero) ? "response payload without valid (section 2)"
						      : NULL;
	if (!w->waiting[port][id])
		return "a response without a request (sections 2, 5)";
	if (resp->fault ? resp->pa || resp->size || resp->global || resp->attr
			: resp->fault_va || resp->cause)
		return "a response with a fault's and a translation's fields (section 2)";
	if (in->port[port].resp_ready) {
		w->waiting[port][id]--;
		w->n_waiting--;
		w->answered++;
	} else {
		w->hold_resp[port] =
			!in->port[port].cancel_valid ||
			(!in->port[port].cancel_all && (in->port[port].cancel_id & 15) != id);
	}
	return NULL;
}

static void cancel(struct tw_watch *w, unsigned int port, const struct tw_mmu_in *in)
{
	for (unsigned int id = 0; id < 16; id++) {
		if (!in->port[port].cancel_all && (in->port[port].cancel_id & 15) != id)
			continue;
		w->n_waiting -= w->waiting[port][id];
		w->cancelled += w->waiting[port][id];
		w->waiting[port][id] = 0;
	}
}

static uint64_t lane_bits(uint8_t lanes)
{
	return (lanes & 1 ? UINT64_C(0xffffffff) : 0) | (lanes & 2 ? ~UINT64_C(0xffffffff) : 0);
}

static const char *watch_memory(struct tw_watch *w, const struct tw_mmu_out *out,
				const struct tw_mmu_in *in)
{
	const struct tw_mmu_out *last = &w->last;
	uint32_t bit = 1u << (out->mem_req_id & 15);

	if (w->hold_mem &&
	    (!out->mem_req_valid || out->mem_req_id != last->mem_req_id ||
	     out->mem_req_addr != last->mem_req_addr || out->mem_req_cas != last->mem_req_cas ||
	     out->mem_req_lanes != last->mem_req_lanes ||
	     out->mem_req_expected != last->mem_req_expected ||
	     out->mem_req_desired != last->mem_req_desired))
		return "a memory request that was not taken changed (section 2)";
	w->hold_mem = out->mem_req_valid && !in->mem_req_ready;
	if (!out->mem_req_cas && (out->mem_req_expected || out->mem_req_desired))
		return "compare-and-swap operands without a compare-and-swap (section 2)";
	if (!out->mem_req_valid &&
	    (out->mem_req_id || out->mem_req_addr || out->mem_req_cas || out->mem_req_lanes))
		return "memory request payload without valid (section 2)";
	if (out->mem_req_valid && !out->mem_req_lanes)
		return "a memory request without a lane (section 2)";
	if ((out->mem_req_expected | out->mem_req_desired) & ~lane_bits(out->mem_req_lanes))
		return "compare-and-swap operands outside their lanes (section 2)";
	if (out->mem_req_addr & 7)
		return "a memory request at an address that is not a multiple of 8 (section 2)";
	if (out->mem_req_valid && w->mem_waiting & bit)
		return "a walker asks again before its answer (section 8)";
	if (in->mem_resp_valid)
		w->mem_waiting &= ~(1u << (in->mem_resp_id & 15));
	if (out->mem_req_valid && in->mem_req_ready)
		w->mem_waiting |= bit;
	return NULL;
}

const char *tw_watch_cycle(struct tw_watch *w, const struct tw_mmu_out *out,
			   const struct tw_mmu_in *in)
{
	const char *broken = NULL;

	// A cycle with reset ends everything; nothing is promised about its outputs.
	if (in->rst) {
		*w = (struct tw_watch){.accepted = w->accepted,
				       .answered = w->answered,
				       .cancelled = w->cancelled};
		return NULL;
	}
	if (out->fence_done && !w->fences--)
		return "fence_done_o without a fence (section 9)";
	if (out->idle && (w->n_waiting || w->fences))
		return "idle_o with a request or a fence in flight (section 2)";
	for (unsigned int port = 0; !broken && port < TW_PORTS; port++) {
		broken = watch_response(w, port, out, in);
		if (in->port[port].cancel_valid)
			cancel(w, port, in);
		if (in->port[port].req_valid && out->port[port].req_ready) {
			w->waiting[port][in->port[port].req_id & 15]++;
			w->n_waiting++;
			w->accepted++;
		}
	}
	if (!broken)
		broken = watch_memory(w, out, in);
	if (in->fence_valid && out->fence_ready)
		w->fences++;
	if (!broken && w->fences > 1)
		broken = "two fences in flight (section 9)";
	if (w->hold_mem || w->hold_resp[0] || w->hold_resp[1])
		w->last = *out;
	return broken;
}
