// SPDX-License-Identifier: Apache-2.0
// A second walker, to be compared with csim/arch: written from the manuals' prose alone, format by
// format, without tables, sharing no code with what it checks (the public types of arch.h are the
// interface). It is slow on purpose where slow is plainer. Invariants: it keeps no state; every
// fault carries the reason for which it was raised, so that a test can say which reasons it saw.
// Sources: RISC-V privileged architecture, "Virtual Address Translation Process"; Intel SDM volume
// 3, chapter 4.
#ifndef TW_TESTS_FRESH_NAIVE_H
#define TW_TESTS_FRESH_NAIVE_H

#include "twinwalk/arch.h"

// How an access ended. Sizes of good ones are in struct tw_resp.
#define NAIVE_REASONS(X)                                   \
	X(OK, "ok")                                        \
	X(OK_UPDATE, "ok, A or D was set")                 \
	X(DIRECT, "untranslated")                          \
	X(DIRECT_WIDE, "untranslated, beyond 56 bits")     \
	X(CANONICAL, "not canonical")                      \
	X(BUS, "bus error on an entry")                    \
	X(BUS_UPDATE, "bus error on an update")            \
	X(ABSENT, "not valid")                             \
	X(WRITE_ONLY, "W without R")                       \
	X(UPPER, "reserved upper bits")                    \
	X(RSW, "bits 60:59 without Svrsw60t59b")           \
	X(N_LACKS, "N without Svnapot")                    \
	X(PBMT_LACKS, "PBMT without PBMTE")                \
	X(PBMT_3, "PBMT 3")                                \
	X(POINTER_BITS, "A, D, U, N or PBMT in a pointer") \
	X(POINTER_LAST, "pointer in the last table")       \
	X(ALIGN, "misaligned large page")                  \
	X(NAPOT, "reserved NAPOT encoding")                \
	X(USER_PAGE, "supervisor to a user page")          \
	X(USER_FETCH, "supervisor fetch from a user page") \
	X(SUPER_PAGE, "user to a supervisor page")         \
	X(NO_FETCH, "no execute right")                    \
	X(NO_READ, "no read right")                        \
	X(NO_WRITE, "no write right")                      \
	X(A_CLEAR, "A clear, Svade")                       \
	X(D_CLEAR, "D clear, Svade")                       \
	X(PHYS, "address bits beyond MAXPHYADDR")          \
	X(NXE, "XD without NXE")                           \
	X(PS, "PS where no large page is")                 \
	X(LARGE_LOW, "low address bits of a large page")   \
	X(PAE_UPPER, "bits 62:52 with PAE")                \
	X(PSE36, "reserved bits of a 4 MB entry")          \
	X(PDPTE, "PDPTE not present")                      \
	X(SMEP, "SMEP")                                    \
	X(SMAP, "SMAP")                                    \
	X(PKEY_AD, "protection key, AD alone")             \
	X(PKEY_WD, "protection key, WD alone")             \
	X(PKEY_MORE, "protection key beside another cause")

enum naive_reason {
#define NAIVE_ENUM(name, text) NAIVE_##name,
	NAIVE_REASONS(NAIVE_ENUM)
#undef NAIVE_ENUM
		NAIVE_REASON_COUNT
};

struct naive {
	struct tw_walk walk; // as tw_arch_walk() fills it
	enum naive_reason reason;
};

// One translation; the memory must not change meanwhile.
void naive_walk(const struct tw_ctx *ctx, const struct tw_mem *mem, const struct tw_req *req,
		struct naive *n);

// MOV CR3 with PAE: 0, or -EINVAL for #GP, and then *ctx is as before. Other formats: 0.
int naive_load_root(struct tw_ctx *ctx, const struct tw_mem *mem);

// For naive*.c: bits HI to LO of V; one bit.
static inline uint64_t naive_bits(uint64_t v, unsigned int hi, unsigned int lo)
{
	return v << (63 - hi) >> (63 - hi + lo);
}

static inline bool naive_bit(uint64_t v, unsigned int i)
{
	return naive_bits(v, i, i) == 1;
}

// Reads the entry of BYTES bytes at ADDR and notes it; false if the bus does not answer.
bool naive_read(struct naive *n, const struct tw_mem *mem, uint64_t addr, unsigned int bytes,
		uint64_t *entry);

// Sets the bits SET of the entry at ADDR and notes it; false if the bus does not answer.
bool naive_set(struct naive *n, const struct tw_mem *mem, uint64_t addr, unsigned int bytes,
	       uint64_t set);

// Ends with a fault at VA.
void naive_fault(struct naive *n, enum naive_reason reason, enum tw_fault fault, uint8_t cause,
		 uint64_t va);

void naive_riscv(const struct tw_ctx *ctx, const struct tw_mem *mem, const struct tw_req *req,
		 struct naive *n);
void naive_x86(const struct tw_ctx *ctx, const struct tw_mem *mem, const struct tw_req *req,
	       struct naive *n);

#endif
