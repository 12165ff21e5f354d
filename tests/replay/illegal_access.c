// SPDX-License-Identifier: Apache-2.0
//
// Accesses and copies that cannot be: to a hole, across its border, without the right, beyond a
// shared memory; see illegal.h.
#include "illegal.h"

static struct tw_trace_event access(unsigned int kind, uint64_t addr, uint32_t size)
{
	return (struct tw_trace_event){
		.kind = (uint8_t)kind, .addr = addr, .size = size, .file = -1};
}

static struct tw_trace_event copy(unsigned int kind, uint64_t addr, uint64_t len)
{
	return (struct tw_trace_event){.kind = (uint8_t)kind, .addr = addr, .len = len, .file = -1};
}

static bool readable_before_hole(const struct gen *g, uint64_t i)
{
	return gen_readable(g, i) && illegal_before_hole(g, i);
}

static bool not_readable(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && !(g->page[i].prot & 3);
}

static bool not_writable(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && !(g->page[i].prot & 2);
}

static bool not_executable(const struct gen *g, uint64_t i)
{
	return g->page[i].mapped && !(g->page[i].prot & 4);
}

static bool beyond_memory(const struct gen *g, uint64_t i)
{
	const struct page *p = &g->page[i];

	return p->mapped && p->memory && p->index >= g->memory_pages[p->memory] && p->prot & 3;
}

bool access_to_a_hole(struct gen *g, struct tw_trace_event *e)
{
	FIND(illegal_is_hole);
	*e = access(TW_TRACE_LOAD + (unsigned int)gen_random(g, 3), gen_addr(g, at), 4);
	return true;
}

bool access_into_a_hole(struct gen *g, struct tw_trace_event *e)
{
	FIND(readable_before_hole);
	*e = access(TW_TRACE_LOAD, gen_addr(g, at) + PAGE - 3, 4);
	return true;
}

bool access_outside_everything(struct gen *g, struct tw_trace_event *e)
{
	*e = access(TW_TRACE_STORE, g->base - PAGE + gen_random(g, PAGE - 8), 8);
	return true;
}

bool fetch_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_executable);
	*e = access(TW_TRACE_FETCH, gen_addr(g, at), 32);
	return true;
}

bool load_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_readable);
	*e = access(TW_TRACE_LOAD, gen_addr(g, at), 1);
	return true;
}

bool store_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_writable);
	*e = access(TW_TRACE_STORE, gen_addr(g, at) + PAGE - 1, 1);
	return true;
}

bool rmw_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_writable);
	*e = access(TW_TRACE_RMW, gen_addr(g, at), 8);
	return true;
}

bool access_beyond_shared_memory(struct gen *g, struct tw_trace_event *e)
{
	FIND(beyond_memory);
	*e = access(TW_TRACE_LOAD, gen_addr(g, at), 8);
	return true;
}

bool copy_into_a_hole(struct gen *g, struct tw_trace_event *e)
{
	FIND(readable_before_hole);
	*e = copy(TW_TRACE_COPY_IN, gen_addr(g, at), PAGE + 1);
	return true;
}

bool copy_in_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_readable);
	*e = copy(TW_TRACE_COPY_IN, gen_addr(g, at), 1);
	return true;
}

bool copy_out_without_right(struct gen *g, struct tw_trace_event *e)
{
	FIND(not_writable);
	*e = copy(TW_TRACE_COPY_OUT, gen_addr(g, at), 1);
	return true;
}
