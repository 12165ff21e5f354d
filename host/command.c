// SPDX-License-Identifier: Apache-2.0
// See command.h.
#include "command.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_plain(const char *arg)
{
	return *arg && arg[strspn(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_./,:=+@%-")] == '\0';
}

void tw_command_add(struct tw_command *c, const char *arg)
{
	size_t used = c->text ? strlen(c->text) : 0;
	// A quote becomes four characters.
	char *bigger = c->no_memory ? NULL : realloc(c->text, used + 4 * strlen(arg) + 4), *to;

	if (!bigger) {
		free(c->text);
		*c = (struct tw_command){.no_memory = true};
		return;
	}
	c->text = bigger;
	to = bigger + used;
	if (used)
		*to++ = ' ';
	if (is_plain(arg)) {
		strcpy(to, arg);
		return;
	}
	*to++ = '\'';
	for (; *arg; arg++) {
		if (*arg == '\'') {
			memcpy(to, "'\\''", 4);
			to += 4;
		} else {
			*to++ = *arg;
		}
	}
	*to++ = '\'';
	*to = '\0';
}
