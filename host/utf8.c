// SPDX-License-Identifier: Apache-2.0
// See utf8.h.
#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// What the second byte may be after the first; all further ones are 80 to BF. RFC 3629, section 4.
static const struct {
	unsigned char first, last, second_min, second_max;
	size_t bytes;
} forms[] = {
	{0x00, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

// Bytes of the character that TEXT begins with; 0: it begins with none.
static size_t character(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i = 0;

	while (i < sizeof(forms) / sizeof(forms[0]) &&
	       (p[0] < forms[i].first || p[0] > forms[i].last))
		i++;
	if (i == sizeof(forms) / sizeof(forms[0]))
		return 0;
	if (forms[i].bytes > 1 && (p[1] < forms[i].second_min || p[1] > forms[i].second_max))
		return 0;
	for (size_t b = 2; b < forms[i].bytes; b++)
		if ((p[b] & 0xc0) != 0x80)
			return 0;
	return forms[i].bytes;
}

char *tw_utf8(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *copy = malloc(strlen(text) * strlen(replacement) + 1), *to = copy;

	while (copy && *text) {
		size_t n = character(text);

		if (n) {
			memcpy(to, text, n);
			to += n;
			text += n;
		} else {
			memcpy(to, replacement, strlen(replacement));
			to += strlen(replacement);
			text++;
		}
	}
	if (copy)
		*to = '\0';
	return copy;
}

int tw_json_string(FILE *f, const char *text)
{
	char *utf8 = tw_utf8(text);

	if (!utf8)
		return -ENOMEM;
	fputc('"', f);
	for (const char *p = utf8; *p; p++) {
		if ((unsigned char)*p < 0x20) {
			fprintf(f, "\\u%04x", (unsigned int)*p);
			continue;
		}
		if (*p == '"' || *p == '\\')
			fputc('\\', f);
		fputc(*p, f);
	}
	fputc('"', f);
	free(utf8);
	return 0;
}
