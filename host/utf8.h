// SPDX-License-Identifier: Apache-2.0
// Names of files are bytes; what JSON and other formats hold is UTF-8.
#ifndef TW_HOST_UTF8_H
#define TW_HOST_UTF8_H

#include <stdio.h>

// A copy of TEXT that is UTF-8 (RFC 3629): each byte that is not part of a character becomes
// U+FFFD. The caller frees it. NULL: no memory.
char *tw_utf8(const char *text);

// Prints TEXT as a string of JSON, with its quotes and in UTF-8 as above. 0 or -ENOMEM.
int tw_json_string(FILE *f, const char *text);

#endif
