// SPDX-License-Identifier: Apache-2.0
// Cases as text: RVW1 and X86W1 (docs/vectors.md), and their results as the naive walker gives
// them. While a fence is too weak a result is "LINE | LINE": before the edit, and after it.
#include "fresh.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long ull;

static void emit_flags(const struct fresh_case *c, const struct fresh_op *op, FILE *f)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} x86[] = {
		{TW_F_WP, "wp"},   {TW_F_NXE, "nxe"},	      {TW_F_PSE, "pse"},
		{TW_F_PGE, "pge"}, {TW_F_SMEP, "smep"},	      {TW_F_SMAP, "smap"},
		{TW_F_PKE, "pke"}, {TW_F_GBPAGES, "gbpages"},
	};

	if (!c->shape->x86) {
		fprintf(f, "ext svnapot=%d svpbmt=1 svrsw=%d\n", (op->flags & TW_F_SVNAPOT) != 0,
			(op->flags & TW_F_SVRSW) != 0);
		fprintf(f, "env adue=%d pbmte=%d\n", (op->flags & TW_F_ADUE) != 0,
			(op->flags & TW_F_PBMTE) != 0);
		return;
	}
	fputs("env", f);
	for (unsigned int i = 0; i < sizeof(x86) / sizeof(*x86); i++)
		fprintf(f, " %s=%d", x86[i].name, (op->flags & x86[i].flag) != 0);
	fprintf(f, " pcide=%d pkru=%x\n", op->pcide, op->pkru);
}

static void emit_access(const struct fresh_case *c, unsigned int at, unsigned int number, FILE *f)
{
	static const char *const rv[] = {"fetch", "load", "store", "store"};
	static const char *const x86[] = {"fetch", "read", "write", "write"};
	const struct tw_req *req = &c->op[at].req;
	char priv = "US?M"[req->priv];

	if (c->shape->x86) {
		fprintf(f, "acc %u %s %llx user=%d%s\n", number, x86[req->access], (ull)req->va,
			req->priv == TW_PRIV_U, req->sum ? " ac=1" : "");
		return;
	}
	fprintf(f, "acc %u %s %llx ", number, rv[req->access], (ull)req->va);
	// Now and then the privilege is given by MPRV; a fetch has none of it.
	if (at % 8 == 5 && priv != 'M' && req->access != TW_FETCH)
		fprintf(f, "M mprv=1 mpp=%c", priv);
	else if (at % 8 == 5 && priv == 'M' && req->access == TW_FETCH)
		fputs("M mprv=1 mpp=U", f);
	else
		fputc(priv, f);
	fprintf(f, "%s%s\n", req->sum ? " sum=1" : "", req->mxr ? " mxr=1" : "");
}

static void emit_op(const struct fresh_case *c, unsigned int at, unsigned int number, FILE *f)
{
	const struct fresh_op *op = &c->op[at];

	switch (op->kind) {
	case FRESH_FLAGS:
		emit_flags(c, op, f);
		break;
	case FRESH_ROOT:
		fprintf(f, "%s %llx\n", c->shape->x86 ? "cr3" : "satp", (ull)op->value);
		break;
	case FRESH_POKE:
		fprintf(f, "poke%u %llx %llx\n", c->shape->bytes * 8, (ull)op->addr,
			(ull)op->value);
		break;
	case FRESH_SFENCE:
		fputs("sfence", f);
		if (op->by_va)
			fprintf(f, " va=%llx", (ull)op->va);
		if (op->by_asid)
			fprintf(f, " asid=%x", op->asid);
		fputc('\n', f);
		break;
	case FRESH_INVLPG:
		fprintf(f, "invlpg %llx\n", (ull)op->va);
		break;
	case FRESH_INVPCID:
		fprintf(f, "invpcid %x %x %llx\n", op->type, op->asid, (ull)op->va);
		break;
	case FRESH_ACC:
		emit_access(c, at, number, f);
		break;
	case FRESH_WEAK:
		fputs("# from here on the fence is too weak: the answers before the edit are right "
		      "too\n",
		      f);
		break;
	case FRESH_STRONG:
		fputs("# everything is fenced\n", f);
		break;
	}
}

static void emit_touched(const struct naive *n, FILE *f)
{
	const struct tw_walk *w = &n->walk;

	fputs(" rd=", f);
	for (unsigned int i = 0; i < w->reads; i++)
		fprintf(f, "%s%llx%s", i ? "," : "", (ull)w->read_addr[i],
			w->read_failed && i + 1 == w->reads ? "!" : "");
	for (unsigned int i = 0; i < w->updates; i++)
		fprintf(f, " upd=%llx:%llx:%llx", (ull)w->update[i].addr, (ull)w->update[i].old,
			(ull)w->update[i].desired);
}

static void emit_result(const struct fresh_run *r, const struct tw_req *req, const struct naive *n,
			unsigned int number, FILE *f)
{
	static const unsigned int size[] = {0x1000, 0, 0x200000, 0x400000, 0x40000000};
	const struct tw_resp *resp = &n->walk.resp;
	bool x86 = r->c->shape->x86;

	fprintf(f, "%u ", number);
	if (n->reason == NAIVE_DIRECT_WIDE) // no 56-bit memory holds it
		fprintf(f, "ok %llx nomem", (ull)req->va);
	else if (resp->fault == TW_FAULT_CANON) {
		fputs("gp", f);
		return;
	} else if (resp->fault && x86)
		fprintf(f, "pf %x cr2=%llx", resp->cause, (ull)resp->fault_va);
	else if (resp->fault)
		fprintf(f, "fault %u tval=%llx", resp->cause, (ull)resp->fault_va);
	else if (x86)
		fprintf(f, "ok %llx g=%d size=%x", (ull)resp->pa, resp->global, size[resp->size]);
	else
		fprintf(f, "ok %llx%s", (ull)resp->pa,
			fresh_mem_answers(&r->mem, resp->pa) ? "" : " nomem");
	emit_touched(n, f);
}

void fresh_emit(const struct fresh_case *c, struct fresh_run *r, FILE *cases, FILE *results,
		struct fresh_count *n)
{
	unsigned int number = 0;
	char id[80];

	snprintf(id, sizeof(id), "case %s-%s-%llu-%lu\n", c->shape->name, c->kind->name,
		 (ull)c->seed, c->number);
	fputs(id, cases);
	fputs(id, results);
	if (c->shape->x86)
		fprintf(cases, "mode %s\nmaxphyaddr %u\n", c->shape->name, c->maxphyaddr);
	else
		fprintf(cases, "xlen %d\n", c->shape->bytes == 4 ? 32 : 64);
	for (unsigned int i = 0; i < c->mem.rams && !c->shape->x86; i++)
		fprintf(cases, "ram %llx %llx\n", (ull)c->mem.ram[i].lo, (ull)c->mem.ram[i].hi);
	for (unsigned int i = 0; i < c->mem.words; i++) {
		unsigned int at = c->mem.order[i];

		fprintf(cases, "mem %llx %llx\n", (ull)c->mem.word[at].addr,
			(ull)c->mem.word[at].value);
	}
	fresh_run_start(r, c);
	n->cases++;
	for (unsigned int i = 0; i < c->ops; i++) {
		const struct tw_req *req = &c->op[i].req;
		struct fresh_answer a;

		emit_op(c, i, number, cases);
		fresh_run_op(r, &c->op[i], &a);
		if (c->op[i].kind != FRESH_ACC)
			continue;
		fresh_count(n, c, &a);
		if (a.bad_root) {
			fprintf(results, "%u gp_cr3", number);
		} else if (a.two) {
			emit_result(r, req, &a.before, number, results);
			fputs(" | ", results);
		}
		if (!a.bad_root)
			emit_result(r, req, &a.now, number, results);
		fputc('\n', results);
		number++;
	}
	fputs("end\n", cases);
	fputs("end\n", results);
}

// --- Comparison ----------------------------------------------------------------------------------

static void drop_rd(char *line)
{
	char *rd = strstr(line, " rd="), *end;

	if (!rd)
		return;
	end = strchr(rd + 1, ' ');
	if (end)
		memmove(rd, end, strlen(end) + 1);
	else
		*rd = '\0';
}

static bool matches(char *expected, char *got, bool rd)
{
	char * or = strstr(expected, " | ");

	if (or) {
		* or = '\0';
		if (matches(or +3, got, rd))
			return true;
	}
	if (!rd)
		drop_rd(expected);
	return strcmp(expected, got) == 0;
}

// A line without its newline; false at the end.
static bool line(FILE *f, char **text, size_t *room)
{
	ssize_t n = getline(text, room, f);

	if (n > 0 && (*text)[n - 1] == '\n')
		(*text)[n - 1] = '\0';
	return n >= 0;
}

bool fresh_match(FILE *expected, FILE *got, bool rd, char *why, size_t len)
{
	char *e = NULL, *g = NULL, *whole = NULL, id[80] = "";
	size_t e_room = 0, g_room = 0;
	bool same = true;

	while (same) {
		bool more = line(expected, &e, &e_room);

		if (line(got, &g, &g_room) != more) {
			snprintf(why, len, "%s: %s", id, more ? "results end too soon" : g);
			same = false;
		}
		if (!more || !same)
			break;
		if (strncmp(e, "case ", 5) == 0)
			snprintf(id, sizeof(id), "%s", e);
		free(whole);
		whole = strdup(e);
		if (!whole)
			abort();
		if (!rd)
			drop_rd(g);
		if (!matches(e, g, rd)) {
			snprintf(why, len, "%s\nexpected %s\ngot      %s", id, whole, g);
			same = false;
		}
	}
	free(e);
	free(g);
	free(whole);
	return same;
}
