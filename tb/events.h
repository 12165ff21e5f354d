// SPDX-License-Identifier: Apache-2.0
// Names of the events of docs/contract.md section 12, for reports. Invariant: as many as TW_EVENTS.
#ifndef TW_TB_EVENTS_H
#define TW_TB_EVENTS_H

#include "twinwalk/mmu.h"

static const char *const tw_event_names[TW_EVENTS] = {
	"l1f_hit_4k",	 "l1f_hit_64k",	  "l1f_hit_2m_4m",  "l1f_hit_larger", "l1d_hit_4k",
	"l1d_hit_64k",	 "l1d_hit_2m_4m", "l1d_hit_larger", "l1f_miss",	      "l1d_miss",
	"direct_f",	 "direct_d",	  "l2_hit_4k",	    "l2_hit_64k",     "l2_hit_2m_4m",
	"l2_hit_larger", "walk_start",	  "merge",	    "no_walker",      "pwc_start",
	"walk_ok",	 "walk_fault",	  "walk_restart",   "cas_lost",	      "mem_read",
	"mem_cas",	 "pwc_fill",	  "walk_killed",    "fence",	      "ctrl",
	"req_stall",	 "resp_stall",
};

#endif
