// SPDX-License-Identifier: Apache-2.0
// The vectors under damaged input: files of this folder, changed at random, must either run or be
// refused with FILE:LINE: expected ..., on the architecture and on the C model, plain and
// compressed. Meant for a build with sanitizers, where a wild access would show. The same seed
// makes the same files; TW_SEED sets it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "../../vectors/vectors.h"
#include "twinwalk/prng.h"

static const char *const bases[] = {
	"tests/vectors/rv-ext-sv39.cases",	  "tests/vectors/rv-tlb-sv39.cases",
	"tests/vectors/rv-rand-sv57.cases",	  "tests/vectors/x86-rand-long4-pa46.cases",
	"tests/vectors/x86-tlb-long4-pa46.cases", "tests/vectors/x86-rand-long5-pa52.cases",
};
enum { BASES = sizeof(bases) / sizeof(bases[0]), TEXT_MAX = 65536 };

static uint64_t first_seed(void)
{
	const char *s = getenv("TW_SEED");

	return s ? strtoull(s, NULL, 0) : 1;
}

struct text {
	size_t len;
	char bytes[TEXT_MAX];
};

static void read_base(struct text *t, const char *path)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	t->len = fread(t->bytes, 1, sizeof(t->bytes) / 2, f);
	fclose(f);
	assert_true(t->len > 1000);
}

static void replace(struct text *t, size_t at, size_t len, const char *with, size_t with_len)
{
	if (t->len - len + with_len > TEXT_MAX)
		return;
	memmove(t->bytes + at + with_len, t->bytes + at + len, t->len - at - len);
	memcpy(t->bytes + at, with, with_len);
	t->len += with_len - len;
}

// Bounds of the line, or the word, around a place.
static void around(const struct text *t, size_t at, bool word, size_t *from, size_t *to)
{
	*from = *to = at;
	while (*from > 0 && t->bytes[*from - 1] != '\n' && !(word && t->bytes[*from - 1] == ' '))
		--*from;
	while (*to < t->len && t->bytes[*to] != '\n' && !(word && t->bytes[*to] == ' '))
		++*to;
}

static void damage(struct text *t, uint64_t *s)
{
	static const char *const words[] = {"",
					    "0",
					    "ffffffffffffffff",
					    "10000000000000000",
					    "0x10",
					    "-1",
					    "acc",
					    "end",
					    "case",
					    "mem",
					    "8",
					    "mode",
					    "long4",
					    "xlen",
					    "64",
					    "satp",
					    "cr3",
					    "M",
					    "user=1",
					    "ram",
					    "100000000000000",
					    "sfence",
					    "invpcid",
					    "=",
					    "adue=",
					    "poke32",
					    "env",
					    "svnapot=1",
					    "mprv=1",
					    "mpp=",
					    "pcide=1",
					    "\n",
					    "#",
					    "ffffffffffffff",
					    "800000000000"};
	char line[512];
	size_t at, from, to, n;
	uint64_t r = tw_random(s);

	if (t->len == 0)
		return;
	at = (r >> 8) % t->len;
	switch (r & 7) {
	case 0: // a bit
		t->bytes[at] = (char)(t->bytes[at] ^ 1 << (r >> 60 & 7));
		break;
	case 1: // the file is cut off
		if ((r >> 60) == 0)
			t->len = at;
		break;
	case 2: // a line is lost
		around(t, at, false, &from, &to);
		replace(t, from, to - from, "", 0);
		break;
	case 3: // a line stands elsewhere
		around(t, at, false, &from, &to);
		n = to - from < sizeof(line) - 1 ? to - from : sizeof(line) - 1;
		memcpy(line, t->bytes + from, n);
		line[n] = '\n';
		around(t, (tw_random(s) >> 8) % t->len, false, &from, &to);
		replace(t, from, 0, line, n + 1);
		break;
	case 4: // a word is lost
		around(t, at, true, &from, &to);
		replace(t, from, to - from, "", 0);
		break;
	default: // a word is another
		around(t, at, true, &from, &to);
		n = (tw_random(s) >> 8) % (sizeof(words) / sizeof(words[0]));
		replace(t, from, to - from, words[n], strlen(words[n]));
		break;
	}
}

static void write_file(const char *path, const struct text *t, bool gzip, uint64_t *s)
{
	gzFile gz = gzopen(path, gzip ? "wb6" : "wbT");

	assert_non_null(gz);
	if (t->len)
		assert_int_equal(gzwrite(gz, t->bytes, (unsigned int)t->len), t->len);
	assert_int_equal(gzclose(gz), Z_OK);
	if (gzip && (tw_random(s) & 1)) { // damage the container too
		FILE *f = fopen(path, "r+");
		long len;

		assert_non_null(f);
		assert_int_equal(fseek(f, 0, SEEK_END), 0);
		len = ftell(f);
		assert_int_equal(fseek(f, (long)(tw_random(s) >> 8) % len, SEEK_SET), 0);
		fputc((int)(tw_random(s) & 255), f);
		fclose(f);
		if (tw_random(s) & 1)
			assert_int_equal(truncate(path, (long)(tw_random(s) >> 8) % len), 0);
	}
}

// The results are lines of the documented forms, whatever the input was.
static void check_results(const char *out)
{
	while (*out) {
		const char *end = strchr(out, '\n');

		assert_non_null(end);
		if (strncmp(out, "case ", 5) != 0 && strncmp(out, "end\n", 4) != 0) {
			const char *what = strchr(out, ' ');

			assert_non_null(what);
			assert_true(!strncmp(what, " ok ", 4) || !strncmp(what, " fault ", 7) ||
				    !strncmp(what, " pf ", 4) || !strncmp(what, " gp\n", 4) ||
				    !strncmp(what, " gp_cr3\n", 8));
		}
		out = end + 1;
	}
}

static unsigned int accepted, refused;

static void run_one(const char *path, struct tw_pmem *pm, const struct vec_hw *vh)
{
	static const struct vec_opts opts = {0};
	char err[512] = "", *out = NULL;
	enum tw_status status;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	assert_non_null(f);
	status = vec_run(path, pm, vh, &opts, f, err, sizeof(err));
	fclose(f);
	if (status == TW_OK) {
		assert_string_equal(err, "");
		accepted++;
	} else {
		char *rest;

		assert_int_equal(status, TW_BAD_INPUT);
		assert_memory_equal(err, path, strlen(path));
		assert_int_equal(err[strlen(path)], ':');
		assert_true(strtoul(err + strlen(path) + 1, &rest, 10) > 0);
		assert_memory_equal(rest, ": expected ", 11);
		assert_null(strchr(err, '\n'));
		refused++;
	}
	check_results(out);
	free(out);
}

// Runs N damaged files. Each has a seed of its own, printed when it fails.
static void run_many(unsigned int n, struct tw_pmem *pm, const struct vec_hw *vh)
{
	struct text *t = malloc(sizeof(*t));
	uint64_t seed = first_seed();
	char path[] = "/tmp/test_damage.XXXXXX";
	int fd = mkstemp(path);

	assert_non_null(t);
	assert_true(fd >= 0);
	close(fd);
	accepted = refused = 0;
	print_message("TW_SEED=%" PRIu64 "\n", seed);
	for (unsigned int i = 0; i < n; i++) {
		uint64_t s = tw_mix64(seed + i);

		read_base(t, bases[(s >> 20) % BASES]);
		// Few changes, so that a run gets far; sometimes many.
		for (uint64_t k = 1 + (tw_random(&s) & 3) * (tw_random(&s) & 15); k; k--)
			damage(t, &s);
		write_file(path, t, tw_random(&s) % 8 == 0, &s);
		run_one(path, pm, vh);
	}
	unlink(path);
	free(t);
	print_message("%u ran, %u refused\n", accepted, refused);
	// Both must happen often, or the damage is not what it is meant to be.
	assert_true(accepted > n / 50 && refused > n / 4);
}

static void the_architecture_takes_damaged_files(void **state)
{
	struct vec_arch arch;
	struct tw_pmem *pm;
	struct vec_hw vh;

	(void)state;
	assert_int_equal(tw_pmem_create(&pm), 0);
	vec_arch_init(&arch, pm, &vh);
	run_many(4000, pm, &vh);
	tw_pmem_destroy(pm);
}

static void the_c_model_takes_damaged_files(void **state)
{
	struct tw_hw_opts opts = {.config = tw_config_find("compact"),
				  .mem = {.latency_min = 1, .latency_max = 1}};
	struct vec_machine machine;
	struct tw_pmem *pm;
	struct vec_hw vh;
	struct tw_hw *hw;

	(void)state;
	assert_int_equal(tw_pmem_create(&pm), 0);
	opts.pmem = pm;
	assert_int_equal(tw_hw_csim_create(&opts, &hw), 0);
	vec_machine_init(&machine, hw, &vh);
	run_many(1000, pm, &vh);
	tw_hw_destroy(hw);
	tw_pmem_destroy(pm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_architecture_takes_damaged_files),
		cmocka_unit_test(the_c_model_takes_damaged_files),
	};

	return cmocka_run_group_tests_name("vectors_damage", tests, NULL, NULL);
}
