// SPDX-License-Identifier: Apache-2.0
// See transactions.h.
#include "transactions.h"

#include <inttypes.h>
#include <stdarg.h>

__attribute__((format(printf, 3, 4))) static void note(struct tw_transactions *t, uint64_t cycle,
						       const char *format, ...)
{
	char *text = t->line[t->n++ % TW_TRANSACTIONS];
	int used = snprintf(text, sizeof(t->line[0]), "%10" PRIu64 "  ", cycle);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, sizeof(t->line[0]) - (size_t)used, format, args);
	va_end(args);
}

static void note_port(struct tw_transactions *t, uint64_t cycle, unsigned int port,
		      const struct tw_mmu_out *out, const struct tw_mmu_in *in)
{
	static const char *const access[] = {"fetch", "load", "store", "rmw"};
	static const char *const priv[] = {"U", "S", "S", "M"};
	const struct tw_resp *resp = &out->port[port].resp;
	char p = "fd"[port];

	if (out->port[port].resp_valid && in->port[port].resp_ready)
		note(t, cycle,
		     "%c response id %u pa 0x%" PRIx64
		     " size %u global %u attr %u fault %u cause %u tval 0x%" PRIx64,
		     p, out->port[port].resp_id, resp->pa, resp->size, resp->global, resp->attr,
		     resp->fault, resp->cause, resp->fault_va);
	if (in->port[port].cancel_valid && in->port[port].cancel_all)
		note(t, cycle, "%c cancel all", p);
	else if (in->port[port].cancel_valid)
		note(t, cycle, "%c cancel id %u", p, in->port[port].cancel_id);
	if (in->port[port].req_valid && out->port[port].req_ready)
		note(t, cycle, "%c request id %u va 0x%" PRIx64 " %s %s%s%s", p,
		     in->port[port].req_id, in->port[port].req.va,
		     access[in->port[port].req.access & 3], priv[in->port[port].req.priv & 3],
		     in->port[port].req.sum ? " sum" : "", in->port[port].req.mxr ? " mxr" : "");
}

void tw_transactions_note(struct tw_transactions *t, uint64_t cycle, const struct tw_mmu_out *out,
			  const struct tw_mmu_in *in)
{
	if (in->rst) {
		note(t, cycle, "reset");
		return;
	}
	note_port(t, cycle, TW_PORT_FETCH, out, in);
	note_port(t, cycle, TW_PORT_DATA, out, in);
	if (out->fence_done)
		note(t, cycle, "fence done");
	if (in->fence_valid && out->fence_ready)
		note(t, cycle, "fence by_addr %u by_asid %u global %u va 0x%" PRIx64 " asid %u",
		     in->fence_by_addr, in->fence_by_asid, in->fence_global, in->fence_va,
		     in->fence_asid);
	if (in->ctrl_valid && out->ctrl_ready)
		note(t, cycle, "control write %u = 0x%" PRIx64, in->ctrl_addr, in->ctrl_data);
	if (in->mem_resp_valid)
		note(t, cycle, "memory answer walker %u %s 0x%" PRIx64, in->mem_resp_id,
		     in->mem_resp_err ? "error" : "data", in->mem_resp_data);
	if (!out->mem_req_valid || !in->mem_req_ready)
		return;
	if (out->mem_req_cas)
		note(t, cycle,
		     "memory cas walker %u at 0x%" PRIx64 " lanes %u expected 0x%" PRIx64
		     " desired 0x%" PRIx64,
		     out->mem_req_id, out->mem_req_addr, out->mem_req_lanes, out->mem_req_expected,
		     out->mem_req_desired);
	else
		note(t, cycle, "memory read walker %u at 0x%" PRIx64 " lanes %u", out->mem_req_id,
		     out->mem_req_addr, out->mem_req_lanes);
}

void tw_transactions_print(const struct tw_transactions *t, FILE *f)
{
	fprintf(f, "the last transactions (cycle, what):\n");
	for (unsigned int i = t->n < TW_TRANSACTIONS ? 0 : t->n - TW_TRANSACTIONS; i < t->n; i++)
		fprintf(f, "%s\n", t->line[i % TW_TRANSACTIONS]);
}
