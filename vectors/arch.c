// SPDX-License-Identifier: Apache-2.0
// The vectors' back end "arch": every access is a walk from the root, so fences have nothing to do.
#include <errno.h>

#include "vectors.h"

static bool has(void *self, const struct tw_format_desc *format)
{
	(void)self;
	(void)format;
	return true;
}

static int set_ctx(void *self, const struct tw_ctx *ctx)
{
	((struct vec_arch *)self)->ctx = *ctx;
	return 0;
}

static int fence(void *self, const struct tw_fence *f)
{
	(void)self;
	(void)f;
	return 0;
}

static int access(void *self, const struct tw_req *req, struct vec_result *res)
{
	struct vec_arch *a = self;
	struct tw_mem mem = tw_pmem_mem(a->pm);
	struct tw_walk walk;
	int err = tw_arch_walk(&a->ctx, &mem, req, &walk);

	if (err)
		return err;
	res->resp = walk.resp;
	for (unsigned int i = 0; i < walk.reads; i++)
		vec_add_read(res, walk.read_addr[i], walk.read_failed && i + 1 == walk.reads);
	for (unsigned int i = 0; i < walk.updates; i++)
		vec_add_update(res, walk.update[i].addr, walk.update[i].old,
			       walk.update[i].desired);
	return 0;
}

static const char *error(void *self)
{
	(void)self;
	return "";
}

void vec_arch_init(struct vec_arch *state, struct tw_pmem *pm, struct vec_hw *vh)
{
	*state = (struct vec_arch){.pm = pm};
	*vh = (struct vec_hw){
		.self = state,
		.name = "arch",
		.has = has,
		.set_ctx = set_ctx,
		.fence = fence,
		.access = access,
		.error = error,
	};
}
