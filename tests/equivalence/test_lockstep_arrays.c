// SPDX-License-Identifier: Apache-2.0
// What lockstep compares: every bit of every pin, all pins but the debug view without it, and whole
// arrays, whose damage is named. The model is damaged behind its back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../../csim/mmu_internal.h"
#include "../../tb/pins.h"
#include "lockstep_bench.h"

// Fills all arrays, then damages the model with DAMAGE and expects the comparison to name CULPRIT.
static void expect_damage(void (*damage)(struct tw_mmu *m), const char *culprit)
{
	struct bench b;

	bench_open(&b, TW_DEVICE_LOCKSTEP, lockstep_config(), 2);
	bench_format(&b, TW_FMT_SV39, 1);
	bench_map_sv39(&b, 0x1000, 0, 0x10);
	bench_map_sv39(&b, 0x40000000, 1, 0x400);
	bench_access(&b, D, 0x1000, TW_LOAD);
	bench_access(&b, D, 0x40000000, TW_LOAD);
	bench_drain(&b);
	bench_access(&b, F, 0x1000, TW_FETCH);
	bench_drain(&b);
	assert_int_equal(tw_lockstep_compare(b.dev.ls), 0);
	damage((struct tw_mmu *)(uintptr_t)tw_lockstep_mmu(b.dev.ls));
	assert_int_equal(tw_lockstep_compare(b.dev.ls), -EIO);
	assert_string_equal(tw_lockstep_culprit(b.dev.ls), culprit);
	tw_device_close(&b.dev);
	tw_membus_destroy(b.bus);
	tw_pmem_destroy(b.pmem);
}

static void damage_l1f(struct tw_mmu *m)
{
	m->port[F].l1.e[0].resp.pa ^= 4096;
}

static void damage_l1d(struct tw_mmu *m)
{
	m->port[D].l1.e[1].asid ^= 0x8000;
}

static void damage_sp(struct tw_mmu *m)
{
	m->l2.sp.e[0].rights.d = false;
}

static void damage_pwc(struct tw_mmu *m)
{
	m->pwc.e[0].ppn ^= UINT64_C(1) << 43;
}

static void damage_l2(struct tw_mmu *m)
{
	m->l2.sa.e[1 * m->l2.sa.ways].rights.attr ^= 1;
}

static void damage_l2_valid(struct tw_mmu *m)
{
	m->l2.sa.valid[7] ^= 2;
}

static void damage_l2_plru(struct tw_mmu *m)
{
	m->l2.sa.plru[3] ^= 1;
}

static void damage_counter(struct tw_mmu *m)
{
	m->counters.count[TW_EV_CAS_LOST]++;
}

static void comparison_of_arrays_names_what_differs(void **state)
{
	(void)state;
	expect_damage(damage_l1f, "l1f[0]");
	expect_damage(damage_l1d, "l1d[1]");
	expect_damage(damage_sp, "sp[0]");
	expect_damage(damage_pwc, "pwc[0]");
	expect_damage(damage_l2, "l2 set 1 way[0]");
	expect_damage(damage_l2_valid, "l2_valid[7]");
	expect_damage(damage_l2_plru, "l2_plru[3]");
	expect_damage(damage_counter, "counter cas_lost");
}

static void arrays_are_compared_at_intervals(void **state)
{
	const struct tw_lockstep_opts opts = {.config = lockstep_config(), .compare_interval = 100};
	struct tw_mmu_in in = {0};
	struct tw_lockstep *ls;
	int err = 0;

	(void)state;
	assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
	for (unsigned int i = 0; !err && i < 1000; i++) {
		if (i == 250)
			damage_l2_plru((struct tw_mmu *)(uintptr_t)tw_lockstep_mmu(ls));
		err = tw_lockstep_tick(ls, &in);
	}
	assert_int_equal(err, -EIO);
	assert_int_equal(tw_lockstep_cycle(ls), 300);
	assert_string_equal(tw_lockstep_culprit(ls), "l2_plru[3]");
	tw_lockstep_destroy(ls);
}

static void every_bit_of_every_pin_is_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < tw_pin_count; i++) {
		for (unsigned int bit = 0; bit < 8 * tw_pin_table[i].size; bit++) {
			struct tw_mmu_out a, b;

			memset(&a, 0, sizeof(a));
			memset(&b, 0, sizeof(b));
			((unsigned char *)&b)[tw_pin_table[i].offset + bit / 8] =
				(unsigned char)(1u << bit % 8);
			assert_int_equal(tw_pin_next_difference(&a, &b, 0, tw_pin_count), i);
			assert_int_equal(tw_pin_next_difference(&a, &b, i + 1, tw_pin_count),
					 tw_pin_count);
		}
	}
}

static void without_the_debug_view_exactly_the_other_pins_are_compared(void **state)
{
	(void)state;
	assert_in_range(tw_pin_count_plain, 1, tw_pin_count - 1);
	for (size_t i = 0; i < tw_pin_count; i++) {
		struct tw_mmu_out a, b;
		bool view = !strncmp(tw_pin_table[i].name, "dbg_", 4);

		memset(&a, 0, sizeof(a));
		memset(&b, 0, sizeof(b));
		((unsigned char *)&b)[tw_pin_table[i].offset] = 1;
		assert_int_equal(i >= tw_pin_count_plain, view);
		assert_int_equal(tw_pin_table[i].offset >= TW_PIN_BYTES, view);
		assert_int_equal(tw_pin_next_difference(&a, &b, 0, tw_pin_count_plain),
				 view ? tw_pin_count_plain : i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparison_of_arrays_names_what_differs),
		cmocka_unit_test(arrays_are_compared_at_intervals),
		cmocka_unit_test(every_bit_of_every_pin_is_compared),
		cmocka_unit_test(without_the_debug_view_exactly_the_other_pins_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
