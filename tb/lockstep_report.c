// SPDX-License-Identifier: Apache-2.0
// The report of a difference: cycle, pins and both values, the last transactions, the command that
// repeats it; and its waveform. Invariant: the report is made once, at the first difference.
#include "lockstep_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pins.h"

int tw_lockstep_wave(const struct tw_lockstep *ls, int fd)
{
	if (!ls->failed)
		return -ENODATA;
	return tw_replay_wave(ls->replay, ls->rejected ? &ls->last_in : NULL, fd);
}

bool tw_lockstep_difference(const struct tw_lockstep *ls, struct tw_hw_difference *d)
{
	size_t i = 0;

	*d = (struct tw_hw_difference){.cycle = ls->cycle};
	if (!ls->failed)
		return false;
	snprintf(d->culprit, sizeof(d->culprit), "%s", ls->culprit);
	for (; d->pins < TW_HW_PINS_MAX; i++, d->pins++) {
		i = tw_pin_next_difference(ls->model, &ls->out, i, ls->pins);
		if (i >= ls->pins)
			break;
		snprintf(d->pin[d->pins].name, sizeof(d->pin->name), "%s", tw_pin_table[i].name);
		tw_pin_text(&tw_pin_table[i], ls->model, d->pin[d->pins].model);
		tw_pin_text(&tw_pin_table[i], &ls->out, d->pin[d->pins].rtl);
	}
	return true;
}

static void print_pins(const struct tw_lockstep *ls, FILE *f)
{
	struct tw_hw_difference d;

	tw_lockstep_difference(ls, &d);
	for (unsigned int i = 0; i < d.pins; i++)
		fprintf(f, "  %-20s model %s rtl %s\n", d.pin[i].name, d.pin[i].model,
			d.pin[i].rtl);
}

void tw_lockstep_fail(struct tw_lockstep *ls, const char *culprit, const char *text)
{
	FILE *f;

	ls->failed = true;
	if (!culprit)
		culprit =
			tw_pin_table[tw_pin_next_difference(ls->model, &ls->out, 0, ls->pins)].name;
	snprintf(ls->culprit, sizeof(ls->culprit), "%s", culprit);
	f = open_memstream(&ls->report, &ls->report_size);
	if (f) {
		fprintf(f, "%s, cycle %" PRIu64 ": ", ls->config.name, ls->cycle);
		if (!strcmp(ls->culprit, "model"))
			fprintf(f, "an invariant of the model is broken\n");
		else if (!strcmp(ls->culprit, "both"))
			fprintf(f, "model and rtl agree, and break a rule\n");
		else if (!strcmp(ls->culprit, "rtl"))
			fprintf(f, "an assertion of the rtl does not hold\n");
		else
			fprintf(f, "model and rtl differ in %s\n", ls->culprit);
		if (text)
			fprintf(f, "  %s\n", text);
		print_pins(ls, f);
		if (!(tw_rtl_sees(ls->rtl) & TW_RTL_VIEW))
			fprintf(f, "compared are %s\n", tw_rtl_compared(ls->rtl));
		tw_replay_print(ls->replay, ls->rejected ? &ls->last_in : NULL, f);
		if (ls->opts.repeat_command)
			fprintf(f, "to repeat: %s\n", ls->opts.repeat_command);
		if (fclose(f))
			ls->report = NULL;
	}
}
