// SPDX-License-Identifier: Apache-2.0
// Between the files of this folder: words, directives, and the state of a run.
#ifndef TW_VECTORS_INTERNAL_H
#define TW_VECTORS_INTERNAL_H

#include <zlib.h>

#include "vectors.h"

// --- reader.c: lines and words -------------------------------------------------------------------

enum { VEC_WORDS_MAX = 32, VEC_LINE_MAX = 4096 };

struct vec_reader {
	const char *path;
	gzFile gz;
	unsigned long line; // of the last line read, from 1
	char *err;
	size_t errlen;
	size_t have, at; // bytes in buf, and the next one
	char buf[65536];
	char text[VEC_LINE_MAX + 1];
	unsigned int words;
	const char *word[VEC_WORDS_MAX];
	bool comment; // the line is a comment, text holds it as a whole
};

enum tw_status vec_open(struct vec_reader *r, const char *path, char *err, size_t errlen);
void vec_close(struct vec_reader *r);

// Reads a line, cut into words. *end: there is none left.
enum tw_status vec_read_line(struct vec_reader *r, bool *end);

// TW_BAD_INPUT, with "FILE:LINE: expected " and the text in err.
enum tw_status vec_expected(const struct vec_reader *r, unsigned long line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// --- parse.c: directives -------------------------------------------------------------------------

enum vec_family { VEC_ANY, VEC_RISCV, VEC_X86 };

enum vec_kind {
	VEC_CASE,
	VEC_END,
	VEC_MEM,
	VEC_POKE32,
	VEC_POKE64,
	VEC_FLAGS, // ext, env
	VEC_ACC,
	VEC_XLEN,
	VEC_RAM,
	VEC_SATP,
	VEC_SFENCE,
	VEC_MODE,
	VEC_MAXPHYADDR,
	VEC_CR3,
	VEC_INVLPG,
	VEC_INVPCID,
};

// Flags of `ext` and `env`: enum tw_flag, and these, which are not flags of the MMU.
enum {
	VEC_F_SVPBMT = 1 << 28,
	VEC_F_PCIDE = 1 << 29,
	VEC_F_PKRU = 1 << 30, // in mask only: pkru is given
};

// One line. Only the fields of its kind are set.
struct vec_dir {
	enum vec_kind kind;
	unsigned long line;
	const char *word;    // case: the id; acc: the number; valid until the next line is read
	uint64_t a, b, c;    // the numbers, in their order; sfence: va and asid
	bool by_va, by_asid; // sfence: which of them are given
	uint32_t mask, value, pkru;
	enum tw_format mode;
	struct tw_req req; // acc; MPRV is applied
};

// Reads the next directive. *end: there is none left. *family is what the lines so far have shown.
enum tw_status vec_next(struct vec_reader *r, enum vec_family *family, struct vec_dir *d,
			bool *end);

// --- exec*.c -------------------------------------------------------------------------------------

// What one case may take of the host's memory, so that no file takes it all.
enum {
	VEC_PAGES_MAX = 16384,	 // pages of 4 KB that hold something
	VEC_RAM_MAX = 1024,	 // ram lines
	VEC_LOST_MAX = 65536,	 // writes to what does not answer
	VEC_OUTSIDE_MAX = 65536, // lines outside cases
};

struct vec_exec {
	struct vec_reader *in;
	struct tw_pmem *pm;
	const struct vec_hw *vh;
	const struct vec_opts *opts;
	FILE *out;
	enum vec_family family;
	struct tw_ctx ctx;	// as the back end has it
	uint32_t flags;		// as in struct vec_dir
	unsigned int xlen;	// RISC-V: 32 or 64; 0 before it is known
	bool has_maxphyaddr;	// x86
	bool cr3_bad;		// x86: the last MOV CR3 would have raised #GP
	uint64_t cr3;		// x86: without bit 63
	struct vec_dir *before; // the directives outside cases
	size_t befores, before_room;
	struct vec_write {
		uint64_t addr, value;
		unsigned int bytes;
	} * lost; // writes to what does not answer (yet), in their order
	size_t losts, lost_room;
	unsigned int rams; // ram lines in this case
	bool any;	   // there was a case
};

// A directive of one family; memory and cases are exec.c's.
enum tw_status vec_riscv(struct vec_exec *x, const struct vec_dir *d);
enum tw_status vec_x86(struct vec_exec *x, const struct vec_dir *d);

// For them: calls of the back end, with errors turned into a status and a text.
enum tw_status vec_set_ctx(struct vec_exec *x, const struct tw_ctx *ctx);
enum tw_status vec_fence(struct vec_exec *x, const struct tw_fence *fence);
enum tw_status vec_access(struct vec_exec *x, const struct tw_req *req, struct vec_result *res);
enum tw_status vec_failed(const struct vec_exec *x, int error);

// Names of the formats of the family that the back end has, separated by ", ".
const char *vec_formats(const struct vec_exec *x, const char *family, char *text, size_t len);

// The end of a result line: rd= and upd=.
void vec_print_touched(const struct vec_exec *x, const struct vec_result *res);

#endif
