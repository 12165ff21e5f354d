// SPDX-License-Identifier: Apache-2.0
// See interrupt.h.
#include "interrupt.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

// Microseconds after which a signal that nobody asked about has its usual effect.
enum { PATIENCE = 700000 };

static volatile sig_atomic_t caught;
static volatile sig_atomic_t child;

static void die_of(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	const struct itimerval patience = {.it_value = {.tv_usec = PATIENCE}};

	(void)context;
	if (child && sig == SIGINT && info->si_code == SI_KERNEL)
		return;
	if (child)
		kill((pid_t)child, sig);
	if (caught)
		return;
	caught = sig;
	setitimer(ITIMER_REAL, &patience, NULL);
}

static void on_alarm(int sig)
{
	(void)sig;
	if (child)
		kill((pid_t)child, SIGKILL);
	die_of(caught);
}

void interrupt_watch(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

	signal(SIGALRM, on_alarm);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction old;

		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
	}
}

int interrupted(void)
{
	return caught;
}

const char *interrupt_name(void)
{
	switch (caught) {
	case SIGINT:
		return "SIGINT";
	case SIGTERM:
		return "SIGTERM";
	case SIGHUP:
		return "SIGHUP";
	default:
		return "";
	}
}

void interrupt_forward(pid_t pid)
{
	child = (sig_atomic_t)pid;
}

void interrupt_end(void)
{
	if (caught)
		die_of(caught);
}
