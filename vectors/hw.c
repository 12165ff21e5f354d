// SPDX-License-Identifier: Apache-2.0
// The vectors' back ends with a TLB and cycles: anything behind twinwalk/hw.h. What an access reads
// and updates is what the walkers do on the memory bus meanwhile.
#include "vectors.h"

static bool has(void *self, const struct tw_format_desc *format)
{
	return ((struct vec_machine *)self)->hw->formats >> format->format & 1;
}

static int set_ctx(void *self, const struct tw_ctx *ctx)
{
	return tw_hw_set_ctx(((struct vec_machine *)self)->hw, ctx);
}

static int fence(void *self, const struct tw_fence *f)
{
	return tw_hw_fence(((struct vec_machine *)self)->hw, f);
}

static void observe(void *user, const struct tw_mem_event *ev)
{
	struct vec_machine *m = user;

	if (!m->res)
		return;
	if (!ev->cas)
		vec_add_read(m->res, ev->addr, ev->err);
	else if (!ev->err && ev->data == ev->expected)
		vec_add_update(m->res, ev->addr, ev->expected, ev->desired);
}

static int access(void *self, const struct tw_req *req, struct vec_result *res)
{
	struct vec_machine *m = self;
	unsigned int port = req->access == TW_FETCH ? TW_PORT_FETCH : TW_PORT_DATA;
	struct tw_hw_result result;
	int err;

	m->res = res;
	err = tw_hw_access(m->hw, port, req, &result);
	m->res = NULL;
	if (!err)
		res->resp = result.resp;
	return err;
}

static const char *error(void *self)
{
	return tw_hw_error(((struct vec_machine *)self)->hw);
}

void vec_machine_init(struct vec_machine *state, struct tw_hw *hw, struct vec_hw *vh)
{
	*state = (struct vec_machine){.hw = hw};
	*vh = (struct vec_hw){
		.self = state,
		.name = hw->ops->name,
		.has = has,
		.set_ctx = set_ctx,
		.fence = fence,
		.access = access,
		.error = error,
	};
	tw_hw_observe(hw, observe, state);
}
