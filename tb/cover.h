// SPDX-License-Identifier: Apache-2.0
// Coverage points and their names: groups of up to 64 points for each of a number of objects, each
// seen or not. What is seen costs one OR; what was never seen is named at the end. Invariant: only
// points that were asked for count, whatever else is seen.
#ifndef TW_TB_COVER_H
#define TW_TB_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

// What the points of a group are.
enum tw_cover_kind {
	TW_COVER_ONE,	// bits of a register: held as 1
	TW_COVER_ZERO,	// held as 0
	TW_COVER_ALONE, // bits that are compared: the only ones that differed
	TW_COVER_EVENT, // anything else
	TW_COVER_KINDS,
};

struct tw_cover_group {
	const char *object; // borrowed: its name; the first # is the row, the second the column
	const char *point;  // borrowed: the name that the points share, each followed by its number
	enum tw_cover_kind kind;
	unsigned int columns, objects;
	uint64_t *want, *seen; // of each object
};

struct tw_cover {
	struct tw_cover_group *group;
	unsigned int n, room;
	int error; // 0, or -ENOMEM: some group could not be added
};

// An empty set. Ended with tw_cover_exit().
void tw_cover_init(struct tw_cover *c);
void tw_cover_exit(struct tw_cover *c);

// Adds a group of the points of WANT for each of ROWS * COLUMNS objects, and returns its number;
// without memory, 0 and c->error is set. Object I stands in row I / COLUMNS.
unsigned int tw_cover_add(struct tw_cover *c, enum tw_cover_kind kind, const char *object,
			  unsigned int rows, unsigned int columns, const char *point,
			  uint64_t want);
// The points wanted of one object only.
void tw_cover_want(struct tw_cover *c, unsigned int group, unsigned int object, uint64_t want);

static inline void tw_cover_see(struct tw_cover *c, unsigned int group, unsigned int object,
				uint64_t points)
{
	c->group[group].seen[object] |= points;
}

// The number of points of a kind, and how many were seen; whether all of all kinds were.
void tw_cover_count(const struct tw_cover *c, enum tw_cover_kind kind, uint64_t *wanted,
		    uint64_t *seen);
bool tw_cover_complete(const struct tw_cover *c);

// The counts of all kinds: a line of text, or a member of a JSON object after others.
void tw_cover_print(const struct tw_cover *c, FILE *f);
void tw_cover_print_json(const struct tw_cover *c, FILE *f);

// Names what was never seen, one line for each object with a point missing, each after PREFIX, at
// most LIMIT lines. Returns the number of lines without that limit.
size_t tw_cover_name_missing(const struct tw_cover *c, FILE *f, const char *prefix, size_t limit);

#ifdef __cplusplus
}
#endif

#endif
