// SPDX-License-Identifier: Apache-2.0
// A small bench for directed tests on the pins: one device (cycle model, RTL or both), a memory of
// fixed latency, page tables made by hand. Cycles are counted from the bench's creation; "present
// cycle" is the one whose pins bench_out() shows. Invariant: after bench_cycle() no input is valid
// but those that the caller sets again; responses are always taken unless a test says otherwise.
#ifndef TW_TESTS_PIN_BENCH_H
#define TW_TESTS_PIN_BENCH_H

#include "../../csim/tables.h"
#include "../../tb/device.h"

#include "twinwalk/membus.h"
#include "twinwalk/pmem.h"

enum { F = TW_PORT_FETCH, D = TW_PORT_DATA };

// Sv39 PTE bits, and what most tests want of a leaf.
enum {
	RV_V = 1,
	RV_R = 2,
	RV_W = 4,
	RV_X = 8,
	RV_U = 16,
	RV_G = 32,
	RV_A = 64,
	RV_D = 128,
	RV_LEAF = RV_V | RV_R | RV_W | RV_X | RV_A | RV_D,
};

// x86 entry bits.
enum {
	X86_P = 1,
	X86_W = 2,
	X86_U = 4,
	X86_A = 32,
	X86_D = 64,
	X86_PS = 128,
	X86_LEAF = X86_P | X86_W | X86_A | X86_D,
};

struct bench {
	struct tw_device dev;
	struct tw_pmem *pmem;
	struct tw_membus *bus;
	struct tw_mmu_in in;
	unsigned int latency;
	uint64_t cycle;
	struct tw_tables tables;
	uint64_t count[TW_EVENTS]; // events seen
};

#define BENCH_RAM   UINT64_C(0x80000000)
#define BENCH_BYTES (UINT64_C(16) << 20)
#define BENCH_ROOT  BENCH_RAM // the root table

void bench_open(struct bench *b, enum tw_device_mode mode, const struct tw_config *config,
		unsigned int latency);
void bench_close(struct bench *b);

const struct tw_mmu_out *bench_out(struct bench *b);

// One clock edge.
void bench_cycle(struct bench *b);

// Writes a control register and waits until it is in force; sets the format with BENCH_ROOT.
void bench_ctrl(struct bench *b, enum tw_ctrl_reg reg, uint64_t value);
void bench_format(struct bench *b, enum tw_format format, uint16_t asid);

// Maps VA at LEVEL (0: 4 KB, 1: 2 MB, 2: 1 GB) with the given leaf bits; tables above are made as
// needed with pointer bits POINTER. LEVELS: 3 for Sv39, 4 for x86. Returns the leaf's address.
uint64_t bench_map(struct bench *b, unsigned int levels, uint64_t va, unsigned int level,
		   uint64_t ppn, uint64_t leaf, uint64_t pointer);
uint64_t bench_map_sv39(struct bench *b, uint64_t va, unsigned int level, uint64_t ppn);
uint64_t bench_map_x86(struct bench *b, uint64_t va, unsigned int level, uint64_t ppn);

// The same for any format, as tw_tables_map() does it; a root that is loaded is read by the next
// bench_format().
uint64_t bench_map_format(struct bench *b, const struct tw_format_desc *f, uint64_t va,
			  unsigned int level, uint64_t ppn, bool stale);
// An entry of the format, 4 or 8 bytes.
uint64_t bench_entry(struct bench *b, const struct tw_format_desc *f, uint64_t pa);
void bench_set_entry(struct bench *b, const struct tw_format_desc *f, uint64_t pa, uint64_t entry);

// Presents a request in the present cycle (which must find the port ready), without an edge.
void bench_request(struct bench *b, unsigned int port, uint8_t id, uint64_t va, uint8_t access);

// Ticks until the port shows a response, at most LIMIT cycles; 0 if it is there already. Returns
// the number of edges; fails the test if none comes.
unsigned int bench_wait(struct bench *b, unsigned int port, unsigned int limit);

// Request and wait: the cycles from request to response. The response stays on the pins.
unsigned int bench_access(struct bench *b, unsigned int port, uint64_t va, uint8_t access);

// Runs a fence; the cycles from handshake to done.
unsigned int bench_fence(struct bench *b, bool by_addr, bool by_asid, bool global, uint64_t va,
			 uint16_t asid);

// Ticks until idle_o is high.
void bench_drain(struct bench *b);

#endif
