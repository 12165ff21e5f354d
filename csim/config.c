// SPDX-License-Identifier: Apache-2.0
// Hardware configurations: the named ones of configs.def, the check of ranges, and the reader of
// configuration files. One table of fields serves all three. Invariant: a configuration is given
// out only after it passed the check.
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twinwalk/arch.h"
#include "twinwalk/config.h"

static const struct tw_config named[] = {
#define FMT(name) (1u << TW_FMT_##name)
#define TW_CONFIG(config, l1f, l1d, sets, ways, sp, pwc, walkers_, miss, ports_, asid, formats_) \
	{.name = #config,                                                                        \
	 .l1_entries = {l1f, l1d},                                                               \
	 .l2_sets = sets,                                                                        \
	 .l2_ways = ways,                                                                        \
	 .l2_sp_entries = sp,                                                                    \
	 .pwc_entries = pwc,                                                                     \
	 .walkers = walkers_,                                                                    \
	 .miss_entries = miss,                                                                   \
	 .ports = ports_,                                                                        \
	 .asid_bits = asid,                                                                      \
	 .formats = formats_},
#include "twinwalk/configs.def"
#undef TW_CONFIG
#undef FMT
};

enum kind { POWER_OF_2, NONE_OR_POWER_OF_2, NUMBER, FORMAT_MASK };

// The fields, named and ordered as the columns of configs.def.
static const struct field {
	const char *name;
	size_t offset;
	enum kind kind;
	unsigned int min, max;
} fields[] = {
	{"L1FetchEntries", offsetof(struct tw_config, l1_entries[0]), NONE_OR_POWER_OF_2, 2,
	 TW_MAX_L1},
	{"L1DataEntries", offsetof(struct tw_config, l1_entries[1]), POWER_OF_2, 2, TW_MAX_L1},
	{"L2Sets", offsetof(struct tw_config, l2_sets), NONE_OR_POWER_OF_2, 2, TW_MAX_L2_SETS},
	{"L2Ways", offsetof(struct tw_config, l2_ways), NONE_OR_POWER_OF_2, 2, TW_MAX_L2_WAYS},
	{"L2SpEntries", offsetof(struct tw_config, l2_sp_entries), NONE_OR_POWER_OF_2, 2,
	 TW_MAX_L2_SP},
	{"PwcEntries", offsetof(struct tw_config, pwc_entries), NONE_OR_POWER_OF_2, 2, TW_MAX_PWC},
	{"Walkers", offsetof(struct tw_config, walkers), POWER_OF_2, 1, TW_MAX_WALKERS},
	{"MissEntries", offsetof(struct tw_config, miss_entries), POWER_OF_2, 1, TW_MAX_MISS},
	{"Ports", offsetof(struct tw_config, ports), POWER_OF_2, 1, TW_PORTS},
	{"AsidBits", offsetof(struct tw_config, asid_bits), NUMBER, 1, TW_MAX_ASID_BITS},
	{"Formats", offsetof(struct tw_config, formats), FORMAT_MASK, 1, 0xffff},
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

// Bits that formats in a mask may have: those that the architecture translates.
enum { FORMAT_CODES = 16 };

size_t tw_config_count(void)
{
	return sizeof(named) / sizeof(named[0]);
}

const struct tw_config *tw_config_named(size_t i)
{
	return i < tw_config_count() ? &named[i] : NULL;
}

const struct tw_config *tw_config_find(const char *name)
{
	for (size_t i = 0; i < tw_config_count(); i++)
		if (strcmp(named[i].name, name) == 0)
			return &named[i];
	return NULL;
}

bool tw_config_field(const struct tw_config *cfg, size_t i, const char **name, unsigned int *value)
{
	if (i >= FIELDS)
		return false;
	*name = fields[i].name;
	memcpy(value, (const char *)cfg + fields[i].offset, sizeof(*value));
	return true;
}

bool tw_config_same(const struct tw_config *a, const struct tw_config *b)
{
	return a->l1_entries[0] == b->l1_entries[0] && a->l1_entries[1] == b->l1_entries[1] &&
	       a->l2_sets == b->l2_sets && a->l2_ways == b->l2_ways &&
	       a->l2_sp_entries == b->l2_sp_entries && a->pwc_entries == b->pwc_entries &&
	       a->walkers == b->walkers && a->miss_entries == b->miss_entries &&
	       a->ports == b->ports && a->asid_bits == b->asid_bits && a->formats == b->formats;
}

static bool known_formats(unsigned long mask)
{
	for (unsigned int i = 0; i < FORMAT_CODES; i++)
		if ((mask >> i & 1) && !tw_format_get((enum tw_format)i))
			return false;
	return true;
}

static bool in_range(const struct field *f, unsigned long value)
{
	if (f->kind == NONE_OR_POWER_OF_2 && value == 0)
		return true;
	if (value < f->min || value > f->max)
		return false;
	if (f->kind == FORMAT_MASK)
		return known_formats(value);
	return f->kind == NUMBER || (value & (value - 1)) == 0;
}

// What a field may be, for messages.
static const char *range_text(const struct field *f, char text[96])
{
	size_t n = 0;

	if (f->kind != FORMAT_MASK) {
		snprintf(text, 96, "%sa %s from %u to %u",
			 f->kind == NONE_OR_POWER_OF_2 ? "0 or " : "",
			 f->kind == NUMBER ? "number" : "power of two", f->min, f->max);
		return text;
	}
	for (unsigned int i = 0; i < FORMAT_CODES; i++) {
		const struct tw_format_desc *d = tw_format_get((enum tw_format)i);

		if (d && n < 96)
			n += (size_t)snprintf(text + n, 96 - n, "%s%s",
					      n ? ", " : "one or more of ", d->name);
	}
	return text;
}

// Parts that are missing together: NULL, or what is wrong.
static const char *check_parts(const struct tw_config *cfg)
{
	if (!cfg->l2_sets != !cfg->l2_ways)
		return "expected L2Sets and L2Ways = 0 together";
	if (!cfg->l1_entries[0] != (cfg->ports == 1))
		return "expected L1FetchEntries = 0 with Ports = 1, and only then";
	return NULL;
}

int tw_config_check(const struct tw_config *cfg, char *err, size_t errlen)
{
	const char *wrong;

	for (size_t i = 0; i < FIELDS; i++) {
		char range[96];
		uint32_t value;

		memcpy(&value, (const char *)cfg + fields[i].offset, sizeof(value));
		if (!in_range(&fields[i], value)) {
			snprintf(err, errlen, "%s is %u: expected %s", fields[i].name, value,
				 range_text(&fields[i], range));
			return -EINVAL;
		}
	}
	wrong = check_parts(cfg);
	if (wrong) {
		snprintf(err, errlen, "%s", wrong);
		return -EINVAL;
	}
	return 0;
}

void tw_config_widths(const struct tw_config *cfg, struct tw_widths *w)
{
	unsigned int va = 12, pa = 12;

	for (unsigned int i = 0; i < FORMAT_CODES; i++) {
		const struct tw_format_desc *d = tw_format_get((enum tw_format)i);

		if (!d || !(cfg->formats >> i & 1))
			continue;
		va = d->va_bits > va ? d->va_bits : va;
		pa = d->pa_bits > pa ? d->pa_bits : pa;
	}
	*w = (struct tw_widths){.vpn = va - 12, .ppn = pa - 12, .pa = pa};
}

enum { LINE_MAX_BYTES = 255, FILE_MAX_BYTES = 65536 };

// The state of reading one file.
struct reader {
	const char *path;
	unsigned long line;
	bool seen[FIELDS];
	struct tw_config cfg;
	char *err;
	size_t errlen;
};

static int bad_line(struct reader *r, const char *expected)
{
	snprintf(r->err, r->errlen, "%s:%lu: expected %s", r->path, r->line, expected);
	return -EINVAL;
}

static char *skip_space(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

static char *skip_word(char *s)
{
	while (isalnum((unsigned char)*s) || *s == '+')
		s++;
	return s;
}

// A number in digits; ULONG_MAX if it is none, or out of every range.
static unsigned long read_number(const char *digits, size_t len)
{
	unsigned long value = 0;
	size_t i = 0;

	// Beyond six digits the value is out of range whatever follows.
	while (i < len && i < 6 && isdigit((unsigned char)digits[i]))
		value = value * 10 + (unsigned long)(digits[i++] - '0');
	return i == 0 || i < len ? ULONG_MAX : value;
}

// Names of formats, joined by '+', as their mask; ULONG_MAX if one is none.
static unsigned long read_formats(const char *names, size_t len)
{
	unsigned long mask = 0;

	for (const char *end = names + len; names <= end;) {
		const struct tw_format_desc *d;
		char name[16] = "";
		size_t n = 0;

		while (names + n < end && names[n] != '+')
			n++;
		if (n < sizeof(name))
			memcpy(name, names, n);
		d = tw_format_find(name);
		if (!d || (mask >> d->format & 1))
			return ULONG_MAX;
		mask |= 1ul << d->format;
		names += n + 1;
	}
	return mask;
}

static int read_field(struct reader *r, const struct field *f, const char *text, size_t len)
{
	char expected[160], range[96];
	unsigned long value;
	uint32_t stored;

	if (r->seen[f - fields]) {
		snprintf(expected, sizeof(expected), "each name once, %s stands above", f->name);
		return bad_line(r, expected);
	}
	value = f->kind == FORMAT_MASK ? read_formats(text, len) : read_number(text, len);
	if (!in_range(f, value)) {
		snprintf(expected, sizeof(expected), "%s = %s%s", f->name, range_text(f, range),
			 f->kind == FORMAT_MASK ? ", joined by +, each once" : "");
		return bad_line(r, expected);
	}
	stored = (uint32_t)value;
	memcpy((char *)&r->cfg + f->offset, &stored, sizeof(stored));
	r->seen[f - fields] = true;
	return 0;
}

static int read_line(struct reader *r, char *line)
{
	char *name, *name_end, *value, *value_end;
	char *s = skip_space(line);

	if (*s == '\0' || *s == '#')
		return 0;
	name = s;
	name_end = skip_word(name);
	s = skip_space(name_end);
	if (name_end == name || *s != '=')
		return bad_line(r, "Name = value");
	value = skip_space(s + 1);
	value_end = skip_word(value);
	if (*skip_space(value_end) != '\0')
		return bad_line(r, "Name = value and nothing after it");
	for (size_t i = 0; i < FIELDS; i++) {
		size_t n = strlen(fields[i].name);

		if (n == (size_t)(name_end - name) && memcmp(name, fields[i].name, n) == 0)
			return read_field(r, &fields[i], value, (size_t)(value_end - value));
	}
	return bad_line(r, "one of L1FetchEntries, L1DataEntries, L2Sets, L2Ways, L2SpEntries, "
			   "PwcEntries, Walkers, MissEntries, Ports, AsidBits, Formats");
}

static int read_lines(struct reader *r, FILE *file)
{
	char line[LINE_MAX_BYTES + 1] = "";
	size_t total = 0, n = 0;
	int c, err = 0;

	errno = 0;
	r->line = 1;
	while (!err && (c = getc(file)) != EOF) {
		if (c == '\0')
			return bad_line(r, "text, there is a NUL byte");
		if (++total > FILE_MAX_BYTES)
			return bad_line(r, "the end of the file, there are more than 65536 bytes");
		if (c != '\n' && n == LINE_MAX_BYTES)
			return bad_line(r, "at most 255 characters");
		line[n] = '\0';
		if (c == '\n') {
			err = read_line(r, line);
			r->line++;
			n = 0;
		} else {
			line[n++] = (char)c;
		}
	}
	if (!err && ferror(file)) {
		err = errno ? -errno : -EIO;
		snprintf(r->err, r->errlen, "%s: %s", r->path, strerror(-err));
	}
	line[n] = '\0';
	if (err || n == 0)
		return err;
	err = read_line(r, line);
	r->line++;
	return err;
}

int tw_config_read(FILE *file, const char *path, struct tw_config *cfg, char *err, size_t errlen)
{
	struct reader r = {.path = path, .err = err, .errlen = errlen};
	const char *base = strrchr(path, '/'), *wrong;
	int status;

	if (errlen)
		*err = '\0';
	status = read_lines(&r, file);

	if (status)
		return status;
	for (size_t i = 0; i < FIELDS; i++) {
		char expected[64];

		if (r.seen[i])
			continue;
		snprintf(expected, sizeof(expected), "a line for %s before the end",
			 fields[i].name);
		return bad_line(&r, expected);
	}
	wrong = check_parts(&r.cfg);
	if (wrong) {
		snprintf(err, errlen, "%s: %s", path, wrong);
		return -EINVAL;
	}
	snprintf(r.cfg.name, sizeof(r.cfg.name), "%s", base ? base + 1 : path);
	*cfg = r.cfg;
	return 0;
}
