// SPDX-License-Identifier: Apache-2.0
//
// The rules of single events and of their order, one list for the reader and the writer. Invariant:
// an event that passes names only addresses below 2^38 and files of the table, so whoever replays
// it need not check again.
#include "format.h"

#define ADDR_LEN (TW_TRACE_F_ADDR | TW_TRACE_F_LEN)

static const struct {
	const char *name;
	unsigned int fields;
} kinds[TW_TRACE_KINDS] = {
	[TW_TRACE_FETCH] = {"fetch", 0},
	[TW_TRACE_LOAD] = {"load", 0},
	[TW_TRACE_STORE] = {"store", 0},
	[TW_TRACE_RMW] = {"rmw", 0},
	[TW_TRACE_COPY_IN] = {"copy_in", ADDR_LEN},
	[TW_TRACE_COPY_OUT] = {"copy_out", ADDR_LEN},
	[TW_TRACE_MAP] = {"map", ADDR_LEN | TW_TRACE_F_OFFSET | TW_TRACE_F_PROT | TW_TRACE_F_FLAGS |
					 TW_TRACE_F_FILE},
	[TW_TRACE_MMAP] = {"mmap", ADDR_LEN | TW_TRACE_F_OFFSET | TW_TRACE_F_RESULT |
					   TW_TRACE_F_PROT | TW_TRACE_F_FLAGS | TW_TRACE_F_FILE},
	[TW_TRACE_MUNMAP] = {"munmap", ADDR_LEN | TW_TRACE_F_RESULT},
	[TW_TRACE_MPROTECT] = {"mprotect", ADDR_LEN | TW_TRACE_F_RESULT | TW_TRACE_F_PROT},
	[TW_TRACE_BRK] = {"brk", TW_TRACE_F_ADDR | TW_TRACE_F_RESULT},
	[TW_TRACE_MREMAP] = {"mremap", ADDR_LEN | TW_TRACE_F_NEW_LEN | TW_TRACE_F_NEW_ADDR |
					       TW_TRACE_F_RESULT | TW_TRACE_F_FLAGS},
	[TW_TRACE_MADVISE] = {"madvise", ADDR_LEN | TW_TRACE_F_RESULT | TW_TRACE_F_ADVICE},
	[TW_TRACE_EXIT] = {"exit", TW_TRACE_F_RESULT},
};

const char *tw_trace_kind_name(unsigned int kind)
{
	return kind < TW_TRACE_KINDS ? kinds[kind].name : "?";
}

unsigned int tw_trace_fields(unsigned int kind)
{
	return kind < TW_TRACE_KINDS ? kinds[kind].fields : 0;
}

bool tw_trace_name_ok(const char *name, size_t len)
{
	if (!len || len > TW_TRACE_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f || name[i] == '/')
			return false;
	return true;
}

static bool fits(uint64_t addr, uint64_t len)
{
	return addr <= TW_TRACE_VA_END && len <= TW_TRACE_VA_END - addr;
}

static bool aligned(uint64_t v)
{
	return !(v & ((UINT64_C(1) << TW_TRACE_PAGE_SHIFT) - 1));
}

static bool is_errno(int64_t result)
{
	return result < 0 && result >= -4095;
}

static bool is_hint(uint64_t addr)
{
	return addr == TW_TRACE_NO_ADDR || addr <= TW_TRACE_VA_END;
}

static const char *check_access(const struct tw_trace_event *e)
{
	if (e->kind == TW_TRACE_FETCH &&
	    (e->size != TW_TRACE_FETCH_SIZE || e->addr % TW_TRACE_FETCH_SIZE))
		return "expected a fetch of 32 aligned bytes";
	if (!e->size || e->size > 4096)
		return "expected an access of 1 to 4096 bytes";
	if (!fits(e->addr, e->size))
		return "expected an access below 2^38";
	return NULL;
}

static const char *check_map(const struct tw_trace_order *order, const struct tw_trace_event *e,
			     uint32_t n_files)
{
	const uint32_t anon = TW_TRACE_MAP_PRIVATE | TW_TRACE_MAP_ANONYMOUS;

	if (order->maps_done)
		return "expected every map event before all other events";
	if (!e->len || !aligned(e->addr) || !aligned(e->len) || !fits(e->addr, e->len))
		return "expected a map of whole pages below 2^38";
	if (e->addr < order->map_end)
		return "expected maps in ascending order without overlap";
	if (e->prot > 7)
		return "expected a map's prot to be 0 to 7";
	if (e->file < 0) {
		if (e->file != -1 || (e->flags & ~TW_TRACE_MAP_GROWSDOWN) != anon || e->offset)
			return "expected an anonymous map with flags 0x22 or 0x122, offset 0, file "
			       "-1";
	} else if ((uint32_t)e->file >= n_files || e->flags != TW_TRACE_MAP_PRIVATE ||
		   !aligned(e->offset)) {
		return "expected a map of a file in the table, flags 2, offset in whole pages";
	}
	return NULL;
}

// A call that returned an address, over len bytes from there.
static const char *check_mapping(const struct tw_trace_event *e, uint64_t len)
{
	if (!is_hint(e->addr))
		return "expected an address of at most 2^38";
	if (is_errno(e->result))
		return NULL;
	if (e->result < 0 || !aligned((uint64_t)e->result) || !len ||
	    !fits((uint64_t)e->result, len))
		return "expected a result that is an errno, or whole pages below 2^38";
	return NULL;
}

// A call on an existing range that returned 0 or an errno.
static const char *check_range(const struct tw_trace_event *e)
{
	if (!is_hint(e->addr))
		return "expected an address of at most 2^38";
	if (is_errno(e->result))
		return NULL;
	if (e->result)
		return "expected the result 0 or an errno";
	if (!aligned(e->addr) || !fits(e->addr, e->len))
		return "expected a range that starts with a page and ends below 2^38";
	return NULL;
}

static const char *check_other(const struct tw_trace_event *e, uint32_t n_files)
{
	switch (e->kind) {
	case TW_TRACE_COPY_IN:
	case TW_TRACE_COPY_OUT:
		if (!e->len || e->len > TW_TRACE_COPY_MAX || !fits(e->addr, e->len))
			return "expected a copy of 1 to 0x7ffff000 bytes below 2^38";
		return NULL;
	case TW_TRACE_MMAP:
		if (e->file < -1 || (e->file >= 0 && (uint32_t)e->file >= n_files))
			return "expected file -1 or a file in the table";
		return check_mapping(e, e->len);
	case TW_TRACE_MREMAP:
		if (!is_hint(e->new_addr))
			return "expected a new address of at most 2^38";
		return check_mapping(e, e->new_len);
	case TW_TRACE_MUNMAP:
	case TW_TRACE_MPROTECT:
	case TW_TRACE_MADVISE:
		return check_range(e);
	case TW_TRACE_BRK:
		if (!is_hint(e->addr) || e->result < 0 || !fits((uint64_t)e->result, 0))
			return "expected a break of at most 2^38";
		return NULL;
	case TW_TRACE_EXIT:
		return e->result >= TW_TRACE_EXIT_EXEC && e->result <= 255
			       ? NULL
			       : "expected an exit status of -1 to 255";
	default:
		return "expected a known kind";
	}
}

const char *tw_trace_check(struct tw_trace_order *order, const struct tw_trace_event *e,
			   uint32_t n_files)
{
	const char *broken;

	if (order->exited)
		return "expected nothing after the exit event";
	if (e->kind == TW_TRACE_MAP) {
		broken = check_map(order, e, n_files);
		if (!broken)
			order->map_end = e->addr + e->len;
		return broken;
	}
	if (!order->maps_done && (e->kind != TW_TRACE_BRK || e->addr))
		return "expected a brk event with address 0 after the maps";
	broken = e->kind <= TW_TRACE_RMW ? check_access(e) : check_other(e, n_files);
	if (broken)
		return broken;
	order->maps_done = true;
	order->exited = e->kind == TW_TRACE_EXIT;
	return NULL;
}
