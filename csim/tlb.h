// SPDX-License-Identifier: Apache-2.0
// What the TLBs have in common: an entry, what it matches, and the response that it gives
// (docs/contract.md section 6). An entry holds whole addresses, as requests give them; their VPN
// is what a fence and the debug view see of them. Invariant: the address bits below the page size
// are zero.
#ifndef TW_CSIM_TLB_H
#define TW_CSIM_TLB_H

#include "twinwalk/mmu.h"

struct tlb_entry {
	uint64_t va;
	uint64_t mask;		 // address bits above the page size
	struct tw_resp resp;	 // of an access to the first byte: page, size, attributes
	struct tw_rights rights; // rights.g is the global bit
	uint16_t asid;
	uint64_t granted; // for speed only, see port.h
};

// What a fence invalidates. The address is as entries have it: its bits above the VPN follow from
// the VPN.
struct tlb_scope {
	uint64_t va;
	uint16_t asid;
	bool by_addr, by_asid, global;
};

// A strobe of the debug view is high in the one cycle whose number it holds. Cycle 0 has none.
static inline bool strobe(uint64_t at, uint64_t cycle)
{
	return at == cycle && cycle;
}

// For speed only: a 4 KB page of which no entry of a TLB knows anything. Valid until the next
// insert.
struct tlb_absent {
	uint64_t va; // 1: none
	uint16_t asid;
};

static inline bool tlb_is_absent(const struct tlb_absent *a, const struct tlb_entry *page)
{
	return a->va == page->va && a->asid == page->asid && !page->rights.g &&
	       page->resp.size == TW_SIZE_4K;
}

static inline bool tlb_same_page(uint64_t a, uint64_t b)
{
	return (a ^ b) < 4096;
}

static inline bool tlb_match(const struct tlb_entry *e, uint64_t va, uint16_t asid)
{
	return !((e->va ^ va) & e->mask) && (e->rights.g || e->asid == asid);
}

static inline bool tlb_overlap(const struct tlb_entry *a, const struct tlb_entry *b)
{
	return !((a->va ^ b->va) & a->mask & b->mask) &&
	       (a->rights.g || b->rights.g || a->asid == b->asid);
}

static inline bool tlb_in_scope(const struct tlb_entry *e, const struct tlb_scope *s)
{
	if (s->by_addr && (e->va ^ s->va) & e->mask)
		return false;
	return e->rights.g ? s->global : !s->by_asid || e->asid == s->asid;
}

static inline void tlb_entry_make(struct tlb_entry *e, uint64_t va, uint16_t asid, uint64_t ppn,
				  uint8_t size, const struct tw_rights *rights)
{
	e->mask = ~UINT64_C(0) << (12 + tw_size_log2_pages(size));
	e->va = va & e->mask;
	e->resp = (struct tw_resp){
		.pa = ppn << 12, .size = size, .attr = rights->attr, .global = rights->g};
	e->rights = *rights;
	e->asid = asid;
	e->granted = 0;
}

// The 4 KB page that a fault kills.
static inline void tlb_page_make(struct tlb_entry *e, uint64_t va, uint16_t asid)
{
	static const struct tw_rights none;

	tlb_entry_make(e, va, asid, 0, TW_SIZE_4K, &none);
}

static inline uint64_t tlb_entry_ppn(const struct tlb_entry *e)
{
	return e->resp.pa >> 12;
}

// The layout of section 13. vpn: the address bits that make the VPN.
static inline void tlb_entry_pack(const struct tlb_entry *e, uint64_t vpn, uint64_t word[2])
{
	const struct tw_rights *r = &e->rights;

	word[0] = (uint64_t)r->pkey | (uint64_t)r->attr << 4 | (uint64_t)r->d << 7 |
		  (uint64_t)r->u << 8 | (uint64_t)r->x << 9 | (uint64_t)r->w << 10 |
		  (uint64_t)r->r << 11 | (uint64_t)r->g << 12 | (uint64_t)e->resp.size << 13 |
		  tlb_entry_ppn(e) << 16 | (uint64_t)e->asid << 60;
	word[1] = e->asid >> 4 | (e->va & vpn);
}

// The permission check with its D part: rows c of section 4 and a of section 7.
static inline bool tlb_usable(const struct tlb_entry *e, const struct tw_ctx *ctx,
			      const struct tw_req *req)
{
	bool write = req->access >= TW_STORE;

	return tw_arch_allowed(ctx, req, &e->rights, NULL) && (e->rights.d || !write);
}

// The response of an access to the page.
static inline void tlb_answer(const struct tlb_entry *e, const struct tw_req *req,
			      struct tw_resp *resp)
{
	*resp = e->resp;
	resp->pa = e->resp.pa | (req->va & ~e->mask);
}

#endif
