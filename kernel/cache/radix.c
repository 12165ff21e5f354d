// SPDX-License-Identifier: Apache-2.0
// The radix tree. See radix.h.
#include "cache/radix.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

enum { BITS = 6, SLOTS = 1 << BITS, HEIGHT_MAX = (64 + BITS - 1) / BITS };

struct tw_radix_node {
	unsigned int used;
	union {
		struct tw_radix_node *child;
		uint64_t value; // in nodes of the lowest level
	} slot[SLOTS];
};

static unsigned int slot_of(uint64_t index, unsigned int level)
{
	return (unsigned int)(index >> (level * BITS)) & (SLOTS - 1);
}

// True if an index fits a tree of this height.
static int fits(uint64_t index, unsigned int height)
{
	return height >= HEIGHT_MAX || index >> (height * BITS) == 0;
}

uint64_t tw_radix_get(const struct tw_radix *r, uint64_t index)
{
	const struct tw_radix_node *n = r->root;

	if (!n || !fits(index, r->height))
		return 0;
	for (unsigned int level = r->height - 1; level > 0; level--) {
		n = n->slot[slot_of(index, level)].child;
		if (!n)
			return 0;
	}
	return n->slot[slot_of(index, 0)].value;
}

// Frees the nodes of the path that have become empty. path[level] is the node at that level.
static void trim(struct tw_radix *r, struct tw_radix_node **path, uint64_t index)
{
	for (unsigned int level = 0; level < r->height; level++) {
		if (path[level]->used)
			return;
		free(path[level]);
		if (level + 1 == r->height) {
			r->root = NULL;
			r->height = 0;
			return;
		}
		path[level + 1]->slot[slot_of(index, level + 1)].child = NULL;
		path[level + 1]->used--;
	}
}

static int grow(struct tw_radix *r, uint64_t index)
{
	if (!r->root) {
		r->root = calloc(1, sizeof(*r->root));
		if (!r->root)
			return -ENOMEM;
		r->height = 1;
	}
	while (!fits(index, r->height)) {
		struct tw_radix_node *n = calloc(1, sizeof(*n));

		if (!n)
			return -ENOMEM;
		n->slot[0].child = r->root;
		n->used = 1;
		r->root = n;
		r->height++;
	}
	return 0;
}

int tw_radix_set(struct tw_radix *r, uint64_t index, uint64_t value)
{
	struct tw_radix_node *path[HEIGHT_MAX], *n;
	uint64_t old = tw_radix_get(r, index);
	unsigned int level;
	int err = 0;

	if (!old && !value)
		return 0;
	if (!old)
		err = grow(r, index);
	if (!r->root)
		return err;
	n = r->root;
	for (level = r->height - 1; level > 0 && !err; level--) {
		struct tw_radix_node *child = n->slot[slot_of(index, level)].child;

		path[level] = n;
		if (!child) {
			child = calloc(1, sizeof(*child));
			if (!child) {
				err = -ENOMEM;
				break;
			}
			n->slot[slot_of(index, level)].child = child;
			n->used++;
		}
		n = child;
	}
	if (err)
		// A tall tree with an unused branch is still a valid tree.
		return err;
	path[0] = n;
	n->slot[slot_of(index, 0)].value = value;
	if (!old) {
		n->used++;
		r->count++;
	} else if (!value) {
		n->used--;
		r->count--;
		trim(r, path, index);
	}
	return 0;
}

static uint64_t next_in(const struct tw_radix_node *n, unsigned int level, uint64_t *index)
{
	for (unsigned int i = slot_of(*index, level); i < SLOTS; i++) {
		if (level == 0) {
			if (n->slot[i].value)
				return n->slot[i].value;
			++*index;
		} else {
			uint64_t value, span = UINT64_C(1) << (level * BITS);

			value = n->slot[i].child ? next_in(n->slot[i].child, level - 1, index) : 0;
			if (value)
				return value;
			*index = ((*index & ~(span - 1)) + (n->slot[i].child ? 0 : span));
		}
	}
	return 0;
}

uint64_t tw_radix_next(const struct tw_radix *r, uint64_t *index)
{
	if (!r->root || !fits(*index, r->height))
		return 0;
	return next_in(r->root, r->height - 1, index);
}

static void free_node(struct tw_radix_node *n, unsigned int level)
{
	if (!n)
		return;
	for (unsigned int i = 0; level > 0 && i < SLOTS; i++)
		free_node(n->slot[i].child, level - 1);
	free(n);
}

void tw_radix_clear(struct tw_radix *r)
{
	if (r->root)
		free_node(r->root, r->height - 1);
	*r = (struct tw_radix){0};
}
