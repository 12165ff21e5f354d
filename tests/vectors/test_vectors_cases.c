// SPDX-License-Identifier: Apache-2.0
// The vectors: what each directive does, seen in the results of the architecture.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

// --- Cases and memory ----------------------------------------------------------------------------

static void an_access_has_one_line(void **state)
{
	(void)state;
	vt_expect(RV GB "acc 0 load 123 S\nend\n",
		  "case a\n0 ok 40000123 nomem rd=80000000\nend\n");
}

static void case_ids_and_numbers_are_repeated_as_written(void **state)
{
	(void)state;
	vt_expect("case x/1:y\nxlen 64\nram 0 1000\nacc 00F store 8 M\nend\n",
		  "case x/1:y\n00F ok 8 rd=\nend\n");
}

static void a_case_starts_from_zeroed_memory(void **state)
{
	(void)state;
	vt_expect(RV GB "acc 0 load 0 S\nend\ncase b\nxlen 64\nram 80000000 80001000\n"
			"satp 8000000000080000\nacc 0 load 0 S\nend\n",
		  "case a\n0 ok 40000000 nomem rd=80000000\nend\n"
		  "case b\n0 fault 13 tval=0 rd=80000000\nend\n");
}

static void lines_outside_a_case_apply_to_the_cases_after_them(void **state)
{
	(void)state;
	vt_expect("case a\nend\nxlen 64\nram 80000000 80001000\n" GB "case b\nacc 0 load 0 S\nend\n"
		  "case c\nacc 0 load 1 S\nend\n",
		  "case a\nend\ncase b\n0 ok 40000000 nomem rd=80000000\nend\n"
		  "case c\n0 ok 40000001 nomem rd=80000000\nend\n");
}

static void memory_may_be_given_before_its_range(void **state)
{
	(void)state;
	vt_expect("case a\nxlen 64\n" GB "ram 80000000 80001000\nacc 0 load 0 S\nend\n",
		  "case a\n0 ok 40000000 nomem rd=80000000\nend\n");
}

static void a_write_that_waited_for_its_range_happens_once(void **state)
{
	(void)state;
	vt_expect("case a\nxlen 64\n" GB "ram 80000000 80001000\npoke64 80000000 200000cf\n"
		  "ram 90000000 90001000\nacc 0 load 0 S\nend\n",
		  "case a\n0 ok 80000000 rd=80000000\nend\n");
}

static void ranges_may_overlap(void **state)
{
	(void)state;
	vt_expect(RV GB "ram 7ffff000 90000000\nacc 0 load 0 S\nend\n",
		  "case a\n0 ok 40000000 nomem rd=80000000\nend\n");
}

static void updates_stay_in_memory_within_a_case(void **state)
{
	(void)state;
	vt_expect(RV "mem 80000000 1000000f\nsatp 8000000000080000\nenv adue=1\n"
		     "acc 0 load 0 S\nacc 1 store 0 S\nacc 2 store 0 S\nend\n",
		  "case a\n0 ok 40000000 nomem rd=80000000 upd=80000000:1000000f:1000004f\n"
		  "1 ok 40000000 nomem rd=80000000 upd=80000000:1000004f:100000cf\n"
		  "2 ok 40000000 nomem rd=80000000\nend\n");
}

static void poke32_changes_half_a_word(void **state)
{
	(void)state;
	vt_expect(RV GB "poke32 80000000 0\nacc 0 load 0 S\npoke64 80000000 200000cf\n"
			"poke32 80000004 1\nacc 1 load 0 S\npoke32 80000000 300000cf\n"
			"acc 2 load 0 S\nend\n",
		  "case a\n0 fault 13 tval=0 rd=80000000\n"
		  "1 ok 480000000 nomem rd=80000000\n"
		  "2 ok 4c0000000 nomem rd=80000000\nend\n");
}

static void the_field_rd_can_be_left_out(void **state)
{
	static const char text[] = RV GB "acc 0 load 0 S\nacc 1 load 40000000 S\nend\n";
	struct vec_arch arch;
	struct tw_pmem *pm;
	struct vec_hw vh;

	(void)state;
	assert_int_equal(tw_pmem_create(&pm), 0);
	vec_arch_init(&arch, pm, &vh);
	assert_int_equal(vt_run_on(pm, &vh, text, sizeof(text) - 1, true), TW_OK);
	assert_string_equal(vt_out, "case a\n0 ok 40000000 nomem\n1 fault 13 tval=40000000\nend\n");
	tw_pmem_destroy(pm);
}

// --- RISC-V --------------------------------------------------------------------------------------

static void an_entry_outside_ram_is_a_bus_error(void **state)
{
	(void)state;
	vt_expect(RV "mem 80000000 20000401\nsatp 8000000000080000\nacc 0 fetch 0 S\n"
		     "acc 1 load 0 S\nacc 2 store 0 S\nend\n",
		  "case a\n0 fault 1 tval=0 rd=80000000,80001000!\n"
		  "1 fault 5 tval=0 rd=80000000,80001000!\n"
		  "2 fault 7 tval=0 rd=80000000,80001000!\nend\n");
}

static void a_page_inside_ram_is_not_nomem(void **state)
{
	(void)state;
	vt_expect("case a\nxlen 64\nram 40000000 40001000\nram 80000000 80001000\n" GB
		  "acc 0 load fff S\nacc 1 load 1000 S\nend\n",
		  "case a\n0 ok 40000fff rd=80000000\n1 ok 40001000 nomem rd=80000000\nend\n");
}

static void untranslated_addresses_keep_all_64_bits(void **state)
{
	(void)state;
	vt_expect(RV "acc 0 load ffffffffffffffff M\nacc 1 store 100000000000000 S\nend\n",
		  "case a\n0 ok ffffffffffffffff nomem rd=\n"
		  "1 ok 100000000000000 nomem rd=\nend\n");
}

static void mprv_acts_on_data_accesses_only(void **state)
{
	(void)state;
	vt_expect(RV GB "acc 0 load 123 M mprv=1 mpp=S\nacc 1 fetch 123 M mprv=1 mpp=S\n"
			"acc 2 load 123 M mprv=0 mpp=S\nacc 3 load 123 M mprv=1 mpp=U\nend\n",
		  "case a\n0 ok 40000123 nomem rd=80000000\n1 ok 123 nomem rd=\n"
		  "2 ok 123 nomem rd=\n3 fault 13 tval=123 rd=80000000\nend\n");
}

static void pbmte_needs_the_extension(void **state)
{
	(void)state;
	vt_expect(RV "mem 80000000 20000000100000cf\nsatp 8000000000080000\nenv adue=0 pbmte=1\n"
		     "acc 0 load 0 S\next svpbmt=1\nacc 1 load 0 S\nend\n",
		  "case a\n0 fault 13 tval=0 rd=80000000\n"
		  "1 ok 40000000 nomem rd=80000000\nend\n");
}

static void env_keeps_what_it_does_not_mention(void **state)
{
	(void)state;
	vt_expect(RV "mem 80000000 2000000010000007\next svpbmt=1\nsatp 8000000000080000\n"
		     "env adue=1 pbmte=1\nenv adue=1\nacc 0 load 0 S\nend\n",
		  "case a\n0 ok 40000000 nomem rd=80000000 "
		  "upd=80000000:2000000010000007:2000000010000047\nend\n");
}

// --- x86 -----------------------------------------------------------------------------------------

static void an_x86_access_has_size_and_global(void **state)
{
	(void)state;
	vt_expect(X86 MAP "acc 0 read 123 user=1\nend\n",
		  "case a\n0 ok 5123 g=0 size=1000 rd=1000,2000,3000,4000\nend\n");
	vt_expect(X86
		  "mem 1000 2027\nmem 2000 1e7\ncr3 1000\nenv pge=1\nacc 0 write 5 user=0\nend\n",
		  "case a\n0 ok 5 g=1 size=40000000 rd=1000,2000\nend\n");
}

static void x86_faults_carry_code_and_address(void **state)
{
	(void)state;
	vt_expect(X86 MAP "acc 0 write 1000 user=1\nacc 1 fetch ffff800000000000 user=0\nend\n",
		  "case a\n0 pf 6 cr2=1000 rd=1000,2000,3000,4008\n"
		  "1 pf 10 cr2=ffff800000000000 rd=1800\nend\n");
}

static void a_non_canonical_x86_address_is_gp(void **state)
{
	(void)state;
	vt_expect(X86 MAP "acc 0 read 800000000000 user=1\nend\n", "case a\n0 gp\nend\n");
}

static void x86_control_bits_have_their_defaults(void **state)
{
	(void)state;
	// wp=1: a supervisor's write to a read-only page; nxe=1: bit 63 is no reserved bit; smap=0.
	vt_expect(X86 MAP "poke64 4000 8000000000005025\nacc 0 write 0 user=0\n"
			  "acc 1 fetch 0 user=0\nacc 2 read 0 user=0\nenv nxe=0 wp=0\n"
			  "acc 3 read 0 user=0\nend\n",
		  "case a\n0 pf 3 cr2=0 rd=1000,2000,3000,4000\n"
		  "1 pf 11 cr2=0 rd=1000,2000,3000,4000\n"
		  "2 ok 5000 g=0 size=1000 rd=1000,2000,3000,4000\n"
		  "3 pf 9 cr2=0 rd=1000,2000,3000,4000\nend\n");
}

static void ac_opens_user_pages_under_smap(void **state)
{
	(void)state;
	vt_expect(X86 MAP "env smap=1\nacc 0 read 0 user=0\nacc 1 read 0 user=0 ac=1\nend\n",
		  "case a\n0 pf 1 cr2=0 rd=1000,2000,3000,4000\n"
		  "1 ok 5000 g=0 size=1000 rd=1000,2000,3000,4000\nend\n");
}

static void pkru_is_hexadecimal_and_kept(void **state)
{
	(void)state;
	vt_expect(X86 MAP "poke64 4000 2800000000005067\nenv pke=1 pkru=400\nenv wp=1\n"
			  "acc 0 read 0 user=1\nenv pkru=0\nacc 1 read 0 user=1\nend\n",
		  "case a\n0 pf 25 cr2=0 rd=1000,2000,3000,4000\n"
		  "1 ok 5000 g=0 size=1000 rd=1000,2000,3000,4000\nend\n");
}

static void a_bad_cr3_is_gp_cr3_until_a_good_one(void **state)
{
	(void)state;
	vt_expect(X86 MAP "cr3 400000001000\nacc 0 read 0 user=1\ncr3 1fff\nacc 1 read 0 user=1\n"
			  "cr3 8000000000001000\nacc 2 read 0 user=1\nenv pcide=1\n"
			  "cr3 8000000000001000\nacc 3 read 0 user=1\nend\n",
		  "case a\n0 gp_cr3\n1 ok 5000 g=0 size=1000 rd=1000,2000,3000,4000\n2 gp_cr3\n"
		  "3 ok 5000 g=0 size=1000 rd=1000,2000,3000,4000\nend\n");
}

// Of a case without `mode`, which follows.
#define PAE_TABLES                                                             \
	"case a\nmaxphyaddr 46\nmem 1000 2001\nmem 2000 3027\nmem 3000 5067\n" \
	"mem 1020 400000000001\n"

static void a_mode_after_cr3_takes_cr3_as_it_stands(void **state)
{
	(void)state;
	vt_expect(PAE_TABLES "cr3 1000\nmode pae\nacc 0 read 0 user=1\nend\n",
		  "case a\n0 ok 5000 g=0 size=1000 rd=2000,3000\nend\n");
	vt_expect(PAE_TABLES "mode long4\ncr3 200000001000\nmode pae\nacc 0 read 0 user=1\nend\n",
		  "case a\n0 ok 5000 g=0 size=1000 rd=2000,3000\nend\n");
}

static void a_mode_that_is_in_force_reads_nothing_anew(void **state)
{
	(void)state;
	vt_expect(PAE_TABLES
		  "mode pae\ncr3 1000\npoke64 1000 0\nmode pae\nacc 0 read 0 user=1\nend\n",
		  "case a\n0 ok 5000 g=0 size=1000 rd=2000,3000\nend\n");
}

static void a_switch_to_reserved_bits_is_an_input_error(void **state)
{
	static const char text[] = PAE_TABLES "cr3 1020\nmode pae\nend\n";

	(void)state;
	vt_expect_bad(text, ":8: expected PDPTEs without a reserved bit where CR3 points, or the "
			    "mode before \"cr3\"");
}

static void the_defaults_hold_without_cr3(void **state)
{
	(void)state;
	vt_expect("case a\nmode long4\nmaxphyaddr 46\nacc 0 fetch 0 user=0\nend\n",
		  "case a\n0 pf 10 cr2=0 rd=0\nend\n");
}

#define TEST(f) cmocka_unit_test_teardown(f, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_access_has_one_line),
		TEST(case_ids_and_numbers_are_repeated_as_written),
		TEST(a_case_starts_from_zeroed_memory),
		TEST(lines_outside_a_case_apply_to_the_cases_after_them),
		TEST(memory_may_be_given_before_its_range),
		TEST(a_write_that_waited_for_its_range_happens_once),
		TEST(ranges_may_overlap),
		TEST(updates_stay_in_memory_within_a_case),
		TEST(poke32_changes_half_a_word),
		TEST(the_field_rd_can_be_left_out),
		TEST(an_entry_outside_ram_is_a_bus_error),
		TEST(a_page_inside_ram_is_not_nomem),
		TEST(untranslated_addresses_keep_all_64_bits),
		TEST(mprv_acts_on_data_accesses_only),
		TEST(pbmte_needs_the_extension),
		TEST(env_keeps_what_it_does_not_mention),
		TEST(an_x86_access_has_size_and_global),
		TEST(x86_faults_carry_code_and_address),
		TEST(a_non_canonical_x86_address_is_gp),
		TEST(x86_control_bits_have_their_defaults),
		TEST(ac_opens_user_pages_under_smap),
		TEST(pkru_is_hexadecimal_and_kept),
		TEST(a_bad_cr3_is_gp_cr3_until_a_good_one),
		TEST(a_mode_after_cr3_takes_cr3_as_it_stands),
		TEST(a_mode_that_is_in_force_reads_nothing_anew),
		TEST(a_switch_to_reserved_bits_is_an_input_error),
		TEST(the_defaults_hold_without_cr3),
	};

	return cmocka_run_group_tests_name("vectors_cases", tests, NULL, NULL);
}
