// SPDX-License-Identifier: Apache-2.0
// Sparse physical memory: up to 2^56 bytes, little-endian, of which only the declared ranges
// answer. Backed by the host page by page as it is written; one range may instead be flat, i.e. one
// piece of host memory, for speed. Memory reads 0 until it is written. Invariants: a failing call
// changes nothing; a byte belongs to at most one range. Not thread-safe.
#ifndef TWINWALK_PMEM_H
#define TWINWALK_PMEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tw_pmem;
struct tw_mem;

// The end of the physical address space (exclusive).
#define TW_PMEM_END (UINT64_C(1) << 56)

// Creates a memory without any range. 0 or -ENOMEM. The caller owns *out and ends it with
// tw_pmem_destroy (NULL allowed).
int tw_pmem_create(struct tw_pmem **out);
void tw_pmem_destroy(struct tw_pmem *pm);

// Makes [lo, hi) answer, host memory being taken as it is written. Ranges may begin and end at any
// byte; what answers already stays as it is. -EINVAL if the range is empty or exceeds TW_PMEM_END,
// -ENOMEM.
int tw_pmem_add_ram(struct tw_pmem *pm, uint64_t lo, uint64_t hi);

// The same as one piece of host memory, reserved now and taken as it is touched; lo and hi are
// multiples of 4096. At most one range can be flat: -EBUSY for a second one. Also -EEXIST if a byte
// of it answers already.
int tw_pmem_add_flat(struct tw_pmem *pm, uint64_t lo, uint64_t hi);

// Sets the whole memory to 0 and keeps the ranges; the second also forgets the ranges.
void tw_pmem_zero(struct tw_pmem *pm);
void tw_pmem_reset(struct tw_pmem *pm);

// 4 KB pages of host memory taken so far, the flat range apart.
size_t tw_pmem_pages(const struct tw_pmem *pm);

// 1 if each of the LEN bytes from PA answers, else 0. LEN 0 is 1.
int tw_pmem_answers(const struct tw_pmem *pm, uint64_t pa, uint64_t len);

// 64-bit words at multiples of 8: -EINVAL for another address, -EIO if a byte lies outside every
// range, -ENOMEM (write and compare-and-swap only). cas64 stores DESIRED if the word equals
// EXPECTED and always gives the word's old value.
int tw_pmem_read64(struct tw_pmem *pm, uint64_t pa, uint64_t *value);
int tw_pmem_write64(struct tw_pmem *pm, uint64_t pa, uint64_t value);
int tw_pmem_cas64(struct tw_pmem *pm, uint64_t pa, uint64_t expected, uint64_t desired,
		  uint64_t *old);
// The same for BYTES bytes, 4 or 8, at a multiple of BYTES.
int tw_pmem_cas(struct tw_pmem *pm, uint64_t pa, unsigned int bytes, uint64_t expected,
		uint64_t desired, uint64_t *old);

// The memory as a walk sees it (arch.h), for as long as PM lives.
struct tw_mem tw_pmem_mem(struct tw_pmem *pm);

// Any number of bytes at any address: -EIO if one of them lies outside every range, -ENOMEM (write
// only).
int tw_pmem_read(struct tw_pmem *pm, uint64_t pa, void *buf, size_t len);
int tw_pmem_write(struct tw_pmem *pm, uint64_t pa, const void *buf, size_t len);

// Direct access to LEN bytes from PA, for reading and writing: NULL if they are not all in the flat
// range, or else not all in one answering 4 KB page (or host memory has run out). The pointer is
// valid until the next reset or destroy, and for a page that is not flat until the next zero.
void *tw_pmem_ptr(struct tw_pmem *pm, uint64_t pa, size_t len);

#ifdef __cplusplus
}
#endif

#endif
