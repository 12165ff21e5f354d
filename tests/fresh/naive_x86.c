// SPDX-License-Identifier: Apache-2.0
// The naive walker, x86: each paging mode written out level by level as the SDM's figures show it.
#include "naive.h"

// A walk under way.
struct x86 {
	const struct tw_ctx *ctx;
	const struct tw_mem *mem;
	const struct tw_req *req;
	struct naive *n;
	uint64_t va;
	bool write, user, fetch;
	bool us, rw, nx; // of all entries so far
	struct {
		uint64_t addr;
		unsigned int bytes;
	} used[5]; // entries whose A is to be set
	unsigned int uses;
};

static bool flag(const struct x86 *x, uint32_t f)
{
	return (x->ctx->flags & f) != 0;
}

static bool has_nx(const struct x86 *x)
{
	return x->ctx->format != TW_FMT_X86_LEGACY && flag(x, TW_F_NXE);
}

// Figure "Page-Fault Error Code", but for P, RSVD and PK.
static uint8_t access_code(const struct x86 *x)
{
	uint8_t code = 0;

	if (x->write)
		code += 2;
	if (x->user)
		code += 4;
	if (x->fetch && (has_nx(x) || flag(x, TW_F_SMEP)))
		code += 16;
	return code;
}

static bool pf(struct x86 *x, enum naive_reason reason, uint8_t bits)
{
	naive_fault(x->n, reason, TW_FAULT_PAGE, (uint8_t)(access_code(x) | bits), x->va);
	return false;
}

enum { PRESENT = 1, RSVD = 1 + 8 };

// Reads the entry INDEX of a table of 8-byte entries; P, and the reserved bits that are the same in
// every entry: address bits beyond MAXPHYADDR, XD, and bits 62:52 with PAE. False: it ended in a
// fault.
static bool entry64(struct x86 *x, uint64_t table, uint64_t index, uint64_t *e)
{
	uint64_t addr = table + 8 * index;

	if (!naive_read(x->n, x->mem, addr, 8, e)) {
		naive_fault(x->n, NAIVE_BUS, TW_FAULT_ACCESS, access_code(x), x->va);
		return false;
	}
	if (!naive_bit(*e, 0))
		return pf(x, NAIVE_ABSENT, 0);
	for (unsigned int i = x->ctx->maxphyaddr; i <= 51; i++) {
		if (naive_bit(*e, i))
			return pf(x, NAIVE_PHYS, RSVD);
	}
	if (x->ctx->format == TW_FMT_X86_PAE && naive_bits(*e, 62, 52))
		return pf(x, NAIVE_PAE_UPPER, RSVD);
	if (naive_bit(*e, 63) && !flag(x, TW_F_NXE))
		return pf(x, NAIVE_NXE, RSVD);
	x->rw = x->rw && naive_bit(*e, 1);
	x->us = x->us && naive_bit(*e, 2);
	x->nx = x->nx || naive_bit(*e, 63);
	x->used[x->uses].addr = addr;
	x->used[x->uses].bytes = 8;
	x->uses++;
	return true;
}

static bool entry32(struct x86 *x, uint64_t table, uint64_t index, uint64_t *e)
{
	uint64_t addr = table + 4 * index;

	if (!naive_read(x->n, x->mem, addr, 4, e)) {
		naive_fault(x->n, NAIVE_BUS, TW_FAULT_ACCESS, access_code(x), x->va);
		return false;
	}
	if (!naive_bit(*e, 0))
		return pf(x, NAIVE_ABSENT, 0);
	x->rw = x->rw && naive_bit(*e, 1);
	x->us = x->us && naive_bit(*e, 2);
	x->used[x->uses].addr = addr;
	x->used[x->uses].bytes = 4;
	x->uses++;
	return true;
}

static uint64_t next_table(uint64_t e)
{
	return naive_bits(e, 51, 12) * 4096;
}

// The rights of the whole path. KEY is the leaf's protection key.
static bool permitted(struct x86 *x, unsigned int key)
{
	bool long_mode = x->ctx->format == TW_FMT_X86_LONG4 || x->ctx->format == TW_FMT_X86_LONG5;
	enum naive_reason reason = NAIVE_OK;
	bool ad = false, wd = false;

	if (x->user && !x->us)
		reason = NAIVE_SUPER_PAGE;
	if (x->write && !x->rw && (x->user || flag(x, TW_F_WP)))
		reason = NAIVE_NO_WRITE;
	if (x->fetch && x->nx)
		reason = NAIVE_NO_FETCH;
	if (x->fetch && !x->user && x->us && flag(x, TW_F_SMEP))
		reason = NAIVE_SMEP;
	if (!x->fetch && !x->user && x->us && flag(x, TW_F_SMAP) && !x->req->sum)
		reason = NAIVE_SMAP;
	if (long_mode && flag(x, TW_F_PKE) && x->us && !x->fetch) {
		ad = naive_bit(x->ctx->pkru, 2 * key);
		wd = naive_bit(x->ctx->pkru, 2 * key + 1) && x->write &&
		     (x->user || flag(x, TW_F_WP));
	}
	if (ad || wd) {
		if (reason == NAIVE_OK)
			reason = ad ? NAIVE_PKEY_AD : NAIVE_PKEY_WD;
		else
			reason = NAIVE_PKEY_MORE;
		return pf(x, reason, PRESENT + 32);
	}
	return reason == NAIVE_OK ? true : pf(x, reason, PRESENT);
}

// A good page at PAGE, of 2 to the power BITS bytes, from the leaf E, whose PAT bit is PAT.
static void leaf(struct x86 *x, uint64_t e, uint64_t page, unsigned int bits, uint8_t size,
		 unsigned int pat)
{
	struct tw_resp *resp = &x->n->walk.resp;
	unsigned int key = (unsigned int)naive_bits(e, 62, 59);

	if (!permitted(x, key))
		return;
	for (unsigned int i = 0; i < x->uses; i++) {
		uint64_t set = i + 1 == x->uses && x->write ? 0x60 : 0x20;

		if (!naive_set(x->n, x->mem, x->used[i].addr, x->used[i].bytes, set)) {
			naive_fault(x->n, NAIVE_BUS_UPDATE, TW_FAULT_ACCESS, access_code(x), x->va);
			return;
		}
	}
	resp->pa = page + naive_bits(x->va, bits - 1, 0);
	resp->size = size;
	resp->global = flag(x, TW_F_PGE) && naive_bit(e, 8);
	resp->attr = (uint8_t)(4 * naive_bit(e, pat) + 2 * naive_bit(e, 4) + 1 * naive_bit(e, 3));
	x->n->walk.rights = (struct tw_rights){
		.r = true,
		.w = x->rw,
		.x = !x->nx,
		.u = x->us,
		.g = resp->global,
		.d = naive_bit(e, 6) || x->write,
		.attr = resp->attr,
		.pkey = (uint8_t)key,
	};
}

// Page table of 8-byte entries.
static void pt64(struct x86 *x, uint64_t table)
{
	uint64_t e;

	if (entry64(x, table, naive_bits(x->va, 20, 12), &e))
		leaf(x, e, next_table(e), 12, TW_SIZE_4K, 7);
}

// Page directory of 8-byte entries, and what is below.
static void pd64(struct x86 *x, uint64_t table)
{
	uint64_t e;

	if (!entry64(x, table, naive_bits(x->va, 29, 21), &e))
		return;
	if (!naive_bit(e, 7))
		pt64(x, next_table(e));
	else if (naive_bits(e, 20, 13))
		pf(x, NAIVE_LARGE_LOW, RSVD);
	else
		leaf(x, e, naive_bits(e, 51, 21) << 21, 21, TW_SIZE_2M, 12);
}

static void pdpt(struct x86 *x, uint64_t table)
{
	uint64_t e;

	if (!entry64(x, table, naive_bits(x->va, 38, 30), &e))
		return;
	if (!naive_bit(e, 7))
		pd64(x, next_table(e));
	else if (!flag(x, TW_F_GBPAGES))
		pf(x, NAIVE_PS, RSVD);
	else if (naive_bits(e, 29, 13))
		pf(x, NAIVE_LARGE_LOW, RSVD);
	else
		leaf(x, e, naive_bits(e, 51, 30) << 30, 30, TW_SIZE_1G, 12);
}

static void pml4(struct x86 *x, uint64_t table)
{
	uint64_t e;

	if (!entry64(x, table, naive_bits(x->va, 47, 39), &e))
		return;
	if (naive_bit(e, 7))
		pf(x, NAIVE_PS, RSVD);
	else
		pdpt(x, next_table(e));
}

static void pml5(struct x86 *x, uint64_t table)
{
	uint64_t e;

	if (!entry64(x, table, naive_bits(x->va, 56, 48), &e))
		return;
	if (naive_bit(e, 7))
		pf(x, NAIVE_PS, RSVD);
	else
		pml4(x, next_table(e));
}

static bool canonical(struct x86 *x, unsigned int top)
{
	uint64_t upper = naive_bits(x->va, 63, top);

	if (upper == 0 || upper == naive_bits(UINT64_MAX, 63, top))
		return true;
	naive_fault(x->n, NAIVE_CANONICAL, TW_FAULT_CANON, 0, x->va);
	return false;
}

static void pae(struct x86 *x)
{
	uint64_t pdpte = x->ctx->pdpte[naive_bits(x->va, 31, 30)];

	if (naive_bit(pdpte, 0))
		pd64(x, next_table(pdpte));
	else
		pf(x, NAIVE_PDPTE, 0);
}

static void large32(struct x86 *x, uint64_t e)
{
	unsigned int m = x->ctx->maxphyaddr < 40 ? x->ctx->maxphyaddr : 40;

	// Bits 39:32 of the address stand in 20:13; those at or above M, and bit 21, are reserved.
	for (unsigned int i = m - 19; i <= 21; i++) {
		if (naive_bit(e, i)) {
			pf(x, NAIVE_PSE36, RSVD);
			return;
		}
	}
	leaf(x, e, (naive_bits(e, 20, 13) << 32) + (naive_bits(e, 31, 22) << 22), 22, TW_SIZE_4M,
	     12);
}

static void legacy(struct x86 *x)
{
	uint64_t e;

	if (!entry32(x, naive_bits(x->ctx->root_ppn, 19, 0) * 4096, naive_bits(x->va, 31, 22), &e))
		return;
	if (flag(x, TW_F_PSE) && naive_bit(e, 7)) {
		large32(x, e);
		return;
	}
	if (entry32(x, naive_bits(e, 31, 12) * 4096, naive_bits(x->va, 21, 12), &e))
		leaf(x, e, naive_bits(e, 31, 12) * 4096, 12, TW_SIZE_4K, 7);
}

void naive_x86(const struct tw_ctx *ctx, const struct tw_mem *mem, const struct tw_req *req,
	       struct naive *n)
{
	struct x86 x = {
		.ctx = ctx,
		.mem = mem,
		.req = req,
		.n = n,
		.va = req->va,
		.write = req->access == TW_STORE || req->access == TW_RMW,
		.user = req->priv == TW_PRIV_U,
		.fetch = req->access == TW_FETCH,
		.us = true,
		.rw = true,
	};
	uint64_t root = ctx->root_ppn * 4096;

	switch (ctx->format) {
	case TW_FMT_X86_LEGACY:
		x.va = naive_bits(req->va, 31, 0);
		legacy(&x);
		break;
	case TW_FMT_X86_PAE:
		x.va = naive_bits(req->va, 31, 0);
		pae(&x);
		break;
	case TW_FMT_X86_LONG4:
		if (canonical(&x, 47))
			pml4(&x, root);
		break;
	default:
		if (canonical(&x, 56))
			pml5(&x, root);
		break;
	}
}
