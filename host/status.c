// SPDX-License-Identifier: Apache-2.0
// From the errors of Twinwalk's libraries to the command's exit status.
#include "status.h"

#include <errno.h>

enum tw_status tw_status_of(int error)
{
	switch (error) {
	case 0:
		return TW_OK;
	case -EBADMSG:
	case -ENOTSUP:
	case -EINVAL:
	case -EISDIR:
		return TW_BAD_INPUT;
	default:
		return TW_SYSTEM;
	}
}
