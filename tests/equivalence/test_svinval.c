// SPDX-License-Identifier: Apache-2.0
// Svinval on the pins: an invalidation that software splits into many is as many fences, one right
// after the other, and the fence that orders them is the wait for the last to be done
// (docs/contract.md, section 9). On every RISC-V format that the subject has.
#include <string.h>

#include "subjects.h"

enum { PAGES = 4, SPLIT = 3, ASID = 1, OLD = 0x100, NEW = 0x200 };

static bool is_riscv(const struct tw_format_desc *f)
{
	return f && !strcmp(tw_format_family(f), "riscv");
}

static uint64_t va_of(unsigned int page)
{
	return 0x40000000 + 0x1000 * (uint64_t)page;
}

// Maps the pages, lets all be read, the last one last, and edits every leaf.
static void open_edited(struct bench *b, void *const *state, const struct tw_format_desc *f)
{
	subject_open(b, state, 5);
	for (unsigned int i = 0; i < PAGES; i++)
		bench_map_format(b, f, va_of(i), 0, OLD + i, false);
	bench_format(b, f->format, ASID);
	for (unsigned int i = 0; i < PAGES; i++) {
		bench_access(b, D, va_of(i), TW_LOAD);
		assert_int_equal(bench_out(b)->port[D].resp.pa >> 12, OLD + i);
		bench_drain(b);
	}
	for (unsigned int i = 0; i < PAGES; i++)
		bench_map_format(b, f, va_of(i), 0, NEW + i, false);
}

// Presents SINVAL.VMA of this page: of all ASIDs, or of one.
static void present(struct bench *b, unsigned int page)
{
	b->in.fence_valid = b->in.fence_by_addr = true;
	b->in.fence_by_asid = page & 1;
	b->in.fence_global = !(page & 1);
	b->in.fence_va = va_of(page);
	b->in.fence_asid = ASID;
}

// SINVAL.VMA of the first pages, each as soon as the hardware takes it; loads of PAGE meanwhile, if
// it is one, must hit. The cycles from the first to the end of the last; *done: how many ended.
static unsigned int split(struct bench *b, unsigned int page, unsigned int *done)
{
	unsigned int taken = 0, cycles = 0;

	*done = 0;
	while (*done < SPLIT) {
		assert_true(cycles < 1000);
		if (taken < SPLIT)
			present(b, taken);
		taken += b->in.fence_valid && bench_out(b)->fence_ready;
		if (page < PAGES)
			bench_request(b, D, 0, va_of(page), TW_LOAD);
		bench_cycle(b);
		cycles++;
		*done += bench_out(b)->fence_done;
		if (page < PAGES) {
			assert_true(bench_out(b)->port[D].resp_valid);
			assert_int_equal(bench_out(b)->port[D].resp.pa >> 12, OLD + page);
		}
	}
	return cycles;
}

static void each_begins_where_the_one_before_is_done(void **state)
{
	const struct subject *s = *state;

	for (unsigned int i = 0; i < FORMATS; i++) {
		const struct tw_format_desc *f = subject_format(state, i);
		unsigned int done;
		struct bench b;

		if (!is_riscv(f))
			continue;
		open_edited(&b, state, f);
		assert_int_equal(split(&b, PAGES, &done), SPLIT * (s->config->l2_sets ? 3 : 2));
		for (unsigned int t = 0; t < 20; t++) {
			bench_cycle(&b);
			done += bench_out(&b)->fence_done;
		}
		assert_int_equal(done, SPLIT);
		assert_int_equal(b.count[TW_EV_FENCE], SPLIT);
		bench_close(&b);
	}
}

static void after_the_last_is_done_every_edit_is_seen(void **state)
{
	for (unsigned int i = 0; i < FORMATS; i++) {
		const struct tw_format_desc *f = subject_format(state, i);
		unsigned int done;
		struct bench b;

		if (!is_riscv(f))
			continue;
		open_edited(&b, state, f);
		split(&b, PAGES, &done);
		for (unsigned int page = 0; page < SPLIT; page++) {
			assert_true(bench_access(&b, D, va_of(page), TW_LOAD) > 2);
			assert_int_equal(bench_out(&b)->port[D].resp.pa >> 12, NEW + page);
			bench_drain(&b);
		}
		bench_close(&b);
	}
}

static void page_that_none_names_hits_under_them_and_after(void **state)
{
	for (unsigned int i = 0; i < FORMATS; i++) {
		const struct tw_format_desc *f = subject_format(state, i);
		unsigned int done;
		struct bench b;

		if (!is_riscv(f))
			continue;
		open_edited(&b, state, f);
		split(&b, SPLIT, &done);
		assert_int_equal(bench_access(&b, D, va_of(SPLIT), TW_LOAD), 1);
		assert_int_equal(bench_out(&b)->port[D].resp.pa >> 12, OLD + SPLIT);
		bench_close(&b);
	}
}

int main(void)
{
	struct CMUnitTest tests[] = {
		SUBJECT_TEST(each_begins_where_the_one_before_is_done),
		SUBJECT_TEST(after_the_last_is_done_every_edit_is_seen),
		SUBJECT_TEST(page_that_none_names_hits_under_them_and_after),
	};

	return subjects_run(tests, sizeof(tests) / sizeof(tests[0]));
}
