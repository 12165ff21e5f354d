// SPDX-License-Identifier: Apache-2.0
// See harness.h.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

char vt_path[64], vt_err[512], *vt_out;

int vt_teardown(void **state)
{
	(void)state;
	free(vt_out);
	vt_out = NULL;
	return 0;
}

void vt_write_file(const char *text, size_t len)
{
	int fd;

	strcpy(vt_path, "/tmp/test_vectors.XXXXXX");
	fd = mkstemp(vt_path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

enum tw_status vt_run_on(struct tw_pmem *pm, const struct vec_hw *vh, const char *text,
			 size_t text_len, bool no_rd)
{
	struct vec_opts opts = {.no_rd = no_rd};
	enum tw_status status;
	size_t len;
	FILE *f;

	vt_write_file(text, text_len);
	free(vt_out);
	vt_out = NULL;
	f = open_memstream(&vt_out, &len);
	assert_non_null(f);
	vt_err[0] = '\0';
	status = vec_run(vt_path, pm, vh, &opts, f, vt_err, sizeof(vt_err));
	fclose(f);
	unlink(vt_path);
	return status;
}

enum tw_status vt_run_bytes(const char *text, size_t len)
{
	struct vec_arch arch;
	enum tw_status status;
	struct tw_pmem *pm;
	struct vec_hw vh;

	assert_int_equal(tw_pmem_create(&pm), 0);
	vec_arch_init(&arch, pm, &vh);
	status = vt_run_on(pm, &vh, text, len, false);
	tw_pmem_destroy(pm);
	return status;
}

void vt_expect(const char *text, const char *results)
{
	if (vt_run_bytes(text, strlen(text)) != TW_OK)
		print_error("%s\n", vt_err);
	assert_string_equal(vt_err, "");
	assert_string_equal(vt_out, results);
}

void vt_expect_bad_bytes(const char *text, size_t len, const char *message)
{
	assert_int_equal(vt_run_bytes(text, len), TW_BAD_INPUT);
	assert_memory_equal(vt_err, vt_path, strlen(vt_path));
	assert_string_equal(vt_err + strlen(vt_path), message);
}

void vt_expect_bad(const char *text, const char *message)
{
	vt_expect_bad_bytes(text, strlen(text), message);
}
