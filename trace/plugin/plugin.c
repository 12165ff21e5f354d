// SPDX-License-Identifier: Apache-2.0
//
// The TCG plugin: QEMU's user-mode emulator calls it for every instruction that may enter another
// fetch block, for every access to memory and around every system call; `twinwalk record` starts
// it. Options: fd=N, the pipe to the recorder; stack=BYTES, as given to QEMU. Invariant: what
// leaves the plugin is in program order, because only one thread is recorded.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"
#include "qemu_plugin_api.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

#define FETCH_SHIFT 5 // TW_TRACE_FETCH_SIZE

static bool off; // in children of the program
static bool started;
static uint64_t stack_size;
static uint64_t last_block = UINT64_MAX;
static void *last_insn; // of the last data access

static void out_fetch(uint64_t block)
{
	if (block == last_block)
		return;
	last_block = block;
	tw_out((uint64_t)(TW_TRACE_FETCH << 4 | FETCH_SHIFT) << TW_STREAM_CODE_SHIFT |
	       block << FETCH_SHIFT);
}

// udata: the block of the instruction's first byte, doubled, plus 1 if it reaches into the next
// one.
static void on_insn(unsigned int vcpu, void *udata)
{
	uint64_t v = (uint64_t)(uintptr_t)udata;

	(void)vcpu;
	if (off)
		return;
	out_fetch(v >> 1);
	if (v & 1)
		out_fetch((v >> 1) + 1);
}

static void on_mem(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *insn)
{
	uint64_t shift = qemu_plugin_mem_size_shift(info);
	uint64_t load = ((uint64_t)TW_TRACE_LOAD << 4 | shift) << TW_STREAM_CODE_SHIFT | vaddr;
	uint64_t store = ((uint64_t)TW_TRACE_STORE << 4 | shift) << TW_STREAM_CODE_SHIFT | vaddr;

	(void)vcpu;
	if (off)
		return;
	if (!qemu_plugin_mem_is_store(info)) {
		tw_out(load);
	} else if (insn == last_insn && tw_out_n && tw_out_words[tw_out_n - 1] == load) {
		tw_out_words[tw_out_n - 1] =
			((uint64_t)TW_TRACE_RMW << 4 | shift) << TW_STREAM_CODE_SHIFT | vaddr;
	} else {
		tw_out(store);
	}
	last_insn = insn;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	uint64_t block = UINT64_MAX; // of the last byte so far

	(void)id;
	if (off)
		return;
	if (!started) {
		started = true;
		tw_layout(stack_size);
	}
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t vaddr = qemu_plugin_insn_vaddr(insn);
		uint64_t first = vaddr >> FETCH_SHIFT;
		uint64_t last = (vaddr + qemu_plugin_insn_size(insn) - 1) >> FETCH_SHIFT;

		// NOLINTBEGIN(performance-no-int-to-ptr): the interface's user data is a pointer.
		if (first != block || last != first)
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_insn, QEMU_PLUGIN_CB_NO_REGS,
				(void *)(uintptr_t)(first << 1 | (last != first)));
		qemu_plugin_register_vcpu_mem_cb(insn, on_mem, QEMU_PLUGIN_CB_NO_REGS,
						 QEMU_PLUGIN_MEM_RW, (void *)(uintptr_t)vaddr);
		// NOLINTEND(performance-no-int-to-ptr)
		block = last;
	}
}

static void on_syscall(qemu_plugin_id_t id, unsigned int vcpu, int64_t num, uint64_t a1,
		       uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7,
		       uint64_t a8)
{
	const uint64_t arg[6] = {a1, a2, a3, a4, a5, a6};

	(void)id, (void)vcpu, (void)a7, (void)a8;
	if (!off)
		tw_syscall(num, arg);
}

static void on_syscall_ret(qemu_plugin_id_t id, unsigned int vcpu, int64_t num, int64_t ret)
{
	(void)id, (void)vcpu;
	if (!off)
		tw_syscall_ret(num, ret);
}

static void on_vcpu(qemu_plugin_id_t id, unsigned int vcpu)
{
	(void)id;
	if (vcpu > 0 && !off)
		tw_out_die("the program starts a thread: only programs with one thread can be "
			   "recorded");
}

static void at_end(qemu_plugin_id_t id, void *udata)
{
	(void)id, (void)udata;
	if (!off)
		tw_out_flush();
}

static void in_child(void)
{
	off = true;
	tw_out_stop();
}

__attribute__((visibility("default"))) int
qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	int fd = -1;

	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "fd=", 3))
			fd = (int)strtol(argv[i] + 3, NULL, 10);
		else if (!strncmp(argv[i], "stack=", 6))
			stack_size = strtoull(argv[i] + 6, NULL, 10);
	}
	if (fd < 0 || !stack_size || strcmp(info->target_name, "x86_64") || info->system_emulation)
		return -1;
	tw_out_start(fd);
	pthread_atfork(NULL, NULL, in_child);
	qemu_plugin_register_vcpu_init_cb(id, on_vcpu);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_vcpu_syscall_cb(id, on_syscall);
	qemu_plugin_register_vcpu_syscall_ret_cb(id, on_syscall_ret);
	qemu_plugin_register_atexit_cb(id, at_end, NULL);
	return 0;
}
