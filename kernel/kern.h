// SPDX-License-Identifier: Apache-2.0
// The state that all parts of the kernel share: memory, time, statistics, errors. What a part keeps
// for itself hangs here by a pointer, and is complete for the files of its folder only. The folders
// and their order are those of docs/kernel.md; a folder's header is FOLDER/FOLDER.h.
#ifndef TW_KERN_H
#define TW_KERN_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "twinwalk/kernel.h"

// A frame's number that is none; see phys/phys.h.
#define TW_NO_FRAME UINT32_MAX

struct tw_mm;
struct tw_proc;

struct tw_kernel {
	struct tw_kernel_opts opts;
	struct tw_hw *hw;
	const struct tw_pte_format *fmt;
	uint8_t *ram; // host address of frame 0
	uint64_t ram_bytes;
	uint64_t base_pfn;
	uint32_t frames_total;
	uint32_t zero_frame;
	// phys/
	struct tw_frame *frames;
	struct tw_zone *zones;
	struct tw_lru *lru;
	struct tw_hostfiles *hostfiles; // dev/
	struct tw_swap *swap;		// swap/
	// mmu/
	struct tw_asids *asids;
	struct tw_rmap *rmap;
	struct tw_cache *cache;	    // cache/
	struct tw_reclaim *reclaim; // reclaim/
	// Reclaim's, looked at before every access: its daemon has work, and from this virtual time
	// on it has finished its last batch.
	bool daemon_awake;
	uint64_t daemon_at;
	// vm/
	struct tw_mm **mms; // by id; NULL: free id
	uint32_t mms_size;
	uint32_t mms_low; // no id below is free
	// sys/
	LIST_HEAD(tw_proc_list, tw_proc) procs;
	struct tw_proc *current;
	uint32_t next_pid;
	bool shortage;	  // the last reservation failed: no frame could be reclaimed
	uint64_t hw_seen; // cycles of all accesses so far, and of all else up to the last look
	uint64_t *cpu;	  // where kernel work is charged: kernel_cycles or background_cycles
	struct tw_kernel_stats stats;
	char error[4096];
};

static inline uint64_t tw_frame_pfn(const struct tw_kernel *k, uint32_t f)
{
	return k->base_pfn + f;
}

// The frame of a PFN; TW_NO_FRAME outside memory.
static inline uint32_t tw_pfn_frame(const struct tw_kernel *k, uint64_t pfn)
{
	return pfn - k->base_pfn < k->frames_total ? (uint32_t)(pfn - k->base_pfn) : TW_NO_FRAME;
}

static inline uint8_t *tw_frame_host(const struct tw_kernel *k, uint32_t f)
{
	return k->ram + ((uint64_t)f << TW_PAGE_SHIFT_4K);
}

static inline void tw_charge(struct tw_kernel *k, enum tw_cost what, uint64_t times)
{
	*k->cpu += times * k->opts.costs.cycles[what];
}

// Virtual time: what the processes have seen pass.
static inline uint64_t tw_now(const struct tw_kernel *k)
{
	return k->hw_seen + k->stats.kernel_cycles + k->stats.device_cycles;
}

static inline bool tw_daemon_due(const struct tw_kernel *k)
{
	return k->daemon_awake && tw_now(k) >= k->daemon_at;
}

// A digest of words: every bit of one reaches every bit of the result within a few steps.
static inline uint64_t tw_digest(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h << 29 | h >> 35;
}

__attribute__((format(printf, 2, 3))) void tw_set_error(struct tw_kernel *k, const char *format,
							...);

// Records the text for tw_kernel_error(); its value is ERR. A macro, so that readers of the code
// (and analyzers) see that value.
#define tw_fail(k, err, ...) (tw_set_error((k), __VA_ARGS__), (err))

static inline uint64_t tw_page_up(uint64_t bytes)
{
	return (bytes + TW_PAGE_BYTES - 1) & ~(uint64_t)(TW_PAGE_BYTES - 1);
}

static inline bool tw_page_aligned(uint64_t addr)
{
	return (addr & (TW_PAGE_BYTES - 1)) == 0;
}

// Whether the user of the kernel wants it to come to an end.
static inline bool tw_stopped(const struct tw_kernel *k)
{
	return k->opts.stop && k->opts.stop(k->opts.user);
}

#endif
