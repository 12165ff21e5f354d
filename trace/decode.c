// SPDX-License-Identifier: Apache-2.0
//
// Reading the blocks of a trace: their checks, and one event after the other. See reader.h.
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "reader.h"

// An error within the open block, which is the one before t->block.
static int fail_event(struct tw_trace *t, const char *what)
{
	return tw_trace_fail(t, -EBADMSG, "block %llu, event %llu: %s",
			     (unsigned long long)(t->block - 1),
			     (unsigned long long)(t->tag - t->tags), what);
}

static int check_end(struct tw_trace *t)
{
	if (t->offset != t->table)
		return tw_trace_fail(
			t, -EBADMSG,
			"expected %llu blocks up to byte %llu, found their end at %llu",
			(unsigned long long)t->info.n_blocks, (unsigned long long)t->table,
			(unsigned long long)t->offset);
	for (unsigned int i = 0; i < TW_TRACE_KINDS; i++)
		if (t->counts[i] != t->info.events[i])
			return tw_trace_fail(
				t, -EBADMSG, "expected %llu events of kind %s, found %llu",
				(unsigned long long)t->info.events[i], tw_trace_kind_name(i),
				(unsigned long long)t->counts[i]);
	if (!t->order.exited)
		return tw_trace_fail(t, -EBADMSG, "expected an exit event at the end");
	return 0;
}

// Makes a buffer's room at least n; what it held is lost.
static bool grow(uint8_t **buf, size_t *room, size_t n)
{
	if (n <= *room)
		return true;
	free(*buf);
	*buf = malloc(n);
	*room = *buf ? n : 0;
	return *buf;
}

// Reads and unpacks the next block: 1, 0 if there is none, or an error.
static int read_block(struct tw_trace *t)
{
	uint8_t head[TW_TRACE_BLOCK_HEADER_SIZE];
	const uint8_t *h = head;
	uint64_t left = t->table - t->offset;
	uint32_t events, fetch, data, other, packed, crc;
	unsigned long long number = t->block;
	size_t raw, got;
	int error;

	if (t->block == t->info.n_blocks)
		return check_end(t);
	if (left < TW_TRACE_BLOCK_HEADER_SIZE)
		return tw_trace_fail(t, -EBADMSG,
				     "block %llu at byte %llu: expected a block header", number,
				     (unsigned long long)t->offset);
	error = tw_trace_get_bytes(t, head, sizeof(head), "a block header");
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
		return tw_trace_fail(t, -EBADMSG,
				     "block %llu at byte %llu: expected magic BLK1 and number %llu",
				     number, (unsigned long long)t->offset, number);
	if (!events || events > TW_TRACE_BLOCK_EVENTS || fetch > TW_TRACE_BLOCK_MAX ||
	    data > TW_TRACE_BLOCK_MAX || other > TW_TRACE_BLOCK_MAX)
		return tw_trace_fail(t, -EBADMSG,
				     "block %llu at byte %llu: expected 1 to %d events", number,
				     (unsigned long long)t->offset, TW_TRACE_BLOCK_EVENTS);
	raw = (size_t)events + fetch + data + other;
	if (raw > TW_TRACE_BLOCK_MAX || !packed || packed > TW_TRACE_PACKED_MAX || packed > left)
		return tw_trace_fail(
			t, -EBADMSG,
			"block %llu at byte %llu: expected at most %u bytes unpacked, and packed "
			"within the %llu that are left",
			number, (unsigned long long)t->offset, TW_TRACE_BLOCK_MAX,
			(unsigned long long)left);
	if (!grow(&t->packed, &t->packed_room, packed))
		return tw_trace_fail(t, -ENOMEM, "out of memory");
	error = tw_trace_get_bytes(t, t->packed, packed, "a block");
	if (error)
		return error;
	crc = (uint32_t)crc32(crc32(0, h, TW_TRACE_B_CRC), t->packed, packed);
	if (crc != tw_trace_get32(h + TW_TRACE_B_CRC))
		return tw_trace_fail(
			t, -EBADMSG,
			"block %llu at byte %llu: expected checksum 0x%08x, found 0x%08x", number,
			(unsigned long long)t->offset, crc, tw_trace_get32(h + TW_TRACE_B_CRC));
	if (!grow(&t->raw, &t->raw_room, raw + TW_TRACE_SPARE))
		return tw_trace_fail(t, -ENOMEM, "out of memory");
	memset(t->raw + raw, 0, TW_TRACE_SPARE);
	got = ZSTD_decompressDCtx(t->zstd, t->raw, raw, t->packed, packed);
	if (ZSTD_isError(got) || got != raw)
		return tw_trace_fail(t, -EBADMSG,
				     "block %llu at byte %llu: expected %zu bytes of zstd data: %s",
				     number, (unsigned long long)t->offset, raw,
				     ZSTD_isError(got) ? ZSTD_getErrorName(got) : "found fewer");

	t->tag = t->tags = t->raw;
	t->tag_end = t->tags + events;
	t->fetch = (struct tw_trace_stream){t->tag_end, t->tag_end + fetch};
	t->data = (struct tw_trace_stream){t->fetch.end, t->fetch.end + data};
	t->other = (struct tw_trace_stream){t->data.end, t->data.end + other};
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
static inline bool get_delta(struct tw_trace_stream *s, unsigned int n, int64_t *delta)
{
	uint64_t v;

	if ((size_t)(s->end - s->p) < n)
		return false;
	v = tw_trace_get64(s->p) & ((UINT64_C(1) << (8 * n)) - 1);
	s->p += n;
	*delta = tw_trace_unzigzag(v);
	return true;
}

static bool get_leb(struct tw_trace_stream *s, uint64_t *v)
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
	block = p->fetch + 1 + (uint64_t)delta;
	if (block >= TW_TRACE_VA_END / TW_TRACE_FETCH_SIZE)
		return fail_event(t, "expected a fetch below 2^38");
	if (!t->order.maps_done || t->order.exited)
		return fail_event(t, "expected accesses only between the initial brk and the exit");
	tw_trace_predictor_fetch(p, block);
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
