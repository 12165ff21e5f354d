// SPDX-License-Identifier: Apache-2.0
// What a replay reports as text, which is the same for the same
// options, whatever the machine that ran them.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "twinwalk/arch.h"
#include "twinwalk/mmu.h"

static uint64_t sum(const uint64_t *v, unsigned int n)
{
	uint64_t s = 0;

	for (unsigned int i = 0; i < n; i++)
		s += v[i];
	return s;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

// --- Text ------------------------------------------------------------------------------

static void print_rate(FILE *f, const char *what, uint64_t hits, uint64_t misses)
{
	fprintf(f, "  %-22s %14" PRIu64 "  of %" PRIu64 ", %.3f %%\n", what, hits, hits + misses,
		percent(hits, hits + misses));
}

static void print_sizes(FILE *f, const char *what, const uint64_t *by_size)
{
	fprintf(f,
		"    %-20s 4K %" PRIu64 ", 64K %" PRIu64 ", 2M-4M %" PRIu64 ", larger %" PRIu64
		"\n",
		what, by_size[0], by_size[1], by_size[2], by_size[3]);
}

static void print_hw(FILE *f, const struct tw_hw_counters *c)
{
	const uint64_t *e = c->event;
	uint64_t l1f = sum(e + TW_EV_L1F_HIT, 4), l1d = sum(e + TW_EV_L1D_HIT, 4),
		 l2 = sum(e + TW_EV_L2_HIT, 4);

	fprintf(f, "TLBs\n");
	print_rate(f, "L1 fetch hits", l1f, e[TW_EV_L1F_MISS]);
	print_sizes(f, "by page size", e + TW_EV_L1F_HIT);
	print_rate(f, "L1 data hits", l1d, e[TW_EV_L1D_MISS]);
	print_sizes(f, "by page size", e + TW_EV_L1D_HIT);
	print_rate(f, "L2 hits", l2, e[TW_EV_L1F_MISS] + e[TW_EV_L1D_MISS] - l2);
	print_sizes(f, "by page size", e + TW_EV_L2_HIT);
	fprintf(f,
		"walks                    %14" PRIu64 "  %" PRIu64 " ok, %" PRIu64
		" faulted, %" PRIu64 " from the walk cache, %" PRIu64 " merged\n",
		e[TW_EV_WALK_START], e[TW_EV_WALK_OK], e[TW_EV_WALK_FAULT], e[TW_EV_PWC_START],
		e[TW_EV_MERGE]);
	fprintf(f,
		"  table reads            %14" PRIu64 "\n  A and D set            %14" PRIu64 "\n",
		e[TW_EV_MEM_READ], e[TW_EV_MEM_CAS]);
}

static void print_latency(FILE *f, const struct tw_kernel_stats *k)
{
	uint64_t walks = 0, seen = 0;
	const unsigned int points[] = {50, 90, 99};
	unsigned int next = 0;

	for (unsigned int i = 3; i < TW_LATENCY_BUCKETS; i++)
		walks += k->latency[i];
	fprintf(f,
		"access latency, cycles\n  1 (L1 hit)             %14" PRIu64
		"  %.3f %%\n  2 (L2 hit)             %14" PRIu64
		"  %.3f %%\n  more                   %14" PRIu64 "  %.3f %%",
		k->latency[1], percent(k->latency[1], k->attempts), k->latency[2],
		percent(k->latency[2], k->attempts), walks, percent(walks, k->attempts));
	for (unsigned int i = 3; walks && i < TW_LATENCY_BUCKETS; i++) {
		seen += k->latency[i];
		while (next < 3 && seen * 100 >= walks * points[next])
			fprintf(f, "%s %u %% within %u", next ? "," : ":", points[next], i), next++;
	}
	fprintf(f, "\n  mean                   %14.3f\n  longest                %14" PRIu64 "\n",
		k->attempts ? (double)k->latency_sum / (double)k->attempts : 0.0, k->latency_max);
}

static void print_kernel(FILE *f, const struct tw_kernel_stats *k)
{
	fprintf(f, "faults                   %14" PRIu64 "  %" PRIu64 " minor, %" PRIu64 " major\n",
		sum(k->faults, TW_FAULT_KINDS), k->minor, k->major);
	for (unsigned int i = 0; i < TW_FAULT_KINDS; i++)
		if (k->faults[i])
			fprintf(f, "  %-22s %14" PRIu64 "\n", tw_fault_kind_name(i), k->faults[i]);
	fprintf(f,
		"system calls             %14" PRIu64 "\ncontext switches         %14" PRIu64 "\n",
		k->syscalls, k->switches);
	fprintf(f,
		"fences                   %14" PRIu64 "  %" PRIu64 " by page, %" PRIu64
		" by ASID, %" PRIu64 " of all\n",
		k->fences_page + k->fences_asid + k->fences_all, k->fences_page, k->fences_asid,
		k->fences_all);
	fprintf(f,
		"swap, pages              %14" PRIu64 "  out in %" PRIu64 " requests, %" PRIu64
		" in, %" PRIu64 " errors\n",
		k->swap_out, k->swap_write_requests, k->swap_in, k->swap_errors);
	fprintf(f,
		"page cache               %14" PRIu64 "  hits, %" PRIu64 " misses; files: %" PRIu64
		" pages read, %" PRIu64 " written in %" PRIu64 " requests\n",
		k->cache_hits, k->cache_misses, k->file_reads, k->file_writes,
		k->file_write_requests);
	fprintf(f,
		"reclaim, pages           %14" PRIu64 "  looked at; freed: %" PRIu64
		" anonymous, %" PRIu64 " of files; %" PRIu64 " directly, %" PRIu64
		" by the daemon\n",
		k->scanned, k->reclaimed_anon, k->reclaimed_file, k->reclaim_direct,
		k->reclaim_background);
	fprintf(f,
		"frames at the end        %14u  %u free, %u anonymous, %u shared, %u file clean, "
		"%u file dirty, %u "
		"tables\n",
		k->frames, k->free, k->anon, k->shmem, k->file_clean, k->file_dirty, k->tables);
	fprintf(f, "  frame database         %14.1f  bytes per 4 KB\n",
		(double)k->frame_bytes / k->frames);
	fprintf(f, "swap slots at the end    %14u  of %u in use, %u of them cached\n", k->swap_used,
		k->swap_slots, k->swap_cached);
}

void report_print(FILE *f, const struct replay_result *r)
{
	const struct tw_kernel_stats *k = &r->kernel;
	uint64_t total = replay_cycles(r);

	fprintf(f, "hardware                 %s, %s, %s%s\n", r->used.hw, r->used.config,
		tw_format_get(r->used.format)->name, r->used.svade ? " (A and D in software)" : "");
	fprintf(f, "memory                   %u frames, %u swap slots, policy %s\n", r->used.frames,
		r->used.swap_slots, r->used.policy ? r->used.policy : tw_policy_name(0));
	for (unsigned int i = 0; i < r->used.n_traces; i++)
		fprintf(f, "trace                    %s\n", r->used.traces[i]);
	fprintf(f,
		"accesses                 %14" PRIu64 "  %" PRIu64 " fetches, %" PRIu64
		" loads, %" PRIu64 " stores, %" PRIu64 " read-modify-writes\n",
		replay_accesses(r), r->accesses[TW_FETCH], r->accesses[TW_LOAD],
		r->accesses[TW_STORE], r->accesses[TW_RMW]);
	fprintf(f,
		"  parts within a page    %14" PRIu64 "  with those of %" PRIu64
		" copies by the kernel\n",
		sum(k->accesses, 4), r->copies);
	fprintf(f, "cycles                   %14" PRIu64 "\n", total);
	fprintf(f, "  hardware               %14" PRIu64 "  %.2f %%\n", k->hw_cycles,
		percent(k->hw_cycles, total));
	fprintf(f,
		"  kernel                 %14" PRIu64 "  %.2f %%  (and %" PRIu64
		" in the background)\n",
		k->kernel_cycles, percent(k->kernel_cycles, total), k->background_cycles);
	fprintf(f, "  waiting for devices    %14" PRIu64 "  %.2f %%\n", k->device_cycles,
		percent(k->device_cycles, total));
	print_latency(f, k);
	print_hw(f, &r->hw);
	print_kernel(f, k);
	fprintf(f,
		"verified                 %14" PRIu64 "  pages of memory and %" PRIu64
		" of files equal the shadow copy\n",
		r->pages_verified, r->file_pages_verified);
	if (r->ranges_moved)
		fprintf(f,
			"ranges moved             %14" PRIu64
			"  to addresses that the format has\n",
			r->ranges_moved);
	if (r->files_grown)
		fprintf(f, "files made longer        %14" PRIu64 "\n", r->files_grown);
	fprintf(f,
		"responses                %016" PRIx64 "\nmemory image             %016" PRIx64
		"\n",
		k->response_digest, r->image_digest);
}
