// SPDX-License-Identifier: Apache-2.0
// What the naive walkers of both families share: reading and changing entries with a note of each,
// and accesses that are not translated.
#include "naive.h"

#include <errno.h>
#include <string.h>

bool naive_read(struct naive *n, const struct tw_mem *mem, uint64_t addr, unsigned int bytes,
		uint64_t *entry)
{
	struct tw_walk *w = &n->walk;
	bool known = false;
	uint64_t word;

	for (unsigned int i = 0; i < w->reads; i++)
		known |= w->read_addr[i] == addr;
	if (!known)
		w->read_addr[w->reads++] = addr;
	if (mem->read64(mem->user, addr - addr % 8, &word) != 0) {
		w->read_failed = true;
		return false;
	}
	if (bytes == 4)
		*entry = addr % 8 == 4 ? naive_bits(word, 63, 32) : naive_bits(word, 31, 0);
	else
		*entry = word;
	return true;
}

bool naive_set(struct naive *n, const struct tw_mem *mem, uint64_t addr, unsigned int bytes,
	       uint64_t set)
{
	struct tw_walk *w = &n->walk;
	uint64_t word, entry, old;

	if (mem->read64(mem->user, addr - addr % 8, &word) != 0)
		return false;
	entry = word;
	if (bytes == 4)
		entry = addr % 8 == 4 ? naive_bits(word, 63, 32) : naive_bits(word, 31, 0);
	if ((entry & set) == set)
		return true;
	if (mem->cas(mem->user, addr, bytes, entry, entry | set, &old) != 0)
		return false;
	n->reason = NAIVE_OK_UPDATE;
	for (unsigned int i = 0; i < w->updates; i++) {
		if (w->update[i].addr == addr) {
			w->update[i].desired = entry | set;
			return true;
		}
	}
	w->update[w->updates].addr = addr;
	w->update[w->updates].old = entry;
	w->update[w->updates].desired = entry | set;
	w->updates++;
	return true;
}

void naive_fault(struct naive *n, enum naive_reason reason, enum tw_fault fault, uint8_t cause,
		 uint64_t va)
{
	n->reason = reason;
	n->walk.resp = (struct tw_resp){
		.fault = (uint8_t)fault,
		.cause = cause,
		.fault_va = va,
	};
}

static void untranslated(const struct tw_req *req, struct naive *n)
{
	if (naive_bits(req->va, 63, 56) == 0) {
		n->reason = NAIVE_DIRECT;
		n->walk.resp.pa = req->va;
		return;
	}
	naive_fault(n, NAIVE_DIRECT_WIDE, TW_FAULT_ACCESS,
		    req->access == TW_FETCH  ? 1
		    : req->access == TW_LOAD ? 5
					     : 7,
		    req->va);
}

void naive_walk(const struct tw_ctx *ctx, const struct tw_mem *mem, const struct tw_req *req,
		struct naive *n)
{
	memset(n, 0, sizeof(*n));
	switch (ctx->format) {
	case TW_FMT_BARE:
		untranslated(req, n);
		break;
	case TW_FMT_SV32:
	case TW_FMT_SV39:
	case TW_FMT_SV48:
	case TW_FMT_SV57:
		if (req->priv == TW_PRIV_M)
			untranslated(req, n);
		else
			naive_riscv(ctx, mem, req, n);
		break;
	case TW_FMT_X86_LEGACY:
	case TW_FMT_X86_PAE:
	case TW_FMT_X86_LONG4:
	case TW_FMT_X86_LONG5:
		naive_x86(ctx, mem, req, n);
		break;
	}
}

int naive_load_root(struct tw_ctx *ctx, const struct tw_mem *mem)
{
	uint64_t pdpte[4];

	if (ctx->format != TW_FMT_X86_PAE)
		return 0;
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t addr = naive_bits(ctx->root_ppn, 19, 0) * 4096 +
				naive_bits(ctx->root_low, 11, 5) * 32 + 8 * i;

		if (mem->read64(mem->user, addr, &pdpte[i]) != 0)
			return -EIO;
		if (!naive_bit(pdpte[i], 0))
			continue;
		if (naive_bits(pdpte[i], 2, 1) || naive_bits(pdpte[i], 8, 5) ||
		    naive_bits(pdpte[i], 63, ctx->maxphyaddr))
			return -EINVAL;
	}
	for (unsigned int i = 0; i < 4; i++)
		ctx->pdpte[i] = pdpte[i];
	return 0;
}
