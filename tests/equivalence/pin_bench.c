// SPDX-License-Identifier: Apache-2.0
// See pin_bench.h.
#include "pin_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

void bench_open(struct bench *b, enum tw_device_mode mode, const struct tw_config *config,
		unsigned int latency)
{
	const struct tw_membus_opts mem = {.latency_min = latency, .latency_max = latency};
	const struct tw_lockstep_opts opts = {.config = config, .seed = 1};

	memset(b, 0, sizeof(*b));
	b->latency = latency;
	b->tables.root = BENCH_ROOT;
	b->tables.next = BENCH_ROOT + 4096;
	assert_int_equal(tw_pmem_create(&b->pmem), 0);
	assert_int_equal(tw_pmem_add_flat(b->pmem, BENCH_RAM, BENCH_RAM + BENCH_BYTES), 0);
	b->tables.pmem = b->pmem;
	assert_int_equal(tw_membus_create(b->pmem, &mem, &b->bus), 0);
	assert_int_equal(tw_device_open(&b->dev, mode, &opts), 0);
	b->in.port[F].resp_ready = b->in.port[D].resp_ready = true;
}

void bench_close(struct bench *b)
{
	if (b->dev.ls)
		assert_int_equal(tw_lockstep_compare(b->dev.ls), 0);
	tw_device_close(&b->dev);
	tw_membus_destroy(b->bus);
	tw_pmem_destroy(b->pmem);
}

const struct tw_mmu_out *bench_out(struct bench *b)
{
	return b->dev.pin.pins(b->dev.pin.user);
}

void bench_cycle(struct bench *b)
{
	uint32_t events;

	tw_membus_drive(b->bus, &b->in);
	tw_membus_tick(b->bus, bench_out(b), &b->in);
	assert_int_equal(b->dev.pin.tick(b->dev.pin.user, &b->in), 0);
	b->cycle++;
	for (unsigned int p = 0; p < TW_PORTS; p++)
		b->in.port[p].req_valid = b->in.port[p].cancel_valid = false;
	b->in.fence_valid = b->in.ctrl_valid = false;
	events = bench_out(b)->events;
	for (unsigned int i = 0; i < TW_EVENTS; i++)
		b->count[i] += events >> i & 1;
}

void bench_ctrl(struct bench *b, enum tw_ctrl_reg reg, uint64_t value)
{
	assert_true(bench_out(b)->ctrl_ready);
	b->in.ctrl_valid = true;
	b->in.ctrl_addr = (uint8_t)reg;
	b->in.ctrl_data = value;
	do
		bench_cycle(b);
	while (!bench_out(b)->ctrl_ready);
}

void bench_format(struct bench *b, enum tw_format format, uint16_t asid)
{
	bench_ctrl(b, TW_CTRL_ROOT,
		   (uint64_t)format << 60 | (uint64_t)asid << 44 | BENCH_ROOT >> 12);
}

uint64_t bench_map(struct bench *b, unsigned int levels, uint64_t va, unsigned int level,
		   uint64_t ppn, uint64_t leaf, uint64_t pointer)
{
	unsigned int shift = levels == 3 ? 10 : 12; // of the PPN in an entry
	uint64_t table = BENCH_ROOT, pa, pte;

	for (unsigned int i = levels - 1;; i--) {
		pa = table + (va >> (12 + 9 * i) & 511) * 8;
		if (i == level)
			break;
		assert_int_equal(tw_pmem_read64(b->pmem, pa, &pte), 0);
		if (!pte) {
			pte = b->tables.next >> 12 << shift | pointer;
			b->tables.next += 4096;
			assert_int_equal(tw_pmem_write64(b->pmem, pa, pte), 0);
		}
		table = pte >> shift << 12;
		if (levels == 4)
			table &= (UINT64_C(1) << 52) - 1;
	}
	assert_int_equal(tw_pmem_write64(b->pmem, pa, ppn << shift | leaf), 0);
	return pa;
}

uint64_t bench_map_sv39(struct bench *b, uint64_t va, unsigned int level, uint64_t ppn)
{
	return bench_map(b, 3, va, level, ppn, RV_LEAF, RV_V);
}

uint64_t bench_map_x86(struct bench *b, uint64_t va, unsigned int level, uint64_t ppn)
{
	return bench_map(b, 4, va, level, ppn, level ? X86_LEAF | X86_PS : X86_LEAF,
			 X86_P | X86_W | X86_A);
}

uint64_t bench_entry(struct bench *b, const struct tw_format_desc *f, uint64_t pa)
{
	uint64_t entry;

	assert_int_equal(tw_tables_get(&b->tables, f, pa, &entry), 0);
	return entry;
}

void bench_set_entry(struct bench *b, const struct tw_format_desc *f, uint64_t pa, uint64_t entry)
{
	assert_int_equal(tw_tables_set(&b->tables, f, pa, entry), 0);
}

uint64_t bench_map_format(struct bench *b, const struct tw_format_desc *f, uint64_t va,
			  unsigned int level, uint64_t ppn, bool stale)
{
	uint64_t leaf;

	assert_int_equal(tw_tables_map(&b->tables, f, va, level, ppn, stale, &leaf), 0);
	return leaf;
}

void bench_request(struct bench *b, unsigned int port, uint8_t id, uint64_t va, uint8_t access)
{
	assert_true(bench_out(b)->port[port].req_ready);
	b->in.port[port].req_valid = true;
	b->in.port[port].req_id = id;
	b->in.port[port].req = (struct tw_req){.va = va, .access = access, .priv = TW_PRIV_S};
}

unsigned int bench_wait(struct bench *b, unsigned int port, unsigned int limit)
{
	unsigned int n = 0;

	while (!bench_out(b)->port[port].resp_valid) {
		assert_true(n < limit);
		bench_cycle(b);
		n++;
	}
	return n;
}

unsigned int bench_access(struct bench *b, unsigned int port, uint64_t va, uint8_t access)
{
	bench_request(b, port, 0, va, access);
	bench_cycle(b);
	return 1 + bench_wait(b, port, 10000);
}

unsigned int bench_fence(struct bench *b, bool by_addr, bool by_asid, bool global, uint64_t va,
			 uint16_t asid)
{
	unsigned int n = 0;

	assert_true(bench_out(b)->fence_ready);
	b->in.fence_valid = true;
	b->in.fence_by_addr = by_addr;
	b->in.fence_by_asid = by_asid;
	b->in.fence_global = global;
	b->in.fence_va = va;
	b->in.fence_asid = asid;
	do {
		assert_true(n < 100000);
		bench_cycle(b);
		n++;
	} while (!bench_out(b)->fence_done);
	return n;
}

void bench_drain(struct bench *b)
{
	for (unsigned int n = 0; !bench_out(b)->idle; n++) {
		assert_true(n < 100000);
		bench_cycle(b);
	}
}
