// SPDX-License-Identifier: Apache-2.0
// See host.h. The child lives between two pipes: a byte that comes is a request in the shared page,
// a byte that goes is its answer. It never returns into the test's code and uses no heap.
#define _GNU_SOURCE // mmap's flags
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum request { CALL, ACCESS, REGIONS };
enum { TEXT = 1 << 16 };

struct page {
	enum request request;
	long nr;
	uint64_t arg[6];
	int64_t result;
	struct host_signal sig;
	char text[TEXT]; // of /proc/self/maps
};

struct host {
	pid_t pid;
	int to, from;
	struct page *page;
	uint64_t start_brk;
};

// --- The child -------------------------------------------------------------------------

static struct page *mine;
static sigjmp_buf back;

static void on_signal(int signo, siginfo_t *info, void *context)
{
	(void)context;
	mine->sig = (struct host_signal){signo, info->si_code, (uint64_t)(uintptr_t)info->si_addr};
	siglongjmp(back, 1);
}

static void serve_access(void)
{
	volatile uint8_t *at = (volatile uint8_t *)(uintptr_t)mine->arg[0]; // NOLINT

	mine->sig = (struct host_signal){0};
	if (sigsetjmp(back, 1))
		return;
	if ((int64_t)mine->arg[1] >= 0)
		*at = (uint8_t)mine->arg[1];
	else
		mine->result = *at;
}

static void serve_regions(void)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got;

	while (fd >= 0 && n < TEXT - 1 && (got = read(fd, mine->text + n, TEXT - 1 - n)) > 0)
		n += (size_t)got;
	mine->text[n] = '\0';
	close(fd);
}

static void serve(int from, int to)
{
	struct sigaction act = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	char byte;

	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	while (read(from, &byte, 1) == 1) {
		const uint64_t *a = mine->arg;

		if (mine->request == CALL) {
			mine->result = syscall(mine->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
			if (mine->result == -1)
				mine->result = -errno;
		} else if (mine->request == ACCESS) {
			serve_access();
		} else {
			serve_regions();
		}
		if (write(to, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

// --- The parent ------------------------------------------------------------------------

static void ask(struct host *h, enum request request)
{
	char byte = 0;

	h->page->request = request;
	if (write(h->to, &byte, 1) != 1 || read(h->from, &byte, 1) != 1) {
		fprintf(stderr, "the host's process has ended\n");
		abort();
	}
}

int64_t host_call(struct host *h, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		  uint64_t e, uint64_t f)
{
	const uint64_t arg[6] = {a, b, c, d, e, f};

	h->page->nr = nr;
	memcpy(h->page->arg, arg, sizeof(arg));
	ask(h, CALL);
	return h->page->result;
}

uint8_t host_access(struct host *h, uint64_t addr, int value, struct host_signal *sig)
{
	h->page->arg[0] = addr;
	h->page->arg[1] = (uint64_t)(int64_t)value;
	h->page->result = 0;
	ask(h, ACCESS);
	*sig = h->page->sig;
	return (uint8_t)h->page->result;
}

size_t host_regions(struct host *h, uint64_t start, uint64_t end, struct host_region *region,
		    size_t most)
{
	size_t n = 0;

	ask(h, REGIONS);
	for (char *line = h->page->text; *line && n < most;) {
		char *next = strchr(line, '\n'), *prot, *at;
		struct host_region r = {0};
		unsigned long inode;

		// START-END PROT OFFSET DEVICE INODE
		r.start = strtoull(line, &at, 16);
		if (!next || *at != '-')
			break;
		r.end = strtoull(at + 1, &at, 16);
		prot = at + 1;
		if (*at != ' ' || next - prot < 5)
			break;
		r.offset = strtoull(prot + 4, &at, 16);
		at = strchr(at + 1, ' ');
		if (!at || at > next)
			break;
		inode = strtoul(at, NULL, 10);
		line = next + 1;
		if (r.end <= start || r.start >= end)
			continue;
		r.prot = (prot[0] == 'r' ? 1u : 0u) | (prot[1] == 'w' ? 2u : 0u) |
			 (prot[2] == 'x' ? 4u : 0u);
		r.shared = prot[3] == 's';
		r.object = inode != 0;
		if (r.start < start) {
			r.offset += r.object ? start - r.start : 0;
			r.start = start;
		}
		r.end = r.end < end ? r.end : end;
		region[n++] = r;
	}
	return n;
}

uint64_t host_start_brk(const struct host *h)
{
	return h->start_brk;
}

// The beginning of the child's heap, which is that of its parent: field 47 of its stat. 0: not
// told.
static uint64_t read_start_brk(void)
{
	FILE *f = fopen("/proc/self/stat", "r");
	char text[1024], *at = NULL;
	uint64_t value = 0;

	if (f && fgets(text, sizeof(text), f))
		at = strrchr(text, ')');
	for (unsigned int field = 2; at && field < 47; field++)
		at = strchr(at + 1, ' ');
	if (at)
		value = strtoull(at, NULL, 10);
	if (f)
		fclose(f);
	return value;
}

static struct host *start_child(struct host *h)
{
	int to[2], from[2];

	if (pipe(to) || pipe(from))
		return NULL;
	h->page = mmap(NULL, sizeof(*h->page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (h->page == MAP_FAILED)
		return NULL;
	h->pid = fork();
	if (h->pid == 0) {
		mine = h->page;
		close(to[1]);
		close(from[0]);
		serve(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	h->to = to[1];
	h->from = from[0];
	return h->pid < 0 ? NULL : h;
}

// A host that refuses memory for its own reasons is no reference.
static bool is_generous(void)
{
	FILE *f = fopen("/proc/sys/vm/overcommit_memory", "r");
	struct rlimit space, data;
	int mode = f ? fgetc(f) : '0';

	if (f)
		fclose(f);
	return mode != '2' && getrlimit(RLIMIT_AS, &space) == 0 &&
	       space.rlim_cur == RLIM_INFINITY && getrlimit(RLIMIT_DATA, &data) == 0 &&
	       data.rlim_cur == RLIM_INFINITY;
}

static bool is_linux_6(void)
{
	struct utsname u;

	return uname(&u) == 0 && strcmp(u.sysname, "Linux") == 0 &&
	       strcmp(u.machine, "x86_64") == 0 && strtol(u.release, NULL, 10) >= 6;
}

struct host *host_start(uint64_t addr, uint64_t bytes, const char **reason)
{
	const uint64_t flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	struct host_region r;
	struct host *h;

	*reason = "not a Linux 6 or later on x86-64";
	if (!is_linux_6())
		return NULL;
	*reason = "memory is limited";
	if (!is_generous())
		return NULL;
	h = calloc(1, sizeof(*h));
	*reason = "no process";
	if (!h || !start_child(h)) {
		free(h);
		return NULL;
	}
	h->start_brk = read_start_brk();
	*reason = NULL;
	if (h->start_brk == 0 ||
	    host_call(h, SYS_brk, h->start_brk, 0, 0, 0, 0, 0) != (int64_t)h->start_brk)
		*reason = "the heap cannot be emptied";
	else if (host_call(h, SYS_mmap, addr, bytes, PROT_NONE, flags | MAP_FIXED_NOREPLACE,
			   UINT64_MAX, 0) != (int64_t)addr)
		*reason = "the arena is not free";
	else if (host_regions(h, addr, addr + bytes, &r, 1) != 1)
		*reason = "/proc/self/maps says nothing";
	else
		host_call(h, SYS_munmap, addr, bytes, 0, 0, 0, 0);
	if (!*reason)
		return h;
	host_stop(h);
	return NULL;
}

void host_stop(struct host *h)
{
	close(h->to);
	close(h->from);
	waitpid(h->pid, NULL, 0);
	munmap(h->page, sizeof(*h->page));
	free(h);
}
