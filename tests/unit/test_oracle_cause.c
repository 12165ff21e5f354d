// SPDX-License-Identifier: Apache-2.0
// The first cause that the oracle names of a forged answer: each row is one answer that a broken
// MMU might give, the reason that must come first, and words of its sentence. Between them the rows
// hold every reason and every check of an entry.
#include "oracle_fixture.h"

#define BIT(n)	       (UINT64_C(1) << (n))
#define PTE(pa, flags) ((pa) >> 12 << 10 | (uint64_t)(flags))
#define ALL	       (RWAD | X)
#define X_ALL	       XRWAD

// Where the entries of VA stand: by level, and of x86's PML4.
#define LEAF (LOW_A + SLOT)
#define MID  (MID_A + SLOT)
#define TOP  (ROOT_A + SLOT)

enum how {
	ANSWER,	   // the request is answered with it
	NOBODY,	   // nobody asked
	TWICE,	   // the request has its answer
	CANCELLED, // the request is cancelled
	UPDATE,	   // hardware writes `value` to LEAF instead
};

struct edit {
	uint64_t addr, value;
};

struct row {
	const char *name;
	enum tw_oracle_reason reason;
	const char *words[3];
	struct edit untold;    // in memory from the start
	struct edit before[3]; // and a fence of everything
	struct edit after[3];  // not fenced ...
	bool fenced;	       // ... or by VA
	uint32_t on, off;      // control flags
	uint32_t pkru;
	uint8_t phys;
	uint16_t asid;	// of the request, if not 1
	uint64_t other; // another request in flight
	struct tw_req req;
	struct tw_resp resp;
	enum how how;
	uint64_t value;
	uint32_t unchecked;
};

#define LOAD	    .req = {.va = VA, .access = TW_LOAD, .priv = TW_PRIV_S}
#define STORE	    .req = {.va = VA, .access = TW_STORE, .priv = TW_PRIV_S}
#define FETCH	    .req = {.va = VA, .access = TW_FETCH, .priv = TW_PRIV_S}
#define ULOAD	    .req = {.va = VA, .access = TW_LOAD, .priv = TW_PRIV_U}
#define USTORE	    .req = {.va = VA, .access = TW_STORE, .priv = TW_PRIV_U}
#define SUM_LOAD    .req = {.va = VA, .access = TW_LOAD, .priv = TW_PRIV_S, .sum = true}
#define MXR_LOAD    .req = {.va = VA, .access = TW_LOAD, .priv = TW_PRIV_S, .mxr = true}
#define OK(page)    .resp = {.pa = (page)}
#define OK_2M(page) .resp = {.pa = (page) | (VA & 0x1fffff), .size = TW_SIZE_2M}
#define OK_1G(page) .resp = {.pa = (page) | (VA & 0x3fffffff), .size = TW_SIZE_1G}
#define FAULT(n)    .resp = {.fault = TW_FAULT_PAGE, .cause = (n), .fault_va = VA}

// A row is read as one: name, reason, words; then history, request, answer.
// clang-format off
static const struct row riscv[] = {
	// --- Checks that are not made ---------------------------------------------------------
	{"V", TW_ORACLE_MISSED_FAULT, {"a check is not made", ": V = 0"},
	 .before = {{LEAF, PTE(PAGE_2, ALL & ~V)}}, LOAD, OK(PAGE_2)},
	{"W without R", TW_ORACLE_MISSED_FAULT, {"W = 1 with R = 0"},
	 .before = {{LEAF, PTE(PAGE_2, ALL & ~R)}}, STORE, OK(PAGE_2)},
	{"bit 54", TW_ORACLE_MISSED_FAULT, {"bit 54 is reserved"},
	 .before = {{LEAF, PTE(PAGE_2, ALL) | BIT(54)}}, LOAD, OK(PAGE_2)},
	{"bit 58 of a pointer", TW_ORACLE_MISSED_FAULT, {"level-1 entry", "bit 58 is reserved"},
	 .before = {{MID, PTE(LOW_A, V) | BIT(58)}}, LOAD, OK(PAGE_1)},
	{"RSW bit 60", TW_ORACLE_MISSED_FAULT, {"bit 60 is reserved without Svrsw60t59b"},
	 .before = {{LEAF, PTE(PAGE_2, ALL) | BIT(60)}}, LOAD, OK(PAGE_2)},
	{"N, Svnapot off", TW_ORACLE_MISSED_FAULT, {"N = 1 without Svnapot"},
	 .before = {{LEAF, PTE(PAGE_2 | 0x8000, ALL) | BIT(63)}}, .off = TW_F_SVNAPOT, LOAD,
	 OK(PAGE_2 | 0x8000)},
	{"PBMT, PBMTE off", TW_ORACLE_MISSED_FAULT, {"PBMT = 2 with PBMTE = 0"},
	 .before = {{LEAF, PTE(PAGE_2, ALL) | BIT(62)}}, LOAD, OK(PAGE_2)},
	{"PBMTE is not looked at", TW_ORACLE_MISSED_FAULT, {"PBMTE = 1 would give it"},
	 .before = {{LEAF, PTE(PAGE_2, ALL) | BIT(62)}}, LOAD,
	 .resp = {.pa = PAGE_2, .attr = 2}},
	{"PBMT 3", TW_ORACLE_MISSED_FAULT, {"PBMT = 3"},
	 .before = {{LEAF, PTE(PAGE_2, ALL) | BIT(61) | BIT(62)}}, .on = TW_F_PBMTE, LOAD,
	 .resp = {.pa = PAGE_2, .attr = 1}},
	{"pointer at the end", TW_ORACLE_MISSED_FAULT, {"a pointer at the last level"},
	 .before = {{LEAF, PTE(PAGE_2, V)}}, LOAD, OK(PAGE_2)},
	{"U of a pointer", TW_ORACLE_MISSED_FAULT, {"level-1 entry", "U = 1 in a pointer"},
	 .before = {{MID, PTE(LOW_A, V | U)}}, LOAD, OK(PAGE_1)},
	{"A of a pointer", TW_ORACLE_MISSED_FAULT, {"level-2 entry", "A = 1 in a pointer"},
	 .before = {{TOP, PTE(MID_A, V | A)}}, LOAD, OK(PAGE_1)},
	{"D of a pointer", TW_ORACLE_MISSED_FAULT, {"D = 1 in a pointer"},
	 .before = {{MID, PTE(LOW_A, V | D)}}, LOAD, OK(PAGE_1)},
	{"N of a pointer", TW_ORACLE_MISSED_FAULT, {"N = 1 in a pointer"},
	 .before = {{MID, PTE(LOW_A, V) | BIT(63)}}, LOAD, OK(PAGE_1)},
	{"PBMT of a pointer", TW_ORACLE_MISSED_FAULT, {"PBMT in a pointer"},
	 .before = {{MID, PTE(LOW_A, V) | BIT(61)}}, .on = TW_F_PBMTE, LOAD, OK(PAGE_1)},
	{"misaligned 2 MB", TW_ORACLE_MISSED_FAULT, {"misaligned, bit 3 of the PPN"},
	 .before = {{MID, PTE(PAGE_2 | 0x8000, ALL)}}, LOAD, OK_2M(PAGE_2)},
	{"misaligned 1 GB", TW_ORACLE_MISSED_FAULT, {"level-2 entry", "misaligned, bit 9 of"},
	 .before = {{TOP, PTE(UINT64_C(0x40200000), ALL)}}, LOAD, OK_1G(UINT64_C(0x40000000))},
	{"NAPOT of another size", TW_ORACLE_MISSED_FAULT, {"N = 1 with PPN bits 3:0 = 4, not 8"},
	 .before = {{LEAF, PTE(PAGE_2 | 0x4000, ALL) | BIT(63)}}, LOAD,
	 .resp = {.pa = PAGE_2 | 0x1000, .size = TW_SIZE_64K}},
	{"U in user mode", TW_ORACLE_MISSED_FAULT, {"supervisor mode would give it", "U = 0"},
	 ULOAD, OK(PAGE_1)},
	{"U for the supervisor", TW_ORACLE_MISSED_FAULT, {"SUM = 1 would give it", "SUM = 0"},
	 .before = {{LEAF, PTE(PAGE_2, ALL | U)}}, LOAD, OK(PAGE_2)},
	{"SUM for fetches", TW_ORACLE_MISSED_FAULT, {"U = 1 for a fetch of the supervisor"},
	 .before = {{LEAF, PTE(PAGE_2, ALL | U)}}, FETCH, OK(PAGE_2)},
	{"X", TW_ORACLE_MISSED_FAULT, {"a load would give it", ": X = 0"},
	 .before = {{LEAF, PTE(PAGE_2, RWAD)}}, FETCH, OK(PAGE_2)},
	{"R", TW_ORACLE_MISSED_FAULT, {"MXR = 1 would give it", "R = 0 with MXR = 0"},
	 .before = {{LEAF, PTE(PAGE_2, V | X | A)}}, LOAD, OK(PAGE_2)},
	{"W", TW_ORACLE_MISSED_FAULT, {": W = 0"},
	 .before = {{LEAF, PTE(PAGE_2, V | R | A | D)}}, STORE, OK(PAGE_2)},
	{"A, ADUE off", TW_ORACLE_MISSED_FAULT, {"A = 0 with ADUE = 0"},
	 .before = {{LEAF, PTE(PAGE_2, V | R | W | D)}}, .off = TW_F_ADUE, LOAD, OK(PAGE_2)},
	{"D, ADUE off", TW_ORACLE_MISSED_FAULT, {"D = 0 with ADUE = 0"},
	 .before = {{LEAF, PTE(PAGE_2, V | R | W | A)}}, .off = TW_F_ADUE, STORE, OK(PAGE_2)},
	{"out of nothing", TW_ORACLE_MISSED_FAULT, {": the newest entries give", ": V = 0"},
	 .before = {{LEAF, 0}}, LOAD, OK(UINT64_C(0x12345000))},

	// --- Faults where the entries translate -----------------------------------------------
	{"for no reason", TW_ORACLE_SPURIOUS, {"PA 0x90000000"}, LOAD, FAULT(13)},
	{"not the invalid entry that a fence outlawed long ago", TW_ORACLE_SPURIOUS, {"PA 0x90"},
	 .before = {{LEAF, 0}}, .after = {{LEAF, PTE(PAGE_1, ALL)}}, .fenced = true, LOAD,
	 FAULT(13)},
	{"an extension that is on: PBMT", TW_ORACLE_SPURIOUS, {"PBMTE = 0 would give", "PBMT = 1"},
	 .before = {{LEAF, PTE(PAGE_2, ALL) | BIT(61)}}, .on = TW_F_PBMTE, LOAD, FAULT(13)},
	{"an extension that is on: NAPOT", TW_ORACLE_SPURIOUS, {"Svnapot = 0 would give it"},
	 .before = {{LEAF, PTE(PAGE_2 | 0x8000, ALL) | BIT(63)}}, LOAD, FAULT(13)},
	{"an extension that is on: RSW", TW_ORACLE_SPURIOUS, {"Svrsw60t59b = 0 would give it"},
	 .before = {{LEAF, PTE(PAGE_2, ALL) | BIT(59)}}, .on = TW_F_SVRSW, LOAD, FAULT(13)},
	{"A to be set", TW_ORACLE_SPURIOUS, {"ADUE = 0 would give it", "A = 0 with ADUE = 0"},
	 .before = {{LEAF, PTE(PAGE_2, V | R)}}, LOAD, FAULT(13)},
	{"D to be set", TW_ORACLE_SPURIOUS, {"ADUE = 0 would give it", "D = 0"},
	 .before = {{LEAF, PTE(PAGE_2, V | R | W | A)}}, STORE, FAULT(15)},
	{"SUM", TW_ORACLE_SPURIOUS, {"SUM = 0 would give it"},
	 .before = {{LEAF, PTE(PAGE_2, ALL | U)}}, SUM_LOAD, FAULT(13)},
	{"MXR", TW_ORACLE_SPURIOUS, {"MXR = 0 would give it"},
	 .before = {{LEAF, PTE(PAGE_2, V | X | A)}}, MXR_LOAD, FAULT(13)},
	{"as a store", TW_ORACLE_SPURIOUS, {"a store would give it", "W = 0"},
	 .before = {{LEAF, PTE(PAGE_2, V | R | X | A)}}, LOAD, FAULT(13)},
	{"an invalid entry that was cached", TW_ORACLE_STALE_FAULT, {"= 0x0", "only earlier ones"},
	 .after = {{LEAF, 0}, {LEAF, PTE(PAGE_1, ALL)}}, LOAD, FAULT(13)},
	{"rights that were cached", TW_ORACLE_STALE_FAULT, {"0x80002008", "only earlier ones"},
	 .after = {{LEAF, PTE(PAGE_1, V | R | A)}, {LEAF, PTE(PAGE_1, ALL)}}, STORE,
	 FAULT(15)},
	{"access fault out of nothing", TW_ORACLE_SPURIOUS, {"no bus error was on its way"}, LOAD,
	 .resp = {.fault = TW_FAULT_ACCESS, .cause = 5, .fault_va = VA}},
	{"non-canonical fault", TW_ORACLE_SPURIOUS, {"a non-canonical fault"}, LOAD,
	 .resp = {.fault = TW_FAULT_CANON, .fault_va = VA}},

	// --- Faults of another kind -----------------------------------------------------------
	{"cause of a store", TW_ORACLE_WRONG_CAUSE, {"cause 13"}, .before = {{LEAF, 0}}, LOAD,
	 FAULT(15)},
	{"page fault for a bus error", TW_ORACLE_WRONG_FAULT, {"(bus error)"},
	 .before = {{MID, PTE(RAM_END, V)}}, LOAD, FAULT(13)},
	{"bus error for a page fault", TW_ORACLE_WRONG_FAULT, {"cause 13", ": V = 0"},
	 .before = {{MID, 0}}, LOAD, .resp = {.fault = TW_FAULT_ACCESS, .cause = 5, .fault_va = VA}},
	{"another fault address", TW_ORACLE_WRONG_TVAL, {"must be the request's"},
	 .before = {{LEAF, 0}}, LOAD,
	 .resp = {.fault = TW_FAULT_PAGE, .cause = 13, .fault_va = VA + 8}},
	{"a translation's field beside a fault", TW_ORACLE_PAYLOAD, {"must be zero"},
	 .before = {{LEAF, 0}}, LOAD,
	 .resp = {.fault = TW_FAULT_PAGE, .cause = 13, .fault_va = VA, .attr = 1}},

	// --- Old entries ----------------------------------------------------------------------
	{"leaf", TW_ORACLE_STALE, {"level-0 entry", "outlawed by the fence of VA 0x40201000"},
	 .after = {{LEAF, PTE(PAGE_2, ALL)}}, .fenced = true, LOAD, OK(PAGE_1)},
	{"rights of a leaf", TW_ORACLE_STALE, {"outlawed by"},
	 .after = {{LEAF, PTE(PAGE_1, V | R | A | D)}}, .fenced = true, STORE, OK(PAGE_1)},
	{"valid bit of a leaf", TW_ORACLE_STALE, {"outlawed by"},
	 .after = {{LEAF, PTE(PAGE_1, ALL & ~V)}}, .fenced = true, LOAD, OK(PAGE_1)},
	{"leaf of three writes ago", TW_ORACLE_STALE, {"outlawed by"},
	 .after = {{LEAF, PTE(PAGE_2, ALL)}, {LEAF, 0}, {LEAF, PTE(PAGE_3, ALL)}},
	 .fenced = true, LOAD, OK(PAGE_1)},
	{"large page", TW_ORACLE_STALE, {"level-1 entry"},
	 .before = {{MID, PTE(PAGE_2, ALL)}}, .after = {{MID, PTE(LOW_A, V)}}, .fenced = true,
	 LOAD, OK_2M(PAGE_2)},
	{"A not set", TW_ORACLE_NOT_UPDATED, {"before A is set in the level-0 entry"},
	 .before = {{LEAF, PTE(PAGE_2, V | R)}}, LOAD, OK(PAGE_2)},
	{"D not set", TW_ORACLE_NOT_UPDATED, {"before D is set in the level-0 entry"},
	 .before = {{LEAF, PTE(PAGE_2, V | R | W | A)}}, STORE, OK(PAGE_2)},
	{"A and D not set", TW_ORACLE_NOT_UPDATED, {"before A and D are set"},
	 .before = {{LEAF, PTE(PAGE_2, V | R | W)}}, STORE, OK(PAGE_2)},

	// --- Other address spaces, pages, requests --------------------------------------------
	{"ASID that differs in one bit", TW_ORACLE_WRONG_ASID, {"ASID 1", "differs in bit 5"},
	 .asid = 33, LOAD, OK(PAGE_1)},
	{"such an ASID, and the page was once mapped here", TW_ORACLE_WRONG_ASID, {"bit 5"},
	 .after = {{LOW_B + SLOT, PTE(PAGE_1, ALL)}, {LOW_B + SLOT, 0}}, .fenced = true,
	 .asid = 33, LOAD, OK(PAGE_1)},
	{"ASID that differs in more", TW_ORACLE_WRONG_ASID, {"of ASID 1 (root 0x80000000), by"},
	 .asid = 6, LOAD, OK(PAGE_1)},
	{"bit of the VA", TW_ORACLE_WRONG_PAGE, {"VA 0x40209000, which differs in bit 15"},
	 .before = {{LOW_A + 9 * SLOT, PTE(PAGE_2, ALL)}}, LOAD, OK(PAGE_2)},
	{"another request's", TW_ORACLE_WRONG_REQUEST, {"it answers port 1 id 9", "0x40207000"},
	 .before = {{LOW_A + 7 * SLOT, PTE(PAGE_2, ALL)}}, .other = VA_2M + 0x7000, LOAD,
	 OK(PAGE_2)},

	// --- Fields ---------------------------------------------------------------------------
	{"one bit of the PA", TW_ORACLE_WRONG_PA, {"bit 20 of the PA is wrong"}, LOAD,
	 OK(PAGE_1 | 0x100000)},
	{"a page that stands beside", TW_ORACLE_WRONG_PA, {"its page stands in", "0x80002078"},
	 .untold = {LOW_A + 15 * SLOT, PTE(PAGE_2, ALL)}, LOAD, OK(PAGE_2)},
	{"a page that stood elsewhere", TW_ORACLE_WRONG_PA, {"its page stands in", "0x80009010"},
	 .after = {{TOP_B + 2 * SLOT, PTE(PAGE_2, ALL)}, {TOP_B + 2 * SLOT, 0}}, LOAD,
	 OK(PAGE_2)},
	{"the offset in a large page", TW_ORACLE_WRONG_PA,
	 {"bit 12 of the PA is wrong, which belongs to the offset"},
	 .before = {{MID, PTE(PAGE_2, ALL)}}, LOAD, .resp = {.pa = PAGE_2, .size = TW_SIZE_2M}},
	{"the offset in a page", TW_ORACLE_WRONG_PA, {"bit 3 of the PA", "to the offset"}, LOAD,
	 OK(PAGE_1 | 8)},
	{"size", TW_ORACLE_WRONG_SIZE, {"size 4K"}, LOAD,
	 .resp = {.pa = PAGE_1, .size = TW_SIZE_64K}},
	{"global", TW_ORACLE_WRONG_GLOBAL, {"PA 0x90000000, size 4K, attr 0 by"}, LOAD,
	 .resp = {.pa = PAGE_1, .global = true}},
	{"G of a pointer", TW_ORACLE_WRONG_GLOBAL, {"global, attr 0 by"},
	 .before = {{LOW_A2 + SLOT, PTE(PAGE_2, ALL)}, {MID, PTE(LOW_A2, V | G)}}, LOAD, OK(PAGE_2)},
	{"attributes", TW_ORACLE_WRONG_ATTR, {"attr 0 by"}, LOAD,
	 .resp = {.pa = PAGE_1, .attr = 1}},
	{"only what is reported", TW_ORACLE_WRONG_PA, {"with PA 0x90100000: bit", "PA 0x90000000 by"},
	 LOAD, OK(PAGE_1 | 0x100000),
	 .unchecked = TW_ORACLE_SIZE | TW_ORACLE_GLOBAL | TW_ORACLE_ATTR},
	{"only what is reported of a fault", TW_ORACLE_SPURIOUS, {"with a page fault: "}, LOAD,
	 .resp = {.fault = TW_FAULT_PAGE}, .unchecked = TW_ORACLE_TVAL | TW_ORACLE_CAUSE},

	// --- Answers to nothing, updates ------------------------------------------------------
	{"nobody asked", TW_ORACLE_NOT_ASKED, {"no request with this id"}, LOAD, OK(PAGE_1),
	 .how = NOBODY},
	{"nobody asked with this id", TW_ORACLE_NOT_ASKED, {"it would fit port 1 id 9"},
	 .other = VA_NEXT, LOAD, OK(PAGE_3), .how = NOBODY},
	{"twice", TW_ORACLE_ANSWERED, {"has had its answer in cycle"}, LOAD, OK(PAGE_1),
	 .how = TWICE},
	{"after cancel", TW_ORACLE_CANCELLED, {"was cancelled in cycle"}, LOAD, OK(PAGE_1),
	 .how = CANCELLED},
	{"update of other bits", TW_ORACLE_UPDATE_BITS, {"only set A and D"},
	 .before = {{LEAF, PTE(PAGE_1, V | R)}}, LOAD, .how = UPDATE,
	 .value = PTE(PAGE_1, V | R | A) | BIT(8)},
	{"D by a load", TW_ORACLE_UPDATE_UNASKED, {"sets D", "load of VA 0x40201000", "PA 0x90"},
	 .before = {{LEAF, PTE(PAGE_1, V | R | W)}}, LOAD, .how = UPDATE,
	 .value = PTE(PAGE_1, V | R | W | A | D)},
	{"D by a store that is denied", TW_ORACLE_UPDATE_UNASKED, {"sets D", "store of", "W = 0"},
	 .before = {{LEAF, PTE(PAGE_1, V | R)}}, STORE, .how = UPDATE,
	 .value = PTE(PAGE_1, V | R | A | D)},
};

static const struct row x86[] = {
	{"P", TW_ORACLE_MISSED_FAULT, {"a check is not made", ": P = 0"},
	 .before = {{LEAF, PAGE_2 | (X_ALL & ~XP)}}, LOAD, OK(PAGE_2)},
	{"bit 50", TW_ORACLE_MISSED_FAULT, {"bit 50 is reserved with MAXPHYADDR 46"},
	 .before = {{LEAF, PAGE_2 | X_ALL | BIT(50)}}, LOAD, OK(PAGE_2)},
	{"MAXPHYADDR is not looked at", TW_ORACLE_MISSED_FAULT, {"MAXPHYADDR 51 would give it"},
	 .before = {{LEAF, PAGE_2 | X_ALL | BIT(50)}}, LOAD, OK(PAGE_2 | BIT(50))},
	{"XD, NXE off", TW_ORACLE_MISSED_FAULT, {"a check is not made", "XD = 1 with EFER.NXE = 0"},
	 .before = {{LEAF, PAGE_2 | X_ALL | BIT(63)}}, .off = TW_F_NXE, LOAD, OK(PAGE_2)},
	{"PS of the PML4", TW_ORACLE_MISSED_FAULT, {"level-3 entry", "PS = 1 at level 3"},
	 .before = {{TOP_A, ROOT_A | X_ALL | XPS}}, LOAD, OK(PAGE_1)},
	{"1 GB pages", TW_ORACLE_MISSED_FAULT, {"1 GB pages = 1", "PS = 1 without 1 GB pages"},
	 .before = {{TOP, UINT64_C(0x40000000) | X_ALL | XPS}}, .off = TW_F_GBPAGES, LOAD,
	 OK_1G(UINT64_C(0x40000000))},
	{"misaligned 2 MB", TW_ORACLE_MISSED_FAULT, {"misaligned, bit 14 of a large page"},
	 .before = {{MID, PAGE_2 | X_ALL | XPS | BIT(14)}}, LOAD, OK_2M(PAGE_2)},
	{"U/S in user mode", TW_ORACLE_MISSED_FAULT, {"U/S = 0 in user mode"},
	 .before = {{LEAF, PAGE_2 | (X_ALL & ~XU)}}, ULOAD, OK(PAGE_2)},
	{"U/S above", TW_ORACLE_MISSED_FAULT, {"U/S = 0 above in user mode"},
	 .before = {{LOW_A2 + SLOT, PAGE_2 | X_ALL}, {MID, LOW_A2 | (X_ALL & ~XU)}}, ULOAD, OK(PAGE_2)},
	{"R/W, WP", TW_ORACLE_MISSED_FAULT, {"CR0.WP = 0 would give it", "R/W = 0 with WP = 1"},
	 .before = {{LEAF, PAGE_2 | (X_ALL & ~XW)}}, STORE, OK(PAGE_2)},
	{"R/W above", TW_ORACLE_MISSED_FAULT, {"R/W = 0 above"},
	 .before = {{LOW_A2 + SLOT, PAGE_2 | X_ALL}, {MID, LOW_A2 | (X_ALL & ~XW)}}, USTORE, OK(PAGE_2)},
	{"XD", TW_ORACLE_MISSED_FAULT, {"a load would give it", ": XD = 1"},
	 .before = {{LEAF, PAGE_2 | X_ALL | BIT(63)}}, FETCH, OK(PAGE_2)},
	{"XD above", TW_ORACLE_MISSED_FAULT, {": XD = 1 above"},
	 .before = {{LOW_A2 + SLOT, PAGE_2 | X_ALL}, {MID, LOW_A2 | X_ALL | BIT(63)}}, FETCH, OK(PAGE_2)},
	{"SMEP", TW_ORACLE_MISSED_FAULT, {"CR4.SMEP = 0 would give it", "U/S = 1 with SMEP = 1"},
	 .on = TW_F_SMEP, FETCH, OK(PAGE_1)},
	{"SMAP", TW_ORACLE_MISSED_FAULT, {"CR4.SMAP = 0 would give it", "SMAP = 1 and AC = 0"},
	 .on = TW_F_SMAP, LOAD, OK(PAGE_1)},
	{"key, AD", TW_ORACLE_MISSED_FAULT, {"protection key 3 with AD = 1"},
	 .before = {{LEAF, PAGE_2 | X_ALL | UINT64_C(3) << 59}}, .on = TW_F_PKE, .pkru = 1 << 6,
	 LOAD, OK(PAGE_2)},
	{"key, WD", TW_ORACLE_MISSED_FAULT, {"protection key 3 with WD = 1"},
	 .before = {{LEAF, PAGE_2 | X_ALL | UINT64_C(3) << 59}}, .on = TW_F_PKE, .pkru = 2 << 6,
	 STORE, OK(PAGE_2)},
	{"A of a pointer not set", TW_ORACLE_NOT_UPDATED, {"before A is set in the level-1 entry"},
	 .before = {{MID, LOW_A | (X_ALL & ~XA)}}, LOAD, OK(PAGE_1)},
	{"A of a pointer not set, by a store", TW_ORACLE_NOT_UPDATED, {"A is set in the level-2"},
	 .before = {{TOP, MID_A | (X_ALL & ~XA)}}, STORE, OK(PAGE_1)},
	{"NXE", TW_ORACLE_SPURIOUS, {"EFER.NXE = 0 would give it"},
	 .before = {{LEAF, PAGE_2 | X_ALL | BIT(63)}}, LOAD, FAULT(TW_PF_P | TW_PF_RSVD)},
	{"MAXPHYADDR", TW_ORACLE_SPURIOUS, {"MAXPHYADDR 36 would give it"},
	 .before = {{LEAF, PAGE_2 | X_ALL | BIT(45)}}, LOAD, FAULT(TW_PF_P | TW_PF_RSVD)},
	{"WP", TW_ORACLE_SPURIOUS, {"CR0.WP = 1 would give it"},
	 .before = {{LEAF, PAGE_2 | (X_ALL & ~XW)}}, .off = TW_F_WP, STORE,
	 FAULT(TW_PF_P | TW_PF_W)},
	{"a key that does not count", TW_ORACLE_SPURIOUS, {"CR4.PKE = 1 would give it"},
	 .before = {{LEAF, PAGE_2 | X_ALL | UINT64_C(3) << 59}}, .pkru = 1 << 6, LOAD,
	 FAULT(TW_PF_P | TW_PF_PK)},
	{"error code", TW_ORACLE_WRONG_CAUSE, {"cause 0", ": P = 0"}, .before = {{LEAF, 0}}, LOAD,
	 FAULT(TW_PF_P)},
	{"page fault for a non-canonical address", TW_ORACLE_WRONG_FAULT, {"not canonical"},
	 .req = {.va = VA | BIT(50), .access = TW_LOAD, .priv = TW_PRIV_S},
	 .resp = {.fault = TW_FAULT_PAGE, .fault_va = VA | BIT(50)}},
	{"G without PGE", TW_ORACLE_WRONG_GLOBAL, {"CR4.PGE = 1 would give it"},
	 .before = {{LEAF, PAGE_2 | X_ALL | XG}}, .off = TW_F_PGE, LOAD,
	 .resp = {.pa = PAGE_2, .global = true}},
};
// clang-format on

static void write_all(struct fx *f, const struct edit *edit)
{
	for (unsigned int i = 0; i < 3 && edit[i].addr; i++)
		poke(f, edit[i].addr, edit[i].value);
}

// Another address space with tables of its own, which map nothing at VA.
static void map_b(struct fx *f, bool is_x86)
{
	if (is_x86)
		return;
	poke(f, ROOT_B + SLOT, PTE(MID_B, V));
	poke(f, MID_B + SLOT, PTE(LOW_B, V));
}

static void ask_what(struct fx *f, const struct row *row)
{
	if (row->other)
		ask(f, 9, row->other, TW_LOAD);
	if (row->how != NOBODY)
		ask_as(f, 1, row->req);
	if (row->how == TWICE)
		assert_allowed(answer(f, 1, row->resp));
	if (row->how == CANCELLED)
		assert_int_equal(tw_oracle_cancel(f->o, ++f->cycle, TW_PORT_DATA, false, 1), 0);
}

static bool run_row(const struct row *row, bool is_x86)
{
	const struct tw_oracle_opts opts = {.unchecked = row->unchecked};
	struct fx *f = is_x86 ? fx_x86_opts(opts) : fx_sv39_opts(opts);
	bool ok;

	f->ctx.flags = (f->ctx.flags | row->on) & ~row->off;
	f->ctx.pkru = row->pkru;
	set_ctx(f);
	if (row->untold.addr)
		assert_int_equal(tw_pmem_write64(f->pm, row->untold.addr, row->untold.value), 0);
	map_b(f, is_x86);
	write_all(f, row->before);
	fence(f, FENCE_ALL);
	if (row->asid)
		use_root(f, ROOT_B, row->asid);
	write_all(f, row->after);
	if (row->fenced)
		fence(f, FENCE_VA(VA));
	ask_what(f, row);
	if (row->how == UPDATE)
		cas(f, LEAF, row->value);
	else
		answer(f, 1, row->resp);
	ok = f->v.status == TW_ORACLE_FORBIDDEN && f->v.reason == row->reason;
	for (unsigned int i = 0; i < 3 && row->words[i]; i++)
		ok &= strstr(f->v.text, row->words[i]) != NULL;
	if (!ok)
		print_error("%s: expected %s (%s), got %s: %s\n", row->name,
			    tw_oracle_reason_name(row->reason), row->words[0],
			    tw_oracle_reason_name(f->v.reason), f->v.text);
	fx_done(f);
	return ok;
}

static void run_rows(const struct row *row, size_t n, bool is_x86)
{
	size_t failed = 0;

	for (size_t i = 0; i < n; i++)
		failed += !run_row(&row[i], is_x86);
	assert_int_equal(failed, 0);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void smallest_change_is_named_first_on_riscv(void **state)
{
	(void)state;
	run_rows(riscv, COUNT(riscv), false);
}

static void smallest_change_is_named_first_on_x86(void **state)
{
	(void)state;
	run_rows(x86, COUNT(x86), true);
}

// The rest has tests of its own: what is undecided, overdue, or about reads.
static void every_reason_has_a_row(void **state)
{
	bool has[TW_ORACLE_READ_UNASKED] = {[TW_ORACLE_OK] = true, [TW_ORACLE_NOT_READ] = true};

	(void)state;
	for (size_t i = 0; i < COUNT(riscv); i++)
		has[riscv[i].reason] = true;
	for (size_t i = 0; i < COUNT(x86); i++)
		has[x86[i].reason] = true;
	for (enum tw_oracle_reason r = TW_ORACLE_OK; r < TW_ORACLE_READ_UNASKED; r++)
		if (!has[r])
			fail_msg("no row expects: %s", tw_oracle_reason_name(r));
	assert_true(COUNT(riscv) + COUNT(x86) >= 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smallest_change_is_named_first_on_riscv),
		cmocka_unit_test(smallest_change_is_named_first_on_x86),
		cmocka_unit_test(every_reason_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
