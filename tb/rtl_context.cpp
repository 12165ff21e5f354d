// SPDX-License-Identifier: Apache-2.0
// See rtl_context.h.
#include "rtl_context.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

int tw_rtl_say(const char *format, ...)
{
	auto *context = static_cast<tw_rtl_context *>(Verilated::threadContextp());
	std::size_t used = std::strlen(context->said);
	std::va_list args;

	va_start(args, format);
	int n = std::vsnprintf(context->said + used, sizeof(context->said) - used, format, args);
	va_end(args);
	return n;
}
