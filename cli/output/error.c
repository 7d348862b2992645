// SPDX-License-Identifier: GPL-2.0-only
/* All errors of the command are reported here. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "cli.h"
#include "output/json.h"
#include "output/output.h"

static const char *err_command = "gstage";
static bool err_json;
static void (*err_before)(void);

void error_setup(const char *command, bool json)
{
	err_command = command;
	err_json = json;
}

void error_call_before(void (*before)(void))
{
	err_before = before;
}

int fail(int status, const char *code, const char *remedy, const char *fmt, ...)
{
	struct json_object *document, *error;
	char msg[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);

	if (err_before)
		err_before();
	if (!err_json) {
		fprintf(stderr, "%s: %s\n", err_command, msg);
		if (remedy)
			fprintf(stderr, "  %s\n", remedy);
		return status;
	}

	/* An error while the JSON is made is printed as text. */
	err_json = false;
	error = json_map();
	json_set(error, "code", json_text(code));
	json_set(error, "message", json_text(msg));
	json_set(error, "remedy", json_text_or_null(remedy));
	json_set(error, "status", json_number(status));
	document = json_document();
	json_set(document, "error", error);
	json_print(stderr, document);
	return status;
}

int output_done(void)
{
	if (fflush(stdout) || ferror(stdout))
		return fail(STATUS_FAILED, "output", NULL, "cannot write the answer: %s",
			    strerror(errno));
	return 0;
}

int fail_no_memory(void)
{
	return fail(STATUS_FAILED, "no-memory", NULL, "%s", strerror(ENOMEM));
}
