// SPDX-License-Identifier: Apache-2.0
//
// Writing a trace. Events gather in a block's four streams (tags, fetch deltas, data deltas,
// everything else), which are compressed together when the block is full; the header is written
// last, so a file without it was cut short. Invariant: the bytes depend on the events, the names
// and the compression level only.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "../host/output.h"
#include "footprint.h"
#include "format.h"

// No block reaches TW_TRACE_BLOCK_MAX by accesses alone, so only the stream of everything else
// needs a limit.
#define ACCESS_MAX (TW_TRACE_BLOCK_EVENTS * (1 + TW_TRACE_DELTA_BYTES))
#define OTHER_MAX  (TW_TRACE_BLOCK_MAX - ACCESS_MAX)

struct tw_trace_writer {
	FILE *f;
	struct tw_output *out; // where f goes to; NULL: to a file of the caller
	char *name;	       // of the file, for messages
	int error;
	bool finished;
	char text[512];

	struct tw_trace_info info;
	char program[TW_TRACE_NAME_MAX + 1];
	uint8_t *table; // the entries of the file table
	size_t table_len;

	struct tw_trace_order order;
	struct tw_trace_footprint *footprint;
	struct tw_trace_predictor predictor;

	ZSTD_CCtx *zstd;
	int level;
	uint32_t n; // events in the open block, = bytes of tags
	size_t fetch_len, data_len, other_len;
	uint8_t tags[TW_TRACE_BLOCK_EVENTS];
	uint8_t fetch[TW_TRACE_BLOCK_EVENTS * TW_TRACE_DELTA_BYTES];
	uint8_t data[TW_TRACE_BLOCK_EVENTS * TW_TRACE_DELTA_BYTES];
	uint8_t other[OTHER_MAX];
	uint8_t raw[TW_TRACE_BLOCK_MAX];
	uint8_t *packed; // block header, then ZSTD_compressBound(TW_TRACE_BLOCK_MAX) bytes
};

__attribute__((format(printf, 3, 4))) static int fail(struct tw_trace_writer *w, int error,
						      const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(w->text, sizeof(w->text), format, ap);
	va_end(ap);
	w->error = error;
	return error;
}

static int put_bytes(struct tw_trace_writer *w, const void *p, size_t len)
{
	if (fwrite(p, 1, len, w->f) != len)
		return fail(w, errno ? -errno : -EIO, "%s: cannot write: %s", w->name,
			    strerror(errno));
	w->info.bytes += len;
	return 0;
}

// All but the file.
static int prepare(struct tw_trace_writer *w, const char *name, const char *program, int level)
{
	size_t program_len = strlen(program);

	if (level < 1 || level > 19)
		return fail(w, -EINVAL, "level %d: expected a compression level of 1 to 19", level);
	if (!tw_trace_name_ok(program, program_len))
		return fail(
			w, -EINVAL,
			"program name: expected 1 to %d bytes, no '/' and no control characters",
			TW_TRACE_NAME_MAX);
	memcpy(w->program, program, program_len);
	w->level = level;
	w->name = strdup(name);
	w->zstd = ZSTD_createCCtx();
	w->footprint = tw_trace_footprint_new();
	w->packed = malloc(TW_TRACE_BLOCK_HEADER_SIZE + ZSTD_compressBound(TW_TRACE_BLOCK_MAX));
	w->table = malloc(TW_TRACE_TABLE_HEADER_SIZE + TW_TRACE_TABLE_MAX + 4);
	if (!w->name || !w->zstd || !w->footprint || !w->packed || !w->table)
		return fail(w, -ENOMEM, "out of memory");
	return 0;
}

// Everything goes to fd, which stays the caller's.
static int begin(struct tw_trace_writer *w, int fd)
{
	static const uint8_t zero[TW_TRACE_HEADER_SIZE];
	int own = dup(fd);

	w->f = own < 0 ? NULL : fdopen(own, "wb");
	if (!w->f) {
		fail(w, -errno, "%s: cannot create: %s", w->name, strerror(errno));
		if (own >= 0)
			close(own);
		return w->error;
	}
	return put_bytes(w, zero, sizeof(zero));
}

static int new_writer(const char *name, const char *program, int level,
		      struct tw_trace_writer **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? prepare(*out, name, program, level) : -ENOMEM;
}

int tw_trace_create(const char *path, const char *program, int level, struct tw_trace_writer **out)
{
	const struct tw_output_rules rules = {
		.kind = "a trace", .magic = TW_TRACE_MAGIC, .magic_len = 8, .no_option = true};
	int error = new_writer(path, program, level, out);
	struct tw_trace_writer *w = *out;
	char why[400];

	if (error)
		return error;
	error = tw_output_open(path, &rules, &w->out, why, sizeof(why));
	if (error)
		return fail(w, error, "%s", why);
	return begin(w, tw_output_fd(w->out));
}

int tw_trace_create_fd(int fd, const char *name, const char *program, int level,
		       struct tw_trace_writer **out)
{
	int error = new_writer(name, program, level, out);

	return error ? error : begin(*out, fd);
}

int tw_trace_add_file(struct tw_trace_writer *w, const char *name, uint64_t size)
{
	uint8_t *p = w->table + TW_TRACE_TABLE_HEADER_SIZE + w->table_len;
	size_t len = strlen(name);

	if (w->error)
		return w->error;
	if (!tw_trace_name_ok(name, len) || w->info.n_files == TW_TRACE_FILES_MAX) {
		snprintf(w->text, sizeof(w->text),
			 "file %u: expected at most %d files, names of 1 to %d bytes without '/' "
			 "and "
			 "control characters",
			 w->info.n_files, TW_TRACE_FILES_MAX, TW_TRACE_NAME_MAX);
		return -EINVAL;
	}
	tw_trace_set64(p, size);
	p[8] = (uint8_t)len;
	memcpy(p + 9, name, len);
	w->table_len += 9 + len;
	return (int)w->info.n_files++;
}

static int flush_block(struct tw_trace_writer *w)
{
	const struct {
		const uint8_t *p;
		size_t len;
	} streams[] = {{w->tags, w->n},
		       {w->fetch, w->fetch_len},
		       {w->data, w->data_len},
		       {w->other, w->other_len}};
	uint8_t *head = w->packed;
	size_t len = 0;
	size_t packed;
	uLong crc;

	if (!w->n)
		return 0;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		memcpy(w->raw + len, streams[i].p, streams[i].len);
		len += streams[i].len;
	}
	packed = ZSTD_compressCCtx(w->zstd, head + TW_TRACE_BLOCK_HEADER_SIZE,
				   ZSTD_compressBound(TW_TRACE_BLOCK_MAX), w->raw, len, w->level);
	if (ZSTD_isError(packed))
		return fail(w, -EIO, "zstd: %s", ZSTD_getErrorName(packed));

	tw_trace_set32(head + TW_TRACE_B_MAGIC, TW_TRACE_BLOCK_MAGIC);
	tw_trace_set32(head + TW_TRACE_B_NUMBER, (uint32_t)w->info.n_blocks);
	tw_trace_set32(head + TW_TRACE_B_EVENTS, w->n);
	tw_trace_set32(head + TW_TRACE_B_FETCH, (uint32_t)w->fetch_len);
	tw_trace_set32(head + TW_TRACE_B_DATA, (uint32_t)w->data_len);
	tw_trace_set32(head + TW_TRACE_B_OTHER, (uint32_t)w->other_len);
	tw_trace_set32(head + TW_TRACE_B_PACKED, (uint32_t)packed);
	crc = crc32(0, head, TW_TRACE_B_CRC);
	crc = crc32(crc, head + TW_TRACE_BLOCK_HEADER_SIZE, (uInt)packed);
	tw_trace_set32(head + TW_TRACE_B_CRC, (uint32_t)crc);

	w->n = 0;
	w->fetch_len = w->data_len = w->other_len = 0;
	w->info.n_blocks++;
	tw_trace_predictor_reset(&w->predictor);
	return put_bytes(w, head, TW_TRACE_BLOCK_HEADER_SIZE + packed);
}

// The bytes of a delta, as few as it needs; their number.
static unsigned int put_delta(uint8_t *stream, size_t *len, uint64_t delta)
{
	unsigned int n = 0;

	for (; delta; delta >>= 8, n++)
		stream[(*len)++] = (uint8_t)delta;
	return n;
}

static void put_leb(struct tw_trace_writer *w, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		w->other[w->other_len++] = (uint8_t)(v | 0x80);
	w->other[w->other_len++] = (uint8_t)v;
}

static uint8_t put_fetch(struct tw_trace_writer *w, uint64_t addr)
{
	struct tw_trace_predictor *p = &w->predictor;
	uint64_t block = addr / TW_TRACE_FETCH_SIZE;
	unsigned int n = put_delta(w->fetch, &w->fetch_len,
				   tw_trace_zigzag((int64_t)(block - (p->fetch + 1))));

	tw_trace_predictor_fetch(p, block);
	return (uint8_t)(n << 5 | TW_TRACE_TAG_FETCH);
}

static uint8_t put_data(struct tw_trace_writer *w, const struct tw_trace_event *e)
{
	static const uint8_t class[] = {[TW_TRACE_LOAD] = TW_TRACE_TAG_LOAD,
					[TW_TRACE_STORE] = TW_TRACE_TAG_STORE,
					[TW_TRACE_RMW] = TW_TRACE_TAG_OTHER};
	uint64_t *slot = tw_trace_data_slot(&w->predictor);
	unsigned int n =
		put_delta(w->data, &w->data_len, tw_trace_zigzag((int64_t)(e->addr - *slot)));
	unsigned int size = TW_TRACE_TAG_SIZE;

	*slot = e->addr;
	for (unsigned int i = 0; i < TW_TRACE_TAG_SIZE; i++)
		if (e->size == 1u << i)
			size = i;
	if (size == TW_TRACE_TAG_SIZE)
		put_leb(w, e->size);
	return (uint8_t)(n << 5 | size << 2 | class[e->kind]);
}

static uint8_t put_other(struct tw_trace_writer *w, const struct tw_trace_event *e)
{
	const uint64_t value[TW_TRACE_FIELDS] = {
		e->addr + 1,
		e->len,
		e->new_len,
		e->new_addr + 1,
		e->offset,
		tw_trace_zigzag(e->result),
		e->prot,
		e->flags,
		tw_trace_zigzag(e->file),
		tw_trace_zigzag(e->advice),
	};
	unsigned int fields = tw_trace_fields(e->kind);
	unsigned int number = e->kind - TW_TRACE_COPY_IN;

	for (unsigned int i = 0; i < TW_TRACE_FIELDS; i++)
		if (fields & 1u << i)
			put_leb(w, value[i]);
	return (uint8_t)((6 + (number >> 3)) << 5 | (number & 7) << 2 | TW_TRACE_TAG_OTHER);
}

int tw_trace_put(struct tw_trace_writer *w, const struct tw_trace_event *e)
{
	const char *broken;
	uint8_t tag;
	int error;

	if (w->error)
		return w->error;
	broken = tw_trace_check(&w->order, e, w->info.n_files);
	if (broken) {
		snprintf(w->text, sizeof(w->text), "event %llu: %s",
			 (unsigned long long)w->info.n_events, broken);
		return -EINVAL;
	}
	error = tw_trace_footprint_add(w->footprint, e);
	if (error)
		return fail(w, error, "out of memory");
	if (e->kind == TW_TRACE_FETCH)
		tag = put_fetch(w, e->addr);
	else if (e->kind <= TW_TRACE_RMW)
		tag = put_data(w, e);
	else
		tag = put_other(w, e);
	w->tags[w->n++] = tag;
	w->info.events[e->kind]++;
	w->info.n_events++;
	if (w->n == TW_TRACE_BLOCK_EVENTS || w->other_len > OTHER_MAX - TW_TRACE_OTHER_MAX)
		return flush_block(w);
	return 0;
}

static int put_table(struct tw_trace_writer *w)
{
	size_t len = TW_TRACE_TABLE_HEADER_SIZE + w->table_len;

	tw_trace_set32(w->table, TW_TRACE_TABLE_MAGIC);
	tw_trace_set32(w->table + 4, (uint32_t)w->table_len);
	tw_trace_set32(w->table + len, (uint32_t)crc32(0, w->table, (uInt)len));
	return put_bytes(w, w->table, len + 4);
}

static int put_header(struct tw_trace_writer *w, uint64_t table)
{
	uint8_t h[TW_TRACE_HEADER_SIZE] = {0};
	uint64_t bytes = w->info.bytes;
	int error;

	tw_trace_footprint_count(w->footprint, &w->info);
	memcpy(h, TW_TRACE_MAGIC, 8);
	tw_trace_set32(h + TW_TRACE_H_VERSION, TW_TRACE_VERSION);
	tw_trace_set32(h + TW_TRACE_H_PAGE_SIZE, 1u << TW_TRACE_PAGE_SHIFT);
	memcpy(h + TW_TRACE_H_ARCH, "x86_64", 6);
	for (unsigned int i = 0; i < TW_TRACE_KINDS; i++)
		tw_trace_set64(h + TW_TRACE_H_COUNTS + (size_t)8 * i, w->info.events[i]);
	tw_trace_set64(h + TW_TRACE_H_PAGES, w->info.pages);
	tw_trace_set64(h + TW_TRACE_H_PAGES + 8, w->info.fetch_pages);
	tw_trace_set64(h + TW_TRACE_H_PAGES + 16, w->info.data_pages);
	tw_trace_set64(h + TW_TRACE_H_PAGES + 24, w->info.written_pages);
	tw_trace_set64(h + TW_TRACE_H_BLOCKS, w->info.n_blocks);
	tw_trace_set64(h + TW_TRACE_H_TABLE, table);
	tw_trace_set32(h + TW_TRACE_H_FILES, w->info.n_files);
	tw_trace_set32(h + TW_TRACE_H_FLAGS, TW_TRACE_COMPLETE);
	tw_trace_set64(h + TW_TRACE_H_BYTES, bytes);
	memcpy(h + TW_TRACE_H_PROGRAM, w->program, sizeof(w->program));
	tw_trace_set32(h + TW_TRACE_H_CRC, (uint32_t)crc32(0, h, TW_TRACE_H_CRC));
	if (fflush(w->f) || fseek(w->f, 0, SEEK_SET))
		return fail(w, -errno, "%s: cannot write: %s", w->name, strerror(errno));
	error = put_bytes(w, h, sizeof(h));
	w->info.bytes = bytes;
	return error;
}

// The file is complete and gets its name.
static int appear(struct tw_trace_writer *w)
{
	struct tw_output *out = w->out;
	char why[400];
	int error;

	w->out = NULL;
	error = tw_output_commit(out, why, sizeof(why));
	return error ? fail(w, error, "%s", why) : 0;
}

int tw_trace_finish(struct tw_trace_writer *w)
{
	uint64_t table;
	int error;

	if (w->error)
		return w->error;
	if (!w->order.exited || w->finished) {
		snprintf(w->text, sizeof(w->text), "event %llu: expected an exit event, once",
			 (unsigned long long)w->info.n_events);
		return -EINVAL;
	}
	error = flush_block(w);
	if (error)
		return error;
	table = w->info.bytes;
	error = put_table(w);
	if (!error)
		error = put_header(w, table);
	if (!error && (fflush(w->f) || ferror(w->f)))
		error = fail(w, -EIO, "%s: cannot write: %s", w->name, strerror(errno));
	if (!error && w->out)
		error = appear(w);
	w->finished = !error;
	return error;
}

const char *tw_trace_writer_error(const struct tw_trace_writer *w)
{
	if (!w)
		return "out of memory";
	return w->text[0] ? w->text : "no error";
}

void tw_trace_writer_close(struct tw_trace_writer *w)
{
	if (!w)
		return;
	if (w->f)
		fclose(w->f);
	tw_output_discard(w->out);
	free(w->name);
	ZSTD_freeCCtx(w->zstd);
	tw_trace_footprint_free(w->footprint);
	free(w->packed);
	free(w->table);
	free(w);
}
