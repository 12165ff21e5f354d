// SPDX-License-Identifier: Apache-2.0
// RTL that no configuration of the build has: demand/build.sh builds it or knows it from before,
// here it is loaded. The script is found from where the program lies, in a build directory, or by
// TW_RTL_DEMAND. Invariants: an object that is loaded stays for the rest of the process; nothing of
// it but its table of functions is used.
#include "rtl.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MAX_ARGS = 32, ARG_LEN = 48, ANSWER = 1024 };

#define SETTINGS "tb/demand/settings.sh"

// The settings of the build that the program lies in: below one of the folders above it.
static int find_settings(char path[PATH_MAX], char *err, size_t errlen)
{
	const char *named = getenv("TW_RTL_DEMAND");
	ssize_t n;

	if (named && *named) {
		if ((size_t)snprintf(path, PATH_MAX, "%s", named) < PATH_MAX && !access(path, R_OK))
			return 0;
		snprintf(err, errlen, "TW_RTL_DEMAND: %s: cannot be read", named);
		return -ENOENT;
	}
	n = readlink("/proc/self/exe", path, PATH_MAX - sizeof(SETTINGS) - 1);
	path[n < 0 ? 0 : n] = '\0';
	for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
		strcpy(slash + 1, SETTINGS);
		if (!access(path, R_OK))
			return 0;
		*slash = '\0';
	}
	snprintf(err, errlen,
		 "this program does not lie in a build directory, where " SETTINGS
		 " is (or TW_RTL_DEMAND names it)");
	return -ENOENT;
}

// Starts `sh SETTINGS NAME PARAMETER=VALUE...`. Returns a descriptor to read what it prints from.
static int start(const char *settings, const struct tw_config *config, pid_t *pid)
{
	char arg[MAX_ARGS][ARG_LEN], name[sizeof(config->name)], path[PATH_MAX];
	char shell[] = "sh", *argv[MAX_ARGS + 4] = {shell, path, name};
	posix_spawn_file_actions_t actions;
	const char *field;
	unsigned int value, n = 3;
	int out[2], err;

	snprintf(path, sizeof(path), "%s", settings);
	memcpy(name, config->name, sizeof(name));
	for (size_t i = 0; i < MAX_ARGS && tw_config_field(config, i, &field, &value); i++) {
		snprintf(arg[i], ARG_LEN, "%s=%u", field, value);
		argv[n++] = arg[i];
	}
	if (pipe(out))
		return -errno;
	(void)fcntl(out[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(out[1], F_SETFD, FD_CLOEXEC);
	err = posix_spawn_file_actions_init(&actions);
	if (!err) {
		err = posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
		if (!err)
			err = posix_spawnp(pid, shell, &actions, NULL, argv, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	close(out[1]);
	if (!err)
		return out[0];
	close(out[0]);
	return -err;
}

// Reads all that is written to FD into TEXT, as far as there is room, without the end of its line.
static void read_answer(int fd, char text[ANSWER])
{
	char rest[256];
	size_t used = 0;
	ssize_t n;

	do {
		bool full = used == ANSWER - 1;

		n = read(fd, full ? rest : text + used, full ? sizeof(rest) : ANSWER - 1 - used);
		if (n > 0 && !full)
			used += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	close(fd);
	text[used] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status) || WEXITSTATUS(status) > 128)
		return -EINTR;
	return !WEXITSTATUS(status) ? 0 : WEXITSTATUS(status) == 2 ? -ENOENT : -ENOEXEC;
}

static int load(const char *object, const struct tw_rtl_ops **ops, char *err, size_t errlen)
{
	void *library = dlopen(object, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	const struct tw_rtl_ops *found = library ? dlsym(library, "tw_rtl_ops_demand") : NULL;

	if (!found) {
		snprintf(err, errlen, "%s", dlerror());
	} else if (found->abi != TW_RTL_ABI) {
		snprintf(err, errlen, "%s: made from newer sources than this program: build that",
			 object);
		found = NULL;
	}
	// What is loaded stays (RTLD_NODELETE).
	if (library)
		dlclose(library);
	*ops = found;
	return found ? 0 : -ENOEXEC;
}

static int demand(const struct tw_config *config, const struct tw_rtl_ops **ops, char *err,
		  size_t errlen)
{
	char settings[PATH_MAX], answer[ANSWER] = "";
	pid_t pid = -1;
	int fd, e = find_settings(settings, err, errlen);

	if (e)
		return e;
	fd = start(settings, config, &pid);
	if (fd < 0) {
		snprintf(err, errlen, "sh: %s", strerror(-fd));
		return fd;
	}
	read_answer(fd, answer);
	e = wait_for(pid);
	if (!e)
		return load(answer, ops, err, errlen);
	snprintf(err, errlen, "%s", e == -EINTR ? "the building was stopped" : answer);
	return e;
}

int tw_rtl_demand(const struct tw_config *config, const struct tw_rtl_ops **ops, char *err,
		  size_t errlen)
{
	char why[ANSWER];
	int e = demand(config, ops, why, sizeof(why));

	if (e)
		snprintf(err, errlen, "no RTL for configuration '%s': %s", config->name, why);
	return e;
}
