// SPDX-License-Identifier: Apache-2.0
// See oracle_lazy.h. Written from the manuals, without the oracle's idea of time and versions.
#include "oracle_lazy.h"

static unsigned int shift_of(const struct item *it, bool translation)
{
	if (translation)
		return 12 + tw_size_log2_pages(it->size);
	return 12 + 9 * (it->next.level + 1u);
}

static bool same(uint64_t a, uint64_t b, unsigned int shift)
{
	return a >> shift == b >> shift;
}

// Whether the fence demands that the item goes (if it was read before).
static bool demands(const struct lazy *m, const struct tw_fence *f, const struct item *it,
		    bool translation)
{
	unsigned int shift = shift_of(it, translation);
	bool global = it->global && (translation || !m->x86);

	if (m->broken == POINTERS_SURVIVE && !translation)
		return false;
	if (m->broken == ADDRESS_IGNORED && f->by_addr)
		return false;
	if (m->broken == GLOBAL_SURVIVES && global)
		return false;
	if (!translation && f->by_addr && !m->x86)
		return false;
	if (global) {
		if (!f->global)
			return false;
	} else if (f->by_asid && f->asid != it->asid) {
		return false;
	}
	if (!f->by_addr)
		return true;
	if (!translation && f->by_asid && f->global) {
		// INVLPG takes all pointers of the PCID, but only by a canonical address.
		uint64_t top = f->va >> 47;

		return top == 0 || top == 0x1ffff;
	}
	if (m->broken == SUPERPAGE_BY_BASE && translation && shift > 12)
		return same(f->va, it->va >> shift << shift, 12);
	return same(f->va, it->va, shift);
}

// Applies one completed fence.
static void apply(const struct lazy *m, const struct past_fence *f, struct item *it,
		  bool translation)
{
	// RISC-V: a fence by address counts from the reading of the leaf alone.
	uint64_t time = translation && f->scope.by_addr && !m->x86 ? it->leaf_time : it->time;
	uint64_t limit = m->broken == FENCE_LATE ? f->end + 40 : f->end;

	if (time < f->begin && demands(m, &f->scope, it, translation) && limit < it->limit)
		it->limit = limit;
}

static void insert(struct lazy *m, struct item *set, struct item it, bool translation)
{
	struct item *slot = &set[below(&m->g, ITEMS)];

	it.valid = true;
	it.limit = UINT64_MAX;
	// What was read before a fence that is done by now must not outlive it.
	if (m->broken != REFILL_SURVIVES)
		for (unsigned int i = 0; i < m->fences; i++)
			apply(m, &m->fence[i], &it, translation);
	*slot = it;
}

static uint64_t oldest_accept(const struct lazy *m)
{
	uint64_t oldest = m->now;

	for (unsigned int i = 0; i < REQUESTS; i++)
		if (m->pending[i].valid && m->pending[i].accept < oldest)
			oldest = m->pending[i].accept;
	return oldest;
}

static void fence_step(struct lazy *m)
{
	struct past_fence done;

	if (!m->fencing) {
		m->open = random_scope(&m->g);
		fence_begin(m->f, m->open);
		m->begin = m->now;
		m->fencing = true;
		return;
	}
	fence_end(m->f);
	m->fencing = false;
	done = (struct past_fence){.scope = m->open, .begin = m->begin, .end = m->now};
	if (m->fences == FENCES) { // no walk is as old as the older half
		memmove(m->fence, m->fence + FENCES / 2, FENCES / 2 * sizeof(done));
		m->fences = FENCES / 2;
	}
	m->fence[m->fences++] = done;
	for (unsigned int i = 0; i < ITEMS; i++) {
		apply(m, &done, &m->tlb[i], true);
		apply(m, &done, &m->pointer[i], false);
		m->tlb[i].valid &= m->tlb[i].limit > oldest_accept(m);
		m->pointer[i].valid &= m->pointer[i].limit > oldest_accept(m);
	}
}

static void respond(struct lazy *m, struct pending *p, struct tw_resp resp)
{
	m->faults += resp.fault != 0;
	p->valid = false;
	if (!answer(m->f, p->id, resp))
		m->caught = true;
}

// Answers from a cached translation if a random one may.
static bool hit(struct lazy *m, struct pending *p)
{
	unsigned int first = below(&m->g, ITEMS);

	for (unsigned int k = 0; k < ITEMS; k++) {
		const struct item *it = &m->tlb[(first + k) % ITEMS];
		struct tw_resp resp;
		bool store = p->req.access >= TW_STORE, pk = false;

		if (!it->valid || p->accept >= it->limit ||
		    !same(it->va, p->req.va, shift_of(it, true)))
			continue;
		if (!it->global && it->asid != p->ctx.asid && m->broken != ASID_IGNORED)
			continue;
		if (!tw_arch_allowed(&p->ctx, &p->req, &it->rights, &pk)) {
			if (m->broken != FAULT_FROM_CACHE)
				continue;
			tw_arch_resp_fault(
				&p->ctx, &p->req, TW_FAULT_PAGE,
				tw_arch_page_cause(&p->ctx, &p->req,
						   (uint8_t)(TW_PF_P | (pk ? TW_PF_PK : 0))),
				&resp);
			respond(m, p, resp);
			return true;
		}
		if (store && !it->rights.d && m->broken != DIRTY_IGNORED)
			continue;
		tw_arch_resp_ok(&p->req, it->ppn, it->size, &it->rights, &resp);
		m->hits++;
		respond(m, p, resp);
		return true;
	}
	return false;
}

static void restart(struct pending *p)
{
	p->walking = p->from_root = true;
	p->table = p->ctx.root_ppn;
	p->time = UINT64_MAX;
	tw_arch_root(&p->ctx, &p->ws);
}

// Begins at a random cached pointer, or at the root.
static void start(struct lazy *m, struct pending *p)
{
	unsigned int first = below(&m->g, ITEMS);

	restart(p);
	if (chance(&m->g, 300))
		return;
	for (unsigned int k = 0; k < ITEMS; k++) {
		const struct item *it = &m->pointer[(first + k) % ITEMS];

		if (!it->valid || p->accept >= it->limit || it->asid != p->ctx.asid ||
		    !same(it->va, p->req.va, shift_of(it, false)))
			continue;
		p->from_root = false;
		p->table = it->ppn;
		p->ws = it->next;
		p->time = it->time;
		return;
	}
}

static void fail_walk(struct pending *p, struct lazy *m, enum tw_fault fault, uint8_t cause)
{
	struct tw_resp resp;

	// Only a walk from the root reports a fault.
	if (!p->from_root) {
		restart(p);
		return;
	}
	tw_arch_resp_fault(&p->ctx, &p->req, fault, cause, &resp);
	respond(m, p, resp);
}

static void walk(struct lazy *m, struct pending *p)
{
	uint64_t addr = tw_arch_pte_addr(&p->ctx, p->table, p->ws.level, p->req.va), value;
	uint64_t time = p->time < m->now ? p->time : m->now;
	struct item it = {.asid = p->ctx.asid, .va = p->req.va, .time = time, .leaf_time = m->now};
	struct tw_pte pte;
	struct tw_resp resp;

	if (tw_pmem_read64(m->f->pm, addr, &value) != 0) {
		fail_walk(p, m, TW_FAULT_ACCESS, 0);
		return;
	}
	if (chance(&m->g, 3)) {
		assert_int_equal(tw_oracle_bus_error(m->f->o, ++m->f->cycle, addr), 0);
		fail_walk(p, m, TW_FAULT_ACCESS, 0);
		return;
	}
	if (m->tells) {
		assert_int_equal(tw_oracle_read(m->f->o, ++m->f->cycle, addr, value, &m->f->v), 0);
		m->caught |= !m->f->v.allowed;
	}
	tw_arch_decode(&p->ctx, &p->req, &p->ws, value, &pte);
	if (pte.kind == TW_PTE_FAULT) {
		fail_walk(p, m, TW_FAULT_PAGE, pte.cause);
		return;
	}
	if (pte.update != value) {
		m->updates++;
		if (!cas(m->f, addr, pte.update)) {
			m->caught = true;
			return;
		}
	}
	it.ppn = pte.ppn;
	if (pte.kind == TW_PTE_POINTER) {
		it.next = pte.next;
		if (m->broken == RIGHTS_FROM_LEAF)
			it.next.w = it.next.u = it.next.x = true;
		it.global = pte.next.g;
		if (chance(&m->g, 900))
			insert(m, m->pointer, it, false);
		p->table = pte.ppn;
		p->ws = pte.next;
		p->time = time;
		return;
	}
	m->walks++;
	it.size = pte.size;
	it.rights = pte.rights;
	it.global = pte.rights.g;
	if (chance(&m->g, 900))
		insert(m, m->tlb, it, true);
	tw_arch_resp_ok(&p->req, pte.ppn, pte.size, &pte.rights, &resp);
	respond(m, p, resp);
}

static void request_step(struct lazy *m)
{
	struct pending *p = &m->pending[below(&m->g, REQUESTS)];
	struct tw_resp resp;

	if (!p->valid) {
		*p = (struct pending){.valid = true, .ctx = m->f->ctx, .accept = m->now};
		p->id = below(&m->g, 6); // several requests may share one
		p->req = random_request(&m->g, below(&m->g, 4));
		ask_as(m->f, p->id, p->req);
		return;
	}
	if (chance(&m->g, 10)) {
		uint32_t id = p->id;

		for (unsigned int i = 0; i < REQUESTS; i++)
			if (m->pending[i].id == id)
				m->pending[i].valid = false;
		assert_int_equal(tw_oracle_cancel(m->f->o, ++m->f->cycle, TW_PORT_DATA, false, id),
				 0);
		return;
	}
	if (!tw_arch_canonical(&p->ctx, &p->req, &resp)) {
		respond(m, p, resp);
		return;
	}
	if (p->walking) {
		walk(m, p);
		return;
	}
	if (!hit(m, p))
		start(m, p);
}

static void ctx_step(struct lazy *m)
{
	struct tw_ctx *c = &m->f->ctx;

	if (chance(&m->g, 200))
		c->flags ^= m->x86 ? TW_F_WP : 0;
	c->asid = (uint16_t)below(&m->g, 3);
	c->root_ppn = table(m->x86 ? 3 : 2, below(&m->g, TABLES)) >> 12;
	set_ctx(m->f);
}

void lazy_step(struct lazy *m)
{
	uint32_t what = below(&m->g, 1000);

	m->now++;
	if (what < 20) {
		unsigned int level;
		uint64_t addr = random_entry(&m->g, &level);

		poke(m->f, addr, random_value(&m->g, level, peek(m->f, addr)));
	} else if (what < 40) {
		fence_step(m);
	} else if (what < 45) {
		ctx_step(m);
	} else if (what < 50) {
		m->tlb[below(&m->g, ITEMS)].valid = false;
		m->pointer[below(&m->g, ITEMS)].valid = false;
	} else {
		request_step(m);
	}
}

void lazy_create(struct lazy *m, enum tw_format format, enum rule broken, uint64_t seed, bool tells)
{
	bool x86 = format == TW_FMT_X86_LONG4;

	*m = (struct lazy){
		.g = {.rng = seed, .format = format}, .broken = broken, .x86 = x86, .tells = tells};
	m->f = fx_create((struct tw_oracle_opts){.reads_told = tells});
	for (unsigned int i = 0; i < 3000; i++) {
		unsigned int level;
		uint64_t addr = random_entry(&m->g, &level);

		poke(m->f, addr, random_value(&m->g, level, peek(m->f, addr)));
	}
	m->f->ctx = (struct tw_ctx){
		.format = format,
		.root_ppn = table(x86 ? 3 : 2, 0) >> 12,
		.flags = x86 ? TW_F_WP | TW_F_NXE | TW_F_PGE | TW_F_GBPAGES | TW_F_SMEP
			     : TW_F_ADUE | TW_F_SVNAPOT,
		.maxphyaddr = 46,
	};
	set_ctx(m->f);
}
