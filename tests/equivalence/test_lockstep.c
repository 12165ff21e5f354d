// SPDX-License-Identifier: Apache-2.0
// Lockstep itself: that it names the culprit and the cycle of a difference, wherever that comes
// from, keeps failing, and that two instances do not disturb each other. Differences are made by
// changing the inputs of the RTL alone, or by damaging the model.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../csim/mmu_internal.h"
#include "../../tb/hw_pins.h"
#include "lockstep_bench.h"

static void flip_counter_sel(struct tw_mmu_in *in)
{
	in->counter_sel ^= TW_EV_DIRECT_D;
}

static void drop_request(struct tw_mmu_in *in)
{
	in->port[F].req_valid = false;
}

static void flip_answer(struct tw_mmu_in *in)
{
	in->mem_resp_data ^= UINT64_C(1) << 10; // lowest bit of the PPN
}

static void difference_is_reported_with_pin_cycle_and_values(void **state)
{
	const struct tw_lockstep_opts opts = {
		.config = lockstep_config(), .seed = 3, .repeat_command = "the command again"};
	struct lockstep_change c = {1000, lockstep_flip_va};
	struct tw_lockstep *ls;

	(void)state;
	assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
	lockstep_run_direct(ls, &c, 1005);
	assert_string_equal(tw_lockstep_culprit(ls), "resp_d_pa_o");
	assert_int_equal(tw_lockstep_cycle(ls), 1001);
	assert_non_null(strstr(tw_lockstep_report(ls), "cycle 1001"));
	assert_non_null(strstr(tw_lockstep_report(ls), "model 0x207d0 rtl 0x207d1"));
	assert_non_null(strstr(tw_lockstep_report(ls), "d request id 0 va 0x207d1 load U"));
	assert_non_null(strstr(tw_lockstep_report(ls), "to repeat: the command again"));
	assert_null(strstr(tw_lockstep_report(ls), "repetition"));
	assert_int_equal(tw_lockstep_compare(ls), -EIO);
	tw_lockstep_destroy(ls);
}

static void every_input_change_is_seen_in_its_cycle(void **state)
{
	const struct tw_lockstep_opts opts = {.config = lockstep_config(), .seed = 4};
	const struct {
		void (*apply)(struct tw_mmu_in *in);
		const char *culprit;
	} cases[] = {
		{flip_counter_sel, "counter_o"},
		{drop_request, "resp_f_valid_o"},
		{lockstep_flip_va, "resp_d_pa_o"},
	};
	// Also across the boundaries at which images of the RTL are taken.
	const uint64_t cycles[] = {5, 4095, 4096, 4097, 8191, 8192, 12345};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t k = 0; k < sizeof(cycles) / sizeof(cycles[0]); k++) {
			struct lockstep_change c = {cycles[k], cases[i].apply};
			struct tw_lockstep *ls;

			assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
			lockstep_run_direct(ls, &c, (unsigned int)cycles[k] + 2);
			assert_string_equal(tw_lockstep_culprit(ls), cases[i].culprit);
			assert_int_equal(tw_lockstep_cycle(ls), cycles[k] + 1);
			assert_null(strstr(tw_lockstep_report(ls), "repetition"));
			tw_lockstep_destroy(ls);
		}
	}
}

static void changed_memory_answer_is_seen_when_it_is_cached(void **state)
{
	struct bench b;
	// The request is taken in cycle 2 (after the ROOT write), the leaf's answer comes in
	// 2 + 3 + 4 + 8 = cycle 3 L + 4 after it.
	struct lockstep_change c = {0, flip_answer};
	uint64_t start;
	int err = 0;

	(void)state;
	bench_open(&b, TW_DEVICE_LOCKSTEP, lockstep_config(), 4);
	bench_format(&b, TW_FMT_SV39, 1);
	bench_map_sv39(&b, 0x1000, 0, 0x10);
	start = b.cycle;
	c.cycle = start + 3 * 4 + 4;
	tw_lockstep_sabotage(b.dev.ls, lockstep_saboteur, &c);
	b.in.port[D].req_valid = true;
	b.in.port[D].req = (struct tw_req){.va = 0x1000, .access = TW_LOAD, .priv = TW_PRIV_S};
	for (unsigned int n = 0; !err && n < 40; n++) {
		tw_membus_drive(b.bus, &b.in);
		tw_membus_tick(b.bus, bench_out(&b), &b.in);
		err = b.dev.pin.tick(b.dev.pin.user, &b.in);
		b.in.port[D].req_valid = false;
	}
	assert_int_equal(err, -EIO);
	assert_int_equal(tw_lockstep_cycle(b.dev.ls), c.cycle + 1);
	assert_string_equal(tw_lockstep_culprit(b.dev.ls), "resp_d_pa_o");
	assert_non_null(strstr(tw_lockstep_report(b.dev.ls), "dbg_l1d_entry_o"));
	assert_non_null(strstr(tw_lockstep_report(b.dev.ls), "dbg_l2_entry_o"));
	tw_device_close(&b.dev);
	tw_membus_destroy(b.bus);
	tw_pmem_destroy(b.pmem);
}

// Each run ends 100 cycles after a preset, wherever in a stretch of the history that is.
static void difference_after_a_preset_of_the_counters_is_repeated(void **state)
{
	const struct tw_lockstep_opts opts = {.config = lockstep_config(), .seed = 5};
	const unsigned int presets[] = {0, 100, 4095, 4096, 8192, 12287};
	struct lockstep_change c = {0, lockstep_flip_va};

	(void)state;
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		uint64_t counter[TW_EVENTS];
		struct tw_mmu_in in = {.counter_sel = TW_EV_DIRECT_D};
		struct tw_lockstep *ls;

		for (unsigned int k = 0; k < TW_EVENTS; k++)
			counter[k] = UINT64_C(0xfffffffffffffff0) << 2 * k;
		in.port[D].resp_ready = in.port[D].req_valid = true;
		c.cycle = presets[i] + 100;
		assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
		tw_lockstep_sabotage(ls, lockstep_saboteur, &c);
		for (unsigned int t = 0; t < c.cycle; t++) {
			in.port[D].req.va = 8 * t;
			if (t == presets[i]) {
				assert_int_equal(tw_lockstep_preset_counters(ls, counter), 0);
				assert_int_equal(tw_lockstep_preset_counters(ls, counter), -EBUSY);
			}
			assert_int_equal(tw_lockstep_tick(ls, &in), 0);
		}
		// One event a cycle; the last is not yet shown.
		assert_int_equal(tw_lockstep_pins(ls)->counter, counter[TW_EV_DIRECT_D] + 99);
		assert_int_equal(tw_lockstep_tick(ls, &in), -EIO);
		assert_string_equal(tw_lockstep_culprit(ls), "resp_d_pa_o");
		assert_null(strstr(tw_lockstep_report(ls), "repetition"));
		assert_int_equal(tw_lockstep_preset_counters(ls, counter), -EIO);
		tw_lockstep_destroy(ls);
	}
}

static void two_instances_do_not_disturb_each_other(void **state)
{
	struct bench a, b, alone;
	unsigned int t_a, t_b, t_alone;

	(void)state;
	bench_open(&alone, TW_DEVICE_LOCKSTEP, lockstep_config(), 3);
	bench_format(&alone, TW_FMT_SV39, 1);
	bench_map_sv39(&alone, 0x1000, 0, 0x10);
	t_alone = bench_access(&alone, D, 0x1000, TW_LOAD);
	bench_open(&a, TW_DEVICE_LOCKSTEP, lockstep_config(), 3);
	bench_open(&b, TW_DEVICE_LOCKSTEP, tw_config_named(tw_config_count() - 1), 7);
	bench_format(&a, TW_FMT_SV39, 1);
	bench_format(&b, TW_FMT_X86_LONG4, 2);
	bench_map_sv39(&a, 0x1000, 0, 0x10);
	bench_map_x86(&b, 0x1000, 0, 0x20);
	bench_close(&alone);
	bench_request(&a, D, 0, 0x1000, TW_LOAD);
	bench_request(&b, D, 0, 0x1000, TW_LOAD);
	t_a = t_b = 0;
	for (unsigned int t = 1; t < 60; t++) {
		bench_cycle(&a);
		bench_cycle(&b);
		if (bench_out(&a)->port[D].resp_valid)
			t_a = t;
		if (bench_out(&b)->port[D].resp_valid)
			t_b = t;
	}
	assert_int_equal(t_a, t_alone);
	assert_int_equal(t_b, 4 * (7 + 1) + 2);
	bench_close(&a);
	bench_close(&b);
}

static void hardware_interface_fails_for_ever_after_a_difference(void **state)
{
	const struct tw_req req = {.va = 0x1000, .access = TW_LOAD, .priv = TW_PRIV_S};
	const struct tw_fence fence = {.global = true};
	struct tw_hw_opts opts = {.config = lockstep_config(),
				  .mem = {.latency_min = 1, .latency_max = 1},
				  .repeat_command = "again"};
	struct tw_ctx ctx = {.maxphyaddr = 52, .pkru = 5};
	struct lockstep_change c = {7, lockstep_flip_va};
	struct tw_hw_result res;
	struct tw_hw_counters counters;
	struct tw_hw_difference d;
	struct tw_hw *hw;

	(void)state;
	assert_int_equal(tw_pmem_create(&opts.pmem), 0);
	assert_int_equal(tw_hw_lockstep_create(&opts, &hw), 0);
	assert_string_equal(tw_hw_error(hw), "");
	assert_false(tw_hw_get_difference(hw, &d));
	tw_lockstep_sabotage(((struct tw_hw_pins *)hw)->driver.dev.user, lockstep_saboteur, &c);
	assert_int_equal(tw_hw_idle(hw, 7), 0);
	assert_int_equal(tw_hw_access(hw, D, &req, &res), -EIO);
	assert_non_null(strstr(tw_hw_error(hw), "cycle 8: model and rtl differ in resp_d_pa_o"));
	assert_non_null(strstr(tw_hw_error(hw), "to repeat: again"));
	assert_true(tw_hw_get_difference(hw, &d));
	assert_int_equal(d.cycle, 8);
	assert_string_equal(d.culprit, "resp_d_pa_o");
	assert_true(d.pins >= 1);
	assert_string_equal(d.pin[0].name, "resp_d_pa_o");
	assert_string_equal(d.pin[0].model, "0x1000");
	assert_string_equal(d.pin[0].rtl, "0x1001");
	assert_int_equal(tw_hw_access(hw, F, &req, &res), -EIO);
	assert_int_equal(tw_hw_fence(hw, &fence), -EIO);
	assert_int_equal(tw_hw_idle(hw, 1), -EIO);
	assert_int_equal(tw_hw_set_ctx(hw, &ctx), -EIO);
	assert_int_equal(tw_hw_get_counters(hw, &counters), -EIO);
	assert_int_equal(tw_hw_finish(hw), -EIO);
	tw_hw_destroy(hw);
	tw_pmem_destroy(opts.pmem);
}

static void broken_rule_is_reported_like_a_difference(void **state)
{
	const struct tw_lockstep_opts opts = {.config = lockstep_config(),
					      .repeat_command = "again"};
	struct tw_mmu_in in = {.fence_valid = true};
	struct tw_lockstep *ls;

	(void)state;
	assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
	assert_int_equal(tw_lockstep_tick(ls, &in), 0);
	assert_int_equal(tw_lockstep_reject(ls, "a rule of some kind", NULL), -EIO);
	assert_int_equal(tw_lockstep_tick(ls, &in), -EIO);
	assert_non_null(strstr(tw_lockstep_report(ls), "agree"));
	assert_non_null(strstr(tw_lockstep_report(ls), "a rule of some kind"));
	assert_non_null(strstr(tw_lockstep_report(ls), "0  fence by_addr 0"));
	assert_non_null(strstr(tw_lockstep_report(ls), "to repeat: again"));
	tw_lockstep_destroy(ls);
}

static void broken_invariant_of_the_model_is_reported(void **state)
{
	const struct tw_lockstep_opts opts = {.config = lockstep_config()};
	struct tw_lockstep *ls;
	struct tw_mmu *mmu;

	(void)state;
	assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
	mmu = (struct tw_mmu *)(uintptr_t)tw_lockstep_mmu(ls);
	mmu->miss.port[F].e[0].state = MISS_WAIT; // for a walk that does not exist
	assert_int_equal(tw_lockstep_compare(ls), -EIO);
	assert_string_equal(tw_lockstep_culprit(ls), "model");
	assert_non_null(strstr(tw_lockstep_report(ls), "a walker that is not walking"));
	tw_lockstep_destroy(ls);
}

static void configuration_without_rtl_is_refused(void **state)
{
	struct tw_config other = *lockstep_config();
	const struct tw_lockstep_opts opts = {.config = &other};
	struct tw_lockstep *ls;
	struct tw_rtl *rtl;
	char err[128];

	(void)state;
	// By what it is, not by its name.
	assert_int_equal(setenv("TW_RTL_DEMAND", "no/such/settings", 1), 0);
	other.l2_ways *= 2;
	assert_int_equal(tw_lockstep_create(&opts, &ls), -ENOENT);
	assert_int_equal(tw_rtl_create(&other, 1, &rtl), -ENOENT);
	assert_int_equal(tw_rtl_provide(&other, err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "TW_RTL_DEMAND: no/such/settings: cannot be read"));
	other = *lockstep_config();
	strcpy(other.name, "unheard-of");
	assert_int_equal(tw_rtl_provide(&other, err, sizeof(err)), 0);
	assert_int_equal(tw_rtl_create(&other, 1, &rtl), 0);
	tw_rtl_destroy(rtl);
	assert_int_equal(unsetenv("TW_RTL_DEMAND"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(difference_is_reported_with_pin_cycle_and_values),
		cmocka_unit_test(every_input_change_is_seen_in_its_cycle),
		cmocka_unit_test(changed_memory_answer_is_seen_when_it_is_cached),
		cmocka_unit_test(difference_after_a_preset_of_the_counters_is_repeated),
		cmocka_unit_test(two_instances_do_not_disturb_each_other),
		cmocka_unit_test(hardware_interface_fails_for_ever_after_a_difference),
		cmocka_unit_test(broken_rule_is_reported_like_a_difference),
		cmocka_unit_test(broken_invariant_of_the_model_is_reported),
		cmocka_unit_test(configuration_without_rtl_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
