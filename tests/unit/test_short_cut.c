// SPDX-License-Identifier: Apache-2.0
// tw_mmu_access() with its short cut and without, and tw_mmu_command() beside pins that are ticked,
// on random streams: every response, cycle count, pin, array and counter, and what the memory has
// become, must be equal after every access. The tables of a stream are random too, so hits, misses,
// walk cache hits, faults, A/D updates, restarts and bus errors all happen; the test fails if one
// of them did not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../csim/arch/entry.h"
#include "../../tb/pins.h"
#include "twinwalk/hw.h"
#include "twinwalk/membus.h"
#include "twinwalk/prng.h"

#define BASE   UINT64_C(0x80000000)
#define TABLES 12
#define ROOTS  2 // of them, the first

struct side {
	struct tw_pmem *pmem;
	struct tw_membus *bus;
	struct tw_mmu *mmu;
	uint64_t digest; // of all memory transactions, their cycles included
};

static uint64_t rng_state;

static uint64_t rng(void)
{
	return tw_random(&rng_state);
}

static unsigned int below(unsigned int n)
{
	return (unsigned int)(rng() % n);
}

static void digest(void *user, const struct tw_mem_event *ev)
{
	const uint64_t word[] = {ev->cycle, ev->addr, ev->data, ev->desired, ev->cas, ev->err};
	struct side *s = user;

	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		s->digest = (s->digest ^ word[i]) * UINT64_C(0x100000001b3);
}

static void side_open(struct side *s, const struct tw_config *config,
		      const struct tw_membus_opts *opts, bool short_cut)
{
	assert_int_equal(tw_pmem_create(&s->pmem), 0);
	assert_int_equal(tw_pmem_add_flat(s->pmem, BASE, BASE + TABLES * 4096), 0);
	assert_int_equal(tw_membus_create(s->pmem, opts, &s->bus), 0);
	assert_int_equal(tw_mmu_create(config, &s->mmu), 0);
	tw_mmu_set_short_cut(s->mmu, short_cut);
	s->digest = 0;
	tw_membus_observe(s->bus, digest, s);
}

static void side_close(struct side *s)
{
	tw_mmu_destroy(s->mmu);
	tw_membus_destroy(s->bus);
	tw_pmem_destroy(s->pmem);
}

// An entry of one level that is good more often than not; the last table is out of memory.
static uint64_t entry_of(const struct tw_format_desc *f, unsigned int level)
{
	uint64_t ppn = (BASE >> 12) + below(TABLES + (below(8) == 0));
	struct tw_entry_layout l;
	bool leaf = level < f->levels && f->leaf_levels >> level & 1 && (!level || !below(3));

	if (leaf && below(2))
		ppn &= ~UINT64_C(0x3ffff);
	tw_entry_layout(f, level, leaf, &l);
	return l.fixed | tw_entry_address(&l, ppn) | (below(8) ? l.read | l.write | l.exec : 0) |
	       (rng() & (l.user | l.global | l.accessed | l.dirty));
}

// What stands at PA: one entry of 8 bytes, or two of 4. The first tables have the entries of a root
// that is loaded, if there are any.
static uint64_t random_word(const struct tw_format_desc *f, uint64_t pa)
{
	uint64_t word;

	if (below(12) == 0)
		return rng();
	if (tw_entry_root_bits(f) && pa < BASE + ROOTS * 4096)
		return entry_of(f, f->levels);
	word = entry_of(f, below(f->levels));
	return f->entry_bytes == 8 ? word : word | entry_of(f, below(f->levels)) << 32;
}

static void poke(struct side s[2], uint64_t pa, uint64_t value)
{
	assert_int_equal(tw_pmem_write64(s[0].pmem, pa, value), 0);
	assert_int_equal(tw_pmem_write64(s[1].pmem, pa, value), 0);
}

// One cycle of one side with these inputs; the bus side is filled in.
static void tick_one(struct side *s, const struct tw_mmu_in *in)
{
	struct tw_mmu_in mine = *in;

	mine.port[0].resp_ready = mine.port[1].resp_ready = true;
	tw_membus_drive(s->bus, &mine);
	tw_membus_tick(s->bus, tw_mmu_pins(s->mmu), &mine);
	tw_mmu_tick(s->mmu, &mine);
}

static void tick(struct side s[2], const struct tw_mmu_in *in)
{
	tick_one(&s[0], in);
	tick_one(&s[1], in);
}

static void assert_sides_equal(struct side s[2])
{
	const struct tw_mmu_out *a = tw_mmu_pins(s[0].mmu), *b = tw_mmu_pins(s[1].mmu);
	size_t pin = tw_pin_next_difference(a, b, 0, tw_pin_count);

	if (pin < tw_pin_count) {
		char left[48], right[48];

		tw_pin_text(&tw_pin_table[pin], a, left);
		tw_pin_text(&tw_pin_table[pin], b, right);
		fail_msg("%s: short cut %s, ticking %s", tw_pin_table[pin].name, left, right);
	}
	assert_int_equal(tw_mmu_cycle(s[0].mmu), tw_mmu_cycle(s[1].mmu));
	assert_int_equal(tw_membus_pending(s[0].bus), tw_membus_pending(s[1].bus));
	assert_int_equal(s[0].digest, s[1].digest);
}

static void assert_contents_equal(struct side s[2], struct tw_mmu_arrays arrays[2])
{
	for (uint64_t pa = BASE; pa < BASE + TABLES * 4096; pa += 4096)
		assert_memory_equal(tw_pmem_ptr(s[0].pmem, pa, 4096),
				    tw_pmem_ptr(s[1].pmem, pa, 4096), 4096);
	for (unsigned int i = 0; i < 2; i++)
		tw_mmu_get_arrays(s[i].mmu, &arrays[i]);
	assert_memory_equal(&arrays[0], &arrays[1], sizeof(arrays[0]));
	assert_null(tw_mmu_check(s[0].mmu));
}

static struct tw_req random_request(const struct tw_format_desc *f)
{
	struct tw_req req = {
		.va = (uint64_t)below(2) << 48 | (uint64_t)below(3) << 39 |
		      (uint64_t)below(4) << 30 | (uint64_t)below(4) << 21 |
		      (uint64_t)below(16) << 12 | below(4096),
		.access = (uint8_t)below(4),
		.priv = below(30) ? (uint8_t)below(2) : TW_PRIV_M,
		.sum = rng() & 1,
		.mxr = rng() & 1,
	};

	req.va &= (UINT64_C(1) << (f->va_bits == 32 ? 32 : f->va_bits - 1)) - 1;
	if (!below(40))
		req.va |= rng() << 32;
	return req;
}

static uint64_t random_root(const struct tw_format_desc *f)
{
	uint64_t low = tw_entry_root_bits(f) ? below(128) : below(3);

	return (uint64_t)f->format << 60 | low << 44 | ((BASE >> 12) + below(ROOTS));
}

// A fence or a control write to its end, cycle by cycle.
static void tick_command(struct side *s, const struct tw_mmu_in *command)
{
	const struct tw_mmu_in idle = {0};
	const struct tw_mmu_out *pins = tw_mmu_pins(s->mmu);

	while (!(command->fence_valid ? pins->fence_ready : pins->ctrl_ready)) {
		tick_one(s, &idle);
		pins = tw_mmu_pins(s->mmu);
	}
	tick_one(s, command);
	pins = tw_mmu_pins(s->mmu);
	while (!(command->fence_valid ? pins->fence_done : pins->ctrl_ready)) {
		tick_one(s, &idle);
		pins = tw_mmu_pins(s->mmu);
	}
}

static unsigned int commands_at_once;

static void run_command(struct side s[2], struct tw_mmu_in *command)
{
	command->port[0].resp_ready = command->port[1].resp_ready = true;
	command->mem_req_ready = true;
	if (tw_mmu_command(s[0].mmu, s[0].bus, command))
		commands_at_once++;
	else
		tick_command(&s[0], command);
	assert_false(tw_mmu_command(s[1].mmu, s[1].bus, command));
	tick_command(&s[1], command);
}

// Raw traffic on both ports, so that pointers and turns which one access at a time never shows
// decide something.
static void burst(struct side s[2], const struct tw_format_desc *f)
{
	for (unsigned int n = 0; n < 60; n++) {
		struct tw_mmu_in in = {0};

		for (unsigned int p = 0; p < TW_PORTS; p++) {
			in.port[p].req_valid = n < 30 && below(2);
			in.port[p].req_id = (uint8_t)n % 16;
			in.port[p].req = random_request(f);
			in.port[p].req.access = (uint8_t)(p + below(2) * p);
		}
		in.fence_valid = n == 4;
		in.fence_by_asid = true;
		in.fence_asid = 1;
		tick(s, &in);
		assert_sides_equal(s);
	}
	for (unsigned int n = 0; n < 400; n++) {
		struct tw_mmu_in in = {0};

		tick(s, &in);
	}
}

static void random_event(struct side s[2], const struct tw_format_desc *f)
{
	struct tw_mmu_in in = {0};
	uint64_t pa;

	switch (below(9)) {
	case 0:
		pa = BASE + 8 * (uint64_t)below(TABLES * 512);
		poke(s, pa, random_word(f, pa));
		break;
	case 1:
		in.fence_valid = true;
		in.fence_by_addr = rng() & 1;
		in.fence_by_asid = rng() & 1;
		in.fence_global = rng() & 1;
		in.fence_asid = (uint16_t)below(3);
		in.fence_va = (uint64_t)below(8) << 30 | (uint64_t)below(8) << 21;
		break;
	case 2:
		in.ctrl_valid = true;
		in.ctrl_addr = TW_CTRL_FLAGS;
		in.ctrl_data = rng();
		break;
	case 3:
		in.ctrl_valid = true;
		in.ctrl_addr = TW_CTRL_ROOT;
		in.ctrl_data = random_root(f);
		break;
	case 4:
		burst(s, f);
		return;
	default:
		break;
	}
	if ((in.fence_valid || in.ctrl_valid) && below(2)) {
		run_command(s, &in);
		return;
	}
	// Sometimes the next access comes while a fence or a write is still under way.
	tick(s, &in);
	in.fence_valid = in.ctrl_valid = false;
	for (unsigned int n = below(20); n; n--)
		tick(s, &in);
}

struct total {
	uint64_t event[TW_EVENTS];
	uint64_t good[16]; // translations in each format
};

static void run_stream(uint64_t seed, const struct tw_config *config,
		       const struct tw_format_desc *f, struct total *total)
{
	static struct tw_mmu_arrays arrays[2];
	struct tw_membus_opts opts = {.seed = seed};
	struct side s[2];
	struct tw_mmu_in root = {.ctrl_valid = true, .ctrl_addr = TW_CTRL_ROOT};

	print_message("seed %llu, configuration %s, format %s\n", (unsigned long long)seed,
		      config->name, f->name);
	rng_state = seed;
	opts.latency_min = opts.latency_max = 1 + below(6);
	opts.error_permille = below(4) ? 0 : 20;
	side_open(&s[0], config, &opts, true);
	side_open(&s[1], config, &opts, false);
	for (uint64_t pa = BASE; pa < BASE + TABLES * 4096; pa += 8)
		poke(s, pa, random_word(f, pa));
	root.ctrl_data = random_root(f);
	tick(s, &root);
	for (unsigned int n = 0; n < 4000; n++) {
		struct tw_req req = random_request(f);
		unsigned int port = req.access != TW_FETCH || config->ports == 1;
		struct tw_resp resp[2];
		uint64_t cycles[2];

		for (unsigned int i = 0; i < 2; i++)
			assert_int_equal(
				tw_mmu_access(s[i].mmu, s[i].bus, port, &req, &resp[i], &cycles[i]),
				0);
		assert_int_equal(cycles[0], cycles[1]);
		assert_int_equal(resp[0].pa, resp[1].pa);
		assert_int_equal(resp[0].fault_va, resp[1].fault_va);
		assert_sides_equal(s);
		total->good[f->format] += !resp[0].fault && req.priv != TW_PRIV_M;
		if (!below(8))
			random_event(s, f);
		assert_sides_equal(s);
		if (n % 256 == 0)
			assert_contents_equal(s, arrays);
	}
	assert_contents_equal(s, arrays);
	for (unsigned int i = 0; i < TW_EVENTS; i++)
		total->event[i] += tw_mmu_counter(s[0].mmu, i);
	side_close(&s[0]);
	side_close(&s[1]);
}

static bool has_gigabytes(const struct tw_config *c)
{
	bool has = false;

	for (unsigned int i = 0; i < 16; i++) {
		const struct tw_format_desc *f = tw_format_get((enum tw_format)i);

		has |= f && c->formats >> i & 1 && f->leaf_levels >> 2 & 1;
	}
	return has;
}

// Nothing is cancelled here or holds a response back; nothing writes NAPOT entries. What a
// configuration lacks does nothing.
static bool may_happen(const struct tw_config *c, unsigned int event)
{
	switch (event) {
	case TW_EV_WALK_KILLED:
	case TW_EV_RESP_STALL:
	case TW_EV_L1F_HIT_64K:
	case TW_EV_L1D_HIT_64K:
	case TW_EV_L2_HIT_64K:
		return false;
	case TW_EV_L1F_HIT:
	case TW_EV_L1F_HIT_2M:
	case TW_EV_L1F_MISS:
	case TW_EV_DIRECT_F:
		return c->ports == 2;
	case TW_EV_L1F_HIT_1G:
		return c->ports == 2 && has_gigabytes(c);
	case TW_EV_L1D_HIT_1G:
		return has_gigabytes(c);
	case TW_EV_L2_HIT:
		return c->l2_sets;
	case TW_EV_L2_HIT_2M:
		return c->l2_sp_entries;
	case TW_EV_L2_HIT_1G:
		return c->l2_sp_entries && has_gigabytes(c);
	case TW_EV_MERGE:
	case TW_EV_NO_WALKER:
		return c->ports * c->miss_entries > 1;
	case TW_EV_PWC_START:
	case TW_EV_PWC_FILL:
		return c->pwc_entries;
	default:
		return true;
	}
}

static void run_streams(const struct tw_config *config)
{
	const char *text = getenv("TW_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;
	struct total total = {0};

	commands_at_once = 0;
	for (unsigned int i = 0; i < 16; i++)
		for (unsigned int k = 0; config->formats >> i & 1 && k < 6; k++)
			run_stream(seed++, config, tw_format_get((enum tw_format)i), &total);
	for (unsigned int i = 0; i < TW_EVENTS; i++)
		if (i != TW_EV_CAS_LOST && !total.event[i] == may_happen(config, i))
			fail_msg("event %s: %llu times", tw_event_name(i),
				 (unsigned long long)total.event[i]);
	for (unsigned int i = 0; i < 16; i++)
		if (config->formats >> i & 1)
			assert_true(total.good[i] > 100);
	assert_true(commands_at_once > 100);
}

static uint32_t every_format(void)
{
	uint32_t formats = 0;

	for (unsigned int i = 0; i < 16; i++)
		if (tw_format_get((enum tw_format)i))
			formats |= 1u << i;
	return formats;
}

static void short_cut_leaves_the_same_state_tiny(void **state)
{
	struct tw_config config = *tw_config_find("compact");

	(void)state;
	config.formats = every_format();
	run_streams(&config);
}

static void short_cut_leaves_the_same_state_large(void **state)
{
	struct tw_config config = *tw_config_find("large");

	(void)state;
	config.formats = every_format();
	run_streams(&config);
}

static void short_cut_leaves_the_same_state_without_parts(void **state)
{
	const struct tw_config config = {.name = "without parts",
					 .l1_entries = {0, 2},
					 .walkers = 1,
					 .miss_entries = 1,
					 .ports = 1,
					 .asid_bits = 9,
					 .formats = every_format()};

	(void)state;
	run_streams(&config);
}

static void short_cut_leaves_the_same_state_with_narrow_addresses(void **state)
{
	struct tw_config config = *tw_config_find("compact");

	(void)state;
	config.formats = 1u << TW_FMT_SV32;
	run_streams(&config);
}

static void a_port_that_is_not_there_takes_no_access(void **state)
{
	const struct tw_membus_opts opts = {.latency_min = 1, .latency_max = 1};
	const struct tw_req req = {.va = 0x1000};
	struct tw_config config = *tw_config_find("compact");
	struct tw_resp resp;
	struct side s;

	(void)state;
	config.ports = 1;
	config.l1_entries[0] = 0;
	side_open(&s, &config, &opts, true);
	assert_int_equal(tw_mmu_access(s.mmu, s.bus, TW_PORT_FETCH, &req, &resp, NULL), -22);
	assert_int_equal(tw_mmu_access(s.mmu, s.bus, TW_PORT_DATA, &req, &resp, NULL), 0);
	side_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_cut_leaves_the_same_state_tiny),
		cmocka_unit_test(short_cut_leaves_the_same_state_large),
		cmocka_unit_test(short_cut_leaves_the_same_state_without_parts),
		cmocka_unit_test(short_cut_leaves_the_same_state_with_narrow_addresses),
		cmocka_unit_test(a_port_that_is_not_there_takes_no_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
