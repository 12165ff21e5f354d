// SPDX-License-Identifier: Apache-2.0
// A command and all that it prints. Include after cmocka.h.
#ifndef TW_TEST_CLI_SHELL_H
#define TW_TEST_CLI_SHELL_H

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// Runs a line of the shell; both outputs together in text, as much as there is room for. Returns
// the exit status. usage (may be NULL): what it used.
static inline int shell(const char *line, char *text, size_t size, struct rusage *usage)
{
	char rest[4096];
	size_t n = 0;
	ssize_t got;
	int fd[2], status;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fd[1], 1);
		dup2(fd[1], 2);
		close(fd[0]);
		close(fd[1]);
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(127);
	}
	close(fd[1]);
	while (n + 1 < size && (got = read(fd[0], text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	// The rest, so that the command is not stopped by a full pipe.
	while (read(fd[0], rest, sizeof(rest)) > 0)
		;
	close(fd[0]);
	assert_int_equal(wait4(pid, &status, 0, usage), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
