// SPDX-License-Identifier: Apache-2.0
// See calls.h.
#include "calls.h"

#include <stdio.h>

struct world w;
struct tw_proc *p;
struct tw_file *rdwr, *rdonly, *wronly;

int calls_setup(void **state)
{
	const char *path;

	(void)state;
	world_open(&w, NULL);
	p = world_proc(&w);
	path = world_file(&w, "f", 16 * PAGE);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDWR, &rdwr), 0);
	assert_int_equal(tw_file_open(w.k, path, TW_O_RDONLY, &rdonly), 0);
	assert_int_equal(tw_file_open(w.k, path, TW_O_WRONLY, &wronly), 0);
	return 0;
}

int calls_teardown(void **state)
{
	(void)state;
	world_check(&w);
	assert_int_equal(tw_file_close(rdwr), 0);
	assert_int_equal(tw_file_close(rdonly), 0);
	assert_int_equal(tw_file_close(wronly), 0);
	assert_int_equal(world_close(&w), 0);
	return 0;
}

int64_t map(uint64_t addr, uint64_t len, uint32_t prot, uint32_t flags)
{
	return tw_sys_mmap(p, addr, len, prot, flags, NULL, 0);
}

const char *regions(void)
{
	static char text[512];
	size_t n = 0;

	text[0] = '\0';
	for (struct tw_vma *v = tw_vma_first(&p->mm->vmas); v; v = tw_vma_next(v))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%lld+%llu:%c%c%c%c",
				      n ? " " : "", (long long)(v->start - A) / PAGE,
				      (unsigned long long)(v->end - v->start) / PAGE,
				      v->prot & 1 ? 'r' : '-', v->prot & 2 ? 'w' : '-',
				      v->prot & 4 ? 'x' : '-',
				      v->flags & TW_VMA_SHARED ? 's' : 'p');
	return text;
}
