// SPDX-License-Identifier: Apache-2.0
//
// `twinwalk record`: runs a Linux program under QEMU's user-mode emulator with Twinwalk's TCG
// plugin and writes what it asked of memory as a trace. Invariant: a trace file stays behind only
// if the recording is complete.
#define _GNU_SOURCE // F_SETPIPE_SZ, environ
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <twinwalk/trace.h>
#include <unistd.h>

#include "../trace/recorder.h"
#include "../trace/stream.h"
#include "cli.h"

#define READ_SIZE  (1u << 20)
#define STACK_SIZE "8388608" // bytes; Linux's default limit
#define CHILD_FD   500	     // where a program hardly looks

static const char usage[] =
	"usage: twinwalk record [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
	"Runs PROGRAM (for Linux on x86-64, with one thread) and records its memory accesses.\n\n"
	"  -o, --output FILE   the trace (default: the program's name with .twt)\n"
	"  -l, --level N       compression, 1 (fast) to 19 (small); default 9\n"
	"  -q, --qemu FILE     the emulator (default: qemu-x86_64 in PATH)\n"
	"  -p, --plugin FILE   Twinwalk's TCG plugin (default: near the twinwalk command)\n"
	"  -h, --help\n\n"
	"PROGRAM keeps its standard input, output and environment. Its own exit status becomes "
	"part of the\n"
	"trace; the exit status of `twinwalk record` tells whether the recording succeeded.\n";

struct job {
	char output[PATH_MAX];
	char partial[PATH_MAX + 8]; // where the trace is written until it is complete
	char qemu[PATH_MAX];
	char plugin[PATH_MAX];
	char program[PATH_MAX];
	int level;
	char **argv; // the program's
};

__attribute__((format(printf, 2, 3))) static int fail(int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("twinwalk record: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	return status;
}

static bool copy_path(char out[PATH_MAX], const char *path)
{
	return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
}

// Like execvp(3): a name without a slash is looked for in PATH.
static bool find_program(char out[PATH_MAX], const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return copy_path(out, name) && !access(out, X_OK);
	if (!path)
		path = "/bin:/usr/bin";
	for (const char *p = path; p; p = *p ? p + 1 : NULL) {
		size_t len = strcspn(p, ":");
		int n = snprintf(out, PATH_MAX, "%.*s%s%s", (int)len, p, len ? "/" : "./", name);

		if (n < PATH_MAX && !access(out, X_OK))
			return true;
		p += len;
		if (!*p)
			break;
	}
	return false;
}

static bool find_plugin(char out[PATH_MAX])
{
	static const char *const places[] = {"/../trace/twinwalk-tcg.so", "/twinwalk-tcg.so",
					     "/../lib/twinwalk/twinwalk-tcg.so"};
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n <= 0)
		return false;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return false;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[PATH_MAX];

		if (snprintf(path, sizeof(path), "%s%s", exe, places[i]) < PATH_MAX &&
		    realpath(path, out))
			return true;
	}
	return false;
}

static int check_program(const char *path)
{
	Elf64_Ehdr ehdr;
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return fail(TW_BAD_INPUT, "%s: cannot read: %s", path, strerror(errno));
	n = fread(&ehdr, 1, sizeof(ehdr), f);
	fclose(f);
	if (n != sizeof(ehdr) || memcmp(ehdr.e_ident, ELFMAG, SELFMAG) ||
	    ehdr.e_ident[EI_CLASS] != ELFCLASS64 || ehdr.e_machine != EM_X86_64)
		return fail(TW_BAD_INPUT,
			    "%s: expected an ELF program for x86-64 (for a script, name its "
			    "interpreter)",
			    path);
	return TW_OK;
}

static int parse(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'}, {"level", required_argument, NULL, 'l'},
		{"qemu", required_argument, NULL, 'q'},	  {"plugin", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},	  {NULL, 0, NULL, 0}};
	const char *qemu = "qemu-x86_64";
	const char *base;
	bool fits = true;
	char *end;
	int c;

	job->level = 9;
	while ((c = getopt_long(argc, argv, "+o:l:q:p:h", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			fits = fits && copy_path(job->output, optarg);
			break;
		case 'l':
			job->level = (int)strtol(optarg, &end, 10);
			if (!*optarg || *end || job->level < 1 || job->level > 19)
				return fail(TW_USAGE, "--level %s: expected 1 to 19", optarg);
			break;
		case 'q':
			qemu = optarg;
			break;
		case 'p':
			if (!realpath(optarg, job->plugin))
				return fail(TW_SYSTEM, "plugin %s: %s", optarg, strerror(errno));
			break;
		case 'h':
			fputs(usage, stdout);
			exit(TW_OK);
		default:
			fputs(usage, stderr);
			return TW_USAGE;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return TW_USAGE;
	}
	job->argv = argv + optind;
	base = strrchr(job->argv[0], '/');
	base = base ? base + 1 : job->argv[0];
	if (!job->output[0])
		fits = fits && snprintf(job->output, PATH_MAX, "%s.twt", base) < PATH_MAX;
	if (!fits)
		return fail(TW_USAGE, "expected file names shorter than %d bytes", PATH_MAX);
	if (!find_program(job->program, job->argv[0]))
		return fail(TW_BAD_INPUT, "%s: no such program", job->argv[0]);
	if (!find_program(job->qemu, qemu))
		return fail(TW_SYSTEM,
			    "%s not found: run `scripts/setup record`, or install the package "
			    "qemu-user",
			    qemu);
	if (!job->plugin[0] && !find_plugin(job->plugin))
		return fail(TW_SYSTEM,
			    "the plugin twinwalk-tcg.so is not where the build puts it "
			    "(../trace/ seen from the command): build it, or use --plugin");
	if (strchr(job->plugin, ','))
		return fail(TW_USAGE, "%s: QEMU cannot load a plugin with a comma in its path",
			    job->plugin);
	return check_program(job->program);
}

// In the child: becomes QEMU, which tells the recorder through fd. Does not return.
static _Noreturn void become_qemu(const struct job *job, int fd, char **args)
{
	char base[32], plugin[PATH_MAX + 64];
	int high = fcntl(fd, F_DUPFD_CLOEXEC, CHILD_FD);

	if (high < 0)
		high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	// QEMU itself keeps the descriptor; an execve of the program closes it.
	close(fd);
	snprintf(base, sizeof(base), "0x%llx", (unsigned long long)TW_STREAM_GUEST_BASE);
	snprintf(plugin, sizeof(plugin), "%s,fd=%d,stack=" STACK_SIZE, job->plugin, high);
	if (high < 0 || fcntl(high, F_SETFD, 0))
		_exit(TW_SYSTEM);
	args[1] = "-B", args[2] = base;
	args[3] = "-s", args[4] = STACK_SIZE;
	args[5] = "-seed", args[6] = "1";
	args[7] = "-0", args[8] = job->argv[0];
	args[9] = "-plugin", args[10] = plugin;
	args[11] = (char *)job->program;
	args[0] = (char *)job->qemu;
	execv(job->qemu, args);
	fprintf(stderr, "twinwalk record: %s: %s\n", job->qemu, strerror(errno));
	_exit(TW_SYSTEM);
}

static int start_qemu(const struct job *job, int *fd, pid_t *pid)
{
	size_t n = 0;
	char **args;
	int pipe_fd[2];

	while (job->argv[n])
		n++;
	args = calloc(n + 12, sizeof(*args));
	if (!args)
		return fail(TW_SYSTEM, "out of memory");
	memcpy(args + 12, job->argv + 1, (n - 1) * sizeof(*args));
	if (pipe2(pipe_fd, O_CLOEXEC)) {
		free(args);
		return fail(TW_SYSTEM, "cannot create a pipe: %s", strerror(errno));
	}
	fcntl(pipe_fd[0], F_SETPIPE_SZ, READ_SIZE); // only faster
	*pid = fork();
	if (!*pid)
		become_qemu(job, pipe_fd[1], args);
	free(args);
	close(pipe_fd[1]);
	if (*pid < 0) {
		close(pipe_fd[0]);
		return fail(TW_SYSTEM, "cannot start a process: %s", strerror(errno));
	}
	*fd = pipe_fd[0];
	return TW_OK;
}

// Reads the stream to its end. Returns the recorder's or read(2)'s error.
static int drain(struct tw_recorder *r, int fd)
{
	uint8_t *buf = malloc(READ_SIZE);
	int error = buf ? 0 : -ENOMEM;

	while (!error) {
		ssize_t n = read(fd, buf, READ_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			error = -errno;
		if (n <= 0)
			break;
		error = tw_recorder_feed(r, buf, (size_t)n);
	}
	free(buf);
	return error;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int record(const struct job *job, struct tw_recorder *r)
{
	int status, error, program_status, fd = -1;
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old_int, old_quit;
	pid_t pid = -1;

	status = start_qemu(job, &fd, &pid);
	if (status)
		return status;
	// The keyboard's signals are for the program; the trace is completed after its end.
	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	error = drain(r, fd);
	if (error)
		kill(pid, SIGKILL);
	close(fd);
	program_status = wait_for(pid);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	if (!error)
		error = tw_recorder_end(r, program_status);
	if (error)
		return fail(error == -EBADMSG ? TW_BAD_INPUT : TW_SYSTEM, "%s: %s", job->program,
			    tw_recorder_error(r));
	if (program_status)
		fprintf(stderr, "twinwalk record: %s ended with status %d; its trace is complete\n",
			job->program, program_status);
	return TW_OK;
}

// Where the trace goes: a new file, or over a regular one, which is kept until the trace is
// complete.
static int choose_partial(struct job *job)
{
	struct stat st;

	if (lstat(job->output, &st) == 0 && !S_ISREG(st.st_mode))
		return fail(TW_USAGE, "%s: expected a regular file or a new name", job->output);
	snprintf(job->partial, sizeof(job->partial), "%s.part", job->output);
	return TW_OK;
}

static int complete(const struct job *job)
{
	if (rename(job->partial, job->output))
		return fail(TW_SYSTEM, "%s: %s", job->output, strerror(errno));
	return TW_OK;
}

int tw_cmd_record(int argc, char **argv)
{
	struct job *job = calloc(1, sizeof(*job));
	struct tw_trace_writer *w = NULL;
	struct tw_recorder *r = NULL;
	const char *name;
	int status, error;

	if (!job)
		return fail(TW_SYSTEM, "out of memory");
	status = parse(argc, argv, job);
	if (!status)
		status = choose_partial(job);
	if (status)
		goto out;
	name = strrchr(job->program, '/');
	name = name ? name + 1 : job->program;
	error = tw_trace_create(job->partial, name, job->level, &w);
	if (error) {
		status = fail(TW_SYSTEM, "%s", tw_trace_writer_error(w));
		goto out;
	}
	r = tw_recorder_new(w);
	status = r ? record(job, r) : fail(TW_SYSTEM, "out of memory");
	if (!status)
		status = complete(job);
	if (status)
		unlink(job->partial);
out:
	tw_recorder_free(r);
	tw_trace_writer_close(w);
	free(job);
	return status;
}
