// SPDX-License-Identifier: Apache-2.0
// See world.h.
#include "world.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const enum tw_format world_formats[WORLD_FORMATS] = {TW_FMT_SV39,    TW_FMT_X86_LONG4,	TW_FMT_SV32,
						     TW_FMT_SV48,    TW_FMT_X86_LEGACY, TW_FMT_SV57,
						     TW_FMT_X86_PAE, TW_FMT_X86_LONG5};

void world_open(struct world *w, const struct world_opts *o)
{
	static const struct world_opts none;
	const char *tmp = getenv("TMPDIR");
	char err[256] = "";
	uint32_t frames;

	o = o ? o : &none;
	frames = o->frames ? o->frames : 256;
	*w = (struct world){0};
	snprintf(w->dir, sizeof(w->dir), "%s/tw-kernel-XXXXXX",
		 tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(tw_pmem_create(&w->pm), 0);
	assert_int_equal(tw_pmem_add_flat(w->pm, WORLD_BASE, WORLD_BASE + (uint64_t)frames * PAGE),
			 0);
	w->strict = !o->hw;
	if (o->hw)
		w->hw = o->hw(w->pm);
	else
		assert_int_equal(strict_create(w->pm, &w->hw), 0);
	tw_kernel_opts_default(&w->opts);
	w->opts.hw = w->hw;
	w->opts.ram_base = WORLD_BASE;
	w->opts.frames = frames;
	w->opts.poison = true;
	w->opts.format = o->format ? o->format : TW_FMT_SV39;
	w->opts.svade = o->svade;
	w->opts.policy = o->policy;
	w->opts.asid_bits = o->asid_bits;
	w->opts.swap_slots = o->swap_slots;
	memcpy(w->opts.watermark, o->watermark, sizeof(w->opts.watermark));
	snprintf(w->swap, sizeof(w->swap), "%s/swap", w->dir);
	w->opts.swap_path = o->swap_path ? o->swap_path : w->swap;
	if (tw_kernel_create(&w->opts, &w->k, err, sizeof(err)) != 0)
		fail_msg("%s", err);
}

int world_close(struct world *w)
{
	int err = tw_kernel_destroy(w->k);
	DIR *d = opendir(w->dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[512];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", w->dir, e->d_name);
		unlink(path);
	}
	closedir(d);
	rmdir(w->dir);
	tw_hw_destroy(w->hw);
	tw_pmem_destroy(w->pm);
	return err;
}

void world_check(struct world *w)
{
	char err[256] = "";
	const char *stale;

	if (tw_kernel_check(w->k, true, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	stale = w->strict ? strict_check(w->hw) : NULL;
	if (stale)
		fail_msg("%s", stale);
}

struct tw_proc *world_proc(struct world *w)
{
	struct tw_layout layout;
	struct tw_proc *p;

	tw_layout_default(w->k, &layout);
	assert_int_equal(tw_proc_create(w->k, &layout, &p), 0);
	assert_int_equal(tw_proc_switch(w->k, p), 0);
	return p;
}

uint64_t world_anon(struct tw_proc *p, uint64_t pages)
{
	int64_t va = tw_sys_mmap(p, 0, pages * PAGE, TW_PROT_READ | TW_PROT_WRITE,
				 TW_MAP_PRIVATE | TW_MAP_ANONYMOUS, NULL, 0);

	assert_true(va > 0);
	return (uint64_t)va;
}

void world_store(struct world *w, uint64_t va, uint8_t value)
{
	int err = tw_user_store(w->k, va, &value, 1, &w->sig);

	if (err)
		fail_msg("store to %llx: %d (signal %d code %d) %s", (unsigned long long)va, err,
			 w->sig.signo, w->sig.code, tw_kernel_error(w->k));
}

uint8_t world_load(struct world *w, uint64_t va)
{
	uint8_t value = 0;
	int err = tw_user_load(w->k, va, &value, 1, &w->sig);

	if (err)
		fail_msg("load from %llx: %d (signal %d code %d) %s", (unsigned long long)va, err,
			 w->sig.signo, w->sig.code, tw_kernel_error(w->k));
	return value;
}

uint8_t world_byte(uint64_t offset)
{
	return (uint8_t)(1 + (offset * 7 + (offset >> 12) * 31) % 251);
}

const char *world_file(struct world *w, const char *name, uint64_t size)
{
	static char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	for (uint64_t i = 0; i < size; i++)
		fputc(world_byte(i), f);
	assert_int_equal(fclose(f), 0);
	return path;
}

uint8_t world_file_byte(const char *path, uint64_t offset)
{
	int fd = open(path, O_RDONLY);
	uint8_t byte = 0;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
	return byte;
}

uint64_t world_seed(uint64_t fallback)
{
	const char *text = getenv("TW_SEED");
	uint64_t seed = text && *text ? strtoull(text, NULL, 0) : fallback;

	print_message("seed %llu: repeat with TW_SEED=%llu\n", (unsigned long long)seed,
		      (unsigned long long)seed);
	return seed * 2 + 1;
}

uint64_t world_fresh_seed(void)
{
	uint32_t seed = 0;

	assert_int_equal(getentropy(&seed, sizeof(seed)), 0);
	return world_seed(seed);
}

struct tw_kernel_stats world_stats(struct world *w)
{
	struct tw_kernel_stats s;

	tw_kernel_get_stats(w->k, &s);
	return s;
}
