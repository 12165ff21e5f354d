// SPDX-License-Identifier: Apache-2.0
//
// Reading a trace that may be damaged or hostile. Invariants: no byte of the file is used before
// the checksum and the length that cover it are checked; the buffers are allocated once, at sizes
// the format bounds, and have 8 spare bytes so that a delta can be loaded in one go; once an error
// is found every call repeats it.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "format.h"

#define SPARE	   8u
#define PACKED_MAX (TW_TRACE_BLOCK_MAX + (TW_TRACE_BLOCK_MAX >> 8) + 512) // >= ZSTD_compressBound

struct stream {
	const uint8_t *p, *end;
};

struct tw_trace {
	// What tw_trace_next() needs for each event comes first.
	const uint8_t *tag, *tag_end;
	struct stream fetch, data, other;
	int error;
	uint64_t counts[TW_TRACE_KINDS]; // read up to here
	struct tw_trace_order order;
	struct tw_trace_predictor predictor;

	FILE *f;
	char *path;
	char text[512];
	struct tw_trace_info info;
	struct tw_trace_file *files;
	char *names;
	char program[TW_TRACE_NAME_MAX + 1];
	char arch[TW_TRACE_ARCH_SIZE + 1];

	uint64_t table;	     // offset of the file table = end of the blocks
	uint64_t offset;     // of the next block
	uint64_t block;	     // its number
	const uint8_t *tags; // the open block's
	ZSTD_DCtx *zstd;
	uint8_t *raw;	 // TW_TRACE_BLOCK_MAX + SPARE
	uint8_t *packed; // TW_TRACE_BLOCK_HEADER_SIZE + PACKED_MAX
};

__attribute__((format(printf, 3, 4))) static int fail(struct tw_trace *t, int error,
						      const char *format, ...)
{
	int n = snprintf(t->text, sizeof(t->text), "%s: ", t->path ? t->path : "?");
	va_list ap;

	if (n < 0 || (size_t)n > sizeof(t->text) / 2)
		n = 0;
	va_start(ap, format);
	vsnprintf(t->text + n, sizeof(t->text) - (size_t)n, format, ap);
	va_end(ap);
	t->error = error;
	return error;
}

// An error within the open block, which is the one before t->block.
static int fail_event(struct tw_trace *t, const char *what)
{
	return fail(t, -EBADMSG, "block %llu, event %llu: %s", (unsigned long long)(t->block - 1),
		    (unsigned long long)(t->tag - t->tags), what);
}

static int get_bytes(struct tw_trace *t, void *p, size_t len, const char *what)
{
	if (fread(p, 1, len, t->f) == len)
		return 0;
	if (ferror(t->f))
		return fail(t, errno ? -errno : -EIO, "cannot read: %s", strerror(errno));
	return fail(t, -EBADMSG, "expected %zu bytes of %s, found the end of the file", len, what);
}

static int seek(struct tw_trace *t, uint64_t offset)
{
	if (fseek(t->f, (long)offset, SEEK_SET))
		return fail(t, -errno, "cannot seek to byte %llu: %s", (unsigned long long)offset,
			    strerror(errno));
	return 0;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

// A zero-padded string of n bytes.
static bool get_string(char *out, const uint8_t *p, size_t n)
{
	size_t len = strnlen((const char *)p, n);

	memcpy(out, p, len);
	out[len] = '\0';
	return len < n && tw_trace_name_ok(out, len) && all_zero(p + len, n - len);
}

static int read_header(struct tw_trace *t, uint64_t file_size)
{
	struct tw_trace_info *info = &t->info;
	uint8_t h[TW_TRACE_HEADER_SIZE];
	uint32_t crc, version;
	int error = get_bytes(t, h, sizeof(h), "header");

	if (error)
		return error;
	if (all_zero(h, sizeof(h)))
		return fail(
			t, -EBADMSG,
			"expected a finished trace: this recording was cut short, record again");
	if (memcmp(h, TW_TRACE_MAGIC, 8))
		return fail(t, -EBADMSG,
			    "byte 0: expected a trace file's 8 magic bytes: this is not a trace");
	version = tw_trace_get32(h + TW_TRACE_H_VERSION);
	if (version != TW_TRACE_VERSION)
		return fail(t, -ENOTSUP, "byte 8: expected version %u, found %u", TW_TRACE_VERSION,
			    version);
	crc = (uint32_t)crc32(0, h, TW_TRACE_H_CRC);
	if (crc != tw_trace_get32(h + TW_TRACE_H_CRC))
		return fail(t, -EBADMSG,
			    "byte 508: expected the header's checksum 0x%08x, found 0x%08x", crc,
			    tw_trace_get32(h + TW_TRACE_H_CRC));

	info->page_size = tw_trace_get32(h + TW_TRACE_H_PAGE_SIZE);
	if (info->page_size != 1u << TW_TRACE_PAGE_SHIFT)
		return fail(t, -EBADMSG, "byte 12: expected page size 4096, found %u",
			    info->page_size);
	if (!get_string(t->arch, h + TW_TRACE_H_ARCH, TW_TRACE_ARCH_SIZE))
		return fail(t, -EBADMSG, "byte 16: expected the name of an architecture");
	if (!get_string(t->program, h + TW_TRACE_H_PROGRAM, sizeof(t->program)))
		return fail(t, -EBADMSG, "byte 224: expected the name of the program");
	if (!all_zero(h + TW_TRACE_H_COUNTS + (size_t)8 * TW_TRACE_KINDS,
		      (size_t)8 * (16 - TW_TRACE_KINDS)) ||
	    !all_zero(h + TW_TRACE_H_ZERO, TW_TRACE_H_CRC - TW_TRACE_H_ZERO))
		return fail(t, -EBADMSG, "header: expected unused bytes to be zero");
	if (tw_trace_get32(h + TW_TRACE_H_FLAGS) != TW_TRACE_COMPLETE)
		return fail(t, -EBADMSG, "byte 212: expected flags 1, found 0x%x",
			    tw_trace_get32(h + TW_TRACE_H_FLAGS));

	for (unsigned int i = 0; i < TW_TRACE_KINDS; i++) {
		info->events[i] = tw_trace_get64(h + TW_TRACE_H_COUNTS + (size_t)8 * i);
		// Each event has a tag, so no file holds that many; the sum cannot overflow either.
		if (info->events[i] > UINT64_C(1) << 56)
			return fail(t, -EBADMSG, "byte %u: expected at most 2^56 events",
				    TW_TRACE_H_COUNTS + 8 * i);
		info->n_events += info->events[i];
		if (i <= TW_TRACE_RMW)
			info->n_accesses += info->events[i];
	}
	info->pages = tw_trace_get64(h + TW_TRACE_H_PAGES);
	info->fetch_pages = tw_trace_get64(h + TW_TRACE_H_PAGES + 8);
	info->data_pages = tw_trace_get64(h + TW_TRACE_H_PAGES + 16);
	info->written_pages = tw_trace_get64(h + TW_TRACE_H_PAGES + 24);
	if (info->pages > TW_TRACE_VA_END >> TW_TRACE_PAGE_SHIFT ||
	    info->fetch_pages > info->pages || info->data_pages > info->pages ||
	    info->written_pages > info->pages)
		return fail(t, -EBADMSG,
			    "byte 160: expected at most 2^26 pages, and no part above the whole");
	info->n_blocks = tw_trace_get64(h + TW_TRACE_H_BLOCKS);
	info->n_files = tw_trace_get32(h + TW_TRACE_H_FILES);
	info->bytes = tw_trace_get64(h + TW_TRACE_H_BYTES);
	info->program = t->program;
	info->arch = t->arch;
	t->table = tw_trace_get64(h + TW_TRACE_H_TABLE);
	if (info->bytes != file_size)
		return fail(t, -EBADMSG,
			    "expected %llu bytes, found %llu: the file was truncated or "
			    "extended",
			    (unsigned long long)info->bytes, (unsigned long long)file_size);
	if (info->n_files > TW_TRACE_FILES_MAX)
		return fail(t, -EBADMSG, "byte 208: expected at most %d files, found %u",
			    TW_TRACE_FILES_MAX, info->n_files);
	if (t->table < TW_TRACE_HEADER_SIZE || t->table > file_size ||
	    file_size - t->table < TW_TRACE_TABLE_HEADER_SIZE + 4 ||
	    file_size - t->table > TW_TRACE_TABLE_HEADER_SIZE + TW_TRACE_TABLE_MAX + 4)
		return fail(t, -EBADMSG, "byte 200: expected the file table's offset, found %llu",
			    (unsigned long long)t->table);
	return 0;
}

static int parse_table(struct tw_trace *t, const uint8_t *p, const uint8_t *end)
{
	char *name = t->names;

	for (uint32_t i = 0; i < t->info.n_files; i++) {
		size_t len;

		if (end - p < 9 || end - p < 9 + p[8] ||
		    !tw_trace_name_ok((const char *)p + 9, p[8]))
			return fail(t, -EBADMSG,
				    "file table, entry %u: expected a size, a length and a name",
				    i);
		len = p[8];
		t->files[i].size = tw_trace_get64(p);
		t->files[i].name = name;
		memcpy(name, p + 9, len);
		name[len] = '\0';
		name += len + 1;
		p += 9 + len;
	}
	if (p != end)
		return fail(t, -EBADMSG, "file table: expected %u entries, found more bytes",
			    t->info.n_files);
	return 0;
}

static int read_table(struct tw_trace *t)
{
	size_t size = (size_t)(t->info.bytes - t->table); // bounded by read_header()
	size_t len = size - TW_TRACE_TABLE_HEADER_SIZE - 4;
	uint8_t *buf = malloc(size);
	uint32_t crc;
	int error;

	t->files = calloc(t->info.n_files + 1u, sizeof(*t->files));
	t->names = malloc(size);
	if (!buf || !t->files || !t->names) {
		free(buf);
		return fail(t, -ENOMEM, "out of memory");
	}
	error = seek(t, t->table);
	if (!error)
		error = get_bytes(t, buf, size, "file table");
	if (error)
		goto out;
	crc = (uint32_t)crc32(0, buf, (uInt)(size - 4));
	if (tw_trace_get32(buf) != TW_TRACE_TABLE_MAGIC || tw_trace_get32(buf + 4) != len)
		error = fail(t, -EBADMSG, "byte %llu: expected a file table of %zu bytes",
			     (unsigned long long)t->table, len);
	else if (crc != tw_trace_get32(buf + size - 4))
		error = fail(t, -EBADMSG, "file table: expected checksum 0x%08x, found 0x%08x", crc,
			     tw_trace_get32(buf + size - 4));
	else
		error = parse_table(t, buf + TW_TRACE_TABLE_HEADER_SIZE, buf + size - 4);
out:
	free(buf);
	return error;
}

int tw_trace_open(const char *path, struct tw_trace **out)
{
	struct tw_trace *t = calloc(1, sizeof(*t));
	struct stat st;
	int error;

	*out = t;
	if (!t)
		return -ENOMEM;
	t->path = strdup(path);
	t->raw = calloc(1, TW_TRACE_BLOCK_MAX + SPARE);
	t->packed = malloc(TW_TRACE_BLOCK_HEADER_SIZE + PACKED_MAX);
	t->zstd = ZSTD_createDCtx();
	if (!t->path || !t->raw || !t->packed || !t->zstd)
		return fail(t, -ENOMEM, "out of memory");
	t->f = fopen(path, "rb");
	if (!t->f)
		return fail(t, -errno, "cannot open: %s", strerror(errno));
	if (fstat(fileno(t->f), &st))
		return fail(t, -errno, "cannot read: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(t, -EBADMSG, "expected a trace file: this is not a regular file");
	error = read_header(t, (uint64_t)st.st_size);
	if (!error)
		error = read_table(t);
	if (!error)
		error = tw_trace_rewind(t);
	return error;
}

int tw_trace_rewind(struct tw_trace *t)
{
	if (!t->files)
		return t->error; // it never was open
	t->error = 0;
	t->text[0] = '\0';
	t->tag = t->tag_end = t->tags = NULL;
	t->offset = TW_TRACE_HEADER_SIZE;
	t->block = 0;
	memset(t->counts, 0, sizeof(t->counts));
	memset(&t->order, 0, sizeof(t->order));
	clearerr(t->f);
	return seek(t, t->offset);
}

static int check_end(struct tw_trace *t)
{
	if (t->offset != t->table)
		return fail(t, -EBADMSG,
			    "expected %llu blocks up to byte %llu, found their end at %llu",
			    (unsigned long long)t->info.n_blocks, (unsigned long long)t->table,
			    (unsigned long long)t->offset);
	for (unsigned int i = 0; i < TW_TRACE_KINDS; i++)
		if (t->counts[i] != t->info.events[i])
			return fail(t, -EBADMSG, "expected %llu events of kind %s, found %llu",
				    (unsigned long long)t->info.events[i], tw_trace_kind_name(i),
				    (unsigned long long)t->counts[i]);
	if (!t->order.exited)
		return fail(t, -EBADMSG, "expected an exit event at the end");
	return 0;
}

// Reads and unpacks the next block: 1, 0 if there is none, or an error.
static int read_block(struct tw_trace *t)
{
	uint8_t *h = t->packed;
	uint64_t left = t->table - t->offset;
	uint32_t events, fetch, data, other, packed, crc;
	unsigned long long number = t->block;
	size_t raw, got;
	int error;

	if (t->block == t->info.n_blocks)
		return check_end(t);
	if (left < TW_TRACE_BLOCK_HEADER_SIZE)
		return fail(t, -EBADMSG, "block %llu at byte %llu: expected a block header", number,
			    (unsigned long long)t->offset);
	error = get_bytes(t, h, TW_TRACE_BLOCK_HEADER_SIZE, "a block header");
	if (error)
		return error;
	left -= TW_TRACE_BLOCK_HEADER_SIZE;
	events = tw_trace_get32(h + TW_TRACE_B_EVENTS);
	fetch = tw_trace_get32(h + TW_TRACE_B_FETCH);
	data = tw_trace_get32(h + TW_TRACE_B_DATA);
	other = tw_trace_get32(h + TW_TRACE_B_OTHER);
	packed = tw_trace_get32(h + TW_TRACE_B_PACKED);
	if (tw_trace_get32(h) != TW_TRACE_BLOCK_MAGIC ||
	    tw_trace_get32(h + TW_TRACE_B_NUMBER) != (uint32_t)t->block)
		return fail(t, -EBADMSG,
			    "block %llu at byte %llu: expected magic BLK1 and number %llu", number,
			    (unsigned long long)t->offset, number);
	if (!events || events > TW_TRACE_BLOCK_EVENTS || fetch > TW_TRACE_BLOCK_MAX ||
	    data > TW_TRACE_BLOCK_MAX || other > TW_TRACE_BLOCK_MAX)
		return fail(t, -EBADMSG, "block %llu at byte %llu: expected 1 to %d events", number,
			    (unsigned long long)t->offset, TW_TRACE_BLOCK_EVENTS);
	raw = (size_t)events + fetch + data + other;
	if (raw > TW_TRACE_BLOCK_MAX || !packed || packed > PACKED_MAX || packed > left)
		return fail(
			t, -EBADMSG,
			"block %llu at byte %llu: expected at most %u bytes unpacked, and packed "
			"within the %llu that are left",
			number, (unsigned long long)t->offset, TW_TRACE_BLOCK_MAX,
			(unsigned long long)left);
	error = get_bytes(t, h + TW_TRACE_BLOCK_HEADER_SIZE, packed, "a block");
	if (error)
		return error;
	crc = (uint32_t)crc32(crc32(0, h, TW_TRACE_B_CRC), h + TW_TRACE_BLOCK_HEADER_SIZE, packed);
	if (crc != tw_trace_get32(h + TW_TRACE_B_CRC))
		return fail(t, -EBADMSG,
			    "block %llu at byte %llu: expected checksum 0x%08x, found 0x%08x",
			    number, (unsigned long long)t->offset, crc,
			    tw_trace_get32(h + TW_TRACE_B_CRC));
	got = ZSTD_decompressDCtx(t->zstd, t->raw, raw, h + TW_TRACE_BLOCK_HEADER_SIZE, packed);
	if (ZSTD_isError(got) || got != raw)
		return fail(t, -EBADMSG,
			    "block %llu at byte %llu: expected %zu bytes of zstd data: %s", number,
			    (unsigned long long)t->offset, raw,
			    ZSTD_isError(got) ? ZSTD_getErrorName(got) : "found fewer");

	t->tag = t->tags = t->raw;
	t->tag_end = t->tags + events;
	t->fetch = (struct stream){t->tag_end, t->tag_end + fetch};
	t->data = (struct stream){t->fetch.end, t->fetch.end + data};
	t->other = (struct stream){t->data.end, t->data.end + other};
	t->offset += TW_TRACE_BLOCK_HEADER_SIZE + packed;
	t->block++;
	tw_trace_predictor_reset(&t->predictor);
	return 1;
}

static bool block_used_up(const struct tw_trace *t)
{
	return t->fetch.p == t->fetch.end && t->data.p == t->data.end && t->other.p == t->other.end;
}

// A delta of n <= 5 bytes. Reads up to 8 within the spare bytes; false if the stream has fewer than
// n.
static bool get_delta(struct stream *s, unsigned int n, int64_t *delta)
{
	uint64_t v;

	if ((size_t)(s->end - s->p) < n)
		return false;
	v = tw_trace_get64(s->p) & ((UINT64_C(1) << (8 * n)) - 1);
	s->p += n;
	*delta = tw_trace_unzigzag(v);
	return true;
}

static bool get_leb(struct stream *s, uint64_t *v)
{
	unsigned int shift = 0;

	*v = 0;
	for (; s->p < s->end; shift += 7) {
		uint8_t byte = *s->p++;

		if (shift == 63 && byte > 1)
			return false;
		*v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return byte || !shift;
	}
	return false;
}

static bool get_other(struct tw_trace *t, unsigned int tag, struct tw_trace_event *e)
{
	uint64_t v[TW_TRACE_FIELDS] = {0};
	unsigned int kind = TW_TRACE_COPY_IN + ((tag >> 5 & 1) << 3 | (tag >> 2 & 7));
	unsigned int fields = tw_trace_fields(kind);

	if (!fields)
		return false;
	for (unsigned int i = 0; i < TW_TRACE_FIELDS; i++)
		if (fields & 1u << i && !get_leb(&t->other, &v[i]))
			return false;
	*e = (struct tw_trace_event){
		.kind = (uint8_t)kind,
		.addr = v[0] - (fields & TW_TRACE_F_ADDR ? 1 : 0),
		.len = v[1],
		.new_len = v[2],
		.new_addr = v[3] - (fields & TW_TRACE_F_NEW_ADDR ? 1 : 0),
		.offset = v[4],
		.result = tw_trace_unzigzag(v[5]),
		.prot = (uint32_t)v[6],
		.flags = (uint32_t)v[7],
		.file = (int32_t)tw_trace_unzigzag(v[8]),
		.advice = (int32_t)tw_trace_unzigzag(v[9]),
	};
	if (!(fields & TW_TRACE_F_FILE))
		e->file = -1;
	return v[6] <= UINT32_MAX && v[7] <= UINT32_MAX && v[8] <= UINT32_MAX && v[9] <= UINT32_MAX;
}

static int next_other(struct tw_trace *t, unsigned int tag, struct tw_trace_event *e)
{
	const char *broken;

	if (!get_other(t, tag, e))
		return fail_event(t, "expected the fields of a known kind of event");
	broken = tw_trace_check(&t->order, e, t->info.n_files);
	if (broken)
		return fail_event(t, broken);
	t->counts[e->kind]++;
	return 1;
}

static int next_fetch(struct tw_trace *t, unsigned int tag, struct tw_trace_event *e)
{
	struct tw_trace_predictor *p = &t->predictor;
	unsigned int n = tag >> 5;
	uint64_t block;
	int64_t delta;

	if (n > TW_TRACE_DELTA_BYTES || tag & 0x1c || !get_delta(&t->fetch, n, &delta))
		return fail_event(t, "expected a fetch's delta of 0 to 5 bytes");
	block = tw_trace_predict_fetch(p) + (uint64_t)delta;
	if (block >= TW_TRACE_VA_END / TW_TRACE_FETCH_SIZE)
		return fail_event(t, "expected a fetch below 2^38");
	if (!t->order.maps_done || t->order.exited)
		return fail_event(t, "expected accesses only between the initial brk and the exit");
	tw_trace_update_fetch(p, block);
	e->kind = TW_TRACE_FETCH;
	e->size = TW_TRACE_FETCH_SIZE;
	e->addr = block * TW_TRACE_FETCH_SIZE;
	t->counts[TW_TRACE_FETCH]++;
	return 1;
}

int tw_trace_next(struct tw_trace *t, struct tw_trace_event *e)
{
	static const uint8_t kind_of[] = {TW_TRACE_FETCH, TW_TRACE_LOAD, TW_TRACE_STORE,
					  TW_TRACE_RMW};
	unsigned int tag, n, size;
	uint64_t *slot, addr, bytes;
	int64_t delta;
	int status;

	if (t->error)
		return t->error;
	if (t->tag == t->tag_end) {
		if (t->tag && !block_used_up(t))
			return fail_event(t, "expected the block's streams to end with its events");
		t->tag = t->tag_end = NULL; // so that the end stays the end
		status = read_block(t);
		if (status <= 0)
			return status;
	}
	tag = *t->tag++;
	if ((tag & 3) == TW_TRACE_TAG_FETCH)
		return next_fetch(t, tag, e);
	n = tag >> 5;
	if (n > TW_TRACE_DELTA_BYTES) {
		if ((tag & 3) != TW_TRACE_TAG_OTHER)
			return fail_event(t, "expected a data delta of 0 to 5 bytes");
		return next_other(t, tag, e);
	}

	slot = tw_trace_data_slot(&t->predictor);
	if (!get_delta(&t->data, n, &delta))
		return fail_event(t, "expected more bytes in the data stream");
	addr = *slot + (uint64_t)delta;
	size = tag >> 2 & 7;
	if (size == TW_TRACE_TAG_SIZE) {
		if (!get_leb(&t->other, &bytes) || !bytes || bytes > 4096)
			return fail_event(t, "expected a size of 1 to 4096");
	} else {
		bytes = UINT64_C(1) << size;
	}
	if (addr > TW_TRACE_VA_END || bytes > TW_TRACE_VA_END - addr)
		return fail_event(t, "expected an access below 2^38");
	if (!t->order.maps_done || t->order.exited)
		return fail_event(t, "expected accesses only between the initial brk and the exit");
	*slot = addr;
	e->kind = kind_of[tag & 3];
	e->size = (uint32_t)bytes;
	e->addr = addr;
	t->counts[e->kind]++;
	return 1;
}

const struct tw_trace_info *tw_trace_info(const struct tw_trace *t)
{
	return &t->info;
}

const struct tw_trace_file *tw_trace_file(const struct tw_trace *t, uint32_t index)
{
	return index < t->info.n_files ? &t->files[index] : NULL;
}

const char *tw_trace_error(const struct tw_trace *t)
{
	if (!t)
		return "out of memory";
	return t->text[0] ? t->text : "no error";
}

void tw_trace_close(struct tw_trace *t)
{
	if (!t)
		return;
	if (t->f)
		fclose(t->f);
	ZSTD_freeDCtx(t->zstd);
	free(t->path);
	free(t->raw);
	free(t->packed);
	free(t->files);
	free(t->names);
	free(t);
}
