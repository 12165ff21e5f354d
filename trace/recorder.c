// SPDX-License-Identifier: Apache-2.0
//
// The recorder: see recorder.h. The plugin is trusted, its stream is still checked: QEMU may die in
// the middle of a record.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "recorder.h"
#include "regions.h"
#include "stream.h"

#define HALF	  (UINT64_C(1) << (TW_TRACE_VA_BITS - 1))
#define MAX_WORDS (2 + TW_STREAM_TEXT_WORDS(TW_STREAM_TEXT_MAX)) // of one record

struct tw_recorder {
	struct tw_trace_writer *w;
	struct tw_trace_regions regions;
	uint64_t n; // events so far
	int error;
	bool any;  // an event was recorded
	bool exec; // an execve started last
	bool exited;
	uint8_t held[MAX_WORDS * 8]; // the beginning of a record that is not complete
	size_t n_held;
	char text[512];
};

struct tw_recorder *tw_recorder_new(struct tw_trace_writer *w)
{
	struct tw_recorder *r = calloc(1, sizeof(*r));

	if (r)
		r->w = w;
	return r;
}

void tw_recorder_free(struct tw_recorder *r)
{
	if (r)
		tw_trace_regions_free(&r->regions);
	free(r);
}

const char *tw_recorder_error(const struct tw_recorder *r)
{
	return r->text[0] ? r->text : "no error";
}

static int fail(struct tw_recorder *r, int error, const char *text)
{
	snprintf(r->text, sizeof(r->text), "%s", text);
	r->error = error;
	return error;
}

static int fail_addr(struct tw_recorder *r, uint64_t addr)
{
	snprintf(r->text, sizeof(r->text),
		 "the program uses address 0x%llx: expected one below 2^37, or from 2^38 on within "
		 "2^37",
		 (unsigned long long)addr);
	r->error = -EBADMSG;
	return r->error;
}

static bool rebase(uint64_t *addr)
{
	if (*addr < HALF)
		return true;
	if (*addr < 2 * HALF || *addr > 3 * HALF)
		return false;
	*addr -= HALF;
	return true;
}

// What nobody could replay is not recorded.
static int fail_rule(struct tw_recorder *r, const struct tw_trace_event *e, const char *rule)
{
	snprintf(r->text, sizeof(r->text), "event %llu: %s at 0x%llx: %s", (unsigned long long)r->n,
		 tw_trace_kind_name(e->kind), (unsigned long long)e->addr, rule);
	r->error = -EBADMSG;
	return r->error;
}

static int put(struct tw_recorder *r, const struct tw_trace_event *e)
{
	int error = tw_trace_put(r->w, e);
	const char *rule;

	if (error)
		return fail(r, error, tw_trace_writer_error(r->w));
	rule = tw_trace_regions_check(&r->regions, e);
	if (rule)
		return fail_rule(r, e, rule);
	if (tw_trace_regions_apply(&r->regions, e) != 0)
		return fail(r, -ENOMEM, "out of memory");
	r->n++;
	r->any = true;
	r->exited = e->kind == TW_TRACE_EXIT;
	return 0;
}

static int feed_access(struct tw_recorder *r, uint64_t word)
{
	unsigned int code = (unsigned int)(word >> TW_STREAM_CODE_SHIFT);
	struct tw_trace_event e = {.kind = (uint8_t)(code >> 4), .size = 1u << (code & 15)};

	e.addr = word & TW_STREAM_LOW;
	if (!rebase(&e.addr))
		return fail_addr(r, e.addr);
	return put(r, &e);
}

static int feed_event(struct tw_recorder *r, unsigned int kind, const uint8_t *p)
{
	struct tw_stream_event s;
	struct tw_trace_event e;
	uint64_t result;
	bool returns_addr =
		kind == TW_TRACE_MMAP || kind == TW_TRACE_MREMAP || kind == TW_TRACE_BRK;

	memcpy(&s, p, sizeof(s));
	e = (struct tw_trace_event){
		.kind = (uint8_t)kind,
		.addr = s.addr,
		.len = s.len,
		.new_len = s.new_len,
		.new_addr = s.new_addr,
		.offset = s.offset,
		.result = s.result,
		.prot = (uint32_t)s.prot,
		.flags = (uint32_t)s.flags,
		.file = (int32_t)s.file,
		.advice = (int32_t)s.advice,
	};
	if (!rebase(&e.addr)) {
		// A hint need not be followed and a failed call touches nothing; all else must fit.
		if (kind != TW_TRACE_MMAP && kind != TW_TRACE_BRK && s.result >= 0)
			return fail_addr(r, s.addr);
		e.addr = TW_TRACE_NO_ADDR;
	}
	if (!rebase(&e.new_addr))
		e.new_addr = TW_TRACE_NO_ADDR;
	result = (uint64_t)s.result;
	if (returns_addr && s.result >= 0) {
		if (!rebase(&result))
			return fail_addr(r, result);
		e.result = (int64_t)result;
	}
	return put(r, &e);
}

static int feed_file(struct tw_recorder *r, const uint8_t *p, size_t len)
{
	char name[TW_STREAM_TEXT_MAX + 1];
	uint64_t size;
	int index;

	memcpy(&size, p, 8);
	memcpy(name, p + 8, len);
	name[len] = '\0';
	index = tw_trace_add_file(r->w, name, size);
	return index < 0 ? fail(r, index, tw_trace_writer_error(r->w)) : 0;
}

// Bytes of the record that starts with this word; 0 if there is no such record.
static size_t record_bytes(uint64_t word)
{
	uint64_t low = word & TW_STREAM_LOW;

	switch (word >> TW_STREAM_CODE_SHIFT) {
	case TW_STREAM_EVENT:
		return 8 + sizeof(struct tw_stream_event);
	case TW_STREAM_FILE:
		return low > TW_STREAM_TEXT_MAX ? 0 : 16 + 8 * TW_STREAM_TEXT_WORDS((size_t)low);
	case TW_STREAM_ERROR:
		return low > TW_STREAM_TEXT_MAX ? 0 : 8 + 8 * TW_STREAM_TEXT_WORDS((size_t)low);
	case TW_STREAM_EXEC:
		return 8;
	default:
		return word >> TW_STREAM_CODE_SHIFT < 0x40 ? 8 : 0;
	}
}

static int feed_record(struct tw_recorder *r, uint64_t word, const uint8_t *p)
{
	size_t low = (size_t)(word & TW_STREAM_LOW);

	r->exec = false;
	switch (word >> TW_STREAM_CODE_SHIFT) {
	case TW_STREAM_EVENT:
		return feed_event(r, (unsigned int)low, p + 8);
	case TW_STREAM_FILE:
		return feed_file(r, p + 8, low);
	case TW_STREAM_ERROR:
		snprintf(r->text, sizeof(r->text), "%.*s", (int)low, (const char *)p + 8);
		r->error = -EBADMSG;
		return r->error;
	case TW_STREAM_EXEC:
		r->exec = true;
		return 0;
	default:
		return feed_access(r, word);
	}
}

int tw_recorder_feed(struct tw_recorder *r, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	const uint8_t *end = p + n;
	uint64_t word;
	size_t need;
	int error;

	while (p < end && !r->error) {
		const uint8_t *record = p;
		size_t have = (size_t)(end - p);

		if (r->n_held || have < 8) {
			// Byte by byte, until the record that was cut is complete.
			r->held[r->n_held++] = *p++;
			if (r->n_held < 8)
				continue;
			record = r->held;
			have = r->n_held;
		}
		memcpy(&word, record, 8);
		need = record_bytes(word);
		if (!need)
			return fail(r, -EBADMSG, "QEMU's plugin sent an unknown record");
		if (have < need && record == p) {
			memcpy(r->held, p, have);
			r->n_held = have;
			p = end;
			continue;
		}
		if (have < need)
			continue;
		error = feed_record(r, word, record);
		if (error)
			return error;
		if (record == p)
			p += need;
		else
			r->n_held = 0;
	}
	return r->error;
}

int tw_recorder_end(struct tw_recorder *r, int status)
{
	int error;

	if (r->error)
		return r->error;
	if (!r->any)
		return fail(r, -ENODATA, "QEMU ended before the program's first instruction");
	if (!r->exited) {
		struct tw_trace_event e = {
			.kind = TW_TRACE_EXIT, .file = -1, .result = status & 0xff};

		if (r->exec)
			e.result = TW_TRACE_EXIT_EXEC;
		error = put(r, &e);
		if (error)
			return error;
	}
	error = tw_trace_finish(r->w);
	return error ? fail(r, error, tw_trace_writer_error(r->w)) : 0;
}
