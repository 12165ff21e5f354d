// SPDX-License-Identifier: Apache-2.0
// The root loader; see root_load.h.
#include "root_load.h"

#include "hw_driver.h"

void tw_root_load_request(const struct root_load *r, unsigned int id, struct tw_mem_op *op)
{
	*op = (struct tw_mem_op){
		.addr = tw_arch_root_entry(&r->next, r->entry), .lanes = 3, .id = (uint8_t)id};
}

void tw_root_load_answer(const struct root_load *r, const struct tw_mmu_in *in,
			 struct root_loaded *loaded)
{
	loaded->answered = true;
	loaded->ctx = r->next;
	loaded->ctx.pdpte[r->entry] = in->mem_resp_data;
	loaded->ends = in->mem_resp_err || r->entry + 1 == tw_arch_root_entries(&r->next);
	loaded->good = loaded->ends && !in->mem_resp_err && tw_arch_root_good(&loaded->ctx);
}

void tw_root_load_clock(struct root_load *r, const struct ctrl *ctrl, const struct tw_config *cfg,
			bool starts, bool granted, const struct root_loaded *loaded)
{
	switch (r->state) {
	case ROOT_LOAD_IDLE:
		if (!starts || !ctrl->pending || !ctrl->loads)
			break;
		r->state = ROOT_LOAD_REQ;
		r->entry = 0;
		r->next = ctrl->ctx;
		tw_ctx_write(&r->next, cfg, ctrl->addr, ctrl->data);
		break;
	case ROOT_LOAD_REQ:
		if (granted)
			r->state = ROOT_LOAD_WAIT;
		break;
	case ROOT_LOAD_WAIT:
		if (!loaded->answered)
			break;
		r->next = loaded->ctx;
		r->entry++;
		r->state = loaded->ends ? ROOT_LOAD_IDLE : ROOT_LOAD_REQ;
		break;
	}
}
