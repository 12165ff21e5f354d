// SPDX-License-Identifier: Apache-2.0
// Random lives of processes and files, and accesses. See stress.h.
#include "stress.h"
#include "twinwalk/prng.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- Processes -------------------------------------------------------------------------

void op_fork(struct stress *s, struct proc *h)
{
	struct proc *child = s->proc;
	int err;

	while (child < s->proc + PROCS && child->p)
		child++;
	if (child == s->proc + PROCS)
		return;
	CALL(s, "fork");
	before(s);
	err = tw_proc_fork(h->p, &child->p);
	after(s);
	child->mm = h->mm;
	if (err == -ENOMEM && !child->p) {
		s->count[CALL_FORK][SHORT]++;
		return;
	}
	if (err)
		broken(s, "%d", err);
	s->count[CALL_FORK][DONE]++;
	compare_regions(s, child);
}

void op_exit(struct stress *s, struct proc *h)
{
	CALL(s, "exit");
	tw_proc_exit(h->p);
	h->p = NULL;
	s->count[CALL_EXIT][DONE]++;
}

void new_proc(struct stress *s, struct proc *h)
{
	struct tw_layout layout = {.lo = LO, .hi = HI, .mmap_top = HI, .start_brk = LO + 20 * PAGE};
	int err;

	CALL(s, "new process");
	before(s);
	err = tw_proc_create(s->w.k, &layout, &h->p);
	after(s);
	if (err == -ENOMEM) {
		h->p = NULL;
		return;
	}
	if (err)
		broken(s, "%d", err);
	h->mm = (struct lm_mm){
		.lo = LO, .hi = HI, .start_brk = LO + 20 * PAGE, .brk = LO + 20 * PAGE};
	if (pick(s, 2)) {
		h->mm.start_brk = h->mm.brk = LO + 70 * PAGE + 100;
		assert_int_equal(tw_proc_set_brk(h->p, h->mm.brk), 0);
	}
}

// --- Files -----------------------------------------------------------------------------

void op_sync(struct stress *s)
{
	struct file *f = &s->file[pick(s, FILES)];
	struct tw_file *handle = f->open[pick(s, MODES)];

	CALL(s, "sync");
	if (pick(s, 8) == 0) {
		assert_int_equal(tw_kernel_sync(s->w.k), 0);
		for (unsigned int i = 0; i < FILES; i++)
			compare_file(s, &s->file[i], 0, FILE_MOST);
	} else if (handle) {
		assert_int_equal(tw_file_sync(handle), 0);
		compare_file(s, f, 0, FILE_MOST);
	}
	s->count[CALL_SYNC][DONE]++;
}

void op_open_or_close(struct stress *s)
{
	struct file *f = &s->file[pick(s, FILES)];
	int mode = (int)pick(s, MODES), err;

	if (f->open[mode]) {
		CALL(s, "close mode %d of %s", mode, f->path);
		assert_int_equal(tw_file_close(f->open[mode]), 0);
		f->open[mode] = NULL;
		s->count[CALL_OPEN][DONE]++;
		return;
	}
	CALL(s, "open mode %d of %s", mode, f->path);
	before(s);
	err = tw_file_open(s->w.k, f->path, mode, &f->open[mode]);
	after(s);
	if (err == -ENOMEM && s->failed)
		f->open[mode] = NULL;
	else if (err)
		broken(s, "%d", err);
	s->count[CALL_OPEN][err ? SHORT : DONE]++;
}

void op_grow(struct stress *s)
{
	struct file *f = &s->file[pick(s, FILES)];
	unsigned int mode = pick(s, MODES);
	uint64_t pages = f->object->pages + pick(s, 2);
	int want = mode == TW_O_RDONLY ? -EBADF : 0, got;

	if (!f->open[mode] || pages > FILE_MOST || pick(s, 8))
		return;
	CALL(s, "grow %s to %" PRIu64 " pages", f->path, pages);
	got = tw_file_grow(f->open[mode], pages * PAGE);
	if (got != want)
		broken(s, "%d, expected %d", got, want);
	if (!got)
		f->object->pages = pages;
	s->count[CALL_GROW][got ? REFUSED : DONE]++;
}

// --- Accesses --------------------------------------------------------------------------

struct need {
	enum tw_access access;
	uint32_t prot;
};

static const struct need needs[] = {
	{TW_LOAD, TW_PROT_READ},
	{TW_STORE, TW_PROT_READ | TW_PROT_WRITE},
	{TW_FETCH, TW_PROT_EXEC},
	{TW_RMW, TW_PROT_READ | TW_PROT_WRITE},
};

// Counts a shortage. True if the access ended as the reference says it must: DONE, or with a
// signal.
static bool ended(struct stress *s, enum call call, int err, int want)
{
	if (err == -ENOMEM) {
		s->count[call][SHORT]++;
		return false;
	}
	if (err != (want ? -EFAULT : 0))
		broken(s, "%d, expected %d", err, want ? -EFAULT : 0);
	s->count[call][err ? REFUSED : DONE]++;
	return true;
}

// A process's or the kernel's own access inside a page, through the pointer.
void op_access(struct stress *s, struct proc *h)
{
	const struct need *n = &needs[pick(s, 4)];
	uint64_t addr = LO + (uint64_t)page_of(s, h) * PAGE + MID, value = tw_random(&s->rng);
	struct lm_page *g = lm_page(&h->mm, addr);
	bool store = n->prot & TW_PROT_WRITE, kernel = pick(s, 4) == 0 && n->access != TW_FETCH;
	int want = lm_access(g, n->prot, s->implied), err;
	uint8_t *host = NULL;
	uint64_t got;

	CALL(s, "%s access %d to %#" PRIx64, kernel ? "kernel's" : "user's", n->access, addr);
	before(s);
	err = (kernel ? tw_copy_ptr : tw_user_ptr)(s->w.k, n->access, addr, 8, &host, &s->w.sig);
	after(s);
	if (!ended(s, CALL_ACCESS, err, want))
		return;
	if (err) {
		if (s->w.sig.code != abs(want) || s->w.sig.addr != addr ||
		    s->w.sig.signo != (want < 0 ? TW_SIGBUS : TW_SIGSEGV))
			broken(s, "signal %d, code %d, expected %d", s->w.sig.signo, s->w.sig.code,
			       want);
		return;
	}
	memcpy(&got, host, 8);
	if (got != lm_load(g).mid)
		broken(s, "holds %" PRIx64 ", expected %" PRIx64, got, lm_load(g).mid);
	if (!store)
		return;
	memcpy(host, &value, 8);
	lm_store(g)->mid = value;
}

// The last bytes of one page and the first of the next.
void op_cross(struct stress *s, struct proc *h)
{
	unsigned int i = page_of(s, h), kind = pick(s, 3);
	uint64_t addr = LO + (uint64_t)i * PAGE + TAIL, value = tw_random(&s->rng), got, expected;
	struct lm_page *a = &h->mm.page[i], *b = a + 1;
	int want = lm_access(a, needs[kind].prot, s->implied), err;

	want = want ? want : lm_access(b, needs[kind].prot, s->implied);
	CALL(s, "access %u across %#" PRIx64, kind, addr + 4);
	before(s);
	if (kind == 0)
		err = tw_user_load(s->w.k, addr, &got, 8, &s->w.sig);
	else if (kind == 1)
		err = tw_user_store(s->w.k, addr, &value, 8, &s->w.sig);
	else
		err = tw_user_fetch(s->w.k, addr, &got, 8, &s->w.sig);
	after(s);
	if (!ended(s, CALL_CROSS, err, want) || err) {
		take_copies(h);
		return;
	}
	if (kind == 1) {
		lm_store(a)->tail = (uint32_t)value;
		lm_store(b)->head = (uint32_t)(value >> 32);
		return;
	}
	expected = (uint64_t)lm_load(b).head << 32 | lm_load(a).tail;
	if (got != expected)
		broken(s, "holds %" PRIx64 ", expected %" PRIx64, got, expected);
}

void op_switch(struct stress *s, struct proc *h)
{
	CALL(s, "switch");
	assert_int_equal(tw_proc_switch(s->w.k, h->p), 0);
	s->count[CALL_SWITCH][DONE]++;
}
