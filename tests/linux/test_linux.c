// SPDX-License-Identifier: Apache-2.0
// The same random calls on the Linux under this test and on the kernel: results errno for errno,
// regions, what loads and stores meet, and what they find. The address space is the host's own: an
// arena that is free in it, and the heap of a child process (host.h). Skipped where the host does
// not allow it. What docs/kernel.md lists as deliberately different is not called, and a region may
// be whole here that the host keeps in parts. TW_OPS: how many calls.
#define _GNU_SOURCE // mremap's flags
#include "duel.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern.h"

// --- Calls -----------------------------------------------------------------------------

static void settle(struct duel *d, int64_t ours, int64_t theirs)
{
	if (ours != theirs)
		differ(d, "%" PRId64 ", Linux %" PRId64, ours, theirs);
	d->done += ours >= 0;
	d->refused += ours < 0;
	compare_regions(d);
}

static uint64_t address(struct duel *d)
{
	unsigned int kind = pick(d, 40);
	unsigned int heap = pick(d, 4) == 0;
	uint64_t at =
		page_address(d, heap ? PAGES + pick(d, HEAP - LONGEST) : pick(d, PAGES - LONGEST));

	return kind == 0   ? UINT64_C(1) << 63
	       : kind == 1 ? -(uint64_t)PAGE
	       : kind == 2 ? at + 1
			   : at;
}

// Some lengths are none.
static uint64_t length(struct duel *d, unsigned int most)
{
	static const uint64_t wild[] = {0, UINT64_MAX, -(uint64_t)PAGE, UINT64_C(1) << 63};

	if (pick(d, 30) == 0)
		return wild[pick(d, 4)];
	return (1 + pick(d, most)) * (uint64_t)PAGE - (pick(d, 8) ? 0 : pick(d, PAGE));
}

// Not X alone: protection keys make something else of it.
static uint32_t protection(struct duel *d)
{
	uint32_t prot = pick(d, 8);

	return prot == PROT_EXEC ? PROT_NONE : prot;
}

// Ends a mapping that the kernels placed as they liked, each elsewhere.
static void forget(struct duel *d, uint64_t ours, uint64_t theirs, uint64_t len)
{
	assert_int_equal(tw_sys_munmap(d->p, ours, len), 0);
	assert_int_equal(host_call(d->host, SYS_munmap, theirs, len, 0, 0, 0, 0), 0);
	d->done++;
	compare_regions(d);
}

static bool in_space(const struct duel *d, int64_t at)
{
	return ((uint64_t)at - ARENA < PAGES * (uint64_t)PAGE) ||
	       ((uint64_t)at - page_address(d, PAGES) < HEAP * (uint64_t)PAGE);
}

static void op_mmap(struct duel *d)
{
	static const uint32_t types[] = {MAP_PRIVATE, MAP_PRIVATE,	   MAP_SHARED,
					 MAP_SHARED,  MAP_SHARED_VALIDATE, 0};
	static const uint64_t offsets[] = {1, UINT64_C(1) << 63, INT64_MAX - 0xfffu,
					   -(uint64_t)PAGE, INT64_MAX - 0x2fffu};
	uint64_t addr = address(d), len = length(d, LONGEST),
		 offset = pick(d, FILE_PAGES) * (uint64_t)PAGE;
	uint32_t flags = types[pick(d, 6)], prot = protection(d);
	unsigned int mode = pick(d, 3) ? TW_O_RDWR : pick(d, MODES);
	bool anonymous = pick(d, 2);
	int64_t ours, theirs;

	flags |= anonymous ? MAP_ANONYMOUS : 0u;
	flags |= pick(d, 6) ? MAP_FIXED : pick(d, 2) ? MAP_FIXED_NOREPLACE : 0u;
	flags |= pick(d, 8) ? 0u : pick(d, 2) ? 0x4000000u : 0x2000000u; // SHARED_VALIDATE cares
	flags |= pick(d, 8) || !d->stores ? 0u : MAP_POPULATE;
	flags |= pick(d, 8) ? 0u : MAP_NONBLOCK;
	if (pick(d, 15) == 0) {
		// Fixed: with such an offset the host's file system may not take a hint.
		offset = offsets[pick(d, 5)];
		flags |= MAP_FIXED;
	}
	prot &= anonymous ? 7u : d->prots;
	CALL(d, "mmap(%#" PRIx64 ", %#" PRIx64 ", %u, %#x, mode %u, %#" PRIx64 ")", addr, len, prot,
	     flags, mode, offset);
	ours = tw_sys_mmap(d->p, addr, len, prot, flags, d->file[mode], offset);
	theirs =
		host_call(d->host, SYS_mmap, addr, len, prot, flags, (uint64_t)d->fd[mode], offset);
	if (ours >= 0 && theirs >= 0 && !in_space(d, ours) && !in_space(d, theirs))
		forget(d, (uint64_t)ours, (uint64_t)theirs, len);
	else
		settle(d, ours, theirs);
}

static void op_munmap(struct duel *d)
{
	uint64_t addr = address(d), len = length(d, 10);

	CALL(d, "munmap(%#" PRIx64 ", %#" PRIx64 ")", addr, len);
	settle(d, tw_sys_munmap(d->p, addr, len),
	       host_call(d->host, SYS_munmap, addr, len, 0, 0, 0, 0));
}

static void op_mprotect(struct duel *d)
{
	uint64_t addr = address(d), len = length(d, 10);
	uint32_t prot = pick(d, 20) ? protection(d) : 8u << pick(d, 4);

	prot |= pick(d, 20) ? 0u : PROT_GROWSDOWN;
	prot |= pick(d, 20) ? 0u : PROT_GROWSUP;
	CALL(d, "mprotect(%#" PRIx64 ", %#" PRIx64 ", %u)", addr, len, prot);
	settle(d, tw_sys_mprotect(d->p, addr, len, prot),
	       host_call(d->host, SYS_mprotect, addr, len, prot, 0, 0, 0));
}

static void op_madvise(struct duel *d)
{
	static const int advice[] = {
		MADV_DONTNEED, MADV_DONTNEED, MADV_NORMAL, MADV_WILLNEED, -1, 99};
	uint64_t addr = address(d), len = length(d, 10);
	int a = advice[pick(d, 6)];

	// All that lies above is the child's.
	if (len == UINT64_C(1) << 63)
		return;

	CALL(d, "madvise(%#" PRIx64 ", %#" PRIx64 ", %d)", addr, len, a);
	settle(d, tw_sys_madvise(d->p, addr, len, a),
	       host_call(d->host, SYS_madvise, addr, len, (uint64_t)a, 0, 0, 0));
}

static void op_msync(struct duel *d)
{
	uint64_t addr = address(d), len = length(d, 10);
	uint32_t flags = pick(d, 9);

	CALL(d, "msync(%#" PRIx64 ", %#" PRIx64 ", %u)", addr, len, flags);
	settle(d, tw_sys_msync(d->p, addr, len, flags),
	       host_call(d->host, SYS_msync, addr, len, flags, 0, 0, 0));
}

static void op_brk(struct duel *d)
{
	uint64_t start = host_start_brk(d->host),
		 brk = start + pick(d, HEAP - LONGEST) * (uint64_t)PAGE;

	brk += pick(d, 2) ? pick(d, PAGE) : 0u;
	if (pick(d, 20) == 0)
		brk = pick(d, 2) ? start - 1 : UINT64_MAX - PAGE;
	CALL(d, "brk(start + %#" PRIx64 ")", brk - start);
	settle(d, (int64_t)tw_sys_brk(d->p, brk), host_call(d->host, SYS_brk, brk, 0, 0, 0, 0, 0));
}

// True if [addr, addr + len) is in one region here and in several of Linux's.
static bool parted(const struct duel *d, uint64_t addr, uint64_t len)
{
	for (unsigned int i = 0; i < SPACE; i++) {
		uint64_t at = page_address(d, i);

		if (at >= addr && at + PAGE < addr + len && d->ours[i].more && !d->theirs[i].more)
			return true;
	}
	return false;
}

static void op_mremap(struct duel *d)
{
	const uint32_t fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
	uint64_t addr = address(d), old_len = length(d, 8), new_len = length(d, LONGEST),
		 to = address(d);
	uint32_t flags = pick(d, 15) ? pick(d, 4) : 8u << pick(d, 4);
	int64_t ours, theirs;

	if (pick(d, 6) == 0)
		old_len = 0;
	if (pick(d, 3) == 0)
		new_len = old_len;
	// The end of a length that is none would be somewhere in the child.
	if (old_len > PAGES * (uint64_t)PAGE && old_len < UINT64_C(1) << 62)
		return;
	if (parted(d, addr, tw_page_up(old_len)))
		return;
	CALL(d, "mremap(%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ", %u, %#" PRIx64 ")", addr, old_len,
	     new_len, flags, to);
	// Before 6.17 a refused source cost the target, several regions did not move, and a new
	// length that is none was refused after an old one.
	if (!d->is_current && ((flags & MREMAP_FIXED) || new_len > LONGEST * (uint64_t)PAGE))
		return;
	ours = tw_sys_mremap(d->p, addr, old_len, new_len, flags, to);
	theirs = host_call(d->host, SYS_mremap, addr, old_len, new_len, flags, to, 0);
	if (ours >= 0 && theirs >= 0 && !in_space(d, ours) && !in_space(d, theirs)) {
		// Brought back to where both see it.
		uint64_t back = page_address(d, pick(d, PAGES / 2));

		d->done++;
		new_len = tw_page_up(new_len);
		ours = tw_sys_mremap(d->p, (uint64_t)ours, new_len, new_len, fixed, back);
		theirs = host_call(d->host, SYS_mremap, (uint64_t)theirs, new_len, new_len, fixed,
				   back, 0);
	}
	settle(d, ours, theirs);
}

static void op_access(struct duel *d)
{
	unsigned int i = pick(d, SPACE);
	int value = pick(d, 2) ? (int)pick(d, 256) : -1;
	uint64_t addr = page_address(d, i) + pick(d, PAGE);
	uint8_t ours = 0, theirs, byte = (uint8_t)value;
	struct host_signal sig;
	int err;

	CALL(d, "%s %#" PRIx64, value < 0 ? "load of" : "store to", addr);
	theirs = host_access(d->host, addr, value, &sig);
	err = value < 0 ? tw_user_load(d->w.k, addr, &ours, 1, &d->w.sig)
			: tw_user_store(d->w.k, addr, &byte, 1, &d->w.sig);
	if (err != 0 && err != -EFAULT)
		differ(d, "%d: %s", err, tw_kernel_error(d->w.k));
	if ((err == -EFAULT) != (sig.signo != 0) ||
	    (err && (sig.signo != d->w.sig.signo || sig.code != d->w.sig.code ||
		     sig.addr != d->w.sig.addr)))
		differ(d, "%d, signal %d, code %d; Linux: signal %d, code %d, at %" PRIx64, err,
		       err ? d->w.sig.signo : 0, err ? d->w.sig.code : 0, sig.signo, sig.code,
		       sig.addr);
	if (ours != theirs)
		differ(d, "%u, Linux %u", ours, theirs);
	d->signals += err != 0;
}

// --- A duel ----------------------------------------------------------------------------

// True if the host moves several regions at once, as from 6.17 on.
static bool moves_several(struct host *h)
{
	const uint32_t flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	bool result;

	host_call(h, SYS_mmap, ARENA, PAGE, PROT_READ, flags, UINT64_MAX, 0);
	host_call(h, SYS_mmap, ARENA + PAGE, PAGE, PROT_NONE, flags, UINT64_MAX, 0);
	result = host_call(h, SYS_mremap, ARENA, 2ull * PAGE, 2ull * PAGE, 3, ARENA + 8ull * PAGE,
			   0) > 0;
	host_call(h, SYS_munmap, ARENA, PAGES * (uint64_t)PAGE, 0, 0, 0, 0);
	return result;
}

// One file for each side. The child gets the descriptors with its birth.
static void open_files(struct duel *d)
{
	for (int mode = 0; mode < MODES; mode++) {
		// TW_O_* have the values of O_*.
		assert_int_equal(tw_file_open(d->w.k, world_file(&d->w, "ours", FILE_PAGES * PAGE),
					      mode, &d->file[mode]),
				 0);
		d->fd[mode] =
			open(world_file(&d->w, "theirs", FILE_PAGES * PAGE), mode | O_CLOEXEC);
		assert_true(d->fd[mode] >= 0);
	}
}

static void close_files(struct duel *d)
{
	for (int mode = 0; mode < MODES; mode++) {
		assert_int_equal(tw_file_close(d->file[mode]), 0);
		close(d->fd[mode]);
	}
}

static void open_proc(struct duel *d)
{
	struct tw_layout layout = {.lo = 0x10000,
				   .hi = HI,
				   .mmap_top = UINT64_C(0x700000000000),
				   .start_brk = host_start_brk(d->host)};

	assert_int_equal(tw_proc_create(d->w.k, &layout, &d->p), 0);
	assert_int_equal(tw_proc_switch(d->w.k, d->p), 0);
}

// A directory that may not be executed from takes X from its files.
static uint32_t file_prots(struct duel *d)
{
	int64_t at = host_call(d->host, SYS_mmap, 0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE,
			       (uint64_t)d->fd[TW_O_RDONLY], 0);

	if (at > 0)
		host_call(d->host, SYS_munmap, (uint64_t)at, PAGE, 0, 0, 0, 0);
	return at > 0 ? 7 : PROT_READ | PROT_WRITE;
}

static void fight(struct duel *d)
{
	static void (*const op[])(struct duel *) = {
		op_mmap,    op_mmap,  op_mmap, op_munmap, op_mprotect, op_mprotect,
		op_madvise, op_msync, op_brk,  op_mremap, op_mremap,   op_mremap};
	const char *text = getenv("TW_OPS");
	unsigned int calls = text && *text ? (unsigned int)strtoul(text, NULL, 0) : CALLS;

	for (d->op = 0; d->op < calls; d->op++) {
		op[pick(d, sizeof(op) / sizeof(op[0]))](d);
		for (unsigned int i = 0; d->stores && i < 4; i++)
			op_access(d);
		if (d->op % 64 == 0)
			world_check(&d->w);
	}
	assert_true(d->done > calls / 10 && d->refused > calls / 10);
	assert_true(!d->stores || d->signals > calls / 10);
}

static void duel(uint64_t seed, bool stores)
{
	struct duel *d = calloc(1, sizeof(*d));
	const char *reason;

	assert_non_null(d);
	d->rng = seed;
	d->stores = stores;
	world_open(&d->w, &(struct world_opts){.format = TW_FMT_X86_LONG4, .frames = 1024});
	open_files(d);
	d->host = host_start(ARENA, PAGES * (uint64_t)PAGE, &reason);
	if (d->host) {
		d->prots = file_prots(d);
		d->is_current = moves_several(d->host);
		open_proc(d);
		fight(d);
		host_stop(d->host);
	}
	close_files(d);
	assert_int_equal(world_close(&d->w), 0);
	if (d->host) {
		free(d);
		return;
	}
	free(d);
	print_message("not compared with this host: %s\n", reason);
	skip();
}

static void calls_have_the_results_and_regions_of_linux(void **state)
{
	(void)state;
	duel(world_seed(1), false);
}

static void accesses_find_what_they_find_on_linux(void **state)
{
	(void)state;
	duel(world_seed(2), true);
}

static void another_run_finds_no_difference_either(void **state)
{
	(void)state;
	duel(world_fresh_seed(), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_have_the_results_and_regions_of_linux),
		cmocka_unit_test(accesses_find_what_they_find_on_linux),
		cmocka_unit_test(another_run_finds_no_difference_either),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
