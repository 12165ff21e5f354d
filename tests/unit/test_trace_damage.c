// SPDX-License-Identifier: Apache-2.0
//
// Damaged and hostile traces: whatever the bytes, reading ends with an error that names the file,
// or with events that keep all rules; it never crashes (run it with TW_SANITIZE=address,undefined)
// and never allocates what the bytes claim.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "../../trace/format.h"
#include "trace_fixture.h"
#include "twinwalk/prng.h"

#define MUTATIONS 5000 // of each test

struct bytes {
	uint8_t *p;
	size_t n;
};

static struct sample sample;
static struct bytes original;

static int set_up(void **state)
{
	(void)state;
	fill_sample(&sample, base_seed());
	write_sample(&sample, 1);
	original.p = read_file(sample.path, &original.n);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(original.p);
	free_sample(&sample);
	return 0;
}

// Reads what the file holds to the end. Returns the error or 0, after checking what must hold in
// either case.
static int read_all(uint64_t seed)
{
	struct tw_trace_order order = {0};
	struct tw_trace_event e = {0};
	struct tw_trace *t;
	int status = tw_trace_open(sample.path, &t);

	assert_non_null(t);
	while (!status && (status = tw_trace_next(t, &e)) == 1) {
		const char *broken = tw_trace_check(&order, &e, tw_trace_get_info(t)->n_files);

		if (broken)
			fail_msg("TW_SEED=%llu: an event breaks a rule: %s",
				 (unsigned long long)seed, broken);
		status = 0;
	}
	if (status) {
		if (status != -EBADMSG && status != -ENOTSUP)
			fail_msg("TW_SEED=%llu: error %d", (unsigned long long)seed, status);
		assert_non_null(strstr(tw_trace_error(t), sample.path));
		assert_int_equal(tw_trace_next(t, &e), status);
	} else {
		assert_true(order.exited);
	}
	tw_trace_close(t);
	return status;
}

// The same for other bytes.
static int read_bytes(struct bytes b, uint64_t seed)
{
	write_file(sample.path, b.p, b.n);
	return read_all(seed);
}

static struct bytes copy_original(void)
{
	struct bytes b = {malloc(original.n), original.n};

	assert_non_null(b.p);
	memcpy(b.p, original.p, b.n);
	return b;
}

static void fix_header_crc(struct bytes b)
{
	tw_trace_set32(b.p + TW_TRACE_H_CRC, (uint32_t)crc32(0, b.p, TW_TRACE_H_CRC));
}

static void fix_block_crc(struct bytes b)
{
	uint8_t *h = b.p + TW_TRACE_HEADER_SIZE;
	uint64_t left = b.n - TW_TRACE_HEADER_SIZE - TW_TRACE_BLOCK_HEADER_SIZE;
	uint64_t packed = tw_trace_get32(h + TW_TRACE_B_PACKED);
	uLong crc = crc32(0, h, TW_TRACE_B_CRC);

	if (packed <= left)
		tw_trace_set32(h + TW_TRACE_B_CRC,
			       (uint32_t)crc32(crc, h + TW_TRACE_BLOCK_HEADER_SIZE, (uInt)packed));
}

static void fix_table_crc(struct bytes b)
{
	uint64_t table = tw_trace_get64(b.p + TW_TRACE_H_TABLE);

	if (table <= b.n - 4)
		tw_trace_set32(b.p + b.n - 4,
			       (uint32_t)crc32(0, b.p + table, (uInt)(b.n - 4 - table)));
}

static void an_undamaged_trace_is_read(void **state)
{
	(void)state;
	assert_int_equal(read_bytes(original, 0), 0);
}

static void every_flipped_bit_is_found(void **state)
{
	struct bytes b = copy_original();
	uint64_t seed = base_seed();

	(void)state;
	for (int i = 0; i < MUTATIONS; i++) {
		// The header and the block header all through, the rest at random.
		size_t bit = i < 544 * 8 ? (size_t)i : (size_t)(tw_random(&seed) % (b.n * 8));

		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!read_bytes(b, base_seed()))
			fail_msg("TW_SEED=%llu: bit %zu was flipped and not found",
				 (unsigned long long)base_seed(), bit);
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(b.p);
}

static void every_truncation_is_found(void **state)
{
	struct bytes b = copy_original();

	(void)state;
	for (b.n = 0; b.n < original.n; b.n++)
		if (!read_bytes(b, 0))
			fail_msg("%zu of %zu bytes were accepted", b.n, original.n);
	free(b.p);
}

static void bytes_after_the_end_are_found(void **state)
{
	struct bytes b = {calloc(1, original.n + 1), original.n + 1};

	(void)state;
	assert_non_null(b.p);
	memcpy(b.p, original.p, original.n);
	assert_int_equal(read_bytes(b, 0), -EBADMSG);
	free(b.p);
}

// Values that lengths, counts and offsets get wrong with.
static uint64_t nasty(uint64_t *seed)
{
	static const uint64_t values[] = {0,
					  1,
					  0x7fffffff,
					  0x80000000,
					  UINT32_MAX,
					  UINT64_C(1) << 38,
					  INT64_MAX,
					  UINT64_C(1) << 63,
					  UINT64_MAX,
					  TW_TRACE_BLOCK_EVENTS,
					  TW_TRACE_BLOCK_MAX};
	uint64_t r = tw_random(seed);
	uint64_t v = values[r % (sizeof(values) / sizeof(values[0]))];

	return r >> 62 ? v + (r >> 32 & 3) - 1 : r >> (r >> 56 & 63);
}

static void damage_under_a_valid_checksum_is_harmless(void **state)
{
	unsigned int refused = 0;

	(void)state;
	for (int i = 0; i < MUTATIONS; i++) {
		uint64_t seed = base_seed() + (uint64_t)i;
		struct bytes b = copy_original();
		size_t table = (size_t)tw_trace_get64(b.p + TW_TRACE_H_TABLE);
		uint64_t r = tw_random(&seed);
		size_t at;

		if (i % 4 == 0) { // header
			at = (size_t)(r % (TW_TRACE_H_CRC - 8));
			tw_trace_set64(b.p + at, nasty(&seed));
		} else if (i % 4 == 1) { // block header
			at = TW_TRACE_HEADER_SIZE + (size_t)(r % 7) * 4;
			tw_trace_set32(b.p + at, (uint32_t)nasty(&seed));
		} else if (i % 4 == 2) { // packed bytes
			at = TW_TRACE_HEADER_SIZE + TW_TRACE_BLOCK_HEADER_SIZE;
			at += (size_t)(r % (table - at));
			b.p[at] = (uint8_t)nasty(&seed);
		} else { // file table
			at = table + (size_t)(r % (b.n - 4 - table));
			b.p[at] = (uint8_t)nasty(&seed);
		}
		fix_table_crc(b);
		fix_block_crc(b);
		fix_header_crc(b);
		refused += read_bytes(b, base_seed() + (uint64_t)i) != 0;
		free(b.p);
	}
	// Nearly all of these changes break a rule; if few are refused, the checksums above are
	// wrong.
	assert_true(refused > MUTATIONS / 2);
}

// The sample with its block's streams replaced, everything around them made to fit.
static struct bytes repack(const uint8_t *raw, const uint32_t len[4])
{
	size_t raw_len = (size_t)len[0] + len[1] + len[2] + len[3];
	size_t table = (size_t)tw_trace_get64(original.p + TW_TRACE_H_TABLE);
	size_t start = TW_TRACE_HEADER_SIZE + TW_TRACE_BLOCK_HEADER_SIZE;
	struct bytes b = {malloc(original.n + ZSTD_compressBound(raw_len)), 0};
	uint8_t *h = b.p + TW_TRACE_HEADER_SIZE;
	size_t packed;

	assert_non_null(b.p);
	memcpy(b.p, original.p, start);
	packed = ZSTD_compress(b.p + start, ZSTD_compressBound(raw_len), raw, raw_len, 1);
	assert_false(ZSTD_isError(packed));
	for (int i = 0; i < 4; i++)
		tw_trace_set32(h + TW_TRACE_B_EVENTS + (size_t)4 * (size_t)i, len[i]);
	tw_trace_set32(h + TW_TRACE_B_PACKED, (uint32_t)packed);
	memcpy(b.p + start + packed, original.p + table, original.n - table);
	b.n = start + packed + original.n - table;
	tw_trace_set64(b.p + TW_TRACE_H_TABLE, start + packed);
	tw_trace_set64(b.p + TW_TRACE_H_BYTES, b.n);
	fix_block_crc(b);
	fix_header_crc(b);
	return b;
}

static void damage_inside_the_compressed_streams_is_harmless(void **state)
{
	const uint8_t *h = original.p + TW_TRACE_HEADER_SIZE;
	uint32_t len[4];
	uint8_t *raw;
	size_t n = 0;
	unsigned int refused = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		len[i] = tw_trace_get32(h + TW_TRACE_B_EVENTS + (size_t)4 * (size_t)i);
		n += len[i];
	}
	raw = malloc(n);
	assert_non_null(raw);
	for (int i = 0; i < MUTATIONS; i++) {
		uint64_t seed = base_seed() + (uint64_t)i;
		uint64_t r = tw_random(&seed);
		uint32_t changed[4];
		struct bytes b;

		assert_int_equal(ZSTD_decompress(raw, n, h + TW_TRACE_BLOCK_HEADER_SIZE,
						 tw_trace_get32(h + TW_TRACE_B_PACKED)),
				 n);
		memcpy(changed, len, sizeof(len));
		if (i % 4 == 0) { // move the border between two streams
			unsigned int from = r & 3, to = r >> 2 & 3;
			uint32_t by = (uint32_t)(r >> 8) % (changed[from] + 1);

			changed[from] -= by;
			changed[to] += by;
			if (!changed[0])
				changed[0]++, changed[1] -= changed[1] > 0;
		} else { // change some bytes, mostly among the tags and the other events
			for (uint64_t k = r & 3; k <= 3; k++) {
				uint64_t q = tw_random(&seed);
				size_t at = q >> 63 ? n - 1 - (q >> 8) % len[3] : (q >> 8) % n;

				raw[at] = (uint8_t)q;
			}
		}
		if ((size_t)changed[0] + changed[1] + changed[2] + changed[3] != n)
			continue;
		b = repack(raw, changed);
		refused += read_bytes(b, base_seed() + (uint64_t)i) != 0;
		free(b.p);
	}
	free(raw);
	assert_true(refused > MUTATIONS / 4);
}

// Streams of a block, and what reading them has to say.
struct crafted {
	const char *tags, *fetch, *data, *other; // hexadecimal
	const char *says;
};

static uint32_t unhex(uint8_t *out, const char *hex)
{
	uint32_t n = 0;

	for (; hex[0]; hex += 2) {
		const char pair[3] = {hex[0], hex[1], 0};

		out[n++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return n;
}

// The original's header promises other counts: that is found at the end only.
static void each_defect_of_a_block_is_named(void **state)
{
	// db 0102: brk 0 = 1 (zigzag 2). e7 00: exit 0. 01: load at the predicted address, 1 byte.
	// 00: fetch of the next block.
	const struct crafted all[] = {
		{"dbe7", "", "", "010200", "events of kind fetch, found 0"}, // well formed
		{"01dbe7", "", "", "010200", "between the initial brk and the exit"},
		{"00dbe7", "", "", "010200", "between the initial brk and the exit"},
		{"dbe701", "", "", "010200", "between the initial brk and the exit"},
		{"dbe700", "", "", "010200", "between the initial brk and the exit"},
		{"e7db", "", "", "000102", "brk event with address 0 after the maps"},
		{"db21e7", "", "", "010200", "more bytes in the data stream"},
		{"dba1e7", "", "00000000", "010200", "more bytes in the data stream"},
		{"dbc1e7", "", "000000000000", "010200", "data delta of 0 to 5 bytes"},
		{"db20e7", "", "", "010200", "fetch's delta of 0 to 5 bytes"},
		{"dbc0e7", "000000000000", "", "010200", "fetch's delta of 0 to 5 bytes"},
		{"db04e7", "", "", "010200", "fetch's delta of 0 to 5 bytes"},
		{"dbe7", "00", "", "010200", "streams to end with its events"},
		{"dbe7", "", "00", "010200", "streams to end with its events"},
		{"dbe7", "", "", "01020000", "streams to end with its events"},
		{"db", "", "", "01", "fields of a known kind"},
		{"db", "", "", "018200", "fields of a known kind"}, // not the fewest bytes
		{"db", "", "", "01ffffffffffffffffff02", "fields of a known kind"}, // above 2^64
		{"eb", "", "", "", "fields of a known kind"},			    // kind 14
		{"dbe7", "", "", "018100", "fields of a known kind"},
		{"db1de7", "", "", "010200", "size of 1 to 4096"},
		{"db1de7", "", "", "0102812000", "size of 1 to 4096"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct tw_trace_event e;
		struct tw_trace *t;
		uint8_t raw[64];
		uint32_t len[4];
		struct bytes b;

		len[0] = unhex(raw, all[i].tags);
		len[1] = unhex(raw + len[0], all[i].fetch);
		len[2] = unhex(raw + len[0] + len[1], all[i].data);
		len[3] = unhex(raw + len[0] + len[1] + len[2], all[i].other);
		b = repack(raw, len);
		write_file(sample.path, b.p, b.n);
		if (tw_trace_open(sample.path, &t))
			fail_msg("%s", tw_trace_error(t));
		for (uint32_t k = 0; k <= len[0] && tw_trace_next(t, &e) == 1; k++)
			;
		if (tw_trace_next(t, &e) != -EBADMSG || !strstr(tw_trace_error(t), all[i].says))
			fail_msg("case %zu: expected '%s', found: %s", i, all[i].says,
				 tw_trace_error(t));
		tw_trace_close(t);
		free(b.p);
	}
}

static void a_trace_without_an_exit_is_refused(void **state)
{
	const uint8_t raw[] = {0xdb, 0x01, 0x02};
	const uint32_t len[4] = {1, 0, 0, 2};
	struct bytes b = repack(raw, len);
	struct tw_trace_event e;
	struct tw_trace *t;

	(void)state;
	memset(b.p + TW_TRACE_H_COUNTS, 0, 128);
	b.p[TW_TRACE_H_COUNTS + 8 * TW_TRACE_BRK] = 1;
	fix_header_crc(b);
	write_file(sample.path, b.p, b.n);
	assert_int_equal(tw_trace_open(sample.path, &t), 0);
	assert_int_equal(tw_trace_next(t, &e), 1);
	assert_int_equal(tw_trace_next(t, &e), -EBADMSG);
	assert_non_null(strstr(tw_trace_error(t), "an exit event"));
	tw_trace_close(t);
	free(b.p);
}

static void a_recording_that_was_cut_short_says_so(void **state)
{
	struct tw_trace_writer *w;
	struct tw_trace *t;
	int fd;

	(void)state;
	fd = open(sample.path, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	assert_int_equal(tw_trace_create_fd(fd, sample.path, "sample", 1, &w), 0);
	tw_trace_writer_close(w);
	assert_int_equal(close(fd), 0);
	assert_int_equal(tw_trace_open(sample.path, &t), -EBADMSG);
	assert_non_null(strstr(tw_trace_error(t), "cut short"));
	tw_trace_close(t);
}

static void a_newer_version_is_named(void **state)
{
	struct bytes b = copy_original();
	struct tw_trace *t;

	(void)state;
	b.p[TW_TRACE_H_VERSION] = 2;
	fix_header_crc(b);
	write_file(sample.path, b.p, b.n);
	assert_int_equal(tw_trace_open(sample.path, &t), -ENOTSUP);
	assert_non_null(strstr(tw_trace_error(t), "expected version 1, found 2"));
	tw_trace_close(t);
	free(b.p);
}

static void what_is_no_trace_file_is_refused(void **state)
{
	struct tw_trace *t;

	(void)state;
	assert_int_equal(tw_trace_open("/nowhere/at/all", &t), -ENOENT);
	assert_non_null(strstr(tw_trace_error(t), "/nowhere/at/all"));
	tw_trace_close(t);
	assert_int_equal(tw_trace_open("/", &t), -EBADMSG);
	tw_trace_close(t);
	assert_int_equal(tw_trace_open("/dev/zero", &t), -EBADMSG);
	tw_trace_close(t);
	write_file(sample.path, original.p + 8, original.n - 8);
	assert_int_equal(tw_trace_open(sample.path, &t), -EBADMSG);
	assert_non_null(strstr(tw_trace_error(t), "this is not a trace"));
	tw_trace_close(t);
	assert_string_equal(tw_trace_error(NULL), "out of memory");
	tw_trace_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_undamaged_trace_is_read),
		cmocka_unit_test(every_flipped_bit_is_found),
		cmocka_unit_test(every_truncation_is_found),
		cmocka_unit_test(bytes_after_the_end_are_found),
		cmocka_unit_test(damage_under_a_valid_checksum_is_harmless),
		cmocka_unit_test(damage_inside_the_compressed_streams_is_harmless),
		cmocka_unit_test(each_defect_of_a_block_is_named),
		cmocka_unit_test(a_trace_without_an_exit_is_refused),
		cmocka_unit_test(a_recording_that_was_cut_short_says_so),
		cmocka_unit_test(a_newer_version_is_named),
		cmocka_unit_test(what_is_no_trace_file_is_refused),
	};

	printf("seed %llu (TW_SEED)\n", (unsigned long long)base_seed());
	return cmocka_run_group_tests_name("trace_damage", tests, set_up, tear_down);
}
