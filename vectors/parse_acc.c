// SPDX-License-Identifier: Apache-2.0
// The directive `acc` of both formats. Invariant: the request that is given out has MPRV applied,
// so nobody after the parser knows of it.
#include "parse.h"

static enum tw_status parse_access(struct vec_parser *p, const char *const names[3])
{
	char what[64];

	for (uint8_t i = 0; i < 3; i++) {
		if (vec_word_is(p, names[i])) {
			p->d->req.access = i;
			p->at++;
			return TW_OK;
		}
	}
	snprintf(what, sizeof(what), "%s, %s or %s", names[TW_LOAD], names[TW_STORE],
		 names[TW_FETCH]);
	return vec_word_expected(p, what);
}

static bool parse_priv(const char *s, uint8_t *priv)
{
	if (s[0] == '\0' || s[1] != '\0')
		return false;
	*priv = s[0] == 'U' ? TW_PRIV_U : s[0] == 'S' ? TW_PRIV_S : TW_PRIV_M;
	return s[0] == 'U' || s[0] == 'S' || s[0] == 'M';
}

static enum tw_status parse_acc_riscv(struct vec_parser *p)
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
		status = vec_number(p, UINT64_MAX, VEC_VA_WORD, &req->va);
	if (status)
		return status;
	if (p->at >= p->r->words || !parse_priv(p->r->word[p->at], &req->priv))
		return vec_word_expected(p, "U, S or M");
	p->at++;
	while (!status && p->at < p->r->words) {
		unsigned int bit = vec_key_is(p, "sum")	   ? SUM
				   : vec_key_is(p, "mxr")  ? MXR
				   : vec_key_is(p, "mprv") ? MPRV
				   : vec_key_is(p, "mpp")  ? MPP
							   : 0;
		uint64_t v = 0;

		if (!bit || (seen & bit))
			return vec_word_expected(p, what);
		seen |= bit;
		if (bit == MPP) {
			if (!parse_priv(p->r->word[p->at] + sizeof("mpp=") - 1, &mpp))
				return vec_word_expected(p, "mpp=U, mpp=S or mpp=M");
			p->at++;
			continue;
		}
		status = vec_key_number(p, 1, "0 or 1 after the =", &v);
		if (bit == SUM)
			req->sum = v;
		else if (bit == MXR)
			req->mxr = v;
		else
			mprv = v;
	}
	if (!status && mprv && !(seen & MPP))
		return vec_word_expected(p, "mpp=U or mpp=S with mprv=1");
	// mstatus.MPRV: loads and stores run with the privilege in MPP, fetches never do.
	if (mprv && req->access != TW_FETCH)
		req->priv = mpp;
	return status;
}

static enum tw_status parse_acc_x86(struct vec_parser *p)
{
	static const char *const names[] = {
		[TW_FETCH] = "fetch", [TW_LOAD] = "read", [TW_STORE] = "write"};
	struct tw_req *req = &p->d->req;
	enum tw_status status = parse_access(p, names);
	uint64_t v;

	if (!status)
		status = vec_number(p, UINT64_MAX, VEC_VA_WORD, &req->va);
	if (status)
		return status;
	if (!vec_key_is(p, "user"))
		return vec_word_expected(p, "user=0 or user=1");
	status = vec_key_number(p, 1, "user=0 or user=1", &v);
	if (status)
		return status;
	req->priv = v ? TW_PRIV_U : TW_PRIV_S;
	if (p->at == p->r->words)
		return TW_OK;
	if (!vec_key_is(p, "ac"))
		return vec_word_expected(p, "ac=1 or the end of the line");
	status = vec_key_number(p, 1, "ac=0 or ac=1", &v);
	req->sum = !status && v;
	return status;
}

enum tw_status vec_parse_acc(struct vec_parser *p)
{
	uint64_t n;
	enum tw_status status = vec_number(p, UINT64_MAX, "a number of the access", &n);

	if (status)
		return status;
	p->d->word = p->r->word[1]; // repeated as it is written
	if (*p->family == VEC_ANY)
		*p->family =
			vec_word_is(p, "read") || vec_word_is(p, "write") ? VEC_X86 : VEC_RISCV;
	return *p->family == VEC_X86 ? parse_acc_x86(p) : parse_acc_riscv(p);
}
