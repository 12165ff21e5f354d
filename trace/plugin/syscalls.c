// SPDX-License-Identifier: Apache-2.0
//
// System calls of the traced program: those that change its address space, and the buffers that the
// common ones read or write. Numbers are those of Linux on x86-64. Invariant: what cannot be
// represented in a trace ends the recording with a text.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plugin.h"

enum {
	NR_READ = 0,
	NR_WRITE = 1,
	NR_CLOSE = 3,
	NR_STAT = 4,
	NR_FSTAT = 5,
	NR_LSTAT = 6,
	NR_MMAP = 9,
	NR_MPROTECT = 10,
	NR_MUNMAP = 11,
	NR_BRK = 12,
	NR_PREAD64 = 17,
	NR_PWRITE64 = 18,
	NR_READV = 19,
	NR_WRITEV = 20,
	NR_MREMAP = 25,
	NR_MADVISE = 28,
	NR_SHMAT = 30,
	NR_DUP2 = 33,
	NR_SENDTO = 44,
	NR_RECVFROM = 45,
	NR_CLONE = 56,
	NR_EXECVE = 59,
	NR_EXIT = 60,
	NR_UNAME = 63,
	NR_GETCWD = 79,
	NR_READLINK = 89,
	NR_REMAP_FILE_PAGES = 216,
	NR_GETDENTS64 = 217,
	NR_CLOCK_GETTIME = 228,
	NR_EXIT_GROUP = 231,
	NR_NEWFSTATAT = 262,
	NR_READLINKAT = 267,
	NR_DUP3 = 292,
	NR_PREADV = 295,
	NR_PWRITEV = 296,
	NR_GETRANDOM = 318,
	NR_EXECVEAT = 322,
	NR_PREADV2 = 327,
	NR_PWRITEV2 = 328,
	NR_PKEY_MPROTECT = 329,
	NR_CLONE3 = 435,
	NR_CLOSE_RANGE = 436,
};

#define CLONE_VM_BIT	0x100u
#define CLONE_VFORK_BIT 0x4000u

// A buffer that the kernel reads or writes: arg counts from 0; len 0 stands for the call's result.
static const struct {
	int num;
	unsigned int kind;
	unsigned int arg;
	unsigned int len;
} buffers[] = {
	{NR_READ, TW_TRACE_COPY_OUT, 1, 0},	      {NR_WRITE, TW_TRACE_COPY_IN, 1, 0},
	{NR_PREAD64, TW_TRACE_COPY_OUT, 1, 0},	      {NR_PWRITE64, TW_TRACE_COPY_IN, 1, 0},
	{NR_SENDTO, TW_TRACE_COPY_IN, 1, 0},	      {NR_RECVFROM, TW_TRACE_COPY_OUT, 1, 0},
	{NR_GETDENTS64, TW_TRACE_COPY_OUT, 1, 0},     {NR_GETRANDOM, TW_TRACE_COPY_OUT, 0, 0},
	{NR_GETCWD, TW_TRACE_COPY_OUT, 0, 0},	      {NR_READLINK, TW_TRACE_COPY_OUT, 1, 0},
	{NR_READLINKAT, TW_TRACE_COPY_OUT, 2, 0},     {NR_STAT, TW_TRACE_COPY_OUT, 1, 144},
	{NR_FSTAT, TW_TRACE_COPY_OUT, 1, 144},	      {NR_LSTAT, TW_TRACE_COPY_OUT, 1, 144},
	{NR_NEWFSTATAT, TW_TRACE_COPY_OUT, 2, 144},   {NR_UNAME, TW_TRACE_COPY_OUT, 0, 390},
	{NR_CLOCK_GETTIME, TW_TRACE_COPY_OUT, 1, 16},
};

static uint64_t arg[6]; // of the call in progress

static void out_exit(int64_t status)
{
	tw_out_event(TW_TRACE_EXIT, &(struct tw_stream_event){.result = status, .file = -1});
	tw_out_flush();
}

static bool takes_our_fd(int64_t num)
{
	int fd = tw_out_fd();

	return (num == NR_CLOSE && (int)arg[0] == fd) ||
	       ((num == NR_DUP2 || num == NR_DUP3) && (int)arg[1] == fd);
}

void tw_syscall(int64_t num, const uint64_t args[6])
{
	memcpy(arg, args, sizeof(arg));
	if (takes_our_fd(num))
		tw_out_move();
	switch (num) {
	case NR_CLOSE_RANGE:
		if ((uint32_t)arg[0] <= (uint32_t)tw_out_fd() &&
		    (uint32_t)arg[1] >= (uint32_t)tw_out_fd())
			tw_out_die("the program closes the recorder's file descriptor %d",
				   tw_out_fd());
		break;
	case NR_CLONE:
		if (arg[0] & CLONE_VM_BIT && !(arg[0] & CLONE_VFORK_BIT))
			tw_out_die("the program starts a thread: only programs with one thread can "
				   "be recorded");
		break;
	case NR_EXECVE:
	case NR_EXECVEAT:
		tw_out((uint64_t)TW_STREAM_EXEC << TW_STREAM_CODE_SHIFT);
		tw_out_flush();
		break;
	case NR_EXIT:
	case NR_EXIT_GROUP:
		out_exit((int64_t)(arg[0] & 0xff));
		break;
	default:
		break;
	}
}

static void out_iov(unsigned int kind, int64_t bytes)
{
	const struct {
		uint64_t base, len;
	} *iov = tw_guest(arg[1]);

	for (uint64_t i = 0; i < arg[2] && bytes > 0; i++) {
		uint64_t len = iov[i].len < (uint64_t)bytes ? iov[i].len : (uint64_t)bytes;

		if (!len)
			continue;
		tw_out_event(kind, &(struct tw_stream_event){
					   .addr = iov[i].base, .len = len, .file = -1});
		bytes -= (int64_t)len;
	}
}

static void out_buffer(int64_t num, int64_t ret)
{
	if (ret < 0)
		return;
	if (num == NR_READV || num == NR_PREADV || num == NR_PREADV2)
		out_iov(TW_TRACE_COPY_OUT, ret);
	else if (num == NR_WRITEV || num == NR_PWRITEV || num == NR_PWRITEV2)
		out_iov(TW_TRACE_COPY_IN, ret);
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
		uint64_t len = buffers[i].len ? buffers[i].len : (uint64_t)ret;
		uint64_t addr = arg[buffers[i].arg];

		// A datagram that was cut has a result beyond the buffer, whose size follows it.
		if (!buffers[i].len && len > arg[buffers[i].arg + 1])
			len = arg[buffers[i].arg + 1];
		if (buffers[i].num == num && len && addr)
			tw_out_event(
				buffers[i].kind,
				&(struct tw_stream_event){.addr = addr, .len = len, .file = -1});
	}
}

// The file behind a descriptor of the program, which is one of QEMU's too; -1 if there is none.
static int file_of(int fd)
{
	char link[64], path[4096];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return -1;
	path[n] = '\0';
	return tw_out_file(&st, path);
}

void tw_syscall_ret(int64_t num, int64_t ret)
{
	struct tw_stream_event e = {.addr = arg[0], .len = arg[1], .result = ret, .file = -1};

	switch (num) {
	case NR_MMAP:
		e.prot = arg[2] & UINT32_MAX;
		e.flags = arg[3] & UINT32_MAX;
		if (!(e.flags & TW_TRACE_MAP_ANONYMOUS)) {
			e.file = file_of((int)arg[4]);
			e.offset = arg[5];
		}
		tw_out_event(TW_TRACE_MMAP, &e);
		break;
	case NR_MPROTECT:
	case NR_PKEY_MPROTECT:
		e.prot = arg[2] & UINT32_MAX;
		tw_out_event(TW_TRACE_MPROTECT, &e);
		break;
	case NR_MUNMAP:
		tw_out_event(TW_TRACE_MUNMAP, &e);
		break;
	case NR_BRK:
		e.len = 0;
		tw_out_event(TW_TRACE_BRK, &e);
		break;
	case NR_MREMAP:
		e.new_len = arg[2];
		e.flags = arg[3] & UINT32_MAX;
		e.new_addr = e.flags & TW_TRACE_MREMAP_FIXED ? arg[4] : 0;
		tw_out_event(TW_TRACE_MREMAP, &e);
		break;
	case NR_MADVISE:
		e.advice = (int32_t)arg[2];
		tw_out_event(TW_TRACE_MADVISE, &e);
		break;
	case NR_SHMAT:
	case NR_REMAP_FILE_PAGES:
		if (ret >= 0 || ret < -4095)
			tw_out_die("the program calls %s, which a trace cannot hold",
				   num == NR_SHMAT ? "shmat" : "remap_file_pages");
		break;
	default:
		out_buffer(num, ret);
		break;
	}
}
