// SPDX-License-Identifier: Apache-2.0
// Whole walks: the order of reads and updates, which of several faults wins, bus errors, and a
// memory that changes while the walk is on its way.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>

#include "twinwalk/arch.h"
#include "twinwalk/pmem.h"

// RISC-V and x86 entry bits.
enum { V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128, RWXAD = V | R | W | X | A | D };
enum { P = 1, RW = 2, US = 4, XA = 32, XD = 64, PS = 128 };

// Tables at 1000, 2000, 3000, 4000; the VA selects entry 1, 2, 3, 4 from the root of the longest.
enum { T0 = 0x1000, T1 = 0x2000, T2 = 0x3000, T3 = 0x4000, PAGE = 0x7000 };
static const uint64_t sv39_va = 1ULL << 30 | 2ULL << 21 | 3ULL << 12 | 0x123;
static const uint64_t long4_va = 1ULL << 39 | 2ULL << 30 | 3ULL << 21 | 4ULL << 12 | 0x123;

struct fixture {
	struct tw_pmem *pm;
	struct tw_mem mem;
	unsigned int reads, writes;
	// Before the compare-and-swap number HOOK_AT, the word at HOOK_ADDR takes each time a new
	// value.
	unsigned int hook_at, hook_times;
	uint64_t hook_addr, hook_value;
	bool refuse_cas;
};

static int read64(void *user, uint64_t pa, uint64_t *value)
{
	struct fixture *f = user;

	f->reads++;
	return tw_pmem_read64(f->pm, pa, value);
}

static int cas(void *user, uint64_t pa, unsigned int bytes, uint64_t expected, uint64_t desired,
	       uint64_t *old)
{
	struct fixture *f = user;

	if (f->refuse_cas)
		return -EIO;
	if (++f->writes >= f->hook_at && f->hook_times) {
		f->hook_times--;
		f->hook_value ^= 1ULL << 20; // another page each time
		assert_int_equal(tw_pmem_write64(f->pm, f->hook_addr, f->hook_value), 0);
	}
	return tw_pmem_cas(f->pm, pa, bytes, expected, desired, old);
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){.mem = {.user = &f, .read64 = read64, .cas = cas}};
	*state = &f;
	return tw_pmem_create(&f.pm) || tw_pmem_add_ram(f.pm, 0, 0x10000) ||
	       tw_pmem_add_ram(f.pm, 0x100000, 0x110000);
}

static int teardown(void **state)
{
	tw_pmem_destroy(((struct fixture *)*state)->pm);
	return 0;
}

static void put(struct fixture *f, uint64_t addr, uint64_t value)
{
	assert_int_equal(tw_pmem_write64(f->pm, addr, value), 0);
}

static uint64_t get(struct fixture *f, uint64_t addr)
{
	uint64_t v;

	assert_int_equal(tw_pmem_read64(f->pm, addr, &v), 0);
	return v;
}

static uint64_t rv(uint64_t pa, uint64_t bits)
{
	return pa >> 2 | bits;
}

static struct tw_walk walk(struct fixture *f, const struct tw_ctx *ctx, unsigned int access,
			   unsigned int priv, uint64_t va)
{
	struct tw_req req = {.va = va, .access = (uint8_t)access, .priv = (uint8_t)priv};
	struct tw_walk w;

	assert_int_equal(tw_arch_walk(ctx, &f->mem, &req, &w), 0);
	return w;
}

static struct tw_ctx sv39(uint32_t flags)
{
	return (struct tw_ctx){.format = TW_FMT_SV39, .root_ppn = T0 >> 12, .flags = flags};
}

static struct tw_ctx long4(uint32_t flags)
{
	return (struct tw_ctx){
		.format = TW_FMT_X86_LONG4, .root_ppn = T0 >> 12, .flags = flags, .maxphyaddr = 46};
}

static void map_sv39(struct fixture *f, uint64_t leaf)
{
	put(f, T0 + 8, rv(T1, V));
	put(f, T1 + 16, rv(T2, V));
	put(f, T2 + 24, leaf);
}

static void map_long4(struct fixture *f, uint64_t pointer_bits, uint64_t leaf)
{
	put(f, T0 + 8, T1 | pointer_bits);
	put(f, T1 + 16, T2 | pointer_bits);
	put(f, T2 + 24, T3 | pointer_bits);
	put(f, T3 + 32, leaf);
}

static void a_walk_reads_from_the_root_to_the_leaf(void **state)
{
	struct tw_ctx ctx = sv39(0);
	struct tw_walk w;

	map_sv39(*state, rv(PAGE, RWXAD));
	w = walk(*state, &ctx, TW_LOAD, TW_PRIV_S, sv39_va);
	assert_int_equal(w.resp.fault, TW_FAULT_NONE);
	assert_int_equal(w.resp.pa, PAGE + 0x123);
	assert_int_equal(w.reads, 3);
	assert_int_equal(w.read_addr[0], T0 + 8);
	assert_int_equal(w.read_addr[1], T1 + 16);
	assert_int_equal(w.read_addr[2], T2 + 24);
	assert_int_equal(w.updates, 0);
	assert_true(w.rights.r && w.rights.w && w.rights.x && w.rights.d);
}

static void a_superpage_ends_the_walk_early(void **state)
{
	struct tw_ctx ctx = sv39(0);
	struct tw_walk w;

	put(*state, T0 + 8, rv(1ULL << 30, RWXAD));
	w = walk(*state, &ctx, TW_LOAD, TW_PRIV_S, sv39_va);
	assert_int_equal(w.reads, 1);
	assert_int_equal(w.resp.size, TW_SIZE_1G);
	assert_int_equal(w.resp.pa, 1ULL << 30 | (sv39_va & 0x3fffffff));
}

static void a_non_canonical_address_reads_nothing(void **state)
{
	struct tw_ctx ctx = sv39(0);
	struct tw_walk w = walk(*state, &ctx, TW_LOAD, TW_PRIV_S, 1ULL << 38);

	assert_int_equal(w.resp.fault, TW_FAULT_PAGE);
	assert_int_equal(w.reads, 0);
	assert_int_equal(((struct fixture *)*state)->reads, 0);
}

static void bare_mode_reads_nothing(void **state)
{
	struct tw_ctx ctx = {.format = TW_FMT_BARE};
	struct tw_walk w = walk(*state, &ctx, TW_LOAD, TW_PRIV_S, 0x1234);

	assert_int_equal(w.resp.pa, 0x1234);
	assert_int_equal(((struct fixture *)*state)->reads, 0);
}

static void a_bus_error_is_an_access_fault_of_the_original_access(void **state)
{
	static const unsigned int causes[] = {1, 5, 7, 7};
	struct tw_ctx ctx = sv39(0);

	put(*state, T0 + 8, rv(T1, V));
	put(*state, T1 + 16, rv(0x10000, V)); // outside
	for (unsigned int access = TW_FETCH; access <= TW_RMW; access++) {
		struct tw_walk w = walk(*state, &ctx, access, TW_PRIV_S, sv39_va);

		assert_int_equal(w.resp.fault, TW_FAULT_ACCESS);
		assert_int_equal(w.resp.cause, causes[access]);
		assert_int_equal(w.resp.fault_va, sv39_va);
		assert_true(w.read_failed);
		assert_int_equal(w.reads, 3);
		assert_int_equal(w.read_addr[2], 0x10000 + 24);
	}
}

static void a_bad_pointer_faults_before_the_next_read_can_fail(void **state)
{
	struct tw_ctx ctx = sv39(0);
	struct tw_walk w;

	put(*state, T0 + 8, rv(0x10000, V | U)); // U in a pointer, which leads outside
	w = walk(*state, &ctx, TW_LOAD, TW_PRIV_S, sv39_va);
	assert_int_equal(w.resp.fault, TW_FAULT_PAGE);
	assert_int_equal(w.reads, 1);
}

static void an_x86_reserved_bit_faults_before_the_next_read(void **state)
{
	struct tw_ctx ctx = long4(0);
	struct tw_walk w;

	map_long4(*state, P | RW | US | XA, PAGE | P | RW | US | XA | XD);
	put(*state, T1 + 16, T2 | P | 1ULL << 50);
	w = walk(*state, &ctx, TW_LOAD, TW_PRIV_U, long4_va);
	assert_int_equal(w.resp.cause, TW_PF_P | TW_PF_RSVD | TW_PF_U);
	assert_int_equal(w.reads, 2);
}

static void x86_rights_are_checked_after_the_whole_walk(void **state)
{
	struct tw_ctx ctx = long4(TW_F_WP);
	struct tw_walk w;

	// Read-only at the root; the leaf is not present: not a protection fault.
	map_long4(*state, P | US, 0);
	w = walk(*state, &ctx, TW_STORE, TW_PRIV_S, long4_va);
	assert_int_equal(w.resp.cause, TW_PF_W);
	assert_int_equal(w.reads, 4);
	put(*state, T3 + 32, PAGE | P | RW | US);
	w = walk(*state, &ctx, TW_STORE, TW_PRIV_S, long4_va);
	assert_int_equal(w.resp.cause, TW_PF_P | TW_PF_W);
}

static void svadu_updates_the_leaf_only(void **state)
{
	struct tw_ctx ctx = sv39(TW_F_ADUE);
	struct tw_walk w;

	map_sv39(*state, rv(PAGE, V | R | W));
	w = walk(*state, &ctx, TW_STORE, TW_PRIV_S, sv39_va);
	assert_int_equal(w.updates, 1);
	assert_int_equal(w.update[0].addr, T2 + 24);
	assert_int_equal(w.update[0].old, rv(PAGE, V | R | W));
	assert_int_equal(w.update[0].desired, rv(PAGE, V | R | W | A | D));
	assert_int_equal(get(*state, T2 + 24), rv(PAGE, V | R | W | A | D));
	assert_int_equal(get(*state, T1 + 16), rv(T2, V));
}

static void x86_sets_a_from_the_root_down_and_d_in_the_leaf(void **state)
{
	struct tw_ctx ctx = long4(0);
	struct tw_walk w;

	map_long4(*state, P | RW | US, PAGE | P | RW | US);
	w = walk(*state, &ctx, TW_STORE, TW_PRIV_U, long4_va);
	assert_int_equal(w.resp.pa, PAGE + 0x123);
	assert_int_equal(w.updates, 4);
	assert_int_equal(w.update[0].addr, T0 + 8);
	assert_int_equal(w.update[1].addr, T1 + 16);
	assert_int_equal(w.update[2].addr, T2 + 24);
	assert_int_equal(w.update[3].addr, T3 + 32);
	assert_int_equal(get(*state, T0 + 8), T1 | P | RW | US | XA);
	assert_int_equal(get(*state, T3 + 32), PAGE | P | RW | US | XA | XD);
	w = walk(*state, &ctx, TW_STORE, TW_PRIV_U, long4_va);
	assert_int_equal(w.updates, 0);
}

static void an_access_that_faults_changes_no_entry(void **state)
{
	struct tw_ctx ctx = long4(TW_F_WP);
	struct tw_walk w;

	map_long4(*state, P | RW, PAGE | P);
	w = walk(*state, &ctx, TW_STORE, TW_PRIV_S, long4_va);
	assert_int_equal(w.resp.fault, TW_FAULT_PAGE);
	assert_int_equal(w.updates, 0);
	assert_int_equal(get(*state, T0 + 8), T1 | P | RW);
	assert_int_equal(((struct fixture *)*state)->writes, 0);
}

static void a_refused_update_is_an_access_fault(void **state)
{
	struct tw_ctx ctx = sv39(TW_F_ADUE);
	struct tw_walk w;

	((struct fixture *)*state)->refuse_cas = true;
	map_sv39(*state, rv(PAGE, V | R));
	w = walk(*state, &ctx, TW_LOAD, TW_PRIV_S, sv39_va);
	assert_int_equal(w.resp.fault, TW_FAULT_ACCESS);
	assert_int_equal(w.resp.cause, 5);
	assert_int_equal(w.updates, 0);
	assert_false(w.read_failed);
}

static void a_lost_race_starts_again_and_keeps_the_other_write(void **state)
{
	struct fixture *f = *state;
	struct tw_ctx ctx = sv39(TW_F_ADUE);
	struct tw_walk w;

	map_sv39(f, rv(PAGE, V | R | W));
	f->hook_at = 1;
	f->hook_times = 1;
	f->hook_addr = T2 + 24;
	f->hook_value = rv(PAGE, V | R | W);
	w = walk(f, &ctx, TW_STORE, TW_PRIV_S, sv39_va);
	// The page is the new one, and only the new entry was changed.
	assert_int_equal(w.resp.pa, (PAGE | 1ULL << 22) + 0x123);
	assert_int_equal(w.updates, 1);
	assert_int_equal(w.update[0].old, rv(PAGE | 1ULL << 22, V | R | W));
	assert_int_equal(get(f, T2 + 24), rv(PAGE | 1ULL << 22, V | R | W | A | D));
	assert_int_equal(f->reads, 6);
	assert_int_equal(w.reads, 3);
}

static void the_reads_are_those_of_the_last_pass(void **state)
{
	struct fixture *f = *state;
	struct tw_ctx ctx = long4(0);
	struct tw_walk w;

	// The second pointer moves to another table just before its A is set.
	map_long4(f, P | RW | US, PAGE | P | RW | US);
	f->hook_at = 2;
	f->hook_times = 1;
	f->hook_addr = T1 + 16;
	f->hook_value = T2 | P | RW | US;
	w = walk(f, &ctx, TW_LOAD, TW_PRIV_U, long4_va);
	assert_int_equal(w.resp.fault, TW_FAULT_PAGE);
	assert_int_equal(w.reads, 3);
	assert_int_equal(w.read_addr[2], (T2 | 1 << 20) + 24);
	assert_int_equal(w.updates, 1);
	assert_int_equal(w.update[0].addr, T0 + 8);
}

static void a_lost_race_to_an_unmap_is_a_page_fault(void **state)
{
	struct fixture *f = *state;
	struct tw_ctx ctx = sv39(TW_F_ADUE);
	struct tw_walk w;

	map_sv39(f, rv(PAGE, V | R | W));
	f->hook_at = 1;
	f->hook_times = 1;
	f->hook_addr = T2 + 24;
	f->hook_value = 0;
	w = walk(f, &ctx, TW_STORE, TW_PRIV_S, sv39_va);
	assert_int_equal(w.resp.fault, TW_FAULT_PAGE);
	assert_int_equal(w.updates, 0);
	assert_int_equal(get(f, T2 + 24), 1ULL << 20);
}

static void a_memory_that_never_stops_changing_ends_in_eagain(void **state)
{
	struct fixture *f = *state;
	struct tw_ctx ctx = sv39(TW_F_ADUE);
	struct tw_req req = {.va = sv39_va, .access = TW_STORE, .priv = TW_PRIV_S};
	struct tw_walk w;

	map_sv39(f, rv(PAGE, V | R | W));
	f->hook_times = UINT32_MAX;
	f->hook_addr = T2 + 24;
	f->hook_value = rv(PAGE, V | R | W);
	assert_int_equal(tw_arch_walk(&ctx, &f->mem, &req, &w), -EAGAIN);
	assert_int_equal(f->writes, TW_WALK_RESTARTS + 1);
}

static void an_entry_used_at_two_levels_is_reported_once(void **state)
{
	struct tw_ctx ctx = long4(0);
	// Entry 1 of the root leads to the root itself, at all levels.
	uint64_t va = 1ULL << 39 | 1ULL << 30 | 1ULL << 21 | 1ULL << 12;
	struct tw_walk w;

	put(*state, T0 + 8, T0 | P | RW | US);
	w = walk(*state, &ctx, TW_STORE, TW_PRIV_U, va);
	assert_int_equal(w.resp.pa, T0);
	assert_int_equal(w.reads, 1);
	assert_int_equal(w.updates, 1);
	assert_int_equal(w.update[0].old, T0 | P | RW | US);
	assert_int_equal(w.update[0].desired, T0 | P | RW | US | XA | XD);
	assert_int_equal(get(*state, T0 + 8), T0 | P | RW | US | XA | XD);
}

static void five_levels_are_walked(void **state)
{
	struct tw_ctx ctx = {.format = TW_FMT_SV57, .root_ppn = T0 >> 12};
	uint64_t va = 1ULL << 48 | 2ULL << 39 | 3ULL << 30 | 4ULL << 21 | 5ULL << 12 | 0x123;
	struct tw_walk w;

	put(*state, T0 + 8, rv(T1, V));
	put(*state, T1 + 16, rv(T2, V));
	put(*state, T2 + 24, rv(T3, V));
	put(*state, T3 + 32, rv(0x5000, V));
	put(*state, 0x5000 + 40, rv(PAGE, RWXAD));
	w = walk(*state, &ctx, TW_LOAD, TW_PRIV_S, va);
	assert_int_equal(w.resp.pa, PAGE + 0x123);
	assert_int_equal(w.reads, 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_walk_reads_from_the_root_to_the_leaf),
		TEST(a_superpage_ends_the_walk_early),
		TEST(a_non_canonical_address_reads_nothing),
		TEST(bare_mode_reads_nothing),
		TEST(a_bus_error_is_an_access_fault_of_the_original_access),
		TEST(a_bad_pointer_faults_before_the_next_read_can_fail),
		TEST(an_x86_reserved_bit_faults_before_the_next_read),
		TEST(x86_rights_are_checked_after_the_whole_walk),
		TEST(svadu_updates_the_leaf_only),
		TEST(x86_sets_a_from_the_root_down_and_d_in_the_leaf),
		TEST(an_access_that_faults_changes_no_entry),
		TEST(a_refused_update_is_an_access_fault),
		TEST(a_lost_race_starts_again_and_keeps_the_other_write),
		TEST(the_reads_are_those_of_the_last_pass),
		TEST(a_lost_race_to_an_unmap_is_a_page_fault),
		TEST(a_memory_that_never_stops_changing_ends_in_eagain),
		TEST(an_entry_used_at_two_levels_is_reported_once),
		TEST(five_levels_are_walked),
	};

	return cmocka_run_group_tests_name("arch_walk", tests, NULL, NULL);
}
