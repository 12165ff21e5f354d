// SPDX-License-Identifier: Apache-2.0
// What the files of the architecture share: the interface of a scheme, bit names of both families
// of page-table entries and the inline forms of the smallest functions, which sit in the inner loop
// of every user. Sources: RISC-V privileged architecture, "Sv32" to "Sv57"; Intel SDM volume 3, 4.3
// to 4.5.
#ifndef TW_CSIM_ARCH_INTERNAL_H
#define TW_CSIM_ARCH_INTERNAL_H

#include "twinwalk/arch.h"

struct tw_entry_layout;
struct tw_or_rules;

// The rules of one family of formats. The functions of arch.h with the same names say what they do.
struct tw_scheme {
	const char *family;
	enum tw_fault non_canonical; // what an illegal address raises
	uint8_t attr_bits[2];	     // of a page, with entries of 4 and of 8 bytes
	void (*decode)(const struct tw_ctx *ctx, const struct tw_req *req,
		       const struct tw_walk_state *ws, uint64_t entry, struct tw_pte *out);
	// pk is not NULL.
	bool (*allowed)(const struct tw_ctx *ctx, const struct tw_req *req,
			const struct tw_rights *rights, bool *pk);
	uint8_t (*page_cause)(const struct tw_ctx *ctx, const struct tw_req *req, uint8_t bits);
	uint8_t (*access_cause)(const struct tw_ctx *ctx, const struct tw_req *req);
	// Of formats whose root has entries that are kept; NULL where none has.
	bool (*root_entry_good)(const struct tw_ctx *ctx, uint64_t entry);
	bool (*begin)(const struct tw_ctx *ctx, uint64_t va, uint64_t *table_ppn);
	// tw_entry_layout(); *layout is zero.
	void (*layout)(const struct tw_format_desc *format, unsigned int level, bool leaf,
		       struct tw_entry_layout *layout);
	// What the oracle allows caches to hold, and to outlive (csim/oracle/oracle_rules.h).
	const struct tw_or_rules *oracle;
};

extern const struct tw_scheme tw_scheme_riscv, tw_scheme_x86;
extern const struct tw_or_rules tw_or_riscv, tw_or_x86;

// An entry that faults: everything but kind and cause is zero, and nothing is to be written.
void tw_pte_fault(const struct tw_ctx *ctx, const struct tw_req *req, uint64_t pte, uint8_t bits,
		  struct tw_pte *out);

enum { TW_FORMATS = 16, TW_PAGE_SHIFT = 12 };

// One row per format code; levels is 0 in the rows of formats that are not translated.
extern const struct tw_format_desc tw_formats[TW_FORMATS];

// RISC-V PTE bits.
#define RV_V	      (UINT64_C(1) << 0)
#define RV_R	      (UINT64_C(1) << 1)
#define RV_W	      (UINT64_C(1) << 2)
#define RV_X	      (UINT64_C(1) << 3)
#define RV_U	      (UINT64_C(1) << 4)
#define RV_G	      (UINT64_C(1) << 5)
#define RV_A	      (UINT64_C(1) << 6)
#define RV_D	      (UINT64_C(1) << 7)
#define RV_RSW	      (UINT64_C(3) << 8)
#define RV_PPN_SHIFT  10
#define RV_PPN_MASK   ((UINT64_C(1) << 44) - 1)
#define RV_HIGH	      (UINT64_C(0x1f) << 54) // always reserved
#define RV_RSW60      (UINT64_C(3) << 59)
#define RV_PBMT	      (UINT64_C(3) << 61)
#define RV_PBMT_SHIFT 61
#define RV_N	      (UINT64_C(1) << 63)

// x86 entry bits.
#define X86_P	       (UINT64_C(1) << 0)
#define X86_RW	       (UINT64_C(1) << 1)
#define X86_US	       (UINT64_C(1) << 2)
#define X86_PWT_SHIFT  3
#define X86_A	       (UINT64_C(1) << 5)
#define X86_D	       (UINT64_C(1) << 6)
#define X86_PS	       (UINT64_C(1) << 7)
#define X86_G	       (UINT64_C(1) << 8)
#define X86_PPN_MASK   ((UINT64_C(1) << 40) - 1)
#define X86_CACHE      (UINT64_C(3) << X86_PWT_SHIFT) // PWT, PCD
#define X86_AVAILABLE  (UINT64_C(7) << 9)	      // for software
#define X86_PAT_LARGE  (UINT64_C(1) << 12)
#define X86_PKEY_SHIFT 59
#define X86_XD	       (UINT64_C(1) << 63)
#define X86_PA_END     52		       // one past the highest address bit of an entry
#define X86_HIGH       (UINT64_C(0x7ff) << 52) // reserved with PAE
#define X86_PDPTE_RES  UINT64_C(0x1e6)	       // bits 8:5 and 2:1

static inline bool tw_is_user(const struct tw_req *req)
{
	return req->priv == TW_PRIV_U;
}

static inline bool tw_is_write(const struct tw_req *req)
{
	return req->access >= TW_STORE;
}

static inline uint64_t tw_low_mask(unsigned int bits)
{
	return (UINT64_C(1) << bits) - 1;
}

#endif
