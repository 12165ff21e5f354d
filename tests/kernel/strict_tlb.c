// SPDX-License-Identifier: Apache-2.0
// See strict_tlb.h. Translation is the architecture library's; only the caching is here.
#include "strict_tlb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASIDS = 65536, HASH = 4096 };

// A cached translation (level 0) or pointer (level of the table that it leads to, plus one).
struct line {
	struct line *next;
	uint64_t vpn; // bits below the level are zero
	uint64_t ppn;
	uint16_t asid;
	uint8_t level; // 0: leaf; n: pointer to a table of level n - 1
	struct tw_rights rights;
	struct tw_walk_state state; // pointer: at the table
};

struct strict {
	struct tw_hw hw;
	struct line *hash[HASH];
	size_t lines;
	uint64_t cycle;
	uint64_t root[ASIDS]; // as last used with the ASID
	bool deaf;
	bool twice; // an address had two different translations at once
	unsigned int failures;
	uint64_t bad_page; // address of a page whose accesses fault; 1: none
	char text[256];
};

static struct strict *strict_of(struct tw_hw *hw)
{
	return (struct strict *)hw;
}

static const struct tw_format_desc *desc(const struct strict *s)
{
	return tw_format_get(s->hw.ctx.format);
}

static uint64_t vpn_of(const struct strict *s, uint64_t va)
{
	return (va & ((UINT64_C(1) << desc(s)->va_bits) - 1)) >> 12;
}

static uint64_t prefix(const struct strict *s, uint64_t vpn, unsigned int level)
{
	return vpn & ~((UINT64_C(1) << (desc(s)->vpn_shift[level])) - 1);
}

static struct line **bucket(struct strict *s, uint64_t vpn)
{
	return &s->hash[(vpn * UINT64_C(0x9e3779b97f4a7c15)) >> 52];
}

static struct line *find(struct strict *s, uint64_t vpn, unsigned int level)
{
	struct line *l = *bucket(s, prefix(s, vpn, level));

	while (l &&
	       (l->vpn != prefix(s, vpn, level) || l->asid != s->hw.ctx.asid || l->level != level))
		l = l->next;
	return l;
}

// A line for a new translation. If there is one that leads elsewhere, the kernel changed an entry
// without a fence: the hardware might have answered from either.
static struct line *put(struct strict *s, uint64_t vpn, unsigned int level, uint64_t ppn)
{
	struct line *l = find(s, vpn, level);

	if (l && l->ppn != ppn && !s->twice) {
		s->twice = true;
		snprintf(s->text, sizeof(s->text),
			 "two translations: va %" PRIx64 " asid %u level %u", l->vpn << 12, l->asid,
			 level);
	}
	if (l) {
		l->ppn = ppn;
		return l;
	}
	// Not calloc, which a test can make fail for the kernel (host_memory.h).
	l = aligned_alloc(_Alignof(struct line), sizeof(*l));
	if (!l)
		abort();
	*l = (struct line){0};
	l->vpn = prefix(s, vpn, level);
	l->ppn = ppn;
	l->asid = s->hw.ctx.asid;
	l->level = (uint8_t)level;
	l->next = *bucket(s, l->vpn);
	*bucket(s, l->vpn) = l;
	s->lines++;
	return l;
}

static void drop(struct strict *s,
		 bool (*match)(const struct strict *s, const struct line *l, const void *arg),
		 const void *arg)
{
	for (size_t i = 0; i < HASH; i++) {
		struct line **link = &s->hash[i];

		while (*link) {
			struct line *l = *link;

			if (match(s, l, arg)) {
				*link = l->next;
				free(l);
				s->lines--;
			} else {
				link = &l->next;
			}
		}
	}
}

// --- Access ----------------------------------------------------------------------------

struct step {
	uint64_t addr, pte, update;
};

// One walk from the table in *ws. False: a compare-and-swap was needed and done, or the walk
// faulted; *resp is complete either way.
static void walk(struct strict *s, const struct tw_req *req, uint64_t table,
		 struct tw_walk_state ws, struct tw_resp *resp)
{
	const struct tw_ctx *ctx = &s->hw.ctx;
	uint64_t vpn = vpn_of(s, req->va);
	struct step path[8];
	struct tw_pte pte = {.ppn = table};
	unsigned int n = 0;

	for (;;) {
		struct step *st = &path[n++];

		st->addr = tw_arch_pte_addr(ctx, pte.ppn, ws.level, req->va);
		s->cycle += 10;
		if (tw_pmem_read64(s->hw.pmem, st->addr & ~UINT64_C(7), &st->pte) != 0) {
			tw_arch_resp_fault(ctx, req, TW_FAULT_ACCESS, 0, resp);
			return;
		}
		st->pte = tw_arch_entry(ctx, st->addr, st->pte);
		tw_arch_decode(ctx, req, &ws, st->pte, &pte);
		st->update = pte.update;
		if (pte.kind != TW_PTE_POINTER)
			break;
		ws = pte.next;
		if (st->update == st->pte) {
			struct line *l = put(s, vpn, ws.level + 1u, pte.ppn);

			l->state = ws;
		}
	}
	if (pte.kind == TW_PTE_FAULT) {
		tw_arch_resp_fault(ctx, req, TW_FAULT_PAGE, pte.cause, resp);
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		uint64_t old;

		if (path[i].update != path[i].pte)
			tw_pmem_cas(s->hw.pmem, path[i].addr, desc(s)->entry_bytes, path[i].pte,
				    path[i].update, &old);
	}
	tw_arch_resp_ok(req, pte.ppn, pte.size, &pte.rights, resp);
	struct line *l = put(s, vpn, 0, pte.ppn);
	l->rights = pte.rights;
}

static void from_root(struct strict *s, const struct tw_req *req, struct tw_resp *resp)
{
	struct tw_walk_state ws;
	uint64_t table;

	if (tw_arch_begin(&s->hw.ctx, req->va, &ws, &table))
		walk(s, req, table, ws, resp);
	else
		tw_arch_resp_fault(&s->hw.ctx, req, TW_FAULT_PAGE, 0, resp);
}

static int strict_access(struct tw_hw *hw, unsigned int port, const struct tw_req *req,
			 struct tw_hw_result *res)
{
	struct strict *s = strict_of(hw);
	uint64_t vpn = vpn_of(s, req->va), start = s->cycle++;
	bool store = req->access == TW_STORE || req->access == TW_RMW;
	struct line *l;

	(void)port;
	if (s->failures > 0) {
		s->failures--;
		snprintf(s->text, sizeof(s->text), "made to fail");
		return -EIO;
	}
	memset(&res->resp, 0, sizeof(res->resp));
	if (!tw_arch_canonical(&hw->ctx, req, &res->resp))
		goto done;
	if ((req->va & ~UINT64_C(0xfff)) == s->bad_page) {
		tw_arch_resp_fault(&hw->ctx, req, TW_FAULT_PAGE, 0, &res->resp);
		goto done;
	}
	l = find(s, vpn, 0);
	if (l && tw_arch_allowed(&hw->ctx, req, &l->rights, NULL) && !(store && !l->rights.d)) {
		tw_arch_resp_ok(req, l->ppn, TW_SIZE_4K, &l->rights, &res->resp);
		goto done;
	}
	for (unsigned int level = 1; level < desc(s)->levels; level++) {
		l = find(s, vpn, level);
		if (!l)
			continue;
		walk(s, req, l->ppn, l->state, &res->resp);
		// A fault is reported only by a walk from the root.
		if (res->resp.fault == TW_FAULT_NONE)
			goto done;
		break;
	}
	from_root(s, req, &res->resp);
done:
	res->cycles = s->cycle - start;
	return 0;
}

// --- Maintenance -----------------------------------------------------------------------

static bool fenced(const struct strict *s, const struct line *l, const void *arg)
{
	const struct tw_fence *f = arg;

	if (f->by_addr && (l->level > 0 || l->vpn != vpn_of(s, f->va)))
		return false;
	return !f->by_asid || l->asid == f->asid;
}

static int strict_fence(struct tw_hw *hw, const struct tw_fence *fence)
{
	struct strict *s = strict_of(hw);

	s->cycle += 3;
	if (!s->deaf)
		drop(s, fenced, fence);
	return 0;
}

static int strict_ctrl_write(struct tw_hw *hw, enum tw_ctrl_reg reg, uint64_t value)
{
	struct strict *s = strict_of(hw);

	struct tw_mem mem = tw_pmem_mem(hw->pmem);
	struct tw_ctx ctx = {.format = (enum tw_format)(value >> 60),
			     .asid = (uint16_t)(value >> 44),
			     .root_ppn = value & ((UINT64_C(1) << 44) - 1),
			     .maxphyaddr = hw->ctx.maxphyaddr};
	int err;

	s->cycle += 2;
	if (reg != TW_CTRL_ROOT)
		return 0;
	s->root[ctx.asid] = ctx.root_ppn;
	err = tw_arch_load_root(&ctx, &mem);
	memcpy(hw->ctx.pdpte, ctx.pdpte, sizeof(ctx.pdpte));
	return err;
}

static int strict_idle(struct tw_hw *hw, uint64_t cycles)
{
	strict_of(hw)->cycle += cycles;
	return 0;
}

static int strict_counters(struct tw_hw *hw, struct tw_hw_counters *c)
{
	*c = (struct tw_hw_counters){.cycle = strict_of(hw)->cycle};
	return 0;
}

static int strict_finish(struct tw_hw *hw)
{
	return strict_check(hw) ? -EIO : 0;
}

static void strict_observe(struct tw_hw *hw, tw_mem_observer fn, void *user)
{
	(void)hw;
	(void)fn;
	(void)user;
}

static const char *strict_error(const struct tw_hw *hw)
{
	return ((const struct strict *)hw)->text;
}

static bool every(const struct strict *s, const struct line *l, const void *arg)
{
	(void)s;
	(void)l;
	(void)arg;
	return true;
}

static void strict_destroy(struct tw_hw *hw)
{
	drop(strict_of(hw), every, NULL);
	free(hw);
}

static const struct tw_hw_ops strict_ops = {
	.name = "strict",
	.access = strict_access,
	.ctrl_write = strict_ctrl_write,
	.fence = strict_fence,
	.idle = strict_idle,
	.counters = strict_counters,
	.finish = strict_finish,
	.observe = strict_observe,
	.error = strict_error,
	.destroy = strict_destroy,
};

int strict_create(struct tw_pmem *pmem, struct tw_hw **hw)
{
	struct strict *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->hw.ops = &strict_ops;
	s->hw.pmem = pmem;
	s->hw.formats = UINT32_MAX;
	s->hw.asid_bits = 16;
	s->hw.ctx.maxphyaddr = 52;
	s->bad_page = 1;
	*hw = &s->hw;
	return 0;
}

size_t strict_entries(const struct tw_hw *hw)
{
	return ((const struct strict *)hw)->lines;
}

void strict_ignore_fences(struct tw_hw *hw, bool on)
{
	strict_of(hw)->deaf = on;
}

void strict_fault_forever(struct tw_hw *hw, uint64_t va)
{
	strict_of(hw)->bad_page = va & ~UINT64_C(0xfff);
}

void strict_fail_accesses(struct tw_hw *hw, unsigned int n)
{
	strict_of(hw)->failures = n;
}

// --- The check -------------------------------------------------------------------------

// The entry that the tables hold for a line now; 0 if the path to it is gone.
static uint64_t current_entry(struct strict *s, const struct line *l, struct tw_pte *pte)
{
	struct tw_ctx ctx = s->hw.ctx;
	struct tw_req req = {.va = l->vpn << 12, .access = TW_LOAD, .priv = TW_PRIV_U};
	struct tw_walk_state ws;
	uint64_t value, addr;

	if (!l->rights.r && l->rights.x)
		req.access = TW_FETCH;
	// What the root's cached entries say is current by definition.
	ctx.root_ppn = s->root[l->asid];
	*pte = (struct tw_pte){0};
	if (!tw_arch_begin(&ctx, req.va, &ws, &pte->ppn))
		return 0;
	for (;;) {
		addr = tw_arch_pte_addr(&ctx, pte->ppn, ws.level, req.va);
		if (tw_pmem_read64(s->hw.pmem, addr & ~UINT64_C(7), &value) != 0)
			return 0;
		value = tw_arch_entry(&ctx, addr, value);
		tw_arch_decode(&ctx, &req, &ws, value, pte);
		if (pte->kind != TW_PTE_POINTER)
			return l->level == 0 && pte->kind == TW_PTE_LEAF ? value : 0;
		ws = pte->next;
		if (l->level > 0 && ws.level == l->level - 1)
			return value;
	}
}

static const char *stale(struct strict *s, const struct line *l)
{
	struct tw_pte pte;
	uint64_t value = current_entry(s, l, &pte);

	if (value == 0 || pte.ppn != l->ppn)
		return l->level ? "pointer is gone" : "page is gone";
	if (l->level)
		return NULL;
	if ((l->rights.r && !pte.rights.r) || (l->rights.w && !pte.rights.w) ||
	    (l->rights.x && !pte.rights.x))
		return "right is gone";
	if (l->rights.d && !pte.rights.d)
		return "D was cleared";
	return pte.update != value ? "A was cleared" : NULL;
}

const char *strict_check(struct tw_hw *hw)
{
	struct strict *s = strict_of(hw);

	if (s->twice)
		return s->text;
	for (size_t i = 0; i < HASH; i++)
		for (const struct line *l = s->hash[i]; l; l = l->next) {
			const char *why = stale(s, l);

			if (!why)
				continue;
			snprintf(s->text, sizeof(s->text),
				 "stale: va %" PRIx64 " asid %u level %u: %s", l->vpn << 12,
				 l->asid, l->level, why);
			return s->text;
		}
	return NULL;
}
