// SPDX-License-Identifier: Apache-2.0
// What the traces map: files and shared anonymous memory. Files are synthetic: their contents are a
// function of seed, trace and number, and are written to a real file page by page, before a page is
// touched for the first time; so a file that is large and hardly touched costs hardly anything.
// Invariant: a page that the shadow has is on the real file, or was.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../host/output.h"
#include "internal.h"

static struct replay_object *new_object(struct replay_proc *p, uint64_t size, uint64_t seed)
{
	struct replay_object **all, *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	all = realloc(p->objects, (p->n_objects + 1) * sizeof(struct replay_object *));
	if (!all) {
		free(o);
		return NULL;
	}
	p->objects = all;
	o->shadow.size = o->shadow.initial = size;
	o->shadow.seed = seed;
	o->fd = -1;
	p->objects[p->n_objects++] = o;
	return o;
}

struct replay_object *replay_new_shmem(struct replay_proc *p, uint64_t size)
{
	return new_object(p, size, 0);
}

void replay_free_objects(struct replay_proc *p)
{
	for (uint32_t i = 0; i < p->n_objects; i++) {
		struct replay_object *o = p->objects[i];

		shadow_free(&o->shadow.pages);
		if (o->fd >= 0)
			close(o->fd);
		free(o);
	}
	free(p->objects);
	p->objects = NULL;
	p->n_objects = 0;
}

static enum tw_status create_file(struct replay_proc *p, uint32_t i)
{
	const struct tw_trace_file *f = tw_trace_get_file(p->trace, i);
	struct replay *r = p->r;
	struct replay_object *o;
	char path[32];
	int err;

	if (f->size > SHADOW_PAGES << SHADOW_SHIFT)
		return replay_fail(p, TW_BAD_INPUT,
				   "file %s: %" PRIu64 " bytes, expected at most 2^38", f->name,
				   f->size);
	o = new_object(p, f->size, r->opts.seed * 1000003 + p->number * 4099 + i + 1);
	if (!o)
		return replay_fail(p, TW_SYSTEM, "out of memory");
	o->name = f->name;
	o->fd = tw_output_scratch(r->work);
	if (o->fd < 0)
		return replay_fail(p, TW_SYSTEM, "%s: a file for %s: %s", r->work, f->name,
				   strerror(-o->fd));
	if (ftruncate(o->fd, (off_t)f->size) != 0)
		return replay_fail(p, TW_SYSTEM, "%s: %s", f->name, strerror(errno));
	snprintf(path, sizeof(path), REPLAY_FD_PATH "%d", o->fd);
	err = tw_file_open(r->k, path, TW_O_RDWR, &o->file);
	return err ? replay_kernel_error(p, f->name, err) : TW_OK;
}

enum tw_status replay_files(struct replay_proc *p)
{
	enum tw_status status = TW_OK;

	p->n_files = tw_trace_get_info(p->trace)->n_files;
	for (uint32_t i = 0; i < p->n_files && status == TW_OK; i++)
		status = create_file(p, i);
	return status;
}

void replay_name_files(const struct replay *r, const char *text, char *out, size_t size)
{
	const char *path = strstr(text, REPLAY_FD_PATH);
	char *rest;
	long fd;

	snprintf(out, size, "%s", text);
	if (!path)
		return;
	fd = strtol(path + strlen(REPLAY_FD_PATH), &rest, 10);
	for (unsigned int i = 0; i < r->opts.n_traces; i++)
		for (uint32_t j = 0; j < r->procs[i].n_files; j++)
			if (j < r->procs[i].n_objects && r->procs[i].objects[j]->fd == fd)
				snprintf(out, size, "%.*s%s%s", (int)(path - text), text,
					 r->procs[i].objects[j]->name, rest);
}

// --- Contents --------------------------------------------------------------------------

static enum tw_status make_page(struct replay_proc *p, struct replay_object *o, uint64_t index)
{
	uint64_t at = index << SHADOW_SHIFT, n;
	const uint8_t *bytes;

	if (at >= o->shadow.initial || shadow_get(&o->shadow.pages, index))
		return TW_OK;
	n = o->shadow.initial - at < SHADOW_PAGE ? o->shadow.initial - at : SHADOW_PAGE;
	bytes = shadow_object_page(&o->shadow, index);
	if (!bytes)
		return replay_fail(p, TW_SYSTEM, "out of memory");
	errno = ENOSPC;
	if (pwrite(o->fd, bytes, n, (off_t)at) != (ssize_t)n)
		return replay_fail(p, TW_SYSTEM, "%s: %s", o->name, strerror(errno));
	return TW_OK;
}

enum tw_status replay_touch_file(struct replay_proc *p, struct replay_object *o, uint64_t offset,
				 uint64_t len)
{
	uint64_t index = offset >> SHADOW_SHIFT, end = index + (len >> SHADOW_SHIFT);
	enum tw_status status = TW_OK;

	for (; index < end && index << SHADOW_SHIFT < o->shadow.initial && status == TW_OK; index++)
		status = replay_stopped(p->r) ? replay_interrupted(p->r) : make_page(p, o, index);
	return status;
}

bool replay_lookup(struct replay_proc *p, uint64_t page, struct replay_object **object,
		   uint64_t *index, bool *shared)
{
	const struct tw_trace_region *r = tw_trace_regions_find(&p->regions, page << SHADOW_SHIFT);

	if (!r)
		return false;
	*object = r->memory	 ? p->objects[p->n_files + r->memory - 1]
		  : r->file >= 0 ? p->objects[r->file]
				 : NULL;
	*shared = r->shared;
	*index = (r->offset >> SHADOW_SHIFT) + page - (r->start >> SHADOW_SHIFT);
	return true;
}

enum tw_status replay_touch(struct replay_proc *p, uint64_t page)
{
	struct replay_object *o;
	uint64_t index;
	bool shared;

	if (!replay_lookup(p, page, &o, &index, &shared) || !o || o->fd < 0)
		return TW_OK;
	return make_page(p, o, index);
}
