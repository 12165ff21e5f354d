// SPDX-License-Identifier: Apache-2.0
// The vectors: what each directive does, on a back end that writes down what it is told and on the
// architecture; and what bad input is answered, message by message.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "vectors.h"

static char path[64], err[512], *out;

static int teardown(void **state)
{
	(void)state;
	free(out);
	out = NULL;
	return 0;
}

static void write_file(const char *text, size_t len)
{
	int fd;

	strcpy(path, "/tmp/test_vectors.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

// Runs a text on a back end; the results are in out.
static enum tw_status run_on(struct tw_pmem *pm, const struct vec_hw *vh, const char *text,
			     size_t text_len, bool no_rd)
{
	struct vec_opts opts = {.no_rd = no_rd};
	enum tw_status status;
	size_t len;
	FILE *f;

	write_file(text, text_len);
	free(out);
	out = NULL;
	f = open_memstream(&out, &len);
	assert_non_null(f);
	err[0] = '\0';
	status = vec_run(path, pm, vh, &opts, f, err, sizeof(err));
	fclose(f);
	unlink(path);
	return status;
}

static enum tw_status run_bytes(const char *text, size_t len)
{
	struct vec_arch arch;
	enum tw_status status;
	struct tw_pmem *pm;
	struct vec_hw vh;

	assert_int_equal(tw_pmem_create(&pm), 0);
	vec_arch_init(&arch, pm, &vh);
	status = run_on(pm, &vh, text, len, false);
	tw_pmem_destroy(pm);
	return status;
}

static void expect(const char *text, const char *results)
{
	if (run_bytes(text, strlen(text)) != TW_OK)
		print_error("%s\n", err);
	assert_string_equal(err, "");
	assert_string_equal(out, results);
}

static void expect_bad_bytes(const char *text, size_t len, const char *message)
{
	assert_int_equal(run_bytes(text, len), TW_BAD_INPUT);
	assert_memory_equal(err, path, strlen(path));
	assert_string_equal(err + strlen(path), message);
}

static void expect_bad(const char *text, const char *message)
{
	expect_bad_bytes(text, strlen(text), message);
}

// --- Cases and memory ----------------------------------------------------------------------------

// Sv39: a 1 GB page at 0x40000000 for VA 0, table at 80000000.
#define RV  "case a\nxlen 64\nram 80000000 80001000\n"
#define GB  "mem 80000000 100000cf\nsatp 8000000000080000\n"
#define X86 "case a\nmode long4\nmaxphyaddr 46\n"
#define MAP "mem 1000 2027\nmem 2000 3027\nmem 3000 4027\nmem 4000 5067\ncr3 1000\n"

static void an_access_has_one_line(void **state)
{
	(void)state;
	expect(RV GB "acc 0 load 123 S\nend\n", "case a\n0 ok 40000123 nomem rd=80000000\nend\n");
}

static void case_ids_and_numbers_are_repeated_as_written(void **state)
{
	(void)state;
	expect("case x/1:y\nxlen 64\nram 0 1000\nacc 00F store 8 M\nend\n",
	       "case x/1:y\n00F ok 8 rd=\nend\n");
}

static void a_case_starts_from_zeroed_memory(void **state)
{
	(void)state;
	expect(RV GB "acc 0 load 0 S\nend\ncase b\nxlen 64\nram 80000000 80001000\n"
		     "satp 8000000000080000\nacc 0 load 0 S\nend\n",
	       "case a\n0 ok 40000000 nomem rd=80000000\nend\n"
	       "case b\n0 fault 13 tval=0 rd=80000000\nend\n");
}

static void lines_outside_a_case_apply_to_the_cases_after_them(void **state)
{
	(void)state;
	expect("case a\nend\nxlen 64\nram 80000000 80001000\n" GB "case b\nacc 0 load 0 S\nend\n"
	       "case c\nacc 0 load 1 S\nend\n",
	       "case a\nend\ncase b\n0 ok 40000000 nomem rd=80000000\nend\n"
	       "case c\n0 ok 40000001 nomem rd=80000000\nend\n");
}

static void memory_may_be_given_before_its_range(void **state)
{
	(void)state;
	expect("case a\nxlen 64\n" GB "ram 80000000 80001000\nacc 0 load 0 S\nend\n",
	       "case a\n0 ok 40000000 nomem rd=80000000\nend\n");
}

static void a_write_that_waited_for_its_range_happens_once(void **state)
{
	(void)state;
	expect("case a\nxlen 64\n" GB "ram 80000000 80001000\npoke64 80000000 200000cf\n"
	       "ram 90000000 90001000\nacc 0 load 0 S\nend\n",
	       "case a\n0 ok 80000000 rd=80000000\nend\n");
}

static void ranges_may_overlap(void **state)
{
	(void)state;
	expect(RV GB "ram 7ffff000 90000000\nacc 0 load 0 S\nend\n",
	       "case a\n0 ok 40000000 nomem rd=80000000\nend\n");
}

static void updates_stay_in_memory_within_a_case(void **state)
{
	(void)state;
	expect(RV "mem 80000000 1000000f\nsatp 8000000000080000\nenv adue=1\n"
		  "acc 0 load 0 S\nacc 1 store 0 S\nacc 2 store 0 S\nend\n",
	       "case a\n0 ok 40000000 nomem rd=80000000 upd=80000000:1000000f:1000004f\n"
	       "1 ok 40000000 nomem rd=80000000 upd=80000000:1000004f:100000cf\n"
	       "2 ok 40000000 nomem rd=80000000\nend\n");
}

static void poke32_changes_half_a_word(void **state)
{
	(void)state;
	expect(RV GB "poke32 80000000 0\nacc 0 load 0 S\npoke64 80000000 200000cf\n"
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
	assert_int_equal(run_on(pm, &vh, text, sizeof(text) - 1, true), TW_OK);
	assert_string_equal(out, "case a\n0 ok 40000000 nomem\n1 fault 13 tval=40000000\nend\n");
	tw_pmem_destroy(pm);
}

// --- RISC-V --------------------------------------------------------------------------------------

static void an_entry_outside_ram_is_a_bus_error(void **state)
{
	(void)state;
	expect(RV "mem 80000000 20000401\nsatp 8000000000080000\nacc 0 fetch 0 S\n"
		  "acc 1 load 0 S\nacc 2 store 0 S\nend\n",
	       "case a\n0 fault 1 tval=0 rd=80000000,80001000!\n"
	       "1 fault 5 tval=0 rd=80000000,80001000!\n"
	       "2 fault 7 tval=0 rd=80000000,80001000!\nend\n");
}

static void a_page_inside_ram_is_not_nomem(void **state)
{
	(void)state;
	expect("case a\nxlen 64\nram 40000000 40001000\nram 80000000 80001000\n" GB
	       "acc 0 load fff S\nacc 1 load 1000 S\nend\n",
	       "case a\n0 ok 40000fff rd=80000000\n1 ok 40001000 nomem rd=80000000\nend\n");
}

static void untranslated_addresses_keep_all_64_bits(void **state)
{
	(void)state;
	expect(RV "acc 0 load ffffffffffffffff M\nacc 1 store 100000000000000 S\nend\n",
	       "case a\n0 ok ffffffffffffffff nomem rd=\n"
	       "1 ok 100000000000000 nomem rd=\nend\n");
}

static void mprv_acts_on_data_accesses_only(void **state)
{
	(void)state;
	expect(RV GB "acc 0 load 123 M mprv=1 mpp=S\nacc 1 fetch 123 M mprv=1 mpp=S\n"
		     "acc 2 load 123 M mprv=0 mpp=S\nacc 3 load 123 M mprv=1 mpp=U\nend\n",
	       "case a\n0 ok 40000123 nomem rd=80000000\n1 ok 123 nomem rd=\n"
	       "2 ok 123 nomem rd=\n3 fault 13 tval=123 rd=80000000\nend\n");
}

static void pbmte_needs_the_extension(void **state)
{
	(void)state;
	expect(RV "mem 80000000 20000000100000cf\nsatp 8000000000080000\nenv adue=0 pbmte=1\n"
		  "acc 0 load 0 S\next svpbmt=1\nacc 1 load 0 S\nend\n",
	       "case a\n0 fault 13 tval=0 rd=80000000\n"
	       "1 ok 40000000 nomem rd=80000000\nend\n");
}

static void env_keeps_what_it_does_not_mention(void **state)
{
	(void)state;
	expect(RV "mem 80000000 2000000010000007\next svpbmt=1\nsatp 8000000000080000\n"
		  "env adue=1 pbmte=1\nenv adue=1\nacc 0 load 0 S\nend\n",
	       "case a\n0 ok 40000000 nomem rd=80000000 "
	       "upd=80000000:2000000010000007:2000000010000047\nend\n");
}

// --- x86 -----------------------------------------------------------------------------------------

static void an_x86_access_has_size_and_global(void **state)
{
	(void)state;
	expect(X86 MAP "acc 0 read 123 user=1\nend\n",
	       "case a\n0 ok 5123 g=0 size=1000 rd=1000,2000,3000,4000\nend\n");
	expect(X86 "mem 1000 2027\nmem 2000 1e7\ncr3 1000\nenv pge=1\nacc 0 write 5 user=0\nend\n",
	       "case a\n0 ok 5 g=1 size=40000000 rd=1000,2000\nend\n");
}

static void x86_faults_carry_code_and_address(void **state)
{
	(void)state;
	expect(X86 MAP "acc 0 write 1000 user=1\nacc 1 fetch ffff800000000000 user=0\nend\n",
	       "case a\n0 pf 6 cr2=1000 rd=1000,2000,3000,4008\n"
	       "1 pf 10 cr2=ffff800000000000 rd=1800\nend\n");
}

static void a_non_canonical_x86_address_is_gp(void **state)
{
	(void)state;
	expect(X86 MAP "acc 0 read 800000000000 user=1\nend\n", "case a\n0 gp\nend\n");
}

static void x86_control_bits_have_their_defaults(void **state)
{
	(void)state;
	// wp=1: a supervisor's write to a read-only page; nxe=1: bit 63 is no reserved bit; smap=0.
	expect(X86 MAP "poke64 4000 8000000000005025\nacc 0 write 0 user=0\n"
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
	expect(X86 MAP "env smap=1\nacc 0 read 0 user=0\nacc 1 read 0 user=0 ac=1\nend\n",
	       "case a\n0 pf 1 cr2=0 rd=1000,2000,3000,4000\n"
	       "1 ok 5000 g=0 size=1000 rd=1000,2000,3000,4000\nend\n");
}

static void pkru_is_hexadecimal_and_kept(void **state)
{
	(void)state;
	expect(X86 MAP "poke64 4000 2800000000005067\nenv pke=1 pkru=400\nenv wp=1\n"
		       "acc 0 read 0 user=1\nenv pkru=0\nacc 1 read 0 user=1\nend\n",
	       "case a\n0 pf 25 cr2=0 rd=1000,2000,3000,4000\n"
	       "1 ok 5000 g=0 size=1000 rd=1000,2000,3000,4000\nend\n");
}

static void a_bad_cr3_is_gp_cr3_until_a_good_one(void **state)
{
	(void)state;
	expect(X86 MAP "cr3 400000001000\nacc 0 read 0 user=1\ncr3 1fff\nacc 1 read 0 user=1\n"
		       "cr3 8000000000001000\nacc 2 read 0 user=1\nenv pcide=1\n"
		       "cr3 8000000000001000\nacc 3 read 0 user=1\nend\n",
	       "case a\n0 gp_cr3\n1 ok 5000 g=0 size=1000 rd=1000,2000,3000,4000\n2 gp_cr3\n"
	       "3 ok 5000 g=0 size=1000 rd=1000,2000,3000,4000\nend\n");
}

// --- Fences: a back end that writes down what it is told -----------------------------------------

static struct {
	struct tw_ctx ctx;
	char text[1024];
} note;

static bool note_has(const struct tw_format_desc *format)
{
	return format->hw;
}

static int note_ctx(void *self, const struct tw_ctx *ctx)
{
	(void)self;
	note.ctx = *ctx;
	return 0;
}

static int note_fence(void *self, const struct tw_fence *f)
{
	size_t n = strlen(note.text);

	(void)self;
	snprintf(note.text + n, sizeof(note.text) - n, "[");
	n++;
	if (f->by_addr)
		n += (size_t)snprintf(note.text + n, sizeof(note.text) - n, "va=%llx ",
				      (unsigned long long)f->va);
	if (f->by_asid)
		n += (size_t)snprintf(note.text + n, sizeof(note.text) - n, "asid=%x ", f->asid);
	snprintf(note.text + n, sizeof(note.text) - n, "g=%d]", f->global);
	return 0;
}

static int note_access(void *self, const struct tw_req *req, struct vec_result *res)
{
	(void)self;
	(void)req;
	(void)res;
	strcat(note.text, "!"); // marks a point in the sequence
	return 0;
}

static const char *note_error(void *self)
{
	(void)self;
	return "";
}

static const struct vec_hw note_hw = {.name = "note",
				      .has = note_has,
				      .set_ctx = note_ctx,
				      .fence = note_fence,
				      .access = note_access,
				      .error = note_error};

// The fences of a text after the point marked by its first access.
static const char *fences_of(const char *text)
{
	struct tw_pmem *pm;

	note.text[0] = '\0';
	assert_int_equal(tw_pmem_create(&pm), 0);
	assert_int_equal(run_on(pm, &note_hw, text, strlen(text), true), TW_OK);
	tw_pmem_destroy(pm);
	assert_non_null(strchr(note.text, '!'));
	return strchr(note.text, '!') + 1;
}

#define RV_MARK	 RV "acc 0 load 0 M\n"
#define X86_MARK X86 "cr3 1000\nacc 0 read 0 user=0\n"
#define PCID	 X86 "env pcide=1\ncr3 1005\nacc 0 read 0 user=0\n"

static void each_case_starts_with_empty_tlbs(void **state)
{
	(void)state;
	assert_string_equal(fences_of(RV_MARK "end\ncase b\nend\n"), "[g=1]");
}

static void satp_implies_no_fence(void **state)
{
	(void)state;
	assert_string_equal(fences_of(RV_MARK "satp 8123400000080000\nend\n"), "");
	assert_int_equal(note.ctx.format, TW_FMT_SV39);
	assert_int_equal(note.ctx.asid, 0x1234);
	assert_int_equal(note.ctx.root_ppn, 0x80000);
}

static void sfence_operands_make_the_scope(void **state)
{
	(void)state;
	assert_string_equal(fences_of(RV_MARK "sfence\nsfence va=1000\nsfence asid=7\n"
					      "sfence asid=7 va=1000\nend\n"),
			    "[g=1][va=1000 g=1][asid=7 g=0][va=1000 asid=7 g=0]");
}

static void cr3_without_pcids_drops_what_is_not_global(void **state)
{
	(void)state;
	assert_string_equal(fences_of(X86_MARK "cr3 2fff\nend\n"), "[g=0]");
	assert_int_equal(note.ctx.root_ppn, 2);
	assert_int_equal(note.ctx.asid, 0);
}

static void cr3_with_pcids_drops_the_new_pcid_unless_bit_63(void **state)
{
	(void)state;
	assert_string_equal(fences_of(PCID "cr3 2007\nend\n"), "[asid=7 g=0]");
	assert_int_equal(note.ctx.asid, 7);
	assert_string_equal(fences_of(PCID "cr3 8000000000002007\nend\n"), "");
	assert_int_equal(note.ctx.asid, 7);
	assert_int_equal(note.ctx.root_ppn, 2);
}

static void invlpg_is_by_address_and_pcid_and_global(void **state)
{
	(void)state;
	assert_string_equal(fences_of(PCID "invlpg 1234\nend\n"), "[va=1234 asid=5 g=1]");
	assert_string_equal(fences_of(PCID "invlpg 800000000000\nend\n"), "");
}

static void invpcid_has_four_types(void **state)
{
	(void)state;
	assert_string_equal(fences_of(PCID "invpcid 0 9 1000\ninvpcid 1 9 1000\n"
					   "invpcid 2 9 1000\ninvpcid 3 9 1000\nend\n"),
			    "[va=1000 asid=9 g=0][asid=9 g=0][g=1][g=0]");
}

static void invpcid_without_pcids_knows_pcid_0_only(void **state)
{
	(void)state;
	assert_string_equal(fences_of(X86_MARK "invpcid 0 9 1000\ninvpcid 1 9 0\n"
					       "invpcid 1 0 0\nend\n"),
			    "[asid=0 g=0]");
}

static void toggling_pge_drops_everything(void **state)
{
	(void)state;
	assert_string_equal(fences_of(X86_MARK "env pge=1\nenv pge=1\nenv pge=0\nend\n"),
			    "[g=1][g=1]");
}

static void clearing_pcide_drops_everything(void **state)
{
	(void)state;
	assert_string_equal(fences_of(PCID "env pcide=0\nend\n"), "[g=1]");
	assert_string_equal(fences_of(X86_MARK "env pcide=1\nend\n"), "");
}

static void setting_smep_drops_the_current_pcid(void **state)
{
	(void)state;
	assert_string_equal(fences_of(PCID "env smep=1\nenv smep=0\nend\n"), "[asid=5 g=0]");
}

static void other_control_bits_drop_nothing(void **state)
{
	(void)state;
	assert_string_equal(fences_of(X86_MARK "env wp=0 nxe=0 smap=1 pke=1 pkru=3\nend\n"), "");
	assert_int_equal(note.ctx.pkru, 3);
	assert_int_equal(note.ctx.flags & (TW_F_WP | TW_F_NXE | TW_F_SMAP | TW_F_PKE),
			 TW_F_SMAP | TW_F_PKE);
}

static void a_format_the_hardware_lacks_is_named(void **state)
{
	static const char rv[] = "case a\nxlen 64\nsatp a000000000080000\nend\n";
	static const char x86[] = "case a\nmode long5\nend\n";
	struct tw_pmem *pm;

	(void)state;
	assert_int_equal(tw_pmem_create(&pm), 0);
	assert_int_equal(run_on(pm, &note_hw, rv, sizeof(rv) - 1, true), TW_BAD_INPUT);
	assert_string_equal(err + strlen(path), ":3: expected a format that --hw note has (bare, "
						"sv39), not satp.MODE 10");
	assert_int_equal(run_on(pm, &note_hw, x86, sizeof(x86) - 1, true), TW_BAD_INPUT);
	assert_string_equal(err + strlen(path),
			    ":2: expected a mode that --hw note has (long4), not long5");
	tw_pmem_destroy(pm);
}

// --- Bad input -----------------------------------------------------------------------------------

static void unknown_directives_are_refused(void **state)
{
	(void)state;
	expect_bad("foo 1\n", ":1: expected a directive of RVW1 or X86W1, not \"foo\"");
	expect_bad("xlen 64\nfoo\n", ":2: expected a directive of RVW1, not \"foo\"");
}

static void the_two_families_do_not_mix(void **state)
{
	(void)state;
	expect_bad("xlen 64\ncr3 0\n", ":2: expected a directive of RVW1, not \"cr3\"");
	expect_bad("# X86W1\nsatp 0\n", ":2: expected a directive of X86W1, not \"satp\"");
	expect_bad("mode long4\nenv adue=1\n",
		   ":2: expected wp=, nxe=, pse=, pge=, smep=, smap=, pke=, gbpages=, pcide= or "
		   "pkru=, each once, not \"adue=1\"");
}

static void another_format_in_the_first_line_is_refused(void **state)
{
	(void)state;
	expect_bad("# RVW2\n", ":1: expected a file of the format RVW1 or X86W1, not RVW2");
	expect_bad("# SCN1\n", ":1: expected a file of the format RVW1 or X86W1, not SCN1");
	expect("# RVW1 and a remark\n# RVW2\n", "");
}

static void numbers_are_hexadecimal_without_prefix(void **state)
{
	static const char *const bad[] = {"0x1000", "1000h", "-8", "+8", "g", "1_0"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[64], message[160];

		snprintf(text, sizeof(text), "mem %s 0\n", bad[i]);
		snprintf(message, sizeof(message),
			 ":1: expected a physical address, hexadecimal without 0x, below 2^56, a "
			 "multiple of 8, not \"%s\"",
			 bad[i]);
		expect_bad(text, message);
	}
}

static void numbers_out_of_range_are_refused(void **state)
{
	static const char *const bad[] = {"mem 100000000000000 0\n",
					  "mem 4 0\n",
					  "mem 0 10000000000000000\n",
					  "case a\npoke32 2 0\n",
					  "case a\npoke32 0 100000000\n",
					  "ram 1000 1000\n",
					  "ram 0 100000000000001\n",
					  "maxphyaddr 35\n",
					  "maxphyaddr 53\n",
					  "maxphyaddr 2e\n",
					  "xlen 40\n",
					  "case a\nsfence asid=10000\n",
					  "case a\ninvpcid 4 0 0\n",
					  "case a\ninvpcid 0 1000 0\n",
					  "env adue=2\n",
					  "env pkru=100000000\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(run_bytes(bad[i], strlen(bad[i])), TW_BAD_INPUT);
		assert_non_null(strstr(err, ": expected "));
	}
}

static void missing_and_extra_words_are_refused(void **state)
{
	(void)state;
	expect_bad("mem 8\n",
		   ":1: expected a value, hexadecimal without 0x, at most 64 bits at the "
		   "end of the line");
	expect_bad("mem 8 0 1\n", ":1: expected the end of the line, not \"1\"");
	expect_bad("case\n", ":1: expected an id of the case at the end of the line");
	expect_bad("case a b\n", ":1: expected the end of the line, not \"b\"");
	expect_bad("env\n", ":1: expected wp=, nxe=, pse=, pge=, smep=, smap=, pke=, gbpages=, "
			    "pcide= or pkru=, each once at the end of the line");
}

static void an_option_may_stand_once(void **state)
{
	(void)state;
	expect_bad("xlen 64\nenv adue=1 adue=0\n",
		   ":2: expected adue= or pbmte=, each once, not \"adue=0\"");
	expect_bad(RV "sfence va=0 va=0\n",
		   ":4: expected va=, asid= (each once) or the end of the line, not \"va=0\"");
}

static void bad_accesses_are_refused(void **state)
{
	(void)state;
	expect_bad(RV "acc 0 read 0 S\n", ":4: expected load, store or fetch, not \"read\"");
	expect_bad(RV "acc 0 load 0 H\n", ":4: expected U, S or M, not \"H\"");
	expect_bad(RV "acc 0 load 0\n", ":4: expected U, S or M at the end of the line");
	expect_bad(RV "acc 0 load 0 M mprv=1\n",
		   ":4: expected mpp=U or mpp=S with mprv=1 at the end of the line");
	expect_bad(RV "acc z load 0 M\n", ":4: expected a number of the access, not \"z\"");
	expect_bad(X86 "acc 0 load 0 user=1\n", ":4: expected read, write or fetch, not \"load\"");
	expect_bad(X86 "acc 0 read 0\n", ":4: expected user=0 or user=1 at the end of the line");
	expect_bad(X86 "acc 0 read 0 user=2\n", ":4: expected user=0 or user=1, not \"user=2\"");
	expect_bad(X86 "acc 0 read 0 user=1 sum=1\n",
		   ":4: expected ac=1 or the end of the line, not \"sum=1\"");
}

static void what_an_access_needs_must_be_there(void **state)
{
	(void)state;
	expect_bad("case a\nacc 0 load 0 M\n",
		   ":2: expected \"xlen 32|64\" before the first access");
	expect_bad("case a\nacc 0 read 0 user=0\n", ":2: expected \"mode\" before this line");
	expect_bad("case a\nmode long4\nacc 0 read 0 user=0\n",
		   ":3: expected \"maxphyaddr\" before the first access");
}

static void cases_do_not_nest_and_must_end(void **state)
{
	(void)state;
	expect_bad("case a\ncase b\n", ":2: expected \"end\" of the case of line 1");
	expect_bad("end\n", ":1: expected \"case ID\" before this line");
	expect_bad("xlen 64\nacc 0 load 0 M\n", ":2: expected \"case ID\" before this line");
	expect_bad("case a\nxlen 64\n", ":3: expected \"end\" of the case of line 1");
}

static void results_before_an_error_are_complete(void **state)
{
	(void)state;
	expect_bad(RV "acc 0 load 0 M\nfoo\n", ":5: expected a directive of RVW1, not \"foo\"");
	assert_string_equal(out, "case a\n0 ok 0 nomem rd=\n");
}

static void formats_this_version_lacks_are_named(void **state)
{
	(void)state;
	expect_bad("case a\nxlen 32\n", ":2: expected a format that --hw arch has (bare, sv39, "
					"sv48, sv57), not those of xlen 32");
	expect_bad("case a\nmode pae\n",
		   ":2: expected a mode that --hw arch has (long4, long5), not pae");
	expect_bad("case a\nmode legacy\n",
		   ":2: expected a mode that --hw arch has (long4, long5), not legacy");
	expect_bad(RV "satp f000000000080000\n", ":4: expected a format that --hw arch has (bare, "
						 "sv39, sv48, sv57), not satp.MODE 15");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	(void)state;
	expect_bad_bytes("mem\0 0\n", 7, ":1: expected text, not a byte 00");
	expect_bad("mem \xff\n", ":1: expected text, not a byte ff");
	expect("# \xff\x01 in a comment\n  # indented\r\n\r\n", "");
}

static void long_lines_and_many_words_are_refused(void **state)
{
	char text[6000];

	(void)state;
	memset(text, 'a', sizeof(text));
	expect_bad_bytes(text, sizeof(text), ":1: expected at most 4096 characters");
	for (size_t i = 1; i < sizeof(text); i += 2)
		text[i] = ' ';
	expect_bad_bytes(text, 200, ":1: expected at most 32 words");
	text[0] = '#';
	assert_int_equal(run_bytes(text, sizeof(text)), TW_OK);
}

static void a_last_line_without_newline_counts(void **state)
{
	(void)state;
	expect(RV "acc 0 load 0 M\nend", "case a\n0 ok 0 nomem rd=\nend\n");
}

// Compresses a text and runs the first LEN bytes of what comes out; 0: all.
static enum tw_status run_gzip(const char *text, size_t len, char flip)
{
	char packed[4096];
	size_t n;
	gzFile gz;
	FILE *f;

	write_file("", 0);
	gz = gzopen(path, "wb");
	assert_non_null(gz);
	assert_true(gzputs(gz, text) > 0);
	assert_int_equal(gzclose(gz), Z_OK);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(packed, 1, sizeof(packed), f);
	fclose(f);
	unlink(path);
	assert_true(n > len);
	packed[n / 2] = (char)(packed[n / 2] ^ flip);
	return run_bytes(packed, len ? len : n);
}

static void gzip_files_are_read(void **state)
{
	(void)state;
	assert_int_equal(run_gzip(RV GB "acc 0 load 123 S\nend\n", 0, 0), TW_OK);
	assert_string_equal(out, "case a\n0 ok 40000123 nomem rd=80000000\nend\n");
}

static void damaged_gzip_files_are_refused(void **state)
{
	(void)state;
	assert_int_equal(run_gzip("xlen 64\ncase a\nend\n", 20, 0), TW_BAD_INPUT);
	assert_non_null(strstr(err, ": expected intact gzip data ("));
	assert_int_equal(run_gzip("xlen 64\ncase a\nend\n", 0, 1), TW_BAD_INPUT);
	assert_non_null(strstr(err, ": expected intact gzip data ("));
}

static void a_missing_file_is_a_system_error(void **state)
{
	struct vec_opts opts = {0};
	struct vec_arch arch;
	struct tw_pmem *pm;
	struct vec_hw vh;

	(void)state;
	assert_int_equal(tw_pmem_create(&pm), 0);
	vec_arch_init(&arch, pm, &vh);
	assert_int_equal(vec_run("/nonexistent/x", pm, &vh, &opts, stdout, err, sizeof(err)),
			 TW_SYSTEM);
	assert_string_equal(err, "/nonexistent/x: No such file or directory");
	assert_int_equal(vec_run("/tmp", pm, &vh, &opts, stdout, err, sizeof(err)), TW_SYSTEM);
	assert_string_equal(err, "/tmp: Is a directory");
	tw_pmem_destroy(pm);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

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
		TEST(each_case_starts_with_empty_tlbs),
		TEST(satp_implies_no_fence),
		TEST(sfence_operands_make_the_scope),
		TEST(cr3_without_pcids_drops_what_is_not_global),
		TEST(cr3_with_pcids_drops_the_new_pcid_unless_bit_63),
		TEST(invlpg_is_by_address_and_pcid_and_global),
		TEST(invpcid_has_four_types),
		TEST(invpcid_without_pcids_knows_pcid_0_only),
		TEST(toggling_pge_drops_everything),
		TEST(clearing_pcide_drops_everything),
		TEST(setting_smep_drops_the_current_pcid),
		TEST(other_control_bits_drop_nothing),
		TEST(a_format_the_hardware_lacks_is_named),
		TEST(unknown_directives_are_refused),
		TEST(the_two_families_do_not_mix),
		TEST(another_format_in_the_first_line_is_refused),
		TEST(numbers_are_hexadecimal_without_prefix),
		TEST(numbers_out_of_range_are_refused),
		TEST(missing_and_extra_words_are_refused),
		TEST(an_option_may_stand_once),
		TEST(bad_accesses_are_refused),
		TEST(what_an_access_needs_must_be_there),
		TEST(cases_do_not_nest_and_must_end),
		TEST(results_before_an_error_are_complete),
		TEST(formats_this_version_lacks_are_named),
		TEST(bytes_that_are_no_text_are_refused),
		TEST(long_lines_and_many_words_are_refused),
		TEST(a_last_line_without_newline_counts),
		TEST(gzip_files_are_read),
		TEST(damaged_gzip_files_are_refused),
		TEST(a_missing_file_is_a_system_error),
	};

	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
