// SPDX-License-Identifier: Apache-2.0
// See host_memory.h.
#include "host_memory.h"

#include <stddef.h>
#include <string.h>

static uint64_t left = UINT64_MAX;
static bool failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

void host_memory_fail_after(uint64_t n)
{
	left = n;
	failed = false;
}

bool host_memory_failed(void)
{
	left = UINT64_MAX;
	return failed;
}

static bool fails(void)
{
	if (left == UINT64_MAX)
		return false;
	if (left-- > 0)
		return false;
	left = UINT64_MAX;
	failed = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *s)
{
	size_t len = strlen(s) + 1;
	char *copy = __wrap_malloc(len);

	return copy ? memcpy(copy, s, len) : NULL;
}
