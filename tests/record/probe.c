// SPDX-License-Identifier: Apache-2.0
//
// A program to record: does one known thing after another, so that record.sh can look for it in the
// trace. With an argument it does something that ends a recording, or ends in a special way.
#define _GNU_SOURCE // mremap
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096u

static void need(int ok)
{
	if (!ok)
		_exit(99);
}

static void *thread(void *arg)
{
	return arg;
}

static void instructions(uint8_t *p)
{
	p[12 * PAGE] = 3;
	// A read-modify-write of 4 bytes.
	__asm__ volatile("addl $1, %0" : "+m"(*(uint32_t *)(p + 10 * PAGE + 0x128)));
	// A jump of 5 bytes whose last 3 are in the next fetch block, to a store of 1 byte another
	// two blocks on.
	__asm__ volatile(".p2align 7\n\t"
			 ".skip 30, 0x90\n\t"
			 ".byte 0xe9\n\t"
			 ".long 1f - . - 4\n\t"
			 ".p2align 7\n"
			 "1:\tmovb $1, %0"
			 : "=m"(p[11 * PAGE + 5]));
}

static void calls(int fd)
{
	uint8_t *p, *q;
	struct iovec iov[2];

	// 37 pages: nobody else maps as many.
	p = mmap(NULL, (size_t)37 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		 0);
	need(p != MAP_FAILED);
	memset(p, 1, (size_t)37 * PAGE);
	need(!mprotect(p + 3 * PAGE, 2 * PAGE, PROT_READ));
	need(!madvise(p, PAGE, MADV_DONTNEED));
	need(!munmap(p + 35 * PAGE, 2 * PAGE));
	q = mremap(p + 30 * PAGE, 5 * PAGE, 41 * PAGE, MREMAP_MAYMOVE);
	need(q != MAP_FAILED);
	q[40 * PAGE] = 2;
	need(munmap(p + 1, PAGE) < 0);
	// A file, from its second page on.
	q = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	need(q != MAP_FAILED);
	need(((volatile uint8_t *)q)[PAGE] == 'x');
	need(read(fd, p, 1234) == 1234);
	iov[0] = (struct iovec){p + 100, 11};
	iov[1] = (struct iovec){p + 200, 7};
	need(writev(STDOUT_FILENO, iov, 2) == 18);
	// 150 bytes are left for 300.
	need(lseek(fd, -150, SEEK_END) > 0);
	iov[0] = (struct iovec){p + 300, 100};
	iov[1] = (struct iovec){p + 400, 200};
	need(readv(fd, iov, 2) == 150);
	instructions(p);
	need(sbrk(5 * PAGE) != (void *)-1);
}

static void child(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		// Not recorded: only the parent is.
		need(mmap(NULL, (size_t)53 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		     MAP_FAILED);
		_exit(0);
	}
	need(pid > 0 && wait(&status) == pid);
}

// Says its process id, then waits for a signal; stubborn: also after the first ones.
static void wait_for_signal(int stubborn)
{
	if (stubborn) {
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
	}
	dprintf(STDOUT_FILENO, "%d\n", (int)getpid());
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "thread")) {
		pthread_t t;

		need(!pthread_create(&t, NULL, thread, NULL));
		pthread_join(t, NULL);
	} else if (!strcmp(what, "abort")) {
		abort();
	} else if (!strcmp(what, "exec")) {
		execl("/bin/true", "true", (char *)NULL);
	} else if (!strcmp(what, "high")) {
		need(mmap((void *)UINT64_C(0x600000000000), PAGE, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
	} else if (!strcmp(what, "shm")) {
		int id = shmget(IPC_PRIVATE, PAGE, 0600);
		void *p = shmat(id, NULL, 0);

		shmctl(id, IPC_RMID, NULL);
		need(p != (void *)-1);
	} else if (!strcmp(what, "wait") || !strcmp(what, "stubborn")) {
		wait_for_signal(what[0] == 's');
	} else if (!strcmp(what, "close")) {
		// All descriptors there may be, the recorder's among them.
		for (int fd = 3; fd < 1024; fd++)
			close(fd);
	} else {
		calls(STDIN_FILENO);
		child();
	}
	return what[0] ? 0 : 7;
}
