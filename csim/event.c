// SPDX-License-Identifier: Apache-2.0
// Names of the events of twinwalk/events.def.
#include "twinwalk/regs.h"

#include <stddef.h>

const char *tw_event_name(unsigned int event)
{
	static const char *const names[] = {
#define TW_EVENT(NAME, name) #name,
#include "twinwalk/events.def"
	};

	return event < TW_EVENTS ? names[event] : NULL;
}
