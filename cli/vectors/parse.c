// SPDX-License-Identifier: Apache-2.0
// Words of one line -> one directive. All syntax of RVW1 and X86W1 is here; docs/vectors.md is its
// description. Invariant: a directive that is given out is complete and every number in its range.
#include <string.h>

#include "internal.h"

struct parser {
	struct vec_reader *r;
	struct vec_dir *d;
	enum vec_family *family;
	unsigned int at; // the next word
};

static enum tw_status expected(const struct parser *p, const char *what)
{
	if (p->at < p->r->words)
		return vec_expected(p->r, p->r->line, "%s, not \"%s\"", what, p->r->word[p->at]);
	return vec_expected(p->r, p->r->line, "%s at the end of the line", what);
}

// Hexadecimal without 0x, at most MAX.
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

static enum tw_status number(struct parser *p, uint64_t max, const char *what, uint64_t *value)
{
	if (p->at >= p->r->words || !parse_hex(p->r->word[p->at], max, value))
		return expected(p, what);
	p->at++;
	return TW_OK;
}

// The number after "key=" in a word that is known to begin so.
static enum tw_status key_number(struct parser *p, uint64_t max, const char *what, uint64_t *value)
{
	if (!parse_hex(strchr(p->r->word[p->at], '=') + 1, max, value))
		return expected(p, what);
	p->at++;
	return TW_OK;
}

static bool word_is(const struct parser *p, const char *s)
{
	return p->at < p->r->words && strcmp(p->r->word[p->at], s) == 0;
}

static bool key_is(const struct parser *p, const char *key)
{
	size_t n = strlen(key);

	return p->at < p->r->words && strncmp(p->r->word[p->at], key, n) == 0 &&
	       p->r->word[p->at][n] == '=';
}

static enum tw_status line_end(struct parser *p)
{
	return p->at < p->r->words ? expected(p, "the end of the line") : TW_OK;
}

static const char PHYS_WORD[] =
	"a physical address, hexadecimal without 0x, below 2^56, a multiple of 8";
static const char ANY64[] = "a value, hexadecimal without 0x, at most 64 bits";
static const char VA64[] = "a virtual address, hexadecimal without 0x, at most 64 bits";

static enum tw_status parse_case(struct parser *p)
{
	if (p->at >= p->r->words)
		return expected(p, "an id of the case");
	p->d->word = p->r->word[p->at++];
	return TW_OK;
}

static enum tw_status parse_end(struct parser *p)
{
	(void)p;
	return TW_OK;
}

static enum tw_status parse_mem(struct parser *p)
{
	enum tw_status status = number(p, TW_PMEM_END - 1, PHYS_WORD, &p->d->a);

	if (!status && (p->d->a & 7)) {
		p->at--;
		return expected(p, PHYS_WORD);
	}
	return status ? status : number(p, UINT64_MAX, ANY64, &p->d->b);
}

static enum tw_status parse_poke32(struct parser *p)
{
	static const char what[] =
		"a physical address, hexadecimal without 0x, below 2^56, a multiple of 4";
	enum tw_status status = number(p, TW_PMEM_END - 1, what, &p->d->a);

	if (!status && (p->d->a & 3)) {
		p->at--;
		return expected(p, what);
	}
	return status ? status
		      : number(p, UINT32_MAX, "a value, hexadecimal without 0x, at most 32 bits",
			       &p->d->b);
}

static enum tw_status parse_xlen(struct parser *p)
{
	if (!word_is(p, "32") && !word_is(p, "64"))
		return expected(p, "32 or 64");
	p->d->a = word_is(p, "32") ? 32 : 64;
	p->at++;
	return TW_OK;
}

static enum tw_status parse_ram(struct parser *p)
{
	enum tw_status status =
		number(p, TW_PMEM_END - 1,
		       "the first physical address, hexadecimal without 0x, below 2^56", &p->d->a);

	if (!status)
		status = number(p, TW_PMEM_END,
				"the physical address after the last, hexadecimal without 0x, at "
				"most 2^56",
				&p->d->b);
	if (!status && p->d->b <= p->d->a) {
		p->at--;
		return expected(p, "an address above the first");
	}
	return status;
}

static enum tw_status parse_satp(struct parser *p)
{
	return number(p, UINT64_MAX, ANY64, &p->d->a);
}

static enum tw_status parse_cr3(struct parser *p)
{
	return number(p, UINT64_MAX, ANY64, &p->d->a);
}

static enum tw_status parse_invlpg(struct parser *p)
{
	return number(p, UINT64_MAX, VA64, &p->d->a);
}

static enum tw_status parse_invpcid(struct parser *p)
{
	enum tw_status status = number(p, 3, "a type of INVPCID, 0 to 3", &p->d->a);

	if (!status)
		status = number(p, 0xfff, "a PCID, hexadecimal without 0x, at most fff", &p->d->b);
	return status ? status : number(p, UINT64_MAX, VA64, &p->d->c);
}

static enum tw_status parse_mode(struct parser *p)
{
	static const struct {
		const char *word;
		enum tw_format mode;
	} modes[] = {
		{"legacy", TW_FMT_X86_LEGACY},
		{"pae", TW_FMT_X86_PAE},
		{"long4", TW_FMT_X86_LONG4},
		{"long5", TW_FMT_X86_LONG5},
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!word_is(p, modes[i].word))
			continue;
		p->d->mode = modes[i].mode;
		p->at++;
		return TW_OK;
	}
	return expected(p, "legacy, pae, long4 or long5");
}

static enum tw_status parse_maxphyaddr(struct parser *p)
{
	static const char what[] = "MAXPHYADDR, decimal, 36 to 52";
	const char *s = p->at < p->r->words ? p->r->word[p->at] : "";

	if (strlen(s) != 2 || s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return expected(p, what);
	p->d->a = (uint64_t)(s[0] - '0') * 10 + (uint64_t)(s[1] - '0');
	if (p->d->a < 36 || p->d->a > 52)
		return expected(p, what);
	p->at++;
	return TW_OK;
}

static enum tw_status parse_sfence(struct parser *p)
{
	enum tw_status status = TW_OK;

	while (!status && p->at < p->r->words) {
		if (key_is(p, "va") && !p->d->by_va) {
			p->d->by_va = true;
			status = key_number(p, UINT64_MAX, VA64, &p->d->a);
		} else if (key_is(p, "asid") && !p->d->by_asid) {
			p->d->by_asid = true;
			status = key_number(p, UINT16_MAX,
					    "an ASID, hexadecimal without 0x, at most ffff",
					    &p->d->b);
		} else {
			return expected(p, "va=, asid= (each once) or the end of the line");
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

static const struct flag_name *find_flag(const struct parser *p, const struct flag_name *f)
{
	while (f->key && !key_is(p, f->key))
		f++;
	return f->key ? f : NULL;
}

// The rest of the line: flag=0|1, any of FLAGS in any order, each once, at least one.
static enum tw_status parse_flags(struct parser *p, const struct flag_name *flags,
				  const char *names)
{
	struct vec_dir *d = p->d;

	d->kind = VEC_FLAGS;
	do {
		const struct flag_name *f = find_flag(p, flags);
		enum tw_status status;
		uint64_t v;

		if (!f || (d->mask & f->flag))
			return expected(p, names);
		d->mask |= f->flag;
		if (f->flag == VEC_F_PKRU) {
			status = key_number(p, UINT32_MAX,
					    "pkru=, hexadecimal without 0x, at most 32 bits", &v);
			d->pkru = (uint32_t)v;
		} else {
			status = key_number(p, 1, "0 or 1 after the =", &v);
			if (!status && v)
				d->value |= f->flag;
		}
		if (status)
			return status;
	} while (p->at < p->r->words);
	return TW_OK;
}

static enum tw_status parse_ext(struct parser *p)
{
	return parse_flags(p, ext_flags, "svnapot=, svpbmt= or svrsw=, each once");
}

static enum tw_status parse_env(struct parser *p)
{
	if (*p->family == VEC_ANY)
		*p->family = find_flag(p, riscv_flags) ? VEC_RISCV : VEC_X86;
	if (*p->family == VEC_RISCV)
		return parse_flags(p, riscv_flags, "adue= or pbmte=, each once");
	return parse_flags(p, x86_flags,
			   "wp=, nxe=, pse=, pge=, smep=, smap=, pke=, gbpages=, pcide= or pkru=, "
			   "each once");
}

static enum tw_status parse_access(struct parser *p, const char *const names[3])
{
	char what[64];

	for (uint8_t i = 0; i < 3; i++) {
		if (word_is(p, names[i])) {
			p->d->req.access = i;
			p->at++;
			return TW_OK;
		}
	}
	snprintf(what, sizeof(what), "%s, %s or %s", names[TW_LOAD], names[TW_STORE],
		 names[TW_FETCH]);
	return expected(p, what);
}

static bool parse_priv(const char *s, uint8_t *priv)
{
	if (s[0] == '\0' || s[1] != '\0')
		return false;
	*priv = s[0] == 'U' ? TW_PRIV_U : s[0] == 'S' ? TW_PRIV_S : TW_PRIV_M;
	return s[0] == 'U' || s[0] == 'S' || s[0] == 'M';
}

static enum tw_status parse_acc_riscv(struct parser *p)
{
	static const char *const names[] = {
		[TW_FETCH] = "fetch", [TW_LOAD] = "load", [TW_STORE] = "store"};
	static const char what[] = "sum=1, mxr=1, mprv=1 with mpp=U or S, each once";
	enum { SUM = 1, MXR = 2, MPRV = 4, MPP = 8 };
	struct tw_req *req = &p->d->req;
	enum tw_status status = parse_access(p, names);
	unsigned int seen = 0;
	uint64_t mprv = 0;
	uint8_t mpp = 0;

	if (!status)
		status = number(p, UINT64_MAX, VA64, &req->va);
	if (status)
		return status;
	if (p->at >= p->r->words || !parse_priv(p->r->word[p->at], &req->priv))
		return expected(p, "U, S or M");
	p->at++;
	while (!status && p->at < p->r->words) {
		unsigned int bit = key_is(p, "sum")    ? SUM
				   : key_is(p, "mxr")  ? MXR
				   : key_is(p, "mprv") ? MPRV
				   : key_is(p, "mpp")  ? MPP
						       : 0;
		uint64_t v = 0;

		if (!bit || (seen & bit))
			return expected(p, what);
		seen |= bit;
		if (bit == MPP) {
			if (!parse_priv(p->r->word[p->at] + sizeof("mpp=") - 1, &mpp))
				return expected(p, "mpp=U, mpp=S or mpp=M");
			p->at++;
			continue;
		}
		status = key_number(p, 1, "0 or 1 after the =", &v);
		if (bit == SUM)
			req->sum = v;
		else if (bit == MXR)
			req->mxr = v;
		else
			mprv = v;
	}
	if (!status && mprv && !(seen & MPP))
		return expected(p, "mpp=U or mpp=S with mprv=1");
	// mstatus.MPRV: loads and stores run with the privilege in MPP, fetches never do.
	if (mprv && req->access != TW_FETCH)
		req->priv = mpp;
	return status;
}

static enum tw_status parse_acc_x86(struct parser *p)
{
	static const char *const names[] = {
		[TW_FETCH] = "fetch", [TW_LOAD] = "read", [TW_STORE] = "write"};
	struct tw_req *req = &p->d->req;
	enum tw_status status = parse_access(p, names);
	uint64_t v;

	if (!status)
		status = number(p, UINT64_MAX, VA64, &req->va);
	if (status)
		return status;
	if (!key_is(p, "user"))
		return expected(p, "user=0 or user=1");
	status = key_number(p, 1, "user=0 or user=1", &v);
	if (status)
		return status;
	req->priv = v ? TW_PRIV_U : TW_PRIV_S;
	if (p->at == p->r->words)
		return TW_OK;
	if (!key_is(p, "ac"))
		return expected(p, "ac=1 or the end of the line");
	status = key_number(p, 1, "ac=0 or ac=1", &v);
	req->sum = !status && v;
	return status;
}

static enum tw_status parse_acc(struct parser *p)
{
	uint64_t n;
	enum tw_status status = number(p, UINT64_MAX, "a number of the access", &n);

	if (status)
		return status;
	p->d->word = p->r->word[1]; // repeated as it is written
	if (*p->family == VEC_ANY)
		*p->family = word_is(p, "read") || word_is(p, "write") ? VEC_X86 : VEC_RISCV;
	return *p->family == VEC_X86 ? parse_acc_x86(p) : parse_acc_riscv(p);
}

static const struct directive {
	const char *name;
	enum vec_family family;
	enum vec_kind kind;
	enum tw_status (*parse)(struct parser *p);
} directives[] = {
	{"acc", VEC_ANY, VEC_ACC, parse_acc},
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

static enum tw_status parse_words(struct parser *p)
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
	return expected(p, family_text(*p->family));
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
	struct parser p = {.r = r, .d = d, .family = family};

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
