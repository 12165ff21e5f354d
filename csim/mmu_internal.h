// SPDX-License-Identifier: Apache-2.0
// The registers of the cycle model, block by block as in docs/contract.md section 11, and what the
// blocks offer one another. Invariants: a block's functions touch that block's registers only;
// "start" values are those at the start of the cycle that is being ticked; everything that is only
// there for speed (hints, cached permission results) can be dropped without any effect on a pin.
#ifndef TW_CSIM_MMU_INTERNAL_H
#define TW_CSIM_MMU_INTERNAL_H

#include "chain.h"
#include "plru.h"
#include "twinwalk/mmu.h"

// --- Debug view: a strobe is high in the one cycle whose number is kept here ---------------------

struct dbg_write {
	uint64_t at;
	unsigned int index;
};

// Cycle 0 has none.
static inline bool strobe(uint64_t at, uint64_t cycle)
{
	return at == cycle && cycle;
}

// --- TLBs ---------------------------------------------------------------------------------------

// The bits of an address that make its VPN.
#define VPN_BITS ((UINT64_C(1) << 48) - (UINT64_C(1) << 12))

struct tlb_entry {
	uint64_t va;   // of the page: as a request gives it, all bits
	uint64_t mask; // address bits above the page size
	uint64_t ppn;
	uint64_t granted; // for speed only: kinds of access that were found to hit, see port.c
	struct tw_rights rights; // rights.g is the global bit
	uint16_t asid;
	uint8_t size;
};

enum { TLB_HINTS = 256, TLB_SIZES = TW_SIZE_256T + 1 };

struct tlb_fa {
	unsigned int n;
	uint64_t valid, plru;
	struct tlb_entry e[TW_MAX_L1];
	struct dbg_write written;
	// For speed only: where a page was last found; the entries by page; the sizes there are.
	uint8_t hint[TLB_HINTS], of_size[TLB_SIZES];
	uint32_t sizes;
	struct chain by_page;
	struct plru_paths path;
};

struct tlb_sa {
	unsigned int sets, ways;
	struct tlb_entry *e; // [set * ways + way]
	uint8_t *valid;	     // [set], a bit for each way
	uint8_t *plru;	     // [set]
	uint64_t *page;	     // [set * ways + way], for speed only: e[].va
	struct plru_paths path;
};

// What an entry has to match: also a fence's operands.
struct tlb_scope {
	uint64_t va;
	uint16_t asid;
	bool by_addr, by_asid, global;
};

static inline bool tlb_match(const struct tlb_entry *e, uint64_t va, uint16_t asid)
{
	return !((e->va ^ va) & e->mask) && (e->rights.g || e->asid == asid);
}

static inline bool tlb_overlap(const struct tlb_entry *a, const struct tlb_entry *b)
{
	return !((a->va ^ b->va) & a->mask & b->mask) &&
	       (a->rights.g || b->rights.g || a->asid == b->asid);
}

// A fence's address need not be canonical: its VPN decides.
static inline bool tlb_in_scope(const struct tlb_entry *e, const struct tlb_scope *s)
{
	if (s->by_addr && (e->va ^ s->va) & e->mask & VPN_BITS)
		return false;
	return e->rights.g ? s->global : !s->by_asid || e->asid == s->asid;
}

void tw_tlb_entry_make(struct tlb_entry *e, uint64_t va, uint16_t asid, uint64_t ppn, uint8_t size,
		       const struct tw_rights *rights);
void tw_tlb_entry_pack(const struct tlb_entry *e, uint64_t word[2]);

void tw_tlb_fa_init(struct tlb_fa *t, unsigned int n);
int tw_tlb_fa_search(struct tlb_fa *t, uint64_t va, uint16_t asid);
// plru_start: the replacement state at the start of the cycle; at: the cycle that sees the entry.
void tw_tlb_fa_insert(struct tlb_fa *t, const struct tlb_entry *new, uint64_t plru_start,
		      uint64_t at);
void tw_tlb_fa_kill(struct tlb_fa *t, const struct tlb_entry *page);
void tw_tlb_fa_invalidate(struct tlb_fa *t, const struct tlb_scope *s);
void tw_tlb_fa_empty(struct tlb_fa *t);

static inline unsigned int tlb_hint(uint64_t va)
{
	return va >> 12 & (TLB_HINTS - 1);
}

// The index of the entry that matches, or -1.
static inline int tlb_fa_find(struct tlb_fa *t, uint64_t va, uint16_t asid)
{
	unsigned int i = t->hint[tlb_hint(va)];

	if (t->valid >> i & 1 && tlb_match(&t->e[i], va, asid))
		return (int)i;
	return t->valid ? tw_tlb_fa_search(t, va, asid) : -1;
}

static inline void tlb_fa_touch(struct tlb_fa *t, unsigned int i)
{
	t->plru = tw_plru_touch(t->plru, &t->path, i);
}

int tw_tlb_sa_init(struct tlb_sa *t, unsigned int sets, unsigned int ways);
void tw_tlb_sa_reset(struct tlb_sa *t);
void tw_tlb_sa_free(struct tlb_sa *t);
static inline unsigned int tlb_sa_set(const struct tlb_sa *t, uint64_t va)
{
	return (unsigned int)(va >> 12) & (t->sets - 1);
}
int tw_tlb_sa_find(const struct tlb_sa *t, uint64_t va, uint16_t asid);
void tw_tlb_sa_touch(struct tlb_sa *t, unsigned int set, unsigned int way);
// Each returns the mask of ways that were valid and are invalidated; insert gives the way written.
unsigned int tw_tlb_sa_insert(struct tlb_sa *t, const struct tlb_entry *new, unsigned int *way);
unsigned int tw_tlb_sa_kill(struct tlb_sa *t, const struct tlb_entry *page);
unsigned int tw_tlb_sa_invalidate(struct tlb_sa *t, unsigned int set, const struct tlb_scope *s);
void tw_tlb_sa_clear(struct tlb_sa *t, bool global);

// --- Walk cache ---------------------------------------------------------------------------------

struct pwc_entry {
	uint64_t va, mask; // address bits above the level it leads to
	uint64_t ppn;	   // the table it leads to
	struct tw_walk_state ws;
	uint16_t asid;
};

enum { PWC_LEVELS = 8 };

struct pwc {
	unsigned int n;
	uint64_t valid, plru;
	struct pwc_entry e[TW_MAX_PWC];
	struct dbg_write written;
	// For speed only: the entries by prefix; the levels there are, and the address bits that
	// an entry of each does not compare.
	struct chain by_prefix;
	uint8_t of_level[PWC_LEVELS], shift[PWC_LEVELS];
	uint32_t levels;
	struct plru_paths path;
};

void tw_pwc_init(struct pwc *p, unsigned int n);
// The match with the lowest level, or -1.
int tw_pwc_find(const struct pwc *p, uint64_t va, uint16_t asid);
// Every entry that matches goes.
void tw_pwc_kill(struct pwc *p, uint64_t va, uint16_t asid);
void tw_pwc_empty(struct pwc *p);
// shift: the number of address bits below the prefix.
void tw_pwc_fill(struct pwc *p, uint64_t va, uint16_t asid, uint64_t ppn,
		 const struct tw_walk_state *ws, unsigned int shift, uint64_t plru_start,
		 uint64_t at);
void tw_pwc_entry_pack(const struct pwc_entry *e, uint64_t word[2]);

// --- Queues -------------------------------------------------------------------------------------

enum { RESP_QUEUE = 4, RESP_ROOM = 2 };

struct resp_entry {
	struct tw_resp resp;
	uint8_t id;
	bool dead;
};

struct resp_fifo {
	struct resp_entry q[RESP_QUEUE];
	uint8_t head, count;
};

bool tw_resp_fifo_valid(const struct resp_fifo *f);
// Pop by handshake or death, then cancel: section 5.
void tw_resp_fifo_step(struct resp_fifo *f, bool ready, bool cancel, bool all, uint8_t id);
static inline void resp_fifo_push(struct resp_fifo *f, uint8_t id, const struct tw_resp *resp)
{
	struct resp_entry *e = &f->q[(f->head + f->count++) % RESP_QUEUE];

	e->resp = *resp;
	e->id = id;
	e->dead = false;
}

// What a queue of at most one live response does in a cycle in which it is taken.
static inline void resp_fifo_drain(struct resp_fifo *f)
{
	f->head = (uint8_t)((f->head + f->count) % RESP_QUEUE);
	f->count = 0;
}

enum miss_state { MISS_FREE = 0, MISS_LOOKUP = 1, MISS_WAIT = 2, MISS_DONE = 3 };

struct miss_entry {
	enum miss_state state;
	uint8_t id;
	bool merged, owner;
	uint8_t walker;
	struct tw_req req;
	struct tw_resp resp;
};

struct miss_port {
	struct miss_entry e[TW_MAX_MISS];
	unsigned int mask[4]; // entries in each state
	unsigned int lookup_ptr, done_ptr;
	bool want;
};

struct miss_queue {
	unsigned int n;
	struct miss_port port[TW_PORTS];
	unsigned int last_lookup; // port served last
	unsigned int last_walk;	  // port that started the last walk
};

static inline void miss_set(struct miss_port *mp, unsigned int i, enum miss_state state)
{
	mp->mask[mp->e[i].state] &= ~(1u << i);
	mp->mask[state] |= 1u << i;
	mp->e[i].state = state;
}

static inline bool miss_busy(const struct miss_queue *q, unsigned int port)
{
	return q->port[port].mask[MISS_FREE] != (1u << q->n) - 1;
}

// The first set bit of mask at or after ptr, wrapping; mask is not 0.
static inline unsigned int round_robin(unsigned int mask, unsigned int ptr)
{
	unsigned int high = mask & ~((1u << ptr) - 1);

	return (unsigned int)__builtin_ctz(high ? high : mask);
}

// --- Walkers ------------------------------------------------------------------------------------

enum walker_state {
	WALK_IDLE = 0,
	WALK_REQ = 1,
	WALK_WAIT = 2,
	WALK_CAS_REQ = 3,
	WALK_CAS_WAIT = 4
};

struct walker {
	enum walker_state state;
	bool from_root, pass2, need_a, tainted, killed;
	uint8_t port, entry; // owner
	struct tw_walk_state ws;
	uint64_t va; // of the owner's request
	uint64_t addr, expected, desired;
};

struct walkers {
	unsigned int n;
	unsigned int idle, asking; // masks: in IDLE; in REQ or CAS_REQ
	struct walker w[TW_MAX_WALKERS];
};

static inline void walker_set(struct walkers *ws, unsigned int i, enum walker_state state)
{
	unsigned int bit = 1u << i;

	ws->w[i].state = state;
	ws->idle = state == WALK_IDLE ? ws->idle | bit : ws->idle & ~bit;
	ws->asking =
		state == WALK_REQ || state == WALK_CAS_REQ ? ws->asking | bit : ws->asking & ~bit;
}

struct mem_arb {
	unsigned int ptr, locked_id;
	bool locked;
};

// The walker whose request is on the pins; -1 if none. A request that was presented and not taken
// stays.
static inline int mem_arb_select(const struct mem_arb *a, const struct walkers *ws)
{
	if (a->locked)
		return (int)a->locked_id;
	return ws->asking ? (int)round_robin(ws->asking, a->ptr) : -1;
}

// --- Fence --------------------------------------------------------------------------------------

enum fence_state { FENCE_IDLE = 0, FENCE_SWEEP = 1, FENCE_FINISH = 2 };

struct fence {
	enum fence_state state;
	struct tlb_scope scope;
	unsigned int set, last_set;
	bool last_was_sweep; // last use of the L2 port by sweep or lookup
	bool done;
};

// --- The whole ----------------------------------------------------------------------------------

struct tw_mmu {
	struct tw_config cfg;
	struct tw_ctx ctx;
	struct {
		bool pending;
		uint8_t addr;
		uint64_t data;
	} ctrl;
	struct tlb_fa l1[TW_PORTS], sp;
	struct tlb_sa l2;
	struct pwc pwc;
	struct resp_fifo fifo[TW_PORTS];
	struct miss_queue miss;
	struct walkers walkers;
	struct mem_arb arb;
	struct fence fence;
	uint32_t events;
	uint64_t counter[TW_EVENTS], counter_q;
	struct {
		uint64_t write_at, inv_at, clear_at, touch_at;
		unsigned int set, way, inv_set, inv_mask, touch_set;
	} dbg_l2;

	uint64_t cycle;
	// For speed only. quiet: no miss, walk, fence or control write is in flight.
	bool quiet, pins_fresh, short_cut;
	unsigned int index_bits; // of the format
	struct tw_mmu_out out;
};

void tw_mmu_mem_pins(const struct tw_mmu *m, struct tw_mmu_out *o);

// What is decided about one request in the cycle in which it is accepted, section 4.
enum port_outcome { PORT_NONE, PORT_ANSWER, PORT_MISS };
struct port_decision {
	enum port_outcome outcome;
	int hit; // L1 entry to touch, or -1
	unsigned int event;
	struct tw_resp resp;
};
// For requests that the L1 is not known to answer.
void tw_port_decide(struct tw_mmu *m, unsigned int port, const struct tw_req *req,
		    struct port_decision *d);
bool tw_port_ready(const struct tw_mmu *m, unsigned int port);

// The permission check with its D part: rows c of section 4 and a of section 7.
bool tw_entry_usable(const struct tw_ctx *ctx, const struct tw_req *req, const struct tlb_entry *e);

static inline unsigned int size_class(uint8_t size)
{
	return size <= TW_SIZE_64K ? size : size <= TW_SIZE_4M ? 2 : 3;
}

// A number for everything about a request that the permission check looks at.
static inline unsigned int access_kind(const struct tw_req *req)
{
	return (req->access & 3u) | (req->priv & 3u) << 2 | (unsigned int)req->sum << 4 |
	       (unsigned int)req->mxr << 5;
}

// The response of a page that the entry describes.
static inline void tlb_answer(const struct tlb_entry *e, const struct tw_req *req,
			      struct tw_resp *resp)
{
	resp->pa = e->ppn << 12 | (req->va & ~e->mask);
	resp->fault_va = 0;
	resp->size = e->size;
	resp->fault = TW_FAULT_NONE;
	resp->cause = 0;
	resp->attr = e->rights.attr;
	resp->global = e->rights.g;
}

static inline void port_hit(const struct tlb_fa *l1, unsigned int port, unsigned int i,
			    const struct tw_req *req, struct port_decision *d)
{
	d->outcome = PORT_ANSWER;
	d->hit = (int)i;
	d->event = TW_EV_L1F_HIT + 4 * port + size_class(l1->e[i].size);
	tlb_answer(&l1->e[i], req, &d->resp);
}

// Section 4. Most requests repeat what was granted before.
static inline void port_decide(struct tw_mmu *m, unsigned int port, const struct tw_req *req,
			       struct port_decision *d)
{
	const struct tlb_fa *l1 = &m->l1[port];
	unsigned int i = l1->hint[tlb_hint(req->va)];

	if (!((req->va ^ l1->e[i].va) & l1->e[i].mask) && l1->e[i].granted >> access_kind(req) & 1)
		port_hit(l1, port, i, req, d);
	else
		tw_port_decide(m, port, req, d);
}

static inline void count_events(struct tw_mmu *m, uint32_t events, unsigned int sel)
{
	m->counter_q = m->counter[sel % TW_EVENTS];
	m->events = events;
	for (; events; events &= events - 1)
		m->counter[__builtin_ctz(events)]++;
}

static inline bool writes(const struct tw_req *req)
{
	return req->access >= TW_STORE;
}

#endif
