// SPDX-License-Identifier: Apache-2.0
// What a replay reports as JSON: all that decides the result, the result, and a difference in
// parts. The same options give the same bytes, but for the host's time when it is asked for.
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../host/utf8.h"
#include "report.h"
#include "twinwalk/arch.h"
#include "twinwalk/mmu.h"

// With all its digits: a double has 53 bits.
static void number(cJSON *o, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	cJSON_AddRawToObject(o, name, text);
}

// Names and texts that hold names may be any bytes; JSON is UTF-8.
static cJSON *text_item(const char *text)
{
	char *utf8 = tw_utf8(text);
	cJSON *item = cJSON_CreateString(utf8 ? utf8 : "");

	free(utf8);
	return item;
}

static void string(cJSON *o, const char *name, const char *text)
{
	cJSON_AddItemToObject(o, name, text_item(text));
}

static void hex(cJSON *o, const char *name, uint64_t value)
{
	char text[20];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	string(o, name, text);
}

static void sizes(cJSON *o, const char *name, const uint64_t *by_size)
{
	cJSON *s = cJSON_AddObjectToObject(o, name);

	number(s, "4K", by_size[0]);
	number(s, "64K", by_size[1]);
	number(s, "2M", by_size[2]);
	number(s, "larger", by_size[3]);
}

static void json_hw(cJSON *o, const struct tw_hw_counters *c)
{
	const uint64_t *e = c->event;
	cJSON *t = cJSON_AddObjectToObject(o, "tlb");

	sizes(t, "l1_fetch_hits", e + TW_EV_L1F_HIT);
	number(t, "l1_fetch_misses", e[TW_EV_L1F_MISS]);
	sizes(t, "l1_data_hits", e + TW_EV_L1D_HIT);
	number(t, "l1_data_misses", e[TW_EV_L1D_MISS]);
	sizes(t, "l2_hits", e + TW_EV_L2_HIT);
	t = cJSON_AddObjectToObject(o, "walks");
	number(t, "started", e[TW_EV_WALK_START]);
	number(t, "ok", e[TW_EV_WALK_OK]);
	number(t, "faulted", e[TW_EV_WALK_FAULT]);
	number(t, "from_walk_cache", e[TW_EV_PWC_START]);
	number(t, "merged", e[TW_EV_MERGE]);
	number(t, "restarted", e[TW_EV_WALK_RESTART]);
	number(t, "table_reads", e[TW_EV_MEM_READ]);
	number(t, "accessed_dirty_updates", e[TW_EV_MEM_CAS]);
}

// The object called NAME in O, made when it is asked for first.
static cJSON *group(cJSON *o, const char *name)
{
	cJSON *t = cJSON_GetObjectItem(o, name);

	return t ? t : cJSON_AddObjectToObject(o, name);
}

static void json_kernel(cJSON *o, const struct tw_kernel_stats *k)
{
	const struct {
		const char *group, *key;
		uint64_t value;
	} stats[] = {
#define TW_STAT(group, key, type, member, meaning) {group, key, k->member},
#include "twinwalk/stats.def"
	};

	for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++)
		if (*stats[i].group)
			number(group(o, stats[i].group), stats[i].key, stats[i].value);
	for (unsigned int i = 0; i < TW_FAULT_KINDS; i++)
		number(group(o, "faults"), tw_fault_kind_name(i), k->faults[i]);
}

static void json_latency(cJSON *o, const struct tw_kernel_stats *k)
{
	cJSON *t = cJSON_AddObjectToObject(o, "latency"), *h;

	number(t, "sum", k->latency_sum);
	number(t, "max", k->latency_max);
	h = cJSON_AddObjectToObject(t, "histogram");
	for (unsigned int i = 0; i < TW_LATENCY_BUCKETS; i++) {
		char name[8];

		snprintf(name, sizeof(name), i == TW_LATENCY_BUCKETS - 1 ? "%u+" : "%u", i);
		if (k->latency[i])
			number(h, name, k->latency[i]);
	}
}

// --- What ran --------------------------------------------------------------------------

static void formats(cJSON *o, const char *name, unsigned int mask)
{
	cJSON *list = cJSON_AddArrayToObject(o, name);

	for (unsigned int i = 0; mask >> i; i++)
		if (mask >> i & 1)
			cJSON_AddItemToArray(
				list, cJSON_CreateString(tw_format_get((enum tw_format)i)->name));
}

static void json_machine(cJSON *o, const struct replay_result *r)
{
	const struct replay_opts *u = &r->used;
	const char *name;
	unsigned int value;
	cJSON *t;

	string(o, "hw", u->hw);
	string(o, "config", u->config);
	t = cJSON_AddObjectToObject(o, "geometry");
	for (size_t i = 0; tw_config_field(&r->config, i, &name, &value); i++)
		if (strcmp(name, "Formats") == 0)
			formats(t, name, value);
		else
			number(t, name, value);
	string(o, "format", tw_format_get(u->format)->name);
	cJSON_AddBoolToObject(o, "svade", u->svade);
	number(o, "asid_bits", r->kernel.asid_bits);
	t = cJSON_AddObjectToObject(o, "mem_latency");
	number(t, "min", u->latency_min);
	number(t, "max", u->latency_max);
	number(o, "frames", u->frames);
	number(o, "swap_slots", u->swap_slots);
	string(o, "policy", u->policy ? u->policy : tw_policy_name(0));
	t = cJSON_AddObjectToObject(o, "costs");
	for (unsigned int i = 0; i < TW_COSTS; i++)
		number(t, tw_cost_name(i), u->costs.cycles[i]);
	number(o, "quantum", u->quantum);
	number(o, "limit", u->limit);
	number(o, "seed", u->seed);
	t = cJSON_AddArrayToObject(o, "traces");
	for (unsigned int i = 0; i < u->n_traces; i++)
		cJSON_AddItemToArray(t, text_item(u->traces[i]));
}

static void address(cJSON *o, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	string(o, name, text);
}

static void json_difference(cJSON *o, const struct replay_result *r)
{
	const struct replay_difference *d = &r->difference;
	cJSON *t, *pins;

	if (!d->kind)
		return;
	t = cJSON_AddObjectToObject(o, "difference");
	string(t, "kind", d->kind);
	if (d->trace) {
		string(t, "trace", d->trace);
		number(t, "event", d->event);
	}
	if (d->call)
		string(t, "call", d->call);
	if (d->has_address)
		address(t, "address", d->address);
	if (*d->expected)
		string(t, "expected", d->expected);
	if (*d->found)
		string(t, "found", d->found);
	if (r->pins) {
		number(t, "cycle", r->pins->cycle);
		string(t, "culprit", r->pins->culprit);
		pins = cJSON_AddArrayToObject(t, "pins");
		for (unsigned int i = 0; i < r->pins->pins; i++) {
			cJSON *pin = cJSON_CreateObject();

			string(pin, "name", r->pins->pin[i].name);
			string(pin, "model", r->pins->pin[i].model);
			string(pin, "rtl", r->pins->pin[i].rtl);
			cJSON_AddItemToArray(pins, pin);
		}
	}
	string(t, "repeat", r->used.repeat);
}

static cJSON *json_run(const struct replay_result *r, bool timing)
{
	const struct tw_kernel_stats *k = &r->kernel;
	cJSON *o = cJSON_CreateObject(), *t;

	json_machine(o, r);
	number(o, "status", (uint64_t)r->status);
	if (r->status != TW_OK)
		string(o, "error", r->error);
	if (*r->signal)
		string(o, "signal", r->signal);
	json_difference(o, r);
	number(o, "events", r->events);
	t = cJSON_AddObjectToObject(o, "accesses");
	number(t, "total", replay_accesses(r));
	number(t, "fetch", r->accesses[TW_FETCH]);
	number(t, "load", r->accesses[TW_LOAD]);
	number(t, "store", r->accesses[TW_STORE]);
	number(t, "rmw", r->accesses[TW_RMW]);
	number(o, "copies", r->copies);
	t = cJSON_AddObjectToObject(o, "parts");
	number(t, "total", k->accesses[0] + k->accesses[1] + k->accesses[2] + k->accesses[3]);
	number(t, "fetch", k->accesses[TW_FETCH]);
	number(t, "load", k->accesses[TW_LOAD]);
	number(t, "store", k->accesses[TW_STORE]);
	number(t, "rmw", k->accesses[TW_RMW]);
	t = cJSON_AddObjectToObject(o, "cycles");
	number(t, "total", replay_cycles(r));
#define TW_STAT(group, key, type, member, meaning) \
	if (!*group)                               \
		number(t, key, k->member);
#include "twinwalk/stats.def"
	json_latency(o, k);
	json_hw(o, &r->hw);
	json_kernel(o, k);
	number(o, "ranges_moved", r->ranges_moved);
	number(o, "pages_verified", r->pages_verified);
	number(o, "file_pages_verified", r->file_pages_verified);
	hex(o, "responses", k->response_digest);
	hex(o, "memory_image", r->image_digest);
	if (timing)
		cJSON_AddNumberToObject(o, "host_seconds", r->seconds);
	return o;
}

// Of the last run from the first.
static void json_differences(cJSON *all, const struct replay_result *r, unsigned int n)
{
	const struct replay_result *a = &r[0], *b = &r[n - 1];
	struct replay_pair pair;
	cJSON *list;

	if (n < 2 || b->status != TW_OK || replay_equal(a, b))
		return;
	list = cJSON_AddArrayToObject(all, "differences");
	for (size_t i = 0; replay_pair(a, b, i, &pair); i++) {
		cJSON *d;

		if (pair.a == pair.b)
			continue;
		d = cJSON_CreateObject();
		string(d, "what", pair.what);
		number(d, a->used.hw, pair.a);
		number(d, b->used.hw, pair.b);
		cJSON_AddItemToArray(list, d);
	}
	string(all, "repeat", b->used.repeat);
}

int report_print_json(FILE *f, const struct replay_result *r, unsigned int n, enum tw_status status,
		      const struct wave *wave, bool timing)
{
	cJSON *all = cJSON_CreateObject(), *runs;
	char *text;

	string(all, "version", TW_VERSION);
	number(all, "status", (uint64_t)status);
	if (n && wave && wave->written)
		string(all, "waveform", wave->path);
	if (n && wave && wave->failed)
		string(all, "waveform_error", wave->why);
	json_differences(all, r, n);
	runs = cJSON_AddArrayToObject(all, "runs");
	for (unsigned int i = 0; i < n; i++)
		cJSON_AddItemToArray(runs, json_run(&r[i], timing));
	text = cJSON_Print(all);
	cJSON_Delete(all);
	if (!text)
		return -ENOMEM;
	fprintf(f, "%s\n", text);
	free(text);
	return 0;
}
