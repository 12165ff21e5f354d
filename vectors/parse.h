// SPDX-License-Identifier: Apache-2.0
// Between the files that turn words into directives: words.c, parse.c, parse_acc.c.
#ifndef TW_VECTORS_PARSE_H
#define TW_VECTORS_PARSE_H

#include "internal.h"

struct vec_parser {
	struct vec_reader *r;
	struct vec_dir *d;
	enum vec_family *family;
	unsigned int at; // the next word
};

// TW_BAD_INPUT, with "FILE:LINE: expected WHAT" and the word that stands there instead in err.
enum tw_status vec_word_expected(const struct vec_parser *p, const char *what);

// The next word as a number, hexadecimal without 0x, at most MAX; in an error it is called WHAT.
enum tw_status vec_number(struct vec_parser *p, uint64_t max, const char *what, uint64_t *value);

// The number after "key=" in a word that is known to begin so.
enum tw_status vec_key_number(struct vec_parser *p, uint64_t max, const char *what,
			      uint64_t *value);

// Whether the next word is S, or begins with "KEY=".
bool vec_word_is(const struct vec_parser *p, const char *s);
bool vec_key_is(const struct vec_parser *p, const char *key);

// parse_acc.c: the words of `acc`.
enum tw_status vec_parse_acc(struct vec_parser *p);

#define VEC_VA_WORD "a virtual address, hexadecimal without 0x, at most 64 bits"

#endif
