// SPDX-License-Identifier: Apache-2.0
// The oracle watches the cycle model's pins under random traffic: requests and cancels on both
// ports, page-table edits, fences of every scope, control writes, bus errors, back-pressure. Every
// response and every update must be allowed, and each kind must occur. The same with one rule of
// the machine broken on the way from the pins to the oracle, which must be noticed. The seed is
// printed; TW_SEED replaces it.
#include "oracle_random.h"

#include "twinwalk/config.h"
#include "twinwalk/membus.h"

enum { CYCLES = 150000 };

// What is done to the oracle's view in the tests that must fail: as if the machine did it.
enum sabotage {
	NONE,
	EARLY_DONE, // fences are done in the cycle after they are taken
	WIDE_FENCE, // fences of an address should have been fences of everything
	WRONG_ASID, // bit 0 of some ASIDs is lost on the way to the machine
	WRONG_PRIV, // some requests of user mode are handled as the supervisor's
	LOST_ERROR, // access faults without a bus error
	FLIPPED_PA, // bit 12 of some translated addresses is wrong
	TWICE,	    // some responses come twice
	DIRTY,	    // updates set D though the access does not write
	LOST,	    // some responses get lost
	NO_DONE,    // a fence's done gets lost
	SABOTAGES
};

struct world {
	struct tw_pmem *pm;
	struct tw_membus *bus;
	struct tw_mmu *mmu;
	struct tw_oracle *o;
	struct tw_oracle_watch *w;
	struct tw_mmu_in in;
	struct gen g;
	enum sabotage sabotage;
	uint64_t cycle, faults;
	bool done_next, draining, lose, deaf; // deaf: no response is taken
	struct tw_mmu_out last;
};

// Software edits one entry: in memory, and for the oracle.
static void edit(struct world *w, uint64_t addr, uint64_t value)
{
	uint64_t old;

	assert_int_equal(tw_pmem_read64(w->pm, addr, &old), 0);
	assert_int_equal(tw_pmem_write64(w->pm, addr, value), 0);
	assert_int_equal(tw_oracle_watch_write(w->w, addr, old, value), 0);
}

static void random_edit(struct world *w)
{
	unsigned int level;
	uint64_t addr = random_entry(&w->g, &level), old;

	assert_int_equal(tw_pmem_read64(w->pm, addr, &old), 0);
	edit(w, addr, random_value(&w->g, level, old));
}

static uint64_t random_root(struct world *w)
{
	unsigned int top = w->g.format == TW_FMT_X86_LONG4 ? 3 : 2;
	uint64_t root = table(top, below(&w->g, TABLES)) >> 12;

	root |= (uint64_t)below(&w->g, 3) << 44;
	return root | (uint64_t)(chance(&w->g, 30) ? TW_FMT_BARE : w->g.format) << 60;
}

static uint64_t random_flags(struct world *w)
{
	uint64_t flags = TW_F_SVNAPOT;

	if (w->g.format == TW_FMT_X86_LONG4) {
		flags = TW_F_GBPAGES | TW_F_NXE;
		flags |= draw(&w->g) & (TW_F_WP | TW_F_SMEP | TW_F_SMAP | TW_F_PKE);
		return flags | (chance(&w->g, 900) ? TW_F_PGE : 0);
	}
	if (chance(&w->g, 800))
		flags |= TW_F_ADUE;
	return flags | (chance(&w->g, 500) ? TW_F_PBMTE : 0);
}

static void random_ctrl(struct world *w)
{
	w->in.ctrl_valid = true;
	w->in.ctrl_addr = TW_CTRL_ROOT;
	if (chance(&w->g, 200))
		w->in.ctrl_addr = (uint8_t)below(&w->g, 4);
	switch (w->in.ctrl_addr) {
	case TW_CTRL_ROOT:
		w->in.ctrl_data = random_root(w);
		break;
	case TW_CTRL_FLAGS:
		w->in.ctrl_data = random_flags(w);
		break;
	case TW_CTRL_PKRU:
		w->in.ctrl_data = sparse(&w->g);
		break;
	default:
		w->in.ctrl_data = 46;
	}
}

static void random_fence(struct world *w)
{
	struct tw_fence f = random_scope(&w->g);

	w->in.fence_valid = true;
	w->in.fence_by_addr = f.by_addr;
	w->in.fence_by_asid = f.by_asid;
	w->in.fence_global = f.global;
	w->in.fence_asid = f.asid;
	w->in.fence_va = f.va;
}

static void random_inputs(struct world *w)
{
	w->in.ctrl_valid = w->in.fence_valid = false;
	for (unsigned int p = 0; p < TW_PORTS; p++) {
		w->in.port[p].req_valid = chance(&w->g, 400);
		w->in.port[p].req_id = (uint8_t)below(&w->g, 16);
		w->in.port[p].req = random_request(&w->g, p ? TW_LOAD + below(&w->g, 3) : TW_FETCH);
		if (chance(&w->g, 20))
			w->in.port[p].req.priv = TW_PRIV_M;
		w->in.port[p].resp_ready = chance(&w->g, 850) && !w->deaf;
		// A lost response shows only if nobody takes its request back.
		w->in.port[p].cancel_valid = chance(&w->g, 10) && w->sabotage != LOST;
		w->in.port[p].cancel_all = chance(&w->g, 100);
		w->in.port[p].cancel_id = (uint8_t)below(&w->g, 16);
	}
	if (chance(&w->g, 15))
		random_fence(w);
	if (chance(&w->g, 4))
		random_ctrl(w);
	if (chance(&w->g, 40))
		random_edit(w);
}

// The pins as the oracle sees them: the real ones, or with one rule broken.
static void sabotage(struct world *w, struct tw_mmu_in *in, struct tw_mmu_out *out)
{
	switch (w->sabotage) {
	case EARLY_DONE:
		out->fence_done = w->done_next;
		w->done_next = in->fence_valid && out->fence_ready;
		break;
	case WIDE_FENCE:
		if (in->fence_by_addr) {
			in->fence_by_addr = in->fence_by_asid = false;
			in->fence_global = true;
		}
		break;
	case WRONG_ASID:
		if (in->ctrl_addr == TW_CTRL_ROOT && (w->cycle & 64))
			in->ctrl_data ^= UINT64_C(1) << 44;
		break;
	case WRONG_PRIV:
		if (in->port[TW_PORT_DATA].req.priv == TW_PRIV_U && w->cycle % 16 == 0)
			in->port[TW_PORT_DATA].req.priv = TW_PRIV_S;
		break;
	case FLIPPED_PA:
		for (unsigned int p = 0; p < TW_PORTS; p++)
			if (out->port[p].resp_valid && !out->port[p].resp.fault &&
			    w->cycle % 50 == 0)
				out->port[p].resp.pa ^= 0x1000;
		break;
	case TWICE:
		if (w->cycle % 50 == 0 && w->last.port[TW_PORT_DATA].resp_valid &&
		    !out->port[TW_PORT_DATA].resp_valid)
			out->port[TW_PORT_DATA] = w->last.port[TW_PORT_DATA];
		w->last = *out;
		break;
	case LOST:
		if (w->cycle % 1000 == 0)
			w->lose = true;
		if (w->lose && out->port[TW_PORT_DATA].resp_valid &&
		    in->port[TW_PORT_DATA].resp_ready) {
			out->port[TW_PORT_DATA].resp_valid = false;
			w->lose = false;
		}
		break;
	case NO_DONE:
		if (w->cycle > 1000)
			out->fence_done = false;
		break;
	default:
		break;
	}
}

static void observe(void *user, const struct tw_mem_event *event)
{
	struct world *w = user;
	struct tw_mem_event ev = *event;

	if (w->sabotage == LOST_ERROR && ev.err)
		return;
	if (w->sabotage == DIRTY && ev.cas)
		ev.desired |= w->g.format == TW_FMT_X86_LONG4 ? XD : D;
	tw_oracle_watch_mem(w->w, &ev);
}

static void cycle(struct world *w)
{
	struct tw_oracle_verdict v[TW_PORTS];
	struct tw_mmu_in in;
	struct tw_mmu_out out;
	int judged;

	if (w->draining)
		w->in = (struct tw_mmu_in){.port = {{.resp_ready = true}, {.resp_ready = true}}};
	else
		random_inputs(w);
	tw_membus_drive(w->bus, &w->in);
	in = w->in;
	out = *tw_mmu_pins(w->mmu);
	sabotage(w, &in, &out);
	judged = tw_oracle_watch_cycle(w->w, &in, &out, v);
	assert_true(judged >= 0);
	for (unsigned int p = 0; p < TW_PORTS; p++)
		w->faults += (judged >> p & 1) && out.port[p].resp.fault;
	tw_membus_tick(w->bus, tw_mmu_pins(w->mmu), &w->in);
	tw_mmu_tick(w->mmu, &w->in);
	w->cycle++;
}

static const struct tw_membus_opts usual_memory = {
	.latency_min = 1, .latency_max = 7, .stall_permille = 150, .error_permille = 3};

static void world_create(struct world *w, enum tw_format format, const char *config, uint64_t seed,
			 enum sabotage sabotage, const struct tw_membus_opts *memory)
{
	struct tw_membus_opts mem = *memory;
	struct tw_oracle_opts opts = {0};

	*w = (struct world){.g = {.format = format, .rng = seed}, .sabotage = sabotage};
	assert_int_equal(tw_pmem_create(&w->pm), 0);
	assert_int_equal(tw_pmem_add_ram(w->pm, RAM, RAM_END), 0);
	mem.seed = seed;
	assert_int_equal(tw_membus_create(w->pm, &mem, &w->bus), 0);
	assert_int_equal(tw_mmu_create(tw_config_find(config), &w->mmu), 0);
	opts.mem = tw_pmem_mem(w->pm);
	opts.max_wait = tw_oracle_max_wait(tw_config_find(config));
	assert_int_equal(tw_oracle_create(&opts, &w->o), 0);
	assert_int_equal(tw_oracle_watch_create(w->o, tw_mmu_config(w->mmu), &w->w), 0);
	tw_membus_observe(w->bus, observe, w);
	for (unsigned int i = 0; i < 3000; i++)
		random_edit(w);
}

static void world_destroy(struct world *w)
{
	tw_oracle_watch_destroy(w->w);
	tw_oracle_destroy(w->o);
	tw_mmu_destroy(w->mmu);
	tw_membus_destroy(w->bus);
	tw_pmem_destroy(w->pm);
}

static void run(enum tw_format format, const char *config, uint64_t seed)
{
	const struct tw_oracle_verdict *bad = NULL;
	struct tw_oracle_stats s;
	struct world w;
	int error = 0;

	world_create(&w, format, config, seed, NONE, &usual_memory);
	for (unsigned int i = 0; i < CYCLES && !bad && !error; i++) {
		cycle(&w);
		bad = tw_oracle_watch_bad(w.w, &error);
	}
	// Every request accepted so far is answered.
	w.draining = true;
	for (unsigned int i = 0; i < 1000 && !bad && !error; i++) {
		cycle(&w);
		bad = tw_oracle_watch_bad(w.w, &error);
	}
	tw_oracle_get_stats(w.o, &s);
	print_message(
		"%llu cycles: %llu responses (%llu faults), %llu updates, %llu allowed by the "
		"newest entries, %llu by older ones; %llu fences\n",
		(unsigned long long)w.cycle, (unsigned long long)s.responses,
		(unsigned long long)w.faults, (unsigned long long)s.updates,
		(unsigned long long)s.newest, (unsigned long long)s.stale,
		(unsigned long long)s.fences);
	if (bad)
		fail_msg("cycle %llu: %s: %s", (unsigned long long)w.cycle,
			 tw_oracle_reason_name(bad->reason), bad->text);
	assert_int_equal(error, 0);
	assert_int_equal(s.forbidden + s.undecided, 0);
	assert_int_equal(s.untold, 0);
	assert_int_equal(tw_oracle_pending(w.o), 0);
	assert_true(s.longest_wait > 0);
	assert_true(s.responses > CYCLES / 10);
	assert_true(w.faults > 1000 && w.faults < s.responses / 10 * 9);
	assert_true(s.stale > 200);
	assert_true(s.updates > 200);
	assert_true(s.cancels > 100 && s.fences > 500);
	assert_true(tw_mmu_counter(w.mmu, TW_EV_L1D_HIT) > 300);
	world_destroy(&w);
}

static void sv39_model_is_always_allowed(void **state)
{
	(void)state;
	run(TW_FMT_SV39, "compact", seed_of(0));
	run(TW_FMT_SV39, "large", seed_of(1));
}

static void x86_model_is_always_allowed(void **state)
{
	(void)state;
	run(TW_FMT_X86_LONG4, "compact", seed_of(2));
	run(TW_FMT_X86_LONG4, "large", seed_of(3));
}

// Nothing is overdue by what others do: slow memory, memory that is not ready, answers not taken.
static void waiting_for_others_is_excused(void **state)
{
	static const struct tw_membus_opts slow = {.latency_min = 3000, .latency_max = 3000},
					   busy = {.latency_min = 1,
						   .latency_max = 1,
						   .stall_permille = 998},
					   fast = {.latency_min = 1, .latency_max = 1};
	const struct tw_membus_opts *const memory[] = {&slow, &busy, &fast};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		const struct tw_oracle_verdict *bad = NULL;
		struct tw_oracle_stats s;
		struct world w;
		int error;

		world_create(&w, TW_FMT_SV39, "compact", seed_of(50 + i), NONE, memory[i]);
		for (unsigned int c = 0; c < 40000 && !bad; c++) {
			w.deaf = memory[i] == &fast && c / 2000 % 2;
			cycle(&w);
			bad = tw_oracle_watch_bad(w.w, &error);
		}
		if (bad)
			fail_msg("%s", bad->text);
		tw_oracle_get_stats(w.o, &s);
		assert_true(s.responses > 10);
		world_destroy(&w);
	}
}

static void broken_machines_are_noticed(void **state)
{
	static const char *const name[] = {"none",	 "early done", "wide fence", "wrong ASID",
					   "wrong priv", "lost error", "flipped PA", "twice",
					   "dirty",	 "lost",       "no done"};

	(void)state;
	for (enum sabotage k = NONE + 1; k < SABOTAGES; k++)
		for (unsigned int f = 0; f < 2; f++) {
			const struct tw_oracle_verdict *bad = NULL;
			struct world w;
			int error = 0;

			world_create(&w, f ? TW_FMT_X86_LONG4 : TW_FMT_SV39, "large",
				     seed_of(10 + k * 2 + f), k, &usual_memory);
			for (unsigned int i = 0; i < CYCLES && !bad && !error; i++) {
				cycle(&w);
				bad = tw_oracle_watch_bad(w.w, &error);
			}
			print_message("%s: cycle %llu, %s: %s\n", name[k],
				      (unsigned long long)w.cycle,
				      bad ? tw_oracle_reason_name(bad->reason) : "not noticed",
				      bad ? bad->text : "");
			assert_int_equal(error, 0);
			assert_non_null(bad);
			assert_int_equal(bad->status, TW_ORACLE_FORBIDDEN);
			world_destroy(&w);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sv39_model_is_always_allowed),
		cmocka_unit_test(x86_model_is_always_allowed),
		cmocka_unit_test(waiting_for_others_is_excused),
		cmocka_unit_test(broken_machines_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
