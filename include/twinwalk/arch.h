// SPDX-License-Identifier: Apache-2.0
// The architecture: what the manuals say about one translation, as pure functions over (control
// state, memory). No TLB, no time. A page-table format is a row of a table, what its entries mean
// is its scheme. The cycle model, the oracle and the test vectors all stand on these functions; the
// RTL does not. Invariant: nothing here keeps state between calls. Sources: RISC-V privileged
// architecture (Sv32, Sv39, Sv48, Sv57, Svnapot, Svpbmt, Svrsw60t59b, Svade/Svadu); Intel SDM
// volume 3, chapter 4. The editions, here and everywhere: docs/sources.md.
#ifndef TWINWALK_ARCH_H
#define TWINWALK_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Page-table format. The RISC-V 64-bit codes are those of satp.MODE; the others take values that
// satp.MODE reserves.
enum tw_format {
	TW_FMT_BARE = 0,
	TW_FMT_SV32 = 1,
	TW_FMT_X86_LEGACY = 4,
	TW_FMT_X86_PAE = 5,
	TW_FMT_X86_LONG4 = 6,
	TW_FMT_X86_LONG5 = 7,
	TW_FMT_SV39 = 8,
	TW_FMT_SV48 = 9,
	TW_FMT_SV57 = 10,
};

// Control flags: the bits of menvcfg, CR0, CR4 and EFER that translation depends on. Bit numbers
// are those of the FLAGS control register (docs/contract.md).
enum tw_flag {
	TW_F_ADUE = 1u << 0,	// menvcfg.ADUE: hardware sets A and D (Svadu); else a fault (Svade)
	TW_F_PBMTE = 1u << 1,	// menvcfg.PBMTE: Svpbmt
	TW_F_SVNAPOT = 1u << 2, // Svnapot implemented
	TW_F_SVRSW = 1u << 3,	// Svrsw60t59b implemented: PTE bits 60:59 are free
	TW_F_WP = 1u << 4,	// CR0.WP
	TW_F_NXE = 1u << 5,	// EFER.NXE
	TW_F_SMEP = 1u << 6,	// CR4.SMEP
	TW_F_SMAP = 1u << 7,	// CR4.SMAP
	TW_F_PGE = 1u << 8,	// CR4.PGE
	TW_F_GBPAGES = 1u << 9, // 1 GB pages supported
	TW_F_PKE = 1u << 10,	// CR4.PKE
	TW_F_PSE = 1u << 11,	// CR4.PSE (two-level format only)
};

enum tw_access { TW_FETCH = 0, TW_LOAD = 1, TW_STORE = 2, TW_RMW = 3 };

// Effective privilege: mstatus.MPRV is applied before the request is made. x86: CPL 3 is U,
// anything else S.
enum tw_priv { TW_PRIV_U = 0, TW_PRIV_S = 1, TW_PRIV_M = 3 };

// Page size codes, as on the response pins.
enum tw_size {
	TW_SIZE_4K = 0,
	TW_SIZE_64K = 1, // Svnapot
	TW_SIZE_2M = 2,
	TW_SIZE_4M = 3,
	TW_SIZE_1G = 4,
	TW_SIZE_512G = 5,
	TW_SIZE_256T = 6,
};

enum tw_fault {
	TW_FAULT_NONE = 0,
	TW_FAULT_PAGE = 1,   // cause = RISC-V cause number, or x86 error code
	TW_FAULT_ACCESS = 2, // bus error on a PTE read or update, or a physical address beyond 56
			     // bits; cause likewise
	TW_FAULT_CANON = 3,  // x86 only: non-canonical address (#GP or #SS); cause 0
};

// x86 page-fault error code bits.
enum { TW_PF_P = 1, TW_PF_W = 2, TW_PF_U = 4, TW_PF_RSVD = 8, TW_PF_I = 16, TW_PF_PK = 32 };

// Values of maxphyaddr.
enum { TW_MIN_MAXPHYADDR = 36, TW_MAX_MAXPHYADDR = 52 };

// Control state of one MMU.
struct tw_ctx {
	enum tw_format format;
	uint16_t asid;	   // ASID, or PCID (12 bits)
	uint64_t root_ppn; // physical address of the root table >> 12; 44 bits
	uint16_t root_low; // PAE: bits 11:5 of the root's address, which is 32-byte aligned
	uint64_t pdpte[4]; // PAE: the root's entries as tw_arch_load_root() found them
	uint32_t flags;	   // enum tw_flag
	uint32_t pkru;
	uint8_t maxphyaddr; // x86: 36..52
};

// One translation request. Fields that travel with the access.
struct tw_req {
	uint64_t va;	// as given by the core, all 64 bits
	uint8_t access; // enum tw_access
	uint8_t priv;	// enum tw_priv
	bool sum;	// RISC-V mstatus.SUM; x86: an explicit access with EFLAGS.AC=1
	bool mxr;	// RISC-V mstatus.MXR
};

// The answer, as on the response pins. On a fault pa, size, global and attr are 0; without one
// fault_va and cause are 0.
struct tw_resp {
	uint64_t pa;	   // 56 bits
	uint64_t fault_va; // the VA as tw_arch_va() has it: tval, CR2
	uint8_t size;	   // enum tw_size
	uint8_t fault;	   // enum tw_fault
	uint8_t cause;
	uint8_t attr; // RISC-V: PBMT in 1:0; x86: PAT, PCD, PWT in 2:0
	bool global;
};

// Rights of a mapping: of a leaf alone (RISC-V), or combined over all levels (x86: w = AND of R/W,
// u = AND of U/S, x = NOR of XD, r = 1).
struct tw_rights {
	bool r, w, x, u;
	bool g;	      // RISC-V: OR over all levels; x86: of the leaf, and only with TW_F_PGE
	bool d;	      // dirty
	uint8_t attr; // as in struct tw_resp
	uint8_t pkey; // x86 leaf bits 62:59; 0 for RISC-V
};

// What is known above the entry that is decoded next: rights combined so far and the level. Levels
// count down to 0 = the last table; the root of Sv39 is level 2, of x86-64 four-level 3.
struct tw_walk_state {
	uint8_t level;
	bool w, u, x; // x86: combined so far; all true at the root
	bool g;	      // RISC-V: a pointer above had G
};

enum tw_pte_kind { TW_PTE_POINTER, TW_PTE_LEAF, TW_PTE_FAULT };

// One decoded page-table entry.
struct tw_pte {
	enum tw_pte_kind kind;
	// TW_PTE_FAULT: the page fault's cause or error code.
	uint8_t cause;
	// Of a leaf: enum tw_size.
	uint8_t size;
	// Pointer: the next table. Leaf: the page, low bits below the page size zero (NAPOT too).
	uint64_t ppn;
	// Leaf: final; d as it is after `update` has been written.
	struct tw_rights rights;
	// Pointer: the state for the next level.
	struct tw_walk_state next;
	// The entry with A (and D) set as this access demands; equal to the entry when nothing
	// changes. Differs for a leaf only in hardware-update mode, for a pointer only on x86 (A).
	uint64_t update;
};

// Physical memory as the walker sees it. Each returns 0, or -EIO for a bus error. read64 reads the
// aligned 8-byte word, of which an entry of 4 bytes is one half. cas changes BYTES bytes, 4 or 8,
// at a multiple of BYTES: stores desired if they equal expected, and always gives their old value.
struct tw_mem {
	void *user;
	int (*read64)(void *user, uint64_t pa, uint64_t *value);
	int (*cas)(void *user, uint64_t pa, unsigned int bytes, uint64_t expected, uint64_t desired,
		   uint64_t *old);
};

// What entries mean: the rules of one family of formats (csim/arch/scheme.h).
struct tw_scheme;

enum { TW_LEVELS_MAX = 5 };

// What differs between the formats of one scheme beside the numbers.
enum tw_format_trait {
	TW_FT_NX = 1u << 0,	 // x86: entries have a no-execute bit
	TW_FT_PKEY = 1u << 1,	 // x86: leaves have a protection key
	TW_FT_PSE = 1u << 2,	 // x86: large pages need CR4.PSE; PSE-36
	TW_FT_PDPTE = 1u << 3,	 // x86: four root entries, cached when the root is loaded
	TW_FT_HIGH_RES = 1u << 4 // x86: bits 62:52 of an entry are reserved
};

// A format's data: see csim/arch/format.c for the table.
struct tw_format_desc {
	enum tw_format format;
	const char *name; // as in files and on the command line: "sv39", "long4"
	const struct tw_scheme *scheme;
	uint8_t levels;	     // tables on the longest walk
	uint8_t entry_bytes; // 4 or 8
	uint8_t va_bits; // 32: the upper half of an address does not exist; else canonical width
	uint8_t pa_bits; // of an address that an entry can hold
	// The VPN bit at which the index of each level begins; [levels] is where the highest ends.
	uint8_t vpn_shift[TW_LEVELS_MAX + 1];
	uint8_t leaf_levels;		      // bit i: a leaf is allowed at level i
	uint8_t size_of_level[TW_LEVELS_MAX]; // enum tw_size of a leaf at each level
	uint8_t traits;			      // enum tw_format_trait
};

// The descriptor of a format; NULL if this version does not translate it (BARE has none). The
// functions below need a ctx whose format is BARE or has a descriptor, and all but tw_arch_direct()
// one that has.
const struct tw_format_desc *tw_format_get(enum tw_format format);

// The format of this name, or NULL.
const struct tw_format_desc *tw_format_find(const char *name);

// The family of a format, as in "riscv" and "x86": which of the two vector formats speaks of it.
const char *tw_format_family(const struct tw_format_desc *format);

// Bits of a page's attributes (attr of struct tw_resp) that the format can set, from bit 0 on.
unsigned int tw_format_attr_bits(const struct tw_format_desc *format);

// Pages of 4 KB in a page of this size: log2, 0..36.
static inline unsigned int tw_size_log2_pages(uint8_t size)
{
	// In the order of enum tw_size; C++ knows no designators.
	static const uint8_t log2_pages[] = {0, 4, 9, 10, 18, 27, 36};

	return log2_pages[size];
}

// True if the request needs no table: format bare, or machine mode. *resp is then complete.
bool tw_arch_direct(const struct tw_ctx *ctx, const struct tw_req *req, struct tw_resp *resp);

// True if the address may be translated; else *resp holds the fault.
bool tw_arch_canonical(const struct tw_ctx *ctx, const struct tw_req *req, struct tw_resp *resp);

// The address that is translated: formats of 32 bits drop the upper half.
uint64_t tw_arch_va(const struct tw_ctx *ctx, uint64_t va);

// What happens when the root register is written: formats that keep entries of the root inside the
// MMU read them (PAE: the four PDPTEs, into ctx). 0; -EINVAL if one has a reserved bit set (x86:
// #GP, and nothing changes); -EIO for a bus error.
int tw_arch_load_root(struct tw_ctx *ctx, const struct tw_mem *mem);

// The same in parts: how many entries of 8 bytes are read (0: none), where the I-th stands, and
// whether those in ctx->pdpte are good.
unsigned int tw_arch_root_entries(const struct tw_ctx *ctx);
uint64_t tw_arch_root_entry(const struct tw_ctx *ctx, unsigned int i);
bool tw_arch_root_good(const struct tw_ctx *ctx);

// The state at the root, and the physical address of the entry that VA selects in the table
// TABLE_PPN at LEVEL. tw_arch_begin() gives the table that VA's walk begins in, and is false if
// there is none (PAE: a PDPTE that is not present): a page fault without a read.
void tw_arch_root(const struct tw_ctx *ctx, struct tw_walk_state *ws);
bool tw_arch_begin(const struct tw_ctx *ctx, uint64_t va, struct tw_walk_state *ws,
		   uint64_t *table_ppn);
uint64_t tw_arch_pte_addr(const struct tw_ctx *ctx, uint64_t table_ppn, uint8_t level, uint64_t va);

// The entry at ADDR, which lies in the aligned 8-byte WORD.
uint64_t tw_arch_entry(const struct tw_ctx *ctx, uint64_t addr, uint64_t word);

// The 4-byte halves of that word that it takes: 3 both, 1 the low one, 2 the high one; and what is
// in them.
static inline uint8_t tw_lanes(const struct tw_format_desc *format, uint64_t addr)
{
	if (format->entry_bytes == 8)
		return 3;
	return addr & 4 ? 2 : 1;
}

static inline uint64_t tw_lanes_of(uint64_t word, uint8_t lanes)
{
	if (lanes == 3)
		return word;
	return lanes == 2 ? word >> 32 : (uint32_t)word;
}

// Decodes one entry for one request; every check of one level, permissions and A/D included for a
// leaf.
void tw_arch_decode(const struct tw_ctx *ctx, const struct tw_req *req,
		    const struct tw_walk_state *ws, uint64_t pte, struct tw_pte *out);

// The permission check that runs on every TLB hit. True if allowed. *pk (x86, may be NULL): the
// protection key forbids it.
bool tw_arch_allowed(const struct tw_ctx *ctx, const struct tw_req *req,
		     const struct tw_rights *rights, bool *pk);

// The cause of a page fault of this request: the RISC-V cause number (bits is ignored), or the x86
// error code: bits (of TW_PF_P, TW_PF_RSVD, TW_PF_PK) plus W, U and I, which follow from the
// request.
uint8_t tw_arch_page_cause(const struct tw_ctx *ctx, const struct tw_req *req, uint8_t bits);

// Fills *resp for a translated access: physical address composed from page and VA.
void tw_arch_resp_ok(const struct tw_req *req, uint64_t ppn, uint8_t size,
		     const struct tw_rights *rights, struct tw_resp *resp);

// Fills *resp for a fault of this request. cause is used for TW_FAULT_PAGE on x86 (error code);
// everything else follows from the access: RISC-V cause numbers, and for a bus error on x86 the
// error code's W, U and I.
void tw_arch_resp_fault(const struct tw_ctx *ctx, const struct tw_req *req, enum tw_fault fault,
			uint8_t cause, struct tw_resp *resp);

// A whole walk, from the root, without any cache. Reads and updates are recorded in the order in
// which they happen, each entry once: an update's old is the value before the first change of the
// entry, desired the one after the last. Reads are those of the last pass from the root. Only the
// first TW_WALK_MAX are recorded; more exist only if memory changes meanwhile.
enum { TW_WALK_MAX = 8 };
struct tw_walk {
	struct tw_resp resp;
	struct tw_rights rights; // valid when resp.fault is TW_FAULT_NONE and a table was read
	unsigned int reads;	 // distinct entries
	uint64_t read_addr[TW_WALK_MAX];
	bool read_failed; // the last read was a bus error
	unsigned int updates;
	struct {
		uint64_t addr, old, desired;
	} update[TW_WALK_MAX];
};

// Translates one request. A request that faults changes no entry: x86 A bits of pointers are set
// only after the leaf was found good, root first (the manual leaves that to the implementation). A
// lost compare-and-swap restarts the walk; after TW_WALK_RESTARTS lost races it returns -EAGAIN
// (only a memory that never stops changing can do that). Else 0.
enum { TW_WALK_RESTARTS = 1000 };
int tw_arch_walk(const struct tw_ctx *ctx, const struct tw_mem *mem, const struct tw_req *req,
		 struct tw_walk *walk);

#ifdef __cplusplus
}
#endif

#endif
