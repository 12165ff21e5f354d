// SPDX-License-Identifier: Apache-2.0
// The words of one line, taken from left to right: numbers, keys, and what was expected instead.
#include <string.h>

#include "parse.h"

enum tw_status vec_word_expected(const struct vec_parser *p, const char *what)
{
	if (p->at < p->r->words)
		return vec_expected(p->r, p->r->line, "%s, not \"%s\"", what, p->r->word[p->at]);
	return vec_expected(p->r, p->r->line, "%s at the end of the line", what);
}

static bool parse_hex(const char *s, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (*s == '\0')
		return false;
	for (; *s; s++) {
		unsigned int digit;

		if (*s >= '0' && *s <= '9')
			digit = (unsigned int)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			digit = (unsigned int)(*s - 'a') + 10;
		else if (*s >= 'A' && *s <= 'F')
			digit = (unsigned int)(*s - 'A') + 10;
		else
			return false;
		if (v >> 60)
			return false;
		v = v << 4 | digit;
	}
	*value = v;
	return v <= max;
}

enum tw_status vec_number(struct vec_parser *p, uint64_t max, const char *what, uint64_t *value)
{
	if (p->at >= p->r->words || !parse_hex(p->r->word[p->at], max, value))
		return vec_word_expected(p, what);
	p->at++;
	return TW_OK;
}

enum tw_status vec_key_number(struct vec_parser *p, uint64_t max, const char *what, uint64_t *value)
{
	if (!parse_hex(strchr(p->r->word[p->at], '=') + 1, max, value))
		return vec_word_expected(p, what);
	p->at++;
	return TW_OK;
}

bool vec_word_is(const struct vec_parser *p, const char *s)
{
	return p->at < p->r->words && strcmp(p->r->word[p->at], s) == 0;
}

bool vec_key_is(const struct vec_parser *p, const char *key)
{
	size_t n = strlen(key);

	return p->at < p->r->words && strncmp(p->r->word[p->at], key, n) == 0 &&
	       p->r->word[p->at][n] == '=';
}
