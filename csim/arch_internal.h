// SPDX-License-Identifier: Apache-2.0
// What the files of the architecture share and nobody else needs: bit names of both families of
// page-table entries and the inline forms of the smallest functions, which sit in the inner loop of
// every user. Sources: RISC-V privileged architecture, "Sv39"; Intel SDM volume 3, 4.5.
#ifndef TW_CSIM_ARCH_INTERNAL_H
#define TW_CSIM_ARCH_INTERNAL_H

#include "twinwalk/arch.h"

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
#define X86_PKEY_SHIFT 59
#define X86_XD	       (UINT64_C(1) << 63)
#define X86_PA_END     52 // one past the highest address bit of an entry

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
