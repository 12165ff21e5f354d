// SPDX-License-Identifier: Apache-2.0
//
// The parts of the TCG plugin: plugin.c observes instructions and accesses, syscalls.c the system
// calls, layout.c the address space at the start, out.c carries it all to the recorder. Everything
// runs in QEMU's process on its one CPU thread; the plugin keeps its state in file-scope variables
// because the interface offers no other place.
#ifndef TW_PLUGIN_H
#define TW_PLUGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <twinwalk/trace.h>

#include "../stream.h"

// --- out.c: after tw_out_stop() nothing is written any more.

extern uint64_t tw_out_words[];
extern unsigned int tw_out_n; // words that wait
enum { TW_OUT_WORDS = 8192 };

void tw_out_start(int fd);
void tw_out_stop(void);
void tw_out_flush(void);
int tw_out_fd(void);
void tw_out_move(void); // to another descriptor: the program is about to take this one

static inline void tw_out(uint64_t word)
{
	if (tw_out_n == TW_OUT_WORDS)
		tw_out_flush();
	tw_out_words[tw_out_n++] = word;
}

void tw_out_event(unsigned int kind, const struct tw_stream_event *e);

// Reports why this program cannot be recorded, and ends the process.
__attribute__((format(printf, 1, 2))) _Noreturn void tw_out_die(const char *format, ...);

// The number of a file, which is announced when it is new.
int tw_out_file(const struct stat *st, const char *path);

// --- layout.c

// Reports the regions of the loaded program and the initial break.
void tw_layout(uint64_t stack_size);

// --- syscalls.c

void tw_syscall(int64_t num, const uint64_t arg[6]);
void tw_syscall_ret(int64_t num, int64_t ret);

// The program's memory, as QEMU's process sees it.
static inline const void *tw_guest(uint64_t addr)
{
	// NOLINTNEXTLINE(performance-no-int-to-ptr): QEMU maps the program's memory at this base.
	return (const void *)(uintptr_t)(TW_STREAM_GUEST_BASE + addr);
}

#endif
