// SPDX-License-Identifier: Apache-2.0
// Words of one line -> one directive. All syntax of RVW1 and X86W1 is here; docs/vectors.md is its
// description. Invariant: a directive that is given out is complete and every number in its range.
#include <string.h>

#include "parse.h"

static const char PHYS_WORD[] =
	"a physical address, hexadecimal without 0x, below 2^56, a multiple of 8";
static const char ANY64[] = "a value, hexadecimal without 0x, at most 64 bits";

static enum tw_status parse_case(struct vec_parser *p)
{
	if (p->at >= p->r->words)
		return vec_word_expected(p, "an id of the case");
	p->d->word = p->r->word[p->at++];
	return TW_OK;
}

static enum tw_status parse_end(struct vec_parser *p)
{
	(void)p;
	return TW_OK;
}

static enum tw_status parse_mem(struct vec_parser *p)
{
	enum tw_status status = vec_number(p, TW_PMEM_END - 1, PHYS_WORD, &p->d->a);

	if (!status && (p->d->a & 7)) {
		p->at--;
		return vec_word_expected(p, PHYS_WORD);
	}
	return status ? status : vec_number(p, UINT64_MAX, ANY64, &p->d->b);
}

static enum tw_status parse_poke32(struct vec_parser *p)
{
	static const char what[] =
		"a physical address, hexadecimal without 0x, below 2^56, a multiple of 4";
	enum tw_status status = vec_number(p, TW_PMEM_END - 1, what, &p->d->a);

	if (!status && (p->d->a & 3)) {
		p->at--;
		return vec_word_expected(p, what);
	}
	return status ? status
		      : vec_number(p, UINT32_MAX,
				   "a value, hexadecimal without 0x, at most 32 bits", &p->d->b);
}

static enum tw_status parse_xlen(struct vec_parser *p)
{
	if (!vec_word_is(p, "32") && !vec_word_is(p, "64"))
		return vec_word_expected(p, "32 or 64");
	p->d->a = vec_word_is(p, "32") ? 32 : 64;
	p->at++;
	return TW_OK;
}

static enum tw_status parse_ram(struct vec_parser *p)
{
	enum tw_status status = vec_number(
		p, TW_PMEM_END - 1,
		"the first physical address, hexadecimal without 0x, below 2^56", &p->d->a);

	if (!status)
		status = vec_number(
			p, TW_PMEM_END,
			"the physical address after the last, hexadecimal without 0x, at "
			"most 2^56",
			&p->d->b);
	if (!status && p->d->b <= p->d->a) {
		p->at--;
		return vec_word_expected(p, "an address above the first");
	}
	return status;
}

static enum tw_status parse_satp(struct vec_parser *p)
{
	return vec_number(p, UINT64_MAX, ANY64, &p->d->a);
}

static enum tw_status parse_cr3(struct vec_parser *p)
{
	return vec_number(p, UINT64_MAX, ANY64, &p->d->a);
}

static enum tw_status parse_invlpg(struct vec_parser *p)
{
	return vec_number(p, UINT64_MAX, VEC_VA_WORD, &p->d->a);
}

static enum tw_status parse_invpcid(struct vec_parser *p)
{
	enum tw_status status = vec_number(p, 3, "a type of INVPCID, 0 to 3", &p->d->a);

	if (!status)
		status = vec_number(p, 0xfff, "a PCID, hexadecimal without 0x, at most fff",
				    &p->d->b);
	return status ? status : vec_number(p, UINT64_MAX, VEC_VA_WORD, &p->d->c);
}

// The paging modes of X86W1 have the names of their formats.
static enum tw_status parse_mode(struct vec_parser *p)
{
	const struct tw_format_desc *d = NULL;

	if (p->at < p->r->words)
		d = tw_format_find(p->r->word[p->at]);
	if (!d || strcmp(tw_format_family(d), "x86") != 0)
		return vec_word_expected(p, "legacy, pae, long4 or long5");
	p->d->mode = d->format;
	p->at++;
	return TW_OK;
}

static enum tw_status parse_maxphyaddr(struct vec_parser *p)
{
	static const char what[] = "MAXPHYADDR, decimal, 36 to 52";
	const char *s = p->at < p->r->words ? p->r->word[p->at] : "";

	if (strlen(s) != 2 || s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return vec_word_expected(p, what);
	p->d->a = (uint64_t)(s[0] - '0') * 10 + (uint64_t)(s[1] - '0');
	if (p->d->a < 36 || p->d->a > 52)
		return vec_word_expected(p, what);
	p->at++;
	return TW_OK;
}

static enum tw_status parse_sfence(struct vec_parser *p)
{
	enum tw_status status = TW_OK;

	while (!status && p->at < p->r->words) {
		if (vec_key_is(p, "va") && !p->d->by_va) {
			p->d->by_va = true;
			status = vec_key_number(p, UINT64_MAX, VEC_VA_WORD, &p->d->a);
		} else if (vec_key_is(p, "asid") && !p->d->by_asid) {
			p->d->by_asid = true;
			status = vec_key_number(p, UINT16_MAX,
						"an ASID, hexadecimal without 0x, at most ffff",
						&p->d->b);
		} else {
			return vec_word_expected(p,
						 "va=, asid= (each once) or the end of the line");
		}
	}
	return status;
}

struct flag_name {
	const char *key;
	uint32_t flag;
};

static const struct flag_name ext_flags[] = {
	{"svnapot", TW_F_SVNAPOT}, {"svpbmt", VEC_F_SVPBMT}, {"svrsw", TW_F_SVRSW}, {0}};
static const struct flag_name riscv_flags[] = {{"adue", TW_F_ADUE}, {"pbmte", TW_F_PBMTE}, {0}};
static const struct flag_name x86_flags[] = {{"wp", TW_F_WP},
					     {"nxe", TW_F_NXE},
					     {"pse", TW_F_PSE},
					     {"pge", TW_F_PGE},
					     {"smep", TW_F_SMEP},
					     {"smap", TW_F_SMAP},
					     {"pke", TW_F_PKE},
					     {"pcide", VEC_F_PCIDE},
					     {"gbpages", TW_F_GBPAGES},
					     {"pkru", VEC_F_PKRU},
					     {0}};

static const struct flag_name *find_flag(const struct vec_parser *p, const struct flag_name *f)
{
	while (f->key && !vec_key_is(p, f->key))
		f++;
	return f->key ? f : NULL;
}

// The rest of the line: flag=0|1, any of FLAGS in any order, each once, at least one.
static enum tw_status parse_flags(struct vec_parser *p, const struct flag_name *flags,
				  const char *names)
{
	struct vec_dir *d = p->d;

	d->kind = VEC_FLAGS;
	do {
		const struct flag_name *f = find_flag(p, flags);
		enum tw_status status;
		uint64_t v;

		if (!f || (d->mask & f->flag))
			return vec_word_expected(p, names);
		d->mask |= f->flag;
		if (f->flag == VEC_F_PKRU) {
			status = vec_key_number(p, UINT32_MAX,
						"pkru=, hexadecimal without 0x, at most 32 bits",
						&v);
			d->pkru = (uint32_t)v;
		} else {
			status = vec_key_number(p, 1, "0 or 1 after the =", &v);
			if (!status && v)
				d->value |= f->flag;
		}
		if (status)
			return status;
	} while (p->at < p->r->words);
	return TW_OK;
}

static enum tw_status parse_ext(struct vec_parser *p)
{
	return parse_flags(p, ext_flags, "svnapot=, svpbmt= or svrsw=, each once");
}

static enum tw_status parse_env(struct vec_parser *p)
{
	if (*p->family == VEC_ANY)
		*p->family = find_flag(p, riscv_flags) ? VEC_RISCV : VEC_X86;
	if (*p->family == VEC_RISCV)
		return parse_flags(p, riscv_flags, "adue= or pbmte=, each once");
	return parse_flags(p, x86_flags,
			   "wp=, nxe=, pse=, pge=, smep=, smap=, pke=, gbpages=, pcide= or pkru=, "
			   "each once");
}

static const struct directive {
	const char *name;
	enum vec_family family;
	enum vec_kind kind;
	enum tw_status (*parse)(struct vec_parser *p);
} directives[] = {
	{"acc", VEC_ANY, VEC_ACC, vec_parse_acc},
	{"mem", VEC_ANY, VEC_MEM, parse_mem},
	{"case", VEC_ANY, VEC_CASE, parse_case},
	{"end", VEC_ANY, VEC_END, parse_end},
	{"poke32", VEC_ANY, VEC_POKE32, parse_poke32},
	{"poke64", VEC_ANY, VEC_POKE64, parse_mem},
	{"env", VEC_ANY, VEC_FLAGS, parse_env},
	{"xlen", VEC_RISCV, VEC_XLEN, parse_xlen},
	{"ext", VEC_RISCV, VEC_FLAGS, parse_ext},
	{"ram", VEC_RISCV, VEC_RAM, parse_ram},
	{"satp", VEC_RISCV, VEC_SATP, parse_satp},
	{"sfence", VEC_RISCV, VEC_SFENCE, parse_sfence},
	{"mode", VEC_X86, VEC_MODE, parse_mode},
	{"maxphyaddr", VEC_X86, VEC_MAXPHYADDR, parse_maxphyaddr},
	{"cr3", VEC_X86, VEC_CR3, parse_cr3},
	{"invlpg", VEC_X86, VEC_INVLPG, parse_invlpg},
	{"invpcid", VEC_X86, VEC_INVPCID, parse_invpcid},
};

static const char *family_text(enum vec_family family)
{
	return family == VEC_RISCV ? "a directive of RVW1"
	       : family == VEC_X86 ? "a directive of X86W1"
				   : "a directive of RVW1 or X86W1";
}

static enum tw_status line_end(struct vec_parser *p)
{
	return p->at < p->r->words ? vec_word_expected(p, "the end of the line") : TW_OK;
}

static enum tw_status parse_words(struct vec_parser *p)
{
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		const struct directive *dir = &directives[i];
		enum tw_status status;

		if (strcmp(p->r->word[0], dir->name) != 0)
			continue;
		if (dir->family != VEC_ANY && *p->family == VEC_ANY)
			*p->family = dir->family;
		if (dir->family != VEC_ANY && *p->family != dir->family)
			break;
		p->d->kind = dir->kind;
		p->at = 1;
		status = dir->parse(p);
		return status ? status : line_end(p);
	}
	return vec_word_expected(p, family_text(*p->family));
}

static bool is_version(const char *name, const char *format)
{
	size_t n = strlen(format);

	return strncmp(name, format, n) == 0 && name[n] >= '0' && name[n] <= '9';
}

// The first line may name the format: "# RVW1". Another version of it is not ours to guess at.
static enum tw_status parse_magic(struct vec_reader *r, enum vec_family *family)
{
	char name[16], rest;

	if (sscanf(r->text, "# %15s%c", name, &rest) < 1)
		return TW_OK;
	if (strcmp(name, "RVW1") == 0)
		*family = VEC_RISCV;
	else if (strcmp(name, "X86W1") == 0)
		*family = VEC_X86;
	else if (is_version(name, "RVW") || is_version(name, "X86W") || is_version(name, "SCN"))
		return vec_expected(r, r->line, "a file of the format RVW1 or X86W1, not %s", name);
	return TW_OK;
}

enum tw_status vec_next(struct vec_reader *r, enum vec_family *family, struct vec_dir *d, bool *end)
{
	struct vec_parser p = {.r = r, .d = d, .family = family};

	for (;;) {
		enum tw_status status = vec_read_line(r, end);

		if (status || *end)
			return status;
		if (r->comment && r->line == 1)
			status = parse_magic(r, family);
		if (status)
			return status;
		if (!r->comment && r->words)
			break;
	}
	*d = (struct vec_dir){.line = r->line};
	return parse_words(&p);
}
