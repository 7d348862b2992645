// SPDX-License-Identifier: GPL-2.0-only
/* The one place where the command reports what went wrong. */
#include <stdarg.h>

#include "cli.h"

static const char *err_command = "gstage";
static bool err_json;

void err_setup(const char *command, bool json)
{
	err_command = command;
	err_json = json;
}

int fail(int status, const char *code, const char *remedy, const char *fmt, ...)
{
	char msg[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);

	if (!err_json) {
		fprintf(stderr, "%s: %s\n", err_command, msg);
		if (remedy)
			fprintf(stderr, "  %s\n", remedy);
		return status;
	}

	fprintf(stderr, "{\"version\":1,\"error\":{\"code\":\"%s\",\"message\":",
		code);
	json_string(stderr, msg);
	fputs(",\"remedy\":", stderr);
	if (remedy)
		json_string(stderr, remedy);
	else
		fputs("null", stderr);
	fprintf(stderr, ",\"status\":%d}}\n", status);
	return status;
}
