// SPDX-License-Identifier: Apache-2.0
// Runs the directives: cases, memory, results. Invariants: a case starts from zeroed memory, empty
// TLBs and the directives outside cases, in their order; a write to an address that does not answer
// is kept until a `ram` line of the case makes it answer, so the order of `ram` and `mem` is free.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void vec_add_read(struct vec_result *res, uint64_t addr, bool failed)
{
	unsigned int i = 0;

	while (i < res->reads && res->read[i].addr != addr)
		i++;
	if (i == VEC_TOUCHED_MAX)
		return;
	if (i == res->reads) {
		res->reads++;
		res->read[i].addr = addr;
	}
	res->read[i].failed = failed;
}

void vec_add_update(struct vec_result *res, uint64_t addr, uint64_t old, uint64_t desired)
{
	unsigned int i = 0;

	while (i < res->updates && res->update[i].addr != addr)
		i++;
	if (i == VEC_TOUCHED_MAX)
		return;
	if (i == res->updates) {
		res->updates++;
		res->update[i].addr = addr;
		res->update[i].old = old;
	}
	res->update[i].desired = desired;
}

enum tw_status vec_failed(const struct vec_exec *x, int error)
{
	const struct vec_reader *r = x->in;
	const char *text = x->vh->error(x->vh->self);

	if (error == -ENOMEM) {
		snprintf(r->err, r->errlen, "%s:%lu: out of memory", r->path, r->line);
		return TW_SYSTEM;
	}
	snprintf(r->err, r->errlen, "%s:%lu: %s: %s", r->path, r->line, x->vh->name,
		 *text ? text : strerror(-error));
	return TW_DIFFERENCE;
}

enum tw_status vec_set_ctx(struct vec_exec *x, const struct tw_ctx *ctx)
{
	int err = x->vh->set_ctx(x->vh->self, ctx);

	if (err)
		return vec_failed(x, err);
	x->ctx = *ctx;
	return TW_OK;
}

enum tw_status vec_fence(struct vec_exec *x, const struct tw_fence *fence)
{
	int err = x->vh->fence(x->vh->self, fence);

	return err ? vec_failed(x, err) : TW_OK;
}

enum tw_status vec_access(struct vec_exec *x, const struct tw_req *req, struct vec_result *res)
{
	int err;

	*res = (struct vec_result){0};
	err = x->vh->access(x->vh->self, req, res);
	return err ? vec_failed(x, err) : TW_OK;
}

const char *vec_formats(const struct vec_exec *x, const char *family, char *text, size_t len)
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < 16; i++) {
		const struct tw_format_desc *f = tw_format_get((enum tw_format)i);

		if (f && strcmp(tw_format_family(f), family) == 0 && x->vh->has(x->vh->self, f) &&
		    n < len)
			n += (size_t)snprintf(text + n, len - n, "%s%s", n ? ", " : "", f->name);
	}
	return text;
}

void vec_print_touched(const struct vec_exec *x, const struct vec_result *res)
{
	if (!x->opts->no_rd) {
		fputs(" rd=", x->out);
		for (unsigned int i = 0; i < res->reads; i++)
			fprintf(x->out, "%s%llx%s", i ? "," : "",
				(unsigned long long)res->read[i].addr,
				res->read[i].failed ? "!" : "");
	}
	for (unsigned int i = 0; i < res->updates; i++)
		fprintf(x->out, " upd=%llx:%llx:%llx", (unsigned long long)res->update[i].addr,
			(unsigned long long)res->update[i].old,
			(unsigned long long)res->update[i].desired);
	fputc('\n', x->out);
}

// --- Memory --------------------------------------------------------------------------------------

static enum tw_status store(struct vec_exec *x, const struct vec_write *w)
{
	struct vec_write *more;
	int err = tw_pmem_write(x->pm, w->addr, &w->value, w->bytes);

	if (err == -ENOMEM)
		return vec_failed(x, err);
	if (tw_pmem_pages(x->pm) > VEC_PAGES_MAX)
		return vec_expected(x->in, x->in->line, "a case that writes to at most %d pages",
				    VEC_PAGES_MAX);
	if (err == 0)
		return TW_OK;
	if (x->losts == VEC_LOST_MAX)
		return vec_expected(x->in, x->in->line,
				    "at most %d writes to memory that does not answer",
				    VEC_LOST_MAX);
	if (x->losts == x->lost_room) {
		size_t room = x->lost_room ? 2 * x->lost_room : 16;

		more = realloc(x->lost, room * sizeof(*more));
		if (!more)
			return vec_failed(x, -ENOMEM);
		x->lost = more;
		x->lost_room = room;
	}
	x->lost[x->losts++] = *w;
	return TW_OK;
}

static enum tw_status add_ram(struct vec_exec *x, uint64_t lo, uint64_t hi)
{
	size_t n = x->losts;
	int err = tw_pmem_add_ram(x->pm, lo, hi);

	if (err)
		return vec_failed(x, err);
	// What still does not answer is appended again, in its order.
	x->losts = 0;
	for (size_t i = 0; i < n; i++) {
		struct vec_write w = x->lost[i];
		enum tw_status status = store(x, &w);

		if (status)
			return status;
	}
	return TW_OK;
}

// --- Cases ---------------------------------------------------------------------------------------

static enum tw_status run_one(struct vec_exec *x, const struct vec_dir *d)
{
	switch (d->kind) {
	case VEC_MEM:
	case VEC_POKE64:
		return store(x, &(struct vec_write){d->a, d->b, 8});
	case VEC_POKE32:
		return store(x, &(struct vec_write){d->a, d->b, 4});
	case VEC_RAM:
		if (x->rams++ == VEC_RAM_MAX)
			return vec_expected(x->in, x->in->line, "at most %d ram lines in a case",
					    VEC_RAM_MAX);
		return add_ram(x, d->a, d->b);
	default:
		return x->family == VEC_X86 ? vec_x86(x, d) : vec_riscv(x, d);
	}
}

// What a case of the family starts with; called when the family is known, which may be within the
// first case.
static enum tw_status start_family(struct vec_exec *x)
{
	if (x->family != VEC_X86)
		return TW_OK;
	x->flags = TW_F_WP | TW_F_NXE | TW_F_PSE | TW_F_GBPAGES;
	// Nothing in X86W1 depends on bus errors: all of memory answers.
	return add_ram(x, 0, TW_PMEM_END);
}

static enum tw_status start_case(struct vec_exec *x, const struct vec_dir *d)
{
	static const struct tw_ctx off = {.format = TW_FMT_BARE, .maxphyaddr = 52};
	static const struct tw_fence everything = {.global = true};
	enum tw_status status = vec_set_ctx(x, &off);

	if (!status)
		status = vec_fence(x, &everything);
	if (status)
		return status;
	tw_pmem_reset(x->pm);
	x->losts = 0;
	x->rams = 0;
	x->any = true;
	x->xlen = 0;
	x->has_maxphyaddr = x->cr3_bad = false;
	x->cr3 = 0;
	x->flags = 0;
	status = start_family(x);
	fprintf(x->out, "case %s\n", d->word);
	for (size_t i = 0; i < x->befores && !status; i++)
		status = run_one(x, &x->before[i]);
	return status;
}

static enum tw_status keep(struct vec_exec *x, const struct vec_dir *d)
{
	struct vec_dir *more;

	switch (d->kind) {
	case VEC_ACC:
	case VEC_POKE32:
	case VEC_POKE64:
	case VEC_SFENCE:
	case VEC_INVLPG:
	case VEC_INVPCID:
	case VEC_END:
		return vec_expected(x->in, d->line, "\"case ID\" before this line");
	default:
		break;
	}
	if (x->befores == VEC_OUTSIDE_MAX)
		return vec_expected(x->in, d->line, "at most %d lines outside cases",
				    VEC_OUTSIDE_MAX);
	if (x->befores == x->before_room) {
		size_t room = x->before_room ? 2 * x->before_room : 16;

		more = realloc(x->before, room * sizeof(*more));
		if (!more)
			return vec_failed(x, -ENOMEM);
		x->before = more;
		x->before_room = room;
	}
	x->before[x->befores++] = *d;
	return TW_OK;
}

// The first call that failed to write has just returned.
static enum tw_status results_failed(const struct vec_exec *x)
{
	snprintf(x->in->err, x->in->errlen, "results: %s", strerror(errno));
	return TW_SYSTEM;
}

static enum tw_status run_lines(struct vec_exec *x)
{
	bool in_case = false, end;
	unsigned long case_line = 0;
	struct vec_dir d;

	for (;;) {
		enum vec_family family = x->family;
		enum tw_status status = vec_next(x->in, &x->family, &d, &end);

		if (status)
			return status;
		if (end)
			break;
		if (in_case && family == VEC_ANY && x->family != VEC_ANY)
			status = start_family(x);
		if (status)
			return status;
		if (!in_case && d.kind == VEC_CASE) {
			in_case = true;
			case_line = d.line;
			status = start_case(x, &d);
		} else if (!in_case) {
			status = keep(x, &d);
		} else if (d.kind == VEC_CASE) {
			status = vec_expected(x->in, d.line, "\"end\" of the case of line %lu",
					      case_line);
		} else if (d.kind == VEC_END) {
			in_case = false;
			fputs("end\n", x->out);
		} else {
			status = run_one(x, &d);
		}
		if (!status && ferror(x->out))
			status = results_failed(x);
		if (status)
			return status;
	}
	if (in_case)
		return vec_expected(x->in, x->in->line + 1, "\"end\" of the case of line %lu",
				    case_line);
	if (!x->any)
		return vec_expected(x->in, x->in->line + 1, "a case before the end");
	return fflush(x->out) != 0 ? results_failed(x) : TW_OK;
}

enum tw_status vec_run(const char *path, struct tw_pmem *pm, const struct vec_hw *vh,
		       const struct vec_opts *opts, FILE *out, char *err, size_t errlen)
{
	struct vec_reader *in = malloc(sizeof(*in));
	struct vec_exec x = {.in = in, .pm = pm, .vh = vh, .opts = opts, .out = out};
	enum tw_status status;

	if (!in) {
		snprintf(err, errlen, "out of memory");
		return TW_SYSTEM;
	}
	status = vec_open(in, path, err, errlen);
	if (!status) {
		status = run_lines(&x);
		vec_close(in);
	}
	free(x.before);
	free(x.lost);
	free(in);
	return status;
}
