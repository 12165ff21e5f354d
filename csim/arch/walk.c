// SPDX-License-Identifier: Apache-2.0
// A whole walk, from the root, without any cache: the reference for everything that caches. It
// reads down to the leaf first and changes memory only when the access is known to be good, so that
// an access that faults leaves every entry as it was. Source: RISC-V privileged architecture,
// "Virtual Address Translation Process"; Intel SDM volume 3, 4.8 (which leaves the time of A to
// us).
#include <errno.h>

#include "internal.h"

// One entry of the path from the root to the leaf.
struct step {
	uint64_t addr, pte, update;
};

enum outcome { DONE, LOST_RACE };

static void record_read(struct tw_walk *walk, uint64_t addr)
{
	for (unsigned int i = 0; i < walk->reads; i++)
		if (walk->read_addr[i] == addr)
			return;
	if (walk->reads < TW_WALK_MAX)
		walk->read_addr[walk->reads++] = addr;
}

static void record_update(struct tw_walk *walk, const struct step *s)
{
	unsigned int i = 0;

	while (i < walk->updates && walk->update[i].addr != s->addr)
		i++;
	if (i == TW_WALK_MAX)
		return;
	if (i == walk->updates) {
		walk->update[i].addr = s->addr;
		walk->update[i].old = s->pte;
		walk->updates++;
	}
	walk->update[i].desired = s->update;
}

// Sets A and D as decoded, root first and the leaf last.
static enum outcome write_back(const struct tw_ctx *ctx, const struct tw_mem *mem,
			       const struct tw_req *req, const struct step *path,
			       unsigned int steps, struct tw_walk *walk)
{
	for (unsigned int i = 0; i < steps; i++) {
		const struct step *s = &path[i];
		uint64_t old;

		if (s->update == s->pte)
			continue;
		if (mem->cas(mem->user, s->addr, tw_formats[ctx->format].entry_bytes, s->pte,
			     s->update, &old) != 0) {
			tw_arch_resp_fault(ctx, req, TW_FAULT_ACCESS, 0, &walk->resp);
			return DONE;
		}
		if (old != s->pte)
			return LOST_RACE;
		record_update(walk, s);
	}
	return DONE;
}

static enum outcome walk_once(const struct tw_ctx *ctx, const struct tw_mem *mem,
			      const struct tw_req *req, struct tw_walk *walk)
{
	struct step path[TW_LEVELS_MAX];
	struct tw_walk_state ws;
	struct tw_pte pte;
	unsigned int n = 0;
	uint64_t word;

	walk->reads = 0;
	if (!tw_arch_begin(ctx, req->va, &ws, &pte.ppn)) {
		tw_arch_resp_fault(ctx, req, TW_FAULT_PAGE, 0, &walk->resp);
		return DONE;
	}
	do {
		struct step *s = &path[n++];

		s->addr = tw_arch_pte_addr(ctx, pte.ppn, ws.level, req->va);
		record_read(walk, s->addr);
		if (mem->read64(mem->user, s->addr & ~UINT64_C(7), &word) != 0) {
			walk->read_failed = true;
			tw_arch_resp_fault(ctx, req, TW_FAULT_ACCESS, 0, &walk->resp);
			return DONE;
		}
		s->pte = tw_arch_entry(ctx, s->addr, word);
		tw_arch_decode(ctx, req, &ws, s->pte, &pte);
		s->update = pte.update;
		ws = pte.next;
	} while (pte.kind == TW_PTE_POINTER);
	if (pte.kind == TW_PTE_FAULT) {
		tw_arch_resp_fault(ctx, req, TW_FAULT_PAGE, pte.cause, &walk->resp);
		return DONE;
	}
	walk->rights = pte.rights;
	tw_arch_resp_ok(req, pte.ppn, pte.size, &pte.rights, &walk->resp);
	return write_back(ctx, mem, req, path, n, walk);
}

int tw_arch_walk(const struct tw_ctx *ctx, const struct tw_mem *mem, const struct tw_req *req,
		 struct tw_walk *walk)
{
	*walk = (struct tw_walk){0};
	if (tw_arch_direct(ctx, req, &walk->resp) || !tw_arch_canonical(ctx, req, &walk->resp))
		return 0;
	for (unsigned int races = 0; races <= TW_WALK_RESTARTS; races++)
		if (walk_once(ctx, mem, req, walk) == DONE)
			return 0;
	return -EAGAIN;
}
