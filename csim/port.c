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

// tw_entry_usable(), remembered for each kind of access; the control registers' writes forget it.
static bool entry_usable_cached(const struct tw_ctx *ctx, const struct tw_req *req,
				struct tlb_entry *e)
{
	unsigned int kind = access_kind(req);

	if (!(e->known >> kind & 1)) {
		bool usable = tw_entry_usable(ctx, req, e);

		e->known |= 1u << kind;
		e->allowed = (e->allowed & ~(1u << kind)) | (uint32_t)usable << kind;
	}
	return e->allowed >> kind & 1;
}

void tw_port_decide(struct tw_mmu *m, unsigned int port, const struct tw_req *req,
		    struct port_decision *d)
{
	struct tlb_fa *l1 = &m->l1[port];
	int i;

	d->hit = -1;
	d->outcome = PORT_ANSWER;
	d->event = TW_EV_DIRECT_F + port;
	if (m->ctx.format == TW_FMT_BARE || req->priv == TW_PRIV_M) {
		tw_arch_direct(&m->ctx, req, &d->resp);
		return;
	}
	if (!tw_arch_canonical(&m->ctx, req, &d->resp))
		return;
	i = tlb_fa_find(l1, vpn_of(req->va), m->ctx.asid);
	if (i >= 0 && entry_usable_cached(&m->ctx, req, &l1->e[i])) {
		const struct tlb_entry *e = &l1->e[i];

		tw_arch_resp_ok(req, e->ppn, e->size, &e->rights, &d->resp);
		d->hit = i;
		d->event = TW_EV_L1F_HIT + 4 * port + size_class(e->size);
		return;
	}
	d->outcome = PORT_MISS;
	d->event = TW_EV_L1F_MISS + port;
}
