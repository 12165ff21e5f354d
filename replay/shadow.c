// SPDX-License-Identifier: Apache-2.0
// See shadow.h.
#include "shadow.h"
#include "twinwalk/prng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int grow(struct shadow_table *t, uint64_t leaves)
{
	uint64_t n = t->leaves + t->leaves / 2 > leaves ? t->leaves + t->leaves / 2 : leaves;
	uintptr_t **leaf = realloc(t->leaf, n * sizeof(uintptr_t *));

	if (!leaf)
		return -ENOMEM;
	for (uint64_t i = t->leaves; i < n; i++)
		leaf[i] = NULL;
	t->leaf = leaf;
	t->leaves = n;
	return 0;
}

int shadow_set(struct shadow_table *t, uint64_t page, uintptr_t slot)
{
	uint64_t i = page / SHADOW_LEAF;

	if (!slot && (i >= t->leaves || !t->leaf[i]))
		return 0;
	if (i >= t->leaves && grow(t, i + 1) != 0)
		return -ENOMEM;
	if (!t->leaf[i])
		t->leaf[i] = calloc(SHADOW_LEAF, sizeof(uintptr_t));
	if (!t->leaf[i])
		return -ENOMEM;
	t->leaf[i][page % SHADOW_LEAF] = slot;
	return 0;
}

uintptr_t shadow_next(const struct shadow_table *t, uint64_t *page, uint64_t end)
{
	uint64_t p = *page;

	while (p < end && p / SHADOW_LEAF < t->leaves) {
		const uintptr_t *leaf = t->leaf[p / SHADOW_LEAF];

		if (!leaf) {
			p = (p / SHADOW_LEAF + 1) * SHADOW_LEAF;
			continue;
		}
		if (leaf[p % SHADOW_LEAF]) {
			*page = p;
			return leaf[p % SHADOW_LEAF];
		}
		p++;
	}
	return 0;
}

static void free_slot(uintptr_t slot)
{
	if (slot & SHADOW_OWNED)
		free(shadow_bytes(slot));
}

void shadow_drop(struct shadow_table *t, uint64_t first, uint64_t end)
{
	uintptr_t slot;

	for (; (slot = shadow_next(t, &first, end)); first++) {
		free_slot(slot);
		shadow_set(t, first, 0);
	}
}

int shadow_move(struct shadow_table *t, uint64_t from, uint64_t to, uint64_t n)
{
	uint64_t page = from;
	uintptr_t slot;

	for (; (slot = shadow_next(t, &page, from + n)); page++) {
		int err = shadow_set(t, page - from + to, slot);

		if (err)
			return err;
		shadow_set(t, page, 0);
	}
	return 0;
}

void shadow_free(struct shadow_table *t)
{
	shadow_drop(t, 0, SHADOW_PAGES);
	for (uint64_t i = 0; i < t->leaves; i++)
		free(t->leaf[i]);
	free(t->leaf);
	*t = (struct shadow_table){0};
}

void shadow_fill(const struct shadow_object *o, uint64_t index, uint8_t *bytes)
{
	uint64_t at = index << SHADOW_SHIFT, left = at < o->initial ? o->initial - at : 0;

	if (left > SHADOW_PAGE)
		left = SHADOW_PAGE;
	for (uint64_t i = 0; o->seed && i < left; i += 8) {
		uint64_t w = tw_random_at(o->seed, (at + i) / 8);

		memcpy(bytes + i, &w, 8);
	}
	memset(bytes + (o->seed ? left : 0), 0, SHADOW_PAGE - (o->seed ? left : 0));
}

uint8_t *shadow_object_page(struct shadow_object *o, uint64_t index)
{
	uintptr_t slot = shadow_get(&o->pages, index);
	uint8_t *bytes;

	if (slot)
		return shadow_bytes(slot);
	bytes = malloc(SHADOW_PAGE);
	if (!bytes)
		return NULL;
	shadow_fill(o, index, bytes);
	if (shadow_set(&o->pages, index, (uintptr_t)bytes | SHADOW_BITS) != 0) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

static uint8_t *own_page(struct shadow *s, uint64_t page, const uint8_t *contents)
{
	uint8_t *bytes = calloc(1, SHADOW_PAGE);

	if (!bytes)
		return NULL;
	if (contents)
		memcpy(bytes, contents, SHADOW_PAGE);
	if (shadow_set(&s->pages, page, (uintptr_t)bytes | SHADOW_BITS) != 0) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

uint8_t *shadow_page(struct shadow *s, uint64_t page, struct shadow_object *object, uint64_t index,
		     bool shared, bool write)
{
	uintptr_t slot = shadow_get(&s->pages, page);
	uint8_t *bytes;

	if (slot & SHADOW_WRITABLE || (slot && !write))
		return shadow_bytes(slot);
	if (!object)
		return own_page(s, page, NULL);
	bytes = shadow_object_page(object, index);
	if (!bytes || (write && !shared))
		return bytes ? own_page(s, page, bytes) : NULL;
	slot = (uintptr_t)bytes | (shared ? SHADOW_WRITABLE : 0);
	return shadow_set(&s->pages, page, slot) == 0 ? bytes : NULL;
}
