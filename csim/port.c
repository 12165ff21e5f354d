// SPDX-License-Identifier: Apache-2.0
// The request stage; see port.h. Invariants: a page fault never comes from a TLB entry; only valid
// entries of the L1 have a bit in `granted`.
#include "port.h"

#include <string.h>

void tw_port_reset(struct port *p, unsigned int entries)
{
	memset(&p->fifo, 0, sizeof(p->fifo));
	memset(p->hint, 0, sizeof(p->hint));
	tw_tlb_fa_reset(&p->l1, entries);
}

static bool direct(const struct ctrl *ctrl, const struct tw_req *req, struct tw_resp *resp)
{
	if (!tw_arch_direct(&ctrl->ctx, req, resp))
		return false;
	if (resp->pa >> ctrl->pa_bits)
		tw_arch_resp_fault(&ctrl->ctx, req, TW_FAULT_ACCESS, 0, resp);
	return true;
}

void tw_port_decide(struct port *p, unsigned int number, const struct ctrl *ctrl,
		    const struct tw_req *req, struct port_decision *d)
{
	int i;

	if (!ctrl_translates(ctrl, req) &&
	    (direct(ctrl, req, &d->resp) || !tw_arch_canonical(&ctrl->ctx, req, &d->resp))) {
		d->outcome = PORT_DIRECT;
		d->event = TW_EV_DIRECT_F + number;
		return;
	}
	i = tlb_fa_find(&p->l1, req->va, ctrl->ctx.asid);
	if (i >= 0 && tlb_usable(&p->l1.e[i], &ctrl->ctx, req)) {
		d->outcome = PORT_HIT;
		d->hit = (unsigned int)i;
		d->event = port_hit_event(number, &p->l1.e[i]);
		p->l1.e[i].granted |= UINT64_C(1) << access_kind(req);
		p->hint[port_hint(req->va)] = (uint8_t)i;
		return;
	}
	d->outcome = PORT_MISS;
	d->event = TW_EV_L1F_MISS + number;
}

void tw_port_forget(struct port *p)
{
	for (unsigned int i = 0; i < p->l1.n; i++)
		p->l1.e[i].granted = 0;
}
