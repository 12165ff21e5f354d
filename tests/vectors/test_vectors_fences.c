// SPDX-License-Identifier: Apache-2.0
// The vectors: control state and fences, on a back end that writes down what it is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"

static struct {
	struct tw_ctx ctx;
	char text[1024];
} note;

static bool note_has(void *self, const struct tw_format_desc *format)
{
	(void)self;
	return format->format == TW_FMT_SV39 || format->format == TW_FMT_X86_LONG4 ||
	       format->format == TW_FMT_X86_PAE;
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
	assert_int_equal(vt_run_on(pm, &note_hw, text, strlen(text), true), TW_OK);
	tw_pmem_destroy(pm);
	assert_non_null(strchr(note.text, '!'));
	return strchr(note.text, '!') + 1;
}

#define RV_MARK	 RV "acc 0 load 0 M\n"
#define X86_MARK X86 "cr3 1000\nacc 0 read 0 user=0\n"
#define PAE_MARK                                                   \
	"case a\nmode pae\nmaxphyaddr 46\nenv pcide=1\ncr3 1020\n" \
	"acc 0 read 0 user=0\n"
#define PCID X86 "env pcide=1\ncr3 1005\nacc 0 read 0 user=0\n"

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

static void sfence_ignores_bits_that_no_asid_has(void **state)
{
	(void)state;
	assert_string_equal(fences_of("case a\nxlen 32\nacc 0 load 0 M\n"
				      "sfence asid=fe07\nsfence va=1000 asid=200\nend\n"),
			    "[asid=7 g=0][va=1000 asid=0 g=0]");
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

static void a_mode_of_32_bits_has_no_pcids(void **state)
{
	(void)state;
	assert_string_equal(fences_of(PAE_MARK "invlpg 5000\ninvpcid 0 20 0\ncr3 1020\n"
					       "env smep=1\nend\n"),
			    "[va=5000 asid=0 g=1][g=0][asid=0 g=0]");
	assert_int_equal(note.ctx.asid, 0);
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
	assert_int_equal(vt_run_on(pm, &note_hw, rv, sizeof(rv) - 1, true), TW_BAD_INPUT);
	assert_string_equal(vt_err + strlen(vt_path),
			    ":3: expected a format that --hw note has (bare, "
			    "sv39), not satp.MODE 10");
	assert_int_equal(vt_run_on(pm, &note_hw, x86, sizeof(x86) - 1, true), TW_BAD_INPUT);
	assert_string_equal(vt_err + strlen(vt_path),
			    ":2: expected a mode that --hw note has (pae, long4), not long5");
	tw_pmem_destroy(pm);
}

#define TEST(f) cmocka_unit_test_teardown(f, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_case_starts_with_empty_tlbs),
		TEST(satp_implies_no_fence),
		TEST(sfence_operands_make_the_scope),
		TEST(sfence_ignores_bits_that_no_asid_has),
		TEST(cr3_without_pcids_drops_what_is_not_global),
		TEST(cr3_with_pcids_drops_the_new_pcid_unless_bit_63),
		TEST(invlpg_is_by_address_and_pcid_and_global),
		TEST(invpcid_has_four_types),
		TEST(invpcid_without_pcids_knows_pcid_0_only),
		TEST(toggling_pge_drops_everything),
		TEST(clearing_pcide_drops_everything),
		TEST(a_mode_of_32_bits_has_no_pcids),
		TEST(setting_smep_drops_the_current_pcid),
		TEST(other_control_bits_drop_nothing),
		TEST(a_format_the_hardware_lacks_is_named),
	};

	return cmocka_run_group_tests_name("vectors_fences", tests, NULL, NULL);
}
