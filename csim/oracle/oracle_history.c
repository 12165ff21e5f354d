// SPDX-License-Identifier: Apache-2.0
// The history of page-table entries: for each 8-byte word that was ever written, the values it had
// and when. A word without history has had its present value for ever and takes no memory.
// Bounded: at most max_versions in all. A version that no request may use any more is dropped when
// space is needed; if that is not enough, the oldest usable ones are dropped too and the word
// remembers until when, so that a search that would have needed them is undecided.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oracle_internal.h"

enum { WORDS_MIN = 256, TIDY = 16 };

static size_t slot_in(const struct tw_or_word *table, size_t cap, uint64_t addr)
{
	uint64_t h = (addr >> 3) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(h >> 20) & (cap - 1);

	while (table[i].v && table[i].addr != addr)
		i = (i + 1) & (cap - 1);
	return i;
}

static struct tw_or_word *find(const struct tw_oracle *o, uint64_t addr)
{
	struct tw_or_word *w;

	if (!o->word_cap)
		return NULL;
	w = &o->word[slot_in(o->word, o->word_cap, addr)];
	return w->v ? w : NULL;
}

// Makes TABLE, empty and with room, the table, and frees the old one.
static void move_to(struct tw_oracle *o, struct tw_or_word *table, size_t cap)
{
	for (size_t i = 0; i < o->word_cap; i++)
		if (o->word[i].v)
			table[slot_in(table, cap, o->word[i].addr)] = o->word[i];
	free(o->word);
	o->word = table;
	o->word_cap = cap;
}

static int grow(struct tw_oracle *o)
{
	size_t cap = o->word_cap ? o->word_cap * 2 : WORDS_MIN;
	struct tw_or_word *table = calloc(cap, sizeof(*table));

	if (!table)
		return -ENOMEM;
	move_to(o, table, cap);
	return 0;
}

uint64_t tw_or_oldest_accept(const struct tw_oracle *o)
{
	uint64_t oldest = TW_OR_NEVER;

	for (size_t i = 0; i < o->lives; i++)
		if (o->live[i].accept < oldest)
			oldest = o->live[i].accept;
	return oldest;
}

uint64_t tw_or_dead_before(const struct tw_oracle *o)
{
	uint64_t horizon = o->horizon;

	for (size_t i = 0; i < o->lives; i++)
		if (o->live[i].horizon < horizon)
			horizon = o->live[i].horizon;
	// The walk of a cancelled request may still make its update.
	for (size_t i = 0; i < o->pasts && i < TW_OR_PAST; i++)
		if (o->past[i].fate == TW_OR_CANCELLED && o->past[i].horizon < horizon)
			horizon = o->past[i].horizon;
	return horizon;
}

// Forgets versions that ended before LIMIT. Those at or after DEAD were usable: the word knows.
static void forget(struct tw_oracle *o, struct tw_or_word *w, uint64_t limit, uint64_t dead)
{
	uint32_t drop = 0;

	while (drop < w->n - 1 && w->v[drop].to < limit)
		drop++;
	if (!drop)
		return;
	for (uint32_t i = 0; i < drop; i++)
		o->stats.versions_lost += w->v[i].to >= dead;
	if (w->v[drop - 1].to >= dead)
		w->lost = w->v[drop - 1].to + 1;
	memmove(w->v, w->v + drop, (w->n - drop) * sizeof(*w->v));
	w->n -= drop;
	o->versions -= drop;
}

// Joins versions of one value that ended before any request in flight was accepted. The joined one
// also covers the time between them, which only accepts more: what a fence outlaws is decided by
// its end.
static void join(struct tw_oracle *o, struct tw_or_word *w)
{
	uint64_t oldest = tw_or_oldest_accept(o);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < w->n; i++) {
		struct tw_or_version v = w->v[i];

		for (uint32_t k = 0; k < kept && v.to < oldest; k++)
			if (w->v[k].value == v.value) {
				v.from = w->v[k].from;
				v.from_cycle = w->v[k].from_cycle;
				memmove(&w->v[k], &w->v[k + 1], (kept - k - 1) * sizeof(*w->v));
				kept--;
				break;
			}
		w->v[kept++] = v;
	}
	o->versions -= w->n - kept;
	w->n = kept;
}

static void forget_word(struct tw_oracle *o, struct tw_or_word *w)
{
	if (w->reads)
		o->reads_lost = o->now;
	free(w->v);
	free(w->read);
	w->v = NULL;
	w->read = NULL;
}

// A word whose only value is older than all that counts needs no history. Leaves holes in the
// table's probe sequences.
static void drop_idle(struct tw_oracle *o, uint64_t limit, uint64_t dead)
{
	for (size_t i = 0; i < o->word_cap; i++) {
		struct tw_or_word *w = &o->word[i];

		if (!w->v || w->n > 1 || w->v[0].from >= limit || w->lost > dead)
			continue;
		forget_word(o, w);
		o->versions--;
		o->words--;
	}
}

// Makes room in the whole table: first what is dead, then ever younger versions.
static int shrink(struct tw_oracle *o)
{
	uint64_t dead = tw_or_dead_before(o), limit = dead;
	struct tw_or_word *table = calloc(o->word_cap + 1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	for (;;) {
		for (size_t i = 0; i < o->word_cap; i++)
			if (o->word[i].v)
				forget(o, &o->word[i], limit, dead);
		drop_idle(o, limit, dead);
		if (o->versions <= o->opts.max_versions / 4 * 3 || limit >= o->now)
			break;
		limit += (o->now - limit + 1) / 2;
	}
	if (o->versions > o->opts.max_versions / 4 * 3) {
		// Only newest values are left, of too many words: what they were before now
		// is unknown.
		o->stats.versions_lost += o->versions;
		o->history_lost = o->now;
		for (size_t i = 0; i < o->word_cap; i++)
			forget_word(o, &o->word[i]);
		o->versions = 0;
		o->words = 0;
	}
	move_to(o, table, o->word_cap);
	return 0;
}

static int reserve(struct tw_or_word *w, uint32_t n)
{
	uint32_t cap = w->cap ? w->cap : 2;
	struct tw_or_version *v;

	while (cap < n)
		cap *= 2;
	if (cap == w->cap)
		return 0;
	v = realloc(w->v, cap * sizeof(*v));
	if (!v)
		return -ENOMEM;
	w->v = v;
	w->cap = cap;
	return 0;
}

static void append(struct tw_oracle *o, struct tw_or_word *w, uint64_t value)
{
	struct tw_or_version *v = &w->v[w->n];
	bool first = w->n == 0;

	*v = (struct tw_or_version){
		.value = value,
		.from = first ? 0 : o->now,
		.to = TW_OR_NEVER,
		.from_cycle = first ? 0 : o->cycle,
		.to_cycle = TW_OR_NEVER,
	};
	if (!first) {
		v[-1].to = o->now;
		v[-1].to_cycle = o->cycle;
	}
	w->n++;
	o->versions++;
}

// A change that was not told. When it happened is unknown: both values count from the older one's
// beginning. The word has room for one more.
static void untold(struct tw_oracle *o, struct tw_or_word *w, uint64_t value)
{
	uint64_t from = w->v[w->n - 1].from, cycle = w->v[w->n - 1].from_cycle;

	append(o, w, value);
	w->v[w->n - 1].from = from;
	w->v[w->n - 1].from_cycle = cycle;
	o->stats.untold++;
}

// Room for three more versions and a word.
static int make_room(struct tw_oracle *o)
{
	if (o->versions + 3 > o->opts.max_versions && shrink(o) != 0)
		return -ENOMEM;
	return o->words * 2 >= o->word_cap ? grow(o) : 0;
}

// A word without history begins one with the value that it has always had. There is room.
static struct tw_or_word *begin_word(struct tw_oracle *o, uint64_t addr, uint64_t value)
{
	struct tw_or_word *w, fresh = {.addr = addr};

	if (reserve(&fresh, 2) != 0)
		return NULL;
	w = &o->word[slot_in(o->word, o->word_cap, addr)];
	*w = fresh;
	o->words++;
	append(o, w, value);
	return w;
}

int tw_or_write(struct tw_oracle *o, uint64_t addr, uint64_t old, uint64_t value)
{
	struct tw_or_word *w;

	if (make_room(o) != 0)
		return -ENOMEM;
	w = find(o, addr);
	if (!w) {
		if (old == value)
			return 0;
		w = begin_word(o, addr, old);
		if (!w)
			return -ENOMEM;
	} else if (w->n >= TIDY && (w->n & (w->n - 1)) == 0) {
		uint64_t dead = tw_or_dead_before(o);

		forget(o, w, dead, dead);
		join(o, w);
	}
	if (reserve(w, w->n + 2) != 0)
		return -ENOMEM;
	if (w->v[w->n - 1].value != old)
		untold(o, w, old);
	if (w->v[w->n - 1].value != value)
		append(o, w, value);
	return 0;
}

// Forgets reads that count no more; else makes room for more, or forgets the older half.
static int more_reads(const struct tw_oracle *o, struct tw_or_word *w)
{
	uint64_t dead = tw_or_dead_before(o), *read;
	uint32_t drop = 0, cap = w->read_cap ? w->read_cap * 2 : 8;

	while (drop < w->reads && w->read[drop] < dead)
		drop++;
	if (!drop && cap > TW_OR_READS) {
		drop = w->reads / 2;
		w->reads_lost = w->read[drop - 1];
	}
	if (drop) {
		w->reads -= drop;
		memmove(w->read, w->read + drop, w->reads * sizeof(*w->read));
		return 0;
	}
	read = realloc(w->read, cap * sizeof(*read));
	if (!read)
		return -ENOMEM;
	w->read = read;
	w->read_cap = cap;
	return 0;
}

int tw_or_note_read(struct tw_oracle *o, uint64_t addr)
{
	struct tw_or_word *w;
	uint64_t value;

	if (o->opts.mem.read64(o->opts.mem.user, addr, &value) != 0)
		return 0;
	if (make_room(o) != 0)
		return -ENOMEM;
	w = find(o, addr);
	if (!w)
		w = begin_word(o, addr, value);
	if (!w)
		return -ENOMEM;
	// A read after which nothing ended says no more than this one.
	if (w->reads && w->read_epoch == o->epoch && w->read[w->reads - 1] >= w->v[w->n - 1].from)
		w->reads--;
	if (w->reads == w->read_cap && more_reads(o, w) != 0)
		return -ENOMEM;
	w->read[w->reads++] = o->now;
	w->read_epoch = o->epoch;
	return 0;
}

uint64_t tw_or_last_read(const struct tw_oracle *o, const struct tw_or_view *view, uint64_t from,
			 uint64_t to, bool *lost)
{
	const struct tw_or_word *w = view->word;

	for (uint32_t i = w ? w->reads : 0; i-- > 0;) {
		if (w->read[i] < from)
			return 0;
		if (w->read[i] <= to)
			return w->read[i];
	}
	*lost |= (w && w->reads_lost && w->reads_lost >= from) || o->reads_lost > from;
	return 0;
}

int tw_or_view(struct tw_oracle *o, uint64_t addr, struct tw_or_view *view)
{
	struct tw_or_word *w = find(o, addr);
	uint64_t value;

	*view = (struct tw_or_view){.lost = o->history_lost};
	if (o->opts.mem.read64(o->opts.mem.user, addr, &value) != 0)
		return 0;
	if (!w) {
		view->one = (struct tw_or_version){
			.value = value, .to = TW_OR_NEVER, .to_cycle = TW_OR_NEVER};
		view->v = &view->one;
		view->n = 1;
		return 0;
	}
	// Only this word is touched: a search may hold views of others.
	if (w->v[w->n - 1].value != value) {
		if (reserve(w, w->n + 1) != 0)
			return -ENOMEM;
		untold(o, w, value);
	}
	view->v = w->v;
	view->n = w->n;
	view->word = w;
	if (w->lost > view->lost)
		view->lost = w->lost;
	return 0;
}

void tw_or_history_clear(struct tw_oracle *o)
{
	for (size_t i = 0; i < o->word_cap; i++)
		forget_word(o, &o->word[i]);
	free(o->word);
	o->reads_lost = 0;
	o->word = NULL;
	o->word_cap = 0;
	o->words = 0;
	o->versions = 0;
}
