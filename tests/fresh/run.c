// SPDX-License-Identifier: Apache-2.0
// Runs cases in the process: control state as the operations make it, the naive walker's answers,
// and the comparison with tw_arch_walk().
#include "fresh.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void fresh_run_start(struct fresh_run *r, const struct fresh_case *c)
{
	r->c = c;
	r->ctx = (struct tw_ctx){.format = c->shape->x86 ? c->shape->format : TW_FMT_BARE,
				 .maxphyaddr = c->maxphyaddr};
	r->cr3 = 0;
	r->pcide = r->bad_root = r->weak = r->load = false;
	fresh_mem_copy(&r->mem, &c->mem);
}

// MOV CR3: #GP for address bits that do not exist, and for a bad PDPTE.
static void mov_cr3(struct fresh_run *r, uint64_t value)
{
	struct tw_mem mem = fresh_mem_bus(&r->mem);
	struct tw_ctx ctx = r->ctx;

	if (r->c->shape->va_bits == 32)
		value = naive_bits(value, 31, 0);
	else if (r->pcide)
		value = naive_bits(value, 62, 0);
	r->load = false;
	r->bad_root = naive_bits(value, 63, r->ctx.maxphyaddr) != 0;
	if (r->bad_root)
		return;
	ctx.root_ppn = naive_bits(value, 51, 12);
	ctx.root_low = (uint16_t)(naive_bits(value, 11, 5) << 5);
	ctx.asid = r->pcide ? (uint16_t)naive_bits(value, 11, 0) : 0;
	r->load = true;
	r->loaded = ctx;
	r->bad_root = naive_load_root(&ctx, &mem) != 0;
	if (!r->bad_root)
		r->ctx = ctx;
}

static void satp(struct fresh_run *r, uint64_t value)
{
	if (r->c->shape->bytes == 4) {
		r->ctx.format = naive_bit(value, 31) ? TW_FMT_SV32 : TW_FMT_BARE;
		r->ctx.asid = (uint16_t)naive_bits(value, 30, 22);
		r->ctx.root_ppn = naive_bits(value, 21, 0);
		return;
	}
	r->ctx.format = (enum tw_format)naive_bits(value, 63, 60);
	r->ctx.asid = (uint16_t)naive_bits(value, 59, 44);
	r->ctx.root_ppn = naive_bits(value, 43, 0);
}

static void access(struct fresh_run *r, const struct tw_req *req, struct fresh_answer *a)
{
	struct tw_mem now = fresh_mem_bus(&r->mem), before = fresh_mem_bus(&r->before);

	a->bad_root = r->bad_root;
	a->two = false;
	a->now.walk.updates = 0;
	if (r->bad_root)
		return;
	if (r->weak) {
		naive_walk(&r->before_ctx, &before, req, &a->before);
		// Else the answer would depend on which of the two walks set the bits.
		if (a->before.walk.updates)
			abort();
		a->two = true;
	}
	naive_walk(&r->ctx, &now, req, &a->now);
	if (r->weak && a->now.walk.updates)
		abort();
}

void fresh_run_op(struct fresh_run *r, const struct fresh_op *op, struct fresh_answer *a)
{
	switch (op->kind) {
	case FRESH_FLAGS:
		r->ctx.flags = op->flags;
		r->ctx.pkru = op->pkru;
		r->pcide = op->pcide;
		break;
	case FRESH_ROOT:
		if (r->c->shape->x86)
			mov_cr3(r, op->value);
		else
			satp(r, op->value);
		break;
	case FRESH_POKE:
		fresh_mem_put(&r->mem, op->addr, r->c->shape->bytes, op->value);
		break;
	case FRESH_ACC:
		access(r, &op->req, a);
		break;
	case FRESH_WEAK:
		r->weak = true;
		r->before_ctx = r->ctx;
		fresh_mem_copy(&r->before, &r->mem);
		break;
	case FRESH_STRONG:
		r->weak = false;
		break;
	case FRESH_SFENCE:
	case FRESH_INVLPG:
	case FRESH_INVPCID:
		break;
	}
}

// --- Comparison ----------------------------------------------------------------------------------

static bool differ(char *why, size_t len, const char *what, uint64_t naive, uint64_t arch)
{
	snprintf(why, len, "%s: naive %llx, tw_arch_walk %llx", what, (unsigned long long)naive,
		 (unsigned long long)arch);
	return false;
}

#define SAME(what, a, b)                                                             \
	do {                                                                         \
		if ((a) != (b))                                                      \
			return differ(why, len, what, (uint64_t)(a), (uint64_t)(b)); \
	} while (0)

static bool same_walk(const struct naive *n, const struct tw_walk *w, char *why, size_t len)
{
	const struct tw_walk *v = &n->walk;

	SAME("fault", v->resp.fault, w->resp.fault);
	SAME("cause", v->resp.cause, w->resp.cause);
	SAME("fault address", v->resp.fault_va, w->resp.fault_va);
	SAME("pa", v->resp.pa, w->resp.pa);
	SAME("size", v->resp.size, w->resp.size);
	SAME("attr", v->resp.attr, w->resp.attr);
	SAME("global", v->resp.global, w->resp.global);
	SAME("reads", v->reads, w->reads);
	for (unsigned int i = 0; i < v->reads; i++)
		SAME("address read", v->read_addr[i], w->read_addr[i]);
	SAME("bus error", v->read_failed, w->read_failed);
	SAME("updates", v->updates, w->updates);
	for (unsigned int i = 0; i < v->updates; i++) {
		SAME("address updated", v->update[i].addr, w->update[i].addr);
		SAME("entry before", v->update[i].old, w->update[i].old);
		SAME("entry after", v->update[i].desired, w->update[i].desired);
	}
	if (v->resp.fault || !v->reads)
		return true;
	SAME("right r", v->rights.r, w->rights.r);
	SAME("right w", v->rights.w, w->rights.w);
	SAME("right x", v->rights.x, w->rights.x);
	SAME("right u", v->rights.u, w->rights.u);
	SAME("right g", v->rights.g, w->rights.g);
	SAME("dirty", v->rights.d, w->rights.d);
	SAME("rights' attr", v->rights.attr, w->rights.attr);
	SAME("key", v->rights.pkey, w->rights.pkey);
	return true;
}

// The naive walk has changed the memory: the other one must find it as it was, and leave it as it
// is now.
static bool compare_access(struct fresh_run *r, const struct tw_req *req, const struct naive *n,
			   char *why, size_t len)
{
	struct tw_mem mem = fresh_mem_bus(&r->mem);
	const struct tw_walk *v = &n->walk;
	unsigned int bytes = r->c->shape->bytes;
	struct tw_walk w;

	for (unsigned int i = v->updates; i-- > 0;)
		fresh_mem_put(&r->mem, v->update[i].addr, bytes, v->update[i].old);
	if (tw_arch_walk(&r->ctx, &mem, req, &w) != 0)
		return differ(why, len, "errors", 0, 1);
	if (!same_walk(n, &w, why, len))
		return false;
	for (unsigned int i = 0; i < v->updates; i++) {
		uint64_t addr = v->update[i].addr, word = fresh_mem_get(&r->mem, addr - addr % 8);

		if (bytes == 4)
			word = addr % 8 ? word >> 32 : (uint32_t)word;
		SAME("entry in memory", v->update[i].desired, word);
	}
	return true;
}

// The naive walker has just loaded the root: the same entries, the same refusals.
static bool compare_root(struct fresh_run *r, char *why, size_t len)
{
	struct tw_mem mem = fresh_mem_bus(&r->mem);
	struct tw_ctx ctx = r->loaded;

	SAME("MOV CR3 refused", r->bad_root, tw_arch_load_root(&ctx, &mem) != 0);
	if (r->bad_root)
		return true;
	for (unsigned int i = 0; i < 4; i++)
		SAME("PDPTE", r->ctx.pdpte[i], ctx.pdpte[i]);
	return true;
}

bool fresh_compare(const struct fresh_case *c, struct fresh_run *r, struct fresh_count *n,
		   unsigned int *at, char *why, size_t len)
{
	struct fresh_answer a;

	fresh_run_start(r, c);
	n->cases++;
	for (unsigned int i = 0; i < c->ops; i++) {
		const struct fresh_op *op = &c->op[i];

		*at = i;
		fresh_run_op(r, op, &a);
		if (op->kind == FRESH_ROOT && r->load && !compare_root(r, why, len))
			return false;
		if (op->kind != FRESH_ACC)
			continue;
		fresh_count(n, c, &a);
		if (!a.bad_root && !compare_access(r, &op->req, &a.now, why, len))
			return false;
	}
	return true;
}

// --- Counting ------------------------------------------------------------------------------------

void fresh_count(struct fresh_count *n, const struct fresh_case *c, const struct fresh_answer *a)
{
	unsigned int shape = (unsigned int)(c->shape - fresh_shapes);
	bool fault = a->bad_root || a->now.walk.resp.fault;

	n->accesses++;
	n->kind[shape][c->kind - fresh_kinds][fault]++;
	if (a->bad_root) {
		n->bad_root[shape]++;
		return;
	}
	n->allowed_twice += a->two;
	n->reason[shape][a->now.reason]++;
	if (!fault)
		n->size[shape][a->now.walk.resp.size]++;
}

// --- What must happen ----------------------------------------------------------------------------

static bool possible(const struct fresh_shape *s, enum naive_reason reason)
{
	bool rv = !s->x86, wide = s->bytes == 8, pae = s->format == TW_FMT_X86_PAE;
	bool longs = s->x86 && s->va_bits > 32;

	switch (reason) {
	case NAIVE_OK:
	case NAIVE_OK_UPDATE:
	case NAIVE_ABSENT:
	case NAIVE_SUPER_PAGE:
	case NAIVE_NO_WRITE:
		return true;
	case NAIVE_CANONICAL:
		return s->va_bits > 32;
	case NAIVE_NO_FETCH:
		return rv || wide;
	case NAIVE_DIRECT_WIDE:
	case NAIVE_UPPER:
	case NAIVE_RSW:
	case NAIVE_N_LACKS:
	case NAIVE_PBMT_LACKS:
	case NAIVE_PBMT_3:
	case NAIVE_NAPOT:
		return rv && wide;
	case NAIVE_DIRECT:
	case NAIVE_BUS:
	case NAIVE_WRITE_ONLY:
	case NAIVE_POINTER_BITS:
	case NAIVE_POINTER_LAST:
	case NAIVE_ALIGN:
	case NAIVE_USER_PAGE:
	case NAIVE_USER_FETCH:
	case NAIVE_NO_READ:
	case NAIVE_A_CLEAR:
	case NAIVE_D_CLEAR:
		return rv;
	case NAIVE_PHYS:
	case NAIVE_NXE:
	case NAIVE_LARGE_LOW:
		return s->x86 && wide;
	case NAIVE_PS:
	case NAIVE_PKEY_AD:
	case NAIVE_PKEY_WD:
	case NAIVE_PKEY_MORE:
		return longs;
	case NAIVE_PAE_UPPER:
	case NAIVE_PDPTE:
		return pae;
	case NAIVE_PSE36:
		return s->format == TW_FMT_X86_LEGACY;
	case NAIVE_SMEP:
	case NAIVE_SMAP:
		return s->x86;
	case NAIVE_BUS_UPDATE: // memory that can be read and not written: a test of its own
	case NAIVE_REASON_COUNT:
		break;
	}
	return false;
}

static unsigned int sizes(const struct fresh_shape *s)
{
	static const unsigned int of[FRESH_SHAPES] = {
		1 << TW_SIZE_4K | 1 << TW_SIZE_4M,
		1 << TW_SIZE_4K | 1 << TW_SIZE_64K | 1 << TW_SIZE_2M | 1 << TW_SIZE_1G,
		1 << TW_SIZE_4K | 1 << TW_SIZE_64K | 1 << TW_SIZE_2M | 1 << TW_SIZE_1G |
			1 << TW_SIZE_512G,
		1 << TW_SIZE_4K | 1 << TW_SIZE_64K | 1 << TW_SIZE_2M | 1 << TW_SIZE_1G |
			1 << TW_SIZE_512G | 1 << TW_SIZE_256T,
		1 << TW_SIZE_4K | 1 << TW_SIZE_4M,
		1 << TW_SIZE_4K | 1 << TW_SIZE_2M,
		1 << TW_SIZE_4K | 1 << TW_SIZE_2M | 1 << TW_SIZE_1G,
		1 << TW_SIZE_4K | 1 << TW_SIZE_2M | 1 << TW_SIZE_1G,
	};

	return of[s - fresh_shapes];
}

static bool missing(FILE *out, const struct fresh_shape *s, const char *what, const char *name)
{
	fprintf(out, "%s: never: %s%s\n", s->name, what, name);
	return false;
}

static const char *const reason_text[] = {
#define TEXT(name, text) text,
	NAIVE_REASONS(TEXT)
#undef TEXT
};

bool fresh_complete(const struct fresh_count *n, const struct fresh_shape *s, FILE *out)
{
	static const char *const size_text[] = {"4K", "64K", "2M", "4M", "1G", "512G", "256T", "?"};
	unsigned int shape = (unsigned int)(s - fresh_shapes);
	bool all = true;

	for (unsigned int i = 0; i < NAIVE_REASON_COUNT; i++) {
		if (possible(s, (enum naive_reason)i) && !n->reason[shape][i])
			all = missing(out, s, "", reason_text[i]);
	}
	for (unsigned int i = 0; i < 8; i++) {
		if ((sizes(s) >> i & 1) && !n->size[shape][i])
			all = missing(out, s, "a page of ", size_text[i]);
	}
	if (s->x86 && s->bytes == 8 && !n->bad_root[shape])
		all = missing(out, s, "MOV CR3 refused", "");
	for (unsigned int i = 0; i < FRESH_KINDS; i++) {
		for (unsigned int fault = 0; fault < 2; fault++) {
			if (!n->kind[shape][i][fault])
				all = missing(out, s, fault ? "fault in " : "ok in ",
					      fresh_kinds[i].name);
		}
	}
	return all;
}

void fresh_print_count(const struct fresh_count *n, const struct fresh_shape *s, FILE *out)
{
	unsigned int shape = (unsigned int)(s - fresh_shapes);

	for (unsigned int i = 0; i < FRESH_KINDS; i++)
		fprintf(out, "%s %s: ok %llu, fault %llu\n", s->name, fresh_kinds[i].name,
			(unsigned long long)n->kind[shape][i][0],
			(unsigned long long)n->kind[shape][i][1]);
	for (unsigned int i = 0; i < NAIVE_REASON_COUNT; i++) {
		if (n->reason[shape][i])
			fprintf(out, "%s: %s: %llu\n", s->name, reason_text[i],
				(unsigned long long)n->reason[shape][i]);
	}
}
