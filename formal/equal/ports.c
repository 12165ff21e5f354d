// SPDX-License-Identifier: Apache-2.0
// The model's pure functions in terms of the ports of the RTL: one function for each module that
// equal.py compares. A parameter is a port of the same name; what a function writes through an
// output must be what the module puts out, and where it writes nothing, the module may put out
// anything. eq_assume() says what the rest of the machine guarantees. Only layouts are translated
// here (docs/contract.md, section 13); every decision is made by the functions that the model
// itself calls.
#include <stdint.h>

#include "../../csim/arch/internal.h"
#include "../../csim/pick.h"
#include "../../csim/plru.h"
#include "../../csim/tlb.h"

#ifdef __clang_analyzer__ // which takes an assumption for a call like any other
#define eq_assume(condition)                     \
	do {                                     \
		if (!(condition))                \
			__builtin_unreachable(); \
	} while (0)
#else
void eq_assume(bool condition);
#endif

#define VPN_BITS  ((UINT64_C(1) << 45) - 1)
#define ASID_BITS UINT64_C(0xffff)

// Codes of tw_pte_decode's kind_o, by enum tw_pte_kind.
static const uint8_t kind_code[] = {[TW_PTE_POINTER] = 1, [TW_PTE_LEAF] = 2, [TW_PTE_FAULT] = 0};

// {mxr, sum, priv, access}
static struct tw_req request(uint64_t va, uint64_t mode)
{
	return (struct tw_req){.va = va,
			       .access = mode & 3,
			       .priv = mode >> 2 & 3,
			       .sum = mode >> 4 & 1,
			       .mxr = mode >> 5 & 1};
}

// {global, R, W, X, U, D, attr, protection key}
static uint64_t rights_bits(const struct tw_rights *r)
{
	return (uint64_t)r->pkey | (uint64_t)r->attr << 4 | (uint64_t)r->d << 7 |
	       (uint64_t)r->u << 8 | (uint64_t)r->x << 9 | (uint64_t)r->w << 10 |
	       (uint64_t)r->r << 11 | (uint64_t)r->g << 12;
}

static struct tw_rights rights_of(uint64_t page)
{
	return (struct tw_rights){.pkey = page & 15,
				  .attr = page >> 4 & 7,
				  .d = page >> 7 & 1,
				  .u = page >> 8 & 1,
				  .x = page >> 9 & 1,
				  .w = page >> 10 & 1,
				  .r = page >> 11 & 1,
				  .g = page >> 12 & 1};
}

// {size, global, attr, fault, cause}
static uint64_t info(const struct tw_resp *r)
{
	return (uint64_t)r->cause | (uint64_t)r->fault << 6 | (uint64_t)r->attr << 8 |
	       (uint64_t)r->global << 11 | (uint64_t)r->size << 12;
}

void eq_pte_decode(uint64_t fmt_i, uint64_t flags_i, uint64_t pkru_i, uint64_t maxphyaddr_i,
		   uint64_t mode_i, uint64_t level_i, uint64_t above_i, uint64_t entry_i,
		   uint64_t *kind_o, uint64_t *cause_o, uint64_t *access_cause_o, uint64_t *ppn_o,
		   uint64_t *above_o, uint64_t *page_o, uint64_t *stale_o, uint64_t *update_o)
{
	struct tw_ctx ctx = {.format = (enum tw_format)fmt_i,
			     .flags = (uint32_t)flags_i,
			     .pkru = (uint32_t)pkru_i,
			     .maxphyaddr = (uint8_t)maxphyaddr_i};
	const struct tw_format_desc *f = tw_format_get(ctx.format);
	struct tw_req req = request(0, mode_i);
	struct tw_walk_state ws = {.level = (uint8_t)level_i,
				   .w = above_i & 1,
				   .u = above_i >> 1 & 1,
				   .x = above_i >> 2 & 1,
				   .g = above_i >> 3 & 1};
	struct tw_resp resp;
	struct tw_pte pte;

	eq_assume(level_i < f->levels);
	eq_assume(maxphyaddr_i >= TW_MIN_MAXPHYADDR && maxphyaddr_i <= TW_MAX_MAXPHYADDR);
	// The other half of the word is not part of the entry.
	eq_assume(f->entry_bytes == 8 || entry_i >> 32 == 0);
	// A family collects from the levels above what it needs; the rest is as at the root.
	eq_assume(f->scheme == &tw_scheme_riscv ? (above_i & 7) == 7 : !(above_i & 8));
	tw_arch_decode(&ctx, &req, &ws, entry_i, &pte);
	*kind_o = kind_code[pte.kind];
	*stale_o = pte.update != entry_i;
	*update_o = pte.update;
	tw_arch_resp_fault(&ctx, &req, TW_FAULT_ACCESS, 0, &resp);
	*access_cause_o = resp.cause;
	if (pte.kind == TW_PTE_FAULT)
		*cause_o = pte.cause;
	if (pte.kind == TW_PTE_LEAF)
		*page_o = rights_bits(&pte.rights) | (uint64_t)pte.size << 13 | pte.ppn << 16;
	if (pte.kind == TW_PTE_POINTER) {
		*ppn_o = pte.ppn;
		*above_o = (uint64_t)pte.next.w | (uint64_t)pte.next.u << 1 |
			   (uint64_t)pte.next.x << 2 | (uint64_t)pte.next.g << 3;
	}
}

void eq_check(uint64_t fmt_i, uint64_t flags_i, uint64_t pkru_i, uint64_t va_i, uint64_t mode_i,
	      uint64_t page_i, uint64_t *legal_o, uint64_t *illegal_o, uint64_t *bus_error_o,
	      uint64_t *missing_o, uint64_t *usable_o)
{
	struct tw_ctx ctx = {.format = (enum tw_format)fmt_i,
			     .flags = (uint32_t)flags_i,
			     .pkru = (uint32_t)pkru_i};
	struct tw_req req = request(va_i, mode_i);
	struct tlb_entry e = {.rights = rights_of(page_i)};
	struct tw_resp resp = {0};

	*legal_o = tw_arch_canonical(&ctx, &req, &resp);
	if (!*legal_o)
		*illegal_o = info(&resp);
	tw_arch_resp_fault(&ctx, &req, TW_FAULT_ACCESS, 0, &resp);
	*bus_error_o = info(&resp);
	tw_arch_resp_fault(&ctx, &req, TW_FAULT_PAGE, 0, &resp);
	*missing_o = info(&resp);
	// x86: every page is readable; TLBs hold no other.
	eq_assume(tw_format_get(ctx.format)->scheme == &tw_scheme_riscv || e.rights.r);
	*usable_o = tlb_usable(&e, &ctx, &req);
}

void eq_pte_addr(uint64_t fmt_i, uint64_t table_i, uint64_t level_i, uint64_t vpn_i,
		 uint64_t *addr_o, uint64_t *prefix_o, uint64_t *root_o)
{
	struct tw_ctx ctx = {.format = (enum tw_format)fmt_i};
	const struct tw_format_desc *f = tw_format_get(ctx.format);
	struct tw_walk_state ws;

	eq_assume(level_i < f->levels);
	*addr_o = tw_arch_pte_addr(&ctx, table_i, (uint8_t)level_i, vpn_i << 12);
	*prefix_o = (~UINT64_C(0) << f->vpn_shift[level_i + 1]) & VPN_BITS;
	tw_arch_root(&ctx, &ws);
	*root_o = ws.level;
}

void eq_place(uint64_t ways, uint64_t insert_i, uint64_t valid_i, uint64_t replaced_i,
	      uint64_t tree_i, uint64_t hit_i, uint64_t hit_way_i, uint64_t *way_o,
	      uint64_t *tree_o)
{
	unsigned int n = (unsigned int)ways;
	uint64_t tree = tree_i;
	struct plru_paths paths;

	eq_assume(n >= 2 && n <= 64);
	eq_assume(!(replaced_i & ~valid_i)); // an invalid entry is in nobody's way
	plru_paths(&paths, n);
	if (hit_i)
		tree = plru_touch(tree, &paths, (unsigned int)hit_way_i);
	if (insert_i) {
		*way_o = plru_place(replaced_i, valid_i, tree_i, n);
		tree = plru_touch(tree, &paths, plru_place(replaced_i, valid_i, tree_i, n));
	}
	*tree_o = tree;
}

void eq_pick(uint64_t request_i, uint64_t pointer_i, uint64_t *index_o)
{
	*index_o = request_i ? pick((unsigned int)request_i, (unsigned int)pointer_i) : 0;
}

// --- Planted: each must be refused, for its reason
// ------------------------------------------------

// Wrong for one input.
void eq_planted_value(uint64_t request_i, uint64_t pointer_i, uint64_t *index_o)
{
	eq_pick(request_i, pointer_i, index_o);
	if (request_i == 0x42 && pointer_i == 5)
		*index_o = 1;
}

// Reads outside of an object for one input.
void eq_planted_undefined(uint64_t request_i, uint64_t pointer_i, uint64_t *index_o)
{
	static const uint8_t zero[8];

	eq_pick(request_i, pointer_i, index_o);
	*index_o += zero[pointer_i + (request_i == 0x42)];
}

// Says nothing.
void eq_planted_vain(uint64_t request_i, uint64_t pointer_i, uint64_t *index_o)
{
	if (request_i > 255)
		*index_o = pointer_i;
}

// Assumes what is never so.
void eq_planted_assumption(uint64_t request_i, uint64_t pointer_i, uint64_t *index_o)
{
	eq_assume(request_i > 255);
	eq_pick(request_i, pointer_i, index_o);
}

// --- Arrays --------------------------------------------------------------------------------------

// The entry that a tag and the data of a page make. A VPN is that of a whole address.
static void entry(struct tlb_entry *e, uint64_t tag, uint64_t data)
{
	struct tw_rights rights = rights_of(data);
	uint64_t va = (uint64_t)((int64_t)(tag >> 16 << 19) >> 7);

	eq_assume((data >> 13 & 7) <= TW_SIZE_256T);
	tlb_entry_make(e, va, tag & ASID_BITS, data >> 16, data >> 13 & 7, &rights);
}

// A scope has all bits of an address, or none; so of an ASID.
static struct tlb_scope scope_of(uint64_t tag, uint64_t mask, uint64_t global)
{
	eq_assume(mask >> 16 == 0 || mask >> 16 == VPN_BITS);
	eq_assume((mask & ASID_BITS) == 0 || (mask & ASID_BITS) == ASID_BITS);
	return (struct tlb_scope){.va = (uint64_t)((int64_t)(tag >> 16 << 19) >> 7),
				  .asid = tag & ASID_BITS,
				  .by_addr = mask >> 16 != 0,
				  .by_asid = (mask & ASID_BITS) != 0,
				  .global = global};
}

// What tw_tlb_fa keeps beside an entry, decoded.
static uint64_t tag_mask(const struct tlb_entry *e)
{
	return (e->mask >> 12 & VPN_BITS) << 16 | (e->rights.g ? 0 : ASID_BITS);
}

void eq_tlb_fa(uint64_t rst_i, uint64_t clear_i, uint64_t valid_q, uint64_t global_q,
	       uint64_t tag_q_0, uint64_t tag_q_1, uint64_t tag_q_2, uint64_t tag_q_3,
	       uint64_t mask_q_0, uint64_t mask_q_1, uint64_t mask_q_2, uint64_t mask_q_3,
	       uint64_t data_q_0, uint64_t data_q_1, uint64_t data_q_2, uint64_t data_q_3,
	       uint64_t lookup_i, uint64_t lookup_tag_i, uint64_t insert_i, uint64_t kill_i,
	       uint64_t new_tag_i, uint64_t new_data_i, uint64_t inval_i, uint64_t inval_tag_i,
	       uint64_t inval_mask_i, uint64_t inval_global_i, uint64_t *hit_o, uint64_t *hit_tag_o,
	       uint64_t *hit_data_o, uint64_t *valid_d)
{
	const uint64_t tag[] = {tag_q_0, tag_q_1, tag_q_2, tag_q_3};
	const uint64_t mask[] = {mask_q_0, mask_q_1, mask_q_2, mask_q_3};
	const uint64_t data[] = {data_q_0, data_q_1, data_q_2, data_q_3};
	uint64_t valid = valid_q, replaced = 0;
	struct tlb_scope scope = scope_of(inval_tag_i, inval_mask_i, inval_global_i);
	struct tlb_entry e[4], look, new;

	eq_assume(!insert_i || !kill_i);
	entry(&look, lookup_tag_i, 0);
	entry(&new, new_tag_i, kill_i ? 0 : new_data_i); // a kill is of a 4 KB page
	*hit_o = 0;
	*hit_tag_o = 0;
	*hit_data_o = 0;
	for (unsigned int i = 0; i < 4; i++) {
		entry(&e[i], tag[i], data[i]);
		eq_assume(mask[i] == tag_mask(&e[i]));
		eq_assume((global_q >> i & 1) == e[i].rights.g);
		if (!(valid_q >> i & 1))
			continue;
		for (unsigned int k = 0; k < i; k++)
			eq_assume(!(valid_q >> k & 1) || !tlb_overlap(&e[k], &e[i]));
		if (lookup_i && tlb_match(&e[i], look.va, look.asid)) {
			*hit_o = 1;
			*hit_tag_o = tag[i];
			*hit_data_o = data[i];
		}
		if ((insert_i || kill_i) && tlb_overlap(&e[i], &new))
			replaced |= UINT64_C(1) << i;
		if (inval_i && tlb_in_scope(&e[i], &scope))
			valid &= ~(UINT64_C(1) << i);
	}
	valid &= ~replaced;
	// Where a new entry goes is eq_place's.
	if (rst_i || clear_i)
		*valid_d = 0;
	else if (!insert_i)
		*valid_d = valid;
}

// 2 sets of 2 ways; entry {set, way}. All pages are of 4 KB.
void eq_tlb_sa(uint64_t rst_i, uint64_t clear_i, uint64_t valid_q_0, uint64_t valid_q_1,
	       uint64_t global_q_0, uint64_t global_q_1, uint64_t tag_q_0, uint64_t tag_q_1,
	       uint64_t tag_q_2, uint64_t tag_q_3, uint64_t data_q_0, uint64_t data_q_1,
	       uint64_t data_q_2, uint64_t data_q_3, uint64_t lookup_i, uint64_t lookup_tag_i,
	       uint64_t drop_i, uint64_t insert_i, uint64_t kill_i, uint64_t new_tag_i,
	       uint64_t new_data_i, uint64_t sweep_i, uint64_t sweep_set_i, uint64_t inval_tag_i,
	       uint64_t inval_mask_i, uint64_t inval_global_i, uint64_t inval_all_i,
	       uint64_t *hit_o, uint64_t *hit_tag_o, uint64_t *hit_data_o, uint64_t *valid_d_0,
	       uint64_t *valid_d_1)
{
	const uint64_t valid[] = {valid_q_0, valid_q_1}, global[] = {global_q_0, global_q_1};
	const uint64_t tag[] = {tag_q_0, tag_q_1, tag_q_2, tag_q_3};
	const uint64_t data[] = {data_q_0, data_q_1, data_q_2, data_q_3};
	struct tlb_scope scope = scope_of(inval_tag_i, inval_mask_i, inval_global_i);
	uint64_t set = sweep_i	  ? sweep_set_i
		       : lookup_i ? lookup_tag_i >> 16 & 1
				  : new_tag_i >> 16 & 1;
	uint64_t left[2] = {valid[0], valid[1]};
	struct tlb_entry look, new;

	eq_assume(lookup_i + insert_i + kill_i + sweep_i + inval_all_i <= 1); // one port
	entry(&look, lookup_tag_i, 0);
	entry(&new, new_tag_i, kill_i ? 0 : new_data_i);
	eq_assume(new.resp.size == TW_SIZE_4K);
	*hit_o = *hit_tag_o = *hit_data_o = 0;
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int way = i & 1, row = i >> 1;
		struct tlb_entry e;

		entry(&e, tag[i], data[i]);
		eq_assume(e.resp.size == TW_SIZE_4K);
		eq_assume((global[way] >> row & 1) == e.rights.g);
		if (!(valid[way] >> row & 1))
			continue;
		eq_assume((tag[i] >> 16 & 1) == row); // where its address puts it
		if (way == 1 && (valid[0] >> row & 1)) {
			struct tlb_entry other;

			entry(&other, tag[i - 1], data[i - 1]);
			eq_assume(!tlb_overlap(&other, &e));
		}
		if (inval_all_i && (!e.rights.g || scope.global))
			left[way] &= ~(UINT64_C(1) << row);
		if (row != set)
			continue;
		if (lookup_i && tlb_match(&e, look.va, look.asid)) {
			*hit_o = 1;
			*hit_tag_o = tag[i];
			*hit_data_o = data[i];
		}
		// A lookup for which there is no root drops what it finds.
		if ((lookup_i && drop_i && tlb_overlap(&e, &look)) ||
		    ((insert_i || kill_i) && tlb_overlap(&e, &new)) ||
		    (sweep_i && tlb_in_scope(&e, &scope)))
			left[way] &= ~(UINT64_C(1) << row);
	}
	if (insert_i && !rst_i && !clear_i)
		return; // where a new entry goes is eq_place's
	*valid_d_0 = rst_i || clear_i ? 0 : left[0];
	*valid_d_1 = rst_i || clear_i ? 0 : left[1];
}
