// SPDX-License-Identifier: Apache-2.0
// The request stage: what becomes of a request in the cycle in which it is accepted
// (docs/contract.md section 4). Invariant: a page fault never comes from a TLB entry.
#include "mmu_internal.h"

bool tw_port_ready(const struct tw_mmu *m, unsigned int port)
{
	return m->fifo[port].count <= RESP_ROOM && m->miss.port[port].mask[MISS_FREE] &&
	       !m->ctrl.pending;
}

bool tw_entry_usable(const struct tw_ctx *ctx, const struct tw_req *req, const struct tlb_entry *e)
{
	return tw_arch_allowed(ctx, req, &e->rights, NULL) && (e->rights.d || !writes(req));
}

void tw_port_decide(struct tw_mmu *m, unsigned int port, const struct tw_req *req,
		    struct port_decision *d)
{
	struct tlb_fa *l1 = &m->l1[port];
	int i;

	d->hit = -1;
	d->outcome = PORT_ANSWER;
	d->event = TW_EV_DIRECT_F + port;
	if (tw_arch_direct(&m->ctx, req, &d->resp) || !tw_arch_canonical(&m->ctx, req, &d->resp))
		return;
	i = tlb_fa_find(l1, req->va, m->ctx.asid);
	if (i >= 0 && tw_entry_usable(&m->ctx, req, &l1->e[i])) {
		// The next request of this kind need not be checked: until the entry goes, or a
		// control register is written.
		l1->e[i].granted |= UINT64_C(1) << access_kind(req);
		port_hit(l1, port, (unsigned int)i, req, d);
		return;
	}
	d->outcome = PORT_MISS;
	d->event = TW_EV_L1F_MISS + port;
}
