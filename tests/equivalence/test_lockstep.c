// SPDX-License-Identifier: Apache-2.0
// Lockstep itself: that it sees every pin and every array, names the culprit and the cycle, keeps
// failing, writes a waveform, and that two instances do not disturb each other. Differences are
// made by changing the inputs of the RTL alone, or by damaging the model.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../csim/mmu_internal.h"
#include "../../tb/hw_pins.h"
#include "../../tb/pins.h"
#include "pin_bench.h"

// The first with Sv39, which some tables are of.
static const struct tw_config *config(void)
{
	size_t i = 0;

	while (!(tw_config_named(i)->formats >> TW_FMT_SV39 & 1))
		i++;
	return tw_config_named(i);
}

// Changes of the RTL's inputs in one cycle.
struct change {
	uint64_t cycle;
	void (*apply)(struct tw_mmu_in *in);
};

static void saboteur(void *user, uint64_t cycle, struct tw_mmu_in *in)
{
	const struct change *c = user;

	if (cycle == c->cycle)
		c->apply(in);
}

static void flip_va(struct tw_mmu_in *in)
{
	in->port[D].req.va ^= 1;
}

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

// A run of DIRECT loads, one per cycle, with the change; the report is checked by the caller.
static void run_direct(struct tw_lockstep *ls, struct change *c, unsigned int cycles)
{
	struct tw_mmu_in in = {0};

	tw_lockstep_sabotage(ls, saboteur, c);
	in.port[F].resp_ready = in.port[D].resp_ready = true;
	in.port[F].req_valid = in.port[D].req_valid = true;
	for (unsigned int i = 0; i < cycles; i++) {
		in.port[F].req.va = 0x10000 + i;
		in.port[D].req.va = 0x20000 + 2 * i;
		in.port[D].req.access = TW_LOAD;
		if (i > c->cycle) {
			assert_int_equal(tw_lockstep_tick(ls, &in), -EIO);
			continue;
		}
		assert_int_equal(tw_lockstep_tick(ls, &in), i == c->cycle ? -EIO : 0);
	}
}

static void difference_is_reported_with_pin_cycle_and_values(void **state)
{
	const struct tw_lockstep_opts opts = {
		.config = config(), .seed = 3, .repeat_command = "the command again"};
	struct change c = {1000, flip_va};
	struct tw_lockstep *ls;

	(void)state;
	assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
	run_direct(ls, &c, 1005);
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
	const struct tw_lockstep_opts opts = {.config = config(), .seed = 4};
	const struct {
		void (*apply)(struct tw_mmu_in *in);
		const char *culprit;
	} cases[] = {
		{flip_counter_sel, "counter_o"},
		{drop_request, "resp_f_valid_o"},
		{flip_va, "resp_d_pa_o"},
	};
	// Also across the boundaries at which images of the RTL are taken.
	const uint64_t cycles[] = {5, 4095, 4096, 4097, 8191, 8192, 12345};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t k = 0; k < sizeof(cycles) / sizeof(cycles[0]); k++) {
			struct change c = {cycles[k], cases[i].apply};
			struct tw_lockstep *ls;

			assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
			run_direct(ls, &c, (unsigned int)cycles[k] + 2);
			assert_string_equal(tw_lockstep_culprit(ls), cases[i].culprit);
			assert_int_equal(tw_lockstep_cycle(ls), cycles[k] + 1);
			assert_null(strstr(tw_lockstep_report(ls), "repetition"));
			tw_lockstep_destroy(ls);
		}
	}
}

// An unnamed file of at most LIMIT bytes.
static int wave_file(long limit)
{
	char path[] = "/tmp/lockstep_wave_XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	if (limit) {
		signal(SIGXFSZ, SIG_IGN);
		assert_int_equal(
			setrlimit(RLIMIT_FSIZE, &(struct rlimit){(rlim_t)limit, RLIM_INFINITY}), 0);
	}
	return fd;
}

static void waveform_of_the_last_cycles_is_written(void **state)
{
	const struct tw_lockstep_opts opts = {.config = config()};
	struct change c = {5000, flip_va};
	char start[TW_FST_MAGIC_LEN];
	struct tw_lockstep *ls;
	struct stat st;
	int fd = wave_file(0);

	(void)state;
	assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
	assert_int_equal(tw_lockstep_wave(ls, fd), -ENODATA);
	run_direct(ls, &c, 5002);
	assert_int_equal(tw_lockstep_wave(ls, fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size > 1000);
	assert_int_equal(pread(fd, start, sizeof(start), 0), sizeof(start));
	assert_memory_equal(start, TW_FST_MAGIC, TW_FST_MAGIC_LEN);
	tw_lockstep_destroy(ls);
	close(fd);
}

// Wherever the disk is full: after the header, in the values, shortly before the end.
static void waveform_on_a_full_disk_is_an_error_and_the_report_stays(void **state)
{
	const struct tw_lockstep_opts opts = {.config = config()};
	const long limits[] = {1, 300, 1000, 4096, 8192, 12288};
	struct change c = {300, flip_va};
	struct tw_lockstep *ls;

	(void)state;
	assert_int_equal(tw_lockstep_create(&opts, &ls), 0);
	run_direct(ls, &c, 302);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int fd = wave_file(limits[i]), err = tw_lockstep_wave(ls, fd);

		setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
		assert_int_equal(err, -EFBIG);
		assert_non_null(strstr(tw_lockstep_report(ls), "cycle 301"));
		close(fd);
	}
	tw_lockstep_destroy(ls);
}

static void waveform_of_the_rtl_alone_holds_the_cycles_asked_for(void **state)
{
	struct tw_hw_opts opts = {.config = config(),
				  .mem = {.latency_min = 1, .latency_max = 1},
				  .wave_fd = wave_file(0),
				  .wave_from = 10,
				  .wave_to = 50};
	struct tw_hw *hw;
	struct stat st;

	(void)state;
	assert_int_equal(tw_pmem_create(&opts.pmem), 0);
	assert_int_equal(tw_hw_rtl_create(&opts, &hw), 0);
	assert_int_equal(tw_hw_idle(hw, 5), 0);
	assert_int_equal(tw_hw_wave(hw), 0);
	assert_int_equal(tw_hw_idle(hw, 60), 0);
	assert_int_equal(tw_hw_wave(hw), 1);
	assert_int_equal(fstat(opts.wave_fd, &st), 0);
	assert_true(st.st_size > 1000);
	tw_hw_destroy(hw);
	tw_pmem_destroy(opts.pmem);
	close(opts.wave_fd);
}

static void waveform_of_the_rtl_on_a_full_disk_changes_no_result(void **state)
{
	const struct tw_req req = {.va = 0x1000, .access = TW_LOAD, .priv = TW_PRIV_S};
	struct tw_hw_opts opts = {.config = config(),
				  .mem = {.latency_min = 1, .latency_max = 1},
				  .wave_fd = wave_file(1000),
				  .wave_to = 50};
	struct tw_hw_result res;
	struct tw_hw *hw;

	(void)state;
	assert_int_equal(tw_pmem_create(&opts.pmem), 0);
	assert_int_equal(tw_hw_rtl_create(&opts, &hw), 0);
	assert_int_equal(tw_hw_idle(hw, 60), 0);
	assert_int_equal(tw_hw_access(hw, D, &req, &res), 0);
	assert_int_equal(tw_hw_finish(hw), 0);
	assert_int_equal(tw_hw_wave(hw), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	tw_hw_destroy(hw);
	tw_pmem_destroy(opts.pmem);
	close(opts.wave_fd);
}

static void changed_memory_answer_is_seen_when_it_is_cached(void **state)
{
	struct bench b;
	// The request is taken in cycle 2 (after the ROOT write), the leaf's answer comes in
	// 2 + 3 + 4 + 8 = cycle 3 L + 4 after it.
	struct change c = {0, flip_answer};
	uint64_t start;
	int err = 0;

	(void)state;
	bench_open(&b, TW_DEVICE_LOCKSTEP, config(), 4);
	bench_format(&b, TW_FMT_SV39, 1);
	bench_map_sv39(&b, 0x1000, 0, 0x10);
	start = b.cycle;
	c.cycle = start + 3 * 4 + 4;
	tw_lockstep_sabotage(b.dev.ls, saboteur, &c);
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

// Fills all arrays, then damages the model with DAMAGE and expects the comparison to name CULPRIT.
static void expect_damage(void (*damage)(struct tw_mmu *m), const char *culprit)
{
	struct bench b;

	bench_open(&b, TW_DEVICE_LOCKSTEP, config(), 2);
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
	const struct tw_lockstep_opts opts = {.config = config(), .compare_interval = 100};
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

// Each run ends 100 cycles after a preset, wherever in a stretch of the history that is.
static void difference_after_a_preset_of_the_counters_is_repeated(void **state)
{
	const struct tw_lockstep_opts opts = {.config = config(), .seed = 5};
	const unsigned int presets[] = {0, 100, 4095, 4096, 8192, 12287};
	struct change c = {0, flip_va};

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
		tw_lockstep_sabotage(ls, saboteur, &c);
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

static void two_instances_do_not_disturb_each_other(void **state)
{
	struct bench a, b, alone;
	unsigned int t_a, t_b, t_alone;

	(void)state;
	bench_open(&alone, TW_DEVICE_LOCKSTEP, config(), 3);
	bench_format(&alone, TW_FMT_SV39, 1);
	bench_map_sv39(&alone, 0x1000, 0, 0x10);
	t_alone = bench_access(&alone, D, 0x1000, TW_LOAD);
	bench_open(&a, TW_DEVICE_LOCKSTEP, config(), 3);
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
	struct tw_hw_opts opts = {.config = config(),
				  .mem = {.latency_min = 1, .latency_max = 1},
				  .repeat_command = "again"};
	struct tw_ctx ctx = {.maxphyaddr = 52, .pkru = 5};
	struct change c = {7, flip_va};
	struct tw_hw_result res;
	struct tw_hw_counters counters;
	struct tw_hw_difference d;
	struct tw_hw *hw;

	(void)state;
	assert_int_equal(tw_pmem_create(&opts.pmem), 0);
	assert_int_equal(tw_hw_lockstep_create(&opts, &hw), 0);
	assert_string_equal(tw_hw_error(hw), "");
	assert_false(tw_hw_get_difference(hw, &d));
	tw_lockstep_sabotage(((struct tw_hw_pins *)hw)->driver.dev.user, saboteur, &c);
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
	const struct tw_lockstep_opts opts = {.config = config(), .repeat_command = "again"};
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
	const struct tw_lockstep_opts opts = {.config = config()};
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
	struct tw_config other = *config();
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
	other = *config();
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
		cmocka_unit_test(waveform_of_the_last_cycles_is_written),
		cmocka_unit_test(waveform_on_a_full_disk_is_an_error_and_the_report_stays),
		cmocka_unit_test(waveform_of_the_rtl_alone_holds_the_cycles_asked_for),
		cmocka_unit_test(waveform_of_the_rtl_on_a_full_disk_changes_no_result),
		cmocka_unit_test(changed_memory_answer_is_seen_when_it_is_cached),
		cmocka_unit_test(comparison_of_arrays_names_what_differs),
		cmocka_unit_test(arrays_are_compared_at_intervals),
		cmocka_unit_test(every_bit_of_every_pin_is_compared),
		cmocka_unit_test(difference_after_a_preset_of_the_counters_is_repeated),
		cmocka_unit_test(without_the_debug_view_exactly_the_other_pins_are_compared),
		cmocka_unit_test(two_instances_do_not_disturb_each_other),
		cmocka_unit_test(hardware_interface_fails_for_ever_after_a_difference),
		cmocka_unit_test(broken_rule_is_reported_like_a_difference),
		cmocka_unit_test(broken_invariant_of_the_model_is_reported),
		cmocka_unit_test(configuration_without_rtl_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
