// SPDX-License-Identifier: Apache-2.0
// A kernel's beginning and end, its options and its error text.

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache.h"
#include "kern.h"
#include "mmu/mmu.h"
#include "phys/phys.h"
#include "reclaim/reclaim.h"
#include "swap/swap.h"
#include "sys/sys.h"

void tw_set_error(struct tw_kernel *k, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(k->error, sizeof(k->error), format, args);
	va_end(args);
}

const char *tw_kernel_error(const struct tw_kernel *k)
{
	return k->error;
}

void tw_kernel_opts_default(struct tw_kernel_opts *opts)
{
	*opts = (struct tw_kernel_opts){.format = TW_FMT_SV39, .fence_all = 32};
	tw_costs_default(&opts->costs);
	tw_dev_ssd(&opts->swap_dev);
	tw_dev_ssd(&opts->file_dev);
}

bool tw_kernel_shortage(const struct tw_kernel *k)
{
	return k->shortage;
}

// What both the format and the hardware have.
static unsigned int asid_bits(const struct tw_kernel_opts *o)
{
	unsigned int bits = tw_pte_format(o->format)->asid_bits;

	return bits < o->hw->asid_bits ? bits : o->hw->asid_bits;
}

static int check_opts(const struct tw_kernel_opts *o, char *err, size_t errlen)
{
	const struct tw_pte_format *fmt = tw_pte_format(o->format);
	const char *name = fmt ? tw_format_get(o->format)->name : NULL;

	if (!o->hw)
		snprintf(err, errlen, "no hardware given");
	else if (!fmt)
		snprintf(err, errlen, "no page-table format has the number %d", o->format);
	else if (!(o->hw->formats >> o->format & 1))
		snprintf(err, errlen, "the hardware does not have the format %s", name);
	else if (o->svade && !fmt->svade)
		snprintf(err, errlen, "svade: %s sets A and D in hardware always", name);
	else if (o->frames < TW_MIN_FRAMES)
		snprintf(err, errlen, "%u frames: expected %d or more", o->frames, TW_MIN_FRAMES);
	else if (!tw_page_aligned(o->ram_base) ||
		 !tw_pmem_ptr(tw_hw_pmem(o->hw), o->ram_base,
			      (uint64_t)o->frames << TW_PAGE_SHIFT_4K))
		snprintf(err, errlen, "%u frames at %llx: expected flat, page-aligned memory",
			 o->frames, (unsigned long long)o->ram_base);
	else if (o->swap_slots && !o->swap_path)
		snprintf(err, errlen, "swap slots without a swap file");
	else if (o->swap_slots >= tw_pte_most(fmt))
		snprintf(err, errlen,
			 "%u swap slots: expected less than %llu, which an entry of %s "
			 "can name",
			 o->swap_slots, (unsigned long long)tw_pte_most(fmt), name);
	else if (((o->ram_base >> TW_PAGE_SHIFT_4K) + o->frames) >> fmt->pfn_bits)
		snprintf(err, errlen, "%u frames at %llx: expected memory below 2^%d for %s",
			 o->frames, (unsigned long long)o->ram_base,
			 TW_PAGE_SHIFT_4K + fmt->pfn_bits, name);
	else if (o->asid_bits > asid_bits(o))
		snprintf(err, errlen, "%u ASID bits: the hardware has %u for %s", o->asid_bits,
			 asid_bits(o), name);
	else
		return 0;
	return -EINVAL;
}

static int start_hw(struct tw_kernel *k)
{
	struct tw_ctx ctx = {.format = k->opts.format, .maxphyaddr = 52};

	ctx.flags = k->fmt->flags;
	if (k->fmt->svade && !k->opts.svade)
		ctx.flags |= TW_F_ADUE;
	ctx.root_ppn = tw_frame_pfn(k, k->zero_frame);
	if (tw_hw_set_ctx(k->hw, &ctx) != 0)
		return -TW_EHARDWARE;
	return tw_fence_all(k);
}

static int create_swap(struct tw_kernel *k, char *err, size_t errlen)
{
	int e = tw_swap_create(k, k->opts.swap_path, k->opts.swap_slots);

	if (e)
		snprintf(err, errlen, "swap file %s: %s",
			 k->opts.swap_path ? k->opts.swap_path : "",
			 e == -EBUSY	? "another kernel uses it"
			 : e == -EEXIST ? "expected an empty file, or one that was swap before"
					: strerror(-e));
	return e;
}

// The parts, lowest first.
static int create(struct tw_kernel *k, char *err, size_t errlen)
{
	int e = tw_phys_create(k);

	e = e ? e : tw_reclaim_create(k, err, errlen);
	e = e ? e : tw_cache_create(k);
	e = e ? e : tw_paging_create(k, k->opts.asid_bits);
	e = e ? e : create_swap(k, err, errlen);
	if (e)
		return e;
	k->zero_frame = tw_frame_alloc(k, TW_FRAME_RESERVED);
	tw_frame_zero(k, k->zero_frame);
	e = start_hw(k);
	if (e)
		snprintf(err, errlen, "hardware: %s", tw_hw_error(k->hw));
	return e;
}

static void free_all(struct tw_kernel *k)
{
	tw_cache_destroy(k);
	tw_paging_destroy(k);
	tw_swap_destroy(k);
	tw_reclaim_destroy(k);
	tw_phys_destroy(k);
	free(k->mms);
	free(k);
}

int tw_kernel_create(const struct tw_kernel_opts *opts, struct tw_kernel **out, char *err,
		     size_t errlen)
{
	struct tw_kernel *k;
	int e = check_opts(opts, err, errlen);

	if (e)
		return e;
	snprintf(err, errlen, "out of host memory");
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->opts = *opts;
	if (k->opts.asid_bits == 0)
		k->opts.asid_bits = asid_bits(opts);
	if (k->opts.fence_all == 0)
		k->opts.fence_all = 32;
	k->hw = opts->hw;
	k->fmt = tw_pte_format(opts->format);
	k->frames_total = opts->frames;
	k->ram_bytes = (uint64_t)opts->frames << TW_PAGE_SHIFT_4K;
	k->base_pfn = opts->ram_base >> TW_PAGE_SHIFT_4K;
	k->ram = tw_pmem_ptr(tw_hw_pmem(opts->hw), opts->ram_base, k->ram_bytes);
	k->next_pid = 1;
	k->cpu = &k->stats.kernel_cycles;
	LIST_INIT(&k->procs);
	e = create(k, err, errlen);
	if (e) {
		free_all(k);
		return e;
	}
	*out = k;
	return 0;
}

int tw_kernel_destroy(struct tw_kernel *k)
{
	struct tw_proc *p;
	int err;

	if (!k)
		return 0;
	while ((p = LIST_FIRST(&k->procs)))
		tw_proc_exit(p);
	err = tw_kernel_sync(k);
	free_all(k);
	return err;
}
