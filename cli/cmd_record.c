// SPDX-License-Identifier: Apache-2.0
//
// `twinwalk record`: runs a Linux program under QEMU's user-mode emulator with Twinwalk's TCG
// plugin and writes what it asked of memory as a trace. Invariant: a trace file stays behind only
// if the recording is complete.
#define _GNU_SOURCE // F_SETPIPE_SZ, environ
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <twinwalk/trace.h>
#include <unistd.h>

#include "../host/input.h"
#include "../host/output.h"
#include "../trace/format.h"
#include "../trace/recorder.h"
#include "../trace/stream.h"
#include "cli.h"
#include "interrupt.h"
#include "options.h"

#define READ_SIZE  (1u << 20)
#define STACK_SIZE "8388608" // bytes; Linux's default limit
#define CHILD_FD   500	     // where a program hardly looks

enum { GRACE = 400 }; // milliseconds that a program has to end after a signal

struct job {
	char output[PATH_MAX];
	char qemu[PATH_MAX];
	char plugin[PATH_MAX];
	char program[PATH_MAX];
	uint32_t level;
	bool force;
	const char *asked_output, *asked_qemu, *asked_plugin; // NULL: not given
	char **argv;					      // the program's
};

#define TO(member) CLI_MEMBER(job, member)

static const struct cli_option options[] = {
	{"output", "FILE", "the trace (default: the program's name with .twt)", TO(asked_output),
	 .letter = 'o'},
	{"force", NULL, "replace FILE even if it is no trace", TO(force), .letter = 'f'},
	{"level", "N", "compression, 1 (fast) to 19 (small); default 9", TO(level), .min = 1,
	 .max = 19, .letter = 'l'},
	{"qemu", "FILE", "the emulator (default: qemu-x86_64 in PATH)", TO(asked_qemu),
	 .letter = 'q'},
	{"plugin", "FILE", "Twinwalk's TCG plugin (default: near the twinwalk command)",
	 TO(asked_plugin), .letter = 'p'},
};

static const struct cli_command command = {
	.name = "record",
	.intro = "[OPTION...] [--] PROGRAM [ARGUMENT...]\n"
		 "Runs PROGRAM (for Linux on x86-64, with one thread) and records its memory "
		 "accesses.\n",
	.outro = "PROGRAM keeps its standard input, output and environment. Its own exit status "
		 "becomes part of the\n"
		 "trace; the exit status of `twinwalk record` tells whether the recording "
		 "succeeded.\n",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.rest = true,
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
	char why[128];
	Elf64_Ehdr ehdr;
	ssize_t n;
	int fd = tw_input_open(path, TW_INPUT_FILE, 0, why, sizeof(why));

	if (fd < 0)
		return fail(TW_BAD_INPUT, "%s: cannot read: %s", path, why);
	n = read(fd, &ehdr, sizeof(ehdr));
	close(fd);
	if (n != (ssize_t)sizeof(ehdr) || memcmp(ehdr.e_ident, ELFMAG, SELFMAG) ||
	    ehdr.e_ident[EI_CLASS] != ELFCLASS64 || ehdr.e_machine != EM_X86_64)
		return fail(TW_BAD_INPUT,
			    "%s: expected an ELF program for x86-64 (for a script, name its "
			    "interpreter)",
			    path);
	return TW_OK;
}

// Not TW_OK, or *help: there is nothing to be done.
static int parse(int argc, char **argv, struct job *job, bool *help)
{
	const char *base, *qemu;
	bool fits;
	int first, status;

	job->level = 9;
	status = (int)cli_options(&command, argc, argv, job, &first, help);
	if (status != TW_OK || *help)
		return status;
	if (first == argc)
		return (int)cli_usage(&command);
	qemu = job->asked_qemu ? job->asked_qemu : "qemu-x86_64";
	fits = copy_path(job->output, job->asked_output ? job->asked_output : "");
	if (job->asked_plugin && !realpath(job->asked_plugin, job->plugin))
		return fail(TW_SYSTEM, "plugin %s: %s", job->asked_plugin, strerror(errno));
	job->argv = argv + first;
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
static _Noreturn void become_qemu(const struct job *job, int fd, char **args, pid_t recorder)
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
	// Without the recorder the program would run on, unseen.
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != recorder)
		_exit(TW_SYSTEM);
	execv(job->qemu, args);
	fprintf(stderr, "twinwalk record: %s: %s\n", job->qemu, strerror(errno));
	_exit(TW_SYSTEM);
}

static int start_qemu(const struct job *job, int *fd, pid_t *pid)
{
	pid_t self = getpid();
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
		become_qemu(job, pipe_fd[1], args, self);
	free(args);
	close(pipe_fd[1]);
	if (*pid < 0) {
		close(pipe_fd[0]);
		return fail(TW_SYSTEM, "cannot start a process: %s", strerror(errno));
	}
	*fd = pipe_fd[0];
	return TW_OK;
}

// Reads the stream to its end. Returns the recorder's or read(2)'s error, -EINTR if a signal came.
static int drain(struct tw_recorder *r, int fd)
{
	uint8_t *buf = malloc(READ_SIZE);
	int error = buf ? 0 : -ENOMEM;

	while (!error) {
		ssize_t n = interrupted() ? -1 : read(fd, buf, READ_SIZE);

		if (interrupted())
			error = -EINTR;
		else if (n < 0 && errno != EINTR)
			error = -errno;
		else if (n > 0)
			error = tw_recorder_feed(r, buf, (size_t)n);
		else if (n == 0)
			break;
	}
	free(buf);
	return error;
}

static long milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// The program was sent the signal, too, and has a moment to end by itself. What it still writes is
// lost.
static void end_program(pid_t pid, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	long end = milliseconds() + GRACE;
	char lost[4096];

	while (milliseconds() < end) {
		siginfo_t info = {0};

		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid)
			return;
		if (poll(&p, 1, GRACE / 20) > 0 && read(fd, lost, sizeof(lost)) <= 0)
			p.fd = -1;
	}
	kill(pid, SIGKILL);
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
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old_quit;
	pid_t pid = -1;

	status = start_qemu(job, &fd, &pid);
	if (status)
		return status;
	// The keyboard's signals are for the program; the trace is completed after its end.
	interrupt_forward(pid);
	interrupt_watch();
	sigaction(SIGQUIT, &ignore, &old_quit);
	error = drain(r, fd);
	if (interrupted())
		end_program(pid, fd);
	else if (error)
		kill(pid, SIGKILL);
	close(fd);
	program_status = wait_for(pid);
	interrupt_forward(0);
	sigaction(SIGQUIT, &old_quit, NULL);
	if (interrupted())
		return fail(TW_SYSTEM, "%s: ended by %s; there is no trace", job->program,
			    interrupt_name());
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

static int open_output(const struct job *job, struct tw_output **out)
{
	const char *const inputs[] = {job->program, job->qemu, job->plugin};
	const struct tw_output_rules rules = {.kind = "a trace",
					      .magic = TW_TRACE_MAGIC,
					      .magic_len = 8,
					      .force = job->force,
					      .inputs = inputs,
					      .n_inputs = 3};
	char err[PATH_MAX + 200];
	int error = tw_output_open(job->output, &rules, out, err, sizeof(err));

	if (!error)
		return TW_OK;
	return fail(error == -EEXIST ? TW_USAGE : TW_SYSTEM, "%s", err);
}

static int complete(struct tw_output *out)
{
	char err[PATH_MAX + 200];
	int error = tw_output_commit(out, err, sizeof(err));

	if (!error)
		return TW_OK;
	return fail(error == -EEXIST ? TW_USAGE : TW_SYSTEM, "%s", err);
}

int tw_cmd_record(const char *repeat, int argc, char **argv)
{
	struct job *job = calloc(1, sizeof(*job));
	struct tw_trace_writer *w = NULL;
	struct tw_recorder *r = NULL;
	struct tw_output *out = NULL;
	const char *name;
	bool help = false;
	int status, error;

	(void)repeat;
	if (!job)
		return fail(TW_SYSTEM, "out of memory");
	status = parse(argc, argv, job, &help);
	if (status || help)
		goto out;
	status = open_output(job, &out);
	if (status)
		goto out;
	name = strrchr(job->program, '/');
	name = name ? name + 1 : job->program;
	error = tw_trace_create_fd(tw_output_fd(out), job->output, name, (int)job->level, &w);
	if (error) {
		status = fail(TW_SYSTEM, "%s", tw_trace_writer_error(w));
		goto out;
	}
	r = tw_recorder_new(w);
	status = r ? record(job, r) : fail(TW_SYSTEM, "out of memory");
	if (!status) {
		status = complete(out);
		out = NULL;
	}
out:
	tw_recorder_free(r);
	tw_trace_writer_close(w);
	tw_output_discard(out);
	free(job);
	return status;
}
