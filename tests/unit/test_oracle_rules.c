// SPDX-License-Identifier: Apache-2.0
// The rules of the families (csim/oracle/oracle_rules.h) against the architecture: what they say of
// an entry by its bits alone must hold for whatever tw_arch_decode() makes of it. Random entries, a
// few bits away from good ones, under random control flags. The seed is printed; TW_SEED replaces
// it.
#include "oracle_random.h"

#include "../../csim/oracle/oracle_internal.h"

enum { TRIES = 300000 };

struct sample {
	const struct tw_format_desc *d;
	struct tw_ctx ctx;
	struct tw_req req;
	struct tw_walk_state ws;
	uint64_t pte;
};

static void random_sample(struct gen *g, struct sample *s)
{
	static const enum tw_format formats[] = {
		TW_FMT_SV32,	   TW_FMT_SV39,	   TW_FMT_SV48,	     TW_FMT_SV57,
		TW_FMT_X86_LEGACY, TW_FMT_X86_PAE, TW_FMT_X86_LONG4, TW_FMT_X86_LONG5};
	uint8_t level;

	g->format = formats[below(g, 8)];
	s->d = tw_format_get(g->format);
	level = (uint8_t)below(g, s->d->levels);
	s->ctx = (struct tw_ctx){
		.format = g->format,
		.flags = (uint32_t)draw(g) & 0xfff,
		.pkru = (uint32_t)sparse(g),
		.maxphyaddr = (uint8_t)(36 + below(g, 17)),
	};
	s->req = random_request(g, below(g, 4));
	s->ws = (struct tw_walk_state){.level = level,
				       .w = chance(g, 900),
				       .u = chance(g, 500),
				       .x = chance(g, 900),
				       .g = chance(g, 100)};
	s->pte = s->d->scheme == &tw_scheme_x86 ? random_x86(g, level < 3 ? level : 3)
						: random_riscv(g, level);
	for (unsigned int n = below(g, 4); n; n--)
		s->pte ^= UINT64_C(1) << below(g, 64);
	if (s->d->entry_bytes == 4)
		s->pte = (uint32_t)s->pte;
}

static void decoding_depends_on_no_flag_to_which_the_entry_is_not_sensitive(void **state)
{
	struct gen g = {.rng = seed_of(0)};
	unsigned int changed = 0;

	(void)state;
	for (unsigned int i = 0; i < TRIES; i++) {
		struct sample s;
		struct tw_pte before, after;
		uint32_t matters;

		random_sample(&g, &s);
		matters = tw_or_rules(s.ctx.format)
				  ->sensitive(s.d, s.ws.level, s.pte, tw_is_write(&s.req));
		tw_arch_decode(&s.ctx, &s.req, &s.ws, s.pte, &before);
		s.ctx.flags ^= (uint32_t)draw(&g) & TW_OR_MODE_FLAGS & ~matters;
		if (!(matters & TW_OR_PHYS))
			s.ctx.maxphyaddr = (uint8_t)(36 + below(&g, 17));
		tw_arch_decode(&s.ctx, &s.req, &s.ws, s.pte, &after);
		// Of the cause, what follows from the request's flags is compared elsewhere.
		if (s.d->scheme == &tw_scheme_x86) {
			before.cause &= tw_or_rules(s.ctx.format)->entry_cause;
			after.cause &= tw_or_rules(s.ctx.format)->entry_cause;
		}
		if (before.kind != after.kind || before.cause != after.cause ||
		    before.ppn != after.ppn || before.update != after.update ||
		    before.size != after.size || before.rights.g != after.rights.g)
			fail_msg("format %s level %u entry 0x%llx: sensitive to more than 0x%x",
				 s.d->name, s.ws.level, (unsigned long long)s.pte, matters);
		changed += matters != 0;
	}
	assert_true(changed > TRIES / 100 && changed < TRIES / 100 * 99);
}

static void entry_is_what_its_bits_say_that_it_may_be(void **state)
{
	struct gen g = {.rng = seed_of(1)};
	unsigned int pointers = 0, leaves = 0;

	(void)state;
	for (unsigned int i = 0; i < TRIES; i++) {
		const struct tw_or_rules *rules;
		struct sample s;
		struct tw_pte pte;
		struct tw_resp resp;
		unsigned int kind;

		random_sample(&g, &s);
		rules = tw_or_rules(s.ctx.format);
		kind = rules->kind(s.d, s.ws.level, s.pte);
		tw_arch_decode(&s.ctx, &s.req, &s.ws, s.pte, &pte);
		if (pte.kind == TW_PTE_POINTER) {
			assert_true(kind & TW_OR_MAY_POINT);
			pointers++;
		} else if (pte.kind == TW_PTE_LEAF) {
			assert_true(kind & TW_OR_MAY_MAP);
			tw_arch_resp_ok(&s.req, pte.ppn, pte.size, &pte.rights, &resp);
			assert_true(rules->leads_to(s.d, s.ws.level, s.pte, resp.pa));
			// Not to a page that differs in one bit.
			resp.pa ^= UINT64_C(1) << (12 + tw_size_log2_pages(pte.size));
			assert_false(rules->leads_to(s.d, s.ws.level, s.pte, resp.pa));
			leaves++;
		}
	}
	assert_true(pointers > TRIES / 100 && leaves > TRIES / 100);
}

static void hardware_sets_accessed_and_dirty_only(void **state)
{
	struct gen g = {.rng = seed_of(2)};
	unsigned int updates = 0;

	(void)state;
	for (unsigned int i = 0; i < TRIES; i++) {
		const struct tw_or_rules *rules;
		struct sample s;
		struct tw_pte pte;

		random_sample(&g, &s);
		rules = tw_or_rules(s.ctx.format);
		tw_arch_decode(&s.ctx, &s.req, &s.ws, s.pte, &pte);
		assert_int_equal(pte.update & ~(s.pte | rules->accessed | rules->dirty), 0);
		assert_int_equal(s.pte & ~pte.update, 0);
		updates += pte.update != s.pte;
	}
	assert_true(updates > TRIES / 100);
}

static void failed_check_has_a_name_exactly_where_the_entry_faults(void **state)
{
	struct gen g = {.rng = seed_of(3)};
	unsigned int faults = 0;

	(void)state;
	for (unsigned int i = 0; i < TRIES; i++) {
		struct sample s;
		struct tw_pte pte;
		char name[80];

		random_sample(&g, &s);
		tw_or_rules(s.ctx.format)->check(&s.ctx, &s.req, &s.ws, s.pte, name, sizeof(name));
		tw_arch_decode(&s.ctx, &s.req, &s.ws, s.pte, &pte);
		if ((pte.kind == TW_PTE_FAULT) != (*name != '\0'))
			fail_msg("format %s level %u entry 0x%llx flags 0x%x: fault %d, check '%s'",
				 s.d->name, s.ws.level, (unsigned long long)s.pte, s.ctx.flags,
				 pte.kind == TW_PTE_FAULT, name);
		faults += pte.kind == TW_PTE_FAULT;
	}
	assert_true(faults > TRIES / 100 && faults < TRIES / 100 * 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding_depends_on_no_flag_to_which_the_entry_is_not_sensitive),
		cmocka_unit_test(entry_is_what_its_bits_say_that_it_may_be),
		cmocka_unit_test(failed_check_has_a_name_exactly_where_the_entry_faults),
		cmocka_unit_test(hardware_sets_accessed_and_dirty_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
