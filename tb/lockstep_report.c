// SPDX-License-Identifier: Apache-2.0
// The report of a difference: cycle, pins and both values, the last transactions, the command that
// repeats it; and its waveform. Transactions and waveform come from running a fresh instance of the
// RTL from a saved image over the saved inputs, so that a run without a difference pays for
// neither. Invariant: the repetition ends in the state in which the difference was found, or the
// report says that it does not.
#include "lockstep_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pins.h"

struct log_line {
	char text[160];
};

// A ring of the last transactions.
struct log {
	struct log_line line[TW_LOCKSTEP_LOG];
	unsigned int n;
};

__attribute__((format(printf, 3, 4))) static void note(struct log *log, uint64_t cycle,
						       const char *format, ...)
{
	char *text = log->line[log->n++ % TW_LOCKSTEP_LOG].text;
	int used = snprintf(text, sizeof(log->line[0].text), "%10" PRIu64 "  ", cycle);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, sizeof(log->line[0].text) - (size_t)used, format, args);
	va_end(args);
}

static void note_port(struct log *log, uint64_t cycle, unsigned int port,
		      const struct tw_mmu_out *out, const struct tw_mmu_in *in)
{
	static const char *const access[] = {"fetch", "load", "store", "rmw"};
	static const char *const priv[] = {"U", "S", "S", "M"};
	const struct tw_resp *resp = &out->port[port].resp;
	char p = "fd"[port];

	if (out->port[port].resp_valid && in->port[port].resp_ready)
		note(log, cycle,
		     "%c response id %u pa 0x%" PRIx64
		     " size %u global %u attr %u fault %u cause %u tval 0x%" PRIx64,
		     p, out->port[port].resp_id, resp->pa, resp->size, resp->global, resp->attr,
		     resp->fault, resp->cause, resp->fault_va);
	if (in->port[port].cancel_valid && in->port[port].cancel_all)
		note(log, cycle, "%c cancel all", p);
	else if (in->port[port].cancel_valid)
		note(log, cycle, "%c cancel id %u", p, in->port[port].cancel_id);
	if (in->port[port].req_valid && out->port[port].req_ready)
		note(log, cycle, "%c request id %u va 0x%" PRIx64 " %s %s%s%s", p,
		     in->port[port].req_id, in->port[port].req.va,
		     access[in->port[port].req.access & 3], priv[in->port[port].req.priv & 3],
		     in->port[port].req.sum ? " sum" : "", in->port[port].req.mxr ? " mxr" : "");
}

// Everything that happens in one cycle: OUT and IN are its pins.
static void note_cycle(struct log *log, uint64_t cycle, const struct tw_mmu_out *out,
		       const struct tw_mmu_in *in)
{
	if (in->rst) {
		note(log, cycle, "reset");
		return;
	}
	note_port(log, cycle, TW_PORT_FETCH, out, in);
	note_port(log, cycle, TW_PORT_DATA, out, in);
	if (out->fence_done)
		note(log, cycle, "fence done");
	if (in->fence_valid && out->fence_ready)
		note(log, cycle, "fence by_addr %u by_asid %u global %u va 0x%" PRIx64 " asid %u",
		     in->fence_by_addr, in->fence_by_asid, in->fence_global, in->fence_va,
		     in->fence_asid);
	if (in->ctrl_valid && out->ctrl_ready)
		note(log, cycle, "control write %u = 0x%" PRIx64, in->ctrl_addr, in->ctrl_data);
	if (in->mem_resp_valid)
		note(log, cycle, "memory answer walker %u %s 0x%" PRIx64, in->mem_resp_id,
		     in->mem_resp_err ? "error" : "data", in->mem_resp_data);
	if (!out->mem_req_valid || !in->mem_req_ready)
		return;
	if (out->mem_req_cas)
		note(log, cycle,
		     "memory cas walker %u at 0x%" PRIx64 " expected 0x%" PRIx64
		     " desired 0x%" PRIx64,
		     out->mem_req_id, out->mem_req_addr, out->mem_req_expected,
		     out->mem_req_desired);
	else
		note(log, cycle, "memory read walker %u at 0x%" PRIx64, out->mem_req_id,
		     out->mem_req_addr);
}

// A fresh instance in the state of the older image, which was taken before cycle *start. *start is
// the present cycle if there was none yet.
static int rewind_rtl(const struct tw_lockstep *ls, struct tw_rtl **rtl, uint64_t *start)
{
	uint64_t at = ls->cycle ? ls->cycle - 1 - (ls->cycle - 1) % TW_LOCKSTEP_HISTORY : 0;
	int err = tw_rtl_create(&ls->config, ls->opts.seed, rtl);

	if (err)
		return err;
	if (at)
		at -= TW_LOCKSTEP_HISTORY;
	if (ls->cycle)
		tw_rtl_load(*rtl, &ls->image[at / TW_LOCKSTEP_HISTORY & 1]);
	*start = at;
	return 0;
}

// What the RTL saw in a cycle.
static const struct tw_mmu_in *past(const struct tw_lockstep *ls, uint64_t cycle)
{
	return &ls->history[cycle / TW_LOCKSTEP_HISTORY & 1][cycle % TW_LOCKSTEP_HISTORY];
}

// Changes the counters as they were at the start of a past cycle.
static void preset_again(const struct tw_lockstep *ls, struct tw_rtl *rtl, uint64_t cycle)
{
	unsigned int half = cycle / TW_LOCKSTEP_HISTORY & 1;

	if (ls->preset[half].used && ls->preset[half].cycle == cycle)
		tw_rtl_preset_counters(rtl, ls->preset[half].counter);
}

// Notes the transactions from the older image to the present cycle. Returns what there is to say.
static const char *repeat(const struct tw_lockstep *ls, struct log *log)
{
	struct tw_mmu_out out = {0};
	struct tw_rtl *rtl;
	uint64_t start;

	if (!ls->cycle)
		return NULL;
	if (rewind_rtl(ls, &rtl, &start))
		return "no memory to repeat the last cycles";
	for (uint64_t c = start; c < ls->cycle; c++) {
		preset_again(ls, rtl, c);
		tw_rtl_pins(rtl, &out);
		note_cycle(log, c, &out, past(ls, c));
		tw_rtl_tick(rtl, past(ls, c));
	}
	tw_rtl_pins(rtl, &out);
	tw_rtl_destroy(rtl);
	if (tw_pin_next_difference(&out, &ls->out, 0) < tw_pin_count)
		return "the repetition of the last cycles ended in other pins: the RTL's "
		       "behaviour does not follow from its inputs";
	return NULL;
}

int tw_lockstep_wave(const struct tw_lockstep *ls, int fd)
{
	uint64_t from = ls->cycle > TW_LOCKSTEP_WINDOW ? ls->cycle - TW_LOCKSTEP_WINDOW : 0, start;
	struct tw_rtl *rtl;
	int err;

	if (!ls->failed || !ls->cycle)
		return -ENODATA;
	err = rewind_rtl(ls, &rtl, &start);
	if (err)
		return err;
	for (uint64_t c = start; c < ls->cycle && !err; c++) {
		if (c == from)
			err = tw_rtl_wave_open(rtl, fd);
		preset_again(ls, rtl, c);
		tw_rtl_tick(rtl, past(ls, c));
	}
	if (!err)
		err = tw_rtl_wave_close(rtl);
	tw_rtl_destroy(rtl);
	return err;
}

static void print_pins(const struct tw_lockstep *ls, FILE *f)
{
	size_t i = 0;

	while ((i = tw_pin_next_difference(ls->model, &ls->out, i)) < tw_pin_count) {
		char model[40], rtl[40];

		tw_pin_text(&tw_pin_table[i], ls->model, model);
		tw_pin_text(&tw_pin_table[i], &ls->out, rtl);
		fprintf(f, "  %-20s model %s rtl %s\n", tw_pin_table[i].name, model, rtl);
		i++;
	}
}

void tw_lockstep_fail(struct tw_lockstep *ls, const char *culprit, const char *text)
{
	struct log *log = calloc(1, sizeof(*log));
	const char *problem = "no memory to repeat the last cycles";
	FILE *f;

	ls->failed = true;
	if (!culprit)
		culprit = tw_pin_table[tw_pin_next_difference(ls->model, &ls->out, 0)].name;
	snprintf(ls->culprit, sizeof(ls->culprit), "%s", culprit);
	if (log)
		problem = repeat(ls, log);
	f = open_memstream(&ls->report, &ls->report_size);
	if (f) {
		fprintf(f, "%s, cycle %" PRIu64 ": ", ls->config.name, ls->cycle);
		if (!strcmp(ls->culprit, "model"))
			fprintf(f, "an invariant of the model is broken\n");
		else if (!strcmp(ls->culprit, "both"))
			fprintf(f, "model and rtl agree, and break a rule\n");
		else
			fprintf(f, "model and rtl differ in %s\n", ls->culprit);
		if (text)
			fprintf(f, "  %s\n", text);
		print_pins(ls, f);
		fprintf(f, "the last transactions (cycle, what):\n");
		for (unsigned int i = 0; log && i < TW_LOCKSTEP_LOG; i++) {
			const char *line = log->line[(log->n + i) % TW_LOCKSTEP_LOG].text;

			if (*line)
				fprintf(f, "%s\n", line);
		}
		if (problem)
			fprintf(f, "%s\n", problem);
		if (ls->opts.repeat_command)
			fprintf(f, "to repeat: %s\n", ls->opts.repeat_command);
		if (fclose(f))
			ls->report = NULL;
	}
	free(log);
}
