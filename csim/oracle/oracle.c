// SPDX-License-Identifier: Apache-2.0
// The oracle's calls: what is in flight, which request a response belongs to, and the verdict.
// Requests of one (port, id) form a group whose answers may come in any order: a response is
// allowed if the group's responses so far can be assigned to different requests that each
// justifies. Invariants: every request is in o->live from its acceptance until its group is
// answered or it is cancelled; a failing call changes nothing but the time.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle_internal.h"

int tw_oracle_create(const struct tw_oracle_opts *opts, struct tw_oracle **oracle)
{
	struct tw_oracle_opts with = *opts;
	struct tw_oracle *o;

	if (!with.max_versions)
		with.max_versions = (size_t)1 << 18;
	if (!with.max_fences)
		with.max_fences = (size_t)1 << 16;
	if (!with.max_roots)
		with.max_roots = 4096;
	if (!with.max_steps)
		with.max_steps = (uint64_t)1 << 20;
	if (!with.mem.read64 || with.max_versions < 64 || with.max_fences < 64 ||
	    with.max_roots < 4 || with.pa_bits > 56 || (with.pa_bits && with.pa_bits < 32))
		return -EINVAL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->opts = with;
	o->error = calloc(TW_OR_ERRORS, sizeof(*o->error));
	if (!o->error) {
		free(o);
		return -ENOMEM;
	}
	o->ctx.maxphyaddr = 52;
	*oracle = o;
	return 0;
}

void tw_oracle_destroy(struct tw_oracle *o)
{
	if (!o)
		return;
	tw_or_history_clear(o);
	free(o->fence);
	free(o->root);
	free(o->error);
	free(o->live);
	free(o);
}

int tw_oracle_reset(struct tw_oracle *o, uint64_t cycle)
{
	if (!tw_or_tick(o, cycle))
		return -EINVAL;
	tw_or_history_clear(o);
	o->ctx = (struct tw_ctx){.maxphyaddr = 52};
	o->fence_base += o->fences;
	o->fences = o->roots = o->modes = o->errors = o->lives = o->pasts = 0;
	o->open_fences = o->undrained_fences = o->undrained_roots = 0;
	o->horizon = o->now;
	o->last_error.at = 0;
	return 0;
}

int tw_oracle_ctx(struct tw_oracle *o, uint64_t cycle, const struct tw_ctx *ctx)
{
	if (ctx->format != TW_FMT_BARE && !tw_format_get(ctx->format))
		return -EINVAL;
	if (!tw_or_tick(o, cycle))
		return -EINVAL;
	return tw_or_ctx_set(o, ctx);
}

int tw_oracle_write(struct tw_oracle *o, uint64_t cycle, uint64_t addr, uint64_t old,
		    uint64_t value)
{
	int ret;

	if ((addr & 7) || !tw_or_tick(o, cycle))
		return -EINVAL;
	ret = tw_or_write(o, addr, old, value);
	o->stats.writes += ret == 0;
	return ret;
}

int tw_oracle_bus_error(struct tw_oracle *o, uint64_t cycle, uint64_t addr)
{
	uint64_t oldest;

	if ((addr & 7) || !tw_or_tick(o, cycle))
		return -EINVAL;
	o->last_error = (struct tw_or_error){.addr = addr, .at = o->now, .cycle = o->cycle};
	if (!o->lives)
		return 0;
	if (o->errors == TW_OR_ERRORS) {
		size_t kept = 0;

		oldest = tw_or_oldest_accept(o);
		for (size_t i = 0; i < o->errors; i++)
			if (o->error[i].at >= oldest)
				o->error[kept++] = o->error[i];
		o->errors = kept;
	}
	if (o->errors == TW_OR_ERRORS) {
		o->errors_lost = o->error[0].at + 1;
		memmove(o->error, o->error + 1, (o->errors - 1) * sizeof(*o->error));
		o->errors--;
	}
	o->error[o->errors++] = o->last_error;
	return 0;
}

int tw_oracle_fence_begin(struct tw_oracle *o, uint64_t cycle, const struct tw_fence *fence,
			  uint64_t *id)
{
	int ret;

	if (!tw_or_tick(o, cycle))
		return -EINVAL;
	ret = tw_or_fence_add(o, fence, id);
	o->stats.fences += ret == 0;
	return ret;
}

int tw_oracle_fence_end(struct tw_oracle *o, uint64_t cycle, uint64_t id)
{
	if (!tw_or_tick(o, cycle))
		return -EINVAL;
	return tw_or_fence_close(o, id);
}

static void allow(const struct tw_oracle *o, struct tw_oracle_verdict *v, const struct tw_ctx *ctx,
		  const struct tw_or_step *step, unsigned int steps)
{
	v->status = TW_ORACLE_ALLOWED;
	v->allowed = true;
	v->newest = true;
	v->reason = TW_ORACLE_OK;
	v->asid = ctx->asid;
	v->root_ppn = ctx->root_ppn;
	v->entries = steps;
	v->text[0] = '\0';
	for (unsigned int i = 0; i < steps; i++) {
		const struct tw_or_version *e = &step[i].version;

		v->entry[i] = (struct tw_oracle_entry){
			.addr = step[i].addr,
			.value = step[i].entry,
			.from = e->from_cycle,
			.to = e->to_cycle,
			.level = step[i].level,
			.bus_error = step[i].bus_error,
		};
		// An update ends the version that it rests on at this moment.
		if (step[i].bus_error)
			v->entry[i].to = TW_OR_NEVER;
		else
			v->newest &= e->to >= o->now;
	}
}

// Whether this request justifies the response.
static enum tw_oracle_status judge(struct tw_oracle *o, const struct tw_or_request *r,
				   const struct tw_resp *resp, struct tw_oracle_verdict *v)
{
	struct tw_or_search s = {.o = o, .r = r, .want = resp};
	struct tw_or_newest n;
	struct tw_resp direct;

	v->status = TW_ORACLE_FORBIDDEN;
	v->reason = TW_ORACLE_OK;
	if (tw_arch_direct(&r->ctx, &r->req, &direct)) {
		if (tw_or_direct_fits(o, &r->ctx, &r->req, resp))
			allow(o, v, &r->ctx, NULL, 0);
		return v->status;
	}
	if (!tw_arch_canonical(&r->ctx, &r->req, &direct)) {
		if (tw_or_same(o, &direct, resp))
			allow(o, v, &r->ctx, NULL, 0);
		return v->status;
	}
	tw_or_walk_newest(o, &r->ctx, &r->req, 0, 0, &n);
	if (!o->opts.reads_told && tw_or_same(o, &n.resp, resp) && (n.resp.fault || !n.update)) {
		allow(o, v, &r->ctx, n.step, n.depth);
		return v->status;
	}
	// Fields that do not depend on any entry.
	if (resp->fault &&
	    ((resp->fault_va != r->req.va && !(o->opts.unchecked & TW_ORACLE_TVAL)) || resp->pa ||
	     resp->size || resp->global || resp->attr))
		return v->status;
	switch (resp->fault) {
	case TW_FAULT_NONE:
		s.goal = TW_OR_TRANSLATION;
		break;
	case TW_FAULT_PAGE:
		s.goal = TW_OR_PAGE_FAULT;
		break;
	case TW_FAULT_ACCESS:
		tw_arch_resp_fault(&r->ctx, &r->req, TW_FAULT_ACCESS, 0, &direct);
		if (!tw_or_same(o, &direct, resp))
			return v->status;
		s.goal = TW_OR_ACCESS_FAULT;
		break;
	default:
		return v->status;
	}
	tw_or_find(&s);
	if (s.found) {
		allow(o, v, &s.ctx, s.step, s.depth);
	} else if (s.exhausted || s.lost || r->fixed) {
		v->status = TW_ORACLE_UNDECIDED;
		v->reason = s.exhausted ? TW_ORACLE_STEPS : TW_ORACLE_LOST;
	}
	return v->status;
}

// The oldest of the requests of MASK that has no answer; NULL: all have one.
static struct tw_or_request *oldest_open(struct tw_or_request *const group[TW_OR_SAME_ID],
					 uint64_t mask)
{
	struct tw_or_request *oldest = NULL;

	for (; mask; mask &= mask - 1) {
		struct tw_or_request *r = group[__builtin_ctzll(mask)];

		if (r && !r->answered && (!oldest || r->accept < oldest->accept))
			oldest = r;
	}
	return oldest;
}

// Assigns a response that fits the requests of MASK to one of them; responses assigned before may
// move to others that they fit (augmenting path). group[] is indexed by order.
static bool assign(struct tw_or_request *const group[TW_OR_SAME_ID], uint64_t mask,
		   uint64_t *visited)
{
	struct tw_or_request *open = oldest_open(group, mask);

	for (unsigned int i = 0; i < TW_OR_SAME_ID && !open; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if (!(mask & bit) || !group[i] || (*visited & bit))
			continue;
		*visited |= bit;
		if (assign(group, group[i]->fits, visited))
			open = group[i];
	}
	if (!open)
		return false;
	open->answered = true;
	open->fits = mask;
	return true;
}

static void count(struct tw_oracle *o, const struct tw_oracle_verdict *v)
{
	switch (v->status) {
	case TW_ORACLE_ALLOWED:
		if (v->newest)
			o->stats.newest++;
		else
			o->stats.stale++;
		break;
	case TW_ORACLE_FORBIDDEN:
		o->stats.forbidden++;
		break;
	case TW_ORACLE_UNDECIDED:
		o->stats.undecided++;
		break;
	}
}

static void undecided(struct tw_oracle_verdict *v, enum tw_oracle_reason reason)
{
	v->status = TW_ORACLE_UNDECIDED;
	v->reason = reason;
	snprintf(v->text, sizeof(v->text), "undecided: nothing that is remembered justifies it, %s",
		 reason == TW_ORACLE_STEPS ? "but the search reached max_steps"
					   : "but history that may count was forgotten");
}

int tw_oracle_response(struct tw_oracle *o, uint64_t cycle, unsigned int port, uint32_t id,
		       const struct tw_resp *resp, struct tw_oracle_verdict *v)
{
	struct tw_or_request *group[TW_OR_SAME_ID] = {0}, *oldest;
	struct tw_oracle_verdict one;
	uint64_t fits = 0, visited = 0, members = 0;
	enum tw_oracle_reason unsure = TW_ORACLE_OK;

	if (!tw_or_tick(o, cycle))
		return -EINVAL;
	v->status = TW_ORACLE_FORBIDDEN;
	v->allowed = v->newest = false;
	v->entries = 0;
	o->stats.responses++;
	for (size_t i = 0; i < o->lives; i++) {
		struct tw_or_request *r = &o->live[i];

		if (!tw_or_same_group(r, port, id))
			continue;
		group[r->order] = r;
		members |= UINT64_C(1) << r->order;
	}
	oldest = oldest_open(group, members);
	if (!oldest) {
		tw_or_blame_unasked(o, port, id, resp, v);
		count(o, v);
		return 0;
	}
	for (uint64_t left = members; left; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(left);

		switch (judge(o, group[i], resp, &one)) {
		case TW_ORACLE_ALLOWED:
			fits |= UINT64_C(1) << i;
			if (!v->allowed || one.newest)
				*v = one;
			break;
		case TW_ORACLE_UNDECIDED:
			unsure = one.reason;
			break;
		case TW_ORACLE_FORBIDDEN:
			break;
		}
	}
	if (!assign(group, fits, &visited)) {
		v->allowed = v->newest = false;
		v->entries = 0;
		oldest->answered = true;
		oldest->fits = ~UINT64_C(0);
		if (unsure != TW_ORACLE_OK)
			undecided(v, unsure);
		else
			tw_or_blame(o, oldest, resp, v);
	}
	count(o, v);
	tw_or_retire_answered(o, port, id, false);
	return 0;
}

// A necessary condition: in some format of the roots in use, the request's address selects the
// place in a table at which the word lies.
static bool may_pass(uint32_t formats, uint64_t addr, const struct tw_or_request *r)
{
	uint64_t low = tw_low_mask(TW_PAGE_SHIFT) & ~UINT64_C(7);

	for (; formats; formats &= formats - 1) {
		struct tw_ctx ctx = {.format = (enum tw_format)__builtin_ctz(formats)};

		for (uint8_t level = 0; level < tw_formats[ctx.format].levels; level++)
			if (((tw_arch_pte_addr(&ctx, 0, level, r->req.va) ^ addr) & low) == 0)
				return true;
	}
	return false;
}

// Whether a walk of this request, at this moment, does what s describes.
static bool does(struct tw_or_search *s, const struct tw_or_request *r)
{
	struct tw_resp resp;

	if (tw_arch_direct(&r->ctx, &r->req, &resp) || !tw_arch_canonical(&r->ctx, &r->req, &resp))
		return false;
	s->r = r;
	tw_or_find(s);
	return s->found;
}

// Whether a walk of any request does it. One of a cancelled request may, too.
static bool anyone_does(struct tw_or_search *s, bool *lost, bool *exhausted)
{
	struct tw_oracle *o = s->o;
	size_t pasts = o->pasts < TW_OR_PAST ? o->pasts : TW_OR_PAST;
	uint32_t formats = 0;

	*lost = *exhausted = false;
	for (size_t i = 0; i < o->roots; i++)
		formats |= UINT32_C(1) << o->root[i].ctx.format;
	for (size_t i = 0; i < o->lives + pasts; i++) {
		const struct tw_or_request *r = i < o->lives ? &o->live[i] : &o->past[i - o->lives];

		if ((i >= o->lives && r->fate != TW_OR_CANCELLED) || !may_pass(formats, s->addr, r))
			continue;
		if (does(s, r))
			return true;
		*lost |= s->lost;
		*exhausted |= s->exhausted;
	}
	return false;
}

// Whether the bits that changed are A, of the one or the other entry in the word.
static bool is_accessed(const struct tw_oracle *o, uint64_t changed)
{
	uint64_t a = tw_or_rules(o->ctx.format)->accessed;

	return changed == a || (changed == a << 32 && tw_formats[o->ctx.format].entry_bytes == 4);
}

int tw_oracle_update(struct tw_oracle *o, uint64_t cycle, uint64_t addr, uint64_t old,
		     uint64_t value, struct tw_oracle_verdict *v)
{
	struct tw_or_search s = {
		.o = o, .goal = TW_OR_UPDATE, .addr = addr, .old = old, .value = value};
	bool lost, exhausted;
	int ret;

	if ((addr & 7) || !tw_or_tick(o, cycle))
		return -EINVAL;
	ret = tw_or_write(o, addr, old, value);
	if (ret)
		return ret;
	if (o->opts.reads_told) {
		ret = tw_or_note_read(o, addr); // its old value, or the new one
		if (ret)
			return ret;
	}
	v->allowed = v->newest = false;
	v->entries = 0;
	o->stats.updates++;
	if (anyone_does(&s, &lost, &exhausted))
		allow(o, v, &s.ctx, s.step, s.depth);
	else if (o->opts.speculative_a && is_accessed(o, old ^ value) && (old & value) == old)
		allow(o, v, &o->ctx, NULL, 0);
	else if (exhausted || lost)
		undecided(v, exhausted ? TW_ORACLE_STEPS : TW_ORACLE_LOST);
	else
		tw_or_blame_update(o, addr, old, value, v);
	count(o, v);
	return 0;
}

int tw_oracle_read(struct tw_oracle *o, uint64_t cycle, uint64_t addr, uint64_t value,
		   struct tw_oracle_verdict *v)
{
	struct tw_or_search s = {.o = o, .goal = TW_OR_READ, .addr = addr};
	bool lost = false, exhausted = false, right;
	uint64_t now;
	int ret;

	if ((addr & 7) || !tw_or_tick(o, cycle))
		return -EINVAL;
	if (o->opts.reads_told) {
		ret = tw_or_note_read(o, addr);
		if (ret)
			return ret;
	}
	v->allowed = v->newest = false;
	v->entries = 0;
	o->stats.reads++;
	right = o->opts.mem.read64(o->opts.mem.user, addr, &now) == 0 && now == value;
	if (right && anyone_does(&s, &lost, &exhausted))
		allow(o, v, &s.ctx, s.step, s.depth - 1);
	else if (right && (exhausted || lost))
		undecided(v, exhausted ? TW_ORACLE_STEPS : TW_ORACLE_LOST);
	else
		tw_or_blame_read(o, addr, value, v);
	count(o, v);
	return 0;
}

void tw_oracle_get_stats(const struct tw_oracle *o, struct tw_oracle_stats *stats)
{
	*stats = o->stats;
	stats->versions = o->versions;
	stats->roots = o->roots;
}
