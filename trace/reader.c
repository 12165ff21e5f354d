// SPDX-License-Identifier: Apache-2.0
//
// Opening a trace that may be damaged or hostile: its header, its file table, and what they say.
// See reader.h.
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../host/input.h"
#include "reader.h"

int tw_trace_fail(struct tw_trace *t, int error, const char *format, ...)
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

int tw_trace_get_bytes(struct tw_trace *t, void *p, size_t len, const char *what)
{
	if (fread(p, 1, len, t->f) == len)
		return 0;
	if (ferror(t->f))
		return tw_trace_fail(t, errno ? -errno : -EIO, "cannot read: %s", strerror(errno));
	return tw_trace_fail(t, -EBADMSG, "expected %zu bytes of %s, found the end of the file",
			     len, what);
}

static int seek(struct tw_trace *t, uint64_t offset)
{
	if (fseek(t->f, (long)offset, SEEK_SET))
		return tw_trace_fail(t, -errno, "cannot seek to byte %llu: %s",
				     (unsigned long long)offset, strerror(errno));
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
	int error = tw_trace_get_bytes(t, h, sizeof(h), "header");

	if (error)
		return error;
	if (all_zero(h, sizeof(h)))
		return tw_trace_fail(
			t, -EBADMSG,
			"expected a finished trace: this recording was cut short, record again");
	if (memcmp(h, TW_TRACE_MAGIC, 8))
		return tw_trace_fail(
			t, -EBADMSG,
			"byte 0: expected a trace file's 8 magic bytes: this is not a trace");
	version = tw_trace_get32(h + TW_TRACE_H_VERSION);
	if (version != TW_TRACE_VERSION)
		return tw_trace_fail(t, -ENOTSUP, "byte 8: expected version %u, found %u",
				     TW_TRACE_VERSION, version);
	crc = (uint32_t)crc32(0, h, TW_TRACE_H_CRC);
	if (crc != tw_trace_get32(h + TW_TRACE_H_CRC))
		return tw_trace_fail(
			t, -EBADMSG,
			"byte 508: expected the header's checksum 0x%08x, found 0x%08x", crc,
			tw_trace_get32(h + TW_TRACE_H_CRC));

	info->page_size = tw_trace_get32(h + TW_TRACE_H_PAGE_SIZE);
	if (info->page_size != 1u << TW_TRACE_PAGE_SHIFT)
		return tw_trace_fail(t, -EBADMSG, "byte 12: expected page size 4096, found %u",
				     info->page_size);
	if (!get_string(t->arch, h + TW_TRACE_H_ARCH, TW_TRACE_ARCH_SIZE))
		return tw_trace_fail(t, -EBADMSG, "byte 16: expected the name of an architecture");
	if (!get_string(t->program, h + TW_TRACE_H_PROGRAM, sizeof(t->program)))
		return tw_trace_fail(t, -EBADMSG, "byte 224: expected the name of the program");
	if (!all_zero(h + TW_TRACE_H_COUNTS + (size_t)8 * TW_TRACE_KINDS,
		      (size_t)8 * (16 - TW_TRACE_KINDS)) ||
	    !all_zero(h + TW_TRACE_H_ZERO, TW_TRACE_H_CRC - TW_TRACE_H_ZERO))
		return tw_trace_fail(t, -EBADMSG, "header: expected unused bytes to be zero");
	if (tw_trace_get32(h + TW_TRACE_H_FLAGS) != TW_TRACE_COMPLETE)
		return tw_trace_fail(t, -EBADMSG, "byte 212: expected flags 1, found 0x%x",
				     tw_trace_get32(h + TW_TRACE_H_FLAGS));

	for (unsigned int i = 0; i < TW_TRACE_KINDS; i++) {
		info->events[i] = tw_trace_get64(h + TW_TRACE_H_COUNTS + (size_t)8 * i);
		// Each event has a tag, so no file holds that many; the sum cannot overflow either.
		if (info->events[i] > UINT64_C(1) << 56)
			return tw_trace_fail(t, -EBADMSG, "byte %u: expected at most 2^56 events",
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
		return tw_trace_fail(
			t, -EBADMSG,
			"byte 160: expected at most 2^26 pages, and no part above the whole");
	info->n_blocks = tw_trace_get64(h + TW_TRACE_H_BLOCKS);
	info->n_files = tw_trace_get32(h + TW_TRACE_H_FILES);
	info->bytes = tw_trace_get64(h + TW_TRACE_H_BYTES);
	info->program = t->program;
	info->arch = t->arch;
	t->table = tw_trace_get64(h + TW_TRACE_H_TABLE);
	if (info->bytes != file_size)
		return tw_trace_fail(t, -EBADMSG,
				     "expected %llu bytes, found %llu: the file was truncated or "
				     "extended",
				     (unsigned long long)info->bytes,
				     (unsigned long long)file_size);
	if (info->n_files > TW_TRACE_FILES_MAX)
		return tw_trace_fail(t, -EBADMSG, "byte 208: expected at most %d files, found %u",
				     TW_TRACE_FILES_MAX, info->n_files);
	if (t->table < TW_TRACE_HEADER_SIZE || t->table > file_size ||
	    file_size - t->table < TW_TRACE_TABLE_HEADER_SIZE + 4 ||
	    file_size - t->table > TW_TRACE_TABLE_HEADER_SIZE + TW_TRACE_TABLE_MAX + 4)
		return tw_trace_fail(t, -EBADMSG,
				     "byte 200: expected the file table's offset, found %llu",
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
			return tw_trace_fail(
				t, -EBADMSG,
				"file table, entry %u: expected a size, a length and a name", i);
		len = p[8];
		t->files[i].size = tw_trace_get64(p);
		t->files[i].name = name;
		memcpy(name, p + 9, len);
		name[len] = '\0';
		name += len + 1;
		p += 9 + len;
	}
	if (p != end)
		return tw_trace_fail(t, -EBADMSG,
				     "file table: expected %u entries, found more bytes",
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
		return tw_trace_fail(t, -ENOMEM, "out of memory");
	}
	error = seek(t, t->table);
	if (!error)
		error = tw_trace_get_bytes(t, buf, size, "file table");
	if (error)
		goto out;
	crc = (uint32_t)crc32(0, buf, (uInt)(size - 4));
	if (tw_trace_get32(buf) != TW_TRACE_TABLE_MAGIC || tw_trace_get32(buf + 4) != len)
		error = tw_trace_fail(t, -EBADMSG, "byte %llu: expected a file table of %zu bytes",
				      (unsigned long long)t->table, len);
	else if (crc != tw_trace_get32(buf + size - 4))
		error = tw_trace_fail(t, -EBADMSG,
				      "file table: expected checksum 0x%08x, found 0x%08x", crc,
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
	char why[128];
	struct stat st;
	int fd, error;

	*out = t;
	if (!t)
		return -ENOMEM;
	t->path = strdup(path);
	t->zstd = ZSTD_createDCtx();
	if (!t->path || !t->zstd)
		return tw_trace_fail(t, -ENOMEM, "out of memory");
	fd = tw_input_open(path, TW_INPUT_FILE, 0, why, sizeof(why));
	if (fd < 0)
		return tw_trace_fail(t, fd == -EINVAL || fd == -EISDIR ? -EBADMSG : fd,
				     "cannot open: %s", why);
	t->f = fdopen(fd, "rb");
	if (!t->f) {
		close(fd);
		return tw_trace_fail(t, -ENOMEM, "out of memory");
	}
	if (fstat(fd, &st))
		return tw_trace_fail(t, -errno, "cannot read: %s", strerror(errno));
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

const struct tw_trace_info *tw_trace_get_info(const struct tw_trace *t)
{
	return &t->info;
}

const struct tw_trace_file *tw_trace_get_file(const struct tw_trace *t, uint32_t index)
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
