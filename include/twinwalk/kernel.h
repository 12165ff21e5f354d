// SPDX-License-Identifier: Apache-2.0
// The memory manager: what a user of kernel/ sees. A kernel owns the physical memory it is given,
// builds page tables in it that the hardware really walks, and serves processes through Linux's
// system calls. Bytes are held nowhere but in that memory, in the swap file and in the mapped
// files. Everything is deterministic: time is counted in virtual cycles (hardware, kernel work from
// a table, devices from a latency model). Conventions: functions return 0 (or as stated) or a
// negative errno. System calls return exactly Linux's errno. Addresses are virtual byte addresses,
// lengths are bytes. Not thread-safe; two kernels in one process do not touch each other.
#ifndef TWINWALK_KERNEL_H
#define TWINWALK_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twinwalk/hw.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
	TW_PAGE_SHIFT_4K = 12,
	TW_PAGE_BYTES = 4096,
};

// Linux's numbers (asm-generic).
enum {
	TW_PROT_NONE = 0,
	TW_PROT_READ = 1,
	TW_PROT_WRITE = 2,
	TW_PROT_EXEC = 4,
	TW_PROT_SEM = 8,		// accepted, without effect
	TW_PROT_GROWSDOWN = 0x01000000, // mprotect: from the start of a region that grows down
	TW_PROT_GROWSUP = 0x02000000,	// mprotect: no region does
};

enum {
	TW_MAP_SHARED = 0x01,
	TW_MAP_PRIVATE = 0x02,
	TW_MAP_SHARED_VALIDATE = 0x03,
	TW_MAP_TYPE = 0x0f,
	TW_MAP_FIXED = 0x10,
	TW_MAP_ANONYMOUS = 0x20,
	TW_MAP_GROWSDOWN = 0x100,
	TW_MAP_LOCKED = 0x2000,
	TW_MAP_NORESERVE = 0x4000,
	TW_MAP_POPULATE = 0x8000,
	TW_MAP_NONBLOCK = 0x10000, // with MAP_POPULATE: nothing is brought in
	TW_MAP_STACK = 0x20000,
	TW_MAP_FIXED_NOREPLACE = 0x100000,
};

enum { TW_MS_ASYNC = 1, TW_MS_INVALIDATE = 2, TW_MS_SYNC = 4 };
enum { TW_MREMAP_MAYMOVE = 1, TW_MREMAP_FIXED = 2, TW_MREMAP_DONTUNMAP = 4 };
enum { TW_MADV_NORMAL = 0, TW_MADV_RANDOM, TW_MADV_SEQUENTIAL, TW_MADV_WILLNEED, TW_MADV_DONTNEED };
// The hardware failed or contradicted itself: never the user's doing. (Linux's EREMOTEIO.)
enum { TW_EHARDWARE = 121 };

enum { TW_SIGBUS = 7, TW_SIGSEGV = 11 };
enum { TW_SEGV_MAPERR = 1, TW_SEGV_ACCERR = 2, TW_BUS_ADRERR = 2 };

// The result of an access that the process does not survive unless it handles it: si_signo,
// si_code, si_addr.
struct tw_signal {
	int signo;
	int code;
	uint64_t addr;
};

// --- Kinds of virtual cost; the default table and its sources are in cost.c ---------------

enum tw_cost {
	TW_COST_SYSCALL, // entry and return of a system call
	TW_COST_FAULT,	 // entry and return of an exception
	TW_COST_VMA,	 // one search or change in the tree of regions
	TW_COST_FRAME,	 // one frame allocated or freed
	TW_COST_ZERO,	 // 4 KB cleared
	TW_COST_COPY,	 // 4 KB copied
	TW_COST_PTE,	 // one page-table entry read and changed
	TW_COST_RMAP,	 // one reverse mapping visited, made or removed
	TW_COST_CACHE,	 // one look-up in the page cache or swap cache
	TW_COST_SLOT,	 // one swap slot allocated or freed
	TW_COST_FENCE,	 // one TLB maintenance instruction, beyond the cycles the hardware takes
	TW_COST_SWITCH,	 // one context switch
	TW_COST_IO,	 // one request given to a device
	TW_COSTS
};

struct tw_costs {
	uint32_t cycles[TW_COSTS];
};

void tw_costs_default(struct tw_costs *costs);
// The name of a cost ("zero"), or NULL if out of range.
const char *tw_cost_name(unsigned int cost);

// A device: a request costs `latency` cycles, plus `per_page` for each 4 KB; transfers queue one
// behind another.
struct tw_dev_model {
	uint64_t read_latency, write_latency, per_page; // cycles
};

// An NVMe-class SSD at a 1 GHz clock: 80 us to read, 20 us to write (into its cache), 2 GB/s.
void tw_dev_ssd(struct tw_dev_model *model);

// --- Creation --------------------------------------------------------------------------

struct tw_kernel;
struct tw_proc;
struct tw_file;

struct tw_kernel_opts {
	struct tw_hw *hw;      // borrowed; must outlive the kernel
	enum tw_format format; // one of tw_kernel_format() that the hardware has too
	bool svade;	       // RISC-V only: the kernel sets A and D in a fault, not the hardware
	bool poison;	   // freed frames are overwritten, so that a stale translation is noticed
	bool durable;	   // msync and sync end with fdatasync of the real file
	uint64_t ram_base; // physical address of the first frame; must be flat in the hardware's
			   // tw_pmem
	uint32_t frames;   // TW_MIN_FRAMES or more
	const char *swap_path;	// created, or emptied if it was swap before; NULL: no swap
	uint32_t swap_slots;	// pages
	const char *policy;	// replacement policy; NULL: "clock"
	uint32_t watermark[3];	// free frames: min, low, high; all 0: 1, 2, 3 times 1/128 of frames
	unsigned int asid_bits; // 0: all that format and hardware have (RISC-V 16, Sv32 9; x86 12,
				// legacy and PAE 0)
	unsigned int
		fence_all; // more pages than this in one process are fenced by ASID at once; 0: 32
	struct tw_costs costs; // tw_costs_default()
	struct tw_dev_model swap_dev, file_dev;
	// Called after every change of a page-table entry by the kernel; may be NULL. An entry of 4
	// bytes is at a multiple of 4.
	void (*table_write)(void *user, uint64_t pa, uint64_t old, uint64_t value);
	// Asked now and then by what may take long (digest, check, MAP_POPULATE): true ends it
	// early, with -EINTR where it has a result. May be NULL.
	bool (*stop)(void *user);
	void *user;
};

enum { TW_MIN_FRAMES = 32 };

// Fills in what has a default; hw, ram_base and frames are the caller's.
void tw_kernel_opts_default(struct tw_kernel_opts *opts);

// -EINVAL for options that cannot be; -ENOMEM; the errno of the swap file, -EBUSY if another kernel
// uses it, -EEXIST if it is neither empty nor was swap before; each with a text in err.
// On success the hardware's control registers are set and all its translations fenced.
int tw_kernel_create(const struct tw_kernel_opts *opts, struct tw_kernel **k, char *err,
		     size_t errlen);

// Writes back all dirty file pages. 0 or the first error of a device; what could not be written
// stays dirty in memory.
int tw_kernel_sync(struct tw_kernel *k);

// Ends all processes, writes back all files and frees everything. Returns the first error of the
// write-back; NULL allowed.
int tw_kernel_destroy(struct tw_kernel *k);

// One line about the last error that is not an ordinary result of a system call (device errors,
// hardware errors, out of memory).
// "" if none. Valid until the next call.
const char *tw_kernel_error(const struct tw_kernel *k);

// True if the last call failed with -ENOMEM because simulated memory is exhausted: too few frames
// are free and no page can leave memory. False: the host's memory, or address space.
bool tw_kernel_shortage(const struct tw_kernel *k);

// The page-table formats that the kernel drives: the I-th; TW_FMT_BARE: there is none. Their names
// are tw_format_get()'s.
enum tw_format tw_kernel_format(size_t i);

// Names of the replacement policies: the I-th, or NULL.
const char *tw_policy_name(size_t i);

// --- Processes -------------------------------------------------------------------------

// The user address space. Regions lie in [lo, hi); "the kernel chooses" goes down from mmap_top.
struct tw_layout {
	uint64_t lo, hi, mmap_top, start_brk;
};

// lo 64 KB, hi the end of the format's user half, brk at 1/4 of it.
void tw_layout_default(const struct tw_kernel *k, struct tw_layout *layout);

// A new process with an empty address space. -EINVAL for a bad layout, -ENOMEM.
int tw_proc_create(struct tw_kernel *k, const struct tw_layout *layout, struct tw_proc **proc);

// The child is a copy of the parent, private pages shared copy-on-write. -ENOMEM (nothing has
// happened), or a device error.
int tw_proc_fork(struct tw_proc *parent, struct tw_proc **child);

// Frees everything the process has. The handle is gone.
void tw_proc_exit(struct tw_proc *proc);

// Makes a process the one whose accesses run. NULL: none. -TW_EHARDWARE.
int tw_proc_switch(struct tw_kernel *k, struct tw_proc *proc);

uint32_t tw_proc_pid(const struct tw_proc *proc);

// Sets the beginning of the heap, as a program's loader does. -EINVAL outside user space, -EBUSY
// once the heap is in use.
int tw_proc_set_brk(struct tw_proc *proc, uint64_t start_brk);

// --- Files -----------------------------------------------------------------------------

enum { TW_O_RDONLY = 0, TW_O_WRONLY = 1, TW_O_RDWR = 2 };

// Opens a real file: -EACCES if it is not a regular one, or the errno of open(2). The same file
// opened twice has one page cache. Closing ends the handle, mappings go on; the last close writes
// dirty pages back and reports their error. Descriptors of the host's are few however many files
// are in use (hostfile.h). Nobody else may change the contents meanwhile.
int tw_file_open(struct tw_kernel *k, const char *path, int mode, struct tw_file **file);
int tw_file_close(struct tw_file *file);
// Writes back the dirty pages of one file.
int tw_file_sync(struct tw_file *file);
uint64_t tw_file_size(const struct tw_file *file);
// Makes the file longer; the new part reads as zero. -EINVAL if size is less than the present one,
// -ESTALE if its path does not lead to it any more and its descriptor was closed for others.
int tw_file_grow(struct tw_file *file, uint64_t size);

// --- System calls: results as Linux's, errno for errno ---------------------------------

// Returns the address, or a negative errno in the same 64 bits (user addresses are positive).
int64_t tw_sys_mmap(struct tw_proc *p, uint64_t addr, uint64_t len, uint32_t prot, uint32_t flags,
		    struct tw_file *file, uint64_t offset);
int tw_sys_munmap(struct tw_proc *p, uint64_t addr, uint64_t len);
int tw_sys_mprotect(struct tw_proc *p, uint64_t addr, uint64_t len, uint32_t prot);
// The break after the call; unchanged means refused.
uint64_t tw_sys_brk(struct tw_proc *p, uint64_t brk);
int tw_sys_msync(struct tw_proc *p, uint64_t addr, uint64_t len, uint32_t flags);
// As Linux from 6.17 on. MREMAP_DONTUNMAP is -EINVAL.
int64_t tw_sys_mremap(struct tw_proc *p, uint64_t addr, uint64_t old_len, uint64_t new_len,
		      uint32_t flags, uint64_t new_addr);
// MADV_NORMAL, RANDOM, SEQUENTIAL, WILLNEED (no effect) and DONTNEED; -EINVAL for others.
int tw_sys_madvise(struct tw_proc *p, uint64_t addr, uint64_t len, int advice);

// --- Accesses of the running process ---------------------------------------------------

// One access inside one page, through the hardware, with faults handled and the access retried.
// *host points to the bytes in simulated memory and stays valid until the next call into the
// kernel. -EFAULT: a signal, in *sig. -EINVAL: crosses a page, or no process runs. -ENOMEM: see
// tw_kernel_shortage(). -EIO, -ENOSPC, ..., -TW_EHARDWARE: see tw_kernel_error(); nothing is lost.
// A store must be made through *host. A page that was faulted in is used before it can be
// reclaimed: an access ends after at most two faults in each page, however little memory there is.
int tw_user_ptr(struct tw_kernel *k, enum tw_access access, uint64_t va, size_t len, uint8_t **host,
		struct tw_signal *sig);

// The same for the kernel's own accesses to user memory (read(2), write(2)): supervisor privilege
// with SUM or AC. -EINVAL also for a fetch.
int tw_copy_ptr(struct tw_kernel *k, enum tw_access access, uint64_t va, size_t len, uint8_t **host,
		struct tw_signal *sig);

// One access of any length up to TW_PAGE_BYTES; one that crosses a page has two parts, both in
// memory when it succeeds. len[1] is 0 if there is one part. Errors and pointers as above.
struct tw_span {
	uint8_t *host[2];
	size_t len[2];
};
int tw_user_span(struct tw_kernel *k, enum tw_access access, uint64_t va, size_t len,
		 struct tw_span *span, struct tw_signal *sig);

// The same, with the bytes copied; a store that faults in either part stores nothing.
int tw_user_load(struct tw_kernel *k, uint64_t va, void *buf, size_t len, struct tw_signal *sig);
int tw_user_store(struct tw_kernel *k, uint64_t va, const void *buf, size_t len,
		  struct tw_signal *sig);
int tw_user_fetch(struct tw_kernel *k, uint64_t va, void *buf, size_t len, struct tw_signal *sig);

// Reads memory of any process as it would see it, without the hardware and without any effect: from
// the frame, the swap slot or the file. -EFAULT where nothing is mapped or beyond the end of a
// file; -EIO.
int tw_proc_peek(struct tw_proc *p, uint64_t va, void *buf, size_t len);

// --- What happened ---------------------------------------------------------------------

enum tw_fault_kind {
	TW_FK_ZERO,	  // anonymous page, demand-zero, first write
	TW_FK_ZERO_READ,  // anonymous page, first read: the shared zero page
	TW_FK_FILE_MINOR, // page cache hit
	TW_FK_FILE_MAJOR, // page read from a file
	TW_FK_SHMEM,	  // first touch of a shared anonymous page, or a page others have
	TW_FK_COW_COPY,	  // copy-on-write, copied
	TW_FK_COW_REUSE,  // copy-on-write, last owner: reused
	TW_FK_SWAP_MAJOR, // read from swap
	TW_FK_SWAP_MINOR, // found in the swap cache
	TW_FK_ACCESSED,	  // A or D set by software (Svade)
	TW_FK_RIGHTS,	  // entry had fewer rights than its region
	TW_FK_SPURIOUS,	  // the entry was good already
	TW_FK_MAPERR,	  // SIGSEGV
	TW_FK_ACCERR,	  // SIGSEGV
	TW_FK_BUS,	  // SIGBUS
	TW_FAULT_KINDS
};
const char *tw_fault_kind_name(unsigned int kind);

enum { TW_LATENCY_BUCKETS = 256 };

// What happened since creation, and the present state.
struct tw_kernel_stats {
	// Plain counts: stats.def says what each means.
#define TW_STAT(group, key, type, member, meaning) type member;
#include "twinwalk/stats.def"
	uint64_t accesses[4];		      // by enum tw_access, without retries
	uint64_t attempts;		      // requests to the hardware
	uint64_t latency[TW_LATENCY_BUCKETS]; // attempts by cycles; the last: that many or more
	uint64_t latency_sum, latency_max;    // cycles of all attempts, and of the longest
	uint64_t response_digest;	      // of every response and its cycles, in order
	uint64_t faults[TW_FAULT_KINDS];      // also those that ended in a signal
	unsigned int asid_bits;		      // in use
	uint32_t watermark[3];		      // min, low, high, in free frames
	uint64_t frame_bytes; // host memory of the frame database and the reverse mappings
};
// Brings *STATS up to date; costs a look at every frame.
void tw_kernel_get_stats(struct tw_kernel *k, struct tw_kernel_stats *stats);

struct tw_proc_stats {
	uint64_t minor, major;			// faults, since its creation
	uint64_t rss_anon, rss_file, rss_shmem; // pages in memory and mapped, by kind
	uint64_t swap;				// entries that name a swap slot
	uint64_t tables;			// frames of page tables
	uint64_t vmas;				// regions
	uint64_t mapped;			// pages of all regions
};
void tw_proc_get_stats(const struct tw_proc *p, struct tw_proc_stats *stats);

// The regions in the format of /proc/PID/maps. Returns the length of the text without its final
// zero; writes at most size bytes, always terminated. Anonymous regions have no name, shared
// anonymous ones "/dev/zero (deleted)", as on Linux.
size_t tw_proc_maps(const struct tw_proc *p, char *buf, size_t size);

// Calls FN for each region in ascending order; stops at the first non-zero result and returns it.
struct tw_region {
	uint64_t start, end;
	uint32_t prot;
	bool shared;
	const char *path; // of the mapped file; NULL for anonymous regions
	uint64_t offset;  // in the file
};
int tw_proc_regions(const struct tw_proc *p, int (*fn)(void *user, const struct tw_region *region),
		    void *user);

// A 64-bit digest of all physical memory and of all swap slots in use. -EINTR: see opts.stop.
int tw_kernel_digest(struct tw_kernel *k, uint64_t *digest);

// Verifies every invariant of every structure. 0, -EINTR, or -EUCLEAN with a text in err that names
// the broken one. deep: also compares clean pages with the swap and file contents that they stand
// for.
int tw_kernel_check(struct tw_kernel *k, bool deep, char *err, size_t errlen);

#ifdef __cplusplus
}
#endif

#endif
